"""Tools that find things in pictures."""

from __future__ import annotations

from sightline.tools.detection.standing_out import TOOLS, find_regions

__all__ = ["TOOLS", "find_regions"]
