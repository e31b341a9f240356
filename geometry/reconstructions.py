"""A reconstruction: cameras and points in one world, with what is known of its scale and of where up is.

It is plain data, kept as arrays and JSON by whoever stores it. Everything asked of it later (views, maps, distances) is
computed from this; it is made once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.cameras import Camera, Floats
from sightline.geometry.clouds import PointCloud
from sightline.geometry.quantities import ScaleKind

UpKind = Literal["known", "estimated", "assumed"]
"""Where up comes from: ground truth or a sensor, a fit to the scene (floor, cameras), or just the first camera."""


@dataclass(frozen=True)
class Mesh:
    """Triangles, where there are any.

    Attributes:
        vertices: (V, 3) float32, world.
        triangles: (T, 3) int32, indices of vertices.
        colors: (V, 3) uint8.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.int32]
    colors: NDArray[np.uint8]


@dataclass(frozen=True)
class Reconstruction:
    """Cameras and points in one world: z up, origin at the first camera, +y its horizontal forward.

    Attributes:
        cameras: By handle of the picture, in the order `cloud.view` counts them. Intrinsics are for the stored picture.
        cloud: The points.
        scale_kind: What its unit of length is worth; metric kinds are in metres.
        scale_factor: How far a length may be off, as a factor; 1 for `relative`.
        scale_because: What the scale comes from, in words.
        up: Where up comes from.
        up_error: Degrees by which up may be off.
        depths: Dense z-depth by handle, (h, w) float32 in world units, NaN where unknown; of any size with the
            picture's aspect. Empty for a sparse reconstruction.
        left_out: Pictures that could not be placed, and why.
        warnings: What the reader must know, a sentence each.
        method: What made it, in words.
        mesh: The surface, where one was made.
    """

    cameras: dict[str, Camera]
    cloud: PointCloud
    scale_kind: ScaleKind
    scale_factor: float = 1.0
    scale_because: str = ""
    up: UpKind = "assumed"
    up_error: float = 0.0
    depths: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    method: str = ""
    mesh: Mesh | None = None

    def __post_init__(self) -> None:
        if self.scale_kind == "ordinal":
            raise ValueError("ordinal depth cannot be lifted to 3D: it holds an order, no lengths")
        if not set(self.depths) <= set(self.cameras):
            raise ValueError(f"depth maps of {set(self.depths) - set(self.cameras)}, which have no camera")

    @property
    def handles(self) -> list[str]:
        """The pictures with a camera, in the order `cloud.view` counts them."""
        return list(self.cameras)

    def seen_in(self, handle: str) -> NDArray[np.bool_]:
        """Which points were seen in this picture, (N,); sparse points count for the picture they are listed under."""
        return np.asarray(self.cloud.view == self.handles.index(handle))

    def transformed(self, transform: ArrayLike) -> Self:
        """In another world, under a (4, 4) similarity from the old to the new."""
        matrix = np.asarray(transform, dtype=np.float64)
        scale = float(np.cbrt(np.linalg.det(matrix[:3, :3])))
        rotation = matrix[:3, :3] / scale
        cameras = {}
        for handle, camera in self.cameras.items():
            pose = np.eye(4)
            pose[:3, :3] = _orthonormal(rotation @ camera.rotation)
            pose[:3, 3] = matrix[:3, :3] @ camera.position + matrix[:3, 3]
            cameras[handle] = camera.with_pose(pose)
        mesh = self.mesh
        if mesh is not None:
            mesh = replace(mesh, vertices=(mesh.vertices @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32))
        depths = {handle: (depth * np.float32(scale)).astype(np.float32) for handle, depth in self.depths.items()}
        return replace(self, cameras=cameras, cloud=self.cloud.transformed(matrix), depths=depths, mesh=mesh)

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Arrays by name, and the rest as JSON; `from_arrays` is the inverse."""
        arrays: dict[str, NDArray[Any]] = {
            "points": self.cloud.points,
            "colors": self.cloud.colors,
            "view": self.cloud.view,
            "radius": self.cloud.radius,
        }
        arrays |= {f"depth:{handle}": depth for handle, depth in self.depths.items()}
        if self.mesh is not None:
            arrays |= {
                "mesh_vertices": self.mesh.vertices,
                "mesh_triangles": self.mesh.triangles,
                "mesh_colors": self.mesh.colors,
            }
        return arrays, {
            "cameras": {handle: camera.to_json() for handle, camera in self.cameras.items()},
            "scale_kind": self.scale_kind,
            "scale_factor": self.scale_factor,
            "scale_because": self.scale_because,
            "up": self.up,
            "up_error": self.up_error,
            "left_out": self.left_out,
            "warnings": list(self.warnings),
            "method": self.method,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], data: dict[str, Any]) -> Self:
        """What `to_arrays` gave."""
        mesh = None
        if "mesh_vertices" in arrays:
            mesh = Mesh(arrays["mesh_vertices"], arrays["mesh_triangles"], arrays["mesh_colors"])
        return cls(
            cameras={handle: Camera.from_json(camera) for handle, camera in data["cameras"].items()},
            cloud=PointCloud(arrays["points"], arrays["colors"], arrays["view"], arrays["radius"]),
            scale_kind=data["scale_kind"],
            scale_factor=data["scale_factor"],
            scale_because=data["scale_because"],
            up=data["up"],
            up_error=data["up_error"],
            depths={name.removeprefix("depth:"): a for name, a in arrays.items() if name.startswith("depth:")},
            left_out=data["left_out"],
            warnings=tuple(data["warnings"]),
            method=data["method"],
            mesh=mesh,
        )


def _orthonormal(rotation: Floats) -> Floats:
    """The nearest rotation: removes the dust of products and scales."""
    u, _, vt = np.linalg.svd(rotation)
    return np.asarray(u @ vt, dtype=np.float64)
