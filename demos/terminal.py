"""A run on the terminal while it happens: one or two lines an event, on standard error.

Quiet where standard error is no terminal, so that scripts see the answer alone.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sightline.demos.trace.story import in_stored_pixels
from sightline.demos.wording import OUTCOMES, arguments, duration, one_line, printable
from sightline.memory import (
    CallsCommitted,
    ModelReplied,
    NoteAdded,
    PlanRevised,
    RunStarted,
    StepComposed,
    ToolFinished,
    ToolStarted,
)
from sightline.memory.refs import number_new

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

LONGEST = 110


class Live:
    """Shows events as they come; use it as a context manager.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console: Console | None = None
        self._status: Status | None = None
        self._waiting: dict[str, ToolFinished] = {}

    def __enter__(self) -> Self:
        if not self._quiet:
            from rich.console import Console

            self._console = Console(stderr=True, highlight=False)
            self._status = self._console.status("starting")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, item: Any, folder: Path | None) -> None:
        """Show one event, or a piece of a reply."""
        if self._console is None:
            return
        match item:
            case RunStarted():
                self._line(f"run {item.run}: {item.model}, {item.strategy}", "dim")
            case StepComposed():
                self._wait(f"step {item.step}: thinking" + (" (last turn)" if item.final else ""))
            case ModelReplied():
                self._reply(item)
            case ToolStarted():
                if item.parent:  # a model's own calls were shown with its reply
                    said = f"{item.tool} {arguments(item.arguments)}"
                    self._line(f"     > {one_line(printable(said), LONGEST)}", "cyan")
                self._wait(f"{item.tool} ...")
            case ToolFinished():
                self._waiting[item.call] = item
            case CallsCommitted():
                for call in item.calls:
                    self._result(self._waiting.pop(call, None), item.handles)
            case _:
                pass

    def _reply(self, reply: ModelReplied) -> None:
        if reply.text:
            self._line(f"{reply.step}. {one_line(printable(reply.text), 3 * LONGEST)}")
        for call in reply.calls:
            self._line(f"   > {one_line(printable(f'{call.name} {arguments(call.arguments)}'), LONGEST)}", "cyan")

    def _result(self, finished: ToolFinished | None, handles: dict[str, str]) -> None:
        if finished is None:
            return
        first, *more = number_new(finished.text, handles).split("\n")
        text = one_line(printable(in_stored_pixels(first)), 2 * LONGEST)
        if more:
            text += f" (+{len(more)} lines)"
        style = "green" if finished.outcome == "ok" else "yellow"
        label = "" if finished.outcome == "ok" else f"{OUTCOMES[finished.outcome]}: "
        self._line(f"     {label}{text}  [{duration(finished.seconds)}]", style)
        for fact in finished.facts:
            if isinstance(fact, PlanRevised):
                for number, step in enumerate(fact.items, start=1):
                    self._line(
                        f"     {'✓' if step.done else '·'} {number}. {one_line(printable(step.text), LONGEST)}", "dim"
                    )
            elif isinstance(fact, NoteAdded):
                self._line(f"     noted: {one_line(printable(fact.text), LONGEST)}", "dim")

    def _line(self, text: str, style: str = "") -> None:
        assert self._console is not None
        self._console.print(text, style=style or None, markup=False)

    def _wait(self, text: str) -> None:
        if self._status is not None:
            self._status.update(printable(text))
