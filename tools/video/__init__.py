"""Tools for videos: frames as pictures, how things move, and the way they take."""

from __future__ import annotations

from sightline.tools.video.family import TOOLS
from sightline.tools.video.moving import describe_motion, trajectory
from sightline.tools.video.showing import sample_frames, show_frames

__all__ = ["TOOLS", "describe_motion", "sample_frames", "show_frames", "trajectory"]
