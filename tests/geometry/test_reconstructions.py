"""Reconstructions: another world changes nothing that a picture shows; arrays and JSON give it back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sightline.geometry import poses
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.reconstructions import Mesh, Reconstruction


def example(**changes: Any) -> Reconstruction:
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (50, 3)).astype(np.float32)
    inner = Intrinsics.from_focal((64, 48), 60.0)
    cameras = {
        "img1": Camera(inner, poses.look_at([0, -4, 1], [0, 0, 0])),
        "img2": Camera(inner, poses.look_at([3, -3, 1], [0, 0, 0])),
    }
    cloud = PointCloud(points, rng.integers(0, 255, (50, 3)).astype(np.uint8), np.arange(50, dtype=np.int32) % 2)
    mesh = Mesh(points[:3], np.array([[0, 1, 2]], np.int32), np.zeros((3, 3), np.uint8))
    fields: dict[str, Any] = {
        "depths": {"img1": np.full((48, 64), 4, np.float32)},
        "left_out": {"img3": "too few matches"},
        "warnings": ("one",),
        "mesh": mesh,
        "up": "estimated",
        "up_error": 2.0,
    }
    return Reconstruction(cameras, cloud, "relative", **{**fields, **changes})


def test_another_world_shows_the_same_pictures() -> None:
    old = example()
    matrix = np.eye(4)
    matrix[:3, :3] = 2.5 * poses.rotation_x(40) @ poses.rotation_z(70)
    matrix[:3, 3] = [1, -2, 3]
    new = old.transformed(matrix)
    for handle in old.handles:
        before, depth_before = old.cameras[handle].project(old.cloud.points)
        after, depth_after = new.cameras[handle].project(new.cloud.points)
        assert np.allclose(before, after, atol=1e-3)
        assert np.allclose(depth_after, 2.5 * depth_before, rtol=1e-5)
    assert np.allclose(new.depths["img1"], 10)
    assert new.mesh is not None
    assert np.allclose(new.mesh.vertices, new.cloud.points[:3], atol=1e-5)


def test_there_and_back_through_arrays_and_json() -> None:
    old = example()
    arrays, data = old.to_arrays()
    new = Reconstruction.from_arrays(arrays, json.loads(json.dumps(data)))
    assert new.handles == old.handles
    assert np.array_equal(new.cloud.points, old.cloud.points)
    assert np.array_equal(new.cameras["img2"].pose, old.cameras["img2"].pose)
    assert np.array_equal(new.depths["img1"], old.depths["img1"])
    assert new.mesh is not None
    assert (new.up, new.up_error, new.left_out, new.warnings) == (
        "estimated",
        2.0,
        {"img3": "too few matches"},
        ("one",),
    )
    assert Reconstruction.from_arrays(*example(mesh=None, depths={}).to_arrays()).mesh is None


def test_which_points_a_picture_saw() -> None:
    assert np.array_equal(example().seen_in("img2"), np.arange(50) % 2 == 1)


def test_refusals() -> None:
    old = example()
    with pytest.raises(ValueError, match="ordinal"):
        Reconstruction(old.cameras, old.cloud, "ordinal")
    with pytest.raises(ValueError, match="no camera"):
        example(depths={"img9": np.zeros((2, 2), np.float32)})
