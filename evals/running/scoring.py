"""The scorer of every task: the published rule, and the strict one beside it."""

from __future__ import annotations

import math
from typing import Any

from inspect_ai.log._samples import sample_active  # as in solving.py
from inspect_ai.model import model_roles
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState

from sightline.evals.arms import Arm
from sightline.evals.benchmark import Benchmark
from sightline.evals.item import Item
from sightline.evals.running.folders import finished, path_of
from sightline.evals.running.logs import SCORER
from sightline.evals.running.outcome import Outcome
from sightline.evals.running.solving import GO_ON, Plan, SampleError
from sightline.evals.scorers.judging import ROLE
from sightline.evals.scorers.mark import Mark
from sightline.memory import InfrastructureError


@metric  # type: ignore[untyped-decorator]  # mypy does not follow Inspect
def answered_mean() -> Metric:
    """Mean over what was scored. Errors are not in it, and no benchmark's own weights: see `sightline report`."""

    def mean(scores: list[SampleScore]) -> float:
        values = [value for score in scores if not math.isnan(value := score.score.as_float())]
        return sum(values) / len(values) if values else math.nan

    return mean


def sightline_scorer(plan: Plan) -> Scorer:
    """Scores what the solver left in the plan.

    Args:
        plan: Whose rules hold, and whose words are scored: the published prompt's as they are, an agent's value as the
            benchmark renders it.
    """
    benchmark, arm = plan.benchmark, plan.arm

    async def score(state: TaskState, target: Target) -> Score:
        item = plan.items[str(state.sample_id)]
        # Where a limit of Inspect's own (`--time-limit`) ended the question, the solver left nothing.
        outcome = plan.outcomes.get((item.id, state.epoch), Outcome(cause="budget"))
        said = said_of(benchmark, item, arm, outcome)
        try:
            # Where no judge is named, what can be scored offline is, and the rest counts in no mean.
            judge = benchmark.judge if ROLE in model_roles() else None
            official = benchmark.official(item, said) if judge is None else await judge(item, said)
        except InfrastructureError as error:
            raise SampleError("judge", f"{error.message} {GO_ON}") from None
        plan.outcomes.pop((item.id, state.epoch), None)
        strict = benchmark.strict(item, said) if said else Mark(0.0, "", parsed=False)
        if (active := sample_active()) is not None and arm.kind != "prior":
            finished.add(path_of(active.log_location))
        return Score(
            value={"official": _number(official.value), "strict": _number(strict.value)},
            answer=said,
            explanation=official.read,
            metadata=_row(outcome, official, said, strict_parsed=strict.parsed, words_scored=words_are_scored(arm)),
        )

    # Arguments of a scorer go into every score of the log: the questions are none.
    means = {"official": [answered_mean()], "strict": [answered_mean()]}
    made: Scorer = scorer(metrics=means, name=SCORER)(lambda: score)()
    return made


def words_are_scored(arm: Arm) -> bool:
    """Whether an arm's words are scored as they are."""
    return arm.kind in ("official", "prior")


def said_of(benchmark: Benchmark, item: Item, arm: Arm, outcome: Outcome) -> str:
    """What is scored: a model's own words, or a typed value as the published scorer expects it; "" for no answer."""
    if words_are_scored(arm):
        return "" if outcome.cause == "refused" else outcome.words
    return "" if outcome.value is None else benchmark.render(item, outcome.value)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _row(outcome: Outcome, official: Mark, said: str, *, strict_parsed: bool, words_scored: bool) -> dict[str, Any]:
    """What `sightline.evals.running.logs` makes a `Result` of; each field small enough for Inspect's summaries."""
    cause = outcome.cause
    if words_scored and not cause and not strict_parsed:
        cause = "unparsable"
    return {
        "outcome": "answered" if said and not cause else "no answer",
        "cause": cause or ("" if said else "unparsable"),
        "forced": outcome.forced,
        "parsed": official.parsed,
        "parts": dict(official.parts),
        "usage": outcome.usage.model_dump(exclude_defaults=False),
        "tool_seconds": outcome.tool_seconds,
        "seconds": outcome.seconds,
        "tool_calls": outcome.tool_calls,
        "frames": outcome.frames,
        "pixels": outcome.pixels,
        "snapshot": outcome.snapshot,
    }
