"""Pure maths: how models name places in pictures, and how pictures made from others map back to them."""

from __future__ import annotations

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
from sightline.geometry.transforms import PictureTransform

__all__ = [
    "DIALECTS",
    "PERCENT",
    "PERMILLE",
    "PERMILLE_YX",
    "PIXELS",
    "UNIT",
    "CoordinateDialect",
    "PictureLimits",
    "PictureTransform",
]
