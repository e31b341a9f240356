"""The tools of the family, in the order they are listed."""

from __future__ import annotations

from sightline.tools.video.moving import describe_motion, trajectory
from sightline.tools.video.showing import sample_frames, show_frames

TOOLS = [sample_frames, show_frames, describe_motion, trajectory]
"""The family, in the order it is listed."""
