"""Tools that measure: places, distances, sizes, angles, directions, areas, free space and layouts, with intervals."""

from __future__ import annotations

from sightline.tools.measure.family import TOOLS
from sightline.tools.measure.layouts import layout, layout_query
from sightline.tools.measure.locating import locate
from sightline.tools.measure.measuring import distance, fits, height_above, size
from sightline.tools.measure.orienting import angle, direction_of, tilt
from sightline.tools.measure.spaces import area, free_space

__all__ = [
    "TOOLS",
    "angle",
    "area",
    "direction_of",
    "distance",
    "fits",
    "free_space",
    "height_above",
    "layout",
    "layout_query",
    "locate",
    "size",
    "tilt",
]
