"""Two runs over the same questions, compared question by question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.evals.result import Result, RunRecord
from sightline.evals.rows import Aggregate, Floats, Rows
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.groups import rows_of
from sightline.evals.statistics.cells import cells_of, cluster_codes
from sightline.evals.statistics.resampling import LEVEL, Interval, bootstrap
from sightline.evals.statistics.significance import holm, mcnemar, swap_test
from sightline.memory import InputError

Test = Literal["McNemar, exact", "swaps of whole clusters", "swaps of questions"]


@dataclass(frozen=True)
class Difference:
    """How the second run did against the first, over some questions.

    Attributes:
        questions: How many; a group that counts only together is one.
        first, second: The two scores, 0 to 1.
        difference: Second minus first.
        interval: Of the difference.
        wins, losses, ties: Questions on which the second did better, worse, the same.
        p: Two-sided; for a category, before it is adjusted.
        adjusted: By Holm over the categories; `p` for the headline.
        test: How p was found.
    """

    questions: int
    first: float
    second: float
    difference: float
    interval: Interval
    wins: int
    losses: int
    ties: int
    p: float
    adjusted: float
    test: Test


@dataclass(frozen=True)
class Comparison:
    """Two runs, paired.

    Attributes:
        overall: By the benchmark's own rule.
        categories: By question type, each a plain mean.
        clusters: What was resampled and swapped as a whole.
        dropped: What is in one run and not compared, in words, with numbers.
        differing: Settings in which the runs differ: name, the first's, the second's.
    """

    overall: Difference
    categories: dict[str, Difference]
    clusters: int
    dropped: tuple[str, ...]
    differing: tuple[tuple[str, object, object], ...]


def compare(
    first: RunRecord,
    second: RunRecord,
    rule: Aggregate,
    score: Literal["official", "strict"] = "official",
    seed: int = 0,
) -> Comparison:
    """Compare two runs of a benchmark over the questions that both asked and neither lost to an error.

    Repeats are averaged first. An error says nothing of either arm, so its question is dropped, and counted.

    Args:
        first: One run, mostly the baseline.
        second: The other.
        rule: The benchmark's aggregate.
        score: Which score.
        seed: Of resamples and swaps.

    Raises:
        InputError: They are of different benchmarks or variants, or share no question.
    """
    if (first.benchmark, first.variant) != (second.benchmark, second.variant):
        raise InputError(
            f"The runs are of {_asked(first)} and of {_asked(second)}.", "Compare two runs over the same questions."
        )
    results, dropped = _shared(first, second)
    one, two = (rows_of(found, score) for found in results)
    if not one.ids:
        raise InputError(
            f"The runs of {_asked(first)} share no question.", "Run both with the same --limit and --seed."
        )
    lost = int((np.isnan(one.values) != np.isnan(two.values)).sum())
    if lost:
        dropped.append(f"{lost} left out by the published rule in one of the runs: in the scores, in no pair")
    codes = cluster_codes(one)
    alone = int(codes.max()) + 1 == len(codes)
    swaps: Test = "swaps of questions" if alone else "swaps of whole clusters"
    counts = alone and all(_once(found) and all(r.binary for r in found) for found in results)
    plain: Test = "McNemar, exact" if counts else swaps
    # McNemar's test counts questions alike, and so fits a headline only where that does.
    overall = _difference(one, two, rule, codes, plain if isinstance(rule, Micro) else swaps, seed)
    found = {}
    for category in dict.fromkeys(one.categories):
        chosen = [k for k, name in enumerate(one.categories) if name == category]
        part = one.take(chosen)
        found[category] = _difference(part, two.take(chosen), Micro(), cluster_codes(part), plain, seed)
    adjusted = holm([d.p for d in found.values()])
    return Comparison(
        overall=overall,
        categories={name: replace(d, adjusted=p) for (name, d), p in zip(found.items(), adjusted, strict=True)},
        clusters=int(codes.max()) + 1,
        dropped=tuple(dropped),
        differing=differing(first, second),
    )


def _asked(record: RunRecord) -> str:
    return f"{record.benchmark} {record.variant}".strip()


def _key(result: Result) -> tuple[str, str]:
    return ("group", result.group) if result.group else ("item", result.item)


def _shared(first: RunRecord, second: RunRecord) -> tuple[tuple[list[Result], list[Result]], list[str]]:
    """Results of what can be paired, in the first run's order, and what was dropped."""
    asked = [_members(record) for record in (first, second)]
    keys = [key for key in asked[0] if key in asked[1]]
    dropped = [
        f"{missing} asked only in the {name} run"
        for name, missing in (("first", len(asked[0]) - len(keys)), ("second", len(asked[1]) - len(keys)))
        if missing
    ]
    whole = [key for key in keys if {r.item for r in asked[0][key]} == {r.item for r in asked[1][key]}]
    if len(whole) < len(keys):
        dropped.append(f"{len(keys) - len(whole)} groups of which the runs asked different questions")
    kept = [key for key in whole if not any(r.outcome == "error" for members in asked for r in members[key])]
    if len(kept) < len(whole):
        dropped.append(f"{len(whole) - len(kept)} that ended in an error in one of the runs")
    return ([r for k in kept for r in asked[0][k]], [r for k in kept for r in asked[1][k]]), dropped


def _members(record: RunRecord) -> dict[tuple[str, str], list[Result]]:
    found: dict[tuple[str, str], list[Result]] = {}
    for result in record.results:
        found.setdefault(_key(result), []).append(result)
    return found


def _once(results: Sequence[Result]) -> bool:
    return len({result.item for result in results}) == len(results)


def _difference(one: Rows, two: Rows, rule: Aggregate, codes: NDArray[np.intp], test: Test, seed: int) -> Difference:
    change = two.values - one.values
    better, worse = int((change > _SAME).sum()), int((change < -_SAME).sum())
    first, second = float(rule.overall(one)), float(rule.overall(two))

    clusters = int(codes.max()) + 1
    cells_one, cells_two = cells_of(one, codes), cells_of(two, codes)

    def statistic(weights: Floats) -> Floats:
        return cells_two.overall(rule, weights) - cells_one.overall(rule, weights)

    if math.isnan(second - first):
        p, interval = math.nan, Interval(math.nan, math.nan, clusters, "types are missing")
    else:
        p = mcnemar(better, worse) if test == "McNemar, exact" else swap_test(one, two, rule, codes, seed=seed)
        interval = bootstrap(statistic, clusters, seed=seed) if better or worse else _same(clusters)
    ties = int((np.abs(change) <= _SAME).sum())
    return Difference(len(one.ids), first, second, second - first, interval, better, worse, ties, p, p, test)


def _same(clusters: int) -> Interval:
    """Of a difference where no question differed: so many clusters without any still leave room for some.

    The exact bound of Clopper and Pearson (1934) on the share of clusters that would differ, either way.
    """
    bound = 1.0 - ((1 - LEVEL) / 2) ** (1 / clusters)
    return Interval(-bound, bound, clusters)


_SAME = 1e-9
"""Scores closer than this are a tie: averages of repeats are not exact in binary."""

_NOT_COMPARED = (
    "started",
    "version",
    "inspect",
    "published_protocol",
    "departures",
    "binary",
    "source_commit",
    "detectable",
    "questions",
)


def differing(first: RunRecord, second: RunRecord) -> tuple[tuple[str, object, object], ...]:
    """Settings in which two runs differ: name, the first's, the second's."""
    columns = [
        {
            "arm": record.arm,
            "model": record.model,
            "snapshot": record.snapshot or "not told",
            "sample": record.sample,
            **{name: value for name, value in record.settings.items() if name not in _NOT_COMPARED},
        }
        for record in (first, second)
    ]
    names = dict.fromkeys([*columns[0], *columns[1]])
    pairs = [(name, columns[0].get(name), columns[1].get(name)) for name in names]
    return tuple(pair for pair in pairs if pair[1] != pair[2])
