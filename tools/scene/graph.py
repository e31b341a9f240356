"""A scene graph: things as nodes, and what holds between them as edges, from what a reconstruction shows of them.

Contact and height (`on`, `above`, `inside`) are claimed only where gravity is known. Directions are in one named frame
of reference, with degrees and their uncertainty; one that reaches across the border of two words is called unclear.
Plain functions on plain data.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.frames import Frame
from sightline.geometry.poses import bearing_of
from sightline.geometry.quantities import Quantity, Scale, number
from sightline.geometry.relations import Relation, relation
from sightline.tools.measure.lengths import distance_between
from sightline.tools.measure.observed import Observed
from sightline.tools.measure.things import Warp

Floats = NDArray[np.float64]
EdgeKind = Literal["on", "inside", "above", "next to", "direction", "may be one"]

FLOOR = "the floor"
MOST_PAIRS = 28
"""Pairs of things whose direction from each other is told; of more things, each from its nearest."""
_NEAREST = 2
_OVER = 0.5
"""Share of a thing's points that lie over another's footprint, from which it is over it."""
_INSIDE = 0.9
"""Share of a thing's points inside another's box, from which it is inside it."""
_ROUGH = 0.03
"""Share of the larger height within which a bottom and a top count as touching, beside what the points leave open."""
_NEAR = 0.5
"""Two things are next to each other whose gap is at most this share of the smaller one's longest side."""

_ANY = 90.0
"""Degrees of error from which an elevation says nothing."""

DIRECTION_WORDS = {
    "in front": "beyond",
    "front-right": "beyond and to the right of",
    "right": "to the right of",
    "back-right": "on the near side and to the right of",
    "behind": "on the near side of",
    "back-left": "on the near side and to the left of",
    "left": "to the left of",
    "front-left": "beyond and to the left of",
}
"""Words for where a thing is from another along a frame's axes. Forward is where the frame's owner looks, so what lies
that way is beyond; `in front of` is avoided, because it is said for both."""


@dataclass(frozen=True)
class Node:
    """A thing.

    Attributes:
        handle: Its handle, or a reference to a new one.
        name: What it is called.
        seen: What the reconstruction shows of it.
        front: (3,) the way its front points and the error in degrees; None where that is not known.
        symmetric: Whether it has no front.
        score: The best score of a detector, its own and no probability; None where a person or a model marked it.
        source: Who found it.
    """

    handle: str
    name: str
    seen: Observed
    front: tuple[Floats, float] | None = None
    symmetric: bool = False
    score: float | None = None
    source: str = ""

    @property
    def label(self) -> str:
        """How texts call it."""
        return f'{self.handle} "{self.name}"'


@dataclass(frozen=True)
class Edge:
    """What holds between two things.

    Attributes:
        kind: Which relation.
        subject: Label of the one.
        object: Label of the other, or `FLOOR`.
        text: A sentence.
        data: Its numbers, as JSON.
    """

    kind: EdgeKind
    subject: str
    object: str
    text: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Space:
    """What the nodes are in.

    Attributes:
        scale: What its lengths are worth.
        frame: In which directions are told.
        levelled: Whether gravity is known.
        floor: Height of the floor and how far it may be off; None where none was seen.
        warps: What the world would be at either end of the focal length's interval.
    """

    scale: Scale
    frame: Frame
    levelled: bool
    floor: tuple[float, float] | None = None
    warps: Sequence[Warp] = ()


def edges_of(nodes: Sequence[Node], space: Space, doubtful: Collection[frozenset[str]] = ()) -> list[Edge]:
    """All that holds between these things: contact first, then what is next to what, then directions.

    Args:
        nodes: The things.
        space: What they are in.
        doubtful: Handles of pairs that may be one and the same: nothing else is said of these two.
    """
    touching: list[Edge] = []
    carried: set[str] = set()
    linked: set[frozenset[str]] = set()
    unsure = {
        frozenset((a.label, b.label))
        for a, b in combinations(nodes, 2)
        if frozenset((a.handle, b.handle)) in doubtful or _one_body(a, b)
    }
    if space.levelled:
        for a in nodes:
            for b in nodes:
                edge = None if a is b or frozenset((a.label, b.label)) in unsure else _contact(a, b)
                if edge is None:
                    continue
                touching.append(edge)
                linked.add(frozenset((a.label, b.label)))
                if edge.kind in ("on", "inside"):
                    carried.add(a.label)
        touching += [e for n in nodes if n.label not in carried and (e := _on_floor(n, space)) is not None]
    beside = [e for a, b in combinations(nodes, 2) if (e := _next_to(a, b, space, linked | unsure)) is not None]
    one = [_may_be_one(a, b) for a, b in combinations(nodes, 2) if frozenset((a.label, b.label)) in unsure]
    return [*one, *touching, *beside, *directions(nodes, space, unsure)]


def _one_body(a: Node, b: Node) -> bool:
    """Whether two things of one name fill one place, though nothing else says that they are one."""
    if a.name != b.name or not (a.seen.solid and b.seen.solid):
        return False
    close = _tolerance(a, b)
    return any(
        float(other.seen.box.contains(one.seen.points, close).mean()) >= _INSIDE for one, other in ((a, b), (b, a))
    )


def _may_be_one(a: Node, b: Node) -> Edge:
    text = f"{a.label} and {b.label} may be one and the same: nothing is said of where one is from the other."
    return Edge("may be one", a.label, b.label, text, {})


def directions(nodes: Sequence[Node], space: Space, unsure: Collection[frozenset[str]] = ()) -> list[Edge]:
    """Where each thing is from another, in the frame's axes; nothing of pairs that may be one, by their labels."""
    pairs = list(combinations(range(len(nodes)), 2))
    if len(pairs) > MOST_PAIRS:
        centres = np.array([n.seen.centre for n in nodes])
        near = np.argsort(np.linalg.norm(centres[:, None] - centres[None], axis=2), axis=1)[:, 1 : 1 + _NEAREST]
        pairs = sorted({(min(i, int(j)), max(i, int(j))) for i, row in enumerate(near) for j in row})
    return [
        _direction(nodes[i], nodes[j], space)
        for i, j in pairs
        if frozenset((nodes[i].label, nodes[j].label)) not in unsure
    ]


def _direction(a: Node, b: Node, space: Space) -> Edge:
    axes = space.frame
    at_b = Frame(axes.name, b.seen.centre, axes.right, axes.forward, axes.up, axes.levelled, axes.error, b.seen.error)
    found = relation(at_b, a.seen.centre, a.seen.error)
    text = f"{a.label} is {_where(found)} {b.label} ({_degrees(found)})."
    word = found.word("eight")
    return Edge(
        "direction",
        a.label,
        b.label,
        text,
        {
            "frame": axes.name,
            "word": None if word is None else DIRECTION_WORDS[word],
            "azimuth": round(found.azimuth, 1),
            "azimuth_error": round(found.azimuth_error, 1),
            "elevation": round(found.elevation, 1),
            "elevation_error": round(found.elevation_error, 1),
            "centre_distance": round(found.distance, 4),
        },
    )


def _where(found: Relation) -> str:
    """The words for a direction, up to the name of the other thing."""
    if found.vertical in ("above", "below") and abs(found.elevation) >= 60:
        return f"straight {found.vertical}"  # where nothing lies left or right
    if found.azimuth_error >= 180:
        return "in no clear direction from"
    words = [DIRECTION_WORDS[word] for word in found.candidates("eight")]
    height = {"above": "higher and ", "below": "lower and "}.get(found.vertical or "", "")
    if len(words) == 1:
        return height + words[0]
    return "unclear where from (" + " or ".join(w.removesuffix(" of") for w in words[:3]) + ")"


def _degrees(found: Relation) -> str:
    side = "right" if found.azimuth >= 0 else "left"
    turn = (
        "azimuth unknown"
        if found.azimuth_error >= 180
        else f"{abs(found.azimuth):.0f} +- {np.ceil(found.azimuth_error):.0f} degrees {side} of forward"
    )
    if found.elevation_error >= _ANY:
        return turn
    up = "up" if found.elevation >= 0 else "down"
    return f"{turn}, {abs(found.elevation):.0f} +- {np.ceil(found.elevation_error):.0f} degrees {up}"


def _contact(a: Node, b: Node) -> Edge | None:
    """`a` inside, on or above `b`."""
    tolerance = _tolerance(a, b)
    own = b.seen.box.to_own(a.seen.points)
    half = b.seen.box.size / 2
    over = (np.abs(own[:, :2]) <= half[:2] + tolerance).all(axis=1)
    within = over & (np.abs(own[:, 2]) <= half[2] + tolerance)
    bottom, top = a.seen.box.heights[0], b.seen.box.heights[1]
    smaller = float(np.prod(a.seen.box.size)) < float(np.prod(b.seen.box.size))
    apart = bottom - top
    if not (a.seen.solid and b.seen.solid):
        return None
    if smaller and float(within.mean()) >= _INSIDE and apart < -tolerance:
        text = f"{a.label} is inside {b.label}: its points lie within the box around the other."
        return Edge("inside", a.label, b.label, text, {"share": round(float(within.mean()), 2)})
    if float(over.mean()) < _OVER or apart < -tolerance:
        return None
    if apart <= tolerance:
        text = f"{a.label} is on {b.label}."
        return Edge("on", a.label, b.label, text, {"gap": round(apart, 4), "tolerance": round(tolerance, 4)})
    text = f"{a.label} is above {b.label}, not touching it."
    return Edge("above", a.label, b.label, text, {"gap": round(apart, 4), "tolerance": round(tolerance, 4)})


def _on_floor(a: Node, space: Space) -> Edge | None:
    if space.floor is None or not a.seen.solid:
        return None
    height, error = space.floor
    apart, tolerance = a.seen.box.heights[0] - height, _tolerance(a, a) + error
    if abs(apart) > tolerance or a.seen.box.size[2] <= 2 * tolerance:
        return None  # what is no higher than that is the floor itself, or a carpet on it
    return Edge(
        "on",
        a.label,
        FLOOR,
        f"{a.label} stands on {FLOOR}.",
        {"gap": round(apart, 4), "tolerance": round(tolerance, 4)},
    )


def _next_to(a: Node, b: Node, space: Space, linked: set[frozenset[str]]) -> Edge | None:
    if frozenset((a.label, b.label)) in linked or not (a.seen.solid and b.seen.solid):
        return None
    (low_a, high_a), (low_b, high_b) = a.seen.box.heights, b.seen.box.heights
    if space.levelled and (low_a > high_b or low_b > high_a):
        return None
    near = _NEAR * min(a.seen.box.longest, b.seen.box.longest)
    between = np.maximum(a.seen.reach[0] - b.seen.reach[1], b.seen.reach[0] - a.seen.reach[1])
    if float(np.linalg.norm(np.maximum(between, 0))) > near:
        return None  # told without looking at every point
    found = distance_between(a.seen, b.seen, "closest", space.warps)
    if found.value > near:
        return None
    gap: Quantity = space.scale.length(found.value, found.low, found.high)
    text = f"{a.label} is next to {b.label}: {gap} between their closest seen points."
    return Edge("next to", a.label, b.label, text, {"gap": gap.to_json()})


def _tolerance(a: Node, b: Node) -> float:
    points = a.seen.spacing + b.seen.spacing + a.seen.rim + b.seen.rim
    return points + _ROUGH * float(max(a.seen.box.size[2], b.seen.box.size[2]))


# In words and as JSON


def node_text(node: Node, space: Space) -> str:
    """One line about a thing."""
    seen = node.seen
    centre = ", ".join(number(float(v)) for v in seen.centre)
    sides = " x ".join(number(float(v)) for v in seen.sides)
    parts = [f"{node.label}: centre ({centre}) +- {number(seen.error)}, extent {sides}"]
    if node.front is not None:
        parts.append(f"front towards bearing {bearing_of(node.front[0]):.0f} +- {np.ceil(node.front[1]):.0f} degrees")
    elif node.symmetric:
        parts.append("it has no front (symmetric)")
    basis = f"{len(seen.points)} points" if seen.solid else "no surface points, its place follows from rays"
    parts.append(f"{basis} in {', '.join(seen.pictures[:4])}" + (", seen in part" if seen.partial else ""))
    if node.score is not None:
        parts.append(f"score {node.score:.2f} (the detector's own, not a probability)")
    return "; ".join(parts)


def to_json(nodes: Sequence[Node], edges: Sequence[Edge], space: Space) -> dict[str, Any]:
    """The graph as plain JSON values."""
    return {
        "unit": "metre" if space.scale.metric else f"scene unit of {space.scale.frame}",
        "scale": space.scale.describe(),
        "frame": space.frame.describe(),
        "axes": "x right, y ahead of the first camera, z up",
        "nodes": [
            {
                "id": node.handle,
                "name": node.name,
                "centre": _rounded(node.seen.centre),
                "extent": _rounded(node.seen.sides),
                "rotation": _rounded(node.seen.box.rotation.ravel()),
                "centre_error": round(node.seen.error, 4),
                "front_bearing": None if node.front is None else round(bearing_of(node.front[0]), 1),
                "front_error": None if node.front is None else round(node.front[1], 1),
                "symmetric": node.symmetric,
                "confidence": {
                    "score": node.score,
                    "points": len(node.seen.points) if node.seen.solid else 0,
                    "partial": node.seen.partial,
                },
                "provenance": {"pictures": node.seen.pictures, "method": node.seen.method, "source": node.source},
            }
            for node in nodes
        ],
        "edges": [{"relation": e.kind, "subject": _id(e.subject), "object": _id(e.object), **e.data} for e in edges],
    }


def _id(label: str) -> str:
    return label if label == FLOOR else label.partition(' "')[0]


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(v), 4) for v in values]
