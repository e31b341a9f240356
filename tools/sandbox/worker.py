"""The stateful Python worker: runs cells, one after the other, in one namespace, inside the sandbox.

`inside.py` starts it; it imports only the standard library until a cell asks for more. It speaks JSON, one object a
line, over duplicates of the standard input and output that it was started with; afterwards descriptors 0, 1 and 2 lead
nowhere, so that nothing a cell or a child process prints gets between the messages.

A cell shares this process and could write messages of its own. That gives it nothing: whoever listens takes every
message for what the cell says, checks it, and grants what the cell may have anyway.

From the host:   {"op": "start", ...}  {"op": "run", "cell": 1, ...}  {"op": "interrupt", "cell": 1}
                 {"op": "reply", "id": 7, ...}
To the host:     {"op": "ready"}  {"op": "call", "id": 7, ...}  {"op": "done", "cell": 1, ...}
"""

from __future__ import annotations

import ast
import builtins
import io
import json
import linecache
import os
import queue
import random
import signal
import sys
import threading
import traceback
from types import FrameType, SimpleNamespace
from typing import Any

from sightline.tools.sandbox.cell_functions import (
    FAILURES,
    Artifacts,
    Function,
    ToolError,
    ToolLimit,
    ToolMistake,
    ToolUnavailable,
)

HEAD, TAIL = 12_000, 4_000
"""Characters of what a cell prints that are kept: from its beginning and from its end."""
MOST_VALUE = 6_000
"""Characters of the last expression's value, or of an error."""
FRAMES = 6
"""Frames of a traceback, the innermost."""


class Printed(io.TextIOBase):
    """What a cell prints: its beginning and its end are kept, however much it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._head: list[str] = []
        self._room = HEAD
        self._tail = ""
        self._left_out = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Keep it, or as much of it as there is room for."""
        with self._lock:
            if self._room:
                self._head.append(text[: self._room])
                rest = text[self._room :]
                self._room -= len(self._head[-1])
            else:
                rest = text
            if rest:
                joined = self._tail + rest
                self._tail = joined[-TAIL:]
                self._left_out += len(joined) - len(self._tail)
        return len(text)

    def text(self) -> str:
        """What was kept, with a note where something is missing."""
        with self._lock:
            gap = f"\n... ({self._left_out} characters left out; print less) ...\n" if self._left_out else ""
            return "".join(self._head) + gap + self._tail


class Host:
    """The other end: sends messages, and hands replies to whoever waits for them."""

    def __init__(self) -> None:
        import fcntl

        first = 200  # away from where programs look for descriptors of their own
        self._in = os.fdopen(fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, first), "rb")
        self._out = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, first)
        self._lock = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._asked = 0
        self.cells: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.running: int | None = None

    def send(self, message: dict[str, Any]) -> None:
        """Write one line."""
        line = json.dumps(message).encode() + b"\n"
        with self._lock:
            view = memoryview(line)
            while view:
                view = view[os.write(self._out, view) :]

    def next_message(self) -> dict[str, Any]:
        """One message; the process ends where there are no more."""
        line = self._in.readline()
        if not line:
            os._exit(0)
        message: dict[str, Any] = json.loads(line)
        return message

    def listen(self) -> None:
        """Sort what comes, for ever; runs on a thread of its own."""
        main = threading.main_thread().ident
        assert main is not None
        while True:
            message = self.next_message()
            match message["op"]:
                case "run":
                    self.cells.put(message)
                case "reply":
                    waiting = self._waiting.pop(message["id"], None)
                    if waiting is not None:
                        waiting.put(message)
                case "interrupt" if message["cell"] == self.running:
                    signal.pthread_kill(main, signal.SIGINT)

    def ask(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call something of the host and wait for its reply.

        Raises:
            ToolError: It failed; the kind says whose fault that is.
        """
        answer: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        with self._lock:
            self._asked += 1
            number = self._asked
            self._waiting[number] = answer
        try:
            self.send({"op": "call", "id": number, "name": name, "arguments": arguments})
            reply = answer.get()
        finally:
            self._waiting.pop(number, None)
        if reply["outcome"] != "ok":
            raise FAILURES.get(reply["outcome"], ToolError)(reply["text"])
        return reply


class Worker:
    """Runs cells."""

    def __init__(self, host: Host, about: dict[str, Any]) -> None:
        self._host = host
        sys.path.extend(about["paths"])
        functions = {f["name"]: Function(host.ask, f) for f in about["functions"]}
        own = Artifacts(host.ask, about["artifacts"]).functions()
        # A cell that names a variable like a tool hides the tool, as it would a built-in; `tools.size` is always there.
        known = {**vars(builtins), **{n: f for n, f in functions.items() if not hasattr(builtins, n)}, **own}
        known |= {kind.__name__: kind for kind in (ToolError, ToolMistake, ToolLimit, ToolUnavailable)}
        known["tools"] = SimpleNamespace(**functions)
        self._names: dict[str, Any] = {"__name__": "__main__", "__builtins__": known}
        signal.signal(signal.SIGINT, self._interrupted)
        random.seed(0)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self._host.running is not None:
            raise KeyboardInterrupt

    def serve(self) -> None:
        """Run cells for ever."""
        threading.Thread(target=self._host.listen, daemon=True).start()
        self._host.send({"op": "ready"})
        while True:
            message = self._host.cells.get()
            try:
                done = self._run(message)
            except KeyboardInterrupt:  # between the cell's end and its report
                done = {"output": "", "value": "", "error": "", "interrupted": True}
            finally:
                self._host.running = None
            self._host.send({"op": "done", "cell": message["cell"], **done})

    def _run(self, message: dict[str, Any]) -> dict[str, Any]:
        """One cell: what it printed, the last expression's value, and the error it ended with."""
        name, code = f"<cell {message['name']}>", message["code"]
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        printed = Printed()
        sys.stdout = sys.stderr = printed
        value = error = ""
        interrupted = False
        self._host.running = message["cell"]
        try:
            value = self._evaluate(code, name)
        except KeyboardInterrupt:
            interrupted = True
        except BaseException as raised:  # noqa: BLE001 - a cell may raise anything, SystemExit included
            error = _described(raised)
        finally:
            self._host.running = None
        return {"output": printed.text(), "value": value, "error": error, "interrupted": interrupted}

    def _evaluate(self, code: str, name: str) -> str:
        tree = ast.parse(code, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec", dont_inherit=True), self._names)  # noqa: S102 - what the sandbox is for
        if not isinstance(last, ast.Expr):
            return ""
        value = eval(compile(ast.Expression(last.value), name, "eval", dont_inherit=True), self._names)  # noqa: S307
        if value is None:
            return ""
        self._names["_"] = value
        return _cut(repr(value))


def _cut(text: str) -> str:
    if len(text) <= MOST_VALUE:
        return text
    half = MOST_VALUE // 2
    return f"{text[:half]}\n... ({len(text) - 2 * half} characters left out) ...\n{text[-half:]}"


def _described(raised: BaseException) -> str:
    """The last frames of a traceback, without this file's own, and the error."""
    try:
        told = traceback.TracebackException.from_exception(raised, compact=True)
        chain: list[traceback.TracebackException] = [told]
        while chain:
            link = chain.pop()
            link.stack = traceback.StackSummary.from_list(_frames(link.stack)[-FRAMES:])
            chain += [other for other in (link.__cause__, link.__context__) if other is not None]
        return _cut("".join(told.format()).rstrip())
    except Exception as worse:  # noqa: BLE001 - an error whose own description fails
        return f"{type(raised).__name__} (it cannot be described: {type(worse).__name__})"


def _frames(stack: traceback.StackSummary) -> list[traceback.FrameSummary]:
    """Those from the first cell's on, without ours and the import system's; none where no cell had begun."""
    cells = [index for index, frame in enumerate(stack) if frame.filename.startswith("<cell ")]
    own = stack[cells[0] :] if cells else []
    hidden = ("<frozen ", os.path.dirname(__file__))  # noqa: PTH120 - pathlib is not imported here
    return [frame for frame in own if not frame.filename.startswith(hidden)]


def main(modules: dict[str, str]) -> None:
    """Serve until the host closes its end.

    Args:
        modules: What of sightline can be imported, by name: the files; gains `sightline.geometry`.
    """
    host = Host()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    about = host.next_message()
    modules["sightline.geometry"] = f"{about['geometry']}/__init__.py"
    Worker(host, about).serve()
