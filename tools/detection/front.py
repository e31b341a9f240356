"""The tool over `facing`: asks joints, marked points, a model or a back end, and enters what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sightline.geometry.poses import bearing_pitch_roll
from sightline.memory import (
    Cloud,
    InfrastructureError,
    InstrumentLimit,
    ModelMistake,
    ObjectFaces,
    Picture,
    SceneObject,
    Sighting,
    Workspace,
)
from sightline.memory.refs import plain
from sightline.tools.back_ends import BackEnds, Facing
from sightline.tools.back_ends.linking import overlap
from sightline.tools.back_ends.naming import same
from sightline.tools.back_ends.protocols import Box
from sightline.tools.background import in_daemon_thread
from sightline.tools.contract import Point, ToolContext, ToolResult, tool
from sightline.tools.detection.facing import (
    OPTIONS,
    SYMMETRIC,
    UNKNOWN,
    from_keypoints,
    from_points,
    from_votes,
    in_words,
    line_of_sight,
)
from sightline.tools.detection.looks import Look
from sightline.tools.detection.people import people_once
from sightline.tools.detection.places import place_of

VOTES = 5
Method = Literal["auto", "keypoints", "points", "vlm", "back_end"]
_FRAME = "0 faces away from the camera, + turns to the camera's right, 180 faces the camera"


@tool(
    family="detection",
    time_limit=900.0,
    parallel_safe=False,
    places_in="image",
    example={"thing": "obj1", "image": "img1", "back": [120, 200], "front": [220, 240]},
)
async def front_of(
    context: ToolContext,
    thing: SceneObject,
    image: Picture,
    method: Method = "auto",
    back: Point | None = None,
    front: Point | None = None,
) -> ToolResult:
    """Find out which way an object's front points: degrees in the camera's level frame, or `symmetric`, or `unknown`.

    `keypoints` reads a person's shoulders and face; `points` goes from `back` to `front`, two points on the object at
    one height; `vlm` asks a fresh model five times; `back_end` asks an orientation model.

    Args:
        context: What the call may use.
        thing: The object whose front.
        image: The picture to judge it in; the object was seen there.
        method: How; auto takes what is at hand.
        back: A point at its back, for `points`.
        front: A point at its front, at the same height above the floor.
    """
    seen = thing.in_picture(image.handle)
    if seen is None:
        where = ", ".join(dict.fromkeys(s.picture for s in thing.sightings)) or "no picture"
        raise ModelMistake(f"{thing.handle} was not seen in {image.handle} (it was in {where}).", "Name that picture.")
    if (back is None) != (front is None):
        raise ModelMistake("only one of `back` and `front` was given.", "Give both.")
    chosen = _chosen(context, thing, method, back)
    if chosen == "points" and (back is None or front is None):
        raise ModelMistake("the method `points` needs `back` and `front`.", "Mark both on the object.")
    cloud = _cloud_of(context.workspace, image)
    told = ""
    if chosen == "vlm":
        facing, told = await _voted(context, thing, image, seen)
    else:
        facing = await in_daemon_thread(
            _measured,
            context=context,
            thing=thing,
            image=image,
            seen=seen,
            method=chosen,
            points=(back, front),
            cloud=cloud,
        )
    fact = ObjectFaces(
        object=thing.handle,
        verdict=facing.verdict,
        picture=image.handle,
        azimuth=facing.azimuth,
        error=facing.error,
        source=f"front_of by {chosen}",
    )
    return ToolResult(_told(thing, image, facing, chosen, cloud) + told, facts=[fact])


def _chosen(context: ToolContext, thing: SceneObject, method: Method, back: object) -> str:
    """The method that `auto` stands for."""
    if method != "auto":
        return method
    if back is not None:
        return "points"
    if has_facing(context.back_ends):
        return "back_end"
    if any(same(thing.name, name) for name in ("person", "man", "woman", "child", "boy", "girl")):
        return "keypoints"
    if context.look is not None:
        return "vlm"
    raise InstrumentLimit(
        "no orientation model was chosen, and no vision-language model is there to ask.",
        "Mark `back` and `front` on the object.",
    )


def has_facing(back_ends: BackEnds) -> bool:
    """Whether an orientation back end was chosen: none is there by default."""
    return "facing" in back_ends.settings or "oracle" in back_ends.settings


def _measured(
    context: ToolContext,
    thing: SceneObject,
    image: Picture,
    seen: Sighting,
    method: str,
    points: tuple[tuple[float, float] | None, tuple[float, float] | None],
    cloud: Cloud | None,
) -> Facing:
    picture = context.seen(image)
    if method == "points":
        back, front = points
        assert back is not None  # both are checked where the call is read
        assert front is not None
        camera = None if cloud is None else cloud.reconstruction.cameras[image.handle]
        if cloud is not None and cloud.reconstruction.up == "assumed":
            depths = _depths(cloud, image.handle, (back, front))
            return from_points(back, front, picture.intrinsics, camera if depths else None, depths)
        depths = None if cloud is None else _depths(cloud, image.handle, (back, front))
        lens = picture.intrinsics if camera is None else camera.intrinsics
        return from_points(back, front, lens, camera, depths)
    box = seen.box
    if box is None:
        raise InstrumentLimit(f"{thing.handle} has no box in {image.handle}.", "Detect or segment it there first.")
    if method == "back_end":
        return context.back_ends.facing().facing(picture, thing.name, box)
    people = people_once(context, picture, 0.2)
    person = max(people, key=lambda p: overlap(p.box, box), default=None)
    if person is None or overlap(person.box, box) < 0.3:
        raise InstrumentLimit(
            f"no person's joints were found at {thing.handle} in {image.handle}.",
            "Mark `back` and `front`, or ask `vlm`.",
        )
    return from_keypoints(person, picture.intrinsics)


def _depths(cloud: Cloud, handle: str, points: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """z-depths at two points; None where the reconstruction has none there."""
    reconstruction = cloud.reconstruction
    if handle not in reconstruction.depths:
        return None
    width, height = reconstruction.cameras[handle].intrinsics.size
    out = []
    for x, y in points:
        reach = 0.004 * max(width, height)
        box: Box = (max(0.0, x - reach), max(0.0, y - reach), min(width, x + reach), min(height, y + reach))
        place = place_of(Look(handle, "", box), reconstruction)
        if place is None:
            return None
        out.append(float(reconstruction.cameras[handle].to_camera(place[0])[2]))
    return out[0], out[1]


async def _voted(context: ToolContext, thing: SceneObject, image: Picture, seen: Sighting) -> tuple[Facing, str]:
    """Ask a fresh model several times, the options in another order each time; its votes, and how they fell."""
    look = context.look
    if look is None:
        raise InfrastructureError(
            "no vision-language model is there to ask: the model of this run cannot see pictures.",
            "Give a model that sees, or mark `back` and `front`.",
        )
    where = _where(context, image, seen)
    votes = []
    options = [*OPTIONS, SYMMETRIC, UNKNOWN]
    for number in range(VOTES):
        order = [options[(n * 3 + number * 2) % len(options)] for n in range(len(options))]
        reply = await look(context.workspace, _question(thing, where, order), [image.handle])
        context.usage += reply.usage
        votes.append(_vote("" if reply.refused else reply.text, options))
    centre = seen.centre or (image.size[0] / 2, image.size[1] / 2)
    facing = from_votes(votes, line_of_sight(*centre, context.seen(image).intrinsics))
    tally = {option: votes.count(option) for option in options if option in votes}
    return facing, " Votes: " + ", ".join(f"{count} {name}" for name, count in tally.items()) + "."


def _where(context: ToolContext, image: Picture, seen: Sighting) -> str:
    """The place of an object as the model that is asked names places."""
    look = context.look
    place = seen.box or seen.point
    if look is None or place is None:
        return ""
    dialect = look.sees.dialect
    numbers = dialect.to_model(
        list(zip(place[0::2], place[1::2], strict=True)), image.size, look.sees.limits.fit(image.size)
    )
    flat = ", ".join(dialect.number(v) for pair in numbers for v in pair)
    return f" at [{flat}] (places are {dialect.describe()})"


def _question(thing: SceneObject, where: str, options: Sequence[str]) -> str:
    listed = "\n".join(f"- {option}" for option in options)
    return (
        f"Look at the {thing.name}{where}. Which way does its front point, as seen from the camera? The front is the "
        "side that a person, an animal or a vehicle moves towards, where one looks who sits on it, where it shows or "
        "opens.\n"
        f"Reply with one of these lines and nothing else:\n{listed}"
    )


def _vote(text: str, options: Sequence[str]) -> str:
    """The option that a reply names; the longest, for one is part of another."""
    words = " ".join(text.casefold().split())
    named = [option for option in options if option in words]
    return max(named, key=len) if named else UNKNOWN


def _cloud_of(workspace: Workspace, image: Picture) -> Cloud | None:
    """The latest reconstruction that holds a camera for this picture."""
    clouds = [workspace.cloud(a.handle) for a in workspace.artifacts.values() if a.kind == "cloud"]
    return next((c for c in reversed(clouds) if image.handle in c.pictures), None)


def _told(thing: SceneObject, image: Picture, facing: Facing, method: str, cloud: Cloud | None) -> str:
    who = f"{thing.handle} ({plain(thing.name)})"
    if facing.verdict == "symmetric":
        return f"{who} is symmetric: it has no front, as judged in {image.handle} by {method}."
    if facing.verdict == "unknown":
        return (
            f"the front of {who} is unknown: {method} could not tell it in {image.handle}. Try another picture, or "
            "mark `back` and `front`."
        )
    level = "level" if cloud is not None and cloud.reconstruction.up != "assumed" else "taken for level"
    text = f"{who} faces {in_words(facing)} in the frame of {image.handle}'s camera ({level}), by {method}: {_FRAME}."
    if cloud is None:
        return text
    reconstruction = cloud.reconstruction
    heading = bearing_pitch_roll(reconstruction.cameras[image.handle].pose)[0]
    assumed = ", up assumed" if reconstruction.up == "assumed" else ""
    return (
        f"{text} In {cloud.handle} that is bearing {(heading + facing.azimuth) % 360 % 360:.0f} +- {facing.error:.0f} "
        f"degrees (clockwise from its +y, seen from above{assumed})."
    )
