"""Frames of a video one after the other, upright: a few a second, never more than a few in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.tools.video.decoding import read


def read_frames(path: Path, per_second: float, most: int) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Frames at regular times.

    Args:
        path: The video's file.
        per_second: Frames wanted for each second; no more than there are.
        most: Frames at most.

    Yields:
        Seconds from the first frame, and the (H, W, 3) uint8 RGB frame, upright.

    Raises:
        InstrumentLimit: The video cannot be decoded.
    """
    for frame in read(path, per_second, most):
        yield frame.time, frame.pixels
