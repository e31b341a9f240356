"""Splatting: a point cloud seen by a camera, as colour, depth and point-index pictures.

Each point claims pixels, and the nearest claim wins. Points are drawn as one pixel, or as large as the patch of surface
they stand for (`PointCloud.radius`), which leaves no gaps between the points of a surface that comes nearer. What no
point claims was never seen, and stays marked as such: `paint_unseen` draws it hatched.

Zwicker et al., "Surface splatting" (2001), has the theory; footprints here are squares that face the camera.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera
from sightline.geometry.clouds import PointCloud

PointSize = Literal["pixel", "patch"]
"""How large a point is drawn: one pixel, or as large as the patch of surface it stands for."""

MOST_THREADS = 8
"""More do not help: each brings a buffer of the picture's size that must be merged."""
_POINTS_A_THREAD = 20_000  # fewer are not worth starting a thread for
_POINTS_AT_ONCE = 1 << 16  # what a thread takes at a time
_PIXELS_AT_ONCE = 1 << 15
_SPARE_BYTES = 64 << 20  # buffers up to this size are kept for the next picture
_BUFFER_BYTES = 512 << 20  # what the threads' buffers may take together; a large picture gets fewer threads

APART = 0.02
"""Share of the depth by which a surface must be nearer to hide what is seen through its gaps."""
OPEN_SEEN = 1
OPEN_UNSEEN = 2
"""Of the eight directions in which `hidden_filled` looks for the surface in front, so many may find none. A slit, open
at both ends, is thus filled where nothing was seen in it (rows of points seen from the side leave such gaps in a
surface), and stays where something was."""

_HATCH = np.array([(236, 224, 240), (176, 112, 184)], np.uint8)
_HATCH_PERIOD = 12


@dataclass(frozen=True)
class Splat:
    """A picture of a cloud.

    Attributes:
        color: (H, W, 3) uint8 RGB; black where unseen, see `paint_unseen`.
        depth: (H, W) float32, z-depth in world units; NaN where unseen.
        index: (H, W) int32, which point of the cloud; -1 where unseen.
    """

    color: NDArray[np.uint8]
    depth: NDArray[np.float32]
    index: NDArray[np.int32]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(H, W), which pixels show a point."""
        return np.asarray(self.index >= 0)

    @property
    def coverage(self) -> float:
        """Share of the pixels that show a point, 0 to 1."""
        return float(np.count_nonzero(self.index >= 0) / self.index.size)


def splat(cloud: PointCloud, camera: Camera, points: PointSize = "patch", near: float = 0.0) -> Splat:
    """A cloud as a camera sees it.

    A point at u in [i, i + 1) lands in column i. The nearest point wins a pixel; of points at the very same depth the
    one with the lowest index, so that the picture depends on nothing but the arguments. A patch is a square of half
    width sqrt(2) radius f / z pixels around the point, at least the pixel the point is in and at most 24; where patches
    of one surface overlap, the pixel goes to the one with the nearest centre. Points that are not finite are left out.

    With torch and a CUDA device the work is done there.

    Args:
        cloud: In the world's coordinates.
        camera: Its lens distortion is applied.
        points: How large a point is drawn; one of unknown size, radius 0, is one pixel in either case.
        near: z-depth in world units up to which points are left out.

    Raises:
        ValueError: `near` is negative or not finite, or the cloud has 2^31 points or more.
    """
    if not (math.isfinite(near) and near >= 0):
        raise ValueError(f"the near limit is a depth of 0 or more, not {near}")
    k = camera.intrinsics
    matrix = camera.world_to_camera[:3].astype(np.float32)
    lens = np.array([k.fx, k.fy, k.cx, k.cy, near, *_distortion(k.distortion)], np.float32)
    return _splat(cloud, matrix, lens, False, (k.width, k.height), points)


def splat_from_above(
    cloud: PointCloud,
    corner: tuple[float, float],
    pixels_per_unit: float,
    size: tuple[int, int],
    below: float = math.inf,
    points: PointSize = "patch",
) -> Splat:
    """A map: a cloud seen straight from above in parallel projection, +y up and +x to the right.

    Args:
        cloud: In the world's coordinates, z up.
        corner: World (x, y) of the map's top-left corner: the smallest x and the largest y on it.
        pixels_per_unit: Its scale.
        size: (width, height) in pixels.
        below: Points at this height or higher are cut away.
        points: How large a point is drawn.

    Returns:
        `depth` is how far below the cut a point lies, or, without a cut, below the highest point.

    Raises:
        ValueError: The scale is not positive, or the cloud has 2^31 points or more.
    """
    if not (math.isfinite(pixels_per_unit) and pixels_per_unit > 0):
        raise ValueError(f"a map has a positive number of pixels per unit, not {pixels_per_unit}")
    if below == math.inf:
        heights = cloud.points[:, 2]
        top = float(np.max(heights, where=np.isfinite(heights), initial=-np.inf))
        below = float(np.nextafter(np.float32(top), np.float32(np.inf))) if math.isfinite(top) else 0.0
    left, back = corner
    matrix = np.array([[1, 0, 0, -left], [0, -1, 0, back], [0, 0, -1, below]], np.float32)
    lens = np.array([pixels_per_unit, pixels_per_unit, 0, 0, 0, *_distortion(())], np.float32)
    return _splat(cloud, matrix, lens, True, size, points)


def hidden_filled(picture: Splat, passes: int = 2) -> Splat:
    """A picture without what shows through the gaps of a nearer surface, the gaps filled from that surface.

    Seen from much nearer than, or at another slant to, where it was recorded, a surface's points leave gaps in which
    things behind it appear. A pixel that nearer ones enclose within three pixels shows something that is hidden, or
    nothing: it takes the colour, depth and index of the closest of those. Wider gaps stay as they are, and slits in
    which something was seen. After Pintus et al., "Real-time rendering of massive unstructured raw point
    clouds using screen-space operators" (2011), and Rosenthal and Linsen, "Image-space point cloud rendering" (2008).

    Args:
        picture: From `splat` or `splat_from_above`.
        passes: A second one fills what the first one left of gaps that are nearly as large as the surface's points.
    """
    from sightline.geometry import splat_kernels as kernels

    height, width = picture.index.shape
    for _ in range(passes):
        source = np.empty((height, width), np.int32)
        depth = np.ascontiguousarray(picture.depth)

        parts = _Parts(height, max(1, _PIXELS_AT_ONCE // width))

        def fill(thread: int, depth: Any = depth, source: Any = source, parts: Any = parts) -> None:
            for begin, end in parts:
                kernels.fill_sources(depth, np.float32(1 - APART), OPEN_SEEN, OPEN_UNSEEN, begin, end, source)

        _together(fill, min(_threads(), len(parts)))
        changed = np.flatnonzero(source.ravel() != np.arange(source.size, dtype=np.int32))
        if len(changed) == 0:
            break
        picture = _copied(picture, changed, source.ravel()[changed])
    return picture


def _copied(picture: Splat, to: NDArray[np.intp], source: NDArray[np.int32]) -> Splat:
    """The contents of some pixels, by flat index, copied to others."""
    shape = picture.index.shape
    color, depth, index = (
        picture.color.reshape(-1, 3).copy(),
        picture.depth.ravel().copy(),
        picture.index.ravel().copy(),
    )
    color[to], depth[to], index[to] = color[source], depth[source], index[source]
    return Splat(color.reshape(*shape, 3), depth.reshape(shape), index.reshape(shape))


def paint_unseen(picture: Splat) -> NDArray[np.uint8]:
    """The colours, with a violet hatch where nothing was seen; (H, W, 3) uint8. Nobody takes it for a dark wall."""
    height, width = picture.index.shape
    painted: NDArray[np.uint8] = np.where(picture.seen[..., None], picture.color, _hatch(height, width))
    return painted


@lru_cache(maxsize=4)
def _hatch(height: int, width: int) -> NDArray[np.uint8]:
    diagonal = (np.arange(width)[None, :] + np.arange(height)[:, None]) % _HATCH_PERIOD
    pattern: NDArray[np.uint8] = np.where((diagonal < _HATCH_PERIOD // 3)[..., None], _HATCH[1], _HATCH[0])
    pattern.setflags(write=False)
    return pattern


def _splat(
    cloud: PointCloud,
    matrix: NDArray[np.float32],
    lens: NDArray[np.float32],
    orthographic: bool,
    size: tuple[int, int],
    points: PointSize,
) -> Splat:
    if len(cloud) >= 1 << 31:
        raise ValueError(f"a cloud of {len(cloud)} points is too large to splat: 2^31 - 1 are the most")
    width, height = size
    if width < 1 or height < 1:
        raise ValueError(f"a picture has positive sides, not {width}x{height}")
    if _has_cuda():
        from sightline.geometry import splat_torch

        keys = splat_torch.keys(cloud, matrix, lens, orthographic, size, points == "patch", "cuda")
    else:
        keys = _keys(cloud, matrix, lens, orthographic, size, points == "patch")
    return _resolved(cloud, matrix, keys, size, points == "patch")


def _keys(
    cloud: PointCloud,
    matrix: NDArray[np.float32],
    lens: NDArray[np.float32],
    orthographic: bool,
    size: tuple[int, int],
    patches: bool,
) -> NDArray[np.uint64]:
    """The winning claim of each pixel, (threads, H * W) with the merged ones in row 0; see `splat_kernels`."""
    from sightline.geometry import splat_kernels as kernels

    width, height = size
    pixels = width * height
    threads = min(_threads(), max(1, len(cloud) // _POINTS_A_THREAD), max(1, _BUFFER_BYTES // (8 * pixels)))
    positions = np.ascontiguousarray(cloud.points, np.float32)
    radius = np.ascontiguousarray(cloud.radius, np.float32)
    keys = _borrowed(threads, pixels)
    parts = _Parts(len(cloud), _POINTS_AT_ONCE)

    def claim(thread: int) -> None:
        mine = keys[thread]
        mine.fill(kernels.NOTHING)
        for begin, end in parts:
            if patches:
                kernels.claim_footprints(positions, radius, begin, end, matrix, lens, orthographic, width, height, mine)
            else:
                kernels.claim_pixels(positions, begin, end, matrix, lens, orthographic, width, height, mine)

    _together(claim, threads)
    return keys


def _resolved(
    cloud: PointCloud,
    matrix: NDArray[np.float32],
    keys: NDArray[np.uint64],
    size: tuple[int, int],
    patches: bool,
) -> Splat:
    from sightline.geometry import splat_kernels as kernels

    width, height = size
    pixels = width * height
    color = np.empty((pixels, 3), np.uint8)
    depth = np.empty(pixels, np.float32)
    index = np.empty(pixels, np.int32)
    positions = np.ascontiguousarray(cloud.points, np.float32)
    colors = np.ascontiguousarray(cloud.colors, np.uint8)
    axis = np.ascontiguousarray(matrix[2])

    parts = _Parts(pixels, _PIXELS_AT_ONCE)

    def finish(thread: int) -> None:
        for begin, end in parts:
            kernels.merge(keys, begin, end)
            kernels.resolve(keys[0], positions, colors, axis, patches, begin, end, color, depth, index)

    _together(finish, min(_threads(), len(parts)))
    if keys.nbytes <= _SPARE_BYTES:
        _spare[:] = [keys]
    return Splat(color.reshape(height, width, 3), depth.reshape(height, width), index.reshape(height, width))


def _distortion(k: tuple[float, ...]) -> tuple[float, ...]:
    """Five coefficients and the squared radius up to which the lens model grows: beyond, it folds far points inward."""
    if not any(k):
        return (0.0,) * 6
    k1, k2, _, _, k3 = k
    roots = np.roots([7 * k3, 5 * k2, 3 * k1, 1.0])
    folds = [float(r.real) for r in roots if abs(r.imag) < 1e-9 and r.real > 0]
    return (*k, min(folds, default=float(np.finfo(np.float32).max)))


@lru_cache(maxsize=1)
def _has_cuda() -> bool:
    """Whether torch finds a CUDA device; torch takes seconds to import and is left alone where no driver is."""
    from importlib.util import find_spec
    from pathlib import Path

    if not any(Path(p).exists() for p in ("/dev/nvidiactl", "/dev/dxg")) or find_spec("torch") is None:
        return False
    try:
        import torch
    except (ImportError, OSError):  # installed but broken: the processor can do it as well
        return False
    return bool(torch.cuda.is_available())


def _threads() -> int:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, MOST_THREADS)


class _Parts:
    """A range cut into parts, which threads take from it until none is left: a thread that is held up takes fewer."""

    def __init__(self, length: int, size: int) -> None:
        self._begins = range(0, length, size)
        self._length, self._size = length, size
        self._next = iter(self._begins)
        self._lock = Lock()

    def __len__(self) -> int:
        return max(1, len(self._begins))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        while True:
            with self._lock:
                begin = next(self._next, None)
            if begin is None:
                return
            yield begin, min(begin + self._size, self._length)


def _together(work: Callable[[int], None], threads: int) -> None:
    """`work(0)`, `work(1)`, ... side by side, in threads that live for one call: safe whoever calls, forks too."""
    if threads == 1:
        work(0)
        return
    with ThreadPoolExecutor(threads - 1, "splat") as pool:
        others = [pool.submit(work, thread) for thread in range(1, threads)]
        work(0)
        for other in others:
            other.result()


_spare: list[NDArray[np.uint64]] = []  # the latest picture's keys: new memory costs as much as using it does


def _borrowed(threads: int, pixels: int) -> NDArray[np.uint64]:
    """Uninitialised keys, (threads, pixels), that nobody else uses."""
    try:
        keys = _spare.pop()
    except IndexError:
        return np.empty((threads, pixels), np.uint64)
    return keys if keys.shape == (threads, pixels) else np.empty((threads, pixels), np.uint64)
