"""A depth map as a picture: near is bright, far is dark, with a legend in words; what is not known is hatched.

The colours are viridis, which is perceptually uniform: equal steps of depth (of its logarithm, or of an ordinal map's
own numbers) look equally large, also to colour-blind eyes and in grey.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.quantities import number
from sightline.tools.depth.fields import DepthField

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]

LONGEST = 1024
"""Pixels of the longer side of a coloured depth map, at most."""
SHORTEST = 320
"""Pixels of its width at least, so that the legend can be read."""
_CLIPPED = 0.01
"""Share of the pixels at each end of the colours that have the end's colour: a few strays do not flatten the rest."""


def coloured(field: DepthField) -> tuple[Pixels, Box]:
    """A depth map in colours, with a legend below.

    Args:
        field: The map; at least one of its pixels is known.

    Returns:
        The picture (H, W, 3), and the region (x0, y0, x1, y1) of it that the depth map fills.
    """
    import cv2

    size = shown_size(field.size)
    low, high = colour_range(field)
    share = np.clip((field.farness - low) / max(high - low, 1e-9), 0.0, 1.0)
    index = np.where(np.isfinite(share), np.rint(255 * (1 - share)), 0).astype(np.uint8)
    colours = _viridis()[index]
    colours[~np.isfinite(share)] = 0
    canvas: Pixels = np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
    unknown = cv2.resize((~np.isfinite(share)).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    canvas[unknown] = _hatch(size)[unknown]
    legend = _legend(field, size[0], low, high, bool(unknown.any()))
    return np.concatenate([canvas, legend]), (0.0, 0.0, float(size[0]), float(size[1]))


def shown_size(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) at which the depth of a picture of this size is shown, without the legend."""
    scale = min(1.0, LONGEST / max(size))
    scale = max(scale, min(SHORTEST / size[0], LONGEST / max(size)))
    return max(SHORTEST // 2, round(size[0] * scale)), max(1, round(size[1] * scale))


def colour_range(field: DepthField) -> tuple[float, float]:
    """`farness` of the brightest and of the darkest colour.

    Raises:
        ValueError: Nothing of the map is known.
    """
    known = field.farness[np.isfinite(field.farness)]
    if known.size == 0:
        raise ValueError("nothing of this depth map is known")
    low, high = np.quantile(known, [_CLIPPED, 1 - _CLIPPED])
    return float(low), float(high)


def legend_words(field: DepthField, low: float, high: float) -> tuple[str, str, str]:
    """What stands at the bright end, in the middle and at the dark end of the legend."""
    if field.ordinal:
        return "near", "order only: no lengths", "far"
    unit = "m" if field.scale.metric else "units"
    near, middle, far = (f"{number(math.exp(value))} {unit}" for value in (low, (low + high) / 2, high))
    return f"near {near}", middle, f"far {far}"


def _legend(field: DepthField, width: int, low: float, high: float, hatched: bool) -> Pixels:
    import cv2

    scale = max(0.35, min(width / 1400, 0.8))
    font, stroke = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(1.6 * scale))
    (_, text_height), base = cv2.getTextSize("near", font, scale, stroke)
    pad = max(4, round(8 * scale))
    bar = max(8, round(22 * scale))
    strip = np.full((3 * pad + bar + text_height + base, width, 3), 255, np.uint8)
    legend_end = width - pad
    if hatched:
        word = "not known"
        (wide, _), _ = cv2.getTextSize(word, font, scale, stroke)
        swatch = max(wide, 3 * bar)
        legend_end = width - 3 * pad - swatch
        at = width - pad - swatch
        strip[pad : pad + bar, at : at + swatch] = _hatch((swatch, bar))
        _write(strip, word, at + (swatch - wide) // 2, 2 * pad + bar + text_height, scale, stroke)
    ramp = np.linspace(255, 0, legend_end - pad).round().astype(np.uint8)
    strip[pad : pad + bar, pad:legend_end] = _viridis()[ramp]
    words = legend_words(field, low, high)
    widths = [cv2.getTextSize(word, font, scale, stroke)[0][0] for word in words]
    starts = [pad, (pad + legend_end - widths[1]) // 2, legend_end - widths[2]]
    for word, start, wide, index in zip(words, starts, widths, range(3), strict=True):
        crowded = index == 1 and (start < starts[0] + widths[0] + pad or start + wide + pad > starts[2])
        if not crowded:
            _write(strip, word, start, 2 * pad + bar + text_height, scale, stroke)
    return strip


def _write(canvas: Pixels, text: str, x: int, y: int, scale: float, stroke: int) -> None:
    import cv2

    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), stroke, cv2.LINE_AA)


def _hatch(size: tuple[int, int]) -> Pixels:
    """Grey and white diagonal stripes: no colour of the map."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    light = ((x + y) // 6) % 2 == 0
    return np.where(light[..., None], np.uint8(238), np.uint8(170)).repeat(3, axis=2)


@cache
def _viridis() -> Pixels:
    """(256, 3): dark blue to bright yellow."""
    from matplotlib import colormaps

    table: Any = colormaps["viridis"](np.arange(256))
    return np.asarray(np.rint(255 * table[:, :3]), dtype=np.uint8)
