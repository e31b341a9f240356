"""The tools of the family, in the order they are listed."""

from __future__ import annotations

from sightline.tools.panorama.locating import locate_in_panorama
from sightline.tools.panorama.looking import cubemap, look, turn

TOOLS = [look, turn, cubemap, locate_in_panorama]
"""The family, in the order it is listed."""
