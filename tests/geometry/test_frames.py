"""Frames of reference: left and right proven by where things appear in the picture of whoever stands there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.geometry import poses
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.frames import (
    Frame,
    FrameName,
    camera_frame,
    object_frame,
    parse_frame,
    picture_direction,
    stand_at_frame,
    world_frame,
)
from sightline.geometry.relations import SECTORS, in_order, relation

angles = st.floats(-179.9, 179.9)
INNER = Intrinsics.from_focal((200, 200), 100.0)


def azimuth_by_hand(eye: np.ndarray, forward: np.ndarray, point: np.ndarray) -> float:
    """Degrees right of forward in the plan: z of forward x way is positive to the left."""
    f, w = forward[:2], (point - eye)[:2]
    return math.degrees(math.atan2(-(f[0] * w[1] - f[1] * w[0]), f @ w))


@given(angles, st.floats(-60, 60), st.floats(-30, 30), angles, st.floats(-60, 60))
@settings(deadline=None, max_examples=60)
def test_right_of_a_camera_is_right_in_its_picture(
    bearing: float, pitch: float, roll: float, at: float, high: float
) -> None:
    eye = np.array([1.0, 2, 3])
    pose = poses.pose_from(poses.camera_rotation(bearing, pitch, roll), eye)
    point = eye + 4 * poses.direction(at, high)
    found = relation(camera_frame("img1", pose, levelled=True), point)
    assert found.azimuth == pytest.approx(azimuth_by_hand(eye, poses.direction(bearing), point), abs=1e-6)
    assert found.elevation == pytest.approx(high, abs=1e-6)
    assert found.distance == pytest.approx(4)
    # The same camera held level, turned by the azimuth, has the thing in the middle column.
    turned = Camera(INNER, poses.turn(poses.pose_from(poses.camera_rotation(bearing), eye), yaw=found.azimuth))
    pixel, depth = turned.project(point)
    assert depth > 0
    assert pixel[0] == pytest.approx(100, abs=1e-4)


def test_left_and_right_by_pictures() -> None:
    camera = Camera(INNER, poses.look_at([0, 0, 1], [5, 5, 0]))
    frame = camera_frame("img1", camera.pose, levelled=True)
    rng = np.random.default_rng(0)
    seen = camera.to_world(rng.uniform((-1, -1, 2), (1, 1, 6), (50, 3)))
    for point in seen:
        x = camera.project(point)[0][0]
        assert (relation(frame, point).azimuth > 0) == (x > 100)
        assert relation(frame, point).word("sides") == ("right" if x > 100 else "left")


def test_without_gravity_the_cameras_own_axes_serve_and_it_says_so() -> None:
    pose = poses.pose_from(poses.camera_rotation(20, 0, 90), [0, 0, 0])  # the head lies on the right shoulder
    point = 3 * poses.direction(20) - np.array([0, 0, 1])
    own, level = camera_frame("img1", pose, levelled=False), camera_frame("img1", pose, levelled=True)
    assert relation(own, point).azimuth == pytest.approx(math.degrees(math.atan2(1, 3)))
    assert relation(own, point).elevation == pytest.approx(0, abs=1e-9)
    assert relation(level, point).azimuth == pytest.approx(0, abs=1e-9)
    assert relation(level, point).elevation < -10
    assert "gravity is not known" in own.describe()
    assert "this camera's" in own.describe()
    assert "levelled by gravity" in level.describe()
    assert "first camera's" in stand_at_frame("a", [0, 0, 0], "b", [1, 0, 0], levelled=False).describe()


@given(angles, st.floats(0.5, 5), angles, st.floats(-2, 2))
@settings(deadline=None, max_examples=60)
def test_standing_at_one_thing_and_facing_another(bearing: float, distance: float, at: float, height: float) -> None:
    here = np.array([2.0, -1, 0.5])
    there = here + distance * poses.direction(bearing) + np.array([0, 0, height])
    frame = stand_at_frame("chair1", here, "table1", there, levelled=True)
    point = here + 3 * poses.direction(bearing + at)
    assert abs(poses.difference(relation(frame, point).azimuth, at)) < 1e-6
    # Somebody who stands there sees it on that side.
    eye = Camera(INNER, poses.look_at(here, [there[0], there[1], here[2]]))
    if abs(at) < 80:
        assert (eye.project(point)[0][0] >= 100 - 1e-6) == (at >= -1e-6)
    assert frame.name == "stand at chair1 facing table1"


def test_facing_has_a_way() -> None:
    for there in ([0, 0, 5], [0, 0, 0]):
        with pytest.raises(ValueError, match="no way to face"):
            stand_at_frame("a", [0, 0, 0], "b", there, levelled=True)
    near = stand_at_frame("a", [0, 0, 0], "b", [1, 0, 0], levelled=True, position_error=0.1)
    assert near.error == pytest.approx(math.degrees(math.asin(0.2)))
    assert stand_at_frame("a", [0, 0, 0], "b", [0.1, 0, 0], True, position_error=0.1).error == 180


def test_the_right_of_a_thing_is_its_own() -> None:
    # A chair at the origin that faces us, who look along +y: its right is our left.
    frame = object_frame("chair1", [0, 0, 0], [0, -2, 0.3], levelled=True)
    assert relation(frame, [-1, 0, 0]).word() == "right"
    assert relation(frame, [1, 0, 0]).word() == "left"
    assert relation(frame, [0, -1, 0]).word() == "in front"
    assert relation(frame, [0, 1, 0]).word() == "behind"
    with pytest.raises(ValueError, match="no left and right"):
        object_frame("lamp1", [0, 0, 0], [0, 0, 1], levelled=True)


def test_the_world_is_the_map() -> None:
    frame = world_frame()
    words = {relation(frame, p).word("four") for p in ([0, 1, 0], [1, 0, 0], [0, -1, 0], [-1, 0, 0])}
    assert words == {"in front", "right", "behind", "left"}
    assert relation(frame, [1, 0, 0]).word("four") == "right"


def spot(azimuth: float, elevation: float = 0.0) -> np.ndarray:
    return 2 * poses.direction(azimuth, elevation)


@pytest.mark.parametrize("sectors", list(SECTORS))
def test_every_azimuth_has_one_word(sectors: str) -> None:
    frame = world_frame()
    for azimuth in np.arange(-180, 180, 2.5):
        words = relation(frame, spot(float(azimuth))).candidates(sectors)  # type: ignore[arg-type]
        assert len(words) == 1
    for first, second in ((-1e-3, 1e-3), (179.99, -179.99)):
        near = [relation(frame, spot(a)).word("eight") for a in (first, second)]
        assert near[0] == near[1]


def test_words_of_each_kind() -> None:
    frame = world_frame()
    expected = {
        "eight": {0: "in front", 37: "front-right", 90: "right", 135: "back-right", 180: "behind", -91: "left"},
        "four": {44: "in front", 46: "right", -46: "left", 136: "behind", -136: "behind"},
        "quadrants": {1: "front-right", 89: "front-right", 91: "back-right", -91: "back-left", -1: "front-left"},
        "sides": {1: "right", 179: "right", -1: "left", -179: "left"},
        "left-right-back": {1: "right", 134: "right", 136: "back", -136: "back", -134: "left"},
    }
    for sectors, words in expected.items():
        for azimuth, word in words.items():
            assert relation(frame, spot(azimuth)).word(sectors) == word  # type: ignore[arg-type]


def test_what_reaches_across_a_border_is_unclear() -> None:
    frame = Frame("camera:img2", np.zeros(3), *np.eye(3), levelled=True, error=15)
    near = relation(frame, spot(37))
    assert near.word() is None
    assert near.candidates() == ["front-right", "in front"]
    assert near.word("quadrants") == "front-right"
    said = "unclear (front-right or in front), but surely on the right and in the front half"
    assert near.describe().startswith(f"37 +- 15 degrees right of forward: {said}")
    assert "camera:img2" in near.describe()
    clear = relation(frame, spot(-45))
    assert clear.describe().startswith("45 +- 15 degrees left of forward: front-left; 0 +- 0 degrees up")
    behind = relation(frame, spot(-170))
    assert behind.word("four") == "behind"
    assert sorted(behind.candidates("quadrants")) == ["back-left", "back-right"]


def test_errors_of_place_count_by_distance() -> None:
    frame = world_frame()
    assert relation(frame, [0, 4, 0], point_error=0.4).azimuth_error == pytest.approx(math.degrees(math.asin(0.1)))
    lost = relation(frame, [0, 0.1, 3], point_error=0.2)
    assert lost.azimuth_error == 180
    assert len(lost.candidates()) == 8
    assert "unclear: too close" in lost.describe()
    assert lost.vertical == "above"
    assert relation(frame, [0, 0, 0]).azimuth_error == 180
    sofa = relation(frame, [0, 2, 0], extent=[[-2, 2, 0], [2, 2, 0]])
    assert sofa.azimuth_error == pytest.approx(22.5)


def test_above_and_below() -> None:
    frame = world_frame()
    assert relation(frame, spot(0, 40)).vertical == "above"
    assert relation(frame, spot(0, -40)).vertical == "below"
    assert relation(frame, spot(0, 5)).vertical == "level"
    assert relation(frame, spot(0, 20), point_error=0.3).vertical is None
    assert "in front, above" in relation(frame, spot(0, 40)).describe()


def test_from_left_to_right() -> None:
    frame = camera_frame("img1", poses.look_at([0, 0, 0], [0, 1, 0]), levelled=True)
    assert in_order(frame, [[2, 3, 0], [-1, 3, 0], [0, 5, 0]]) == [1, 2, 0]


def test_in_the_picture_up_is_towards_smaller_y() -> None:
    assert picture_direction((10, 50), (60, 50)) == (180, "image-left")
    assert picture_direction((60, 10), (60, 50)) == (90, "image-above")
    assert picture_direction((90, 50), (60, 50)) == (0, "image-right")
    assert picture_direction((60, 90), (60, 50))[1] == "image-below"
    assert picture_direction((90, 20), (60, 50)) == (45, "image-above and image-right")
    assert picture_direction((30, 80), (60, 50))[1] == "image-below and image-left"
    with pytest.raises(ValueError, match="coincide"):
        picture_direction((1, 1), (1, 1))


OFFER = {
    "pictures": ["img1", "img2"],
    "cameras": ["img2"],
    "fronts": ["chair1"],
    "places": ["chair1", "table1", "the red sofa"],
}


def test_names_are_read() -> None:
    for text, expected in (
        ("picture:img1", FrameName("picture", "img1")),
        (" Camera: img2 ", FrameName("camera", "img2")),
        ("object:Chair1", FrameName("object", "chair1")),
        ("stand at chair1 facing table1", FrameName("stand at", "chair1", "table1")),
        ("Standing at the red sofa, facing chair1", FrameName("stand at", "the red sofa", "chair1")),
        ("stand at img2 and facing table1", FrameName("stand at", "img2", "table1")),
        ("World", FrameName("world")),
    ):
        found = parse_frame(text, **OFFER)
        assert found == expected
        assert parse_frame(str(found), **OFFER) == found


def test_what_is_no_frame_is_told_what_would_be() -> None:
    for text, words in (
        ("", "names no frame"),
        ("left", "names no frame"),
        ("robot:img1", "names no frame"),
        ("camera:img1", "no camera placed"),
        ("picture:img9", "is no picture"),
        ("object:table1", "no known front"),
        ("stand at lamp1 facing chair1", "'lamp1' has no place"),
        ("stand at chair1 facing lamp1", "'lamp1' has no place"),
        ("stand at chair1 facing chair1", "and face it"),
    ):
        with pytest.raises(ValueError, match=words) as caught:
            parse_frame(text, **OFFER)
        for offered in ("picture:img1", "camera:img2", "object:chair1", "stand at A facing B", "world"):
            assert offered in str(caught.value)
    with pytest.raises(ValueError, match="No frame is on offer yet"):
        parse_frame("world")


def test_each_of_the_eight_words_is_on_its_side() -> None:
    ways = {"in front": (0, 1), "right": (1, 0), "behind": (0, -1), "left": (-1, 0)}
    ways |= {"front-right": (1, 1), "back-right": (1, -1), "back-left": (-1, -1), "front-left": (-1, 1)}
    for word, (x, y) in ways.items():
        assert relation(world_frame(), (x, y, 0)).word() == word
