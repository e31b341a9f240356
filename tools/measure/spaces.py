"""Tools that measure areas and find room: how much floor, where something could stand, how much clearance."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from sightline.geometry.quantities import number
from sightline.memory import Cloud, InstrumentLimit, SceneObject
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.measure import words
from sightline.tools.measure.floors import (
    Floor,
    clearance,
    find_floor,
    floor_map,
    largest_circle,
    largest_turned_rectangle,
)
from sightline.tools.measure.measuring import needs_gravity
from sightline.tools.measure.surfaces import corners_text, floor_area, surface_area
from sightline.tools.measure.things import chosen_cloud, observed


@tool(family="measure", example={})
def area(context: ToolContext, thing: SceneObject | None = None, cloud: Cloud | None = None) -> ToolResult:
    """Measure the area of the floor, or of a flat object (a table top, a picture, a wall).

    It is the area that was seen; the fraction of the whole outline is said beside it.

    Args:
        context: What the call may use.
        thing: A flat object; by default the floor.
        cloud: Which reconstruction; by default the latest.
    """
    space = chosen_cloud(context.workspace, [] if thing is None else [thing], cloud)
    reconstruction = space.reconstruction
    if thing is None:
        found = floor_area(floor_map(reconstruction, _floor(space)))
        value = space.scale.area(found.seen, found.low, found.high)
        whole = space.scale.area(found.whole)
        return ToolResult(
            f"The floor that was seen in {space.handle}: {value}. The outline around all that was seen, walls and "
            f"things included, holds {number(whole.value)} in the same unit: {100 * found.fraction:.0f} % of it is "
            f"floor that was seen; the rest is hidden, was never seen, or has things on it. Scale: "
            f"{space.scale.describe()}.{words.up_note(reconstruction)}",
            values={"area": value, "outline": whole},
        )
    seen = observed(context.workspace, space, thing)
    if not seen.solid:
        raise InstrumentLimit(f"{seen.label} has no surface points: it has no area.", "Use dense depth.")
    try:
        found = surface_area(seen)
    except ValueError as why:
        raise InstrumentLimit(f"{seen.label}: {why}.", "Ask for its `size`, or mark one flat side of it.") from why
    value = space.scale.area(found.seen, found.low, found.high)
    return ToolResult(
        f"The area of the part seen of {seen.label}: {value}; {100 * found.fraction:.0f} % of the outline around it, "
        f"the rest is hidden or missing. {words.source_of(space, [seen])}{words.caveats(reconstruction, [seen])}",
        values={"area": value},
    )


@tool(family="measure", example={})
def free_space(
    context: ToolContext,
    shape: Literal["rectangle", "circle"] = "rectangle",
    around: SceneObject | None = None,
    cloud: Cloud | None = None,
) -> ToolResult:
    """Find the largest free spot on the floor, or how much clearance there is around an object.

    Only floor that was seen counts as free; what nobody saw may be free or not.

    Args:
        context: What the call may use.
        shape: Of the free spot: a `rectangle` or a `circle`.
        around: Instead, the object whose clearance is asked.
        cloud: Which reconstruction; by default the latest.
    """
    space = chosen_cloud(context.workspace, [] if around is None else [around], cloud)
    reconstruction = space.reconstruction
    plan = floor_map(reconstruction, _floor(space))
    unit, cell = words.unit_of(space), plan.cell
    grid = f"on cells of {number(cell)}, which is how exact it is"
    end = f" Measured in {space.handle} ({space.scale.describe()}).{words.up_note(reconstruction)}"
    if around is not None:
        seen = observed(context.workspace, space, around)
        room = clearance(plan, seen.centre[:2], seen.box.footprint)
        if math.isinf(room):
            return ToolResult(f"Nothing else stands on the floor that was seen around {seen.label}.{end}")
        value = space.scale.length(room, max(0.0, room - 1.5 * cell), room + 1.5 * cell)
        return ToolResult(
            f"From the middle of {seen.label} to the nearest other thing on the floor, in the plan: {value} ({grid}). "
            f"{words.source_of(space, [seen])}{words.caveats(reconstruction, [seen])}",
            values={"clearance": value},
        )
    if not plan.free.any():
        raise InstrumentLimit(f"no free floor was seen in {space.handle}.", "Add pictures that show the floor.")
    if shape == "circle":
        column, row, radius = largest_circle(plan.free)
        centre = plan.origin + cell * np.array([column, row])
        value = space.scale.length(2 * radius * cell, max(0.0, 2 * (radius - 1) * cell), 2 * (radius + 1) * cell)
        return ToolResult(
            f"The largest free circle on the floor that was seen: {value} across, around {corners_text(centre[None])} "
            f"on the map ({unit}; {grid}).{end}",
            values={"across": value},
        )
    corners, long, short = largest_turned_rectangle(plan)
    first = space.scale.length(long, max(0.0, long - 2 * cell), long + 2 * cell)
    second = space.scale.length(short, max(0.0, short - 2 * cell), short + 2 * cell)
    return ToolResult(
        f"The largest free rectangle on the floor that was seen: {first} by {second}, corners {corners_text(corners)} "
        f"on the map ({unit}; {grid}).{end}",
        values={"length": first, "width": second},
    )


def _floor(space: Cloud) -> Floor:
    """The floor of a reconstruction.

    Raises:
        InstrumentLimit: There is none to be found in it.
    """
    needs_gravity(space, "a floor")
    found = find_floor(space.reconstruction)
    if found is None:
        raise InstrumentLimit(
            f"no floor was found in {space.handle}: too little of it was seen.", "Add pictures that show the floor."
        )
    return found
