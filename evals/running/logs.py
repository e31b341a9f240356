"""Reading logs: from an Inspect log to a `RunRecord`, and from a sample in it to a run that can be looked at."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

from sightline.evals.result import Cause, Result, RunRecord
from sightline.evals.running.tracing import SOURCE, rebuild
from sightline.memory import InfrastructureError, InputError, Usage

METADATA = "sightline"
"""Key of the settings in a log's metadata."""

SCORER = "sightline"
"""Name of the score in a log."""

DECODING = frozenset(
    {"temperature", "max_tokens", "top_p", "top_k", "stop_seqs", "frequency_penalty", "presence_penalty"}
)
"""Settings of generation that a protocol can pin."""

_CAUSES: dict[str, Cause] = {
    "provider": "provider",
    "instrument": "instrument",
    "judge": "judge",
    "machine": "machine",
}


def read_runs(folder: Path) -> list[RunRecord]:
    """The runs whose logs lie in a folder, oldest first; of a run that was gone on with, its last log.

    Raises:
        InputError: There is no such folder, or no log of ours in it.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", "Name the log folder of `sightline eval`.")
    latest: dict[str, Path] = {}
    for path in sorted(folder.glob("*.eval")):
        header = _header(path)
        if METADATA in (header.eval.metadata or {}):
            latest.pop(header.eval.task_id, None)
            latest[header.eval.task_id] = path
    if not latest:
        raise InputError(f"There is no log of `sightline eval` in {folder}.", "Name the folder it wrote to.")
    return [read_run(path) for path in latest.values()]


def read_run(path: Path) -> RunRecord:
    """A log as a record.

    Raises:
        InputError: The file is missing, cut off, or no log of ours.
    """
    header = _header(path)
    spec = header.eval
    settings = (spec.metadata or {}).get(METADATA)
    if settings is None:
        raise InputError(f"{path} was not written by `sightline eval`.", "Name one of its logs.")
    from inspect_ai.log import read_eval_log_sample_summaries

    summaries = read_eval_log_sample_summaries(str(path))
    order = {str(sample): place for place, sample in enumerate(spec.dataset.sample_ids or [])}
    summaries.sort(key=lambda summary: (summary.epoch, order.get(str(summary.id), len(order))))
    results = tuple(_result(summary, settings) for summary in summaries)
    config = spec.model_generate_config
    decoding = header.plan.config
    decoded = {name: said for name in DECODING if (said := _first(config, decoding, name)) is not None}
    official = settings["published_protocol"] and decoded == settings["decoding"]
    snapshots = Counter(seen for s in summaries for seen in _row(s).get("snapshot", "").split(", ") if seen)
    expected = settings["questions"] * settings["repeat"]
    return RunRecord(
        log=str(path),
        benchmark=settings["benchmark"],
        variant=settings["variant"],
        arm=settings["arm"],
        model=_model_name(spec, settings),
        snapshot=", ".join(name for name, _ in snapshots.most_common()),
        scoring="official" if official else "official scoring",
        settings={
            "effort": _first(config, decoding, "reasoning_effort") or _first(config, decoding, "effort"),
            "temperature": _first(config, decoding, "temperature"),
            "seed": _first(config, decoding, "seed"),
            "max_tokens": _first(config, decoding, "max_tokens"),
            **{
                name: value for name, value in settings.items() if name not in ("benchmark", "variant", "arm", "sample")
            },
            "inspect": (spec.packages or {}).get("inspect_ai", ""),
            "base_url": spec.model_base_url,
            "started": spec.created,
        },
        sample=settings["sample"],
        complete=header.status == "success" and len(results) == expected,
        results=results,
    )


def extract_run(log: Path, sample: str, epoch: int, folder: Path) -> list[Path]:
    """Write the runs of a sample as folders that `sightline trace` and the web page open.

    Args:
        log: The log.
        sample: Id of the item.
        epoch: Which time it was asked, from 1.
        folder: Where to; a folder of the run's name is made in it.

    Returns:
        The folders: one, or as many as there were votes.

    Raises:
        InputError: There is no such sample, or its run is not in the log.
    """
    from inspect_ai.log import read_eval_log_sample

    _header(log)
    try:
        found = read_eval_log_sample(str(log), id=sample, epoch=epoch, resolve_attachments="full")
    except (IndexError, KeyError):
        raise InputError(
            f"There is no sample {sample!r} (time {epoch}) in {log.name}.", "See `sightline report`."
        ) from None
    traces = {e.data["run"]: e.data for e in found.events if e.event == "info" and e.source == SOURCE}
    if not traces:
        raise InputError(f"No run was kept for the sample {sample!r}.", "Only arms that ask a model have runs.")
    return [rebuild(trace, folder) for trace in traces.values()]


def _header(path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"There is no log {path}.", "Name a file that `sightline eval` wrote.")
    try:
        from inspect_ai.log import read_eval_log
    except ImportError:
        raise InfrastructureError("Logs need the extra evals.", 'Install it: pip install "sightline[evals]"') from None
    try:
        return read_eval_log(str(path), header_only=True)
    except (ValueError, KeyError, EOFError, OSError) as error:
        raise InputError(f"{path} is no log that can be read ({error}).", "It may be cut off.") from None


def _first(config: Any, decoding: Any, name: str) -> Any:
    """A setting of generation: what the person said, else the task."""
    value = getattr(config, name, None)
    return getattr(decoding, name, None) if value is None else value


def _model_name(spec: Any, settings: dict[str, Any]) -> str:
    if settings["arm"] == "prior":
        return "none (has seen the labels)"
    return str(spec.model)


def _row(summary: Any) -> dict[str, Any]:
    score = (summary.scores or {}).get(SCORER)
    return {} if score is None else dict(score.metadata or {})


def _result(summary: Any, settings: dict[str, Any]) -> Result:
    about = summary.metadata
    common: dict[str, Any] = {
        "item": str(summary.id),
        "repeat": summary.epoch,
        "category": about["category"],
        "cluster": about["cluster"],
        "group": about["group"],
        "source": about["source"],
        "binary": settings["binary"],
    }
    score = (summary.scores or {}).get(SCORER)
    if summary.error or score is None:
        cause, _, message = (summary.error or "machine: it was not scored").partition(": ")
        if cause not in _CAUSES:
            cause, message = "machine", summary.error or ""
        return Result(
            **common,
            official=None,
            strict=None,
            outcome="error",
            cause=_CAUSES[cause],
            message=message,
            usage=_inspect_usage(summary),
            seconds=summary.total_time or 0.0,
        )
    row = _row(summary)
    official, strict = score.value["official"], score.value["strict"]
    return Result(
        **common,
        official=None if official is None or math.isnan(official) else float(official),
        strict=None if strict is None or math.isnan(strict) else float(strict),
        outcome=row["outcome"],
        cause=row["cause"],
        forced=row["forced"],
        parsed=row["parsed"],
        said=score.answer or "",
        read=score.explanation or "",
        parts=row["parts"],
        usage=Usage(**row["usage"]),
        tool_seconds=row["tool_seconds"],
        seconds=row["seconds"],
        tool_calls=row["tool_calls"],
        frames=row["frames"],
        pixels=row["pixels"],
    )


def _inspect_usage(summary: Any) -> Usage:
    """What Inspect counted for a question that failed; what it cost is not known from that."""
    used = list(summary.model_usage.values())
    if not used:
        return Usage()
    cached = sum(u.input_tokens_cache_read or 0 for u in used)
    return Usage(
        calls=0,
        input_tokens=sum(u.input_tokens + (u.input_tokens_cache_write or 0) for u in used) + cached,
        cached_tokens=cached,
        output_tokens=sum(u.output_tokens for u in used),
        reasoning_tokens=sum(u.reasoning_tokens or 0 for u in used),
        dollars=None,
    )
