"""A maze as a picture: light blue walls, white floor, the start a red circle, the goal a green square."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightline.evals.mazes.maze import Cell, Maze

TILE = 30
"""Pixels along a cell's edge, as VR-Bench has it (CELL_SIZE)."""

WALL, FLOOR, LINE = (173, 216, 230), (255, 255, 255), (200, 200, 200)
START, GOAL = (220, 30, 30), (20, 150, 40)
_SMOOTH = 4
"""Samples along a pixel's edge for the circle's rim."""


def draw_maze(maze: Maze, tile: int = TILE) -> NDArray[np.uint8]:
    """The picture, (rows * tile, columns * tile, 3) uint8, RGB; cell (r, c) begins at pixel (c * tile, r * tile).

    Args:
        maze: The maze.
        tile: Pixels along a cell's edge, 8 or more.

    Raises:
        ValueError: The tile is too small to be seen.
    """
    if tile < 8:
        raise ValueError(f"a tile has at least 8 pixels, not {tile}")
    walls = np.asarray(maze.walls, dtype=bool)
    colours = np.where(walls[..., None], np.asarray(WALL), np.asarray(FLOOR)).astype(np.uint8)
    picture = np.repeat(np.repeat(colours, tile, axis=0), tile, axis=1)
    edge = np.arange(len(picture)) % tile == tile - 1
    picture[edge] = LINE
    picture[:, np.arange(picture.shape[1]) % tile == tile - 1] = LINE
    _blend(picture, maze.start, tile, _disc(tile), START)
    _blend(picture, maze.goal, tile, _square(tile), GOAL)
    return picture


def _blend(
    picture: NDArray[np.uint8], cell: Cell, tile: int, cover: NDArray[np.float64], colour: tuple[int, int, int]
) -> None:
    patch = picture[cell[0] * tile : (cell[0] + 1) * tile, cell[1] * tile : (cell[1] + 1) * tile]
    mixed = patch * (1 - cover[..., None]) + np.asarray(colour) * cover[..., None]
    patch[:] = np.rint(mixed).astype(np.uint8)


def _disc(tile: int) -> NDArray[np.float64]:
    """(tile, tile) share of each pixel that the circle covers."""
    at = (np.arange(tile * _SMOOTH) + 0.5) / _SMOOTH - (tile - 1) / 2
    inside = at[:, None] ** 2 + at[None, :] ** 2 <= (0.32 * tile) ** 2
    share: NDArray[np.float64] = inside.reshape(tile, _SMOOTH, tile, _SMOOTH).mean(axis=(1, 3))
    return share


def _square(tile: int) -> NDArray[np.float64]:
    cover = np.zeros((tile, tile))
    margin = round(0.2 * tile)
    cover[margin : tile - 1 - margin, margin : tile - 1 - margin] = 1
    return cover
