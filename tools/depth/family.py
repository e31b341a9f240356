"""The tools of the family, in the order they are listed."""

from __future__ import annotations

from sightline.tools.depth.asking import compare_depth, depth_at, depth_to_text
from sightline.tools.depth.estimating import estimate_depth

TOOLS = [estimate_depth, depth_at, compare_depth, depth_to_text]
"""The family, in the order it is listed."""
