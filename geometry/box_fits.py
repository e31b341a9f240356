"""Fitting boxes to the points of an object.

The points are those that cameras saw: often two or three faces of the thing, with some points that belong to what is
behind it. So the smallest box is not enough. Among boxes nearly as small as the smallest, the one wins whose faces the
points lie on: an L seen from above has several smallest rectangles, and only one follows its legs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry import polygons
from sightline.geometry.boxes import Box3D
from sightline.geometry.nearest import solid_points

Floats = NDArray[np.float64]

_MOST = 10_000
_NEARLY = 1.1
"""Boxes up to this times the smallest one's area or volume compete."""
_MOST_FACES = 60
_TRIM = 0.01


def fit_upright_box(points: ArrayLike, trim: float = _TRIM) -> Box3D:
    """The upright box around points.

    Stray points (see `nearest.solid_points`) are dropped; the sides' direction is found by rotating calipers over the
    hull of the plan, by the closeness criterion of X. Zhang et al., "Efficient L-shape fitting", IV 2017, among
    rectangles of nearly the smallest area; along each axis the outermost share `trim` is then left out.

    Args:
        points: (N, 3) world coordinates, z up.
        trim: Share of the points outside the box along each axis, half at each end.

    Returns:
        The box; its first side is the longer horizontal one.

    Raises:
        ValueError: There are no finite points, or `trim` is not a share below one half.
    """
    p = _usable(points, trim)
    hull = polygons.convex_hull(p[:, :2])
    directions = polygons.rectangle_directions(hull)
    low, high = polygons.rectangle_extents(hull, directions)
    areas = np.prod(high - low, axis=1)
    near = np.nonzero(areas <= _NEARLY * areas.min())[0]
    across = np.stack([-directions[:, 1], directions[:, 0]], axis=1)
    best = near[0]
    if len(near) > 1:
        sample = p[_even(len(p), 2000), :2]
        costs = [_off_the_sides(sample @ np.stack([directions[k], across[k]], axis=1), low[k], high[k]) for k in near]
        best = near[int(np.argmin(costs))]
    x = np.array([*directions[best], 0.0])
    rotation = np.stack([x, np.cross([0, 0, 1.0], x), [0, 0, 1.0]], axis=1)
    return _longest_first(_around(p, rotation, trim), axes=2)


def fit_oriented_box(points: ArrayLike, trim: float = _TRIM) -> Box3D:
    """The box around points, turned any way.

    Candidates are the principal axes and, for the larger faces of the convex hull, the face with each of the
    rectangles on it (J. O'Rourke, "Finding minimal enclosing boxes", 1985: a smallest box has faces flush with the
    hull's edges); among those of nearly the smallest volume the one wins on whose faces the points lie best.

    Args:
        points: (N, 3) world coordinates.
        trim: Share of the points outside the box along each axis, half at each end.

    Returns:
        The box; its sides run from the longest to the shortest.

    Raises:
        ValueError: As for `fit_upright_box`.
    """
    p = _usable(points, trim)
    away = p - p.mean(axis=0)
    _, extents, axes = np.linalg.svd(away[_even(len(p), 5000)], full_matrices=False)
    axes = _right_handed(_completed(axes).T)
    if len(p) < 4 or extents[min(2, len(extents) - 1)] <= 1e-9 * extents[0]:
        return _longest_first(_around(p, _flat_axes(away, axes), trim), axes=3)
    candidates = [axes, *_hull_axes(away)]
    hull = _hull_points(away)
    sizes = np.array([np.prod(np.ptp(hull @ r, axis=0)) for r in candidates])
    near = np.nonzero(sizes <= _NEARLY * sizes.min())[0]
    sample = away[_even(len(p), 2000)]
    costs = []
    for k in near:
        own, rim = sample @ candidates[k], hull @ candidates[k]
        costs.append(_off_the_sides(own, rim.min(axis=0), rim.max(axis=0)))
    return _longest_first(_around(p, candidates[near[int(np.argmin(costs))]], trim), axes=3)


def _usable(points: ArrayLike, trim: float) -> Floats:
    if not 0 <= trim < 0.5:
        raise ValueError(f"the share to leave out is at least 0 and below one half, not {trim}")
    p = np.asarray(points, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] != 3:
        raise ValueError(f"points are an (N, 3) array, not {p.shape}")
    p = p[np.isfinite(p).all(axis=1)]
    if len(p) == 0:
        raise ValueError("a box is fitted to one finite point or more; there is none")
    p = p[_even(len(p), _MOST)]
    return p[solid_points(p)]


def _even(count: int, most: int) -> NDArray[np.intp]:
    return np.linspace(0, count - 1, min(count, most)).astype(np.intp)


def _off_the_sides(own: Floats, low: Floats, high: Floats) -> float:
    """Mean distance of points to the nearest face of a box along their axes, over the box's size."""
    gaps = np.minimum(own - low, high - own).min(axis=1)
    return float(np.clip(gaps, 0, None).mean() / max(float(np.linalg.norm(high - low)), 1e-300))


def _around(points: Floats, rotation: Floats, trim: float) -> Box3D:
    """The box along these axes that holds all points but the outermost share along each."""
    own = points @ rotation
    low, high = np.quantile(own, [trim / 2, 1 - trim / 2], axis=0)
    return Box3D(rotation @ ((low + high) / 2), high - low, rotation)


def _longest_first(box: Box3D, axes: int) -> Box3D:
    """The same box with the first `axes` of its own axes in falling order of length."""
    order = np.concatenate([np.argsort(-box.size[:axes], kind="stable"), np.arange(axes, 3)])
    rotation = box.rotation[:, order]
    if np.linalg.det(rotation) < 0:
        rotation = rotation * np.array([1.0, -1.0, 1.0])
    return Box3D(box.centre, box.size[order], rotation)


def _completed(rows: Floats) -> Floats:
    """(3, 3) orthonormal rows from fewer points than axes."""
    return rows if len(rows) == 3 else np.asarray(np.linalg.svd(rows)[2])


def _right_handed(rotation: Floats) -> Floats:
    return rotation if np.linalg.det(rotation) > 0 else rotation * np.array([1.0, 1.0, -1.0])


def _flat_axes(away: Floats, axes: Floats) -> Floats:
    """Axes of points in a plane or on a line: the smallest rectangle in that plane."""
    plan = away @ axes[:, :2]
    hull = polygons.convex_hull(plan)
    directions = polygons.rectangle_directions(hull)
    low, high = polygons.rectangle_extents(hull, directions)
    c, s = directions[int(np.argmin(np.prod(high - low, axis=1)))]
    return np.asarray(axes @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]))


def _hull_points(away: Floats) -> Floats:
    from scipy.spatial import ConvexHull

    return np.asarray(away[ConvexHull(away).vertices])


def _hull_axes(away: Floats) -> list[Floats]:
    """Axes of the smallest rectangle's box on each of the larger faces of the hull, faces of one direction once."""
    from scipy.spatial import ConvexHull

    hull: Any = ConvexHull(away)
    corners = away[hull.vertices]
    triangles = away[hull.simplices]
    areas = 0.5 * np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1)
    normals = hull.equations[:, :3]
    chosen: list[Floats] = []
    left = areas.copy()
    while left.max() > 0 and len(chosen) < _MOST_FACES:
        alike = np.abs(normals @ normals[int(np.argmax(left))]) > 0.9998  # about 1 degree
        mean = (normals[alike] * np.sign(normals[alike] @ normals[int(np.argmax(left))])[:, None]).T @ areas[alike]
        chosen.append(mean / np.linalg.norm(mean))
        left[alike] = 0
    out = []
    for normal in chosen:
        x = np.cross(normal, np.eye(3)[np.argmin(np.abs(normal))])
        x /= np.linalg.norm(x)
        plane = np.stack([x, np.cross(normal, x)], axis=1)
        rim = polygons.convex_hull(corners @ plane)
        directions = polygons.rectangle_directions(rim)
        low, high = polygons.rectangle_extents(rim, directions)
        sizes = np.prod(high - low, axis=1)
        for k in np.nonzero(sizes <= _NEARLY * sizes.min())[0][:8]:
            first = plane @ directions[k]
            out.append(np.stack([first, np.cross(normal, first), normal], axis=1))
    return out
