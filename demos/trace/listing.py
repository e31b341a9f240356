"""The list of runs, for `sightline trace` without a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sightline.demos.wording import count, moment, one_line, printable
from sightline.memory import InputError, Workspace, list_runs, runs_folder

if TYPE_CHECKING:
    from rich.table import Table

MOST = 20
"""Runs listed; each line needs its whole journal."""


def list_text(runs: Path | None = None) -> Table | str:
    """The latest runs as a rich table, or one line where there are none.

    Args:
        runs: The folder that holds them; the runs folder by default.
    """
    from rich.table import Table
    from rich.text import Text

    known = list_runs(runs)
    if not known:
        return f"There are no runs in {runs or runs_folder()} yet: sightline ask PICTURE -q QUESTION makes one."
    shown = known[-MOST:]
    caption = f"the latest {len(shown)} of {len(known)} runs" if len(shown) < len(known) else count(len(known), "run")
    table = Table(box=None, pad_edge=False, caption=f"{caption} in {runs or runs_folder()}", caption_justify="left")
    table.add_column("run", no_wrap=True, overflow="fold")
    table.add_column("model", max_width=24)
    table.add_column("steps", justify="right")
    table.add_column("question", ratio=3)
    table.add_column("answer", ratio=2)
    for folder in shown:
        table.add_row(folder.name, *(Text(printable(cell)) for cell in _cells(folder)))
    return table


def _cells(folder: Path) -> tuple[str, str, str, str]:
    """Model, steps, question and answer of one run; a damaged one says so and does not hide the others."""
    try:
        ws = Workspace.open(folder)
    except InputError as error:
        return "", "", "(damaged)", one_line(error.message, 120)
    model = "" if ws.started is None else ws.started.model
    question = "(no agent)" if ws.started is None else one_line(ws.started.question, 100)
    return model, str(len(ws.steps)), question, one_line(state(ws), 80)


def state(ws: Workspace) -> str:
    """How a run stands, on a line: its answer, or why there is none yet."""
    if ws.answer is not None:
        if ws.answer.status == "answered":
            return f"{ws.answer.text} (forced)" if ws.answer.forced else ws.answer.text
        return f"({ws.answer.status})"
    if ws.failure is not None:
        return "(failed; can be resumed)"
    if ws.started is None:
        return ""
    started = moment(ws.events[-1].time)
    return f"(unfinished since {started}; can be resumed)"
