"""Differences of colour as an eye sees them: CIEDE2000, and the means and spreads in CIELAB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.tools.graphics.metrics.photometric import Pixels, same_size

Floats = NDArray[np.float64]

_DULL = 3.0  # CIELAB units below which a difference of the means is not worth a word


def colour_difference(render: Pixels, target: Pixels) -> float:
    """Mean CIEDE2000 over the pixels: 0 is equal, 1 can just be seen, black against white is 100.

    Source: Sharma, Wu, Dalal, 2005, as scikit-image computes it; sRGB to CIELAB under D65.

    Args:
        render: (H, W, 3) uint8.
        target: (H', W', 3) uint8; resized to the render where the sizes differ.
    """
    return float(np.mean(colour_difference_map(render, target)))


def colour_difference_map(render: Pixels, target: Pixels) -> Floats:
    """CIEDE2000 at every pixel, (H, W); see `colour_difference`."""
    from skimage.color import deltaE_ciede2000

    difference: Floats = np.asarray(deltaE_ciede2000(to_lab(render), to_lab(same_size(render, target))))
    return difference


def to_lab(pixels: Pixels) -> Floats:
    """Colours (..., 3) uint8 in sRGB as CIELAB (..., 3) under D65: lightness 0 to 100, green-red, blue-yellow."""
    from skimage.color import rgb2lab

    lab: Floats = np.asarray(rgb2lab(pixels), dtype=np.float64)
    return lab


@dataclass(frozen=True)
class ColourStatistics:
    """What colours a picture has, all in all.

    Attributes:
        mean: (3,) in CIELAB.
        spread: (3,), the standard deviations.
    """

    mean: tuple[float, float, float]
    spread: tuple[float, float, float]

    def against(self, target: ColourStatistics) -> str:
        """How this picture's mean differs from the target's, in words; "" where no eye would mind."""
        names = (("lighter", "darker"), ("redder", "greener"), ("yellower", "bluer"))
        parts = []
        for (more, less), own, other in zip(names, self.mean, target.mean, strict=True):
            if abs(own - other) >= _DULL:
                parts.append(f"{abs(own - other):.0f} {more if own > other else less}")
        return ", ".join(parts)


def colour_statistics(pixels: Pixels) -> ColourStatistics:
    """Mean and spread of a picture's colours.

    Args:
        pixels: (H, W, 3) uint8.
    """
    lab = to_lab(pixels).reshape(-1, 3)
    mean, spread = lab.mean(axis=0), lab.std(axis=0)
    return ColourStatistics(
        (float(mean[0]), float(mean[1]), float(mean[2])), (float(spread[0]), float(spread[1]), float(spread[2]))
    )
