"""Frames of a video: one after the other or at given times, upright, never more than a few in memory.

Times are seconds from the first frame; a frame is shown from its own time until the next one's. Damaged stretches are
passed over, as players do; what could not be read is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InstrumentLimit

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_AHEAD = 1e-4
"""Seconds by which a frame may be early and still count as the one for a time: times are rounded in files and texts."""
_REMEDY = "Convert it to MP4 again, or hand in another copy of it."


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        number: Counted from 0, in the order they are shown.
        time: Seconds from the first frame.
        pixels: (H, W, 3) uint8 RGB, upright.
    """

    number: int
    time: float
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Timeline:
    """When each frame of a video is shown, as its file says; nothing is decoded for it.

    Attributes:
        times: (N,) seconds from the first frame, increasing.
        origin: The first frame's time on the file's own clock, in seconds.
        missing: Seconds at the end that the header promises and the file does not hold; 0 for a whole file.
    """

    times: NDArray[np.float64]
    origin: float
    missing: float

    def number_at(self, time: float) -> int:
        """The frame that is shown at this time; the first or the last beyond the ends."""
        return max(0, int(np.searchsorted(self.times, time + _AHEAD, side="right")) - 1)


def timeline(path: Path) -> Timeline:
    """When each frame is shown.

    Raises:
        InstrumentLimit: The file holds no frames that can be read.
    """
    known = path.stat()
    return _timeline(path.absolute(), known.st_size, known.st_mtime_ns)


def read(
    path: Path,
    per_second: float = float("inf"),
    most: int | None = None,
    start: float = 0.0,
    end: float = float("inf"),
    longest: int | None = None,
) -> Iterator[Frame]:
    """Frames at regular times, in order.

    Args:
        path: The video's file.
        per_second: Frames wanted for each second; no more than there are.
        most: Frames at most; None for all.
        start: Seconds from which on.
        end: Seconds up to which.
        longest: Longer side of the frames in pixels, where they are larger; None keeps them.

    Raises:
        InstrumentLimit: Not one frame can be decoded.
    """
    import av

    line = timeline(path)
    first = line.times[line.number_at(start)] if start > 0 else 0.0
    given, wanted = 0, float(first)
    with _opened(path) as container:
        stream = _stream(container)
        if first > 0:
            container.seek(round((first + line.origin) / float(stream.time_base or 1)), stream=stream)
        for frame in _decoded(container, stream, av.error.InvalidDataError):
            stamp = frame.pts if frame.pts is not None else frame.dts
            if stamp is None:
                continue
            now = float(stamp * (frame.time_base or 0)) - line.origin
            if now > end + _AHEAD or given == most:
                break
            if now + _AHEAD < wanted:
                continue
            yield Frame(line.number_at(now), max(now, 0.0), _upright(frame, longest))
            given += 1
            wanted = now + 1 / per_second - 1e-3
    if not given and start <= line.times[-1]:
        raise InstrumentLimit("the video cannot be decoded: it is damaged.", _REMEDY)


def frames_at(path: Path, times: Sequence[float], longest: int | None = None) -> list[Frame]:
    """The frames that are shown at these times, in the order of the times; exact, whatever lies between key frames.

    Args:
        path: The video's file.
        times: Seconds from the first frame; beyond the ends, the first or the last frame.
        longest: Longer side of the frames in pixels, where they are larger.

    Raises:
        InstrumentLimit: A frame cannot be decoded.
    """
    line = timeline(path)
    numbers = [line.number_at(time) for time in times]
    found: dict[int, Frame] = {}
    wanted = sorted(set(numbers))
    while wanted:
        stretch = _run_of(wanted, line)
        for frame in read(path, start=float(line.times[stretch[0]]), end=float(line.times[stretch[-1]]), longest=None):
            if frame.number in stretch:
                found[frame.number] = _smaller(frame, longest)
        missed = [n for n in stretch if n not in found]
        for number in missed:  # damaged: the last frame before it stands still on the screen
            before = [n for n in found if n < number]
            if not before:
                raise InstrumentLimit(
                    f"the frame at {line.times[number]:.1f} s cannot be decoded: the video is damaged there.",
                    "Choose another time, or hand in another copy of it.",
                )
            found[number] = found[max(before)]
        wanted = [n for n in wanted if n not in found]
    return [found[number] for number in numbers]


def _run_of(wanted: list[int], line: Timeline) -> list[int]:
    """The first of these frames, and those that follow it closely: reading on is quicker than seeking there."""
    stretch = wanted[:1]
    for number in wanted[1:]:
        if line.times[number] - line.times[stretch[-1]] > 1.0:
            break
        stretch.append(number)
    return stretch


@lru_cache(maxsize=16)
def _timeline(path: Path, size: int, changed: int) -> Timeline:
    del size, changed  # only there so that a rewritten file is read anew
    import av

    with _opened(path) as container:
        stream = _stream(container)
        base = float(stream.time_base or 0)
        promised = float(stream.duration or 0) * base
        shown: list[float] = []
        last = 0.0
        try:
            for packet in container.demux(stream):
                stamp = packet.pts if packet.pts is not None else packet.dts
                if packet.size and stamp is not None and not (packet.is_discard or packet.is_corrupt):
                    shown.append(stamp * base)
                    last = max(last, (stamp + (packet.duration or 0)) * base)
        except av.FFmpegError:
            pass  # what was cut off is told by the times
    if not shown:
        raise InstrumentLimit("the video holds no frames that can be read: it was cut short.", _REMEDY)
    times = np.unique(np.asarray(shown))
    missing = promised - (last - times[0])
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return Timeline(times - times[0], float(times[0]), missing if missing > max(0.5, 3 * step) else 0.0)


def _opened(path: Path) -> InputContainer:
    import av

    try:
        return av.open(str(path.absolute()))
    except av.FFmpegError as error:
        raise InstrumentLimit("the video cannot be opened: it is damaged or was cut short.", _REMEDY) from error


def _stream(container: InputContainer) -> VideoStream:
    import av

    cover = av.stream.Disposition.attached_pic
    stream = next((s for s in container.streams.video if not s.disposition & cover), None)
    if stream is None:
        raise InstrumentLimit("the video has no picture track left: it is damaged or was cut short.", _REMEDY)
    stream.thread_type = "AUTO"
    return stream


def _decoded(container: InputContainer, stream: VideoStream, damaged: type[Exception]) -> Iterator[VideoFrame]:
    """All frames from here on, without those that are damaged."""
    packets: Any = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = packet.decode()
        except damaged:
            continue
        yield from frames


def _upright(frame: VideoFrame, longest: int | None) -> NDArray[np.uint8]:
    width, height = frame.width, frame.height
    if longest is not None and max(width, height) > longest:
        share = longest / max(width, height)
        width, height = max(1, round(width * share)), max(1, round(height * share))
        pixels = frame.to_ndarray(width=width, height=height, format="rgb24", interpolation="AREA")
    else:
        pixels = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90) % 4), dtype=np.uint8)


def _smaller(frame: Frame, longest: int | None) -> Frame:
    height, width = frame.pixels.shape[:2]
    if longest is None or max(width, height) <= longest:
        return frame
    import cv2

    share = longest / max(width, height)
    size = max(1, round(width * share)), max(1, round(height * share))
    small = np.asarray(cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return Frame(frame.number, frame.time, small)
