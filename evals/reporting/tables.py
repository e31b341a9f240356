"""What a report says, as tables of words: the terminal and the page show the same ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev
from typing import Any

from sightline.evals.benchmarks import benchmark
from sightline.evals.reporting.headline import points, span
from sightline.evals.reporting.summary import Summary
from sightline.evals.result import RunRecord


@dataclass(frozen=True)
class Table:
    """A table of words.

    Attributes:
        title: What it shows.
        headings: Of the columns; the first is that of the rows' names.
        rows: Cells, as many as there are headings.
        note: What a reader must know to read it.
        warnings: What speaks against its figures.
        words: Whether the cells are words, not figures.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    warnings: tuple[str, ...] = ()
    words: bool = False


def labels(records: Sequence[RunRecord]) -> list[str]:
    """A short name for each run, no two the same: its arm, and what else tells it apart."""
    names = [record.arm for record in records]
    for more in (
        [str(record.settings.get("perception") or "") for record in records],
        [record.model for record in records],
        [str(record.settings.get("effort") or "") for record in records],
        [str(k + 1) for k in range(len(records))],
    ):
        unclear = {name for name in names if names.count(name) > 1}
        split = {name for name in unclear if len({m for n, m in zip(names, more, strict=True) if n == name}) > 1}
        names = [f"{n}, {m}" if n in split and m else n for n, m in zip(names, more, strict=True)]
    return names


def tables(summaries: Sequence[Summary]) -> list[Table]:
    """The tables of runs of one benchmark and variant."""
    names = labels([summary.record for summary in summaries])
    return [
        _scores(summaries, names),
        _parts(summaries, names),
        _categories(summaries, names),
        _course(summaries, names),
        _settings(summaries, names),
    ]


def _scores(summaries: Sequence[Summary], names: Sequence[str]) -> Table:
    about = benchmark(summaries[0].record.benchmark)
    why = about.protocol.departures
    unofficial = f" Official scoring, not official: {'; '.join(why)}." if why else ""
    rows = []
    for name, summary in zip(names, summaries, strict=True):
        said = summary.headline
        score = "none" if said.why else points(said.score)
        rows.append(
            (
                name,
                score,
                (said.interval.why if said.interval and said.interval.why else span(said.interval)),
                points(said.strict),
                points(said.answered_only),
                _spread(summary),
                f"{said.questions:,}",
                f"{said.errors:,}",
                summary.record.scoring,
                summary.record.sample,
            )
        )
    missing = [f"{n} has no score: {s.headline.why}." for n, s in zip(names, summaries, strict=True) if s.headline.why]
    return Table(
        "Score",
        (
            "run",
            "score",
            "95 % interval",
            "strict",
            "answered only",
            "repeats",
            "questions",
            "errors",
            "rule",
            "sample",
        ),
        tuple(rows),
        f"Points of 100: {about.aggregate.about}. Errors and missing answers count as wrong, 'answered only' leaves "
        f"both out. The interval draws whole scenes, pictures or groups again.{unofficial}",
        tuple(missing),
    )


def _spread(summary: Summary) -> str:
    """How the score of one repeat differs from the next's."""
    scores = [score for score in summary.repeats if not math.isnan(score)]
    if len(scores) < 2:
        return str(len(summary.repeats) or 1)
    return f"{len(scores)}: {points(min(scores))} to {points(max(scores))}, SD {points(stdev(scores))}"


def _parts(summaries: Sequence[Summary], names: Sequence[str]) -> Table:
    """The published parts; none where they are the categories."""
    known = benchmark(summaries[0].record.benchmark).categories
    parts = [
        name
        for name in summaries[0].parts
        if name not in known and not all(math.isnan(summary.parts[name]) for summary in summaries)
    ]
    rows = [(part, *(points(summary.parts.get(part)) for summary in summaries)) for part in parts]
    return Table("Published parts", ("part", *names), tuple(rows))


def _categories(summaries: Sequence[Summary], names: Sequence[str]) -> Table:
    found = dict.fromkeys(category for summary in summaries for category in summary.categories)
    rows = []
    for category in found:
        cells = [category]
        for summary in summaries:
            one = summary.categories.get(category)
            cells.append("-" if one is None else _category(one))
        sizes = {s.categories[category].questions for s in summaries if category in s.categories}
        rows.append((*cells, " or ".join(f"{size:,}" for size in sorted(sizes))))
    return Table(
        "By question type",
        ("type", *names, "questions"),
        tuple(rows),
        "Score, its 95 % interval, and the strict score after the semicolon where it differs.",
    )


def _category(one: Any) -> str:
    strict = "" if abs(one.strict - one.score) < 5e-4 else f"; {points(one.strict)}"
    interval = "" if one.interval.why else f" ({span(one.interval)})"
    return f"{points(one.score)}{interval}{strict}"


def _course(summaries: Sequence[Summary], names: Sequence[str]) -> Table:
    causes = dict.fromkeys(cause for summary in summaries for cause in summary.causes)
    lines: dict[str, list[str]] = {
        "asked, with repeats": [f"{s.headline.asked:,}" for s in summaries],
        "answered": [f"{s.answered:,}" for s in summaries],
        "no answer": [f"{s.no_answer:,}" for s in summaries],
        "errors": [f"{s.headline.errors:,}" for s in summaries],
        **{f"because: {cause}": [f"{s.causes.get(cause, 0):,}" for s in summaries] for cause in causes},
        "forced answers": [f"{s.forced:,}" for s in summaries],
        "parse failures": [f"{s.unparsed:,}" for s in summaries],
        "model calls": [f"{s.usage.calls:,}" for s in summaries],
        "tokens read": [f"{s.usage.input_tokens:,}" for s in summaries],
        "of them cached": [f"{s.usage.cached_tokens:,}" for s in summaries],
        "tokens written": [f"{s.usage.output_tokens:,}" for s in summaries],
        "of them reasoning": [f"{s.usage.reasoning_tokens:,}" for s in summaries],
        "cost": [dollars(s.usage.dollars) for s in summaries],
        "tool calls": [f"{s.tool_calls:,}" for s in summaries],
        "seconds in tools": [f"{s.tool_seconds:,.0f}" for s in summaries],
        "seconds a question, median": [f"{s.seconds:.1f}" for s in summaries],
        "pictures a question": [f"{s.frames:.1f}" for s in summaries],
        "megapixels a question": [f"{s.pixels / 1e6:.3g}" for s in summaries],
    }
    return Table(
        "How it went",
        ("figure", *names),
        tuple((name, *cells) for name, cells in lines.items()),
        "Tokens and cost include retries that were answered, failed questions and calls made inside tools.",
    )


def dollars(value: float | None) -> str:
    """A cost in US dollars; `unknown` where a price is."""
    if value is None:
        return "unknown"
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.4f}"


_HIDDEN = ("published_protocol", "binary", "questions", "departures", "detectable")
_ALWAYS = ("effort", "temperature", "seed", "draw_seed")
_NAMES = {"decoding": "published decoding", "frames": "frames of a video", "pixels": "longest edge in pixels"}
_PLAIN = ("default", "none", "0")


def _settings(summaries: Sequence[Summary], names: Sequence[str]) -> Table:
    """Settings by name; those that are everywhere as they always are, only where a reader looks for them."""
    columns = [
        {
            "model": summary.record.model,
            "snapshot": summary.record.snapshot or "not told",
            **{name: value for name, value in summary.record.settings.items() if name not in _HIDDEN},
            "log": summary.record.log.rsplit("/", 1)[-1],
        }
        for summary in summaries
    ]
    rows = []
    for key in dict.fromkeys(key for column in columns for key in column):
        cells = [in_words(column.get(key)) for column in columns]
        if key in _ALWAYS or any(cell not in _PLAIN for cell in cells):
            rows.append((_NAMES.get(key, key.replace("_", " ")), *cells))
    return Table("Settings", ("setting", *names), tuple(rows), words=True)


def in_words(value: object) -> str:
    """A setting in words."""
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items() if v is not None) or "none"
    if isinstance(value, list | tuple):
        return "; ".join(str(v) for v in value) or "none"
    return "default" if value in (None, "") else str(value)


def rich_table(table: Table) -> Any:
    """A table for the terminal."""
    from rich.table import Table as RichTable

    made = RichTable(title=table.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for place, heading in enumerate(table.headings):
        made.add_column(heading, overflow="fold", justify="left" if table.words or place == 0 else "right")
    for row in table.rows:
        made.add_row(*row)
    return made
