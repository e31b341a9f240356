"""The tool that says how the camera moved between two pictures."""

from __future__ import annotations

from sightline.memory import ModelMistake, Picture
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.reconstruction.two_view import camera_motion, describe_motion


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
    motion = camera_motion(context.seen(first), context.seen(second))
    words = describe_motion(motion, first.handle, second.handle).strip()
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
