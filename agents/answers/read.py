"""Strict reading of an answer: what a model put into the `answer` tool, or after `ANSWER:`, as a typed value.

Repairs are made only where there is one reading: `B. the blue one` for B where that is B's text, `3.5 m` for 3.5,
`350 cm` for 3.5 m, `Yes.` for yes, `three` for 3, a list written as JSON text, a box with its corners swapped, an
overshoot of the picture's edge as tools allow it. Anything else goes back to the model with what would be valid.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.agents.answers.spec import CANNOT_TELL, AnswerSpec, Value
from sightline.agents.answers.units import NUMBER_WORDS, convert, parse_quantity
from sightline.memory.errors import ModelMistake

if TYPE_CHECKING:
    from sightline.geometry.dialects import Size
    from sightline.tools.contract import Sees

_ARGUMENTS = ("value", "cannot_tell", "details")
_DECORATION = "*_`$\"'“”‘’ \t\r\n"
_FENCE = re.compile(r"```[\w+.#-]*[ \t]*\r?\n(.*?)(?:\r?\n)?```", re.DOTALL)


@dataclass(frozen=True)
class Read:
    """What the `answer` tool was given.

    Attributes:
        value: The typed value; None where the model cannot tell.
        cannot_tell: The model says that the question is not decided.
        details: What the answer rests on, or why it cannot be told; may be empty.
    """

    value: Value | None
    cannot_tell: bool
    details: str


def read_value(spec: AnswerSpec, arguments: dict[str, Any], sees: Sees, picture_size: Size) -> Read:
    """Check the arguments of an `answer` call.

    Args:
        spec: The form wanted.
        arguments: As the model gave them.
        sees: The model's dialect and picture limits.
        picture_size: Stored (width, height) of the spec's picture.

    Raises:
        ModelMistake: Not exactly one of `value` and `cannot_tell`, or a value of another form; says what is valid.
    """
    unknown = [name for name in arguments if name not in _ARGUMENTS]
    if unknown:
        raise ModelMistake(f"answer has no argument {unknown[0]!r}.", f"Its arguments are: {', '.join(_ARGUMENTS)}.")
    details = arguments.get("details")
    if details is not None and not isinstance(details, str):
        raise ModelMistake(f"answer: details is a text, not {_shown(details)}.", "Leave it out or give a sentence.")
    details = (details or "").strip()
    cannot_tell = _flag(arguments.get("cannot_tell"))
    value = arguments.get("value")
    # Models that fill in every argument leave those they do not mean empty.
    absent = (
        value is None
        or (isinstance(value, str | list | dict) and not value)
        or (isinstance(value, str) and not value.strip())
    )
    if not absent and says_cannot_tell(value):
        cannot_tell, absent = True, True
    if cannot_tell and not absent:
        raise ModelMistake(
            f"answer: there is a value, {_shown(value)}, and cannot_tell is true.",
            "Give the value alone, or cannot_tell alone with the reason in details.",
        )
    if cannot_tell:
        return Read(None, True, details)
    if absent:
        raise ModelMistake(
            "answer needs a value.",
            f"The value is {spec.form(sees)}. If the question cannot be decided, set cannot_tell to true instead.",
        )
    return Read(parse_value(spec, value, sees, picture_size), False, details)


def says_cannot_tell(value: Any) -> bool:
    """Whether a value is the words `cannot tell`, with or without a reason after them."""
    if not isinstance(value, str):
        return False
    text = value.strip(_DECORATION).lower().replace("’", "'")
    return re.match(rf"(?:{CANNOT_TELL}|can ?not tell|can't tell)[\s*_`]*(?:$|[.:;,(–—-])", text) is not None


def parse_value(spec: AnswerSpec, value: Any, sees: Sees, picture_size: Size) -> Value:
    """A model's JSON value, or its text after `ANSWER:`, as a typed value.

    Raises:
        ModelMistake: It has another form; says what is valid.
    """
    parsed: Value | None
    match spec.kind:
        case "choice":
            parsed = label_of(spec, value)
        case "ordering":
            parsed = _ordering(spec, value)
        case "yes_no":
            parsed = _yes_no(value)
        case "integer":
            parsed = _integer(value)
        case "number":
            parsed = _number(value, spec.unit)
        case "point" | "points" | "box" | "path":
            parsed = _place(spec, value, sees, picture_size)
        case "program":
            parsed = _program(value)
        case _:
            parsed = value.strip() if isinstance(value, str) and value.strip() else None
    if parsed is None:
        raise ModelMistake(f"answer: {_shown(value)} cannot be read.", f"The value is {spec.form(sees)}.")
    return parsed


def label_of(spec: AnswerSpec, value: Any) -> str | None:
    """The option that a value is: its label, its label with its text, or its text; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    text = value.strip(_DECORATION)
    bare = re.fullmatch(r"(?:option\s+|\\text\{)?[(\[]?([A-Za-z]|\d{1,2})[)\]}]?[.):]?", text, re.IGNORECASE)
    if bare and bare[1].upper() in spec.choices:
        return bare[1].upper()
    plain = _folded(text)
    for label, words in spec.choices.items():
        if re.fullmatch(rf"[(\[]?{label}[)\]]?[.):,–—-]*\s+{re.escape(_folded(words))}", plain, re.IGNORECASE):
            return label
    same = [label for label, words in spec.choices.items() if _folded(words) == plain]
    return same[0] if len(same) == 1 else None


def code_blocks(text: str) -> list[str]:
    """The contents of the fenced code blocks in a text."""
    return [block for block in _FENCE.findall(text) if block.strip()]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).strip(_DECORATION).rstrip(".,;:!")


def _flag(value: Any) -> bool:
    if value is None or value == "":
        return False
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise ModelMistake(
            f"answer: cannot_tell is true or false, not {_shown(value)}.", "Leave it out to give a value."
        )
    return value


def _ordering(spec: AnswerSpec, value: Any) -> list[str] | None:
    if isinstance(value, str):
        text = value.strip(_DECORATION)
        as_json = _json(text)
        if isinstance(as_json, list):
            value = as_json
        else:
            value = [part for part in re.split(r"\s*(?:,|;|>|<|→|->|\n|\bthen\b)+\s*", text.strip("[]() ")) if part]
    if not isinstance(value, list):
        return None
    labels = [label_of(spec, item) for item in value]
    if any(label is None for label in labels):
        return None
    known = [label for label in labels if label is not None]
    if sorted(known) != sorted(spec.labels):
        raise ModelMistake(
            f"answer: {', '.join(known) or 'nothing'} is no complete order.",
            f"Name each label once: {', '.join(spec.labels)}.",
        )
    return known


def _yes_no(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return None
    word = value.strip(_DECORATION).rstrip(".!,").lower()
    return {"yes": "yes", "no": "no", "true": "yes", "false": "no"}.get(word)


def _integer(value: Any) -> int | None:
    number = _number(value, None)
    if number is None and isinstance(value, str):
        return NUMBER_WORDS.get(value.strip(_DECORATION).rstrip(".").lower())
    if (
        number is None
        or not number.is_integer()
        or (isinstance(value, str) and re.search(r"[a-z°']", value, re.IGNORECASE))
    ):
        return None
    return int(number)


def _number(value: Any, unit: str | None) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None
    if not isinstance(value, str):
        return None
    found = parse_quantity(value, unit)
    if found is None:
        return None
    if found.unit is None:
        return found.value
    if unit is None:
        # 50 % may be meant as 50 or as 0.5; with any other unit the number is what was said.
        return None if found.unit == "%" else found.value
    return convert(found.value, found.unit, unit)


def _program(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    blocks = code_blocks(value)
    if len(blocks) > 1:
        return None
    return blocks[0] if blocks else value.strip("\r\n")


def _place(spec: AnswerSpec, value: Any, sees: Sees, picture_size: Size) -> Value | None:
    """A point, box or list of points in the model's dialect, as stored pixels."""
    if isinstance(value, str):
        text = value.strip(_DECORATION)
        value = _json(text.replace("(", "[").replace(")", "]"))
        if value is None:
            value = _json(f"[{text.replace('(', '[').replace(')', ']')}]")
    if spec.kind in ("point", "box"):
        # One place in a list of its own is that place.
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
            value = value[0]
        numbers = _numbers(value)
        if numbers is None or len(numbers) != (2 if spec.kind == "point" else 4):
            return None
    else:
        if isinstance(value, list) and len(value) == 2 and _numbers(value) is not None:
            value = [value]
        if not isinstance(value, list) or len(value) < (2 if spec.kind == "path" else 1):
            return None
        numbers = []
        for item in value:
            pair = _numbers(item)
            if pair is None or len(pair) != 2:
                return None
            numbers += pair
    points = _inside(spec, numbers, sees, picture_size)
    if spec.kind == "point":
        return points[0]
    if spec.kind != "box":
        return points
    (xa, ya), (xb, yb) = points
    if xa == xb or ya == yb:
        raise ModelMistake(f"answer: the box {_shown(value)} has no area.", "Give two opposite corners.")
    return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)


def _inside(spec: AnswerSpec, numbers: list[float], sees: Sees, size: Size) -> list[tuple[float, float]]:
    """Numbers of the dialect as points in stored pixels."""
    # Not at import: the tools pull in all of memory, and a spec alone needs none of it.
    from sightline.tools.places import to_stored, valid_range

    points = to_stored(numbers, size, sees)
    if points is None:
        raise ModelMistake(
            f"answer: {_shown(numbers)} lies outside {spec.picture}.",
            f"There {valid_range(size, sees)}; the value is {spec.form(sees)}.",
        )
    return points


def _numbers(value: Any) -> list[float] | None:
    if not isinstance(value, list):
        return None
    out = []
    for item in value:
        number = _number(item, None)
        if number is None:
            return None
        out.append(number)
    return out


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
