"""What the arguments of camera tools stand for: anchor cameras, objects as boxes, points of a picture in the world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera
from sightline.geometry.poses import pose_from
from sightline.memory import Cloud, InstrumentLimit, ModelMistake, Picture, SceneObject, Workspace
from sightline.memory.refs import point_ref
from sightline.memory.scene import short_name
from sightline.tools.camera.placing import Solid
from sightline.tools.camera.rendering import LONGEST, render
from sightline.tools.camera.wording import listed
from sightline.tools.seeing import CAMERA, camera_of

UNIT = "unit"
"""Where a virtual view's artifact data keep what one unit as computed was in its camera's units, see `Cloud.unit`."""
_AROUND = 3  # pixels around a point in which its depth is looked for


@dataclass(frozen=True)
class Anchor:
    """A camera that a view starts from.

    Attributes:
        handle: Of its picture.
        camera: In the units of `cloud.reconstruction`.
        virtual: Whether the picture is a rendered view itself.
    """

    handle: str
    camera: Camera
    virtual: bool

    @property
    def place(self) -> str:
        """In words: `where img1 was taken`, `the viewpoint of view3`."""
        return f"the viewpoint of {self.handle}" if self.virtual else f"where {self.handle} was taken"


def anchor_of(workspace: Workspace, cloud: Cloud, picture: Picture | None) -> Anchor:
    """The camera of a picture in a reconstruction; the first one's where no picture is named.

    Raises:
        ModelMistake: The picture has no camera in it.
        InstrumentLimit: The reconstruction has no cameras.
    """
    cameras = cloud.reconstruction.cameras
    if picture is None:
        if not cameras:
            raise InstrumentLimit(f"{cloud.handle} holds no camera.", "Reconstruct from photos first.")
        handle = next(iter(cameras))
        return Anchor(handle, cameras[handle], virtual=False)
    if picture.handle in cameras:
        return Anchor(picture.handle, cameras[picture.handle], virtual=False)
    data = picture.artifact.data
    camera = camera_of(workspace, picture.handle) if data.get("cloud") == cloud.handle else None
    if camera is not None:
        rescaled = cloud.unit / float(data.get(UNIT, 1.0))
        pose = pose_from(camera.rotation, camera.position * rescaled)
        return Anchor(picture.handle, camera.with_pose(pose), virtual=True)
    known = listed(cloud.pictures) if cloud.pictures else "none"
    raise ModelMistake(
        f"{picture.handle} has no camera in {cloud.handle}.",
        f"Pictures with one: {known}, and views rendered from {cloud.handle}.",
    )


def kept(camera: Camera, cloud: Cloud) -> dict[str, object]:
    """What a rendered view's artifact keeps of its camera."""
    return {CAMERA: camera.to_json(), "cloud": cloud.handle, UNIT: cloud.unit}


def solid_of(cloud: Cloud, thing: SceneObject) -> Solid:
    """The box of an object in a reconstruction.

    Raises:
        InstrumentLimit: It was not located there.
    """
    place = cloud.place_of(thing.handle)
    name = named(thing)
    if place is None:
        raise InstrumentLimit(
            f"{name} has no place in {cloud.handle} yet.", f"Locate {thing.handle} in {cloud.handle} first."
        )
    return Solid(
        name, np.array(place.centre, float), np.array(place.size, float), np.array(place.rotation, float).reshape(3, 3)
    )


def named(thing: SceneObject) -> str:
    """An object as texts and labels name it: `obj4 chair`."""
    return f"{thing.handle} {short_name(thing.name)}".strip()


def point_in_world(cloud: Cloud, anchor: Anchor, point: tuple[float, float]) -> NDArray[np.float64]:
    """The world point that a place in the anchor's picture shows, (3,).

    Raises:
        InstrumentLimit: Nothing was reconstructed there.
    """
    camera = anchor.camera
    small = min(1.0, LONGEST / max(camera.intrinsics.size))
    width, height = (max(1, round(side * small)) for side in camera.intrinsics.size)
    column = min(int(point[0] * width / camera.intrinsics.width), width - 1)
    row = min(int(point[1] * height / camera.intrinsics.height), height - 1)
    depth = render(cloud.reconstruction, Camera(camera.intrinsics.resized((width, height)), camera.pose)).depth
    part = depth[max(0, row - _AROUND) : row + _AROUND + 1, max(0, column - _AROUND) : column + _AROUND + 1]
    if not np.isfinite(part).any():
        raise InstrumentLimit(
            f"nothing of {cloud.handle} lies at {point_ref(anchor.handle, point)} in {anchor.handle}.",
            "Choose a point on a textured surface that other pictures show as well.",
        )
    near = depth[row, column]
    value = float(near if np.isfinite(near) else np.nanmedian(part))
    return np.asarray(camera.unproject(point, value), dtype=np.float64)
