"""The claims of `sightline.geometry.splat_kernels` on a torch device, bit for bit the same.

Imported only where a CUDA device was found: geometry itself does not need torch. What was sent to the device stays
there as long as the arrays it came from live, so a second view of a cloud sends nothing.
"""

from __future__ import annotations

import weakref

import numpy as np
import torch
from numpy.typing import NDArray

from sightline.geometry.clouds import PointCloud
from sightline.geometry.splat_kernels import CAP, FOOTPRINT, SLOPE

_POINTS_AT_ONCE = 1 << 22
_CLAIMS_AT_ONCE = 1 << 24
"""Pixels of footprints held at a time; with what is computed from them about 100 bytes each."""
_NOTHING = (1 << 63) - 1
"""The key of a pixel that no point claims. Keys are signed here: torch reduces no unsigned ones, and the depths of
points in front of the camera have no sign bit."""

_sent: dict[tuple[int, str], tuple[weakref.ref[NDArray[np.float32]], torch.Tensor]] = {}


def keys(
    cloud: PointCloud,
    matrix: NDArray[np.float32],
    lens: NDArray[np.float32],
    orthographic: bool,
    size: tuple[int, int],
    patches: bool,
    device: str,
) -> NDArray[np.uint64]:
    """The winning claim of each pixel.

    Args:
        cloud: The points; its arrays must not change while they live.
        matrix: (3, 4) float32, world to camera.
        lens: (11,) float32, as for `splat_kernels.claim_pixels`.
        orthographic: Whether the picture is a parallel projection.
        size: (width, height) in pixels.
        patches: Whether points claim their footprints, not just one pixel.
        device: torch's name of the device.

    Returns:
        (1, H * W) uint64, as `splat_kernels.resolve` takes them.
    """
    width, height = size
    best = torch.full((width * height,), _NOTHING, dtype=torch.int64, device=device)
    positions, radius = _on_device(cloud.points, device), _on_device(cloud.radius, device)
    for begin in range(0, len(cloud), _POINTS_AT_ONCE):
        part = slice(begin, begin + _POINTS_AT_ONCE)
        u, v, z = _project(positions[part], matrix, lens, orthographic)
        index = torch.arange(begin, begin + len(z), device=device)
        if patches:
            _claim_footprints(u, v, z, radius[part], index, lens, orthographic, size, best)
        else:
            _claim_pixels(u, v, z, index, lens, size, best)
    out: NDArray[np.uint64] = best.cpu().numpy().view(np.uint64)
    out[out == np.uint64(_NOTHING)] = np.uint64(0xFFFFFFFFFFFFFFFF)
    return out[None]


def _on_device(array: NDArray[np.float32], device: str) -> torch.Tensor:
    key = (id(array), device)
    held = _sent.get(key)
    if held is not None and held[0]() is array:
        return held[1]
    tensor = torch.from_numpy(np.require(array, np.float32, ["C", "W"])).to(device)
    if tensor.device.type != "cpu":
        _sent[key] = (weakref.ref(array, lambda _: _sent.pop(key, None)), tensor)
    return tensor


def _project(
    points: torch.Tensor, matrix: NDArray[np.float32], lens: NDArray[np.float32], orthographic: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    x, y, z = points.unbind(1)
    a, b, depth = (float(m[0]) * x + float(m[1]) * y + float(m[2]) * z + float(m[3]) for m in matrix)
    if not orthographic:
        a, b = a / depth, b / depth
    fx, fy, cx, cy, _, k1, k2, p1, p2, k3, limit = (float(value) for value in lens)
    if limit > 0:
        r2 = a * a + b * b
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        da = 2 * p1 * a * b + p2 * (r2 + 2 * (a * a))
        db = p1 * (r2 + 2 * (b * b)) + 2 * p2 * a * b
        a = torch.where(r2 <= limit, a * radial + da, torch.nan)
        b = torch.where(r2 <= limit, b * radial + db, torch.nan)
    return a * fx + cx, b * fy + cy, depth


def _key(depth: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return (depth.contiguous().view(torch.int32).long() << 32) | index


def _claim_pixels(
    u: torch.Tensor,
    v: torch.Tensor,
    z: torch.Tensor,
    index: torch.Tensor,
    lens: NDArray[np.float32],
    size: tuple[int, int],
    best: torch.Tensor,
) -> None:
    width, height = size
    inside = (z > float(lens[4])) & (z < torch.inf) & (u >= 0) & (v >= 0) & (u < width) & (v < height)
    pixel = v[inside].long() * width + u[inside].long()
    best.scatter_reduce_(0, pixel, _key(z[inside], index[inside]), "amin")


def _claim_footprints(
    u: torch.Tensor,
    v: torch.Tensor,
    z: torch.Tensor,
    radius: torch.Tensor,
    index: torch.Tensor,
    lens: NDArray[np.float32],
    orthographic: bool,
    size: tuple[int, int],
    best: torch.Tensor,
) -> None:
    width, height = size
    cap = float(CAP)
    near = (z > float(lens[4])) & (z < torch.inf)
    near &= (u > -cap) & (v > -cap) & (u < width + cap) & (v < height + cap)
    u, v, z, radius, index = u[near], v[near], z[near], radius[near], index[near]
    focal = np.sqrt(lens[0] * lens[1])
    pixel_width = torch.full_like(z, float(np.float32(1) / focal)) if orthographic else z / float(focal)
    half = (radius * float(FOOTPRINT) / pixel_width).clamp(max=cap)
    half = torch.where(half > 0, half, 0.0)
    columns = _covered(u, half, width)
    rows = _covered(v, half, height)
    steep = float(SLOPE) * pixel_width / half.clamp(min=1)

    across = (columns[1] - columns[0]).clamp(min=0)
    count = across * (rows[1] - rows[0]).clamp(min=0)
    ends = count.cumsum(0)
    begin, done, total = 0, 0, int(ends[-1]) if len(ends) else 0
    while done < total:
        end = max(int(torch.searchsorted(ends, done + _CLAIMS_AT_ONCE, right=True)), begin + 1)
        which = torch.repeat_interleave(torch.arange(begin, end, device=z.device), count[begin:end])
        within = torch.arange(done, done + len(which), device=z.device) - (ends - count)[which]
        x = columns[0][which] + within % across[which]
        y = rows[0][which] + within // across[which]
        dx, dy = x.float() + 0.5 - u[which], y.float() + 0.5 - v[which]
        claimed = z[which] + steep[which] * (dx * dx + dy * dy)
        best.scatter_reduce_(0, y * width + x, _key(claimed, index[which]), "amin")
        begin, done = end, int(ends[end - 1])


def _covered(middle: torch.Tensor, half: torch.Tensor, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """First pixel, and one past the last, whose centres lie in [middle - half, middle + half), and the point's own."""
    own = middle.floor()
    first = torch.minimum((middle - half - 0.5).ceil(), own).clamp(min=0)
    last = torch.maximum((middle + half - 0.5).ceil(), own + 1).clamp(max=size)
    return first.long(), last.long()
