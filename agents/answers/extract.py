r"""An answer out of a model's free text: strict where it kept to the form, lenient where its words leave one reading.

Strict is the last of: a line `ANSWER: ...`, `<answer>...</answer>`, `\boxed{...}`,
read as the `answer` tool's value is.

Lenient, tried in this order, each giving nothing where two readings remain:

1. the strict form's content in other words (`ANSWER: I think it is B`); if there was one, nothing else is looked at;
2. the whole reply read as a value (`B.`, `3.5 m`);
3. by kind: `sightline.agents.answers.mentions` for choices and yes/no, here for numbers, places, programs and text.

Reasoning between `<think>` tags is no answer. Questions, bounds ("at least 3"), ranges ("between 3 and 4 m"), negated
and hypothetical mentions never count. Only where no value was found may the words say that it cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sightline.agents.answers.mentions import chosen_option, yes_or_no
from sightline.agents.answers.prose import CANNOT, UNABLE, plain_prose, sentences, without_clauses
from sightline.agents.answers.read import code_blocks, parse_value, says_cannot_tell
from sightline.agents.answers.spec import PLACE_KINDS, AnswerSpec, Value
from sightline.agents.answers.units import NUMBER_WORDS, Quantity, convert, normalise, quantities
from sightline.memory.errors import ModelMistake

if TYPE_CHECKING:
    from sightline.geometry.dialects import Size
    from sightline.tools.contract import Sees

LONGEST = 8_000
"""Characters read, from the end: an answer comes last, and a looping model must not cost seconds."""

_THINKING = re.compile(r"<(think|thinking|thought)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_LINE = re.compile(
    r"(?:^[ \t>*_#`~-]*(?i:(?:the )?(?:final )?answer)|(?<!\w)ANSWER)[ \t*_`]*[:：][ \t*_`]*(?P<line>[^\n]*)",
    re.MULTILINE,
)
_TAG = re.compile(r"<answer>(?P<tag>(?:(?!<answer>).)*?)</answer>", re.DOTALL | re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\s*\{")

_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)"
_PAIR = rf"[(\[]\s*{_NUMBER}\s*,\s*{_NUMBER}\s*[)\]]"
_FOUR = rf"[(\[]\s*{_NUMBER}(?:\s*,\s*{_NUMBER}){{3}}\s*[)\]]"
_PAIRS = rf"{_PAIR}(?:\s*(?:,|;|->|→|–|-|to|then|and)?\s*{_PAIR})*"

_ANSWER_CUE = re.compile(r"\banswer\b\W*(?:(?:is|would be|should be|must be|=|≈)\W*)?(?=\S)", re.IGNORECASE)
_TOTAL_CUE = re.compile(r"\b(?:total|altogether|result|count)\b(?:\s+(?:is|of|comes to|=|≈|:)|\s*[:=≈])", re.IGNORECASE)
_TOTAL_AFTER = re.compile(r"\s*(?:[a-z]+\s+){0,3}(?:in total|altogether|overall)\b", re.IGNORECASE)
_BOUND = re.compile(
    r"(?:\b(?:less|more|fewer|greater|larger|bigger|smaller|longer|shorter|taller|farther|further|closer|higher|lower)\s+than"
    r"|\bat\s+(?:least|most)|\bup\s+to|\b(?:over|under|above|below|within|beyond|minimum|maximum|exceeds?|not|never|no)"
    r"|n't|n’t|[<>≤≥])\s*(?:(?:a|of|about|around|exactly|be)\s+)*$",
    re.IGNORECASE,
)
_HYPOTHETICAL = re.compile(r"\b(?:if|unless|whether|suppose|assuming)\b[^,;]*$", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:\b(?:step|image|picture|photo|img|view|frame|figure|fig|option|question|object|point|region|line|row|column|camera)"
    r"|#)\s*\.?\s*$",
    re.IGNORECASE,
)
# "the red one" and "one of them" count nothing.
_ONE = re.compile(
    r"(?:^|[:=]|\b(?:there is|there's|exactly|only|just|answer is"
    r"|count is|total is|total of|counted|i see|i count))\W*$",
    re.IGNORECASE,
)

BOXES, LONGEST_BOX = 20, 2_000
"""How many `\\boxed{` are looked at, from the end, and how many characters of each."""

NEAR = 80
"""Characters on either side of a number that are looked at: they say whether it counts."""

SAME = 0.02
"""Relative difference up to which two numbers are one value said twice: "3.5 m (11.5 feet)"."""


@dataclass(frozen=True)
class Extraction:
    """What was read out of a text.

    Attributes:
        value: The typed value, or None.
        how: `strict` (the form asked for), `lenient` (one reading of other words), or empty (nothing was read).
        cannot_tell: There is no value because the model says that the question is not decided.
    """

    value: Value | None
    how: Literal["strict", "lenient", ""]
    cannot_tell: bool = False


# Said around "I cannot tell", these say nothing more.
_EMPTY_WORDS = re.compile(
    r"i|i'm|it|it's|is|this|that|the|a|an|answer|sorry|question|afraid|am|my|final|to|and|there|here|with|what|we|you|one|based"
    r"|on|from|image|picture|photo",
    re.IGNORECASE,
)

_NOTHING = Extraction(None, "")


def extract(spec: AnswerSpec, text: str, sees: Sees, picture_size: Size) -> Extraction:
    """Read an answer out of a model's words. Never raises; gives nothing where there is more than one reading.

    Args:
        spec: The form wanted.
        text: The model's whole reply.
        sees: Its dialect and picture limits.
        picture_size: Stored (width, height) of the spec's picture.
    """
    text = without_thinking(text[-LONGEST:] if len(text) > LONGEST else text)
    content = _strict_content(text, keep_lines=spec.kind == "program")
    if content is None:
        return _lenient(spec, text, sees, picture_size)
    if says_cannot_tell(content):
        return Extraction(None, "strict", cannot_tell=True)
    value = _parsed(spec, content, sees, picture_size)
    if value is not None:
        return Extraction(value, "strict")
    return _lenient(spec, content, sees, picture_size)


def without_thinking(text: str) -> str:
    """A reply without the reasoning that some servers leave in it between `<think>` tags."""
    return _THINKING.sub(" ", text).strip()


def _strict_content(text: str, *, keep_lines: bool, nesting: int = 2) -> str | None:
    """What stands in the last strict form; None where there is none."""
    found: list[tuple[int, str]] = []
    for match in _LINE.finditer(text):
        rest = text[match.start("line") :].strip()
        line = rest if keep_lines else match["line"].strip()
        if not line.strip("*_`# "):
            line = next((part.strip() for part in rest.splitlines() if part.strip("*_`# ")), "")
        found.append((match.start(), line))
    found += [(match.start(), match["tag"].strip()) for match in _TAG.finditer(text)]
    boxes = list(_BOXED.finditer(text))[-BOXES:]
    found += [(match.start(), _braced(text[match.end() : match.end() + LONGEST_BOX])) for match in boxes]
    found = [(start, content) for start, content in found if content.strip("*_` ")]
    if not found:
        return None
    content = max(found)[1]
    # The three forms nest: `ANSWER: \boxed{3}`, `<answer>ANSWER: 3</answer>`.
    inner = None
    if nesting and not keep_lines:
        inner = _strict_content(content, keep_lines=False, nesting=nesting - 1)
    return inner or (content if keep_lines else content.strip("*_` "))


def _braced(text: str) -> str:
    """What stands before the brace that closes the one already open; empty where none does."""
    depth = 1
    for at, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return text[:at].strip()
    return ""


def _parsed(spec: AnswerSpec, content: str, sees: Sees, size: Size) -> Value | None:
    try:
        return parse_value(spec, content, sees, size)
    except ModelMistake:
        return None


def _lenient(spec: AnswerSpec, text: str, sees: Sees, size: Size) -> Extraction:
    if not text.strip():
        return _NOTHING
    if spec.kind in ("text", "program"):
        if _only_doubt(text):
            return Extraction(None, "lenient", cannot_tell=True)
        if spec.kind == "program":
            blocks = code_blocks(text)
            return Extraction(blocks[0], "lenient") if len(blocks) == 1 else _NOTHING
        return Extraction(text.strip(), "lenient")
    value: Value | None = _parsed(spec, text, sees, size)
    if value is None:
        match spec.kind:
            case "choice":
                value = chosen_option(spec, text)
            case "yes_no":
                value = yes_or_no(text)
            case "number" | "integer":
                value = _number(spec, text)
            case kind if kind in PLACE_KINDS:
                value = _place(spec, text, sees, size)
            case _:
                value = _ordering(spec, text, sees, size)
    if value is not None:
        return Extraction(value, "lenient")
    return Extraction(None, "lenient", cannot_tell=True) if CANNOT.search(text.replace("’", "'")) else _NOTHING


def _only_doubt(text: str) -> bool:
    """Whether a reply says that it cannot tell, and nothing else of weight."""
    rest = without_clauses(text, CANNOT)
    if rest == text.replace("’", "'"):
        return says_cannot_tell(text)
    return all(_EMPTY_WORDS.fullmatch(word) for word in re.findall(r"[\w']+", rest))


# ------------------------------------------------------------------------------------------------- numbers
def _number(spec: AnswerSpec, text: str) -> float | int | None:
    """The one number that is left: after "the answer is", else after "in total", else in the whole text."""
    text = normalise(plain_prose(without_clauses(text, UNABLE)))
    parts = [part for part in sentences(text) if not part.endswith("?")]
    cued = [part[cue.end() :] for part in parts if (cue := _ANSWER_CUE.search(part))]
    if cued:
        return _agreed(spec, (_candidates(spec, part) for part in cued))
    totals = [_candidates(spec, part[cue.end() :])[:1] for part in parts if (cue := _TOTAL_CUE.search(part))]
    totals += [[q] for part in parts for q in _candidates(spec, part) if _TOTAL_AFTER.match(part[q.end :]) is not None]
    if any(totals):
        return _agreed(spec, totals)
    return _agreed(spec, (_candidates(spec, part) for part in parts))


def _agreed(spec: AnswerSpec, groups: Iterable[Sequence[Quantity]]) -> float | int | None:
    """The value that all quantities agree on; where some have the asked unit, the others must only fit them."""
    found = [q for group in groups for q in group]
    united = [q for q in found if q.unit is not None]
    found = united or found
    if not found:
        return None
    exact = [q for q in found if q.unit == spec.unit] or found
    values = [_in_unit(q, spec.unit) for q in exact]
    if any(value != values[0] for value in values):
        return None
    for q in found:
        if abs(_in_unit(q, spec.unit) - values[0]) > SAME * abs(values[0]):
            return None
    if spec.kind == "integer":
        return int(values[0]) if values[0].is_integer() else None
    return values[0]


def _in_unit(q: Quantity, unit: str | None) -> float:
    converted = q.value if q.unit is None or unit is None else convert(q.value, q.unit, unit)
    assert converted is not None
    return converted


def _candidates(spec: AnswerSpec, sentence: str) -> list[Quantity]:
    """The quantities of a sentence that could be the value, as they stand in it."""
    found = quantities(sentence, spec.unit)
    if spec.kind == "integer":
        for match in re.finditer(rf"(?<![\w-])(?:{'|'.join(NUMBER_WORDS)})(?![\w-])", sentence, re.IGNORECASE):
            one = match[0].lower() == "one"
            counts = _ONE.search(sentence[max(0, match.start() - NEAR) : match.start()]) and not re.match(
                r"\s+(?:of|that|who|which)\b", sentence[match.end() :]
            )
            if not one or counts:
                found.append(Quantity(float(NUMBER_WORDS[match[0].lower()]), None, match.start(), match.end()))
    out = []
    for q in found:
        before, after = sentence[max(0, q.start - NEAR) : q.start], sentence[q.end : q.end + NEAR]
        if (
            _BOUND.search(before)
            or _HYPOTHETICAL.search(before)
            or re.match(r"\s*(?:or (?:more|less|fewer|so)\b|\+)", after)
        ):
            continue
        if q.unit is None:
            listed = q.start == 0 and re.match(r"[.):]\s+\S", after)
            inches_or_not = spec.unit is not None and re.match(r"\s*in\s+[a-z]", after)
            if _NAMED.search(before) or listed or inches_or_not:
                continue
        elif spec.kind == "integer" or not _fits(q.unit, spec.unit):
            continue
        out.append(q)
    return out


def _fits(unit: str, asked: str | None) -> bool:
    """Whether a number in `unit` can be the value; a percentage only where one was asked for."""
    return unit != "%" if asked is None else convert(1.0, unit, asked) is not None


# -------------------------------------------------------------------------------------- places and orderings
def _place(spec: AnswerSpec, text: str, sees: Sees, size: Size) -> Value | None:
    """The one place written in brackets; for points and paths the one run of them."""
    text = normalise(plain_prose(text))
    pattern = {"point": _PAIR, "box": _FOUR}.get(spec.kind, _PAIRS)
    found = []
    for match in re.finditer(pattern, text):
        before = text[max(0, match.start() - NEAR) : match.start()]
        if re.search(r"(?:\bnot|n't|n’t)\s*(?:at\s+|be\s+)?$", before, re.IGNORECASE):
            continue
        pairs = re.findall(_FOUR if spec.kind == "box" else _PAIR, match[0])
        written = ", ".join(pairs).replace("(", "[").replace(")", "]")
        found.append(_parsed(spec, f"[{written}]", sees, size))
    if not found or any(value != found[0] for value in found):
        return None
    return found[0]


def _ordering(spec: AnswerSpec, text: str, sees: Sees, size: Size) -> Value | None:
    """The one run of all labels: `B, A, C`, `B > A > C`, `B then A then C`."""
    text = plain_prose(text)
    label = rf"\(?(?:{'|'.join(spec.labels)})\)?"
    join = r"\s*(?:,\s*(?:and\s+)?(?:then\s+)?|;|>|<|→|->|–|(?:and\s+)?then\s+|and\s+)\s*"
    runs = [
        _parsed(spec, ", ".join(re.findall(rf"(?:{'|'.join(spec.labels)})", match[0])), sees, size)
        for match in re.finditer(rf"(?<![\w]){label}(?:{join}{label})+(?!\w)", text)
    ]
    if not runs or any(run is None or run != runs[0] for run in runs):
        return None
    return runs[0]
