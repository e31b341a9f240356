"""Every kind of picture a person can hand in becomes the right pixels, or one clear line."""

from __future__ import annotations

import base64
import io
import itertools
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image

from sightline.memory.errors import InputError
from sightline.memory.pictures import load_picture

pillow_heif.register_heif_opener()

ORIENTATION = 0x0112
LOSSLESS = {
    "PNG": {},
    "WEBP": {"lossless": True},
    "BMP": {},
    "TIFF": {},
    "PPM": {},
    "GIF": {},
}
LOSSY = {"JPEG": {"quality": 100, "subsampling": 0}, "HEIF": {"quality": 95}, "AVIF": {"quality": 95}}


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def corners(height: int = 32, width: int = 48) -> np.ndarray:
    """Four flat quarters in four colours, so that every turn and flip shows."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (220, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 200, 30)
    pixels[height // 2 :, : width // 2] = (30, 30, 220)
    pixels[height // 2 :, width // 2 :] = (230, 230, 40)
    return pixels


def png(colour_type: int, samples: np.ndarray, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG written by hand: 16 bits where the samples are uint16, which Pillow cannot write for colours."""
    height, width = samples.shape[:2]
    depth = samples.dtype.itemsize * 8
    rows = b"".join(b"\0" + row.astype(samples.dtype.newbyteorder(">")).tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in body
    )


def icc(space: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC version 2 profile written by hand."""
    d50 = struct.pack(">3i", *(round(v * 65536) for v in (0.9642, 1.0, 0.8249)))
    table, body, offset = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        padded = data + b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += padded
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(">I4sI4s4s4s12s4s", offset + len(body), b"", 0x02400000, kind, space, pcs, b"", b"acsp")
    header += b"\0" * 28 + d50
    return header.ljust(128, b"\0") + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def display_p3() -> bytes:
    """Display P3's primaries (adapted to D50) with a plain 2.2 gamma."""
    return icc(
        b"RGB ",
        b"XYZ ",
        {
            b"wtpt": xyz(0.9642, 1.0, 0.8249),
            b"rXYZ": xyz(0.51512, 0.24120, -0.00105),
            b"gXYZ": xyz(0.29198, 0.69225, 0.04189),
            b"bXYZ": xyz(0.15710, 0.06657, 0.78407),
            **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(2.2)),
        },
    )


def ink_profile() -> bytes:
    """A CMYK profile of a strange press: every ink is the same neutral grey of L* 50, two of them are black."""
    nodes = b"".join(bytes((max(0, 255 - 128 * sum(inks)), 128, 128)) for inks in itertools.product((0, 1), repeat=4))
    identity = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    ramp = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + nodes + ramp * 3
    return icc(b"CMYK", b"Lab ", {b"wtpt": xyz(0.9642, 1.0, 0.8249), b"A2B0": lut})


# ---------------------------------------------------------------------- formats
@pytest.mark.parametrize("form", LOSSLESS)
def test_lossless_formats_load_exactly(form: str) -> None:
    loaded = load_picture(saved(Image.fromarray(corners()), form, **LOSSLESS[form]))
    np.testing.assert_array_equal(loaded.pixels, corners())
    assert loaded.pixels.flags.c_contiguous
    assert loaded.pixels.flags.writeable
    assert (loaded.notes, loaded.exif, loaded.name) == ((), None, "")


@pytest.mark.parametrize("form", LOSSY)
def test_lossy_formats_load_closely(form: str) -> None:
    loaded = load_picture(saved(Image.fromarray(corners()), form, **LOSSY[form]))
    assert np.abs(loaded.pixels.astype(int) - corners()).mean() < 4
    assert loaded.notes == ()


def test_every_way_to_hand_a_picture_in_gives_the_same_pixels(tmp_path: Path) -> None:
    data = saved(Image.fromarray(corners()), "PNG")
    file = tmp_path / "a photo.png"
    file.write_bytes(data)
    url = "data:image/png;base64," + base64.encodebytes(data).decode()
    with Image.open(file) as image:
        for source in (str(file), file, data, url, image, corners()):
            np.testing.assert_array_equal(load_picture(source).pixels, corners())
    assert load_picture(file).name == "a photo.png"


def test_one_pixel() -> None:
    assert load_picture(saved(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG")).pixels.tolist() == [[[1, 2, 3]]]


# ---------------------------------------------------------------------- EXIF
def stored_as(upright: np.ndarray, orientation: int) -> np.ndarray:
    """Pixels as stored under an orientation, straight from the standard's table of row 0 and column 0."""
    sides = ["top left", "top right", "bottom right", "bottom left"]
    sides += ["left top", "right top", "right bottom", "left bottom"]
    row0, column0 = sides[orientation - 1].split()
    height, width = upright.shape[:2]
    swapped = orientation > 4
    stored = np.zeros((width, height, 3) if swapped else (height, width, 3), np.uint8)
    for r, c in np.ndindex(stored.shape[:2]):
        down, across = (c, r) if swapped else (r, c)
        vertical, horizontal = (column0, row0) if swapped else (row0, column0)
        y = down if vertical == "top" else height - 1 - down
        x = across if horizontal == "left" else width - 1 - across
        stored[r, c] = upright[y, x]
    return stored


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "ACME\n\x07Corp"
    stored = Image.fromarray(stored_as(corners(), orientation))
    block = exif.tobytes() if form == "HEIF" else exif  # bytes make pillow-heif write the boxes that turn
    data = saved(stored, form, exif=block, **{**LOSSLESS, **LOSSY}[form])
    opened = load_picture(Image.open(io.BytesIO(data)))
    loaded = load_picture(data)
    assert np.abs(opened.pixels.astype(int) - corners()).mean() < 4
    assert loaded.pixels.shape == corners().shape
    assert np.abs(loaded.pixels.astype(int) - corners()).mean() < 4
    assert loaded.notes == (() if orientation == 1 else ("turned by its EXIF tag",))
    assert loaded.exif is not None
    assert loaded.exif.make == "ACME Corp"
    assert loaded.exif.original_size == stored.size
    assert loaded.exif.axes_swapped == (orientation > 4)


def test_heic_is_turned_by_its_boxes_alone() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    data = saved(Image.fromarray(corners()), "HEIF", exif=exif)
    assert b"irot" not in data
    loaded = load_picture(data)
    assert loaded.pixels.shape == corners().shape
    assert loaded.notes == ()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sixteen_bit_files_are_turned_too(orientation: int) -> None:
    stored = stored_as(corners(), orientation)
    tags = [(ORIENTATION, "H", 1, orientation, True)]
    stream = io.BytesIO()
    tifffile.imwrite(stream, stored.astype(np.uint16) * 257, photometric="rgb", extratags=tags)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    chunk = (b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    for data in (stream.getvalue(), png(2, stored.astype(np.uint16) * 257, chunk)):
        np.testing.assert_array_equal(load_picture(data).pixels, corners())


def test_the_lens_is_read_and_the_focal_length_survives_a_turn() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x0110] = "Phone 9"
    exif.get_ifd(0x8769).update({0x920A: 4.25, 0xA405: 26})
    loaded = load_picture(saved(Image.new("RGB", (400, 300)), "JPEG", exif=exif))
    camera = loaded.exif
    assert camera is not None
    assert (camera.focal_mm, camera.focal_35mm, camera.model) == (pytest.approx(4.25), 26, "Phone 9")
    assert camera.focal_px == pytest.approx(26 / 43.2666 * 500, rel=1e-4)
    assert camera.to_json()["original_size"] == [400, 300]


UNREADABLE = ("its EXIF data cannot be read and were ignored",)
INVALID = ("its EXIF orientation is invalid and was ignored",)


@pytest.mark.parametrize(
    ("block", "note"),
    [
        (b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xff" * 40, UNREADABLE),
        (b"Exif\0\0garbage garbage", UNREADABLE),
        (b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x63\0\0\0\0\0\0\0", INVALID),
        (b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\2\0\4\0\0\0abc\0\0\0\0\0", INVALID),
    ],
)
def test_bad_exif_is_ignored(block: bytes, note: tuple[str, ...]) -> None:
    loaded = load_picture(saved(Image.fromarray(corners()), "JPEG", exif=block))
    assert loaded.pixels.shape == corners().shape
    assert loaded.notes == note


# ---------------------------------------------------------------------- samples
RAMP = np.arange(0, 65536, 64, dtype=np.uint16).reshape(16, 64)
RAMP_8 = np.rint(RAMP / 257).astype(np.uint8)


def tiff(samples: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, samples, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: png(0, RAMP), id="png"),
        pytest.param(lambda: saved(Image.fromarray(RAMP), "TIFF"), id="tiff"),
        pytest.param(lambda: tiff(RAMP, byteorder=">"), id="tiff-big-endian"),
        pytest.param(lambda: tiff(65535 - RAMP, photometric="miniswhite"), id="tiff-white-is-zero"),
        pytest.param(lambda: b"P5 64 16 65535\n" + RAMP.astype(">u2").tobytes(), id="pgm"),
        pytest.param(lambda: png(2, np.stack([RAMP] * 3, axis=-1)), id="rgb-png"),
        pytest.param(lambda: tiff(np.stack([RAMP] * 3, axis=-1), photometric="rgb"), id="rgb-tiff"),
    ],
)
def test_sixteen_bits_are_scaled_not_clipped(data) -> None:
    loaded = load_picture(data())
    np.testing.assert_array_equal(loaded.pixels, np.stack([RAMP_8] * 3, axis=-1))
    assert loaded.notes == ("16-bit scaled to 8",)


def test_sixteen_bit_colours_and_alpha_keep_their_channels() -> None:
    colours = np.array([[[65535, 0, 0, 65535], [0, 65535, 0, 65535], [0, 0, 65535, 0]]], np.uint16)
    loaded = load_picture(png(6, colours))
    assert loaded.pixels.tolist() == [[[255, 0, 0], [0, 255, 0], [255, 255, 255]]]
    assert loaded.notes == ("16-bit scaled to 8", "transparent parts shown on white")
    grey = load_picture(png(4, np.array([[[0, 65535], [0, 0], [25700, 65535]]], np.uint16)))
    assert grey.pixels[0, :, 0].tolist() == [0, 255, 100]
    keyed = png(2, colours[..., :3], (b"tRNS", struct.pack(">3H", 0, 65535, 0)))
    assert load_picture(keyed).pixels.tolist() == [[[255, 0, 0], [255, 255, 255], [0, 0, 255]]]


def test_sixteen_bit_pillow_image() -> None:
    np.testing.assert_array_equal(load_picture(Image.fromarray(RAMP)).pixels[..., 1], RAMP_8)


def test_planar_sixteen_bit_tiff_is_refused() -> None:
    with pytest.raises(InputError, match="planar"):
        load_picture(tiff(np.stack([RAMP] * 3), photometric="rgb", planarconfig="separate"))


def test_one_bit_and_palettes() -> None:
    board = np.indices((8, 8)).sum(axis=0) % 2 == 0
    assert load_picture(saved(Image.fromarray(board), "PNG")).pixels[:1, :2].tolist() == [[[255] * 3, [0] * 3]]
    palette = Image.fromarray(corners()).quantize(4)
    np.testing.assert_array_equal(load_picture(saved(palette, "PNG")).pixels, corners())
    index = palette.getpixel((0, 0))
    see_through = load_picture(saved(palette, "PNG", transparency=index))
    assert see_through.pixels[0, 0].tolist() == [255, 255, 255]
    assert see_through.pixels[0, -1].tolist() == [30, 200, 30]
    assert see_through.notes == ("transparent parts shown on white",)
    graded = load_picture(saved(palette, "PNG", transparency=bytes([128] * 4)))
    assert graded.pixels[0, 0].tolist() == pytest.approx([237, 142, 142], abs=1)


@pytest.mark.parametrize(
    ("mode", "form"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "TIFF"), ("LA", "TIFF"), ("RGBA", "WEBP")]
)
def test_alpha_is_shown_on_white(mode: str, form: str) -> None:
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 51)).convert(mode)
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    loaded = load_picture(saved(image, form, **options))
    assert loaded.pixels.tolist() == [[[204] * 3] * 2]
    opaque = load_picture(saved(Image.new("RGBA", (2, 1), (1, 2, 3, 255)), form, **options))
    assert (opaque.pixels[0, 0].tolist(), opaque.notes) == ([1, 2, 3], ())


@pytest.mark.parametrize("dtype", ["float32", "int32", "int16", "uint32"])
def test_samples_without_black_and_white_are_refused(dtype: str) -> None:
    with pytest.raises(InputError, match="black and white"):
        load_picture(tiff(np.arange(12).reshape(3, 4).astype(dtype)))


# ---------------------------------------------------------------------- colours
def test_cmyk_jpeg_is_not_inverted() -> None:
    inks = Image.new("CMYK", (16, 8), (0, 0, 0, 0))
    inks.paste((0, 255, 255, 0), (0, 0, 8, 8))
    for form in ("JPEG", "TIFF"):
        data = saved(inks, form)
        assert (b"Adobe\0" in data) == (form == "JPEG")
        loaded = load_picture(data)
        assert loaded.pixels[4, 2].tolist() == pytest.approx([255, 0, 0], abs=4)
        assert loaded.pixels[4, 13].tolist() == pytest.approx([255, 255, 255], abs=4)
        assert loaded.notes == ("CMYK converted without a profile: colours are approximate",)


def test_cmyk_goes_through_its_profile() -> None:
    loaded = load_picture(saved(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "TIFF", icc_profile=ink_profile()))
    assert loaded.pixels[4, 4].tolist() == pytest.approx([119, 119, 119], abs=4)  # L* 50; naively it is cyan
    assert loaded.notes == ("CMYK converted to sRGB through the embedded profile",)


@pytest.mark.parametrize("depth", [8, 16])
def test_display_p3_becomes_srgb(depth: int) -> None:
    colour = np.array([200, 120, 80])
    linear = (colour / 255) ** 2.2
    to_srgb = [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]]
    expected = 255 * (1.055 * (np.array(to_srgb) @ linear) ** (1 / 2.4) - 0.055)
    chunk = (b"iCCP", b"p3\0\0" + zlib.compress(display_p3()))
    samples = np.broadcast_to(colour * (257 if depth == 16 else 1), (4, 4, 3)).astype(f"uint{depth}")
    loaded = load_picture(png(2, samples, chunk))
    assert loaded.pixels[1, 1].tolist() == pytest.approx(expected, abs=1.5)
    assert np.abs(loaded.pixels[1, 1] - colour).max() > 5
    assert loaded.notes[-1] == "colours converted to sRGB through the embedded profile"


def test_an_srgb_profile_changes_nothing() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    loaded = load_picture(saved(Image.fromarray(corners()), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(loaded.pixels, corners())
    assert loaded.notes == ()


def test_bad_and_foreign_profiles_are_ignored() -> None:
    broken = load_picture(saved(Image.fromarray(corners()), "PNG", icc_profile=b"not a profile" * 20))
    assert broken.notes == ("its colour profile cannot be read and was ignored",)
    foreign = load_picture(saved(Image.fromarray(corners()), "PNG", icc_profile=ink_profile()))
    assert foreign.notes == ("its colour profile is for another kind of picture and was ignored",)
    np.testing.assert_array_equal(foreign.pixels, corners())


def test_lab_tiff() -> None:
    loaded = load_picture(saved(Image.new("LAB", (4, 4), (128, 128, 128)), "TIFF"))
    assert loaded.pixels[0, 0].tolist() == pytest.approx([119] * 3, abs=2)


# ---------------------------------------------------------------------- more than one picture
@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("GIF", "frames"),
        ("WEBP", "frames"),
        ("PNG", "frames"),
        ("AVIF", "frames"),
        ("TIFF", "pictures in the file"),
        ("MPO", "pictures in the file"),
    ],
)
def test_first_of_many(form: str, words: str) -> None:
    frames = [Image.new("RGB", (16, 16), (20 + 60 * i, 0, 0)) for i in range(4)]
    loaded = load_picture(saved(frames[0], form, save_all=True, append_images=frames[1:]))
    assert loaded.notes == (f"first of 4 {words}",)
    assert loaded.pixels[8, 8].tolist() == pytest.approx([20, 0, 0], abs=4)


# ---------------------------------------------------------------------- arrays
@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((2, 3), 7, np.uint8), [7, 7, 7]),
        (np.full((2, 3, 3), (1, 2, 3), np.uint8), [1, 2, 3]),
        (np.full((2, 3, 4), (0, 0, 0, 51), np.uint8), [204] * 3),
        (np.full((2, 3), 0.5), [128] * 3),
        (np.full((2, 3, 3), (0.0, 1.0, 1.000001), np.float32), [0, 255, 255]),
        (np.full((2, 3, 4), (1, 0, 0, 1), np.float16), [255, 0, 0]),
        (np.full((4, 6, 3), (1, 2, 3), np.uint8)[::2, ::-2], [1, 2, 3]),
    ],
)
def test_arrays(array: np.ndarray, expected: list[int]) -> None:
    loaded = load_picture(array)
    assert loaded.pixels.shape == (2, 3, 3)
    assert loaded.pixels[0, 0].tolist() == expected
    assert loaded.pixels.flags.c_contiguous
    assert not np.shares_memory(loaded.pixels, array)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 3), np.uint16), "uint16"),
        (np.zeros((2, 3), bool), "bool"),
        (np.zeros((2, 3), object), "object"),
        (np.full((2, 3), 255.0), "not in 0..1"),
        (np.full((2, 3), np.nan), "not in 0..1"),
        (np.zeros((3, 20, 30), np.uint8), "channels come last"),
        (np.zeros((2, 3, 1), np.uint8), r"\(2, 3, 1\)"),
        (np.zeros(5, np.uint8), r"\(5,\)"),
        (np.zeros((0, 3, 3), np.uint8), "3x0"),
        (np.broadcast_to(np.uint8(0), (20000, 20000)), "400 megapixels"),
    ],
)
def test_wrong_arrays(array: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_picture(array)


def test_importing_loads_no_codec() -> None:
    code = "import sys, sightline.memory.pictures; print({'PIL', 'cv2', 'av', 'pillow_heif'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
