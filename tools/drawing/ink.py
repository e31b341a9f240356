"""Anti-aliased strokes, discs and arrow heads, drawn in place on a uint8 picture at exact widths and places.

OpenCV does the drawing. This is the one place that knows its ways: it counts from the first pixel's centre, where we
count from its corner (half a pixel apart), and its anti-aliased fills reach past the outline that they are given.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from sightline.tools.drawing.palette import RGB

Pixels = NDArray[np.uint8]

_SHIFT = 6
"""Fractional bits of the fixed-point coordinates handed to OpenCV: 1/64 px."""
_HALF = 0.5
"""OpenCV's coordinate of a place is ours less this."""
_BLEED = 0.7
"""Pixels by which an anti-aliased polygon of OpenCV reaches past its outline on each side: a fill of 10x10 covers as
much as one of 11.4x11.4 (measured, 4.11 to 5.0)."""
_DISC_BLEED = 0.5
"""The same for a disc's radius."""
_HAIRLINE = 0.05
"""Half the thinnest width handed to OpenCV, so that a thin polygon keeps two sides."""


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint((points - _HALF) * (1 << _SHIFT)).astype(np.int32)


def _fill(canvas: Pixels, polygon: NDArray[np.float64], color: RGB) -> None:
    import cv2

    cv2.fillConvexPoly(canvas, _fixed(polygon), color, cv2.LINE_AA, _SHIFT)


def disc(canvas: Pixels, centre: NDArray[np.float64], radius: float, color: RGB) -> None:
    """A filled disc; `centre` is (x, y), (2,) float64."""
    import cv2

    x, y = _fixed(centre)
    inner = max(radius - _DISC_BLEED, _HAIRLINE)
    cv2.circle(canvas, (int(x), int(y)), round(inner * (1 << _SHIFT)), color, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def rectangle(canvas: Pixels, box: tuple[float, float, float, float], color: RGB) -> None:
    """A filled upright rectangle (x0, y0, x1, y1)."""
    x0, y0, x1, y1 = box
    x_in, y_in = (max((side / 2 - _BLEED), _HAIRLINE) for side in (x1 - x0, y1 - y0))
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    _fill(
        canvas,
        np.array([(x - x_in, y - y_in), (x + x_in, y - y_in), (x + x_in, y + y_in), (x - x_in, y + y_in)]),
        color,
    )


def frame(canvas: Pixels, box: tuple[float, float, float, float], width: float, color: RGB) -> None:
    """The outline of a box with square corners, `width` pixels wide and centred on its edges."""
    x0, y0, x1, y1 = box
    half = width / 2
    rectangle(canvas, (x0 - half, y0 - half, x1 + half, y0 + half), color)
    rectangle(canvas, (x0 - half, y1 - half, x1 + half, y1 + half), color)
    rectangle(canvas, (x0 - half, y0 - half, x0 + half, y1 + half), color)
    rectangle(canvas, (x1 - half, y0 - half, x1 + half, y1 + half), color)


def stroke(canvas: Pixels, points: NDArray[np.float64], width: float, color: RGB) -> None:
    """A polyline (N, 2) with round ends and joints, `width` pixels wide and centred on the points."""
    half = max(width / 2 - _BLEED, _HAIRLINE)
    for start, end in itertools.pairwise(points):
        along = end - start
        length = float(np.hypot(*along))
        if length > 0:
            across = np.array([-along[1], along[0]]) * (half / length)
            _fill(canvas, np.array([start + across, end + across, end - across, start - across]), color)
    for point in points:
        disc(canvas, point, width / 2, color)


def arrow_head(canvas: Pixels, tip: NDArray[np.float64], base: NDArray[np.float64], grow: float, color: RGB) -> None:
    """A filled triangle with its tip at `tip` and the middle of its base at `base`, 0.8 times as wide as long.

    Args:
        canvas: Drawn on.
        tip: (x, y).
        base: (x, y), somewhere else.
        grow: Pixels by which each side is moved outwards, for a halo around it.
        color: What it is filled with.
    """
    along = tip - base
    length = float(np.hypot(*along))
    across = np.array([-along[1], along[0]]) * 0.4
    triangle = np.array([tip, base + across, base - across])
    # Moving all sides of a triangle outwards by d scales it about its incentre by 1 + d / inradius.
    side, foot = float(np.hypot(length, 0.4 * length)), 0.8 * length
    centre = (foot * tip + side * (triangle[1] + triangle[2])) / (foot + 2 * side)
    inradius = foot * length / (foot + 2 * side)
    _fill(canvas, centre + (triangle - centre) * max(1 + (grow - _BLEED) / inradius, 0.1), color)
