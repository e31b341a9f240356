"""A comparison of two runs as tables of words, and as plain data."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from sightline.evals.benchmarks import benchmark
from sightline.evals.reporting.headline import points, span
from sightline.evals.reporting.summary import in_order, without_nan
from sightline.evals.reporting.tables import Table, in_words, labels
from sightline.evals.result import RunRecord
from sightline.evals.statistics.paired import Comparison, Difference

LEVEL = 0.05


def comparison_tables(first: RunRecord, second: RunRecord, found: Comparison) -> list[Table]:
    """The paired table, and what the runs differ in."""
    one, two = labels([first, second])
    order = in_order(benchmark(first.benchmark), found.categories)
    rows = [
        ("all, by the benchmark's rule", *_cells(found.overall, found.overall.p)),
        *((name, *_cells(found.categories[name], found.categories[name].adjusted)) for name in order),
    ]
    tests = {found.overall.test: "all", **{part.test: "types" for part in found.categories.values()}}
    how = " and ".join(f"{test} ({what})" if len(tests) > 1 else test for test, what in tests.items())
    note = (
        f"Points of 100; the difference is {two} less {one}, with its 95 % interval. Wins are questions on which {two} "
        f"did better. p: {how}; adjusted over the question types by Holm. {found.clusters:,} scenes, pictures or "
        "groups are drawn and swapped whole."
    )
    headings = ("question type", one, two, "difference", "95 % interval", "wins", "losses", "ties", "p")
    paired = Table(f"{two} against {one}, {found.overall.questions:,} questions", headings, tuple(rows), note)
    differing = tuple((name.replace("_", " "), in_words(a), in_words(b)) for name, a, b in found.differing)
    settings = Table("What the runs differ in", ("setting", one, two), differing, words=True)
    return [paired, settings]


def _cells(part: Difference, p: float) -> tuple[str, ...]:
    return (
        points(part.first),
        points(part.second),
        "-" if math.isnan(part.difference) else f"{100 * part.difference:+.1f}",
        part.interval.why or span(part.interval),
        f"{part.wins:,}",
        f"{part.losses:,}",
        f"{part.ties:,}",
        "-" if math.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}",
    )


def verdict(first: RunRecord, second: RunRecord, found: Comparison) -> str:
    """What may be said of the difference, in a sentence."""
    one, two = labels([first, second])
    whole = found.overall
    if math.isnan(whole.difference):
        return "No overall difference can be given: the benchmark's rule needs question types that were not asked."
    if whole.p > LEVEL:
        return (
            f"No difference between {two} and {one} is shown ({100 * whole.difference:+.1f} points, p {whole.p:.3f})."
        )
    better = "better" if whole.difference > 0 else "worse"
    p = "p < 0.001" if whole.p < 0.001 else f"p {whole.p:.3f}"
    return f"{two} is {better} than {one} by {abs(100 * whole.difference):.1f} points ({p})."


def comparison_json(first: RunRecord, second: RunRecord, found: Comparison) -> dict[str, Any]:
    """As plain data; scores 0 to 1, null where there is none."""
    names = ("log", "benchmark", "variant", "arm", "model", "sample")
    cleaned: dict[str, Any] = without_nan(
        {
            "first": {name: getattr(first, name) for name in names},
            "second": {name: getattr(second, name) for name in names},
            "verdict": verdict(first, second, found),
            **asdict(found),
        }
    )
    return cleaned
