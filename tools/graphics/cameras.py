"""Where cameras stand in the scene of a program: aimed at a point, moved around, or fitted to objects."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import Camera, Intrinsics
from sightline.geometry.poses import bearing_pitch_roll, look_at, orbit, orbit_angles
from sightline.memory import InstrumentLimit, ModelMistake
from sightline.tools.camera.placing import as_near_as_fits
from sightline.tools.graphics.engines import SceneReport

Floats = NDArray[np.float64]

NARROWEST, WIDEST = 1.0, 170.0
"""Degrees: fields of view that a flat picture can show."""
DEFAULT_FIELD = 50.0
_DEFAULT_SIZE = (512, 512)
_LEAST_AWAY = 1e-6


def aimed(
    position: Sequence[float] | None, target: Sequence[float] | None, field_of_view: float, size: tuple[int, int]
) -> Camera:
    """A camera at a point that looks at another, the head level.

    Raises:
        ModelMistake: The points or the field of view cannot be used.
    """
    if position is None or target is None or len(position) != 3 or len(target) != 3:
        raise ModelMistake("a free camera needs position and look_at, three numbers each.", "E.g. [4, -4, 3].")
    if not NARROWEST <= field_of_view <= WIDEST:
        raise ModelMistake(f"a field of view of {field_of_view:g} degrees.", f"Give {NARROWEST:g} to {WIDEST:g}.")
    try:
        pose = look_at(position, target)
    except ValueError:
        raise ModelMistake("position and look_at are one point.", "Move one of them.") from None
    return Camera(Intrinsics.from_field_of_view(size, field_of_view, "known"), pose)


def around(
    report: SceneReport, names: Sequence[str], azimuth: float, elevation: float | None, distance: float
) -> Camera:
    """The scene's own camera, moved on a sphere around objects, or around what is in the middle of its picture.

    Raises:
        ModelMistake: An object is not there, or a number cannot be used.
        InstrumentLimit: The objects have no extent.
    """
    corners = corners_of(report, names)
    own = own_camera(report, corners)
    centre = (corners.min(axis=0) + corners.max(axis=0)) / 2 if names else _looked_at(report, own)
    away = orbit_angles(own.pose, centre)[2]
    if not distance > 0:
        raise ModelMistake(f"a distance of {distance:g} times the own camera's.", "Give a positive number.")
    try:
        pose = orbit(own.pose, centre, azimuth, elevation, max(away, _LEAST_AWAY) * distance)
    except ValueError as error:
        raise ModelMistake(f"{error}.", "Give an elevation of -90 to 90.") from None
    return Camera(own.intrinsics, pose)


def fitted(report: SceneReport, names: Sequence[str], bearing: float | None, elevation: float | None) -> Camera:
    """The nearest camera from a side that has all of some objects in its picture.

    Args:
        report: The scene.
        names: Of the objects.
        bearing: Degrees clockwise from +y in which it looks; the own camera's where None.
        elevation: Degrees above the objects; the own camera's where None.

    Raises:
        ModelMistake: An object is not there, or the elevation is beyond -90 to 90.
        InstrumentLimit: The objects have no extent.
    """
    corners = corners_of(report, names)
    centre = (corners.min(axis=0) + corners.max(axis=0)) / 2
    own = own_camera(report, corners)
    if elevation is not None and not -90 <= elevation <= 90:
        raise ModelMistake(f"an elevation of {elevation:g} degrees.", "Give -90 to 90.")
    from_bearing, from_elevation, _ = orbit_angles(own.pose, centre)
    side = from_bearing if bearing is None else (bearing + 180) % 360
    height = from_elevation if elevation is None else elevation
    return Camera(own.intrinsics, as_near_as_fits(centre, side, height, corners, own.intrinsics))


def _looked_at(report: SceneReport, own: Camera) -> Floats:
    """The point in the middle of a camera's picture as far away as things are: walls and floors draw no centre away."""
    centres = np.array([np.mean(thing.world_box, axis=0) for thing in report.things if thing.world_box is not None])
    depths = (centres - own.position) @ own.pose[:3, 2]
    ahead = depths[depths > 0]
    return own.position + own.pose[:3, 2] * float(np.median(ahead if len(ahead) else np.abs(depths)))


def own_camera(report: SceneReport, corners: Floats) -> Camera:
    """The camera that renders; where the scene has none that is a pinhole's, one from the south and above."""
    known = report.cameras.get(report.active_camera) or next(iter(report.cameras.values()), None)
    if known is not None:
        return known
    intrinsics = Intrinsics.from_field_of_view(_DEFAULT_SIZE, DEFAULT_FIELD, "known")
    centre = (corners.min(axis=0) + corners.max(axis=0)) / 2
    return Camera(intrinsics, as_near_as_fits(centre, 180.0, 30.0, corners, intrinsics))


def corners_of(report: SceneReport, names: Sequence[str]) -> Floats:
    """(N, 3) corners of the boxes of some things; of all that have one where none is named.

    Raises:
        ModelMistake: One is not there.
        InstrumentLimit: None of them has an extent.
    """
    things = [report.find(name) for name in names] if names else [t for t in report.things if not t.hidden]
    boxes = [thing.world_box for thing in things if thing.world_box is not None]
    if not boxes:
        what = ", ".join(names) if names else "anything in the scene"
        raise InstrumentLimit(f"the extent of {what} is not known.", "Look from a point with render instead.")
    signs = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, 8).T
    return np.concatenate([np.where(signs == 0, low, high) for low, high in boxes]).astype(np.float64)


def camera_words(camera: Camera) -> str:
    """Where a camera stands and looks, in numbers that a program can use."""
    x, y, z = (f"{value:.3f}" for value in camera.position)
    ahead = camera.position + camera.pose[:3, 2]
    to_x, to_y, to_z = (f"{value:.3f}" for value in ahead)
    _, pitch, roll = bearing_pitch_roll(camera.pose)
    rolled = f", rolled by {roll:.1f} degrees" if math.fabs(roll) > 0.05 else ""
    return (
        f"({x}, {y}, {z}) towards ({to_x}, {to_y}, {to_z}), pitch {pitch:.1f} degrees{rolled}, "
        f"horizontal field of view {camera.intrinsics.horizontal_fov:.1f} degrees"
    )
