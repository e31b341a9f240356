"""Areas of surfaces by the cells that hold points, and the outline of a room. Plain functions on plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import polygons
from sightline.geometry.box_fits import fit_upright_box
from sightline.geometry.boxes import Box3D
from sightline.geometry.nearest import spacing
from sightline.geometry.reconstructions import Reconstruction
from sightline.tools.measure.floors import Floor, FloorMap
from sightline.tools.measure.observed import Observed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """An area in square units of a reconstruction.

    Attributes:
        seen: Of the cells that hold points.
        low: Lower end of its interval.
        high: Upper end.
        whole: Of the outline around them: what it would be if nothing were hidden inside.
    """

    seen: float
    low: float
    high: float
    whole: float

    @property
    def fraction(self) -> float:
        """The share of the outline that was seen."""
        return min(1.0, self.seen / self.whole) if self.whole > 0 else 1.0


def floor_area(floor: FloorMap) -> Area:
    """The floor that was seen, and the area inside the outline of all that was seen in the plan.

    Cells along the rim are taken to be half filled; the interval is the other half.
    """
    rim = _rim(floor.seen) * floor.cell**2 / 2
    seen = float(floor.seen.sum()) * floor.cell**2 - rim
    whole = max(polygons.area(floor.outline) if len(floor.outline) >= 3 else 0.0, seen)
    return Area(seen, max(0.0, seen - rim), seen + rim, whole)


def surface_area(thing: Observed) -> Area:
    """The area of a flat surface: of the cells of its plane that hold points.

    Args:
        thing: With surface points that lie about in one plane.

    Raises:
        ValueError: They do not.
    """
    away = thing.points - thing.points.mean(axis=0)
    axes = np.linalg.svd(away[:: max(1, len(away) // 5000)], full_matrices=False)[2]
    extents = np.diff(np.quantile(away @ axes.T, [0.02, 0.98], axis=0), axis=0)[0]
    if extents[2] > 0.2 * extents[1]:
        raise ValueError("it is not flat: its points do not lie in one plane")
    plan = away @ axes[:2].T
    between = max(spacing(thing.points), 2 * float(np.median(thing.radius)))
    cell = max(2 * between, 1e-9)
    cells = np.floor((plan - plan.min(axis=0)) / cell).astype(np.intp)
    grid = np.zeros(cells.max(axis=0) + 1, np.bool_)
    grid[cells[:, 0], cells[:, 1]] = True
    rim = _rim(grid) * cell**2
    seen = float(grid.sum()) * cell**2 - rim / 2  # rim cells are half filled on average
    outline = polygons.area(polygons.convex_hull(plan)) if len(plan) >= 3 else 0.0
    border = rim / cell * (thing.rim + between / 2)  # the edge of the thing lies outside its outermost points
    low, seen = max(0.0, seen - rim / 2), seen + border / 2
    return Area(seen, low, seen + rim / 2 + border / 2, max(outline, seen))


def room_outline(reconstruction: Reconstruction, floor: Floor | None) -> Box3D:
    """The upright box around what was seen, turned so that most lies along its sides: a room, where there is one.

    Args:
        reconstruction: Of the room.
        floor: Its floor, from which the box then rises; None where it was not found.
    """
    points = reconstruction.cloud.thinned(40_000).points.astype(np.float64)
    box = fit_upright_box(points, trim=0.01)
    if floor is None:
        return box
    top = box.heights[1]
    centre = np.array([box.centre[0], box.centre[1], (floor.height + top) / 2])
    return Box3D(centre, np.array([box.size[0], box.size[1], max(0.0, top - floor.height)]), box.rotation)


def _rim(cells: NDArray[np.bool_]) -> float:
    """Number of cells that have a side on an empty one."""
    padded = np.pad(cells, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return float((cells & ~inner).sum())


def corners_text(outline: Floats, write: str = "{:.3g}") -> str:
    """Corners of a polygon as `(x, y) (x, y) ...`."""
    return " ".join(f"({_tidy(write, x)}, {_tidy(write, y)})" for x, y in outline)


def _tidy(write: str, value: float) -> str:
    text = write.format(value)
    if "e" in text and math.isfinite(value):
        return f"{value:.0f}" if abs(value) >= 1 else "0"
    return "0" if text in ("-0", "-0.0") else text
