"""What a visitor may give and use, and how it is said that something is beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.memory import InputError

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".bmp", ".tif", ".tiff", ".gif", ".avif"})
VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi"})


@dataclass(frozen=True)
class Limits:
    """What one visitor may give and use.

    Attributes:
        upload_mb: Megabytes of one file.
        files: Pictures and videos of one question.
        megapixels: Of one picture.
        frames: Of one video.
        seconds: Wall time of one run; then it is stopped, and can be resumed.
        steps: Turns of the model in one run.
        at_once: Runs under way at once, of all visitors; others wait in a queue.
        waiting: Runs that may wait.
        lanes: Runs that one visitor's page keeps.
    """

    upload_mb: int = 100
    files: int = 24
    megapixels: float = 60.0
    frames: int = 20_000
    seconds: float = 900.0
    steps: int = 40
    at_once: int = 4
    waiting: int = 40
    lanes: int = 24

    def in_words(self) -> str:
        """For the page."""
        return (
            f"Up to {self.files} files of {self.upload_mb} MB; photos up to {self.megapixels:g} megapixels, videos up "
            f"to {self.frames:,} frames. A run may take {self.seconds / 60:g} minutes."
        )


@dataclass(frozen=True)
class Inputs:
    """A visitor's files, sorted."""

    photos: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    panoramas: tuple[str, ...] = ()

    @property
    def pictures(self) -> dict[str, str]:
        """Files of what can be drawn on, by the handle that it gets in a run."""
        numbered = {f"img{number}": file for number, file in enumerate(self.photos, start=1)}
        return numbered | {f"pano{number}": file for number, file in enumerate(self.panoramas, start=1)}


def sort_files(files: Sequence[str], limits: Limits, *, panorama: bool) -> Inputs:
    """Tell photos from videos, and refuse what is beyond the limits. Nothing is decoded but headers.

    Args:
        files: Paths of what was uploaded.
        limits: What may be given.
        panorama: Whether the pictures are panoramas.

    Raises:
        InputError: There is too much, or a file is no picture and no video.
    """
    if len(files) > limits.files:
        raise InputError(f"{len(files)} files were given; the limit is {limits.files}.", "Take some away.")
    photos, videos = [], []
    for file in files:
        path = Path(file)
        megabytes = path.stat().st_size / 1e6
        if megabytes > limits.upload_mb:
            raise InputError(
                f"{path.name} has {megabytes:.0f} MB; the limit is {limits.upload_mb}.", "Make it smaller, or cut it."
            )
        ending = path.suffix.lower()
        if ending in VIDEOS:
            _check_video(path, limits)
            videos.append(file)
        elif ending in PICTURES:
            _check_picture(path, limits)
            photos.append(file)
        else:
            raise InputError(
                f"{path.name} is no picture and no video that is known here.", "Give JPEG, PNG, WebP, HEIC, MP4 or MOV."
            )
    return Inputs((), tuple(videos), tuple(photos)) if panorama else Inputs(tuple(photos), tuple(videos))


def _check_picture(path: Path, limits: Limits) -> None:
    from PIL import Image, UnidentifiedImageError
    from pillow_heif import register_heif_opener

    register_heif_opener()
    try:
        with Image.open(path) as opened:  # reads the header only
            width, height = opened.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InputError(
            f"{path.name} cannot be read as a picture; it may be damaged.", "Save it again as JPEG or PNG."
        ) from error
    except Image.DecompressionBombError:
        width, height = Image.MAX_IMAGE_PIXELS or 0, 2
    if width * height > limits.megapixels * 1e6:
        raise InputError(
            f"{path.name} has {width * height / 1e6:.0f} megapixels; the limit is {limits.megapixels:g}.",
            "Scale it down.",
        )


def _check_video(path: Path, limits: Limits) -> None:
    from sightline.memory.video import probe_video

    frames = probe_video(path).frames
    if frames > limits.frames:
        raise InputError(f"{path.name} has {frames:,} frames; the limit is {limits.frames:,}.", "Cut it.")
