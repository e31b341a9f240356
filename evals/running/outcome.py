"""What a run of the agent came to, as plain data that goes into the log and is scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from sightline.agents import Answer
from sightline.agents.budget import spent
from sightline.agents.models.profile import ModelProfile
from sightline.agents.nodes import ANSWER
from sightline.evals.result import Cause
from sightline.memory import Usage, Workspace


@dataclass(frozen=True)
class Outcome:
    """What was said to a question, and what it took.

    Attributes:
        value: The typed value; None where there is none.
        words: The model's own words, for arms whose words are scored as they are.
        cause: Why there is no value; "" where there is one.
        forced, usage, tool_seconds, seconds, tool_calls, frames, pixels: See `sightline.evals.result.Result`.
        missing: Infrastructure that failed in a tool and was not made good, each with what mends it.
        snapshot: What the provider said that it served.
    """

    value: Any = None
    words: str = ""
    cause: Cause = ""
    forced: bool = False
    usage: Usage = field(default_factory=Usage)
    tool_seconds: float = 0.0
    seconds: float = 0.0
    tool_calls: int = 0
    frames: int = 0
    pixels: int = 0
    missing: tuple[str, ...] = ()
    snapshot: str = ""


def outcome_of(answer: Answer, profile: ModelProfile) -> Outcome:
    """What a run of the agent came to."""
    ws = answer.trace
    return measured(
        ws,
        profile,
        value=answer.value if answer.status == "answered" else None,
        words=answer.raw,
        cause=_cause(answer),
        forced=answer.forced,
        missing=tuple(answer.failures),
    )


def measured(ws: Workspace, profile: ModelProfile, **said: Any) -> Outcome:
    """An outcome with what the run took, read from its journal."""
    used = spent(ws)
    records = [record for step in ws.steps for record in step.calls if record.finished is not None]
    shown = {handle for step in ws.steps for handle in step.composed.pictures if handle in ws.inputs}
    sizes = [profile.limits.fit(size) for handle in shown if (size := ws.artifacts[handle].size) is not None]
    return Outcome(
        usage=ws.usage,
        tool_seconds=round(sum(record.finished.seconds for record in records if record.finished), 3),
        seconds=round(used.seconds, 3),
        tool_calls=sum(1 for record in ws.calls.values() if record.call.name != ANSWER),
        frames=len(sizes),
        pixels=sum(width * height for width, height in sizes),
        **said,
    )


def _cause(answer: Answer) -> Cause:
    """Why there is no value."""
    match answer.status:
        case "answered":
            return ""
        case "cannot tell":
            return "cannot tell"
        case "refused":
            return "refused"
        case _:
            pass
    last = answer.trace.steps[-1].reply
    if last is not None and last.stop == "cut off":
        return "cut off"
    if not answer.forced:
        return "unparsable"
    ends = [r.finished.outcome for s in answer.trace.steps for r in s.calls if r.finished and r.call.name != ANSWER]
    return "instrument limit" if ends and all(end == "limit" for end in ends) else "budget"


def voted(outcomes: Sequence[Outcome]) -> Outcome:
    """The most frequent value of several tries, of numbers the median; the first seen where several are as frequent.

    Tries without a value have no vote. What the tries took is added up.
    """
    values = [outcome.value for outcome in outcomes if outcome.value is not None]
    value: Any = None
    if values and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        value = median(values)
    elif values:
        value = max(values, key=values.count)
    chosen = next((o for o in outcomes if o.value == value), outcomes[0])
    return Outcome(
        value=value,
        words=chosen.words,
        cause="" if values else outcomes[0].cause,
        usage=sum((o.usage for o in outcomes), Usage()),
        seconds=sum(o.seconds for o in outcomes),
        frames=outcomes[0].frames,
        pixels=outcomes[0].pixels,
        snapshot=outcomes[0].snapshot,
    )
