"""Gravity: floors and level cameras tell up within the error they state; what tells nothing is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sightline.geometry import poses
from sightline.geometry.alignment import rotation_between
from sightline.geometry.gravity import estimate_gravity, up_from_cameras, up_from_floor


def off(up: np.ndarray, truth: np.ndarray) -> float:
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(up, truth))), float(up @ truth)))


def room(rng: np.random.Generator, noise: float = 0.01) -> np.ndarray:
    """Points of a room 5 x 4 x 2.6 m: floor, two walls, ceiling, a table; z up, floor at 0."""

    def patch(count: int, low: tuple[float, ...], high: tuple[float, ...]) -> np.ndarray:
        return rng.uniform(low, high, (count, 3))

    parts = [
        patch(700, (0, 0, 0), (5, 4, 0)),
        patch(600, (0, 4, 0), (5, 4, 2.6)),
        patch(400, (0, 0, 0), (0, 4, 2.6)),
        patch(400, (0, 0, 2.6), (5, 4, 2.6)),
        patch(300, (2, 1.5, 0.75), (3.4, 2.4, 0.75)),
        patch(150, (0, 0, 0), (5, 4, 2.6)),
    ]
    points = np.concatenate(parts)
    return points + noise * rng.normal(size=points.shape)


def held(rng: np.random.Generator, count: int, spread: float = 360, roll: float = 2.0) -> np.ndarray:
    """Cameras at eye height, held about level, looking into `spread` degrees."""
    return np.array(
        [
            poses.pose_from(
                poses.camera_rotation(rng.uniform(0, spread), rng.uniform(-30, 10), roll * rng.normal()),
                rng.uniform((1, 0.5, 1.3), (4, 2, 1.7)),
            )
            for _ in range(count)
        ]
    )


def tipped(rng: np.random.Generator, points: np.ndarray, cameras: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same in a world that is not level: points, poses, where up is now."""
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.linalg.det(q))
    turned = cameras.copy()
    turned[:, :3, :3] = q @ cameras[:, :3, :3]
    turned[:, :3, 3] = cameras[:, :3, 3] @ q.T + 3
    return points @ q.T + 3, turned, q @ [0, 0, 1]


def test_a_floor_tells_up_within_its_error() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        points, cameras, truth = tipped(rng, room(rng), held(rng, 3))
        found = estimate_gravity(cameras, points, seed=seed)
        assert found.source == "floor"
        assert off(found.up, truth) < min(found.error, 2.0)
        assert found.height == pytest.approx(1.5, abs=0.25)
        assert np.linalg.norm(found.up) == pytest.approx(1)
    assert f"{found.error:.1f} degrees" in found.text


def test_the_cameras_side_decides_the_sign() -> None:
    rng = np.random.default_rng(1)
    floor = rng.uniform((0, 0, 0), (5, 4, 0.001), (500, 3))
    assert up_from_floor(floor, [[2, 2, 1.5]]).up[2] > 0.999
    assert up_from_floor(floor, [[2, 2, -1.5]]).up[2] < -0.999


def test_the_same_input_and_seed_give_the_same_up() -> None:
    rng = np.random.default_rng(1)
    points, cameras = room(rng), held(rng, 3)
    one, two = (estimate_gravity(cameras, points, seed=4) for _ in range(2))
    assert np.array_equal(one.up, two.up)


def test_a_wall_is_no_floor() -> None:
    rng = np.random.default_rng(2)
    wall = rng.uniform((0, 3, 0), (5, 3.01, 2.6), (800, 3))
    camera = np.array([poses.pose_from(poses.camera_rotation(0), [2, 0, 1.5])])
    with pytest.raises(ValueError, match="no floor was found"):
        up_from_floor(wall, camera[:, :3, 3], hint=[0, 0, 1])
    # Without a hint two walls and a floor cannot be told apart.
    corner = np.concatenate([wall, rng.uniform((0, 0, 0), (5, 3, 0.01), (800, 3))])
    with pytest.raises(ValueError, match="nothing tells which"):
        up_from_floor(corner, camera[:, :3, 3])
    assert up_from_floor(corner, camera[:, :3, 3], hint=[0.3, 0.2, 1]).up[2] > 0.999


def test_a_table_top_with_a_floor_below_is_no_floor() -> None:
    rng = np.random.default_rng(3)
    table = rng.uniform((0, 0, 0.75), (2, 1, 0.751), (900, 3))
    clutter = rng.uniform((-2, -2, 0), (4, 3, 0.5), (300, 3))
    with pytest.raises(ValueError, match="no floor was found"):
        up_from_floor(np.concatenate([table, clutter]), [[1, 0.5, 1.6]], hint=[0, 0, 1])


def test_level_cameras_tell_up_within_their_error() -> None:
    within = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        _, cameras, truth = tipped(rng, np.zeros((1, 3)), held(rng, 6, spread=200))
        found = up_from_cameras(cameras)
        assert found.source == "cameras"
        assert found.error < 12
        within += off(found.up, truth) < found.error
    assert within >= 38


def test_a_portrait_among_level_cameras_is_left_out() -> None:
    rng = np.random.default_rng(5)
    cameras = held(rng, 6)
    cameras[2] = poses.turn(cameras[2], roll=90)
    found = up_from_cameras(cameras)
    assert off(found.up, np.array([0, 0, 1])) < found.error < 6
    assert "5 of 6" in found.text


def test_more_cameras_and_more_directions_know_better() -> None:
    rng = np.random.default_rng(6)
    few, many, narrow = held(rng, 3), held(rng, 30), held(rng, 30, spread=40)
    assert up_from_cameras(many).error < up_from_cameras(few).error
    assert up_from_cameras(many).error < up_from_cameras(narrow).error


def test_cameras_that_tell_nothing_are_refused() -> None:
    rng = np.random.default_rng(7)
    one_way = np.array([poses.pose_from(poses.camera_rotation(20, p), [0, 0, 0]) for p in (-20, 0, 20)])
    for cameras, words in (
        (one_way[:1], "two cameras"),
        (one_way, "same way"),
        (np.array([poses.pose_from(poses.camera_rotation(b, -90), [0, 0, 0]) for b in (0, 50, 100)]), "straight"),
        (held(rng, 12, roll=70), "not held level"),
    ):
        with pytest.raises(ValueError, match=words):
            up_from_cameras(cameras)


def test_the_cameras_serve_where_there_is_no_floor() -> None:
    rng = np.random.default_rng(8)
    cameras = held(rng, 6)
    assert estimate_gravity(cameras, rng.normal(size=(500, 3))).source == "cameras"
    assert estimate_gravity(cameras).source == "cameras"
    with pytest.raises(ValueError, match=r"no floor was found.*two cameras"):
        estimate_gravity(cameras[:1], rng.normal(size=(500, 3)))


def test_a_sloping_world_is_levelled_by_what_was_found() -> None:
    rng = np.random.default_rng(9)
    points, cameras, truth = tipped(rng, room(rng), held(rng, 4))
    level = rotation_between(estimate_gravity(cameras, points).up, [0, 0, 1])
    assert off(level @ truth, np.array([0, 0, 1])) < 1
