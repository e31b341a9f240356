"""The tools that read a depth map: the depth of places, which of them is nearer, and what it says of objects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sightline.memory import DepthMap, InstrumentLimit, ModelMistake, SceneObject, Workspace
from sightline.memory.refs import box_ref, point_ref
from sightline.tools.contract import Box, Picture, Point, ToolContext, ToolResult, tool
from sightline.tools.depth.comparing import compare, describe, nearest_first, quantity, short
from sightline.tools.depth.fields import DepthField, Reading
from sightline.tools.depth.maps import depth_for, field_of, on_depth, part_of, seen_in, spot
from sightline.tools.depth.relations import Part, StatementKind, part_from, statements

MOST_PLACES = 30
_NOT_KNOWN = "not known there (sky, never seen, or beyond the instrument's reach)"
_HEADINGS: dict[StatementKind, str] = {
    "nearer": "Order and gaps",
    "too close": "Order and gaps",
    "interleaved": "Order and gaps",
    "gap": "Order and gaps",
    "overlap": "Order and gaps",
    "rests on": "What rests on what",
    "hides": "What hides a part of what",
}


@dataclass(frozen=True)
class _Places:
    """The places that a call asks about, on one depth map."""

    depth: DepthMap
    field: DepthField
    parts: list[Part]
    points: list[tuple[float, float] | None]


@tool(family="depth", example={"image": "img1", "points": [[100, 80]]})
def depth_at(
    context: ToolContext,
    image: Picture,
    points: list[Point] | None = None,
    boxes: list[Box] | None = None,
    objects: list[SceneObject] | None = None,
    depth: DepthMap | None = None,
) -> ToolResult:
    """Say how far away places of a picture are. Needs a depth map of it: call estimate_depth first.

    Z-depth is the distance along the camera's viewing direction, range the straight line from the camera. A map that
    holds an order only gives ranks and no lengths.

    Args:
        context: What the call may use.
        image: The picture that the places are in.
        points: Points to read.
        boxes: Boxes around things; the depth is that of the surface a box is drawn around, not of what is behind it.
        objects: Objects that were marked or detected in the picture.
        depth: The depth map to read; by default the latest one of the picture.
    """
    places = _places(context.workspace, image, points, boxes, objects, depth)
    lines = [f"By {places.depth.handle}, {places.field.scale.describe()}:"]
    for part, point in zip(places.parts, places.points, strict=True):
        lines.append(f"- {part.name}: {_told(places.field, part.reading, point)}")
    measured = [part for part in places.parts if part.reading.found and not places.field.ordinal]
    return ToolResult("\n".join(lines), values={part.name: quantity(part.reading) for part in measured})


@tool(family="depth", example={"image": "img1", "points": [[100, 80], [200, 160]]})
def compare_depth(
    context: ToolContext,
    image: Picture,
    points: list[Point] | None = None,
    boxes: list[Box] | None = None,
    objects: list[SceneObject] | None = None,
    depth: DepthMap | None = None,
) -> ToolResult:
    """Say which of two or more places of a picture is nearer to the camera, or that it is too close to call.

    Needs a depth map of the picture: call estimate_depth first. An order-only map is good enough for this.

    Args:
        context: What the call may use.
        image: The picture that the places are in.
        points: Points to compare.
        boxes: Boxes around things to compare.
        objects: Objects to compare, that were marked or detected in the picture.
        depth: The depth map to use; by default the latest one of the picture.
    """
    places = _places(context.workspace, image, points, boxes, objects, depth)
    if len(places.parts) < 2:
        raise ModelMistake("compare_depth: there is one place only.", "Give two or more points, boxes or objects.")
    order = nearest_first([(p.name, p.reading) for p in places.parts])
    known = {name for name, _ in order}
    lines = [f"By {places.depth.handle} ({places.field.scale.kind}):"]
    if len(order) > 2:
        lines.append("Nearest first: " + _in_order(order) + ".")
    lines += [compare(first, a, second, b).text for (first, a), (second, b) in pairwise(order)]
    lines += [f"{p.name}: the depth is {_NOT_KNOWN}." for p in places.parts if p.name not in known]
    return ToolResult("\n".join(lines))


@tool(family="depth", example={"image": "img1", "boxes": [[60, 40, 200, 160], [200, 60, 280, 180]]})
def depth_to_text(
    context: ToolContext,
    image: Picture,
    objects: list[SceneObject] | None = None,
    boxes: list[Box] | None = None,
    depth: DepthMap | None = None,
) -> ToolResult:
    """Put what a depth map says of things into sentences: order, gaps, what rests on what, what hides a part of what.

    Needs a depth map of the picture: call estimate_depth first. Each sentence holds for what is seen in this picture;
    nothing is said of what cannot be told. Outlines (`segment`) make it surer than boxes.

    Args:
        context: What the call may use.
        image: The picture that the things are in.
        objects: Objects that were marked or detected in the picture; by default all of them.
        boxes: More things, by boxes around them.
        depth: The depth map to read; by default the latest one of the picture.
    """
    workspace = context.workspace
    if not objects and not boxes:
        objects = seen_in(workspace, image.handle)[:MOST_PLACES]
        if not objects:
            raise ModelMistake(
                f"depth_to_text: no objects are known in {image.handle}.",
                "Give boxes, or detect or mark objects first.",
            )
    places = _places(workspace, image, None, boxes, objects, depth)
    field, parts = places.field, places.parts
    lines = [f"By {places.depth.handle}, {field.scale.describe()}:"]
    found = [part for part in parts if part.reading.found]
    order = nearest_first([(p.name, p.reading) for p in found])
    if len(order) > 1:
        lines.append("Nearest first: " + _in_order(order) + ".")
    elif order:
        lines.append(f"{order[0][0]}: {describe(order[0][1])}.")
    heading = ""
    for statement in statements(field, found):
        if _HEADINGS[statement.kind] != heading:
            heading = _HEADINGS[statement.kind]
            lines.append(f"{heading}:")
        lines.append(f"- {statement.text}")
    lines += [f"{p.name}: the depth is {_NOT_KNOWN}." for p in parts if not p.reading.found]
    boxed = [part.name for part in found if not part.outlined]
    if boxed:
        lines.append(
            f"Of {', '.join(boxed)} no outline is known: the surface in the middle of the box was taken for it."
        )
    return ToolResult("\n".join(lines))


def _places(
    workspace: Workspace,
    image: Picture,
    points: Sequence[tuple[float, float]] | None,
    boxes: Sequence[tuple[float, float, float, float]] | None,
    objects: Sequence[SceneObject] | None,
    wanted: DepthMap | None,
) -> _Places:
    count = len(points or ()) + len(boxes or ()) + len(objects or ())
    if count == 0:
        raise ModelMistake("there are no places to read the depth of.", "Give points, boxes or objects.")
    if count > MOST_PLACES:
        raise ModelMistake(f"{count} places are too many.", f"Give at most {MOST_PLACES}.")
    depth = depth_for(workspace, image, wanted)
    field = field_of(workspace, depth)
    if field.known == 0:
        raise InstrumentLimit(f"{depth.handle} holds no depth.", "Estimate the depth of another picture of the scene.")
    parts: list[Part] = []
    at: list[tuple[float, float] | None] = []
    for point in points or ():
        x, y = on_depth(workspace, image, depth, point)
        parts.append(
            Part(f"point {point_ref(image.handle, point)}", spot(field, (x, y)), field.at_point((x, y)), False)
        )
        at.append((x, y))
    for box in boxes or ():
        x0, y0, x1, y1 = on_depth(workspace, image, depth, box)
        mask = field.surface_in((x0, y0, x1, y1))
        parts.append(part_from(field, f"box {box_ref(image.handle, box)}", mask, outlined=False))
        at.append(None)
    for item in dict.fromkeys(o.handle for o in objects or ()):
        parts.append(part_of(workspace, field, depth.picture, workspace.scene.objects[item]))
        at.append(None)
    return _Places(depth, field, parts, at)


def _in_order(order: Sequence[tuple[str, Reading]]) -> str:
    return ", ".join(f"{name} ({describe(r) if r.field.ordinal else short(r)})" for name, r in order)


def _told(field: DepthField, reading: Reading, point: tuple[float, float] | None) -> str:
    """The depth of one place in words."""
    if not reading.found:
        return _NOT_KNOWN
    if field.ordinal:
        edge = "; it lies on an edge between a near and a far surface" if reading.edge else ""
        return f"{describe(reading)}{edge}"
    out = f"{field.word} {quantity(reading)}"
    if point is None:
        return f"{out} in the middle; what is seen of it goes from {short(reading, reading.nearest)} to " + short(
            reading, reading.farthest
        )
    if reading.edge:
        out += (
            f"; it lies on an edge: a surface at {short(reading, reading.nearest)} and one at "
            f"{short(reading, reading.farthest)} meet here"
        )
    if field.intrinsics is not None and not field.ranged:
        out += f"; range {_range(field, reading, point)}"
    return out


def _range(field: DepthField, reading: Reading, point: tuple[float, float]) -> str:
    """The straight distance from the camera, with the interval that the focal length allows."""
    assert field.intrinsics is not None
    lens = field.intrinsics
    longer = [
        float(np.linalg.norm(lens.with_focal_scaled(factor).unproject(point)))
        for factor in (1.0, lens.focal_factor, 1 / lens.focal_factor)
    ]
    value = reading.length() * longer[0]
    low = math.exp(reading.middle - reading.error) * min(longer)
    high = math.exp(reading.middle + reading.error) * max(longer)
    return str(field.scale.length(value, min(low, value), max(high, value)))
