"""Everything that a report says of a run, as plain values; tables, plots and JSON are made of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from sightline.evals.benchmark import Benchmark
from sightline.evals.benchmarks import benchmark
from sightline.evals.reporting.headline import Headline, headline
from sightline.evals.result import Result, RunRecord
from sightline.evals.rows import Aggregate
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.groups import rows_of
from sightline.evals.statistics.resampling import Interval, category_intervals
from sightline.memory import Usage

MARGIN = "margin"
"""The part, reported beside a score, that says how far the truth is from the next answer, where a suite has it."""


@dataclass(frozen=True)
class Category:
    """A question type.

    Attributes:
        questions: How many, those that count only together as one.
        score: Mean, errors as wrong, 0 to 1; NaN where none counts.
        interval: Of it.
        strict: By the strict rule.
    """

    questions: int
    score: float
    interval: Interval
    strict: float


@dataclass(frozen=True)
class Summary:
    """A run in figures.

    Attributes:
        record: The run.
        headline: Its score, or why there is none.
        parts: What the headline is made of, by the published names, 0 to 1.
        categories: By question type, in the published order.
        repeats: The score of each repeat alone, 0 to 1, where there are several.
        causes: Why there was no answer, or an error: how many of each.
        answered, no_answer, forced: Of what was asked.
        unparsed: Answers that could not be read.
        usage: All model calls, with those of questions that failed.
        tool_calls, tool_seconds: In total.
        seconds: Median wall time of a question.
        frames, pixels: Mean of a question's pictures, and of their pixels as sent.
        margins: (third, questions, score) by margin, the narrowest third of each type first; empty without margins.
    """

    record: RunRecord
    headline: Headline
    parts: dict[str, float]
    categories: dict[str, Category]
    repeats: tuple[float, ...]
    causes: dict[str, int]
    answered: int
    no_answer: int
    forced: int
    unparsed: int
    usage: Usage
    tool_calls: int
    tool_seconds: float
    seconds: float
    frames: float
    pixels: float
    margins: tuple[tuple[str, int, float], ...]

    def to_json(self) -> dict[str, Any]:
        """As plain data; scores 0 to 1, null where there is none."""
        record = self.record
        found = {
            **{name: getattr(record, name) for name in ("benchmark", "variant", "arm", "model", "snapshot", "scoring")},
            **{name: getattr(record, name) for name in ("settings", "sample", "complete", "log")},
            "headline": asdict(self.headline),
            "parts": self.parts,
            "categories": {name: asdict(category) for name, category in self.categories.items()},
            "usage": self.usage.model_dump(),
        }
        names = ("repeats", "causes", "answered", "no_answer", "forced", "unparsed", "tool_calls", "tool_seconds")
        found |= {name: getattr(self, name) for name in (*names, "seconds", "frames", "pixels", "margins")}
        cleaned: dict[str, Any] = without_nan(found)
        return cleaned


def without_nan(value: Any) -> Any:
    """Plain data that JSON can hold: NaN becomes null."""
    if isinstance(value, dict):
        return {name: without_nan(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def summarise(record: RunRecord) -> Summary:
    """A run's figures.

    Raises:
        InputError: The run is of a benchmark that this version does not know.
    """
    rule = benchmark(record.benchmark)
    results = record.results
    rows, strict = rows_of(results), rows_of(results, score="strict")
    names = in_order(rule, rows.categories)
    sizes = Counter(rows.categories)
    means = category_intervals(rows, names)
    strict_means = Micro(names).parts(strict)
    outcomes = Counter(result.outcome for result in results)
    return Summary(
        record=record,
        headline=headline(record),
        parts=rule.aggregate.parts(rows),
        categories={name: Category(sizes[name], *means[name], strict_means[name]) for name in names},
        repeats=_repeats(record, rule.aggregate),
        causes=dict(Counter(result.cause for result in results if result.cause).most_common()),
        answered=outcomes["answered"],
        no_answer=outcomes["no answer"],
        forced=sum(result.forced for result in results),
        unparsed=sum(_unparsed(result) for result in results),
        usage=sum((result.usage for result in results), Usage()),
        tool_calls=sum(result.tool_calls for result in results),
        tool_seconds=sum(result.tool_seconds for result in results),
        seconds=median(result.seconds for result in results) if results else math.nan,
        frames=sum(result.frames for result in results) / max(1, len(results)),
        pixels=sum(result.pixels for result in results) / max(1, len(results)),
        margins=_margins(results),
    )


def in_order(rule: Benchmark, categories: Iterable[str]) -> tuple[str, ...]:
    """Different question types, in the published order."""
    found = dict.fromkeys(categories)
    published = tuple(name for name in rule.categories if name in found)
    return published + tuple(name for name in found if name not in published)


def title_of(record: RunRecord) -> str:
    """What was asked: the benchmark, and its variant where it has several."""
    rule = benchmark(record.benchmark)
    return f"{rule.title}, {record.variant}" if len(rule.size) > 1 else rule.title


def _unparsed(result: Result) -> bool:
    """Whether something was said that could not be read."""
    return result.outcome != "error" and (result.cause == "unparsable" or (bool(result.said) and not result.parsed))


def _repeats(record: RunRecord, rule: Aggregate) -> tuple[float, ...]:
    numbers = sorted({result.repeat for result in record.results})
    if len(numbers) < 2:
        return ()
    alone = ([result for result in record.results if result.repeat == number] for number in numbers)
    return tuple(float(rule.overall(rows_of(results))) for results in alone)


BINS = ("narrow", "middle", "wide")


def _margins(results: Sequence[Result]) -> tuple[tuple[str, int, float], ...]:
    """Scores by margin: thirds of each type, as degrees and ratios cannot be compared."""
    by_type: dict[str, list[tuple[float, float]]] = {}
    for result in results:
        score = 0.0 if result.outcome == "error" else result.official
        if MARGIN in result.parts and score is not None:
            by_type.setdefault(result.category, []).append((result.parts[MARGIN], score))
    scores: list[list[float]] = [[] for _ in BINS]
    for pairs in by_type.values():
        pairs.sort(key=lambda pair: pair[0])
        for place, (_, score) in enumerate(pairs):
            scores[place * len(BINS) // len(pairs)].append(score)
    return tuple((name, len(part), sum(part) / len(part)) for name, part in zip(BINS, scores, strict=True) if part)
