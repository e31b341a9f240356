"""The things that a scene graph is about: the objects that the run knows, and what is detected for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import DataDraft, Fact, Picture, SceneObject, Workspace
from sightline.memory.scene import short_name
from sightline.tools.back_ends.naming import normal
from sightline.tools.contract import ToolContext
from sightline.tools.depth.maps import mask_in, place_in
from sightline.tools.detection.entering import detect_once, enter
from sightline.tools.detection.joining import Belonging, join, same_before, stated_same
from sightline.tools.detection.looks import Look, box_around, window
from sightline.tools.detection.matching import match
from sightline.tools.measure.things import Mark

MOST_SEARCHED = 12
"""Pictures of a reconstruction that are searched for the names, spread evenly."""
_TOOL = "build_scene_graph"


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
    """Things, and what memory learns from having found them.

    Attributes:
        things: Each once.
        doubtful: References of pairs of them that may be one and the same.
        parted: Handles of objects that were taken for one thing and are several.
        facts: What memory learns.
        data: Outlines.
        missing: Names of which nothing was found.
    """

    things: list[Thing] = field(default_factory=list)
    doubtful: set[frozenset[str]] = field(default_factory=set)
    parted: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    data: list[DataDraft] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    """A thing in one picture, before it is known which are one."""

    belongs: Belonging
    name: str
    mark: Mark
    mask: NDArray[np.bool_] | None
    score: float | None
    source: str


def known_things(
    workspace: Workspace, items: Sequence[SceneObject], pictures: Sequence[str], reconstruction: Reconstruction
) -> Gathered:
    """Objects of the run with their marks in these pictures; those without any are left out.

    Those of one name in one place are one thing, and one that is in two places is two.
    """
    found = [each for item in items for each in _marked(workspace, item, pictures)]
    return _gathered(workspace, found, reconstruction, [])


def marks_in(
    workspace: Workspace, item: SceneObject, pictures: Sequence[str]
) -> tuple[list[Mark], dict[str, NDArray[np.bool_]]]:
    """Where an object of the run is in these pictures, and the arrays of the outlines that the marks name."""
    found = _marked(workspace, item, pictures)
    return [each.mark for each in found], _masks(found)


def _marked(workspace: Workspace, item: SceneObject, pictures: Sequence[str]) -> list[_Found]:
    found = []
    scores = [s.score for s in item.sightings if s.score is not None]
    score = max(scores) if scores else None
    source = item.sightings[-1].source if item.sightings else ""
    for picture in pictures:
        mask = mask_in(workspace, item, picture)
        box, point = place_in(workspace, item, picture)
        if mask is not None and box is None:
            rows, columns = np.nonzero(mask)
            if len(rows):
                box = float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)
        if box is not None or point is not None:
            mark = Mark(picture, box, point, None if mask is None else f"{item.handle} in {picture}")
            belongs = Belonging(picture, item.handle, known=True)
            found.append(_Found(belongs, short_name(item.name), mark, mask, score, source))
    return found


def _masks(found: Sequence[_Found]) -> dict[str, NDArray[np.bool_]]:
    return {each.mark.mask: each.mask for each in found if each.mark.mask is not None and each.mask is not None}


def detected_things(
    context: ToolContext,
    images: Sequence[Picture],
    names: Sequence[str],
    threshold: float,
    reconstruction: Reconstruction,
) -> Gathered:
    """Things of these names in the pictures, the same thing across pictures joined by its place."""
    found: list[_Found] = []
    facts: list[Fact] = []
    data: list[DataDraft] = []
    for image in images:
        detections = [d for d in detect_once(context, image, names, threshold) if d.score >= threshold]
        for each in enter(context.workspace, image, detections, _TOOL):
            name = None if each.detection.mask is None else f"{len(found)}"
            found.append(
                _Found(
                    Belonging(image.handle, each.object, each.known),
                    short_name(each.detection.name),
                    Mark(image.handle, each.detection.box, None, name),
                    each.detection.mask,
                    each.detection.score,
                    _TOOL,
                )
            )
            facts += each.facts
            if each.outline is not None:
                data.append(each.outline)
    gathered = _gathered(context.workspace, found, reconstruction, facts)
    gathered.data = data
    seen = {normal(each.name) for each in found}
    gathered.missing = [name for name in names if normal(name) not in seen]
    return gathered


def _gathered(
    workspace: Workspace, found: Sequence[_Found], reconstruction: Reconstruction, facts: Sequence[Fact]
) -> Gathered:
    """The things that were found, each once."""
    looks = [_look(each, workspace) for each in found]
    before = [each.belongs for each in found]
    matches = match(looks, None, [reconstruction], same_before(before), stated_same(workspace, before))
    after = join(workspace, before, matches.groups, facts, [f"{_TOOL} by place"] * len(matches.groups))
    things = []
    for number, group in enumerate(matches.groups):
        members = [found[i] for i in group]
        known = workspace.scene.objects.get(after.keys[number]) if after.whole[number] else None
        scores = [each.score for each in members if each.score is not None]
        things.append(
            Thing(
                after.keys[number],
                after.references[number],
                members[0].name if known is None else short_name(known.name),
                [each.mark for each in members],
                _masks(members),
                max(scores, default=None),
                members[-1].source,
                known,
            )
        )
    doubtful = {frozenset((after.references[a], after.references[b])) for a, b in matches.doubtful}
    return Gathered(things, doubtful, after.parted, after.facts)


def _look(each: _Found, workspace: Workspace) -> Look:
    picture = each.mark.picture
    size = workspace.picture(picture).size
    box = each.mark.box or box_around(each.mark.centre, size)
    mask = None if each.mask is None else each.mask[window(box, (each.mask.shape[1], each.mask.shape[0]))]
    return Look(picture, normal(each.name), box, mask)


def searched(images: Sequence[Picture], workspace: Workspace, pictures: Sequence[str]) -> list[Picture]:
    """The pictures to look for names in: the given ones, or some of the reconstruction's, spread evenly."""
    if images:
        return list(images)
    chosen = np.unique(np.linspace(0, len(pictures) - 1, min(len(pictures), MOST_SEARCHED)).round().astype(int))
    return [workspace.picture(pictures[int(i)]) for i in chosen]
