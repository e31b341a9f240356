"""Pictures on their way in (from a person), to disk (as artifacts) and out (to a model).

A picture inside this project is a uint8 HxWx3 array: RGB in sRGB, C-contiguous, upright. `load_picture`
makes one of whatever a person hands in, `encode_png` and `decode_png` store it without loss,
`encode_for_model` makes the bytes a provider receives. Nothing written here carries metadata: no name, no
EXIF, no profile.

Videos are described by `probe_video`; panoramas are pictures that pass `check_panorama`.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.memory.decoding import MAX_PIXELS, check_pixels, decode_file, decode_image
from sightline.memory.errors import InfrastructureError, InputError, InstrumentLimit
from sightline.memory.exif import CameraExif
from sightline.memory.input_files import read_input
from sightline.memory.video import VideoInfo, probe_video

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "CameraExif",
    "LoadedPicture",
    "VideoInfo",
    "check_panorama",
    "decode_png",
    "encode_for_model",
    "encode_png",
    "load_picture",
    "probe_video",
    "resize",
]

MAX_FILE_BYTES = 200_000_000

_DATA_URL = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
# Rounding may leave the range by this much, for instance after a resize in float32.
_FLOAT_SLACK = 1e-5

# Below this a PNG is no larger than 48 KB, whatever it shows, and keeps the few pixels there are.
_SMALL_PIXELS = 128 * 128
# Drawings and screenshots repeat their left neighbour in nearly all pixels, photos in a few percent.
_FLAT_SHARE = 0.8
_JPEG_QUALITIES = (95, 90, 80, 70, 60)

# Equirectangular pictures are 2:1; stitchers are off by a few pixels.
_PANORAMA_RATIO, _PANORAMA_TOLERANCE = 2.0, 0.01


@dataclasses.dataclass(frozen=True, eq=False)
class LoadedPicture:
    """A picture as it was handed in, ready to be stored.

    Attributes:
        pixels: uint8 HxWx3, RGB in sRGB, C-contiguous, upright.
        notes: What was done to get there, in words, without names.
        exif: The camera, where the file says; None otherwise.
        name: Base name of the file, "" for anything but a path. For the person only, never for a prompt.
    """

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]
    exif: CameraExif | None
    name: str


# ---------------------------------------------------------------------- in
def load_picture(source: str | os.PathLike[str] | bytes | Image.Image | NDArray[Any]) -> LoadedPicture:
    """Loads a picture from whatever a person has.

    Args:
        source: A path; a base64 `data:` URL; the bytes of a file; a Pillow image in any mode; or an array in
            RGB: uint8, or float in 0..1, of shape HxW, HxWx3 or HxWx4 (alpha last, shown on white).

    Raises:
        InputError: It cannot be read, is no picture, is damaged, is beyond `MAX_PIXELS` or `MAX_FILE_BYTES`,
            or has no defined look (floating-point TIFFs: their black and white are anyone's guess).
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, bytes):
        return _from_bytes(source, "the picture", "")
    if isinstance(source, str) and source[:5].lower() == "data:":
        return _from_bytes(_data_url(source), "the picture in the data: URL", "")
    if isinstance(source, (str, os.PathLike)):
        data, shown, path = read_input(source, "picture", MAX_FILE_BYTES)
        return _from_bytes(data, shown, path.name)
    # A Pillow image can only come from somebody who has imported Pillow: no need to do so here.
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(source, pillow.Image):
        return LoadedPicture(*decode_image(source), name="")
    raise InputError(
        f"A {type(source).__name__} is not a picture.",
        "Hand in a path, the bytes of a file, a data: URL, a PIL image or a numpy array.",
    )


def _from_bytes(data: bytes, shown: str, name: str) -> LoadedPicture:
    if not data:
        raise InputError(f"{shown} is empty.", "Copy or download it again.")
    if len(data) > MAX_FILE_BYTES:
        raise InputError(
            f"{shown} has {len(data) / 1e6:.0f} MB; the limit is {MAX_FILE_BYTES / 1e6:.0f}.",
            "Scale it down first.",
        )
    return LoadedPicture(*decode_file(data, shown), name=name)


def _data_url(url: str) -> bytes:
    if len(url) > MAX_FILE_BYTES * 4 // 3 + 1024:
        raise InputError(f"The data: URL is too long; the limit is {MAX_FILE_BYTES / 1e6:.0f} MB.", "Scale it down.")
    head = _DATA_URL.match(url)
    if head is None:
        raise InputError("The data: URL is not base64-encoded.", "Write it as data:image/png;base64,...")
    try:
        return base64.b64decode("".join(url[head.end() :].split()), validate=True)
    except (binascii.Error, ValueError):
        raise InputError("The data: URL does not hold valid base64.", "Encode the file again.") from None


def _from_array(array: NDArray[Any]) -> LoadedPicture:
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        hint = " (channels come last)" if array.ndim == 3 and array.shape[0] in (1, 3, 4) else ""
        raise InputError(f"An array of shape {array.shape} is not a picture.", f"Make it HxW, HxWx3 or HxWx4{hint}.")
    check_pixels((array.shape[1], array.shape[0]), "the array")
    notes: list[str] = []
    if np.issubdtype(array.dtype, np.floating):
        low, high = float(array.min()), float(array.max())
        # Written so that NaN fails too.
        if not (low >= -_FLOAT_SLACK and high <= 1 + _FLOAT_SLACK):
            raise InputError(
                f"The array holds floats from {low:.4g} to {high:.4g}, not in 0..1.",
                "Scale it, or convert it to uint8.",
            )
        array = np.rint(np.clip(array, 0, 1).astype(np.float32, copy=False) * 255).astype(np.uint8)
        notes.append("floats scaled to 8 bits")
    if array.dtype != np.uint8:
        raise InputError(
            f"An array of {array.dtype} says nothing about black and white.",
            "Hand in uint8, or floats in 0..1.",
        )
    if array.ndim == 2:
        array = np.broadcast_to(array[..., None], (*array.shape, 3))
    elif array.shape[2] == 4:
        array, alpha = array[..., :3], array[..., 3]
        if alpha.min() < 255:
            from PIL import Image

            page = Image.new("RGB", (array.shape[1], array.shape[0]), "white")
            page.paste(
                Image.fromarray(np.ascontiguousarray(array)),
                mask=Image.fromarray(np.ascontiguousarray(alpha)),
            )
            array = np.asarray(page)
            notes.append("transparent parts shown on white")
    return LoadedPicture(np.array(array, order="C"), tuple(notes), None, "")


def check_panorama(pixels: NDArray[np.uint8]) -> None:
    """Raises InputError unless a picture (HxWx3) is 2:1 within 1 %, as a full equirectangular panorama is."""
    height, width = pixels.shape[:2]
    ratio = width / height
    if abs(ratio / _PANORAMA_RATIO - 1) > _PANORAMA_TOLERANCE:
        raise InputError(
            f"The panorama is {width}x{height}, a ratio of {ratio:.3f}:1; a full equirectangular one is 2:1.",
            "Hand in the full sphere, or a partial one as an ordinary picture.",
        )


# ---------------------------------------------------------------------- to disk
def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encodes uint8 HxWx3 RGB as PNG: lossless, without metadata, the same bytes for the same pixels.

    Of the settings measured on a 1280x960 photo and a drawing, filter "up" with run-length matching is the
    fastest for both, three times faster than zlib's default strategy at the same level, and no larger.
    """
    import cv2

    settings = [
        cv2.IMWRITE_PNG_COMPRESSION,
        1,
        cv2.IMWRITE_PNG_FILTER,
        cv2.IMWRITE_PNG_FILTER_UP,
        cv2.IMWRITE_PNG_STRATEGY,
        cv2.IMWRITE_PNG_STRATEGY_RLE,
    ]
    return _encode(".png", pixels, settings)


def decode_png(data: bytes) -> NDArray[np.uint8]:
    """Decodes what `encode_png` wrote, to uint8 HxWx3 RGB.

    Raises:
        InfrastructureError: The bytes are damaged; people's files go through `load_picture` instead.
    """
    import cv2

    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
    if pixels is None:
        raise InfrastructureError("A stored picture is damaged.", "Check the disk, or run the question again.")
    return np.asarray(pixels, np.uint8)


def _encode(extension: str, pixels: NDArray[np.uint8], settings: list[int]) -> bytes:
    import cv2

    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise ValueError(f"expected uint8 HxWx3 pixels, got {pixels.dtype} {pixels.shape}")
    done, data = cv2.imencode(extension, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), settings)
    if not done:
        raise InfrastructureError(f"OpenCV could not encode a {pixels.shape[1]}x{pixels.shape[0]} picture.")
    return data.tobytes()


# ---------------------------------------------------------------------- to a model
def resize(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scales uint8 HxWx3 pixels to (width, height): point (x, y) goes to (x * W' / W, y * H' / H).

    An axis that shrinks is averaged over the area each new pixel covers (no aliasing), one that grows is
    interpolated cubically. OpenCV aligns pixel borders in both, which is the pure scale of our convention.
    Pixels that already have the size are returned as they are.

    Raises:
        InstrumentLimit: The size has no pixels or more than `MAX_PIXELS`.
    """
    import cv2

    width, height = size
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise InstrumentLimit(
            f"A picture of {width}x{height} cannot be made.",
            f"Ask for at least 1x1 and at most {MAX_PIXELS / 1e6:.0f} megapixels.",
        )
    # OpenCV's INTER_AREA averages only when no axis grows, so the axes that shrink go first.
    old_height, old_width = pixels.shape[:2]
    smaller = (min(width, old_width), min(height, old_height))
    if smaller != (old_width, old_height):
        pixels = np.asarray(cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    if smaller != (width, height):
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return pixels


def encode_for_model(pixels: NDArray[np.uint8], size: tuple[int, int], max_bytes: int) -> tuple[bytes, str]:
    """Resizes a picture and encodes it for a provider, without metadata.

    Drawings and tiny pictures go as PNG, everything else as JPEG without chroma subsampling, which would
    smear thin coloured lines; where it does not fit, the JPEG's quality is lowered stepwise.

    Args:
        pixels: uint8 HxWx3 RGB.
        size: (width, height) to send.
        max_bytes: The provider's limit on the encoded picture.

    Returns:
        The bytes and their media type, `image/png` or `image/jpeg`.

    Raises:
        InstrumentLimit: It does not fit at the lowest quality, or the size is impossible.
    """
    import cv2

    scaled = resize(pixels, size)
    if size[0] * size[1] <= _SMALL_PIXELS or _is_flat(scaled):
        png = encode_png(scaled)
        if len(png) <= max_bytes:
            return png, "image/png"
    for quality in _JPEG_QUALITIES:
        sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
        jpeg = _encode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, quality, *sampling])
        if len(jpeg) <= max_bytes:
            return jpeg, "image/jpeg"
    raise InstrumentLimit(
        f"The picture does not fit into {max_bytes} bytes at {size[0]}x{size[1]}, even at JPEG quality "
        f"{_JPEG_QUALITIES[-1]}.",
        "Send it smaller, or only a part of it.",
    )


def _is_flat(pixels: NDArray[np.uint8]) -> bool:
    """Whether most pixels equal their left neighbour, judged on every fourth row."""
    rows = pixels[::4]
    return bool((rows[:, 1:] == rows[:, :-1]).all(axis=2).mean() >= _FLAT_SHARE) if rows.shape[1] > 1 else True
