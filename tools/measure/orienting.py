"""Tools that measure angles and directions: at a corner, against gravity, and in a frame of reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from sightline.geometry import poses
from sightline.geometry.frames import (
    Frame,
    FrameName,
    camera_frame,
    object_frame,
    parse_frame,
    picture_direction,
    stand_at_frame,
    world_frame,
)
from sightline.geometry.quantities import Quantity, number
from sightline.geometry.relations import Sectors, relation
from sightline.memory import Cloud, InstrumentLimit, ModelMistake, Picture, SceneObject, Workspace
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.measure import words
from sightline.tools.measure.angles import angle_at, tilt_of
from sightline.tools.measure.measuring import front_of, needs_gravity
from sightline.tools.measure.observed import Observed
from sightline.tools.measure.things import chosen_cloud, clouds_of, label_of, marks_of, observed

_SECTORS: dict[str, Sectors] = {
    "eight": "eight",
    "four": "four",
    "quadrants": "quadrants",
    "left-right": "sides",
    "left-right-back": "left-right-back",
}

_ANY = 90.0
"""Degrees of error from which an angle says nothing."""
_CLOSER = "Mark single points of them with `locate`, or outline them in photos from more sides, and ask again."


@tool(family="measure", example={"a": "obj1", "at": "obj2", "c": "obj3"})
def angle(
    context: ToolContext, a: SceneObject, at: SceneObject, c: SceneObject, cloud: Cloud | None = None
) -> ToolResult:
    """Measure the angle at one object between the directions to two others.

    Args:
        context: What the call may use.
        a: An object.
        at: The object where the angle is.
        c: Another object.
        cloud: Which reconstruction; by default the latest that holds all three.
    """
    space = chosen_cloud(context.workspace, [a, at, c], cloud)
    things = [observed(context.workspace, space, item) for item in (a, at, c)]
    try:
        found = angle_at(*things)
    except ValueError as why:
        raise ModelMistake(f"angle: {why}.", "Give three different objects.") from why
    if found.error >= _ANY:
        raise InstrumentLimit(
            f"the centres of {' and '.join(_unsure(space, things))} are known too badly for how close these three are: "
            f"the angle at {things[1].label} could be almost any.",
            _CLOSER,
        )
    value = Quantity.degrees(found.value, found.error)
    return ToolResult(
        f"The angle at {things[1].label} between {things[0].label} and {things[2].label}: {value} (between the centres "
        f"of their boxes; angles need no scale). {words.source_of(space, things)}"
        f"{words.caveats(space.reconstruction, things)}",
        values={"angle": value},
    )


@tool(family="measure", example={"thing": "obj1"})
def tilt(
    context: ToolContext, thing: SceneObject | None = None, image: Picture | None = None, cloud: Cloud | None = None
) -> ToolResult:
    """Measure how an object leans against gravity, or how the camera of a picture was held.

    A long object: degrees from the vertical; a flat one: degrees of its plane from the horizontal (0 a table top, 90 a
    wall). Refused where gravity is not known.

    Args:
        context: What the call may use.
        thing: The object.
        image: Instead, the picture whose camera is meant.
        cloud: Which reconstruction; by default the latest that holds it.
    """
    if (thing is None) == (image is None):
        given = "nothing was given to measure" if thing is None else "it is of one: `thing` and `image` were both given"
        raise ModelMistake(f"tilt: {given}.", "Give `thing`, or `image` for the camera of a picture.")
    if image is not None:
        return _camera_tilt(context, image, cloud)
    assert thing is not None, "checked above"
    space = chosen_cloud(context.workspace, [thing], cloud)
    needs_gravity(space, "a tilt")
    seen = observed(context.workspace, space, thing)
    if not seen.solid:
        raise InstrumentLimit(f"{seen.label} has no surface points: how it leans is not known.", "Use dense depth.")
    try:
        found = tilt_of(seen, space.reconstruction.up_error)
    except ValueError as why:
        raise InstrumentLimit(f"{seen.label}: {why}.", "Ask for `angle` between three marked places of it.") from why
    value = Quantity.degrees(found.angle.value, found.angle.error)
    if found.shape == "rod":
        what = f"The length of {seen.label} leans {value} from the vertical"
        way = "" if found.bearing is None else f", its upper end towards bearing {found.bearing:.0f}"
    else:
        what = f"The plane of {seen.label} is tilted {value} from the horizontal (0 is level, 90 is upright)"
        way = "" if found.bearing is None else f", going down towards bearing {found.bearing:.0f}"
    note = " (degrees clockwise from the map's +y)" if way else ""
    return ToolResult(
        f"{what}{way}{note}. {words.source_of(space, [seen])}{words.caveats(space.reconstruction, [seen])}"
        f"{words.up_note(space.reconstruction)}",
        values={"tilt": value},
    )


@tool(family="measure", example={"thing": "obj2", "frame": "camera:img1"})
def direction_of(
    context: ToolContext,
    thing: SceneObject,
    frame: str,
    relative_to: SceneObject | None = None,
    sectors: Literal["eight", "four", "quadrants", "left-right", "left-right-back"] = "eight",
    cloud: Cloud | None = None,
) -> ToolResult:
    """Say in which direction an object is, in a named frame of reference, with degrees and their uncertainty.

    Frames: `picture:img1` (the flat picture; needs `relative_to`), `camera:img2` (whoever took it), `object:obj1` (the
    thing itself; needs its front), `stand at obj1 facing obj2`, `world` (+y of the map is ahead).

    Args:
        context: What the call may use.
        thing: The object whose direction is asked.
        frame: Name of the frame.
        relative_to: The object it is seen from, along the frame's axes; by default the frame's own place.
        sectors: Which words: `eight` or `four` directions, `quadrants` (front-left, ...), `left-right`, or
            `left-right-back` (back from 135 degrees on).
        cloud: Which reconstruction; by default the latest that holds all of them.
    """
    workspace = context.workspace
    named = _named(workspace, frame, cloud)
    if named.kind == "picture":
        return _in_picture(thing, named, relative_to)
    scene = workspace.scene.objects
    others = [scene[n] for n in (named.about, named.facing) if n in scene]
    needed = [thing, *others] if relative_to is None else [thing, *others, relative_to]
    space = chosen_cloud(workspace, needed, cloud)
    seen = observed(workspace, space, thing)
    axes, things = _frame(workspace, space, named)
    if relative_to is not None:
        base = observed(workspace, space, relative_to)
        things.append(base)
        name = f"{axes.name}, from {label_of(relative_to)}"
        axes = replace(axes, name=name, origin=base.centre, position_error=base.error)
    axes = replace(axes, up_error=space.reconstruction.up_error)
    found = relation(axes, seen.centre, seen.error)
    used = list({t.label: t for t in [seen, *things]}.values())
    if min(found.azimuth_error, found.elevation_error) >= _ANY:
        raise InstrumentLimit(
            f"{seen.label} is only {words.plain_length(space, found.distance)} from where it is seen from, and the "
            f"centres of {' and '.join(_unsure(space, used))} are known no better: it could be in any direction.",
            _CLOSER,
        )
    far = (
        f"{words.plain_length(space, found.distance)} away, centre to centre"
        if space.scale.metric
        else (f"{number(found.distance)} scene units away")
    )
    return ToolResult(
        f"{seen.label}: {found.describe(_SECTORS[sectors])}; {far}. {words.source_of(space, used)}"
        f"{words.caveats(space.reconstruction, used)}",
        values={
            "azimuth": Quantity.degrees(found.azimuth, found.azimuth_error),
            "elevation": Quantity.degrees(found.elevation, found.elevation_error),
        },
    )


def _named(workspace: Workspace, frame: str, cloud: Cloud | None) -> FrameName:
    """The frame that is meant.

    Raises:
        ModelMistake: It is none of those on offer.
    """
    spaces = clouds_of(workspace) if cloud is None else [workspace.cloud(cloud.handle)]
    cameras = list(dict.fromkeys(p for space in spaces for p in space.pictures))
    pictures = [p for p in workspace.pictures if _looked_at(workspace, p)]
    objects = workspace.scene.objects
    placed = [h for h, o in objects.items() if any(marks_of(workspace, s, o) or s.place_of(h) for s in spaces)]
    fronts = [h for h in placed if any(front_of(s.reconstruction, objects[h]) for s in spaces)]
    text = frame
    for handle, item in sorted(objects.items(), key=lambda pair: -len(pair[1].name)):
        if len(workspace.scene.named(item.name)) == 1 and item.name:
            text = _replaced(text, item.name, handle)
    try:
        return parse_frame(text, pictures, cameras, fronts, placed)
    except ValueError as why:
        said, _, offer = str(why).partition(". ")
        raise ModelMistake(f"direction_of: {said}.", offer) from why


def _looked_at(workspace: Workspace, picture: str) -> bool:
    """Whether things have a place in a picture: one that was given, or one in which something was marked.

    Maps, sheets and depth in colours are pictures too, and no frame to say left and right in.
    """
    return workspace.artifacts[picture].kind in ("input", "panorama") or any(
        item.in_picture(picture) is not None for item in workspace.scene.objects.values()
    )


def _replaced(text: str, name: str, handle: str) -> str:
    """A frame's name with an object called by its handle."""
    import re

    return re.sub(rf"(?<![\w]){re.escape(name)}(?![\w])", handle, text, flags=re.IGNORECASE)


def _frame(workspace: Workspace, space: Cloud, named: FrameName) -> tuple[Frame, list[Observed]]:
    """The frame in a reconstruction, and the objects it is made of."""
    reconstruction = space.reconstruction
    levelled = reconstruction.up != "assumed"
    scene = workspace.scene.objects
    if named.kind == "world":
        return world_frame(levelled), []
    if named.kind == "camera":
        if named.about not in reconstruction.cameras:
            raise InstrumentLimit(
                f"{named.about} has no camera in {space.handle}.", f"It has those of {', '.join(space.pictures)}."
            )
        return camera_frame(named.about, reconstruction.cameras[named.about].pose, levelled), []
    if named.kind == "object":
        thing = scene[named.about]
        front = front_of(reconstruction, thing)
        if front is None:
            raise InstrumentLimit(
                f"the front of {label_of(thing)} is not known in {space.handle}.", "Find it with `front_of` first."
            )
        seen = observed(workspace, space, thing)
        return object_frame(label_of(thing), seen.centre, front[0], levelled, front[1], seen.error), [seen]
    places, errors, labels, things = [], [], [], []
    for name in (named.about, named.facing):
        if name in reconstruction.cameras:
            places.append(reconstruction.cameras[name].position)
            errors.append(0.0)
            labels.append(name)
        else:
            seen = observed(workspace, space, scene[name])
            places.append(seen.centre)
            errors.append(seen.error)
            labels.append(seen.label)
            things.append(seen)
    try:
        return stand_at_frame(labels[0], places[0], labels[1], places[1], levelled, max(errors)), things
    except ValueError as why:
        raise InstrumentLimit(f"{why}.", "Name two things that do not stand one above the other.") from why


def _in_picture(thing: SceneObject, named: FrameName, relative_to: SceneObject | None) -> ToolResult:
    if relative_to is None:
        raise ModelMistake(
            "direction_of: in a flat picture, a thing is left or right of another thing.", "Give `relative_to`."
        )
    places = []
    for item in (thing, relative_to):
        sighting = item.in_picture(named.about)
        if sighting is None or sighting.centre is None:
            raise InstrumentLimit(
                f"{label_of(item)} was not marked in {named.about}.", "Mark or detect it there first."
            )
        places.append(sighting.centre)
    try:
        degrees, word = picture_direction(*places)
    except ValueError as why:
        raise InstrumentLimit(f"{why}.", "Mark them more closely.") from why
    return ToolResult(
        f"{label_of(thing)} is {word} of {label_of(relative_to)} in the frame {named}: {degrees:.0f} degrees in the "
        "picture (0 is right, counter-clockwise), between the middles of their marks. This says nothing of depth."
    )


def _unsure(space: Cloud, things: Sequence[Observed]) -> list[str]:
    """The things that are to blame for an error, with how far their centres may be off."""
    worst = max(thing.error for thing in things)
    blamed = [thing for thing in things if thing.error >= worst / 2]
    return [f"{t.label} (+- {words.plain_length(space, t.error)})" for t in blamed]


def _leaning(value: float, error: float, plus: str, minus: str, none: str) -> str:
    """An angle with its side, and without one where it says none: `level (0 +- 1 degrees)`."""
    size = Quantity.degrees(abs(value), error)
    if round(abs(value)) == 0 or abs(value) <= error:
        return f"{none} ({size})"
    return f"{size} {plus if value > 0 else minus}"


def _camera_tilt(context: ToolContext, image: Picture, cloud: Cloud | None) -> ToolResult:
    spaces = clouds_of(context.workspace) if cloud is None else [context.workspace.cloud(cloud.handle)]
    space = next((s for s in spaces if image.handle in s.pictures), None)
    if space is None:
        raise InstrumentLimit(f"{image.handle} has no camera in a reconstruction.", "Use `reconstruct` with it first.")
    needs_gravity(space, "a tilt")
    reconstruction = space.reconstruction
    bearing, pitch, roll = poses.bearing_pitch_roll(reconstruction.cameras[image.handle].pose)
    error = reconstruction.up_error
    way = _leaning(pitch, error, "up", "down", "level")
    head = _leaning(roll, error, "to the right", "to the left", "upright")
    return ToolResult(
        f"The camera of {image.handle} looked {way}, with the head "
        f"{head if head.startswith('upright') else f'tilted {head}'}, towards bearing {bearing:.0f} on the map of "
        f"{space.handle}.{words.up_note(reconstruction)}"
    )
