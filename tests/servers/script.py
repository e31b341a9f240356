"""What a scripted model server does, turn by turn: speak, call tools, fail, hang, drop the line.

A script is a list of these (or a callable that returns one). Nothing here knows a wire format: the same
script runs over Chat Completions, Responses and Messages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from servers.request import Request

Stop = Literal["end_turn", "length", "refusal", "content_filter"]


@dataclass(frozen=True)
class Usage:
    """Token counts of one reply. `input` includes `cached`, `output` includes `reasoning`."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class Call:
    """One tool call. `raw_arguments` is sent instead of `args`, byte for byte, and need not be JSON."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    raw_arguments: str | None = None


@dataclass(frozen=True)
class Turn:
    """One reply of the model. The default is an empty reply.

    `stop` is why it ended; with calls and the default, the protocol's own "tool calls" reason is sent.
    `usage` replaces the computed token counts.
    """

    text: str = ""
    calls: Sequence[Call] = ()
    reasoning: str | None = None
    stop: Stop = "end_turn"
    usage: Usage | None = None


def Say(text: str, reasoning: str | None = None) -> Turn:
    """A reply of text alone."""
    return Turn(text=text, reasoning=reasoning)


def CutOff(name: str, arguments: str, text: str = "") -> Turn:
    """A reply that hit the token limit inside a call's arguments, such as `'{"box": [1, 2'`."""
    return Turn(text=text, calls=[Call(name, raw_arguments=arguments)], stop="length")


@dataclass(frozen=True)
class Fail:
    """An HTTP error, `times` in a row (`math.inf`: for ever). Without `body`, the provider's own form."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    times: float = 1


@dataclass(frozen=True)
class Hang:
    """Holds the request for `seconds` (at most 60; cut short when the server stops), then plays `then`."""

    seconds: float
    then: Turn | None = None

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= 60:
            raise ValueError(f"Hang takes 0 to 60 seconds, not {self.seconds}")


@dataclass(frozen=True)
class Drop:
    """Closes the connection: before any answer, or after `after_events` stream events of `turn`."""

    after_events: int = 0
    turn: Turn = field(default_factory=lambda: Turn(text="this reply never ends"))


Action = Turn | Fail | Hang | Drop
Step = Action | Call | str
Script = Sequence[Step] | Callable[["Request", int], Step]


def as_action(step: Step) -> Action:
    """A bare `Call` or string as the `Turn` it stands for. Raises TypeError for anything else."""
    if isinstance(step, str):
        return Turn(text=step)
    if isinstance(step, Call):
        return Turn(calls=[step])
    if isinstance(step, Turn | Fail | Hang | Drop):
        return step
    raise TypeError(f"a script holds Turn, Say, Call, Fail, Hang, Drop, CutOff or a string, not {step!r}")


class Cursor:
    """Walks a script. Not thread-safe: the server holds its lock around `next`."""

    def __init__(self, script: Script, loop: bool) -> None:
        self._script = script
        self._loop = loop
        self._position = 0
        self._repeats = 0
        self.served = 0

    def next(self, request: Request) -> Action | None:
        """The action for this request; None when the script has run out."""
        index = self.served
        if callable(self._script):
            self.served += 1
            return as_action(self._script(request, index))
        if self._position >= len(self._script):
            if not self._loop or not self._script:
                return None
            self._position = 0
        self.served += 1
        action = as_action(self._script[self._position])
        self._repeats += 1
        if not isinstance(action, Fail) or self._repeats >= action.times:
            self._position += 1
            self._repeats = 0
        return action

    @property
    def unused(self) -> int:
        """How many steps of a list script were not finished; a failure for ever is, once reached."""
        if callable(self._script):
            return 0
        started = 1 if self._repeats else 0
        forever = started and getattr(self._script[self._position], "times", 1) == math.inf
        return len(self._script) - self._position - (1 if forever else 0)
