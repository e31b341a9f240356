"""Walking a maze move by move, and what the shortest way is."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sightline.evals.mazes.maze import MOVES, Cell, Maze


@dataclass(frozen=True)
class Walk:
    """What following moves came to.

    Attributes:
        cells: Where one stood, the start first.
        stopped: Why the walk ended: `goal` reached (what follows is not walked), a move that is not allowed
            (`wall`, `outside`, `no move`), or `moves` used up.
    """

    cells: tuple[Cell, ...]
    stopped: Literal["goal", "wall", "outside", "no move", "moves"]

    @property
    def won(self) -> bool:
        """Whether the goal was reached."""
        return self.stopped == "goal"


def walk(maze: Maze, moves: Sequence[Any]) -> Walk:
    """Follow moves from the start, up to the first that is not allowed or reaches the goal.

    Args:
        maze: The maze.
        moves: `up`, `down`, `left`, `right`; anything else is no move.
    """
    cells = [maze.start]
    for move in moves:
        if not isinstance(move, str) or move not in MOVES:
            return Walk(tuple(cells), "no move")
        there = (cells[-1][0] + MOVES[move][0], cells[-1][1] + MOVES[move][1])
        if not maze.inside(there):
            return Walk(tuple(cells), "outside")
        if not maze.is_open(there):
            return Walk(tuple(cells), "wall")
        cells.append(there)
        if there == maze.goal:
            return Walk(tuple(cells), "goal")
    return Walk(tuple(cells), "moves")


def distances(maze: Maze) -> dict[Cell, int]:
    """Moves from each cell to the goal along the shortest way; cells that do not reach it are missing."""
    found, queue = {maze.goal: 0}, deque([maze.goal])
    while queue:
        cell = queue.popleft()
        for there in maze.neighbours(cell).values():
            if there not in found:
                found[there] = found[cell] + 1
                queue.append(there)
    return found


def shortest_path(maze: Maze) -> list[str]:
    """Moves of a shortest way to the goal: of several, the first by the order of `MOVES`.

    Raises:
        ValueError: No way leads to the goal.
    """
    left = distances(maze)
    if maze.start not in left:
        raise ValueError("no way leads from the start to the goal")
    moves, cell = [], maze.start
    while cell != maze.goal:
        move, cell = next((m, c) for m, c in maze.neighbours(cell).items() if left.get(c) == left[cell] - 1)
        moves.append(move)
    return moves


def optimal_prefix(maze: Maze, moves: Sequence[Any]) -> int:
    """How many of the first moves some shortest way to the goal begins with.

    That is the longest common prefix with any of the shortest ways, found without listing them: each move must bring
    the goal one step nearer.
    """
    left = distances(maze)
    cell, taken = maze.start, 0
    for move in moves:
        there = maze.neighbours(cell).get(move) if isinstance(move, str) else None
        if there is None or cell not in left or left[there] != left[cell] - 1:
            break
        cell, taken = there, taken + 1
    return taken
