"""The things that a scene graph is about: the objects that the run knows, and what is detected for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import DataDraft, Fact, ObjectsMatched, Picture, SceneObject, Workspace
from sightline.memory.scene import short_name
from sightline.tools.contract import ToolContext
from sightline.tools.depth.maps import mask_in, place_in
from sightline.tools.detection.entering import Entered, detect_once, enter
from sightline.tools.detection.matching import Look, match
from sightline.tools.measure.things import Mark

MOST_SEARCHED = 12
"""Pictures of a reconstruction that are searched for the names, spread evenly."""


@dataclass
class Thing:
    """A thing before it is placed.

    Attributes:
        key: Handle of a known object, or the key of a new one.
        reference: How texts refer to it.
        name: What it is called.
        marks: Where it is in pictures.
        masks: Arrays of the outlines that the marks name.
        score: The best score of a detector, or None.
        source: Who found it.
        known: What the run knew of it before.
    """

    key: str
    reference: str
    name: str
    marks: list[Mark] = field(default_factory=list)
    masks: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    score: float | None = None
    source: str = ""
    known: SceneObject | None = None


@dataclass
class Gathered:
    """Things, and what memory learns from having found them."""

    things: list[Thing] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    data: list[DataDraft] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def known_things(workspace: Workspace, items: Sequence[SceneObject], pictures: Sequence[str]) -> list[Thing]:
    """Objects of the run with their marks in these pictures; those without any are left out."""
    out = []
    for item in items:
        thing = Thing(item.handle, item.handle, short_name(item.name), known=item)
        for picture in pictures:
            mask = mask_in(workspace, item, picture)
            box, point = place_in(workspace, item, picture)
            if mask is not None and box is None:
                rows, columns = np.nonzero(mask)
                if len(rows):
                    box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
            if box is not None or point is not None:
                name = f"{item.handle} in {picture}"
                thing.marks.append(Mark(picture, box, point, name if mask is not None else None))
                if mask is not None:
                    thing.masks[name] = mask
        scores = [s.score for s in item.sightings if s.score is not None]
        thing.score = max(scores) if scores else None
        thing.source = item.sightings[-1].source if item.sightings else ""
        if thing.marks:
            out.append(thing)
    return out


def detected_things(
    context: ToolContext,
    images: Sequence[Picture],
    names: Sequence[str],
    threshold: float,
    reconstruction: Reconstruction,
) -> Gathered:
    """Things of these names in the pictures, the same thing across pictures joined by its place."""
    workspace = context.workspace
    gathered = Gathered()
    looks: list[Look] = []
    entered: list[Entered] = []
    for image in images:
        found = [d for d in detect_once(context, image, names, threshold) if d.score >= threshold]
        for each in enter(workspace, image, found, "build_scene_graph"):
            entered.append(each)
            looks.append(Look(image.handle, each.detection.name, each.detection.box, each.detection.mask))
            gathered.facts += each.facts
            if each.outline is not None:
                gathered.data.append(each.outline)
    seen_names = {each.detection.name for each in entered}
    gathered.missing = [name for name in names if name not in seen_names]
    joined = [
        (i, j)
        for i, one in enumerate(entered)
        for j, other in enumerate(entered)
        if i < j and one.object == other.object
    ]
    by_handle = {image.handle: image for image in images}
    groups = match(looks, lambda h: by_handle[h].pixels, [reconstruction], joined).groups if looks else []
    for group in groups:
        members = sorted((entered[i] for i in group), key=lambda e: (not e.known, e.object))
        first = members[0]
        thing = Thing(first.object, first.reference, short_name(first.detection.name), source="build_scene_graph")
        if first.known:
            thing.known = workspace.scene.objects[first.object]
            thing.name = short_name(thing.known.name)
        for index in group:
            look = looks[index]
            name = f"{index}" if look.mask is not None else None
            thing.marks.append(Mark(look.picture, look.box, None, name))
            if name is not None and look.mask is not None:
                thing.masks[name] = look.mask
        thing.score = max(e.detection.score for e in members)
        objects = list(dict.fromkeys(e.object for e in members))
        if len(objects) > 1:
            gathered.facts.append(ObjectsMatched(objects=objects, source="build_scene_graph by place"))
        gathered.things.append(thing)
    return gathered


def searched(images: Sequence[Picture], workspace: Workspace, pictures: Sequence[str]) -> list[Picture]:
    """The pictures to look for names in: the given ones, or some of the reconstruction's, spread evenly."""
    if images:
        return list(images)
    chosen = np.unique(np.linspace(0, len(pictures) - 1, min(len(pictures), MOST_SEARCHED)).round().astype(int))
    return [workspace.picture(pictures[int(i)]) for i in chosen]
