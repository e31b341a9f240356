"""Which points of two pictures show the same thing: SIFT, matched both ways, and checked by the geometry later.

Repeated textures (tiles, carpets) give matches that are wrong together; the ratio test drops most of them, and what is
left must agree with one camera motion over a good part of both pictures before anything is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.tools.back_ends.protocols import Seen

LONGEST_SIDE = 1600
"""Pictures are scaled down to this before features are sought: time and memory stay bounded for any photo."""
MOST_FEATURES = 8000
RATIO = 0.8
"""Largest distance to the best match over that to the second best (Lowe 2004, section 7.1)."""
_BLOCK = 1000


@dataclass(frozen=True)
class Features:
    """Points of interest of one picture.

    Attributes:
        points: (N, 2) continuous pixels of the picture as given.
        descriptors: (N, 128) float32, unit length.
        strength: (N,) float32, how much each stands out; the strongest first.
    """

    points: NDArray[np.float64]
    descriptors: NDArray[np.float32]
    strength: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.points)


def find_features(picture: Seen, *, mirrored: bool = False) -> Features:
    """RootSIFT features (Arandjelovic and Zisserman 2012) outside the ignored pixels.

    Args:
        picture: Any size.
        mirrored: Look at it as in a mirror; points are then those of the mirrored picture.
    """
    import cv2

    width, height = picture.size
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    pixels = picture.pixels[:, ::-1] if mirrored else picture.pixels
    gray = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if scale < 1:
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    mask = None
    if picture.ignore is not None:
        usable = ~(picture.ignore[:, ::-1] if mirrored else picture.ignore)
        mask = cv2.resize(usable.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        mask = cv2.erode(mask, np.ones((5, 5), np.uint8))
    # Without the precise upscale all places are a quarter of a pixel too far to the right and down.
    sift = cv2.SIFT.create(nfeatures=MOST_FEATURES, contrastThreshold=0.01, enable_precise_upscale=True)
    keypoints, descriptors = sift.detectAndCompute(gray, mask)
    if len(keypoints) == 0:
        return Features(np.zeros((0, 2)), np.zeros((0, 128), np.float32), np.zeros(0, np.float32))
    # OpenCV's pixel (0, 0) is the centre of the first one, ours its corner.
    points = (np.array([k.pt for k in keypoints]) + 0.5) * (width / size[0], height / size[1])
    rooted = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-9))
    strength = np.array([k.response * k.size for k in keypoints], np.float32)
    order = np.argsort(-strength, kind="stable")
    return Features(points[order], np.ascontiguousarray(rooted[order], dtype=np.float32), strength[order])


def match(a: Features, b: Features, ratio: float = RATIO) -> NDArray[np.intp]:
    """Mutual nearest neighbours that pass the ratio test.

    Returns:
        (M, 2) indices into `a` and `b`, best first; each place of either picture once.
    """
    if len(a) < 2 or len(b) < 2:
        return np.zeros((0, 2), np.intp)
    to_b, to_a, distance, second = _nearest(a.descriptors, b.descriptors)
    own = np.arange(len(a))
    good = (to_a[to_b] == own) & (distance < ratio * second)
    order = np.argsort(distance[good], kind="stable")
    pairs = np.stack([own[good], to_b[good]], axis=1)[order]
    for side, points in ((0, a.points), (1, b.points)):
        _, first = np.unique(np.round(points[pairs[:, side]], 1), axis=0, return_index=True)
        pairs = pairs[np.sort(first)]
    return pairs


def _nearest(
    a: NDArray[np.float32], b: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """Nearest neighbours both ways, in blocks of rows, one product for both.

    Returns:
        For each row of `a` its nearest in `b`; for each of `b` its nearest in `a`; for each of `a` the distance to the
        nearest and to the second nearest.
    """
    to_b = np.empty(len(a), np.intp)
    first, second = np.empty(len(a), np.float32), np.empty(len(a), np.float32)
    to_a, best_a = np.zeros(len(b), np.intp), np.full(len(b), -np.inf, np.float32)
    for start in range(0, len(a), _BLOCK):
        likeness = a[start : start + _BLOCK] @ b.T  # unit vectors: squared distance = 2 - 2 likeness
        rows = np.arange(len(likeness))
        block = slice(start, start + len(likeness))
        column = likeness.argmax(axis=0)
        value = likeness[column, np.arange(len(b))]
        better = value > best_a
        to_a[better], best_a[better] = column[better] + start, value[better]
        best = likeness.argmax(axis=1)
        to_b[block] = best
        first[block] = likeness[rows, best]
        likeness[rows, best] = -np.inf
        second[block] = likeness.max(axis=1)
    return to_b, to_a, np.sqrt(np.maximum(2 - 2 * first, 0)), np.sqrt(np.maximum(2 - 2 * second, 0))
