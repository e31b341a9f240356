"""Reading statements such as "the cup is to the upper left of the plate" or "A and B are parallel, and A is over B".

The names of the things are known beforehand; everything else is read by what the words mean in English. A sentence that
says nothing clear is refused with the reason: a guess would make every conclusion that rests on it worthless.

    read("D is at E's 9 o'clock.", ("D", "E"), 0)        # D is left of E
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sightline.tools.symbolic.relations import Relation, Sign


class Unread(Exception):
    """A statement that says nothing clear; `str()` is the reason."""


_X = {
    **dict.fromkeys(("left", "lefthand", "west", "western", "leftward"), -1),
    **dict.fromkeys(("right", "righthand", "east", "eastern", "rightward"), 1),
}
_Y = {
    **dict.fromkeys(
        ("above", "over", "top", "upper", "up", "higher", "north", "northern", "atop", "upward", "on-top"), 1
    ),
    **dict.fromkeys(
        ("below", "under", "underneath", "beneath", "bottom", "lower", "down", "south", "southern", "downward"), -1
    ),
}
_BOTH = {f"{ns}{ew}": (x, y) for ns, y in (("north", 1), ("south", -1)) for ew, x in (("east", 1), ("west", -1))}
_DEPTH = frozenset({"front", "behind", "back"})
"""Words of depth: in a plane they are above or below only from a viewpoint that nobody stated."""

_CLOCK: dict[int, tuple[int, int]] = {
    12: (0, 1), 1: (1, 1), 2: (1, 1), 3: (1, 0), 4: (1, -1), 5: (1, -1),
    6: (0, -1), 7: (-1, -1), 8: (-1, -1), 9: (-1, 0), 10: (-1, 1), 11: (-1, 1),
}  # fmt: skip
"""Hours of a clock face as directions: the whole quarters, and what lies between them."""

_HOUR = re.compile(
    r"\b(?:between (?P<from>\d{1,2}) and (?P<to>\d{1,2})|(?P<clock>\d{1,2}) o['’]?clock|(?P<time>\d{1,2}):00"
    r"|(?P<position>\d{1,2}) position)"
)
_LEVEL = {"x": re.compile(r"\bvertical(?:ly)?\b"), "y": re.compile(r"\bhorizontal(?:ly)?\b")}
_DIRECTLY = re.compile(
    r"\b(?:directly|straight|exactly|right) (?=above|below|over|under|north|south|left|right|east|west)"
)
_UNSURE = re.compile(
    r"(?:\b(?:not|no|never|neither|nor|cannot|or|may|might|could|maybe|perhaps|possibly|probably|opposite|less|except)\b"
    r"|n't\b)"
)
"""Words that turn a statement round, leave it open, or offer another: its directions alone are not what it says."""

_OWN = re.compile(
    r"\b(?:has|have|sees|facing|faces)\b|\bright (?:next|beside|by|near)\b"
    r"|\b(?:of|in) the (?:picture|image|photo|room)\b"
)
"""Words that give a direction to something other than how the first thing lies from the second."""

_THING = re.compile(r"⟦(\d+)⟧")
_N = r"⟦\d+⟧"


def read(statement: str, things: Sequence[str], source: int) -> list[Relation]:
    """What a statement says of its things.

    Args:
        statement: A sentence.
        things: Names of all things.
        source: Its number.

    Raises:
        Unread: It says nothing, or nothing clear.
    """
    text = _marked(statement, things)
    found = [relation for clause in _clauses(text) if (relation := _read(clause, things, source)) is not None]
    if not found:
        raise Unread("it says of no two of the things which way one lies from the other")
    return found


def _marked(statement: str, things: Sequence[str]) -> str:
    """The statement in lower case, with a mark for each thing in place of its name."""
    text = statement.replace("’", "'")
    for number, name in sorted(enumerate(things), key=lambda pair: -len(pair[1])):
        exact = re.IGNORECASE if len(name) > 1 else 0  # "A" is a thing, "a" an article
        article = r"(?:\b(?:[Tt]he|[Aa]n?)\s+)?(?:\b(?:[Oo]bjects?|[Aa]gents?)\s+)?(?:labell?ed\s+)?"
        text = re.sub(rf"{article}(?<!\w){re.escape(name)}(?!\w)", f"⟦{number}⟧", text, flags=exact)
    return re.sub(r"\s+", " ", text.lower()).strip(" .!")


def _clauses(text: str) -> list[str]:
    """Its sentences; one that only says that things are there has no direction, and falls away."""
    return [part for part in re.split(r"[.;!]\s+", text) if _THING.search(part)]


def _read(clause: str, things: Sequence[str], source: int) -> Relation | None:
    """One clause, or None where it names no direction."""
    if len(set(_THING.findall(clause))) >= 2 and (word := _UNSURE.search(clause) or _OWN.search(clause)):
        raise Unread(f'with "{word[0]}" in it, its direction is not plain')
    for pattern, order in _FRAMES:
        match = pattern.fullmatch(clause)
        if match is None:
            continue
        signs = _signs(match["way"])
        if signs is None:
            continue
        a, b = order(match)
        opposite = match.groupdict().get("opposite")
        if opposite is not None and (other := _signs(opposite)) is not None and other != _reversed(signs):
            raise Unread("it gives the two things directions that do not fit each other")
        if a == b:
            raise Unread(f"it places {things[int(a)]} by itself")
        x, y = _levelled(clause, *signs)
        return Relation(things[int(a)], things[int(b)], x, y, source)
    if len(set(_THING.findall(clause))) >= 2 and _signs(clause) is not None:
        raise Unread("it is not clear which of the things lies which way from which")
    return None


def _signs(words: str) -> tuple[Sign, Sign] | None:
    """The signs that direction words give; None where there are none.

    Raises:
        Unread: They contradict each other, or name a depth.
    """
    x: set[int] = set()
    y: set[int] = set()
    for hour in _HOUR.finditer(words):
        for dx, dy in _of_clock(hour):
            x |= {dx} if dx else set()
            y |= {dy} if dy else set()
    plain = re.sub(r"\bright (?=above|below|over\b|under\b)", "", _HOUR.sub(" ", words))
    # "over there" and "over here" point, and place nothing.
    for word in re.findall(r"[a-z]+", re.sub(r"\bover (?:there|here)\b", " ", plain)):
        if word in _DEPTH:
            raise Unread(f'"{word}" is above or below only from a viewpoint, and none is stated')
        if word in _BOTH:
            x.add(_BOTH[word][0])
            y.add(_BOTH[word][1])
        x |= {_X[word]} if word in _X else set()
        y |= {_Y[word]} if word in _Y else set()
    if re.search(r"\b(?:overlap\w*|coincid\w*|same (?:place|position|spot))\b", words) and not x and not y:
        return 0, 0
    if len(x) > 1 or len(y) > 1:
        raise Unread("its directions contradict each other")
    if not x and not y:
        return None
    return (x.pop() if x else None), (y.pop() if y else None)


def _of_clock(hour: re.Match[str]) -> list[tuple[int, int]]:
    given = [int(value) for value in hour.groups() if value is not None]
    if any(value not in _CLOCK for value in given):
        raise Unread("a clock face has the hours 1 to 12")
    ways = [_CLOCK[value] for value in given]
    # Between 2 and 4 lies 3; between 10 and 11 all is upper left.
    return ways if len(set(ways)) == 1 else [_CLOCK[sum(given) // 2]] if abs(given[0] - given[-1]) == 2 else ways


def _reversed(signs: tuple[Sign, Sign]) -> tuple[Sign, Sign]:
    x, y = signs
    return (None if x is None else -x), (None if y is None else -y)


def _levelled(clause: str, x: Sign, y: Sign) -> tuple[Sign, Sign]:
    """Signs with what "directly", "on the same horizontal plane" and a clock's quarters say of the other axis."""
    direct = _DIRECTLY.search(clause) is not None or (_HOUR.search(clause) is not None)
    if x is None and (direct or _LEVEL["x"].search(clause)):
        x = 0
    if y is None and (direct or _LEVEL["y"].search(clause)):
        y = 0
    return x, y


def _first_to_second(match: re.Match[str]) -> tuple[str, str]:
    return match["a"], match["b"]


def _second_to_first(match: re.Match[str]) -> tuple[str, str]:
    return match["b"], match["a"]


def _the_other(match: re.Match[str]) -> tuple[str, str]:
    """The one of two that is placed, and the other."""
    return match["p"], match["b"] if match["p"] == match["a"] else match["a"]


def _pair(match: re.Match[str]) -> tuple[str, str]:
    """Two that are placed by each other; they must be the two that were named before."""
    if {match["p"], match["q"]} != {match["a"], match["b"]}:
        raise Unread("it begins with two things and then places others")
    return match["p"], match["q"]


def _named(group: str) -> str:
    return rf"⟦(?P<{group}>\d+)⟧"


_BE = r"(?:is|are|lies?|sits?|stands?|presents?)"
_AND = r",? (?:and |with |where |while )+"
_FRAMES = tuple(
    (re.compile(pattern), order)
    for pattern, order in (
        # If B is the center of a clock face, A is located between 10 and 11.
        (rf"if {_named('b')} {_BE} the cent(?:er|re) of a clock face, {_named('a')} (?P<way>[^⟦]*)", _first_to_second),
        # A is there and B is at the 10 position of a clock face. A is over there with B below it.
        (
            rf"{_named('a')} {_BE} (?:over |right )?(?:there|here){_AND}{_named('b')} (?:{_BE} )?(?P<way>[^⟦]*)",
            _second_to_first,
        ),
        # A and B are parallel, and A is to the left of B.
        (
            rf"{_named('a')} and {_named('b')} {_BE} [^⟦]*?{_AND}(?:the )?{_named('p')} (?P<way>[^⟦]*?) ?{_named('q')}"
            r"[^⟦]*",
            _pair,
        ),
        # A and B are side by side with A on the top and B at the bottom.
        (
            rf"{_named('a')} and {_named('b')} {_BE} [^⟦]*?{_AND}{_named('p')} (?P<way>[^⟦]*?) ?(?:and )?{_named('q')} "
            r"(?P<opposite>[^⟦]*)",
            _pair,
        ),
        # A and B are in a horizontal line with B on the right.
        (rf"{_named('a')} and {_named('b')} {_BE} [^⟦]*?{_AND}{_named('p')} (?P<way>[^⟦]*)", _the_other),
        # A and B overlap.
        (rf"{_named('a')} and {_named('b')} (?P<way>[^⟦]*)", _first_to_second),
        # A is on the left and B is on the right.
        (
            rf"{_named('a')} {_BE} (?P<way>[^⟦]*?){_AND}{_named('b')} {_BE} (?P<opposite>[^⟦]*)",
            _first_to_second,
        ),
        # A is below B and to the right of it. A is at B's 9 o'clock. A is to the left of B and below B.
        (
            rf"{_named('a')} (?:{_BE} )?(?P<way>[^⟦]*{_N}[^⟦]*(?:{_N}[^⟦]*)?)",
            lambda match: (match["a"], _placed_by(match)),
        ),
    )
)


def _placed_by(match: re.Match[str]) -> str:
    """The one thing that another is placed by, however often it is named."""
    others: set[str] = set(_THING.findall(match["way"]))
    if len(others) != 1:
        raise Unread("it places one thing by two others at once")
    return others.pop()
