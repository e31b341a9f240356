"""describe_motion and trajectory on films of moving shapes: every sign, with a still, panning and zooming camera."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scene_run import Run
from video_kit import FPS, SIZE, Shape, film, steady, wall, write

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import camera_rotation, pose_from
from sightline.geometry.reconstructions import Reconstruction
from sightline.geometry.tracks import Track
from sightline.memory import DataDraft, Workspace
from sightline.tools import ToolResult, tool
from sightline.tools.back_ends import BackEnds
from sightline.tools.video import describe_motion, sample_frames, trajectory
from sightline.tools.video.moving import laid_over
from sightline.tools.video.watching import watch

RED, BLUE = (230, 40, 40), (40, 60, 230)
Film = Callable[..., Run]


@pytest.fixture
def shot(tmp_path: Path) -> Iterator[Film]:
    """Makes a run whose vid1 is a film with these shapes and camera."""
    with Workspace.create(tmp_path / "ws") as workspace:

        def make(*shapes: Shape, backwards: bool = False, **camera: Any) -> Run:
            frames = film(shapes, **camera)
            workspace.add_video(write(tmp_path / "a.mp4", frames[::-1] if backwards else frames))
            return Run(workspace, BackEnds(offline=True))

        yield make


def thing(text: str, number: int = 1) -> str:
    """The line about a moving thing."""
    return next(line for line in text.splitlines() if line.startswith(f"moving thing {number}:"))


def square(vx: float, vy: float, color: tuple[int, int, int] = RED, x: float = 0, y: float = 0) -> Shape:
    """A square of 22 pixels that is in the middle (or x, y from it) half-way through."""
    return Shape(color, steady(x - 1.25 * vx, y - 1.25 * vy, vx, vy), lambda t: 22)


STILL: dict[str, Any] = {}
PANS: dict[str, Any] = {"pan": (18, 10)}
PANS_BACK: dict[str, Any] = {"pan": (-18, -10)}
ZOOMS: dict[str, Any] = {"zoom": 0.12}


@pytest.mark.parametrize(
    ("velocity", "word", "camera"),
    [
        ((30, 0), "right", STILL),
        ((-30, 0), "left", STILL),
        ((0, -25), "up", STILL),
        ((0, 25), "down", STILL),
        ((-30, 0), "left", PANS),
        ((0, 25), "down", PANS),
        ((30, 0), "right", PANS_BACK),
        ((0, -25), "up", PANS_BACK),
        ((20, -20), "up-right", ZOOMS),
    ],
)
def test_a_thing_goes_where_it_goes_whatever_the_camera_does(
    shot: Film, velocity: tuple[float, float], word: str, camera: dict[str, Any]
) -> None:
    text = shot(square(*velocity), **camera).text(describe_motion, video="vid1")
    line = thing(text)
    assert f"moves {word} (" in line, text
    assert "fast" in line
    assert "its size is steady" in line
    speed = float(re.findall(r"fast: ([\d.]+)", line)[0])
    assert speed == pytest.approx(math.hypot(*velocity) / (22 * math.sqrt(2)), rel=0.15)
    assert ("compensated for the camera" in line) == bool(camera)
    assert "moving thing 2" not in text


def test_time_backwards_is_the_other_way(shot: Film) -> None:
    assert "moves left (" in thing(shot(square(30, 0), backwards=True).text(describe_motion, video="vid1"))


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        ({"pan": (30, 0)}, "panning right about 13 degrees a second (7 to 22"),
        ({"pan": (-30, 0)}, "panning left about 13 degrees"),
        ({"pan": (0, 20)}, "tilting down about 8 degrees"),
        ({"pan": (0, -20)}, "tilting up about 8 degrees"),
        ({"roll": 6}, "rolling right 6 degrees a second"),
        ({"roll": -6}, "rolling left 6 degrees a second"),
        ({"zoom": 0.2}, "zooming in or moving ahead, the picture growing 22 % a second"),
        ({"zoom": -0.2}, "zooming out or moving back, the picture shrinking 18 % a second"),
    ],
)
def test_the_cameras_own_motion_is_told(shot: Film, camera: dict[str, Any], said: str) -> None:
    text = shot(**camera).text(describe_motion, video="vid1")
    assert "the camera itself moves (" in text
    assert said in text
    assert "a thing's motion in the picture is not its own" in text
    assert "Nothing was found that moves" in text


def test_what_the_camera_follows_moves_though_it_stands_on_the_picture(shot: Film) -> None:
    shape = Shape(RED, steady(0, 10, 30, 0), lambda t: 22)
    line = thing(shot(shape, pan=(30, 0)).text(describe_motion, video="vid1"))
    assert "moves right" in line
    assert "(on the picture itself: stays where it is)" in line


@pytest.mark.parametrize("camera", [{}, {"pan": (30, -12)}, {"pan": (-20, 0), "zoom": 0.1, "roll": 4}])
def test_a_way_is_drawn_where_it_lies_on_the_frame_shown(tmp_path: Path, camera: dict[str, Any]) -> None:
    """A thing at rest before the wall stays one point of the frame; one that moves keeps to its way over the wall."""
    path = write(tmp_path / "a.mp4", film((), **camera))
    watched = watch(path, SIZE, 0.0, 2.4)
    at, times = 1.8, np.arange(37) / FPS
    for vx, vy in ((0.0, 0.0), (12.0, -5.0)):
        on_wall = np.stack([8 + vx * times, -6 + vy * times], axis=1)
        centres = np.array([seen_by(point, t, **camera) for point, t in zip(on_wall, times, strict=True)])
        way = Track(np.concatenate([centres - 5, centres + 5], axis=1), times)
        expected = np.array([seen_by(point, at, **camera) for point in on_wall])
        assert np.abs(laid_over(way, watched, at) - (expected if camera else centres)).max() < 1.5


def seen_by(
    point: NDArray[np.float64], t: float, pan: tuple[float, float] = (0, 0), zoom: float = 0.0, roll: float = 0.0
) -> NDArray[np.float64]:
    """Where a point of the wall, from its middle, is on `film`'s frame at a time."""
    x, y = point - np.array(pan) * t
    c, s = math.cos(math.radians(roll * t)), math.sin(math.radians(roll * t))
    return math.exp(zoom * t) * np.array([c * x + s * y, c * y - s * x]) + np.array(SIZE) / 2


def test_two_things_each_have_their_own_line(shot: Film) -> None:
    run = shot(square(30, 0, RED, y=30), square(-20, -8, BLUE, y=-25))
    text = run.text(describe_motion, video="vid1")
    assert "the camera is still" in text
    assert {"right" if "moves right" in thing(text, n) else "left" for n in (1, 2)} == {"right", "left"}
    drawn = run.workspace.artifacts["view1"]
    assert drawn.data["video"] == "vid1"
    assert "frame" not in drawn.data  # drawn on: no frame of the video any more


def test_without_a_background_nothing_is_claimed(shot: Film) -> None:
    run = shot(square(30, 0), backdrop=np.full((700, 900, 3), 110, np.uint8))
    text = run.text(describe_motion, video="vid1")
    assert "whether the camera moves cannot be told" in text
    assert "give a track, or boxes" in text
    run(sample_frames, videos=["vid1"], how="time", times=[1.2])
    text = run.text(describe_motion, video="vid1", frame="view1", boxes=[[66, 48, 92, 72]])
    assert "on the picture only, its own motion is not known" in text


def box_at(shape: Shape, t: float, pan: tuple[float, float] = (0, 0)) -> list[float]:
    (x, y), half = shape.at(t), shape.side(t) / 2
    x, y = x + SIZE[0] / 2 - pan[0] * t, y + SIZE[1] / 2 - pan[1] * t
    return [x - half, y - half, x + half, y + half]


@pytest.mark.parametrize(("growth", "word"), [(0.25, "comes nearer or grows"), (-0.25, "goes away or shrinks")])
def test_a_box_is_followed_and_its_growth_told(shot: Film, growth: float, word: str) -> None:
    shape = Shape(RED, steady(10, 5), lambda t: 30 * math.exp(growth * t))
    run = shot(shape, pan=(-10, 0))
    run(sample_frames, videos=["vid1"], how="time", times=[1.0])
    text = run.text(describe_motion, video="vid1", frame="view1", boxes=[box_at(shape, 1.0, (-10, 0))])
    (line,) = [line for line in text.splitlines() if line.startswith("thing 1")]
    assert word in line
    assert "0.0 to 2.5 s in 38 frames" in line
    times = float(re.findall(r"area times ([\d.]+)", line)[0])
    assert times == pytest.approx(math.exp(2 * growth * 2.0), rel=0.12)
    assert "not by a detector" in text


def enter(run: Run, draft: DataDraft) -> None:
    @tool
    def enter_so() -> ToolResult:
        """Enter data."""
        return ToolResult(f"{draft}", data=[draft])

    assert run(enter_so).outcome == "ok"


def track_of(*shapes: Shape) -> DataDraft:
    times = np.arange(38) / FPS
    boxes = np.array([[box_at(shape, t) for t in times] for shape in shapes])
    boxes[:, 10:13] = np.nan
    return DataDraft(
        "track", {"boxes": boxes, "times": times}, "track", data={"names": ["ball"] * len(shapes), "video": "vid1"}
    )


def test_a_track_is_described(shot: Film) -> None:
    right, up = square(30, 0, y=30), square(0, -25, BLUE, x=-40)
    run = shot(right, up)
    enter(run, track_of(right, up))
    text = run.text(describe_motion, track="track1")
    assert "track 1, ball: moves right" in text
    assert "track 2, ball: moves up" in text
    assert "in 35 frames" in text
    assert "0.96" in text  # 30 / (22 * sqrt(2)), exact from boxes
    part = run.text(describe_motion, track="track1", start=1.0, end=2.0)
    assert "vid1, 1.0 to 2.0 s" in part
    text = run.text(trajectory, track="track1", number=2)
    assert "shows the way of track 2, ball: moves up" in text
    assert "near and far do not show" in text
    path = run.workspace.pixels("view3").astype(int)
    plain = film([right, up])[run.workspace.artifacts["view3"].data["time"].__round__()]
    assert path.shape == plain.shape


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"video": "vid1", "boxes": [[10, 10, 30, 30]]},
        {"video": "vid1", "start": 2.0, "end": 1.0},
        {"video": "vid1", "start": 90.0},
        {"video": "vid1", "frame": "img1", "boxes": [[10, 10, 30, 30]]},
    ],
)
def test_wrong_arguments(shot: Film, arguments: dict[str, Any]) -> None:
    run = shot(seconds=0.5)
    run.workspace.add_picture(np.zeros((120, 160, 3), np.uint8))
    assert run(describe_motion, **arguments).outcome == "mistake"
    assert run(trajectory, video="vid1").outcome == "mistake"


def test_a_single_frame_shows_no_motion(shot: Film) -> None:
    finished = shot(seconds=1 / FPS)(describe_motion, video="vid1")
    assert finished.outcome == "limit"
    assert "and motion shows in 0.15 s at least. Look at its frames instead: show_frames." in finished.text


def cloud_of(run: Run, depth_at: Callable[[float], float], dense: bool = True) -> DataDraft:
    """The frames of the run by a camera at rest; what moves is at a z-depth that changes."""
    lens = Intrinsics.from_field_of_view(SIZE, 60, "known")
    camera = Camera(lens, pose_from(camera_rotation(0), (0, 0, 0)))
    frames = {h: a.data["time"] for h, a in run.workspace.artifacts.items() if "frame" in a.data}
    depths = {h: np.full((60, 80), depth_at(t), np.float32) for h, t in frames.items()} if dense else {}
    points = camera.unproject(lens.pixel_grid()[::8, ::8].reshape(-1, 2), 5.0).astype(np.float32)
    count = len(points)
    cloud = PointCloud(points, np.full((count, 3), 128, np.uint8), np.zeros(count, np.int32), np.full(count, 0.02))
    world = Reconstruction(dict.fromkeys(frames, camera), cloud, "measured", 1.02, "a test", up="known", depths=depths)
    arrays, described = world.to_arrays()
    return DataDraft("cloud", arrays, "cloud", data={"reconstruction": described})


def test_a_way_in_space(shot: Film) -> None:
    shape = square(30, 0)
    run = shot(shape)
    run(sample_frames, videos=["vid1"], how="time", times=[0.2, 0.4, 1.2, 1.8, 2.4])
    enter(run, track_of(shape))
    enter(run, cloud_of(run, lambda t: 4.0))
    text = run.text(trajectory, track="track1", cloud="cloud1")
    focal = SIZE[0] / 2 / math.tan(math.radians(30))
    assert "in 5 frames" in text
    far = 30 * 2.2 / focal * 4
    said = re.findall(r"in 5 frames\): ([\d.]+) m", text)
    assert float(said[0]) == pytest.approx(far, rel=0.02)
    assert "camera:view1 (levelled by gravity): 0.2 to" in text
    assert "s right by " in text
    enter(run, cloud_of(run, lambda t: 4.0 - t))
    text = run.text(trajectory, track="track1", cloud="cloud2")
    assert "coming nearer" in text
    assert "back" in text
    enter(run, cloud_of(run, lambda t: 4.0, dense=False))
    text = run.text(trajectory, track="track1", cloud="cloud3")
    assert "it is sparse" in text
    assert "the way on the picture only" in text


@pytest.mark.slow
def test_four_minutes_in_bounded_memory(tmp_path: Path) -> None:
    """A 4-minute film: what is read is dropped again, whatever the length."""
    import resource

    backdrop = wall()

    def frames() -> Iterator[Any]:
        for n in range(240 * 25):
            x = 200 + round(100 * math.sin(n / 100))
            pixels = backdrop[200:380, x : x + 320].copy()
            pixels[60:100, n % 280 : n % 280 + 40] = RED
            yield pixels

    path = write(tmp_path / "long.mp4", frames(), 25, preset="ultrafast", key_every=250)
    with Workspace.create(tmp_path / "ws") as workspace:
        workspace.add_video(path)
        run = Run(workspace, BackEnds(offline=True))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        text = run.text(sample_frames, videos=["vid1"], how="motion", count=6)
        assert text.count("view") == 6
        text = run.text(describe_motion, video="vid1")
        assert "the camera itself moves" in text
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600 * 1024


def test_looking_again_costs_nothing_but_at_other_things_it_looks_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", film([square(20, 0)], seconds=1.5))
    first = watch(path, SIZE, 0.0, 1.4)
    assert watch(path, SIZE, 0.0, 1.4) is first
    assert watch(path, SIZE, 0.0, 1.0) is not first
    boxes = np.tile([60.0, 40.0, 100.0, 80.0], (2, 1))
    known = [Track(boxes, np.array([0.0, 1.4]))]
    moving = watch(path, SIZE, 0.0, 1.4, known)
    assert moving is not first
    assert watch(path, SIZE, 0.0, 1.4, known) is moving
    moved = [Track(boxes + 10, np.array([0.0, 1.4]))]
    assert watch(path, SIZE, 0.0, 1.4, moved) is not moving


@pytest.mark.slow
def test_a_turning_camera_makes_nothing_in_a_still_room_move(tmp_path: Path) -> None:
    from sightline.evals.synthetic import Clip, cameras_around, make_room, pan_of, write_scene

    room = make_room(7)
    write_scene(tmp_path / "room", room, [], [Clip(pan_of(cameras_around(room, 6)[0], 40, 24))])
    with Workspace.create(tmp_path / "ws") as workspace:
        workspace.add_video(tmp_path / "room" / "video0.mp4")
        said = Run(workspace, BackEnds(offline=True)).text(describe_motion, video="vid1")
    assert "panning right" in said
    assert "Nothing was found that moves before the background." in said


def test_a_direction_and_an_angle_that_differ_are_each_said_for_what_they_are() -> None:
    """Most steps go one way, and the last place lies another: the word is no name of the angle."""
    from sightline.geometry.tracks import Track
    from sightline.tools.video.wording import motion_words

    steps = np.array([(-6.0, 0.0)] * 12 + [(20.0, 12.0)] * 6)
    centres = 300 + np.concatenate([[(0.0, 0.0)], np.cumsum(steps, axis=0)])
    times = np.arange(len(centres)) / 4
    track = Track(np.concatenate([centres - 15, centres + 15], axis=1), times, "square")
    motion = track.motion((800, 800))
    assert motion is not None
    assert motion.angle is not None
    bent = replace(motion, direction="left", angle=331.0)
    assert motion_words(bent).startswith(
        "moves mostly left; from its first place to its last down-right (picture angle 331 degrees, 0 is right, 90 up)"
    )
    assert motion_words(replace(motion, direction="right", angle=8.0)).startswith(
        "moves right (picture angle 8 degrees"
    )
