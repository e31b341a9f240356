"""`report`, `compare` and `export`: what runs came to, which of two is better, and right answers to train on."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sightline.demos.cli.failing import ANSWERED, INFRASTRUCTURE, NO_ANSWER, guarded
from sightline.memory import InfrastructureError, InputError


def report(folder: Path, *, html: bool, as_json: bool) -> int:
    """`sightline report LOGDIR`; returns the exit code: 3 where a run has no score for its errors."""

    def work() -> int:
        from sightline.evals.reporting.headline import trusted
        from sightline.evals.reporting.summary import summarise

        records = _runs(folder)
        groups: dict[tuple[str, str], list[Any]] = {}
        for record in records:
            groups.setdefault((record.benchmark, record.variant), []).append(summarise(record))
        if as_json:
            summaries = [summary.to_json() for group in groups.values() for summary in group]
            sys.stdout.write(json.dumps(summaries, indent=2, ensure_ascii=False) + "\n")
        elif not html:
            _show(groups)
        if html:
            _page(list(groups.values()), folder if folder.is_dir() else folder.parent)
        return ANSWERED if all(trusted(record) for record in records) else INFRASTRUCTURE

    return guarded(work, as_json=as_json)


def _runs(path: Path) -> list[Any]:
    """The runs of a folder, or the one of a log."""
    from sightline.evals.running.logs import read_run, read_runs

    return read_runs(path) if path.is_dir() else [read_run(path)]


def _show(groups: dict[tuple[str, str], list[Any]]) -> None:
    from sightline.evals.reporting.summary import title_of
    from sightline.evals.reporting.tables import tables

    console = _console()
    for group in groups.values():
        console.print(title_of(group[0].record), style="bold")
        for table in tables(group):
            _print(console, table)


def _console() -> Any:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)


def _print(console: Any, table: Any) -> None:
    from sightline.evals.reporting.tables import rich_table

    if not table.rows:
        return
    console.print()
    console.print(rich_table(table))
    for line in (*table.warnings, *([table.note] if table.note else [])):
        console.print(line)


def _page(groups: Sequence[Sequence[Any]], folder: Path) -> None:
    from sightline.evals.reporting.page import report_html

    path, page = folder / "report.html", report_html(groups)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}).", "Copy the logs to a folder of yours."
        ) from None
    sys.stderr.write(f"wrote {path} ({len(page) / 1e6:.1f} MB)\n")


def compare(first: Path, second: Path, *, strict: bool, as_json: bool) -> int:
    """`sightline compare LOG_A LOG_B`; returns the exit code."""

    def work() -> int:
        from sightline.evals.benchmarks import benchmark
        from sightline.evals.reporting.comparing import comparison_json, comparison_tables, verdict
        from sightline.evals.statistics.paired import compare as paired

        one, two = (_single(path) for path in (first, second))
        found = paired(one, two, benchmark(one.benchmark).aggregate, "strict" if strict else "official")
        if as_json:
            sys.stdout.write(json.dumps(comparison_json(one, two, found), indent=2, ensure_ascii=False) + "\n")
            return ANSWERED
        console = _console()
        for table in comparison_tables(one, two, found):
            _print(console, table)
        console.print()
        console.print(verdict(one, two, found))
        if found.dropped:
            console.print(f"Not compared: {'; '.join(found.dropped)}.")
        return ANSWERED

    return guarded(work, as_json=as_json)


def _single(path: Path) -> Any:
    """The one run of a log, or of a folder that holds no other; one whose errors are few enough to be compared."""
    from sightline.evals.reporting.headline import doubt

    records = _runs(path)
    if len(records) > 1:
        logs = ", ".join(f"{Path(record.log).name} ({record.arm})" for record in records)
        raise InputError(f"{path} holds {len(records)} runs.", f"Name one of its logs: {logs}.")
    (record,) = records
    if why := doubt(record):
        raise InfrastructureError(
            f"{record.log} cannot be compared: {why}.",
            f"Go on with it: sightline eval --resume {Path(record.log).parent}",
        )
    return record


def export(logs: Path, form: str, out: Path) -> int:
    """`sightline export LOGDIR`; returns the exit code."""

    def work() -> int:
        from sightline.evals.exporting import FORMATS
        from sightline.evals.exporting import export as written

        found = next((known for known in FORMATS if known == form), None)
        if found is None:
            raise InputError(f"There is no format {form!r}.", f"There are: {', '.join(FORMATS)}.")
        try:
            made = written(logs, found, out)
        except OSError as error:
            raise InputError(
                f"{out} cannot be written ({error.strerror}).", "Name a file in a folder of yours."
            ) from None
        for why, count in made.left_out.items():
            sys.stderr.write(f"left out: {count}, {why}\n")
        sys.stderr.write(f"wrote {made.path}: {made.lines} questions, {made.pictures} pictures\n")
        return ANSWERED if made.lines else NO_ANSWER

    return guarded(work, as_json=False)
