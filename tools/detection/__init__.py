"""Tools that find things in pictures."""

from __future__ import annotations

from sightline.tools.detection.detecting import detect
from sightline.tools.detection.family import TOOLS
from sightline.tools.detection.front import front_of
from sightline.tools.detection.outlining import segment
from sightline.tools.detection.people import keypoints
from sightline.tools.detection.reading import read_text
from sightline.tools.detection.same_things import count, match_objects
from sightline.tools.detection.standing_out import find_regions
from sightline.tools.detection.tracking import track

__all__ = [
    "TOOLS",
    "count",
    "detect",
    "find_regions",
    "front_of",
    "keypoints",
    "match_objects",
    "read_text",
    "segment",
    "track",
]
