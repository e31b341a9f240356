"""Boxes: exact overlaps against sampling and closed forms, fits that find the box again, nearest points."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.geometry import polygons, poses
from sightline.geometry.box_fits import fit_oriented_box, fit_upright_box
from sightline.geometry.boxes import Box3D, giou, intersection_volume, iou
from sightline.geometry.nearest import closest, solid_points, spacing

seeds = st.integers(0, 2**32 - 1)


def any_box(rng: np.random.Generator, upright: bool = False) -> Box3D:
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.linalg.det(q))
    if upright:
        return Box3D.upright(0.3 * rng.normal(size=3), rng.uniform(0.5, 2, 3), rng.uniform(0, 360))
    return Box3D(0.3 * rng.normal(size=3), rng.uniform(0.5, 2, 3), q)


def surface(rng: np.random.Generator, box: Box3D, count: int, faces: tuple[int, ...]) -> np.ndarray:
    """Points spread evenly over some faces (0 and 1 are the ends of the first axis, and so on)."""
    areas = np.array([box.volume / box.size[f // 2] for f in faces])
    chosen = rng.choice(faces, count, p=areas / areas.sum())
    own = rng.uniform(-0.5, 0.5, (count, 3))
    own[np.arange(count), chosen // 2] = np.where(chosen % 2 == 0, -0.5, 0.5)
    return (own * box.size) @ box.rotation.T + box.centre


def grid(box: Box3D, steps: int) -> np.ndarray:
    """The centres of steps^3 equal cells of a box."""
    ticks = (np.arange(steps) + 0.5) / steps - 0.5
    own = np.stack(np.meshgrid(ticks, ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 3)
    return (own * box.size) @ box.rotation.T + box.centre


@given(seeds, st.booleans(), st.booleans())
@settings(deadline=None, max_examples=40)
def test_overlap_is_what_sampling_finds(seed: int, upright_a: bool, upright_b: bool) -> None:
    rng = np.random.default_rng(seed)
    a, b = any_box(rng, upright_a), any_box(rng, upright_b)
    sampled = a.volume * b.contains(grid(a, 40)).mean()
    exact = intersection_volume(a, b)
    assert exact == pytest.approx(sampled, abs=0.02 * a.volume)
    assert exact == pytest.approx(intersection_volume(b, a), abs=1e-9)
    assert 0 <= iou(a, b) <= 1
    assert iou(a, b) == pytest.approx(exact / (a.volume + b.volume - exact))


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_both_ways_to_an_upright_overlap_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = any_box(rng, True), any_box(rng, True)
    turn = np.eye(4)
    turn[:3, :3] = poses.rotation_x(50)  # the same pair, no longer upright, goes the general way
    assert intersection_volume(a, b) == pytest.approx(
        intersection_volume(a.transformed(turn), b.transformed(turn)), abs=1e-9
    )
    assert giou(a, b) == pytest.approx(giou(a.transformed(turn), b.transformed(turn)), abs=1e-9)


def test_overlaps_in_closed_form() -> None:
    unit = Box3D.between([0, 0, 0], [1, 1, 1])
    assert iou(unit, unit) == pytest.approx(1)
    assert giou(unit, unit) == pytest.approx(1)
    half = Box3D.between([0.5, 0, 0], [1.5, 1, 1])
    assert iou(unit, half) == pytest.approx(1 / 3)
    assert giou(unit, half) == pytest.approx(1 / 3)  # their hull is their union
    apart = Box3D.between([3, 0, 0], [4, 1, 1])
    assert iou(unit, apart) == 0
    assert giou(unit, apart) == pytest.approx(-0.5)  # hull 4, of which 2 are filled
    touching = Box3D.between([1, 0, 0], [2, 1, 1])
    assert iou(unit, touching) == 0
    turned = Box3D.upright([0.5, 0.5, 0.5], [1, 1, 1], 45)  # an octagon of area 2 (sqrt 2 - 1)
    assert intersection_volume(unit, turned) == pytest.approx(2 * (math.sqrt(2) - 1))
    inside = Box3D([0.5, 0.5, 0.5], [0.2, 0.2, 0.2], any_box(np.random.default_rng(0)).rotation)
    assert iou(unit, inside) == pytest.approx(0.008)
    # Faces in one plane, both general: a tilted pair that shares a face's plane.
    tilt = np.eye(4)
    tilt[:3, :3] = poses.rotation_x(30) @ poses.rotation_z(20)
    assert iou(unit.transformed(tilt), half.transformed(tilt)) == pytest.approx(1 / 3)
    assert iou(unit.transformed(tilt), touching.transformed(tilt)) == 0
    flat = Box3D.between([0, 0, 0], [1, 1, 0])
    assert iou(flat, unit) == 0
    assert iou(flat, flat) == 0
    tiny = Box3D([0, 0, 0], [1e-4, 1e-4, 1e-4], tilt[:3, :3])
    assert iou(tiny, tiny) == pytest.approx(1)


def test_corners_footprint_and_contents() -> None:
    box = Box3D.upright([1, 2, 3], [4, 2, 1], 30)
    assert box.is_upright
    assert box.bearing == pytest.approx(30)
    assert np.allclose(box.rotation[:, 1], poses.direction(30))
    corners = box.corners
    assert np.allclose(corners[:4, 2], 2.5)
    assert np.allclose(corners[4:, 2], 3.5)
    assert np.allclose(corners[4:, :2], corners[:4, :2])
    assert polygons.signed_area(box.footprint) == pytest.approx(8)  # counter-clockwise
    assert box.contains(corners, margin=1e-9).all()
    assert not box.contains(corners * 1.0 + (corners - box.centre) * 0.01).any()
    assert box.contains(box.centre)
    assert box.longest == 4
    assert box.volume == 8
    assert box.heights == pytest.approx((2.5, 3.5))
    assert box.distance_to([1, 2, 5]) == pytest.approx(1.5)
    assert box.distance_to(box.centre) == 0
    again = Box3D.from_json(json.loads(json.dumps(box.to_json())))
    assert np.allclose(again.corners, corners)
    for centre, size, rotation in (
        ([0, 0], [1, 1, 1], np.eye(3)),
        ([0, 0, 0], [1, -1, 1], np.eye(3)),
        ([0, 0, 0], [1, 1, 1], np.diag([1, 1, -1])),
        ([0, 0, np.nan], [1, 1, 1], np.eye(3)),
    ):
        with pytest.raises(ValueError, match="box"):
            Box3D(centre, size, rotation)


@pytest.mark.parametrize("faces", [(0, 1, 2, 3, 4, 5), (0, 2, 5), (0, 2)])
def test_fits_find_the_box_from_whole_and_from_seen_faces(faces: tuple[int, ...]) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        upright, turned = any_box(rng, upright=True), any_box(rng)
        strays = upright.centre + 3 * rng.normal(size=(15, 3))
        points = surface(rng, upright, 3000, faces) + 0.003 * rng.normal(size=(3000, 3))
        found = fit_upright_box(np.concatenate([points, strays]))
        assert iou(found, upright) > 0.92
        assert found.size[0] >= found.size[1]
        assert found.longest == pytest.approx(upright.longest, rel=0.03)
        points = surface(rng, turned, 3000, faces) + 0.003 * rng.normal(size=(3000, 3))
        found = fit_oriented_box(points)
        assert iou(found, turned) > 0.92
        assert found.size[0] >= found.size[1] >= found.size[2]
        assert found.longest == pytest.approx(turned.longest, rel=0.03)


def test_fits_of_next_to_nothing() -> None:
    for fit in (fit_upright_box, fit_oriented_box):
        one = fit([[1, 2, 3]])
        assert np.allclose(one.centre, [1, 2, 3])
        assert np.allclose(one.size, 0)
        two = fit([[0, 0, 0], [3, 4, 0]], trim=0)
        assert two.size == pytest.approx([5, 0, 0], abs=1e-9)
        flat = fit([[0, 0, 1], [2, 0, 1], [2, 1, 1], [0, 1, 1], [1, 0.5, 1]], trim=0)
        assert flat.size == pytest.approx([2, 1, 0], abs=1e-9)
        with pytest.raises(ValueError, match="finite point"):
            fit(np.full((3, 3), np.nan))
        with pytest.raises(ValueError, match="share"):
            fit(np.zeros((3, 3)), trim=0.6)


@given(seeds, st.floats(0, 180), st.floats(0.2, 3), st.floats(0.2, 3))
@settings(deadline=None, max_examples=30)
def test_the_smallest_rectangle_in_the_plan(seed: int, bearing: float, width: float, depth: float) -> None:
    rng = np.random.default_rng(seed)
    box = Box3D.upright([5, -3, 1], [width, depth, 1], bearing)
    points = np.concatenate([box.corners, grid(box, 3)[rng.permutation(27)]])
    assert iou(fit_upright_box(points, trim=0), box) > 1 - 1e-6


def test_polygons() -> None:
    square = np.array([[0, 0], [2, 0], [2, 2], [0, 2.0]])
    assert polygons.signed_area(square) == 4
    assert polygons.signed_area(square[::-1]) == -4
    assert np.allclose(polygons.centroid(square), [1, 1])
    ell = np.array([[0, 0], [3, 0], [3, 1], [1, 1], [1, 2], [0, 2.0]])
    assert polygons.area(ell) == 4
    assert np.allclose(polygons.centroid(ell), [1.25, 0.75])
    assert polygons.inside(ell, [[0.5, 1.5], [2, 1.5], [2, 0.5], [-1, 0.5]]).tolist() == [True, False, True, False]
    assert polygons.area(polygons.clip(ell, square + np.array([1, 0]))) == pytest.approx(2)
    assert polygons.area(polygons.clip(ell, (square + np.array([1, 0]))[::-1])) == pytest.approx(2)
    assert polygons.clip(ell, square + 9).shape == (0, 2)
    assert polygons.area(polygons.clip(ell, square + 9)) == 0
    assert np.allclose(polygons.distance_to_boundary(square, [[1, 1], [1, 1.5], [3, 3]]), [1, 0.5, math.sqrt(2)])
    assert np.allclose(polygons.centroid([[0, 0], [1, 1], [2, 2]]), [1, 1])


@given(seeds, st.integers(1, 60))
@settings(deadline=None, max_examples=40)
def test_hulls(seed: int, count: int) -> None:
    from scipy.spatial import ConvexHull

    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 2))
    hull = polygons.convex_hull(points)
    if count >= 3:
        assert polygons.signed_area(hull) == pytest.approx(ConvexHull(points).volume)
    many = np.concatenate([points, rng.uniform(-0.1, 0.1, (6000, 2))])
    assert polygons.area(polygons.convex_hull(many)) == pytest.approx(ConvexHull(many).volume)


def test_the_hull_of_walls_is_that_of_their_ends() -> None:
    """Points on straight walls, off by what numbers are rounded to, are all outermost."""
    rng = np.random.default_rng(0)
    ends = np.array([[-3.0, -2.0], [3.0, -2.0], [3.0, 2.0], [-3.0, 2.0]])
    share = rng.uniform(0, 1, (40_000, 1))
    side = rng.integers(0, 4, 40_000)
    walls = (ends[side] * (1 - share) + ends[(side + 1) % 4] * share).astype(np.float32).astype(np.float64)
    walls = walls @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    hull = polygons.convex_hull(np.concatenate([walls, ends @ np.array([[0.8, 0.6], [-0.6, 0.8]])]))
    assert polygons.area(hull) == pytest.approx(24.0, rel=1e-6)
    assert polygons.signed_area(hull) > 0
    on_a_line = np.outer(rng.uniform(0, 1, 5000), [2.0, 1.0])
    assert polygons.area(polygons.convex_hull(on_a_line)) == pytest.approx(0.0, abs=1e-9)


# The closest observed points


def test_the_closest_points_of_two_walls() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0, 1, (20_000, 3)), rng.uniform(0, 1, (20_000, 3))
    a[:, 0], b[:, 0] = 0, 1.5
    found = closest(a, b)
    assert found.distance == pytest.approx(1.5, rel=1e-3)
    assert found.low <= 1.5 <= found.high + 1e-9
    assert found.point_a[0] == 0
    assert found.point_b[0] == 1.5
    swapped = closest(b, a)
    assert swapped.distance == found.distance
    assert np.array_equal(swapped.point_a, found.point_b)


@given(seeds, st.integers(1, 300), st.integers(1, 300))
@settings(deadline=None, max_examples=40)
def test_without_strays_it_is_the_minimum_over_all_pairs(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.uniform(0, 1, (n, 3))
    b = rng.uniform(0, 1, (m, 3)) + rng.uniform(-2, 2, 3)
    for horizontal in (False, True):
        kept_a, kept_b = a[solid_points(a)], b[solid_points(b)]
        gaps = kept_a[:, None] - kept_b[None]
        if horizontal:
            gaps = gaps[..., :2]
        found = closest(a, b, horizontal=horizontal)
        assert found.distance == pytest.approx(np.linalg.norm(gaps, axis=-1).min())
        assert found.low <= found.distance <= found.high


def test_strays_do_not_decide() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0, 1, (5000, 3)), rng.uniform(0, 1, (5000, 3)) + np.array([3, 0, 0])
    b[:3] = [[1.2, 0.5, 0.5], [1.5, 0.2, 0.1], [2, 2, 2]]
    assert not solid_points(b)[:3].any()
    assert solid_points(b)[3:].mean() > 0.99
    assert closest(a, b).distance > 1.99


def test_horizontal_is_between_footprints() -> None:
    rng = np.random.default_rng(0)
    lamp, table = (
        rng.uniform(0, 1, (3000, 3)) + np.array([0, 0, 2]),
        rng.uniform(0, 1, (3000, 3)) + np.array([0.5, 0, 0]),
    )
    assert closest(lamp, table).distance > 0.9
    assert closest(lamp, table, horizontal=True).low == 0
    assert closest(lamp, table + np.array([2, 0, 0]), horizontal=True).distance == pytest.approx(1.5, abs=0.05)


def test_the_radius_widens_the_interval() -> None:
    a, b = np.zeros((1, 3)), np.array([[2.0, 0, 0]])
    found = closest(a, b, [0.1], [0.2])
    assert (found.low, found.distance, found.high) == pytest.approx((2 - 0.6, 2, 2.3))
    for wrong in (np.zeros((0, 3)), np.full((2, 3), np.nan), np.zeros((2, 2))):
        with pytest.raises(ValueError, match="finite points"):
            closest(wrong, b)
    with pytest.raises(ValueError, match="one radius"):
        closest(a, b, [1, 2])


def test_spacing() -> None:
    line = np.column_stack([np.arange(50) * 0.2, np.zeros(50), np.zeros(50)])
    assert spacing(line) == pytest.approx(0.2)
    assert spacing(line[:1]) == 0
