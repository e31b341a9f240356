"""Tools that build places in 3D from pictures, and say how cameras moved."""

from __future__ import annotations

from sightline.tools.reconstruction.family import TOOLS
from sightline.tools.reconstruction.masking import mask_out
from sightline.tools.reconstruction.moving import relative_camera_motion
from sightline.tools.reconstruction.reconstructing import add_views, reconstruct
from sightline.tools.reconstruction.registering import register_depth
from sightline.tools.reconstruction.scaling import set_scale

__all__ = [
    "TOOLS",
    "add_views",
    "mask_out",
    "reconstruct",
    "register_depth",
    "relative_camera_motion",
    "set_scale",
]
