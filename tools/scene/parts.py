"""Which way a part of a thing points: from the thing's middle to the part, or between two marked points, in space.

Plain functions on plain data. Directions are in a reconstruction's world; their error is what the places of both ends
may be off, seen from each other.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.poses import bearing_of, bearing_pitch_roll, difference, elevation_of
from sightline.geometry.reconstructions import Reconstruction
from sightline.tools.measure.observed import points_at

Floats = NDArray[np.float64]
Vote = tuple[float, float] | Literal["symmetric", "unknown"]

STEEP = 75.0
"""Degrees of elevation from which a direction has no bearing worth telling."""
_TOO_WIDE = 60.0
"""Degrees of error from which a direction is not told at all."""
_OBJECT = re.compile(r"\{[^{}]*\}", re.DOTALL)


@dataclass(frozen=True)
class Direction:
    """A direction in a reconstruction's world.

    Attributes:
        vector: (3,) of length 1.
        error: Degrees it may be off.
    """

    vector: Floats
    error: float

    @property
    def elevation(self) -> float:
        """Degrees above the horizontal."""
        return elevation_of(self.vector)

    @property
    def bearing(self) -> float | None:
        """Degrees clockwise from the map's +y; None where it points up or down."""
        return None if abs(self.elevation) >= STEEP else bearing_of(self.vector)

    @property
    def bearing_error(self) -> float:
        """Degrees the bearing may be off: more, the steeper the direction is."""
        flat = math.cos(math.radians(min(abs(self.elevation), 89.0)))
        return min(180.0, math.degrees(math.asin(min(1.0, math.sin(math.radians(min(self.error, 90.0))) / flat))))

    def azimuth(self, pose: ArrayLike) -> float | None:
        """Degrees in the level frame of a camera (4, 4): 0 faces away from it, + turns to its right, 180 faces it."""
        if self.bearing is None:
            return None
        return difference(self.bearing, bearing_pitch_roll(pose)[0])


def direction_between(tail: ArrayLike, tip: ArrayLike, tail_error: float, tip_error: float) -> Direction | None:
    """The direction from one place (3,) to another, whose places may be off by these lengths.

    Returns:
        None where they are too close to each other for how well they are known.
    """
    way = np.asarray(tip, dtype=np.float64) - np.asarray(tail, dtype=np.float64)
    length = float(np.linalg.norm(way))
    off = math.hypot(tail_error, tip_error)
    if length <= 0 or off >= length:
        return None
    error = math.degrees(math.asin(off / length))
    return None if error > _TOO_WIDE else Direction(way / length, error)


def place_at(reconstruction: Reconstruction, picture: str, point: Sequence[float]) -> tuple[Floats, float] | None:
    """Where the surface is that a pixel of a picture shows, (3,), and how far that may be off; None where unknown."""
    index = points_at(reconstruction, picture, point)
    if len(index) < 3:
        return None
    points = reconstruction.cloud.points[index].astype(np.float64)
    middle = np.median(points, axis=0)
    spread = float(np.quantile(np.linalg.norm(points - middle, axis=1), 0.9))
    return middle, max(spread, 2 * float(np.median(reconstruction.cloud.radius[index])))


def question(name: str, where: str, part: str, places: str, order: str) -> str:
    """What a model is asked about a part of a thing."""
    return (
        f"Look at the {name}{where}. Where is the middle of its {part}? Places are {places}.\n"
        "Reply with one JSON object and nothing else:\n"
        f'{{"point": [{order}]}} for the middle of its {part} as you see it,\n'
        f'{{"symmetric": true}} if it looks the same from all sides, so that it has no {part} of its own,\n'
        f'{{"visible": false}} if its {part} cannot be seen.'
    )


def read_vote(text: str) -> list[float] | Literal["symmetric", "unknown"]:
    """A reply to `question`: the numbers of a point, `symmetric`, or `unknown` for all else."""
    found = _OBJECT.search(text)
    try:
        data = json.loads(found.group(0)) if found else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        return "unknown"
    if data.get("symmetric") is True:
        return "symmetric"
    point = data.get("point")
    if isinstance(point, list) and len(point) == 2 and all(isinstance(v, int | float) for v in point):
        return [float(v) for v in point]
    return "unknown"


def settle(votes: Sequence[Vote]) -> tuple[Vote, float]:
    """What several answers come to: the middle of the points and their spread in pixels, or a verdict.

    A verdict stands, and a point is taken, only if more than half of the answers say so.
    """
    points = [v for v in votes if not isinstance(v, str)]
    if 2 * sum(v == "symmetric" for v in votes) > len(votes):
        return "symmetric", 0.0
    if 2 * len(points) <= len(votes):
        return "unknown", 0.0
    middle = np.median(np.array(points), axis=0)
    spread = float(np.linalg.norm(np.array(points) - middle, axis=1).max())
    return (float(middle[0]), float(middle[1])), spread
