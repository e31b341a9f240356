"""What kind of answer a question wants, how a model is told so, and how a value is written for people.

An `AnswerSpec` is fixed when the question is asked and lies in the journal with it. Values by kind:

    text, program       str
    choice              the option's label, `"B"`
    yes_no              `"yes"` or `"no"`
    integer             int
    number              float, in the spec's unit
    point               (x, y)                  in stored pixels of the spec's picture
    box                 (x0, y0, x1, y1)        in stored pixels, x0 < x1 and y0 < y1
    points, path        list of (x, y); a path has at least two
    ordering            list of all labels, in order
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, model_validator

from sightline.agents.answers.units import canonical_unit
from sightline.memory.errors import InputError

if TYPE_CHECKING:
    from sightline.tools.contract import Sees

Kind = Literal["text", "choice", "yes_no", "integer", "number", "point", "points", "box", "path", "ordering", "program"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PLACE_KINDS = frozenset({"point", "points", "box", "path"})
"""Kinds whose values are places in a picture."""

Value = str | int | float | tuple[float, ...] | list[tuple[float, float]] | list[str]
"""An answer's value; see the module's table. Read back from a journal, tuples are lists."""

CANNOT_TELL = "cannot tell"
"""What a model writes in place of a value where the pictures do not decide the question."""

_LABEL = re.compile(
    r"\s*(?:\(([A-Za-z]|\d{1,2})\)|\[([A-Za-z]|\d{1,2})\]|([A-Za-z]|\d{1,2})[.):](?=\s|$))\s*(.*)", re.DOTALL
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_HOW_MANY_UNITS = re.compile(
    r"\bhow many (?:(square (?:met(?:er|re)s|feet))|((?:centi|milli|kilo)?met(?:er|re)s|feet|inches|yards|miles|degrees"
    r"|radians|seconds|minutes|hours|pixels|percent|cm|mm|km|m|ft|px))\b",
    re.IGNORECASE,
)
_HOW_MANY_TIMES = re.compile(r"\bhow many times (?:as\b|more\b|less\b|\w+er\b)", re.IGNORECASE)
_COUNT = re.compile(r"\b(?:how many|count|number of)\b", re.IGNORECASE)


class AnswerSpec(BaseModel):
    """The form an answer must have.

    Attributes:
        kind: What it is.
        options: What can be chosen or ordered, as the person gave them: `A. the red one`, `(A) the red one`,
            `1. red`, or plain `red` (then lettered A, B, C, ...).
        unit: Unit of a `number`; None for a bare one.
        picture: Handle of the picture whose pixels a place is in.

    Raises:
        InputError: The parts do not fit together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    options: tuple[str, ...] = ()
    unit: str | None = None
    picture: str = "img1"

    @model_validator(mode="before")
    @classmethod
    def _known_kind(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if data.get("kind") not in KINDS:
            raise InputError(f"There is no answer kind {data.get('kind')!r}.", f"Kinds: {', '.join(KINDS)}.")
        if isinstance(data.get("options"), str):
            raise InputError("Options are a list, not one text.", "Give each option as an item of its own.")
        unit = data.get("unit")
        if isinstance(unit, str):
            data = {**data, "unit": canonical_unit(unit) or None}
        return data

    @model_validator(mode="after")
    def _fits_together(self) -> AnswerSpec:
        if self.kind in ("choice", "ordering"):
            if len(self.options) < 2:
                raise InputError(
                    f"A {self.kind} answer needs at least two options, not {len(self.options)}.",
                    'Give them all, e.g. --option "A. the red one" --option "B. the blue one".',
                )
            _labelled(self.options)
        elif self.options:
            raise InputError(f"An answer of kind {self.kind} has no options.", "Leave them out, or expect a choice.")
        if self.unit is not None and self.kind != "number":
            raise InputError(f"An answer of kind {self.kind} has no unit.", "Leave it out, or expect a number.")
        if not self.picture.strip():
            raise InputError("The picture of an answer needs a handle.", "Name it, e.g. img1.")
        return self

    @classmethod
    def infer(
        cls,
        question: str,
        options: Sequence[str] = (),
        expect: str | None = None,
        unit: str | None = None,
        picture: str = "img1",
    ) -> AnswerSpec:
        """The form that a question asks for.

        In this order: what the caller expects; a choice where there are options; a number where a unit is given;
        `how many metres`: a number in that unit; `how many times larger`: a number; `how many`, `count`,
        `number of`: an integer; else text. Yes/no is never guessed: "Is the red or the blue mug closer?" begins
        like a question for yes or no.

        Args:
            question: The person's words.
            options: What can be chosen.
            expect: A kind, if the caller knows it (`yes/no` is taken for `yes_no`).
            unit: Unit wanted for a number.
            picture: Handle of the picture that places are in.

        Raises:
            InputError: The parts do not fit together.
        """
        kind: str
        if expect is not None:
            kind = re.sub(r"[\s/-]+", "_", expect.strip().lower())
        elif options:
            kind = "choice"
        elif unit is not None and unit.strip():
            kind = "number"
        elif match := _HOW_MANY_UNITS.search(question):
            kind, unit = "number", match[1] or match[2]
        elif _HOW_MANY_TIMES.search(question):
            kind = "number"
        else:
            kind = "integer" if _COUNT.search(question) else "text"
        return cls.model_validate({"kind": kind, "options": tuple(options), "unit": unit, "picture": picture})

    @cached_property
    def choices(self) -> dict[str, str]:
        """Label -> text of each option, in the given order."""
        return _labelled(self.options) if self.options else {}

    @property
    def labels(self) -> tuple[str, ...]:
        """The options' labels, in the given order."""
        return tuple(self.choices)

    @property
    def option_lines(self) -> list[str]:
        """Each option with its label, `B. the blue one`; one whose text is its label, only once."""
        return [label if text == label else f"{label}. {text}" for label, text in self.choices.items()]

    def form(self, sees: Sees) -> str:
        """In words, what a value looks like in this model's dialect; completes "the value is ..."."""
        xy = sees.dialect.order == "xy"
        pair, corners = ("[x, y]", "[x0, y0, x1, y1]") if xy else ("[y, x]", "[y0, x0, y1, x1]")
        places = f"in `{self.picture}`; coordinates are {sees.dialect.describe()}"
        match self.kind:
            case "choice":
                return f"the label of one option: {', '.join(self.labels)}"
            case "ordering":
                return f"all the labels ({', '.join(self.labels)}), each once, in order"
            case "yes_no":
                return "yes or no"
            case "integer":
                return "a whole number, in digits"
            case "number":
                return f"a number in {self.unit}" if self.unit else "a number"
            case "point":
                return f"one point {pair} {places}"
            case "points":
                return f"a list of points [{pair}, ...] {places}"
            case "path":
                return f"a list of two or more points [{pair}, ...], in order along the path, {places}"
            case "box":
                return f"one box {corners} {places}"
            case "program":
                return "the complete program"
            case _:
                return "the answer in as few words as it takes"

    def instruction(self, sees: Sees, native_tools: bool) -> str:
        """Tell a model in which form to answer; names the options where there are some.

        Args:
            sees: Its dialect.
            native_tools: Whether it answers with the `answer` tool; else it ends its text with an `ANSWER:` line.
        """
        lines = ["Options:", *self.option_lines] if self.options else []
        form = self.form(sees)
        if native_tools:
            lines.append(
                f"Give the answer with the `answer` tool: `value` is {form}. Where what you see and measured "
                "does not decide the question, leave `value` out, set `cannot_tell` to true and name the reason "
                "in `details`."
            )
        elif self.kind == "program":
            lines.append(
                "End with a line `ANSWER:` and after it the complete program in one fenced code block (```), and "
                f"nothing more. Where what you see does not decide it, end with the line `ANSWER: {CANNOT_TELL}`."
            )
        else:
            lines.append(
                f"End with one line `ANSWER: {self._placeholder(sees)}`, where the answer is {form}. Where what you "
                f"see does not decide the question, end with the line `ANSWER: {CANNOT_TELL}`."
            )
        return "\n".join(lines)

    def _placeholder(self, sees: Sees) -> str:
        xy = sees.dialect.order == "xy"
        match self.kind:
            case "choice":
                return "<label>"
            case "ordering":
                return "<label>, <label>, ..."
            case "yes_no":
                return "<yes or no>"
            case "integer":
                return "<whole number>"
            case "number":
                return f"<number> {self.unit}" if self.unit else "<number>"
            case "point":
                return "[x, y]" if xy else "[y, x]"
            case "points" | "path":
                return "[[x, y], [x, y], ...]" if xy else "[[y, x], [y, x], ...]"
            case "box":
                return "[x0, y0, x1, y1]" if xy else "[y0, x0, y1, x1]"
            case _:
                return "<answer>"

    def official_text(self, value: Any) -> str:
        """A value in canonical form, exact: `B`, `yes`, `3.5`, `(412.5, 96)`, `[(1, 2), (3, 4)]`, `B, A, C`.

        Args:
            value: Of this kind; tuples may have become lists in a journal.
        """
        match self.kind:
            case "number" | "integer":
                return _exact(value)
            case "point" | "box":
                return _tuple(value, exact=True)
            case "points" | "path":
                return "[" + ", ".join(_tuple(point, exact=True) for point in value) + "]"
            case "ordering":
                return ", ".join(value)
            case _:
                return str(value)

    def words(self, value: Any) -> str:
        """A value for people, rounded to what can be read: `B. the blue one`, `3.5 m`, `(412.5, 96) in img1`."""
        match self.kind:
            case "choice":
                return self._option(value)
            case "ordering":
                return ", then ".join(self._option(label) for label in value)
            case "number":
                number = _rounded(value, 4)
                if self.unit is None:
                    return number
                return f"{number}{'' if self.unit == '%' else ' '}{self.unit}"
            case "point" | "box":
                return f"{_tuple(value, exact=False)} in {self.picture}"
            case "points" | "path":
                return f"{', '.join(_tuple(point, exact=False) for point in value)} in {self.picture}"
            case _:
                return self.official_text(value)

    def _option(self, label: str) -> str:
        text = self.choices[label]
        return label if text == label else f"{label}. {text}"


def answer_schema(spec: AnswerSpec, sees: Sees) -> dict[str, Any]:
    """JSON schema of the `answer` tool's arguments, in this model's dialect; only keywords every provider takes.

    Either `value` or `cannot_tell` must be given. No keyword all providers take can say that, so neither is
    required here, the descriptions say it, and `read_value` holds it.
    """
    point = {"type": "array", "items": {"type": "number"}}
    value: dict[str, Any]
    match spec.kind:
        case "choice":
            value = {"type": "string", "enum": list(spec.labels)}
        case "ordering":
            value = {"type": "array", "items": {"type": "string", "enum": list(spec.labels)}}
        case "yes_no":
            value = {"type": "string", "enum": ["yes", "no"]}
        case "integer":
            value = {"type": "integer"}
        case "number":
            value = {"type": "number"}
        case "point" | "box":
            value = dict(point)
        case "points" | "path":
            value = {"type": "array", "items": point}
        case _:
            value = {"type": "string"}
    form = spec.form(sees)
    if spec.kind == "choice":
        form = f"the label of one option: {'; '.join(spec.option_lines)}"
    elif spec.kind == "program":
        form = "the complete program, or the handle of one that you wrote with a tool, e.g. prog1"
    value["description"] = f"The answer: {form}. Leave it out only with cannot_tell."
    return {
        "type": "object",
        "properties": {
            "value": value,
            "cannot_tell": {
                "type": "boolean",
                "description": "True, in place of a value, where what you see and measured does not decide it.",
            },
            "details": {
                "type": "string",
                "description": "What the answer rests on, in a sentence; with cannot_tell, the reason.",
            },
        },
        "required": [],
    }


def _labelled(options: tuple[str, ...]) -> dict[str, str]:
    """Label -> text.

    Raises:
        InputError: An option is empty, some have labels and others not, or two have the same.
    """
    if any(not option.strip() for option in options):
        raise InputError("An option is empty.", "Give each option a text.")
    if all(re.fullmatch(r"\s*[A-Za-z]\s*", option) for option in options):
        pairs = [(option.strip().upper(), option.strip().upper()) for option in options]
    else:
        matches = [_LABEL.fullmatch(option) for option in options]
        labelled = [m for m in matches if m is not None]
        if labelled and len(labelled) < len(options):
            bare = next(option for option, m in zip(options, matches, strict=True) if m is None)
            raise InputError(
                f"Some options have a letter, but {bare.strip()!r} has none.", "Letter all of them, or none."
            )
        if len(labelled) == len(options):
            pairs = []
            for m in labelled:
                label = (m[1] or m[2] or m[3]).upper()
                pairs.append((label, m[4].strip() or label))
        elif len(options) > len(_LETTERS):
            raise InputError(f"{len(options)} options are more than there are letters.", "Number them: 1. ..., 2. ...")
        else:
            pairs = [(letter, option.strip()) for letter, option in zip(_LETTERS, options, strict=False)]
    labels = [label for label, _ in pairs]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise InputError(f"Two options are called {twice}.", "Give each a letter of its own, or none to any.")
    return dict(pairs)


def _exact(value: float) -> str:
    """A number as digits, without an exponent or trailing zeros, that reads back as the same."""
    text = format(Decimal(repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _rounded(value: float, digits: int) -> str:
    """A number rounded to this many significant digits, never to less than a whole one."""
    if value == 0 or not math.isfinite(value):
        return _exact(0.0) if value == 0 else str(value)
    return _exact(round(float(value), max(0, digits - 1 - math.floor(math.log10(abs(value))))))


def _tuple(values: Sequence[float], *, exact: bool) -> str:
    return "(" + ", ".join(_exact(v) if exact else _exact(round(float(v), 1)) for v in values) + ")"
