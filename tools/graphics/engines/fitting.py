"""A drawing of one aspect in a picture of another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightline.memory.pictures import resize

_SAME_ASPECT = 0.01


def fit_into(pixels: NDArray[np.uint8], size: tuple[int, int], ground: int = 255) -> tuple[NDArray[np.uint8], str]:
    """A picture of exactly `size` with the drawing in its middle, and a note in words where it does not fill it.

    Args:
        pixels: (H, W, 3) uint8, already as large as it can be within `size`.
        size: (width, height).
        ground: What lies around it, 0 to 255.
    """
    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels, ""
    if abs(width / size[0] - height / size[1]) < _SAME_ASPECT:  # a rounded pixel
        return resize(pixels, size), ""
    whole = np.full((size[1], size[0], 3), ground, np.uint8)
    left, top = max(0, (size[0] - width) // 2), max(0, (size[1] - height) // 2)
    whole[top : top + height, left : left + width] = pixels[: size[1], : size[0]]
    return whole, f"the drawing has another aspect: it fills {width}x{height} in the middle of the picture"
