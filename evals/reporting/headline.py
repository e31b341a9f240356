"""The one number of a run, and when there is none.

Errors (a provider that failed after its retries, missing weights, a judge that is down) count as wrong. Above 1 % of
them a number would tell of the machinery and not of the model: then there is none, and commands end with exit code 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sightline.evals.benchmarks import benchmark
from sightline.evals.result import Result, RunRecord
from sightline.evals.rows import Aggregate, Rows
from sightline.evals.scorers.groups import rows_of
from sightline.evals.statistics.resampling import Interval, category_intervals, score_interval

MOST_ERRORS = 0.01


@dataclass(frozen=True)
class Headline:
    """A run's score.

    Attributes:
        score: By the published rule and aggregate, errors as wrong, 0 to 1; None where `why` says why not.
        interval: Of it; None where there is no score.
        answered_only: The same over the questions that were answered; None where a part has none.
        strict: By the strict rule, errors as wrong.
        asked: Questions asked, each repeat counted.
        questions: Different questions.
        errors: How many ended in an error.
        why: Why there is no score.
    """

    score: float | None
    interval: Interval | None
    answered_only: float | None
    strict: float | None
    asked: int
    questions: int
    errors: int
    why: str = ""


def errors_in(record: RunRecord) -> int:
    """Questions that ended in an error, each repeat counted."""
    return sum(result.outcome == "error" for result in record.results)


def doubt(record: RunRecord) -> str:
    """Why a run's number cannot be said, as far as its machinery goes; "" where it can."""
    errors, asked = errors_in(record), len(record.results)
    if not asked:
        return "nothing was asked"
    if errors > MOST_ERRORS * asked:
        return f"{errors} of {asked} questions ended in an error, more than 1 %"
    return "" if record.complete else "the run is not complete"


def trusted(record: RunRecord) -> bool:
    """Whether a headline may be said: everything was asked, and at most 1 % ended in an error."""
    return not doubt(record)


def headline(record: RunRecord) -> Headline:
    """The number of a run.

    Raises:
        InputError: The run is of a benchmark that this version does not know.
    """
    about = benchmark(record.benchmark)
    rule = about.aggregate
    rows = rows_of(record.results)
    why = doubt(record)
    score = float(rule.overall(rows)) if rows.ids else math.nan
    if not why and math.isnan(score):
        why = _gap(about.categories, rows)
    return Headline(
        score=None if why else score,
        interval=None if why else score_interval(rows, rule),
        answered_only=_overall(rule, answered_only(record.results)),
        strict=None if why else _overall(rule, rows_of(record.results, score="strict")),
        asked=len(record.results),
        questions=len({result.item for result in record.results}),
        errors=errors_in(record),
        why=why,
    )


def _gap(categories: Sequence[str], rows: Rows) -> str:
    """Which question types the rule needs and has no score of."""
    missing = [name for name in categories if name not in rows.categories]
    counted = {name for name, value in zip(rows.categories, rows.values, strict=True) if not math.isnan(value)}
    silent = [name for name in dict.fromkeys(rows.categories) if name not in counted]
    reasons = [f"no question of {_listed(missing)} was asked"] if missing else []
    reasons += [f"the published rule leaves out every answer to {_listed(silent)}"] if silent else []
    return "; ".join(reasons) or "no question counts"


def _listed(names: Sequence[str]) -> str:
    """Names, the first few of many."""
    return ", ".join(names) if len(names) < 5 else f"{', '.join(names[:3])} and {len(names) - 3} other types"


def answered_only(results: Sequence[Result]) -> Rows:
    """Rows of what was answered; a group of which a member was not answered is left out in that repeat."""
    kept = [r if r.outcome == "answered" else replace(r, outcome="error") for r in results]
    return rows_of(kept, errors="left out")


def _overall(rule: Aggregate, rows: Rows) -> float | None:
    value = float(rule.overall(rows)) if rows.ids else math.nan
    return None if math.isnan(value) else value


def points(value: float | None, digits: int = 1) -> str:
    """0.7345 as `73.5`, points of a hundred; a dash for none."""
    return "-" if value is None or math.isnan(value) else f"{100 * value:.{digits}f}"


def span(interval: Interval | None) -> str:
    """An interval as `70.1 to 76.4`; a dash for none."""
    if interval is None or interval.why:
        return "-"
    return f"{points(interval.low)} to {points(interval.high)}"


def headline_table(records: Sequence[RunRecord]) -> Any:
    """A rich table with a row for each run: what `sightline eval` prints at its end.

    Where a run has no headline because question types were left out (`--task`), those that were asked have rows.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("arm", "model"):
        table.add_column(name, overflow="fold")
    for name in ("score", "95 % interval", "strict", "answered only", "asked", "errors"):
        table.add_column(name, justify="right")
    table.add_column("scoring", overflow="fold")
    for record in records:
        said = headline(record)
        table.add_row(
            record.arm,
            record.model,
            points(said.score),
            span(said.interval),
            points(said.strict),
            points(said.answered_only),
            str(said.asked),
            str(said.errors),
            said.why or record.scoring,
        )
        if said.why and trusted(record):
            rows = rows_of(record.results)
            for name, (value, interval) in category_intervals(rows, tuple(dict.fromkeys(rows.categories))).items():
                table.add_row(f"  {name}", "", points(value), span(interval), "", "", "", "", "")
    return table
