"""Alignment: known motions are found again, mirrors stay mirrors, the undecidable is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.geometry import poses
from sightline.geometry.alignment import align_poses, average_rotation, kabsch, rotation_between, umeyama

seeds = st.integers(0, 2**32 - 1)


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    """Uniform, from a unit quaternion by Rodrigues' formula, not through our code."""
    w, x, y, z = (q := rng.normal(size=4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def is_rotation(matrix: np.ndarray) -> bool:
    return bool(np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-9) and np.linalg.det(matrix) > 0.99)


@given(seeds, st.floats(0.01, 100), st.integers(3, 20))
@settings(deadline=None, max_examples=60)
def test_a_similarity_is_found_again(seed: int, scale: float, count: int) -> None:
    rng = np.random.default_rng(seed)
    source, rotation, shift = rng.normal(size=(count, 3)), random_rotation(rng), 10 * rng.normal(size=3)
    target = scale * source @ rotation.T + shift
    found = umeyama(source, target)
    assert found.scale == pytest.approx(scale)
    assert np.allclose(found.rotation, rotation, atol=1e-6)
    assert np.allclose(found.apply(source), target, atol=1e-6 * scale)
    assert found.rms < 1e-6 * scale
    assert np.allclose(found.inverse().apply(target), source, atol=1e-6)
    homogeneous = np.column_stack([source, np.ones(count)]) @ found.matrix.T
    assert np.allclose(homogeneous[:, :3], target, atol=1e-6 * scale)
    rigid = kabsch(source, source @ rotation.T + shift)
    assert rigid.scale == 1
    assert np.allclose(rigid.rotation, rotation, atol=1e-6)


@given(seeds)
@settings(deadline=None, max_examples=30)
def test_no_other_similarity_fits_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    source, target = rng.normal(size=(12, 3)), rng.normal(size=(12, 3))
    found = umeyama(source, target)

    def error(scale: float, rotation: np.ndarray, shift: np.ndarray) -> float:
        return float(((scale * source @ rotation.T + shift - target) ** 2).sum())

    best = error(found.scale, found.rotation, found.translation)
    assert best == pytest.approx(12 * found.rms**2)
    for _ in range(20):
        nudge = rotation_between([0, 0, 1], [*(0.02 * rng.normal(size=2)), 1]) @ found.rotation
        shifted = found.translation + 0.02 * rng.normal(size=3)
        assert error(found.scale * (1 + 0.02 * rng.normal()), nudge, shifted) >= best - 1e-9


@given(seeds)
@settings(deadline=None, max_examples=30)
def test_a_mirrored_set_gives_a_rotation_that_fits_badly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    source = rng.normal(size=(30, 3)) * (3, 2, 1)
    mirrored = source * (1, 1, -1) @ random_rotation(rng).T
    for fit in (umeyama, kabsch):
        found = fit(source, mirrored)
        assert is_rotation(found.rotation)
        assert found.rms > 0.3


def test_points_in_a_plane_are_enough() -> None:
    rng = np.random.default_rng(0)
    source = np.column_stack([rng.normal(size=(5, 2)), np.zeros(5)])
    rotation = random_rotation(rng)
    found = umeyama(source, 2 * source @ rotation.T)
    assert np.allclose(found.rotation, rotation)


def test_weights_count_and_zero_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    source, rotation = rng.normal(size=(8, 3)), random_rotation(rng)
    target = source @ rotation.T
    target[0] += 100
    weights = np.array([0.0, 1, 1, 2, 1, 1, 5, 1])
    assert np.allclose(umeyama(source, target, weights).rotation, rotation)
    doubled = np.concatenate([source, source[:2]]), np.concatenate([target, target[:2]])
    twice = umeyama(source, target, [2, 2, 1, 1, 1, 1, 1, 1])
    assert np.allclose(twice.matrix, umeyama(*doubled).matrix)


def test_what_cannot_be_aligned_is_refused() -> None:
    line = np.outer(np.arange(5.0), [1, 2, 3])
    for source, words in (
        (np.zeros((2, 3)), "three points"),
        (np.ones((5, 3)), "coincide"),
        (line, "line"),
        (line + 1000, "line"),
        (np.full((4, 3), np.nan), "finite"),
        (np.zeros((4, 2)), r"\(N, 3\)"),
    ):
        with pytest.raises(ValueError, match=words):
            umeyama(source, source)
    with pytest.raises(ValueError, match="three points"):
        umeyama(np.eye(3), np.eye(3), [1, 1, 0])
    with pytest.raises(ValueError, match="weights"):
        umeyama(np.eye(3), np.eye(3), [1, 1, -1])


@given(seeds, st.integers(2, 6), st.booleans())
@settings(deadline=None, max_examples=40)
def test_cameras_align_also_on_one_line(seed: int, count: int, line: bool) -> None:
    rng = np.random.default_rng(seed)
    centres = np.outer(np.arange(count), [1.0, 0.2, 0]) if line else rng.normal(size=(count, 3))
    source = [poses.pose_from(random_rotation(rng), c) for c in centres]
    rotation, scale, shift = random_rotation(rng), 3.7, rng.normal(size=3)
    target = [poses.pose_from(rotation @ p[:3, :3], scale * rotation @ p[:3, 3] + shift) for p in source]
    found = align_poses(source, target)
    assert np.allclose(found.rotation, rotation)
    assert found.scale == pytest.approx(scale)
    assert np.allclose(found.apply_to_pose(source[1]), target[1])


def test_cameras_that_do_not_align_are_refused() -> None:
    one = poses.look_at([0, 0, 0], [0, 1, 0])
    with pytest.raises(ValueError, match="two cameras"):
        align_poses([one], [one])
    with pytest.raises(ValueError, match="one spot"):
        align_poses([one, one], [one, one])


directions = st.tuples(*[st.floats(-10, 10)] * 3).filter(lambda v: np.linalg.norm(v) > 1e-3)


@given(directions, directions)
@settings(deadline=None, max_examples=100)
def test_between_any_two_directions(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    u, v = np.array(a) / np.linalg.norm(a), np.array(b) / np.linalg.norm(b)
    rotation = rotation_between(a, b)
    assert is_rotation(rotation)
    assert np.allclose(rotation @ u, v, atol=1e-9)
    angle = math.atan2(float(np.linalg.norm(np.cross(u, v))), float(u @ v))
    assert poses.rotation_angle(rotation) == pytest.approx(math.degrees(angle), abs=1e-5)  # the smallest


@given(directions, st.sampled_from([0.0, 1e-16, 1e-12, 1e-9, 1e-7, 1e-5]), seeds)
@settings(deadline=None, max_examples=100)
def test_between_nearly_opposite_directions(a: tuple[float, ...], off: float, seed: int) -> None:
    u = np.array(a) / np.linalg.norm(a)
    v = -u + off * np.random.default_rng(seed).normal(size=3)
    v /= np.linalg.norm(v)
    rotation = rotation_between(u, v)
    assert is_rotation(rotation)
    assert np.allclose(rotation @ u, v, atol=1e-12)


def test_a_direction_has_a_length() -> None:
    for wrong in ([0, 0, 0], [np.nan, 0, 1], [1, 2]):
        with pytest.raises(ValueError, match="direction"):
            rotation_between(wrong, [0, 0, 1])


def test_the_average_of_rotations() -> None:
    rng = np.random.default_rng(3)
    middle = random_rotation(rng)
    around = [middle @ poses.rotation_z(a) for a in (-30, -10, 10, 30)]
    assert np.allclose(average_rotation(np.array(around)), middle)
    pulled = average_rotation(np.array([middle, middle @ poses.rotation_x(20)]), [1, 3])
    assert 10 < poses.rotation_angle(middle.T @ pulled) < 20
    with pytest.raises(ValueError, match="cancel"):
        average_rotation(np.array([poses.rotation_z(0), poses.rotation_z(180)]))
    with pytest.raises(ValueError, match="N, 3, 3"):
        average_rotation(np.zeros((0, 3, 3)))
