"""From handles to depth fields: which depth map answers for a picture, and where the run's objects lie on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Intrinsics
from sightline.memory import DepthMap, InstrumentLimit, ModelMistake, Picture, SceneObject, Workspace
from sightline.tools.depth.fields import DepthField
from sightline.tools.depth.relations import Part, part_from
from sightline.tools.measure.things import label_of
from sightline.tools.seeing import intrinsics_of

Box = tuple[float, float, float, float]


def depth_for(workspace: Workspace, image: Picture, wanted: DepthMap | None) -> DepthMap:
    """The depth map that answers for places in a picture: the wanted one, or the latest of the picture or its input.

    Raises:
        ModelMistake: The wanted one is of another picture.
        InstrumentLimit: There is none yet.
    """
    origin = workspace.to_input(image.handle, np.array([[image.size[0] / 2, image.size[1] / 2]]))[0]
    if wanted is not None:
        if wanted.picture not in (image.handle, origin):
            raise ModelMistake(
                f"{wanted.handle} is the depth of {wanted.picture}, and the places are in {image.handle}.",
                f"Give places in {wanted.picture}, or estimate the depth of {image.handle}.",
            )
        return wanted
    for handle, artifact in reversed(list(workspace.artifacts.items())):
        if artifact.kind == "depth" and artifact.data.get("picture") in (image.handle, origin):
            return DepthMap(handle, workspace)
    raise InstrumentLimit(
        f"the depth of {image.handle} is not known yet.", f"Call estimate_depth on {origin} first, then ask again."
    )


def field_of(workspace: Workspace, depth: DepthMap) -> DepthField:
    """A depth map as a thing to ask, with the camera of its picture where that is known."""
    size = workspace.picture(depth.picture).size
    ranged = workspace.artifacts[depth.picture].kind == "panorama"
    cloud_handle = depth.artifact.data.get("frame")
    up = None
    lens: Intrinsics | None = None
    if cloud_handle in workspace.artifacts:
        reconstruction = workspace.cloud(str(cloud_handle)).reconstruction
        camera = reconstruction.cameras.get(depth.picture)
        if camera is not None:
            lens = camera.intrinsics
            if reconstruction.up != "assumed":
                x, y, z = camera.rotation.T @ np.array([0.0, 0.0, 1.0])
                up = (float(x), float(y), float(z))
    if lens is None and not ranged:
        lens = _lens(workspace, depth)
    return DepthField(depth.array, depth.scale, size, lens, ranged, up)


def _lens(workspace: Workspace, depth: DepthMap) -> Intrinsics | None:
    """The picture's intrinsics; where they are a guess, with the focal length that the depth estimator found."""
    try:
        lens = intrinsics_of(workspace, depth.picture)
    except InstrumentLimit:
        return None
    if lens.source == "guess" and depth.focal is not None:
        return Intrinsics.from_focal(lens.size, depth.focal, "estimated")
    return lens


def on_depth(workspace: Workspace, image: Picture, depth: DepthMap, place: Sequence[float]) -> tuple[float, ...]:
    """A point or a box of a picture in the pixels of the picture that a depth map is of."""
    if image.handle == depth.picture:
        return tuple(place)
    found = workspace.in_original(image.handle, place)
    if found is None or found[0] != depth.picture:
        raise ModelMistake(
            f"this place of {image.handle} does not lie in {depth.picture}, which {depth.handle} is the depth of.",
            f"Give places in {depth.picture}.",
        )
    return found[1]


def part_of(workspace: Workspace, field: DepthField, picture: str, item: SceneObject) -> Part:
    """An object on a depth map: by its outline in the picture, else by its box, else by its point.

    Raises:
        InstrumentLimit: It was not seen in the picture.
    """
    label = label_of(item)
    mask = mask_in(workspace, item, picture)
    if mask is not None:
        return part_from(field, label, field.on_map(mask))
    box, point = place_in(workspace, item, picture)
    if box is not None:
        return part_from(field, label, field.surface_in(box), outlined=False)
    if point is not None:
        return Part(label, spot(field, point), field.at_point(point), outlined=False)
    raise InstrumentLimit(
        f"{label} was not seen in {picture}, so its depth there is not known.", f"Mark or detect it in {picture}."
    )


def mask_in(workspace: Workspace, item: SceneObject, picture: str) -> NDArray[np.bool_] | None:
    """The latest outline of an object in a picture, (H, W); None where there is none."""
    for sighting in reversed(item.sightings):
        if sighting.picture == picture and sighting.mask in workspace.artifacts:
            mask: NDArray[np.bool_] = workspace.arrays(str(sighting.mask))["mask"]
            return mask
    return None


def place_in(workspace: Workspace, item: SceneObject, picture: str) -> tuple[Box | None, tuple[float, float] | None]:
    """Box and point of an object in a picture, also from a sighting in a crop of it; the latest of each."""
    box: Box | None = None
    point: tuple[float, float] | None = None
    for sighting in item.sightings:
        for place in (sighting.box, sighting.point):
            if place is None:
                continue
            there: tuple[float, ...] = place
            if sighting.picture != picture:
                found = (
                    workspace.in_original(sighting.picture, place) if sighting.picture in workspace.artifacts else None
                )
                if found is None or found[0] != picture:
                    continue
                there = found[1]
            if len(there) == 4:
                box = (there[0], there[1], there[2], there[3])
            else:
                point = (there[0], there[1])
    return box, point


def spot(field: DepthField, point: tuple[float, float]) -> NDArray[np.bool_]:
    """The pixels of the map around a point of the picture."""
    row, column = field.pixel(point)
    mask = np.zeros(field.values.shape, bool)
    mask[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] = True
    return mask


def seen_in(workspace: Workspace, picture: str) -> list[SceneObject]:
    """The run's objects that have a place in a picture, in the order they were found."""
    return [
        item
        for item in workspace.scene.objects.values()
        if mask_in(workspace, item, picture) is not None or any(place_in(workspace, item, picture))
    ]
