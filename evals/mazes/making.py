"""Mazes from a seed: carved depth first, so that one path joins any two cells; loops on request."""

from __future__ import annotations

import random
from collections.abc import Iterable

from sightline.evals.mazes.maze import MOVES, Cell, Maze


def make_maze(size: int, seed: int | str, loops: int = 0) -> Maze:
    """A square maze; the same arguments give the same maze, on every machine.

    Cells with odd row and column are rooms, joined by a depth-first walk that takes its directions at random. The
    start is any open cell; the goal is one of those at the third largest Manhattan distance from it, which is
    VR-Bench's rule (ImYangC7/VR-Bench, games/maze/generators/maze_gen.py): far away, but not always in a corner.

    Args:
        size: Rows and columns, odd, 5 or more.
        seed: Any number or text.
        loops: Inner walls that are opened after carving, so that there may be several shortest paths.

    Raises:
        ValueError: The size is even or too small, or there are not that many walls to open.
    """
    if size < 5 or size % 2 == 0:
        raise ValueError(f"a maze's size is odd and 5 or more, not {size}")
    dice = random.Random(f"maze {size} {seed} {loops}")
    opened = _carved(size, dice)
    for cell in _loop_walls(size, opened, loops, dice):
        opened.add(cell)
    cells = sorted(opened)
    start = dice.choice(cells)
    far = sorted({_manhattan(start, cell) for cell in cells}, reverse=True)
    goal = dice.choice([cell for cell in cells if _manhattan(start, cell) == far[2]])
    walls = tuple(tuple((r, c) not in opened for c in range(size)) for r in range(size))
    return Maze(walls, start, goal)


def _carved(size: int, dice: random.Random) -> set[Cell]:
    opened, trail = {(1, 1)}, [(1, 1)]
    while trail:
        row, column = trail[-1]
        ways = [
            (down, right)
            for down, right in MOVES.values()
            if 0 < row + 2 * down < size
            and 0 < column + 2 * right < size
            and (row + 2 * down, column + 2 * right) not in opened
        ]
        if not ways:
            trail.pop()
            continue
        down, right = dice.choice(ways)
        opened.add((row + down, column + right))
        opened.add((row + 2 * down, column + 2 * right))
        trail.append((row + 2 * down, column + 2 * right))
    return opened


def _loop_walls(size: int, opened: set[Cell], loops: int, dice: random.Random) -> Iterable[Cell]:
    """Closed cells between two rooms."""
    closed = [
        (r, c) for r in range(1, size - 1) for c in range(1, size - 1) if (r + c) % 2 == 1 and (r, c) not in opened
    ]
    if not 0 <= loops <= len(closed):
        raise ValueError(f"a maze of size {size} has {len(closed)} inner walls to open, not {loops}")
    return dice.sample(closed, loops)


def _manhattan(a: Cell, b: Cell) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])
