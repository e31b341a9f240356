"""Coordinate dialects and picture limits: how a model is shown a picture, and how it speaks of places in it.

Vision-language models name places differently: in pixels of the picture as it was sent, in fractions, in
thousandths, some with y first. Everything inside Sightline is in stored pixels (continuous, origin at the top-left
corner, first pixel's centre at (0.5, 0.5)). A `CoordinateDialect` converts between the two, and nothing else does.

`PictureLimits` says how large a picture a provider looks at without resizing it behind our back, so that "pixels of
the picture as sent" means what the model sees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True)
class CoordinateDialect:
    """One way of naming places in a picture.

    Attributes:
        name: Short name, e.g. `pixels` or `permille_yx`.
        scale: What the far edge of the picture is called: 1, 100 or 1000; None for pixels of the picture as sent.
        order: `xy` or `yx`: which coordinate comes first, also within boxes.
        decimals: Decimals written when a place is told to the model.
    """

    name: str
    scale: int | None
    order: Literal["xy", "yx"] = "xy"
    decimals: int = 0

    def extent(self, sent_size: Size) -> tuple[float, float]:
        """Largest valid (x, y) of a picture sent at `sent_size`, in this dialect (x first, whatever the order)."""
        if self.scale is None:
            return float(sent_size[0]), float(sent_size[1])
        return float(self.scale), float(self.scale)

    def to_model(self, points: ArrayLike, stored_size: Size, sent_size: Size) -> NDArray[np.float64]:
        """Stored pixels to the model's numbers, in the model's order.

        Args:
            points: (N, 2) array of (x, y) in stored pixels.
            stored_size: Width and height of the stored picture.
            sent_size: Width and height at which the model is shown it.

        Returns:
            (N, 2) float64, unrounded.
        """
        xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        per_pixel = np.asarray(self.extent(sent_size)) / np.asarray(stored_size, dtype=np.float64)
        out = np.multiply(xy, per_pixel, dtype=np.float64)
        return out[:, ::-1].copy() if self.order == "yx" else out

    def from_model(self, points: ArrayLike, stored_size: Size, sent_size: Size) -> NDArray[np.float64]:
        """The model's numbers, in the model's order, to (N, 2) float64 stored pixels (x, y)."""
        raw = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        xy = raw[:, ::-1] if self.order == "yx" else raw
        per_unit = np.asarray(stored_size, dtype=np.float64) / np.asarray(self.extent(sent_size))
        stored: NDArray[np.float64] = xy * per_unit
        return stored

    def format(self, points: ArrayLike, stored_size: Size, sent_size: Size) -> str:
        """Places as the model reads them: `(412, 96)`, or `(40, 310, 700, 760)` for the two corners of a box."""
        numbers = self.to_model(points, stored_size, sent_size).ravel()
        return "(" + ", ".join(self.number(value) for value in numbers) + ")"

    def number(self, value: float) -> str:
        """One coordinate, rounded to the dialect's decimals, without trailing zeros."""
        text = f"{value:.{self.decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text

    def describe(self) -> str:
        """The dialect in words, for a prompt or a tool description."""
        order = "x first, then y" if self.order == "xy" else "y first, then x"
        corner = "x0, y0, x1, y1" if self.order == "xy" else "y0, x0, y1, x1"
        if self.scale is None:
            unit = "pixels of the picture at the size it was sent to you (given beside its handle)"
        else:
            unit = f"0 to {self.scale} across the width and 0 to {self.scale} down the height"
        return f"{unit}, origin at the top-left corner, {order}; a box is [{corner}]"


PIXELS = CoordinateDialect("pixels", None, decimals=1)
UNIT = CoordinateDialect("unit", 1, decimals=4)
PERCENT = CoordinateDialect("percent", 100, decimals=2)
PERMILLE = CoordinateDialect("permille", 1000, decimals=1)
PERMILLE_YX = CoordinateDialect("permille_yx", 1000, order="yx", decimals=1)

DIALECTS: dict[str, CoordinateDialect] = {d.name: d for d in (PIXELS, UNIT, PERCENT, PERMILLE, PERMILLE_YX)}
"""The dialects by name; a `ModelProfile` may also bring one of its own."""


@dataclass(frozen=True)
class PictureLimits:
    """How large a picture a model is sent.

    Attributes:
        max_long_side: Longest side in pixels.
        max_short_side: Longest shorter side in pixels; None for no such limit.
        max_pixels: Most pixels in all; None for no such limit.
        multiple: Both sides are made multiples of this (vision transformers that would otherwise resize themselves).
        min_side: A smaller picture is enlarged until its shorter side has this many pixels.
        max_bytes: Most bytes of the encoded picture.
        max_pictures: Most pictures in one request.
    """

    max_long_side: int = 1568
    max_short_side: int | None = None
    max_pixels: int | None = None
    multiple: int = 1
    min_side: int = 1
    max_bytes: int = 4_500_000
    max_pictures: int = 20

    def fit(self, size: Size) -> Size:
        """The size at which a picture of `size` is sent: as large as allowed, never enlarged beyond `min_side`.

        Raises:
            ValueError: A side is not positive.
        """
        width, height = size
        if width < 1 or height < 1:
            raise ValueError(f"a picture needs positive sides, not {width}x{height}")
        scale = min(1.0, self.max_long_side / max(size))
        if self.max_short_side is not None:
            scale = min(scale, self.max_short_side / min(size))
        if self.max_pixels is not None:
            scale = min(scale, math.sqrt(self.max_pixels / (width * height)))
        if min(size) * scale < self.min_side:
            scale = min(self.min_side / min(size), self.max_long_side / max(size))
        if scale == 1.0 and self.multiple == 1:
            return size
        sides = self._side(width * scale), self._side(height * scale)
        if self._allows(sides):
            return sides
        # Rounded up past a limit, the picture would be resized behind our back after all.
        return self._side_below(width * scale), self._side_below(height * scale)

    def _allows(self, size: Size) -> bool:
        short_enough = self.max_short_side is None or min(size) <= self.max_short_side
        return short_enough and (self.max_pixels is None or size[0] * size[1] <= self.max_pixels)

    def _side(self, length: float) -> int:
        # Rounded to the nearest multiple, but down where that would pass the limit on the long side.
        steps = max(1, round(length / self.multiple))
        if steps * self.multiple > self.max_long_side:
            steps = max(1, self.max_long_side // self.multiple)
        return steps * self.multiple

    def _side_below(self, length: float) -> int:
        return max(1, math.floor(length / self.multiple)) * self.multiple
