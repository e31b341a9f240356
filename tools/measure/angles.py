"""Angles between places and of things against gravity. Plain functions on plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.tools.measure.observed import Observed

Floats = NDArray[np.float64]

_FLAT = 0.25
"""Third over second extent below which a thing is a plate: its tilt is that of its plane."""
_LONG = 0.5
"""Second over first extent below which a thing is a rod: its tilt is that of its length."""


@dataclass(frozen=True)
class Angle:
    """An angle in degrees with an error either way."""

    value: float
    error: float


@dataclass(frozen=True)
class Tilt:
    """How a thing leans.

    Attributes:
        angle: Degrees from the vertical for a rod; from the horizontal for a plate; from upright for a body.
        shape: What it was taken for.
        bearing: Bearing in degrees of the way it leans or slopes down, or None where it is upright or level.
    """

    angle: Angle
    shape: Literal["rod", "plate"]
    bearing: float | None


def angle_at(a: Observed, b: Observed, c: Observed) -> Angle:
    """The angle at the centre of `b` between the directions to the centres of `a` and `c`, 0 to 180 degrees.

    The error is what the errors of the three centres are worth at their distances.

    Raises:
        ValueError: Two of the centres coincide.
    """
    to_a, to_c = a.centre - b.centre, c.centre - b.centre
    far_a, far_c = float(np.linalg.norm(to_a)), float(np.linalg.norm(to_c))
    if min(far_a, far_c) <= 1e-12:
        raise ValueError("two of the places coincide: there is no angle between them")
    value = math.degrees(math.atan2(float(np.linalg.norm(np.cross(to_a, to_c))), float(to_a @ to_c)))
    error = _seen_under(a.error + b.error, far_a) + _seen_under(c.error + b.error, far_c)
    return Angle(value, min(180.0, error))


def tilt_of(thing: Observed, up_error: float) -> Tilt:
    """How a thing leans against gravity, from the principal axes of its observed points.

    A thing with one long side is taken for a rod, and its angle is from the vertical, 0 to 90; a thing with one short
    side for a plate, and its angle is that of its plane from the horizontal: 0 is a table top, 90 a wall.

    Args:
        thing: With surface points.
        up_error: Degrees by which up may be off.

    Raises:
        ValueError: It is neither long nor flat: nothing in its shape has a direction.
    """
    away = thing.points - np.median(thing.points, axis=0)
    axes = np.linalg.svd(away, full_matrices=False)[2]
    extents = np.diff(np.quantile(away @ axes.T, [0.01, 0.99], axis=0), axis=0)[0]
    first, second, third = (max(float(v), 1e-12) for v in extents)
    if third / second < _FLAT:
        normal = axes[2] * (1.0 if axes[2][2] >= 0 else -1.0)
        angle = math.degrees(math.atan2(math.hypot(normal[0], normal[1]), normal[2]))
        noise = _slope(away @ axes[2], second)
        down = normal if 1 < angle < 89 else None  # a plane's normal leans the way the plane goes down
        return Tilt(Angle(angle, noise + up_error), "plate", _bearing(down))
    if second / first < _LONG:
        way = axes[0] * (1.0 if axes[0][2] >= 0 else -1.0)
        angle = math.degrees(math.atan2(math.hypot(way[0], way[1]), way[2]))
        # One side of it was seen: its middle line lies up to half its thickness beside the points, the same all along.
        error = math.degrees(math.atan2(0.25 * second, first)) + up_error
        return Tilt(Angle(angle, error), "rod", _bearing(way if angle > 1 else None))
    raise ValueError("it is neither long nor flat: its shape has no direction that could lean")


def _bearing(way: Floats | None) -> float | None:
    if way is None or math.hypot(float(way[0]), float(way[1])) < 1e-9:
        return None
    return math.degrees(math.atan2(float(way[0]), float(way[1]))) % 360


def _slope(off: Floats, width: float) -> float:
    """Degrees by which a plane's tilt may be off whose points scatter this far over this width."""
    return 0.3 + math.degrees(math.atan2(2 * float(np.sqrt(np.mean(off * off))), width))


def _seen_under(error: float, distance: float) -> float:
    return math.degrees(math.asin(error / distance)) if error < distance else 180.0
