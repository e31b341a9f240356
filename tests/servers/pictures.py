"""Pictures on the wire: decoding what a request carries, providers' limits, and small real ones for tests."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, PngImagePlugin

MEDIA_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_DATA_URL = re.compile(r"data:([\w.+/-]+);base64,(.*)", re.DOTALL)


@dataclass(frozen=True)
class PictureLimits:
    """What a provider takes. The sides and pixels beyond which it resizes count as limits here.

    A resized picture still answers 200 at the real provider, but the model then speaks coordinates of a
    picture the client never saw: that is the bug these limits catch. Sides in pixels; None: no such limit.
    """

    max_long_side: int | None = None
    max_short_side: int | None = None
    max_pixels: int | None = None
    hard_side: int = 8000
    max_bytes: int | None = None
    max_pictures: int = 500


# OpenAI, detail=high: fitted into 2048 x 2048, then the short side to 768. Anthropic: long side 1568, and
# 1.15 to 1.23 megapixels by aspect ratio (its table ends at 784 x 1568); 5 MB of base64; 100 pictures.
OPENAI_LIMITS = PictureLimits(max_long_side=2048, max_short_side=768, max_bytes=20 * 2**20)
ANTHROPIC_LIMITS = PictureLimits(max_long_side=1568, max_pixels=784 * 1568, max_bytes=5 * 2**20, max_pictures=100)


@dataclass(frozen=True)
class Picture:
    """One picture of a request. `size` is (width, height); `problem` says why it does not decode, if so."""

    declared: str
    actual: str | None
    size: tuple[int, int] | None
    data: bytes
    encoded_length: int
    animated: bool = False
    problem: str | None = None

    def problems(self, limits: PictureLimits) -> Iterator[tuple[str, str]]:
        """(rule, what is wrong) for each rule this picture breaks."""
        if self.problem is not None or self.size is None:
            yield "picture-undecodable", self.problem or "no size"
            return
        if self.declared not in MEDIA_TYPES:
            yield "picture-media-type", f"{self.declared} is none of {', '.join(MEDIA_TYPES)}"
        if self.declared != self.actual:
            yield "picture-media-type", f"declared as {self.declared}, but the bytes are {self.actual}"
        if self.animated:
            yield "picture-animated", f"{self.actual} has several frames"
        wide, high = self.size
        long, short = max(self.size), min(self.size)
        if long > limits.hard_side:
            yield (
                "picture-too-large",
                f"{wide}x{high}: a side is over the hard limit of {limits.hard_side} px",
            )
        elif limits.max_long_side is not None and long > limits.max_long_side:
            yield "picture-too-large", f"{wide}x{high}: long side over {limits.max_long_side} px is resized"
        elif limits.max_short_side is not None and short > limits.max_short_side:
            yield "picture-too-large", f"{wide}x{high}: short side over {limits.max_short_side} px is resized"
        elif limits.max_pixels is not None and wide * high > limits.max_pixels:
            yield "picture-too-large", f"{wide}x{high}: more than {limits.max_pixels} pixels are resized"
        if limits.max_bytes is not None and self.encoded_length > limits.max_bytes:
            yield "picture-too-many-bytes", f"{self.encoded_length} bytes > {limits.max_bytes} bytes"


def decode(declared: str, encoded: str, hard_side: int = 8000) -> Picture:
    """The picture behind strict base64. Never raises: what is wrong is in `problem`."""

    def broken(why: str, data: bytes = b"") -> Picture:
        return Picture(declared, None, None, data, len(encoded), problem=why)

    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        return broken(f"not base64: {error}")
    try:
        with Image.open(io.BytesIO(data)) as image:
            if max(image.size) <= hard_side:  # larger ones are refused by their size: do not pay for the pixels
                image.load()
            actual = Image.MIME.get(image.format or "", "unknown")
            animated = getattr(image, "n_frames", 1) > 1
            return Picture(declared, actual, image.size, data, len(encoded), animated)
    except (
        OSError,
        ValueError,
        SyntaxError,  # what PIL raises for a broken PNG
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        return broken(f"not a picture: {error}", data)


def decode_url(url: object) -> Picture:
    """The picture behind a data URL. Any other URL is a problem: these servers fetch nothing."""
    match = _DATA_URL.fullmatch(url) if isinstance(url, str) else None
    if match is None:
        return Picture("", None, None, b"", 0, problem=f"not a base64 data URL: {str(url)[:60]!r}")
    return decode(match[1], match[2])


def metadata(data: bytes) -> Iterator[bytes]:
    """A picture's bytes as they are, then what they hold besides pixels: text chunks and EXIF, unpacked."""
    yield data
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()  # PNG text may stand after the pixels
            exif = image.getexif()
            details = exif.get_ifd(0x8769)
            # Pillow raises KeyError when asked for the interoperability table of a picture that has none.
            tables = [exif, details, exif.get_ifd(0x8825), *([exif.get_ifd(0xA005)] if 0xA005 in details else [])]
            values: list[Mapping[Any, Any]] = [image.info, *tables]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return
    for table in values:
        for key, value in table.items():
            yield str(key).encode()
            yield value if isinstance(value, bytes) else str(value).encode()


def png(
    width: int,
    height: int,
    color: tuple[int, int, int] = (200, 60, 40),
    text: Mapping[str, str] | None = None,
) -> bytes:
    """A real PNG of one colour; `text` goes into compressed text chunks."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        chunks.add_text(key, value, zip=True)
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "PNG", pnginfo=chunks)
    return out.getvalue()


def jpeg(width: int, height: int, exif: Mapping[int, str | bytes] | None = None) -> bytes:
    """A real JPEG of one colour; `exif` maps tags of the first directory to their values."""
    tags = Image.Exif()
    tags.update(exif or {})
    out = io.BytesIO()
    Image.new("RGB", (width, height), (40, 90, 200)).save(out, "JPEG", exif=tags)
    return out.getvalue()


def data_url(data: bytes, media_type: str = "image/png") -> str:
    """The bytes as a base64 data URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
