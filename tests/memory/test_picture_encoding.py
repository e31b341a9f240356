"""Pictures on their way to disk and to a model; videos and panoramas as they are described on arrival."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from sightline.memory.errors import InfrastructureError, InputError, InstrumentLimit
from sightline.memory.pictures import (
    check_panorama,
    decode_png,
    encode_for_model,
    encode_png,
    load_picture,
    probe_video,
    resize,
)

NOISE = np.random.default_rng(3).integers(0, 256, (240, 320, 3), np.uint8)


def photo(height: int = 240, width: int = 320) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(x / 30), np.cos(y / 20), np.sin((x + y) / 40)], axis=-1)
    grain = np.random.default_rng(1).normal(0, 5, waves.shape)
    return np.clip(128 + 90 * waves + grain, 0, 255).astype(np.uint8)


def drawing() -> np.ndarray:
    page = np.full((240, 320, 3), 255, np.uint8)
    page[50:54, 40:200] = (255, 0, 0)
    page[50:200, 40:44] = (0, 0, 255)
    return page


# ---------------------------------------------------------------------- to disk
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=24).map(lambda s: (*s, 3))))
@settings(deadline=None)
def test_png_round_trip_is_lossless_and_readable_by_others(pixels: np.ndarray) -> None:
    data = encode_png(pixels)
    np.testing.assert_array_equal(decode_png(data), pixels)
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)  # red is red: no swapped channels
        assert image.info == {}
    np.testing.assert_array_equal(load_picture(data).pixels, pixels)


def test_png_takes_views_and_gives_the_same_bytes_each_time() -> None:
    view = NOISE[::2, ::-1]
    assert encode_png(view) == encode_png(view.copy())
    np.testing.assert_array_equal(decode_png(encode_png(view)), view)


@pytest.mark.parametrize("data", [b"", b"nonsense", encode_png(NOISE)[:-4000]])
def test_a_damaged_stored_picture_is_not_hidden(data: bytes) -> None:
    with pytest.raises(InfrastructureError, match="damaged"):
        decode_png(data)


@pytest.mark.parametrize("wrong", [NOISE[..., 0], NOISE.astype(float), NOISE[:0]])
def test_only_pictures_are_encoded(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="HxWx3"):
        encode_png(wrong)


# ---------------------------------------------------------------------- resizing
def test_shrinking_averages_areas() -> None:
    expected = NOISE.reshape(60, 4, 80, 4, 3).mean(axis=(1, 3))
    assert np.abs(resize(NOISE, (80, 60)) - expected).max() <= 0.51


@given(
    old=st.tuples(st.integers(8, 60), st.integers(8, 60)),
    new=st.tuples(st.integers(8, 90), st.integers(8, 90)),
)
@settings(deadline=None)
def test_resizing_is_a_pure_scale(old: tuple[int, int], new: tuple[int, int]) -> None:
    """A linear ramp in continuous coordinates stays one: value = x / W at every pixel's centre."""
    (old_width, old_height), (new_width, new_height) = old, new
    x = (np.arange(old_width) + 0.5) / old_width
    y = (np.arange(old_height) + 0.5) / old_height
    ramp = np.stack(np.broadcast_arrays(x[None] * 200, y[:, None] * 200, np.float64(9)), axis=-1)
    out = resize(np.rint(ramp).astype(np.uint8), new).astype(float)
    assert out.shape == (new_height, new_width, 3)
    # Away from the border, where there is nothing to interpolate with.
    columns = (np.arange(new_width) + 0.5) / new_width
    rows = (np.arange(new_height) + 0.5) / new_height
    inner_x = (columns > 2 / old_width) & (columns < 1 - 2 / old_width)
    inner_y = (rows > 2 / old_height) & (rows < 1 - 2 / old_height)
    # Two roundings, and a tenth of an old pixel: OpenCV's cubic kernel bends ramps by up to 0.08, symmetrically.
    assert np.abs(out[:, inner_x, 0] - 200 * columns[inner_x]).max(initial=0) <= 1.1 + 20 / old_width
    assert np.abs(out[inner_y, :, 1] - 200 * rows[inner_y, None]).max(initial=0) <= 1.1 + 20 / old_height


def test_an_axis_that_grows_does_not_bring_aliasing_to_the_one_that_shrinks() -> None:
    stripes = np.zeros((64, 640, 3), np.uint8)
    stripes[:, ::2] = 200
    assert np.unique(resize(stripes, (64, 128))).tolist() == [100]


def test_resizing_to_the_same_size_copies_nothing() -> None:
    assert resize(NOISE, (320, 240)) is NOISE


def test_very_long_pictures() -> None:
    assert resize(NOISE, (50_000, 2)).shape == (2, 50_000, 3)


@pytest.mark.parametrize("size", [(0, 5), (5, -1), (20_000, 20_000)])
def test_impossible_sizes(size: tuple[int, int]) -> None:
    with pytest.raises(InstrumentLimit, match="cannot be made"):
        resize(NOISE, size)


# ---------------------------------------------------------------------- to a model
def test_photos_go_as_full_colour_jpeg() -> None:
    data, media_type = encode_for_model(photo(), (160, 120), 5_000_000)
    assert media_type == "image/jpeg"
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        assert image.size == (160, 120)
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}  # 4:4:4
        difference = np.abs(np.asarray(image).astype(int) - resize(photo(), (160, 120)))
        assert difference.mean() < 2
        assert image.getexif() == {}
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
    assert [marker for marker in range(0xE1, 0xF0) if bytes([0xFF, marker, 0]) in data[:600]] == []


def test_drawings_and_tiny_pictures_go_as_png() -> None:
    for pixels, size in ((drawing(), (320, 240)), (drawing(), (640, 480)), (NOISE, (100, 80))):
        data, media_type = encode_for_model(pixels, size, 5_000_000)
        assert media_type == "image/png"
        np.testing.assert_array_equal(decode_png(data), resize(pixels, size))


@given(st.integers(1_000, 400_000))
@settings(deadline=None, max_examples=30)
def test_the_providers_limit_holds_or_is_said(max_bytes: int) -> None:
    try:
        data, media_type = encode_for_model(NOISE, (320, 240), max_bytes)
    except InstrumentLimit:
        smallest = len(encode_for_model(NOISE, (320, 240), 10**9)[0])
        assert max_bytes < smallest
        return
    assert len(data) <= max_bytes
    assert media_type == "image/jpeg"


def test_quality_is_lowered_step_by_step() -> None:
    sizes: list[int] = []
    for _ in range(5):
        limit = sizes[-1] - 1 if sizes else 10**9
        sizes.append(len(encode_for_model(NOISE, (320, 240), limit)[0]))
    assert sizes == sorted(set(sizes), reverse=True)
    with pytest.raises(InstrumentLimit, match="quality 60"):
        encode_for_model(NOISE, (320, 240), sizes[-1] - 1)


def test_a_drawing_too_large_as_png_goes_as_jpeg() -> None:
    page = drawing()
    page[:60] = NOISE[:60]
    png_size = len(encode_for_model(page[:, :], (320, 240), 10**9)[0])
    data, media_type = encode_for_model(page, (320, 240), png_size - 1)
    assert media_type == "image/jpeg"
    assert len(data) < png_size


# ---------------------------------------------------------------------- panoramas
def test_panoramas_are_two_to_one() -> None:
    for width in (400, 403, 397):
        check_panorama(np.zeros((200, width, 3), np.uint8))
    with pytest.raises(InputError, match=r"1\.500:1"):
        check_panorama(np.zeros((200, 300, 3), np.uint8))
    with pytest.raises(InputError, match=r"2\.025:1"):
        check_panorama(np.zeros((200, 405, 3), np.uint8))


# ---------------------------------------------------------------------- videos
def write_video(path: Path, codec: str = "libx264", rotation: int = 0, audio: bool = False, frames: int = 30) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=15)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        if rotation:
            stream.set_display_rotation(rotation)
        sound = container.add_stream("aac", rate=44100) if audio else None
        for i in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(NOISE[i : i + 48, :64].copy(), format="rgb24")))
        container.mux(stream.encode())
        if sound is not None:
            silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            silence.sample_rate, silence.pts, silence.time_base = 44100, 0, Fraction(1, 44100)
            container.mux(sound.encode(silence))
            container.mux(sound.encode())
    return path


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov", "clip.mkv", "clip.avi", "clip.ts"])
def test_a_video_is_described(tmp_path: Path, name: str) -> None:
    info = probe_video(write_video(tmp_path / name))
    assert info.size == (64, 48)
    assert info.fps == pytest.approx(15)
    assert info.duration_s == pytest.approx(2.0, abs=0.15)
    assert info.frames == pytest.approx(30, abs=2)
    assert (info.rotation, info.has_audio) == (0, False)
    assert info.to_json()["size"] == [64, 48]


@pytest.mark.parametrize(("rotation", "size"), [(90, (48, 64)), (180, (64, 48)), (-90, (48, 64))])
def test_a_video_held_upright_has_its_sides_swapped(tmp_path: Path, rotation: int, size: tuple[int, int]) -> None:
    info = probe_video(write_video(tmp_path / "phone.mp4", rotation=rotation))
    assert (info.rotation, info.size) == (rotation % 360, size)


def test_sound_is_noticed(tmp_path: Path) -> None:
    assert probe_video(write_video(tmp_path / "loud.mp4", audio=True)).has_audio


def test_a_browsers_recording_states_no_length(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4")
    live = tmp_path / "live.mkv"
    stream = io.BytesIO()
    stream.seekable = lambda: False  # what a live recorder writes: no seeking back to fill in the length
    with av.open(str(whole)) as source, av.open(stream, "w", format="matroska") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    live.write_bytes(stream.getvalue())
    with av.open(str(live)) as container:
        assert container.duration is None
    assert probe_video(live).duration_s == pytest.approx(2.0, abs=0.15)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    picture = tmp_path / "photo.mp4"
    picture.write_bytes(encode_png(NOISE))
    text = tmp_path / "notes.mp4"
    text.write_text("hello " * 100)
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:2,\nclip.ts\n#EXT-X-ENDLIST\n")
    write_video(tmp_path / "clip.ts", codec="mpeg2video")
    cut = tmp_path / "cut.mp4"
    whole = write_video(tmp_path / "whole.mp4").read_bytes()
    cut.write_bytes(whole[: len(whole) // 3])
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        silence.sample_rate = 44100
        container.mux(stream.encode(silence))
        container.mux(stream.encode())
    empty = tmp_path / "empty.mp4"
    empty.touch()
    cases = {
        picture: "is a picture",
        text: "not a video",
        playlist: "not a video",
        cut: "cut short",
        sound: "no moving picture",
        empty: "empty",
        tmp_path: "folder",
        tmp_path / "none.mp4": "There is no file",
    }
    for path, words in cases.items():
        with pytest.raises(InputError, match=words) as caught:
            probe_video(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="Download"):
        probe_video("https://example.org/a.mp4")


def test_a_video_handed_in_as_a_picture_is_named_as_such(tmp_path: Path) -> None:
    for name in ("clip.mp4", "clip.mkv", "clip.avi", "clip.ts"):
        with pytest.raises(InputError, match="video="):
            load_picture(write_video(tmp_path / name))
