"""Between our cameras and Blender's, the one place where they are converted.

Ours look along +z with y down and have a principal point in pixels (OpenCV's). Blender's look along -z with y up; the
focal length is in millimetres on a sensor, the principal point is a shift in units of the picture's side that the
sensor fits, and pixels that are not square are an aspect of the picture. The world is the same: right-handed, z up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sightline.geometry import Camera, Intrinsics
from sightline.memory import ModelMistake

_AXES = np.diag([1.0, -1.0, -1.0, 1.0])
"""Right stays, down becomes up, forward becomes backward."""
_SENSOR = 36.0
_LENSES = (1.0, 5000.0)
"""Focal lengths that Blender takes, in millimetres."""


def to_blender(camera: Camera, size: tuple[int, int] | None) -> dict[str, Any]:
    """What the stage sets a camera to.

    Args:
        camera: Ours, in the world of the scene.
        size: Size of the picture, (width, height); None is the camera's own. Where its aspect is another one, the
            horizontal field of view holds.

    Raises:
        ModelMistake: Blender has no such lens.
    """
    k = with_size(camera.intrinsics, size)
    lens = k.fx / k.width * _SENSOR
    if not _LENSES[0] <= lens <= _LENSES[1]:
        raise ModelMistake(
            f"A field of view of {k.horizontal_fov:.3g} degrees is none that Blender's cameras have.",
            "Choose one from 1 to 170 degrees.",
        )
    aspect = k.fx / k.fy  # height of a pixel over its width
    return {
        "matrix": (camera.pose @ _AXES).tolist(),
        "sensor_width": _SENSOR,
        "lens": lens,
        "shift": [(k.width / 2 - k.cx) / k.width, (k.cy - k.height / 2) * aspect / k.width],
        # Blender takes no aspect below 1.
        "pixel_aspect": [1.0, aspect] if aspect >= 1 else [1 / aspect, 1.0],
        "size": [k.width, k.height],
    }


def from_blender(told: Mapping[str, Any], size: tuple[int, int], pixel_aspect: tuple[float, float]) -> Camera | None:
    """Our camera from a report's object; None where it is no pinhole (orthographic, panoramic).

    Args:
        told: The camera's object: `matrix` and `camera`.
        size: Size of the picture.
        pixel_aspect: Blender's `pixel_aspect_x` and `_y`.
    """
    lens = told["camera"]
    if lens["type"] != "PERSP":
        return None
    width, height = size
    aspect = pixel_aspect[1] / pixel_aspect[0]
    fits_width = lens["sensor_fit"] == "HORIZONTAL" or (lens["sensor_fit"] == "AUTO" and width >= height * aspect)
    # Auto fits the sensor's width to the longer side, whichever that is.
    sensor = lens["sensor_height"] if lens["sensor_fit"] == "VERTICAL" else lens["sensor_width"]
    fitted = width if fits_width else height * aspect
    fx = lens["lens"] / sensor * fitted
    shift_x, shift_y = lens["shift"]
    intrinsics = Intrinsics(
        width, height, fx, fx / aspect, width / 2 - shift_x * fitted, height / 2 + shift_y * fitted / aspect
    )
    pose = np.array(told["matrix"], dtype=np.float64) @ _AXES
    # The matrix of a scaled or parented object is not rigid; cameras ignore its scale.
    left, _, right = np.linalg.svd(pose[:3, :3])
    pose[:3, :3] = left @ right
    return Camera(intrinsics, pose)


def with_size(intrinsics: Intrinsics, size: tuple[int, int] | None) -> Intrinsics:
    """The same lens on a picture of another size: scaled with the width, the principal point as far off the centre."""
    if size is None or size == intrinsics.size:
        return intrinsics
    scale = size[0] / intrinsics.width
    return Intrinsics(
        size[0],
        size[1],
        intrinsics.fx * scale,
        intrinsics.fy * scale,
        size[0] / 2 + (intrinsics.cx - intrinsics.width / 2) * scale,
        size[1] / 2 + (intrinsics.cy - intrinsics.height / 2) * scale,
        intrinsics.distortion,
        intrinsics.source,
        intrinsics.focal_factor,
    )
