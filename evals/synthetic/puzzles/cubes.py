"""Things of cubes on a lattice: their turns by enumeration, what of them is seen, and their pictures.

A cube is (x, y, z): x to the right, y away from the viewer, z up. Pictures are parallel projections from the front, the
right and above, at angles at which no step along the lattice points at the viewer: unlike in a drawing at 45 and 35.3
degrees, a cube cannot be taken for one that is nearer and lower.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise, permutations, product

import numpy as np

from sightline.evals.synthetic.puzzles.dealing import Picture

Cube = tuple[int, int, int]
Body = frozenset[Cube]

SIZE = 360
"""Pixels along a picture's edge."""
AZIMUTH, ELEVATION = 33.0, 27.0
"""Degrees: how far the viewer stands to the right of the front, and how far above the floor."""
SEEN = 0.12
"""What must show of a cube, in faces, for it to count as seen."""
_SMOOTH = 3

_Matrix = tuple[Cube, Cube, Cube]


def placed(cubes: Iterable[Cube]) -> Body:
    """Moved so that the least of each coordinate is 0."""
    points = list(cubes)
    low = [min(cube[k] for cube in points) for k in range(3)]
    return frozenset((x - low[0], y - low[1], z - low[2]) for x, y, z in points)


@cache
def turns() -> tuple[_Matrix, ...]:
    """The 24 turns of a cube, the identity first: signed permutations whose determinant is 1."""
    return tuple(
        (_row(order[0], signs[0]), _row(order[1], signs[1]), _row(order[2], signs[2]))
        for order in permutations(range(3))
        for signs in product((1, -1), repeat=3)
        if (1 if order in _EVEN else -1) * signs[0] * signs[1] * signs[2] == 1
    )


_EVEN = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def _row(column: int, sign: int) -> Cube:
    return (sign if column == 0 else 0, sign if column == 1 else 0, sign if column == 2 else 0)


def turned(body: Body, matrix: _Matrix) -> Body:
    """The body after a turn."""
    out = []
    for cube in body:
        x, y, z = (sum(row[k] * cube[k] for k in range(3)) for row in matrix)
        out.append((x, y, z))
    return placed(out)


def mirror_image(body: Body) -> Body:
    """Left and right exchanged."""
    return placed((-x, y, z) for x, y, z in body)


def standing(heights: Sequence[Sequence[int]]) -> Body:
    """Columns on the floor: `heights[y][x]` cubes high."""
    return frozenset((x, y, z) for y, row in enumerate(heights) for x, high in enumerate(row) for z in range(high))


def seen(body: Body) -> dict[tuple[Cube, str], float]:
    """The share of each face that shows, 0 to 1, by cube and face (`top`, `front`, `right`).

    Counted at 24 x 24 points of a face: from each a ray goes to the viewer, and what cells of the lattice it passes is
    the same for every cube.

    Raises:
        ValueError: A coordinate is not 0 to 7.
    """
    if not all(0 <= value < 8 for cube in body for value in cube):
        raise ValueError("a body's coordinates are 0 to 7")
    bits = sum(1 << _bit(cube) for cube in body)
    out = {}
    for cube in body:
        around = bits >> (_bit(cube) - _bit((0, 0, 0)))
        for side, rays in _rays().items():
            out[cube, side] = sum(share for passed, share in rays if not around & passed)
    return out


def seen_cubes(body: Body) -> dict[Cube, float]:
    """What shows of each cube, in faces: 0 where it is wholly hidden, 3 at most."""
    out = dict.fromkeys(body, 0.0)
    for (cube, _), share in seen(body).items():
        out[cube] += share
    return out


def _bit(cube: Cube) -> int:
    """Place of a cell in a body's bits; cells up to 7 nearer, in each direction, have places too."""
    return 128 + cube[0] + 16 * cube[1] + 256 * cube[2]


@cache
def _rays() -> dict[str, list[tuple[int, float]]]:
    """Of each face of the cube at the origin: sets of cells, as bits, and the share of the face that each hides."""
    count = 24
    steps = [(k + 0.5) / count for k in range(count)]
    out = {}
    for side, corner in (("top", (None, None, 1.0)), ("front", (None, 0.0, None)), ("right", (1.0, None, None))):
        shares: Counter[int] = Counter()
        for a, b in product(steps, repeat=2):
            free = iter((a, b))
            shares[_passed([next(free) if value is None else value for value in corner])] += 1
        out[side] = [(cells, n / count**2) for cells, n in shares.items()]
    return out


def _passed(point: list[float]) -> int:
    """Cells on the way from a point of the cube at the origin to the viewer, that cube left out, as bits."""
    azimuth, elevation = math.radians(AZIMUTH), math.radians(ELEVATION)
    way = (
        math.sin(azimuth) * math.cos(elevation),
        -math.cos(azimuth) * math.cos(elevation),
        math.sin(elevation),
    )
    crossings = sorted(
        (plane - start) / speed
        for start, speed in zip(point, way, strict=True)
        for plane in range(-8, 9)
        if (plane - start) / speed > 0
    )
    cells = set()
    for before, after in pairwise([0.0, *crossings]):
        middle = (before + after) / 2
        x, y, z = (math.floor(start + middle * speed) for start, speed in zip(point, way, strict=True))
        if 0 <= x < 8 and -8 < y <= 0 and 0 <= z < 8 and (x, y, z) != (0, 0, 0):
            cells.add((x, y, z))
    return sum(1 << _bit(cell) for cell in cells)


_SIDES = {
    "front": ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)),
    "right": ((1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 0, 1)),
    "top": ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),
}
_SHADES = {"top": 1.0, "front": 0.82, "right": 0.62}


def _faces(body: Body) -> Iterable[tuple[Cube, str, list[tuple[float, float]]]]:
    """Faces turned to the viewer, those behind first.

    Of two cubes that overlap in the picture, the nearer one is not less in any of (x, -y, z): two planes of the lattice
    that each put another one in front would keep them apart in the picture. So the order of these triples will do.
    """
    for cube in sorted(body, key=lambda c: (c[0], -c[1], c[2])):
        x, y, z = cube
        for side, corners in _SIDES.items():
            yield cube, side, [_projected(x + a, y + b, z + c) for a, b, c in corners]


def _projected(x: float, y: float, z: float) -> tuple[float, float]:
    """To the right and downwards in the picture, in edges of a cube."""
    azimuth, elevation = math.radians(AZIMUTH), math.radians(ELEVATION)
    right = x * math.cos(azimuth) + y * math.sin(azimuth)
    away = y * math.cos(azimuth) - x * math.sin(azimuth)
    return right, -(z * math.cos(elevation) + away * math.sin(elevation))


def draw_body(body: Body, colour: Sequence[int], ground: Sequence[int] = (250, 250, 247)) -> Picture:
    """The body in the middle of a picture, (360, 360, 3) uint8; front, right and top each in a shade."""
    from PIL import Image, ImageDraw

    faces = list(_faces(body))
    flat = [point for _, _, corners in faces for point in corners]
    low_x, high_x = min(x for x, _ in flat), max(x for x, _ in flat)
    low_y, high_y = min(y for _, y in flat), max(y for _, y in flat)
    edge = SIZE * _SMOOTH
    scale = min(0.86 * edge / max(high_x - low_x, high_y - low_y), 0.2 * edge)
    picture = Image.new("RGB", (edge, edge), tuple(ground))
    pen = ImageDraw.Draw(picture)
    for _, side, corners in faces:
        at = [
            (edge / 2 + scale * (x - (low_x + high_x) / 2), edge / 2 + scale * (y - (low_y + high_y) / 2))
            for x, y in corners
        ]
        pen.polygon(at, fill=tuple(round(c * _SHADES[side]) for c in colour))
        pen.line([*at, at[0]], fill=(40, 44, 48), width=2 * _SMOOTH, joint="curve")
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX))


Outline = frozenset[tuple[int, int]]
"""Squares (column from the left, row from below) of a view."""


def view(heights: Sequence[Sequence[int]], side: str) -> Outline:
    """What is seen of columns from a side, as squares; of the view from above, the front is below.

    Args:
        heights: `heights[y][x]`, y away from the viewer.
        side: `front`, `right`, `back`, `left` or `top`.
    """
    body = standing(heights)
    wide, deep = len(heights[0]), len(heights)
    if side in ("front", "back"):
        return frozenset((x if side == "front" else wide - 1 - x, z) for x, _, z in body)
    if side in ("right", "left"):
        return frozenset((y if side == "right" else deep - 1 - y, z) for _, y, z in body)
    return frozenset((x, y) for x, y, _ in body)


def reversed_view(outline: Outline) -> Outline:
    """Left and right exchanged."""
    last = max(column for column, _ in outline)
    return frozenset((last - column, row) for column, row in outline)


def draw_view(outline: Outline, colour: Sequence[int], ground: Sequence[int] = (250, 250, 247)) -> Picture:
    """Squares in the middle of a picture, (360, 360, 3) uint8."""
    from PIL import Image, ImageDraw

    edge, cell = SIZE * _SMOOTH, 0.2 * SIZE * _SMOOTH
    wide, high = max(c for c, _ in outline) + 1, max(r for _, r in outline) + 1
    picture = Image.new("RGB", (edge, edge), tuple(ground))
    pen = ImageDraw.Draw(picture)
    for column, row in sorted(outline):
        x, y = edge / 2 + cell * (column - wide / 2), edge / 2 - cell * (row + 1 - high / 2)
        at = [(x, y), (x + cell, y), (x + cell, y + cell), (x, y + cell)]
        pen.polygon(at, fill=tuple(round(c * 0.9) for c in colour))
        pen.line([*at, at[0]], fill=(40, 44, 48), width=2 * _SMOOTH, joint="curve")
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX))
