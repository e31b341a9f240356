"""The mathematics of the ruler: lengths and angles between points of a picture.

Angles are counter-clockwise as seen and 0 points to the right; y points down in pixels, which is where the sign comes
from. Lengths are in stored pixels, which are square; nothing here is a length in space.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Pair = tuple[float, float]


@dataclass(frozen=True)
class Segment:
    """From one point to another.

    Attributes:
        length: In pixels.
        angle: Direction in degrees, in (-180, 180]; 0 for a segment without length.
    """

    length: float
    angle: float


def measure_segment(start: Pair, end: Pair) -> Segment:
    """Length and direction from `start` to `end`, both (x, y) in stored pixels."""
    across, up = end[0] - start[0], start[1] - end[1]
    angle = math.degrees(math.atan2(up, across)) if (across, up) != (0.0, 0.0) else 0.0
    return Segment(math.hypot(across, up), 180.0 if angle == -180.0 else angle)


def angle_at(vertex: Pair, first: Pair, second: Pair) -> float:
    """The angle at `vertex` between the directions to two points, in degrees, 0 to 180.

    Raises:
        ValueError: A point lies on the vertex.
    """
    if first == vertex or second == vertex:
        raise ValueError("an angle needs two points away from its vertex")
    one, other = measure_segment(vertex, first).angle, measure_segment(vertex, second).angle
    turn = abs(one - other) % 360.0
    return min(turn, 360.0 - turn)
