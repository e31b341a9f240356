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
    """How the camera turned between two photos; with `degrees`, by how much; with `claimed`, whether to that side."""

    first: str
    second: str
    degrees: bool
    claimed: Literal["", "left", "right"] = ""


@dataclass(frozen=True)
class Apart:
    """How far two marked things are from each other in space."""

    a: str
    b: str


@dataclass(frozen=True)
class CloserTo:
    """Which of the candidates is closer to a camera (a handle) or to a marked thing; with `claimed`, whether it is."""

    anchor: str
    candidates: tuple[str, ...]
    order: Ordinal
    claimed: str = ""


@dataclass(frozen=True)
class SideOf:
    """On which side of somebody who stands at a thing, facing another, a third one is.

    `asked` is `side` for left or right, `left-right-back` for these three, `any` for where it is, or the side asked
    about in a yes/no question.
    """

    standing_at: str
    facing: str
    what: str
    asked: Literal["side", "left-right-back", "any", "left", "right", "in front", "behind"]


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
_DID = r"(?:did|has|was|is) the camera"
_TURN = r"(?:turn|turned|turning|rotate|rotated|rotating|pan|panned|panning|yaw)"
_SOMEBODY = r"(?:(?:if|when|suppose|imagine|say) )?(?:i|you|one|we|someone|somebody|a person)"
_STANDS = rf"(?:{_SOMEBODY} (?:stands?|stood|(?:am|are|is|was|were)(?: standing)?)|(?:(?:suppose|imagine) )?standing)"
_STANDING = (
    rf"(?:{_STANDS} (?:at|by|next to|beside)|(?:as )?(?:seen )?from) {_NP}(?: ,)?(?: and)? "
    rf"(?:facing|(?:looks?|looking) (?:at|towards?)|faces?) (?:towards? )?{_NP} ,?(?: then)? ?"
)
_MINE = r"(?:my|your|their|his|her|the)"
_OF_ME = r"(?: side)?(?: of (?:me|you|them))?"
_ORDERS: dict[str, Ordinal] = {
    "closer": "closer", "nearer": "closer", "closest": "closer", "nearest": "closer",
    "farther": "farther", "further": "farther", "farthest": "farther", "furthest": "farther",
}  # fmt: skip
_ORDER = f"(?:the )?(?P<order>{'|'.join(_ORDERS)})(?: away)? (?:to|from)"
_IN_SPACE = r"(?: in space| in metres| in meters| in 3d| in reality| in the room)?"
_WHICH = r"(?:which|what)(?: one| object| thing)?"

_TURNS = (
    (rf"(?:(?:(?:in|to) )?(?:which|what) (?:way|direction|side)|where|how) {_DID} {_TURN}{_BETWEEN}", False),
    (rf"{_DID} {_TURN}(?: to the)? (?:left or(?: to the)? right|right or(?: to the)? left){_BETWEEN}", False),
    (rf"{_DID} {_TURN}(?: to the)? (?P<claimed>left|right){_BETWEEN}", False),
    (
        rf"(?:(?:by|through) )?(?:how (?:many degrees|much|far)|(?:what|which) angle) {_DID} {_TURN}"
        rf"(?: by| through)?{_BETWEEN}",
        True,
    ),
)
_APART = (
    rf"how far apart (?:is|are) {_NP} and {_NP}{_IN_SPACE}",
    rf"how far(?: away)? (?:is|are) {_NP} (?:away )?from {_NP}{_IN_SPACE}",
    rf"how close (?:is|are) {_NP} to {_NP}{_IN_SPACE}",
    rf"(?:what is )?(?:the )?distance (?:between|from|of) {_NP} (?:and|to|from) {_NP}{_IN_SPACE}",
    rf"how (?:big|large|wide|long) is the (?:distance|gap|space) between {_NP} and {_NP}{_IN_SPACE}",
    rf"how (?:much space|many (?:metres|meters)) (?:is|are)(?: there)? between {_NP} and {_NP}",
    rf"how many (?:metres|meters) (?:is|are) {_NP} (?:from|and) {_NP}(?: apart)?",
    rf"how many (?:metres|meters) apart (?:is|are) {_NP} and {_NP}",
)
_CLOSER = (
    rf"{_WHICH} is {_ORDER} {_NP}{_IN_SPACE} , (?P<list>.+)",
    rf"{_WHICH} is {_ORDER} {_NP}{_IN_SPACE}",
    rf"which(?: one)? of (?P<list>.+) is {_ORDER} {_NP}{_IN_SPACE}",
    rf"(?:between|of) (?P<list>.+) , {_WHICH} is {_ORDER} {_NP}{_IN_SPACE}",
    rf"(?P<list>.+) , {_WHICH} is {_ORDER} {_NP}{_IN_SPACE}",
    rf"(?:is|are) (?P<list>.+ or .+) {_ORDER} {_NP}{_IN_SPACE}",
    rf"(?:is|are) (?P<claimed>.+?) {_ORDER} {_NP}{_IN_SPACE} than (?P<other>.+?)(?: is| are)?",
)
_CLOSER_TO_WHICH = (
    rf"(?:is|are) {_NP} {_ORDER} (?P<list>.+ or .+)",
    rf"{_WHICH} is {_NP} {_ORDER} , (?P<list>.+)",
)
"""The other way round: which of two places one thing is closer to."""
_CAMERA = re.compile(r"(?:camera|viewer)(?: (?:of|in|that took) (img\d+))?")
_SIDES: tuple[tuple[str, str], ...] = (
    (
        rf"(?:is|are|would) {_NP} (?:be )?(?:on|to) {_MINE} (?:left(?: side)? or(?: (?:on|to))?(?: {_MINE})? right"
        rf"|right(?: side)? or(?: (?:on|to))?(?: {_MINE})? left){_OF_ME}",
        "side",
    ),
    (
        rf"(?:is|are|would) {_NP} (?:be )?(?:on|to) {_MINE} (?:left ,(?: {_MINE})? right|right ,(?: {_MINE})? left)"
        rf" ,? ?or (?:behind(?: me| you| them)?|(?:to )?(?:{_MINE} )?back)",
        "left-right-back",
    ),
    (rf"(?:is|are|would) {_NP} (?:be )?(?:on|to) {_MINE} (left|right){_OF_ME}", "yes/no"),
    (rf"(?:is|are|would) {_NP} (?:be )?(in front of|behind) (?:me|you|them)", "yes/no"),
    (
        rf"(?:where (?:is|are|would)|(?:on )?which side(?: of (?:me|you|them))? is"
        rf"|(?:in )?(?:which|what) direction (?:is|are|would)) {_NP}(?: on| be)?",
        "any",
    ),
)
_REWORDED = (
    (re.compile(r"\b(what|where|which)'s\b"), r"\1 is"),
    (re.compile(r"\b(?:photo|picture|image) (\d+)\b"), r"img\1"),
    (re.compile(r"(?:when )?(?:going |moving )?(from|between) (img\d+) (to|and) (img\d+) ,? ?(.+)"), r"\5 \1 \2 \3 \4"),
    (re.compile(r"(?!if |when )(.+?) ,? ?((?:if|when) (?:i|you|one|we|someone|somebody|a person) .+)"), r"\2 , \1"),
)
"""Other words, or another order of them, for the same."""


_NO_THING = re.compile(
    r"\b(?:edges?|border|centre|center|middle|corner|cameras?|viewer|photos?|pictures?|images?|circle|square|rectangle"
    r"|triangle|region|object|thing|one|it|them|me|you|which|or|and|not|all)\b"
)
"""Words of which no name of a thing is made: places in a picture, shapes, and what stands for something else."""
_MOST_WORDS = 4


def parse_space(
    question: str, options: Sequence[str], marks: Sequence[str] | None, pictures: Sequence[str]
) -> SpaceForm | None:
    """What a question about space asks, or None where it is none of the forms.

    Args:
        question: In plain words.
        options: Texts of the options, without letters.
        marks: Names of what a person marked; None where whatever is named is looked for.
        pictures: Handles of the photos, in order.
    """
    text = _normalise(question)
    for pattern, instead in _REWORDED:
        whole = pattern.fullmatch(text)
        text = whole.expand(instead) if whole is not None else pattern.sub(instead, text)
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
            claimed = found.groupdict().get("claimed") or ""
            return CameraTurn(first, second, degrees, claimed)  # type: ignore[arg-type]  # the pattern allows only these
    return None


def _apart(text: str, marks: Sequence[str] | None) -> SpaceForm | None:
    for pattern in _APART:
        found = re.fullmatch(pattern, text)
        if found is not None:
            a, b = (_mark(found.group(i), marks) for i in (1, 2))
            return Apart(a, b) if a and b and a != b else None
    return None


def _closer(
    text: str, options: Sequence[str], marks: Sequence[str] | None, pictures: Sequence[str]
) -> SpaceForm | None:
    for pattern in (*_CLOSER, *_CLOSER_TO_WHICH):
        found = re.fullmatch(pattern, text)
        if found is None:
            continue
        groups = found.groupdict()
        named = set(found.re.groupindex.values())
        thing = next(found.group(i) for i in range(1, found.re.groups + 1) if i not in named)
        if groups.get("claimed"):
            given = [groups["claimed"], groups["other"]]
        else:
            given = _listed(groups["list"]) if groups.get("list") else list(options)
        candidates = [_mark(text, marks) for text in given]
        anchor = _anchor(thing, marks, pictures)
        if anchor and len(candidates) > 1 and all(candidates) and len({anchor, *candidates}) == len(candidates) + 1:
            claimed = candidates[0] if groups.get("claimed") else ""
            return CloserTo(anchor, tuple(c for c in candidates if c), _ORDERS[groups["order"]], claimed or "")
    return None


def _listed(text: str) -> list[str]:
    """The things of a list in words, as they stand there."""
    parts = re.split(r" , (?:or |and )?| or | and ", text)
    return [part.removeprefix("to ").strip(" ,") for part in parts]


def _anchor(text: str, marks: Sequence[str] | None, pictures: Sequence[str]) -> str | None:
    """A camera, by the handle of its picture, or a mark."""
    camera = _CAMERA.fullmatch(text)
    if camera is not None:
        return (camera.group(1) or pictures[0]) if pictures and camera.group(1) in (None, *pictures) else None
    return _mark(text, marks)


def _stand(text: str, marks: Sequence[str] | None) -> SpaceForm | None:
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
        return SideOf(at, facing, what, asked)  # type: ignore[arg-type]  # as the table has it
    return None


def _mark(text: str, marks: Sequence[str] | None) -> str | None:
    """The mark that a noun phrase names; with None for the marks the phrase itself, where it may name a thing."""
    words = bare(text)
    if marks is None:
        return words if 0 < len(words.split()) <= _MOST_WORDS and not _NO_THING.search(words) else None
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
