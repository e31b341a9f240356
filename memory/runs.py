"""Where runs live, how one is found again, and how one is branched.

A run is a folder below the runs folder: `$SIGHTLINE_RUNS`, or `sightline/runs` in the user's data folder
(`$XDG_DATA_HOME`, else `~/.local/share`). Its id is the folder's name.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.memory.artifacts import ArtifactStore
from sightline.memory.errors import InfrastructureError, InputError
from sightline.memory.events import (
    Answered,
    Event,
    ModelFailed,
    ParentPosition,
    PersonSaid,
    RunResumed,
    RunStarted,
)
from sightline.memory.fold import Fold
from sightline.memory.journal import FILE_NAME, read_events, write_journal


def runs_folder() -> Path:
    """The folder that holds the runs; it may not exist yet."""
    if named := os.environ.get("SIGHTLINE_RUNS"):
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "sightline" / "runs"


def new_run_folder(runs: Path | None = None) -> Path:
    """A new, empty folder for a run, named by its time (UTC, to the millisecond) and four random characters.

    Raises:
        InfrastructureError: It cannot be made.
    """
    parent = runs or runs_folder()
    while True:
        now = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
        folder = parent / f"{stamp}-{int(now * 1000) % 1000:03d}{secrets.token_hex(2)}"
        try:
            folder.mkdir(parents=True, exist_ok=False)
        except FileExistsError:
            continue
        except OSError as error:
            raise InfrastructureError(
                f"No run can be kept in {parent} ({error.strerror}).",
                "Set SIGHTLINE_RUNS, or --runs, to a folder of yours.",
            ) from error
        return folder


def list_runs(runs: Path | None = None) -> list[Path]:
    """Folders of all runs, oldest first."""
    folder = runs or runs_folder()
    return sorted(path.parent for path in folder.glob(f"*/{FILE_NAME}")) if folder.is_dir() else []


def find_run(name: str | os.PathLike[str], runs: Path | None = None) -> Path:
    """The folder of a run.

    Args:
        name: A folder, a run's id, the beginning of one, or `last`.
        runs: Where to look; the runs folder by default.

    Raises:
        InputError: There is no such run, or more than one.
    """
    path = Path(name)
    if (path / FILE_NAME).is_file():
        return path
    known = list_runs(runs)
    if str(name) == "last" and known:
        return known[-1]
    matching = [run for run in known if run.name.startswith(str(name))]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise InputError(f"{len(matching)} runs begin with {name}.", f"E.g. {matching[0].name} and {matching[1].name}.")
    if not known:
        raise InputError("There are no runs yet.", "Ask something first.")
    listing = ", ".join(run.name for run in known[-3:])
    raise InputError(f"There is no run {name}.", f"The latest are: {listing}.")


def branch_run(
    parent: Path, after_step: int, runs: Path | None = None, settings: Mapping[str, Any] | None = None
) -> Path:
    """Copy a run up to the end of one of its steps into a new run; the parent is only read.

    Args:
        parent: The parent's folder.
        after_step: The last step to share; 0 for none, so that the branch begins anew with the same inputs.
        runs: Where the branch goes; beside its parent by default.
        settings: Fields of the branch's `RunStarted` that differ from its parent's: another model, another budget.

    Returns:
        The branch's folder. Its events keep their positions; its `RunStarted` names the parent and the position.

    Raises:
        InputError: The parent has no such complete step.
    """
    events = list(read_events(parent / FILE_NAME))
    last = _end_of_step(events, after_step)
    if last is None:
        raise InputError(
            f"The run {parent.name} has no complete step {after_step}.",
            f"Name a step from 0 to {_complete_steps(events)}.",
        )
    folder = new_run_folder(runs or parent.parent)
    ArtifactStore(folder / "artifacts").link_all(ArtifactStore(parent / "artifacts"))
    write_journal(
        folder / FILE_NAME,
        [
            event.model_copy(
                update={
                    **(settings or {}),
                    "run": folder.name,
                    "parent": ParentPosition(run=event.run, position=last),
                }
            )
            if isinstance(event, RunStarted)
            else event
            for event in events[: last + 1]
        ],
    )
    return folder


def _complete_steps(events: list[Event]) -> int:
    step = 0
    while _end_of_step(events, step + 1) is not None:
        step += 1
    return step


def _end_of_step(events: list[Event], step: int) -> int | None:
    """Index of the last event of step `step`; None where that step is not complete.

    What was said, and that the run failed or was resumed, after it belongs to what came next.
    """
    end = next(
        (i for i, e in enumerate(events) if e.type == "step_composed" and e.step == step + 1),
        len(events),
    )
    end = next((i for i, e in enumerate(events[:end]) if isinstance(e, Answered)), end)
    folded = Fold()
    for event in events[:end]:
        folded.apply(event)
    if len(folded.steps) != step or not all(s.complete for s in folded.steps):
        return None
    while end > 0 and isinstance(events[end - 1], PersonSaid | RunResumed | ModelFailed):
        end -= 1
    return end - 1
