"""Pictures made smaller for a model, and places converted back: bounded memory also for 48-megapixel photos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.tools.back_ends.protocols import Box


@dataclass(frozen=True)
class Fitted:
    """A picture at the size a model is given.

    Attributes:
        pixels: (h, w, 3) uint8 RGB.
        size: (width, height) of the picture it was made from.
    """

    pixels: NDArray[np.uint8]
    size: tuple[int, int]

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the picture per pixel of the fitted one, along x and y."""
        height, width = self.pixels.shape[:2]
        return self.size[0] / width, self.size[1] / height

    def writable(self) -> NDArray[np.uint8]:
        """A copy of the pixels: torch warns of arrays that cannot be written, as those of a run's pictures are."""
        return np.array(self.pixels)

    def point_in(self, point: tuple[float, float]) -> tuple[float, float]:
        """A point of the picture in the fitted one."""
        sx, sy = self.scale
        return point[0] / sx, point[1] / sy

    def box_in(self, box: Box) -> Box:
        """A box of the picture in the fitted one."""
        return (*self.point_in(box[:2]), *self.point_in(box[2:]))

    def box_out(self, box: ArrayLike) -> Box | None:
        """A box (4,) found in the fitted picture in pixels of the picture, clipped; None where nothing is left."""
        x0, y0, x1, y1 = (float(v) for v in np.asarray(box, dtype=np.float64))
        (sx, sy), (width, height) = self.scale, self.size
        left, top = min(max(x0 * sx, 0.0), width), min(max(y0 * sy, 0.0), height)
        right, bottom = min(max(x1 * sx, 0.0), width), min(max(y1 * sy, 0.0), height)
        return (left, top, right, bottom) if right > left and bottom > top else None

    def points_out(self, points: ArrayLike) -> NDArray[np.float64]:
        """Points (..., 2) found in the fitted picture in pixels of the picture."""
        return np.asarray(points, dtype=np.float64) * self.scale

    def mask_out(self, mask: ArrayLike) -> NDArray[np.bool_]:
        """A (h, w) mask or its probability at the size of the picture, (H, W) bool; smooth along its outline."""
        import cv2

        soft = np.asarray(mask, dtype=np.float32)
        if (soft.shape[1], soft.shape[0]) != self.size:
            soft = np.asarray(cv2.resize(soft, self.size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
        return np.asarray(soft > 0.5)


def fit(pixels: NDArray[np.uint8], longest: int) -> Fitted:
    """A picture with its longer side at most `longest` pixels; smaller ones stay as they are.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        longest: Pixels.
    """
    import cv2

    height, width = pixels.shape[:2]
    if max(height, width) <= longest:
        return Fitted(pixels, (width, height))
    factor = longest / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    # Averaging over areas: what is thin stays visible, and in continuous pixels it is a pure scale.
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return Fitted(np.asarray(small, dtype=np.uint8), (width, height))
