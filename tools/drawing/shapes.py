"""The shapes that `draw` puts on a picture: plain data in stored pixels, with a colour and a label each.

Places are continuous: origin at the picture's top-left corner, the first pixel's centre at (0.5, 0.5). A shape may lie
partly or wholly outside the picture; what is outside is not seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InputError
from sightline.tools.drawing.palette import Color

Pair = tuple[float, float]

FARTHEST = 100_000.0
"""Largest coordinate, in pixels: several times the side of any picture, and within OpenCV's fixed-point numbers."""


@dataclass(frozen=True)
class Box:
    """A rectangle's outline, centred on its edges (x0, y0, x1, y1), x0 <= x1 and y0 <= y1."""

    box: tuple[float, float, float, float]
    color: Color = "auto"
    label: str | None = None


@dataclass(frozen=True)
class Line:
    """A straight segment."""

    start: Pair
    end: Pair
    color: Color = "auto"
    label: str | None = None


@dataclass(frozen=True)
class Arrow:
    """A straight segment with a head whose tip is exactly at `end`."""

    start: Pair
    end: Pair
    color: Color = "auto"
    label: str | None = None


@dataclass(frozen=True)
class Point:
    """A round dot, centred at `at`."""

    at: Pair
    color: Color = "auto"
    label: str | None = None


@dataclass(frozen=True)
class Path:
    """Segments from point to point.

    Attributes:
        points: One or more (x, y).
        closed: Whether the last point is joined to the first.
        arrow: Whether a head stands at the last point; not for closed ones.
    """

    points: tuple[Pair, ...]
    closed: bool = False
    arrow: bool = False
    color: Color = "auto"
    label: str | None = None


@dataclass(frozen=True)
class Label:
    """Text on a plate, centred at `at` where there is room, else beside it with a line to it."""

    at: Pair
    label: str
    color: Color = "auto"


Shape = Box | Line | Arrow | Point | Path | Label


def outline(shape: Shape) -> NDArray[np.float64]:
    """The corners of a shape's outline, (N, 2) float64, N >= 1; the last one repeats the first where it is closed.

    Raises:
        InputError: A coordinate is not a finite number, or is absurdly far away; a path has no points.
    """
    points: list[Pair]
    match shape:
        case Box(box=(x0, y0, x1, y1)):
            points = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
        case Line() | Arrow():
            points = [shape.start, shape.end]
        case Point() | Label():
            points = [shape.at]
        case Path():
            points = [*shape.points, *(shape.points[:1] if shape.closed else ())]
        case _:
            assert_never(shape)
    if not points:
        raise InputError("A path without points cannot be drawn.", "Give it at least one (x, y).")
    flat = [v for point in points for v in point]
    if not all(math.isfinite(v) and abs(v) <= FARTHEST for v in flat):
        raise InputError(
            f"{type(shape).__name__.lower()} has a coordinate that is no place in a picture: {flat[:8]}.",
            f"Coordinates are finite and at most {FARTHEST:.0f} px from the origin.",
        )
    return np.asarray(points, dtype=np.float64)


def samples(points: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """`count` places spread evenly along a polyline (N, 2): (count, 2) float64, both ends among them."""
    lengths = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(wanted, along, points[:, 0]), np.interp(wanted, along, points[:, 1])], axis=1)
