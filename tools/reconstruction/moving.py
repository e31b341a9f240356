"""The tool that says how the camera moved between two pictures."""

from __future__ import annotations

from dataclasses import replace

from sightline.memory import InstrumentLimit, ModelMistake, Picture
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.reconstruction.motion_words import describe_motion
from sightline.tools.reconstruction.two_view import camera_motion
from sightline.tools.seeing import cropped


@tool(family="reconstruction", example={"first": "img1", "second": "img2"}, time_limit=300)
def relative_camera_motion(context: ToolContext, first: Picture, second: Picture) -> ToolResult:
    """Say how the camera turned and moved from one picture to another: degrees with directions and intervals.

    It needs two pictures that share a good part of what they show. How far the camera moved cannot be told, only which
    way; a camera that turned on the spot is recognised as such.

    Args:
        context: What the call may use.
        first: The picture taken first, whose axes the directions are in.
        second: The other one.
    """
    if first.handle == second.handle:
        raise ModelMistake(f"{first.handle} is given twice.", "Give two pictures.")
    crops = [cropped(context.workspace, picture.handle) for picture in (first, second)]
    if any(crops) and first.size != second.size:
        handle, reason = next((p.handle, c) for p, c in zip((first, second), crops, strict=True) if c)
        raise InstrumentLimit(
            f"how the camera moved cannot be told, for {handle} is not the whole photo: {reason}, and where its middle "
            "was is not known.",
            "Use the photos as they were taken, or crop with crop_zoom, which remembers what it cut.",
        )
    motion = camera_motion(context.seen(first), context.seen(second))
    no_way = ""
    if any(crops):
        motion = replace(motion, translation=None, translation_error=180.0, focal_guessed=True)
        no_way = (
            f"{crops[0] or crops[1]}, so where the middle of the lens was is not known. If nothing was cut off, "
            "stating the field of view (--fov) says so."
        )
    words = describe_motion(motion, first.handle, second.handle, no_way).strip()
    lens = context.seen(first).intrinsics
    guessed = (
        f" The field of view is a guess ({lens.describe()}); the intervals allow for it."
        if motion.focal_guessed
        else f" With a {lens.describe()}."
    )
    return ToolResult(
        f"{words} From {motion.matches} points found in both; directions are for somebody who holds {first.handle} "
        f"upright.{guessed}"
    )
