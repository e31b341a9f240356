"""What a region looks like: a basic colour term, and the simple shape that fits it best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_DARK, _LIGHT = 22.0, 82.0
_GREY_CHROMA = 12.0
"""Lab limits: below this lightness black, above it white, and below this chroma without a hue."""

_HUES = (
    (20.0, "pink"), (48.0, "red"), (74.0, "orange"), (108.0, "yellow"), (186.0, "green"), (309.0, "blue"),
    (338.0, "purple"), (360.0, "pink"),
)  # fmt: skip
"""Upper bounds of Lab hue angles (degrees) for a lit surface; red, pink, orange and brown are told apart below."""

FITS = 0.9
"""Overlap (intersection over union) from which a simple shape is said to fit."""


@dataclass(frozen=True)
class Shape:
    """A simple shape, and its overlap with the region (intersection over union, 0 to 1)."""

    name: str
    fit: float


def color_name(lab: NDArray[np.float32]) -> str:
    """The basic colour term (after Berlin and Kay) of a region's pixels.

    Args:
        lab: (N, 3) CIE Lab, L 0 to 100. The median of the more colourful half counts, so that shading and highlights
            do not change the name.
    """
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    lightness = float(np.median(lab[:, 0]))
    vivid = lab[chroma >= np.median(chroma)]
    a, b = float(np.median(vivid[:, 1])), float(np.median(vivid[:, 2]))
    strength = math.hypot(a, b)
    if strength < _GREY_CHROMA or (strength < 18.0 and lightness > 90.0):
        return "black" if lightness < _DARK else "white" if lightness > _LIGHT else "grey"
    if lightness < 10.0:
        return "black"
    hue = math.degrees(math.atan2(b, a)) % 360.0
    name = next(name for bound, name in _HUES if hue <= bound)
    if name in ("red", "pink"):
        # Light reds are pink; so are the bluish ones, unless they are dark.
        return "pink" if lightness > 62.0 or (name == "pink" and lightness > 48.0) else "red"
    if name in ("orange", "yellow") and lightness < 58.0 and strength < 62.0:
        return "brown"
    if name == "orange" and lightness < 48.0:
        return "brown"
    return name


def fit_shape(mask: NDArray[np.bool_]) -> tuple[Shape, float | None]:
    """The simple shape that overlaps a region best, and the direction of its long axis.

    Candidates are the circle of the region's area about its centroid, and the smallest enclosing turned rectangle and
    triangle; a rectangle with sides within 15 % of each other is a square, one more than 2.5 times as long as wide is
    elongated, as is any region whose second moments say so.

    Args:
        mask: (H, W) bool; holes are filled.

    Returns:
        The shape (`irregular` below an overlap of 0.9), and degrees in (-90, 90], 0 right, counter-clockwise as seen,
        or None where no direction is longer.
    """
    filled = ndimage.binary_fill_holes(np.pad(mask, 3)).astype(np.uint8)
    rows, columns = np.nonzero(filled)
    area = float(len(rows))
    centre = (float(columns.mean()), float(rows.mean()))
    spread = np.cov(np.stack([columns, rows])) + np.eye(2) / 12.0 if len(rows) > 1 else np.eye(2)
    values, vectors = np.linalg.eigh(spread)
    ratio = math.sqrt(values[1] / values[0])
    angle = None
    if ratio > 1.25:
        across, down = vectors[:, 1]
        angle = math.degrees(math.atan2(-down, across))
        angle = angle - 180.0 if angle > 90.0 else angle + 180.0 if angle <= -90.0 else angle
    contours, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=cv2.contourArea)
    drawn: dict[str, NDArray[np.uint8]] = {}
    radius = math.sqrt(area / math.pi)
    ys, xs = np.mgrid[0 : filled.shape[0], 0 : filled.shape[1]]
    drawn["circle"] = ((xs - centre[0]) ** 2 + (ys - centre[1]) ** 2 <= radius**2).astype(np.uint8)
    turned = cv2.minAreaRect(outline)
    sides = sorted(s + 1.0 for s in turned[1])
    box = "square" if sides[1] / sides[0] < 1.15 else "rectangle"
    drawn[box] = _polygon(filled.shape, cv2.boxPoints(turned))
    _, corners = cv2.minEnclosingTriangle(outline)
    if corners is not None and len(corners) == 3:
        drawn["triangle"] = _polygon(filled.shape, corners.reshape(-1, 2))
    fits = {name: float((filled & other).sum() / (filled | other).sum()) for name, other in drawn.items()}
    name = max(fits, key=lambda key: fits[key])
    small = area < 150.0  # few pixels fit a shape only roughly
    if fits[name] < (FITS - 0.08 if small else FITS):
        return Shape("elongated" if ratio > 2.5 else "irregular", round(fits[name], 2)), angle
    if name == "rectangle" and sides[1] / sides[0] > 2.5:
        return Shape("elongated", round(fits[name], 2)), angle
    return Shape(name, round(fits[name], 2)), angle if name == "rectangle" else None


def _polygon(shape: tuple[int, ...], corners: NDArray[Any]) -> NDArray[np.uint8]:
    out = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(out, np.round(corners).astype(np.int32), 1)
    return out
