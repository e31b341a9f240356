"""One run on a page, from its start to its end, and what the page is told of it meanwhile.

A lane hears the run's events on the event loop; what the page shows of them is written on a thread, a batch at a time,
so that a fast run does not write what nobody could see.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sightline.demos.trace import LiveTrace
from sightline.demos.web.feed import Feed, Message
from sightline.demos.web.limits import Limits
from sightline.demos.web.panels.memory import memory_panel
from sightline.demos.web.slots import Slots
from sightline.memory import Event, InputError, SightlineError, Workspace

if TYPE_CHECKING:
    from sightline.agents import Delta, SpatialAgent

State = Literal["waiting", "running", "done", "stopped", "failed"]
Stream = AsyncGenerator["Event | Delta"]


class Lane:
    """A run that a page shows.

    Args:
        name: Short and unique on the page; ids begin with it.
        label: For the person: the model, the strategy, or what it branched from.
        feed: The page's.
        runs: The folder that holds the run.
        agent: Who answers; None for a run that was opened, which is only looked at.
    """

    def __init__(self, name: str, label: str, feed: Feed, runs: Path, agent: SpatialAgent | None) -> None:
        self.name = name
        self.label = label
        self.agent = agent
        self.state: State = "waiting"
        self.folder: Path | None = None
        self._feed = feed
        self._runs = runs
        self._trace: LiveTrace | None = None
        self._task: asyncio.Task[None] | None = None
        self._pending: list[Event] = []
        self._writing = asyncio.Lock()
        self._panels: dict[str, str] = {}
        self._first: Callable[[], Stream] | None = None

    @property
    def begun(self) -> bool:
        """Whether there is a run yet."""
        return self._trace is not None

    @property
    def workspace(self) -> Workspace:
        """The run as the page knows it.

        Raises:
            InputError: It has not begun.
        """
        if self._trace is None:
            raise InputError("This run has not begun.", "Wait for it, or ask again.")
        return self._trace.ws

    # A run's life

    def start(self, stream: Callable[[], Stream], slots: Slots, limits: Limits) -> None:
        """Begin, or go on, in the background."""
        self._first = self._first or stream
        self._say("waiting")
        self._task = asyncio.create_task(self._live(stream, slots, limits), name=f"lane {self.name}")

    def start_again(self, slots: Slots, limits: Limits) -> bool:
        """Begin anew if the run was stopped before it had all its inputs: of such a one nothing can be gone on with.

        Returns:
            Whether it was.
        """
        if self._first is None or (self._trace is not None and self._trace.ws.begun):
            return False
        self._trace, self.folder, self._pending, self._panels = None, None, [], {}
        self.start(self._first, slots, limits)
        return True

    async def stop(self) -> None:
        """End the run and wait until it has let go; it can be resumed."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
            if self.state in ("waiting", "running"):  # it was stopped before it had begun
                self._say("stopped")

    async def show(self, folder: Path) -> None:
        """Show a run that is over."""
        self.folder = folder
        workspace = await asyncio.to_thread(Workspace.open, folder)
        self._follow(folder)
        self._pending += workspace.events
        await self._write("")
        over = workspace.answer is not None or workspace.started is None  # calls without an agent have no answer
        self._say("done" if over else "stopped")

    @property
    def busy(self) -> bool:
        """Whether it runs, or waits to."""
        return self._task is not None and not self._task.done()

    async def _live(self, stream: Callable[[], Stream], slots: Slots, limits: Limits) -> None:
        outcome: State = "failed"
        said = "The program failed; where it was started, its log says how."
        try:
            async with slots.turn(lambda before: self._say("waiting", before=before)):
                self._say("running")
                async with asyncio.timeout(limits.seconds), aclosing(stream()) as items:
                    await self._hear(items)
            outcome, said = "done", ""
        except asyncio.CancelledError:
            outcome, said = "stopped", ""
            raise
        except TimeoutError:
            outcome = "stopped"
            said = f"Stopped after {limits.seconds / 60:g} minutes, the limit of this page. It can be resumed."
        except SightlineError as error:
            outcome, said = "failed", str(error)
        finally:
            # Also when it is cancelled: what happened until then is shown.
            await asyncio.shield(self._end(outcome, said))

    async def _end(self, outcome: State, said: str) -> None:
        if self._trace is not None:
            await self._write("")
        self._say(outcome, said=said)

    async def _hear(self, items: Stream) -> None:
        writing: asyncio.Task[None] | None = None
        try:
            async for item in items:
                if item.type == "delta":
                    self._feed.tell(
                        {"do": "delta", "lane": self.name, "step": item.step, "kind": item.kind, "text": item.text}
                    )
                    continue
                if item.type == "run_started":
                    self.folder = self._runs / item.run
                    self._follow(self.folder)
                self._pending.append(item)
                if writing is None or writing.done():
                    writing = asyncio.create_task(self._catch_up())
        finally:
            if writing is not None:
                await asyncio.wait([writing])

    def _follow(self, folder: Path) -> None:
        # A run that goes on is told from where it was; one that is followed already stays.
        if self._trace is None:
            self._trace = LiveTrace(folder, f"{self.name}-")

    async def _catch_up(self) -> None:
        while self._pending:
            await self._write(_doing(self._pending[-1]))

    async def _write(self, doing: str) -> None:
        """Write what is new for the page, with what the run is doing now; "" once nobody is at it."""
        assert self._trace is not None, "followed from its first event on"
        trace = self._trace
        async with self._writing:
            events, self._pending = self._pending, []

            def write() -> list[Message]:
                for event in events:
                    trace.hear(event)
                trace.doing = doing
                pixels, parts = trace.changes()
                messages: list[Message] = []
                if pixels:
                    messages.append({"do": "pixels", "lane": self.name, "elements": pixels})
                messages += [
                    {"do": "part", "lane": self.name, "kind": p.kind, "number": p.number, "html": p.html} for p in parts
                ]
                return messages + self._panel_news(trace.ws)

            self._feed.tell(*await asyncio.to_thread(write))

    def _panel_news(self, ws: Workspace) -> list[Message]:
        """What of the side panels is new: the memory itself, and word that another panel should be asked for."""
        clouds = [handle for handle, artifact in ws.artifacts.items() if artifact.kind == "cloud"]
        views = [handle for handle, artifact in ws.artifacts.items() if "camera" in artifact.data]
        best = ws.revisions.best
        news = {
            "memory": memory_panel(ws, f"{self.name}-"),
            "cloud": f"{clouds[-1]} {ws.scales.get(clouds[-1])} {len(views)}" if clouds else "",
            "graphics": f"{len(ws.revisions.every)} {best.handle if best else ''}" if ws.revisions.every else "",
        }
        changed = {name: what for name, what in news.items() if what != self._panels.get(name, "")}
        self._panels |= changed
        return [
            {"do": "panel", "lane": self.name, "panel": name, "html": what if name == "memory" else ""}
            for name, what in changed.items()
        ]

    def _say(self, state: State, **more: object) -> None:
        self.state = state
        self._feed.tell({"do": "state", "lane": self.name, "state": state, **more})


def _doing(event: Event) -> str:
    """What a run is doing after an event, in words."""
    match event.type:
        case "step_composed":
            return f"Step {event.step}: thinking"
        case "tool_started":
            return f"{event.tool} is running"
        case "model_replied":
            names = ", ".join(dict.fromkeys(call.name for call in event.calls))
            return f"Step {event.step}: {names}" if names else f"Step {event.step}: reading the reply"
        case "tool_finished" | "calls_committed":
            return "Reading the results"
        case _:
            return "Starting"
