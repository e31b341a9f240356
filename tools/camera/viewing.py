"""Tools that look at a reconstruction from somewhere else: turned, moved, around a thing, as somebody in the scene."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera
from sightline.geometry.poses import levelled, move, turn
from sightline.memory import Cloud, Draft, InstrumentLimit, ModelMistake, Picture, SceneObject
from sightline.memory.refs import point_ref
from sightline.tools.camera import placing, wording
from sightline.tools.camera.anchors import Anchor, anchor_of, kept, point_in_world, solid_of
from sightline.tools.camera.facing import facing, normals_of
from sightline.tools.camera.rendering import Rendering, lens_for, render, repeated, scene_size
from sightline.tools.contract import Point, ToolContext, ToolResult, tool

MOST_OBJECTS = 20
NARROWEST, WIDEST = 5.0, 150.0
"""Degrees: fields of view that a flat picture can show."""
FARTHEST = 10.0
"""Times the size of the scene: a camera that goes farther sees nothing, and was hardly meant."""
_IN_FRONT = 0.9  # share of the distance to a target before which something else hides it
_GROWN = 0.05  # share of its reach by which the box of who stands there is enlarged, to look out of it


@tool(family="camera", example={"cloud": "cloud1", "image": "img1", "yaw": 20})
def view(
    context: ToolContext,
    cloud: Cloud,
    image: Picture | None = None,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    right: float = 0.0,
    forward: float = 0.0,
    up: float = 0.0,
    field_of_view: float | None = None,
) -> ToolResult:
    """Show a reconstruction from a new camera: one of its pictures' cameras (or an earlier view's), moved and turned.

    It moves first, along the level directions of the camera it starts from, then turns on the spot. What no picture saw
    is hatched: a view makes nothing up.

    Args:
        context: What the call may use.
        cloud: The reconstruction.
        image: Whose camera to start from: an input picture or an earlier view; the first picture if left out.
        yaw: Degrees to turn; + right, - left.
        pitch: Degrees to look up (+) or down (-).
        roll: Degrees to tilt the head; + to the right, - to the left.
        right: How far to move to the right (- left), in metres, or in the reconstruction's units where it has no scale.
        forward: How far to move forward (- back), in the same unit, level.
        up: How far to move up (- down), in the same unit.
        field_of_view: Horizontal, in degrees; that of the starting camera if left out.
    """
    for name, value in (("yaw", yaw), ("pitch", pitch), ("roll", roll)):
        if abs(value) > 360:
            raise ModelMistake(f"{name} is {value:g} degrees.", "Turn by -360 to 360 degrees.")
    reach = FARTHEST * scene_size(cloud.reconstruction)
    for name, value in (("right", right), ("forward", forward), ("up", up)):
        if abs(value) > reach:
            raise ModelMistake(
                f"{name} is {wording.amount(cloud.scale, value)}, and all of {cloud.handle} is "
                f"{wording.amount(cloud.scale, scene_size(cloud.reconstruction))} across.",
                f"Move by up to {wording.amount(cloud.scale, reach)}; top_down shows what lies where.",
            )
    anchor = anchor_of(context.workspace, cloud, image)
    pose = turn(move(anchor.camera.pose, right, forward, up), yaw, pitch, roll)
    parts = [wording.moved(cloud.scale, right, forward, up), wording.turned(yaw, pitch, roll)]
    if field_of_view is not None:
        parts.append(f"field of view {wording.degrees(field_of_view)}")
    words = ", ".join(["from " + anchor.place, *(part for part in parts if part)])
    return _shown(cloud, _camera(anchor, pose, field_of_view), words)


@tool(family="camera", example={"cloud": "cloud1", "image": "img1", "azimuth": 40, "elevation": 20}, places_in="image")
def orbit(
    context: ToolContext,
    cloud: Cloud,
    azimuth: float,
    elevation: float | None = None,
    around: SceneObject | None = None,
    image: Picture | None = None,
    point: Point | None = None,
    distance: float = 1.0,
) -> ToolResult:
    """Move a camera around a thing, always looking at it: an object, what a point of a picture shows, or the scene.

    Walls and other surfaces that would only be seen from behind are left out, so that one can look into a room.

    Args:
        context: What the call may use.
        cloud: The reconstruction.
        azimuth: Degrees around it; + moves the camera to its right as it looks at the thing, - to its left.
        elevation: Degrees above level, -90 to 90, 90 straight above; that of the starting camera if left out.
        around: The object in the middle; it must be located in the reconstruction.
        image: Whose camera to start from; the first picture if left out.
        point: What is in the middle, if not an object. Without either it is the middle of the scene.
        distance: Times the starting camera's distance from it: 0.5 is half as far.
    """
    anchor = anchor_of(context.workspace, cloud, image)
    centre, what, reach = middle_of(cloud, anchor, around, point)
    pose, far, height = orbiting(cloud, anchor, centre, azimuth, elevation, distance)
    words = _orbit_words(cloud, anchor, what, azimuth, height, far)
    camera = _camera(anchor, pose)
    return _shown(cloud, camera, words, (what, far, reach), front_of(cloud, camera), wording.BEHIND)


@tool(family="camera", example={"cloud": "cloud1", "a": "obj1", "b": "obj2"})
def stand_at(context: ToolContext, cloud: Cloud, a: SceneObject, b: SceneObject) -> ToolResult:
    """Show what somebody who stands at one object and faces another would see, head level.

    Left and right in the view are those of `stand at A facing B`. Both objects must be located in the reconstruction.
    The eyes are 1.6 m above the floor where the scale is metric and up is known, else at the height of A's middle.

    Args:
        context: What the call may use.
        cloud: The reconstruction.
        a: Where to stand.
        b: What to face.
    """
    here, there = solid_of(cloud, a), solid_of(cloud, b)
    anchor = anchor_of(context.workspace, cloud, None)
    height, at = _eye_height(cloud, here)
    try:
        pose = placing.standing(here, there, height)
    except ValueError as error:
        raise InstrumentLimit(f"{error}.", "Choose two objects that are apart.") from error
    keep = ~here.holds(cloud.reconstruction.cloud.points, _GROWN * here.reach)
    words = f"by somebody who stands at {here.name} and faces {there.name}, {at}; {here.name} itself is left out"
    far = float(np.linalg.norm(there.centre - pose[:3, 3]))
    return _shown(cloud, _camera(anchor, pose), words, (there.name, far, there.reach), keep)


@tool(family="camera", example={"cloud": "cloud1", "objects": ["obj1", "obj2"]})
def fit_view(context: ToolContext, cloud: Cloud, objects: list[SceneObject]) -> ToolResult:
    """Find a viewpoint from which all of the named objects are in the picture and as little hidden as possible.

    They must be located in the reconstruction. Surfaces that would only be seen from behind are left out.

    Args:
        context: What the call may use.
        cloud: The reconstruction.
        objects: What to show, 1 to 20 objects.
    """
    if not 1 <= len(objects) <= MOST_OBJECTS:
        raise ModelMistake(f"fit_view shows 1 to {MOST_OBJECTS} objects, not {len(objects)}.", "Choose some.")
    solids = [solid_of(cloud, thing) for thing in objects]
    anchor = anchor_of(context.workspace, cloud, None)
    camera, shares = placing.fitting(cloud.reconstruction, solids, lens_for(anchor.camera.intrinsics))
    hidden = [solid.name for solid, share in zip(solids, shares, strict=True) if share < 0.05]
    offset = (camera.position - anchor.camera.position) @ levelled(anchor.camera.pose)
    right, forward, up = (0.0 if abs(v) < 1e-3 * scene_size(cloud.reconstruction) else float(v) for v in offset)
    all_in = f"with {wording.listed([solid.name for solid in solids])} in the picture"
    words = ", ".join(
        part for part in ("from " + anchor.place, wording.moved(cloud.scale, right, forward, up), all_in) if part
    )
    result = _shown(cloud, camera, words, keep=front_of(cloud, camera), cut=wording.BEHIND)
    if hidden:
        result.text += f" Hidden, or not reconstructed, from here: {wording.listed(hidden)}."
    return result


def _camera(anchor: Anchor, pose: NDArray[np.float64], field_of_view: float | None = None) -> Camera:
    if field_of_view is not None and not NARROWEST <= field_of_view <= WIDEST:
        raise ModelMistake(
            f"a field of view of {field_of_view:g} degrees cannot be shown in a flat picture.",
            f"Choose {NARROWEST:g} to {WIDEST:g} degrees.",
        )
    return Camera(lens_for(anchor.camera.intrinsics, field_of_view), pose)


def front_of(cloud: Cloud, camera: Camera) -> NDArray[np.bool_] | None:
    """The points that do not turn their back on a camera; None where that is all of them."""
    reconstruction = cloud.reconstruction
    keep = facing(reconstruction.cloud.points, normals_of(reconstruction), camera.position)
    return None if keep.all() else keep


def middle_of(
    cloud: Cloud, anchor: Anchor, around: SceneObject | None, point: tuple[float, float] | None
) -> tuple[NDArray[np.float64], str, float]:
    """What a camera moves around: its centre, its name, and how far it reaches."""
    if around is not None and point is not None:
        raise ModelMistake("an orbit has one middle, not an object and a point.", "Leave one of the two out.")
    if around is not None:
        solid = solid_of(cloud, around)
        return solid.centre, solid.name, solid.reach
    if point is not None:
        return (
            point_in_world(cloud, anchor, point),
            f"what is at {point_ref(anchor.handle, point)} in {anchor.handle}",
            0.0,
        )
    if len(cloud.reconstruction.cloud) == 0:
        raise InstrumentLimit(f"{cloud.handle} holds no points.", "Reconstruct from more pictures.")
    return placing.middle(cloud.reconstruction), "the middle of the scene", math.inf


def orbiting(
    cloud: Cloud,
    anchor: Anchor,
    centre: NDArray[np.float64],
    azimuth: float,
    elevation: float | None,
    distance: float,
) -> tuple[NDArray[np.float64], float, float]:
    """As `placing.orbiting`, wrong arguments told to the model."""
    if not 0.02 <= distance <= 50:
        raise ModelMistake(f"{distance:g} times the distance is no place for a camera.", "Choose 0.02 to 50.")
    try:
        return placing.orbiting(anchor.camera, centre, azimuth, elevation, distance, scene_size(cloud.reconstruction))
    except ValueError as error:
        raise ModelMistake(f"{error}.", "Azimuth counts from the anchor, elevation from level.") from error


def _orbit_words(cloud: Cloud, anchor: Anchor, what: str, azimuth: float, elevation: float, distance: float) -> str:
    if abs(azimuth) < 0.05:
        around = f"from the side where {anchor.handle} lies"
    else:
        side = "right" if azimuth > 0 else "left"
        around = f"from {anchor.place}, moved {wording.degrees(azimuth)} around it to the camera's {side}"
    if abs(elevation) < 0.5:
        level = "level with it"
    else:
        level = f"{wording.degrees(round(elevation, 1))} {'above' if elevation > 0 else 'below'} level with it"
    return f"looking at {what}: {around}, {level}, {wording.amount(cloud.scale, distance)} away"


def _eye_height(cloud: Cloud, here: placing.Solid) -> tuple[float | None, str]:
    if not cloud.scale.metric:
        return None, f"eyes at the height of {here.name}'s middle (there is no scale in metres to place eyes by)"
    if cloud.reconstruction.up == "assumed":
        return None, f"eyes at the height of {here.name}'s middle (up is only assumed: where the floor is is not known)"
    floor = placing.floor_height(cloud.reconstruction)
    return floor + placing.EYE_HEIGHT, f"eyes {placing.EYE_HEIGHT:g} m above the lowest surface"


def _shown(
    cloud: Cloud,
    camera: Camera,
    words: str,
    target: tuple[str, float, float] | None = None,
    keep: NDArray[np.bool_] | None = None,
    cut: str = "",
) -> ToolResult:
    """Render, and say what it is, what is covered, and whether it shows anything new.

    Args:
        cloud: The reconstruction.
        camera: Where from.
        words: Its pose.
        target: What should be in the middle of the picture: its name, distance and reach.
        keep: Which points to show; all where None.
        cut: What the others are, a sentence.
    """
    reconstruction = cloud.reconstruction
    rendering = render(reconstruction, camera, keep)
    draft = Draft(rendering.pixels, f"{cloud.handle} seen {words}", data=kept(camera, cloud))
    lines = [
        f"{draft} is {cloud.handle} seen {words}. It looks {wording.direction(camera)} (0 is world +y, clockwise).",
        wording.covered(rendering.coverage, rendering.sparse),
    ]
    if keep is not None and cut:
        lines.append(cut)
    same = repeated(reconstruction, camera)
    if same is not None:
        lines.append(f"This repeats {same}: nothing new can be seen.")
    if target is not None and (hidden := _hidden(rendering, *target)):
        lines.append(f"{hidden}; go nearer or around it." if rendering.coverage else hidden)
    lines.append(wording.grounds(reconstruction, cloud.scale))
    return ToolResult(" ".join(lines), [draft])


def _hidden(rendering: Rendering, what: str, distance: float, reach: float) -> str:
    """Whether something nearer stands in the middle of the picture, in words; "" where not."""
    height, width = rendering.depth.shape
    part = rendering.depth[height // 2 - 2 : height // 2 + 3, width // 2 - 2 : width // 2 + 3]
    if not np.isfinite(part).any() or not math.isfinite(reach):
        return ""
    nearest = float(np.nanmedian(part))
    if nearest >= _IN_FRONT * distance - reach:
        return ""
    return f"Something nearer hides {what} at the middle of the picture"
