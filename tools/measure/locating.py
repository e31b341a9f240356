"""The tool that says where a thing is in space, and enters it in the scene map."""

from __future__ import annotations

from sightline.geometry.quantities import number
from sightline.memory import Cloud, InstrumentLimit, ModelMistake, ObjectPlaced, ObjectSeen, Picture, SceneObject
from sightline.memory.refs import box_ref, fresh_key, new_ref, point_ref
from sightline.memory.scene import Sighting, short_name
from sightline.tools.contract import Box, Point, ToolContext, ToolResult, tool
from sightline.tools.measure import words
from sightline.tools.measure.floors import find_floor
from sightline.tools.measure.lengths import distance_from
from sightline.tools.measure.observed import Observed
from sightline.tools.measure.things import Mark, chosen_cloud, clouds_of, focal_warps, mark_in, observed, observed_from


@tool(family="measure", example={"thing": "obj1"}, parallel_safe=False)
def locate(
    context: ToolContext,
    thing: SceneObject | None = None,
    image: Picture | None = None,
    point: Point | None = None,
    box: Box | None = None,
    name: str = "",
    cloud: Cloud | None = None,
) -> ToolResult:
    """Say where something is in a reconstruction: an object, or what a point or a box of a picture shows.

    Gives its centre on the map (x right, y ahead of the first camera, z up), its extent, and its distance from the
    cameras that saw it. A point or box is entered as a new object, or as a sighting of `thing` if that is given.

    Args:
        context: What the call may use.
        thing: A known object.
        image: The picture that the point or box is in.
        point: A point on the thing.
        box: A box around the thing.
        name: What to call a new object.
        cloud: Which reconstruction; by default the latest that holds it.
    """
    place = box if box is not None else point
    if place is None and thing is None:
        raise ModelMistake("locate: there is nothing to locate.", "Give `thing`, or `image` with `point` or `box`.")
    if box is not None and point is not None:
        raise ModelMistake("locate: a point and a box are two places.", "Give one of them.")
    if place is None:
        assert thing is not None, "checked above"
        space = chosen_cloud(context.workspace, [thing], cloud)
        found = observed(context.workspace, space, thing)
        return ToolResult(_words(space, found, found.label), facts=[_placed(space, thing.handle, found)])
    assert image is not None, "a place comes with its picture"
    sighting = Sighting(image.handle, box, point, None, "locate")
    space, mark = _cloud_with(context, sighting, cloud)
    key = fresh_key() if thing is None else thing.handle
    called = short_name((name or "thing").strip()) if thing is None else short_name(thing.name)
    label = f'{new_ref(key) if thing is None else key} "{called}"'
    where = f"box {box_ref(image.handle, box)}" if box is not None else f"point {point_ref(image.handle, place)}"
    found = observed_from(space.reconstruction, f'"{called}"' if thing is None else label, [mark], {})
    seen = ObjectSeen(object=key, name=called, picture=image.handle, box=box, point=point, source="locate")
    return ToolResult(
        _words(space, found, f"{label} ({where} in {image.handle})"), facts=[seen, _placed(space, key, found)]
    )


def _cloud_with(context: ToolContext, sighting: Sighting, wanted: Cloud | None) -> tuple[Cloud, Mark]:
    """The reconstruction that a place in a picture can be found in, and the place there."""
    workspace = context.workspace
    known = clouds_of(workspace) if wanted is None else [workspace.cloud(wanted.handle)]
    if not known:
        chosen_cloud(workspace, [])  # says that nothing is reconstructed
    for space in known:
        mark = mark_in(workspace, space, sighting)
        if mark is not None:
            return space, mark
    listed = "; ".join(f"{c.handle}: {', '.join(c.pictures)}" for c in known)
    raise InstrumentLimit(
        f"{sighting.picture} has no camera in a reconstruction, so a place in it is nowhere in space.",
        f"Pictures with a camera: {listed}.",
    )


def _placed(space: Cloud, key: str, found: Observed) -> ObjectPlaced:
    """The fact, in the units that the reconstruction was computed in."""
    x, y, z = (float(v) / space.unit for v in found.box.centre)
    a, b, c = (float(v) / space.unit for v in found.box.size)
    r = [float(v) for v in found.box.rotation.ravel()]
    return ObjectPlaced(
        object=key,
        cloud=space.handle,
        centre=(x, y, z),
        size=(a, b, c),
        rotation=(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]),
        points=len(found.points) if found.solid else 0,
        error=found.error / space.unit,
        partial=found.partial,
        pictures=found.pictures,
        source="locate",
    )


def _words(space: Cloud, found: Observed, label: str) -> str:
    reconstruction = space.reconstruction
    centre = ", ".join(number(float(v)) for v in found.centre)
    sides = " x ".join(number(float(v)) for v in found.sides)
    warps = focal_warps(reconstruction, found.pictures)
    lines = [
        f"{label} in {space.handle}: centre ({centre}) +- {number(found.error)}, "
        f"extent {sides} (two horizontal sides, height), in {words.unit_of(space)}; x right, y ahead of the first "
        "camera, z up."
    ]
    floor = find_floor(reconstruction)
    if floor is not None:
        low, high = (number(z - floor.height) for z in found.box.heights)
        lines.append(f"It reaches from {low} to {high} above the floor.")
    away = []
    for picture in found.pictures[:6]:
        length = distance_from(reconstruction.cameras[picture].position, found, warps)
        away.append(f"{picture} {space.scale.length(length.value, length.low, length.high)}")
    lines.append(f"Distance from the cameras to its closest observed point: {'; '.join(away)}.")
    lines.append(
        f"From {words.points_of(found)}.{words.caveats(reconstruction, [found])}{words.up_note(reconstruction)}"
    )
    return " ".join(lines)
