"""How alike two looks are: colours inside their boxes, and local features that one affine map explains.

The features are SIFT (Lowe, IJCV 2004), the map is found by RANSAC. Plain functions on plain data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.tools.back_ends.fitting import fit
from sightline.tools.detection.looks import Look, window

Floats = NDArray[np.float64]

_CROP = 320
_COLORS_DIFFER = 0.5
"""Similarity of colours below which features are not compared."""
ENOUGH_FEATURES = 8
"""Features that one affine map explains, from which two crops certainly show the same surface."""


@dataclass(frozen=True)
class Appearance:
    """What a crop looks like."""

    colors: Floats
    points: NDArray[np.float32]
    features: NDArray[np.float32]


def describe(look: Look, pixels: NDArray[np.uint8]) -> Appearance:
    """What a look shows, from its whole picture's (H, W, 3) RGB."""
    import cv2

    rows, columns = window(look.box, (pixels.shape[1], pixels.shape[0]))
    crop = fit(np.ascontiguousarray(pixels[rows, columns]), _CROP).pixels
    height, width = crop.shape[:2]
    if look.mask is not None and look.mask.any():
        inside = cv2.resize(look.mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    else:  # an ellipse in the box holds less background than the box
        inside = np.zeros((height, width), np.uint8)
        half = max(1, width * 2 // 5), max(1, height * 2 // 5)
        cv2.ellipse(inside, (width // 2, height // 2), half, 0, 0, 360, 1, -1)
    hsv = cv2.cvtColor(crop, cv2.COLOR_RGB2HSV)
    # Grey pixels have no hue: they are told by brightness alone.
    colorful = (hsv[..., 1] > 50) & (hsv[..., 2] > 40)
    hues, _ = np.histogram(hsv[..., 0][(inside > 0) & colorful], bins=18, range=(0, 180))
    greys, _ = np.histogram(hsv[..., 2][(inside > 0) & ~colorful], bins=6, range=(0, 256))
    smooth = 0.5 * hues + 0.25 * np.roll(hues, 1) + 0.25 * np.roll(hues, -1)
    colors = np.concatenate([smooth, greys]).astype(np.float64)
    sift = cv2.SIFT.create(nfeatures=300, contrastThreshold=0.02)
    keypoints, features = sift.detectAndCompute(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), None)
    if not len(keypoints):
        points, features = np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
    else:
        points = np.array([k.pt for k in keypoints], dtype=np.float32)
    return Appearance(colors / max(1.0, colors.sum()), points, np.asarray(features, dtype=np.float32))


def alike_by(a: Appearance, b: Appearance) -> tuple[float, int]:
    """Similarity 0 to 1, and how many features one affine map explains."""
    import cv2

    colors = float(np.sqrt(a.colors * b.colors).sum())  # Bhattacharyya's coefficient
    explained = 0
    if colors >= _COLORS_DIFFER and len(a.features) >= 2 and len(b.features) >= 2:
        pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(a.features, b.features, k=2)
        good = [m for m, n in (p for p in pairs if len(p) == 2) if m.distance < 0.75 * n.distance]
        if len(good) >= 4:
            source, target = a.points[[m.queryIdx for m in good]], b.points[[m.trainIdx for m in good]]
            cv2.setRNGSeed(0)
            _, inliers = cv2.estimateAffine2D(source, target, ransacReprojThreshold=6.0)
            explained = int(np.count_nonzero(inliers))  # None, and so 0, where no map was found
    return 0.6 * colors + 0.4 * min(1.0, explained / ENOUGH_FEATURES), explained
