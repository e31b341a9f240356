"""A question about space with what was done for it so far, and what can come next: calls, or an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sightline.agents.models.rules_prompt import Done
from sightline.agents.models.rules_solver import UnclearError

Calls: TypeAlias = list[tuple[str, dict[str, Any]]]

NO_METRES = (
    "photos alone give no metres. State a size that is known, such as the height of something marked (known: "
    '"door height": "2.03 m").'
)
METRES: dict[str, float] = {
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), 1.0),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeter", "centimeters"), 0.01),
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), 0.001),
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
    **dict.fromkeys(("in", "inch", "inches"), 0.0254),
}


@dataclass(frozen=True)
class Case:
    """What a question is about, and what was done so far.

    Attributes:
        question: In the person's words.
        options: Texts by letter.
        pictures: Handles of the photos, in order.
        objects: Handles by name of what is marked.
        seen_in: Pictures in which each object (by handle) is known to be marked.
        known: What the person states.
        done: Calls with their results.
        tools: Names of the tools there are.
        unit: Unit asked for, where the answer is a number.
    """

    question: str
    options: Mapping[str, str]
    pictures: Sequence[str]
    objects: Mapping[str, Sequence[str]]
    seen_in: Mapping[str, Sequence[str]]
    known: Sequence[str]
    done: Sequence[Done]
    tools: frozenset[str]
    unit: str | None = None


@dataclass(frozen=True)
class Next:
    """Calls to make before anything can be said."""

    words: str
    calls: Calls


@dataclass(frozen=True)
class Told:
    """An answer.

    Attributes:
        value: A number, a word, the name of a mark, or True or False.
        text: The value where the answer is a text.
        words: The reason, in a sentence.
        interval: Ends of the number's interval.
        unit: What the number counts: `degrees`, `m` or `scene units of cloud1`.
        directed: Whether the value is a direction in words.
    """

    value: float | str | bool
    text: str
    words: str
    interval: tuple[float, float] | None = None
    unit: str = ""
    directed: bool = False


def find_call(case: Case, tool: str, arguments: Mapping[str, Any]) -> Done | None:
    """What came of a call, the latest time it was made."""
    return next((d for d in reversed(case.done) if d.tool == tool and d.arguments == arguments), None)


def result_of(case: Case, tool: str, arguments: Mapping[str, Any]) -> str | None:
    """What a call said; None where it was not made.

    Raises:
        UnclearError: It failed; says how.
    """
    found = find_call(case, tool, arguments)
    if found is not None and found.failed:
        raise UnclearError(found.text.removeprefix("Cannot tell: "))
    return None if found is None else found.text


def next_calls(case: Case, words: str, calls: Calls) -> Next:
    """The calls to make next.

    Raises:
        UnclearError: A tool that they need is not there.
    """
    missing = sorted({tool for tool, _ in calls} - case.tools)
    if missing:
        raise UnclearError(f"I need the tool {missing[0]} for that, and was not given it.")
    return Next(words, calls)


def metres_in(unit: str | None) -> float | None:
    """How many metres a unit of length has; None where it is none."""
    return None if unit is None else METRES.get(unit.strip().lower())
