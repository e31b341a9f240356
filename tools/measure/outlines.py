"""Outlines of things from depth: which pixels of a box are the thing's, and where its outline is not its own edge.

Plain functions on arrays. A thing's surfaces end inside the box drawn around it; what is behind it, and what it stands
on, go on outside. So of the bodies that depth tells apart in and around a box, the thing is the one that stays inside.
What a thing stands on touches it, and depth has no jump there: level surfaces that go on outside are taken away first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.reconstructions import Reconstruction

Bools = NDArray[np.bool_]

_STEP = 0.025
"""Neighbouring pixels whose depths differ by more than this share are of two bodies; more for a coarser grid."""
_AROUND = 0.35
"""How far around the box is looked, as a share of its sides."""
_INSIDE = 0.75
"""Share of a body's pixels that lie in the box, from which it is the thing's."""
_LARGE = 0.12
"""Share of the box that it fills at least."""
_MOST_PIXELS = 200
"""Sides of the grid that is looked at; larger regions are sampled."""
_LEVEL = 0.966
"""Cosine of the 15 degrees within which a surface counts as level."""
_RISE = 0.004
"""Neighbouring pixels of one level surface differ in height by less than this share of the depth."""
_GOES_ON = 0.2
"""Share of a level surface's pixels that lie outside the box, from which it is not the thing's own."""
_SPAN = 0.85
_NEARER = 0.04
"""What is nearer than the thing by this share of the depth, right beside its outline, hides a part of it."""
_NOISE = 0.12
"""Share of the outline along which that may be before a part counts as cut off."""
_BORDER = 2.0
"""Pixels from the picture's edge within which a box is cut off by it."""


def outline_in_box(
    reconstruction: Reconstruction, picture: str, box: Sequence[float], floor: float | None
) -> Bools | None:
    """The mask (H, W), of the depth map's size, of the thing in a box; None where depth does not tell it.

    Args:
        reconstruction: With dense depth for the picture, or the answer is None.
        picture: Handle.
        box: (x0, y0, x1, y1) in stored pixels.
        floor: Height of the floor, which is no part of a thing; None where unknown.
    """
    if picture not in reconstruction.depths:
        return None
    depth, camera = reconstruction.depths[picture], reconstruction.cameras[picture]
    height, width = depth.shape
    sx, sy = width / camera.intrinsics.width, height / camera.intrinsics.height
    x0, y0, x1, y1 = box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy
    wide, high = _AROUND * (x1 - x0), _AROUND * (y1 - y0)
    left, top = max(0, int(x0 - wide)), max(0, int(y0 - high))
    right, bottom = min(width, int(np.ceil(x1 + wide))), min(height, int(np.ceil(y1 + high)))
    stride = max(1, int(np.ceil(max(right - left, bottom - top) / _MOST_PIXELS)))
    columns, rows = np.arange(left, right, stride), np.arange(top, bottom, stride)
    if len(columns) < 3 or len(rows) < 3:
        return None
    part = depth[np.ix_(rows, columns)].astype(np.float64)
    usable = np.isfinite(part) & (part > 0)
    part = np.where(usable, part, 1.0)
    own = np.add.outer((rows + 0.5 >= y0) & (rows + 0.5 <= y1), np.zeros(len(columns), np.bool_))
    own &= ((columns + 0.5 >= x0) & (columns + 0.5 <= x1))[None]
    x, y = np.meshgrid((columns + 0.5) / sx, (rows + 0.5) / sy)
    points = camera.unproject(np.stack([x, y], axis=-1), part)
    if floor is not None:
        usable &= points[..., 2] - floor > 0.012 * part
    if reconstruction.up != "assumed":
        usable &= ~_stood_on(points, part, usable, own)
    coarser = max(1.0, stride / 2)
    labels = _bodies(part, usable, _STEP * coarser * part)
    counts = np.bincount(labels[usable], minlength=labels.max() + 1)
    within = np.bincount(labels[usable & own], minlength=labels.max() + 1)
    fitting = (within >= _INSIDE * counts) & (within >= _LARGE * own.sum())
    if not fitting.any():
        return None
    best = int(np.argmax(np.where(fitting, within, 0)))
    # Parts of it that something before it cuts off lie at its depth.
    near, far = np.quantile(part[usable & own & (labels == best)], [0.02, 0.98])
    parts = (within >= _INSIDE * counts) & (within >= 0.05 * within[best])
    medians = [float(np.median(part[usable & own & (labels == k)])) for k in np.nonzero(parts)[0]]
    chosen = [int(k) for k, m in zip(np.nonzero(parts)[0], medians, strict=True) if near * 0.97 <= m <= far * 1.03]
    small = usable & own & np.isin(labels, [best, *chosen])
    mask = np.zeros(depth.shape, np.bool_)
    full = np.repeat(np.repeat(small, stride, axis=0), stride, axis=1)
    full = full[: height - top, : width - left]
    mask[top : top + full.shape[0], left : left + full.shape[1]] = full
    return mask


def _stood_on(points: NDArray[np.float64], depth: NDArray[np.float64], usable: Bools, own: Bools) -> Bools:
    """Pixels of level surfaces that go on outside the box: a table top, a shelf, the ground.

    Args:
        points: (H, W, 3) in a world with z up.
        depth: (H, W).
        usable: (H, W) whether there is a point.
        own: (H, W) whether it lies in the box.
    """
    across, down = np.gradient(points, axis=1), np.gradient(points, axis=0)
    normals = np.cross(across, down)
    steep = np.abs(normals[..., 2]) < _LEVEL * np.linalg.norm(normals, axis=-1)
    level = usable & ~steep
    labels = _bodies(points[..., 2], level, _RISE * depth)
    counts = np.bincount(labels[level], minlength=labels.max() + 1)
    outside = np.bincount(labels[level & ~own], minlength=labels.max() + 1)
    large = counts >= 0.02 * own.sum()
    found = level & (large & (outside >= _GOES_ON * counts))[labels]
    # What lies at its height beside it is of it too: its rim has no normal of its own.
    beside = usable.copy()
    for axis in (0, 1):
        for step in (1, -1):
            other = np.roll(found, step, axis)
            near = np.abs(points[..., 2] - np.roll(points[..., 2], step, axis)) <= _RISE * depth
            other[_wrapped(axis, step)] = False
            found = found | (other & near & beside)
    return np.asarray(found)


def spans(mask: Bools, box: Sequence[float], size: tuple[int, int]) -> bool:
    """Whether a mask reaches about as far as the box drawn around the thing.

    Args:
        mask: (H, W) of any size with the picture's aspect.
        box: (x0, y0, x1, y1) in stored pixels.
        size: (width, height) of the picture.
    """
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if len(rows) == 0:
        return False
    wide = (columns[-1] + 1 - columns[0]) * size[0] / mask.shape[1]
    high = (rows[-1] + 1 - rows[0]) * size[1] / mask.shape[0]
    return bool(wide >= _SPAN * (box[2] - box[0]) and high >= _SPAN * (box[3] - box[1]))


def share_cut_off(
    reconstruction: Reconstruction, picture: str, box: Sequence[float] | None, mask: Bools | None
) -> float:
    """The share of a thing's outline that is not its own edge, 0 to 1.

    It is the picture's edge, or something nearer lies right beside it: the thing may go on there. A share below the
    noise of outlines counts as 0.

    Args:
        reconstruction: With a camera for the picture; what is nearer is seen only where its depth is dense.
        picture: Handle.
        box: (x0, y0, x1, y1) in stored pixels.
        mask: (H, W) of any size with the picture's aspect; None where only the box is known.
    """
    share = 0.0
    if box is not None:
        width, height = reconstruction.cameras[picture].intrinsics.size
        x0, y0, x1, y1 = box
        around = 2 * (x1 - x0 + y1 - y0)
        across = [(y1 - y0) * (x0 <= _BORDER), (y1 - y0) * (x1 >= width - _BORDER)]
        along = [(x1 - x0) * (y0 <= _BORDER), (x1 - x0) * (y1 >= height - _BORDER)]
        share = sum(across + along) / max(around, 1e-9)
    if mask is not None and picture in reconstruction.depths:
        share += _share_hidden(reconstruction.depths[picture], mask)
    return min(1.0, share) if share > _NOISE else 0.0


def _share_hidden(depth: NDArray[np.float32], mask: Bools) -> float:
    rows = ((np.arange(depth.shape[0]) + 0.5) * mask.shape[0] / depth.shape[0]).astype(np.intp)
    columns = ((np.arange(depth.shape[1]) + 0.5) * mask.shape[1] / depth.shape[1]).astype(np.intp)
    own = mask[np.ix_(rows, columns)]
    rim = hidden = 0
    for axis, step in ((0, 2), (0, -2), (1, 2), (1, -2)):
        beside, other = np.roll(own, step, axis), np.roll(depth, step, axis)
        edge = own & ~beside & np.isfinite(depth) & np.isfinite(other)
        edge[_wrapped(axis, step)] = False
        rim += int(edge.sum())
        hidden += int((edge & (other < (1 - _NEARER) * depth)).sum())
    return hidden / max(rim, 1)


def _wrapped(axis: int, step: int) -> tuple[slice, ...]:
    """The rows or columns that a roll brings in from the other side."""
    ends = slice(None, step) if step > 0 else slice(step, None)
    return (ends,) if axis == 0 else (slice(None), ends)


def _bodies(values: NDArray[np.float64], usable: Bools, step: NDArray[np.float64]) -> NDArray[np.intp]:
    """Labels of the pixels, alike where a chain of usable neighbours leads from one to the other without a jump.

    Args:
        values: (H, W) depths or heights.
        usable: (H, W) pixels that count.
        step: (H, W) how far neighbours of one body may differ.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number = np.arange(values.size).reshape(values.shape)
    pairs = []
    for here, there in (
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
        (slice(None, -1), slice(1, None)),
    ):
        joined = usable[here] & usable[there]
        joined &= np.abs(values[here] - values[there]) <= np.minimum(step[here], step[there])
        pairs.append(np.stack([number[here][joined], number[there][joined]]))
    start, end = np.concatenate(pairs, axis=1)
    graph: Any = coo_array((np.ones(len(start), np.bool_), (start, end)), shape=(values.size, values.size))
    labels = connected_components(graph, directed=False)[1]
    return np.asarray(labels.reshape(values.shape), dtype=np.intp)
