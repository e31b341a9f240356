"""The room itself: floor, ceiling, walls, door, window, ceiling lamp; and hanging things on a wall."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sightline.evals.synthetic.furniture import STEEL
from sightline.evals.synthetic.solids import (
    FACING_FRONT,
    Floats,
    Paint,
    Part,
    Thing,
    Vector,
    ball,
    block,
    pillar,
    sheet,
)

THICK = 0.12
WINDOW_WIDTH, WINDOW_HEIGHT, SILL = 1.5, 1.2, 0.95
INWARD = {"north": 180.0, "east": 270.0, "south": 0.0, "west": 90.0}
"""The bearing in which each wall looks into the room; the north wall is at +y, the east wall at +x."""
WHITE = Paint((240, 240, 238))


def wall_point(size: Vector, wall: str, along: float, off: float = 0.0) -> tuple[tuple[float, float], float]:
    """A point before a wall, and the wall's inward bearing.

    Args:
        size: Of the room.
        wall: Which.
        along: Metres from its middle, + to the east on the north and south walls, + to the north on the others.
        off: Metres into the room.
    """
    x, y = size[0] / 2 - off, size[1] / 2 - off
    places = {"north": (along, y), "south": (along, -y), "east": (x, along), "west": (-x, along)}
    return places[wall], INWARD[wall]


def hang(thing: Thing, size: Vector, wall: str, along: float, height: float) -> Thing:
    """A thing whose back is at its y = 0, on a wall, its bottom at a height."""
    (x, y), inward = wall_point(size, wall, along, 0.001)
    return thing.placed(x, y, inward, height)


def room_shell(rng: np.random.Generator, size: Vector, *, glass: bool, white_wall: bool) -> list[Thing]:
    """Floor, ceiling, four walls, door, window and ceiling lamp."""
    width, depth, height = size
    floors = (
        Paint((208, 168, 124), "planks", 2.4),
        Paint((214, 206, 194), "tiles", 2.4),
        Paint((150, 122, 100), "planks", 2.4),
        Paint((168, 160, 172), "pile", 2.2),
    )
    walls = (
        Paint((236, 226, 206), "plaster", 2.6),
        Paint((198, 212, 222), "wallpaper", 2.6),
        Paint((196, 122, 96), "brick", 1.3),
        Paint((206, 214, 190), "plaster", 2.6),
        Paint((232, 214, 170), "wallpaper", 2.6),
    )
    floor = floors[int(rng.integers(len(floors)))]
    chosen = [walls[int(k)] for k in rng.permutation(len(walls))[:4]]
    if white_wall:
        chosen[3] = WHITE
    ceiling = Paint((244, 243, 238), "plaster", 3.1)
    out = [
        _part_of_room("floor", "floor", [block((0, 0, -THICK / 2), (width, depth, THICK), floor)]),
        _part_of_room("ceiling", "ceiling", [block((0, 0, height + THICK / 2), (width, depth, THICK), ceiling)]),
    ]
    place = -0.1 * depth
    for name, paint in zip(INWARD, chosen, strict=True):
        length = width if name in ("north", "south") else depth
        (x, y), inward = wall_point(size, name, 0.0)
        parts = [block((0, -THICK / 2, height / 2), (length + 2 * THICK, THICK, height), paint)]
        if name == "east" and glass:
            parts = _with_hole(length + 2 * THICK, height, place, paint)
        skirting = Paint((238, 236, 230))
        parts.append(block((0, 0.006, 0.04), (length, 0.012, 0.08), skirting))
        out.append(_part_of_room(f"{name} wall", "wall", parts).placed(x, y, inward))
    out.append(hang(_window(glass), size, "east", place, SILL))
    out.append(hang(_door(), size, "south", -0.36 * width, 0.0))
    lamp = [pillar((0, 0, -0.03), 0.26, 0.06, Paint((255, 250, 235), behaviour="glowing"), 0.2)]
    return [*out, _part_of_room("ceiling lamp", "ceiling lamp", lamp).placed(0, 0, 0, height)]


def chessboard_on(size: Vector, wall: str, along: float, height: float, square: float = 0.1) -> tuple[Thing, Floats]:
    """A board of 9x6 squares on a wall, and its 8x5 inner corners in the world, row by row from its top left."""
    columns, rows = 9, 6
    wide, high = (columns + 1.4) * square, (rows + 1.4) * square
    parts: list[Part] = [block((0, 0.01, high / 2), (wide, 0.02, high), Paint((250, 250, 250), printed=True))]
    # Seen from its front, its own right (+x) is on the left.
    left, top = columns * square / 2, high / 2 + rows * square / 2
    for row in range(rows):
        for column in range(row % 2, columns, 2):
            x, z = left - (column + 0.5) * square, top - (row + 0.5) * square
            parts.append(sheet((x, 0.0203, z), square, square, Paint((14, 14, 14)), FACING_FRONT))
    board = hang(
        Thing("chessboard", "chessboard", "black and white", tuple(parts), front=True), size, wall, along, height
    )
    local = np.array([[left - c * square, 0.0203, top - r * square] for r in range(1, rows) for c in range(1, columns)])
    return board, np.asarray(board.position) + local @ board.axes.T


def _part_of_room(name: str, category: str, parts: list[Part]) -> Thing:
    return Thing(name, category, "", tuple(parts), structure=True)


def _with_hole(length: float, height: float, middle: float, paint: Paint) -> list[Part]:
    """A wall around the window, in its own frame, in which +x is the wall's right as it looks into the room."""
    a, b = middle - WINDOW_WIDTH / 2, middle + WINDOW_WIDTH / 2
    top = SILL + WINDOW_HEIGHT
    pieces = ((-length / 2, a, 0, height), (b, length / 2, 0, height), (a, b, 0, SILL), (a, b, top, height))
    return [
        block(((x0 + x1) / 2, -THICK / 2, (z0 + z1) / 2), (x1 - x0, THICK, z1 - z0), paint) for x0, x1, z0, z1 in pieces
    ]


def _window(glass: bool) -> Thing:
    frame = Paint((244, 244, 240))
    w, h = WINDOW_WIDTH, WINDOW_HEIGHT
    bars = [block((0, 0.01, z), (w + 0.1, 0.06, 0.06), frame) for z in (0.0, h)]
    bars += [block((x, 0.01, h / 2), (0.06, 0.06, h), frame) for x in (-w / 2, w / 2)]
    if glass:
        bars += [block((0, -0.03, h / 2), (0.04, 0.04, h), frame)]
        pane = Paint((220, 235, 240), behaviour="glass")
        bars.append(sheet((0, -0.03, h / 2), w, h, pane, FACING_FRONT))
    else:
        pane = Paint((255, 255, 255), "outside", 0, "glowing", True)
        bars.append(sheet((0, 0.004, h / 2), w, h, pane, FACING_FRONT))
    bars.append(block((0, 0.06, -0.03), (w + 0.2, 0.16, 0.03), frame))
    return replace(_part_of_room("window", "window", bars), front=True, colour="white")


def _door() -> Thing:
    leaf, frame = Paint((186, 138, 92), "door", 0), Paint((240, 238, 232))
    parts = [block((0, 0.015, 1.0), (0.86, 0.03, 2.0), leaf), ball((-0.36, 0.07, 1.0), 0.03, STEEL)]
    parts += [block((x, 0.02, 1.02), (0.07, 0.04, 2.04), frame) for x in (-0.465, 0.465)]
    parts += [block((0, 0.02, 2.04), (1.0, 0.04, 0.07), frame)]
    return replace(_part_of_room("door", "door", parts), front=True, colour="brown")
