"""Cameras: projection against OpenCV and by hand, and what each focal length says of itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.geometry import poses
from sightline.geometry.cameras import (
    FOCAL_FACTORS,
    Camera,
    Intrinsics,
    depth_from_range,
    range_from_depth,
)

LENSES = [(), (-0.28, 0.09, 0.001, -0.0006, -0.01), (0.22, -0.05, -0.002, 0.0015, 0.01), (0.6, 0.1, 0.0, 0.0, 0.0)]


def camera_points(count: int = 200) -> np.ndarray:
    rng = np.random.default_rng(1)
    z = rng.uniform(1, 9, count)
    return np.stack([rng.uniform(-0.8, 0.8, count) * z, rng.uniform(-0.6, 0.6, count) * z, z], axis=1)


@pytest.mark.parametrize("lens", LENSES)
def test_projection_is_opencvs(lens: tuple[float, ...]) -> None:
    import cv2

    inner = Intrinsics(640, 480, 510.0, 495.0, 322.5, 236.0, lens)
    points = camera_points()
    theirs, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), inner.matrix, np.array(lens or (0.0,) * 5))
    assert np.allclose(inner.project(points), theirs[:, 0], atol=1e-8)


@pytest.mark.parametrize("lens", LENSES)
def test_unproject_is_the_inverse_of_project(lens: tuple[float, ...]) -> None:
    inner = Intrinsics(640, 480, 510.0, 495.0, 322.5, 236.0, lens)
    points = camera_points()
    back = inner.unproject(inner.project(points), points[:, 2])
    assert np.abs(back - points).max() < 1e-6


def test_a_barrel_lens_is_undone_up_to_the_corner() -> None:
    inner = Intrinsics(1000, 1000, 500.0, 500.0, 500.0, 500.0, (-0.3, 0.0, 0.0, 0.0, 0.0))
    points = np.array([[0.9, 0.0, 1.0], [0.6, 0.6, 1.0], [-0.95, 0.1, 1.0]])
    assert np.abs(inner.unproject(inner.project(points)) - points).max() < 1e-6


def test_where_a_point_appears_by_hand() -> None:
    inner = Intrinsics.from_focal((200, 100), 100.0)
    # One to the right at depth 2 is 50 pixels right of the middle; below the axis is further down the picture.
    assert inner.project([1, 0, 2]).tolist() == [150, 50]
    assert inner.project([0, 0.5, 2]).tolist() == [100, 75]
    assert np.isnan(inner.project([0, 0, -1])).all()
    assert np.isnan(inner.project([0, 0, 0])).all()


def test_the_first_pixels_centre_is_half() -> None:
    inner = Intrinsics.from_focal((4, 3), 2.0)
    grid = inner.pixel_grid()
    assert grid.shape == (3, 4, 2)
    assert grid[0, 0].tolist() == [0.5, 0.5]
    assert grid[2, 3].tolist() == [3.5, 2.5]
    assert np.allclose(inner.project(inner.unproject(grid, 3.0)), grid)


@given(st.floats(5, 170), st.integers(10, 4000), st.integers(10, 4000))
@settings(deadline=None, max_examples=50)
def test_a_field_of_view_is_that_of_the_picture_edges(degrees: float, width: int, height: int) -> None:
    inner = Intrinsics.from_field_of_view((width, height), degrees)
    left, right = inner.unproject([[0, height / 2], [width, height / 2]])
    cosine = left @ right / np.linalg.norm(left) / np.linalg.norm(right)
    assert math.degrees(math.acos(cosine)) == pytest.approx(degrees, abs=1e-4)
    assert inner.horizontal_fov == pytest.approx(degrees)
    top, bottom = inner.unproject([[width / 2, 0], [width / 2, height]])
    cosine = top @ bottom / np.linalg.norm(top) / np.linalg.norm(bottom)
    assert inner.vertical_fov == pytest.approx(math.degrees(math.acos(cosine)), abs=1e-4)


def test_35mm_equivalents() -> None:
    # A full-frame 3:2 picture: 36 mm of film is the width, so 50 mm gives 39.6 degrees across.
    assert Intrinsics.from_35mm((3600, 2400), 50).fx == pytest.approx(5000)
    assert Intrinsics.from_35mm((3600, 2400), 50).horizontal_fov == pytest.approx(39.6, abs=0.05)
    assert Intrinsics.from_35mm((2400, 3600), 50).fx == pytest.approx(5000)
    assert Intrinsics.from_35mm((4000, 3000), 26).source == "exif"


def test_what_a_focal_length_says_of_itself() -> None:
    size = (4000, 3000)
    for inner in (Intrinsics.guess(size), Intrinsics.from_35mm(size, 26), Intrinsics.from_field_of_view(size, 60)):
        assert inner.focal_factor == FOCAL_FACTORS[inner.source] > 1
    # Common lenses, from an ultra-wide action camera to a short telephoto, are inside the guess.
    guess = Intrinsics.guess(size)
    for millimetres in (18, 24, 35, 50):
        truth = Intrinsics.from_35mm(size, millimetres).fx
        assert guess.fx / guess.focal_factor <= truth <= guess.fx * guess.focal_factor
    assert "a guess" in guess.describe()
    low, high = (float(v) for v in guess.describe().rstrip(")").split(", ")[1].split(" to "))
    assert low < guess.horizontal_fov < high
    assert Intrinsics.from_focal(size, 3000.0).describe() == "horizontal field of view 67 degrees (calibrated)"


def test_resizing_and_cropping_keep_the_rays() -> None:
    inner = Intrinsics(640, 480, 510.0, 495.0, 322.5, 236.0)
    points = camera_points()
    pixels = inner.project(points)
    assert np.allclose(inner.resized((320, 960)).project(points), pixels * (0.5, 2.0))
    assert np.allclose(inner.cropped((100, 50, 300, 450)).project(points), pixels - (100, 50))
    assert inner.cropped((100, 50, 300, 450)).size == (200, 400)


def test_depth_and_range() -> None:
    inner = Intrinsics(8, 6, 5.0, 6.0, 4.5, 2.5)
    depth = np.full((6, 8), 2.0)
    distance = range_from_depth(depth, inner)
    assert np.allclose(distance, np.linalg.norm(inner.unproject(inner.pixel_grid(), depth), axis=-1))
    assert (distance >= depth).all()
    assert np.allclose(depth_from_range(distance, inner), depth)


def test_a_camera_in_the_world() -> None:
    camera = Camera(Intrinsics.from_focal((200, 100), 100.0), poses.look_at([1, 2, 3], [1, 12, 3]))
    # It looks along +y: a point to the east is to the right, one above is further up.
    pixels, depth = camera.project([[1, 12, 3], [2, 12, 3], [1, 12, 4]])
    assert np.allclose(pixels, [[100, 50], [110, 50], [100, 40]])
    assert np.allclose(depth, 10)
    assert np.allclose(camera.unproject(pixels, depth), [[1, 12, 3], [2, 12, 3], [1, 12, 4]])
    assert np.allclose(camera.rays([[100, 50]]), [[0, 1, 0]])
    assert np.allclose(camera.right, [1, 0, 0])
    assert np.allclose(camera.down, [0, 0, -1])
    assert np.allclose(camera.forward, [0, 1, 0])
    assert camera.sees([[1, 12, 3], [1, -12, 3], [50, 12, 3]]).tolist() == [True, False, False]


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(-180, 180))
@settings(deadline=None, max_examples=30)
def test_world_projection_is_opencvs(bearing: float, pitch: float, roll: float) -> None:
    import cv2

    camera = Camera(
        Intrinsics(640, 480, 510.0, 495.0, 322.5, 236.0, LENSES[1]),
        poses.pose_from(poses.camera_rotation(bearing, pitch, roll), [0.3, -2, 1.5]),
    )
    points = camera.to_world(camera_points(20))
    inverse = np.linalg.inv(camera.pose)
    turn = cv2.Rodrigues(inverse[:3, :3])[0]
    inner = camera.intrinsics
    theirs, _ = cv2.projectPoints(points, turn, inverse[:3, 3], inner.matrix, np.array(inner.distortion))
    assert np.allclose(camera.project(points)[0], theirs[:, 0], atol=1e-6)
    assert np.allclose(camera.world_to_camera, inverse)
    assert np.allclose(camera.to_camera(points), camera_points(20))


def test_json_and_refusals() -> None:
    inner = Intrinsics(640, 480, 510.0, 495.0, 322.5, 236.0, LENSES[1], "exif", 1.05)
    camera = Camera(inner, poses.look_at([1, 2, 3], [4, 5, 6]))
    back = Camera.from_json(camera.to_json())
    assert back.intrinsics == inner
    assert np.array_equal(back.pose, camera.pose)
    mirrored = np.diag([-1.0, 1, 1, 1])
    for wrong in (np.eye(3), np.full((4, 4), np.nan), mirrored, np.diag([2.0, 2, 2, 1])):
        with pytest.raises(ValueError, match="pose"):
            Camera(inner, wrong)
    with pytest.raises(ValueError, match="distortion"):
        Intrinsics(4, 3, 1, 1, 2, 1.5, (0.1,))
    with pytest.raises(ValueError, match="source"):
        Intrinsics.from_json({**inner.to_json(), "source": "magic"})
    for degrees in (0, 180, -5):
        with pytest.raises(ValueError, match="between 0 and 180"):
            Intrinsics.from_field_of_view((4, 3), degrees)
    with pytest.raises(ValueError, match="positive"):
        Intrinsics.from_focal((4, 3), 0)
