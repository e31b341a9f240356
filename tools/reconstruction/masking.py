"""The tool that names what a reconstruction must not use: mirrors, windows, screens, people who walk."""

from __future__ import annotations

from typing import Literal

import numpy as np

from sightline.geometry import PictureTransform
from sightline.memory import AreaIgnored, DataDraft, Draft, ModelMistake, Picture, SceneObject
from sightline.tools.contract import Box, ToolContext, ToolResult, tool

Reason = Literal["mirror", "window", "screen", "moving", "other"]


@tool(family="reconstruction", example={"image": "img1", "boxes": [[10, 10, 60, 60]], "reason": "mirror"})
def mask_out(
    context: ToolContext,
    image: Picture,
    reason: Reason,
    boxes: list[Box] | None = None,
    objects: list[SceneObject] | None = None,
) -> ToolResult:
    """Name parts of a picture that later reconstructions must leave out: what they show is not where it seems to be.

    Mirrors and windows show other places, screens change, people walk. A reconstruction that is there already stays as
    it is: make it again.

    Args:
        context: What the call may use.
        image: The picture.
        reason: What is there.
        boxes: Boxes around it.
        objects: Objects seen in the picture, instead of boxes; by their outline where they have one.
    """
    width, height = image.size
    outline = np.zeros((height, width), bool)
    for x0, y0, x1, y1 in boxes or []:
        outline[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = True
    for item in objects or []:
        sighting = item.in_picture(image.handle)
        if sighting is None or (sighting.mask is None and sighting.box is None):
            raise ModelMistake(
                f"{item.handle} has no box or outline in {image.handle}.", "Give a box, or an object seen in it."
            )
        if sighting.mask is not None:
            outline |= context.workspace.arrays(sighting.mask)["mask"]
        elif sighting.box is not None:
            x0, y0, x1, y1 = sighting.box
            outline[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = True
    if not outline.any():
        raise ModelMistake("mask_out: nothing is named.", "Give boxes, or objects seen in the picture.")
    mask = DataDraft(
        "mask", {"mask": outline}, f"{reason} in {image.handle}", {"picture": image.handle}, size=image.size
    )
    shown = image.pixels.copy()
    stripes = (np.add.outer(np.arange(height), np.arange(width)) // 6) % 2 == 0
    shown[outline & stripes] = (230, 40, 200)
    draft = Draft(
        shown, f"{image.handle}, left out: {reason}", [(image.handle, PictureTransform.identity(image.size), None)]
    )
    share = 100 * float(outline.mean())
    return ToolResult(
        f"{share:.0f} % of {image.handle} is left out of later reconstructions ({reason}), striped in {draft}.",
        [draft],
        [AreaIgnored(picture=image.handle, mask=str(mask), reason=reason)],
        [mask],
    )
