"""Depth of pictures: estimate it, read it, compare places by it, and put it in words."""

from __future__ import annotations

from sightline.tools.depth.asking import compare_depth, depth_at, depth_to_text
from sightline.tools.depth.estimating import estimate_depth

TOOLS = [estimate_depth, depth_at, compare_depth, depth_to_text]
"""The family, in the order it is listed."""

__all__ = ["TOOLS", "compare_depth", "depth_at", "depth_to_text", "estimate_depth"]
