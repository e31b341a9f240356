"""From the bytes of a picture file to upright 8-bit sRGB pixels, whatever the file was.

Pillow opens the file (pillow-heif for HEIC), limits are checked on the header, and then one step each:
decode, samples to 8 bit, colours to sRGB through the embedded profile, transparency onto white, EXIF
orientation. Every step that changed something leaves a note in words. Anything that cannot be shown
faithfully is an `InputError`: a truncated file never becomes a picture with a grey part.

Traps this module exists for, each held by a test: Pillow clips 16-bit grey when converting to "L", drops the
low byte of 16-bit colour, does not invert 16-bit white-is-zero TIFFs; it and pillow-heif turn TIFF and HEIC
by themselves while loading, but not JPEG, PNG, WebP and AVIF; it reports bombs and damaged tags as warnings.
"""

from __future__ import annotations

import contextlib
import io
import struct
import threading
import warnings
import zlib
from typing import TYPE_CHECKING

import numpy as np

from sightline.memory.errors import InputError
from sightline.memory.exif import CameraExif, ExifTags, read_exif, upright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL import Image, ImageCms

MAX_PIXELS = 120_000_000
"""Largest picture that is decoded: 360 MB of pixels."""

FORMATS = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or PNM"

# Everything else Pillow could open is either no photograph or not worth its attack surface. JPEG includes MPO.
_PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
_ANIMATIONS = ("GIF", "PNG", "WEBP", "AVIF")
# Counting the frames of a GIF or TIFF walks the whole file; above this size it only says that there are more.
_COUNT_FRAMES_BELOW = 32_000_000

# What Pillow and its plugins raise on damaged data; a broad `except` would hide mistakes of ours.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)

# Pillow's limits and Python's warning filters belong to the process; one picture at a time may change them.
_pillow_lock = threading.Lock()

# Colours that must survive a profile unchanged (within rounding) for it to count as sRGB.
_SRGB_TOLERANCE = 2

_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_PLANAR, _DNG_VERSION = 258, 262, 284, 50706
_SUBFILE_TYPE, _SUB_IFDS = 254, 330


def decode_file(data: bytes, shown: str) -> tuple[NDArray[np.uint8], tuple[str, ...], CameraExif | None]:
    """Decodes the bytes of a picture file.

    Args:
        data: The whole file.
        shown: How the person knows it ("photo.jpg"), the subject of error messages.

    Returns:
        uint8 HxWx3 RGB pixels (C-contiguous, sRGB, upright), notes of what was done, the camera if known.

    Raises:
        InputError: It is no picture, is damaged, is larger than `MAX_PIXELS`, or has no defined look.
    """
    from PIL import Image, UnidentifiedImageError

    formats: tuple[str, ...] = _PILLOW_FORMATS
    if data[4:8] == b"ftyp":
        import pillow_heif

        pillow_heif.register_heif_opener()
        formats = (*formats, "HEIF")  # Pillow takes only names that are registered
    with _pillow_limits() as said:
        try:
            image: Image.Image = Image.open(io.BytesIO(data), formats=formats)
        except UnidentifiedImageError:
            raise _not_a_picture(data, shown) from None
        except _DAMAGE as error:
            raise _damaged(shown, error) from error
        with image:
            return _decode(image, data, shown, said)


def decode_image(image: Image.Image) -> tuple[NDArray[np.uint8], tuple[str, ...], CameraExif | None]:
    """Like `decode_file`, for a Pillow image in any mode, which is decoded if it was not yet."""
    with _pillow_limits() as said:
        return _decode(image, None, "the PIL image", said)


def check_pixels(size: tuple[int, int], shown: str) -> None:
    """Raises InputError for a picture of (width, height) without pixels, or with more than `MAX_PIXELS`."""
    width, height = size
    if width < 1 or height < 1:
        raise InputError(f"{shown} has no pixels: it is {width}x{height}.", "Hand in a picture with content.")
    if width * height > MAX_PIXELS:
        raise InputError(
            f"{shown} is {width}x{height}, {width * height / 1e6:.0f} megapixels; the limit is {MAX_PIXELS / 1e6:.0f}.",
            "Scale it down first.",
        )


def _decode(
    image: Image.Image, data: bytes | None, shown: str, said: list[warnings.WarningMessage]
) -> tuple[NDArray[np.uint8], tuple[str, ...], CameraExif | None]:
    """All steps after opening.

    `data` is the file's bytes, None for an image that somebody else opened; `said` collects Pillow's warnings.
    """
    check_pixels(image.size, shown)
    notes: list[str] = []
    try:
        if _is_raw(image, data):
            raise InputError(f"{shown} is a camera raw file.", "Develop it and save it as JPEG, PNG or TIFF.")
        if data is not None:
            notes += _frames(image, len(data))
        bits = _bits(image)
        tags = read_exif(image, data, warned=any("Corrupt EXIF" in str(warning.message) for warning in said))
        # Pillow decodes also what OpenCV reads below: it is the one that refuses truncated data.
        image.load()
        colours, alpha = _eight_bit(image, bits, data, shown, notes)
        colours = _to_srgb(colours, image.info.get("icc_profile"), notes)
        if alpha is not None and alpha.getextrema()[0] != 255:
            colours = _on_white(colours, alpha)
            notes.append("transparent parts shown on white")
        pixels = np.asarray(colours)
    except _DAMAGE as error:
        raise _damaged(shown, error) from error
    if not _turned_by_library(image, tags):
        pixels = upright(pixels, tags.orientation)
    if tags.orientation != 1:
        notes.append("turned by its EXIF tag")
    height, width = pixels.shape[:2]
    # A copy even where the array is contiguous: Pillow's own memory is read-only.
    return np.array(pixels, order="C"), (*notes, *tags.notes), tags.camera((width, height))


def _turned_by_library(image: Image.Image, tags: ExifTags) -> bool:
    """Whether loading applied the orientation: Pillow does for TIFF, dropping the tag, pillow-heif for HEIC."""
    if tags.orientation == 1:
        return True
    return read_exif(image, None, warned=False).orientation != tags.orientation


def _frames(image: Image.Image, file_size: int) -> list[str]:
    """The note that a file holds more than the picture that is used."""
    if not getattr(image, "is_animated", False):
        return []
    count = f"{getattr(image, 'n_frames', 1)} " if file_size < _COUNT_FRAMES_BELOW else "many "
    return [f"first of {count}{'frames' if image.format in _ANIMATIONS else 'pictures in the file'}"]


def _is_raw(image: Image.Image, data: bytes | None) -> bool:
    """Whether a TIFF is a camera's raw file (DNG, NEF, CR2, ARW); Pillow would show its thumbnail."""
    tags = getattr(image, "tag_v2", None)
    if tags is None or image.format != "TIFF":
        return False
    if _DNG_VERSION in tags or (data is not None and data[8:10] == b"CR"):
        return True
    return tags.get(_SUBFILE_TYPE) == 1 and _SUB_IFDS in tags


# ---------------------------------------------------------------------- samples to 8 bit
def _eight_bit(
    image: Image.Image, bits: int, data: bytes | None, shown: str, notes: list[str]
) -> tuple[Image.Image, Image.Image | None]:
    """Splits a decoded image into colours (mode L, RGB, CMYK or LAB) and alpha (mode L, or None)."""
    from PIL import Image

    samples = _sixteen_bit(image, bits, data, shown)
    if samples is not None:
        alpha = _sixteen_bit_alpha(image, samples)
        table = _to_eight_bit(bits)
        notes.append(f"{bits}-bit scaled to 8")
        return Image.fromarray(table[samples[..., :3] if samples.ndim == 3 else samples]), alpha
    if image.mode in ("F", "I"):
        raise InputError(
            f"{shown} holds {'floating-point' if image.mode == 'F' else '32-bit or signed'} samples, "
            "which say nothing about black and white.",
            "Save it with 8 or 16 bits, or hand in a float array scaled to 0..1.",
        )
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        grey = image.mode in ("1", "L", "LA", "La")
        # Pillow has no way from premultiplied samples to RGBA but through their own mode's twin.
        straight = image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, "RGBA"))
        return straight.convert("L" if grey else "RGB"), straight.getchannel("A")
    if image.mode == "1":
        return image.convert("L"), None
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image, None
    return image.convert("RGB"), None


def _sixteen_bit(image: Image.Image, bits: int, data: bytes | None, shown: str) -> NDArray[np.uint16] | None:
    """Samples with more than 8 bits as HxW, HxWx3 or HxWx4 (RGB order), or None when there are none."""
    if image.mode.startswith("I;16"):
        grey: NDArray[np.uint16] = np.asarray(image).astype(np.uint16, copy=False)
        white_is_zero = image.format == "TIFF" and getattr(image, "tag_v2", {}).get(_TIFF_PHOTOMETRIC) == 0
        return (2**bits - 1 - grey).astype(np.uint16) if white_is_zero else grey
    if image.mode == "I" and image.format == "PPM":  # Pillow stretches grey PNMs of any depth to 16 bits
        return np.asarray(image).astype(np.uint16)
    if data is None or image.mode not in ("RGB", "RGBA") or bits != 16:
        return None
    if getattr(image, "tag_v2", {}).get(_TIFF_PLANAR) == 2:  # both libraries return garbage for these
        raise InputError(f"{shown} is a planar 16-bit TIFF, which cannot be read.", "Save it as a 16-bit PNG.")
    import cv2

    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if read is not None and read.dtype == np.uint16 and read.ndim == 3:
        return np.asarray(read[..., [2, 1, 0, 3][: read.shape[2]]], np.uint16)
    if getattr(image, "tag_v2", {}).get(_TIFF_PLANAR) == 2:  # Pillow takes these samples for 8-bit ones
        raise InputError(f"{shown} is a planar 16-bit TIFF, which cannot be read.", "Save it as a 16-bit PNG.")
    return None


def _sixteen_bit_alpha(image: Image.Image, samples: NDArray[np.uint16]) -> Image.Image | None:
    """The alpha of 16-bit samples: a fourth channel, or one transparent colour (PNG's tRNS, in 16 bits)."""
    from PIL import Image

    if samples.ndim == 3 and samples.shape[2] == 4:
        return Image.fromarray(_to_eight_bit(16)[samples[..., 3]])
    key = image.info.get("transparency")
    if key is None:
        return None
    hidden = (samples.reshape(*samples.shape[:2], -1) == np.asarray(key)).all(axis=2)
    return Image.fromarray(np.where(hidden, np.uint8(0), np.uint8(255)))


def _bits(image: Image.Image) -> int:
    """Bits per sample as the file states them; to be asked before loading, which drops PNG's."""
    tags = getattr(image, "tag_v2", None)
    if tags is not None and image.format == "TIFF":
        return int(max(tags.get(_TIFF_BITS, (1,))))
    if image.mode.startswith("I"):
        return 16
    tiles = getattr(image, "tile", [])
    return 16 if tiles and ";16" in str(tiles[0].args) else 8


def _to_eight_bit(bits: int) -> NDArray[np.uint8]:
    """A table from samples of `bits` bits (9 to 16) to 8: for 16, v / 257, rounded."""
    full = 2**bits - 1
    table = (np.arange(full + 1, dtype=np.uint32) * 255 + full // 2) // full
    return np.concatenate([table, np.full(65536 - table.size, 255)]).astype(np.uint8)


# ---------------------------------------------------------------------- colours to sRGB
def _to_srgb(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """Converts mode L, RGB, CMYK or LAB to sRGB, through the embedded ICC profile where there is one."""
    from PIL import ImageCms

    if image.mode == "LAB":
        notes.append("Lab colours converted to sRGB")
        return _transformed(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            wanted = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(source.profile.xcolor_space.strip())
            suitable = image.convert("RGB") if (image.mode, wanted) == ("L", "RGB") else image
            if suitable.mode != wanted:
                notes.append("its colour profile is for another kind of picture and was ignored")
            elif _is_srgb(suitable.mode, source):
                return suitable.convert("RGB")
            else:
                converted = _transformed(suitable, source)
                what = "CMYK" if wanted == "CMYK" else "colours"
                notes.append(f"{what} converted to sRGB through the embedded profile")
                return converted
        except (OSError, ImageCms.PyCMSError):
            notes.append("its colour profile cannot be read and was ignored")
    if image.mode == "CMYK":
        notes.append("CMYK converted without a profile: colours are approximate")
    return image if image.mode == "RGB" else image.convert("RGB")


def _is_srgb(mode: str, source: ImageCms.ImageCmsProfile) -> bool:
    """Whether a profile leaves colours as they are: judged by what it does, since names and versions vary."""
    from PIL import Image

    if mode == "CMYK":
        return False
    if mode == "L":
        probe = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    else:
        steps = np.linspace(0, 255, 8).astype(np.uint8)
        probe = Image.fromarray(np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3))
    after = np.asarray(_transformed(probe, source)).astype(int)
    return bool(np.abs(after - np.asarray(probe.convert("RGB"))).max() <= _SRGB_TOLERANCE)


def _transformed(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    """`image` in sRGB: relative colorimetric with black-point compensation, as photo editors do."""
    from PIL import ImageCms

    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        image.mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:  # only in-place transforms return nothing
        raise ImageCms.PyCMSError("the transform returned no image")
    return converted


def _on_white(colours: Image.Image, alpha: Image.Image) -> Image.Image:
    from PIL import Image

    page = Image.new("RGB", colours.size, "white")
    page.paste(colours, mask=alpha)
    return page


# ---------------------------------------------------------------------- Pillow, and failures
@contextlib.contextmanager
def _pillow_limits() -> Iterator[list[warnings.WarningMessage]]:
    """Makes Pillow strict and quiet: our own pixel limit, no truncated files, warnings collected."""
    from PIL import Image, ImageFile

    with _pillow_lock, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        pixels, truncated = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
        # Checked by us on the header, before decoding; another library may have allowed truncated files.
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = None, False
        try:
            yield said
        finally:
            Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = pixels, truncated


def _damaged(shown: str, error: BaseException) -> InputError:
    reason = " ".join(str(error).split())[:120]
    return InputError(
        f"{shown} cannot be decoded: it is damaged or was cut short{f' ({reason})' if reason else ''}.",
        "Copy, download or export it again.",
    )


def _not_a_picture(data: bytes, shown: str) -> InputError:
    """Why Pillow did not know a file, from the first bytes of it."""
    kind = foreign_kind(data[:1024])
    match kind:
        case "video":
            return InputError(
                f"{shown} is a video, not a picture.",
                "Hand it in as a video: video= in Python, --video on the command line.",
            )
        case "picture":
            return InputError(
                f"{shown} starts like a picture but cannot be read: it is damaged or was cut short.",
                "Copy, download or export it again.",
            )
        case "SVG drawing" | "PDF document":
            return InputError(f"{shown} is a {kind}, which has no pixels.", "Convert it to PNG first.")
        case "web page":
            return InputError(f"{shown} is a web page, not a picture.", "Download the picture itself.")
        case "Git LFS pointer":
            return InputError(f"{shown} is a Git LFS pointer, not the picture.", "Fetch it with `git lfs pull`.")
    return InputError(f"{shown} is not a picture that can be read.", f"Hand in {FORMATS}.")


def foreign_kind(head: bytes) -> str | None:
    """What a file is that was taken for something else, from its first kilobyte; None when it is unknown."""
    if head[4:8] == b"ftyp":
        stills = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc", b"avif", b"avis")
        return "picture" if head[8:12] in stills else "video"
    if head[:4] == b"RIFF":
        return {b"AVI ": "video", b"WEBP": "picture"}.get(head[8:12])
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")):
        return "picture"
    # Matroska and WebM, MPEG program streams and video, Flash video, Ogg, Windows Media.
    videos = (b"\x1aE\xdf\xa3", b"\0\0\1\xba", b"\0\0\1\xb3", b"FLV\1", b"OggS", b"0&\xb2u\x8ef\xcf\x11")
    if head.startswith(videos) or head[4:8] in (b"moov", b"mdat", b"wide"):
        return "video"
    if head[:1] == b"G" and head[188:189] == b"G" and head[376:377] == b"G":  # MPEG transport stream
        return "video"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"%pdf-" in text:
        return "PDF document"
    if b"<svg" in text or text.startswith(b"<!doctype svg"):
        return "SVG drawing"
    if text.startswith((b"<!doctype html", b"<html")):
        return "web page"
    if text.startswith(b"version https://git-lfs"):
        return "Git LFS pointer"
    return None
