"""Frames of a video one after the other, upright: a few a second, never more than a few in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InstrumentLimit


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
    import av

    given = 0
    wanted = 0.0
    try:
        with av.open(str(path.absolute())) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            start: float | None = None
            for frame in container.decode(stream):
                now = float(frame.time or 0.0)
                start = now if start is None else start
                if now - start + 1e-6 < wanted:
                    continue
                turns = round(frame.rotation / 90) % 4
                pixels = frame.to_ndarray(format="rgb24")
                yield now - start, np.ascontiguousarray(np.rot90(pixels, turns))
                given += 1
                wanted = (now - start) + 1 / per_second - 1e-3
                if given >= most:
                    return
    except av.FFmpegError as error:
        if not given:
            raise InstrumentLimit("the video cannot be decoded.", "Convert it to MP4 first.") from error
