"""Tracks: directions, speeds and sizes on the picture, linking boxes, and every sign of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.geometry.linking import Linker, SeenBox, link
from sightline.geometry.tracks import DIRECTIONS, Track, direction_of, picture_angle, speed_word, vote

TIMES = np.arange(31) / 10


def moving(
    velocity: tuple[float, float], start: tuple[float, float] = (200, 200), side: float = 30, growth: float = 0.0
) -> Track:
    """A square that moves at `velocity` pixels a second and whose sides grow by `growth` a second."""
    centres = np.asarray(start) + TIMES[:, None] * np.asarray(velocity)
    half = side / 2 * np.exp(growth * TIMES)[:, None]
    return Track(np.concatenate([centres - half, centres + half], axis=1), TIMES, "square")


@pytest.mark.parametrize(
    ("velocity", "direction", "angle"),
    [
        ((20, 0), "right", 0),
        ((20, -20), "up-right", 45),
        ((0, -20), "up", 90),  # y runs down on a picture: up is a falling y
        ((-20, -20), "up-left", 135),
        ((-20, 0), "left", 180),
        ((-20, 20), "down-left", 225),
        ((0, 20), "down", 270),
        ((20, 20), "down-right", 315),
    ],
)
def test_each_direction_has_its_word(velocity: tuple[float, float], direction: str, angle: float) -> None:
    motion = moving(velocity).motion()
    assert motion is not None
    assert motion.direction == direction
    assert motion.angle == pytest.approx(angle)
    assert motion.agreement == pytest.approx(1)
    assert motion.shift == pytest.approx((3 * velocity[0], 3 * velocity[1]))
    assert motion.path_length == pytest.approx(3 * math.hypot(*velocity))


def test_backwards_in_time_is_the_opposite_way_and_size() -> None:
    track = moving((20, -7), growth=0.2)
    back = Track(track.boxes[::-1], TIMES).motion()
    there = track.motion()
    assert there is not None
    assert back is not None
    assert (there.direction, there.size_word) == ("right", "approaching")
    assert (back.direction, back.size_word) == ("left", "receding")


@pytest.mark.parametrize(
    ("speed", "word"), [(0.0, "still"), (0.01, "still"), (0.05, "slow"), (0.2, "moderate"), (0.5, "fast")]
)
def test_speed_is_counted_in_own_diagonals(speed: float, word: str) -> None:
    for side in (10, 80):
        motion = moving((speed * side * math.sqrt(2), 0), side=side).motion()
        assert motion is not None
        assert motion.speed == pytest.approx(speed, abs=1e-9)
        assert motion.speed_word == word
        assert (motion.direction is None) == (word == "still")


def test_the_thresholds_are_those_of_the_source() -> None:
    assert [speed_word(v) for v in (0.019, 0.02, 0.099, 0.10, 0.299, 0.30)] == [
        "still",
        "slow",
        "slow",
        "moderate",
        "moderate",
        "fast",
    ]


@pytest.mark.parametrize(("growth", "word"), [(0.1, "approaching"), (-0.1, "receding"), (0.005, "steady")])
def test_size_tells_near_and_far(growth: float, word: str) -> None:
    motion = moving((0, 0), growth=growth).motion()
    assert motion is not None
    assert motion.size_word == word
    # A fifth of the sightings at either end: medians 2.5 seconds apart.
    assert motion.size_change == pytest.approx(2 * growth * 2.5, abs=1e-9)


def test_a_wobbling_box_stands_still_and_a_moving_one_still_moves() -> None:
    rng = np.random.default_rng(3)
    wobble = rng.normal(0, 1.0, (31, 2))
    still = Track(moving((0, 0)).boxes + np.tile(wobble, 2), TIMES).motion()
    assert still is not None
    assert still.speed_word == "still"
    assert still.speed < still.speed_error
    assert still.size_word == "steady"
    slow = Track(moving((-9, 0)).boxes + np.tile(wobble, 2), TIMES).motion()
    assert slow is not None
    assert slow.direction == "left"
    assert slow.speed == pytest.approx(9 / (30 * math.sqrt(2)), abs=slow.speed_error)


def test_there_and_back_has_no_way_but_a_speed() -> None:
    track = moving((20, 0))
    boxes = track.boxes.copy()
    boxes[16:] = boxes[14::-1][: len(boxes) - 16]
    motion = Track(boxes, TIMES).motion()
    assert motion is not None
    assert motion.speed_word == "fast"
    assert motion.agreement < 0.7
    assert math.hypot(*motion.shift) < 1e-9
    assert motion.angle is None


def test_what_is_not_seen_is_left_out() -> None:
    boxes = moving((20, 0)).boxes.copy()
    boxes[5:15] = np.nan
    boxes[20, 2] = np.nan  # half a box is none
    track = Track(boxes, TIMES)
    motion = track.motion()
    assert motion is not None
    assert (motion.seen, motion.direction) == (20, "right")
    assert motion.speed == pytest.approx(20 / (30 * math.sqrt(2)))
    assert np.isnan(track.centres[20]).all()
    assert Track(np.full((31, 4), np.nan), TIMES).motion() is None
    once = np.full((31, 4), np.nan)
    once[4] = (0, 0, 10, 10)
    assert Track(once, TIMES).motion() is None


def test_a_box_cut_off_by_the_edge_does_not_seem_to_recede() -> None:
    track = moving((60, 0), start=(60, 100))  # its middle ends at 240
    boxes = np.clip(track.boxes, 0, 240)
    motion = Track(boxes, TIMES).motion((240, 200))
    assert motion is not None
    assert motion.size_change == pytest.approx(0, abs=1e-9)
    assert motion.speed == pytest.approx(60 / (30 * math.sqrt(2)))
    always = Track(np.tile((0.0, 0.0, 50.0, 50.0), (31, 1)), TIMES).motion((240, 200))
    assert always is not None
    assert (always.size_change, always.size_word) == (None, None)


def test_the_vote_counts_lengths_not_steps() -> None:
    voted = vote([(1, 0)] * 5 + [(0, -10)])
    assert voted is not None
    assert voted[0] == "up"
    assert voted[1] == pytest.approx(10 / 15)
    assert vote(np.zeros((4, 2))) is None
    assert vote([]) is None


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 359.99), st.floats(5, 60))
def test_turning_a_way_turns_its_word(angle: float, speed: float) -> None:
    """A mirrored picture swaps left and right, an upturned one up and down; nothing else changes."""
    radians = math.radians(angle)
    velocity = (speed * math.cos(radians), -speed * math.sin(radians))
    motion = moving(velocity).motion()
    assert motion is not None
    assert motion.angle is not None
    assert motion.angle == pytest.approx(angle, abs=1e-6) or motion.angle == pytest.approx(angle - 360, abs=1e-6)
    assert motion.direction is not None
    from_edge = (angle + 22.5) % 45
    if min(from_edge, 45 - from_edge) > 1e-6:  # on the edge of a bin, rounding decides
        assert motion.direction == direction_of(angle)
        mirrored, upturned = moving((-velocity[0], velocity[1])).motion(), moving((velocity[0], -velocity[1])).motion()
        assert mirrored is not None
        assert upturned is not None
        index = DIRECTIONS.index(motion.direction)
        assert mirrored.direction == DIRECTIONS[(4 - index) % 8]
        assert upturned.direction == DIRECTIONS[-index % 8]


def test_picture_angles_run_counter_clockwise() -> None:
    assert [picture_angle(*step) for step in ((1, 0), (0, -1), (-1, 0), (0, 1))] == [0, 90, 180, 270]
    assert picture_angle(1, 1e-18) == 0


def test_warping_takes_out_the_cameras_motion() -> None:
    track = moving((20, 0), growth=0.1)
    back = np.tile(np.eye(3), (31, 1, 1))
    for n, t in enumerate(TIMES):  # the camera pans and zooms with the thing
        zoom = math.exp(0.1 * t)
        back[n] = np.linalg.inv([[zoom, 0, 20 * t + 200 * (1 - zoom)], [0, zoom, 200 * (1 - zoom)], [0, 0, 1]])
    motion = track.warped(back).motion()
    assert motion is not None
    assert (motion.speed_word, motion.size_word) == ("still", "steady")
    half = back.copy()
    half[3:6] = np.nan
    assert track.warped(half).seen.sum() == 28
    rolled = np.tile([[0.0, 1, 0], [-1, 0, 400], [0, 0, 1]], (31, 1, 1))  # a quarter turn counter-clockwise
    turned = track.warped(rolled).motion()
    assert turned is not None
    assert turned.direction == "up"


def test_warping_by_a_homography_shrinks_what_it_pushes_away() -> None:
    """The area is that of the box's corners taken through it, to first order in the box's size."""
    matrix = np.array([[1.1, 0.1, 5], [-0.05, 0.9, 8], [0.002, 0.001, 1]])
    box = np.array([199.0, 149, 201, 151])
    warped = Track(box[None], np.zeros(1)).warped(matrix[None])
    corners = np.array([[199, 149, 1], [201, 149, 1], [201, 151, 1], [199, 151, 1]]) @ matrix.T
    x, y = (corners[:, :2] / corners[:, 2:]).T
    area = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    assert warped.areas[0] == pytest.approx(area, rel=1e-4)
    assert warped.centres[0] == pytest.approx([x.mean(), y.mean()], abs=0.01)


def test_bad_tracks_are_refused() -> None:
    with pytest.raises(ValueError, match="increase"):
        Track(np.tile((0.0, 0.0, 1.0, 1.0), (2, 1)), np.array([0.0, 0.0]))
    with pytest.raises(ValueError, match="x0 < x1"):
        Track(np.array([(5.0, 0.0, 1.0, 1.0)]), np.array([0.0]))
    with pytest.raises(ValueError, match=r"\(F, 4\)"):
        Track(np.ones((3, 4)), np.array([0.0]))
    with pytest.raises(ValueError, match=r"one \(3, 3\) transform a frame"):
        moving((1, 0)).warped(np.eye(3)[None])


def at(x: float, y: float = 50, side: float = 20, score: float = 1.0) -> SeenBox:
    return SeenBox((x - side / 2, y - side / 2, x + side / 2, y + side / 2), score)


def test_a_lost_thing_is_found_where_it_was_going() -> None:
    frames = [[at(50 + 6 * n)] if n < 8 or n > 13 else [] for n in range(20)]
    (track,) = link(frames)
    assert list(track.boxes) == [*range(8), *range(14, 20)]


def test_a_lost_thing_is_not_found_elsewhere_or_at_another_size() -> None:
    lost = [[at(50 + 6 * n)] for n in range(8)] + [[]] * 5
    assert len(link([*lost, [at(92)]])) == 2  # where it was last seen, not where it was going
    assert len(link([*lost, [at(128)]])) == 1
    assert len(link([*lost, [at(128, side=150)]])) == 2


def test_an_unsure_box_does_not_teach_where_a_thing_goes() -> None:
    frames = [[at(50 + 6 * n)] for n in range(8)]
    frames += [[at(86 + 6, score=0.3)], [at(86 + 2, score=0.3)]]  # something before it holds it back
    frames += [[]] * 4
    linker = Linker(threshold=0.5)
    for found in frames:
        linker.add(found)
    expected = linker.tracks[0].expected(14)
    assert (expected[0] + expected[2]) / 2 == pytest.approx(88 + 6 * 5)


def test_the_best_sum_wins_not_the_first_box() -> None:
    first, second = link([[at(50), at(64)], [at(57), at(71)]])
    assert [list(first.boxes.values())[1][0], list(second.boxes.values())[1][0]] == [47, 61]
