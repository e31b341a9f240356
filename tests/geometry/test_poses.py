"""Poses: every sign proven by where a point appears in the picture.

The pictures are taken by OpenCV's `projectPoints`, so that a wrong sign in our projection cannot cancel one in a pose.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.geometry import poses

MIDDLE = np.array([100.0, 100.0])
angles = st.floats(-179, 179)
pitches = st.floats(-80, 80)


def seen(pose: np.ndarray, point: object) -> np.ndarray:
    """Pixel (2,) of a world point in a 200x200 picture with focal length 100; it is in front of the camera."""
    import cv2

    inverse = np.linalg.inv(pose)
    local = inverse[:3, :3] @ np.asarray(point, dtype=float) + inverse[:3, 3]
    assert local[2] > 0, "behind the camera"
    matrix = np.array([[100.0, 0, 100], [0, 100, 100], [0, 0, 1]])
    pixels, _ = cv2.projectPoints(local[None], np.zeros(3), np.zeros(3), matrix, np.zeros(5))
    return np.asarray(pixels[0, 0])


def level(eye: object = (0, 0, 0), bearing: float = 0.0) -> np.ndarray:
    """A level camera, built by hand: z forward to the bearing, y down, x to the right."""
    b = math.radians(bearing)
    pose = np.eye(4)
    pose[:3, 0] = [math.cos(b), -math.sin(b), 0]
    pose[:3, 1] = [0, 0, -1]
    pose[:3, 2] = [math.sin(b), math.cos(b), 0]
    pose[:3, 3] = eye
    return pose


def test_bearings_run_clockwise_from_ahead() -> None:
    assert poses.bearing_of([0, 1, 0]) == 0
    assert poses.bearing_of([1, 0, 5]) == pytest.approx(90)
    assert poses.bearing_of([0, -2, 0]) == pytest.approx(180)
    assert poses.bearing_of([-1, 0, 0]) == pytest.approx(270)
    assert np.allclose(poses.direction(90), [1, 0, 0])
    assert np.allclose(poses.direction(0, 90), [0, 0, 1])
    assert poses.elevation_of([0, 1, 1]) == pytest.approx(45)
    assert poses.elevation_of([0, 1, -1]) == pytest.approx(-45)
    with pytest.raises(ValueError, match="no bearing"):
        poses.bearing_of([0, 0, 1])


def test_a_bearing_is_seen_in_the_middle_and_more_of_it_to_the_right() -> None:
    for bearing in (0, 30, 90, 200, 330):
        pose = poses.pose_from(poses.camera_rotation(bearing), [0, 0, 0])
        assert np.allclose(pose, level(bearing=bearing))
        assert np.allclose(seen(pose, poses.direction(bearing)), MIDDLE)
        x, y = seen(pose, poses.direction(bearing + 20))
        assert (x, y) == pytest.approx((100 + 100 * math.tan(math.radians(20)), 100))
        assert seen(pose, poses.direction(bearing, 20))[1] == pytest.approx(100 - 100 * math.tan(math.radians(20)))


def test_difference_of_bearings() -> None:
    assert poses.difference(10, 350) == pytest.approx(20)
    assert poses.difference(350, 10) == pytest.approx(-20)
    assert poses.difference(180, 0) == 180
    assert poses.difference(0, 180) == 180


@given(angles, st.floats(1, 60))
@settings(deadline=None, max_examples=30)
def test_yaw_turns_right(bearing: float, yaw: float) -> None:
    ahead = 5 * poses.direction(bearing)
    turned = poses.turn(level(bearing=bearing), yaw=yaw)
    x, y = seen(turned, ahead)
    # What was ahead moves to the left of the picture.
    assert (x, y) == pytest.approx((100 - 100 * math.tan(math.radians(yaw)), 100))


@given(angles, st.floats(1, 60))
@settings(deadline=None, max_examples=30)
def test_pitch_looks_up(bearing: float, pitch: float) -> None:
    turned = poses.turn(level(bearing=bearing), pitch=pitch)
    x, y = seen(turned, 5 * poses.direction(bearing))
    assert (x, y) == pytest.approx((100, 100 + 100 * math.tan(math.radians(pitch))))  # what was ahead is further down
    by_name = poses.pose_from(poses.camera_rotation(bearing, pitch), [0, 0, 0])
    assert np.allclose(turned, by_name)


@given(angles, st.floats(1, 179))
@settings(deadline=None, max_examples=30)
def test_roll_tilts_the_head_right(bearing: float, roll: float) -> None:
    turned = poses.turn(level(bearing=bearing), roll=roll)
    above = poses.direction(bearing) + np.array([0, 0, 0.5])
    x, y = seen(turned, above)
    # What is above swings to the left when the head tilts to the right.
    a = math.radians(roll)
    assert (x, y) == pytest.approx((100 - 50 * math.sin(a), 100 - 50 * math.cos(a)))


def test_yaw_is_about_the_worlds_up_also_when_looking_down() -> None:
    pose = poses.turn(level(), pitch=-60)
    turned = poses.turn(pose, yaw=90)
    assert np.allclose(seen(turned, poses.direction(90, -60)), MIDDLE)
    assert np.allclose(turned[2, 0], 0)  # the horizon stays level


@given(angles, st.floats(-89, 89), angles)
@settings(deadline=None, max_examples=60)
def test_a_rotation_is_read_back(bearing: float, pitch: float, roll: float) -> None:
    rotation = poses.camera_rotation(bearing, pitch, roll)
    read = poses.bearing_pitch_roll(poses.pose_from(rotation, [1, 2, 3]))
    assert abs(poses.difference(read[0], bearing)) < 1e-6
    assert read[1] == pytest.approx(pitch, abs=1e-6)
    assert abs(poses.difference(read[2], roll)) < 1e-6
    assert np.allclose(poses.camera_rotation(*read), rotation)


@given(angles, st.sampled_from([90.0, -90.0]))
@settings(deadline=None, max_examples=20)
def test_straight_up_and_down_are_limits(bearing: float, pitch: float) -> None:
    near = poses.camera_rotation(bearing, pitch * (1 - 1e-9))
    straight = poses.camera_rotation(bearing, pitch)
    assert np.allclose(near, straight, atol=1e-6)
    read = poses.bearing_pitch_roll(poses.pose_from(straight, [0, 0, 0]))
    assert abs(poses.difference(read[0], bearing)) < 1e-6
    assert read[1:] == (pitch, 0)


def test_moving_goes_along_levelled_axes() -> None:
    pose = poses.turn(level((1, 2, 3), bearing=90), pitch=-50, roll=20)
    assert np.allclose(poses.move(pose, forward=2)[:3, 3], [3, 2, 3])
    assert np.allclose(poses.move(pose, right=2)[:3, 3], [1, 0, 3])
    assert np.allclose(poses.move(pose, up=2)[:3, 3], [1, 2, 5])
    assert np.allclose(poses.move(pose, right=1)[:3, :3], pose[:3, :3])
    # To move right is to see what was ahead move left.
    assert seen(poses.move(level(), right=1), [0, 5, 0])[0] < 100
    assert seen(poses.move(level(), up=1), [0, 5, 0])[1] > 100


@given(angles, st.floats(-89, 89), st.floats(0.1, 50))
@settings(deadline=None, max_examples=40)
def test_look_at_puts_it_in_the_middle_with_the_head_level(bearing: float, elevation: float, distance: float) -> None:
    eye = np.array([3.0, -4.0, 1.5])
    target = eye + distance * poses.direction(bearing, elevation)
    pose = poses.look_at(eye, target)
    assert np.allclose(seen(pose, target), MIDDLE, atol=1e-6)
    x, y = seen(pose, target + np.array([0, 0, 0.01 * distance]))
    assert x == pytest.approx(100, abs=1e-6)
    assert y < 100
    # Further clockwise, as seen from above, is further right.
    assert seen(pose, eye + distance * poses.direction(bearing + 1, elevation))[0] > 100


def test_look_at_straight_down_has_the_heading_at_the_top() -> None:
    down = poses.look_at([0, 0, 5], [0, 0, 0], heading=90)
    assert seen(down, [1, 0, 0])[1] < 100  # east is at the top
    assert seen(down, [0, -1, 0])[0] > 100  # south to the right
    up = poses.look_at([0, 0, 0], [0, 0, 5], heading=0)
    assert seen(up, [0, 1, 5])[1] > 100  # ahead is at the bottom: the limit of tipping back
    assert seen(up, [1, 0, 5])[0] > 100
    with pytest.raises(ValueError, match="where it is"):
        poses.look_at([1, 1, 1], [1, 1, 1])


@given(angles, st.floats(5, 170))
@settings(deadline=None, max_examples=30)
def test_orbiting_goes_to_the_cameras_right(bearing: float, azimuth: float) -> None:
    centre = np.array([2.0, 1.0, 0.5])
    anchor = level(centre - 4 * poses.direction(bearing), bearing)
    moved = poses.orbit(anchor, centre, azimuth)
    shift = moved[:3, 3] - anchor[:3, 3]
    assert shift @ anchor[:3, 0] > 0
    assert np.linalg.norm(moved[:3, 3] - centre) == pytest.approx(4)
    assert moved[2, 3] == pytest.approx(centre[2])
    assert np.allclose(seen(moved, centre), MIDDLE)
    # The angle seen from the centre is the azimuth.
    a, b = anchor[:3, 3] - centre, moved[:3, 3] - centre
    assert math.degrees(math.acos(a @ b / 16)) == pytest.approx(azimuth, abs=1e-4)
    # What is on the anchor's right of the centre comes nearer.
    side = centre + anchor[:3, 0]
    depth = (np.linalg.inv(moved) @ [*side, 1])[2]
    assert depth < 4
    # And what the anchor saw in front of the centre moves left.
    assert seen(poses.orbit(anchor, centre, 10), centre - poses.direction(bearing))[0] < 100


def test_elevation_is_absolute_and_above_is_plus() -> None:
    centre = np.zeros(3)
    anchor = poses.look_at([0, -4, 2], centre)
    high = poses.orbit(anchor, centre, 0, elevation=60)
    assert high[2, 3] == pytest.approx(np.linalg.norm([4, 2]) * math.sin(math.radians(60)))
    assert poses.orbit(anchor, centre, 0, elevation=-30)[2, 3] < 0
    assert np.allclose(poses.orbit(anchor, centre, 0), anchor)
    assert poses.orbit(anchor, centre, 0, elevation=0, distance=2)[:3, 3] == pytest.approx([0, -2, 0])
    for elevation in (91, -91):
        with pytest.raises(ValueError, match="-90 and 90"):
            poses.orbit(anchor, centre, 0, elevation=elevation)
    with pytest.raises(ValueError, match="positive distance"):
        poses.orbit(anchor, centre, 0, distance=0)


@given(angles, angles)
@settings(deadline=None, max_examples=30)
def test_nothing_flips_at_the_zenith(bearing: float, azimuth: float) -> None:
    centre = np.array([1.0, 2.0, 0.0])
    anchor = level(centre - 3 * poses.direction(bearing), bearing)
    for end in (90.0, -90.0):
        near = poses.orbit(anchor, centre, azimuth, end * (1 - 1e-7))
        there = poses.orbit(anchor, centre, azimuth, end)
        assert np.allclose(near, there, atol=1e-5)
        back = poses.orbit(there, centre, 0, elevation=0)
        assert np.allclose(back, poses.orbit(anchor, centre, azimuth, 0), atol=1e-6)
    above = poses.orbit(anchor, centre, 0, 90)
    assert seen(above, centre + poses.direction(bearing))[1] < 100  # what was beyond is at the top


@given(angles, st.floats(-80, 80), angles, angles, st.floats(-89, 89))
@settings(deadline=None, max_examples=40)
def test_a_levelled_world(bearing: float, pitch: float, roll: float, turned: float, tipped: float) -> None:
    pose = poses.pose_from(poses.camera_rotation(bearing, pitch, roll), [3, 1, -2])
    # The same camera in another world, in which up is somewhere else.
    other = poses.pose_from(poses.rotation_x(tipped) @ poses.rotation_z(turned), [7, 8, 9])
    up = other[:3, :3] @ [0, 0, 1]
    to_world = poses.level_world(other @ pose, 2 * up)
    levelled = to_world @ other @ pose
    assert np.allclose(levelled[:3, 3], 0, atol=1e-9)
    assert np.allclose(to_world[:3, :3] @ up, [0, 0, 1])
    assert np.linalg.det(to_world[:3, :3]) == pytest.approx(1)
    read = poses.bearing_pitch_roll(levelled)
    assert abs(poses.difference(read[0], 0)) < 1e-6
    assert read[1] == pytest.approx(pitch, abs=1e-6)
    assert abs(poses.difference(read[2], roll)) < 1e-6


def test_levelling_a_camera_that_looks_straight_down_or_up() -> None:
    for pitch in (-90.0, 90.0):
        pose = poses.pose_from(poses.camera_rotation(40, pitch), [1, 2, 3])
        levelled = poses.level_world(pose, [0, 0, 1]) @ pose
        assert np.allclose(levelled[:3, :3], poses.camera_rotation(0, pitch), atol=1e-9)


def test_without_gravity_picture_up_is_up() -> None:
    pose = poses.pose_from(poses.camera_rotation(40, 30, 20), [1, 2, 3])
    world = poses.level_world(pose, poses.camera_up(pose)) @ pose
    assert np.allclose(world[:3, :3], poses.camera_rotation(0))


@given(st.floats(0, 180), st.integers(0, 2))
@settings(deadline=None, max_examples=40)
def test_the_angle_of_a_rotation(degrees: float, axis: int) -> None:
    import cv2

    vector = np.zeros(3)
    vector[axis] = math.radians(degrees)
    assert poses.rotation_angle(cv2.Rodrigues(vector)[0]) == pytest.approx(degrees, abs=1e-6)


def test_inverse_and_quarter_turns() -> None:
    pose = poses.look_at([1, 2, 3], [4, -5, 6])
    assert np.allclose(poses.inverse(pose) @ pose, np.eye(4))
    turned = level()
    for _ in range(4):
        turned = poses.turn(turned, yaw=90)
    assert np.array_equal(turned, level())
