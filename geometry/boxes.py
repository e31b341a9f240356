"""Boxes in space: corners, containment, volume, and how much two of them overlap, exactly.

A box has its own axes. An upright one is turned about the world's vertical only; its third axis is up. How boxes are
fitted to points is in `box_fits`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry import polygons

Floats = NDArray[np.float64]

_SIGNS = np.array([[-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1], [-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]])
_EDGES = np.array([[0, 1], [1, 2], [2, 3], [3, 0], [4, 5], [5, 6], [6, 7], [7, 4], [0, 4], [1, 5], [2, 6], [3, 7]])
_UPRIGHT = 1e-9


@dataclass(frozen=True)
class Box3D:
    """A box with its own axes.

    Attributes:
        centre: (3,) float64, world.
        size: (3,) lengths of its sides along its own axes, in world units, none negative.
        rotation: (3, 3), its own axes as columns in the world; right-handed. Identity for one along the world's axes.
    """

    centre: Floats
    size: Floats
    rotation: Floats

    def __post_init__(self) -> None:
        for name, shape in (("centre", (3,)), ("size", (3,)), ("rotation", (3, 3))):
            value = np.array(getattr(self, name), dtype=np.float64)
            if value.shape != shape or not np.isfinite(value).all():
                raise ValueError(f"a box's {name} is a finite array of shape {shape}, not {value.tolist()}")
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        if (self.size < 0).any():
            raise ValueError(f"a box's sides are not negative; got {self.size.tolist()}")
        if np.abs(self.rotation @ self.rotation.T - np.eye(3)).max() > 1e-6 or np.linalg.det(self.rotation) < 0:
            raise ValueError("a box's axes are square to each other and right-handed; these are not")

    # Making one

    @classmethod
    def between(cls, low: ArrayLike, high: ArrayLike) -> Self:
        """Along the world's axes, from its lowest corner (3,) to its highest."""
        a, b = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
        return cls((a + b) / 2, b - a, np.eye(3))

    @classmethod
    def upright(cls, centre: ArrayLike, size: ArrayLike, bearing: float = 0.0) -> Self:
        """An upright box whose second axis points to a bearing (degrees clockwise from +y, seen from above)."""
        c, s = math.cos(math.radians(bearing)), math.sin(math.radians(bearing))
        rotation = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
        return cls(np.asarray(centre, dtype=np.float64), np.asarray(size, dtype=np.float64), rotation)

    # Reading it

    @property
    def is_upright(self) -> bool:
        """Whether its third axis is the world's up."""
        return bool(self.rotation[2, 2] > 1 - _UPRIGHT)

    @property
    def bearing(self) -> float:
        """Degrees clockwise from +y, 0 to 360, of an upright box's second axis."""
        return math.degrees(math.atan2(self.rotation[0, 1], self.rotation[1, 1])) % 360

    @property
    def volume(self) -> float:
        """In world units cubed."""
        return float(np.prod(self.size))

    @property
    def longest(self) -> float:
        """Its longest side: what size means where no axis is named."""
        return float(self.size.max())

    @property
    def corners(self) -> Floats:
        """Its corners (8, 3), in world units.

        First the four at the low end of its third axis, counter-clockwise as seen from its high end, then the four at
        the high end in the same order.
        """
        return np.asarray(self.centre + 0.5 * (_SIGNS * self.size) @ self.rotation.T)

    @property
    def footprint(self) -> Floats:
        """The outline of its shadow on the floor, (K, 2), counter-clockwise from above; four corners if upright."""
        return self.corners[:4, :2].copy() if self.is_upright else polygons.convex_hull(self.corners[:, :2])

    @property
    def heights(self) -> tuple[float, float]:
        """Its lowest and highest world z."""
        z = self.corners[:, 2]
        return float(z.min()), float(z.max())

    def to_own(self, points: ArrayLike) -> Floats:
        """World points (..., 3) in the box's own axes, from its centre."""
        return (np.asarray(points, dtype=np.float64) - self.centre) @ self.rotation

    def contains(self, points: ArrayLike, margin: float = 0.0) -> NDArray[np.bool_]:
        """Which world points (..., 3) are in it or at most `margin` beyond its faces."""
        return np.asarray((np.abs(self.to_own(points)) <= self.size / 2 + margin).all(axis=-1))

    def distance_to(self, points: ArrayLike) -> Floats:
        """Distance (...) of world points (..., 3) to the box; 0 inside."""
        outside = np.maximum(np.abs(self.to_own(points)) - self.size / 2, 0)
        return np.asarray(np.linalg.norm(outside, axis=-1))

    def transformed(self, transform: ArrayLike) -> Self:
        """In another world, under a (4, 4) similarity from the old to the new."""
        matrix = np.asarray(transform, dtype=np.float64)
        scale = float(np.cbrt(np.linalg.det(matrix[:3, :3])))
        if not scale > 0:
            raise ValueError("a similarity keeps handedness; this transform mirrors or collapses")
        centre = matrix[:3, :3] @ self.centre + matrix[:3, 3]
        return type(self)(centre, self.size * scale, matrix[:3, :3] / scale @ self.rotation)

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return {"centre": self.centre.tolist(), "size": self.size.tolist(), "rotation": self.rotation.tolist()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(*(np.asarray(data[name], dtype=np.float64) for name in ("centre", "size", "rotation")))


def intersection_volume(a: Box3D, b: Box3D) -> float:
    """Volume that two boxes share, exactly.

    Upright boxes: the area of one footprint clipped by the other, times the overlap in height. Else the hull of the
    ends of each box's edges where they enter and leave the other: all corners of the shared body are among these.
    """
    if a.is_upright and b.is_upright:
        (low_a, high_a), (low_b, high_b) = a.heights, b.heights
        height = min(high_a, high_b) - max(low_a, low_b)
        if height <= 0 or not (a.volume > 0 and b.volume > 0):
            return 0.0
        shared = polygons.clip(a.footprint, b.footprint)
        return height * polygons.area(shared) if len(shared) >= 3 else 0.0
    return _hull_volume(np.concatenate([_edge_ends(a, b), _edge_ends(b, a)]))


def iou(a: Box3D, b: Box3D) -> float:
    """Intersection over union of two boxes, 0 to 1, for any orientation; 0 where both are flat."""
    shared = intersection_volume(a, b)
    union = a.volume + b.volume - shared
    return min(1.0, shared / union) if union > 0 else 0.0


def giou(a: Box3D, b: Box3D) -> float:
    """Generalised IoU, -1 to 1: IoU less the share of the enclosing volume that neither box fills.

    Source: H. Rezatofighi et al., "Generalized intersection over union", CVPR 2019. The enclosing volume is the convex
    hull of both boxes, the smallest convex body around them as in the paper's definition; for boxes along the axes
    the paper's own code takes their common box instead, which is larger, so its values are lower.
    """
    shared = intersection_volume(a, b)
    union = a.volume + b.volume - shared
    around = max(_hull_volume(np.concatenate([a.corners, b.corners])), union)
    if around <= 0 or union <= 0:
        return 0.0
    return min(1.0, shared / union) - (around - union) / around


def _edge_ends(a: Box3D, b: Box3D) -> Floats:
    """Where the edges of `a` enter and leave `b`, (K, 3) world."""
    corners = b.to_own(a.corners)
    starts, ways = corners[_EDGES[:, 0]], corners[_EDGES[:, 1]] - corners[_EDGES[:, 0]]
    reach = max(a.longest, b.longest)
    half = b.size / 2 + 1e-12 * reach
    flat = np.abs(ways) <= 1e-14 * reach
    steps = np.where(flat, 1.0, ways)
    one, two = (-half - starts) / steps, (half - starts) / steps
    out = flat & (np.abs(starts) > half)
    enter = np.where(flat, -np.inf, np.minimum(one, two)).max(axis=1, initial=0.0)
    leave = np.where(flat, np.inf, np.maximum(one, two)).min(axis=1, initial=1.0)
    hit = (enter <= leave) & ~out.any(axis=1)
    ends = np.concatenate([starts[hit] + enter[hit, None] * ways[hit], starts[hit] + leave[hit, None] * ways[hit]])
    return np.asarray(ends @ b.rotation.T + b.centre)


def _hull_volume(points: Floats) -> float:
    """Volume of the convex hull of points (N, 3); 0 where they lie in a plane."""
    from scipy.spatial import ConvexHull

    if len(points) < 4:
        return 0.0
    away = points - points.mean(axis=0)
    extents = np.linalg.svd(away, compute_uv=False)
    if extents[2] <= 1e-9 * extents[0]:
        return 0.0
    return float(ConvexHull(away).volume)
