"""Tools that make a reconstruction from pictures, and add pictures to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sightline.geometry.alignment import align_poses
from sightline.geometry.quantities import Scale
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import (
    Cloud,
    DataDraft,
    Draft,
    Fact,
    InstrumentLimit,
    ModelMistake,
    Picture,
    Workspace,
    fingerprint,
)
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.reconstruction.wording import told
from sightline.tools.seeing import intrinsics_of

MOST_PICTURES = 120


@tool(
    family="reconstruction",
    example={"images": ["img1", "img2"]},
    parallel_safe=False,
    time_limit=900,
    places_in="images",
)
def reconstruct(context: ToolContext, images: list[Picture]) -> ToolResult:
    """Find out from several photos of one place where each was taken, and build the place in 3D from them.

    The photos must overlap and be taken from different spots. Groups that share nothing are kept apart. The result is
    asked with the tools of the families camera and measure; asking for the same photos again costs nothing.

    Args:
        context: What the call may use.
        images: Two photos or more, or frames of a video, in order.
    """
    pictures = list({image.handle: image for image in images}.values())
    _check_number(pictures)
    workspace = context.workspace
    key = _key(context, pictures)
    known = workspace.made(key)
    if known:
        return ToolResult(_told_again(workspace, known, len(pictures)), known=known)
    result = context.back_ends.reconstructor().reconstruct([context.seen(picture) for picture in pictures])
    if not result.groups:
        reasons = "; ".join(f"{handle}: {reason}" for handle, reason in result.left_out.items())
        raise InstrumentLimit(
            f"nothing could be reconstructed from {', '.join(p.handle for p in pictures)}: {reasons}.",
            "Give photos that overlap by a third or more and were taken from different spots, a step or two apart.",
        )
    drafts = [new_cloud(group, key, result.left_out) for group in result.groups]
    groups = [
        (str(draft), group, scale_of(str(draft), group)) for draft, group in zip(drafts, result.groups, strict=True)
    ]
    map_draft = overview(drafts[0], result.groups[0])
    text = told(groups, result.left_out, len(pictures))
    return ToolResult(f"{text}\n{map_draft} shows {drafts[0]} from above.", [map_draft], data=drafts)


@tool(
    family="reconstruction",
    example={"cloud": "cloud1", "images": ["img3"]},
    parallel_safe=False,
    time_limit=900,
    places_in="images",
)
def add_views(context: ToolContext, cloud: Cloud, images: list[Picture]) -> ToolResult:
    """Add pictures to a reconstruction. The result is a new one in the same world and scale; the old one stays.

    Args:
        context: What the call may use.
        cloud: The reconstruction.
        images: Pictures that overlap with those in it.
    """
    workspace = context.workspace
    before = [workspace.picture(handle) for handle in cloud.pictures]
    new = [image for image in {i.handle: i for i in images}.values() if image.handle not in cloud.pictures]
    if not new:
        raise ModelMistake(
            f"add_views: {', '.join(i.handle for i in images) or 'nothing'} is in {cloud.handle} already.",
            "Give other pictures.",
        )
    pictures = [*before, *new]
    _check_number(pictures)
    key = fingerprint("add_views", workspace.digest(cloud.handle), _key(context, pictures))
    known = workspace.made(key)
    if known:
        return ToolResult(_told_again(workspace, known, len(pictures)), known=known)
    result = context.back_ends.reconstructor().reconstruct([context.seen(picture) for picture in pictures])
    old = Reconstruction.from_arrays(cloud.arrays, cloud.artifact.data["reconstruction"])
    held = next((g for g in result.groups if _joins(g, old, [image.handle for image in new])), None)
    if held is None:
        reasons = "; ".join(f"{i.handle}: {result.left_out.get(i.handle, 'it shares nothing with them')}" for i in new)
        raise InstrumentLimit(
            f"none of the new pictures could be placed in {cloud.handle}: {reasons}.",
            "Give pictures that overlap with those in it.",
        )
    shared = [handle for handle in held.cameras if handle in old.cameras]
    fit = align_poses([held.cameras[h].pose for h in shared], [old.cameras[h].pose for h in shared])
    moved = held.transformed(fit.matrix)
    joined = replace(
        moved, scale_kind=old.scale_kind, scale_factor=old.scale_factor, scale_because=old.scale_because,
        up=old.up, up_error=old.up_error,
    )  # fmt: skip
    left_out = {i.handle: result.left_out.get(i.handle, "it shares nothing with the others") for i in new}
    left_out = {handle: reason for handle, reason in left_out.items() if handle not in joined.cameras}
    draft = new_cloud(joined, key, left_out)
    facts: list[Fact] = []
    stated = workspace.scales.get(cloud.handle)
    scale = scale_of(str(draft), joined)
    if stated is not None:
        facts.append(stated.model_copy(update={"cloud": str(draft)}))
        scale = Scale("measured", str(draft), stated.factor, stated.because)
    map_draft = overview(draft, joined)
    text = told([(str(draft), joined, scale)], left_out, len(pictures))
    text += f"\nIt is in the world and scale of {cloud.handle}, aligned by {len(shared)} cameras they share."
    return ToolResult(f"{text}\n{map_draft} shows it from above.", [map_draft], facts, [draft])


def _check_number(pictures: Sequence[Picture]) -> None:
    if len(pictures) < 2:
        raise ModelMistake(
            f"one picture ({pictures[0].handle}) cannot be reconstructed." if pictures else "no pictures are given.",
            "Give two or more, or lift one by its depth: estimate_depth, then register_depth.",
        )
    if len(pictures) > MOST_PICTURES:
        raise ModelMistake(
            f"{len(pictures)} pictures are too many.", f"Give at most {MOST_PICTURES}, e.g. by sample_frames."
        )


def _joins(group: Reconstruction, old: Reconstruction, new: Sequence[str]) -> bool:
    """Whether a group holds two or more of the old cameras, and one of the new pictures."""
    return sum(h in old.cameras for h in group.cameras) >= 2 and any(h in group.cameras for h in new)


def _key(context: ToolContext, pictures: Sequence[Picture]) -> str:
    """What the result is computed from: contents, handles (they name the cameras), lenses, and what is left out."""
    workspace = context.workspace
    given = [
        [
            picture.handle,
            workspace.digest(picture.handle),
            intrinsics_of(workspace, picture.handle).to_json(),
            [workspace.digest(fact.mask) for fact in workspace.ignored.get(picture.handle, [])],
        ]
        for picture in pictures
    ]
    return fingerprint("reconstruct", given, context.back_ends.label("reconstruction"))


def new_cloud(group: Reconstruction, key: str, left_out: dict[str, str]) -> DataDraft:
    """A reconstruction to be kept, found again by `key`."""
    group = replace(group, left_out=left_out)
    arrays, description = group.to_arrays()
    return DataDraft(
        "cloud", arrays, f"reconstruction of {', '.join(group.cameras)}", {"reconstruction": description}, key
    )


def scale_of(handle: str, group: Reconstruction) -> Scale:
    """What the lengths of a new reconstruction are worth."""
    return Scale(group.scale_kind, handle, group.scale_factor, group.scale_because)


def _told_again(workspace: Workspace, handles: Sequence[str], total: int) -> str:
    """The text of a result that is there already."""
    clouds = [workspace.cloud(handle) for handle in handles]
    groups = [(cloud.handle, cloud.reconstruction, cloud.scale) for cloud in clouds]
    return (
        f"{told(groups, clouds[0].reconstruction.left_out, total)}\nIt was there already: nothing was computed again."
    )


def overview(draft: DataDraft, group: Reconstruction) -> Draft:
    """The map of a new reconstruction."""
    from sightline.tools.camera.map_drawing import draw_map

    drawn = draw_map(group, "m" if group.scale_kind in ("measured", "estimated") else "scene units")
    data: dict[str, Any] = {"cloud": str(draft)}
    return Draft(drawn.pixels, f"{draft} from above", data=data)
