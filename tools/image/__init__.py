"""Tools that look at a picture in another way."""

from __future__ import annotations

from sightline.tools.image.looking import (
    TOOLS,
    crop_zoom,
    enhance,
    flip,
    grid_overlay,
    in_original,
    rotate,
    side_by_side,
)

__all__ = ["TOOLS", "crop_zoom", "enhance", "flip", "grid_overlay", "in_original", "rotate", "side_by_side"]
