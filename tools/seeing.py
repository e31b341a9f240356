"""A picture of the run as a back end is given it: pixels, the intrinsics of its camera, and the pixels to leave out.

Where the focal length comes from, best first: the camera of a virtual view (known), the field of view that the person
stated, EXIF, a guess. EXIF counts only where the picture has the shape that the camera gave it: a cropped photo has
another field of view, and nothing in it says how much was cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.transforms import PictureTransform
from sightline.memory import Artifact, InstrumentLimit, Picture, Workspace
from sightline.memory.exif import CameraExif
from sightline.tools.back_ends.protocols import Seen
from sightline.tools.intrinsics import crop_reason, intrinsics_for

CAMERA = "camera"
"""Where a virtual view's artifact data keep its camera (`Camera.to_json`); its reconstruction is under `cloud`."""


def seen(workspace: Workspace, image: Picture) -> Seen:
    """A picture as a back end is given it.

    Raises:
        InstrumentLimit: It is not what a pinhole camera saw.
    """
    artifact = image.artifact
    return Seen(
        image.handle,
        image.pixels,
        intrinsics_of(workspace, image.handle),
        ignored(workspace, image.handle),
        artifact.data.get("time"),
    )


def camera_of(workspace: Workspace, handle: str) -> Camera | None:
    """The camera of a virtual view, in the world of the reconstruction it was made from; None for other pictures."""
    data = workspace.artifacts[handle].data.get(CAMERA)
    return None if data is None else Camera.from_json(data)


def intrinsics_of(workspace: Workspace, handle: str) -> Intrinsics:
    """The intrinsics of a picture's camera, with where they come from.

    Raises:
        InstrumentLimit: It is not what a pinhole camera saw.
    """
    artifact = workspace.artifacts[handle]
    camera = camera_of(workspace, handle)
    if camera is not None:
        return camera.intrinsics
    if artifact.kind == "panorama":
        raise InstrumentLimit(
            f"{handle} is a panorama: no single camera saw it.", "Take perspective views of it with `look` first."
        )
    assert artifact.size is not None, "pictures have a size"
    if artifact.parents:
        return _of_part(workspace, artifact)
    if artifact.kind != "input" and not _is_frame(artifact):
        raise InstrumentLimit(
            f"{handle} ({artifact.title}) is a drawing or a sheet: no camera took it.",
            "Use a photo, a frame of a video (sample_frames), or a view of a reconstruction (view, orbit).",
        )
    return _of_input(workspace, artifact, artifact.size)


def _of_input(workspace: Workspace, artifact: Artifact, size: tuple[int, int]) -> Intrinsics:
    stated = None if workspace.started is None else workspace.started.field_of_view
    focal, taken_size = _exif_focal(artifact)
    return intrinsics_for(size, focal, stated, taken_size).intrinsics


def cropped(workspace: Workspace, handle: str) -> str:
    """Why an input picture was probably cropped, so that the middle of its lens is not known; "" where not.

    A stated field of view is one of the picture as it is, so then nothing is asked.
    """
    artifact = workspace.artifacts[handle]
    if artifact.kind != "input" or artifact.size is None:
        return ""
    if workspace.started is not None and workspace.started.field_of_view is not None:
        return ""
    _, taken_size = _exif_focal(artifact)
    return crop_reason(artifact.size, taken_size)


def _is_frame(artifact: Artifact) -> bool:
    """Whether it is one frame of a video, as it is or drawn on; a sheet holds many."""
    return "video" in artifact.data and "time" in artifact.data


def _exif_focal(artifact: Artifact) -> tuple[float | None, tuple[int, int] | None]:
    """The focal length in pixels of a loaded picture, and the size it was taken with, as EXIF tells them."""
    exif: dict[str, Any] | None = artifact.data.get("exif")
    if exif is None:
        return None, None
    taken = exif.get("taken_size")
    fields = {**exif, "original_size": tuple(exif["original_size"]), "taken_size": tuple(taken) if taken else None}
    camera = CameraExif(**fields)
    return camera.focal_px, camera.taken_size


def _of_part(workspace: Workspace, artifact: Artifact) -> Intrinsics:
    """A crop or an enlargement sees as its parent does; a mirrored or turned picture is no camera's."""
    link = artifact.parents[0]
    transform = PictureTransform.from_json(link.transform)
    matrix = transform.array / transform.array[2, 2]
    straight = np.allclose(matrix[[0, 1, 2, 2], [1, 0, 0, 1]], 0.0, atol=1e-9) and matrix[0, 0] > 0 and matrix[1, 1] > 0
    if len(artifact.parents) > 1 or link.region is not None or not straight:
        raise InstrumentLimit(
            f"{artifact.handle} ({artifact.title}) is not as a camera saw it.", f"Use {link.handle} itself."
        )
    parent = intrinsics_of(workspace, link.handle)
    sx, sy = float(matrix[0, 0]), float(matrix[1, 1])
    width, height = transform.child_size
    return Intrinsics(
        width,
        height,
        parent.fx / sx,
        parent.fy / sy,
        (parent.cx - float(matrix[0, 2])) / sx,
        (parent.cy - float(matrix[1, 2])) / sy,
        parent.distortion,
        parent.source,
        parent.focal_factor,
    )


def ignored(workspace: Workspace, handle: str) -> NDArray[np.bool_] | None:
    """The pixels of a picture that are to be left out, (H, W); None for none."""
    masks = [workspace.arrays(fact.mask)["mask"] for fact in workspace.ignored.get(handle, [])]
    return np.logical_or.reduce(masks) if masks else None
