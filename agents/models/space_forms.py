"""The questions about space that `rules` understands, and how their words become a form.

They are about what a person marked, in two or more photos of one place: `rules` does not recognise things, and one
photo holds no distances. As in the picture, a question fits a pattern as a whole or is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Ordinal: TypeAlias = Literal["closer", "farther"]


@dataclass(frozen=True)
class CameraTurn:
    """How the camera turned between two photos; with `degrees`, by how much."""

    first: str
    second: str
    degrees: bool


@dataclass(frozen=True)
class Apart:
    """How far two marked things are from each other in space."""

    a: str
    b: str


@dataclass(frozen=True)
class CloserTo:
    """Which of the candidates is closer to a camera (a handle) or to a marked thing."""

    anchor: str
    candidates: tuple[str, ...]
    order: Ordinal


@dataclass(frozen=True)
class SideOf:
    """On which side of somebody who stands at a thing, facing another, a third one is.

    `asked` is `side` for left or right, `any` for where it is, or the side asked about in a yes/no question.
    """

    standing_at: str
    facing: str
    what: str
    asked: Literal["side", "any", "left", "right", "in front", "behind"]


SpaceForm: TypeAlias = CameraTurn | Apart | CloserTo | SideOf

SPACE_FORMS: tuple[tuple[str, str], ...] = (
    ("which way the camera turned between two photos", "Which way did the camera turn from img1 to img2?"),
    ("by how many degrees it turned", "By how many degrees did the camera turn from img1 to img2?"),
    ("how far apart two marked things are", "How far apart are the mug and the lamp?"),
    (
        "which of two is closer to a camera, or to a third",
        "Which is closer to the camera of img1, the mug or the lamp?",
    ),
    (
        "on which side something is for somebody who stands somewhere",
        "If I stand at the chair facing the door, is the lamp on my left or on my right?",
    ),
)
"""What is understood with several photos, with an example each; things are named by their marks."""

_NP = r"(?:the |a |an |my )?(.+?)"
_BETWEEN = (
    r"(?: (?:from|between) (?P<first>img\d+) (?:to|and) (?P<second>img\d+)"
    r"| (?:from the first|between the first) (?:(?:photo|picture|image) )?(?:to|and) the second"
    r"(?: (?:photo|picture|image|one))?| between (?:the|these)(?: two)? (?:photos|pictures|images))?"
)
_TURN = r"(?:turn|turned|rotate|rotated|pan|panned|yaw)"
_SOMEBODY = r"(?:(?:if|when|suppose|imagine|say) )?(?:i|you|one|we|someone|somebody|a person)"
_STANDING = (
    rf"(?:{_SOMEBODY} (?:stands?|(?:am|are|is) standing)|standing) (?:at|by|next to|beside) {_NP}"
    rf"(?: ,)?(?: and)? (?:facing|(?:looks?|looking) (?:at|towards?)|faces?) (?:towards? )?{_NP} ,?(?: then)? ?"
)
_MINE = r"(?:my|your|their|his|her|the)"
_ORDERS: dict[str, Ordinal] = {
    "closer": "closer", "nearer": "closer", "closest": "closer", "nearest": "closer",
    "farther": "farther", "further": "farther", "farthest": "farther", "furthest": "farther",
}  # fmt: skip
_ORDER = f"(?P<order>{'|'.join(_ORDERS)})"
_IN_SPACE = r"(?: in space| in metres| in meters| in 3d| in reality)?"

_TURNS = (
    (rf"(?:which way|what way|in which direction|in what direction|where) did the camera {_TURN}{_BETWEEN}", False),
    (rf"did the camera {_TURN}(?: to the)? (?:left or(?: to the)? right|right or(?: to the)? left){_BETWEEN}", False),
    (rf"(?:by )?how (?:many degrees|much) did the camera {_TURN}{_BETWEEN}", True),
)
_APART = (
    rf"how far apart (?:is|are) {_NP} and {_NP}{_IN_SPACE}",
    rf"how far (?:is|are) {_NP} from {_NP}{_IN_SPACE}",
    rf"what is the distance (?:between|from) {_NP} (?:and|to) {_NP}{_IN_SPACE}",
    rf"how many (?:metres|meters) (?:is|are) {_NP} (?:from|and) {_NP}(?: apart)?",
)
_CLOSER = (
    rf"(?:which|what)(?: one| object| thing)? is (?:the )?{_ORDER} (?:to|from) {_NP}{_IN_SPACE}"
    r" , (?:the |a |an )?(?P<a>.+?) or (?:the |a |an )?(?P<b>.+?)",
    rf"(?:which|what)(?: one| object| thing)? is (?:the )?{_ORDER} (?:to|from) {_NP}{_IN_SPACE}",
)
_CAMERA = re.compile(r"(?:camera|viewer)(?: (?:of|in|that took) (img\d+))?")
_SIDES: tuple[tuple[str, str], ...] = (
    (
        rf"(?:is|are|would) {_NP} (?:be )?(?:on|to) {_MINE} (?:left or(?: (?:on|to))?(?: {_MINE})? right"
        rf"|right or(?: (?:on|to))?(?: {_MINE})? left)(?: side)?",
        "side",
    ),
    (rf"(?:is|are|would) {_NP} (?:be )?(?:on|to) {_MINE} (left|right)(?: side)?", "yes/no"),
    (rf"(?:is|are|would) {_NP} (?:be )?(in front of|behind) (?:me|you|them)", "yes/no"),
    (rf"(?:where is|where are|on which side is|which side is) {_NP}(?: on)?", "any"),
)


def parse_space(
    question: str, options: Sequence[str], marks: Sequence[str], pictures: Sequence[str]
) -> SpaceForm | None:
    """What a question about space asks, or None where it is none of the forms.

    Args:
        question: In plain words.
        options: Texts of the options, without letters.
        marks: Names of what a person marked.
        pictures: Handles of the photos, in order.
    """
    text = _normalise(question)
    return (
        _turn(text, pictures) or _stand(text, marks) or _closer(text, options, marks, pictures) or _apart(text, marks)
    )


def _turn(text: str, pictures: Sequence[str]) -> SpaceForm | None:
    for pattern, degrees in _TURNS:
        found = re.fullmatch(pattern, text)
        if found is None:
            continue
        first, second = found.group("first"), found.group("second")
        if first is None and len(pictures) == 2:
            first, second = pictures
        if first in pictures and second in pictures and first != second:
            return CameraTurn(first, second, degrees)
    return None


def _apart(text: str, marks: Sequence[str]) -> SpaceForm | None:
    for pattern in _APART:
        found = re.fullmatch(pattern, text)
        if found is not None:
            a, b = (_mark(found.group(i), marks) for i in (1, 2))
            return Apart(a, b) if a and b and a != b else None
    return None


def _closer(text: str, options: Sequence[str], marks: Sequence[str], pictures: Sequence[str]) -> SpaceForm | None:
    for pattern in _CLOSER:
        found = re.fullmatch(pattern, text)
        if found is None:
            continue
        groups = found.groupdict()
        given = [groups["a"], groups["b"]] if groups.get("a") else list(options)
        candidates = [_mark(text, marks) for text in given]
        anchor = _anchor(found.group(2), marks, pictures)
        if anchor and len(candidates) > 1 and all(candidates):
            return CloserTo(anchor, tuple(c for c in candidates if c), _ORDERS[groups["order"]])
    return None


def _anchor(text: str, marks: Sequence[str], pictures: Sequence[str]) -> str | None:
    """A camera, by the handle of its picture, or a mark."""
    camera = _CAMERA.fullmatch(text)
    if camera is not None:
        return (camera.group(1) or pictures[0]) if pictures and camera.group(1) in (None, *pictures) else None
    return _mark(text, marks)


def _stand(text: str, marks: Sequence[str]) -> SpaceForm | None:
    for pattern, asked in _SIDES:
        found = re.fullmatch(_STANDING + pattern, text)
        if found is None:
            continue
        at, facing, what = (_mark(found.group(i), marks) for i in (1, 2, 3))
        if not (at and facing and what) or len({at, facing, what}) < 3:
            return None
        if asked == "yes/no":
            side = found.group(4).removesuffix(" of")
            return SideOf(at, facing, what, side)  # type: ignore[arg-type]  # the pattern allows only these words
        return SideOf(at, facing, what, "side" if asked == "side" else "any")
    return None


def _mark(text: str, marks: Sequence[str]) -> str | None:
    """The mark that a noun phrase names."""
    words = bare(text)
    return next((mark for mark in marks if bare(mark) == words), None)


def bare(text: str) -> str:
    """A noun phrase without its article, its case and its punctuation."""
    words = _normalise(text)
    for article in ("the ", "a ", "an ", "my "):
        words = words.removeprefix(article)
    return words


def _normalise(text: str) -> str:
    lowered = re.sub(r"[,:;]\s", " , ", text.lower())
    return " ".join(re.sub(r"[^\w\s,'-]", " ", lowered).replace("-", " ").split())
