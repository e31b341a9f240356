"""The outline of one thing: a mask artifact, and a picture to check it by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import PictureTransform
from sightline.memory import (
    DataDraft,
    Draft,
    Fact,
    InstrumentLimit,
    ModelMistake,
    ObjectSeen,
    Picture,
    SceneObject,
    Workspace,
    fingerprint,
)
from sightline.memory.refs import box_ref, fresh_key, new_ref, plain
from sightline.tools.back_ends import MaskFound
from sightline.tools.back_ends.protocols import Box as BoxTuple
from sightline.tools.contract import Box, Point, ToolContext, ToolResult, tool
from sightline.tools.detection.entering import as_box, as_seen, known_object, provenance

Mask = NDArray[np.bool_]
UNSURE = 0.5
"""Score below which an outline is said to be doubtful."""
_BAND = 512
"""Rows painted at once."""


def box_around(mask: Mask) -> BoxTuple:
    """The box (x0, y0, x1, y1) around a mask's pixels, in continuous pixels.

    Raises:
        ValueError: The mask is empty.
    """
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        raise ValueError("an empty mask has no box")
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def shaded(pixels: NDArray[np.uint8], mask: Mask) -> NDArray[np.uint8]:
    """A picture with a mask's area tinted and its edge drawn: what lies under it stays visible."""
    import cv2

    out = np.array(pixels)
    tint = np.array([255, 60, 200], dtype=np.uint16)
    for top in range(0, len(out), _BAND):  # bounded memory, however large the picture
        rows, inside = out[top : top + _BAND], mask[top : top + _BAND]
        rows[inside] = ((6 * rows[inside].astype(np.uint16) + 4 * tint) // 10).astype(np.uint8)
    thickness = max(1, round(max(mask.shape) / 500))
    edges, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, edges, -1, (255, 255, 255), thickness + 2)
    cv2.drawContours(out, edges, -1, (160, 0, 120), thickness)
    return out


@tool(
    family="detection",
    time_limit=600.0,
    parallel_safe=False,
    example={"image": "img1", "box": [60, 40, 300, 260], "name": "cup"},
)
def segment(
    context: ToolContext,
    image: Picture,
    box: Box | None = None,
    point: Point | None = None,
    thing: SceneObject | None = None,
    name: str = "",
) -> ToolResult:
    """Outline one thing, given by a box, a point on it, or a known object: a mask and its area, drawn on the picture.

    Measuring with a mask is better than with a box, which holds background too. Check the drawing.

    Args:
        context: What the call may use.
        image: Where it is.
        box: A box around it.
        point: A point on it; with a box, a point that certainly belongs to it.
        thing: A known object that was seen in this picture, instead of box and point.
        name: What it is, to enter it as an object; empty to enter none.
    """
    box, point = _prompt(image, box, point, thing)
    label = context.back_ends.label("segmentation")
    key = fingerprint("segment", context.workspace.digest(image.handle), [*(box or ())], [*(point or ())], label)
    known = context.workspace.made(key)
    if known:
        mask, others, draft = context.workspace.arrays(known[0])["mask"], [], None
        reference, score = known[0], float(context.workspace.artifacts[known[0]].data["score"])
    else:
        segmenter = context.back_ends.segmenter()
        found = segmenter.segment(as_seen(context, image), box, [point] if point else [])
        if not found or not found[0].mask.any():
            raise InstrumentLimit(
                f"nothing is outlined there in {image.handle}.", "Try a box around it, or a point on its middle."
            )
        mask, score, others = found[0].mask, found[0].score, found[1:]
        draft = DataDraft(
            "mask",
            {"mask": mask},
            f"outline of {_called(thing, name)} in {image.handle}",
            data={"picture": image.handle, "score": score, **provenance(context.back_ends, "segmentation", segmenter)},
            made_from=key,
            size=image.size,
        )
        reference = str(draft)
    around = box_around(mask)
    facts, whose = _facts(context.workspace, image, reference, around, score, thing, name)
    drawn = (
        [
            Draft(
                shaded(image.pixels, mask),
                f"{image.handle} with the outline of {_called(thing, name)}",
                [(image.handle, PictureTransform.identity(image.size), None)],
            )
        ]
        if draft is not None
        else []
    )
    text = (
        f"{reference}: the outline of {whose} in {image.handle}, {int(mask.sum())} px "
        f"({100 * float(mask.mean()):.2g} % of the picture), box {box_ref(image.handle, around)}, "
        f"score {score:.2f} (the instrument's own, not a probability)."
    )
    if score < UNSURE:
        text += " That is low: check the drawing, or give a tighter box or a point."
    text += f" Drawn in {drawn[0]}." if drawn else " It was made before."
    new = [draft] if draft is not None else []
    return ToolResult(text + _alternatives(others), [*drawn], facts, new, known=known[:1])


def _prompt(
    image: Picture, box: BoxTuple | None, point: tuple[float, float] | None, thing: SceneObject | None
) -> tuple[BoxTuple | None, tuple[float, float] | None]:
    """The box and point to go by.

    Raises:
        ModelMistake: There is neither, or the object was not seen in the picture.
    """
    if thing is None:
        if box is None and point is None:
            raise ModelMistake("neither a box, a point nor an object was given.", "Give one of them.")
        return box, point
    seen = thing.in_picture(image.handle)
    if seen is None:
        where = ", ".join(dict.fromkeys(s.picture for s in thing.sightings)) or "no picture"
        raise ModelMistake(
            f"{thing.handle} was not seen in {image.handle} (it was in {where}).", "Give a box or a point there."
        )
    return box or seen.box, point or (seen.point if seen.box is None else None)


def _called(thing: SceneObject | None, name: str) -> str:
    if thing is not None:
        return f"{thing.handle} ({plain(thing.name)})"
    return plain(name.strip()) or "what is there"


def _facts(
    workspace: Workspace,
    image: Picture,
    reference: str,
    around: BoxTuple,
    score: float,
    thing: SceneObject | None,
    name: str,
) -> tuple[list[Fact], str]:
    """What memory learns, and whose outline it is, in words."""
    if thing is None and not name.strip():
        return [], "what is there"
    original = workspace.in_original(image.handle, around)
    places = (
        [(image.handle, around)] if original is None else [(image.handle, around), (original[0], as_box(original[1]))]
    )
    if thing is None:
        handle = known_object(workspace, name, places)
        thing = None if handle is None else workspace.scene.objects[handle]
    if thing is not None and any(s.picture == image.handle and s.mask == reference for s in thing.sightings):
        return [], _called(thing, name)
    key = fresh_key() if thing is None else thing.handle
    called = name.strip() if thing is None else thing.name
    facts: list[Fact] = [
        ObjectSeen(
            object=key,
            name=called,
            picture=picture,
            box=box,
            score=score,
            mask=reference if picture == image.handle else None,
            source="segment",
        )
        for picture, box in places
        if picture == image.handle or thing is None
    ]
    return facts, f"{new_ref(key)} ({plain(called)})" if thing is None else _called(thing, name)


def _alternatives(others: Sequence[MaskFound]) -> str:
    if not others:
        return ""
    areas = ", ".join(f"{int(o.mask.sum())} px" for o in others)
    several = "Other outlines there have" if len(others) > 1 else "Another outline there has"
    return f" {several} {areas}: a box around the thing decides."
