"""Where two pictures differ: a map of the difference, and its worst regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.tools.graphics.metrics.photometric import Pixels, same_size

Floats = NDArray[np.float64]

BRIGHTEST = 0.25
"""Root of the mean squared difference of a pixel, in [0, 1], that is shown brightest: heat maps compare."""
LEAST = 0.02
"""Root mean squared difference, in [0, 1], below which a pixel belongs to no region: 5 levels of 255."""
_BLUR = 1 / 96  # share of the longer side over which differences are gathered into regions
_CUT = 0.25  # share of the strongest gathered difference that still belongs to a region


@dataclass(frozen=True)
class DifferentRegion:
    """A part of the picture where two differ.

    Attributes:
        box: (x0, y0, x1, y1) in pixels of the render, whole numbers.
        share: Of the whole squared error, 0 to 1.
        render: Mean colour there in the render, sRGB levels.
        target: Mean colour there in the target.
    """

    box: tuple[float, float, float, float]
    share: float
    render: tuple[int, int, int]
    target: tuple[int, int, int]


def squared_error(render: Pixels, target: Pixels) -> Floats:
    """(H, W) squared error with values in [0, 1], mean over the channels; its mean is the photometric loss."""
    difference = (render.astype(np.float64) - same_size(render, target)) / 255.0
    return np.asarray(np.mean(np.square(difference), axis=2))


def difference_map(render: Pixels, target: Pixels) -> Pixels:
    """The difference as a picture (H, W, 3): black where equal, brightest from `BRIGHTEST` on (inferno's colours)."""
    import cv2

    share = np.clip(np.sqrt(squared_error(render, target)) / BRIGHTEST, 0.0, 1.0)
    coloured = cv2.applyColorMap(np.rint(255 * share).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(coloured[:, :, ::-1])


def worst_regions(render: Pixels, target: Pixels, most: int = 4) -> list[DifferentRegion]:
    """Where the squared error is, the worst first.

    Differences are gathered with a Gaussian. From its strongest pixel a region grows over neighbours that differ, down
    to a share of that strength; then comes the strongest pixel that is left.

    Args:
        render: (H, W, 3) uint8.
        target: (H', W', 3) uint8; resized to the render where the sizes differ.
        most: Regions returned, at most.

    Returns:
        Regions; none where no pixel differs by more than `LEAST`.
    """
    import cv2

    target = same_size(render, target)
    error = squared_error(render, target)
    left = error > LEAST**2
    gathered = np.sqrt(cv2.GaussianBlur(error, (0, 0), max(1.0, _BLUR * max(error.shape))))
    found: list[DifferentRegion] = []
    while left.any() and len(found) < most:
        peak = np.unravel_index(np.argmax(np.where(left, gathered, -1.0)), error.shape)
        _, labels = cv2.connectedComponents((left & (gathered >= _CUT * gathered[peak])).astype(np.uint8))
        inside = labels == labels[peak]
        left &= ~inside
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
        share = float(error[inside].sum() / error.sum())
        found.append(DifferentRegion(box, share, _mean(render, inside), _mean(target, inside)))
    return sorted(found, key=lambda region: -region.share)


def _mean(pixels: Pixels, inside: NDArray[np.bool_]) -> tuple[int, int, int]:
    red, green, blue = np.rint(pixels[inside].mean(axis=0)).astype(int)
    return int(red), int(green), int(blue)
