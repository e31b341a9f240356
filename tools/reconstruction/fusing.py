"""Depth maps with known cameras fused into one surface: open3d's TSDF volume (Curless and Levoy 1996)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.reconstructions import Mesh, Reconstruction
from sightline.memory import InfrastructureError

_CELLS = 256
"""Cells of the volume along the longest side of the scene: finer needs more memory than it shows."""
_TRUNCATED = 4.0
"""Cells over which a surface is spread."""


def with_mesh(reconstruction: Reconstruction, colors: dict[str, NDArray[np.uint8]]) -> Reconstruction:
    """The same reconstruction with the surface that its depth maps agree on.

    Args:
        reconstruction: With dense depth.
        colors: (H, W, 3) pixels by handle, for every picture with a depth map.

    Raises:
        InfrastructureError: open3d is not installed, or lacks a library of the system.
    """
    try:
        import open3d as o3d
    except (ImportError, OSError) as error:
        raise InfrastructureError(
            f"a surface cannot be made: open3d does not load ({error}).",
            "Run: pip install 'sightline[recon]', and on Debian: apt-get install libusb-1.0-0 libgl1",
        ) from error
    import cv2

    geometry: Any = o3d.geometry
    low, high = reconstruction.cloud.extent()
    cell = float(np.max(high - low)) / _CELLS
    volume = o3d.pipelines.integration.ScalableTSDFVolume(
        voxel_length=cell,
        sdf_trunc=_TRUNCATED * cell,
        color_type=o3d.pipelines.integration.TSDFVolumeColorType.RGB8,
    )
    for handle, depth in reconstruction.depths.items():
        camera = reconstruction.cameras[handle]
        rows, columns = depth.shape
        lens = camera.intrinsics.resized((columns, rows))
        color = cv2.resize(colors[handle], (columns, rows), interpolation=cv2.INTER_AREA)
        known = np.where(np.isfinite(depth) & (depth > 0), depth, 0).astype(np.float32)
        rgbd = geometry.RGBDImage.create_from_color_and_depth(
            geometry.Image(np.ascontiguousarray(color)),
            geometry.Image(np.ascontiguousarray(known)),
            depth_scale=1.0,
            depth_trunc=float(known.max()) + 1,
            convert_rgb_to_intensity=False,
        )
        # Open3D's pixel (0, 0) is the centre of the first one, ours its corner.
        pinhole = o3d.camera.PinholeCameraIntrinsic(columns, rows, lens.fx, lens.fy, lens.cx - 0.5, lens.cy - 0.5)
        volume.integrate(rgbd, pinhole, camera.world_to_camera)
    mesh = volume.extract_triangle_mesh()
    return replace(
        reconstruction,
        mesh=Mesh(
            np.asarray(mesh.vertices, np.float32),
            np.asarray(mesh.triangles, np.int32),
            np.clip(np.round(np.asarray(mesh.vertex_colors) * 255), 0, 255).astype(np.uint8),
        ),
    )
