"""Views rendered from depth maps beside the true picture from the same camera."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.render import Rendered, cameras_around, render
from sightline.evals.synthetic.rooms import Scene, example_room
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud, smooth_depth
from sightline.geometry.reconstructions import Reconstruction
from sightline.tools.camera import rendering

SIZE = (320, 320)
ROLES = ("between", "nearer and rolled", "beside")


def camera_of(picture: Rendered) -> Camera:
    k = picture.matrix
    return Camera(Intrinsics(*SIZE, k[0, 0], k[1, 1], k[0, 2], k[1, 2]), picture.pose)


def depth_of(picture: Rendered) -> NDArray[np.float32]:
    return np.where(np.isfinite(picture.depth), picture.depth, np.nan).astype(np.float32)


@pytest.fixture(scope="module")
def world() -> tuple[Scene, list[CameraSpec], list[Rendered], Reconstruction]:
    scene = example_room(0)
    specs = cameras_around(scene, 5)
    pictures = [render(scene, spec, SIZE) for spec in specs]
    depths = {f"img{k + 1}": depth_of(picture) for k, picture in enumerate(pictures)}
    cameras = {f"img{k + 1}": camera_of(picture) for k, picture in enumerate(pictures)}
    clouds = [
        PointCloud.from_depth(camera_of(p), depth_of(p), p.colour, k, smooth_depth(depth_of(p)))
        for k, p in enumerate(pictures)
    ]
    cloud = PointCloud.joined(clouds)
    return scene, specs, pictures, Reconstruction(cameras, cloud, "measured", up="known", depths=depths)


def seen_by_any(truth: Rendered, pictures: list[Rendered]) -> NDArray[np.bool_]:
    """Which of a picture's pixels show something that an input shows as well."""
    own = camera_of(truth)
    points = own.unproject(own.intrinsics.pixel_grid(), depth_of(truth))
    seen = np.zeros(truth.depth.shape, bool)
    for picture in pictures:
        pixels, depth = camera_of(picture).project(points)
        with np.errstate(invalid="ignore"):
            inside = ((pixels >= 0) & (pixels < SIZE)).all(axis=-1)
        columns, rows = np.where(inside[..., None], pixels, 0).astype(int).transpose(2, 0, 1)
        seen |= inside & (np.abs(picture.depth[rows, columns] - depth) < 0.02 * depth)
    return seen


@pytest.mark.parametrize("role", ROLES)
def test_a_view_from_depth_maps_agrees_with_the_truth(
    world: tuple[Scene, list[CameraSpec], list[Rendered], Reconstruction], role: str
) -> None:
    scene, specs, pictures, reconstruction = world
    one, other = specs[2], specs[3]
    middle = (np.array(one.position) + np.array(other.position)) / 2
    turned = (other.bearing - one.bearing + 180) % 360 - 180
    spec = replace(one, position=tuple(middle), bearing=one.bearing + turned / 2)
    ahead = np.array([math.sin(math.radians(spec.bearing)), math.cos(math.radians(spec.bearing)), -0.2])
    if role == "nearer and rolled":
        spec = replace(spec, position=tuple(middle + 0.7 * ahead), roll=20.0, pitch=spec.pitch - 5)
    if role == "beside":
        spec = replace(spec, position=tuple(middle + 0.6 * np.array([ahead[1], -ahead[0], 0.2])), fov=60.0)
    truth = render(scene, spec, SIZE)
    view = rendering.render(reconstruction, camera_of(truth))
    known = seen_by_any(truth, pictures)
    shown = known & np.isfinite(view.depth)
    assert known.mean() > 0.5
    assert shown.sum() >= 0.95 * known.sum()
    error = (view.pixels[shown].astype(float) - truth.colour[shown].astype(float)) ** 2
    assert 10 * math.log10(255**2 / error.mean()) >= 25
    behind = view.depth[shown] > 1.03 * truth.depth[shown]
    assert behind.mean() < 0.01
