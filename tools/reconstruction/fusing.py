"""Depth maps with known cameras fused into one surface: open3d's TSDF voxel blocks (Curless and Levoy 1996)."""

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
_BLOCK = 16
"""Cells along a side of a block; only blocks near a surface take memory."""
_BLOCKS = 1000
"""Blocks to begin with; it grows."""


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

    core: Any = o3d.core
    images: Any = o3d.t.geometry
    low, high = reconstruction.cloud.extent()
    cell = float(np.max(high - low)) / _CELLS
    # Not ScalableTSDFVolume: with open3d 0.20 it stays empty whatever it is given.
    volume: Any = images.VoxelBlockGrid(
        attr_names=("tsdf", "weight", "color"),
        attr_dtypes=(core.float32, core.float32, core.float32),
        attr_channels=((1), (1), (3)),
        voxel_size=cell,
        block_resolution=_BLOCK,
        block_count=_BLOCKS,
        device=core.Device("CPU:0"),
    )
    for handle, depth in reconstruction.depths.items():
        camera = reconstruction.cameras[handle]
        rows, columns = depth.shape
        lens = camera.intrinsics.resized((columns, rows))
        color = cv2.resize(colors[handle], (columns, rows), interpolation=cv2.INTER_AREA)
        known = np.where(np.isfinite(depth) & (depth > 0), depth, 0).astype(np.float32)
        # Open3D's pixel (0, 0) is the centre of the first one, ours its corner.
        inner = core.Tensor(lens.matrix - [[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]])
        outer = core.Tensor(np.ascontiguousarray(camera.world_to_camera))
        seen = images.Image(core.Tensor(np.ascontiguousarray(known)))
        painted = images.Image(core.Tensor(np.ascontiguousarray(color.astype(np.float32))))
        how = (inner, outer, 1.0, float(known.max()) + 1, _TRUNCATED)  # depth in world units, as far as any
        volume.integrate(volume.compute_unique_block_coordinates(seen, *how), seen, painted, *how)
    mesh = volume.extract_triangle_mesh(0.5)  # where any picture saw it
    return replace(
        reconstruction,
        mesh=Mesh(
            mesh.vertex.positions.numpy().astype(np.float32),
            mesh.triangle.indices.numpy().astype(np.int32),
            np.clip(np.round(mesh.vertex.colors.numpy()), 0, 255).astype(np.uint8),
        ),
    )
