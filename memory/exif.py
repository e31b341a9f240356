"""What a camera wrote into a picture about itself: how it was held, and the lens.

The orientation tag (EXIF 0x0112, values 1 to 8) is applied to the pixels once, when a picture is loaded, and
is gone afterwards. The focal length is kept, because metric reconstruction needs it; the tags that say who
took the picture, where and when are never read.
"""

from __future__ import annotations

import dataclasses
import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

_ORIENTATION, _MAKE, _MODEL = 0x0112, 0x010F, 0x0110
_EXIF_IFD, _FOCAL_LENGTH, _FOCAL_LENGTH_35MM = 0x8769, 0x920A, 0xA405
_PIXELS_X, _PIXELS_Y = 0xA002, 0xA003

# What Pillow is known to raise on malformed EXIF blocks.
_MALFORMED = (
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OSError,
    OverflowError,
    struct.error,
)
_TIFF_HEADERS = (b"II*\0", b"MM\0*")
_HEIF_HEADER = 65536
_LONGEST_NAME = 64
_DIAGONAL_35MM = math.hypot(36.0, 24.0)


@dataclasses.dataclass(frozen=True)
class CameraExif:
    """The camera as its EXIF tags describe it; a tag that is absent or senseless is None or "".

    Attributes:
        focal_mm: Focal length in millimetres (a zoom: as set for this picture).
        focal_35mm: Focal length in millimetres of the 35 mm camera with the same diagonal field of view.
        make: Maker of the camera, printable characters only.
        model: Model of the camera, printable characters only.
        original_size: (width, height) in pixels as stored in the file, before the EXIF rotation.
        axes_swapped: True when that rotation exchanged width and height, and with them fx and fy.
        taken_size: (width, height) that the camera says it wrote; another one than `original_size` where the picture
            was cropped or scaled since. None where it does not say.
    """

    focal_mm: float | None
    focal_35mm: float | None
    make: str
    model: str
    original_size: tuple[int, int]
    axes_swapped: bool
    taken_size: tuple[int, int] | None = None

    @property
    def focal_px(self) -> float | None:
        """Focal length in pixels of the loaded picture, from `focal_35mm`; None without it.

        The 35 mm equivalent is defined by the diagonal (CIPA DCG-001), so a rotation does not change the
        result. It is right only where the picture was not cropped after it was taken.
        """
        if self.focal_35mm is None:
            return None
        return self.focal_35mm / _DIAGONAL_35MM * math.hypot(*self.original_size)

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        taken = None if self.taken_size is None else list(self.taken_size)
        return {**dataclasses.asdict(self), "original_size": list(self.original_size), "taken_size": taken}


@dataclasses.dataclass(frozen=True)
class ExifTags:
    """The few tags we use, as read before the pixels are decoded.

    Attributes:
        orientation: 1 to 8; 1 is upright.
        focal_mm, focal_35mm, make, model, taken_size: As in `CameraExif`.
        notes: What had to be ignored, for the person.
    """

    orientation: int
    focal_mm: float | None = None
    focal_35mm: float | None = None
    make: str = ""
    model: str = ""
    notes: tuple[str, ...] = ()
    taken_size: tuple[int, int] | None = None

    def camera(self, loaded_size: tuple[int, int]) -> CameraExif | None:
        """The camera, given the (width, height) of the upright picture; None when the tags name nothing."""
        if self.focal_mm is None and self.focal_35mm is None and not self.make and not self.model:
            return None
        swapped = self.orientation >= 5
        original = loaded_size[::-1] if swapped else loaded_size
        return CameraExif(self.focal_mm, self.focal_35mm, self.make, self.model, original, swapped, self.taken_size)


def read_exif(image: Image.Image, data: bytes | None, warned: bool) -> ExifTags:
    """Reads the tags of an opened Pillow image, to be called before it is decoded. Never raises on bad tags.

    Args:
        image: As Pillow opened it.
        data: The file's bytes; None for an image that somebody else opened.
        warned: Whether Pillow has complained about the tags, which it does by a Python warning.
    """
    unreadable = ("its EXIF data cannot be read and were ignored",)
    try:
        exif = image.getexif()
        raw_orientation = exif.get(_ORIENTATION, 1)
        lens = exif.get_ifd(_EXIF_IFD)
        focal_mm, focal_35mm = _length(lens.get(_FOCAL_LENGTH)), _length(lens.get(_FOCAL_LENGTH_35MM))
        make, model = _name(exif.get(_MAKE)), _name(exif.get(_MODEL))
        taken = _count(lens.get(_PIXELS_X)), _count(lens.get(_PIXELS_Y))
    except _MALFORMED:
        return ExifTags(1, notes=unreadable)
    block = image.info.get("exif")
    if isinstance(block, bytes) and block and not block.removeprefix(b"Exif\0\0").startswith(_TIFF_HEADERS):
        return ExifTags(1, notes=unreadable)
    if image.format == "HEIF":
        raw_orientation = _heif_orientation(image, data)
    notes = unreadable if warned else ()
    if not isinstance(raw_orientation, int) or raw_orientation not in range(1, 9):
        if raw_orientation != 0:  # many programs write 0 for "unknown"
            notes = (*notes, "its EXIF orientation is invalid and was ignored")
        raw_orientation = 1
    taken_size = (taken[0], taken[1]) if taken[0] and taken[1] else None
    return ExifTags(raw_orientation, focal_mm, focal_35mm, make, model, notes, taken_size)


def _heif_orientation(image: Image.Image, data: bytes | None) -> int:
    """How a HEIC was turned: by its boxes `irot` and `imir`. The standard makes the EXIF tag a mere repetition.

    pillow-heif keeps the tag's value, also where there are no boxes and nothing was turned.
    """
    if data is None or not (b"irot" in data[:_HEIF_HEADER] or b"imir" in data[:_HEIF_HEADER]):
        return 1
    return image.info.get("original_orientation") or 1


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turns HxWx3 pixels stored with an EXIF orientation (1 to 8) upright; returns a view."""
    match orientation:
        case 2:
            return pixels[:, ::-1]
        case 3:
            return pixels[::-1, ::-1]
        case 4:
            return pixels[::-1]
        case 5:
            return pixels.swapaxes(0, 1)
        case 6:
            return pixels.swapaxes(0, 1)[:, ::-1]
        case 7:
            return pixels.swapaxes(0, 1)[::-1, ::-1]
        case 8:
            return pixels.swapaxes(0, 1)[::-1]
        case _:
            return pixels


def _length(value: object) -> float | None:
    """A focal length in millimetres, or None when absent, zero (the standard's "unknown") or senseless."""
    if value is None:
        return None
    try:
        length = float(value)  # type: ignore[arg-type]  # tags may hold any type; the except clause checks
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return length if math.isfinite(length) and 0 < length < 1e5 else None


def _count(value: object) -> int:
    """A number of pixels; 0 when absent or senseless."""
    return value if isinstance(value, int) and 0 < value < 1_000_000 else 0


def _name(value: object) -> str:
    """A maker's or model's name as one short printable line, since files hold anything."""
    if not isinstance(value, str):
        return ""
    printable = "".join(c if c.isprintable() else " " for c in value.split("\0", 1)[0])
    return " ".join(printable.split())[:_LONGEST_NAME]
