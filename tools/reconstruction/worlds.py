"""A COLMAP model as a `Reconstruction` in Sightline's world: z up, origin at the first camera, +y its forward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera
from sightline.geometry.clouds import PointCloud
from sightline.geometry.gravity import estimate_gravity
from sightline.geometry.poses import camera_up, level_world, pose_from
from sightline.geometry.reconstructions import Reconstruction, UpKind
from sightline.tools.back_ends.protocols import Seen
from sightline.tools.reconstruction.lenses import fitted_intrinsics, strongest_bend

_BENT = 0.02
"""Share by which a lens moves a corner from which a straight line is seen to bend."""


def in_own_world(model: Any, pictures: Sequence[Seen]) -> Reconstruction:
    """A model's cameras for these pictures, and the points that they see.

    A point is listed once for every picture that saw it, so that `seen_in` tells the truth. One scene unit is the
    median distance from the cameras to the points that they see.

    Args:
        model: pycolmap's.
        pictures: Those that are believed, in input order.
    """
    images = {model.image(i).name: model.image(i) for i in model.reg_image_ids()}
    shared: dict[int, int] = {}
    for picture in pictures:
        shared[images[picture.handle].camera_id] = shared.get(images[picture.handle].camera_id, 0) + 1
    cameras, points, colors, view = {}, [], [], []
    for number, picture in enumerate(pictures):
        image = images[picture.handle]
        from_world = image.cam_from_world()
        rotation = np.asarray(from_world.rotation.matrix())
        pose = pose_from(rotation.T, -rotation.T @ np.asarray(from_world.translation))
        intrinsics = fitted_intrinsics(picture.intrinsics, image.camera, shared[image.camera_id])
        cameras[picture.handle] = Camera(intrinsics, pose)
        seen = [(p.point3D_id, p.xy) for p in image.points2D if p.has_point3D()]
        points.append(np.array([model.point3D(i).xyz for i, _ in seen]).reshape(-1, 3))
        colors.append(_colors(picture.pixels, np.array([xy for _, xy in seen]).reshape(-1, 2)))
        view.append(np.full(len(seen), number, np.int32))
    cloud = PointCloud(np.concatenate(points).astype(np.float32), np.concatenate(colors), np.concatenate(view))
    up, kind, error, how = _up([camera.pose for camera in cameras.values()], cloud.points)
    raw = Reconstruction(
        cameras=cameras,
        cloud=cloud,
        scale_kind="relative",
        scale_because="photos alone give no size; a unit is the median distance from the cameras to what they see",
        up=kind,
        up_error=error,
        warnings=tuple(_warnings(cameras, how)),
        method=f"structure from motion from {len(cameras)} pictures",
    )
    first = next(iter(cameras.values()))
    distances = np.concatenate(
        [np.linalg.norm(p - c.position, axis=1) for p, c in zip(points, cameras.values(), strict=True)]
    )
    unit = np.diag([*(3 * [1 / float(np.median(distances))]), 1.0])
    return raw.transformed(unit @ level_world(first.pose, up))


def _up(
    poses: Sequence[NDArray[np.float64]], points: NDArray[np.float32]
) -> tuple[NDArray[np.float64], UpKind, float, str]:
    """Up in the model's world, where it comes from, its error in degrees, and in words."""
    try:
        gravity = estimate_gravity(np.array(poses), points)
    except ValueError as error:
        return camera_up(poses[0]), "assumed", 0.0, f"up is assumed to be the first camera's: {error}"
    return np.asarray(gravity.up), "estimated", gravity.error, ""


def _warnings(cameras: dict[str, Camera], how_up: str) -> list[str]:
    out = [how_up] if how_up else []
    intrinsics = next(iter(cameras.values())).intrinsics
    if len(cameras) == 2 and intrinsics.source == "estimated":
        out.append(
            "two pictures hardly tell the field of view: shapes may be stretched in depth; state it or add pictures"
        )
    bend = max(strongest_bend(camera.intrinsics) for camera in cameras.values())
    if bend > _BENT:
        out.append(f"the lens bends straight lines (corners move by {100 * bend:.0f} %); it was corrected for")
    return out


def _colors(pixels: NDArray[np.uint8], places: NDArray[np.float64]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    columns = np.clip(places[:, 0].astype(np.intp), 0, width - 1)
    rows = np.clip(places[:, 1].astype(np.intp), 0, height - 1)
    return pixels[rows, columns]
