"""The compiled inner loops of `sightline.geometry.splatting`, which says what they are for.

Every kernel runs on one thread and lets go of the interpreter's lock: the caller shares the work among threads of its
own. So no threading layer of numba's is entered, and any number of callers may run side by side (numba's default layer,
workqueue, aborts the process then).

Arithmetic is float32, one rounding an operation and always in the same order, so that every thread count, and the twin
on torch (`splat_torch`), give the same bits. A point's claim on a pixel is one 64-bit key, the bits of its depth above
its index; the smallest key wins. Bits of positive floats are ordered as the floats are.

Imported only by those who splat: numba takes a while to load, and the first ever call compiles for some seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

import numba as nb
import numpy as np

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

FOOTPRINT: Final = np.float32(np.sqrt(2))
"""Half the width of a footprint over the point's radius: a square patch of surface stays covered however it is rolled
in the picture."""
CAP: Final = np.float32(24)
"""Largest half width of a footprint in pixels: a point just in front of the camera must not hide everything."""
SLOPE: Final = np.float32(4)
"""How much deeper a claim counts at the rim of its footprint than at its centre, over the footprint's half width in
world units. Of overlapping points of one surface up to about this slope, each pixel goes to the one whose centre is
nearest (cones in a z-buffer draw Voronoi cells: Hoff et al. 1999), not to the one that sticks out most; surfaces
further apart than the footprint is wide keep their order."""
NOTHING: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
"""The key of a pixel that no point claims."""

_BLOCK: Final = 512  # points projected at a time: three rows of scratch that stay in the first-level cache
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.float32(0.5)
_ONE: Final = np.float32(1)
_ZERO: Final = np.float32(0)
_TWO: Final = np.float32(2)

_options: Any = {"nogil": True, "error_model": "numpy"}
_points_type = nb.types.Array(nb.float32, 2, "C", readonly=True)
_floats_type = nb.types.Array(nb.float32, 1, "C", readonly=True)
_colors_type = nb.types.Array(nb.uint8, 2, "C", readonly=True)
_keys_type = nb.uint64[::1]


def _compiled(*signature: Any) -> Callable[[Kernel], Kernel]:
    """With a signature that takes read-only and writable arrays alike: one compilation, not one for each mixture."""
    return partial(_jit, nb.void(*signature))


def _inner(function: Kernel) -> Kernel:
    """For a function that kernels call."""
    return _jit(None, function)


def _jit(signature: Any, function: Kernel) -> Kernel:
    try:
        compiled: Kernel = nb.njit(signature, cache=True, **_options)(function)
    except RuntimeError:  # neither the package's folder nor a home can be written to: compile anew in each process
        compiled = nb.njit(signature, **_options)(function)
    return compiled


@_inner
def _project(  # type: ignore[no-untyped-def]
    points, begin, count, matrix, lens, orthographic, us, vs, zs
) -> None:
    """Pixels and z-depths of `count` points; a loop without branches, so that it becomes vector instructions."""
    m00, m01, m02, m03 = matrix[0, 0], matrix[0, 1], matrix[0, 2], matrix[0, 3]
    m10, m11, m12, m13 = matrix[1, 0], matrix[1, 1], matrix[1, 2], matrix[1, 3]
    m20, m21, m22, m23 = matrix[2, 0], matrix[2, 1], matrix[2, 2], matrix[2, 3]
    for i in range(count):
        x, y, z = points[begin + i, 0], points[begin + i, 1], points[begin + i, 2]
        us[i] = m00 * x + m01 * y + m02 * z + m03
        vs[i] = m10 * x + m11 * y + m12 * z + m13
        zs[i] = m20 * x + m21 * y + m22 * z + m23
    if not orthographic:
        for i in range(count):
            us[i] = us[i] / zs[i]
            vs[i] = vs[i] / zs[i]
    if lens[10] > 0:
        _distort(count, lens, us, vs)
    fx, fy, cx, cy = lens[0], lens[1], lens[2], lens[3]
    for i in range(count):
        us[i] = us[i] * fx + cx
        vs[i] = vs[i] * fy + cy


@_inner
def _distort(count, lens, us, vs) -> None:  # type: ignore[no-untyped-def]
    """Brown-Conrady on the plane z = 1, as `Intrinsics.project`; beyond where the lens model folds back: NaN."""
    k1, k2, p1, p2, k3, limit = lens[5], lens[6], lens[7], lens[8], lens[9], lens[10]
    for i in range(count):
        a, b = us[i], vs[i]
        r2 = a * a + b * b
        radial = _ONE + r2 * (k1 + r2 * (k2 + r2 * k3))
        da = _TWO * p1 * a * b + p2 * (r2 + _TWO * (a * a))
        db = p1 * (r2 + _TWO * (b * b)) + _TWO * p2 * a * b
        inside = r2 <= limit
        us[i] = a * radial + da if inside else np.float32(np.nan)
        vs[i] = b * radial + db if inside else np.float32(np.nan)


@_inner
def _within(count, near, margin, width, height, us, vs, zs, chosen) -> Any:  # type: ignore[no-untyped-def]
    """Which points fall into the picture or a margin around it, and how many.

    Counted, not branched on: in a cloud without order no processor guesses right. Comparisons with NaN are False.
    """
    low, wide, high = -margin, np.float32(width) + margin, np.float32(height) + margin
    found = 0
    for i in range(count):
        u, v, z = us[i], vs[i], zs[i]
        chosen[found] = i
        found += (z > near) & (z < np.inf) & (u >= low) & (v >= low) & (u < wide) & (v < high)
    return found


@_compiled(_points_type, nb.int64, nb.int64, _points_type, _floats_type, nb.boolean, nb.int64, nb.int64, _keys_type)
def claim_pixels(points, begin, end, matrix, lens, orthographic, width, height, keys) -> None:  # type: ignore[no-untyped-def]
    """Points `begin` to `end`, each claiming the pixel it falls into.

    Args:
        points: (N, 3) float32.
        begin: First point.
        end: One past the last.
        matrix: (3, 4) float32, world to camera.
        lens: (11,) float32: fx, fy, cx, cy, near, k1, k2, p1, p2, k3, and the largest squared radius on the plane
            z = 1 at which the distortion holds, 0 for a lens without.
        orthographic: Whether the picture is a parallel projection: fx and fy are pixels per world unit.
        width: Of the picture.
        height: Of the picture.
        keys: (height * width,) uint64, to be lowered.
    """
    scratch = np.empty((3, _BLOCK), np.float32)
    us, vs, zs = scratch[0], scratch[1], scratch[2]
    chosen = np.empty(_BLOCK + 1, np.int32)
    bits = zs.view(np.uint32)
    for block in range(begin, end, _BLOCK):
        count = min(_BLOCK, end - block)
        _project(points, block, count, matrix, lens, orthographic, us, vs, zs)
        found = _within(count, lens[4], _ZERO, width, height, us, vs, zs, chosen)
        for k in range(found):
            i = np.uint32(chosen[k])
            pixel = np.uint64(np.int64(vs[i]) * width + np.int64(us[i]))
            key = (np.uint64(bits[i]) << np.uint64(32)) | np.uint64(block + i)
            keys[pixel] = min(key, keys[pixel])


@_inner
def _spans(count, middles, halves, size, firsts, lasts) -> None:  # type: ignore[no-untyped-def]
    """The pixels of a row or column whose centres lie in [middle - half, middle + half), and the point's own."""
    top = np.float32(size)
    for i in range(count):
        middle, half = middles[i], halves[i]
        own = np.floor(middle)
        first, last = np.ceil(middle - half - _HALF), np.ceil(middle + half - _HALF)
        first = min(own, first)
        last = max(own + _ONE, last)
        firsts[i] = np.int32(max(_ZERO, first))
        lasts[i] = np.int32(min(top, last))


@_compiled(
    _points_type,
    _floats_type,
    nb.int64,
    nb.int64,
    _points_type,
    _floats_type,
    nb.boolean,
    nb.int64,
    nb.int64,
    _keys_type,
)
def claim_footprints(  # type: ignore[no-untyped-def]
    points, radius, begin, end, matrix, lens, orthographic, width, height, keys
) -> None:
    """As `claim_pixels`, each point claiming the pixels whose centres lie in its footprint, and its own.

    Args:
        points: (N, 3) float32.
        radius: (N,) float32, world units.
        begin: First point.
        end: One past the last.
        matrix: (3, 4) float32, world to camera.
        lens: As for `claim_pixels`.
        orthographic: As for `claim_pixels`.
        width: Of the picture.
        height: Of the picture.
        keys: (height * width,) uint64, to be lowered; their upper half is depth plus what `SLOPE` adds.
    """
    scratch = np.empty((5, _BLOCK), np.float32)
    us, vs, zs, halves, steeps = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    chosen = np.empty(_BLOCK + 1, np.int32)
    spans = np.empty((4, _BLOCK), np.int32)
    bits = np.empty(1, np.uint32)
    claimed = bits.view(np.float32)
    focal = np.sqrt(lens[0] * lens[1])
    for block in range(begin, end, _BLOCK):
        count = min(_BLOCK, end - block)
        _project(points, block, count, matrix, lens, orthographic, us, vs, zs)
        found = _within(count, lens[4], CAP, width, height, us, vs, zs, chosen)
        for i in range(count):
            pixel_width = _ONE / focal if orthographic else zs[i] / focal
            half = radius[block + i] * FOOTPRINT / pixel_width
            half = max(_ZERO, half)  # also where it is NaN; 0 where the size is not known
            half = min(CAP, half)
            halves[i] = half
            steeps[i] = SLOPE * pixel_width / (max(_ONE, half))
        _spans(count, us, halves, width, spans[0], spans[1])
        _spans(count, vs, halves, height, spans[2], spans[3])
        for k in range(found):
            point = np.uint32(chosen[k])
            u, v, z, steep = us[point], vs[point], zs[point], steeps[point]
            low = np.uint64(block + point)
            for y in range(spans[2, point], spans[3, point]):
                dy = np.float32(y) + _HALF - v
                for x in range(spans[0, point], spans[1, point]):
                    dx = np.float32(x) + _HALF - u
                    claimed[0] = z + steep * (dx * dx + dy * dy)
                    key = (np.uint64(bits[0]) << np.uint64(32)) | low
                    pixel = np.uint64(y * width + x)
                    keys[pixel] = min(key, keys[pixel])


@_compiled(nb.uint64[:, ::1], nb.int64, nb.int64)
def merge(keys, begin, end) -> None:  # type: ignore[no-untyped-def]
    """The smallest key of each pixel `begin` to `end` into the first row of (threads, pixels) keys."""
    for row in range(1, keys.shape[0]):
        for i in range(begin, end):
            keys[0, i] = min(keys[0, i], keys[row, i])


@_compiled(
    _keys_type,
    _points_type,
    _colors_type,
    nb.float32[::1],
    nb.boolean,
    nb.int64,
    nb.int64,
    nb.uint8[:, ::1],
    nb.float32[::1],
    nb.int32[::1],
)
def resolve(  # type: ignore[no-untyped-def]
    keys, points, colors, axis, footprints, begin, end, color, depth, index
) -> None:
    """What the winners of pixels `begin` to `end` look like.

    Args:
        keys: (pixels,) uint64.
        points: (N, 3) float32.
        colors: (N, 3) uint8.
        axis: (4,) float32, the third row of the world-to-camera matrix: gives a point's z-depth.
        footprints: Whether the keys are those of `claim_footprints`, whose upper half is not quite the depth.
        begin: First pixel.
        end: One past the last.
        color: (pixels, 3) uint8, written: 0 where nothing is seen.
        depth: (pixels,) float32, written: NaN where nothing is seen.
        index: (pixels,) int32, written: -1 where nothing is seen.
    """
    a, b, c, d = axis[0], axis[1], axis[2], axis[3]
    bits = depth.view(np.uint32)
    for pixel in range(begin, end):
        key = keys[pixel]
        if key == NOTHING:
            depth[pixel] = np.float32(np.nan)
            index[pixel] = -1
            color[pixel, 0] = color[pixel, 1] = color[pixel, 2] = 0
            continue
        i = key & _LOW
        index[pixel] = np.int32(i)
        if footprints:
            depth[pixel] = a * points[i, 0] + b * points[i, 1] + c * points[i, 2] + d
        else:
            bits[pixel] = np.uint32(key >> np.uint64(32))
        color[pixel, 0], color[pixel, 1], color[pixel, 2] = colors[i, 0], colors[i, 1], colors[i, 2]


# Steps to what lies within three pixels, from near to far in each of eight directions: the axes, then the quadrants.
_RAY: Final = ((1, 0), (2, 0), (3, 0))
_QUADRANT: Final = ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3), (3, 2), (3, 3))
_TURNS: Final = ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))
_STEPS: Final = np.array(
    [(a * x + b * y, c * x + d * y) for way in (_RAY, _QUADRANT) for a, b, c, d in _TURNS for x, y in way], np.int64
)
_WAYS: Final = np.cumsum([0, *[len(_RAY)] * 4, *[len(_QUADRANT)] * 4])
_REACH: Final = 3


@_compiled(
    nb.types.Array(nb.float32, 2, "C", readonly=True),
    nb.float32,
    nb.int64,
    nb.int64,
    nb.int64,
    nb.int64,
    nb.int32[:, ::1],
)
def fill_sources(depth, apart, open_seen, open_unseen, begin, end, source) -> None:  # type: ignore[no-untyped-def]
    """Where each pixel of rows `begin` to `end` should take its contents from.

    A pixel is enclosed when a nearer pixel lies within three pixels in nearly all of eight directions: straight left,
    right, up and down, and the four quadrants between them.

    Args:
        depth: (H, W) float32, NaN where unseen.
        apart: A pixel is nearer where its depth is less than this share of the other's.
        open_seen: How many of the eight directions may be open around a pixel that shows something.
        open_unseen: The same for one that shows nothing.
        begin: First row.
        end: One past the last.
        source: (H, W) int32, written: the flat index of a pixel; its own where nothing is to be changed.
    """
    height, width = depth.shape
    for y in range(begin, end):
        for x in range(width):
            here = depth[y, x]
            unseen = np.isnan(here)
            limit = np.float32(np.inf) if unseen else here * apart
            left = open_unseen if unseen else open_seen
            at_rim = x < _REACH or y < _REACH or x >= width - _REACH or y >= height - _REACH
            own = y * width + x
            best, best_far = own, np.int64(1 << 30)
            for way in range(8):
                found = False
                for step in range(_WAYS[way], _WAYS[way + 1]):
                    dx, dy = _STEPS[step, 0], _STEPS[step, 1]
                    px, py = np.uint64(x + dx), np.uint64(y + dy)  # beyond the left and upper rim: very large
                    if at_rim and (px >= np.uint64(width) or py >= np.uint64(height)):
                        continue
                    if depth[py, px] < limit:  # False for NaN
                        found = True
                        far = dx * dx + dy * dy
                        if far < best_far:
                            best, best_far = own + dy * width + dx, far
                        break
                if not found:
                    left -= 1
                    if left < 0:
                        best = own
                        break
            source[y, x] = best
