"""Following a box through frames without a detector: the motion that most corners in it share.

Corners inside the box are followed to the next frame and back (Lucas-Kanade); those that come back agree on a shift
and a growth by their median, and the box goes with them (Kalal, Mikolajczyk and Matas, Forward-Backward Error, 2010).
Where too few come back, or what is in the box no longer looks as it did at first, the thing is lost; it is not searched
for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Gray = NDArray[np.uint8]

FEWEST = 6
"""Corners that must come back."""
ROUND_TRIP_PX = 0.8
LEAST_ALIKE = 0.4
"""Correlation with the first look below which it is another thing."""
_GRID = 10
_LOOK = 24
"""Side in pixels at which looks are compared."""


def follow(frames: NDArray[np.uint8], first: int, box: tuple[float, float, float, float]) -> Floats:
    """The box in every frame, forwards and backwards from the first.

    Args:
        frames: (K, h, w, 3) uint8 RGB.
        first: The frame the box is in.
        box: (x0, y0, x1, y1) in its continuous pixels.

    Returns:
        (K, 4), NaN from where it is lost.
    """
    import cv2

    out = np.full((len(frames), 4), np.nan)
    out[first] = box
    gray = np.asarray(cv2.cvtColor(frames[first], cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    look = _look(gray, out[first])
    for step in (1, -1):
        before, now = gray, first + step
        while 0 <= now < len(frames):
            after = np.asarray(cv2.cvtColor(frames[now], cv2.COLOR_RGB2GRAY), dtype=np.uint8)
            moved = _moved(before, after, out[now - step])
            if moved is not None:
                moved = _settled(gray, after, out[first], moved)
            if moved is None or _alike(look, _look(after, moved)) < LEAST_ALIKE:
                break
            out[now] = moved
            before, now = after, now + step
    return out


def _settled(key: Gray, after: Gray, first: Floats, box: Floats) -> Floats:
    """A box corrected by the first look: this frame is laid over the first, and what is still off there is undone.

    From frame to frame small errors add up; here they do not. Where the thing no longer looks as at first, the box
    stays as it is.
    """
    import cv2

    height, width = key.shape
    grown = (box[2:] - box[:2]) / (first[2:] - first[:2])
    matrix = np.array([[grown[0], 0, box[0] - grown[0] * first[0]], [0, grown[1], box[1] - grown[1] * first[1]]])
    matrix[:, 2] += 0.5 * grown - 0.5  # to OpenCV's integer-centred pixels
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    laid_over = np.asarray(cv2.warpAffine(after, matrix, (width, height), flags=flags), dtype=np.uint8)
    rest = _moved(key, laid_over, first)
    if rest is None:
        return box
    return np.concatenate([box[:2] + grown * (rest[:2] - first[:2]), box[2:] + grown * (rest[2:] - first[2:])])


def _moved(before: Gray, after: Gray, box: Floats) -> Floats | None:
    """The box in the next frame; None where it is lost or has left the frame."""
    import cv2

    points = _points(before, box)
    if len(points) < FEWEST:
        return None
    # Small windows: a large one at the thing's edge would see the background's motion too.
    size = max(7, min(21, round(float(min(box[2:] - box[:2])) / 5) | 1))
    there, ok, _ = cv2.calcOpticalFlowPyrLK(before, after, points, points.copy(), winSize=(size, size), maxLevel=3)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(after, before, there, points.copy(), winSize=(size, size), maxLevel=3)
    off = np.linalg.norm(np.asarray(back).reshape(-1, 2) - points.reshape(-1, 2), axis=1)
    good = (np.asarray(ok).ravel() == 1) & (np.asarray(returned).ravel() == 1) & (off < ROUND_TRIP_PX)
    if good.sum() < FEWEST:
        return None
    a, b = points.reshape(-1, 2)[good].astype(np.float64), np.asarray(there).reshape(-1, 2)[good].astype(np.float64)
    shift = np.median(b - a, axis=0)
    agree = np.linalg.norm(b - a - shift, axis=1) < 0.1 * np.linalg.norm(box[2:] - box[:2]) + 1
    a, b = a[agree], b[agree]
    if len(a) < FEWEST:
        return None
    first, second = np.triu_indices(len(a), 1)
    wide = np.linalg.norm(a[first] - a[second], axis=1)
    far = wide > 2
    growth = np.median(np.linalg.norm(b[first] - b[second], axis=1)[far] / wide[far]) if far.any() else 1.0
    # Each point says where the box's middle went; the growth is about that middle.
    centre = (box[:2] + box[2:]) / 2 - 0.5
    middle = np.median(b + growth * (centre - a), axis=0) + 0.5
    half = (box[2:] - box[:2]) / 2 * growth
    height, width = after.shape
    inside = np.clip(middle, 0, (width, height))
    if (np.abs(inside - middle) > 0).any():
        return None
    return np.concatenate([middle - half, middle + half])


def _points(gray: Gray, box: Floats) -> NDArray[np.float32]:
    """Corners in a box, (N, 1, 2) in OpenCV's integer-centred pixels."""
    from typing import Any

    import cv2

    height, width = gray.shape
    x0, y0 = np.clip(np.floor(box[:2]).astype(int), 0, (width, height))
    x1, y1 = np.clip(np.ceil(box[2:]).astype(int), 0, (width, height))
    if x1 - x0 < 4 or y1 - y0 < 4:
        return np.zeros((0, 1, 2), np.float32)
    mask = np.zeros_like(gray)
    mask[y0:y1, x0:x1] = 255
    found: Any = cv2.goodFeaturesToTrack(gray, _GRID * _GRID, 0.01, 2, mask=mask)
    return np.zeros((0, 1, 2), np.float32) if found is None else np.asarray(found, np.float32).reshape(-1, 1, 2)


def _look(gray: Gray, box: Floats) -> Floats:
    """What is in a box, at one size."""
    import cv2

    x0, y0, x1, y1 = box
    matrix = np.array([[(x1 - x0) / _LOOK, 0, x0 - 0.5], [0, (y1 - y0) / _LOOK, y0 - 0.5]])
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    return np.asarray(
        cv2.warpAffine(gray, matrix, (_LOOK, _LOOK), flags=flags, borderMode=cv2.BORDER_REPLICATE), dtype=np.float64
    )


def _alike(a: Floats, b: Floats) -> float:
    """Correlation of two looks, -1 to 1; plain ones are alike."""
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > _LOOK * _LOOK else 1.0
