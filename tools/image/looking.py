"""Tools that look at a picture in another way: closer, turned, mirrored, gridded, beside others, enhanced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sightline.geometry import PictureTransform
from sightline.memory import Draft, ModelMistake, Picture
from sightline.memory.refs import box_ref, path_ref, point_ref
from sightline.tools.contract import Box, Point, ToolContext, ToolResult, tool
from sightline.tools.image import edits

MOST_SIDE_BY_SIDE = 12
MOST_PLACES = 100


@tool(family="image", example={"image": "img1", "box": [60, 40, 200, 160]})
def crop_zoom(image: Picture, box: Box) -> ToolResult:
    """Cut out a part of a picture and enlarge it, to see its detail.

    Args:
        image: Where to look.
        box: The part to see.
    """
    pixels, transform, zoom = edits.crop_zoom(image.pixels, box)
    part = box_ref(image.handle, transform.box_to_parent((0, 0, *transform.child_size)))
    draft = Draft(pixels, f"{image.handle} {part}, enlarged {zoom:.3g} times", [(image.handle, transform, None)])
    return ToolResult(
        f"{draft} is the part {part} of {image.handle}, enlarged {zoom:.3g} times. Places in it are its own; "
        f"`in_original` says where they lie in {image.handle}.",
        [draft],
    )


@tool(family="image", example={"image": "img1", "degrees": 90})
def rotate(image: Picture, degrees: float) -> ToolResult:
    """Turn a picture counter-clockwise as seen. The canvas grows to hold it.

    Args:
        image: What to turn.
        degrees: Angle, counter-clockwise; negative turns clockwise.
    """
    pixels, transform = edits.rotate(image.pixels, degrees)
    draft = Draft(
        pixels, f"{image.handle} turned {degrees:g} degrees counter-clockwise", [(image.handle, transform, None)]
    )
    return ToolResult(f"{draft} is {image.handle} turned {degrees:g} degrees counter-clockwise as seen.", [draft])


@tool(family="image", example={"image": "img1", "direction": "horizontal"})
def flip(image: Picture, direction: Literal["horizontal", "vertical"]) -> ToolResult:
    """Mirror a picture.

    Args:
        image: What to mirror.
        direction: `horizontal` swaps left and right, `vertical` swaps top and bottom.
    """
    pixels, transform = edits.flip(image.pixels, direction)
    swapped = "left and right" if direction == "horizontal" else "top and bottom"
    draft = Draft(pixels, f"{image.handle} mirrored, {swapped} swapped", [(image.handle, transform, None)])
    return ToolResult(f"{draft} is {image.handle} with {swapped} swapped.", [draft])


@tool(family="image", example={"image": "img1", "divisions": 8})
def grid_overlay(context: ToolContext, image: Picture, divisions: int = 8) -> ToolResult:
    """Draw a grid with labelled coordinates over a picture, to read places off it.

    Args:
        context: What the call may use.
        image: What to draw over.
        divisions: Cells along the longer side, 2 to 20.
    """
    if not 2 <= divisions <= 20:
        raise ModelMistake(f"a grid has 2 to 20 divisions, not {divisions}.", "8 is a good start.")
    pixels, xs, ys = edits.grid_overlay(image.pixels, divisions, lambda x, y: context.name_point(image, x, y))
    draft = Draft(
        pixels,
        f"{image.handle} with a grid",
        [(image.handle, PictureTransform.identity(image.size), None)],
    )
    crossing = (xs[0] if xs else 0.0, ys[0] if ys else 0.0)
    return ToolResult(
        f"{draft} is {image.handle} with {len(xs)} vertical and {len(ys)} horizontal lines, labelled along the top and "
        f"the left edge in the coordinates you use; the first two cross at {path_ref(image.handle, [crossing])}.",
        [draft],
    )


@tool(family="image", example={"images": ["img1", "img1"]}, places_in="images")
def side_by_side(images: list[Picture], columns: int = 3) -> ToolResult:
    """Put pictures beside each other in one, to compare them.

    Args:
        images: 2 to 12 pictures, in the order they are to stand.
        columns: Pictures in a row, 1 to 6.
    """
    if not 2 <= len(images) <= MOST_SIDE_BY_SIDE:
        raise ModelMistake(f"side_by_side takes 2 to {MOST_SIDE_BY_SIDE} pictures, not {len(images)}.", "Choose some.")
    if not 1 <= columns <= 6:
        raise ModelMistake(f"a row holds 1 to 6 pictures, not {columns}.", "3 is a good start.")
    pixels, regions = edits.side_by_side(
        [image.pixels for image in images], [image.handle for image in images], columns
    )
    size = (pixels.shape[1], pixels.shape[0])
    parents: list[tuple[str, PictureTransform, edits.BoxTuple | None]] = [
        (image.handle, PictureTransform.place(image.size, region, size), region)
        for image, region in zip(images, regions, strict=True)
    ]
    order = ", ".join(image.handle for image in images)
    draft = Draft(pixels, f"side by side, row by row: {order}", parents)
    rows = -(-len(images) // columns)
    return ToolResult(
        f"{draft} shows {order}, row by row in {rows} {'row' if rows == 1 else 'rows'}, scaled to one height.", [draft]
    )


@tool(family="image", example={"image": "img1", "how": "contrast"})
def enhance(
    image: Picture, how: Literal["contrast", "brighten", "darken", "sharpen", "denoise", "edges"]
) -> ToolResult:
    """Make a picture easier to read. Colours and brightness in the result are no longer the scene's.

    Args:
        image: What to enhance.
        how: What to do: `contrast` brings out detail in dark and bright parts, `edges` shows outlines only.
    """
    draft = Draft(
        edits.enhance(image.pixels, how),
        f"{image.handle}, enhanced: {how}",
        [(image.handle, PictureTransform.identity(image.size), None)],
    )
    return ToolResult(f"{draft} is {image.handle}, enhanced: {how}. Same size, same places.", [draft])


@tool(family="image", example={"image": "img1", "points": [[100, 80]]})
def in_original(
    context: ToolContext, image: Picture, points: list[Point] | None = None, boxes: list[Box] | None = None
) -> ToolResult:
    """Say where places of a crop, a turned or any other derived picture lie in the picture it was made from.

    Args:
        context: What the call may use.
        image: The derived picture that the places are in.
        points: Points in it.
        boxes: Boxes in it; from a picture turned by an odd angle, the upright box around each is given.
    """
    places = [*(points or []), *(boxes or [])]
    if not places:
        raise ModelMistake("in_original: there are no places to convert.", "Give points or boxes.")
    if len(places) > MOST_PLACES:
        raise ModelMistake(f"in_original: {len(places)} places are too many.", f"Give at most {MOST_PLACES}.")
    lines = []
    for place in places:
        found = context.workspace.in_original(image.handle, place)
        if found is None and not image.artifact.parents:
            return ToolResult(f"{image.handle} was not made from another picture: its places are its own.")
        if found is None:
            lines.append(f"{_place(image.handle, place)} of {image.handle} does not lie inside one of its parts")
            continue
        handle, there = found
        lines.append(f"{_place(image.handle, place)} of {image.handle} is {_place(handle, there)} in {handle}")
    return ToolResult("\n".join(lines))


def _place(handle: str, place: Sequence[float]) -> str:
    return point_ref(handle, place) if len(place) == 2 else f"box {box_ref(handle, place)}"


TOOLS = [crop_zoom, rotate, flip, grid_overlay, side_by_side, enhance, in_original]
"""The family, in the order it is listed."""
