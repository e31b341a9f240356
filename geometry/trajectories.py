"""Trajectories: the way of a thing through space, as it is told from any viewpoint.

The same way is "to the right" for one viewer and "away" for another. A viewpoint is a frame of reference
(`sightline.geometry.frames`) or a camera; it may be fixed, or go along, one for each time. The answer to a question
about such a way is a sequence, not one word: `told` cuts it where direction or distance turns (as DSR Suite's
procedural answers do).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.cameras import Camera
from sightline.geometry.frames import Frame

Floats = NDArray[np.float64]

_SIDE = math.cos(math.radians(67.5))
"""Share of a way along an axis from which that axis is named: eight directions of 45 degrees, as on a picture."""


@dataclass(frozen=True)
class Trajectory:
    """Where a thing is in the world, over time.

    Attributes:
        points: (N, 3) float64 world, NaN where it is not known.
        times: (N,) float64 seconds, increasing.
        name: What it is.
    """

    points: Floats
    times: Floats
    name: str = ""

    def __post_init__(self) -> None:
        points, times = np.array(self.points, dtype=np.float64), np.array(self.times, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or times.shape != points.shape[:1]:
            raise ValueError(f"a trajectory has (N, 3) points and (N,) times, not {points.shape} and {times.shape}")
        if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
            raise ValueError("the times of a trajectory are finite and increase")
        points[~np.isfinite(points).all(axis=1)] = np.nan
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "times", times)

    @property
    def known(self) -> NDArray[np.bool_]:
        """When it is known where the thing is, (N,)."""
        return np.asarray(~np.isnan(self.points[:, 0]))

    @property
    def length(self) -> float:
        """Length of the way in world units, straight over what is not known."""
        return float(np.linalg.norm(np.diff(self.points[self.known], axis=0), axis=1).sum())

    @property
    def speed(self) -> float | None:
        """World units a second, mean; None where fewer than two points are known."""
        times = self.times[self.known]
        return None if len(times) < 2 else self.length / float(times[-1] - times[0])

    def seen_from(self, frame: Frame | Sequence[Frame]) -> Floats:
        """The way as (right, forward, up) of a viewpoint, (N, 3) world units.

        Args:
            frame: One that stays, or one for each time.

        Raises:
            ValueError: There are not as many as times.
        """
        if isinstance(frame, Frame):
            return frame.to_own(self.points)
        if len(frame) != len(self.times):
            raise ValueError(f"a viewpoint that goes along needs {len(self.times)} frames, not {len(frame)}")
        own = [f.to_own(p) for f, p in zip(frame, self.points, strict=True)]
        return np.stack(own) if own else np.zeros((0, 3))

    def in_picture(self, camera: Camera) -> tuple[Floats, Floats]:
        """Where it appears to a camera: (N, 2) continuous pixels, NaN behind it, and (N,) z-depths."""
        return camera.project(self.points)


@dataclass(frozen=True)
class Leg:
    """A stretch of a way in which neither direction nor distance turns.

    Attributes:
        start: Seconds.
        end: Seconds.
        towards: `right`, `forward-left`, `up`, ... for the viewer; `none` where it rests.
        distance: `nearer`, `farther` or `same` from the viewer.
        step: (3,) right, forward, up from start to end.
    """

    start: float
    end: float
    towards: str
    distance: str
    step: tuple[float, float, float]


def told(way: ArrayLike, times: ArrayLike, rest: float) -> list[Leg]:
    """The legs of a way as a viewer sees it.

    Args:
        way: (N, 3) right, forward, up of the viewer, who is at (0, 0, 0); NaN where not known.
        times: (N,) seconds.
        rest: Length in the way's units below which nothing has moved: what the points may be off.
    """
    points, seconds = np.asarray(way, dtype=np.float64), np.asarray(times, dtype=np.float64)
    known = np.isfinite(points).all(axis=1)
    points, seconds = points[known], seconds[known]
    legs: list[Leg] = []
    last = 0
    for now in range(1, len(points)):
        step = points[now] - points[last]
        if float(np.linalg.norm(step)) <= rest and now < len(points) - 1:
            continue
        nearer = float(np.linalg.norm(points[now]) - np.linalg.norm(points[last]))
        towards = heading(step) if np.linalg.norm(step) > rest else "none"
        distance = "same" if abs(nearer) <= rest / 2 else ("farther" if nearer > 0 else "nearer")
        if legs and (legs[-1].towards, legs[-1].distance) == (towards, distance):
            x, y, z = (float(a + b) for a, b in zip(legs[-1].step, step, strict=True))
            legs[-1] = Leg(legs[-1].start, float(seconds[now]), towards, distance, (x, y, z))
        elif legs and towards == "none":
            pass  # the rest of a step that is too small to say anything
        else:
            x, y, z = (float(v) for v in step)
            legs.append(Leg(float(seconds[last]), float(seconds[now]), towards, distance, (x, y, z)))
        last = now
    return legs


def heading(step: ArrayLike) -> str:
    """The word for a step (3,) of right, forward, up: the axes that make up enough of it, e.g. `forward-left`."""
    right, forward, up = np.asarray(step, dtype=np.float64)
    length = math.sqrt(right * right + forward * forward + up * up)
    if length == 0:
        return "none"
    words = []
    for value, plus, minus in ((up, "up", "down"), (forward, "forward", "back"), (right, "right", "left")):
        if abs(value) > _SIDE * length:
            words.append(plus if value > 0 else minus)
    return "-".join(words)
