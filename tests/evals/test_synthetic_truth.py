"""The truth about synthetic rooms: by hand where a hand can do it, by brute force where not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sightline.evals.synthetic import (
    CameraSpec,
    Scene,
    Thing,
    example_room,
    looking_at,
    make_room,
    orbit_of,
    pan_of,
    stereo_pair,
    truth,
)
from sightline.evals.synthetic.render import render
from sightline.evals.synthetic.solids import Paint, Part, ball, block, pillar, sheet, tilt

PAINT = Paint()
NO_LAMPS = np.zeros((0, 6))


def alone(*parts: Part, at: tuple[float, float, float] = (0, 0, 0), bearing: float = 0.0, name: str = "thing") -> Thing:
    return Thing(name, "thing", "grey", parts, front=True, position=at, bearing=bearing)


def surface(thing: Thing, n: int) -> np.ndarray:
    """Points on every part of a thing, (N, 3), no further apart than about 1 / n of its size."""
    found = []
    u = np.linspace(-1, 1, n)
    a, b = (g.ravel() for g in np.meshgrid(u, u))
    for part in thing.parts:
        dim = np.asarray(part.dim)
        if part.shape == "box":
            faces = [np.insert(np.stack([a, b], axis=1), axis, sign, axis=1) for axis in range(3) for sign in (-1, 1)]
            local = np.concatenate(faces) * dim
        elif part.shape == "rectangle":
            local = np.stack([a, b, 0 * a], axis=1) * dim
        elif part.shape == "ellipsoid":
            turn, rise = a * np.pi, b * np.pi / 2
            local = np.stack([np.cos(turn) * np.cos(rise), np.sin(turn) * np.cos(rise), np.sin(rise)], axis=1) * dim
        else:
            below, above, half = part.dim
            radius = below + (above - below) * (b + 1) / 2
            side = np.stack([radius * np.cos(a * np.pi), radius * np.sin(a * np.pi), half * b], axis=1)
            ends = [
                np.stack([r * (b + 1) / 2 * np.cos(a * np.pi), r * (b + 1) / 2 * np.sin(a * np.pi), 0 * a + z], axis=1)
                for r, z in ((below, -half), (above, half))
            ]
            local = np.concatenate([side, *ends])
        found.append((local @ part.turn.T + np.asarray(part.centre)) @ thing.axes.T + np.asarray(thing.position))
    return np.concatenate(found)


def test_distances_by_hand() -> None:
    cube = alone(block((0, 0, 0), (1, 1, 1), PAINT))
    assert truth.distance_between(cube, alone(block((3, 0, 0), (2, 1, 1), PAINT))) == pytest.approx(1.5, abs=1e-6)
    assert truth.distance_between(cube, alone(ball((0, 0, 2), 0.5, PAINT))) == pytest.approx(1.0, abs=2e-6)
    assert truth.distance_between(cube, alone(sheet((2, 2, 0), 1, 1, PAINT))) == pytest.approx(math.sqrt(2), abs=1e-6)
    corner = math.hypot(0.5, 0.5, 0.5)
    assert truth.distance_between(cube, alone(ball((2, 2, 2), 0.3, PAINT))) == pytest.approx(
        2 * math.sqrt(3) - corner - 0.3, abs=2e-6
    )
    assert truth.distance_between(cube, alone(pillar((0, 0, 3), 0.2, 1.0, PAINT, 0.9))) == pytest.approx(2.0, abs=1e-6)
    assert truth.distance_between(cube, alone(block((1, 0, 0), (1, 1, 1), PAINT))) == 0  # they touch
    assert truth.distance_between(cube, alone(ball((0, 0, 0), 0.1, PAINT))) == 0  # one in the other
    assert truth.distance_from_point((0, -4, 0), cube) == pytest.approx(3.5, abs=1e-6)
    # The edge of a cube turned by 45 degrees is nearer than its face was.
    turned = alone(block((0, 0, 0), (1, 1, 1), PAINT), at=(3, 0, 0), bearing=45)
    assert truth.distance_between(cube, turned) == pytest.approx(2.5 - math.sqrt(0.5), abs=1e-6)


def test_distances_against_brute_force() -> None:
    rng = np.random.default_rng(3)
    tree = pytest.importorskip("scipy.spatial").cKDTree
    makers = (
        lambda d, t: block((0, 0, 0), tuple(2 * d), PAINT, t),
        lambda d, t: ball((0, 0, 0), tuple(d), PAINT, t),
        lambda d, t: pillar((0, 0, 0), d[0], 2 * d[2], PAINT, d[1], t),
        lambda d, t: sheet((0, 0, 0), 2 * d[0], 2 * d[1], PAINT, t),
    )
    for first in makers:
        for second in makers:
            turns = [tilt("x", rng.uniform(0, 360)) @ tilt("z", rng.uniform(0, 360)) for _ in range(2)]
            a = alone(first(rng.uniform(0.1, 0.6, 3), turns[0]))
            b = alone(second(rng.uniform(0.1, 0.6, 3), turns[1]), at=tuple(rng.uniform(1.0, 1.6, 3)), bearing=30)
            sampled = tree(surface(a, 60)).query(surface(b, 60))[0].min()
            exact = truth.distance_between(a, b)
            assert exact == pytest.approx(truth.distance_between(b, a), abs=2e-6)
            assert exact - 1e-6 <= sampled <= exact + 0.03


def test_distances_in_a_room() -> None:
    scene = example_room()
    tree = pytest.importorskip("scipy.spatial").cKDTree
    sofa, ball_ = next(t for t in scene.things if t.category == "sofa"), scene.thing("beach ball")
    exact = truth.distance_between(sofa, ball_)
    sampled = tree(surface(sofa, 70)).query(surface(ball_, 70))[0].min()
    assert exact - 1e-6 <= sampled <= exact + 0.03
    camera = CameraSpec((0.0, -2.0, 1.5))
    closer, by = truth.nearer(camera, sofa, ball_)
    ranges = {t.name: np.linalg.norm(surface(t, 70) - camera.position, axis=1).min() for t in (sofa, ball_)}
    assert closer.name == min(ranges, key=ranges.__getitem__)
    assert by == pytest.approx(abs(ranges[sofa.name] - ranges[ball_.name]), abs=0.03)


def test_directions() -> None:
    assert truth.bearing((0, 0, 0), (0, 1, 5)) == 0
    assert truth.bearing((0, 0, 0), (2, 0, 0)) == 90
    assert truth.bearing((1, 1, 0), (0, 1, 0)) == 270
    with pytest.raises(ValueError, match="above"):
        truth.bearing((1, 1, 0), (1, 1, 3))
    # Somebody at the origin who faces east has the north on the left, the south on the right.
    north, south, west = ((0, 5, 1), (0, -5, 0), (-5, 0.1, 0))
    placed = truth.standing_at((0, 0, 0), (1, 0, 0), north)
    assert (placed.azimuth, placed.side, placed.left_or_right, placed.above) == (-90, "left", "left", 1)
    assert truth.standing_at((0, 0, 0), (1, 0, 0), south).side == "right"
    assert truth.standing_at((0, 0, 0), (1, 0, 0), west).side == "behind"
    assert truth.standing_at((0, 0, 0), (1, 0, 0), west).front_or_behind == "behind"
    assert truth.standing_at((0, 0, 0), (1, 0, 0), (3, 0.2, 0)).side == "front"
    # A chair that faces south has the west on its right.
    chair = alone(block((0, 0, 0.5), (1, 1, 1), PAINT), bearing=180)
    assert truth.from_front_of(chair, (-2, 0, 0)).side == "right"
    assert truth.from_front_of(chair, (0, -2, 0)).side == "front"


def test_camera_motion() -> None:
    camera = CameraSpec((0, 0, 1.5), bearing=350, pitch=-10)
    right = truth.camera_motion(camera, CameraSpec((1, 0, 1.5), bearing=10, pitch=-10))
    assert right.turned == 20
    assert right.distance == pytest.approx(1)
    assert right.shift[0] == pytest.approx(math.cos(math.radians(10)))
    level = CameraSpec((0, 0, 1.5), bearing=90)
    assert truth.camera_motion(level, CameraSpec((3, 0, 1.5), bearing=60)).angle == pytest.approx(30)
    assert truth.camera_motion(level, CameraSpec((3, 0, 1.5), bearing=60)).shift == pytest.approx((0, 0, 3))
    assert truth.camera_motion(level, CameraSpec((0, 0, 2.5), bearing=90, pitch=5)).shift == pytest.approx((0, 1, 0))
    assert truth.camera_motion(level, CameraSpec((0, 0, 1.5), bearing=90, pitch=5)).tilted == 5
    assert truth.camera_motion(level, CameraSpec((0, 0, 1.5), bearing=270)).angle == pytest.approx(180)
    assert truth.camera_motion(level, level).angle == pytest.approx(0, abs=1e-12)
    assert truth.camera_motion(*pan_of(level, 40, 2)).turned == 40
    first, second, *_ = orbit_of((0, 0, 1), 3, 8)
    assert truth.camera_motion(first, second).shift[0] > 0  # the next one stands further to the right
    assert truth.camera_motion(first, second).turned == pytest.approx(-45)  # and looks back to the left


def test_what_shows() -> None:
    wall = alone(block((0, 3, 1), (1, 0.1, 1), PAINT), name="wall")
    scene = Scene(0, (wall, alone(block((0.25, 2, 1), (0.5, 0.1, 2), PAINT), name="board")), (9, 9, 9), NO_LAMPS)
    picture = render(scene, CameraSpec((0, 0, 1), fov=60), (200, 200))
    focal = 100 / math.tan(math.radians(30))
    found = truth.shown(picture, 1)
    left, top = 100 - focal * 0.5 / 2.95, 100 - focal * 0.5 / 2.95
    assert found.box is not None
    assert found.box[:2] == pytest.approx((left, top), abs=0.51)
    assert found.box[2] == pytest.approx(100, abs=0.51)  # the board hides its right half
    assert not found.cut
    assert found.share == pytest.approx((picture.ids == 1).mean())
    assert truth.visible_share(scene, picture, "wall") == pytest.approx(0.5, abs=0.02)
    assert truth.visible_share(scene, picture, "board") == 1
    away = render(scene, CameraSpec((0, 0, 1), bearing=180), (64, 64))
    assert truth.shown(away, 1).box is None
    assert truth.visible_share(scene, away, "wall") == 0
    behind = render(scene, CameraSpec((0.25, 0, 1), bearing=180, kind="panorama"), (512, 256))
    across = math.degrees(math.atan2(0.25, 1.95)) / 360 * 512
    box = truth.shown(behind, 2).box
    assert box is not None
    assert (box[0], box[2]) == pytest.approx((512 - across, 512 + across), abs=0.51)  # over the seam


def test_chessboard_corners_lie_where_the_squares_meet() -> None:
    import cv2

    scene = make_room(2, chessboard=True)
    [board] = scene.boards
    middle = board.corners.mean(axis=0)
    picture = render(scene, looking_at(middle + np.array([0.5, -1.6, 0.2]), middle, 50, 3), (512, 512))
    places, seen = truth.board_corners(picture, board, scene.id_of(board.name))
    assert seen.all()
    grey = cv2.cvtColor(picture.colour, cv2.COLOR_RGB2GRAY)
    # OpenCV has the first pixel's centre at (0, 0).
    start = (places - 0.5).astype(np.float32)[:, None]
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-3)
    refined = cv2.cornerSubPix(grey, start.copy(), (4, 4), (-1, -1), stop)
    assert np.abs(refined - start).max() < 0.3
    assert np.abs((refined - start).mean(axis=0)).max() < 0.05


def test_a_head_that_tilts_to_the_right_has_rolled_by_plus() -> None:
    upright = CameraSpec((0.0, 0.0, 1.5))
    tilted = replace(upright, roll=12.0)
    assert truth.camera_motion(upright, tilted).rolled == pytest.approx(12)
    # The crown goes to the right: what is straight above shows left of the middle, turned counter-clockwise.
    place, _ = tilted.project([0.0, 3.0, 2.5], (100, 100))
    assert place[0] < 50 > place[1]


def test_the_second_of_a_stereo_pair_stands_to_the_right() -> None:
    left, right = stereo_pair(CameraSpec((0.0, 0.0, 1.5), bearing=90.0))
    assert right.position == pytest.approx((0.0, -0.12, 1.5))  # who looks east has south on the right
    assert truth.camera_motion(left, right).shift == pytest.approx((0.12, 0.0, 0.0), abs=1e-9)


def test_a_panoramas_right_is_right_and_its_top_is_up() -> None:
    camera = CameraSpec((0.0, 0.0, 1.5), kind="panorama")
    places, _ = camera.project([[1.0, 1.0, 1.5], [0.0, 1.0, 2.5]], (400, 200))
    assert places == pytest.approx(np.array([[250.0, 100.0], [200.0, 50.0]]))
