"""Clouds: lifted pixels land where they were seen, edges are told from slants, worlds change without loss."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.geometry import poses
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud, smooth_depth


def camera() -> Camera:
    return Camera(Intrinsics(40, 30, 35.0, 36.0, 20.5, 14.5), poses.look_at([1, 2, 3], [4, 9, 2]))


def test_lifted_pixels_project_back_to_their_centres() -> None:
    eye = camera()
    rng = np.random.default_rng(0)
    depth = rng.uniform(1, 5, (30, 40)).astype(np.float32)
    depth[3, 4], depth[5, 6], depth[7, 8] = np.nan, 0, -1
    colors = rng.integers(0, 256, (30, 40, 3)).astype(np.uint8)
    cloud = PointCloud.from_depth(eye, depth, colors, view=2)
    assert len(cloud) == 30 * 40 - 3
    pixels, z = eye.project(cloud.points)
    columns, rows = np.floor(pixels).astype(int).T
    assert np.allclose(pixels % 1, 0.5, atol=1e-3)
    assert np.allclose(depth[rows, columns], z, rtol=1e-5)
    assert np.array_equal(colors[rows, columns], cloud.colors)
    assert (cloud.view == 2).all()
    # A point stands for its pixel: half a pixel wide, at its depth.
    assert np.allclose(cloud.radius, 0.5 * z / 35.0, rtol=1e-4)
    kept = PointCloud.from_depth(eye, depth, colors, 0, keep=depth > 3)
    assert len(kept) == np.count_nonzero(depth > 3)


def test_joining_choosing_and_thinning() -> None:
    rng = np.random.default_rng(0)
    one = PointCloud(rng.normal(size=(10, 3)).astype(np.float32), np.zeros((10, 3), np.uint8))
    two = PointCloud(rng.normal(size=(5, 3)).astype(np.float32), np.ones((5, 3), np.uint8), np.full(5, 3, np.int32))
    both = PointCloud.joined([one, two])
    assert len(both) == 15
    assert both.view.tolist() == [-1] * 10 + [3] * 5
    assert np.array_equal(both.where(both.view == 3).points, two.points)
    assert len(both.thinned(4)) == 4
    assert both.thinned(20) is both
    assert len(PointCloud.joined([])) == 0
    with pytest.raises(ValueError, match="no extent"):
        PointCloud.empty().extent()
    for wrong in (np.zeros((3, 2), np.float32), np.zeros((4, 3), np.float32)):
        with pytest.raises(ValueError, match="N, 3"):
            PointCloud(wrong, np.zeros((3, 3), np.uint8))


def test_a_similarity_moves_points_and_scales_radii() -> None:
    points = np.array([[1, 0, 0], [0, 2, 0]], np.float32)
    cloud = PointCloud(points, np.zeros((2, 3), np.uint8), radius=np.array([1, 2], np.float32))
    matrix = np.eye(4)
    matrix[:3, :3] = 3 * poses.rotation_z(90)
    matrix[:3, 3] = [10, 20, 30]
    moved = cloud.transformed(matrix)
    assert np.allclose(moved.points, [[10, 23, 30], [4, 20, 30]])
    assert np.allclose(moved.radius, [3, 6])


def test_the_extent_leaves_strays_out() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 1, (1000, 3)).astype(np.float32)
    points[:3] = 100
    low, high = PointCloud(points, np.zeros((1000, 3), np.uint8)).extent(trim=0.02)
    assert (low >= 0).all()
    assert (high <= 1).all()
    assert (high - low > 0.95).all()


def test_edges_are_told_from_slants() -> None:
    # A floor that runs to the horizon: depth doubles from row to row near the end, and is one smooth plane.
    rows = np.arange(60) + 0.5
    floor = np.repeat((50.0 / (61 - rows))[:, None], 40, axis=1).astype(np.float32)
    assert smooth_depth(floor).all()
    wall = np.full((60, 40), 5.0, np.float32)
    wall[20:40, 10:20] = 3.0
    assert smooth_depth(wall).all()  # a sharp edge has nothing between its two surfaces
    wall[20:40, 9] = wall[20:40, 20] = 4.0
    wall[19, 9:21] = wall[40, 9:21] = 4.0
    between = wall == 4.0
    smooth = smooth_depth(wall)
    assert smooth[~between].all()
    corners = between.copy()
    corners[np.ix_([19, 40], [9, 20])] = False
    assert not smooth[corners].any()
    # A leg of one pixel's width is nearer than what is on both of its sides: it is a thing.
    leg = np.full((20, 21), 5.0, np.float32)
    leg[:, 10] = 3.0
    assert smooth_depth(leg).all()
    hole = np.full((9, 9), 2.0, np.float32)
    hole[4, 4] = np.nan
    assert not smooth_depth(hole)[4, 4]
    assert np.count_nonzero(smooth_depth(hole)) == 80
