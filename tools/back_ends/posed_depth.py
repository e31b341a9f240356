"""Cameras and dense depth that one instrument gives at once, as a reconstruction.

The seam for learned reconstructors, such as Depth Anything 3 and VGGT: they return a pose, a lens and a depth map for
each picture in a world of their own. What a back end made of one has to bring is in `reconstruction_of`'s arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud, smooth_depth
from sightline.geometry.gravity import estimate_gravity
from sightline.geometry.poses import camera_up, level_world
from sightline.geometry.quantities import ScaleKind
from sightline.geometry.reconstructions import Reconstruction, UpKind
from sightline.tools.back_ends.protocols import Seen

MOST_POINTS = 8_000_000
"""Points of a cloud; more pixels are lifted more thinly."""


@dataclass(frozen=True)
class PosedDepth:
    """One picture with its camera and its depth.

    Attributes:
        picture: As the back end was given it.
        pose: Camera-to-world, (4, 4), in any right-handed world; x right, y down, z forward in the camera. Models that
            give world-to-camera give its inverse.
        depth: (h, w) z-depth in that world's unit, NaN where unknown or not to be trusted; of any size with the
            picture's aspect.
        intrinsics: For the picture as stored; None keeps those that came with it.
    """

    picture: Seen
    pose: NDArray[np.float64]
    depth: NDArray[np.float32]
    intrinsics: Intrinsics | None = None


def reconstruction_of(
    views: Sequence[PosedDepth],
    method: str,
    scale_kind: ScaleKind = "relative",
    scale_factor: float = 1.0,
    scale_because: str = "",
) -> Reconstruction:
    """Every pixel of the pictures in one world: z up, origin at the first camera.

    Up comes from the floor or from how the cameras were held, else the first camera's is assumed. Of a relative scale
    one unit is the median distance from the cameras to what they see.

    Args:
        views: One or more, in the order of the pictures.
        method: What made it, in words.
        scale_kind: What a unit of the poses and depths is worth.
        scale_factor: How far lengths may be off, as a factor.
        scale_because: What the scale comes from, in words.

    Raises:
        ValueError: There are no views, the scale is ordinal, or a pose is none.
    """
    if not views:
        raise ValueError("a reconstruction is made of one view or more")
    cameras = {
        view.picture.handle: Camera(view.intrinsics or view.picture.intrinsics, np.asarray(view.pose, dtype=np.float64))
        for view in views
    }
    cloud, depths = lifted(views, list(cameras.values()))
    first = views[0].pose
    up, error = camera_up(first), 0.0
    kind: UpKind = "assumed"
    warnings: tuple[str, ...] = ()
    try:
        gravity = estimate_gravity(np.array([camera.pose for camera in cameras.values()]), cloud.thinned(50_000).points)
        up, kind, error = np.asarray(gravity.up), "estimated", gravity.error
    except ValueError as why:
        warnings = (f"up is assumed to be the first camera's: {why}",)
    unit = 1.0
    if scale_kind == "relative" and len(cloud):
        eyes = np.array([camera.position for camera in cameras.values()])
        unit = 1 / float(np.median(np.linalg.norm(cloud.points - eyes[cloud.view], axis=1)))
    raw = Reconstruction(
        cameras=cameras,
        cloud=cloud,
        scale_kind=scale_kind,
        scale_factor=scale_factor,
        scale_because=scale_because,
        up=kind,
        up_error=error,
        depths=depths,
        warnings=warnings,
        method=method,
    )
    return raw.transformed(np.diag([unit, unit, unit, 1.0]) @ level_world(first, up))


def lifted(
    views: Sequence[PosedDepth], cameras: Sequence[Camera], leave: Sequence[NDArray[np.bool_] | None] = ()
) -> tuple[PointCloud, dict[str, NDArray[np.float32]]]:
    """All pixels whose depth is known and lies on no edge, and the depth maps by handle.

    Args:
        views: The pictures with their depth.
        cameras: Of each, in the world that the points are wanted in; for the pictures as stored.
        leave: (h, w) of each, pixels that make no points, beside those that the picture says to ignore; None for none.
    """
    import cv2

    step = max(1, int(np.ceil(np.sqrt(sum(view.depth.size for view in views) / MOST_POINTS))))
    clouds, depths = [], {}
    for index, (view, camera) in enumerate(zip(views, cameras, strict=True)):
        rows, columns = view.depth.shape
        small = Camera(camera.intrinsics.resized((columns, rows)), camera.pose)
        keep = smooth_depth(view.depth)
        keep &= np.add.outer(np.arange(rows) % step, np.arange(columns) % step) == 0
        if view.picture.ignore is not None:
            ignore = cv2.resize(view.picture.ignore.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_AREA)
            keep &= np.asarray(ignore) == 0
        if leave and (left := leave[index]) is not None:
            keep &= ~left
        pixels = view.picture.pixels
        if pixels.shape[:2] != (rows, columns):
            pixels = np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        cloud = PointCloud.from_depth(small, view.depth, pixels, index, keep)
        clouds.append(replace(cloud, radius=cloud.radius * np.float32(step)))
        depths[view.picture.handle] = view.depth
    return PointCloud.joined(clouds), depths
