"""Differences of form: silhouettes and edges, whatever the colours."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sightline.tools.graphics.metrics.photometric import Pixels, same_size

Mask = NDArray[np.bool_]

BACKGROUND_TOLERANCE = 24
"""Levels of 255 by which a channel must differ from the background's colour to belong to a thing."""
EDGE_TOLERANCE = 0.0075
"""Share of the picture's diagonal by which two edges may be apart and still be one (the Berkeley benchmark's)."""
_CANNY = (80, 160)  # weak and strong gradient, levels of 255 over the Sobel operator


def silhouette(pixels: Pixels) -> Mask:
    """What is not background, where no engine says so: pixels whose colour is not that of the picture's border.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        (H, W) bool.
    """
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    background = np.median(border, axis=0)
    return np.asarray((np.abs(pixels - background) > BACKGROUND_TOLERANCE).any(axis=2))


def silhouette_overlap(render: Mask, target: Mask) -> float:
    """Intersection over union of two silhouettes: 1 where they agree (also where both are empty), 0 where apart.

    Args:
        render: (H, W) bool.
        target: (H', W') bool; resized to the render, each pixel taking its nearest one.
    """
    if render.shape != target.shape:
        import cv2

        size = (render.shape[1], render.shape[0])
        target = cv2.resize(target.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(np.bool_)
    union = int(np.count_nonzero(render | target))
    return 1.0 if union == 0 else int(np.count_nonzero(render & target)) / union


def edge_overlap(render: Pixels, target: Pixels) -> float:
    """F-measure of edges: 1 where every edge of either picture lies on one of the other, 0 where none does.

    Source: the boundary F-measure of Martin, Fowlkes, Malik, 2004, on Canny's edges, each of which counts as found
    where the other picture has one within `EDGE_TOLERANCE` of the diagonal.

    Args:
        render: (H, W, 3) uint8.
        target: (H', W', 3) uint8; resized to the render where the sizes differ.
    """
    import cv2

    own, other = _edges(render), _edges(same_size(render, target))
    if not own.any() and not other.any():
        return 1.0
    if not own.any() or not other.any():
        return 0.0
    reach = max(1, round(EDGE_TOLERANCE * math.hypot(*render.shape[:2])))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near_own, near_other = (cv2.dilate(edges.astype(np.uint8), disc).astype(np.bool_) for edges in (own, other))
    precision = np.count_nonzero(own & near_other) / np.count_nonzero(own)
    recall = np.count_nonzero(other & near_own) / np.count_nonzero(other)
    return 0.0 if precision + recall == 0 else float(2 * precision * recall / (precision + recall))


def _edges(pixels: Pixels) -> Mask:
    import cv2

    grey = cv2.GaussianBlur(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
    return np.asarray(cv2.Canny(grey, *_CANNY) > 0)
