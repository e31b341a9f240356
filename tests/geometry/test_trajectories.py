"""Ways through space, told from different viewpoints."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.frames import camera_frame, stand_at_frame, world_frame
from sightline.geometry.poses import camera_rotation, look_at, pose_from
from sightline.geometry.trajectories import Trajectory, heading, told

TIMES = np.arange(11) / 5
EASTWARDS = Trajectory(np.stack([np.linspace(-1, 1, 11), np.full(11, 4.0), np.zeros(11)], axis=1), TIMES, "ball")


@pytest.mark.parametrize(("bearing", "word"), [(0, "right"), (90, "forward"), (180, "left"), (270, "back")])
def test_one_way_has_a_word_for_each_viewer(bearing: float, word: str) -> None:
    frame = camera_frame("img1", pose_from(camera_rotation(bearing), (0, 0, 0)), True)
    (leg, *rest) = told(EASTWARDS.seen_from(frame) + np.array([0, 100, 0]), TIMES, 0.01)
    assert leg.towards == word
    assert all(other.towards == word for other in rest)


def test_who_stands_on_the_other_side_sees_it_go_left() -> None:
    here = stand_at_frame("door", (0, 0, 0), "ball", (0, 4, 0), True)
    there = stand_at_frame("window", (0, 8, 0), "ball", (0, 4, 0), True)
    assert {leg.towards for leg in told(EASTWARDS.seen_from(here), TIMES, 0.01)} == {"right"}
    assert {leg.towards for leg in told(EASTWARDS.seen_from(there), TIMES, 0.01)} == {"left"}


def test_the_sequence_is_told_not_one_word() -> None:
    legs = told(EASTWARDS.seen_from(world_frame()), TIMES, 0.01)
    words = [(leg.towards, leg.distance) for leg in legs]
    assert (words[0], words[-1]) == (("right", "nearer"), ("right", "farther"))
    assert np.sum([leg.step for leg in legs], axis=0) == pytest.approx((2, 0, 0))
    assert legs[0].start == 0
    assert legs[-1].end == 2
    square = np.array([(0, 5, 0), (1, 5, 0), (1, 6, 0), (1, 6, 1), (1, 6, 0)], dtype=float)
    assert [leg.towards for leg in told(square, np.arange(5), 0.1)] == ["right", "forward", "up", "down"]


def test_what_only_trembles_rests() -> None:
    rng = np.random.default_rng(0)
    points = np.array([0, 3, 0]) + rng.normal(0, 0.01, (30, 3))
    assert {leg.towards for leg in told(points, np.arange(30.0), 0.2)} <= {"none"}


def test_a_viewer_who_goes_along_sees_it_stay() -> None:
    frames = [camera_frame("c", pose_from(camera_rotation(0), (x, 0, 0)), True) for x in EASTWARDS.points[:, 0]]
    assert EASTWARDS.seen_from(frames) == pytest.approx(np.tile((0.0, 4.0, 0.0), (11, 1)))
    with pytest.raises(ValueError, match="11 frames"):
        EASTWARDS.seen_from(frames[:3])


def test_another_camera_sees_it_on_its_picture() -> None:
    lens = Intrinsics.from_field_of_view((200, 100), 90)
    front, back = (Camera(lens, look_at(eye, (0, 4, 0))) for eye in ((0, 0, 0), (0, 8, 0)))
    pixels, depth = EASTWARDS.in_picture(front)
    assert pixels[:, 1] == pytest.approx(np.full(11, 50))
    assert pixels[0, 0] == pytest.approx(75)
    assert (np.diff(pixels[:, 0]) > 0).all()
    assert depth == pytest.approx(np.full(11, 4.0))
    assert (np.diff(EASTWARDS.in_picture(back)[0][:, 0]) < 0).all()


def test_lengths_and_gaps() -> None:
    points = EASTWARDS.points.copy()
    points[3:6, 1] = np.inf
    way = Trajectory(points, TIMES)
    assert way.known.sum() == 8
    assert way.length == pytest.approx(2)
    assert way.speed == pytest.approx(1)
    assert Trajectory(np.full((2, 3), np.nan), np.array([0.0, 1.0])).speed is None
    with pytest.raises(ValueError, match="increase"):
        Trajectory(np.zeros((2, 3)), np.array([1.0, 1.0]))
    with pytest.raises(ValueError, match=r"\(N, 3\)"):
        Trajectory(np.zeros((2, 2)), np.array([0.0, 1.0]))


@pytest.mark.parametrize(
    ("step", "word"),
    [
        ((1, 0, 0), "right"),
        ((-1, 1, 0), "forward-left"),
        ((1, -1, 0), "back-right"),
        ((0, 0, -2), "down"),
        ((0, 1, 1), "up-forward"),
        ((0, 0, 0), "none"),
        ((math.sin(math.radians(22)), math.cos(math.radians(22)), 0), "forward"),
        ((math.sin(math.radians(23)), math.cos(math.radians(23)), 0), "forward-right"),
    ],
)
def test_words_for_steps(step: tuple[float, float, float], word: str) -> None:
    assert heading(step) == word
