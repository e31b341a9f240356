"""What a reconstruction shows of a thing: the points that belong to it, and what is not known of it.

Plain functions on arrays. Which points belong to a thing follows from where it is in pictures: its mask, else its box.
A box holds background too; so depth is looked at, and the nearest body that fills a good part of the box is taken,
without the floor it stands on. Where a reconstruction has no points on a thing that was marked in several pictures, the
rays through the marks still say where it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry import poses
from sightline.geometry.box_fits import fit_upright_box
from sightline.geometry.boxes import Box3D
from sightline.geometry.cameras import Camera
from sightline.geometry.nearest import spacing
from sightline.geometry.reconstructions import Reconstruction

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

MARKED_POINT = "its marked point"
FEWEST_POINTS = 8
"""Fewer points than this are no body: one or two strays would decide."""
_GAP = 0.08
"""A jump of depth along the sorted depths of a thing's points, as a share of the depth, that parts two bodies."""
_BODY = 0.15
"""Share of the points of a box that the nearest body must hold to be the thing."""
_ALL_ROUND = 200.0
"""Largest gap in degrees between the bearings from which a thing was seen, for it to count as seen all round."""
_DEEPER = 1.1
_THIN = 4.0
"""Sides of fewer rims than this are not those of an outline."""
_TOP_CELLS = 13
"""Of 4 by 4 cells of a thing's footprint, so many hold points of its top where it was seen from front to back."""
_BESIDE = 3.0
"""Points this many spacings apart are of one surface."""
_MARK = 0.15
"""A mark may be off the thing's centre by this share of its box."""
_MARK_PIXELS = 3.0
"""Or by this many pixels, where only a point was marked."""


@dataclass(frozen=True)
class Observed:
    """What is known of a thing in one reconstruction, in its units.

    Attributes:
        label: How texts call it.
        points: (N, 3) its observed points; one, its centre, where only rays tell where it is.
        radius: (N,) half the width of the patch each stands for.
        box: The upright box around them.
        error: How far its centre may be off.
        rim: How far its edges may lie outside its outermost points, for what was left out of its outline.
        partial: Whether parts of it were not seen, so that it may be larger.
        pictures: Those it was located in.
        method: From what, in words.
        cut: Whether in every picture the edge or something nearer cuts it off: it may go on for any length.
        uncovered: How far the boxes drawn around it reach beyond its points, where these are sparse: 0 for dense ones.
    """

    label: str
    points: Floats
    radius: Floats
    box: Box3D
    error: float
    rim: float
    partial: bool
    pictures: list[str] = field(default_factory=list)
    method: str = ""
    cut: bool = False
    uncovered: float = 0.0

    @property
    def solid(self) -> bool:
        """Whether it has surface points, not just a place."""
        return len(self.points) >= FEWEST_POINTS

    @property
    def only_point(self) -> bool:
        """Whether just a point of it was marked, so that nothing says how far it extends."""
        return self.method == MARKED_POINT

    @property
    def centre(self) -> Floats:
        """The centre of its box, (3,)."""
        return self.box.centre

    def sides_along(self, axes: ArrayLike) -> Floats:
        """Its extents (3,) along the columns of (3, 3): what texts give as its size.

        Its edges lie on average half a rim beyond its outermost points at either end. Not those of a side as thin as
        that, such as the height of a rug: no outline is drawn around it.
        """
        if not self.solid:
            return np.array(self.box.size)
        low, high = np.quantile(self.points @ np.asarray(axes), [0.002, 0.998], axis=0)
        extents = np.asarray(high - low)
        return np.where(extents > _THIN * self.rim, extents + self.rim, extents)

    @property
    def sides(self) -> Floats:
        """Its extents (3,) along the axes of its box."""
        return self.sides_along(self.box.rotation)

    @cached_property
    def spacing(self) -> float:
        """How far apart its points are: what an edge may be off by."""
        patch = 2 * float(np.median(self.radius))
        return max(spacing(self.points), patch) if patch > 0 else self.gap

    @cached_property
    def reach(self) -> Floats:
        """The lowest and the highest coordinates of its points, (2, 3)."""
        return np.stack([self.points.min(axis=0), self.points.max(axis=0)])

    @cached_property
    def gap(self) -> float:
        """How far its surface may reach beyond its points, where they are sparse: 0 for dense ones.

        The points of a reconstruction from photos alone lie where there is texture, in clusters; what counts is how
        many share the face of their box, not how close the nearest two are.
        """
        if not self.solid or float(np.median(self.radius)) > 0:
            return 0.0
        count = len(np.unique(np.round(self.points, 6), axis=0))
        _, middle, longest = np.sort(np.asarray(self.box.size, dtype=np.float64))
        return math.sqrt(float(middle * longest) / max(1, count))


def points_in_mask(reconstruction: Reconstruction, picture: str, mask: NDArray[np.bool_]) -> Indices:
    """Indices of the cloud's points that belong to the thing a mask outlines in one of its pictures.

    A pixel of the mask's rim counts only if its point lies beside one from inside the mask: masks run over edges. Of
    several bodies one behind the other the smaller ones are left out.

    Args:
        reconstruction: With a camera for the picture.
        picture: Handle.
        mask: (H, W) of any size with the picture's aspect.
    """
    index, pixels, depth = _seen_points(reconstruction, picture)
    height, width = mask.shape
    sizes = reconstruction.cameras[picture].intrinsics.size
    columns = np.clip((pixels[:, 0] * width / sizes[0]).astype(np.intp), 0, width - 1)
    rows = np.clip((pixels[:, 1] * height / sizes[1]).astype(np.intp), 0, height - 1)
    hit = np.asarray(mask[rows, columns])
    core = _eroded(mask)[rows[hit], columns[hit]]
    index, depth = index[hit], depth[hit]
    if len(index) == 0:
        return np.asarray(index)
    if core.sum() >= FEWEST_POINTS:
        beside = core.copy()
        beside[~core] = _beside(reconstruction, index[core], index[~core])
        index, depth = index[beside], depth[beside]
    bodies = depth_bodies(depth)
    largest = max(bodies, key=lambda b: int(b.sum()))
    kept = np.logical_or.reduce([b for b in bodies if b.sum() >= 0.2 * largest.sum()])
    return np.asarray(index[kept])


def points_in_box(
    reconstruction: Reconstruction, picture: str, box: Sequence[float], floor: float | None = None
) -> Indices:
    """Indices of the cloud's points that belong to the thing a box is drawn around in one of its pictures.

    Args:
        reconstruction: With a camera for the picture.
        picture: Handle.
        box: (x0, y0, x1, y1) in stored pixels.
        floor: Height of the floor, whose points are left out unless little else is in the box; None where unknown.
    """
    index, pixels, depth = _seen_points(reconstruction, picture)
    x0, y0, x1, y1 = box
    inside = (pixels[:, 0] >= x0) & (pixels[:, 0] <= x1) & (pixels[:, 1] >= y0) & (pixels[:, 1] <= y1)
    index, pixels, depth = index[inside], pixels[inside], depth[inside]
    if floor is not None and len(index):
        reach = float(np.median(depth))
        above = reconstruction.cloud.points[index, 2] > floor + 0.012 * reach
        if above.sum() > 0.2 * len(index):
            index, pixels, depth = index[above], pixels[above], depth[above]
    if len(index) == 0:
        return index
    middle = np.abs(pixels - ((x0 + x1) / 2, (y0 + y1) / 2)) <= (0.3 * (x1 - x0), 0.3 * (y1 - y0))
    core = middle.all(axis=1)
    bodies = depth_bodies(depth)
    weight = [int((b & core).sum()) for b in bodies] if core.any() else [int(b.sum()) for b in bodies]
    enough = [b for b, w in zip(bodies, weight, strict=True) if w >= _BODY * sum(weight)]
    return np.asarray(index[min(enough, key=lambda b: float(np.median(depth[b])))])


def points_at(reconstruction: Reconstruction, picture: str, point: Sequence[float]) -> Indices:
    """Indices of the cloud's points nearest to one pixel of a picture: the patch of surface that it shows.

    Within 0.5 % of the picture's longer side (at least 2 pixels); where none is, the nearest within 3 %. Of several
    bodies, the nearest to the camera.
    """
    index, pixels, depth = _seen_points(reconstruction, picture)
    away = np.linalg.norm(pixels - np.asarray(point, dtype=np.float64), axis=1)
    size = max(reconstruction.cameras[picture].intrinsics.size)
    near = away <= max(2.0, 0.005 * size)
    if not near.any():
        if len(away) == 0 or away.min() > 0.03 * size:
            return index[:0]
        near = away <= 1.2 * away.min()
    index, depth = index[near], depth[near]
    return np.asarray(index[min(depth_bodies(depth), key=lambda b: float(np.median(depth[b])))])


def triangulated(cameras: Sequence[Camera], pixels: ArrayLike, pixel_errors: ArrayLike) -> tuple[Floats, float]:
    """The point nearest to the rays through one mark in each of several pictures, and how far it may be off.

    Least squares over the rays' distances, weighted by what the marks' errors are worth at the point; the error is the
    longer axis of the resulting ellipsoid (two standard deviations), or the rays' own gap where that is larger.

    Args:
        cameras: Two or more.
        pixels: (N, 2) the marks in continuous pixels.
        pixel_errors: (N,) how far each may be off, in pixels.

    Raises:
        ValueError: The rays are nearly parallel, or they meet behind a camera.
    """
    marks, errors = np.asarray(pixels, dtype=np.float64), np.asarray(pixel_errors, dtype=np.float64)
    origins = np.array([c.position for c in cameras])
    ways = np.array([c.rays(m) for c, m in zip(cameras, marks, strict=True)])
    across = np.eye(3) - ways[:, :, None] * ways[:, None, :]
    focal = np.array([min(c.intrinsics.fx, c.intrinsics.fy) for c in cameras])
    weights = np.ones(len(cameras))
    point = origins.mean(axis=0)
    information = np.eye(3)
    for _ in range(3):
        information = np.einsum("n,nij->ij", weights, across)
        if np.linalg.eigvalsh(information)[0] < 1e-4 * float(np.linalg.eigvalsh(information)[2]):
            raise ValueError("the pictures look at it from nearly one place: the rays do not say how far it is")
        point = np.linalg.solve(information, np.einsum("n,nij,nj->i", weights, across, origins))
        reach = np.linalg.norm(point - origins, axis=1)
        weights = 1 / np.maximum(errors * reach / focal, 1e-12) ** 2
    if (((point - origins) * ways).sum(axis=1) <= 0).any():
        raise ValueError("the rays meet behind a camera: the marks are not of one thing")
    off = np.linalg.norm(np.einsum("nij,nj->ni", across, point - origins), axis=1)
    spread = 2 * math.sqrt(1 / float(np.linalg.eigvalsh(np.einsum("n,nij->ij", weights, across))[0]))
    return point, max(spread, float(off.max()))


def mark_error(box: Sequence[float] | None) -> float:
    """How far a mark may be off the centre of the thing, in pixels."""
    return _MARK_PIXELS if box is None else max(_MARK_PIXELS, _MARK * max(box[2] - box[0], box[3] - box[1]))


def seen_from_all_sides(centre: Floats, cameras: Sequence[Camera]) -> bool:
    """Whether cameras stand around a place, so that no side of a thing there stayed hidden."""
    bearings = []
    for camera in cameras:
        way = camera.position - centre
        if math.hypot(way[0], way[1]) > 1e-9:
            bearings.append(poses.bearing_of([way[0], way[1], 0]))
    if len(bearings) < 2:
        return False
    turns = np.sort(np.array(bearings))
    return float(np.diff(np.append(turns, turns[0] + 360)).max()) <= _ALL_ROUND


def hidden_depth(points: Floats, box: Box3D, between: float) -> float:
    """How much further than the box of its observed points a thing may reach, on the side that nobody saw.

    Nothing, where its top was seen from its front to its back; else it is taken to be hardly deeper than it is wide.

    Args:
        points: (N, 3) observed.
        box: Around them, its first side the longer horizontal one.
        between: Their spacing.
    """
    long, short = float(box.size[0]), float(box.size[1])
    if short > max(4 * between, 0.1 * long):
        own = box.to_own(points)
        top = own[own[:, 2] > box.size[2] / 2 - max(0.05 * float(box.size[2]), 2 * between)]
        cells = np.floor((top[:, :2] / box.size[:2] + 0.5) * 4).clip(0, 3).astype(np.intp)
        if len(np.unique(cells[:, 0] * 4 + cells[:, 1])) >= _TOP_CELLS:
            return 0.0
    return max(0.0, _DEEPER * long - short)


def box_of(points: ArrayLike) -> Box3D:
    """The upright box that texts and measurements use for a thing's points."""
    return fit_upright_box(points, trim=0.004)


def _seen_points(reconstruction: Reconstruction, picture: str) -> tuple[Indices, Floats, Floats]:
    """Indices, pixels and depths of the points that a picture shows: its own, or of a sparse cloud all in sight."""
    camera = reconstruction.cameras[picture]
    cloud = reconstruction.cloud
    if picture in reconstruction.depths:
        index = np.nonzero(reconstruction.seen_in(picture))[0]
    else:
        index = np.arange(len(cloud))
    pixels, depth = camera.project(cloud.points[index])
    with np.errstate(invalid="ignore"):
        inside = ((pixels >= 0) & (pixels <= camera.intrinsics.size)).all(axis=1)
    return index[inside], pixels[inside], depth[inside]


def depth_bodies(depth: Floats) -> list[NDArray[np.bool_]]:
    """Points parted where their sorted depths jump."""
    order = np.argsort(depth)
    jumps = np.diff(depth[order]) > _GAP * depth[order][:-1]
    number = np.zeros(len(depth), np.intp)
    number[order] = np.concatenate([[0], np.cumsum(jumps)])
    return [number == k for k in range(int(number.max()) + 1)]


def _beside(reconstruction: Reconstruction, core: Indices, others: Indices) -> NDArray[np.bool_]:
    """Which of some points lie next to one of the core's, by the spacing of both."""
    from scipy.spatial import cKDTree

    if len(others) == 0:
        return np.zeros(0, np.bool_)
    cloud = reconstruction.cloud
    inner = cloud.points[core].astype(np.float64)
    tree: Any = cKDTree(inner)
    away = tree.query(cloud.points[others].astype(np.float64))[0]
    return np.asarray(away <= _BESIDE * np.maximum(2 * cloud.radius[others], spacing(inner)))


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without the pixels that have a neighbour outside; the picture's edge is no rim."""
    out = mask.copy()
    out[1:] &= mask[:-1]
    out[:-1] &= mask[1:]
    out[:, 1:] &= mask[:, :-1]
    out[:, :-1] &= mask[:, 1:]
    return out
