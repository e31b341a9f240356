"""What cannot be shown faithfully is refused in one clear line: no traceback, no warning, no grey remainder."""

from __future__ import annotations

import io
import os
import struct
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from sightline.memory.errors import InputError
from sightline.memory.pictures import load_picture

pillow_heif.register_heif_opener()


def saved(image: Image.Image, form: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def refused(source: object) -> InputError:
    with pytest.raises(InputError) as caught:
        load_picture(source)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"just some text, nothing to see", "not a picture"),
        (b"\0" * 500, "not a picture"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"<!DOCTYPE html><html>404</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid ...", "git lfs pull"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 100, "video="),
        (b"\x1aE\xdf\xa3" + b"\0" * 100, "video="),
        (b"RIFF\0\0\0\0AVI " + b"\0" * 100, "video="),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "cut short"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 100, "cut short"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    ],
)
def test_files_that_are_no_pictures(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "thing.jpg"
    file.write_bytes(content)
    error = refused(file)
    assert words in str(error)
    assert "thing.jpg" in error.message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("no/such/photo.jpg", "There is no file"),
        ("", "path is empty"),
        ("https://example.org/a.jpg", "Download"),
        ("file:///a.jpg", "plain path"),
        ("a\0b.jpg", "cannot be opened"),
        ("x" * 5000, "cannot be opened"),
        ("data:image/png,abc", "base64"),
        ("data:image/png;base64,@@@", "valid base64"),
        ("data:image/png;base64,", "empty"),
        (b"", "empty"),
        (None, "NoneType"),
        (3, "int"),
        ("/dev/zero", "regular file"),
    ],
)
def test_sources_that_are_no_files(source: object, words: str) -> None:
    assert words in str(refused(source))


def test_a_folder_and_a_name_with_line_breaks(tmp_path: Path) -> None:
    assert "folder" in str(refused(tmp_path))
    file = tmp_path / "two\nlines.jpg"
    file.write_bytes(b"text")
    refused(file)


def test_a_file_that_may_not_be_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "secret.png"
        file.write_bytes(saved(Image.new("RGB", (8, 8)), "PNG"))
        file.chmod(0)
        is_root = os.geteuid() == 0
        if is_root:  # root may read everything, so look through the eyes of nobody
            os.seteuid(65534)
        try:
            assert "permission denied" in str(refused(file))
        finally:
            if is_root:
                os.seteuid(0)


def test_a_file_over_the_byte_limit_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.png"
    with file.open("wb") as stream:
        stream.truncate(200_000_001)  # sparse
    assert "200" in str(refused(file))


BOMBS = {
    "a real PNG": lambda: saved(Image.new("1", (20000, 20000)), "PNG"),
    "GIF": lambda: b"GIF89a" + struct.pack("<HHBBB", 20000, 20000, 0x80, 0, 0) + b"\0" * 6 + b"," + b"\0" * 40,
    "BMP": lambda: (
        b"BM"
        + struct.pack("<IHHI", 100, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 20000, 20000, 1, 24, 0, 0, 0, 0, 0, 0)
    ),
    "PPM": lambda: b"P6 20000 20000 255\n",
}


@pytest.mark.parametrize("form", BOMBS)
def test_decompression_bombs_are_refused_by_their_header(form: str) -> None:
    assert "400 megapixels" in str(refused(BOMBS[form]()))


def test_pictures_over_pillows_own_limit_but_under_ours_raise_no_warning() -> None:
    data = saved(Image.new("1", (9500, 9500)), "PNG")
    assert "cut short" in str(refused(data[: len(data) // 2]))


def test_camera_raw_is_not_taken_for_its_thumbnail() -> None:
    thumbnail = np.zeros((8, 8, 3), np.uint8)
    stream = io.BytesIO()
    tifffile.imwrite(stream, thumbnail, photometric="rgb", extratags=[(50706, "B", 4, (1, 4, 0, 0), True)])
    assert "raw" in str(refused(stream.getvalue()))


# ---------------------------------------------------------------------- damage
NOISE = np.random.default_rng(7).integers(0, 256, (40, 60, 3), np.uint8)
FORMS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP", "HEIF", "AVIF")
FILES = {form: saved(Image.fromarray(NOISE), form) for form in FORMS}
FILES["16-bit PNG"] = cv2.imencode(".png", NOISE.astype(np.uint16) * 257)[1].tobytes()


@given(form=st.sampled_from(sorted(FILES)), share=st.floats(0.05, 0.97))
@settings(deadline=None, max_examples=120)
def test_a_truncated_file_is_never_shown_as_if_it_were_whole(form: str, share: float) -> None:
    data = FILES[form]
    refused(data[: int(len(data) * share)])


@given(form=st.sampled_from(sorted(FILES)), data=st.data())
@settings(deadline=None, max_examples=150)
def test_damaged_files_load_or_are_refused(form: str, data: st.DataObject) -> None:
    content = bytearray(FILES[form])
    # Headers are where parsers break.
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(8, min(len(content) - 1, 400)))] = data.draw(st.integers(0, 255))
    try:
        pixels = load_picture(bytes(content)).pixels
    except InputError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_random_bytes_are_refused(data: bytes) -> None:
    refused(data)


def test_pillows_settings_are_left_alone_and_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    refused(FILES["JPEG"][:-600])
    load_picture(FILES["JPEG"])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True
    assert Image.MAX_IMAGE_PIXELS == 100
