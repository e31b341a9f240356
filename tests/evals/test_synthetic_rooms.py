"""Rendered rooms: the same seed gives the same bits, depth is exact, and every sign is the documented one."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from sightline.evals.synthetic import (
    HARD_CASES,
    CameraSpec,
    Rendered,
    Scene,
    Thing,
    cameras_around,
    example_room,
    looking_at,
    make_room,
    orbit_of,
    stereo_pair,
    truth,
)
from sightline.evals.synthetic.render import render
from sightline.evals.synthetic.solids import Paint, ball, block

SIZE = (96, 72)
EYE = (0.0, 0.0, 1.5)


def things(**places: tuple[float, float, float]) -> Scene:
    """Small balls at places, in order; the first has id 1."""
    made = tuple(
        Thing(name, "ball", "red", (ball((0, 0, 0), 0.1, Paint((255, 0, 0), behaviour="glowing")),), position=at)
        for name, at in places.items()
    )
    return Scene(0, made, (20, 20, 20), np.zeros((0, 6)))


def middle(picture: Rendered, number: int) -> tuple[float, float]:
    """Where a thing is in a picture, in continuous pixels."""
    rows, columns = np.nonzero(picture.ids == number)
    assert len(rows), f"nothing shows of {number}"
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


def test_a_seed_gives_the_same_picture_to_the_bit() -> None:
    camera = CameraSpec((0, -1.8, 1.5), pitch=-10)
    one, same = (render(make_room(5), camera, SIZE) for _ in range(2))
    other = render(make_room(6), camera, SIZE)
    assert (one.colour == same.colour).all()
    assert (one.depth == same.depth).all()
    assert (one.ids == same.ids).all()
    assert (one.colour != other.colour).mean() > 0.5


def test_options_change_nothing_else_in_a_room() -> None:
    plain = {t.name: (t.position, t.bearing) for t in make_room(5).objects}
    hard = {t.name: (t.position, t.bearing) for t in make_room(5, walker=True, mirror=True, glass=True).objects}
    assert plain.items() <= hard.items()
    assert {"mirror", "person in a yellow shirt"} <= set(hard)


@pytest.mark.parametrize("seed", range(6))
def test_rooms_are_sound(seed: int) -> None:
    scene = make_room(seed, walker=True, rolling=True, mirror=True, chessboard=True)
    names = [thing.name for thing in scene.things]
    assert len(set(names)) == len(names)
    half = np.array(scene.size) / 2
    for thing in scene.objects:
        assert (np.abs(thing.centre()[:2]) < half[:2]).all(), thing.name
    for camera in cameras_around(scene, 4):
        picture = render(scene, camera, (48, 36))
        assert picture.depth.min() > 0.1  # no camera stands in something
        assert len(np.unique(picture.ids)) > 5


def test_depth_against_a_ray_by_hand() -> None:
    """A box alone: the slab method in plain numpy, which shares no line with the renderer."""
    cube = Thing(
        "cube", "cube", "grey", (block((0, 0, 0), (1.0, 0.6, 0.8), Paint()),), position=(0.3, 3.0, 1.2), bearing=25
    )
    scene = Scene(0, (cube,), (20, 20, 20), np.zeros((0, 6)))
    camera = CameraSpec((-0.2, 0.1, 1.6), bearing=8, pitch=-7, roll=11, fov=50)
    picture = render(scene, camera, SIZE)
    width, height = SIZE
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    focal = picture.matrix[0, 0]
    rays = np.stack([(x - width / 2) / focal, (y - height / 2) / focal, np.ones_like(x)], axis=-1) @ camera.axes.T
    b = math.radians(25)
    axes = np.array([[math.cos(b), -math.sin(b), 0], [math.sin(b), math.cos(b), 0], [0, 0, 1]])
    start, ways = axes @ (np.array(camera.position) - cube.position), rays @ axes.T
    half = np.array([0.5, 0.3, 0.4])
    near = np.minimum((-half - start) / ways, (half - start) / ways).max(axis=-1)
    far = np.maximum((-half - start) / ways, (half - start) / ways).min(axis=-1)
    expected = np.where(near <= far, near, np.inf)
    assert 200 < np.isfinite(expected).sum() < 4000
    assert ((picture.ids == 1) == np.isfinite(expected)).all()
    assert np.isinf(picture.depth[picture.ids == 0]).all()
    assert np.allclose(picture.depth[picture.ids == 1], expected[picture.ids == 1], atol=1e-5)


def test_where_things_appear() -> None:
    scene = things(east=(1, 4, 1.5), up=(0, 4, 2.5), ahead=(0, 4, 1.5))
    level = render(scene, CameraSpec(EYE), SIZE)
    assert middle(level, 3) == pytest.approx((48, 36), abs=0.3)
    assert middle(level, 1)[0] > 60  # facing north, the east is on the right
    assert middle(level, 2)[1] < 22  # up is up
    for number, name in enumerate(("east", "up", "ahead"), 1):
        places, depth = level.camera.project(scene.thing(name).position, SIZE)
        assert middle(level, number) == pytest.approx(tuple(places), abs=0.6)
        assert depth == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ({"bearing": 10.0}, (-1, 0)),  # turned to the right: what was ahead goes to the left
        ({"pitch": 10.0}, (0, 1)),  # looks up: it goes down
    ],
)
def test_signs_of_turning(change: dict[str, float], moves: tuple[int, int]) -> None:
    picture = render(things(ahead=(0, 4, 1.5)), replace(CameraSpec(EYE), **change), SIZE)
    x, y = middle(picture, 1)
    shift = picture.camera.focal(96) * math.tan(math.radians(10))
    assert (x - 48, y - 36) == pytest.approx((moves[0] * shift, moves[1] * shift), abs=0.5)


def test_sign_of_roll() -> None:
    """The head tilts to the right, so what was straight above the middle goes to the left."""
    picture = render(things(above=(0, 4, 2.3)), CameraSpec(EYE, roll=20), SIZE)
    x, y = middle(picture, 1)
    up = picture.camera.focal(96) * 0.8 / 4
    assert (x - 48, y - 36) == pytest.approx(
        (-up * math.sin(math.radians(20)), -up * math.cos(math.radians(20))), abs=0.6
    )


def test_columns_and_rows_of_a_panorama() -> None:
    scene = things(ahead=(3, 0, 1.5), right=(0, -3, 1.5), back=(-3, 0.01, 1.5), above=(0.01, 0, 4.5), low=(3, 0, -1.5))
    size = (512, 256)
    picture = render(scene, CameraSpec(EYE, bearing=90, kind="panorama"), size)
    assert middle(picture, 1) == pytest.approx((256, 128), abs=0.3)  # yaw 0 in the centre column
    assert middle(picture, 2) == pytest.approx((384, 128), abs=0.3)  # a quarter further: to the right
    assert (picture.ids[128, [0, -1]] == 3).all()  # behind: at the seam
    assert (picture.ids[0] == 4).all()  # straight above: the first row
    assert middle(picture, 5)[1] == pytest.approx(192, abs=0.5)  # 45 degrees down
    assert picture.depth[192, 256] == pytest.approx(math.hypot(3, 3) - 0.1, abs=0.01)  # range, not z-depth
    with pytest.raises(ValueError, match="twice as wide"):
        render(scene, CameraSpec(EYE, kind="panorama"), (200, 200))


def test_stereo_and_orbit() -> None:
    left, right = stereo_pair(CameraSpec(EYE, bearing=30, roll=5), 0.2)
    assert truth.camera_motion(left, right).shift == pytest.approx((0.2, 0, 0), abs=1e-12)
    scene = things(middle=(1, 2, 1))
    for camera in orbit_of((1, 2, 1), 2.5, 6, rise=30):
        picture = render(scene, camera, SIZE)
        assert middle(picture, 1) == pytest.approx((48, 36), abs=0.3)
        assert picture.depth[36, 48] == pytest.approx(2.4, abs=0.01)
        assert camera.pitch == pytest.approx(-30)


def test_distortion_is_what_opencv_says() -> None:
    import cv2

    case = HARD_CASES["wide lens"](0)
    camera = case.cameras[0]
    picture = render(case.scene, camera, (256, 256))
    points = case.scene.objects[0].centre() + np.array([[0, 0, 0], [0.3, 0, 0.5], [-0.5, 0.2, 1.0]])
    ours, depth = camera.project(points, (256, 256))
    local = (points - camera.position) @ camera.axes
    theirs, _ = cv2.projectPoints(local, np.zeros(3), np.zeros(3), picture.matrix, np.array(camera.distortion))
    assert np.allclose(ours, theirs[:, 0], atol=1e-9)
    # The picture agrees: lift every pixel with its depth, and it projects back to where it came from.
    bright = things(spot=(1.2, 1.4, 1.5))
    seen = render(bright, CameraSpec(EYE, fov=80, distortion=camera.distortion), (512, 512))
    place, _ = seen.camera.project((1.2, 1.4, 1.5), (512, 512))
    assert middle(seen, 1) == pytest.approx(tuple(place), abs=1.0)
    assert depth.min() > 0
    with pytest.raises(ValueError, match="corners"):
        render(case.scene, replace(camera, fov=110), (64, 64))


def test_a_mirror_shows_what_is_before_it() -> None:
    case = HARD_CASES["mirror"](3, count=1)
    camera, scene = case.cameras[0], case.scene
    with_mirror = render(scene, camera, (128, 128))
    number = scene.id_of("mirror")
    glass = with_mirror.ids == number
    assert glass.sum() > 200
    # The camera behind the mirror's plane, with its picture turned round, sees the same without the west wall.
    thing = scene.thing("mirror")
    x = thing.position[0] + 0.031
    eye = (2 * x - camera.position[0], *camera.position[1:])
    west = [t.name for t in scene.things if t.name in ("mirror", "west wall", "picture on the west wall")]
    behind = replace(camera, position=eye, bearing=-camera.bearing % 360)
    reflected = render(scene.without(*west), behind, (128, 128)).colour[:, ::-1].astype(float)
    inner = np.zeros_like(glass)
    rows, columns = np.nonzero(glass)
    inner[rows.min() + 8 : rows.max() - 8, columns.min() + 8 : columns.max() - 8] = True
    shown = with_mirror.colour.astype(float)
    same = np.corrcoef(shown[inner & glass].ravel(), reflected[inner & glass].ravel())[0, 1]
    assert same > 0.9
    assert np.abs(with_mirror.depth[glass].max()) < 4  # of its surface, not of what it shows


def test_walker_and_ball_move() -> None:
    scene = make_room(2, walker=True, rolling=True)
    for name in ("person in a yellow shirt", "beach ball"):
        gone = np.subtract(scene.thing(name, 2.0).position, scene.thing(name, 0.5).position)
        assert np.linalg.norm(gone) > 0.2
    walker = scene.thing("person in a yellow shirt", 1.0)
    ahead = np.subtract(scene.thing(walker.name, 1.5).position, walker.position)
    assert math.degrees(math.atan2(ahead[0], ahead[1])) % 360 == pytest.approx(walker.bearing)


def test_threads_give_the_same_pictures() -> None:
    scene = example_room(1)
    cameras = [looking_at((1.2 * math.sin(k), 1.2 * math.cos(k), 1.6), (0, 0, 0.8)) for k in range(6)]
    alone = [render(scene, camera, SIZE) for camera in cameras]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda camera: render(scene, camera, SIZE), cameras))
    for one, other in zip(alone, together, strict=True):
        assert (one.colour == other.colour).all()
        assert (one.depth == other.depth).all()


def test_an_open_window_shows_the_outside() -> None:
    """The hole in the wall lies behind the pane: rays through the pane leave the room."""
    scene = HARD_CASES["glass"](1).scene
    pane, east = scene.thing("window").centre(), np.array([1.0, 0, 0])
    for along in (-0.5, 0.5):
        for up in (0.1, 0.45):
            spot = pane + np.array([0, along, up])
            ways = looking_at(spot - 0.2 * east, spot, 20), looking_at(spot + 0.1 * east, spot + 2 * east, 20)
            assert render(scene, ways[0], (8, 8)).ids[4, 4] == scene.id_of("window")
            assert render(scene, ways[1], (8, 8)).ids[4, 4] == 0


def test_weak_texture_and_exposure() -> None:
    camera = CameraSpec((0, -1.5, 1.6), pitch=-15)
    strong, weak = (render(make_room(1, texture), camera, (256, 192)) for texture in ("strong", "weak"))
    floor = strong.ids == make_room(1).id_of("floor")
    grey = [p.colour.astype(float).mean(axis=2) for p in (strong, weak)]
    fine = [np.abs(np.diff(g, 2, axis=1))[floor[:, 1:-1]].mean() for g in grey]
    assert fine[1] < 0.5 * fine[0]
    assert render(make_room(1), camera, (256, 192), exposure=1.0).colour.mean() > 1.15 * strong.colour.mean()
