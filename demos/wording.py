"""How parts of a run are said to people, the same on the terminal, in the text trace and on the page.

Everything a run holds may come from a model or a file, so what goes to a terminal passes through `printable`.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.memory import Answered, Event, Outcome, Usage

OUTCOMES: Mapping[Outcome, str] = {
    "ok": "ok",
    "mistake": "the model's mistake",
    "limit": "the instrument's limit",
    "infrastructure": "not available",
}
"""What a call's outcome is called."""

# C0 and C1 controls except tab and newline would let a text move the cursor, clear the screen or set the title of a
# terminal; the bidirectional controls would let it show other words than it holds.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""A text without what a terminal would obey: control characters become U+FFFD, line ends `\\n`."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def one_line(text: str, most: int) -> str:
    """A text on one line of at most `most` characters; what was cut shows as `...`."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: max(0, most - 3)].rstrip() + "..."


def argument(value: Any) -> str:
    """One argument of a call, readable: `(100, 80, 300, 240)`, `img1, img2`, `yes`."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case str():
            return value
        case None:
            return "none"
        case dict():
            return ", ".join(f"{name} {argument(inner)}" for name, inner in value.items()) or "nothing"
        case list() | tuple():
            if not value:
                return "none"
            parts = [argument(item) for item in value]
            if all(isinstance(item, int | float) and not isinstance(item, bool) for item in value):
                return f"({', '.join(parts)})"
            nested = any(isinstance(item, list | tuple | dict) for item in value)
            return ("; " if nested else ", ").join(parts)
        case _:
            return str(value)


def arguments(given: Mapping[str, Any]) -> str:
    """All arguments of a call on one line: `image img1, box (100, 80, 300, 240)`."""
    return ", ".join(f"{name} {argument(value)}" for name, value in given.items())


def duration(seconds: float) -> str:
    """A length of time: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def dollars(amount: float | None) -> str:
    """A cost: `$0.0021`; `price unknown` for None."""
    if amount is None:
        return "price unknown"
    return f"${amount:.2f}" if amount == 0 or amount >= 1 else f"${amount:.4f}"


def count(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: `1 step`, `1,204 tokens`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def tokens(usage: Usage) -> str:
    """Tokens in and out: `1,812 tokens in (1,024 cached), 96 out (64 of them reasoning)`."""
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    reasoning = f" ({usage.reasoning_tokens:,} of them reasoning)" if usage.reasoning_tokens else ""
    return f"{usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out{reasoning}"


def spent(usage: Usage) -> list[str]:
    """What model calls used, in the order it is shown; without tokens (the embedded rules) nothing was paid for."""
    if not usage.tokens:
        return []
    return [tokens(usage), dollars(usage.dollars)]


def moment(seconds: float) -> str:
    """A time since the epoch as UTC: `2026-03-01 14:05:09 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def active_seconds(events: list[Event]) -> float:
    """How long a run took, the time it lay stopped before it was resumed left out."""
    total = 0.0
    for before, after in itertools.pairwise(events):
        if after.type not in ("run_resumed", "person_said"):
            total += max(0.0, after.time - before.time)
    return total


@dataclass(frozen=True)
class Flag:
    """A word of warning about an answer: a short label, and what it means."""

    label: str
    meaning: str


def flags(answer: Answered) -> Iterator[Flag]:
    """What a reader of this answer must know about how it came about."""
    if answer.forced:
        yield Flag("forced", "the budget had ended and the model was made to answer")
    if answer.fallback:
        yield Flag("fallback", "taken from an earlier turn, because the last one held no answer")
    if answer.extraction == "lenient":
        yield Flag("lenient", "read leniently from the model's words")
