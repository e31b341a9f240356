"""Relations: where something is in a frame of reference, in degrees and in words, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.frames import Frame
from sightline.geometry.poses import difference

Floats = NDArray[np.float64]
Sectors = Literal["eight", "four", "quadrants", "sides", "left-right-back"]

SECTORS: dict[Sectors, tuple[tuple[str, float, float], ...]] = {
    "eight": (
        ("in front", -22.5, 22.5),
        ("front-right", 22.5, 67.5),
        ("right", 67.5, 112.5),
        ("back-right", 112.5, 157.5),
        ("behind", 157.5, 202.5),
        ("back-left", -157.5, -112.5),
        ("left", -112.5, -67.5),
        ("front-left", -67.5, -22.5),
    ),
    "four": (("in front", -45, 45), ("right", 45, 135), ("behind", 135, 225), ("left", -135, -45)),
    "quadrants": (
        ("front-right", 0, 90),
        ("back-right", 90, 180),
        ("back-left", -180, -90),
        ("front-left", -90, 0),
    ),
    "sides": (("right", 0, 180), ("left", -180, 0)),
    "left-right-back": (("right", 0, 135), ("back", 135, 225), ("left", -135, 0)),
}
"""Words for azimuths, each from one to another degree right of forward. `quadrants` and `left-right-back` are those of
VSI-Bench's relative direction (hard and medium: behind is from 135 degrees on), `sides` its easy form."""

_HALVES = {"on the right": 90.0, "on the left": -90.0, "in the front half": 0.0, "in the back half": 180.0}
"""The middle of each half of the plan, degrees right of forward."""

ABOVE = 22.5
"""Degrees of elevation from which a thing is called above or below."""


@dataclass(frozen=True)
class Relation:
    """Where a point is, seen from a frame.

    Attributes:
        frame: Whose.
        azimuth: Degrees right of forward, -180 to 180.
        azimuth_error: Degrees it may be off; 180 where it is not known at all.
        elevation: Degrees above the frame's horizontal, -90 to 90.
        elevation_error: Degrees it may be off.
        distance: From the frame's origin in world units.
    """

    frame: Frame
    azimuth: float
    azimuth_error: float
    elevation: float
    elevation_error: float
    distance: float

    def candidates(self, sectors: Sectors = "eight") -> list[str]:
        """The words that the azimuth's interval touches, the one it points to first."""
        touched = []
        for word, low, high in SECTORS[sectors]:
            within = (self.azimuth - low) % 360 < high - low
            half = (high - low) / 2
            beyond = abs(difference(self.azimuth, low + half)) - half
            if within or beyond < self.azimuth_error or self.azimuth_error >= 180:
                touched.append((not within, beyond, word))
        return [word for *_, word in sorted(touched)]

    def word(self, sectors: Sectors = "eight") -> str | None:
        """The one word that is right whatever the error; None where the interval touches more than one."""
        words = self.candidates(sectors)
        return words[0] if len(words) == 1 else None

    def halves(self) -> list[str]:
        """The halves of the plan that the whole interval lies in: at most one of right and left, front and back."""
        return [w for w, middle in _HALVES.items() if abs(difference(self.azimuth, middle)) + self.azimuth_error < 90]

    @property
    def vertical(self) -> str | None:
        """`above`, `below` or `level`; None where the interval reaches across the border."""
        low, high = self.elevation - self.elevation_error, self.elevation + self.elevation_error
        if low >= ABOVE:
            return "above"
        if high <= -ABOVE:
            return "below"
        return "level" if low > -ABOVE and high < ABOVE else None

    def describe(self, sectors: Sectors = "eight") -> str:
        """E.g. `37 +- 15 degrees right of forward: unclear (front-right or in front); 10 +- 2 degrees up; ...`."""
        side = "right" if self.azimuth >= 0 else "left"
        if self.azimuth_error >= 180:
            turn, head = "", "unclear: too close to the frame's origin for how well the places are known"
        else:
            turn = f"{abs(self.azimuth):.0f} +- {_up(self.azimuth_error)} degrees {side} of forward"
            words = self.candidates(sectors)
            head = words[0] if len(words) == 1 else f"unclear ({' or '.join(words[:3])})"
            if len(words) > 1 and (sure := self.halves()):
                head += f", but surely {' and '.join(sure)}"
            turn += ": "
        high = "up" if self.elevation >= 0 else "down"
        tilt = f"{abs(self.elevation):.0f} +- {_up(self.elevation_error)} degrees {high}"
        if self.elevation_error >= 90:
            tilt = "higher or lower is not known"
        note = {"above": ", above", "below": ", below", "level": ""}.get(self.vertical or "", "")
        return f"{turn}{head}{note}; {tilt}; in the frame {self.frame.describe()}"


def relation(frame: Frame, point: ArrayLike, point_error: float = 0.0, extent: ArrayLike | None = None) -> Relation:
    """Where a point is, seen from a frame.

    The error adds the frame's own (its front, its levelling), what the places' errors are worth at this distance and,
    where an extent is given, half of what the thing spans: a long sofa is not in one direction.

    Args:
        frame: Whose.
        point: (3,) world.
        point_error: World units by which the point may be off.
        extent: (N, 3) points or corners of the thing, for what it spans; None takes it for a point.
    """
    right, ahead, up = (float(v) for v in frame.to_own(point))
    flat, distance = math.hypot(right, ahead), math.sqrt(right * right + ahead * ahead + up * up)
    azimuth = math.degrees(math.atan2(right, ahead)) if flat > 0 else 0.0
    elevation = math.degrees(math.atan2(up, flat)) if distance > 0 else 0.0
    off = point_error + frame.position_error
    # A tilted up turns the plan: not at all for what is level with the origin, fully for what is steep.
    tilted = frame.up_error * (min(1.0, abs(up) / flat) if flat > 0 else 1.0)
    azimuth_error = min(180.0, frame.error + _spread(off, flat) + tilted)
    elevation_error = min(180.0, _spread(off, distance) + frame.up_error)
    if extent is not None:
        own = frame.to_own(extent)
        azimuths = np.degrees(np.arctan2(own[:, 0], own[:, 1]))
        spans = [abs(difference(float(a), azimuth)) for a in azimuths]
        levels = np.degrees(np.arctan2(own[:, 2], np.hypot(own[:, 0], own[:, 1])))
        azimuth_error = min(180.0, azimuth_error + max(spans) / 2)
        elevation_error = min(180.0, elevation_error + float(np.abs(levels - elevation).max()) / 2)
    return Relation(frame, azimuth, azimuth_error, elevation, elevation_error, distance)


def in_order(frame: Frame, points: Sequence[ArrayLike]) -> list[int]:
    """Indices of points (3,) from the frame's left to its right, by azimuth; those behind come where their side is."""
    own = [frame.to_own(p) for p in points]
    return sorted(range(len(own)), key=lambda k: math.atan2(float(own[k][0]), float(own[k][1])))


def _spread(error: float, distance: float) -> float:
    """Degrees that an error of place is worth at a distance; 180 where it could be anywhere."""
    if error <= 0:
        return 0.0 if distance > 0 else 180.0
    return math.degrees(math.asin(error / distance)) if error < distance else 180.0


def _up(value: float) -> str:
    """Errors are rounded up, never down."""
    return f"{math.ceil(value - 1e-9):d}"
