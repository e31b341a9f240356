"""The kinds of failure, which never mix: whose fault something is decides what happens next.

- `InputError`: what a person handed in cannot be used (not an image, an empty question, a missing file).
- `ModelMistake`: a model called a tool wrongly; it is told what is wrong and what would be valid, and goes on.
- `InstrumentLimit`: the call was right, the instrument cannot deliver; the model is told the reason, and goes on.
- `InfrastructureError`: nobody in the conversation is to blame (a missing extra, weights, a crash, an
  unreachable server); the message names what mends it.

Every message says what happened, to what, and what to do. `str(error)` is one line, fit for a terminal.
"""

from __future__ import annotations


class SightlineError(Exception):
    """Base of all errors this project raises on purpose.

    Args:
        message: What happened and to what, in one sentence.
        remedy: What to do about it, in one sentence; for infrastructure, the command that mends it.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class InputError(SightlineError):
    """A person's input cannot be used."""


class ModelMistake(SightlineError):
    """A model called a tool with something invalid; the message names what would be valid."""


class InstrumentLimit(SightlineError):
    """The instrument cannot deliver what was rightly asked; the message gives the reason."""


class InfrastructureError(SightlineError):
    """Something outside the conversation broke or is missing; the remedy mends it."""
