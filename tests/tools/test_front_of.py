"""Which way things face: signs against projected figures, marked points with known truth, votes, and the tool."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from boxes_scene import Shot, thing
from hypothesis import given, settings
from hypothesis import strategies as st
from scene_run import Run, run_on
from tool_kit import SaidBefore

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.poses import camera_rotation, difference, pose_from
from sightline.tools.back_ends import BackEnds, Keypoints
from sightline.tools.detection import detect, front_of
from sightline.tools.detection.facing import SYMMETRIC, UNKNOWN, from_keypoints, from_points, from_votes, in_words

LENS = Intrinsics.from_focal((640, 480), 500.0)


def figure(azimuth: float, at: tuple[float, float] = (0.0, 4.0), face: bool = True) -> Keypoints:
    """A person's joints seen by a level camera 1.5 m above the floor, who faces `azimuth` relative to its forward.

    Built here from the world: x to the camera's right, y away from it, z up.
    """
    a = math.radians(azimuth)
    front = np.array([math.sin(a), math.cos(a), 0.0])
    left = np.array([-math.cos(a), math.sin(a), 0.0])
    base = np.array([at[0], at[1], -1.5])

    def spot(height: float, side: float, ahead: float = 0.0) -> np.ndarray:
        return base + (0, 0, height) + side * left + ahead * front

    world = [
        spot(1.60, 0, 0.12), spot(1.64, 0.03, 0.10), spot(1.64, -0.03, 0.10), spot(1.62, 0.07), spot(1.62, -0.07),
        spot(1.42, 0.18), spot(1.42, -0.18), spot(1.15, 0.22), spot(1.15, -0.22), spot(0.90, 0.24), spot(0.90, -0.24),
        spot(0.92, 0.12), spot(0.92, -0.12), spot(0.50, 0.12), spot(0.50, -0.12), spot(0.08, 0.12), spot(0.08, -0.12),
    ]  # fmt: skip
    points = np.array([(LENS.fx * p[0] / p[1] + LENS.cx, LENS.fy * -p[2] / p[1] + LENS.cy) for p in world])
    scores = np.full(17, 0.9)
    away = math.cos(a) * at[1] + math.sin(a) * at[0] > 0.5 * math.hypot(*at)
    if away or not face:
        scores[:3] = 0.05
    low, high = points.min(axis=0), points.max(axis=0)
    return Keypoints((low[0], low[1], high[0], high[1]), 0.9, points, scores)


@pytest.mark.parametrize("azimuth", [180, 150, 120, 90, -90, -120, -150, 0])
@pytest.mark.parametrize("at", [(0.0, 4.0), (1.5, 4.0), (-1.5, 3.0)])
def test_a_person_faces_where_it_was_put(azimuth: float, at: tuple[float, float]) -> None:
    found = from_keypoints(figure(azimuth, at), LENS)
    assert found.verdict == "found"
    assert abs(difference(found.azimuth, azimuth)) <= found.error
    assert found.error <= 65
    if abs(azimuth) in (90, 120):  # the sign is certain: left is not right
        assert math.copysign(1, found.azimuth) == math.copysign(1, azimuth)


def test_a_person_who_turns_right_as_the_camera_sees_it_has_a_positive_azimuth() -> None:
    """The nose lies to the right of the shoulders in the picture."""
    person = figure(90)
    assert person.points[0][0] > person.points[5:7, 0].mean()
    assert from_keypoints(person, LENS).azimuth == pytest.approx(90, abs=25)


def test_without_shoulders_or_face_from_the_side_it_is_unknown() -> None:
    hidden = figure(90)
    hidden.scores[5] = 0.0
    assert from_keypoints(hidden, LENS).verdict == "unknown"
    assert from_keypoints(figure(100, face=False), LENS).verdict == "unknown"
    tiny = figure(180, (0.0, 800.0))
    assert from_keypoints(tiny, LENS).verdict == "unknown"


def project(world: tuple[float, float, float], camera: Camera) -> tuple[float, float]:
    pixels, depth = camera.project(np.array(world))
    assert depth > 0
    return float(pixels[0]), float(pixels[1])


@settings(deadline=None, max_examples=60)
@given(
    azimuth=st.floats(-179, 180), heading=st.floats(0, 360), pitch=st.floats(-35, -8), x=st.floats(-1, 1),
    y=st.floats(2.5, 6),
)  # fmt: skip
def test_two_points_on_a_floor_give_the_direction(
    azimuth: float, heading: float, pitch: float, x: float, y: float
) -> None:
    """With the camera's pose known, whatever its heading; the azimuth is relative to its level forward."""
    camera = Camera(LENS, pose_from(camera_rotation(heading, pitch), (0, 0, 1.5)))
    h, a = math.radians(heading), math.radians(azimuth)
    ahead, right = np.array([math.sin(h), math.cos(h), 0]), np.array([math.cos(h), -math.sin(h), 0])
    middle = x * right + y * ahead
    way = math.sin(a) * right + math.cos(a) * ahead
    back, front = project(tuple(middle - 0.4 * way), camera), project(tuple(middle + 0.4 * way), camera)
    found = from_points(back, front, LENS, camera, pixel_error=1.0)
    assert found.verdict == "found"
    assert difference(found.azimuth, azimuth) == pytest.approx(0, abs=1e-6)
    depths = tuple(float(camera.to_camera(middle + s * 0.4 * way)[2]) for s in (-1, 1))
    by_depth = from_points(back, front, LENS, camera, depths)  # type: ignore[arg-type]
    assert difference(by_depth.azimuth, azimuth) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("pitch", "azimuth"), [(0.0, 60.0), (-8.0, 60.0), (8.0, -120.0), (-6.0, 10.0), (5.0, 170.0)])
def test_without_a_pose_the_error_holds_the_truth(pitch: float, azimuth: float) -> None:
    """A camera that is not quite level and a guessed lens."""
    camera = Camera(LENS, pose_from(camera_rotation(0.0, pitch), (0, 0, 1.5)))
    a = math.radians(azimuth)
    way = np.array([math.sin(a), math.cos(a), 0.0])
    back, front = (project(tuple(np.array([0.3, 3.0, 0.0]) + s * 0.4 * way), camera) for s in (-1, 1))
    found = from_points(back, front, Intrinsics.guess((640, 480)))
    assert found.verdict == "found"
    assert abs(difference(found.azimuth, azimuth)) <= found.error < 60


def test_points_above_the_horizon_or_on_each_other_tell_nothing() -> None:
    assert from_points((300, 100), (340, 120), LENS).verdict == "unknown"
    assert from_points((300, 400), (301, 401), LENS).verdict == "unknown"


@pytest.mark.parametrize(
    ("votes", "verdict", "azimuth"),
    [
        (["to the right"] * 5, "found", 90),
        (["towards the camera"] * 3 + ["towards the camera and to the left"] * 2, "found", -163),
        (["towards the camera and to the right", "towards the camera and to the left"] * 2, "found", 180),
        (["away from the camera"] * 4 + [UNKNOWN], "found", 0),
        ([SYMMETRIC] * 3 + ["to the left"] * 2, "symmetric", 0),
        ([UNKNOWN] * 3 + ["to the left"] * 2, "unknown", 0),
        (["to the left", "to the right"] * 2 + [UNKNOWN], "unknown", 0),
    ],
)
def test_votes(votes: list[str], verdict: str, azimuth: float) -> None:
    found = from_votes(votes)
    assert found.verdict == verdict
    if verdict == "found":
        assert abs(difference(found.azimuth, azimuth)) < 2.5
        assert found.error >= 30
        assert abs(difference(from_votes(votes, 20).azimuth, azimuth + 20)) < 2.5


def test_words() -> None:
    from sightline.tools.back_ends import Facing

    assert in_words(Facing("found", 178, 20)) == "+178 +- 20 degrees (towards the camera)"
    assert in_words(Facing("found", -92, 20)) == "-92 +- 20 degrees (to the left)"


# The tool


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_on(
        tmp_path,
        (
            thing(2, "red chair", (0.6, 4.0), (0.6, 0.6, 0.9), bearing=70.0),
            thing(3, "green lamp", (-1.0, 4.0), (0.3, 0.3, 1.2), symmetric=True),
            thing(4, "blue box", (-0.2, 3.0), (0.3, 0.3, 0.3)),
        ),
        Shot(bearing=30.0, position=(-1.5, 1.0, 1.5), size=(320, 240)),
        Shot(bearing=0.0, size=(320, 240)),
    )


def test_by_a_back_end_as_azimuth_and_as_bearing(run: Run) -> None:
    """The chair faces bearing 70, the camera of img1 looks towards 30: 40 degrees to its right."""
    run(detect, image="img1", names=["chair", "lamp", "box"])
    run.reconstruct("img1", "img2")
    named = {o.name: h for h, o in run.workspace.scene.objects.items()}
    text = run.text(front_of, thing=named["chair"], image="img1")
    assert "faces +40 +- 0 degrees (away and to the right)" in text
    assert "In cloud1 that is bearing 40 +- 0 degrees" in text  # its +y is the first camera's forward
    assert "oracle" not in text
    run(detect, image="img2", names=["chair"])
    other = next(h for h, o in run.workspace.scene.objects.items() if o.in_picture("img2") and o.name == "chair")
    elsewhere = run.text(front_of, thing=other, image="img2")
    assert "faces +70 +- 0 degrees" in elsewhere  # img2 looks towards bearing 0
    assert "In cloud1 that is bearing 40 +- 0 degrees" in elsewhere  # the same way in one world
    fact = run.workspace.scene.objects[named["chair"]].faces["front"]
    assert (fact.verdict, fact.picture, fact.azimuth) == ("found", "img1", pytest.approx(40))
    assert "symmetric: it has no front" in run.text(front_of, thing=named["lamp"], image="img1")
    assert "unknown" in run.text(front_of, thing=named["box"], image="img1")


def test_by_marked_points_with_and_without_a_reconstruction(run: Run) -> None:
    run(detect, image="img1", names=["chair"])
    a = math.radians(70)
    rotation = camera_rotation(30, -10)
    focal = 160 / math.tan(math.radians(30))
    camera = Camera(Intrinsics.from_focal((320, 240), focal), pose_from(rotation, (-1.5, 1.0, 1.5)))
    way = np.array([math.sin(a), math.cos(a), 0])
    feet = [project(tuple(np.array([0.6, 4.0, 0.0]) + s * 0.28 * way), camera) for s in (-1, 1)]
    alone = run.text(front_of, thing="obj1", image="img1", back=list(feet[0]), front=list(feet[1]))
    assert "taken for level" in alone
    fact = run.workspace.scene.objects["obj1"].faces["front"]
    assert abs(difference(fact.azimuth, 40)) <= fact.error
    run.reconstruct("img1", "img2")
    seat = [project(tuple(np.array([0.6, 4.0, 0.9]) + s * 0.28 * way), camera) for s in (-1, 1)]
    text = run.text(front_of, thing="obj1", image="img1", method="points", back=list(seat[0]), front=list(seat[1]))
    assert "(level)" in text
    better = run.workspace.scene.objects["obj1"].faces["front"]
    assert abs(difference(better.azimuth, 40)) <= min(better.error, 12)


def test_by_votes_of_a_model(run: Run) -> None:
    run(detect, image="img1", names=["chair"])
    run.back_ends = BackEnds(offline=True)
    look = SaidBefore(
        ["away and to the right", "Away and to the right.", "- to the right", "cannot tell", "away and to the right"]
    )
    run.look = look
    text = run.text(front_of, thing="obj1", image="img1")
    assert "by vlm" in text
    assert "Votes: 3 away and to the right, 1 to the right, 1 cannot tell." in text
    asked = [prompt for prompt, _ in look.asked]
    assert len(set(asked)) == 5  # the options stand in another order each time
    assert all("chair at [" in prompt for prompt in asked)
    assert run.workspace.calls[f"t.{run.calls}"].finished.usage.calls == 5  # type: ignore[union-attr]


def test_what_cannot_be_asked_is_told(run: Run) -> None:
    run(detect, image="img1", names=["chair"])
    assert "Give both" in run(front_of, thing="obj1", image="img1", back=[10, 10]).text
    assert "was not seen in img2" in run(front_of, thing="obj1", image="img2").text
    assert "needs `back` and `front`" in run(front_of, thing="obj1", image="img1", method="points").text
    run.back_ends = BackEnds(offline=True)
    assert "Mark `back` and `front`" in run(front_of, thing="obj1", image="img1").text
