"""Tools that look around in a panorama."""

from __future__ import annotations

from sightline.tools.panorama.family import TOOLS
from sightline.tools.panorama.locating import locate_in_panorama
from sightline.tools.panorama.looking import cubemap, look, turn

__all__ = ["TOOLS", "cubemap", "locate_in_panorama", "look", "turn"]
