"""The tools of the family, in the order they are listed."""

from __future__ import annotations

from sightline.tools.reconstruction.masking import mask_out
from sightline.tools.reconstruction.moving import relative_camera_motion
from sightline.tools.reconstruction.reconstructing import add_views, reconstruct
from sightline.tools.reconstruction.registering import register_depth
from sightline.tools.reconstruction.scaling import set_scale

TOOLS = [reconstruct, add_views, register_depth, set_scale, relative_camera_motion, mask_out]
"""The family, in the order it is listed."""
