"""What a model is shown of an item: its pictures, and of a video the protocol's number of evenly spaced frames."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.evals.item import Asked
from sightline.memory import InputError
from sightline.memory.caching import ByteCache

FRAME_BYTES = 256 << 20
"""Bytes of decoded frames that are kept: benchmarks ask many questions about one video."""

_kept: ByteCache[list[NDArray[np.uint8]]] = ByteCache(FRAME_BYTES)


def pictures_of(asked: Asked, frames: int) -> list[Any]:
    """The pictures of an item, then the frames of its video, as `SpatialAgent.ask` takes them.

    Args:
        asked: What the item shows.
        frames: Frames of a video.

    Raises:
        InputError: A file is missing or cannot be read.
    """
    pictures: list[Any] = list(asked.pictures)
    if asked.video is not None:
        pictures += sampled_frames(asked.video, frames)
    return pictures


def sampled_frames(video: Path, count: int) -> list[NDArray[np.uint8]]:
    """Evenly spaced frames of a video, the first and the last among them.

    The frames are those at `numpy.linspace(0, n - 1, count)`, rounded down, which is how the published scorers of video
    benchmarks sample (lmms-eval's `load_video` with decord).

    Returns:
        (H, W, 3) uint8 RGB each, upright; all of them where the video has fewer.

    Raises:
        InputError: The file is missing, or no video.
    """
    import av

    if not video.is_file():
        raise InputError(f"The video {video.name} is missing.", f"It belongs in {video.parent}.")
    stat = video.stat()
    key = hashlib.sha256(f"{video} {stat.st_mtime_ns} {stat.st_size} {count}".encode()).hexdigest()
    if (known := _kept.get(key)) is not None:
        return known
    try:
        with av.open(str(video.absolute())) as container:
            total = container.streams.video[0].frames or sum(1 for _ in container.decode(video=0))
        frames = _decoded(video, set(_indices(total, count)))
    except (av.FFmpegError, IndexError) as error:
        raise InputError(f"{video.name} is not a video that can be read ({error}).", "Download it again.") from None
    _kept.put(key, frames, sum(frame.nbytes for frame in frames))
    return frames


def _indices(total: int, count: int) -> list[int]:
    return [int(index) for index in np.unique(np.linspace(0, total - 1, count).astype(int))]


def _decoded(video: Path, wanted: set[int]) -> list[NDArray[np.uint8]]:
    import av

    frames: list[NDArray[np.uint8]] = []
    with av.open(str(video.absolute())) as container:
        container.streams.video[0].thread_type = "AUTO"
        for index, frame in enumerate(container.decode(video=0)):
            if index in wanted:
                turned = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90) % 4)
                frames.append(np.ascontiguousarray(turned))
            if len(frames) == len(wanted):
                break
    return frames
