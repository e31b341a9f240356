"""Grid mazes: made from a seed, walked, solved, drawn. What VR-Bench's mazes and the suite `mazes` share.

maze = make_maze(11, seed=7)
walk(maze, ["up", "left"]).won
distances(maze)[maze.start]             # length of the shortest path
picture = draw_maze(maze)               # (H, W, 3) uint8
"""

from __future__ import annotations

from sightline.evals.mazes.drawing import TILE, draw_maze
from sightline.evals.mazes.making import make_maze
from sightline.evals.mazes.maze import MOVES, Cell, Maze
from sightline.evals.mazes.walking import Walk, distances, optimal_prefix, shortest_path, walk

__all__ = [
    "MOVES",
    "TILE",
    "Cell",
    "Maze",
    "Walk",
    "distances",
    "draw_maze",
    "make_maze",
    "optimal_prefix",
    "shortest_path",
    "walk",
]
