"""`ask`, `resume` and `branch`: a run on the terminal, as it happens, and its answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.demos.cli.failing import ANSWERED, INFRASTRUCTURE, NO_ANSWER, STOPPED, guarded
from sightline.demos.terminal import Live
from sightline.demos.wording import dollars, flags, printable, tokens
from sightline.memory import InputError, RunStarted, Workspace, find_run


def ask(
    given: dict[str, Any], agent: dict[str, Any], budget: dict[str, Any], recording: Path | None, *, as_json: bool
) -> int:
    """`sightline ask`; returns the exit code."""

    def work() -> int:
        from sightline.agents import Budget, SpatialAgent

        question = sys.stdin.read() if given["question"] == "-" else given["question"]
        settings = {**agent, "back_ends": back_end_settings(agent["back_ends"])}
        asker = SpatialAgent(budget=Budget(**budget), **settings)
        stream = asker.stream(
            question,
            given["pictures"],
            video=given["video"],
            panorama=given["panorama"],
            known=_facts(given["known"]),
            fov=given["fov"],
            marks=[_mark(text) for text in given["marks"]],
            options=given["options"],
            expect=given["expect"],
            unit=given["unit"],
            start=given["start"],
            engine=given["engine"],
        )
        return _follow(stream, agent["runs"], as_json=as_json, recording=recording)

    return guarded(work, as_json=as_json)


def resume(run: str, model: str | None, base_url: str | None, runs: Path | None, *, as_json: bool) -> int:
    """`sightline resume`; returns the exit code."""

    def work() -> int:
        from sightline.agents import SpatialAgent

        folder = find_run(run, runs)
        asker = SpatialAgent.from_run(folder, runs=runs, **_changes(model, base_url))
        return _follow(asker.stream_resume(folder), runs, folder=folder, as_json=as_json)

    return guarded(work, as_json=as_json)


def branch(
    run: str, after: int, say: str, model: str | None, base_url: str | None, runs: Path | None, *, as_json: bool
) -> int:
    """`sightline branch`; returns the exit code."""

    def work() -> int:
        from sightline.agents import SpatialAgent

        folder = find_run(run, runs)
        asker = SpatialAgent.from_run(folder, runs=runs, **_changes(model, base_url))
        answer = asker.branch(folder, after, say)
        return _conclude(answer.trace, as_json=as_json)

    return guarded(work, as_json=as_json)


def _changes(model: str | None, base_url: str | None) -> dict[str, Any]:
    """What differs from how the run was begun; another model has another profile."""
    changes: dict[str, Any] = {"model": model, "profile": None} if model else {}
    return changes | ({"base_url": base_url} if base_url else {})


def _follow(
    stream: Iterator[Any],
    runs: Path | None,
    *,
    as_json: bool,
    folder: Path | None = None,
    recording: Path | None = None,
) -> int:
    """Show a run while it happens; Ctrl-C stops it and says how to go on."""
    live = Live(quiet=not sys.stderr.isatty())
    try:
        with live:
            for item in stream:
                if isinstance(item, RunStarted):
                    folder = find_run(item.run, runs)
                live.show(item, folder)
    except KeyboardInterrupt:
        name = folder.name if folder else "last"
        sys.stderr.write(f"\nstopped; go on with: sightline resume {name}\n")
        return STOPPED
    assert folder is not None, "a stream begins with the run's start"
    if recording is not None:
        record(Workspace.open(folder), recording)
    return _conclude(Workspace.open(folder), as_json=as_json)


def record(workspace: Workspace, out: Path) -> None:
    """Write a run as a Rerun recording, and say so."""
    from sightline.demos.recording import write_recording

    write_recording(workspace, out)
    sys.stderr.write(f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB); see it with: rerun {out}\n")


def _conclude(workspace: Workspace, *, as_json: bool) -> int:
    from sightline.agents import Answer

    answer = Answer.of(workspace)
    if as_json:
        sys.stdout.write(json.dumps(_as_json(answer), ensure_ascii=False) + "\n")
    else:
        _print(answer)
    for failure in answer.failures:
        sys.stderr.write(f"not available: {' '.join(printable(failure).split())}\n")
    if answer.status == "answered":
        return ANSWERED
    return INFRASTRUCTURE if answer.failures else NO_ANSWER


def _as_json(answer: Any) -> dict[str, Any]:
    started = answer.trace.started
    usage = answer.usage
    return {
        "question": started.question,
        "status": answer.status,
        "value": answer.value,
        "text": answer.text,
        "raw": answer.raw,
        "details": answer.details,
        "extraction": answer.extraction,
        "forced": answer.forced,
        "fallback": answer.fallback,
        "failures": answer.failures,
        "run": answer.run,
        "model": started.model,
        "strategy": started.strategy,
        "steps": len(answer.trace.steps),
        "usage": usage.model_dump(),
    }


def _print(answer: Any) -> None:
    """The answer on standard output; on a terminal also what it took and where to look."""
    words = answer.text if answer.status == "answered" else f"{answer.status}: {answer.text}"
    sys.stdout.write(printable(words).strip() + "\n")
    if answer.details and answer.details != answer.text:
        # A program alone goes to standard output, so that it can be piped into a file.
        is_program = answer.trace.started.answer_spec["kind"] == "program"
        (sys.stderr if is_program else sys.stdout).write(printable(answer.details).strip() + "\n")
    for flag in flags(answer.trace.answer):
        sys.stderr.write(f"note: {flag.meaning}\n")
    if sys.stderr.isatty():
        usage = answer.usage
        took = f"{len(answer.trace.steps)} steps, {tokens(usage)}, {dollars(usage.dollars)}"
        sys.stderr.write(f"{took}; see it with: sightline trace {answer.run} --html trace.html\n")


def _facts(texts: list[str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for text in texts:
        name, value = _fact(text)
        if name in facts:
            raise InputError(f"--known {name!r} is stated twice.", "State it once.")
        facts[name] = value
    return facts


def _fact(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise InputError(f"--known {text!r} is not name=value.", 'E.g. --known "door height=2.03 m".')
    return name.strip(), value.strip()


def back_end_settings(texts: list[str]) -> dict[str, str]:
    """`--back-end role=name` as `SpatialAgent` takes it; whether they exist is checked there."""
    settings: dict[str, str] = {}
    for text in texts:
        role, sign, setting = text.partition("=")
        if not sign or not role.strip() or not setting.strip():
            raise InputError(f"--back-end {text!r} is not role=name.", "E.g. --back-end depth=depth-pro.")
        if role.strip() in settings:
            raise InputError(f"--back-end {role.strip()!r} is stated twice.", "State it once.")
        settings[role.strip()] = setting.strip()
    return settings


def _mark(text: str) -> Any:
    from sightline.agents import Mark

    name, _, place = text.rpartition("=")
    picture, colon, numbers = place.rpartition(":")
    try:
        values = tuple(float(number) for number in numbers.split(","))
    except ValueError:
        values = ()
    if not name.strip() or len(values) not in (2, 4):
        raise InputError(
            f"--mark {text!r} is not name=x,y or name=x0,y0,x1,y1.",
            'E.g. --mark "mug=40,80,90,130", or "mug=img2:40,80".',
        )
    return Mark(name.strip(), values, picture if colon else "img1")
