"""Stories for `rules`: statements about where things lie, and a question which way one of them lies from another.

    C is above H.
    Z is to the right of C.
    What is the relation of the agent Z to the agent H?

Things are single capital letters. What the statements mean is read, and composed, by the tool `relation_solve`; each
statement is taken for one step of eight directions, as such stories mean it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUESTION = re.compile(
    r"(?:What is the relation of (?:the (?:agent|object) )?([A-Z]) to (?:the (?:agent|object) )?([A-Z])"
    r"|(?:Where|Which way) (?:is|lies) ([A-Z]) (?:relative to|from|seen from) ([A-Z]))\s*\?"
)
_SYMBOL = re.compile(r"(?<![A-Za-z'’])[A-Z](?=['’]s\b|(?![A-Za-z'’]))")
_RESULT = re.compile(r"^(?P<a>.+?) relative to (?P<b>.+?): (?P<relation>[a-z -]+?)(?:,|;|\.)")

FORM = (
    "in a story, which way one thing lies from another",
    "C is above H. Z is to the right of C. What is the relation of the agent Z to the agent H?",
)


@dataclass(frozen=True)
class Story:
    """What a story says and asks.

    Attributes:
        statements: Its sentences, in order.
        things: Names of all things.
        a: What is asked about.
        b: What it is placed by.
    """

    statements: tuple[str, ...]
    things: tuple[str, ...]
    a: str
    b: str

    @property
    def arguments(self) -> dict[str, object]:
        """For the call of `relation_solve`."""
        return {
            "statements": list(self.statements),
            "things": list(self.things),
            "a": self.a,
            "b": self.b,
            "steps": "unit",
        }


def parse_story(question: str) -> Story | None:
    """The story of a question; None where it is none.

    A statement is a line; in a text of one line, a sentence.
    """
    lines = [line.strip() for line in question.strip().splitlines() if line.strip()]
    if len(lines) == 1:
        lines = [part.strip() for part in re.split(r"(?<=[.!?])\s+", lines[0])]
    asked = _QUESTION.fullmatch(lines[-1]) if len(lines) > 1 else None
    if asked is None:
        return None
    a, b = (name for name in asked.groups() if name is not None)
    things = dict.fromkeys([*(symbol for line in lines[:-1] for symbol in _SYMBOL.findall(line)), a, b])
    return None if a == b else Story(tuple(lines[:-1]), tuple(things), a, b)


def relation_in(text: str) -> str | None:
    """The relation that a result of `relation_solve` tells; None where none follows, or only half of one."""
    found = _RESULT.match(text)
    if found is None or found["relation"] == "does not follow" or "does not follow" in text.partition(". ")[0]:
        return None
    return found["relation"]
