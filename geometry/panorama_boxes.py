"""Boxes on a panorama's sphere: a range of yaws and a range of pitches, also across the seam and around a pole.

A box drawn in a panorama, or in a view of one, becomes such a range; a range becomes one box in the panorama's pixels,
or two where the seam cuts it, or the view that shows it whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.cameras import Size
from sightline.geometry.panoramas import (
    NARROWEST,
    WIDEST,
    PanoramaView,
    angles_of,
    box_outline,
    directions,
    pixels_to_angles,
    wrap_yaw,
)

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class AngularBox:
    """Everything between two yaws and two pitches, in degrees.

    Attributes:
        left: Yaw of its left edge, -180 to 180.
        right: Yaw of its right edge, left to left + 360; above 180 where the seam lies inside.
        bottom: Lowest pitch.
        top: Highest pitch; at 90 with a width of 360 it is a cap around the pole.
    """

    left: float
    right: float
    bottom: float
    top: float

    def __post_init__(self) -> None:
        if not (-180 <= self.left <= 180 and self.left <= self.right <= self.left + 360 + 1e-9):
            raise ValueError(f"yaws go from left in -180 to 180 to at most a turn further, not {self}")
        if not -90 <= self.bottom <= self.top <= 90:
            raise ValueError(f"pitches go from -90 up to 90, not {self}")

    @classmethod
    def from_panorama(cls, box: Box, size: Size) -> Self:
        """From (x0, y0, x1, y1) in a panorama's pixels; x1 may lie beyond the width where the seam is crossed.

        Raises:
            ValueError: It has no area, or is wider than the panorama.
        """
        x0, y0, x1, y1 = box
        if not (0 < x1 - x0 <= size[0] and 0 <= y0 < y1 <= size[1]):
            raise ValueError(f"a box in a {size[0]}x{size[1]} panorama has x0 < x1, y0 < y1 and lies inside, not {box}")
        left, top = pixels_to_angles((x0, y0), size)
        return cls(float(left), float(left) + (x1 - x0) / size[0] * 360, 90 - y1 / size[1] * 180, float(top))

    @classmethod
    def from_view(cls, view: PanoramaView, box: Box) -> Self:
        """The smallest one around a box in a view's pixels; it holds the whole turn where the box shows a pole."""
        outline = view.to_angles(box_outline(box, 256))
        bottom, top = float(outline[:, 1].min()), float(outline[:, 1].max())
        for pole in (90.0, -90.0):
            x, y = view.from_angles([0.0, pole])
            if box[0] <= x <= box[2] and box[1] <= y <= box[3]:
                return cls(-180.0, 180.0, min(bottom, pole), max(top, pole))
        yaws = np.sort(outline[:, 0])
        gaps = np.append(np.diff(yaws), yaws[0] + 360 - yaws[-1])
        widest = int(gaps.argmax())  # what is left out of the turn
        left = float(yaws[(widest + 1) % len(yaws)])
        return cls(left, left + 360 - float(gaps[widest]), bottom, top)

    @property
    def crosses_seam(self) -> bool:
        """Whether it goes on beyond the panorama's right edge."""
        return self.right > 180

    @property
    def centre(self) -> tuple[float, float]:
        """Yaw and pitch of the middle of what it covers on the sphere; a pole for a cap around it."""
        if self.right - self.left >= 360 - 1e-6 and (self.top == 90) != (self.bottom == -90):
            return 0.0, 90.0 if self.top == 90 else -90.0
        return float(wrap_yaw((self.left + self.right) / 2)), (self.bottom + self.top) / 2

    def contains(self, angles: ArrayLike) -> NDArray[np.bool_]:
        """Which of (..., 2) yaws and pitches lie inside; a pole does whatever its yaw."""
        yaw, pitch = np.moveaxis(np.asarray(angles, dtype=np.float64), -1, 0)
        across = np.mod(yaw - self.left, 360.0) <= self.right - self.left
        pole = np.abs(pitch) == 90
        return np.asarray((across | pole) & (pitch >= self.bottom) & (pitch <= self.top))

    def in_panorama(self, size: Size) -> list[Box]:
        """Its boxes in a panorama's pixels: one, or a right and a left one where the seam cuts it."""
        width, height = size
        y0, y1 = (0.5 - self.top / 180) * height, (0.5 - self.bottom / 180) * height
        x0, x1 = (self.left / 360 + 0.5) * width, (self.right / 360 + 0.5) * width
        if x1 <= width:
            return [(x0, y0, x1, y1)]
        if x0 >= width:
            return [(x0 - width, y0, x1 - width, y1)]
        return [(x0, y0, float(width), y1), (0.0, y0, x1 - width, y1)]

    def view(self, size: Size, margin: float = 1.2) -> PanoramaView:
        """The view of this size that looks at its middle and shows all of it.

        Args:
            size: (width, height) of the view in pixels.
            margin: How much wider than needed, as a factor of the view's width.

        Raises:
            ValueError: It is too large for one view.
        """
        outline = self._outline()
        yaw, pitch = angles_of(directions(outline).mean(axis=0)) if self._is_patch else self.centre
        wide = PanoramaView(float(yaw), float(pitch), 90.0, size)
        pixels = wide.from_angles(outline)
        if np.isnan(pixels).any():
            raise ValueError("it is too large for one view: more than half of all around")
        offset = np.abs(pixels - np.array(size) / 2)
        needed = max(float(offset[:, 0].max()) / size[0], float(offset[:, 1].max()) / size[1]) * 2 * margin
        field = max(NARROWEST, 2 * math.degrees(math.atan(needed)))
        if field > WIDEST:
            raise ValueError(f"it is too large for one view: that would need {field:.0f} degrees")
        return PanoramaView(wide.yaw, wide.pitch, field, size)

    @property
    def _is_patch(self) -> bool:
        return self.right - self.left < 180

    def _outline(self) -> NDArray[np.float64]:
        """Yaws and pitches along its edges, (N, 2)."""
        return box_outline((self.left, self.bottom, self.right, self.top), 48)
