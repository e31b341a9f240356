"""The closest observed distance between two sets of surface points, with the interval that sampling leaves.

Distance between objects is between their closest observed surface points. Depth maps have stray points at edges, and
one of them would decide a minimum: so a point counts only where its own set has others around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_NEIGHBOURS = 4
"""A point of a surface has this many neighbours close by; a stray point has not."""
_STRAY = 4.0
"""Their distance, over the median of the set, beyond which a point is stray."""
_SAMPLE = 4000


@dataclass(frozen=True)
class Closest:
    """The closest points of two sets.

    Attributes:
        distance: Between the two points, in world units; horizontal only where that was asked for.
        low: The surfaces between the samples may come as close as this.
        high: They are not further apart than this, for all that the points' own accuracy tells.
        point_a: (3,) of the first set.
        point_b: (3,) of the second.
    """

    distance: float
    low: float
    high: float
    point_a: Floats
    point_b: Floats


def closest(
    a: ArrayLike,
    b: ArrayLike,
    radius_a: ArrayLike | None = None,
    radius_b: ArrayLike | None = None,
    horizontal: bool = False,
) -> Closest:
    """The closest observed distance between two sets of points.

    Stray points are left out: those whose fourth neighbour in their own set is more than 4 times as far away as is
    usual there. A set of 8 points or fewer is taken as it is. The interval reaches down by the local spacing of both
    sets, since the surfaces go on between the samples, and up by the points' radius.

    Args:
        a: (N, 3) world coordinates.
        b: (M, 3).
        radius_a: (N,) half the width of the patch each point stands for; unknown (0) where None.
        radius_b: (M,).
        horizontal: Measure in the plan, x and y only, as between two footprints.

    Raises:
        ValueError: A set is empty or not finite.
    """
    from scipy.spatial import cKDTree

    sets = [_points(a), _points(b)]
    radii = [_radius(radius_a, len(sets[0])), _radius(radius_b, len(sets[1]))]
    flat = [p[:, :2] if horizontal else p for p in sets]
    judges = [_Judge(p) for p in sets]
    keep = _candidates(flat, judges)
    tree: Any = cKDTree(flat[1][keep[1]])
    distances, partners = tree.query(flat[0][keep[0]])
    first = int(np.argmin(distances))
    i, j = int(keep[0][first]), int(keep[1][partners[first]])
    distance = float(distances[first])
    gap = sum(max(_spacing_at(p, k), 2 * float(r[k])) for p, r, k in zip(sets, radii, (i, j), strict=True))
    noise = float(radii[0][i] + radii[1][j])
    return Closest(distance, max(0.0, distance - gap), distance + noise, sets[0][i], sets[1][j])


def solid_points(points: ArrayLike) -> NDArray[np.bool_]:
    """Which points (N, 3) have others of their set around them, (N,); the rule is that of `closest`."""
    p = _points(points)
    out = np.zeros(len(p), np.bool_)
    out[_Judge(p).solid(np.arange(len(p)))] = True
    return out


def spacing(points: ArrayLike) -> float:
    """The usual distance from a point (N, 3) to its nearest neighbour in the set; 0 for a single point."""
    from scipy.spatial import cKDTree

    p = _points(points)
    if len(p) < 2:
        return 0.0
    tree: Any = cKDTree(p)
    return float(np.median(tree.query(p[_sample(len(p))], k=2)[0][:, 1]))


def _points(points: ArrayLike) -> Floats:
    p = np.asarray(points, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] != 3 or len(p) == 0 or not np.isfinite(p).all():
        raise ValueError(f"a distance is between two sets of finite points (N, 3), N at least 1, not {p.shape}")
    return p


def _radius(radius: ArrayLike | None, count: int) -> Floats:
    r = np.zeros(count) if radius is None else np.asarray(radius, dtype=np.float64)
    if r.shape != (count,):
        raise ValueError(f"there is one radius for each of {count} points, not {r.shape}")
    return r


def _sample(count: int) -> NDArray[np.intp]:
    return np.linspace(0, count - 1, min(count, _SAMPLE)).astype(np.intp)


class _Judge:
    """Tells which points of a set have others around them."""

    def __init__(self, points: Floats) -> None:
        from scipy.spatial import cKDTree

        self.points = points
        self.few = len(points) <= 2 * _NEIGHBOURS
        if not self.few:
            self.tree: Any = cKDTree(points, balanced_tree=False, compact_nodes=False)
            self.usual = float(np.median(self._reach(_sample(len(points)))))

    def solid(self, index: NDArray[np.intp]) -> NDArray[np.intp]:
        """Those of these points that are not stray."""
        return index if self.few else index[self._reach(index) <= _STRAY * self.usual]

    def _reach(self, index: NDArray[np.intp]) -> Floats:
        return np.asarray(self.tree.query(self.points[index], k=_NEIGHBOURS + 1)[0][:, -1])


def _candidates(flat: list[Floats], judges: list[_Judge]) -> list[NDArray[np.intp]]:
    """The solid points of each set that can be one of the closest pair: exact, and few where the sets lie apart."""
    from scipy.spatial import cKDTree

    thin = [p[j.solid(_sample(len(p)))] for p, j in zip(flat, judges, strict=True)]
    tree: Any = cKDTree(thin[1])
    bound = float(tree.query(thin[0])[0].min()) * (1 + 1e-9) + 1e-12
    out = []
    for mine, other, judge in ((flat[0], flat[1], judges[0]), (flat[1], flat[0], judges[1])):
        outside = np.maximum(np.maximum(other.min(axis=0) - mine, mine - other.max(axis=0)), 0.0)
        out.append(judge.solid(np.nonzero((outside * outside).sum(axis=1) <= bound * bound)[0]))
    return out


def _spacing_at(points: Floats, index: int) -> float:
    """The distance to the second neighbour of one point: how far the surface goes on without a sample."""
    if len(points) < 3:
        return 0.0
    square = ((points - points[index]) ** 2).sum(axis=1)
    return float(np.sqrt(np.partition(square, 2)[2]))
