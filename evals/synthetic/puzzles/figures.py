"""Flat figures of squares on a grid, and their pictures.

A figure is a set of cells (x, y), y upwards. Only figures with eight different images under quarter turns and mirroring
are used: each of them can be told from the others.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from sightline.evals.synthetic.puzzles.dealing import Picture

Cell = tuple[int, int]
Figure = frozenset[Cell]

SIZE = 320
"""Pixels along a picture's edge."""
_SMOOTH = 3

COLOURS = ((178, 66, 58), (36, 107, 142), (64, 122, 70), (128, 88, 156), (176, 116, 32))
GROUNDS = ((250, 250, 247), (243, 246, 250), (249, 244, 238))


def quarter(figure: Figure) -> Figure:
    """A quarter turn counter-clockwise, moved to the origin."""
    return _placed((-y, x) for x, y in figure)


def mirrored(figure: Figure) -> Figure:
    """Left and right exchanged, moved to the origin."""
    return _placed((-x, y) for x, y in figure)


def images(figure: Figure) -> list[Figure]:
    """The figure turned by 0, 90, 180, 270 degrees counter-clockwise, then its mirror image turned likewise."""
    out = []
    for start in (_placed(figure), mirrored(figure)):
        for _ in range(4):
            out.append(start)
            start = quarter(start)
    return out


def _placed(cells: Iterable[Cell]) -> Figure:
    points = list(cells)
    low_x, low_y = min(x for x, _ in points), min(y for _, y in points)
    return frozenset((x - low_x, y - low_y) for x, y in points)


def figure(dice: random.Random, cells: int = 7) -> Figure:
    """A figure in one piece with eight different images."""
    while True:
        grown = {(0, 0)}
        while len(grown) < cells:
            grown.add(dice.choice(sorted(_beside(grown))))
        if _distinct(found := _placed(grown)):
            return found


def changed(before: Figure, dice: random.Random) -> Figure:
    """The figure with one cell elsewhere: in one piece, eight images, none of them one of the first figure's."""
    known = set(images(before))
    while True:
        kept = set(before) - {dice.choice(sorted(before))}
        found = _placed(kept | {dice.choice(sorted(_beside(kept)))})
        if _whole(found) and _distinct(found) and found not in known:
            return found


def _beside(cells: Iterable[Cell]) -> set[Cell]:
    taken = set(cells)
    return {(x + a, y + b) for x, y in taken for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1))} - taken


def _whole(cells: Figure) -> bool:
    reached = {min(cells)}
    while more := (_beside(reached) & cells) - reached:
        reached |= more
    return reached == cells


def _distinct(cells: Figure) -> bool:
    return len(set(images(cells))) == 8


@cache
def widest(cells: Figure) -> float:
    """From the middle of the figure's box to its farthest corner, in cells."""
    x, y = _middle(cells)
    return max(math.hypot(a + da - x, b + db - y) for a, b in cells for da in (0, 1) for db in (0, 1))


def _middle(cells: Figure) -> tuple[float, float]:
    return (max(x for x, _ in cells) + 1) / 2, (max(y for _, y in cells) + 1) / 2


def draw_figure(
    cells: Figure, turn: float, colour: Sequence[int] = COLOURS[0], ground: Sequence[int] = GROUNDS[0]
) -> Picture:
    """The figure in the middle of a picture, (320, 320, 3) uint8, turned by `turn` degrees counter-clockwise."""
    from PIL import Image, ImageDraw

    edge = SIZE * _SMOOTH
    picture = Image.new("RGB", (edge, edge), tuple(ground))
    pen = ImageDraw.Draw(picture)
    scale = 0.42 * edge / widest(cells)
    middle_x, middle_y = _middle(cells)
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))

    def at(x: float, y: float) -> tuple[float, float]:
        right, up = x - middle_x, y - middle_y
        return edge / 2 + scale * (right * cos - up * sin), edge / 2 - scale * (right * sin + up * cos)

    line = tuple(int(c * 0.55) for c in colour)
    for x, y in sorted(cells):
        corners = [at(x + a, y + b) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]
        pen.polygon(corners, fill=tuple(colour))
        pen.line([*corners, corners[0]], fill=line, width=2 * _SMOOTH, joint="curve")
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX))
