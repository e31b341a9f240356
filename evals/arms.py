"""The arms of a comparison: the same questions, pictures and answers, worked on in different ways.

react, code      the agent with all its tools
image            the agent with tools that crop, draw and look, and nothing that measures
cot              one call that thinks first: the baseline that tools have to beat
direct           one call that answers at once
official         one call with the published prompt, and nothing of ours
blind            `cot` without the pictures
vote@K           the most frequent answer (of numbers, the median) of K tries of `cot`
prior            no model: the most frequent answer of each question type. It has seen the labels.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from sightline.memory import InputError

Kind = Literal["agent", "official", "prior"]


@dataclass(frozen=True)
class Arm:
    """A way to work on questions.

    Attributes:
        name: What the command line and the log call it.
        kind: `agent` (a strategy of `sightline.agents`), `official` (the published prompt), `prior` (no model).
        strategy: The agent's.
        tools: Families of tools; None for the strategy's own.
        sees: Whether it is shown the pictures.
        votes: How many times each question is asked, to take the most frequent answer.
    """

    name: str
    kind: Kind = "agent"
    strategy: str = ""
    tools: tuple[str, ...] | None = None
    sees: bool = True
    votes: int = 1


ARMS: dict[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm("react", strategy="react"),
        Arm("code", strategy="code"),
        Arm("image", strategy="react", tools=("image", "drawing")),
        Arm("cot", strategy="cot"),
        Arm("direct", strategy="direct"),
        Arm("official", "official"),
        Arm("blind", strategy="cot", sees=False),
        Arm("prior", "prior", sees=False),
    )
}

MOST_VOTES = 64


def arm_named(name: str) -> Arm:
    """The arm with this name, e.g. `react` or `vote@5`.

    Raises:
        InputError: There is none.
    """
    if name in ARMS:
        return ARMS[name]
    word, at, number = name.partition("@")
    if word == "vote" and at:
        if not number.isdecimal() or not 2 <= int(number) <= MOST_VOTES:
            raise InputError(
                f"{name!r} does not say how many votes.", f"Write vote@5: a number from 2 to {MOST_VOTES}."
            )
        return Arm(f"vote@{int(number)}", strategy="cot", votes=int(number))
    close = difflib.get_close_matches(name, [*ARMS, "vote@5"], 1, 0.6)
    hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(ARMS)}, vote@K."
    raise InputError(f"There is no strategy {name!r} for evals.", hint)
