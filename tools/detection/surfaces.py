"""Whether two pictures show one thing, by where its surface lies in a reconstruction that holds both.

Middles of boxes mislead where something hides a part of the thing, so surfaces are compared: of what one picture shows
of it, the part that the other picture sees too must lie on what that picture shows of it. Where they share no part (one
looks at its front, one at its back) two bodies in one place are one thing, for solid things do not pass through each
other. A cloud of sparse points does not tell what hides what, and says less.

Plain functions on plain data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.boxes import Box3D, intersection_volume
from sightline.geometry.reconstructions import Reconstruction
from sightline.tools.back_ends.protocols import Box
from sightline.tools.measure.observed import FEWEST_POINTS, box_of, depth_bodies
from sightline.tools.measure.outlines import outline_in_box

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Finding = Literal["same", "unclear", "two", "open"]
"""`two` where the pictures contradict each other; `open` where nothing speaks for or against one thing."""

_MOST_POINTS = 600
_CLOSE = 0.04
"""Two points are of one surface within this share of the smaller thing's longest side, beside their spacing."""
_IN_SIGHT = 0.02
"""A point is what a picture shows at its pixel where the depths differ by at most this share."""
_ENOUGH = 0.05
"""Share of a surface that the other picture must see too, to go by that part of it."""
_ONE = 0.5
"""Share of the part seen by both that lies on the other surface, from which they are one."""
_TWO = 0.15
"""Share up to which they are two."""
_SHARED = 0.3
"""Share of the smaller body that lies in the other, from which they are in one place."""
_REACH = 0.5
"""Surfaces up to this share of the longer one's longest side apart may be parts of one thing."""
_FAR = 2.0
"""From this many times that side apart they are two."""


@dataclass(frozen=True)
class Surface:
    """What a picture shows of a thing, in a reconstruction's world.

    Attributes:
        picture: Handle.
        points: (N, 3), at least `FEWEST_POINTS`, at most some hundreds.
        between: How far apart they lie; 0 for the points of a sparse cloud.
        dense: Whether the picture's depth is known everywhere.
    """

    picture: str
    points: Floats
    between: float
    dense: bool

    @cached_property
    def box(self) -> Box3D:
        """The upright box around them."""
        return box_of(self.points)

    @cached_property
    def tree(self) -> Any:
        """To look up the nearest of them."""
        from scipy.spatial import cKDTree

        return cKDTree(self.points)


def surface_of(
    picture: str, box: Box, mask: Bools | None, reconstruction: Reconstruction, sparse: Floats | None
) -> Surface | None:
    """What a picture shows of a thing.

    Args:
        picture: Handle of one that the reconstruction has a camera for.
        box: Around the thing, in stored pixels.
        mask: (h, w) which pixels of the box are the thing, of the box rounded outwards; None where that is not known.
        reconstruction: With dense depth for the picture, unless `sparse` is given.
        sparse: (N, 3) pixel x, y and z-depth of the cloud's points that are the thing's.

    Returns:
        The surface; None where too few points are seen.
    """
    camera = reconstruction.cameras[picture]
    if sparse is not None:
        return None if len(sparse) < FEWEST_POINTS else _surface(picture, camera.unproject(sparse[:, :2], sparse[:, 2]))
    depth = reconstruction.depths[picture]
    height, width = depth.shape
    sx, sy = width / camera.intrinsics.width, height / camera.intrinsics.height
    if mask is None:
        inside = outline_in_box(reconstruction, picture, box, None)
        rows, columns = np.nonzero(_core(box, sx, sy, depth.shape) if inside is None else inside)
    else:
        rows, columns = _in_mask(box, mask, (sx, sy), depth.shape)
    reach = depth[rows, columns].astype(np.float64)
    known = np.isfinite(reach) & (reach > 0)
    rows, columns, reach = rows[known], columns[known], reach[known]
    if len(reach) < FEWEST_POINTS:
        return None
    bodies = depth_bodies(reach)
    largest = max(int(body.sum()) for body in bodies)
    kept = np.logical_or.reduce([body for body in bodies if body.sum() >= 0.2 * largest])
    rows, columns, reach = rows[kept], columns[kept], reach[kept]
    step = max(1, len(reach) // _MOST_POINTS)
    between = float(np.median(reach)) / (camera.intrinsics.fx * sx) * float(np.sqrt(step))
    rows, columns, reach = rows[::step], columns[::step], reach[::step]
    if len(reach) < FEWEST_POINTS:
        return None
    pixels = np.stack([(columns + 0.5) / sx, (rows + 0.5) / sy], axis=1)
    return _surface(picture, camera.unproject(pixels, reach), between, dense=True)


def compared(a: Surface, b: Surface, reconstruction: Reconstruction) -> tuple[Finding, float]:
    """Whether what two pictures show is one thing, and how certain that is, 0 to 1, to order by."""
    longest = max(a.box.longest, b.box.longest)
    apart = max(0.0, float(_gap(a.points, b.points)))
    if apart > _FAR * longest:
        return "two", 0.0
    close = 2 * (a.between + b.between) + _CLOSE * min(a.box.longest, b.box.longest)
    shares = []
    for one, other in ((a, b), (b, a)):
        seen = _in_picture(one.points, other, reconstruction)
        if seen.sum() >= max(FEWEST_POINTS, _ENOUGH * len(seen)):
            shares.append(float((other.tree.query(one.points[seen])[0] <= close).mean()))
    most = max(shares, default=0.0)
    if most >= _ONE:
        return "same", most
    together = _in_one_place(a.box, b.box, close)
    if shares and not together and a.dense and b.dense and most <= _TWO:
        return "two", 0.0
    if not (a.dense and b.dense):
        return ("unclear", 0.3) if together or most > _TWO else ("open", 0.0)
    if together:
        return ("unclear", 0.3) if shares else ("same", 0.4)
    nearest = float(a.tree.query(b.points)[0].min())
    return ("unclear", 0.2) if most > _TWO or nearest <= _REACH * longest else ("open", 0.0)


def _surface(picture: str, points: Floats, between: float = 0.0, dense: bool = False) -> Surface:
    return Surface(picture, points[:: max(1, len(points) // _MOST_POINTS)], between, dense)


def _core(box: Box, sx: float, sy: float, shape: tuple[int, ...]) -> Bools:
    """The middle of a box, on the depth map's grid: most of it is the thing."""
    x0, y0, x1, y1 = box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy
    dx, dy = 0.2 * (x1 - x0), 0.2 * (y1 - y0)
    out = np.zeros(shape, np.bool_)
    out[max(0, int(y0 + dy)) : int(np.ceil(y1 - dy)), max(0, int(x0 + dx)) : int(np.ceil(x1 - dx))] = True
    return out


def _in_mask(
    box: Box, mask: Bools, scale: tuple[float, float], shape: tuple[int, ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the depth map that a mask holds, without its edge, which mixes two depths, where it can."""
    import cv2

    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE) > 0
    left, top = max(int(box[0]), 0), max(int(box[1]), 0)
    x = (np.arange(shape[1]) + 0.5) / scale[0] - left
    y = (np.arange(shape[0]) + 0.5) / scale[1] - top
    columns = np.nonzero((x >= 0) & (x < mask.shape[1]))[0]
    rows = np.nonzero((y >= 0) & (y < mask.shape[0]))[0]
    at = np.ix_(y[rows].astype(np.intp), x[columns].astype(np.intp))
    r, c = np.nonzero(inner[at] if inner[at].sum() >= FEWEST_POINTS else mask[at])
    return rows[r], columns[c]


def _gap(a: Floats, b: Floats) -> float:
    """At least how far apart two sets of points are: the distance of the boxes along the axes."""
    between = np.maximum(a.min(axis=0) - b.max(axis=0), b.min(axis=0) - a.max(axis=0))
    return float(np.linalg.norm(np.maximum(between, 0)))


def _in_picture(points: Floats, other: Surface, reconstruction: Reconstruction) -> Bools:
    """Which points the other surface's picture shows; those of a sparse cloud wherever they fall into it."""
    camera = reconstruction.cameras[other.picture]
    pixels, depth = camera.project(points)
    with np.errstate(invalid="ignore"):
        inside = (depth > 0) & (pixels >= 0).all(axis=1) & (pixels < camera.intrinsics.size).all(axis=1)
    if not other.dense:
        return np.asarray(inside)
    grid = reconstruction.depths[other.picture]
    at = np.nonzero(inside)[0]
    columns = (pixels[at, 0] * grid.shape[1] / camera.intrinsics.width).astype(np.intp)
    rows = (pixels[at, 1] * grid.shape[0] / camera.intrinsics.height).astype(np.intp)
    shown = grid[rows.clip(0, grid.shape[0] - 1), columns.clip(0, grid.shape[1] - 1)].astype(np.float64)
    with np.errstate(invalid="ignore"):
        inside[at] = np.abs(shown - depth[at]) <= _IN_SIGHT * depth[at]
    return np.asarray(inside)


def _in_one_place(a: Box3D, b: Box3D, close: float) -> bool:
    """Whether two bodies pass through each other; flat ones are taken to be as thick as points may be off."""
    one, other = (Box3D(box.centre, np.maximum(box.size, close), box.rotation) for box in (a, b))
    return intersection_volume(one, other) >= _SHARED * min(one.volume, other.volume)
