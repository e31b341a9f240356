"""Where the things that pictures show are in a reconstruction, and whether two looks are one thing by that.

By their surfaces, see `surfaces`. Of a cloud too sparse for that, the points seen inside each box give the thing's
middle and half-width in 3D, and the same thing lies at the same place.

Plain functions on plain data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.reconstructions import Reconstruction
from sightline.tools.back_ends.protocols import Box
from sightline.tools.detection.looks import Look, window
from sightline.tools.detection.surfaces import Finding, Surface, compared, surface_of

Floats = NDArray[np.float64]

SAME_PLACE = 0.75
"""Distance of two middles, in mean half-widths, up to which things are one."""
OTHER_PLACE = 1.5
"""Distance from which they are not taken for one; in between is unclear."""
_FEW_POINTS = 3
_MOST_POINTS = 1_000_000


class Places:
    """Where looks are in one reconstruction, each worked out once."""

    def __init__(self, world: Reconstruction, looks: Sequence[Look]) -> None:
        self._world = world
        self._looks = looks
        self._projected: dict[str, Floats] = {}
        self._surfaces: dict[int, Surface | None] = {}
        self._middles: dict[int, tuple[Floats, float] | None] = {}

    def compare(self, i: int, j: int) -> tuple[Finding, float] | None:
        """Whether two looks are one thing by their places, and how certain; None where a place is not known."""
        a, b = self._surface(i), self._surface(j)
        if a is not None and b is not None:
            found = compared(a, b, self._world)
            if found[0] != "open" or (a.dense and b.dense):
                return found
        one, other = self._middle(i), self._middle(j)
        return None if one is None or other is None else _by_middles(one, other)

    def _sparse(self, picture: str) -> Floats | None:
        if picture in self._world.depths:
            return None
        if picture not in self._projected:
            self._projected[picture] = visible(self._world, picture)
        return self._projected[picture]

    def _surface(self, i: int) -> Surface | None:
        if i not in self._surfaces:
            look = self._looks[i]
            sparse = self._sparse(look.picture)
            if sparse is not None:
                sparse = sparse[_sparse_in(look, look.box, sparse, self._world.cameras[look.picture].intrinsics.size)]
            self._surfaces[i] = surface_of(look.picture, look.box, look.mask, self._world, sparse)
        return self._surfaces[i]

    def _middle(self, i: int) -> tuple[Floats, float] | None:
        if i not in self._middles:
            self._middles[i] = place_of(self._looks[i], self._world, self._sparse(self._looks[i].picture))
        return self._middles[i]


def place_of(
    look: Look, reconstruction: Reconstruction, projected: Floats | None = None
) -> tuple[Floats, float] | None:
    """Middle and half-width of a thing in the reconstruction's world, from one picture.

    Args:
        look: Where the picture shows it.
        reconstruction: Holds a camera for the picture.
        projected: What `visible` gave for this picture, where that is at hand; only for one without dense depth.

    Returns:
        The middle (3,) of the surface seen, moved back by the thing's own half-width, and the half-width, in world
        units; None where too few points are seen there.
    """
    camera = reconstruction.cameras[look.picture]
    if look.picture not in reconstruction.depths and projected is None:
        projected = visible(reconstruction, look.picture)
    x0, y0, x1, y1 = look.box
    core = (x0 + 0.2 * (x1 - x0), y0 + 0.2 * (y1 - y0), x1 - 0.2 * (x1 - x0), y1 - 0.2 * (y1 - y0))
    for box in (core, look.box):
        if projected is None:
            depths = _dense_in(look, box, reconstruction)
        else:
            depths = projected[_sparse_in(look, box, projected, camera.intrinsics.size), 2]
        if len(depths) >= _FEW_POINTS:
            break
    else:
        return None
    depth = float(np.median(depths))
    half = 0.25 * ((x1 - x0) / camera.intrinsics.fx + (y1 - y0) / camera.intrinsics.fy) * depth
    middle = camera.unproject([[(x0 + x1) / 2, (y0 + y1) / 2]], [depth])[0]
    ray = camera.rays([[(x0 + x1) / 2, (y0 + y1) / 2]])[0]
    return middle + half * ray, half


def visible(reconstruction: Reconstruction, picture: str) -> Floats:
    """(N, 3): pixel x, y and z-depth of the cloud's points that fall into a picture; at most a million are asked."""
    camera = reconstruction.cameras[picture]
    points = reconstruction.cloud.points[:: max(1, len(reconstruction.cloud) // _MOST_POINTS)]
    pixels, depths = camera.project(points)
    with np.errstate(invalid="ignore"):
        inside = (depths > 0) & (pixels >= 0).all(axis=1) & (pixels <= camera.intrinsics.size).all(axis=1)
    return np.column_stack([pixels[inside], depths[inside]])


def _dense_in(look: Look, box: Box, reconstruction: Reconstruction) -> Floats:
    """z-depths inside a box, and inside the mask where there is one."""
    import cv2

    size = reconstruction.cameras[look.picture].intrinsics.size
    dense = reconstruction.depths[look.picture]
    sx, sy = dense.shape[1] / size[0], dense.shape[0] / size[1]
    rows, columns = window((box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy), (dense.shape[1], dense.shape[0]))
    part = dense[rows, columns].astype(np.float64)
    known = np.isfinite(part) & (part > 0)
    if look.mask is not None:
        around_rows, around_columns = window(look.box, size)
        # The mask belongs to the whole box: the pixel of it that each depth pixel's middle lies in.
        y = (np.arange(rows.start, rows.stop) + 0.5) / sy - around_rows.start
        x = (np.arange(columns.start, columns.stop) + 0.5) / sx - around_columns.start
        inside = look.mask[np.clip(y.astype(int), 0, look.mask.shape[0] - 1)][
            :, np.clip(x.astype(int), 0, look.mask.shape[1] - 1)
        ]
        inside = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0  # its edge mixes two depths
        known &= inside if (inside & known).any() else known
    return np.asarray(part[known])


def _sparse_in(look: Look, box: Box, projected: Floats, size: tuple[int, int]) -> NDArray[np.intp]:
    """Which points lie inside a box, and inside the mask where there is one; of those, the nearest layer."""
    x, y, depth = projected.T
    where = np.flatnonzero((x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3]))
    if look.mask is not None and len(where):
        rows, columns = window(look.box, size)
        row = np.clip(y[where].astype(int) - rows.start, 0, look.mask.shape[0] - 1)
        column = np.clip(x[where].astype(int) - columns.start, 0, look.mask.shape[1] - 1)
        where = where[look.mask[row, column]]
    if not len(where):
        return where
    found = depth[where]
    near = np.sort(found)[int(0.2 * (len(found) - 1))]  # what is behind the thing shows between sparse points
    return np.asarray(where[found <= near * 1.25])


def _by_middles(a: tuple[Floats, float], b: tuple[Floats, float]) -> tuple[Finding, float]:
    apart = float(np.linalg.norm(a[0] - b[0])) / max(1e-12, (a[1] + b[1]) / 2)
    larger = max(a[1], b[1]) / max(1e-12, min(a[1], b[1]))
    if apart >= OTHER_PLACE or larger > 3:
        return "open", 0.0
    return "same" if apart <= SAME_PLACE and larger <= 2 else "unclear", max(0.0, 1 - apart / OTHER_PLACE)
