"""Tools over `matching`: what is one and the same thing across photos, and how many things there are in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import Fact, InstrumentLimit, ModelMistake, Picture, SceneObject, Workspace
from sightline.memory.refs import plain
from sightline.tools.back_ends.naming import normal, plural
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.detection.detecting import (
    DETECTION_TIME_LIMIT,
    checked_names,
    not_known,
    sort_out,
    split,
    summaries,
    weakest,
)
from sightline.tools.detection.entering import Entered, detect_once, enter
from sightline.tools.detection.joining import Belonging, Joined, join, parted_lines, same_before, stated_same
from sightline.tools.detection.looks import Look, box_around, window
from sightline.tools.detection.matching import Matches, match

MOST_PICTURES = 60
MOST_LISTED = 40
_MOST_PAIRS = 60_000
"""Looks that are compared with each other: a minute or two."""


@dataclass(frozen=True)
class _Thing:
    """A look, and the object it belongs to."""

    look: Look
    object: str
    reference: str


@tool(
    family="detection",
    time_limit=DETECTION_TIME_LIMIT,
    parallel_safe=False,
    example={"images": ["img1", "img2"], "names": ["mug"]},
)
def match_objects(context: ToolContext, images: list[Picture], names: list[str] | None = None) -> ToolResult:
    """Find out what is the same thing across photos: by place where a reconstruction holds them, else by appearance.

    What is one thing becomes one object. Twins (two chairs of one make) cannot be told apart by appearance: it says so.

    Args:
        context: What the call may use.
        images: The photos, 2 to 60.
        names: What to match: these are detected where they were not yet. The objects known in the photos if not given.
    """
    _check(images, least=2)
    things, facts, notes = (
        _known_things(context.workspace, images) if not names else _detected(context, images, names, 0.3)[:3]
    )
    if not things and names:
        raise InstrumentLimit(
            f"no {', '.join(names)} was detected in {', '.join(image.handle for image in images)}, which does not show "
            "that there is none.",
            "Try other words, a lower threshold with `detect`, or mark what you mean.",
        )
    if not things:
        raise ModelMistake(
            "no object is known in these photos.", "Give `names` to detect them, or mark or detect them first."
        )
    found = _match(context.workspace, images, things)
    after, things = _joined(context.workspace, found, things, facts, "match_objects")
    groups = [[things[i] for i in group] for group in found.groups]
    lines = [_heading(found, things), *parted_lines(after.parted)]
    joined = [g for g in groups if len(g) > 1]
    for group in joined[:MOST_LISTED]:
        where = ", ".join(f"{t.reference} in {t.look.picture}" for t in group)
        lines.append(f"one {plain(group[0].look.name)}: {where} (by {_basis(found, things, group)})")
    single = [g[0] for g in groups if len(g) == 1]
    if single:
        named = ", ".join(f"{t.reference} ({plain(t.look.name)}) in {t.look.picture}" for t in single[:MOST_LISTED])
        more = f" and {len(single) - MOST_LISTED} more" if len(single) > MOST_LISTED else ""
        lines.append(f"matched with none: {named}{more}. That does not show that the other photos lack them.")
    lines += _unclear(found, things)
    lines += notes
    return ToolResult("\n".join(lines), facts=after.facts)


@tool(
    family="detection",
    time_limit=DETECTION_TIME_LIMIT,
    parallel_safe=False,
    example={"images": ["img1"], "name": "mug"},
)
def count(context: ToolContext, images: list[Picture], name: str, threshold: float = 0.3) -> ToolResult:
    """Count things of one name, over several photos each thing once.

    It counts what is detected: what is hidden, cut off or missed is not in it, so it gives a range. Frames of a video
    are better served by `track`.

    Args:
        context: What the call may use.
        images: The photos, 1 to 60.
        name: What to count, one kind of thing.
        threshold: Lowest score that counts, from 0.01 to 0.99.
    """
    _check(images, least=1)
    if not 0.01 <= threshold <= 0.99:
        raise ModelMistake(f"the threshold is {threshold:g}.", "It is a score from 0.01 to 0.99; 0.3 is usual.")
    things, facts, notes, weaker = _detected(context, images, [name], threshold)
    if len(images) == 1 or not things:
        handles = f"Objects: {', '.join(t.reference for t in things)}." if things else ""
        return ToolResult("\n".join(filter(None, [*notes, _bounds(len(things), weaker), handles])), facts=facts)
    found = _match(context.workspace, images, things)
    after, things = _joined(context.workspace, found, things, facts, "count")
    groups = [[things[i] for i in group] for group in found.groups]
    lines = [_total(name, found, things, images), *parted_lines(after.parted)]
    lines += [", ".join(f"{t.reference} in {t.look.picture}" for t in group) for group in groups[:MOST_LISTED]]
    if len(groups) > MOST_LISTED:
        lines.append(f"and {len(groups) - MOST_LISTED} more")
    return ToolResult("\n".join([*lines, *_unclear(found, things), *notes]), facts=after.facts)


def _bounds(strong: int, weaker: int) -> str:
    """What a count in one photo may be off by."""
    if not strong and not weaker:
        return ""
    spread = f"{strong} to {strong + weaker}" if weaker else f"{strong}"
    several = "are" if strong + weaker != 1 else "is"
    return f"{spread} {several} visible as far as the detector can tell; what is hidden or cut off is not in it."


def _total(name: str, found: Matches, things: Sequence[_Thing], images: Sequence[Picture]) -> str:
    total = found.most
    what = plain(name.strip()) if total == 1 else plain(plural(things[0].look.name))
    spread = f"{found.fewest} to {found.most}" if found.fewest < found.most else str(total)
    by_place = sum(p.basis == "place" for p in found.pairings)
    basis = "place in the reconstruction" if by_place and by_place == len(found.pairings) else "appearance"
    if by_place and basis == "appearance":
        basis = "place in the reconstruction where there is one, else by appearance"
    unsure = "" if found.fewest < found.most else "; the matching left nothing open, the detector may have missed some"
    return (
        f"{spread} {what} over {len(images)} photos, each counted once: {len(things)} detections, matched by {basis}"
        f"{unsure}. A count of what was detected, not of what is there."
    )


def _detected(
    context: ToolContext, images: Sequence[Picture], names: Sequence[str], threshold: float
) -> tuple[list[_Thing], list[Fact], list[str], int]:
    """Things of these names in each photo, entered as objects; what was found where, in sentences; how many weaker."""
    checked_names(names)
    detector = context.back_ends.detector()
    asked = sort_out(names, detector)
    things: list[_Thing] = []
    facts: list[Fact] = []
    notes = []
    weaker = 0
    for image in images:
        found = split(detect_once(context, image, asked.names, weakest(threshold)), threshold)
        weaker += len(found.weaker)
        notes += summaries(asked.names, found, threshold, image.handle)
        for each in enter(context.workspace, image, found.strong, "detect", outlines=False):
            things.append(_thing_of(image, each))
            facts += each.facts
    return things, facts, notes + not_known(asked), weaker


def _thing_of(image: Picture, each: Entered) -> _Thing:
    mask = None if each.detection.mask is None else _part(each.detection.mask, each.detection.box)
    return _Thing(
        Look(image.handle, normal(each.detection.name), each.detection.box, mask), each.object, each.reference
    )


def _known_things(workspace: Workspace, images: Sequence[Picture]) -> tuple[list[_Thing], list[Fact], list[str]]:
    """The objects that the run knows in these photos."""
    things = []
    for image in images:
        for thing in workspace.scene.objects.values():
            seen = thing.in_picture(image.handle)
            if seen is not None and (seen.box is not None or seen.point is not None):
                box = seen.box or box_around(seen.centre or (0.0, 0.0), image.size)
                mask = _mask_of(workspace, thing, image.handle, box)
                things.append(_Thing(Look(image.handle, normal(thing.name), box, mask), thing.handle, thing.handle))
    return things, [], []


def _mask_of(
    workspace: Workspace, thing: SceneObject, handle: str, box: tuple[float, float, float, float]
) -> NDArray[np.bool_] | None:
    masks = [s.mask for s in thing.sightings if s.picture == handle and s.mask is not None]
    return _part(np.asarray(workspace.arrays(masks[-1])["mask"]), box) if masks else None


def _part(mask: NDArray[np.bool_], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """A mask's pixels in a box, copied: 60 photos' masks are not held at full size."""
    return np.array(mask[window(box, (mask.shape[1], mask.shape[0]))])


def _match(workspace: Workspace, images: Sequence[Picture], things: Sequence[_Thing]) -> Matches:
    """Match the looks; those of one object that was joined before stay together."""
    names = Counter(thing.look.name for thing in things)
    pairs = sum(number * number for number in names.values()) // 2
    if pairs > _MOST_PAIRS:
        raise ModelMistake(
            f"{len(things)} things in {len(images)} photos are too many to compare with each other.",
            "Give fewer photos, or raise the threshold.",
        )
    before = _before(things)
    return match(
        [t.look for t in things],
        workspace.pixels,
        reconstructions(workspace, images),
        same_before(before),
        stated_same(workspace, before),
    )


def _before(things: Sequence[_Thing]) -> list[Belonging]:
    return [Belonging(t.look.picture, t.object, t.object == t.reference) for t in things]


def _joined(
    workspace: Workspace, found: Matches, things: Sequence[_Thing], facts: Sequence[Fact], source: str
) -> tuple[Joined, list[_Thing]]:
    """What becomes of the objects, and the things under what they are called now where one was parted."""
    sources = [f"{source} by {_basis(found, things, [things[i] for i in group])}" for group in found.groups]
    after = join(workspace, _before(things), found.groups, facts, sources)
    now = list(things)
    for reference, group in zip(after.references, found.groups, strict=True):
        for i in group:
            if now[i].object in after.parted:
                now[i] = replace(now[i], reference=reference)
    return after, now


def reconstructions(workspace: Workspace, images: Sequence[Picture]) -> list[Reconstruction]:
    """The run's reconstructions that hold at least two of these photos, the one that holds most first."""
    handles = {image.handle for image in images}
    clouds = [workspace.cloud(a.handle) for a in workspace.artifacts.values() if a.kind == "cloud"]
    shared = [(len(handles & set(cloud.pictures)), cloud) for cloud in clouds]
    return [c.reconstruction for held, c in sorted(shared, key=lambda item: -item[0]) if held > 1]


def _basis(found: Matches, things: Sequence[_Thing], group: Sequence[_Thing]) -> str:
    """What a group rests on: place where any of its pairs does."""
    members = {id(thing) for thing in group}
    bases = {
        p.basis
        for p in found.pairings
        if p.verdict == "same" and id(things[p.first]) in members and id(things[p.second]) in members
    }
    if not bases:
        return "what was known before"
    return "place" if bases == {"place"} else "place and appearance" if "place" in bases else "appearance: likely"


def _heading(found: Matches, things: Sequence[_Thing]) -> str:
    total = found.most
    spread = f"{found.fewest} to {found.most}" if found.fewest < found.most else str(total)
    photos = len({t.look.picture for t in things})
    several = "thing" if total == 1 and found.fewest == 1 else "things"
    return f"{len(things)} objects known in {photos} photos are {spread} {several}."


def _unclear(found: Matches, things: Sequence[_Thing]) -> list[str]:
    """The pairs that may be one thing and were kept apart."""
    if not found.doubtful:
        return []
    firsts = [things[group[0]].reference for group in found.groups]
    pairs = ", ".join(f"{firsts[a]} and {firsts[b]}" for a, b in found.doubtful[:10])
    more = f" and {len(found.doubtful) - 10} more pairs" if len(found.doubtful) > 10 else ""
    by_place = any(p.basis == "place" for p in found.pairings if p.verdict == "unclear")
    remedy = "their places leave it open" if by_place else "a reconstruction of the photos would tell"
    return [f"unclear, kept apart: {pairs}{more} may be one thing each; {remedy}."]


def _check(images: Sequence[Picture], least: int) -> None:
    if not least <= len(images) <= MOST_PICTURES:
        raise ModelMistake(f"{len(images)} photos were given.", f"Give {least} to {MOST_PICTURES}.")
    if len({image.handle for image in images}) < len(images):
        raise ModelMistake("a photo was given twice.", "Give each photo once.")
