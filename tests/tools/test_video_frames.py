"""Frames of videos: the right ones, upright, of whole and of damaged files; sampling and showing them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scene_run import Run
from video_kit import Pixels
from video_kit import write as write_at

from sightline.memory import InstrumentLimit, Workspace
from sightline.tools.back_ends import BackEnds
from sightline.tools.video import sample_frames, show_frames
from sightline.tools.video.decoding import frames_at, read, timeline
from sightline.tools.video.sampling import motion_times, uniform_times


def write(path: Path, frames: Iterable[Pixels], **settings: Any) -> Path:
    """At 10 frames a second."""
    return write_at(path, frames, 10, **settings)


def counting(count: int, size: tuple[int, int] = (160, 120)) -> Iterator[Pixels]:
    """Frames that say their number: eight tall patches along the top, black or white, the lowest bit at the left."""
    width, height = size
    for n in range(count):
        pixels = np.full((height, width, 3), (120, 150, 130), np.uint8)
        for bit in range(8):
            pixels[: height // 3, bit * width // 8 : (bit + 1) * width // 8] = 255 if n >> bit & 1 else 0
        yield pixels


def number_on(pixels: Pixels) -> int:
    height, width = pixels.shape[:2]
    row = pixels[height // 6, [(2 * bit + 1) * width // 16 for bit in range(8)], 1]
    return int(sum(1 << bit for bit in range(8) if row[bit] > 128))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A workspace that has vid1, which counts to 100, and vid2, in which something happens late."""
    with Workspace.create(tmp_path / "ws") as workspace:
        workspace.add_video(write(tmp_path / "a.mp4", counting(100)))
        late = [np.full((120, 160, 3), 90, np.uint8) for _ in range(40)]
        for n in range(30, 40):
            late[n][40:80, 10 * (n - 30) : 10 * (n - 30) + 40] = 250
        workspace.add_video(write(tmp_path / "b.mp4", late))
        yield Run(workspace, BackEnds(offline=True))


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "libx264"), (".mkv", "libx264"), (".avi", "mpeg4")])
def test_the_frame_at_a_time_is_the_one_that_is_shown_then(tmp_path: Path, suffix: str, codec: str) -> None:
    path = write(tmp_path / f"a{suffix}", counting(120), codec=codec)
    line = timeline(path)
    assert line.times == pytest.approx(np.arange(120) / 10, abs=0.002)
    assert line.missing == 0
    times = [0.0, 0.04, 11.9, 3.35, 7.0, 6.99, 99.0, 3.3, 4.9, 5.0, 5.1]
    frames = frames_at(path, times)
    assert [frame.number for frame in frames] == [0, 0, 119, 33, 70, 69, 119, 33, 49, 50, 51]
    assert [number_on(frame.pixels) for frame in frames] == [frame.number for frame in frames]


def test_uneven_frames_stand_until_the_next(tmp_path: Path) -> None:
    stamps = [0, 1, 2, 10, 11, 30, 31]  # tenths of a second, from 0
    path = write(tmp_path / "a.mkv", counting(7), stamps=[s + 5 for s in stamps])
    frames = frames_at(path, [0.95, 1.0, 2.9, 3.0, 0.15])
    assert [number_on(frame.pixels) for frame in frames] == [2, 3, 4, 5, 1]
    assert [frame.time for frame in frames] == pytest.approx([0.2, 1.0, 1.1, 3.0, 0.1], abs=0.002)


def test_reading_on_gives_regular_frames_of_a_part(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", counting(100))
    frames = list(read(path, per_second=5, start=6.1, end=7.6))
    assert [number_on(f.pixels) for f in frames] == [61, 63, 65, 67, 69, 71, 73, 75] == [f.number for f in frames]
    assert len(list(read(path, most=4))) == 4
    (small,) = read(path, most=1, longest=80)
    assert small.pixels.shape == (60, 80, 3)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_phone_held_upright_gives_upright_frames(tmp_path: Path, turned: int) -> None:
    scene = np.zeros((160, 120, 3), np.uint8)
    scene[:40] = (250, 250, 250)  # a bright sky
    scene[:, :30, 0] = 200  # red at the left
    stored = np.rot90(scene, -turned // 90)
    path = write(tmp_path / "a.mp4", [stored] * 5, turned=turned)
    (frame,) = frames_at(path, [0.2])
    assert frame.pixels.shape == scene.shape
    assert frame.pixels[20, 60].min() > 200
    assert frame.pixels[140, 60].max() < 50
    red = frame.pixels[100, 15].astype(int)
    assert red[0] - red[2] > 100
    (small,) = frames_at(path, [0.2], longest=80)
    assert small.pixels.shape == (80, 60, 3)
    (first, *_) = read(path, longest=80)
    assert first.pixels.shape == (80, 60, 3)
    assert first.pixels[10, 30].min() > 200


def test_what_was_cut_short_says_so(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.mp4", counting(200, (320, 240)), options={"movflags": "faststart"}, key_every=20)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) * 6 // 10])
    line = timeline(cut)
    assert 5 < line.missing < 12
    last = frames_at(cut, [19.0])[0]
    assert number_on(last.pixels) == pytest.approx(10 * (20 - line.missing), abs=4)
    with Workspace.create(tmp_path / "ws") as workspace:
        workspace.add_video(cut)
        run = Run(workspace, BackEnds(offline=True))
        text = run.text(sample_frames, videos=["vid1"], count=3)
        assert f"The file was cut short: its last {line.missing:.1f} s are missing." in text
        assert run(sample_frames, videos=["vid1"], how="time", times=[19.5]).outcome == "mistake"


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.mkv", counting(100, (320, 240)), key_every=10)
    data = bytearray(whole.read_bytes())
    at = len(data) // 2
    data[at : at + 1500] = bytes(1500)
    whole.write_bytes(bytes(data))
    frames = list(read(whole))
    assert len(frames) > 60
    assert all(abs(number_on(f.pixels) - 10 * f.time) <= 1 for f in frames[:30] + frames[-20:])


def test_nothing_left_is_said(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.mp4", counting(30), options={"movflags": "faststart"})
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: data.index(b"mdat") + 8])
    with pytest.raises(InstrumentLimit, match="cut short"):
        timeline(cut)
    cut.write_bytes(data[:100])
    with pytest.raises(InstrumentLimit, match="cut short"):
        timeline(cut)


def test_sampled_frames_are_pictures_with_their_time(run: Run) -> None:
    text = run.text(sample_frames, videos=["vid1", "vid2"], count=2)
    artifacts = run.workspace.artifacts
    assert artifacts["view1"].data == {"video": "vid1", "time": pytest.approx(2.5), "frame": 25}
    assert artifacts["view1"].title == "vid1 at 2.50 s (frame 25)"
    assert [number_on(run.workspace.pixels(f"view{n}")) for n in (1, 2)] == [25, 75]
    assert "vid1: view1 at 2.50 s (frame 25), view2 at 7.50 s (frame 75)." in text
    assert "vid2: view3 at 1.00 s (frame 10), view4 at 3.00 s (frame 30)." in text
    again = run.text(sample_frames, videos=["vid1"], how="time", times=[7.52, 0.0, 0.04])
    assert again == "vid1: view2 (taken before) at 7.50 s (frame 75), view5 at 0.00 s (frame 0)."


def test_motion_picks_where_something_happens(run: Run) -> None:
    text = run.text(sample_frames, videos=["vid2"], how="motion", count=4)
    assert text.startswith("vid2 by accumulated change: ")
    times = [a.data["time"] for a in run.workspace.artifacts.values() if a.is_picture]
    assert len(times) == 4
    assert min(times) >= 3.0


def test_nothing_happens(tmp_path: Path) -> None:
    with Workspace.create(tmp_path / "ws") as workspace:
        workspace.add_video(write(tmp_path / "a.mp4", [np.full((120, 160, 3), 90, np.uint8)] * 20))
        text = Run(workspace, BackEnds(offline=True)).text(sample_frames, videos=["vid1"], how="motion", count=2)
        assert text.startswith("vid1 at even times, for nothing changes in it: view1 at 0.50 s")


@pytest.mark.parametrize(
    "arguments",
    [
        {"videos": ["vid1"], "count": 0},
        {"videos": ["vid1", "vid2"], "count": 31},
        {"videos": []},
        {"videos": ["vid1"], "how": "time"},
        {"videos": ["vid1"], "how": "time", "times": [-1.0]},
        {"videos": ["vid9"]},
    ],
)
def test_wrong_arguments_of_sample_frames(run: Run, arguments: dict[str, Any]) -> None:
    assert run(sample_frames, **arguments).outcome == "mistake"


def test_a_sheet_shows_frames_in_order(run: Run) -> None:
    text = run.text(show_frames, video="vid1", count=6, columns=3)
    assert "shows 6 frames of vid1, row by row in time: 0.80 s, 2.50 s, 4.10 s" in text
    sheet = run.workspace.pixels("view1")
    cells = run.workspace.artifacts["view1"].data["cells"]
    assert [cell["frame"] for cell in cells] == [8, 25, 41, 58, 75, 91]
    for cell in cells:
        x0, y0, x1, y1 = (round(v) for v in cell["region"])
        assert number_on(sheet[y0:y1, x0:x1]) == cell["frame"]
    run(sample_frames, videos=["vid1"], how="time", times=[1, 2])
    text = run.text(show_frames, images=["view3", "view2"])
    assert "row by row: view3: vid1 2.00 s; view2: vid1 1.00 s" in text
    origin = run.workspace.in_original("view4", (100.0, 60.0))
    assert origin is not None
    assert origin[0] == "view3"
    wrong_ones: list[dict[str, Any]] = [
        {},
        {"images": ["view2", "view3"], "video": "vid1"},
        {"video": "vid1", "count": 1},
    ]
    for wrong in wrong_ones:
        assert run(show_frames, **wrong).outcome == "mistake"


def test_plain_choices_of_times() -> None:
    assert uniform_times(8, 4) == [1, 3, 5, 7]
    assert motion_times([0, 1, 2, 3], [0, 0, 5, 5], 2) == [2, 3]
    assert motion_times([0, 1, 2], [0, 7, 0], 3) == [1]
    assert motion_times([0, 1], [0, 0], 3) is None
