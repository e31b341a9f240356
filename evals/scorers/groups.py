"""Results as rows: repeats are made one, and questions that count only together become one row.

rows = rows_of(record.results)                        # the headline's rows
rows = rows_of(record.results, score="strict")
BENCHMARK.aggregate.overall(rows)

How a benchmark groups is in its items: in 3DSRBench's variant `circular` the four orders of a question's options have
one `Item.group`, in `vanilla` none has any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sightline.evals.result import Result
from sightline.evals.rows import Floats, Rows

Combine = Callable[[Floats], float]
"""Several scores (n >= 1, no NaN) as one."""


def mean(values: Floats) -> float:
    """Their mean: repeats; an item with its options reversed (SAT)."""
    return float(values.mean())


def every(values: Floats) -> float:
    """Their product: right only where all are (flips, circular options)."""
    return float(values.prod())


@dataclass(frozen=True)
class AtLeast:
    """Votes: 1 where at least so many are fully right (SpatialGenEval: 4 of 5)."""

    votes: int

    def __call__(self, values: Floats) -> float:
        """Count."""
        return float((values >= 1).sum() >= self.votes)


def rows_of(
    results: Iterable[Result],
    score: Literal["official", "strict"] = "official",
    errors: Literal["wrong", "left out"] = "wrong",
    group: Combine = every,
    repeats: Combine = mean,
) -> Rows:
    """The scores of a run, one row for each question that counts alone and for each group, in the order of the results.

    The members of a group are combined within each repeat, then the repeats: "all right" is asked of one run, not of
    averages. A group is as large as it was asked: a sample must draw whole groups.

    Args:
        results: One for each question and repeat.
        score: Which score.
        errors: Whether an error is wrong, or left out as if it had not been asked; with `left out`, so is the repeat of
            a group that has one.
        group: How the members of a group become one.
        repeats: How repeats become one.

    Returns:
        Rows, NaN where the published rule leaves a question out in every repeat. A row that has only errors is not
        among them with `left out`.
    """
    first: dict[str, Result] = {}
    scores: dict[str, dict[int, list[float | None]]] = {}
    for result in results:
        name = f"group {result.group}" if result.group else f"item {result.item}"
        first.setdefault(name, result)
        if result.outcome == "error":
            value = 0.0 if errors == "wrong" else None
        else:
            said = result.official if score == "official" else result.strict
            value = float("nan") if said is None else said
        scores.setdefault(name, {}).setdefault(result.repeat, []).append(value)
    kept: list[Result] = []
    values: list[float] = []
    for name, by_repeat in scores.items():
        grouped = bool(first[name].group)
        whole = [np.array(members, float) for members in by_repeat.values() if None not in members]
        if whole:
            kept.append(first[name])
            values.append(
                _combined([_combined(members, group) if grouped else members[0] for members in whole], repeats)
            )
    return Rows(
        tuple(result.group or result.item for result in kept),
        np.array(values, float),
        tuple(result.category for result in kept),
        tuple(result.cluster for result in kept),
        tuple(result.source for result in kept),
    )


def _combined(values: Iterable[float] | Floats, combine: Combine) -> float:
    """What counts of some scores, as one; NaN where nothing does."""
    array = np.asarray(list(values), float)
    counted = array[~np.isnan(array)]
    return combine(counted) if len(counted) else float("nan")
