"""Tools that show much of a reconstruction at once: a map from above, and a sheet of views."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera
from sightline.geometry.poses import bearing_pitch_roll, difference, turn
from sightline.geometry.quantities import number
from sightline.memory import Cloud, Draft, InstrumentLimit, ModelMistake, Picture, SceneObject
from sightline.tools.camera import wording
from sightline.tools.camera.anchors import Anchor, anchor_of, kept, solid_of
from sightline.tools.camera.map_drawing import Map, draw_map
from sightline.tools.camera.placing import Solid, floor_height
from sightline.tools.camera.rendering import lens_for, render, repeated
from sightline.tools.camera.viewing import MOST_OBJECTS, fit_view, front_of, middle_of, orbit, orbiting, stand_at, view
from sightline.tools.contract import Point, ToolContext, ToolResult, tool
from sightline.tools.image.edits import side_by_side

MOST_VIEWS = 12
MAP = "map"
"""Where a map's artifact data keep its layout: world x of the mapped area's left edge, world y of its upper edge, how
many pixels a unit has, and the rim in pixels."""
_MOST_LISTED = 8
_TOWARDS = ("up", "up and right", "right", "down and right", "down", "down and left", "left", "up and left")


@tool(family="camera", example={"cloud": "cloud1"})
def top_down(
    context: ToolContext,
    cloud: Cloud,
    objects: list[SceneObject] | None = None,
    cut_height: float | None = None,
) -> ToolResult:
    """Draw a map of a reconstruction: seen straight from above, +y up, with a grid and a scale bar.

    It shows the cameras as wedges that open where they look, the path of a video's camera, and the located objects as
    labelled outlines. A ceiling is cut away. What was never seen is hatched.

    Args:
        context: What the call may use.
        cloud: The reconstruction.
        objects: Objects to outline; all that are located in the reconstruction if left out.
        cut_height: Cut everything away from this height above the floor, in metres or the reconstruction's units. Left
            out, a ceiling is found and cut away.
    """
    reconstruction = cloud.reconstruction
    if len(reconstruction.cloud) == 0 and not reconstruction.cameras:
        raise InstrumentLimit(f"{cloud.handle} is empty.", "Reconstruct from other pictures.")
    if objects is None:
        known = [thing for thing in context.workspace.scene.objects.values() if cloud.handle in thing.places]
        solids = [solid_of(cloud, thing) for thing in known[:MOST_OBJECTS]]
    else:
        if len(objects) > MOST_OBJECTS:
            raise ModelMistake(f"a map outlines {MOST_OBJECTS} objects at most, not {len(objects)}.", "Choose some.")
        solids = [solid_of(cloud, thing) for thing in objects]
    cut = None
    if cut_height is not None:
        if cut_height <= 0:
            raise ModelMistake(
                f"cutting at {number(cut_height)} above the floor leaves nothing.", "Give a height above 0."
            )
        cut = floor_height(reconstruction) + cut_height
    drawn = draw_map(reconstruction, wording.unit(cloud.scale), solids, _camera_path(context, cloud), cut)
    layout = drawn.layout
    draft = Draft(
        drawn.pixels,
        f"map of {cloud.handle} from above",
        data={
            "cloud": cloud.handle,
            "unit": cloud.unit,
            MAP: {"left": layout.left, "back": layout.back, "scale": layout.pixels_per_unit, "rim": layout.box[0]},
        },
    )
    return ToolResult(f"{draft} is a map of {cloud.handle}. {_map_text(cloud, drawn, solids)}", [draft])


def _camera_path(context: ToolContext, cloud: Cloud) -> list[tuple[str, NDArray[np.float64]]]:
    """The way of the camera through each video whose frames were reconstructed, in order of time."""
    frames: dict[str, list[tuple[float, NDArray[np.float64]]]] = {}
    for handle, camera in cloud.reconstruction.cameras.items():
        artifact = context.workspace.artifacts.get(handle)
        video = None if artifact is None else artifact.data.get("video")
        if artifact is not None and video:
            frames.setdefault(str(video), []).append((float(artifact.data.get("time", 0.0)), camera.position))
    return [
        (f"camera of {video}", np.array([place for _, place in sorted(known, key=lambda frame: frame[0])]))
        for video, known in frames.items()
        if len(known) > 2
    ]


def _map_text(cloud: Cloud, drawn: Map, solids: list[Solid]) -> str:
    layout, scale = drawn.layout, cloud.scale
    across, along = (side / layout.pixels_per_unit for side in (layout.width, layout.height))
    lines = [
        f"It is seen straight from above: up on it is world +y (bearing 0{_first_looked(cloud)}), right is +x (bearing "
        "90).",
        f"It spans {wording.amount(scale, across)} from left to right and {wording.amount(scale, along)} from bottom "
        f"to top; a grid cell is {wording.amount(scale, layout.cell)}.",
    ]
    if drawn.cut is not None:
        height = wording.amount(scale, drawn.cut - drawn.floor)
        lines.append(f"Everything from {height} above the lowest surface upwards is cut away.")
    else:
        lines.append("Nothing is cut away.")
    share = wording.percent(drawn.coverage)
    lines.append(f"{share} of the map covered; the rest (hatched) was never seen.")
    cameras = list(cloud.reconstruction.cameras.items())
    if cameras:
        more = f" and {len(cameras) - _MOST_LISTED} more" if len(cameras) > _MOST_LISTED else ""
        lines.append(f"Cameras: {'; '.join(_camera_words(*c) for c in cameras[:_MOST_LISTED])}{more}.")
    if solids:
        where = (f"{s.name} at ({number(s.centre[0])}, {number(s.centre[1])})" for s in solids)
        lines.append(f"Objects, at map coordinates (x, y): {'; '.join(where)}.")
    lines.append(wording.grounds(cloud.reconstruction, scale))
    return " ".join(lines)


def _first_looked(cloud: Cloud) -> str:
    """What a reader may take bearing 0 from: where the first camera looked, as the world is set up by it."""
    for handle, camera in cloud.reconstruction.cameras.items():
        if abs(difference(bearing_pitch_roll(camera.pose)[0], 0.0)) < 1:
            return f", where {handle} looked"
        break
    return ""


def _camera_words(handle: str, camera: Camera) -> str:
    bearing, pitch, _ = bearing_pitch_roll(camera.pose)
    x, y = (number(float(value)) for value in np.round(camera.position[:2], 6) + 0.0)
    if abs(pitch) > 75:
        looks = "straight down" if pitch < 0 else "straight up"
    else:
        looks = f"{_TOWARDS[round(bearing / 45) % 8]} (bearing {round(bearing) % 360} degrees)"
    return f"{handle} at ({x}, {y}) looking {looks}"


@tool(family="camera", example={"cloud": "cloud1", "count": 6}, places_in="image")
def contact_sheet(
    context: ToolContext,
    cloud: Cloud,
    count: int = 6,
    how: Literal["orbit", "turn"] = "orbit",
    around: SceneObject | None = None,
    image: Picture | None = None,
    point: Point | None = None,
    elevation: float | None = None,
    distance: float = 1.0,
) -> ToolResult:
    """Show several views of a reconstruction in one labelled picture: all around a thing, or all around a viewpoint.

    Args:
        context: What the call may use.
        cloud: The reconstruction.
        count: How many views, 2 to 12, evenly all around.
        how: `orbit` moves around a thing and looks at it, `turn` looks around from one viewpoint.
        around: The object in the middle of an orbit.
        image: Whose camera to start from; the first picture if left out.
        point: What is in the middle of an orbit, if not an object. Without either it is the middle of the scene.
        elevation: Degrees above level of an orbit, -90 to 90; that of the starting camera if left out.
        distance: Times the starting camera's distance, for an orbit.
    """
    if not 2 <= count <= MOST_VIEWS:
        raise ModelMistake(f"a contact sheet holds 2 to {MOST_VIEWS} views, not {count}.", "6 is a good start.")
    anchor = anchor_of(context.workspace, cloud, image)
    lens = lens_for(anchor.camera.intrinsics)
    steps = [_wrapped(360.0 * index / count) for index in range(count)]
    if how == "turn":
        poses = [turn(anchor.camera.pose, yaw=step) for step in steps]
        what = f"all around from {anchor.place}"
        names = [_turned(step) for step in steps]
    else:
        centre, middle, _ = middle_of(cloud, anchor, around, point)
        placed = [orbiting(cloud, anchor, centre, step, elevation, distance) for step in steps]
        poses = [pose for pose, _, _ in placed]
        height = wording.degrees(round(placed[0][2], 1)) + (" below" if placed[0][2] < 0 else " above") + " level"
        what = f"around {middle}, {height}, from {wording.amount(cloud.scale, placed[0][1])} away"
        names = [_moved(step) for step in steps]
    return _sheet(cloud, anchor, [Camera(lens, pose) for pose in poses], names, what, whole=how == "turn")


def _wrapped(step: float) -> float:
    return step - 360.0 if step > 180.0 else step


def _turned(step: float) -> str:
    if step == 0:
        return "ahead"
    return "behind" if abs(step) == 180 else f"turned {wording.degrees(step)} {'right' if step > 0 else 'left'}"


def _moved(step: float) -> str:
    if step == 0:
        return "azimuth 0"
    return f"azimuth {number(step)}, moved {'right' if step > 0 else 'left'}" if abs(step) < 180 else "azimuth 180"


def _sheet(
    cloud: Cloud, anchor: Anchor, cameras: list[Camera], names: list[str], what: str, *, whole: bool
) -> ToolResult:
    shots = [render(cloud.reconstruction, camera, None if whole else front_of(cloud, camera)) for camera in cameras]
    labels = [f"{index + 1}: {name}" for index, name in enumerate(names)]
    columns = min(4, math.ceil(math.sqrt(len(shots))))
    pixels, regions = side_by_side([shot.pixels for shot in shots], labels, columns)
    cells = [{**kept(camera, cloud), "region": list(region)} for camera, region in zip(cameras, regions, strict=True)]
    draft = Draft(pixels, f"{cloud.handle}, {len(shots)} views {what}", data={"cloud": cloud.handle, "cells": cells})
    rows = []
    for label, camera, shot in zip(labels, cameras, shots, strict=True):
        same = repeated(cloud.reconstruction, camera)
        repeats = f", repeats {same}" if same else ""
        rows.append(f"{label} ({wording.percent(shot.coverage)} covered{repeats})")
    text = (
        f"{draft} shows {len(shots)} views of {cloud.handle} {what}; azimuth and turns count from {anchor.handle}, "
        f"row by row: {'; '.join(rows)}. What was never seen is hatched. {'' if whole else wording.BEHIND + ' '}"
        f"{wording.grounds(cloud.reconstruction, cloud.scale)}"
    )
    return ToolResult(text, [draft])


TOOLS = [view, orbit, top_down, stand_at, fit_view, contact_sheet]
"""The family, in the order it is listed."""
