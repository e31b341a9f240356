"""The floor of a reconstruction, and what of it was seen, is free, or is taken. Plain functions on arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry import polygons
from sightline.geometry.reconstructions import Reconstruction

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_MOST_POINTS = 100_000
_BELOW = 0.04
"""Share of the points that may lie below the floor: reflections and strays."""
_SHARE = 0.03
"""A floor holds at least this share of the points."""
_CELLS = 160
"""Cells along the longer side of the map that free space is looked for on."""
_HEAD_ROOM = 0.8
"""What is higher above the floor than this times the cameras' height does not stand in the way."""


@dataclass(frozen=True)
class Floor:
    """A level floor.

    Attributes:
        height: World z.
        error: How far that may be off.
        width: How far its points lie above and below.
    """

    height: float
    error: float
    width: float

    def holds(self, points: NDArray[np.floating]) -> Bools:
        """Which points (N, 3) are of it, (N,)."""
        return np.asarray(np.abs(points[:, 2] - self.height) <= self.width)


@dataclass(frozen=True)
class FloorMap:
    """The floor in square cells.

    Attributes:
        origin: (2,) world x and y of the low corner of cell [0, 0].
        cell: Side of a cell in world units.
        seen: (rows, columns), row along +y: where floor was seen.
        taken: Where something stands on it, up to head height.
        outline: (K, 2) the hull of all that was seen in the plan, without strays.
    """

    origin: Floats
    cell: float
    seen: Bools
    taken: Bools
    outline: Floats

    @property
    def free(self) -> Bools:
        """Floor that was seen, with nothing on it."""
        return self.seen & ~self.taken

    def centres(self) -> Floats:
        """World x and y of the cells' centres, (rows, columns, 2)."""
        rows, columns = self.seen.shape
        x, y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
        return self.origin + self.cell * np.stack([x, y], axis=-1)


def find_floor(reconstruction: Reconstruction) -> Floor | None:
    """The floor: the lowest level slab with a good share of the points and nearly nothing below.

    None where gravity is only assumed, or no such slab lies below the cameras.
    """
    z = reconstruction.cloud.thinned(_MOST_POINTS).points[:, 2].astype(np.float64)
    if reconstruction.up == "assumed" or len(z) < 50:
        return None
    low, high = np.quantile(z, [0.002, 0.998])
    eyes = min(float(c.position[2]) for c in reconstruction.cameras.values())
    step = max((high - low) / 200, 1e-9)
    counts, edges = np.histogram(z, bins=np.arange(low - 3 * step, min(high, eyes) + step, step))
    slabs = np.convolve(counts, [1, 1, 1], "same")
    below = np.cumsum(counts) - np.convolve(counts, [0, 1, 1], "same")
    usable = (slabs >= _SHARE * len(z)) & (below <= _BELOW * len(z) + slabs * 0.05)
    peaks = usable & (slabs >= np.roll(slabs, 1)) & (slabs >= np.roll(slabs, -1))
    if not peaks.any():
        return None
    best = int(np.nonzero(peaks)[0][0])
    height = float(np.median(z[np.abs(z - (edges[best] + step / 2)) <= 1.5 * step]))
    near = np.abs(z - height) <= 1.5 * step
    height = float(np.median(z[near]))
    noise = 1.4826 * float(np.median(np.abs(z[near] - height)))
    width = max(2.5 * noise, 0.3 * step)
    if (np.abs(z - height) <= width).sum() < _SHARE / 2 * len(z):
        return None
    return Floor(height, max(noise, 0.05 * step), width)


def floor_map(reconstruction: Reconstruction, floor: Floor) -> FloorMap:
    """The floor in cells of about a 160th of what was seen, coarser where its points are sparse."""
    points, radius = reconstruction.cloud.points.astype(np.float64), reconstruction.cloud.radius
    low, high = (v[:2] for v in reconstruction.cloud.extent(0.004))
    size = float((high - low).max())
    cell = max(size / _CELLS, 2 * float(np.median(radius)))
    plan = points[:, :2]
    ours = ((plan >= low) & (plan <= high)).all(axis=1)
    shape = tuple(int(v) for v in np.ceil((high - low) / cell)[::-1] + 1)
    eyes = float(np.median([c.position[2] for c in reconstruction.cameras.values()]))
    rise = points[:, 2] - floor.height
    clear = max(3 * floor.error, 0.015 * (eyes - floor.height))
    seen = _filled(floor.holds(points) & ours, plan, low, cell, shape, fewest=1)
    in_the_way = ours & (rise > clear) & (rise < _HEAD_ROOM * (eyes - floor.height) + clear)
    taken = _filled(in_the_way, plan, low, cell, shape, fewest=2)
    seen = _closed(seen)
    return FloorMap(low, cell, seen, taken, polygons.convex_hull(plan[ours]))


def largest_circle(free: Bools) -> tuple[float, float, float]:
    """The largest circle of free cells: its centre (column, row) in continuous cells, and its radius in cells.

    The radius is to the nearest edge of a cell that is not free; 0 where none is free.
    """
    from scipy.ndimage import distance_transform_edt

    away = distance_transform_edt(np.pad(free, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(away)), away.shape)
    return float(column) + 0.5, float(row) + 0.5, max(0.0, float(away[row, column]) - 0.5)


def largest_rectangle(free: Bools) -> tuple[int, int, int, int]:
    """The largest upright rectangle of free cells: (column0, row0, column1, row1), ends not included; area 0 for none.

    Source: the stack algorithm for the largest rectangle under a histogram, one row after the other.
    """
    best = (0, 0, 0, 0)
    most = 0
    heights = np.zeros(free.shape[1] + 1, np.intp)
    for row, line in enumerate(free):
        heights[:-1] = np.where(line, heights[:-1] + 1, 0)
        stack: list[tuple[int, int]] = []
        for column, height in enumerate(heights.tolist()):
            start = column
            while stack and stack[-1][1] >= height:
                start, tall = stack.pop()
                if tall * (column - start) > most:
                    most = tall * (column - start)
                    best = (start, row + 1 - tall, column, row + 1)
            stack.append((start, height))
    return best


def largest_turned_rectangle(floor: FloorMap, step: float = 15.0) -> tuple[Floats, float, float]:
    """The largest free rectangle on the floor, at any of the directions `step` degrees apart.

    Returns:
        Its corners (4, 2) in the world, counter-clockwise, and its two sides in world units, the longer first.
    """
    best = (np.zeros((4, 2)), 0.0, 0.0)
    rows, columns = floor.free.shape
    middle = np.array([columns, rows]) / 2
    reach = math.ceil(math.hypot(rows, columns))
    for degrees in np.arange(0, 90, step):
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        turn = np.array([[c, -s], [s, c]])
        ticks = np.arange(reach) + 0.5 - reach / 2
        own = np.stack(np.meshgrid(ticks, ticks), axis=-1)
        there = np.floor(own @ turn.T + middle).astype(np.intp)
        inside = ((there >= 0) & (there < (columns, rows))).all(axis=-1)
        grid = np.zeros(inside.shape, np.bool_)
        grid[inside] = floor.free[there[inside][:, 1], there[inside][:, 0]]
        x0, y0, x1, y1 = largest_rectangle(grid)
        if (x1 - x0) * (y1 - y0) * floor.cell**2 > best[1] * best[2] * (1 + 1e-9):
            corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) - reach / 2
            sides = sorted([(x1 - x0) * floor.cell, (y1 - y0) * floor.cell], reverse=True)
            best = (floor.origin + floor.cell * (corners @ turn.T + middle), sides[0], sides[1])
    return best


def clearance(floor: FloorMap, spot: ArrayLike, ignore: ArrayLike | None = None) -> float:
    """Distance in the plan from a spot (2,) to the nearest place that is taken; infinite where nothing is.

    Args:
        floor: The map.
        spot: World x and y.
        ignore: (K, 2) outline of what stands there itself, whose cells do not count.
    """
    centres = floor.centres()[floor.taken]
    if ignore is not None and len(centres):
        own = polygons.inside(ignore, centres) | (polygons.distance_to_boundary(ignore, centres) < 2 * floor.cell)
        centres = centres[~own]
    if len(centres) == 0:
        return math.inf
    away = np.linalg.norm(centres - np.asarray(spot, dtype=np.float64), axis=1)
    return max(0.0, float(away.min()) - floor.cell / 2)


def _filled(chosen: Bools, plan: Floats, low: Floats, cell: float, shape: tuple[int, ...], fewest: int) -> Bools:
    cells = ((plan[chosen] - low) / cell).astype(np.intp)
    flat = np.bincount(cells[:, 1] * shape[1] + cells[:, 0], minlength=shape[0] * shape[1])
    return np.asarray((flat >= fewest).reshape(shape))


def _closed(seen: Bools) -> Bools:
    """With gaps of one or two cells between seen ones filled: far floor is sampled thinly."""
    from scipy.ndimage import binary_closing

    return np.asarray(binary_closing(np.pad(seen, 3), iterations=2)[3:-3, 3:-3] | seen)
