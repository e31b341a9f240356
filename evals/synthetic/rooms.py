"""Procedural rooms: what stands where, drawn from a seed. The same seed and options give the same room, to the bit.

The origin lies on the floor in the middle of the room; x points east, y north, z up, in metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sightline.evals.synthetic.furniture import COLOURS, MAKERS, WOOD
from sightline.evals.synthetic.solids import (
    FACING_FRONT,
    Floats,
    Paint,
    Part,
    Thing,
    Vector,
    block,
    bounds,
    sheet,
)
from sightline.evals.synthetic.textures import PICTURES
from sightline.evals.synthetic.walls import chessboard_on, hang, room_shell, wall_point

Texture = Literal["strong", "weak"]
WEAK_CONTRAST = 0.12


@dataclass(frozen=True, eq=False)
class Board:
    """A chessboard in a scene.

    Attributes:
        name: Of its thing.
        square: Side of a square in metres.
        columns: Inner corners along a row.
        rows: Inner corners along a column.
        corners: In the world, row by row from the top left as seen from its front, (rows * columns, 3).
    """

    name: str
    square: float
    columns: int
    rows: int
    corners: Floats


@dataclass(frozen=True, eq=False)
class Scene:
    """A room and what is in it. Instance ids are places in `things`, counted from 1.

    Attributes:
        seed: What it was made from.
        things: The room's parts and the objects.
        size: Inner extent along x, y and z in metres.
        lamps: (S, 6): where the light comes from, and its linear colour.
        contrast: How strong the textures are, 0 to 1.
        boards: Chessboards.
    """

    seed: int
    things: tuple[Thing, ...]
    size: Vector
    lamps: Floats
    contrast: float = 1.0
    boards: tuple[Board, ...] = ()

    def at(self, time: float) -> tuple[Thing, ...]:
        """All things where they are at a time."""
        return tuple(thing.at(time) for thing in self.things)

    def id_of(self, name: str) -> int:
        """The instance id of the thing of this name.

        Raises:
            ValueError: There is none; the message names those there are.
        """
        names = [thing.name for thing in self.things]
        if name not in names:
            raise ValueError(f"nothing is named {name!r}; there are: {', '.join(names)}")
        return names.index(name) + 1

    def thing(self, name: str, time: float = 0.0) -> Thing:
        """The thing of this name at a time; raises as `id_of`."""
        return self.things[self.id_of(name) - 1].at(time)

    @property
    def objects(self) -> tuple[Thing, ...]:
        """What does not belong to the room itself."""
        return tuple(thing for thing in self.things if not thing.structure)

    def with_things(self, *extra: Thing) -> Scene:
        """The same with these added, or put in the place of those with the same name."""
        names = {thing.name: thing for thing in extra}
        kept = [names.pop(thing.name, thing) for thing in self.things]
        return replace(self, things=(*kept, *names.values()))

    def without(self, *names: str) -> Scene:
        """The same with these things gone. Ids of later ones move up."""
        for name in names:
            self.id_of(name)
        return replace(self, things=tuple(thing for thing in self.things if thing.name not in names))


def make_room(
    seed: int,
    texture: Texture = "strong",
    *,
    walker: bool = False,
    rolling: bool = False,
    mirror: bool = False,
    glass: bool = False,
    white_wall: bool = False,
    chessboard: bool = False,
) -> Scene:
    """A furnished room.

    Args:
        seed: Everything random comes from it; the options below change nothing else in the room.
        texture: `weak` leaves an eighth of the textures' contrast, and one picture on the walls.
        walker: A person walks through the room from time 0 to 6.
        rolling: The ball rolls from time 0 to 3.
        mirror: A mirror hangs on the west wall.
        glass: The window is an opening with a clear pane; else it shows a flat picture of the outside.
        white_wall: The west wall is one even white, with nothing on it.
        chessboard: One of 9x6 squares (8x5 inner corners) of 0.1 m hangs on the north wall.
    """
    rng = np.random.default_rng(seed)
    size: Vector = (float(rng.uniform(5.2, 6.4)), float(rng.uniform(4.8, 5.8)), float(rng.uniform(2.5, 2.8)))
    shell = room_shell(rng, size, glass=glass, white_wall=white_wall)
    floor = _Floor(rng, size)
    things = [*shell, *_furnish(floor, rng)]
    pictures = [int(k) for k in rng.permutation(PICTURES)]
    ball_rng, walk_rng = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    for k, (wall, along) in enumerate((("north", -0.28), ("east", 0.3), ("west", -0.3), ("south", 0.3))):
        if (texture == "weak" and k > 0) or (white_wall and wall == "west") or (chessboard and wall == "north"):
            continue
        things.append(
            hang(_picture(pictures[k], f"picture on the {wall} wall"), size, wall, along * _length(size, wall), 1.35)
        )
    things.append(hang(replace(MAKERS["clock"]("red"), name="clock"), size, "south", -0.2 * size[0], 1.75))
    boards: tuple[Board, ...] = ()
    if chessboard:
        thing, corners = chessboard_on(size, "north", -0.2 * size[0], 1.1)
        things.append(thing)
        boards = (Board(thing.name, 0.1, 8, 5, corners),)
    if mirror:
        things.append(hang(_mirror(), size, "west", 0.12 * size[1], 0.75))
    if rolling:
        things = [_rolling(thing, ball_rng, floor) if thing.category == "ball" else thing for thing in things]
    if walker:
        things.append(_walking(walk_rng, floor))
    return Scene(seed, tuple(things), size, _lamps(size), 1.0 if texture == "strong" else WEAK_CONTRAST, boards)


def example_room(seed: int = 0) -> Scene:
    """The room that tests use where any will do: strong texture, nothing moves, no mirror, no open window."""
    return make_room(seed)


def moving(thing: Thing, path: list[tuple[float, float, float]]) -> Thing:
    """The thing on its way along (time, x, y) in straight lines, facing the way it goes."""
    keys: list[tuple[float, Vector, float]] = []
    for k, (time, x, y) in enumerate(path):
        a, b = (path[k], path[k + 1]) if k + 1 < len(path) else (path[k - 1], path[k])
        bearing = math.degrees(math.atan2(b[1] - a[1], b[2] - a[2])) % 360
        keys.append((time, (x, y, thing.position[2]), bearing))
    return replace(thing, position=keys[0][1], bearing=keys[0][2], motion=tuple(keys))


class _Floor:
    """Which part of the floor is taken, as rectangles along the axes."""

    def __init__(self, rng: np.random.Generator, size: Vector) -> None:
        self.rng, self.size = rng, size
        # In front of the door (south, on the left as one enters) nothing stands.
        self.taken: list[tuple[Floats, Floats]] = [
            (np.array([-0.36 * size[0] - 0.55, -size[1] / 2]), np.array([-0.36 * size[0] + 0.55, -size[1] / 2 + 0.9]))
        ]

    def fits(self, thing: Thing, gap: float) -> bool:
        low, high = footprint(thing)
        half = np.array(self.size[:2]) / 2
        if (low < -half + 0.01).any() or (high > half - 0.01).any():
            return False
        return all((low - gap > b).any() or (high + gap < a).any() for a, b in self.taken)

    def take(self, thing: Thing) -> Thing:
        self.taken.append(footprint(thing))
        return thing

    def against_wall(self, thing: Thing, gap: float = 0.08) -> Thing | None:
        """With its back to a wall."""
        low, _ = thing.box()
        for _ in range(120):
            wall = str(self.rng.choice(["north", "east", "south", "west"]))
            along = float(self.rng.uniform(-0.48, 0.48)) * _length(self.size, wall)
            (x, y), inward = wall_point(self.size, wall, along, 0.03 - float(low[1]))
            if self.fits(placed := thing.placed(x, y, inward), gap):
                return self.take(placed)
        return None

    def anywhere(self, thing: Thing, gap: float = 0.12, turned: bool = True) -> Thing | None:
        """Free on the floor."""
        for _ in range(120):
            x, y = (float(self.rng.uniform(-0.42, 0.42)) * s for s in self.size[:2])
            bearing = float(self.rng.uniform(0, 360)) if turned else 0.0
            if self.fits(placed := thing.placed(x, y, bearing), gap):
                return self.take(placed)
        return None

    def free(self, x: float, y: float, gap: float) -> bool:
        """Whether nothing is within `gap` of a point, the walls included."""
        p = np.array([x, y])
        inside = (np.abs(p) < np.array(self.size[:2]) / 2 - gap).all()
        return bool(inside) and all((p < a - gap).any() or (p > b + gap).any() for a, b in self.taken)


def footprint(thing: Thing) -> tuple[Floats, Floats]:
    """The rectangle along the world's axes that holds a thing, (2,) low and (2,) high."""
    boxes = [bounds(part, thing.axes, thing.position) for part in thing.parts]
    return np.min([a for a, _ in boxes], axis=0)[:2], np.max([b for _, b in boxes], axis=0)[:2]


def _furnish(floor: _Floor, rng: np.random.Generator) -> list[Thing]:
    def colours(count: int) -> list[str]:
        return [
            str(c)
            for c in rng.choice(
                ["red", "blue", "green", "yellow", "orange", "purple", "turquoise"], count, replace=False
            )
        ]

    def pick(*names: str) -> str:
        return str(rng.choice(names))

    out: list[Thing | None] = []
    big = [
        MAKERS["sofa"](pick("blue", "green", "red", "grey")),
        MAKERS["shelf"](pick("brown", "white")),
        MAKERS["desk"](pick("brown", "white")),
        MAKERS["bed" if rng.uniform() < 0.5 else "wardrobe"](pick("purple", "turquoise", "white")),
    ]
    for thing in big:
        out.append(placed := floor.against_wall(thing))
        if placed is not None and placed.category == "desk":
            x, y = _offset(placed, -0.1, -0.08)
            out.append(MAKERS["monitor"]("black").placed(x, y, placed.bearing, 0.74))
            x, y = _offset(placed, 0.38, 0.1)
            out.append(MAKERS["mug"](pick("red", "yellow")).placed(x, y, float(rng.uniform(0, 360)), 0.74))
    table = MAKERS["table"](pick("brown", "orange"))
    for _ in range(60):
        x, y = (float(rng.uniform(-0.2, 0.2)) * s for s in floor.size[:2])
        table = table.placed(x, y, float(rng.uniform(0, 180)))
        if floor.fits(table, 0.55):
            out.append(floor.take(table))
            x, y = _offset(table, -0.3, 0.05)
            out.append(MAKERS["mug"]("blue").placed(x, y, float(rng.uniform(0, 360)), 0.74))
            x, y = _offset(table, 0.3, -0.05)
            out.append(MAKERS["toy car"](pick("green", "orange")).placed(x, y, float(rng.uniform(0, 360)), 0.74))
            for colour, (right, ahead) in zip(colours(3), ((-0.3, 0.72), (0.32, -0.74), (0.3, 0.76)), strict=True):
                x, y = _offset(table, right, ahead)
                wobble = float(rng.uniform(-15, 15))
                seat = MAKERS["chair"](colour).placed(x, y, table.bearing + (180 if ahead > 0 else 0) + wobble)
                if floor.fits(seat, -0.12):
                    out.append(floor.take(seat))
            break
    out.append(floor.against_wall(MAKERS["plant"](pick("orange", "white"))))
    out.append(floor.against_wall(MAKERS["lamp"](pick("yellow", "white"))))
    for thing in (
        MAKERS["teddy"]("brown"),
        MAKERS["box"]("white"),
        replace(MAKERS["ball"]("red"), name="beach ball", colour="striped"),
        MAKERS["stool"](pick("pink", "turquoise")),
        MAKERS["toy car"]("red"),
    ):
        out.append(floor.anywhere(thing))  # noqa: PERF401 - each one takes its place before the next
    rug = _rug(rng, floor.size)
    return [rug, *(thing for thing in out if thing is not None)]


def _offset(thing: Thing, right: float, ahead: float) -> tuple[float, float]:
    x, y, _ = np.asarray(thing.position) + thing.axes @ np.array([right, ahead, 0.0])
    return float(x), float(y)


def _length(size: Vector, wall: str) -> float:
    return size[0] if wall in ("north", "south") else size[1]


def _rug(rng: np.random.Generator, size: Vector) -> Thing:
    paint = Paint((235, 225, 215), "rug", 0)
    parts = (block((0, 0, 0.005), (2.3, 1.6, 0.01), Paint((150, 60, 60), "pile", 0.5), top=paint),)
    x, y = (float(rng.uniform(-0.1, 0.1)) * s for s in size[:2])
    return Thing("rug", "rug", "red", parts, position=(x, y, 0.0), bearing=float(rng.uniform(-20, 20)) % 360)


def _picture(number: int, name: str) -> Thing:
    face = Paint((255, 255, 255), f"picture{number}", 0, printed=True)
    parts: tuple[Part, ...] = (
        block((0, 0.015, 0.35), (0.9, 0.03, 0.7), WOOD),
        sheet((0, 0.031, 0.35), 0.88, 0.68, face, FACING_FRONT),
    )
    return Thing(name, "picture", "colourful", parts, front=True)


def _mirror() -> Thing:
    parts = (
        block((0, 0.015, 0.6), (0.98, 0.03, 1.28), Paint(COLOURS["brown"], "grain", 0.6)),
        sheet((0, 0.031, 0.6), 0.88, 1.18, Paint((255, 255, 255), behaviour="mirror"), FACING_FRONT),
    )
    return Thing("mirror", "mirror", "silver", parts, front=True)


def _rolling(ball: Thing, rng: np.random.Generator, floor: _Floor) -> Thing:
    """The ball on the longest of some straight free ways from where it lies."""
    x0, y0 = ball.position[:2]
    best, way = 0.0, (x0 + 0.3, y0)
    others = [r for r in floor.taken if not ((r[0] <= (x0, y0)).all() and (r[1] >= (x0, y0)).all())]
    alone = _Floor(rng, floor.size)
    alone.taken = others
    for angle in rng.uniform(0, 2 * math.pi, 48):
        for reach in np.arange(0.2, 3.0, 0.1):
            x, y = x0 + reach * math.cos(angle), y0 + reach * math.sin(angle)
            if not alone.free(x, y, 0.2):
                break
            if reach > best:
                best, way = float(reach), (x, y)
    return replace(moving(ball, [(0.0, x0, y0), (3.0, *way)]), rolls=0.16)


def _walking(rng: np.random.Generator, floor: _Floor) -> Thing:
    """A person on the straight way across the room that leaves most room on both sides."""
    best, ends = -1.0, ((0.0, 0.0), (1.0, 0.0))
    half = np.array(floor.size[:2]) / 2 - 0.5
    for _ in range(300):
        a, b = rng.uniform(-half, half), rng.uniform(-half, half)
        length = float(np.linalg.norm(b - a))
        if length < 1.5:
            continue
        way = a + (b - a) * np.linspace(0, 1, 15)[:, None]
        score = sum(floor.free(float(x), float(y), 0.3) for x, y in way) / 15 + 0.05 * length
        if score > best:
            best, ends = score, ((float(a[0]), float(a[1])), (float(b[0]), float(b[1])))
    return moving(MAKERS["person"]("yellow"), [(0.0, *ends[0]), (6.0, *ends[1])])


def _lamps(size: Vector) -> Floats:
    z = size[2] - 0.16
    ceiling = [[x, y, z, 0.36, 0.34, 0.3] for x, y in ((-0.3, -0.12), (0.12, -0.3), (0.3, 0.12), (-0.12, 0.3))]
    x = size[0] / 2 - 0.25
    window = [[x, y, 1.6, 0.3, 0.34, 0.4] for y in (-0.1 * size[1] - 0.35, -0.1 * size[1] + 0.35)]
    return np.array(ceiling + window)
