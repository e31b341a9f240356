"""Pure maths: places in pictures, cameras and poses, clouds and views of them, boxes, frames, panoramas, quantities."""

from __future__ import annotations

from sightline.geometry.boxes import Box3D
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.dialects import (
    DIALECTS,
    PERCENT,
    PERMILLE,
    PERMILLE_YX,
    PIXELS,
    UNIT,
    CoordinateDialect,
    PictureLimits,
)
from sightline.geometry.quantities import Quantity, Scale
from sightline.geometry.reconstructions import Mesh, Reconstruction
from sightline.geometry.transforms import PictureTransform

__all__ = [
    "DIALECTS",
    "PERCENT",
    "PERMILLE",
    "PERMILLE_YX",
    "PIXELS",
    "UNIT",
    "Box3D",
    "Camera",
    "CoordinateDialect",
    "Intrinsics",
    "Mesh",
    "PictureLimits",
    "PictureTransform",
    "PointCloud",
    "Quantity",
    "Reconstruction",
    "Scale",
]
