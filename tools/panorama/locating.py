"""The tool that says in which direction of a panorama something lies, and where in it a direction is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sightline.geometry.panorama_boxes import AngularBox
from sightline.geometry.panoramas import angular_distance, wrap_yaw
from sightline.memory import ModelMistake, Picture, Workspace
from sightline.memory.refs import box_ref, point_ref
from sightline.tools.contract import Box, Point, ToolContext, ToolResult, tool
from sightline.tools.panorama import wording
from sightline.tools.panorama.looking import check_direction
from sightline.tools.panorama.places import Frame, Pair, frames_of, panorama_point
from sightline.tools.panorama.views import NARROWEST, WIDEST

MOST_PLACES = 50
_EDGE = 1.0  # pixels by which a place of a derived picture may leave the picture it came from


@dataclass(frozen=True)
class Direction:
    """A place as it counts for angles: what it is called, its yaw and pitch, and the degrees of a pixel there."""

    name: str
    angles: Pair
    pixel: float


@tool(family="panorama", example={"image": "pano1", "points": [[100, 80], [300, 90]]})
def locate_in_panorama(
    context: ToolContext,
    image: Picture,
    points: list[Point] | None = None,
    boxes: list[Box] | None = None,
    yaw: float | None = None,
    pitch: float | None = None,
) -> ToolResult:
    """Say in which direction places lie, as yaw and pitch, and where they are in the panorama; or the way back.

    Places may be in a panorama, in a view of one (`look`, `turn`, `cubemap`), or in a crop of those. For several places
    it gives the angle between each and the next, as the viewer sees it. It does not know distances.

    Args:
        context: What the call may use.
        image: The panorama, or the picture made from it, that the places are in.
        points: Points in it.
        boxes: Boxes in it. A thing that the panorama's edge cuts in two is boxed in a view of it.
        yaw: The way back: degrees to the right (+) or left (-) of the panorama's centre column.
        pitch: With yaw, degrees up (+) or down (-); 0 if left out.
    """
    frames = frames_of(context.workspace, image.handle)
    if not frames:
        raise _no_panorama(context.workspace, image)
    places: list[Sequence[float]] = [*(points or []), *(boxes or [])]
    asked = yaw is not None or pitch is not None
    if not places and not asked:
        raise ModelMistake("locate_in_panorama: there is nothing to locate.", "Give points, boxes, or yaw and pitch.")
    if len(places) > MOST_PLACES:
        raise ModelMistake(f"{len(places)} places are too many.", f"Give at most {MOST_PLACES}.")
    lines, found = [], []
    for place in places:
        line, there = _located(context.workspace, image, frames, place)
        lines.append(line)
        found.append(there)
    if asked:
        wanted = (yaw or 0.0, pitch or 0.0)
        check_direction(*wanted)
        line, there = _pointed(frames, image, wanted)
        lines.append(line)
        found.append(there)
    lines += [_apart(a, b) for a, b in pairwise(found)]
    return ToolResult("\n".join(lines))


def _no_panorama(workspace: Workspace, image: Picture) -> ModelMistake:
    whole = [handle for handle in workspace.inputs if workspace.artifacts[handle].kind == "panorama"]
    made = [handle for handle in workspace.pictures if handle not in whole and frames_of(workspace, handle)]
    return ModelMistake(
        f"{image.handle} is neither a panorama nor made from one: its places have no yaw and pitch.",
        f"Panoramas: {', '.join(whole) or 'none'}; made from them: {', '.join(made[-12:]) or 'none yet, use `look`'}.",
    )


def _located(
    workspace: Workspace, image: Picture, frames: dict[str, Frame], place: Sequence[float]
) -> tuple[str, Direction]:
    """Where one place of the picture lies, in words, and its direction; of a box, that of its middle."""
    ref = point_ref(image.handle, place) if len(place) == 2 else f"box {box_ref(image.handle, place)}"
    x, y = list(place[0::2]), list(place[1::2])
    corners = np.array([(a, b) for a in x for b in y])
    base, corners = workspace.to_input(image.handle, corners)
    if base not in frames:
        raise ModelMistake(
            f"{ref} of {image.handle} does not lie inside one of its parts.", "Give a place inside a single one."
        )
    width, height = workspace.artifacts[base].size or (0, 0)
    if (corners < -_EDGE).any() or (corners > (width + _EDGE, height + _EDGE)).any():
        raise ModelMistake(f"{ref} of {image.handle} shows nothing of {base}.", "Give a place inside the picture.")
    corners = np.clip(corners, 0, (width, height))
    low, high, frame = corners.min(axis=0), corners.max(axis=0), frames[base]
    middle = (float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2)
    pixel = frame.pixel_degrees(middle)
    yaw, pitch = (float(v) for v in frame.angles(middle))
    there = Direction(ref, (yaw, pitch), pixel)
    if len(place) == 2:
        also = f"; in {frame.panorama} it is {_in_panorama(frame, (yaw, pitch))}" if frame.view else ""
        return f"{ref} of {image.handle} is at {wording.direction(yaw, pitch)}{also}.", there
    box = frame.box((float(low[0]), float(low[1]), float(high[0]), float(high[1])))
    text = f"{ref} of {image.handle} covers {wording.span(box)}; its middle is at {wording.direction(yaw, pitch)}"
    if frame.view is not None:
        parts = [box_ref(frame.panorama, part) for part in box.in_panorama(frame.panorama_size)]
        cut = ", cut by the panorama's edge" if len(parts) > 1 else ""
        text += f"; in {frame.panorama} it is box {' and '.join(parts)}{cut}"
    return f"{text}. {_how_to_see(box)}".rstrip(), there


def _in_panorama(frame: Frame, angles: Pair) -> str:
    return point_ref(frame.panorama, panorama_point(frame.panorama_size, *angles))


def _how_to_see(box: AngularBox) -> str:
    """The call of `look` that shows all of a box; "" where no flat view does."""
    try:
        view = box.view((4, 3))
    except ValueError:
        return ""
    if view.field_of_view > WIDEST:
        return ""
    wide = max(NARROWEST, math.ceil(view.field_of_view))
    where = wording.numbers(view.yaw, view.pitch)
    return f"`look` with {where} and a field of view of {wide:g} shows all of it."


def _pointed(frames: dict[str, Frame], image: Picture, angles: Pair) -> tuple[str, Direction]:
    """Where a direction is in the panorama, and in the view if it shows it."""
    frame = next(iter(frames.values()))
    yaw, pitch = float(wrap_yaw(angles[0])), angles[1]
    name = wording.numbers(yaw, pitch)
    text = f"{wording.direction(yaw, pitch)} is {_in_panorama(frame, (yaw, pitch))} in {frame.panorama}"
    views = {handle: each.view for handle, each in frames.items() if each.view is not None}
    shown = next(((handle, view) for handle, view in views.items() if view.shows((yaw, pitch))), None)
    pixel = 360 / frame.panorama_size[0]
    if shown is not None:
        x, y = shown[1].from_angles((yaw, pitch))
        text += f", and {point_ref(shown[0], (float(x), float(y)))} in {shown[0]}"
    elif len(views) == 1:
        ((handle, view),) = views.items()
        way = wording.turned(float(wrap_yaw(yaw - view.yaw)), pitch - view.pitch)
        text += f"; {handle} does not show it: `turn` it {way} to have it in the middle"
    return f"{text}.", Direction(name, (yaw, pitch), pixel)


def _apart(a: Direction, b: Direction) -> str:
    """The angle between two directions, and which way the second lies from the first."""
    angle = float(angular_distance(a.angles, b.angles))
    error = max(0.1, (a.pixel + b.pixel) / 2)
    text = f"Between {a.name} and {b.name} are {wording.degrees(angle)} (+- {wording.number(error)}, one pixel)"
    steep = max(abs(a.angles[1]), abs(b.angles[1])) >= wording.POLE
    turned = 0.0 if steep else float(wrap_yaw(b.angles[0] - a.angles[0]))
    way = wording.turned(turned, b.angles[1] - a.angles[1])
    return f"{text}; from the first to the second one turns {way}."
