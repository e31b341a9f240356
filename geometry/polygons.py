"""Polygons in the plan: area, hull, the smallest rectangle around points, clipping, what lies inside.

A polygon is (N, 2), its corners in order and not closed (the first is not repeated); +y is up, as on a map.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_MANY = 2000
"""Points from which the hull's corners are found by Qhull before they are put in order."""


def signed_area(polygon: ArrayLike) -> float:
    """Area by the shoelace formula: positive where the corners run counter-clockwise with y up; 0 for no corners."""
    if len(np.asarray(polygon)) == 0:
        return 0.0
    p = _corners(polygon)
    x, y = p[:, 0] - p[0, 0], p[:, 1] - p[0, 1]
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def area(polygon: ArrayLike) -> float:
    """Area of a simple polygon, whichever way its corners run."""
    return abs(signed_area(polygon))


def convex_hull(points: ArrayLike) -> Floats:
    """The corners (K, 2) of the convex hull of points (N, 2), counter-clockwise; 2 or 1 where they have no area.

    Source: A. Andrew's monotone chain, 1979, after a cut to the points that are extreme in one of 32 directions' wedge.

    Raises:
        ValueError: There are no points, or they are not finite.
    """
    p = _corners(points)
    if len(p) > 200:
        p = _outermost(p)
    p = np.unique(p, axis=0)
    if len(p) > _MANY:
        p = p[_around(p)]
    if len(p) <= 2:
        return p
    return np.array(_chain(p)[:-1] + _chain(p[::-1])[:-1])


def clip(polygon: ArrayLike, convex: ArrayLike) -> Floats:
    """The part of a polygon inside a convex one: (K, 2), empty (0, 2) where they do not meet.

    Source: I. Sutherland and G. Hodgman, "Reentrant polygon clipping", CACM 1974.

    Args:
        polygon: (N, 2), either way round.
        convex: (M, 2), either way round.
    """
    part, window = _corners(polygon), _corners(convex)
    if signed_area(window) < 0:
        window = window[::-1]
    for a, b in zip(window, np.roll(window, -1, axis=0), strict=True):
        if len(part) == 0:
            break
        edge = b - a
        side = edge[0] * (part[:, 1] - a[1]) - edge[1] * (part[:, 0] - a[0])
        after, side_after = np.roll(part, -1, axis=0), np.roll(side, -1)
        kept: list[Floats] = []
        for p, q, s, t in zip(part, after, side, side_after, strict=True):
            if s >= 0:
                kept.append(p)
            if (s > 0 > t) or (s < 0 < t):
                kept.append(p + (q - p) * (s / (s - t)))
        part = np.array(kept).reshape(-1, 2)
    return part


def inside(polygon: ArrayLike, points: ArrayLike) -> NDArray[np.bool_]:
    """Which points (N, 2) lie inside a simple polygon, by the even-odd rule; (N,)."""
    p, q = _corners(polygon), np.asarray(points, dtype=np.float64).reshape(-1, 2)
    out = np.zeros(len(q), np.bool_)
    for a, b in zip(p, np.roll(p, -1, axis=0), strict=True):
        if a[1] == b[1]:
            continue
        crosses = (a[1] > q[:, 1]) != (b[1] > q[:, 1])
        out ^= crosses & (q[:, 0] < (b[0] - a[0]) * (q[:, 1] - a[1]) / (b[1] - a[1]) + a[0])
    return out


def distance_to_boundary(polygon: ArrayLike, points: ArrayLike) -> Floats:
    """Distance (N,) of points (N, 2) to the nearest edge of a polygon, inside or out."""
    p, q = _corners(polygon), np.asarray(points, dtype=np.float64).reshape(-1, 2)
    best = np.full(len(q), np.inf)
    for a, b in zip(p, np.roll(p, -1, axis=0), strict=True):
        edge = b - a
        size = float(edge @ edge)
        t = np.clip((q - a) @ edge / size, 0, 1) if size > 0 else np.zeros(len(q))
        best = np.minimum(best, np.linalg.norm(q - (a + t[:, None] * edge), axis=1))
    return best


def centroid(polygon: ArrayLike) -> Floats:
    """The centre of mass (2,) of a polygon's area; of its corners where it has none."""
    p = _corners(polygon)
    q, r = p - p[0], np.roll(p - p[0], -1, axis=0)
    cross = q[:, 0] * r[:, 1] - q[:, 1] * r[:, 0]
    total = float(cross.sum())
    if abs(total) <= 1e-14 * max(float(np.abs(q).max()) ** 2, 1e-300):
        return np.asarray(p.mean(axis=0))
    return np.asarray(p[0] + ((q + r) * cross[:, None]).sum(axis=0) / (3 * total))


def rectangle_directions(hull: ArrayLike) -> Floats:
    """Directions (K, 2), unit, that the sides of a smallest rectangle around a convex hull can have.

    One side of it lies on an edge of the hull (H. Freeman and R. Shapira, CACM 1975), so these are the edges'.
    """
    p = _corners(hull)
    edges = np.roll(p, -1, axis=0) - p
    sizes = np.linalg.norm(edges, axis=1)
    edges = edges[sizes > 1e-12 * max(float(sizes.max(initial=0)), 1e-300)]
    if len(edges) == 0:
        return np.array([[1.0, 0.0]])
    return np.asarray(edges / np.linalg.norm(edges, axis=1, keepdims=True))


def rectangle_extents(points: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """The low and high coordinates of points (N, 2) along each direction (K, 2) and square to it: two (K, 2)."""
    along = points @ directions.T
    across = points @ np.stack([-directions[:, 1], directions[:, 0]])
    low = np.stack([along.min(axis=0), across.min(axis=0)], axis=1)
    high = np.stack([along.max(axis=0), across.max(axis=0)], axis=1)
    return low, high


def _chain(points: Floats) -> list[Floats]:
    chain: list[Floats] = []
    for p in points:
        while len(chain) >= 2 and _turn(chain[-2], chain[-1], p) <= 0:
            chain.pop()
        chain.append(p)
    return chain


def _turn(a: Floats, b: Floats, c: Floats) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _around(points: Floats) -> NDArray[np.intp]:
    """Indices of the hull's corners by Qhull, in order; of all points where these lie on one line.

    The points of a straight wall are all outermost ones: hundreds of thousands of them are too many for a loop.
    """
    from scipy.spatial import ConvexHull, QhullError

    try:
        return np.sort(ConvexHull(points).vertices).astype(np.intp)
    except QhullError:
        return np.arange(len(points))


def _outermost(points: Floats) -> Floats:
    """The points outside the polygon of those that are extreme in 32 directions; the hull's corners are among them."""
    turns = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    # One direction after the other: the products with all of them at once are read across their memory.
    x, y = np.ascontiguousarray(points.T)
    extreme = np.unique([int((x * np.cos(t) + y * np.sin(t)).argmax()) for t in turns])
    core = points[extreme]
    middle = core.mean(axis=0)
    core = core[np.argsort(np.arctan2(core[:, 1] - middle[1], core[:, 0] - middle[0]))]
    if len(core) < 3:
        return points
    deep = np.ones(len(points), np.bool_)
    for a, b in zip(core, np.roll(core, -1, axis=0), strict=True):
        deep &= (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 0
    return np.concatenate([points[~deep], core])


def _corners(polygon: ArrayLike) -> Floats:
    p = np.asarray(polygon, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] != 2 or len(p) == 0 or not np.isfinite(p).all():
        raise ValueError(f"a polygon is an (N, 2) array of finite numbers with N of at least 1, not {p.shape}")
    return p
