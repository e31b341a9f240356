"""Find things by name: what a detector says, in words that claim no more than it saw.

A detector's list is not a count of what is there, and nothing found is not nothing there; every text says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sightline.geometry import PictureTransform
from sightline.memory import Draft, InstrumentLimit, ModelMistake, Picture
from sightline.memory.refs import box_ref, plain
from sightline.tools.back_ends import Detection, Detector
from sightline.tools.back_ends.naming import distinct, known_as, nearest, plural, singular
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.detection.entering import Entered, detect_once, enter, provenance

DETECTION_TIME_LIMIT = 600.0
"""Seconds: weights may have to be downloaded first."""
MOST_NAMES = 30
MOST_LISTED = 40
MOST_WEAKER = 5
LOWEST = 0.05
"""Detections below this are noise, and are not mentioned."""


@dataclass(frozen=True)
class Asked:
    """The names of a question, sorted out.

    Attributes:
        names: What the detector is asked for.
        unknown: Names it does not know, each with its nearest known ones.
        known: How many names it knows; None for any words.
    """

    names: list[str]
    unknown: dict[str, list[str]] = field(default_factory=dict)
    known: int | None = None


@dataclass(frozen=True)
class Found:
    """What was found in one picture.

    Attributes:
        strong: At the threshold or above, best first.
        weaker: Below it, best first.
    """

    strong: list[Detection]
    weaker: list[Detection]

    def count(self, name: str) -> tuple[int, int]:
        """How many of this name: at the threshold or above, and weaker."""
        return sum(d.name == name for d in self.strong), sum(d.name == name for d in self.weaker)


def sort_out(names: Sequence[str], detector: Detector) -> Asked:
    """Which names can be asked for: each once, and for a closed set only those that it knows.

    Raises:
        ModelMistake: There is no name, or too many.
        InstrumentLimit: The detector knows none of them.
    """
    asked = checked_names(names)
    if detector.names is None:
        return Asked(asked)
    closed = detector.names
    unknown = {name: nearest(name, closed) for name in asked if known_as(name, closed) is None}
    left = [name for name in asked if name not in unknown]
    out = Asked(left, unknown, len(closed))
    if not left:
        raise InstrumentLimit(
            " ".join(not_known(out)), "Ask for one that it knows, use find_regions, or an open-set back end."
        )
    return out


def checked_names(names: Sequence[str]) -> list[str]:
    """The names, each once and in the singular; asked before a detector is loaded.

    Raises:
        ModelMistake: There is no name, or too many.
    """
    asked = [singular(name) for name in distinct(names)]
    if not asked:
        raise ModelMistake("no name was given.", "Say what to look for, e.g. chair.")
    if len(asked) > MOST_NAMES:
        raise ModelMistake(f"{len(asked)} names were given, at most {MOST_NAMES} go in one call.", "Use several calls.")
    return asked


def not_known(asked: Asked) -> list[str]:
    """A sentence for each name that the detector does not know."""
    out = []
    for name, close in asked.unknown.items():
        near = f"the nearest are {', '.join(close)}" if close else "none is near"
        out.append(f"{plain(name)!r} is not among the {asked.known} names that this detector knows; {near}.")
    return out


def split(found: Sequence[Detection], threshold: float) -> Found:
    """Detections by the threshold that was asked for."""
    return Found([d for d in found if d.score >= threshold], [d for d in found if d.score < threshold])


@tool(
    family="detection",
    time_limit=DETECTION_TIME_LIMIT,
    parallel_safe=False,  # two at once would enter one thing twice
    example={"image": "img1", "names": ["mug", "spoon"]},
)
def detect(context: ToolContext, image: Picture, names: list[str], threshold: float = 0.3) -> ToolResult:
    """Find things by name: a box, a score and a handle (obj1) for each; they join the objects known.

    A detector misses things and takes things for others: look at the boxes drawn. What it lists is no total.

    Args:
        context: What the call may use.
        image: Where to look.
        names: What to look for, one kind of thing each, e.g. chair, red mug.
        threshold: Lowest score listed, from 0.01 to 0.99.
    """
    _check(threshold)
    checked_names(names)
    detector = context.back_ends.detector()
    asked = sort_out(names, detector)
    found = split(detect_once(context, image, asked.names, weakest(threshold)), threshold)
    entered = enter(context.workspace, image, found.strong, "detect")
    sentences = summaries(asked.names, found, threshold, image.handle)
    lines = [" ".join([*sentences, *not_known(asked)])]
    drawn = []
    if entered:
        drawn = [_drawn(context, image, entered, detector)]
        lines[0] += f" Drawn in {drawn[0]}."
    lines += _listed(entered, image.handle)
    if found.weaker:
        weak = [f"{plain(d.name)} {d.score:.2f} {box_ref(image.handle, d.box)}" for d in found.weaker[:MOST_WEAKER]]
        more = f" and {len(found.weaker) - MOST_WEAKER} more" if len(found.weaker) > MOST_WEAKER else ""
        lines.append(f"Weaker, not entered as objects: {'; '.join(weak)}{more}.")
    if entered:
        lines.append("Scores are the detector's own, not probabilities.")
    return ToolResult(
        "\n".join(lines),
        drawn,
        [fact for each in entered for fact in each.facts],
        [each.outline for each in entered if each.outline is not None],
    )


def weakest(threshold: float) -> float:
    """The score down to which detections are mentioned."""
    return min(threshold, max(LOWEST, threshold / 2))


def summaries(names: Sequence[str], found: Found, threshold: float, handle: str) -> list[str]:
    """How many of each name, with what that is worth; what was not found is told in one sentence, at the end."""
    missing = [name for name in names if not found.count(name)[0]]
    out = [summary(name, *found.count(name), threshold, handle) for name in names if name not in missing]
    if len(missing) < 2:
        return [*out, *(summary(name, *found.count(name), threshold, handle) for name in missing)]
    listed = [f"{plain(name)}{_faint(found.count(name)[1])}" for name in missing]
    return [*out, _none(f"{', '.join(listed[:-1])} or {listed[-1]}", threshold, handle)]


def summary(name: str, strong: int, weak: int, threshold: float, handle: str) -> str:
    """How many of one name, with what that is worth."""
    if strong == 0:
        return _none(plain(name), threshold, handle, _faint(weak))
    what = plural(singular(name)) if strong > 1 else singular(name)
    faint = f", {weak} weaker" if weak else ""
    return f"{strong} {plain(what)} detected at {threshold:.2f} or above{faint}, in {handle} only; not a total."


def _none(what: str, threshold: float, handle: str, faint: str = "") -> str:
    return (
        f"no {what} detected above {threshold:.2f} in {handle}{faint}: that does not show there is none; "
        "try a lower threshold, another word, or crop_zoom and detect there."
    )


def _faint(weak: int) -> str:
    return f" ({weak} weaker)" if weak else ""


def _check(threshold: float) -> None:
    if not 0.01 <= threshold <= 0.99:
        raise ModelMistake(f"the threshold is {threshold:g}.", "It is a score from 0.01 to 0.99; 0.3 is usual.")


def numbered(entered: Sequence[Entered]) -> list[str]:
    """`chair 1`, `chair 2`, `mug 1`: what each is called in the drawing and in the list."""
    seen: dict[str, int] = {}
    out = []
    for each in entered:
        seen[each.detection.name] = seen.get(each.detection.name, 0) + 1
        out.append(f"{each.detection.name} {seen[each.detection.name]}")
    return out


def _listed(entered: Sequence[Entered], handle: str) -> list[str]:
    lines = []
    for label, each in list(zip(numbered(entered), entered, strict=True))[:MOST_LISTED]:
        outline = f", outline {each.outline}" if each.outline is not None else ""
        before = ", known before" if each.known else ""
        box = box_ref(handle, each.detection.box)
        lines.append(f"{plain(label)} = {each.reference}: box {box}, score {each.detection.score:.2f}{outline}{before}")
    rest = entered[MOST_LISTED:]
    if rest:
        handles = ", ".join(e.reference + (f" (outline {e.outline})" if e.outline is not None else "") for e in rest)
        lines.append(f"and {len(rest)} more: {handles}")
    return lines


def _drawn(context: ToolContext, image: Picture, entered: Sequence[Entered], detector: Detector) -> Draft:
    from sightline.tools.drawing.canvas import draw
    from sightline.tools.drawing.shapes import Box as BoxShape

    boxes = [BoxShape(e.detection.box, label=label) for e, label in zip(entered, numbered(entered), strict=True)]
    return Draft(
        draw(image.pixels, boxes[:MOST_LISTED]),
        f"{image.handle} with what was detected",
        [(image.handle, PictureTransform.identity(image.size), None)],
        data=provenance(context.back_ends, "detection", detector),
    )
