"""Watching a stretch of a video: how its camera moves, and small frames of it for what looks closer.

Frames are decoded once, small; the background is followed through all that are read, and only so many are kept that
memory stays bounded, whatever the length of the video.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.background_motion import (
    BackgroundFollower,
    CameraMotion,
    FrameMotion,
    camera_motion,
    to_first,
)
from sightline.geometry.tracks import Track as Way
from sightline.memory import InstrumentLimit
from sightline.memory.caching import ByteCache, fingerprint
from sightline.tools.video.decoding import read

Floats = NDArray[np.float64]

WATCHED_PX = 320
"""Longer side of the frames that are watched."""
FASTEST = 15.0
"""Frames a second through which the background is followed."""
MOST_FOLLOWED = 2400
"""Frames through which it is followed: 4 minutes at 10 a second; of longer stretches, fewer a second."""
MOST_KEPT = 400
"""Frames that are kept: 92 MB at 320x240."""


@dataclass(frozen=True)
class Watched:
    """A stretch of a video.

    Attributes:
        times: (F,) seconds of the frames through which the background was followed.
        motions: (F,) of the background, in pixels of the full frames.
        camera: What that says of the camera, in pixels of the full frames.
        size: (width, height) of the full frames.
        kept: Indices into `times` of the frames that were kept.
        frames: (K, h, w, 3) uint8, those frames, small.
    """

    times: Floats
    motions: tuple[FrameMotion, ...]
    camera: CameraMotion
    size: tuple[int, int]
    kept: NDArray[np.intp]
    frames: NDArray[np.uint8]

    @property
    def per_second(self) -> float:
        """Frames a second that were kept."""
        times = self.times[self.kept]
        return (len(times) - 1) / float(times[-1] - times[0]) if len(times) > 1 else 0.0

    @property
    def scale(self) -> Floats:
        """(2,) full pixels for each small one, along x and y."""
        small = np.array(self.frames.shape[2:0:-1], dtype=np.float64)
        return np.array(self.size, dtype=np.float64) / small

    def to_first(self, times: Floats) -> Floats:
        """(N, 3, 3) from the full frames at these times to the first one; NaN where that is not known.

        Between two frames that were followed, the motion is interpolated.
        """
        known = to_first(self.motions)
        after = np.clip(np.searchsorted(self.times, times), 1, max(1, len(self.times) - 1))
        if len(self.times) < 2:
            return np.repeat(known[:1], len(times), axis=0)
        share = (times - self.times[after - 1]) / (self.times[after] - self.times[after - 1])
        share = np.clip(share, 0, 1)[:, None, None]
        between = np.where(share == 0, 0, known[after]) * share + np.where(share == 1, 0, known[after - 1]) * (
            1 - share
        )
        return np.asarray(between, dtype=np.float64)


_watched: ByteCache[Watched] = ByteCache(200_000_000)


def watch(
    path: Path,
    size: tuple[int, int],
    start: float,
    end: float,
    moving: Sequence[Way] = (),
    keep: int = MOST_KEPT,
) -> Watched:
    """Watch a stretch of a video; the same stretch again costs nothing.

    Args:
        path: The video's file.
        size: (width, height) of its upright frames.
        start: Seconds.
        end: Seconds.
        moving: What is known to move, in full pixels, so that it does not pass for background.
        keep: Frames that may be kept; 0 to keep none.

    Raises:
        InstrumentLimit: It cannot be decoded, or there are fewer than two frames.
    """
    known = path.stat()
    ways = [hashlib.sha256(way.boxes.tobytes() + way.times.tobytes()).hexdigest() for way in moving]
    key = fingerprint("watch", str(path.absolute()), known.st_size, known.st_mtime_ns, start, end, ways, keep)
    watched = _watched.get(key)
    if watched is None:
        watched = _watch(path, size, start, end, moving, keep)
        _watched.put(key, watched, watched.frames.nbytes + 1000 * len(watched.times))
    return watched


def _watch(path: Path, size: tuple[int, int], start: float, end: float, moving: Sequence[Way], keep: int) -> Watched:
    import cv2

    length = max(end - start, 1e-3)
    rate = min(FASTEST, MOST_FOLLOWED / length)
    every = 1 if not keep else max(1, int(np.ceil(length * rate / keep)))
    follower = BackgroundFollower()
    times: list[float] = []
    kept: list[int] = []
    frames: list[NDArray[np.uint8]] = []
    height, width = 1, 1
    for frame in read(path, rate, start=start, end=end, longest=WATCHED_PX):
        height, width = frame.pixels.shape[:2]
        boxes = _boxes_at(moving, frame.time)
        shrink = np.tile((width / size[0], height / size[1]), 2)
        gray = np.asarray(cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        follower.add(gray, [np.asarray(box) * shrink for box in boxes])
        if keep and len(times) % every == 0 and len(frames) < keep:
            kept.append(len(times))
            frames.append(frame.pixels)
        times.append(frame.time)
    if len(times) < 2:
        raise InstrumentLimit(
            f"there are {len(times)} frames between {start:.2f} and {end:.2f} s: too few to see motion.",
            "Take a longer stretch.",
        )
    grow = np.diag([size[0] / width, size[1] / height, 1.0])
    shrunk = np.linalg.inv(grow)
    motions = tuple(FrameMotion(grow @ m.matrix @ shrunk, m.agree, m.corners) for m in follower.motions)
    seconds = np.asarray(times)
    camera = camera_motion(motions, seconds, size)
    stacked = np.stack(frames) if frames else np.zeros((0, height, width, 3), np.uint8)
    stacked.setflags(write=False)
    return Watched(seconds, motions, camera, size, np.asarray(kept, dtype=np.intp), stacked)


def _boxes_at(ways: Sequence[Way], time: float) -> list[Floats]:
    """Where these things are at a time: their boxes (x0, y0, x1, y1) in the frame nearest to it."""
    boxes = [way.boxes[int(np.argmin(np.abs(way.times - time)))] for way in ways]
    return [box for box in boxes if np.isfinite(box).all()]
