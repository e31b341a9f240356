"""The tools of the family, in the order they are listed."""

from __future__ import annotations

from sightline.tools.detection.detecting import detect
from sightline.tools.detection.front import front_of
from sightline.tools.detection.outlining import segment
from sightline.tools.detection.people import keypoints
from sightline.tools.detection.reading import read_text
from sightline.tools.detection.same_things import count, match_objects
from sightline.tools.detection.standing_out import find_regions
from sightline.tools.detection.tracking import track

TOOLS = [find_regions, detect, segment, count, match_objects, front_of, keypoints, read_text, track]
"""The family, in the order it is listed."""
