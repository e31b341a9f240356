"""The tools of the family, in the order they are listed."""

from __future__ import annotations

from sightline.tools.measure.layouts import layout, layout_query
from sightline.tools.measure.locating import locate
from sightline.tools.measure.measuring import distance, fits, height_above, size
from sightline.tools.measure.orienting import angle, direction_of, tilt
from sightline.tools.measure.spaces import area, free_space

TOOLS = [
    locate,
    distance,
    size,
    angle,
    tilt,
    height_above,
    area,
    direction_of,
    fits,
    free_space,
    layout,
    layout_query,
]
"""The family, in the order it is listed."""
