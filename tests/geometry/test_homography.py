"""Planes measured by a known rectangle: exact on clean pictures, honest on noisy ones, wrong corners refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sightline.geometry import poses
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.homography import PlaneRuler, check_corners, homography_from_four

INNER = Intrinsics(800, 600, 700.0, 700.0, 410.0, 290.0)
WIDTH, HEIGHT = 0.21, 0.297
SHEET = np.array([[0, 0, 0], [WIDTH, 0, 0], [WIDTH, HEIGHT, 0], [0, HEIGHT, 0]])
"""A sheet in plane coordinates: x right, y down as seen, z away from who faces it."""


def over_the_sheet(tilt: float, turn: float, distance: float, inner: Intrinsics = INNER) -> Camera:
    """A camera that looks at the sheet, in plane coordinates; tilted away from facing it."""
    facing = np.eye(3)  # z away from the viewer is the camera's own forward
    rotation = poses.rotation_z(turn) @ facing @ poses.rotation_x(tilt)
    return Camera(inner, poses.pose_from(rotation, np.array([0.1, 0.15, 0]) - distance * rotation[:, 2]))


@given(st.floats(-60, 60), st.floats(-40, 40), st.floats(0.5, 3))
@settings(deadline=None, max_examples=40)
def test_clean_corners_measure_exactly_and_place_the_camera(tilt: float, turn: float, distance: float) -> None:
    camera = over_the_sheet(tilt, turn, distance)
    corners, _ = camera.project(SHEET)
    ruler = PlaneRuler(corners, WIDTH, HEIGHT)
    spots = np.array([[0.5, 0.1], [-0.2, 0.3], [0.05, -0.1]])
    pixels, depth = camera.project(np.column_stack([spots, np.zeros(3)]))
    assume((depth > 0.05).all())
    assert np.allclose(ruler.to_plane(pixels), spots, atol=1e-6)
    assert np.allclose(ruler.to_picture(spots), pixels, atol=1e-4)
    assert ruler.distance(pixels[0], pixels[1]).value == pytest.approx(np.linalg.norm(spots[0] - spots[1]), rel=1e-5)
    found = ruler.camera_pose(INNER)
    solutions = [found.pose] if found.other is None else [found.pose, found.other]
    assert min(np.abs(s - camera.pose).max() for s in solutions) < 1e-3
    assert found.reprojection < 1e-3


def test_the_axes_of_the_plane() -> None:
    corners, _ = over_the_sheet(0, 0, 1).project(SHEET)
    ruler = PlaneRuler(corners, WIDTH, HEIGHT)
    assert np.allclose(ruler.to_plane(corners), SHEET[:, :2])
    middle = corners.mean(axis=0)
    x, y = ruler.to_plane(middle + np.array([10, 0])) - ruler.to_plane(middle)
    assert x > 0 == pytest.approx(y, abs=1e-9)
    assert ruler.to_plane(middle + np.array([0, 10]))[1] > ruler.to_plane(middle)[1]
    # The camera is on the viewer's side, where z is negative.
    assert ruler.camera_pose(INNER).pose[2, 3] == pytest.approx(-1, abs=1e-6)


def test_a_lens_is_taken_into_account_for_the_pose() -> None:
    lens = Intrinsics(800, 600, 700.0, 700.0, 410.0, 290.0, (-0.2, 0.05, 0.001, 0.0, 0.0))
    camera = over_the_sheet(35, 20, 0.6, lens)
    corners, _ = camera.project(SHEET)
    found = PlaneRuler(corners, WIDTH, HEIGHT).camera_pose(lens)
    assert np.abs(found.pose - camera.pose).max() < 1e-3


def test_the_error_contains_the_truth() -> None:
    rng = np.random.default_rng(0)
    camera = over_the_sheet(50, 15, 1.2)
    spots = np.array([[0.4, 0.1, 0], [-0.3, 0.35, 0]])
    truth = float(np.linalg.norm(spots[0] - spots[1]))
    clean = np.concatenate([camera.project(SHEET)[0], camera.project(spots)[0]])
    within, errors = 0, []
    for _ in range(200):
        picked = clean + rng.normal(size=clean.shape)
        length = PlaneRuler(picked[:4], WIDTH, HEIGHT, pixel_error=1.0).distance(picked[4], picked[5])
        within += abs(length.value - truth) <= length.error
        errors.append(length.error)
    assert 180 <= within <= 199  # 95 % are meant: neither too narrow nor far too wide
    assert PlaneRuler(clean[:4], WIDTH, HEIGHT, 2.0).distance(clean[4], clean[5]).error == pytest.approx(
        2 * PlaneRuler(clean[:4], WIDTH, HEIGHT, 1.0).distance(clean[4], clean[5]).error
    )


def test_a_far_sheet_leaves_the_tilt_open() -> None:
    near = PlaneRuler(over_the_sheet(30, 0, 0.5).project(SHEET)[0], WIDTH, HEIGHT).camera_pose(INNER)
    assert near.other is None
    camera = over_the_sheet(30, 0, 6)
    far = PlaneRuler(camera.project(SHEET)[0], WIDTH, HEIGHT).camera_pose(INNER)
    assert far.other is not None
    assert poses.rotation_angle(far.pose[:3, :3].T @ far.other[:3, :3]) > 30


def test_beyond_the_horizon_nothing_is_measured() -> None:
    camera = over_the_sheet(65, 0, 1)
    ruler = PlaneRuler(camera.project(SHEET)[0], WIDTH, HEIGHT)
    # The horizon of the plane: where rays are parallel to it.
    ray = camera.rotation.T @ np.array([0, 1, 0])
    horizon = INNER.project(ray if ray[2] > 0 else -ray)
    sheet = camera.project(SHEET)[0].mean(axis=0)
    beyond = horizon + 0.2 * (horizon - sheet)
    with pytest.raises(ValueError, match="horizon"):
        ruler.to_plane(beyond)
    with pytest.raises(ValueError, match="horizon"):
        ruler.distance(sheet, beyond)
    ruler.to_plane(sheet + 0.8 * (horizon - sheet))


def test_wrong_corners_are_refused() -> None:
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10.0]])
    assert np.array_equal(check_corners(square), square)
    assert np.array_equal(check_corners(np.roll(square, 1, axis=0)), np.roll(square, 1, axis=0))
    for wrong, words in (
        (square[::-1], "counter-clockwise"),
        (square[[0, 2, 1, 3]], "convex"),
        (np.array([[0, 0], [10, 0], [3, 2], [0, 10.0]]), "convex"),
        (np.array([[0, 0], [5, 0], [10, 0], [0, 10.0]]), "on a line"),
        (square[[0, 0, 2, 3]], "coincide"),
        (square[:3], "four corners"),
        (square * np.nan, "four corners"),
    ):
        with pytest.raises(ValueError, match=words):
            PlaneRuler(wrong, 1, 1)
    for width, height in ((0, 1), (1, -1), (math.inf, 1)):
        with pytest.raises(ValueError, match="positive"):
            PlaneRuler(square, width, height)
    with pytest.raises(ValueError, match="negative"):
        PlaneRuler(square, 1, 1, pixel_error=-1)


def test_four_points_are_met_exactly() -> None:
    import cv2

    source = np.array([[0, 0], [900, 30], [870, 640], [-20, 600.0]])
    target = np.array([[0, 0], [2, 0], [2.2, 1.5], [-0.1, 1.4]])
    ours = homography_from_four(source, target)
    theirs = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    assert np.allclose(ours / ours[2, 2], theirs, atol=1e-5 * np.abs(theirs).max())
