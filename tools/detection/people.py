"""People's joints: where each is in the picture, with left and right as the person's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import PictureTransform
from sightline.memory import Draft, ModelMistake, Picture
from sightline.memory.caching import ByteCache, fingerprint
from sightline.memory.refs import box_ref, point_ref
from sightline.tools.back_ends import Detection, Keypoints, Seen
from sightline.tools.back_ends.protocols import KEYPOINTS
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.detection.entering import Entered, as_seen, contents, enter, provenance

SURE = 0.4
"""Score from which a joint counts as seen."""
MOST_LISTED = 20
_BONES = (
    (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
    (0, 1), (0, 2), (1, 3), (2, 4),
)  # fmt: skip

_found: ByteCache[list[Keypoints]] = ByteCache(8_000_000)


@tool(family="detection", time_limit=600.0, parallel_safe=False, example={"image": "img1"})
def keypoints(context: ToolContext, image: Picture, threshold: float = 0.4) -> ToolResult:
    """Find people and their joints (eyes, shoulders, wrists, hips, knees, ...). Left and right are the person's own.

    Args:
        context: What the call may use.
        image: Where to look.
        threshold: Lowest score of a person, from 0.05 to 0.95.
    """
    if not 0.05 <= threshold <= 0.95:
        raise ModelMistake(f"the threshold is {threshold:g}.", "It is a score from 0.05 to 0.95; 0.4 is usual.")
    detector = context.back_ends.keypoints()
    people = [p for p in people_once(context, as_seen(context, image), threshold) if p.score >= threshold]
    if not people:
        return ToolResult(
            f"no person detected above {threshold:.2f} in {image.handle}: that does not show there is none; try a "
            "lower threshold, or crop_zoom and look there."
        )
    entered = enter(context.workspace, image, [Detection("person", p.box, p.score) for p in people], "keypoints")
    draft = Draft(
        skeletons(image.pixels, people),
        f"{image.handle} with people's joints",
        [(image.handle, PictureTransform.identity(image.size), None)],
        data=provenance(context.back_ends, "keypoints", detector),
    )
    several = "people" if len(people) > 1 else "person"
    lines = [
        f"{len(people)} {several} detected at {threshold:.2f} or above, in {image.handle} only; not a total. Drawn in "
        f"{draft}. Scores are the detector's own, not probabilities; left and right are the person's own."
    ]
    lines += [_line(n, e, p, image.handle) for n, (e, p) in enumerate(zip(entered, people, strict=True), start=1)][
        :MOST_LISTED
    ]
    if len(people) > MOST_LISTED:
        lines.append(f"and {len(people) - MOST_LISTED} more: {', '.join(e.reference for e in entered[MOST_LISTED:])}")
    return ToolResult("\n".join(lines), [draft], [fact for each in entered for fact in each.facts])


def people_once(context: ToolContext, picture: Seen, threshold: float) -> list[Keypoints]:
    """The people that the run's back end finds in a picture, with their joints; asked twice it costs nothing.

    Args:
        context: What the call may use.
        picture: One of the run's.
        threshold: Lowest score of a person.
    """
    seen = contents(context.workspace, picture.handle)
    key = fingerprint("keypoints", seen, threshold, context.back_ends.label("keypoints"))
    known = _found.get(key)
    if known is None:
        known = context.back_ends.keypoints().keypoints(picture, threshold)
        _found.put(key, known, 200 + 1000 * len(known))
    return known


def _line(number: int, each: Entered, person: Keypoints, handle: str) -> str:
    seen = [
        f"{name} {point_ref(handle, [round(float(v), 1) for v in point])}"
        for name, point, score in zip(KEYPOINTS, person.points, person.scores, strict=True)
        if score >= SURE
    ]
    hidden = [name for name, score in zip(KEYPOINTS, person.scores, strict=True) if score < SURE]
    unseen = f"; not seen: {', '.join(hidden)}" if hidden else ""
    joints = ", ".join(seen) or "no joint clearly"
    return (
        f"person {number} = {each.reference}: box {box_ref(handle, person.box)}, score {person.score:.2f}; "
        f"{joints}{unseen}"
    )


def skeletons(pixels: NDArray[np.uint8], people: Sequence[Keypoints]) -> NDArray[np.uint8]:
    """A picture with the joints that are seen, joined by bones."""
    from sightline.tools.drawing.canvas import draw
    from sightline.tools.drawing.shapes import Box, Line, Point, Shape

    shapes: list[Shape] = []
    for number, person in enumerate(people, start=1):
        at = [(float(x), float(y)) for x, y in person.points]
        shapes += [Line(at[a], at[b]) for a, b in _BONES if person.scores[a] >= SURE and person.scores[b] >= SURE]
        shapes += [Point(point) for point, score in zip(at, person.scores, strict=True) if score >= SURE]
        shapes.append(Box(person.box, label=f"person {number}"))
    return draw(pixels, shapes)
