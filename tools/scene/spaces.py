"""The space that a scene graph is built in: a reconstruction of the run, or one photo lifted by its depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.geometry.quantities import Scale
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import Cloud, DataDraft, DepthMap, InstrumentLimit, Picture, fingerprint
from sightline.tools.back_ends.protocols import DepthEstimate
from sightline.tools.contract import ToolContext
from sightline.tools.measure.things import clouds_of
from sightline.tools.reconstruction.lifting import lift


@dataclass(frozen=True)
class Ground:
    """Where things are to be placed.

    Attributes:
        handle: Of the reconstruction, or the reference to a new one.
        reconstruction: It.
        scale: What its lengths are worth.
        unit: What one unit as computed is in the reconstruction's units; 1 until a scale was stated.
        draft: The new reconstruction, where a photo was lifted for this.
    """

    handle: str
    reconstruction: Reconstruction
    scale: Scale
    unit: float = 1.0
    draft: DataDraft | None = None


def ground_for(context: ToolContext, images: Sequence[Picture], cloud: Cloud | None) -> Ground:
    """The reconstruction that is meant: the given one, the latest that holds the pictures, or one photo lifted.

    Raises:
        InstrumentLimit: There is none that holds them, or the one photo's depth is an order only.
    """
    if cloud is not None:
        _check_held(cloud, images)
        return Ground(cloud.handle, cloud.reconstruction, cloud.scale, cloud.unit)
    spaces = clouds_of(context.workspace)
    for space in spaces:
        if {image.handle for image in images} <= set(space.pictures):
            return Ground(space.handle, space.reconstruction, space.scale, space.unit)
    if len(images) == 1:
        return _lifted_once(context, images[0])
    if not images:
        raise InstrumentLimit(
            "nothing is reconstructed yet, so there is no space to place things in.",
            "Name one photo, to place things by its depth, or use `reconstruct` on several first.",
        )
    raise InstrumentLimit(
        f"{', '.join(image.handle for image in images)} are not in one reconstruction.",
        "Use `reconstruct` on them first, or name one photo, to place things by its depth alone.",
    )


def _lifted_once(context: ToolContext, image: Picture) -> Ground:
    workspace = context.workspace
    seen = context.seen(image)
    depth = _depth_map(context, image)
    if depth is None:
        found = context.back_ends.depth().estimate(seen)
        key = fingerprint("lifted", workspace.digest(image.handle), context.back_ends.label("depth"))
    else:
        found = DepthEstimate(depth.array, depth.kind, depth.scale.factor, depth.focal)
        key = fingerprint("lifted", workspace.digest(image.handle), workspace.digest(depth.handle))
    made = workspace.made(key)
    if made:
        space = workspace.cloud(made[-1])
        return Ground(space.handle, space.reconstruction, space.scale, space.unit)
    reconstruction = lift(seen, found, image.handle)
    arrays, description = reconstruction.to_arrays()
    draft = DataDraft(
        "cloud",
        arrays,
        f"{image.handle} lifted by its depth",
        {"reconstruction": description, "back_end": context.back_ends.label("depth")},
        key,
    )
    scale = Scale(reconstruction.scale_kind, str(draft), reconstruction.scale_factor, reconstruction.scale_because)
    return Ground(str(draft), reconstruction, scale, 1.0, draft)


def _depth_map(context: ToolContext, image: Picture) -> DepthMap | None:
    """The latest depth map of the photo that holds lengths of its own."""
    for handle, artifact in reversed(list(context.workspace.artifacts.items())):
        if artifact.kind == "depth" and artifact.data.get("picture") == image.handle and not artifact.data.get("frame"):
            found = DepthMap(handle, context.workspace)
            if found.kind != "ordinal":
                return found
    return None


def _check_held(cloud: Cloud, images: Sequence[Picture]) -> None:
    missing = [image.handle for image in images if image.handle not in cloud.pictures]
    if missing:
        raise InstrumentLimit(
            f"{' and '.join(missing)} {'has' if len(missing) == 1 else 'have'} no camera in {cloud.handle}.",
            f"Pictures with a camera in it: {', '.join(cloud.pictures)}.",
        )
