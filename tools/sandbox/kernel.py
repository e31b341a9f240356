"""A stateful Python kernel in the sandbox: the host's side of `sightline.tools.sandbox.worker`.

The worker shares its process with code that a model wrote, so everything that comes from it is taken for that code's
words: read as JSON with a limit on length and depth, checked, and never given more than a cell may have. A cell that
imitates the worker's messages can make its own calls and choose its own output, as it could anyway.

A cell that runs too long is interrupted, as by Ctrl-C, and keeps its variables; one that does not stop within
`GRACE` seconds is killed with its kernel.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from sightline.memory import InfrastructureError
from sightline.tools.background import in_daemon_thread
from sightline.tools.characters import whole
from sightline.tools.sandbox.environment import VARIABLES, PythonEnvironment, this_environment
from sightline.tools.sandbox.protocol import Job, Limits, Process, Sandbox
from sightline.tools.sandbox.reading import read_json

INSIDE = ("inside.py", "worker.py", "cell_functions.py")
"""Files that run in the sandbox."""

GRACE = 1.0
"""Seconds between an interrupt and the kill."""

START_SECONDS = 30.0
"""Seconds that a kernel may take to start: a machine under load reads the interpreter from disk."""

LONGEST_MESSAGE = 32 << 20
"""Bytes of a message: a picture of 2048x2048 pixels of noise."""

DEEPEST = 32
"""Levels of lists and dictionaries in a message."""

LONGEST_TEXT = 40_000
"""Characters of output, of a value, or of an error; the worker keeps to less."""

MOST_MESSAGES = 10_000
"""Messages of one cell; more come only from one that floods."""

LIMITS = Limits(
    cpu_seconds=3600.0,
    wall_seconds=float("inf"),  # each cell is timed
    memory_bytes=4 << 30,
    processes=64,
    output_bytes=LONGEST_MESSAGE,
)
"""What a kernel may use in its whole life. A reconstruction of ten million points takes a gigabyte."""

Answer = Callable[[str, dict[str, Any]], Awaitable[tuple[dict[str, Any], float]]]
"""Answers a call that a cell makes: what it is told, and the seconds that do not count as the cell's."""


@dataclass(frozen=True)
class FunctionNote:
    """A tool as a function of the cell.

    Attributes:
        name: What a cell calls it by.
        doc: Its description with its arguments, for `help`.
        parameters: Name, whether it is required, and its default, in order; required ones first.
    """

    name: str
    doc: str
    parameters: Sequence[tuple[str, bool, Any]]


@dataclass(frozen=True)
class CellEnded:
    """What became of a cell. All text is the cell's own.

    Attributes:
        output: What it printed.
        value: The last expression's value, as `repr` writes it.
        error: The end of a traceback, or "".
        state: `done`, `interrupted` (its kernel lives), or `lost` (the kernel is gone, and its variables).
        reason: Why it was interrupted or lost.
    """

    output: str = ""
    value: str = ""
    error: str = ""
    state: Literal["done", "interrupted", "lost"] = "done"
    reason: str = ""


class Kernel:
    """A running worker. Made by `start_kernel`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._cells = 0

    async def run(self, name: str, code: str, answer: Answer, seconds: float) -> CellEnded:
        """Run a cell.

        Args:
            name: What tracebacks call it.
            code: Python.
            answer: Answers the calls that it makes.
            seconds: How long it may take, the time of tools left out.
        """
        self._cells += 1
        try:
            return await self._run(self._cells, name, code, answer, seconds)
        except BaseException:
            self.close()  # nobody waits for this cell any more
            raise

    async def _run(self, number: int, name: str, code: str, answer: Answer, seconds: float) -> CellEnded:
        if not await self._send({"op": "run", "cell": number, "name": name, "code": whole(code)}):
            return self._lost()
        end = time.monotonic() + seconds
        interrupted = False
        for _ in range(MOST_MESSAGES):
            line = await in_daemon_thread(self._process.read_line, timeout=max(0.0, end - time.monotonic()))
            if line is None:
                if self._process.closed:
                    return self._lost()
                if interrupted:
                    return self._lost(f"the cell ran past {seconds:g} s and did not stop when it was interrupted")
                interrupted, end = True, time.monotonic() + GRACE
                await self._send({"op": "interrupt", "cell": number})
                continue
            match _message(line):
                case {"op": "call", "id": int() as asked, "name": str() as wanted, "arguments": dict() as arguments}:
                    if interrupted:
                        told: dict[str, Any] = {"outcome": "limit", "text": "The cell is being stopped."}
                    else:
                        told, elsewhere = await answer(wanted, arguments)
                        end += elsewhere
                    await self._send({**told, "op": "reply", "id": asked})
                case {"op": "done", "cell": int() as cell, **said} if cell == number:
                    ended = CellEnded(_text(said.get("output")), _text(said.get("value")), _text(said.get("error")))
                    if said.get("interrupted") is not True:
                        return ended
                    why = f"the cell ran past {seconds:g} s and was interrupted"
                    return replace(ended, state="interrupted", reason=why)
                case {"op": "done", "cell": int() as cell} if cell < number:
                    continue  # of a cell before that had said so already
                case _:
                    return self._lost("the cell wrote into the kernel's own messages")
        return self._lost("the cell flooded the kernel's messages")

    async def _send(self, message: dict[str, Any]) -> bool:
        return await in_daemon_thread(self._process.write_line, line=json.dumps(message))

    def _lost(self, reason: str = "") -> CellEnded:
        ended = self._process.kill(reason or "it was stopped")
        return CellEnded(state="lost", reason=reason or ended.reason or _exit_words(ended.code))

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._process.closed

    def close(self) -> None:
        """End it, now."""
        self._process.kill()


async def start_kernel(sandbox: Sandbox, functions: Sequence[FunctionNote], artifacts: Path) -> Kernel:
    """Start a kernel.

    Args:
        sandbox: Where.
        functions: The tools that cells may call.
        artifacts: A folder with a file for each handle, which cells can read; may gain files while it runs.

    Raises:
        InfrastructureError: There is no sandbox, or the worker does not start in it.
    """
    environment = await in_daemon_thread(this_environment)
    process = await _open(sandbox, _job(environment, artifacts))
    start = {
        "op": "start",
        "paths": [str(folder) for folder in environment.packages],
        "geometry": str(environment.geometry),
        "artifacts": str(artifacts),
        "functions": [
            {
                "name": function.name,
                "doc": function.doc,
                "parameters": [{"name": n, "required": r, "default": d} for n, r, d in function.parameters],
            }
            for function in functions
        ],
    }
    try:
        await in_daemon_thread(process.write_line, line=json.dumps(start))
        ready = await in_daemon_thread(process.read_line, timeout=START_SECONDS)
    except BaseException:
        process.kill()
        raise
    if ready is None or _message(ready) != {"op": "ready"}:
        ended = process.kill("it did not start")
        said = (ended.stderr.strip().splitlines() or [ended.reason or _exit_words(ended.code)])[-1]
        raise InfrastructureError(f"Python does not start in the sandbox: {said}", "Run `sightline doctor`.")
    return Kernel(process)


async def _open(sandbox: Sandbox, job: Job) -> Process:
    """Start a process; where nobody waits for it any more, it is ended as soon as it stands."""
    opened: list[Process] = []
    left = threading.Event()

    def start() -> Process:
        opened.append(process := sandbox.open(job))
        if left.is_set():
            process.kill()
        return process

    try:
        return await in_daemon_thread(start)
    except BaseException:
        left.set()
        for process in opened:  # it stood, but its waiter was cancelled before it was told
            process.kill()
        raise


def _job(environment: PythonEnvironment, artifacts: Path) -> Job:
    return Job(
        # Without the site module: no .pth file of the environment runs, and the start is quicker.
        command=(str(environment.executable), "-s", "-S", "-P", "-B", "/in/inside.py"),
        inputs={name: Path(__file__).with_name(name) for name in INSIDE},
        readable=(*environment.folders, artifacts),
        environment=VARIABLES,
        limits=LIMITS,
    )


def _message(line: str) -> Any:
    """A message as data whose strings are fit for files; None where it is no JSON."""
    try:
        return _whole(read_json(line))
    except ValueError:
        return None


def _whole(value: Any, level: int = 0) -> Any:
    if level > DEEPEST:
        raise ValueError("nested too deeply")
    match value:
        case str():
            return whole(value)
        case dict():
            return {whole(name): _whole(item, level + 1) for name, item in value.items()}
        case list():
            return [_whole(item, level + 1) for item in value]
        case _:
            return value


def _text(value: Any) -> str:
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def _exit_words(code: int | None) -> str:
    if code is None:
        return "the kernel was killed"
    return f"the kernel ended with code {code}" + (f" (signal {code - 128})" if code > 128 else "")
