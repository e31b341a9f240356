"""The cells of one run: one kernel, started at the first cell, closed with the run.

A kernel does not outlive its process. Where a run goes on in a new one (it was resumed, or branched), its earlier cells
are run again, with every call of a tool answered from the journal: a tool is asked nothing twice, and what they compute
is the same as long as it depends on nothing else. Where that would take too long, or comes out otherwise, the model is
told so.
"""

from __future__ import annotations

from sightline.memory import CallRecord, Workspace
from sightline.tools.characters import from_outside
from sightline.tools.code.functions import RUN_PYTHON, functions_of, note_of
from sightline.tools.code.inner import Diverged, InnerCalls
from sightline.tools.code.staging import Staging
from sightline.tools.contract import ToolContext
from sightline.tools.sandbox.choosing import sandbox
from sightline.tools.sandbox.kernel import CellEnded, Kernel, start_kernel

CELL_SECONDS = 60.0
"""How long a cell may take, the time of the tools that it calls left out."""

REPLAY_SECONDS = 60.0
"""Earlier cells that took longer together are not run again."""


class Cells:
    """Runs the cells of one run."""

    def __init__(self) -> None:
        self._kernel: Kernel | None = None
        self._staging: Staging | None = None
        self._gone = ""
        self._fresh = True
        self._closed = False

    async def run(self, context: ToolContext, code: str) -> tuple[CellEnded, str, InnerCalls]:
        """Run a cell.

        Args:
            context: Of the call.
            code: The cell.

        Returns:
            What became of it; what the model has to know of earlier variables, in words; and the calls it made.

        Raises:
            InfrastructureError: There is no sandbox.
        """
        note = ""
        if self._kernel is None or self._kernel.closed:
            kernel, staging = await self._start(context)
            note = self._gone
            if self._fresh:
                note = await self._replay(context, kernel, staging)
            self._fresh, self._gone = False, ""
        assert self._kernel is not None, "started above"
        assert self._staging is not None, "started above"
        self._staging.update(context.workspace)
        known = context.workspace.calls[context.call].inner
        inner = InnerCalls(context, functions_of(context.session.instruments), self._staging, known)
        left = context.session.seconds_left()
        seconds = CELL_SECONDS if left is None else max(1.0, min(CELL_SECONDS, left))
        ended = await self._kernel.run(context.call, code, inner.answer, seconds)
        if ended.state == "lost":
            self._gone = "The variables of earlier cells are gone: the kernel had to be ended."
        return ended, note, inner

    async def _start(self, context: ToolContext) -> tuple[Kernel, Staging]:
        if self._staging is None:
            self._staging = Staging()
        self._staging.update(context.workspace)
        notes = [note_of(name, tool) for name, tool in functions_of(context.session.instruments).items()]
        self._kernel = await start_kernel(sandbox(), notes, self._staging.folder)
        if self._closed:  # the run ended in the meantime
            self.close()
        return self._kernel, self._staging

    async def _replay(self, context: ToolContext, kernel: Kernel, staging: Staging) -> str:
        """Run earlier cells again; returns what the model has to know of it."""
        cells, lost = earlier_cells(context.workspace, context.call)
        note = "The variables of cells before the one that was stopped are gone." if lost and cells else ""
        if lost and not cells:
            note = "The variables of earlier cells are gone."
        if not cells:
            return note
        if sum(own_seconds(record) for record in cells) > REPLAY_SECONDS:
            return "The run was resumed, and earlier cells took too long to run them again: their variables are gone."
        for record in cells:
            inner = InnerCalls(context, functions_of(context.session.instruments), staging, record.inner, live=False)
            try:
                ended = await kernel.run(
                    record.call.id, str(record.call.arguments.get("code")), inner.answer, CELL_SECONDS
                )
            except Diverged:
                ended = CellEnded(state="lost")
            if ended.state != "done":
                kernel.close()
                await self._start(context)
                return (
                    "The run was resumed. The variables of earlier cells are gone: run again, "
                    f"cell {record.call.id} took another way."
                )
            if from_outside(said_by(ended)) not in record.text:
                note = (
                    f"The run was resumed and its earlier cells were run again: cell {record.call.id} said something "
                    "else this time, so variables may differ."
                )
        return note

    def close(self) -> None:
        """End the kernel and remove its folder."""
        self._closed = True
        if self._kernel is not None:
            self._kernel.close()
        if self._staging is not None:
            self._staging.close()


def said_by(ended: CellEnded) -> str:
    """What a cell printed, and its last line's value."""
    return "\n".join(part for part in (ended.output.rstrip(), ended.value) if part)


def earlier_cells(workspace: Workspace, call: str) -> tuple[list[CallRecord], bool]:
    """The cells before a call whose variables can be had again, in order, and whether others cannot."""
    cells: list[CallRecord] = []
    lost = False
    for record in workspace.calls.values():
        if record.call.id == call:
            break
        if record.call.name != RUN_PYTHON or record.finished is None:
            continue
        if record.finished.outcome in ("ok", "mistake"):
            if isinstance(record.call.arguments.get("code"), str):
                cells.append(record)
        else:  # interrupted somewhere, or its kernel ended: what it left cannot be known
            lost = lost or bool(cells)
            cells = []
    return cells, lost


def own_seconds(record: CallRecord) -> float:
    """How long a cell took, the time of the tools that it called left out."""
    spent = [inner.finished.seconds for inner in record.inner if inner.finished is not None]
    return 0.0 if record.finished is None else record.finished.seconds - sum(spent)
