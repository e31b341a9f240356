"""A maze on a grid, as data.

A cell is (row, column), both from 0, rows counted downwards as in a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Cell = tuple[int, int]

MOVES: dict[str, Cell] = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
"""The moves' names, each with its change of (row, column)."""

_WALL, _OPEN, _START, _GOAL = "#", ".", "S", "G"


@dataclass(frozen=True)
class Maze:
    """A maze.

    Attributes:
        walls: Rows of columns, True where a wall is; all rows equally long.
        start, goal: Open cells, not the same.

    Raises:
        ValueError: It is no such thing.
    """

    walls: tuple[tuple[bool, ...], ...]
    start: Cell
    goal: Cell

    def __post_init__(self) -> None:
        if not self.walls or len({len(row) for row in self.walls}) != 1:
            raise ValueError("a maze needs rows of one length")
        if self.start == self.goal:
            raise ValueError("start and goal are the same cell")
        if not (self.is_open(self.start) and self.is_open(self.goal)):
            raise ValueError("start and goal must be open cells")

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.walls)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.walls[0])

    def inside(self, cell: Cell) -> bool:
        """Whether a cell is on the grid."""
        return 0 <= cell[0] < self.rows and 0 <= cell[1] < self.columns

    def is_open(self, cell: Cell) -> bool:
        """Whether one can stand on a cell: it is on the grid and no wall."""
        return self.inside(cell) and not self.walls[cell[0]][cell[1]]

    def neighbours(self, cell: Cell) -> dict[str, Cell]:
        """The open cells next to a cell, by the move that leads there."""
        reached = {move: (cell[0] + down, cell[1] + right) for move, (down, right) in MOVES.items()}
        return {move: there for move, there in reached.items() if self.is_open(there)}

    def to_text(self) -> list[str]:
        """One text for each row: `#` wall, `.` open, `S` start, `G` goal."""
        rows = [[_WALL if wall else _OPEN for wall in row] for row in self.walls]
        rows[self.start[0]][self.start[1]] = _START
        rows[self.goal[0]][self.goal[1]] = _GOAL
        return ["".join(row) for row in rows]

    @classmethod
    def from_text(cls, rows: Sequence[str]) -> Maze:
        """The maze that `to_text` wrote.

        Raises:
            ValueError: It is no maze: other characters, rows of several lengths, not one start and one goal.
        """
        cells = {(r, c): sign for r, row in enumerate(rows) for c, sign in enumerate(row)}
        if unknown := set(cells.values()) - {_WALL, _OPEN, _START, _GOAL}:
            raise ValueError(f"a maze has no sign {min(unknown)!r}")
        starts = [cell for cell, sign in cells.items() if sign == _START]
        goals = [cell for cell, sign in cells.items() if sign == _GOAL]
        if len(starts) != 1 or len(goals) != 1:
            raise ValueError(f"a maze needs one S and one G, not {len(starts)} and {len(goals)}")
        return cls(tuple(tuple(sign == _WALL for sign in row) for row in rows), starts[0], goals[0])
