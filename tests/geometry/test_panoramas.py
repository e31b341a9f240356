"""Panoramas: angles, directions and pixels convert back; views show what lies where they look, also across the seam."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sightline.geometry.panorama_boxes import AngularBox
from sightline.geometry.panoramas import (
    FACES,
    PanoramaView,
    angles_of,
    angles_to_pixels,
    angular_distance,
    check_size,
    directions,
    face_view,
    look,
    pixels_to_angles,
    render,
)
from sightline.geometry.poses import direction

few = settings(deadline=None, max_examples=60)
SIZE = (1024, 512)
yaws = st.floats(-180, 180, exclude_max=True)
pitches = st.floats(-89, 89)


def views() -> st.SearchStrategy[PanoramaView]:
    return st.builds(
        PanoramaView,
        yaw=st.floats(-400, 400),
        pitch=st.floats(-90, 90),
        field_of_view=st.floats(5, 140),
        size=st.tuples(st.integers(16, 90), st.integers(16, 90)),
        roll=st.floats(-180, 180),
    )


def angles_grid(size: tuple[int, int]) -> NDArray[np.float64]:
    """Yaw and pitch of every pixel, written down here on its own."""
    u, v = np.meshgrid((np.arange(size[0]) + 0.5) / size[0], (np.arange(size[1]) + 0.5) / size[1])
    return np.stack([u * 360 - 180, 90 - v * 180], axis=-1)


def vectors(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    yaw, pitch = np.radians(angles[..., 0]), np.radians(angles[..., 1])
    return np.stack([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)], axis=-1)


@cache
def smooth_scene(size: tuple[int, int]) -> NDArray[np.uint8]:
    """A scene without edges, whose colour is known at every direction."""
    return np.rint(127.5 + 120 * np.sin(4 * vectors(angles_grid(size)))).astype(np.uint8)


def spotted(yaw: float, pitch: float, radius: float = 5.0, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A grey panorama with one red disc on the sphere."""
    away = np.degrees(np.arccos(np.clip(vectors(angles_grid(size)) @ vectors(np.array([yaw, pitch])), -1, 1)))
    picture = np.full((size[1], size[0], 3), 90, dtype=np.uint8)
    picture[away < radius] = (255, 0, 0)
    return picture


def middle_of_red(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Centroid of the red in continuous pixels, weighted by how red a pixel is."""
    weight = np.clip(picture[..., 0].astype(float) - picture[..., 1], 0, None)
    weight[weight < 20] = 0
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


# Signs, said in plain numbers


def test_pixels_and_angles_of_known_places() -> None:
    assert pixels_to_angles([[512, 256], [768, 256], [256, 128], [0, 0]], SIZE).tolist() == [
        [0, 0],
        [90, 0],
        [-90, 45],
        [-180, 90],
    ]
    assert angles_to_pixels([[0, 0], [90, 0], [-90, 45], [180, -90], [540, 0]], SIZE).tolist() == [
        [512, 256],
        [768, 256],
        [256, 128],
        [0, 512],
        [0, 256],
    ]


def test_a_yaw_is_a_bearing() -> None:
    for yaw, pitch in ((0, 0), (90, 0), (-120, 35), (180, -60)):
        assert np.allclose(directions([yaw, pitch]), direction(yaw, pitch), atol=1e-12)


def test_right_of_the_middle_is_more_yaw_and_above_is_more_pitch() -> None:
    view = PanoramaView(30, 10, 90, (200, 100))
    middle, right, above = view.to_angles([[100, 50], [200, 50], [100, 0]])
    assert np.allclose(middle, [30, 10])
    assert right[0] > 60
    assert above == pytest.approx([30, 10 + np.degrees(np.arctan(0.5))])


def test_a_head_tilted_to_the_right_sees_up_on_the_left_of_its_picture() -> None:
    view = PanoramaView(0, 0, 90, (100, 100), roll=90)
    assert view.to_angles([0, 50])[1] == pytest.approx(45)
    assert view.to_angles([50, 0])[0] == pytest.approx(45)


# Round trips


@few
@given(yaws, pitches)
def test_angles_there_and_back(yaw: float, pitch: float) -> None:
    for back in (
        angles_of(directions([yaw, pitch]) * 7.0),
        pixels_to_angles(angles_to_pixels([yaw, pitch], SIZE), SIZE),
    ):
        assert abs((back[0] - yaw + 180) % 360 - 180) < 1e-9
        assert abs(back[1] - pitch) < 1e-9
        assert -180 <= back[0] < 180


@few
@given(views(), st.floats(0, 1), st.floats(0, 1))
def test_pixels_of_a_view_there_and_back(view: PanoramaView, x: float, y: float) -> None:
    pixel = np.array([x * view.size[0], y * view.size[1]])
    angles = view.to_angles(pixel)
    assert np.abs(view.from_angles(angles) - pixel).max() < 1e-9 * max(view.size) * 10
    assert angular_distance(view.to_angles(view.from_angles(angles)), angles) < 1e-9
    assert PanoramaView.from_json(view.to_json()) == view


def test_behind_is_not_in_a_view() -> None:
    view = PanoramaView(0, 0, 90, (100, 100))
    assert np.isnan(view.from_angles([170, 0])).all()
    assert view.shows([[0, 0], [44, 0], [46, 0], [180, 0], [0, 46]]).tolist() == [True, True, False, False, False]


def test_angular_distance() -> None:
    pairs = [((0, 0), (90, 0), 90), ((179, 0), (-179, 0), 2), ((0, 80), (180, 80), 20), ((5, 90), (77, 90), 0)]
    for a, b, expected in pairs:
        assert angular_distance(a, b) == pytest.approx(expected, abs=1e-12)
    assert angular_distance((10, 20), (10 + 1e-7, 20)) == pytest.approx(1e-7 * np.cos(np.radians(20)), rel=1e-6)
    assert angular_distance((0, 30), (180, -30)) == pytest.approx(180)


# Pictures


@pytest.mark.parametrize(
    ("yaw", "pitch"),
    [(0, 0), (60, 20), (-60, -20), (180, 0), (179.8, 30), (-178, -50), (0, 90), (0, -90), (120, 87), (-30, -86)],
)
def test_what_a_view_looks_at_is_in_its_middle_within_half_a_degree(yaw: float, pitch: float) -> None:
    panorama = spotted(yaw, pitch)
    for offset in ((0, 0), (8, 0), (0, -6), (-9, 7)):
        at = (yaw + offset[0], min(90, max(-90, pitch + offset[1])))
        for roll in (0.0, 25.0):
            view = PanoramaView(at[0], at[1], 70, (301, 201), roll)
            found = view.to_angles(middle_of_red(render(panorama, view)))
            assert angular_distance(found, (yaw, pitch)) < 0.5


@pytest.mark.parametrize(
    ("yaw", "pitch", "fov", "roll"),
    [(0, 0, 90, 0), (180, 0, 90, 0), (0, 90, 90, 0), (33, -90, 80, 10), (170, 60, 120, 30), (179.9, -87, 60, 0)],
)
@pytest.mark.parametrize("width", [1024, 4096])
def test_a_view_agrees_with_the_scene_to_the_last_bits(
    yaw: float, pitch: float, fov: float, roll: float, width: int
) -> None:
    """A smooth scene is known at every direction: no line at the seam, no swirl at the poles, none between strips."""
    panorama = smooth_scene((width, width // 2))
    view = PanoramaView(yaw, pitch, fov, (240, 180), roll)
    expected = 127.5 + 120 * np.sin(4 * vectors(view.to_angles(view.intrinsics.pixel_grid())))
    assert np.abs(render(panorama, view) - expected).max() < 2.5


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 90), (50, -90), (180, 70), (180, 0), (-90, 30)])
def test_look_ups_between_the_last_pixels_go_on_across_the_seam_and_the_poles(yaw: float, pitch: float) -> None:
    """With pixels of 11 degrees, what is blended with a pixel at the edge shows."""
    size = (32, 16)
    panorama = np.rint(127.5 + 120 * vectors(angles_grid(size))).astype(np.uint8)
    view = PanoramaView(yaw, pitch, 60, (120, 120))
    expected = 127.5 + 120 * vectors(view.to_angles(view.intrinsics.pixel_grid()))
    assert np.abs(render(panorama, view) - expected).max() < 4


def test_fine_stripes_become_grey_and_not_other_stripes() -> None:
    """A pattern finer than the view's pixels is averaged over them."""
    panorama = np.zeros((1024, 2048, 3), dtype=np.uint8)
    panorama[:, ::2] = 254
    middle = look(panorama, 0, 0, 90, (101, 101))[30:70, 30:70].astype(float)
    assert np.abs(middle - 127).max() < 30
    assert middle.std() < 8


def test_a_zoomed_view_stays_sharp() -> None:
    panorama = spotted(10, 5, radius=2)
    view = look(panorama, 10, 5, 10, (400, 400))
    assert view[200, 200].tolist() == [255, 0, 0]
    assert (view[200] == (90, 90, 90)).all(axis=-1).sum() > 100


def test_the_seam_leaves_no_line() -> None:
    """A uniform panorama gives a uniform view wherever one looks."""
    panorama = np.full((64, 128, 3), (10, 200, 77), dtype=np.uint8)
    for yaw, pitch in ((180, 0), (90, 45), (0, 90), (0, -90)):
        assert (look(panorama, yaw, pitch, 100, (64, 64)) == (10, 200, 77)).all()


def test_the_faces_of_a_cube_show_their_own_colours_and_join() -> None:
    inside = vectors(angles_grid(SIZE))
    axis = np.abs(inside).argmax(axis=-1)
    positive = np.take_along_axis(inside, axis[..., None], -1)[..., 0] > 0
    panorama = np.stack([axis * 60, positive * 200, np.full_like(axis, 30)], axis=-1).astype(np.uint8)
    colours = {"right": (0, 1), "left": (0, 0), "front": (1, 1), "back": (1, 0), "up": (2, 1), "down": (2, 0)}
    for name in FACES:
        face = render(panorama, face_view(name, 64))
        dimension, sign = colours[name]
        assert (face[4:-4, 4:-4] == (dimension * 60, sign * 200, 30)).all(), name

    smooth = np.rint(127 + 100 * inside).astype(np.uint8)
    front, right, up, down = (render(smooth, face_view(f, 64)).astype(int) for f in ("front", "right", "up", "down"))
    assert np.abs(front[:, -1] - right[:, 0]).max() < 8
    assert np.abs(front[0] - up[-1]).max() < 8
    assert np.abs(front[-1] - down[0]).max() < 8
    with pytest.raises(ValueError, match="front, right, back"):
        face_view("behind", 64)  # type: ignore[arg-type]


def test_grey_panoramas_and_odd_sizes_work() -> None:
    grey = spotted(180, 10)[..., 0]
    view = look(grey, 180, 10, 60, (41, 33))
    assert view.shape == (33, 41)
    assert view[16, 20] == 255
    assert look(np.zeros((3, 6, 3), dtype=np.uint8), 0, 0, 90, (7, 5)).shape == (5, 7, 3)
    assert look(np.zeros((3, 6, 3), dtype=np.uint8), 0, 90, 170, (1, 1)).shape == (1, 1, 3)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="twice as wide as high"):
        look(np.zeros((100, 150, 3), dtype=np.uint8), 0, 0, 90, (8, 8))
    check_size((2000, 999))
    for bad in ({"pitch": 91.0}, {"field_of_view": 175.0}, {"field_of_view": 0.0}, {"yaw": float("nan")}):
        with pytest.raises(ValueError, match=r"lies between|finite"):
            PanoramaView(**{"yaw": 0.0, "pitch": 0.0, "field_of_view": 90.0, "size": (8, 8)} | bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="positive"):
        PanoramaView(0, 0, 90, (0, 8))


def test_turning_a_view() -> None:
    view = PanoramaView(170, 80, 60, (10, 10)).turned(yaw=20, pitch=20)
    assert (view.yaw, view.pitch) == (-170, 90)


# Boxes


def test_a_box_across_the_seam_is_two_boxes_in_the_panorama() -> None:
    view = PanoramaView(180, 0, 60, (600, 600))
    box = AngularBox.from_view(view, (200, 250, 500, 350))
    assert box.crosses_seam
    assert box.left == pytest.approx(180 - np.degrees(np.arctan(100 / view.intrinsics.fx)))
    (a0, top, a1, bottom), (b0, _, b1, _) = box.in_panorama(SIZE)
    assert (a1, b0) == (SIZE[0], 0)
    assert a1 - a0 < b1 - b0
    assert top + bottom == pytest.approx(SIZE[1])
    again = AngularBox.from_panorama((a0, top, SIZE[0] + b1, bottom), SIZE)
    assert (again.left, again.right, again.bottom, again.top) == pytest.approx(
        (box.left, box.right, box.bottom, box.top)
    )
    assert box.contains([[180, 0], [-179, 0], [0, 0], [180, 40]]).tolist() == [True, True, False, False]


@pytest.mark.parametrize(("pitch", "pole"), [(80, 90), (-80, -90)])
def test_a_box_around_a_pole_holds_the_whole_turn(pitch: float, pole: float) -> None:
    view = PanoramaView(40, pitch, 90, (100, 100))
    box = AngularBox.from_view(view, (10, 10, 90, 90))
    assert (box.left, box.right) == (-180, 180)
    assert box.centre[1] == pole
    assert box.contains([[0, pole], [123, pole], [40, pitch]]).all()
    assert len(box.in_panorama(SIZE)) == 1


@few
@given(views(), st.floats(0.1, 0.4), st.floats(0.5, 0.9))
def test_a_box_of_a_view_holds_what_the_view_shows_in_it(view: PanoramaView, low: float, high: float) -> None:
    width, height = view.size
    box = (low * width, low * height, high * width, high * height)
    around = AngularBox.from_view(view, box)
    inside = np.random.default_rng(0).uniform(0.02, 0.98, (50, 2)) * (high - low) * (width, height) + box[:2]
    slack = AngularBox(
        around.left,
        min(around.left + 360, around.right + 0.1),
        max(-90, around.bottom - 0.1),
        min(90, around.top + 0.1),
    )
    assert slack.contains(view.to_angles(inside)).mean() > 0.97


@pytest.mark.parametrize("box", [AngularBox(170, 200, -10, 20), AngularBox(-180, 180, 70, 90), AngularBox(3, 4, 5, 6)])
def test_the_view_of_a_box_shows_all_of_it_and_little_more(box: AngularBox) -> None:
    view = box.view((320, 240))
    corners = [(yaw, pitch) for yaw in (box.left, box.right) for pitch in (box.bottom, box.top)]
    assert view.shows(corners).all()
    assert not PanoramaView(view.yaw, view.pitch, view.field_of_view / 1.5, view.size).shows(corners).all()
    with pytest.raises(ValueError, match="too large"):
        AngularBox(-150, 150, -50, 50).view((320, 240))
