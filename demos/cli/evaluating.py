"""`eval` and `benchmarks`: questions asked of a model by the hundred, and what there is to ask."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from sightline.demos.cli.failing import ANSWERED, INFRASTRUCTURE, STOPPED, guarded
from sightline.memory import InputError


def evaluate(
    benchmark: str,
    asked: Mapping[str, Any],
    strategies: Sequence[str],
    perceptions: Sequence[str],
    order: Mapping[str, Any],
    log_dir: Path | None,
    *,
    as_json: bool,
) -> int:
    """`sightline eval BENCHMARK`; returns the exit code."""

    def work() -> int:
        from sightline.evals.benchmarks import benchmark as named
        from sightline.evals.running import order as running

        running.require_inspect()
        title = named(benchmark).name
        settings = dict(asked)
        if settings["data"]:
            settings["data"] = str(Path(settings["data"]).expanduser().resolve())
        arms = [(s, p) for s, p in product(strategies or ["react"], perceptions or ["real"])]
        tasks = tuple((benchmark, {**_given(settings), "strategy": s, "perception": p}) for s, p in arms)
        folder = log_dir or running.new_log_folder(Path("logs"), title)
        if (folder / running.FILE_NAME).exists():
            raise InputError(f"{folder} holds the logs of an earlier order.", "Name another --log-dir, or --resume it.")
        return _followed(lambda display, announce: running.run(
            running.Order(tasks, **order), folder, display, announce), folder, as_json=as_json)  # fmt: skip

    return guarded(work, as_json=as_json)


def resume(folder: Path, *, as_json: bool) -> int:
    """`sightline eval --resume LOGDIR`; returns the exit code."""

    def work() -> int:
        from sightline.evals.running import order as running

        return _followed(lambda display, announce: running.resume(folder, display, announce), folder, as_json=as_json)

    return guarded(work, as_json=as_json)


def _given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a task without those that have their default."""
    return {name: value for name, value in settings.items() if value not in (None, "", 0, (), [], {}, False)}


def _followed(work: Any, folder: Path, *, as_json: bool) -> int:
    """Run, and tell what came of it; Ctrl-C says how to go on."""
    display = "rich" if sys.stdout.isatty() and not as_json else "none"
    try:
        records = work(display, _announce)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nstopped; go on with: sightline eval --resume {folder}\n")
        return STOPPED
    broken = [record for record in records if not _trusted(record)]
    if as_json:
        sys.stdout.write(json.dumps([_summary(record) for record in records], indent=2, ensure_ascii=False) + "\n")
    else:
        _show(records, folder)
    return INFRASTRUCTURE if broken else ANSWERED


def _announce(task: Any) -> None:
    """What is about to be asked, on standard error."""
    about = task.metadata["sightline"]
    times = f", {about['repeat']} times each" if about["repeat"] > 1 else ""
    sys.stderr.write(
        f"{about['benchmark']} {about['variant']}, {about['arm']}: {about['questions']} questions{times} "
        f"(sample {about['sample']}, seed {about['draw_seed']})\n{about['detectable']}\n"
    )
    sys.stderr.flush()


def _trusted(record: Any) -> bool:
    """Whether a headline may be said: all was asked, and at most one question in a hundred ended in an error."""
    from sightline.evals.reporting.headline import trusted

    return bool(trusted(record))


def _summary(record: Any) -> dict[str, Any]:
    from sightline.evals.reporting.headline import headline

    said = headline(record)
    return {
        "benchmark": record.benchmark,
        "variant": record.variant,
        "arm": record.arm,
        "model": record.model,
        "snapshot": record.snapshot,
        "scoring": record.scoring,
        "score": said.score,
        "answered_only": said.answered_only,
        "questions": len(record.results),
        "errors": said.errors,
        "sample": record.sample,
        "log": record.log,
    }


def _show(records: Sequence[Any], folder: Path) -> None:
    from rich.console import Console

    from sightline.evals.reporting.headline import headline_table

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    console.print(headline_table(records))
    for record in records:
        errors = [result for result in record.results if result.outcome == "error"]
        if errors:
            console.print(f"{record.arm}: {errors[0].item}: {errors[0].message}")
    console.print(f"Logs: {folder}")
    if all(_trusted(record) for record in records):
        console.print(f"Next: sightline report {folder}   (or: inspect view --log-dir {folder})")
    else:
        console.print(f"Next: sightline eval --resume {folder}")


def benchmarks(name: str | None, *, as_json: bool) -> int:
    """`sightline benchmarks`; returns the exit code."""

    def work() -> int:
        from sightline.evals.benchmarks import NAMES
        from sightline.evals.benchmarks import benchmark as named

        chosen = [named(each) for each in (NAMES if name is None else [name])]
        if as_json:
            listing = [_facts(found) for found in chosen]
            sys.stdout.write(json.dumps(listing if name is None else listing[0], indent=2, ensure_ascii=False) + "\n")
        elif name is None:
            _list(chosen)
        else:
            _one(chosen[0])
        return ANSWERED

    return guarded(work, as_json=as_json)


def _facts(found: Any) -> dict[str, Any]:
    source, protocol = found.source, found.protocol
    return {
        "name": found.name,
        "title": found.title,
        "about": found.about,
        "licence": found.licence,
        "size": dict(found.size),
        "categories": list(found.categories),
        "hub": source.hub,
        "where": source.where,
        "layout": source.layout,
        "prompt": " ".join((found.prompt.__doc__ or "").split()),
        "metric": found.aggregate.about,
        "published": f"{protocol.repository}@{protocol.commit}" if protocol.repository else "",
        "extractor": protocol.extractor,
        "judge": protocol.judge,
        "frames": protocol.frames,
        "pixels": protocol.pixels,
        "decoding": dict(protocol.decoding),
        "departures": list(protocol.departures),
        "split": found.split,
    }


def _list(chosen: Sequence[Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "questions", "licence", "what it asks", "data"):
        table.add_column(heading, no_wrap=heading in ("name", "questions"))
    for found in chosen:
        table.add_row(
            found.name,
            _size(next(iter(found.size.values()))),
            found.licence,
            found.about,
            found.source.hub or ("made here" if found.make else "--data DIR"),
        )
    Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False).print(table)


def _size(number: int) -> str:
    return f"{number:,}" if number else "number not published"


def _one(found: Any) -> None:
    facts = _facts(found)
    lines = [f"{found.title} ({found.name})", found.about, ""]
    sizes = ", ".join(f"{variant} {_size(number)}" for variant, number in found.size.items())
    rows = {
        "questions": sizes,
        "types": ", ".join(found.categories),
        "licence": found.licence,
        "data": facts["hub"] or ("made here, from seeds" if found.make else facts["where"]),
        "folder": facts["layout"],
        "prompt": facts["prompt"],
        "metric": facts["metric"],
        "published in": facts["published"] or "here",
        "extractor": facts["extractor"],
        "judge": facts["judge"] or "none",
        "frames": str(facts["frames"] or "no video"),
        "pixels": f"longest edge {facts['pixels']}" if facts["pixels"] else "the model's own limit",
        "decoding": ", ".join(f"{k} {v}" for k, v in facts["decoding"].items()) or "the model's own",
        "split": facts["split"],
    }
    lines += [f"{name + ':':14}{value}" for name, value in rows.items()]
    if facts["departures"]:
        lines += ["", "Scores are `official scoring`, not `official`, because:"]
        lines += [f"  - {departure}" for departure in facts["departures"]]
    sys.stdout.write("\n".join(lines) + "\n")
