"""From a form and what is in the picture to an answer, by plain arithmetic on boxes and centres.

Everything is in stored pixels of one picture. What cannot be decided is said with its reason: nothing fits, more than
one fits, or the difference is too small to call.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sightline.agents.models.forms import (
    Angle,
    ColorOf,
    Count,
    Direction,
    Distance,
    Extent,
    Extreme,
    Form,
    Nearest,
    Referent,
    Relation,
    Side,
    SizeComparison,
    Which,
)
from sightline.tools.drawing.ruler import angle_at, measure_segment

TOO_CLOSE = 0.01
"""Share of the picture's diagonal below which two places are not told apart."""
TOO_ALIKE = 0.05
"""Share by which two sizes must differ to be told apart."""


@dataclass(frozen=True)
class Thing:
    """A region, or what a person marked.

    Attributes:
        name: What it is called in an answer.
        box: (x0, y0, x1, y1).
        centre: (x, y).
        area: Pixels; None for a marked point.
        color: Colour name; None where it is not known.
        shape: Shape name; None where it is not known.
        mark: Name of the mark, if it is one.
    """

    name: str
    box: tuple[float, float, float, float]
    centre: tuple[float, float]
    area: float | None
    color: str | None = None
    shape: str | None = None
    mark: str | None = None


@dataclass(frozen=True)
class View:
    """One picture, as far as the rules know it."""

    size: tuple[int, int]
    regions: tuple[Thing, ...] = ()
    marks: tuple[Thing, ...] = ()

    @property
    def diagonal(self) -> float:
        """In pixels."""
        return math.hypot(*self.size)


@dataclass(frozen=True)
class Verdict:
    """What was found.

    Attributes:
        value: A number, a word, True or False, or a `Thing`.
        words: The reason, in a sentence.
        things: What it is about, to be drawn.
    """

    value: float | str | bool | Thing
    words: str
    things: tuple[Thing, ...]


class UnclearError(Exception):
    """The form was understood, and cannot be answered from what is there; `str()` says why."""


def needs_regions(form: Form) -> bool:
    """Whether the picture must be looked at, or marks are enough."""
    if isinstance(form, Count | Which):
        return True
    if isinstance(form, Nearest) and not form.candidates:
        return True
    return any(referent.mark is None for referent in referents(form))


def referents(form: Form) -> list[Referent]:
    """What a form talks about."""
    match form:
        case Count(what, _, anchor):
            return [what, anchor] if anchor else [what]
        case Which(_, among):
            return [among]
        case Nearest(anchor, candidates, _):
            return [*([anchor] if isinstance(anchor, Referent) else []), *candidates]
        case Angle(a, b, c):
            return [a, b, c] if c else [a, b]
        case Extent(what, _) | ColorOf(what):
            return [what]
        case Relation(a, _, b) | Side(a, b, _) | Distance(a, b) | SizeComparison(a, b, _, _):
            return [a, b]


def solve(form: Form, view: View) -> Verdict:
    """Answer a form.

    Raises:
        UnclearError: It cannot be told; says why.
    """
    match form:
        case Count():
            return _count(form, view)
        case Which(extreme, among):
            thing = _extreme(extreme, _fitting(among, view), view)
            return Verdict(thing, f"{thing.name} is the {extreme} of what stands out.", (thing,))
        case Relation(a, direction, b):
            first, second = find(a, view), find(b, view)
            holds = _is_on(first, direction, second, view)
            place = "" if holds else "not "
            return Verdict(
                holds, f"{first.name} is {place}{_words(direction)} {second.name} in the picture.", (first, second)
            )
        case Side():
            return _side(form, view)
        case Distance(a, b):
            first, second = find(a, view), find(b, view)
            pixels = math.dist(first.centre, second.centre)
            words = f"{pixels:.1f} px between the centres of {first.name} and {second.name}, in stored pixels."
            return Verdict(pixels, words, (first, second))
        case Angle():
            return _angle(form, view)
        case SizeComparison():
            return _compare(form, view)
        case Nearest():
            return _nearest(form, view)
        case Extent(what, dimension):
            thing = find(what, view)
            sizes = {"width": thing.box[2] - thing.box[0], "height": thing.box[3] - thing.box[1], "area": thing.area}
            value = sizes[dimension]
            if value is None or thing.area is None:
                raise UnclearError(f"{thing.name} is a marked point, which has no {dimension}.")
            unit = "square px" if dimension == "area" else "px"
            return Verdict(value, f"the {dimension} of {thing.name} is {value:.0f} {unit}, in stored pixels.", (thing,))
        case ColorOf(what):
            thing = find(what, view)
            if thing.color is None:
                raise UnclearError(f"the colour of {thing.name} is not known: it is marked, not segmented.")
            return Verdict(thing.color, f"{thing.name} is {thing.color}.", (thing,))


def find(referent: Referent, view: View) -> Thing:
    """The one thing a referent names.

    Raises:
        UnclearError: None fits, or more than one does.
    """
    if referent.mark is not None:
        return next(thing for thing in view.marks if thing.mark == referent.mark)
    if referent.noun and not (referent.color or referent.shape or referent.extreme):
        raise UnclearError(
            f"I see colour, shape and place, not what things are, so I do not know which is the {referent.text}. "
            f'Mark it (--mark "{referent.noun}=x0,y0,x1,y1"), or name it by its colour.'
        )
    fitting = _fitting(referent, view)
    if referent.extreme is not None:
        return _extreme(referent.extreme, fitting, view)
    if len(fitting) > 1:
        raise UnclearError(
            f"{len(fitting)} regions fit {referent.text!r}; say which, e.g. the largest {referent.text}."
        )
    return fitting[0]


def _fitting(referent: Referent, view: View) -> list[Thing]:
    if referent.mark is not None:
        return [find(referent, view)]
    fitting = [
        thing
        for thing in view.regions
        if referent.color in (None, thing.color) and referent.shape in (None, thing.shape)
    ]
    if fitting and referent.noun and not _alike_things(fitting):
        raise UnclearError(
            f"what stands out is not alike, and I do not recognise {referent.noun}: I see colour, shape and place, not "
            "what things are. Mark what you mean, or ask about objects."
        )
    if not fitting:
        seen = ", ".join(sorted({f"{t.color} {t.shape}" for t in view.regions})) or "nothing"
        raise UnclearError(f"no region fits {referent.text!r}; what stands out: {seen}.")
    return fitting


def _alike_things(things: Sequence[Thing]) -> bool:
    """Whether things could all be of one kind, as far as size tells: none more than six times as large as another."""
    areas = [thing.area for thing in things if thing.area]
    return len(areas) < 2 or max(areas) <= 6.0 * min(areas)


def _count(form: Count, view: View) -> Verdict:
    if not view.regions:
        raise UnclearError("nothing stands out from the background, which does not show that nothing is there.")
    known = (form.what.color, form.what.shape)
    fits = any(known[0] in (None, t.color) and known[1] in (None, t.shape) for t in view.regions)
    things = _fitting(form.what, view) if fits else []
    where = ""
    if form.relation is not None and form.anchor is not None:
        anchor = find(form.anchor, view)
        things = [t for t in things if not _same(t, anchor) and _is_on(t, form.relation, anchor, view)]
        where = f" {_words(form.relation)} {anchor.name}"
    taken = f", each taken for one of the {form.what.text}: what things are is not recognised" if form.what.noun else ""
    number = len(things)
    return Verdict(
        number,
        f"{number} fitting {'region stands' if number == 1 else 'regions stand'} out{where}{taken}.",
        tuple(things),
    )


def _same(thing: Thing, anchor: Thing) -> bool:
    """Whether a region is what a mark marks: its centre lies in the mark's box, or the mark's in its own."""
    return thing == anchor or _holds(anchor.box, thing.centre) or _holds(thing.box, anchor.centre)


def _holds(box: tuple[float, float, float, float], point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _extreme(extreme: Extreme, things: Sequence[Thing], view: View) -> Thing:
    by_place = {
        "leftmost": lambda t: t.centre[0],
        "rightmost": lambda t: -t.centre[0],
        "topmost": lambda t: t.centre[1],
        "lowest": lambda t: -t.centre[1],
    }
    if extreme in by_place:
        ranked = sorted(things, key=by_place[extreme])
        gap = by_place[extreme](ranked[1]) - by_place[extreme](ranked[0]) if len(ranked) > 1 else math.inf
        unclear = gap < TOO_CLOSE * view.diagonal / 4
    else:
        ranked = sorted(things, key=lambda t: t.area or 0.0, reverse=extreme == "largest")
        unclear = len(ranked) > 1 and _alike(ranked[0].area or 0.0, ranked[1].area or 0.0)
    if unclear:
        raise UnclearError(f"{ranked[0].name} and {ranked[1].name} are too close to say which is the {extreme}.")
    return ranked[0]


def _is_on(a: Thing, direction: Direction, b: Thing, view: View) -> bool:
    axis = 0 if direction in ("left", "right") else 1
    difference = a.centre[axis] - b.centre[axis]
    if abs(difference) < TOO_CLOSE * view.diagonal:
        raise UnclearError(f"the centres of {a.name} and {b.name} are level: too close to call.")
    return (difference < 0) == (direction in ("left", "above"))


def _side(form: Side, view: View) -> Verdict:
    a, b = find(form.a, view), find(form.b, view)
    across, down = a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]
    if form.axis is None and math.hypot(across, down) < TOO_CLOSE * view.diagonal:
        raise UnclearError(f"the centres of {a.name} and {b.name} are in one place: too close to call.")
    if form.axis is None:
        # Near the diagonals neither word alone is right.
        angle = math.degrees(math.atan2(min(abs(across), abs(down)), max(abs(across), abs(down))))
        if angle > 22.5:  # eight directions, as on a compass
            corner = f"{'above' if down < 0 else 'below'} and {'left' if across < 0 else 'right'}"
            return Verdict(corner, f"{a.name} is {corner} of {b.name} in the picture.", (a, b))
        horizontal = abs(across) >= abs(down)
    else:
        horizontal = form.axis == "horizontal"
    word: Direction = "left" if _is_on(a, "left" if horizontal else "above", b, view) else "right"
    if not horizontal:
        word = "above" if word == "left" else "below"
    return Verdict(word, f"{a.name} is {_words(word)} {b.name} in the picture.", (a, b))


def _angle(form: Angle, view: View) -> Verdict:
    a, b = find(form.a, view), find(form.b, view)
    c = find(form.c, view) if form.c else None
    for start, end in [(b, a), (b, c)] if c else [(a, b)]:
        if math.dist(start.centre, end.centre) < TOO_CLOSE * view.diagonal:
            raise UnclearError(f"{start.name} and {end.name} are too close for an angle.")
    if c:
        corner = angle_at(b.centre, a.centre, c.centre)
        return Verdict(corner, f"{corner:.1f} degrees at {b.name}, between {a.name} and {c.name}.", (a, b, c))
    direction = measure_segment(a.centre, b.centre).angle
    words = f"{direction:.1f} degrees from {a.name} to {b.name}; 0 is right, counter-clockwise as seen."
    return Verdict(direction, words, (a, b))


def _compare(form: SizeComparison, view: View) -> Verdict:
    a, b = find(form.a, view), find(form.b, view)
    if a.area is None or b.area is None:
        raise UnclearError("a marked point has no size; mark boxes.")
    if _alike(a.area, b.area):
        raise UnclearError(f"{a.name} ({a.area:.0f} px) and {b.name} ({b.area:.0f} px) are too alike to call.")
    larger = a.area > b.area
    words = f"{a.name} covers {a.area:.0f} px and {b.name} {b.area:.0f} px of the picture (not their sizes in space)."
    if form.yes_no:
        return Verdict(larger == (form.more == "larger"), words, (a, b))
    return Verdict(a if larger == (form.more == "larger") else b, words, (a, b))


def _nearest(form: Nearest, view: View) -> Verdict:
    anchor = find(form.anchor, view) if isinstance(form.anchor, Referent) else None
    if form.candidates:
        candidates = [find(candidate, view) for candidate in form.candidates]
    else:
        candidates = [thing for thing in view.regions if anchor is None or not _same(thing, anchor)]
    if len(candidates) < 2:
        raise UnclearError("there are fewer than two things to compare.")

    def distance(thing: Thing) -> float:
        if anchor is not None:
            return math.dist(thing.centre, anchor.centre)
        if form.anchor == "centre":
            return math.dist(thing.centre, (view.size[0] / 2, view.size[1] / 2))
        x0, y0, x1, y1 = thing.box
        gaps = {"left edge": x0, "right edge": view.size[0] - x1, "top edge": y0, "bottom edge": view.size[1] - y1}
        return min(gaps.values()) if form.anchor == "any edge" else gaps[str(form.anchor)]

    ranked = sorted(candidates, key=distance, reverse=form.farthest)
    first, second = ranked[0], ranked[1]
    to = anchor.name if anchor else f"the {'edge' if form.anchor == 'any edge' else form.anchor} of the picture"
    if abs(distance(first) - distance(second)) < TOO_CLOSE * view.diagonal:
        raise UnclearError(f"{first.name} and {second.name} are about as far from {to}: too close to call.")
    words = f"{first.name} is {distance(first):.0f} px from {to}, {second.name} {distance(second):.0f} px."
    return Verdict(first, words, (first, second, *([anchor] if anchor else [])))


def _alike(a: float, b: float) -> bool:
    return abs(a - b) < TOO_ALIKE * max(a, b)


def _words(direction: Direction) -> str:
    return {"left": "left of", "right": "right of", "above": "above", "below": "below"}[direction]
