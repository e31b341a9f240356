"""Depth of pictures: estimate it, read it, compare places by it, and put it in words."""

from __future__ import annotations

from sightline.tools.depth.asking import compare_depth, depth_at, depth_to_text
from sightline.tools.depth.estimating import estimate_depth
from sightline.tools.depth.family import TOOLS

__all__ = ["TOOLS", "compare_depth", "depth_at", "depth_to_text", "estimate_depth"]
