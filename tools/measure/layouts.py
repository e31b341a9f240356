"""Tools for the layout of a scene: what stands where, as coordinates on the map, and exact questions about that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import polygons
from sightline.geometry.boxes import Box3D
from sightline.geometry.frames import camera_frame
from sightline.geometry.quantities import number
from sightline.geometry.relations import in_order, relation
from sightline.memory import Cloud, InstrumentLimit, ModelMistake, Picture, SceneObject, Workspace
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.measure import words
from sightline.tools.measure.floors import find_floor
from sightline.tools.measure.lengths import distance_between
from sightline.tools.measure.observed import Observed
from sightline.tools.measure.surfaces import corners_text, room_outline
from sightline.tools.measure.things import chosen_cloud, focal_warps, label_of, marks_of, observed

Floats = NDArray[np.float64]

MOST_OBJECTS = 60


@dataclass(frozen=True)
class Layout:
    """What stands where.

    Attributes:
        things: Those that were located.
        room: The upright box around all that was seen.
        lost: Labels of objects that are in the scene map and could not be located, and why.
    """

    things: list[Observed]
    room: Box3D
    lost: dict[str, str]


@tool(family="measure", example={})
def layout(context: ToolContext, cloud: Cloud | None = None) -> ToolResult:
    """List where everything stands: boundary coordinates of the objects and of the room, on the map.

    Map coordinates: origin at the first camera, y ahead of it, x to its right, z up.

    Args:
        context: What the call may use.
        cloud: Which reconstruction; by default the latest.
    """
    space = chosen_cloud(context.workspace, [], cloud)
    found = layout_of(context.workspace, space)
    floor = find_floor(space.reconstruction)
    base = 0.0 if floor is None else floor.height
    lines = [
        f"Layout of {space.handle}, in {words.unit_of(space)}: x right and y ahead of the first camera, as on the map."
        f" Heights are above {'the first camera' if floor is None else 'the floor'}."
        f"{words.up_note(space.reconstruction)}",
        f"All that was seen lies in the rectangle {corners_text(found.room.footprint)}, "
        f"{number(float(found.room.size[0]))} by {number(float(found.room.size[1]))} "
        "(the room, where its walls were seen; else what the pictures reached).",
    ]
    for thing in found.things[:MOST_OBJECTS]:
        low, high = (number(z - base) for z in thing.box.heights)
        part = ", part seen" if thing.partial else ""
        lines.append(
            f"{thing.label}: footprint {corners_text(thing.box.footprint)}, from {low} to {high} high, centre "
            f"{corners_text(thing.centre[None, :2])} +- {number(thing.error)}{part}"
        )
    if len(found.things) > MOST_OBJECTS:
        lines.append(f"({len(found.things) - MOST_OBJECTS} more objects are not listed)")
    lines += [f"{label}: not located: {why}" for label, why in found.lost.items()]
    if not found.things and not found.lost:
        lines.append("No objects are in the scene map yet: mark or detect some first.")
    return ToolResult("\n".join(lines))


@tool(family="measure", example={"question": "nearest", "thing": "obj1"})
def layout_query(
    context: ToolContext,
    question: Literal["nearest", "order", "inside", "area", "count"],
    thing: SceneObject | None = None,
    things: list[SceneObject] | None = None,
    region: list[float] | None = None,
    seen_from: Picture | None = None,
    name: str = "",
    cloud: Cloud | None = None,
) -> ToolResult:
    """Answer an exact question about the layout, so that nothing has to be worked out by hand.

    `nearest`: the objects by closest distance from `thing`. `order`: `things` from left to right, seen from the camera
    of `seen_from`. `inside`: whether `thing` is inside `region`, or the room. `area`: of `region`, or of the
    footprint of `thing`, or of the room. `count`: the objects whose centre is inside `region`, or the room.

    Args:
        context: What the call may use.
        question: Which one.
        thing: The object it is about.
        things: The objects to put in order, or to compare with; by default all.
        region: Corners on the map as x, y, x, y, ... at least three of them; four numbers are two opposite corners.
        seen_from: The picture from whose camera left and right are meant.
        name: Count only objects with this name.
        cloud: Which reconstruction; by default the latest that holds them.
    """
    named = [t for t in (thing, *(things or [])) if t is not None]
    space = chosen_cloud(context.workspace, named, cloud)
    if question in ("nearest", "inside") and thing is None:
        raise ModelMistake(f"layout_query: {question} is asked about an object.", "Give `thing`.")
    outline = None if region is None else _outline(region)
    found = layout_of(context.workspace, space, things)
    unit = words.unit_of(space)
    basis = f" By the layout of {space.handle} ({space.scale.describe()})."
    match question:
        case "nearest":
            assert thing is not None, "checked above"
            return ToolResult(_nearest(context.workspace, space, thing, found) + basis)
        case "order":
            return ToolResult(_order(space, found, seen_from) + words.up_note(space.reconstruction) + basis)
        case "inside":
            assert thing is not None, "checked above"
            seen = observed(context.workspace, space, thing)
            border = found.room.footprint if outline is None else outline
            return ToolResult(_inside(seen, border, "the room" if outline is None else "the region", unit) + basis)
        case "area":
            if outline is not None:
                what, polygon = "the region", outline
            elif thing is not None:
                seen = observed(context.workspace, space, thing)
                what, polygon = f"the footprint of {seen.label}", seen.box.footprint
            else:
                what, polygon = "the rectangle around all that was seen", found.room.footprint
            value = space.scale.area(polygons.area(polygon))
            return ToolResult(f"The area of {what}: {value}.{basis}", values={"area": value})
        case "count":
            border = found.room.footprint if outline is None else outline
            return ToolResult(_count(found, border, name, "the room" if outline is None else "the region") + basis)


def layout_of(workspace: Workspace, space: Cloud, only: list[SceneObject] | None = None) -> Layout:
    """Where the objects of the scene map stand in a reconstruction.

    Args:
        workspace: What the run knows.
        space: The reconstruction.
        only: These objects; all that were seen in it where None.
    """
    reconstruction = space.reconstruction
    objects = only or list(workspace.scene.objects.values())
    things, lost = [], {}
    for item in objects:
        if not marks_of(workspace, space, item) and space.place_of(item.handle) is None:
            lost[label_of(item)] = f"seen in no picture of {space.handle}"
            continue
        try:
            things.append(observed(workspace, space, item))
        except InstrumentLimit as why:
            lost[label_of(item)] = why.message.removeprefix(f"{label_of(item)}: ").rstrip(".")
    return Layout(things, room_outline(reconstruction, find_floor(reconstruction)), lost)


def _outline(region: list[float]) -> Floats:
    if len(region) == 4:
        x0, y0, x1, y1 = region
        region = [x0, y0, x1, y0, x1, y1, x0, y1]
    if len(region) < 6 or len(region) % 2:
        raise ModelMistake(
            f"layout_query: a region has x and y of two opposite corners, or of three corners or more, not "
            f"{len(region)} numbers.",
            "Write them as x, y, x, y, ... in map coordinates.",
        )
    outline = np.array(region, dtype=np.float64).reshape(-1, 2)
    if polygons.area(outline) == 0:
        raise ModelMistake("layout_query: the region has no area.", "Give corners that do not lie on a line.")
    return outline


def _nearest(workspace: Workspace, space: Cloud, thing: SceneObject, found: Layout) -> str:
    seen = observed(workspace, space, thing)
    others = [t for t in found.things if t.label != seen.label]
    if not others:
        raise InstrumentLimit(f"no other object than {seen.label} is located in {space.handle}.", "Mark some first.")
    warps = focal_warps(space.reconstruction, seen.pictures)
    lengths = sorted(((distance_between(seen, t, "closest", warps), t) for t in others), key=lambda p: p[0].value)
    listed = "; ".join(f"{t.label} {space.scale.length(v.value, v.low, v.high)}" for v, t in lengths[:8])
    first = lengths[0]
    close = [t.label for v, t in lengths[1:] if v.low < first[0].high]
    verdict = f"Nearest to {seen.label} is {first[1].label}"
    if close:
        verdict += f", but {' and '.join(close)} could be as near: too close to call"
    return f"{verdict}. Closest observed surface points, nearest first: {listed}."


def _order(space: Cloud, found: Layout, seen_from: Picture | None) -> str:
    reconstruction = space.reconstruction
    levelled = reconstruction.up != "assumed"
    if seen_from is not None and seen_from.handle not in reconstruction.cameras:
        raise InstrumentLimit(
            f"{seen_from.handle} has no camera in {space.handle}.", f"It has those of {', '.join(space.pictures)}."
        )
    if seen_from is None:
        raise ModelMistake(
            "layout_query: left and right are someone's.", f"Give `seen_from`: {', '.join(space.pictures)}."
        )
    if len(found.things) < 2:
        raise InstrumentLimit("fewer than two of these objects are located.", "Mark or detect them first.")
    frame = camera_frame(seen_from.handle, reconstruction.cameras[seen_from.handle].pose, levelled)
    order = in_order(frame, [t.centre for t in found.things])
    ranks = [(relation(frame, t.centre, t.error), t) for t in (found.things[k] for k in order)]
    listed = ", ".join(f"{t.label} ({r.azimuth:+.0f} +- {math.ceil(r.azimuth_error)})" for r, t in ranks)
    unclear = [
        f"{a.label} and {b.label}"
        for (r, a), (s, b) in pairwise(ranks)
        if s.azimuth - r.azimuth < max(r.azimuth_error, s.azimuth_error)
    ]
    note = f" Unclear which is further left: {'; '.join(unclear)}." if unclear else ""
    behind = [t.label for r, t in ranks if abs(r.azimuth) > 90]
    note += f" Behind that camera: {', '.join(behind)}." if behind else ""
    return f"From left to right in the frame {frame.describe()}, degrees right of forward: {listed}.{note}"


def _inside(seen: Observed, border: Floats, what: str, unit: str) -> str:
    centre = seen.centre[:2]
    within = bool(polygons.inside(border, centre)[0])
    margin = float(polygons.distance_to_boundary(border, centre)[0])
    share = polygons.area(polygons.clip(border, seen.box.footprint)) / max(polygons.area(seen.box.footprint), 1e-300)
    verdict = f"{'inside' if within else 'outside'} {what}"
    if margin <= seen.error:
        verdict = f"too close to the border of {what} to call ({'inside' if within else 'outside'} by the value)"
    return (
        f"The centre of {seen.label} is {verdict}, {number(margin)} +- {number(seen.error)} {unit} from its border; "
        f"{100 * min(1.0, share):.0f} % of its footprint is inside."
    )


def _count(found: Layout, border: Floats, name: str, what: str) -> str:
    wanted = [t for t in found.things if not name or f'"{name.casefold()}"' in t.label.casefold()]
    within = [t for t in wanted if polygons.inside(border, t.centre[:2])[0]]
    unsure = [t.label for t in wanted if polygons.distance_to_boundary(border, t.centre[:2])[0] <= t.error]
    kind = f'objects named "{name}"' if name else "objects"
    listed = f": {', '.join(t.label for t in within)}" if within else ""
    note = f" Too close to the border to be sure: {', '.join(unsure)}." if unsure else ""
    note += f" Not located, so not counted: {', '.join(found.lost)}." if found.lost else ""
    where = f"with their centre inside {what}{listed}; not a total of the scene."
    return f"{len(within)} {kind} of the scene map {where}{note}"
