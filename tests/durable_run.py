"""A run that tests kill: an agent in a process of its own, against a scripted server in the test's process.

The script goes by what the request holds, not by how many there were, so that a resumed run meets the same model.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from loop_kit import Protocol, agent_on, photo
from servers import Call, Hang, ModelServer, Request, Turn, results
from servers.script import Step

from sightline.agents import SpatialAgent
from sightline.memory import Draft, Event, Workspace
from sightline.tools import Picture, Tool, ToolResult, tool

DEADLINE = 60.0
"""Seconds after which a process that should have signalled counts as broken."""

OPTIONS = ["A. the red one", "B. the blue one"]
LABELS = ["bright", "dark", "again"]
"""What the tool calls of a whole run are labelled, in order."""


@dataclass(frozen=True)
class Setup:
    """Where a run happens.

    Attributes:
        base_url: The scripted server.
        protocol: What it speaks.
        folder: Holds the runs, the tools' log and the signals.
        stop_after: Stand still after the journal's event with this position.
        hold: Stand still inside the tool call with this label.
    """

    base_url: str
    protocol: Protocol
    folder: Path
    stop_after: int | None = None
    hold: str | None = None

    @property
    def runs(self) -> Path:
        """The runs folder."""
        return self.folder / "runs"

    @property
    def signal(self) -> Path:
        """Appears when the process stands still."""
        return self.folder / "standing-still"

    @property
    def log(self) -> list[str]:
        """Labels of the tool calls that were really made, in order."""
        file = self.folder / "calls.log"
        return file.read_text().split() if file.exists() else []

    def agent(self) -> SpatialAgent:
        """The agent of this run."""
        at = _Address(self.base_url)
        return agent_on(at, self.protocol, self.runs, tools=[self.logged_copy()])  # type: ignore[arg-type]

    def ask(self) -> None:
        """Ask, in this process."""
        self.agent().ask("Which mug is nearer?", [photo(64, 48), photo(64, 48, seed=1)], options=OPTIONS)

    def logged_copy(self) -> Tool:
        """The run's only tool."""
        log, hold, signal = self.folder / "calls.log", self.hold, self.signal

        @tool(family="test", example={"image": "img1", "label": "bright"})
        def logged_copy(image: Picture, label: str) -> ToolResult:
            """Copy a picture, and log that it was really done.

            Args:
                image: What to copy.
                label: What to write into the log.
            """
            with log.open("a") as file:
                file.write(f"{label}\n")
            if label == hold:
                signal.touch()
                time.sleep(DEADLINE)
            draft = Draft(np.minimum(image.pixels, 50 * (1 + LABELS.index(label))), f"{label} copy of {image.handle}")
            return ToolResult(f"{draft} is the {label} copy of {image.handle}.", [draft])

        return logged_copy


@dataclass(frozen=True)
class _Address:
    base_url: str


def play(request: Request, index: int = 0) -> Step:
    """Two calls together, then one more, then the answer."""
    match len(results(request)):
        case 0:
            pair = [Call("logged_copy", {"image": f"img{i}", "label": LABELS[i - 1]}) for i in (1, 2)]
            return Turn(text="I make two copies.", reasoning="Copies will show it.", calls=pair)
        case 2:
            return Call("logged_copy", {"image": "view2", "label": "again"})
        case _:
            return Call("answer", {"value": "B"})


@dataclass
class Held:
    """Plays the run, but holds the request that has this many results until it is let go."""

    at: int | None

    def __call__(self, request: Request, index: int) -> Step:
        """The next turn, or silence."""
        return Hang(DEADLINE) if len(results(request)) == self.at else play(request)


def _child(setup: Setup) -> None:
    if setup.stop_after is not None:
        _stand_still_after(setup.stop_after, setup.signal)
    setup.ask()


def _stand_still_after(position: int, signal: Path) -> None:
    append: Callable[[Workspace, Event], Event] = Workspace.append

    def append_and_stop(self: Workspace, event: Event) -> Event:
        placed = append(self, event)
        if placed.position == position:
            signal.touch()
            time.sleep(DEADLINE)
        return placed

    Workspace.append = append_and_stop  # type: ignore[method-assign]


@contextmanager
def running(setup: Setup, standing_still: Callable[[], bool] | None = None) -> Iterator[None]:
    """The run in a process of its own, standing still; killed with SIGKILL at the end.

    Args:
        setup: The run.
        standing_still: Whether it has come to where it should be killed; by default, its signal is there.
    """
    # A fork server has the imports done: a process costs milliseconds, not seconds.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["durable_run", "sightline.agents.nodes", "langchain_openai", "langchain_anthropic"])
    process = context.Process(target=_child, args=(setup,))
    process.start()
    try:
        deadline = time.monotonic() + DEADLINE
        while not (standing_still or setup.signal.exists)():
            assert process.is_alive(), f"the run ended with {process.exitcode} before it could be killed"
            assert time.monotonic() < deadline, "the run never came to where it should be killed"
            time.sleep(0.005)
        yield
    finally:
        process.kill()
        process.join()
        process.close()


def kill_when(setup: Setup, standing_still: Callable[[], bool] | None = None) -> None:
    """Run until it stands still, then kill -9."""
    with running(setup, standing_still):
        pass


def only_run(setup: Setup) -> Path:
    """The folder of the one run there is."""
    (folder,) = setup.runs.iterdir()
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def server_for(protocol: Protocol, hold_at: int | None = None) -> tuple[ModelServer, Held]:
    """A scripted server, and what lets go of the request it holds."""
    held = Held(hold_at)
    return ModelServer(protocol, held), held
