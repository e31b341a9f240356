"""Budgets: what a run may use, what is left of it, and when the model must answer."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from sightline.memory import InputError, Workspace


@dataclass(frozen=True)
class Budget:
    """What a run may use; None is no limit. The model is told what is left, and answers on its last step.

    Attributes:
        steps: Turns of the model. The last one is for the answer, without tools.
        calls: Tool calls.
        pictures: Pictures that tools show the model.
        tokens: Tokens read and written, over all model calls, those inside tools included.
        seconds: Wall time of the run, pauses between a stop and its resume left out; checked before
            each step, so that one slow reply can pass it.
        dollars: Cost at the profile's prices; needs a model whose price is known.
    """

    steps: int = 12
    calls: int | None = None
    pictures: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    dollars: float | None = None

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and not 0 < value < math.inf:
                raise InputError(f"The budget's {name} is {value}.", "Give a positive number, or none for no limit.")

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Spent:
    """What a run has used so far, of the things a budget limits."""

    steps: int
    calls: int
    pictures: int
    tokens: int
    seconds: float
    dollars: float | None


def spent(ws: Workspace) -> Spent:
    """What the run has used, read from its journal's fold."""
    return Spent(
        steps=sum(1 for step in ws.steps if step.reply is not None),
        calls=sum(1 for record in ws.calls.values() if record.committed),
        pictures=sum(len(step.shown) for step in ws.steps),
        tokens=ws.usage.tokens,
        seconds=_active_seconds(ws),
        dollars=ws.usage.dollars,
    )


def _active_seconds(ws: Workspace) -> float:
    """Wall time between the run's events, the gap before each resume left out."""
    total = 0.0
    for before, after in zip(ws.events, ws.events[1:], strict=False):
        if after.type != "run_resumed":
            total += max(0.0, after.time - before.time)
    return total


def last_step_reason(budget: Budget, used: Spent) -> str:
    """Why the coming step must be the last, in words for the model; "" if it need not be."""
    if used.steps + 1 >= budget.steps:
        return f"this is step {used.steps + 1} of {budget.steps}"
    for name in ("calls", "pictures", "tokens", "seconds", "dollars"):
        limit, value = getattr(budget, name), getattr(used, name)
        if limit is not None and value is None:
            return f"what the run has cost is no longer known, and its budget is {_amount(name, limit)}"
        if limit is not None and value >= limit:
            return f"the budget of {_amount(name, limit)} is used up"
    return ""


def call_reason(budget: Budget, ws: Workspace) -> str:
    """Why a program in a call may make no further call now, in words; "" while it may. Steps are no part of it."""
    used = replace(spent(ws), calls=len(ws.calls))  # the call that runs the program has begun, and counts
    for name in ("calls", "pictures", "tokens", "seconds", "dollars"):
        limit, value = getattr(budget, name), getattr(used, name)
        if limit is not None and (value is None or value >= limit):
            return f"the budget of {_amount(name, limit)} is used up"
    return ""


def seconds_left(budget: Budget, ws: Workspace) -> float | None:
    """Seconds of the budget that are left, or None where there is no limit."""
    if budget.seconds is None:
        return None
    since = max(0.0, time.time() - ws.events[-1].time) if ws.events else 0.0
    return budget.seconds - _active_seconds(ws) - since


def left_in_words(budget: Budget, used: Spent) -> str:
    """What is left, the coming step included, e.g. `Left: 9 steps, 14 pictures, $0.12.`."""
    parts = [_amount("steps", max(1, budget.steps - used.steps))]
    for name in ("calls", "pictures", "tokens", "seconds", "dollars"):
        limit, value = getattr(budget, name), getattr(used, name)
        if limit is not None and value is not None:
            parts.append(_amount(name, max(0, limit - value)))
    return f"Left: {', '.join(parts)}."


def _amount(name: str, value: float) -> str:
    if name == "dollars":
        return f"${value:.2f}" if value >= 0.01 else f"${value:.4f}"
    if name == "seconds":
        return f"{value:.0f} seconds"
    return f"{value:.0f} {name if value != 1 else name.removesuffix('s')}"
