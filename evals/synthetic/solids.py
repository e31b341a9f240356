"""What things are made of: painted boxes, cylinders, cones, ellipsoids and rectangles, and how they are packed.

A thing is a list of parts in its own frame: x to its right, y along its front, z up, the origin on the floor below its
middle. Turning it to a bearing b sends its y to (sin b, cos b, 0) and its x to (cos b, -sin b, 0).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Shape = Literal["box", "frustum", "ellipsoid", "rectangle"]
Behaviour = Literal["plain", "mirror", "glass", "glowing"]
Vector = tuple[float, float, float]

SHAPES: tuple[Shape, ...] = ("box", "frustum", "ellipsoid", "rectangle")
BEHAVIOURS: tuple[Behaviour, ...] = ("plain", "mirror", "glass", "glowing")
FACES = {"right": 0, "left": 1, "front": 2, "back": 3, "top": 4, "bottom": 5}


@dataclass(frozen=True)
class Paint:
    """How a surface looks.

    Attributes:
        colour: sRGB, 0 to 255; it multiplies the texture.
        texture: Name in `textures.library`, or None.
        scale: Metres that the texture covers before it repeats; 0 stretches it over the face once.
        behaviour: What light does there.
        printed: Whether the texture is what the thing shows (a picture, a label): it stays strong in a weak scene.
    """

    colour: Vector = (200.0, 200.0, 200.0)
    texture: str | None = None
    scale: float = 1.0
    behaviour: Behaviour = "plain"
    printed: bool = False


@dataclass(frozen=True, eq=False)
class Part:
    """One convex piece.

    Attributes:
        shape: `box` (dim: half sizes), `frustum` (radius below, radius above, half height; along its z), `ellipsoid`
            (radii) or `rectangle` (half sizes in x and y, 0; looking along its +z).
        centre: In the thing's frame, in metres.
        dim: See shape.
        paint: For all faces.
        turn: (3, 3) columns are its axes in the thing's frame.
        faces: Other paint for some faces of a box, by name (`front` is +y, `right` +x).
    """

    shape: Shape
    centre: Vector
    dim: Vector
    paint: Paint
    turn: Floats = field(default_factory=lambda: np.eye(3))
    faces: tuple[tuple[str, Paint], ...] = ()


@dataclass(frozen=True, eq=False)
class Thing:
    """An object of a scene: its parts, and where it stands.

    Attributes:
        name: Unique in its scene.
        category: What kind of thing.
        colour: Its main colour, in a word.
        parts: In its own frame.
        front: Whether its +y is a front that a person would call so.
        symmetric: Whether it looks the same from all sides.
        structure: Whether it belongs to the room.
        position: Of its origin, in metres.
        bearing: Of its y axis, degrees clockwise from +y of the world.
        motion: Key frames (time, position, bearing), by time.
        rolls: Radius of something round that rolls along its motion, in metres; 0 for what slides or walks.
    """

    name: str
    category: str
    colour: str
    parts: tuple[Part, ...]
    front: bool = False
    symmetric: bool = False
    structure: bool = False
    position: Vector = (0.0, 0.0, 0.0)
    bearing: float = 0.0
    motion: tuple[tuple[float, Vector, float], ...] = ()
    rolls: float = 0.0

    def at(self, time: float) -> Thing:
        """The thing where it is at a time, at rest."""
        if not self.motion:
            return self
        times = [key[0] for key in self.motion]
        places = np.array([key[1] for key in self.motion])
        x, y, z = (float(np.interp(time, times, places[:, j])) for j in range(3))
        k = int(np.clip(np.searchsorted(times, time, side="right") - 1, 0, max(len(times) - 2, 0)))
        b0, b1 = self.motion[k][2], self.motion[min(k + 1, len(times) - 1)][2]
        s = float(np.interp(time, times[k : k + 2], [0.0, 1.0][: len(times[k : k + 2])]))
        bearing = (b0 + s * ((b1 - b0 + 180) % 360 - 180)) % 360
        parts = self.parts
        if self.rolls:
            gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(places, axis=0), axis=1))])
            spin = tilt("x", -math.degrees(float(np.interp(time, times, gone)) / self.rolls))
            parts = tuple(replace(part, turn=spin @ part.turn) for part in parts)
        return replace(self, parts=parts, position=(x, y, z), bearing=bearing, motion=())

    def placed(self, x: float, y: float, bearing: float = 0.0, z: float = 0.0) -> Thing:
        """The same elsewhere."""
        return replace(self, position=(x, y, z), bearing=bearing % 360)

    @property
    def axes(self) -> Floats:
        """(3, 3), columns are its right, its front and up in the world."""
        return upright(self.bearing)

    def box(self) -> tuple[Floats, Floats]:
        """The lowest and the highest corner of its parts in its own frame, exactly; read-only."""
        return self._box

    @cached_property
    def _box(self) -> tuple[Floats, Floats]:
        boxes = [bounds(part, np.eye(3)) for part in self.parts]
        low, high = np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)
        low.setflags(write=False)
        high.setflags(write=False)
        return low, high

    def centre(self) -> Floats:
        """The middle of that box in the world."""
        low, high = self.box()
        middle: Floats = np.asarray(self.position) + self.axes @ ((low + high) / 2)
        return middle


def upright(bearing: float) -> Floats:
    """(3, 3) rotation whose columns are right, front and up of something that faces a bearing."""
    b = math.radians(bearing)
    return np.array([[math.cos(b), math.sin(b), 0.0], [-math.sin(b), math.cos(b), 0.0], [0.0, 0.0, 1.0]])


def tilt(axis: Literal["x", "y", "z"], degrees: float) -> Floats:
    """(3, 3) right-handed rotation about an axis."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    out = np.eye(3)
    out[j, j], out[j, k], out[k, j], out[k, k] = c, -s, s, c
    return out


def bounds(part: Part, rotation: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> tuple[Floats, Floats]:
    """The exact axis-aligned box of a part whose frame is turned by `rotation` and moved to `origin`."""
    rotation = np.asarray(rotation, dtype=np.float64)
    axes = rotation @ part.turn
    middle = np.asarray(origin) + rotation @ np.asarray(part.centre)
    if part.shape == "ellipsoid":
        reach = np.sqrt(((axes * np.asarray(part.dim)) ** 2).sum(axis=1))
    elif part.shape == "frustum":
        below, above, half = part.dim
        across = np.sqrt(np.clip(1 - axes[:, 2] ** 2, 0, 1))
        ends = np.stack([middle + half * axes[:, 2], middle - half * axes[:, 2]])
        wide = np.stack([above * across, below * across])
        return (ends - wide).min(axis=0), (ends + wide).max(axis=0)
    else:
        reach = np.abs(axes) @ np.asarray(part.dim)
    return middle - reach, middle + reach


# Short ways to make a part


def block(centre: Vector, size: Vector, paint: Paint, turn: Floats | None = None, **faces: Paint) -> Part:
    """A box by its full size; faces by name."""
    half = (size[0] / 2, size[1] / 2, size[2] / 2)
    return Part("box", centre, half, paint, np.eye(3) if turn is None else turn, tuple(faces.items()))


def pillar(
    centre: Vector, radius: float, height: float, paint: Paint, top: float | None = None, turn: Floats | None = None
) -> Part:
    """A cylinder, or a cone with another radius at its top, by its full height."""
    dim = (radius, radius if top is None else top, height / 2)
    return Part("frustum", centre, dim, paint, np.eye(3) if turn is None else turn)


def ball(centre: Vector, radii: float | Vector, paint: Paint, turn: Floats | None = None) -> Part:
    """A sphere, or an ellipsoid."""
    dim = (radii, radii, radii) if isinstance(radii, float | int) else radii
    return Part("ellipsoid", centre, dim, paint, np.eye(3) if turn is None else turn)


def sheet(centre: Vector, width: float, height: float, paint: Paint, turn: Floats | None = None) -> Part:
    """A flat rectangle that looks along its +z."""
    return Part("rectangle", centre, (width / 2, height / 2, 0.0), paint, np.eye(3) if turn is None else turn)


FACING_FRONT = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
"""Turns a sheet to look along +y, its picture upright."""


@dataclass(frozen=True, eq=False)
class Packed:
    """A scene at one moment, as arrays for `kernels`."""

    scene: tuple[NDArray[np.generic], ...]
    mat: NDArray[np.int32]
    shadow_root: int
    owner: NDArray[np.uint16]
    materials: tuple[NDArray[np.generic], ...]


def pack(things: Sequence[Thing], texture_index: dict[str, int], contrast: float) -> Packed:
    """Arrays of all parts: number i of `things` is owner i + 1. The room comes apart from what casts shadows in it."""
    paints: dict[Paint, int] = {}
    rows: list[tuple[int, Floats, Floats, Vector, list[int], int]] = []
    low, high, inside = [], [], []
    for number, thing in enumerate(things):
        axes, origin = thing.axes, np.asarray(thing.position, dtype=np.float64)
        for part in thing.parts:
            named = {FACES[name]: paint for name, paint in part.faces}
            mats = [paints.setdefault(named.get(face, part.paint), len(paints)) for face in range(6)]
            rows.append(
                (
                    SHAPES.index(part.shape),
                    (axes @ part.turn).T,
                    origin + axes @ np.asarray(part.centre),
                    part.dim,
                    mats,
                    number + 1,
                )
            )
            a, b = bounds(part, axes, origin)
            low.append(a - 1e-6)
            high.append(b + 1e-6)
            inside.append(not thing.structure)
    tree = _tree(np.array(low), np.array(high), np.array(inside))
    kind, rot, pos, dim, mat, owner = zip(*rows, strict=True)
    scene = (
        np.array(kind, np.int32),
        np.ascontiguousarray(np.array(rot)),
        np.array(pos),
        np.array(dim, np.float64),
        *tree,
    )
    return Packed(
        scene, np.array(mat, np.int32), 1, np.array(owner, np.uint16), _materials(paints, texture_index, contrast)
    )


def _materials(
    paints: dict[Paint, int], texture_index: dict[str, int], contrast: float
) -> tuple[NDArray[np.generic], ...]:
    ordered = list(paints)
    srgb = np.array([p.colour for p in ordered], np.float64) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return (
        linear,
        np.array([-1 if p.texture is None else texture_index[p.texture] for p in ordered], np.int32),
        np.array([p.scale for p in ordered], np.float64),
        np.array([1.0 if p.printed else contrast for p in ordered], np.float64),
        np.array([BEHAVIOURS.index(p.behaviour) for p in ordered], np.int32),
    )


def _tree(low: Floats, high: Floats, inside: NDArray[np.bool_]) -> tuple[NDArray[np.generic], ...]:
    """Bounding boxes in a binary tree. Node 0 has the furniture (node 1) and the room (node 2) for children."""
    lows: list[Floats] = [np.zeros(3)] * 3
    highs: list[Floats] = [np.zeros(3)] * 3
    first, count = [1, 0, 0], [0, 0, 0]
    order: list[int] = []
    todo = [(1, np.flatnonzero(inside)), (2, np.flatnonzero(~inside))]
    while todo:
        node, members = todo.pop()
        lows[node] = low[members].min(axis=0, initial=1e9)
        highs[node] = high[members].max(axis=0, initial=-1e9)
        if len(members) <= 2:
            first[node], count[node] = len(order), len(members)
            order.extend(members.tolist())
            if len(members) == 0:  # an empty half: a leaf over one surface outside of its own empty box
                order.append(0)
                count[node] = 1
            continue
        middle = (low[members] + high[members]) / 2
        axis = int(np.argmax(middle.max(axis=0) - middle.min(axis=0)))
        ranked = members[np.argsort(middle[:, axis], kind="stable")]
        cut = _best_cut(low[ranked], high[ranked])
        first[node] = len(lows)
        for half in (ranked[:cut], ranked[cut:]):
            todo.append((len(lows), half))
            lows.append(np.zeros(3))
            highs.append(np.zeros(3))
            first.append(0)
            count.append(0)
    lows[0], highs[0] = np.minimum(lows[1], lows[2]), np.maximum(highs[1], highs[2])
    return (
        np.array(lows),
        np.array(highs),
        np.array(first, np.int32),
        np.array(count, np.int32),
        np.array(order, np.int32),
    )


def _best_cut(low: Floats, high: Floats) -> int:
    """Where to cut a ranked list so that the two halves' areas, weighed by their numbers, are smallest."""

    def area(a: Floats, b: Floats) -> Floats:
        e = b - a
        out: Floats = e[:, 0] * e[:, 1] + e[:, 1] * e[:, 2] + e[:, 2] * e[:, 0]
        return out

    left = area(np.minimum.accumulate(low), np.maximum.accumulate(high))[:-1]
    right = area(np.minimum.accumulate(low[::-1]), np.maximum.accumulate(high[::-1]))[::-1][1:]
    n = np.arange(1, len(low))
    return int(np.argmin(left * n + right * (len(low) - n))) + 1
