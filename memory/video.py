"""What a video is, read from its header: length, size and how it was held. One frame is decoded.

FFmpeg would open playlists and other formats that make it read further files or addresses; only the
containers listed here are opened.
"""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

from sightline.memory.decoding import foreign_kind
from sightline.memory.errors import InputError
from sightline.memory.input_files import read_input

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

MAX_VIDEO_BYTES = 4_000_000_000
MAX_VIDEO_PIXELS = 7680 * 4320
"""Largest frame: 8K."""
MAX_VIDEO_FRAMES = 1_000_000
"""About nine hours at 30 frames a second."""

_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,gif"
_REMEDY = "Convert it to MP4 first."
_AGAIN = "Copy or download it again; if it plays elsewhere, convert it to MP4."


@dataclasses.dataclass(frozen=True)
class VideoInfo:
    """A video as its header describes it.

    Attributes:
        duration_s: Length in seconds.
        frames: Number of frames; from length and rate where the header does not count them.
        fps: Mean frames a second.
        size: (width, height) in pixels of the upright frames, after `rotation`.
        rotation: Degrees counter-clockwise that turn stored frames upright: 0, 90, 180 or 270.
        has_audio: Whether there is a sound track.
    """

    duration_s: float
    frames: int
    fps: float
    size: tuple[int, int]
    rotation: int
    has_audio: bool

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return {**dataclasses.asdict(self), "size": list(self.size)}


def probe_video(path: str | os.PathLike[str]) -> VideoInfo:
    """Reads a video's header and its first frame.

    Raises:
        InputError: The file is missing, unreadable, no video, damaged, or beyond the limits of this module.
    """
    import av

    head, shown, file = read_input(path, "video", MAX_VIDEO_BYTES, upto=1024)
    kind = foreign_kind(head)
    if kind == "picture" and not head.startswith(b"GIF8"):
        raise InputError(f"{shown} is a picture, not a video.", "Hand it in as a picture.")
    # An absolute path: FFmpeg would take a relative one such as "concat:x" for a protocol.
    try:
        with av.open(str(file.absolute()), options={"format_whitelist": _CONTAINERS}) as container:
            return _describe(container, shown)
    except (av.FFmpegError, ValueError) as error:
        if kind == "video":
            raise InputError(f"{shown} cannot be decoded: it is damaged or was cut short.", _AGAIN) from error
        raise InputError(f"{shown} is not a video that can be read.", _REMEDY) from error


def _describe(container: InputContainer, shown: str) -> VideoInfo:
    import av

    # Music files carry their cover as a video stream of one picture.
    cover = av.stream.Disposition.attached_pic
    moving = [stream for stream in container.streams.video if not stream.disposition & cover]
    if not moving:
        raise InputError(f"{shown} has no moving picture in it.", "Hand in a file with a video track.")
    stream = moving[0]
    width, height = stream.width, stream.height
    if width * height > MAX_VIDEO_PIXELS:
        raise InputError(f"{shown} has frames of {width}x{height}; the limit is 8K.", "Scale it down first.")
    frame = next(iter(container.decode(stream)), None)
    if frame is None or width < 1 or height < 1:
        raise InputError(f"{shown} has no frames.", "Hand in a video with content.")
    duration = _duration(container, stream)
    rate = stream.average_rate or stream.guessed_rate
    if not duration and stream.frames and rate:
        duration = float(stream.frames / rate)
    if not duration:
        # Browsers' recordings state neither length nor count: packets are walked, which decodes nothing.
        duration = _walked_duration(container, stream)
    if not rate or not duration:
        raise InputError(f"{shown} states neither its length nor its frame rate.", _REMEDY)
    frames = stream.frames or max(1, round(duration * float(rate)))
    if frames > MAX_VIDEO_FRAMES:
        raise InputError(f"{shown} has {frames} frames; the limit is {MAX_VIDEO_FRAMES}.", "Cut out the part you need.")
    rotation = round(frame.rotation / 90) * 90 % 360
    size = (height, width) if rotation in (90, 270) else (width, height)
    return VideoInfo(duration, frames, float(rate), size, rotation, bool(container.streams.audio))


def _duration(container: InputContainer, stream: VideoStream) -> float:
    """Seconds, the stream's own where it states them; 0 when nothing does."""
    import av

    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / av.time_base


def _walked_duration(container: InputContainer, stream: VideoStream) -> float:
    """Seconds up to the end of the last packet; 0 when the packets carry no times."""
    container.seek(0)
    end = 0.0
    for count, packet in enumerate(container.demux(stream)):
        if packet.pts is not None and packet.time_base is not None:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if count > MAX_VIDEO_FRAMES:
            break
    return end
