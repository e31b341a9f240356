"""Things as pictures show them: what is compared to tell whether it is one thing. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.tools.back_ends.protocols import Box


@dataclass(frozen=True)
class Look:
    """A thing as one picture shows it.

    Attributes:
        picture: Handle of the picture.
        name: What it is called; only things of one name are compared.
        box: In stored pixels.
        mask: (h, w) bool, which pixels of the box are the thing: of the box rounded outwards, see `window`.
    """

    picture: str
    name: str
    box: Box
    mask: NDArray[np.bool_] | None = None


def window(box: Box, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of the pixels that a box touches, at least one of each, inside a picture (width, height)."""
    x0, y0 = min(max(int(box[0]), 0), size[0] - 1), min(max(int(box[1]), 0), size[1] - 1)
    x1, y1 = min(size[0], int(np.ceil(box[2]))), min(size[1], int(np.ceil(box[3])))
    return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


def box_around(point: tuple[float, float], size: tuple[int, int]) -> Box:
    """A small box around a marked point of a picture (width, height)."""
    reach = 0.03 * max(size)
    return (
        max(0.0, point[0] - reach),
        max(0.0, point[1] - reach),
        min(float(size[0]), point[0] + reach),
        min(float(size[1]), point[1] + reach),
    )
