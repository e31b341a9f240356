"""The tool over `find_regions`: what stands out in a picture, in lines that a text-only reader can use.

Each region has one line of this form; the embedded rules parse it:

    r1: orange circle (fit 0.93), box (10, 20, 60, 71), centre (35, 45.5), 2010 px (0.8 % of the picture)

followed, where it applies, by `, angle 31 degrees` and `, reaches the edge of the picture`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sightline.geometry import PictureTransform
from sightline.memory import Draft, ModelMistake, Picture
from sightline.memory.refs import box_ref, point_ref
from sightline.tools.contract import Box, ToolResult, tool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sightline.tools.detection.regions import Region, Regions

MOST_LINES = 100


@tool(family="detection", example={"image": "img1"})
def find_regions(
    image: Picture,
    within: Box | None = None,
    color: Literal[
        "any", "black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"
    ] = "any",
    smallest: float = 0.06,
) -> ToolResult:
    """Find what stands out from its surroundings by colour and brightness: boxes, areas, colours, simple shapes.

    Classical segmentation without weights. It does not know what things are. It works where the background is plain or
    changes smoothly, and says when its count is not to be relied on.

    Args:
        image: Where to look.
        within: Look only inside this box; all of the picture if not given.
        color: Only regions of this colour.
        smallest: Smallest region to report, in percent of the part looked at, from 0.01 to 50.
    """
    from sightline.tools.detection import regions

    if not 0.01 <= smallest <= 50:
        raise ModelMistake(f"smallest is {smallest:g}.", "It is a percentage of the picture, from 0.01 to 50.")
    found = regions.find_regions(image.pixels, within=within, smallest=smallest / 100)
    chosen = [(n, r) for n, r in enumerate(found.regions, start=1) if color in ("any", r.color)]
    where = image.handle if within is None else f"{image.handle} inside {box_ref(image.handle, within)}"
    if not chosen:
        others = f"; {len(found.regions)} of other colours do" if found.regions else ""
        kind = "region" if color == "any" else f"{color} region"
        return ToolResult(
            f"No {kind} stands out in {where}{others}. That does not show that nothing is there: its background may be "
            "uneven, or it may be too small or too faint. Try crop_zoom, enhance, or a smaller `smallest`."
        )
    draft = Draft(
        _outlined(image.pixels, [r for _, r in chosen], [n for n, _ in chosen]),
        f"{image.handle} with the regions that stand out",
        [(image.handle, PictureTransform.identity(image.size), None)],
    )
    lines = [f"{_heading(found, len(chosen), color, where)} Outlined in {draft}."]
    lines += [describe(n, r, image.handle) for n, r in chosen[:MOST_LINES]]
    if len(chosen) > MOST_LINES:
        lines.append(f"and {len(chosen) - MOST_LINES} more; look inside a box to list them.")
    return ToolResult("\n".join(lines), [draft])


def describe(number: int, region: Region, handle: str) -> str:
    """A region's line; see the module's text."""
    shape = "region" if region.shape.name == "irregular" else region.shape.name
    centre = point_ref(handle, [round(v, 1) for v in region.centre])
    line = (
        f"r{number}: {region.color} {shape} (fit {region.shape.fit:.2f}), box {box_ref(handle, region.box)}, "
        f"centre {centre}, {region.area:.0f} px ({100 * region.fraction:.2g} % of the picture)"
    )
    if region.angle is not None:
        line += f", angle {region.angle:.0f} degrees"
    if region.touches_border:
        line += ", reaches the edge of the picture"
    return line


def _heading(found: Regions, chosen: int, color: str, where: str) -> str:
    low, high = min(found.counts), max(found.counts)
    several = "region stands" if chosen == 1 else "regions stand"
    kind = "" if color == "any" else f"{color} "
    of_all = "" if color == "any" else f", of {len(found.regions)} in all"
    spread = f"{low}" if low == high else f"{low} to {high}"
    trust = f"({spread} over the settings tried)"
    if not found.is_stable:
        trust = f"({spread} over the settings tried: do not rely on the count)"
    return (
        f"{chosen} {kind}{several} out in {where}{of_all} {trust}; by colour and brightness only, "
        "it does not know what things are."
    )


def _outlined(pixels: NDArray[np.uint8], found: list[Region], numbers: list[int]) -> NDArray[np.uint8]:
    """The picture with each region's box and number, small enough to leave the region visible."""
    from sightline.tools.drawing.canvas import draw
    from sightline.tools.drawing.shapes import Box as BoxShape

    boxes = [BoxShape(r.box, label=f"r{n}") for n, r in zip(numbers, found, strict=True)]
    return draw(pixels, boxes)


TOOLS = [find_regions]
"""The family, in the order it is listed."""
