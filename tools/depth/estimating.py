"""The tool that finds the depth of a picture: by a model from the picture alone, or from a reconstruction."""

from __future__ import annotations

import math

import numpy as np

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.quantities import Scale, number
from sightline.geometry.splatting import splat
from sightline.geometry.transforms import PictureTransform
from sightline.memory import Artifact, DataDraft, Draft, InstrumentLimit, Workspace, fingerprint
from sightline.tools.back_ends.protocols import DepthEstimate
from sightline.tools.contract import Cloud, Picture, ToolContext, ToolResult, tool
from sightline.tools.depth.colouring import colour_range, coloured
from sightline.tools.depth.fields import DepthField
from sightline.tools.seeing import camera_of, intrinsics_of

LONGEST = 1536
"""Pixels of the longer side of a depth map that is drawn from a cloud."""
_FEWEST_KNOWN = 1e-4
"""Share of a picture whose depth must be known for it to be worth a map."""


@tool(family="depth", example={"image": "img1"}, parallel_safe=False, time_limit=600)
def estimate_depth(context: ToolContext, image: Picture, cloud: Cloud | None = None) -> ToolResult:
    """Estimate how far away everything in a picture is, and show it in colours: bright is near, dark is far.

    What the depth is worth depends on the instrument, and the result says it: metres (measured, or estimated with a
    factor by which they may be off), scene units of a reconstruction, or an order only. Read the depth of places with
    depth_at, compare places with compare_depth, and put objects into words with depth_to_text.

    Args:
        context: What the call may use.
        image: Whose depth. Not a panorama: take views of it with `look` first.
        cloud: A reconstruction that the picture belongs to, to take the depth from it; without it, the picture alone
            is looked at.
    """
    workspace = context.workspace
    key = _key(context, image, cloud)
    known = _known(workspace, image, key)
    if known is not None:
        depth, view = known
        data = depth.data
        field = DepthField(
            workspace.arrays(depth.handle)["depth"],
            Scale(data["scale_kind"], data.get("frame") or depth.handle, data["scale_factor"], data["scale_because"]),
            image.size,
        )
        text = _text(depth.handle, view.handle, image, field, data.get("focal"))
        return ToolResult(text, known=[depth.handle, view.handle])
    if cloud is None:
        estimator = context.back_ends.depth()
        found = estimator.estimate(context.seen(image))
        source = {"back_end": context.back_ends.label("depth"), "model": estimator.name, "data": estimator.trained_on}
        scale = Scale(found.kind, "", found.factor, _because(found))
    else:
        found = from_cloud(workspace, image, cloud)
        source = {"back_end": cloud.handle, "frame": cloud.handle}
        scale = cloud.scale
    draft = DataDraft(
        "depth",
        {"depth": found.depth},
        f"depth of {image.handle}",
        {
            "picture": image.handle,
            "scale_kind": scale.kind,
            "scale_factor": scale.factor,
            "scale_because": scale.because,
            "focal": found.focal,
            **source,
        },
        key,
        (found.depth.shape[1], found.depth.shape[0]),
    )
    field = DepthField(
        found.depth, Scale(scale.kind, scale.frame or str(draft), scale.factor, scale.because), image.size
    )
    if field.known < _FEWEST_KNOWN:
        raise InstrumentLimit(
            f"no depth could be told anywhere in {image.handle}.",
            "Look at another picture of the scene, or reconstruct it from several.",
        )
    pixels, region = coloured(field)
    placed = PictureTransform.place(image.size, region, (pixels.shape[1], pixels.shape[0]))
    view_draft = Draft(
        pixels, f"depth of {image.handle} in colours", [(image.handle, placed, region)], data={"depth_of": key}
    )
    return ToolResult(
        _text(str(draft), str(view_draft), image, field, found.focal), pictures=[view_draft], data=[draft]
    )


def from_cloud(workspace: Workspace, image: Picture, cloud: Cloud) -> DepthEstimate:
    """The depth of a picture that belongs to a reconstruction: its dense depth, or the cloud as its camera sees it.

    Raises:
        InstrumentLimit: The picture has no camera in it.
    """
    reconstruction = cloud.reconstruction
    if image.handle in reconstruction.depths:
        return DepthEstimate(reconstruction.depths[image.handle], reconstruction.scale_kind)
    camera = reconstruction.cameras.get(image.handle)
    if camera is None and image.artifact.data.get("cloud") == cloud.handle:
        camera = camera_of(workspace, image.handle)
        if camera is not None and cloud.unit != image.artifact.data.get("unit", cloud.unit):
            camera = None  # its place was told in other units
    if camera is None:
        raise InstrumentLimit(
            f"{image.handle} has no camera in {cloud.handle} (it holds {', '.join(cloud.pictures)}).",
            "Leave the reconstruction out, or add the picture to it with add_views.",
        )
    lens = camera.intrinsics
    scale = min(1.0, LONGEST / max(lens.size))
    lens = lens.resized((max(1, round(lens.width * scale)), max(1, round(lens.height * scale))))
    return DepthEstimate(splat(reconstruction.cloud, Camera(lens, camera.pose)).depth, reconstruction.scale_kind)


def _key(context: ToolContext, image: Picture, cloud: Cloud | None) -> str:
    """What the depth of this picture is computed from.

    Raises:
        InstrumentLimit: No camera saw it as it is.
    """
    workspace = context.workspace
    digest = workspace.digest(image.handle)
    if cloud is not None:
        return fingerprint("depth of a cloud", digest, image.artifact.data, workspace.digest(cloud.handle), cloud.unit)
    masks = [workspace.digest(fact.mask) for fact in workspace.ignored.get(image.handle, [])]
    lens = intrinsics_of(workspace, image.handle).to_json()
    return fingerprint("estimate_depth", digest, masks, lens, context.back_ends.label("depth"))


def _known(workspace: Workspace, image: Picture, key: str) -> tuple[Artifact, Artifact] | None:
    """The depth map that was made from exactly this, and its picture in colours."""
    made = [handle for handle in workspace.made(key) if workspace.artifacts[handle].data.get("picture") == image.handle]
    views = [a for a in workspace.artifacts.values() if a.data.get("depth_of") == key]
    views = [a for a in views if a.parents and a.parents[0].handle == image.handle]
    return (workspace.artifacts[made[-1]], views[-1]) if made and views else None


def _because(found: DepthEstimate) -> str:
    return "learned from pictures" if found.kind in ("estimated", "ordinal") else ""


def _text(depth: str, view: str, image: Picture, field: DepthField, focal: float | None) -> str:
    low, high = colour_range(field)
    lines = [f"{depth} is the depth of {image.handle}, {field.scale.describe()}."]
    if field.ordinal:
        lines.append("It says which place is nearer, not how far anything is.")
    else:
        unit = "m" if field.scale.metric else "units"
        word = "Range" if field.ranged else "Z-depth, along the viewing direction,"
        lines.append(
            f"{word} goes from {number(math.exp(low))} to {number(math.exp(high))} {unit} "
            "(all but the outermost 1 % at each end)."
        )
    known = field.known
    if known < 0.999:
        lines.append(f"Known for {100 * known:.3g} % of the picture; the rest (sky, or never seen) has no depth.")
    if focal is not None:
        angle = Intrinsics.from_focal(image.size, focal).horizontal_fov
        lines.append(f"The horizontal field of view is {angle:.0f} degrees by this instrument.")
    lines.append(f"{view} shows it in colours: bright is near, dark is far{_hatched(field)}.")
    return " ".join(lines)


def _hatched(field: DepthField) -> str:
    return "" if np.isfinite(field.farness).all() else ", hatched is not known"
