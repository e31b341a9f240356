"""Lengths of things: distance, size, height, and whether one thing fits another. Plain functions on plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.nearest import closest
from sightline.tools.measure.observed import FEWEST_POINTS, Observed
from sightline.tools.measure.things import Warp

Floats = NDArray[np.float64]
Between = Literal["closest", "centres", "horizontal"]
Axis = Literal["longest", "height", "width", "depth"]
Verdict = Literal["yes", "no", "too close to call"]


@dataclass(frozen=True)
class Length:
    """A length with the interval that the instrument itself leaves, in the reconstruction's units.

    Attributes:
        value: The length.
        low: Lower end.
        high: Upper end.
        ends: (2, 3) the two points it lies between, where there are two.
    """

    value: float
    low: float
    high: float
    ends: Floats | None = None


def distance_between(a: Observed, b: Observed, between: Between = "closest", warps: Sequence[Warp] = ()) -> Length:
    """The distance between two things.

    Args:
        a: One.
        b: The other.
        between: The closest observed surface points; the centres of their boxes; or the closest points in the plan.
        warps: What the world would be at either end of the focal length's interval.
    """
    flat = between == "horizontal"
    if between == "centres":
        ends = np.stack([a.centre, b.centre])
        value = float(np.linalg.norm(ends[1] - ends[0]))
        off = a.error + b.error
        low, high = value - off, value + off
    else:
        found = closest(a.points, b.points, a.radius, b.radius, horizontal=flat)
        ends = np.stack([found.point_a, found.point_b])
        value, low, high = found.distance, found.low, found.high
        # Pixels on the rim of an outline, or on an edge of the depth, make no points: both surfaces may go on there.
        low = min(low, value - a.gap - b.gap) - 2 * (a.rim + b.rim) - a.uncovered - b.uncovered
        if a.gap > 0 or b.gap > 0:
            # Of a few points in a box some are of what is around the thing: the outer ones may all be, and so may
            # those that boxes which overlap both hold.
            own_a, own_b = _own_points(a, b)
            high = max(high, closest(_core(own_a), _core(own_b), horizontal=flat).distance)
            if value == 0:
                high = max(high, max(a.box.longest, b.box.longest) / 2)  # the same points: nothing tells the two apart
    return _widened(Length(value, max(0.0, low), high, ends), warps, lambda e: _between(e, flat))


def _own_points(a: Observed, b: Observed) -> tuple[Floats, Floats]:
    """The points of two things without those that both have; all of them where hardly any are left."""
    rows_a, rows_b = ({point.tobytes() for point in thing.points} for thing in (a, b))
    both = rows_a & rows_b
    own_a, own_b = (np.array([p for p in thing.points if p.tobytes() not in both]) for thing in (a, b))
    return (a.points, b.points) if min(len(own_a), len(own_b)) < FEWEST_POINTS else (own_a, own_b)


def _core(points: Floats) -> Floats:
    """The half of some points that lies nearest to their middle."""
    away = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    return np.asarray(points[away <= np.median(away)])


def distance_from(place: Floats, thing: Observed, warps: Sequence[Warp] = ()) -> Length:
    """The distance from a place (3,), such as a camera, to the closest observed point of a thing."""
    away = np.linalg.norm(thing.points - place, axis=1)
    nearest = int(np.argmin(away))
    value = float(away[nearest])
    off = max(thing.spacing, float(thing.radius[nearest]))
    ends = np.stack([place, thing.points[nearest]])
    return _widened(Length(value, max(0.0, value - off), value + off, ends), warps, lambda e: _between(e, False))


def size_of(thing: Observed, axis: Axis = "longest", front: Floats | None = None, warps: Sequence[Warp] = ()) -> Length:
    """A dimension of the part of a thing that was seen.

    Width and depth are of the upright box: across and along the front where the front is known, else the longer and
    the shorter horizontal side.

    Args:
        thing: Of what.
        axis: Which dimension.
        front: (3,) the way its front points, where that is known.
        warps: See `distance_between`.
    """
    axes = _own_axes(thing, front)
    extents = thing.sides_along(axes)
    which = {"width": 0, "depth": 1, "height": 2}.get(axis)
    if which is None:
        which = int(np.argmax(extents))
    value = float(extents[which])
    if not thing.solid:  # drawn boxes are about as wide as the thing
        return Length(value, 0.5 * value, 1.5 * value + thing.error)
    own = thing.points @ axes[:, which]
    ends = np.stack([thing.points[int(np.argmin(own))], thing.points[int(np.argmax(own))]])
    low, high = max(0.0, value - thing.rim - thing.spacing), value + thing.rim + thing.spacing
    length = Length(value, low, high, ends)
    return _widened(length, warps, lambda e: abs(float((e[1] - e[0]) @ axes[:, which])))


def height_over(thing: Observed, level: float, level_error: float, of: str, up_error: float, reach: float) -> Length:
    """How high a part of a thing is above a level.

    Args:
        thing: What.
        level: World z from which it counts.
        level_error: How far that may be off.
        of: `bottom`, `top` or `centre` of the thing.
        up_error: Degrees by which up may be off.
        reach: Horizontal distance over which that counts.
    """
    if thing.solid:
        low, high = np.quantile(thing.points[:, 2], [0.004, 0.996])
    else:
        low, high = thing.box.heights
    z = {"bottom": low, "top": high}.get(of, (low + high) / 2)
    value = float(z) - level
    own = thing.spacing + 2 * thing.rim if thing.solid else thing.error
    off = level_error + own + reach * math.sin(math.radians(up_error))
    return Length(value, value - off, value + off)


def does_fit(sides: Sequence[Length], opening: Sequence[Length], clearance: float = 0.0) -> tuple[Verdict, float]:
    """Whether something passes an opening or fits a space, turned by right angles as it suits.

    Both are sorted; with an opening of two sides the two shortest of the thing's have to pass, with a space of three
    all three.

    Args:
        sides: The thing's three.
        opening: The opening's two, or the space's three.
        clearance: What must be left over on every side together.

    Returns:
        The verdict, and the smallest room left over (negative: what is lacking) going by the values.
    """
    mine = sorted(sides, key=lambda s: s.value)[: len(opening)]
    theirs = sorted(opening, key=lambda s: s.value)
    room = min(t.value - m.value - clearance for m, t in zip(mine, theirs, strict=True))
    if all(m.high + clearance <= t.low for m, t in zip(mine, theirs, strict=True)):
        return "yes", room
    if any(m.low + clearance > t.high for m, t in zip(mine, theirs, strict=True)):
        return "no", room
    return "too close to call", room


def _own_axes(thing: Observed, front: Floats | None) -> Floats:
    """Columns: across, along and up."""
    if front is None or math.hypot(float(front[0]), float(front[1])) < 1e-6:
        return np.asarray(thing.box.rotation)
    ahead = np.array([front[0], front[1], 0.0]) / math.hypot(float(front[0]), float(front[1]))
    return np.stack([[ahead[1], -ahead[0], 0.0], ahead, [0.0, 0.0, 1.0]], axis=1)


def _between(ends: Floats, flat: bool) -> float:
    way = ends[1] - ends[0]
    return float(np.linalg.norm(way[:2] if flat else way))


def _widened(length: Length, warps: Sequence[Warp], measure: Callable[[Floats], float]) -> Length:
    """With the interval stretched by what a warp makes of the two ends."""
    if length.ends is None or not warps:
        return length
    now = measure(length.ends)
    ratios = [measure(warp(length.ends)) / now for warp in warps] if now > 1e-12 else [1.0]
    low, high = min(1.0, *ratios) * length.low, max(1.0, *ratios) * length.high
    return Length(length.value, low, high, length.ends)
