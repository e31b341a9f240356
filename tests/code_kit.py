"""What tests of cells share: a workspace, the tools, and cells that are run one after the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from loop_kit import photo

from sightline.memory import CallRecord, ToolFinished, ToolStarted, Workspace
from sightline.tools import Instrument, Sees, select
from sightline.tools.back_ends import BackEnds
from sightline.tools.code import run_python
from sightline.tools.contract import StoredPixels, ToolContext
from sightline.tools.execution import execute
from sightline.tools.session import Session


def processes() -> set[str]:
    """Ids of the children of this process, whichever thread started them, that have not ended."""
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # the thread has just ended
            found |= set((task / "children").read_text().split())
    return found


class CellRun:
    """A run whose calls are cells.

    Args:
        workspace: The run; a new one with a photo if not given.
        folder: Where a new one goes.
        tools: What cells can call; families, names, or tools.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        workspace: Workspace | None = None,
        tools: Iterable[str | Instrument] = ("image", "drawing", "measure"),
        sees: Sees | None = None,
        back_ends: BackEnds | None = None,
        used_up: Callable[[], str] = lambda: "",
        seconds_left: Callable[[], float | None] = lambda: None,
    ) -> None:
        if workspace is None:
            assert folder is not None
            workspace = Workspace.create(folder / "ws")
            workspace.add_picture(photo())
        self.workspace = workspace
        self.sees = sees or StoredPixels()
        self.back_ends = back_ends or BackEnds(offline=True)
        chosen: list[Instrument] = list(select([t for t in tools if isinstance(t, str)]))
        chosen += [t for t in tools if not isinstance(t, str)]
        self.session = Session({t.name: t for t in [*chosen, run_python]}, used_up, seconds_left)
        workspace.closing.append(self.session.close)

    def run(self, code: str) -> ToolFinished:
        """Run a cell and let it take effect, as the loop does."""
        name = f"c.{1 + sum(record.call.name == 'run_python' for record in self.workspace.calls.values())}"
        self.workspace.append(ToolStarted(call=name, tool="run_python", arguments={"code": code}))
        context = ToolContext(self.workspace, sees=self.sees, back_ends=self.back_ends, session=self.session)
        finished = asyncio.run(execute(run_python, {"code": code}, context, name))
        self.workspace.append(finished)
        self.workspace.commit([name])
        return finished

    def __call__(self, code: str) -> str:
        """What a cell that goes well says."""
        finished = self.run(code)
        assert finished.outcome == "ok", f"{finished.outcome}: {finished.text}\n{finished.detail}"
        return self.last.text

    def fails(self, code: str, outcome: str = "mistake") -> str:
        """What a cell that does not go well says."""
        finished = self.run(code)
        assert finished.outcome == outcome, f"{finished.outcome}: {finished.text}\n{finished.detail}"
        return self.last.text

    @property
    def last(self) -> CallRecord:
        """The record of the last cell."""
        return [record for record in self.workspace.calls.values() if record.call.name == "run_python"][-1]

    def inner(self) -> list[tuple[str, str, Any]]:
        """Id, tool and outcome of the calls that the last cell made."""
        return [(r.call.id, r.call.name, r.finished and r.finished.outcome) for r in self.last.inner]
