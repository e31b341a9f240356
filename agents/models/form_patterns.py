"""From a question's words to a form, or to None.

A question either fits one of the listed patterns as a whole, or it is not understood: nothing is guessed, and no word
is skipped that could change the meaning ("not", "behind", "closer to the camera").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from sightline.agents.models.forms import (
    Angle,
    Color,
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
    Shape,
    Side,
    SizeComparison,
    Which,
)

_COLORS: dict[str, Color] = {
    "black": "black", "white": "white", "grey": "grey", "gray": "grey", "red": "red", "orange": "orange",
    "yellow": "yellow", "green": "green", "blue": "blue", "purple": "purple", "violet": "purple", "pink": "pink",
    "brown": "brown",
}  # fmt: skip
_SHAPES: dict[str, Shape] = {
    "circle": "circle", "round": "circle", "disc": "circle", "disk": "circle", "dot": "circle", "ball": "circle",
    "square": "square", "rectangle": "rectangle", "rectangular": "rectangle", "triangle": "triangle",
    "triangular": "triangle", "circular": "circle",
}  # fmt: skip
_EXTREMES: dict[str, Extreme] = {
    "leftmost": "leftmost", "rightmost": "rightmost", "topmost": "topmost", "uppermost": "topmost",
    "highest": "topmost", "top": "topmost", "lowest": "lowest", "bottommost": "lowest", "bottom": "lowest",
    "lowermost": "lowest", "largest": "largest", "biggest": "largest", "smallest": "smallest", "tiniest": "smallest",
}  # fmt: skip
_PLAIN_NOUNS = frozenset({"object", "thing", "region", "shape", "item", "one", "blob"})
_EDGES = {"left": "left edge", "right": "right edge", "top": "top edge", "bottom": "bottom edge"}

_BEYOND_WORDS = """
above all also and another any are at away behind below beneath beside between both but by camera centimetres closer
cm deep depth different do does each every except facing far feet fewer from front half hidden holding how if in
inches inside is left less meter meters metre metres more most near nearer never next no not of on only or other
outside over person real right same second shorter taller than third to toward towards under underneath viewer
visible was were what when where which who why wider with without
"""
"""Words that change what a question means in ways these rules cannot follow."""

_UNKNOWN_LOOKS = """
turquoise cyan teal magenta beige gold golden silver navy maroon lime olive indigo tan cream khaki crimson dark
scarlet lavender colored coloured bright light small big large tiny little huge striped dotted tall short long thin
thick star stars hexagon hexagons pentagon pentagons oval ovals ellipse ellipses diamond diamonds cross crosses
heart hearts polygon polygons cube cubes sphere spheres cylinder cylinders pixel pixels color colors corner corners
edge edges side sides picture pictures image images photo photos
"""
"""Colours, sizes and shapes that are not told apart, and parts of the picture itself."""

_BEYOND = frozenset(_BEYOND_WORDS.split()) | frozenset(_UNKNOWN_LOOKS.split())


_NP = "(?:the |a |an )?(.+?)"
_IN_PICTURE = (
    r"(?: (?:there )?(?:in|on|within) (?:the|this) (?:picture|image|photo|photograph|img\d+)"
    r"| in img\d+| here| in total| altogether)?"
)
_SIDE = (
    r"(to the left of|on the left of|left of|to the right of|on the right of|right of"
    r"|above|higher than|below|lower than)"
)
_DIRECTIONS: dict[str, Direction] = {
    "to the left of": "left", "on the left of": "left", "left of": "left", "to the right of": "right",
    "on the right of": "right", "right of": "right", "above": "above", "higher than": "above", "below": "below",
    "lower than": "below",
}  # fmt: skip
_LARGER = r"(larger|bigger|smaller)"
_MORE: dict[str, Literal["larger", "smaller"]] = {"larger": "larger", "bigger": "larger", "smaller": "smaller"}
_CLOSE = r"(closest|nearest|closer|nearer|farthest|furthest|farther|further)"
_EDGE_PHRASE = r"(?:the )?(left|right|top|bottom) (?:edge|side|border)(?: of (?:the|this) (?:picture|image|photo))?"
_CENTRE_PHRASE = r"(?:the )?(?:centre|center|middle)(?: of (?:the|this) (?:picture|image|photo))?"
_ANY_EDGE = r"(?:the|an) (?:edge|border)(?: of (?:the|this) (?:picture|image|photo))?"
_PIXELS = r"(?: in pixels| measured in pixels)?"


def parse(question: str, options: Sequence[str] = (), marks: Sequence[str] = ()) -> Form | None:
    """What a question asks, or None where it is not one of the forms.

    Args:
        question: In plain words.
        options: Texts of the options, without letters.
        marks: Names of what a person marked.
    """
    with_commas = _normalise(question, commas=True)
    texts = dict.fromkeys((with_commas, with_commas.replace(" ,", "")))
    for pattern, build in _PATTERNS:
        for text in texts:
            found = pattern.fullmatch(text)
            form = build(found, tuple(options), tuple(marks)) if found else None
            if form is not None:
                return form
    return None


def parse_referent(text: str, marks: Sequence[str] = ()) -> Referent | None:
    """What a noun phrase names, or None where it holds a word that could change the meaning."""
    words = _normalise(text)
    for article in ("the ", "a ", "an "):
        words = words.removeprefix(article)
    for mark in marks:
        if words == _normalise(mark).removeprefix("the "):
            return Referent(text, mark=mark)
    color: Color | None = None
    shape: Shape | None = None
    extreme: Extreme | None = None
    rest: list[str] = []
    for word in words.split():
        singular = _singular(word)
        if word in _EXTREMES and extreme is None and not rest:
            extreme = _EXTREMES[word]
        elif word in _COLORS and color is None and not rest:
            color = _COLORS[word]
        elif singular in _SHAPES and shape is None:
            shape = _SHAPES[singular]
        elif singular in _PLAIN_NOUNS:
            continue
        else:
            rest.append(word)
    # One word may name the thing ("the red mug"); more, or one before a shape, would say something about it.
    if any(word in _BEYOND or word in _EXTREMES or word in _COLORS for word in rest) or len(rest) > (shape is None):
        return None
    return Referent(text, None, color, shape, extreme, " ".join(rest))


def _normalise(text: str, *, commas: bool = False) -> str:
    lowered = text.lower().replace("colour", "color").replace("center", "centre")
    if commas:
        lowered = re.sub(r"[,:;]\s", " , ", lowered)
    return " ".join(re.sub(r"[^\w\s,'-]", " ", lowered).replace("-", " ").split())


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


Options: TypeAlias = tuple[str, ...]
Marks: TypeAlias = tuple[str, ...]
_Build: TypeAlias = Callable[["re.Match[str]", Options, Marks], "Form | None"]


def _count(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    what = parse_referent(m.group(1), marks)
    return None if what is None or what.extreme else Count(what)


def _count_beside(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    what, anchor = parse_referent(m.group(1), marks), parse_referent(m.group(3), marks)
    if what is None or anchor is None or what.extreme:
        return None
    return Count(what, _DIRECTIONS[m.group(2)], anchor)


def _which_before(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    if m.group(2) not in _EXTREMES:
        return None
    among = parse_referent(m.group(1) or "object", marks)
    return None if among is None or among.extreme else Which(_EXTREMES[m.group(2)], among)


def _which_after(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    if m.group(1) not in _EXTREMES:
        return None
    among = parse_referent(m.group(2) or "object", marks)
    return None if among is None or among.extreme else Which(_EXTREMES[m.group(1)], among)


def _relation(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    a, b = parse_referent(m.group(1), marks), parse_referent(m.group(3), marks)
    return None if a is None or b is None else Relation(a, _DIRECTIONS[m.group(2)], b)


def _side(axis: Literal["horizontal", "vertical"] | None) -> _Build:
    def build(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
        a, b = parse_referent(m.group(1), marks), parse_referent(m.group(2), marks)
        return None if a is None or b is None else Side(a, b, axis)

    return build


def _swapped(form: Form | None) -> Form | None:
    return Side(form.b, form.a, form.axis) if isinstance(form, Side) else None


def _distance(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    a, b = parse_referent(m.group(1), marks), parse_referent(m.group(2), marks)
    return None if a is None or b is None else Distance(a, b)


def _angle(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    a, b = parse_referent(m.group(1), marks), parse_referent(m.group(2), marks)
    return None if a is None or b is None else Angle(a, b)


def _corner(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    vertex, a, c = (parse_referent(m.group(i), marks) for i in (1, 2, 3))
    return None if a is None or vertex is None or c is None else Angle(a, vertex, c)


def _larger_which(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    pair = (m.group(2), m.group(3)) if m.group(2) else options
    if len(pair) != 2:
        return None
    a, b = (parse_referent(p, marks) for p in pair)
    return None if a is None or b is None else SizeComparison(a, b, _MORE[m.group(1)], yes_no=False)


def _larger_than(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    a, b = parse_referent(m.group(1), marks), parse_referent(m.group(3), marks)
    return None if a is None or b is None else SizeComparison(a, b, _MORE[m.group(2)], yes_no=True)


def _nearest(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    among = parse_referent(m.group("among") or "object", marks)
    if among is None or among != Referent(among.text):
        return None  # "which red one is closest": more than these rules follow
    anchor = _anchor(m.group("anchor"), marks)
    given = [m.group("a"), m.group("b")] if m.group("a") else list(options)
    candidates = [parse_referent(text, marks) for text in given]
    if anchor is None or any(c is None for c in candidates):
        return None
    farthest = m.group("how").startswith(("far", "fur"))
    return Nearest(anchor, tuple(c for c in candidates if c is not None), farthest)


def _anchor(
    text: str, marks: Marks
) -> Referent | Literal["left edge", "right edge", "top edge", "bottom edge", "any edge", "centre"] | None:
    edge = re.fullmatch(_EDGE_PHRASE, text) or re.fullmatch(r"(?:the )?(left|right|top|bottom)", text)
    if edge is not None:
        return _EDGES[edge.group(1)]  # type: ignore[return-value]
    if re.fullmatch(_CENTRE_PHRASE, text):
        return "centre"
    if re.fullmatch(_ANY_EDGE, text):
        return "any edge"
    return parse_referent(text, marks)


def _extent(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    what = parse_referent(m.group(2), marks)
    dimensions: dict[str, Literal["width", "height", "area"]] = {
        "wide": "width", "width": "width", "tall": "height", "high": "height", "height": "height",
        "large": "area", "big": "area", "area": "area", "size": "area",
    }  # fmt: skip
    return None if what is None else Extent(what, dimensions[m.group(1)])


def _color(m: re.Match[str], options: Options, marks: Marks) -> Form | None:
    what = parse_referent(m.group(1), marks)
    return None if what is None or what.color else ColorOf(what)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.replace("NP", _NP))


_AFTER_COMMA = r" , (?:the |a |an )?(?P<a>.+?) or (?:the |a |an )?(?P<b>.+?)"
_WITH_ARTICLES = r" (?:the|an?) (?P<a>.+?) or (?:the|an?) (?P<b>.+?)"
_NO_LIST = r"(?P<a>(?!))?(?P<b>(?!))?"
"""How two candidates end a question: after a comma or a colon, with articles, or not at all."""

_NEAREST_TO = rf"(?:which|what)(?: (?P<among>.+?))? is (?:the )?(?P<how>{_CLOSE[1:-1]}) (?:to|from) (?P<anchor>.+?)"

_PATTERNS: tuple[tuple[re.Pattern[str], _Build], ...] = tuple(
    (_pattern(text), build)
    for text, build in (
        (rf"how many NP (?:is|are)(?: there)? {_SIDE} NP{_IN_PICTURE}", _count_beside),
        (rf"how many NP (?:is|are) (?:there|visible|shown|seen){_IN_PICTURE}", _count),
        (rf"how many NP (?:do you see|can you see|can be seen){_IN_PICTURE}", _count),
        (r"how many NP(?: are)? (?:in|on) (?:the|this) (?:picture|image|photo|photograph|img\d+)", _count),
        (rf"(?:count|what is the number of|number of) NP{_IN_PICTURE}", _count),
        (r"(?:which|what)(?: (.+?))? is (?:the |its )?(\w+)" + _IN_PICTURE, _which_before),
        (r"(?:which|what) is the (\w+)(?: (.+?))?" + _IN_PICTURE, _which_after),
        (
            rf"is NP (?:on the|to the) left or(?: on the| to the)? right (?:side )?of NP{_IN_PICTURE}",
            _side("horizontal"),
        ),
        (
            rf"is NP (?:on the|to the) right or(?: on the| to the)? left (?:side )?of NP{_IN_PICTURE}",
            _side("horizontal"),
        ),
        (rf"is NP (?:left or right|right or left) of NP{_IN_PICTURE}", _side("horizontal")),
        (
            rf"is NP (?:above or below|below or above|higher or lower than|lower or higher than) NP{_IN_PICTURE}",
            _side("vertical"),
        ),
        (rf"where is NP (?:relative to|with respect to|compared to|from|in relation to) NP{_IN_PICTURE}", _side(None)),
        (rf"on which side of NP is NP{_IN_PICTURE}", lambda m, o, k: _swapped(_side(None)(m, o, k))),
        (rf"(?:is|are) NP {_SIDE} NP{_IN_PICTURE}", _relation),
        (rf"how far apart (?:is|are) NP and NP{_IN_PICTURE}{_PIXELS}", _distance),
        (rf"how far (?:is|are) NP (?:from|to) NP{_IN_PICTURE}{_PIXELS}", _distance),
        (rf"what is the (?:pixel )?distance (?:between|from) NP (?:and|to) NP{_IN_PICTURE}{_PIXELS}", _distance),
        (rf"how many pixels (?:is|are|lie|separate) NP (?:and|from) NP(?: apart)?{_IN_PICTURE}", _distance),
        (rf"what is the angle at NP between NP and NP{_IN_PICTURE}", _corner),
        (rf"what is the angle (?:of the line )?from NP to NP{_IN_PICTURE}", _angle),
        (rf"(?:which|what)(?: object| one)? is {_LARGER} , (?:the |a |an )?(.+?) or NP{_IN_PICTURE}", _larger_which),
        (rf"(?:which|what)(?: object| one)? is {_LARGER}(?: the (.+?) or NP)?{_IN_PICTURE}", _larger_which),
        (rf"is NP {_LARGER} than NP{_IN_PICTURE}", _larger_than),
        (rf"{_NEAREST_TO}{_AFTER_COMMA}{_IN_PICTURE}", _nearest),
        (rf"{_NEAREST_TO}{_WITH_ARTICLES}{_IN_PICTURE}", _nearest),
        (rf"{_NEAREST_TO}{_NO_LIST}", _nearest),
        (rf"how (wide|tall|high|large|big) is NP{_IN_PICTURE}{_PIXELS}", _extent),
        (rf"what is the (width|height|area|size) of NP{_IN_PICTURE}{_PIXELS}", _extent),
        (rf"what color (?:is|has) NP{_IN_PICTURE}", _color),
        (rf"what is the color of NP{_IN_PICTURE}", _color),
    )
)
