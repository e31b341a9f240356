"""What a camera that never was would see of a reconstruction, with what was never seen left as such.

A mesh is ray-cast where there is one and open3d is installed; everything else is splatted.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import rotation_angle
from sightline.geometry.reconstructions import Mesh, Reconstruction
from sightline.geometry.splatting import Splat, hidden_filled, paint_unseen, splat

LONGEST, SHORTEST_LONGEST = 1024, 512
"""Pixels: between these lies the longer side of a rendered view."""
DOT_SHARE = 0.0015
"""Radius that sparse points are drawn with, as a share of the scene's size: without, nobody sees single pixels."""
REPEATS_DEGREES = 5.0
REPEATS_SHARE = 0.03
"""A view turned by less than the one, and moved by less than the other (as a share of the scene's size), shows what the
input picture shows."""
REPEATS_WIDER = 1.1
"""Unless its field of view is wider by more than this factor."""


@dataclass(frozen=True)
class Rendering:
    """A rendered view.

    Attributes:
        pixels: (H, W, 3) uint8; hatched where nothing is known.
        depth: (H, W) float32 z-depth in world units, NaN where nothing is known.
        coverage: Share of the pixels that show something, 0 to 1.
        sparse: Whether single points were drawn, as dots, so that gaps between them say nothing.
    """

    pixels: NDArray[np.uint8]
    depth: NDArray[np.float32]
    coverage: float
    sparse: bool


def render(reconstruction: Reconstruction, camera: Camera, keep: NDArray[np.bool_] | None = None) -> Rendering:
    """What a camera would see.

    Args:
        reconstruction: What there is.
        camera: Where from; its intrinsics give the picture's size.
        keep: (N,), which points of the cloud to show; all where None. A mesh is not used then.
    """
    sparse = is_sparse(reconstruction)
    picture = None
    if reconstruction.mesh is not None and keep is None:
        picture = _ray_cast(reconstruction.mesh, camera)
    if picture is None:
        cloud = reconstruction.cloud if keep is None else reconstruction.cloud.where(keep)
        if sparse:
            cloud = with_dots(cloud, DOT_SHARE * scene_size(reconstruction))
        picture = splat(cloud, camera)
        if not sparse:
            picture = hidden_filled(picture)
    return Rendering(paint_unseen(picture), picture.depth, picture.coverage, sparse)


def is_sparse(reconstruction: Reconstruction) -> bool:
    """Whether there are only single points, without depth maps, a mesh, or the size of what a point stands for."""
    if reconstruction.depths or reconstruction.mesh is not None or len(reconstruction.cloud) == 0:
        return False
    return not bool((reconstruction.cloud.radius > 0).any())


def with_dots(cloud: PointCloud, radius: float) -> PointCloud:
    """The cloud with every point as large as this."""
    return replace(cloud, radius=np.full(len(cloud), radius, np.float32))


def scene_size(reconstruction: Reconstruction) -> float:
    """Diagonal of the box around the points (but for stray ones) and the cameras, in world units; positive."""
    corners = [camera.position for camera in reconstruction.cameras.values()]
    if len(reconstruction.cloud):
        corners += list(reconstruction.cloud.extent())
    if not corners:
        return 1.0
    size = float(np.linalg.norm(np.ptp(np.array(corners), axis=0)))
    return size if size > 0 else 1.0


def lens_for(intrinsics: Intrinsics, field_of_view: float | None = None) -> Intrinsics:
    """The lens of a rendered view: an input camera's without its distortion, at a size that suits a model.

    Args:
        intrinsics: Of the camera that the view starts from.
        field_of_view: Horizontal, in degrees, for another one.

    Raises:
        ValueError: It is not between 0 and 180 degrees.
    """
    longest = max(intrinsics.size)
    scale = min(max(longest, SHORTEST_LONGEST), LONGEST) / longest
    width, height = (max(1, round(side * scale)) for side in intrinsics.size)
    if field_of_view is None:
        return replace(intrinsics.resized((width, height)), distortion=())
    return replace(
        Intrinsics.from_field_of_view((width, height), field_of_view, "known"),
        source=intrinsics.source,
        focal_factor=intrinsics.focal_factor,
    )


def repeated(reconstruction: Reconstruction, camera: Camera) -> str | None:
    """Handle of the input picture that a view from this camera only repeats; None where it shows something else."""
    near = REPEATS_SHARE * scene_size(reconstruction)
    best: tuple[float, str] | None = None
    for handle, known in reconstruction.cameras.items():
        moved = float(np.linalg.norm(camera.position - known.position))
        turned = rotation_angle(known.rotation.T @ camera.rotation)
        wider = camera.intrinsics.horizontal_fov / known.intrinsics.horizontal_fov
        if moved < near and turned < REPEATS_DEGREES and wider < REPEATS_WIDER:
            apart = moved / near + turned / REPEATS_DEGREES
            if best is None or apart < best[0]:
                best = (apart, handle)
    return None if best is None else best[1]


# The scene that open3d builds of a mesh, while the mesh lives: building takes far longer than casting.
_scenes: dict[int, tuple[weakref.ref[Mesh], Any]] = {}


def _ray_cast(mesh: Mesh, camera: Camera) -> Splat | None:
    """The mesh as the camera sees it; None where open3d is not installed. `index` counts triangles."""
    try:
        import open3d
    except ImportError:
        return None
    o3d: Any = open3d
    held = _scenes.get(id(mesh))
    if held is None or held[0]() is not mesh:
        scene = o3d.t.geometry.RaycastingScene()
        scene.add_triangles(
            o3d.core.Tensor(np.ascontiguousarray(mesh.vertices, np.float32)),
            o3d.core.Tensor(np.ascontiguousarray(mesh.triangles, np.uint32)),
        )
        key = id(mesh)
        held = _scenes[key] = (weakref.ref(mesh, lambda _: _scenes.pop(key, None)), scene)
    k = camera.intrinsics
    local = k.unproject(k.pixel_grid())  # z is 1 along each ray, so that the distance hit is the z-depth
    rays = np.empty((k.height, k.width, 6), np.float32)
    rays[..., :3], rays[..., 3:] = camera.position, local @ camera.rotation.T
    hit = held[1].cast_rays(o3d.core.Tensor(rays))
    depth, triangle, uv = (hit[name].numpy() for name in ("t_hit", "primitive_ids", "primitive_uvs"))
    seen = np.isfinite(depth)
    corners = mesh.colors[mesh.triangles[np.where(seen, triangle, 0)]].astype(np.float32)
    weights = np.stack([1 - uv.sum(axis=-1), uv[..., 0], uv[..., 1]], axis=-1)
    color = np.rint((corners * weights[..., None]).sum(axis=-2)).clip(0, 255).astype(np.uint8)
    return Splat(
        np.where(seen[..., None], color, np.uint8(0)),
        np.where(seen, depth, np.float32(np.nan)),
        np.where(seen, triangle.astype(np.int64), -1).astype(np.int32),
    )
