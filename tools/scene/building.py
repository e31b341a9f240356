"""The tool that puts a scene together: what is there, where, how large, which way it faces, and what holds between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.frames import Frame, camera_frame, world_frame
from sightline.geometry.transforms import PictureTransform
from sightline.memory import DataDraft, Draft, Fact, InstrumentLimit, ModelMistake, ObjectPlaced, Picture, SceneObject
from sightline.memory.refs import plain
from sightline.tools.contract import Cloud, ToolContext, ToolResult, tool
from sightline.tools.detection.joining import parted_lines
from sightline.tools.measure import words
from sightline.tools.measure.floors import find_floor
from sightline.tools.measure.measuring import front_of
from sightline.tools.measure.observed import Observed
from sightline.tools.measure.things import focal_warps, observed_from
from sightline.tools.scene.gathering import Gathered, Thing, detected_things, known_things, searched
from sightline.tools.scene.graph import Edge, Node, Space, edges_of, node_text, to_json
from sightline.tools.scene.spaces import Ground, ground_for

MOST_THINGS = 40


@tool(family="scene", example={"images": ["img1"], "names": ["chair", "table"]}, parallel_safe=False, time_limit=600)
def build_scene_graph(
    context: ToolContext,
    images: list[Picture] | None = None,
    names: list[str] | None = None,
    objects: list[SceneObject] | None = None,
    cloud: Cloud | None = None,
    frame: str = "",
    threshold: float = 0.3,
    form: Literal["text", "json"] = "text",
) -> ToolResult:
    """Put a scene together in space: things with place, extent and front, and what is on, in, next to or beyond what.

    Works in a reconstruction, or on one photo by its metric depth. Things are detected by name, or are the objects
    known already. Relations of contact need gravity; directions are in one named frame, with degrees.

    Args:
        context: What the call may use.
        images: The photos to look in: one, or several of one reconstruction; by default those of the reconstruction.
        names: What to detect; without names, the objects that are known in the photos.
        objects: Only these known objects.
        cloud: Which reconstruction; by default the latest that holds the photos.
        frame: Whose left and right: `camera:img1` or `world`; by default the camera of the first photo.
        threshold: Lowest score of a detection that counts, from 0.01 to 0.99.
        form: `text`, or `json` with all numbers.
    """
    if names and objects:
        raise ModelMistake("build_scene_graph: names are detected, objects are known.", "Give one of the two.")
    if not 0.01 <= threshold <= 0.99:
        raise ModelMistake(f"the threshold is {threshold:g}.", "It is a score from 0.01 to 0.99; 0.3 is usual.")
    workspace = context.workspace
    pictures = list(images or [])
    ground = ground_for(context, pictures, cloud)
    handles = [p.handle for p in pictures] or ground.reconstruction.handles
    axes = _frame(ground, frame, handles[0])
    if names:
        gathered = detected_things(
            context, searched(pictures, workspace, handles), names, threshold, ground.reconstruction
        )
    else:
        items = objects or list(workspace.scene.objects.values())
        gathered = known_things(workspace, items, handles, ground.reconstruction)
        if not gathered.things:
            raise ModelMistake(
                f"no objects are known in {', '.join(handles[:6])}.", "Give `names` to detect them, or mark them first."
            )
    if len(gathered.things) > MOST_THINGS:
        raise ModelMistake(
            f"{len(gathered.things)} things are too many for one graph.", f"Ask for at most {MOST_THINGS}: name fewer."
        )
    nodes, lost = _placed_nodes(gathered.things, ground)
    floor = find_floor(ground.reconstruction)
    space = Space(
        ground.scale,
        axes,
        ground.reconstruction.up != "assumed",
        None if floor is None else (floor.height, floor.error),
        focal_warps(ground.reconstruction, handles[:1]),
    )
    edges = edges_of([node for _, node in nodes], space, gathered.doubtful)
    facts: list[Fact] = [*gathered.facts, *(_fact(thing, node.seen, ground) for thing, node in nodes)]
    drafts = [] if not nodes else [_drawn(context, handles, nodes)]
    notes = [*parted_lines(gathered.parted), *_notes(gathered.missing, lost, ground, threshold)]
    shown = f" {drafts[0]} shows them, numbered in this order." if drafts else ""
    if form == "json":
        graph = to_json([node for _, node in nodes], edges, space)
        text = json.dumps({"cloud": ground.handle, **graph}, ensure_ascii=False)
        return ToolResult("\n".join([text, *notes]), pictures=drafts, facts=facts, data=_data(ground, gathered))
    fewest = len(nodes) - sum(edge.kind == "may be one" for edge in edges)
    count = f"{max(1, fewest)} to {len(nodes)}" if fewest < len(nodes) else f"{len(nodes)}"
    heading = (
        f"{count} {'thing' if len(nodes) == 1 else 'things'} in {ground.handle}, in {_unit(ground)} (x right, y "
        f"ahead of the first camera, z up).{shown}"
    )
    lines = [heading, *(f"{k}. {node_text(node, space)}" for k, (_, node) in enumerate(nodes, 1))]
    lines += _told(edges, space)
    return ToolResult("\n".join([*lines, *notes]), pictures=drafts, facts=facts, data=_data(ground, gathered))


def _frame(ground: Ground, frame: str, first: str) -> Frame:
    """The frame of reference that is meant.

    Raises:
        ModelMistake: It is none of those on offer.
    """
    reconstruction = ground.reconstruction
    levelled = reconstruction.up != "assumed"
    wanted = "".join(frame.split()).lower() or f"camera:{first}"
    if wanted == "world":
        return world_frame(levelled)
    kind, _, about = wanted.partition(":")
    if kind == "camera" and about in reconstruction.cameras:
        return camera_frame(about, reconstruction.cameras[about].pose, levelled)
    offer = "; ".join([*(f"camera:{h}" for h in reconstruction.handles[:12]), "world"])
    raise ModelMistake(
        f"{plain(frame)!r} is no frame that a scene graph can be told in.",
        f"Frames on offer: {offer}. For a thing's own or a standing person's left and right, ask direction_of.",
    )


def _placed_nodes(things: Sequence[Thing], ground: Ground) -> tuple[list[tuple[Thing, Node]], list[str]]:
    """Things with their places, and why some have none."""
    nodes, lost = [], []
    for thing in things:
        label = f'{thing.reference} "{thing.name}"'
        try:
            seen = observed_from(ground.reconstruction, label, thing.marks, thing.masks)
        except InstrumentLimit as why:
            lost.append(f"Not placed: {why.message}")
            continue
        front = None if thing.known is None else front_of(ground.reconstruction, thing.known)
        faces = None if thing.known is None else thing.known.faces.get("front")
        symmetric = faces is not None and faces.verdict == "symmetric"
        nodes.append((thing, Node(thing.reference, thing.name, seen, front, symmetric, thing.score, thing.source)))
    return nodes, lost


def _fact(thing: Thing, seen: Observed, ground: Ground) -> ObjectPlaced:
    x, y, z = (float(v) / ground.unit for v in seen.centre)
    a, b, c = (float(v) / ground.unit for v in seen.box.size)
    r = [float(v) for v in seen.box.rotation.ravel()]
    return ObjectPlaced(
        object=thing.key,
        cloud=ground.handle,
        centre=(x, y, z),
        size=(a, b, c),
        rotation=(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]),
        points=len(seen.points) if seen.solid else 0,
        error=seen.error / ground.unit,
        partial=seen.partial,
        pictures=seen.pictures,
        source="build_scene_graph",
    )


def _told(edges: Sequence[Edge], space: Space) -> list[str]:
    """The edges in words: what may be one thing, contact, then directions under the frame's name."""
    doubt = [f"- {edge.text}" for edge in edges if edge.kind == "may be one"]
    contact = [f"- {edge.text}" for edge in edges if edge.kind not in ("direction", "may be one")]
    ways = [f"- {edge.text}" for edge in edges if edge.kind == "direction"]
    lines = ["Not told apart:", *doubt] if doubt else []
    lines += ["Contact and nearness:", *contact] if contact else []
    if ways:
        lines += [f"Directions between centres, in the frame {space.frame.describe()}:", *ways]
    return lines


def _notes(missing: Sequence[str], lost: Sequence[str], ground: Ground, threshold: float) -> list[str]:
    out = list(lost)
    out += [
        f"No {plain(name)} detected at {threshold:.2f} or above: that does not show there is none." for name in missing
    ]
    if ground.reconstruction.up == "assumed":
        out.append("Gravity is not known here, so nothing is said of what is on, above or inside what.")
    else:
        out += [words.up_note(ground.reconstruction).strip()] if words.up_note(ground.reconstruction) else []
    return [*out, *ground.reconstruction.warnings]


def _drawn(context: ToolContext, handles: Sequence[str], nodes: Sequence[tuple[Thing, Node]]) -> Draft:
    """The picture that shows most of the things, with their boxes."""
    from sightline.tools.drawing.canvas import draw
    from sightline.tools.drawing.shapes import Box as BoxShape

    counts = {h: sum(any(m.picture == h and m.box for m in thing.marks) for thing, _ in nodes) for h in handles}
    handle = max(handles, key=lambda h: counts[h])
    picture = context.workspace.picture(handle)
    shapes = []
    for number, (thing, node) in enumerate(nodes, 1):
        box = next((m.box for m in thing.marks if m.picture == handle and m.box), None)
        if box is not None:
            shapes.append(BoxShape(box, label=f"{number} {node.name}"))
    pixels: NDArray[np.uint8] = draw(picture.pixels, shapes)
    return Draft(
        pixels,
        f"{handle} with the things of the scene graph",
        [(handle, PictureTransform.identity(picture.size), None)],
    )


def _data(ground: Ground, gathered: Gathered) -> list[DataDraft]:
    return [*([] if ground.draft is None else [ground.draft]), *gathered.data]


def _unit(ground: Ground) -> str:
    return "metres" if ground.scale.metric else f"scene units of {ground.handle} (not metres)"
