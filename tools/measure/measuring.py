"""Tools that measure lengths: where a thing is, how far, how large, how high, and whether one fits another."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import poses
from sightline.geometry.quantities import Quantity, number
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import Cloud, InstrumentLimit, ModelMistake, Picture, SceneObject
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.measure import words
from sightline.tools.measure.floors import find_floor
from sightline.tools.measure.lengths import (
    Axis,
    Length,
    distance_between,
    distance_from,
    does_fit,
    height_over,
    size_of,
)
from sightline.tools.measure.observed import Observed
from sightline.tools.measure.things import chosen_cloud, focal_warps, observed

_WHAT = {
    "closest": "between the closest observed surface points",
    "centres": "between the centres of their boxes",
    "horizontal": "in the plan, between the closest points as seen from above",
}


@tool(family="measure", example={"a": "obj1", "b": "obj2"})
def distance(
    context: ToolContext,
    a: SceneObject,
    b: SceneObject | None = None,
    camera: Picture | None = None,
    between: Literal["closest", "centres", "horizontal"] = "closest",
    cloud: Cloud | None = None,
) -> ToolResult:
    """Measure the distance between two objects, or from an object to the camera of a picture.

    Both have to be in one reconstruction; across reconstructions it is refused. By default it is the distance between
    the closest surface points that were seen.

    Args:
        context: What the call may use.
        a: One object.
        b: The other object.
        camera: Instead of a second object, the picture whose camera it is measured from.
        between: `closest` surface points, `centres`, or `horizontal`: closest as seen from above.
        cloud: Which reconstruction; by default the latest that holds both.
    """
    if (b is None) == (camera is None):
        raise ModelMistake("distance: it is measured to one other thing.", "Give one of `b` and `camera`.")
    if b is not None and a.handle == b.handle:
        raise ModelMistake(f"distance: {a.handle} is given twice.", "Give two objects.")
    space = chosen_cloud(context.workspace, [a] if b is None else [a, b], cloud)
    reconstruction = space.reconstruction
    first = observed(context.workspace, space, a)
    if b is None:
        assert camera is not None, "checked above"
        if camera.handle not in reconstruction.cameras:
            raise InstrumentLimit(
                f"{camera.handle} has no camera in {space.handle}.",
                f"Pictures with a camera in it: {', '.join(space.pictures)}.",
            )
        place = reconstruction.cameras[camera.handle].position
        found = distance_from(place, first, focal_warps(reconstruction, first.pictures))
        value = space.scale.length(found.value, found.low, found.high)
        text = (
            f"The distance from the camera of {camera.handle} to the closest observed point of {first.label}: {value}."
        )
        return ToolResult(
            f"{text} {words.source_of(space, [first])}{words.caveats(reconstruction, [first])}",
            values={"distance": value},
        )
    second = observed(context.workspace, space, b)
    found = distance_between(first, second, between, focal_warps(reconstruction, [*first.pictures, *second.pictures]))
    value = space.scale.length(found.value, found.low, found.high)
    how = _WHAT[between] if first.solid and second.solid else "between their places"
    note = words.up_note(reconstruction) if between == "horizontal" else ""
    return ToolResult(
        f"The distance from {first.label} to {second.label}, {how}: {value}. "
        f"{words.source_of(space, [first, second])}{words.caveats(reconstruction, [first, second])}{note}",
        values={"distance": value},
    )


@tool(family="measure", example={"thing": "obj1"})
def size(
    context: ToolContext,
    thing: SceneObject,
    axis: Literal["longest", "height", "width", "depth"] = "longest",
    cloud: Cloud | None = None,
) -> ToolResult:
    """Measure a dimension of an object: the longest of its box, or a named one.

    Width and depth are across and along its front where the front is known, else the longer and the shorter horizontal
    side. It is the size of the part that was seen.

    Args:
        context: What the call may use.
        thing: The object.
        axis: Which dimension.
        cloud: Which reconstruction; by default the latest that holds it.
    """
    space = chosen_cloud(context.workspace, [thing], cloud)
    reconstruction = space.reconstruction
    seen = observed(context.workspace, space, thing)
    if seen.only_point:
        raise InstrumentLimit(
            f"only a point of {seen.label} is marked, which does not say how large it is.",
            "Draw a box around it, or segment it, first.",
        )
    front = front_of(reconstruction, thing)
    warps = focal_warps(reconstruction, seen.pictures)
    sizes: dict[Axis, Quantity] = {}
    axes: tuple[Axis, ...] = ("longest", "width", "depth", "height")
    for name in axes:
        found = size_of(seen, name, None if front is None else front[0], warps)
        sizes[name] = space.scale.length(found.value, found.low, found.high)
    what = "longest dimension" if axis == "longest" else axis
    of = "the part seen of " if seen.partial else ""
    others = ", ".join(f"{n} {words.plain_length(space, sizes[n].value)}" for n in axes[1:] if n != axis)
    sides = "across and along its front" if front is not None else "the longer and the shorter horizontal side"
    return ToolResult(
        f"The {what} of {of}{seen.label}: {sizes[axis]}. Beside it: {others} (width and depth are {sides}). "
        f"{words.source_of(space, [seen])}{words.caveats(reconstruction, [seen])}"
        f"{words.up_note(reconstruction) if axis != 'longest' else ''}",
        values={str(name): sizes[name] for name in (axis, *axes)},
    )


@tool(family="measure", example={"thing": "obj1"})
def height_above(
    context: ToolContext,
    thing: SceneObject,
    over: SceneObject | None = None,
    of: Literal["bottom", "top", "centre"] = "bottom",
    cloud: Cloud | None = None,
) -> ToolResult:
    """Measure how high an object is above the floor, or above the top of another object.

    Negative where it is below. Refused where gravity is not known.

    Args:
        context: What the call may use.
        thing: The object.
        over: The object whose top it is measured from; by default the floor.
        of: Which part of the object: its `bottom`, `top` or `centre`.
        cloud: Which reconstruction; by default the latest that holds them.
    """
    space = chosen_cloud(context.workspace, [thing] if over is None else [thing, over], cloud)
    reconstruction = space.reconstruction
    needs_gravity(space, "heights")
    seen = observed(context.workspace, space, thing)
    things = [seen]
    if over is None:
        floor = find_floor(reconstruction)
        if floor is None:
            raise InstrumentLimit(
                f"no floor was found in {space.handle}: too little of it was seen.",
                "Measure above another object, or reconstruct with pictures that show the floor.",
            )
        level, error, base = floor.height, floor.error, "the floor"
        plan = reconstruction.cloud.points[floor.holds(reconstruction.cloud.points), :2]
        reach = float(np.linalg.norm(plan - seen.centre[:2], axis=1).min())
    else:
        below = observed(context.workspace, space, over)
        things.append(below)
        level, error, base = below.box.heights[1], below.spacing + 2 * below.rim, f"the top of {below.label}"
        if not below.solid:
            error = below.error
        reach = float(np.linalg.norm(below.centre[:2] - seen.centre[:2]))
    found = height_over(seen, level, error, of, reconstruction.up_error, reach)
    value = space.scale.length(found.value, found.low, found.high) if found.low > 0 else _signed(space, found)
    return ToolResult(
        f"The {of} of {seen.label} above {base}: {value}. {words.source_of(space, things)}"
        f"{words.caveats(reconstruction, things)}{words.up_note(reconstruction)}",
        values={"height": value},
    )


@tool(family="measure", example={"thing": "obj1", "opening": "obj2"})
def fits(
    context: ToolContext,
    thing: SceneObject,
    opening: SceneObject,
    how: Literal["through", "into"] = "through",
    clearance: float = 0.0,
    cloud: Cloud | None = None,
) -> ToolResult:
    """Tell whether an object fits through an opening or into a space: yes, no, or too close to call.

    The object may be turned by right angles. `through` compares its two shorter sides with the two longer ones of the
    opening (a door, a gap that was boxed); `into` compares all three with the space's outer box.

    Args:
        context: What the call may use.
        thing: What has to fit.
        opening: The opening or the space, as an object.
        how: `through` an opening, or `into` a space.
        clearance: What must be left over, in metres or scene units.
        cloud: Which reconstruction; by default the latest that holds both.
    """
    if clearance < 0:
        raise ModelMistake(f"fits: a clearance is not negative, {clearance:g} is.", "Leave it out for none.")
    if thing.handle == opening.handle:
        raise ModelMistake(f"fits: {thing.handle} is given twice.", "Give a thing, and another as the opening.")
    space = chosen_cloud(context.workspace, [thing, opening], cloud)
    reconstruction = space.reconstruction
    seen, gap = (observed(context.workspace, space, item) for item in (thing, opening))
    for item in (seen, gap):
        if item.only_point:
            raise InstrumentLimit(
                f"only a point of {item.label} is marked, which does not say how large it is.",
                "Draw a box around it, or segment it, first.",
            )
    sides, room = _sides(reconstruction, seen), _sides(reconstruction, gap)
    if how == "through":
        room = sorted(room, key=lambda s: s.value)[1:]
    verdict, left = does_fit(sides, room, clearance)
    unit = words.unit_of(space)
    spare = f"{number(abs(left))} {unit} {'to spare' if left >= 0 else 'too little'} at the tightest"
    note = ""
    if verdict == "yes" and seen.partial:
        note = f" The answer is for the part of {seen.label} that was seen: a hidden part could still be larger."
    return ToolResult(
        f"Does {seen.label} fit {how} {gap.label}: {verdict}; {spare}. Sides of {seen.label}: "
        f"{_list_sides(space, sides)}; of {gap.label}: {_list_sides(space, room)}.{note} "
        f"{words.source_of(space, [seen, gap])}{words.caveats(reconstruction, [seen, gap])}"
    )


def needs_gravity(space: Cloud, what: str) -> None:
    """Refuse what has no meaning without knowing where up is.

    Raises:
        InstrumentLimit: Up is only assumed in this reconstruction.
    """
    if space.reconstruction.up == "assumed":
        raise InstrumentLimit(
            f"where up is, is not known in {space.handle}, only assumed from the first camera: {what} would mean "
            "nothing.",
            "Reconstruct with pictures that show the floor, or with cameras that look in different directions.",
        )


def front_of(reconstruction: Reconstruction, thing: SceneObject) -> tuple[NDArray[np.float64], float] | None:
    """The way an object's front points in the world, (3,), and its error in degrees; None where it is not known."""
    faces = thing.faces.get("front")
    if faces is None or faces.verdict != "found" or faces.picture not in reconstruction.cameras:
        return None
    ahead = poses.bearing_pitch_roll(reconstruction.cameras[faces.picture].pose)[0]
    return poses.direction(ahead + faces.azimuth), faces.error


def _sides(reconstruction: Reconstruction, thing: Observed) -> list[Length]:
    warps = focal_warps(reconstruction, thing.pictures)
    axes: tuple[Axis, ...] = ("width", "depth", "height")
    return [size_of(thing, axis, None, warps) for axis in axes]


def _list_sides(space: Cloud, sides: list[Length]) -> str:
    out = []
    for side in sides:
        quantity = space.scale.length(side.value, side.low, side.high)
        out.append(f"{words.plain_length(space, side.value)} ({words.between(quantity)})")
    return " x ".join(out)


def _signed(space: Cloud, found: Length) -> Quantity:
    """A length that may be below zero: the scale's error stretches both ends away from it."""
    factor = space.scale.factor
    low = found.low * factor if found.low < 0 else found.low / factor
    high = found.high * factor if found.high > 0 else found.high / factor
    return Quantity(found.value, low, high, "length", space.scale)
