"""The colours of drawings: nine that also colour-blind people tell apart, each with a halo that keeps it visible.

A stroke is drawn in its ink with a halo of black or white around it, so that on any background one of the two stands
out. Inks were chosen so that any two differ by at least 10 (CIEDE2000) for normal, protan, deutan and tritan eyes, and
so that each is what its name says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

RGB = tuple[int, int, int]

InkName = Literal["red", "orange", "yellow", "green", "cyan", "blue", "magenta", "white", "black"]
Color = Literal["auto", "red", "orange", "yellow", "green", "cyan", "blue", "magenta", "white", "black"]
"""A colour by name; `auto` is the one that stands out most against what lies under the shape."""

BLACK: RGB = (0, 0, 0)
WHITE: RGB = (255, 255, 255)

INKS: dict[InkName, RGB] = {
    "red": (200, 0, 30),
    "orange": (242, 142, 0),
    "yellow": (255, 232, 26),
    "green": (10, 130, 90),
    "cyan": (40, 184, 255),
    "blue": (10, 31, 208),
    "magenta": (255, 61, 176),
    "white": WHITE,
    "black": BLACK,
}

AUTO: tuple[InkName, ...] = tuple(name for name in get_args(InkName) if INKS[name] not in (BLACK, WHITE))
"""What `auto` chooses from: black and white are the halos."""

_LOW_SHARE = 0.2
"""A colour is judged by the fifth of the background that it stands out from least."""


def luminance(color: RGB) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (WCAG 2.2)."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio of two sRGB colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@cache
def against(color: RGB) -> RGB:
    """Black or white, whichever stands out more on `color`; the contrast is never below 4.58, the root of 21."""
    return BLACK if contrast(color, BLACK) >= contrast(color, WHITE) else WHITE


def choose(backgrounds: Sequence[NDArray[np.uint8]], taken: Sequence[InkName] = ()) -> list[InkName]:
    """A colour for each of several shapes: the one that stands out most, all different as long as there are enough.

    Args:
        backgrounds: For each shape some pixels that it will lie on, (N, 3) uint8 RGB; may be empty.
        taken: Colours of other shapes in the picture, which are avoided likewise.
    """
    uses = Counter(taken)
    chosen: list[InkName] = []
    inks = _lab(np.array([INKS[name] for name in AUTO], dtype=np.uint8))
    for pixels in backgrounds:
        fewest = min(uses[name] for name in AUTO)
        free = [index for index, name in enumerate(AUTO) if uses[name] == fewest]
        if len(pixels):
            distances = np.linalg.norm(_lab(pixels)[:, None, :] - inks[None, free, :], axis=2)
            free = [free[int(np.quantile(distances, _LOW_SHARE, axis=0).argmax())]]
        chosen.append(AUTO[free[0]])
        uses[AUTO[free[0]]] += 1
    return chosen


def _lab(colors: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 3) sRGB to (N, 3) CIELAB."""
    import cv2

    return np.asarray(cv2.cvtColor(colors[None].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[0], dtype=np.float32)
