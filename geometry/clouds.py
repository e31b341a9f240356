"""Point clouds: coloured points, and which input each was seen in.

`view` is what lets a new picture tell what was never seen, and lets an object's points be found from its box in a
picture. Coordinates are float32: the world's origin is at the first camera, so a room keeps better than 0.001 mm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.cameras import Camera

EDGE_RATIO = 0.04
"""Relative jump of depth to a neighbouring pixel beyond which a pixel lies on an edge and is a mixture of two
surfaces; slanted surfaces pass, see `smooth_depth`."""


@dataclass(frozen=True)
class PointCloud:
    """Coloured points in one world.

    Attributes:
        points: (N, 3) float32, world coordinates.
        colors: (N, 3) uint8 RGB.
        view: (N,) int32, index of the input each point was seen in; -1 where that is not known.
        radius: (N,) float32, half the width of the patch of surface a point stands for, in world units; 0 where that
            is not known, and the point is drawn as one pixel.
    """

    points: NDArray[np.float32]
    colors: NDArray[np.uint8]
    view: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    radius: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        count = len(self.points)
        if self.points.shape != (count, 3) or self.colors.shape != (count, 3):
            raise ValueError(f"points and colors are (N, 3), not {self.points.shape} and {self.colors.shape}")
        if len(self.view) == 0 and count:
            object.__setattr__(self, "view", np.full(count, -1, np.int32))
        if len(self.radius) == 0 and count:
            object.__setattr__(self, "radius", np.zeros(count, np.float32))
        if self.view.shape != (count,) or self.radius.shape != (count,):
            raise ValueError(f"view and radius are ({count},), not {self.view.shape} and {self.radius.shape}")

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def empty(cls) -> Self:
        """No points."""
        return cls(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8))

    @classmethod
    def from_depth(
        cls,
        camera: Camera,
        depth: NDArray[np.float32],
        colors: NDArray[np.uint8],
        view: int,
        keep: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Every pixel of a depth map, lifted.

        Args:
            camera: Who saw it; its intrinsics are for the depth map's size.
            depth: (H, W) z-depth in world units; not finite or not positive where unknown.
            colors: (H, W, 3) uint8.
            view: Index of this input.
            keep: (H, W), which pixels to use; all of known depth where None.
        """
        known = np.isfinite(depth) & (depth > 0)
        if keep is not None:
            known &= keep
        rows, columns = np.nonzero(known)
        z = depth[rows, columns].astype(np.float64)
        pixels = np.stack([columns + 0.5, rows + 0.5], axis=-1)
        points = camera.unproject(pixels, z).astype(np.float32)
        radius = (0.5 * z / min(camera.intrinsics.fx, camera.intrinsics.fy)).astype(np.float32)
        return cls(points, colors[rows, columns], np.full(len(points), view, np.int32), radius)

    @classmethod
    def joined(cls, clouds: Sequence[Self]) -> Self:
        """All points of these clouds, in order; they are of one world."""
        if not clouds:
            return cls.empty()
        return cls(
            np.concatenate([c.points for c in clouds]),
            np.concatenate([c.colors for c in clouds]),
            np.concatenate([c.view for c in clouds]),
            np.concatenate([c.radius for c in clouds]),
        )

    def where(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """The points a mask or an index array chooses."""
        return replace(
            self, points=self.points[keep], colors=self.colors[keep], view=self.view[keep], radius=self.radius[keep]
        )

    def transformed(self, transform: ArrayLike) -> Self:
        """In another world.

        Args:
            transform: (4, 4) similarity, old world to new: rotation times one scale, and a shift.
        """
        matrix = np.asarray(transform, dtype=np.float64)
        scale = np.cbrt(np.linalg.det(matrix[:3, :3]))
        points = (self.points @ matrix[:3, :3].T.astype(np.float32) + matrix[:3, 3].astype(np.float32)).astype(
            np.float32
        )
        return replace(self, points=points, radius=(self.radius * scale).astype(np.float32))

    def extent(self, trim: float = 0.01) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The axis-aligned box (low, high) that holds the points but for the outermost share `trim` along each axis.

        Raises:
            ValueError: There are no points.
        """
        if len(self) == 0:
            raise ValueError("a cloud without points has no extent")
        sample = self.points if len(self) <= 200_000 else self.points[:: len(self) // 200_000]
        low, high = np.quantile(sample, [trim / 2, 1 - trim / 2], axis=0)
        return low.astype(np.float64), high.astype(np.float64)

    def thinned(self, most: int) -> Self:
        """At most `most` points, spread evenly over the order they are in; for display and for fitting."""
        if len(self) <= most:
            return self
        return self.where(np.linspace(0, len(self) - 1, most).astype(np.intp))


def smooth_depth(depth: NDArray[np.float32], ratio: float = EDGE_RATIO) -> NDArray[np.bool_]:
    """Which pixels of a depth map are of a surface, and not between two.

    Where one surface ends before another, sensors and learned models put pixels between the two, where nothing is. Such
    a pixel has one neighbour that is clearly nearer and one that is clearly farther. A slanted plane has that too, but
    its inverse depth is linear: so the second difference of the inverse depth is looked at as well, and a floor that
    runs to the horizon is kept. The last pixels of a surface are kept: they say how far it reaches.

    Args:
        depth: (H, W) z-depth; not finite or not positive where unknown.
        ratio: Difference of the inverse depth, as a share of it, from which there is a jump.

    Returns:
        (H, W), False also where the depth is unknown.
    """
    known = np.isfinite(depth) & (depth > 0)
    inverse = np.zeros(depth.shape, np.float32)
    np.divide(1.0, depth, out=inverse, where=known)
    smooth = known.copy()
    limit = ratio * inverse
    for axis in (0, 1):
        middle: list[slice] = [slice(None), slice(None)]
        before, after = list(middle), list(middle)
        middle[axis], before[axis], after[axis] = slice(1, -1), slice(None, -2), slice(2, None)
        m, b, a = tuple(middle), tuple(before), tuple(after)
        to_b, to_a = inverse[b] - inverse[m], inverse[a] - inverse[m]
        bend = np.abs(to_b + to_a) > limit[m]
        between = (to_b * to_a < 0) & (np.minimum(np.abs(to_b), np.abs(to_a)) > limit[m])
        smooth[m] &= ~(known[b] & known[a] & bend & between)
    return smooth
