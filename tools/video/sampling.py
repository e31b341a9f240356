"""Which frames of a video to look at: evenly, or more where more changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.tools.video.decoding import read

Floats = NDArray[np.float64]

LOOKED_AT_PX = 96
"""Longer side of the frames that are compared: the eye for change needs no more."""
LOOKED_AT_PER_SECOND = 10.0
NOISE = 1.0
"""Mean difference of two frames in grey levels below which nothing has changed: compression and sensor noise."""


def uniform_times(length: float, count: int) -> list[float]:
    """The middles of `count` equal stretches of `length` seconds."""
    return [length * (n + 0.5) / count for n in range(count)]


def changes(path: Path) -> tuple[Floats, Floats]:
    """How much changes from frame to frame.

    Returns:
        (N,) seconds, and the (N,) mean absolute difference from the frame before in grey levels, less `NOISE`, at
        least 0; 0 for the first.

    Raises:
        InstrumentLimit: The video cannot be decoded.
    """
    times, amounts = [], []
    before: NDArray[np.float32] | None = None
    for frame in read(path, LOOKED_AT_PER_SECOND, longest=LOOKED_AT_PX):
        now = frame.pixels.astype(np.float32)
        change = 0.0 if before is None else float(np.abs(now - before).mean())
        times.append(frame.time)
        amounts.append(max(0.0, change - NOISE))
        before = now
    return np.asarray(times), np.asarray(amounts)


def motion_times(times: ArrayLike, amounts: ArrayLike, count: int) -> list[float] | None:
    """Times between which equal amounts change.

    Args:
        times: (N,) seconds.
        amounts: (N,) change up to each time from the one before.
        count: How many.

    Returns:
        Increasing times; None where nothing changes.
    """
    seconds, grown = np.asarray(times, dtype=np.float64), np.cumsum(np.asarray(amounts, dtype=np.float64))
    if len(grown) == 0 or grown[-1] <= 0:
        return None
    # A change between two frames is seen in the later one: it is reached there, not on the way.
    reached = np.searchsorted(grown, grown[-1] * (np.arange(count) + 0.5) / count - 1e-9)
    return [float(seconds[n]) for n in np.unique(reached)]
