"""The stateful Python worker: runs cells, one after the other, in one namespace, inside the sandbox.

A script of its own, started by `sightline.tools.sandbox.kernel` as `python worker.py`; it imports only the standard
library until a cell asks for more. It speaks JSON, one object a line, over duplicates of the standard input and output
that it was started with; afterwards descriptors 0, 1 and 2 lead nowhere, so that nothing a cell or a child process
prints gets between the messages.

A cell shares this process and could write messages of its own. That gives it nothing: whoever listens takes every
message for what the cell says, checks it, and grants what the cell may have anyway.

From the host:   {"op": "start", ...}  {"op": "run", "cell": 1, ...}  {"op": "interrupt", "cell": 1}
                 {"op": "reply", "id": 7, ...}
To the host:     {"op": "ready"}  {"op": "call", "id": 7, ...}  {"op": "done", "cell": 1, ...}
"""

from __future__ import annotations

import ast
import base64
import builtins
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
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
import zlib
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

HEAD, TAIL = 12_000, 4_000
"""Characters of what a cell prints that are kept: from its beginning and from its end."""
MOST_VALUE = 6_000
"""Characters of the last expression's value, or of an error."""
FRAMES = 6
"""Frames of a traceback, the innermost."""
LONGEST_SIDE = 2048
"""Pixels of a picture that is shown; larger ones are made smaller."""
DEEPEST = 16
"""Levels of lists in a tool's arguments."""


class ToolError(Exception):
    """A tool did not do what it was asked."""


class ToolMistake(ToolError):
    """The call was wrong; the message says what would be valid."""


class ToolLimit(ToolError):
    """The call was right, and the instrument cannot tell; the message says why."""


class ToolUnavailable(ToolError):
    """Something is missing or broke, and nobody here can mend it."""


_FAILURES: dict[str, type[ToolError]] = {
    "mistake": ToolMistake,
    "limit": ToolLimit,
    "infrastructure": ToolUnavailable,
}


_KINDS = {
    "picture": ("view", "img", "pano"),
    "cloud": ("cloud",),
    "depth": ("depth",),
    "mask": ("mask",),
    "track": ("track",),
}


class Measured(float):
    """A number that was measured: a float with `low`, `high`, `unit`, `kind` and `frame`.

    `kind` is `measured`, `estimated` or `relative`, and "" for angles and ratios; lengths in scene units are comparable
    within their `frame`, a reconstruction, only.
    """

    low: float
    high: float
    unit: str
    kind: str
    frame: str

    def __new__(cls, about: dict[str, Any]) -> Measured:
        """From what the host says of it."""
        self = super().__new__(cls, about["value"])
        self.low, self.high = about["low"], about["high"]
        self.unit, self.kind, self.frame = about["unit"], about["kind"], about["frame"]
        return self

    def __repr__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        kind = f", {self.kind}" if self.kind else ""
        return f"{float(self):.6g}{unit} ({self.low:.4g} to {self.high:.4g}{kind})"

    __str__ = __repr__


class Result:
    """What a tool gave.

    Attributes:
        text: Its words, places in stored pixels.
        handles: What it made, or what was there already and answers it: data first, pictures last.
        picture, cloud, depth, mask, track: The first of these among them.
        objects: Handles of the objects it speaks of.
        values: What it measured, by name; each a `Measured`.
        facts: What memory learned, as dictionaries.
        places: Places its words name: {"kind": "box" or "path", "picture", "points"}, in stored pixels.
        ok: True; a tool that fails raises ToolMistake, ToolLimit or ToolUnavailable.
    """

    ok = True

    def __init__(self, about: dict[str, Any]) -> None:
        self.text: str = about["text"]
        self.handles: list[str] = about["handles"]
        self.objects: list[str] = about["objects"]
        self.values = {name: Measured(value) for name, value in about["values"].items()}
        self.facts: list[dict[str, Any]] = about["facts"]
        self.places: list[dict[str, Any]] = about["places"]

    @property
    def handle(self) -> str:
        """The handle of the first thing that it made."""
        if not self.handles:
            raise AttributeError("this tool made nothing that has a handle; its words are in .text")
        return self.handles[0]

    def __getattr__(self, name: str) -> str:
        prefixes = _KINDS.get(name)
        if prefixes is None:
            raise AttributeError(
                f"a tool's result has no {name!r}; it has text, handles, values, objects, facts, places"
            )
        for handle in self.handles:
            if handle.rstrip("0123456789") in prefixes:
                return handle
        raise AttributeError(f"this tool made no {name}; it made: {', '.join(self.handles) or 'nothing'}")

    @property
    def value(self) -> Measured:
        """The number that it measured, the first of several."""
        if not self.values:
            raise AttributeError("this tool gave no number of its own; its words are in .text, what it found in .facts")
        return next(iter(self.values.values()))

    def __repr__(self) -> str:
        return self.text


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
            raise _FAILURES.get(reply["outcome"], ToolError)(reply["text"])
        return reply


def plain(value: Any, level: int = 0) -> Any:
    """A value as JSON: results by their handle, numpy's numbers and arrays as lists of numbers.

    Raises:
        TypeError: It cannot be sent.
    """
    if level > DEEPEST:
        raise TypeError(f"lists that are nested in each other more than {DEEPEST} times cannot be sent to a tool")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Result):
        return value.handle
    if isinstance(value, dict):
        return {str(name): plain(item, level + 1) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, level + 1) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist(), level)
    raise TypeError(f"a tool takes text, numbers, handles and lists of them, not a {type(value).__name__}")


class Function:
    """A tool as a function of the cell."""

    def __init__(self, host: Host, about: dict[str, Any]) -> None:
        self._host = host
        self.__name__ = self.__qualname__ = about["name"]
        self.__doc__ = about["doc"]
        self._parameters: list[str] = [p["name"] for p in about["parameters"]]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        # Required ones come first; where they do not, Python could not write the signature down.
        defaults = [inspect.Parameter.empty if p["required"] else p["default"] for p in about["parameters"]]
        given = [inspect.Parameter(n, kind, default=d) for n, d in zip(self._parameters, defaults, strict=True)]
        self.__signature__ = inspect.Signature(given)

    def __call__(self, *values: Any, **named: Any) -> Result:
        """Call the tool."""
        if len(values) > len(self._parameters):
            raise TypeError(f"{self.__name__} takes {len(self._parameters)} arguments, not {len(values)}")
        arguments = dict(zip(self._parameters, values, strict=False))
        if twice := [name for name in named if name in arguments]:
            raise TypeError(f"{self.__name__} got {twice[0]!r} twice")
        return Result(self._host.ask(self.__name__, plain({**arguments, **named})))

    def __repr__(self) -> str:
        return f"{self.__name__}{self.__signature__}"


class Artifacts:
    """The run's pictures and arrays, by handle, and what the run knows; the functions that every cell has.

    Args:
        host: The other end.
        folder: Holds a file for each handle: `img1.png`, `cloud1.npz`.
    """

    def __init__(self, host: Host, folder: str) -> None:
        self._host = host
        self._folder = Path(folder)

    def functions(self) -> dict[str, Any]:
        """By the name that a cell calls them by."""
        public = (
            self.image, self.arrays, self.reconstruction, self.objects, self.about, self.show,
            self.to_pixels, self.from_pixels, self.help,
        )  # fmt: skip
        return {function.__name__: function for function in public}

    def _file(self, handle: Any, suffix: str, what: str) -> Path:
        name = str(plain(handle))
        path = self._folder / f"{name}{suffix}"
        if "/" in name or not path.exists():
            there = sorted(file.stem for file in self._folder.iterdir() if file.suffix == suffix)
            raise KeyError(f"there are no {what} named {name!r}; there are: {', '.join(there) or 'none yet'}")
        return path

    def help(self, thing: Any) -> None:
        """Print how something is used: a tool, or anything of Python."""
        if isinstance(thing, Function):
            print(f"{thing!r}\n\n{thing.__doc__}")  # noqa: T201 - what it is for
            return
        import pydoc

        print(pydoc.plain(pydoc.render_doc(thing)))  # noqa: T201

    def image(self, handle: Any) -> Any:
        """The pixels of a picture: (H, W, 3) uint8 RGB, a copy that may be changed."""
        import numpy as np
        from PIL import Image

        with Image.open(self._file(handle, ".png", "pictures")) as picture:
            return np.array(picture.convert("RGB"))

    def arrays(self, handle: Any) -> dict[str, Any]:
        """The arrays of a depth map, a reconstruction, a mask or a track, by name."""
        import numpy as np

        with np.load(self._file(handle, ".npz", "arrays"), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}

    def reconstruction(self, handle: Any) -> Any:
        """A reconstruction as a sightline.geometry.Reconstruction, in metres where its scale was stated."""
        from dataclasses import replace

        import numpy as np

        from sightline.geometry import Reconstruction

        data = self.about(handle)
        if "reconstruction" not in data:
            raise KeyError(f"{plain(handle)} is no reconstruction")
        computed = Reconstruction.from_arrays(self.arrays(handle), data["reconstruction"])
        stated = data["scale"]
        if stated is None:
            return computed
        unit = stated["metres"]
        scaled = computed.transformed(np.diag([unit, unit, unit, 1.0]))
        return replace(scaled, scale_kind="measured", scale_factor=stated["factor"], scale_because=stated["because"])

    def objects(self) -> list[dict[str, Any]]:
        """The objects that the run knows: handle, name, sightings in pictures, places in reconstructions."""
        found: list[dict[str, Any]] = self._host.ask("objects", {})["about"]
        return found

    def about(self, handle: Any) -> dict[str, Any]:
        """What is known of a picture or of arrays: kind, title, size, and what the numbers mean."""
        found: dict[str, Any] = self._host.ask("about", {"handle": plain(handle)})["about"]
        return found

    def to_pixels(self, handle: Any, numbers: Any) -> list[Any]:
        """Places as you name them when you look at a picture, in its stored pixels: a point, a box, or points."""
        found: list[Any] = self._host.ask("to_pixels", {"handle": plain(handle), "numbers": plain(numbers)})["about"]
        return found

    def from_pixels(self, handle: Any, numbers: Any) -> list[Any]:
        """Places in stored pixels of a picture, as you name them outside of cells: a point, a box, or points."""
        found: list[Any] = self._host.ask("from_pixels", {"handle": plain(handle), "numbers": plain(numbers)})["about"]
        return found

    def show(self, what: Any, title: str = "") -> str:
        """See a picture: a handle, an array, a PIL image or a matplotlib figure. Returns its handle."""
        if isinstance(what, str | Result):
            arguments: dict[str, Any] = {"image": plain(what)}
        else:
            pixels = _pixels(what)
            packed = base64.b64encode(zlib.compress(pixels.tobytes(), 1)).decode("ascii")
            arguments = {"pixels": packed, "size": [pixels.shape[1], pixels.shape[0]], "title": str(title)}
        handle: str = self._host.ask("show", arguments)["handles"][0]
        return handle


def _pixels(what: Any) -> Any:
    """An image as (H, W, 3) uint8, no side longer than LONGEST_SIDE.

    Raises:
        TypeError: It is no image.
        ValueError: Its shape or its numbers are not those of one.
    """
    import numpy as np
    from PIL import Image

    if hasattr(what, "gcf"):  # matplotlib.pyplot itself
        what = what.gcf()
    if hasattr(what, "savefig"):
        drawn = io.BytesIO()
        what.savefig(drawn, format="png")
        drawn.seek(0)
        what = Image.open(drawn)
    if isinstance(what, Image.Image):
        what = np.asarray(what.convert("RGB"))
    if not hasattr(what, "__array__"):
        raise TypeError(f"show takes a handle, an array, an image or a figure, not a {type(what).__name__}")
    array = np.asarray(what)
    if array.ndim == 3 and array.shape[2] == 4:
        array = array[:, :, :3]
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or 0 in array.shape:
        raise ValueError(f"an image is (H, W) or (H, W, 3), not {array.shape}")
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype != np.uint8:
        numbers = array.astype(np.float64)
        finite = numbers[np.isfinite(numbers)]
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
        if array.ndim == 3:  # a colour picture in fractions, or in 0 to 255
            low, high = 0.0, (1.0 if high <= 1.0 else 255.0)
        scaled = (np.nan_to_num(numbers, nan=low, posinf=high, neginf=low) - low) / ((high - low) or 1.0)
        array = (np.clip(scaled, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)
    if max(array.shape[:2]) > LONGEST_SIDE:
        picture = Image.fromarray(array)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        array = np.asarray(picture)
    return np.ascontiguousarray(array)


class Geometry(importlib.abc.MetaPathFinder):
    """Finds `sightline.geometry` in its folder, and nothing else of sightline."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """As the import system asks."""
        if name == "sightline":
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = []
            return spec
        if name == "sightline.geometry":
            file = f"{self._folder}/__init__.py"
            return importlib.util.spec_from_file_location(name, file, submodule_search_locations=[self._folder])
        return None


class Worker:
    """Runs cells."""

    def __init__(self, host: Host, about: dict[str, Any]) -> None:
        self._host = host
        sys.path.extend(about["paths"])
        sys.meta_path.insert(0, Geometry(about["geometry"]))
        functions = {f["name"]: Function(host, f) for f in about["functions"]}
        own = Artifacts(host, about["artifacts"]).functions()
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
    """Those from the first cell's on, without this file's and the import system's; none where no cell had begun."""
    cells = [index for index, frame in enumerate(stack) if frame.filename.startswith("<cell ")]
    own = stack[cells[0] :] if cells else []
    return [frame for frame in own if frame.filename != __file__ and not frame.filename.startswith("<frozen ")]


def main() -> None:
    """Serve until the host closes its end."""
    host = Host()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    Worker(host, host.next_message()).serve()


if __name__ == "__main__":
    main()
