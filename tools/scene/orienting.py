"""The tool that says which way a thing's front, or a part of it, points in space."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from sightline.geometry import poses
from sightline.memory import (
    InfrastructureError,
    InstrumentLimit,
    ModelMistake,
    ObjectFaces,
    Picture,
    SceneObject,
    Sighting,
)
from sightline.memory.refs import plain
from sightline.tools.back_ends import Facing
from sightline.tools.background import in_daemon_thread
from sightline.tools.contract import Cloud, Point, ToolContext, ToolResult, tool
from sightline.tools.depth.maps import place_in
from sightline.tools.detection.front import front_of
from sightline.tools.measure import words
from sightline.tools.measure.angles import tilt_of
from sightline.tools.measure.measuring import needs_gravity
from sightline.tools.measure.observed import Observed
from sightline.tools.measure.things import label_of, observed_from
from sightline.tools.places import to_stored
from sightline.tools.scene.gathering import marks_in
from sightline.tools.scene.parts import Direction, Vote, direction_between, place_at, question, read_vote, settle
from sightline.tools.scene.spaces import Ground, ground_for

VOTES = 3
PART = 0.2
"""A marked place on a part is off the part's middle by up to this share of the whole thing's longest side: it lies on
the side that was seen."""
_UPRIGHT = ("up", "top", "upright", "vertical")


@tool(
    family="scene",
    example={"thing": "obj1", "attribute": "handle", "image": "img1", "tip": [200, 150]},
    parallel_safe=False,
    time_limit=900,
)
async def semantic_orientation(
    context: ToolContext,
    thing: SceneObject,
    attribute: str,
    image: Picture | None = None,
    tip: Point | None = None,
    tail: Point | None = None,
    cloud: Cloud | None = None,
) -> ToolResult:
    """Say which way a part of an object points in space: its front, handle, opening, spout; or how its top leans.

    Gives a bearing on the map and a direction in the camera's frame, with the error; or `symmetric` (it has no such
    side), or `unknown`. With `tip` it goes from `tail` (by default the object's middle) to `tip`. Without, the front is
    found as front_of does, `up` from the object's shape against gravity, and other parts by asking a fresh model.

    Args:
        context: What the call may use.
        thing: The object.
        attribute: The part: `front`, `handle`, `opening`, `up`, ...
        image: The picture to judge it in; by default the latest that the object was seen in.
        tip: A point on the part.
        tail: A point at the other end.
        cloud: Which reconstruction; by default the latest that holds the picture, else the picture's own depth.
    """
    part = " ".join(attribute.lower().split())
    if not part or len(part) > 40:
        raise ModelMistake("the attribute names one part of the object.", "For example: front, handle, opening, up.")
    if tail is not None and tip is None:
        raise ModelMistake("a tail without a tip is no direction.", "Give `tip` as well, or neither.")
    picture = image or _seen_in(context, thing)
    if part == "front" and tip is None:
        return await _front(context, thing, picture)
    ground = await in_daemon_thread(ground_for, context=context, images=[picture], cloud=cloud)
    if part in _UPRIGHT and tip is None:
        return _leaning(context, thing, picture, ground)
    told = ""
    if tip is None:
        vote, spread, told = await _asked(context, thing, picture, part)
        if isinstance(vote, str):
            return _verdict(thing, picture, part, vote, "by asking a fresh model." + told, ground)
        tip, method = vote, "vlm"
    else:
        spread, method = 0.0, "points"
    found = _towards(context, thing, picture, ground, tip, tail, spread)
    if found is None:
        why = "the two ends are too close to each other for how well their places are known." + told
        return _verdict(thing, picture, part, "unknown", why, ground)
    label = label_of(thing)
    azimuth = found.azimuth(ground.reconstruction.cameras[picture.handle].pose)
    facts = []
    if azimuth is not None:
        facts.append(
            ObjectFaces(
                object=thing.handle,
                verdict="found",
                picture=picture.handle,
                azimuth=azimuth,
                error=found.bearing_error,
                attribute=part,
                source=f"semantic_orientation by {method}",
            )
        )
    start = "between the marked points" if tail is not None else "from the object's middle to it"
    text = f"The {plain(part)} of {label} points {_told(found, picture.handle, azimuth, ground)}, {start}.{told}"
    return ToolResult(text, facts=[*facts], data=[] if ground.draft is None else [ground.draft])


async def _front(context: ToolContext, thing: SceneObject, picture: Picture) -> ToolResult:
    """As `front_of` finds it."""
    found = front_of.function(context=context, thing=thing, image=picture)
    return found if isinstance(found, ToolResult) else await found


def _leaning(context: ToolContext, thing: SceneObject, picture: Picture, ground: Ground) -> ToolResult:
    """How the thing's own up leans, from its shape."""
    if ground.draft is None:
        needs_gravity(context.workspace.cloud(ground.handle), "which way up a thing is")
    elif ground.reconstruction.up == "assumed":
        raise InstrumentLimit(
            f"where up is, is not known in {picture.handle}: no floor is seen in it.", "Use a picture with some floor."
        )
    seen = _observed(context, thing, picture, ground)
    if not seen.solid:
        raise InstrumentLimit(f"{seen.label} has no surface points: how it leans is not known.", "Use dense depth.")
    try:
        tilt = tilt_of(seen, ground.reconstruction.up_error)
    except ValueError as why:
        raise InstrumentLimit(f"{seen.label}: {why}.", "Mark `tail` and `tip`: its lower and its upper end.") from why
    vector = poses.UP.copy() if tilt.bearing is None else poses.direction(tilt.bearing, 90 - tilt.angle.value)
    what = "its length leans" if tilt.shape == "rod" else "its plane is tilted"
    against = "from the vertical" if tilt.shape == "rod" else "from the horizontal"
    away = "" if tilt.bearing is None else f", towards bearing {tilt.bearing:.0f} on the map of {ground.handle}"
    vec = ", ".join(f"{v:.2f}" for v in vector)
    text = (
        f"{seen.label}: {what} {tilt.angle.value:.0f} +- {math.ceil(tilt.angle.error)} degrees {against}{away}; "
        f"vector ({vec}) (x right, y ahead of the first camera, z up).{words.up_note(ground.reconstruction)}"
    )
    return ToolResult(text, data=[] if ground.draft is None else [ground.draft])


def _towards(
    context: ToolContext,
    thing: SceneObject,
    picture: Picture,
    ground: Ground,
    tip: tuple[float, float],
    tail: tuple[float, float] | None,
    spread: float,
) -> Direction | None:
    """The direction from the tail, or the thing's middle, to the tip."""
    reconstruction = ground.reconstruction
    end = place_at(reconstruction, picture.handle, tip)
    if end is None:
        raise InstrumentLimit(
            f"nothing is known of the place of the tip in {ground.handle}: too few points there.",
            "Mark another point of the part, or use dense depth.",
        )
    pixel = float(reconstruction.cameras[picture.handle].to_camera(end[0])[2]) / (
        reconstruction.cameras[picture.handle].intrinsics.fx
    )
    tip_error = end[1] + spread * pixel
    if tail is not None:
        start = place_at(reconstruction, picture.handle, tail)
        if start is None:
            raise InstrumentLimit(
                f"nothing is known of the place of the tail in {ground.handle}: too few points there.",
                "Mark another point.",
            )
        return direction_between(start[0], end[0], start[1], tip_error)
    seen = _observed(context, thing, picture, ground)
    return direction_between(seen.centre, end[0], seen.error, math.hypot(tip_error, PART * seen.box.longest))


def _observed(context: ToolContext, thing: SceneObject, picture: Picture, ground: Ground) -> Observed:
    marks, masks = marks_in(context.workspace, thing, ground.reconstruction.handles)
    if not marks:
        raise InstrumentLimit(
            f"{label_of(thing)} was not seen in {picture.handle}.", f"Mark or detect it in {picture.handle} first."
        )
    return observed_from(ground.reconstruction, label_of(thing), marks, masks)


async def _asked(context: ToolContext, thing: SceneObject, picture: Picture, part: str) -> tuple[Vote, float, str]:
    """Where a fresh model sees the part, the spread of its answers in pixels, and how they fell."""
    look = context.look
    if look is None:
        raise InfrastructureError(
            f"no vision-language model is there to ask where the {plain(part)} is.",
            "Mark it with `tip`, or give a model that sees.",
        )
    dialect = look.sees.dialect
    order = "x, y" if dialect.order == "xy" else "y, x"
    seen = thing.in_picture(picture.handle)
    prompt = question(thing.name, _where(context, picture, seen), part, dialect.describe(), order)
    votes: list[Vote] = []
    for _ in range(VOTES):
        reply = await look(context.workspace, prompt, [picture.handle])
        context.usage += reply.usage
        said = "unknown" if reply.refused else read_vote(reply.text)
        if isinstance(said, str):
            votes.append(said)
            continue
        stored = to_stored(said, picture.size, look.sees)
        votes.append("unknown" if stored is None else stored[0])
    pointed = sum(not isinstance(v, str) for v in votes)
    vote, spread = settle(votes)
    told = (
        f" A fresh model was asked {VOTES} times: {pointed} pointed at it, {votes.count('symmetric')} said symmetric, "
        f"{votes.count('unknown')} could not tell."
    )
    return vote, spread, told


def _where(context: ToolContext, picture: Picture, seen: Sighting | None) -> str:
    """The place of the object as the model that is asked names places."""
    place: Sequence[float] | None = None if seen is None else seen.box or seen.point
    if context.look is None or place is None:
        return ""
    sees = context.look.sees
    pairs = list(zip(place[0::2], place[1::2], strict=True))
    numbers = sees.dialect.to_model(pairs, picture.size, sees.limits.fit(picture.size))
    return f" at [{', '.join(sees.dialect.number(float(v)) for v in np.ravel(numbers))}]"


def _verdict(
    thing: SceneObject, picture: Picture, part: str, verdict: Literal["symmetric", "unknown"], why: str, ground: Ground
) -> ToolResult:
    facing = Facing(verdict)
    fact = ObjectFaces(
        object=thing.handle,
        verdict=verdict,
        picture=picture.handle,
        azimuth=facing.azimuth,
        error=facing.error,
        attribute=part,
        source="semantic_orientation",
    )
    data = [] if ground.draft is None else [ground.draft]
    if verdict == "symmetric":
        text = f"{label_of(thing)} is symmetric: it has no {plain(part)} that would point anywhere, {why}"
    else:
        text = f"where the {plain(part)} of {label_of(thing)} points is unknown: {why} Mark it with `tip` and `tail`."
    return ToolResult(text, facts=[fact], data=data)


def _told(found: Direction, picture: str, azimuth: float | None, ground: Ground) -> str:
    """A direction in words: on the map, and in the camera's frame."""
    vector = ", ".join(f"{v:.2f}" for v in found.vector)
    level = ground.reconstruction.up != "assumed"
    tilt = f"{abs(found.elevation):.0f} +- {math.ceil(found.error)} degrees {'up' if found.elevation >= 0 else 'down'}"
    if found.bearing is None or azimuth is None:
        return f"{tilt} (nearly straight {'up' if found.elevation > 0 else 'down'}; vector ({vector}))"
    off = math.ceil(found.bearing_error)
    return (
        f"towards bearing {found.bearing:.0f} +- {off} degrees on the map of {ground.handle} and {tilt} (vector "
        f"({vector}); x right, y ahead of the first camera, z up{'' if level else ', up assumed'}); in the level frame "
        f"of {picture}'s camera that is {azimuth:+.0f} +- {off} degrees (0 faces away from the camera, + turns to its "
        "right, 180 faces it)"
    )


def _seen_in(context: ToolContext, thing: SceneObject) -> Picture:
    """The latest picture that the object was seen in."""
    for sighting in reversed(thing.sightings):
        artifact = context.workspace.artifacts.get(sighting.picture)
        if artifact is not None and artifact.is_picture and any(place_in(context.workspace, thing, sighting.picture)):
            return context.workspace.picture(sighting.picture)
    raise InstrumentLimit(f"{label_of(thing)} was seen in no picture.", "Mark or detect it first, or name `image`.")
