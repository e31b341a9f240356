"""The tool that lifts depth into 3D: one photo by its metric depth, or the photos of a reconstruction by any depth."""

from __future__ import annotations

from dataclasses import replace

from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import (
    Cloud,
    DepthMap,
    Fact,
    InstrumentLimit,
    ModelMistake,
    fingerprint,
)
from sightline.tools.back_ends.protocols import DepthEstimate
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.reconstruction.lifting import Fitted, densified, fitted, lift
from sightline.tools.reconstruction.reconstructing import new_cloud, overview, scale_of
from sightline.tools.reconstruction.wording import told


@tool(family="reconstruction", example={"depths": ["depth1"]}, parallel_safe=False, time_limit=300)
def register_depth(
    context: ToolContext, depths: list[DepthMap], cloud: Cloud | None = None, surface: bool = False
) -> ToolResult:
    """Lift a photo into 3D by its depth map, so that it can be looked at from elsewhere and measured in.

    One photo alone needs metric depth. With a reconstruction, the depth maps of photos in it are fitted to its points,
    and make it dense; there every kind of depth will do.

    Args:
        context: What the call may use.
        depths: One depth map, or with `cloud` those of several of its photos.
        cloud: The reconstruction whose photos they belong to.
        surface: Whether to fuse them into a surface as well, for cleaner views; needs dense, good depth.
    """
    workspace = context.workspace
    maps = list({depth.picture: depth for depth in depths}.values())
    digests = [[depth.picture, workspace.digest(depth.handle)] for depth in maps]
    key = fingerprint("register_depth", digests, workspace.digest(cloud.handle) if cloud else None, surface)
    known = workspace.made(key)
    if known:
        again = workspace.cloud(known[-1])
        text = told([(again.handle, again.reconstruction, again.scale)], {}, len(again.pictures))
        return ToolResult(f"{text}\nIt was there already: nothing was computed again.", known=known[-1:])
    facts: list[Fact] = []
    notes: list[str] = []
    if cloud is None:
        lifted = _alone(context, maps)
    else:
        lifted, notes = _into(context, maps, cloud)
        stated = workspace.scales.get(cloud.handle)
        if stated is not None:
            facts.append(stated)
    if surface:
        from sightline.tools.reconstruction.fusing import with_mesh

        lifted = with_mesh(lifted, {handle: workspace.pixels(handle) for handle in lifted.depths})
    draft = new_cloud(lifted, key, {})
    facts = [fact.model_copy(update={"cloud": str(draft)}) for fact in facts]
    scale = scale_of(str(draft), lifted) if not facts else replace(cloud.scale, frame=str(draft)) if cloud else None
    assert scale is not None, "a stated scale comes from a reconstruction"
    map_draft = overview(draft, lifted)
    text = "\n".join([told([(str(draft), lifted, scale)], {}, len(lifted.cameras)), *notes])
    return ToolResult(f"{text}\n{map_draft} shows it from above.", [map_draft], facts, [draft])


def _estimate(depth: DepthMap) -> DepthEstimate:
    return DepthEstimate(depth.array, depth.kind, depth.scale.factor if depth.kind != "ordinal" else 1.0, depth.focal)


def _alone(context: ToolContext, maps: list[DepthMap]) -> Reconstruction:
    if len(maps) != 1:
        raise ModelMistake(
            f"{len(maps)} depth maps have no places in common without a reconstruction.",
            "Give one, or name the `cloud` that holds their photos.",
        )
    depth = maps[0]
    frame = depth.artifact.data.get("frame")
    if frame:
        raise ModelMistake(f"{depth.handle} was taken from {frame}: it is in 3D there already.", f"Use {frame}.")
    return lift(context.seen(context.workspace.picture(depth.picture)), _estimate(depth), depth.picture)


def _into(context: ToolContext, maps: list[DepthMap], cloud: Cloud) -> tuple[Reconstruction, list[str]]:
    """The reconstruction made dense by these maps, in its units as computed; and what did not fit."""
    held = Reconstruction.from_arrays(cloud.arrays, cloud.artifact.data["reconstruction"])
    fits: dict[str, Fitted] = {}
    notes = []
    for depth in maps:
        if depth.picture not in held.cameras:
            raise ModelMistake(
                f"{depth.handle} is the depth of {depth.picture}, which has no camera in {cloud.handle}.",
                f"Pictures in it: {', '.join(held.cameras)}; add others with add_views.",
            )
        try:
            fits[depth.picture] = fitted(held, depth.picture, _estimate(depth))
        except InstrumentLimit as limit:
            notes.append(f"Left out: {limit.message}")
    if not fits:
        raise InstrumentLimit(
            f"no depth map could be fitted to {cloud.handle}: {' '.join(notes)}", "Go on with the sparse points."
        )
    pictures = {handle: context.seen(context.workspace.picture(handle)) for handle in fits}
    worst = max(fit.error for fit in fits.values())
    notes.append(f"The depth maps were fitted to {cloud.handle}; half of its points lie within {100 * worst:.1f} %.")
    return densified(held, fits, pictures), notes
