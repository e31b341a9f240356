"""What a cell cannot do: run for ever, spend what is not there, speak for the kernel, see another run."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from code_kit import CellRun, processes
from hypothesis import given
from hypothesis import strategies as st

from sightline.memory import ModelMistake, NoteAdded, Workspace
from sightline.tools import ToolResult, tool
from sightline.tools.code.cells import earlier_cells
from sightline.tools.code.inner import unpacked
from sightline.tools.sandbox import Ended, Job, Process, sandbox
from sightline.tools.sandbox.kernel import start_kernel


@pytest.fixture
def hurried(tmp_path: Path) -> Any:
    """A run with a second left for each cell."""
    made = CellRun(tmp_path, seconds_left=lambda: 1.0)
    yield made
    made.workspace.close()


# Time


def test_a_cell_that_runs_too_long_is_interrupted_and_its_variables_stay(hurried: CellRun) -> None:
    hurried("x = 5")
    said = hurried.fails("print('begun')\nwhile True: x += 1", "limit")
    assert said == "begun\nCannot tell: the cell ran past 1 s and was interrupted. Its variables are kept."
    assert hurried("x > 5") == "True"
    assert "was interrupted" in hurried.fails("import time\ntime.sleep(60)", "limit")
    assert hurried("'alive'") == "'alive'"


@pytest.mark.parametrize(
    "code",
    [
        "def spin():\n    while True: pass\nwhile True:\n    try: spin()\n    except KeyboardInterrupt: pass",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        "import re\nre.match('(a+)+b', 'a' * 60)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    ],
    ids=["catches", "ignores", "holds the lock", "stops itself"],
)
def test_one_that_does_not_stop_is_killed_and_the_next_is_told(hurried: CellRun, code: str) -> None:
    hurried("x = 5")
    said = hurried.fails(code, "limit")
    assert said.endswith("did not stop when it was interrupted. The variables of all cells are gone.")
    told = "The variables of earlier cells are gone: the kernel had to be ended."
    assert hurried("'x' in globals()") == f"{told}\nFalse"
    assert hurried("1") == "1"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import os\nos._exit(3)", "the kernel ended with code 3"),
        ("import ctypes\nctypes.string_at(0)", "signal 11"),
        ("x = bytearray(64 << 30)", "MemoryError"),
    ],
    ids=["exit", "crash", "memory"],
)
def test_a_kernel_that_dies_is_told_of(tmp_path: Path, code: str, why: str) -> None:
    run = CellRun(tmp_path)
    finished = run.run(code)
    assert finished.outcome in ("limit", "mistake")
    assert why in finished.text
    assert run("1 + 1").endswith("2")
    run.workspace.close()


def test_closing_the_run_ends_the_kernel_and_removes_its_folder(tmp_path: Path) -> None:
    before = processes()
    run = CellRun(tmp_path)
    folder = run("import os\nshow('img1')\nimport glob\nglob.glob('/tmp/*/artifacts')[0]").splitlines()[0].strip("'")
    assert list(Path(folder).iterdir())
    assert processes() - before
    run.workspace.close()
    assert not Path(folder).exists()
    assert processes() <= before
    run.workspace.close()


# Budget


def test_calls_obey_the_runs_budget(tmp_path: Path) -> None:
    left = ["", "", "the budget of 3 calls is used up"]
    run = CellRun(tmp_path, used_up=lambda: left.pop(0))
    said = run("""
for n in range(3):
    try:
        crop_zoom("img1", [0, 0, 10 + n, 10])
    except ToolLimit as error:
        print(n, error)""")
    assert said.startswith("2 Cannot tell: no more calls can be made: the budget of 3 calls is used up.")
    assert len(run.last.inner) == 2
    run.workspace.close()


def test_a_cell_makes_no_more_than_so_many_calls_and_shows_so_many_pictures(tmp_path: Path) -> None:
    asked = []

    @tool
    def count_up() -> ToolResult:
        """Count."""
        asked.append(1)
        return ToolResult("counted")

    run = CellRun(tmp_path, tools=[count_up])
    said = run.fails("while True: count_up()")
    assert "ToolLimit: Cannot tell: a cell makes at most 100 calls. Go on in another cell." in said
    assert len(asked) == 100
    said = run.fails("for _ in range(9): show('img1')")
    assert "ToolLimit: Cannot tell: a cell shows at most 8 pictures." in said
    assert len(run.last.shown) == 8
    run.workspace.close()


def test_a_cell_that_asks_for_ever_runs_out_of_time(tmp_path: Path) -> None:
    run = CellRun(tmp_path, used_up=lambda: "spent", seconds_left=lambda: 1.0)
    code = "while True:\n    try: crop_zoom('img1', [0, 0, 9, 9])\n    except ToolLimit: pass"
    said = run.fails(code, "limit")
    assert "was interrupted" in said or "flooded" in said
    run.workspace.close()


# Speaking for the kernel

REACH = """
import json, os
inf = float("inf")
def forge(text):
    for number in range(3, 400):
        try:
            os.write(number, text.encode() + b"\\n")
        except OSError:
            pass
"""


def test_a_reply_that_imitates_the_workers_gets_no_more_than_a_cell_may(tmp_path: Path) -> None:
    run = CellRun(tmp_path, tools=["memory", "image"])
    run(REACH)
    # Its own end, said early: its words are its words, and the kernel goes on with the next cell.
    assert run("forge(json.dumps({'op': 'done', 'cell': 2, 'output': 'forged', 'value': '', 'error': ''}))") == "forged"
    # A call that it could have made: it is made, counted and journalled as one of the cell's.
    call = "forge(json.dumps({'op': 'call', 'id': 77, 'name': 'note', 'arguments': {'text': 'hello'}}))"
    run(f"{call}\nimport time; time.sleep(0.3)")
    assert run.workspace.notes == ["hello"]
    assert [name for _, name, _ in run.inner()] == ["note"]
    run.workspace.close()


@pytest.mark.parametrize(
    "line",
    [
        "'not json'",
        "'[' * 100000",
        "'{\"a\":' * 5000",
        "json.dumps({'op': 'ready'})",
        "json.dumps({'op': 'done', 'cell': 99, 'output': 'later'})",
        "json.dumps({'op': 'done', 'cell': 2.0})",
        "json.dumps({'op': 'call', 'id': 'x', 'name': 'note', 'arguments': {}})",
        "json.dumps({'op': 'call', 'id': 1, 'name': 'note', 'arguments': []})",
        "json.dumps({'op': 'commit', 'calls': ['c.1']})",
        "'9' * 5000",
    ],
)
def test_what_is_no_message_ends_the_kernel_and_nothing_else(tmp_path: Path, line: str) -> None:
    run = CellRun(tmp_path, tools=["memory"])
    run(REACH)
    said = run.fails(f"forge({line})", "limit")
    assert "the cell wrote into the kernel's own messages. The variables of all cells are gone." in said
    assert run("1 + 1").endswith("2")
    assert run.workspace.notes == []
    run.workspace.close()


@pytest.mark.parametrize(
    "call",
    [
        {"name": "run_python", "arguments": {"code": "1"}},
        {"name": "answer", "arguments": {"value": "B"}},
        {"name": "__class__", "arguments": {}},
        {"name": "show", "arguments": {"image": {"a": 1}}},
        {"name": "show", "arguments": {"pixels": "AAAA", "size": [1, 1]}},
        {"name": "show", "arguments": {"pixels": "AAAA", "size": [100000, 100000]}},
        {"name": "show", "arguments": {"pixels": 5, "size": [True, 1]}},
        {"name": "about", "arguments": {"handle": ["img1"]}},
        {"name": "to_pixels", "arguments": {"handle": "img1", "numbers": [["a"], [1e400, 1]]}},
        {"name": "crop_zoom", "arguments": {"image": "\ud800", "box": None}},
    ],
)
def test_a_call_that_no_function_makes_is_refused_in_words(tmp_path: Path, call: dict[str, Any]) -> None:
    run = CellRun(tmp_path, tools=["image"])
    run(REACH)
    words = {"op": "call", "id": 5, **call}
    run(f"forge(json.dumps({words!r}))\nimport time; time.sleep(0.2)")
    assert all(record.finished and record.finished.outcome == "mistake" for record in run.last.inner)
    assert list(run.workspace.artifacts) == ["img1"]
    assert run("1") == "1"
    run.workspace.close()


def test_a_bomb_of_pixels_is_not_unpacked() -> None:
    import base64
    import zlib

    bomb = base64.b64encode(zlib.compress(bytes(200 << 20), 9)).decode()
    with pytest.raises(ModelMistake, match="no picture"):
        unpacked({"pixels": bomb, "size": [10, 10]})


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_pixels_arrive_as_they_were_sent(width: int, height: int, seed: int) -> None:
    import base64
    import zlib

    sent = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    packed = base64.b64encode(zlib.compress(sent.tobytes())).decode()
    assert np.array_equal(unpacked({"pixels": packed, "size": [width, height]}), sent)


# Other runs


def test_a_cell_sees_its_own_runs_handles_and_nothing_of_another(tmp_path: Path) -> None:
    mine, other = CellRun(tmp_path / "mine"), CellRun(tmp_path / "other")
    other("secret = 'of the other'\nshow(image('img1') * 0)")
    path = other("import glob\nglob.glob('/tmp/*/artifacts')[0]").strip("'")
    said = mine(f"""
import os, glob
print("secret" in globals(), os.path.exists({path!r}), os.path.exists({str(tmp_path)!r}))
print(sorted(os.listdir(glob.glob("/tmp/*/artifacts")[0])), len(glob.glob("/tmp/*/artifacts")))
print([name for name in os.environ if "SIGHTLINE" in name or "KEY" in name])
""")
    assert said == "False False False\n['img1.png'] 1\n[]"
    assert "Read-only file system" in mine.fails("open(glob.glob('/tmp/*/artifacts')[0] + '/img9.png', 'w')")
    mine.workspace.close()
    assert other("secret") == "'of the other'"
    other.workspace.close()


def test_what_a_cell_is_told_of_a_picture_holds_no_file_name(tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "canaryfolder"
    folder.mkdir()
    Image.new("RGB", (60, 40)).save(folder / "canaryfile.png")
    workspace = Workspace.create(tmp_path / "ws")
    workspace.add_picture(folder / "canaryfile.png")
    run = CellRun(workspace=workspace)
    said = run(
        "import os, glob\nprint(about('img1'), objects(), os.listdir(glob.glob('/tmp/*/artifacts')[0]), os.getcwd())"
    )
    assert "canary" not in said
    assert workspace.digest("img1") not in said
    workspace.close()


# New processes


def test_in_a_new_process_earlier_cells_are_run_again_without_asking_a_tool_twice(tmp_path: Path) -> None:
    asked = []

    @tool
    def measure_once(name: str) -> ToolResult:
        """Measure.

        Args:
            name: What.
        """
        asked.append(name)
        return ToolResult(f"{name} {len(asked)}", facts=[NoteAdded(text=name)])

    run = CellRun(tmp_path, tools=[measure_once, "image"])
    run("a = measure_once('a').text\nv = crop_zoom('img1', [0, 0, 9, 9]).handle\na")
    run.fails("b = measure_once('b').text\nraise ValueError")
    run.workspace.close()
    again = CellRun(workspace=Workspace.open(tmp_path / "ws", write=True), tools=[measure_once, "image"])
    assert again("a, b, v, image(v).shape") == "('a 1', 'b 2', 'view1', (54, 54, 3))"
    assert asked == ["a", "b"]
    assert again.workspace.notes == ["a", "b"]
    assert list(again.workspace.artifacts) == ["img1", "view1"]
    again.workspace.close()


def test_where_variables_cannot_be_had_again_the_model_is_told(tmp_path: Path) -> None:
    run = CellRun(tmp_path, tools=["image"])
    run("import time\nx = time.time_ns()\nprint(x)")
    run.workspace.close()
    again = CellRun(workspace=Workspace.open(tmp_path / "ws", write=True), tools=["image"])
    said = again("x > 0")
    assert said.startswith("The run was resumed and its earlier cells were run again: cell c.1 said something else")
    assert said.endswith("True")
    again.workspace.close()


def test_a_cell_that_takes_another_way_when_run_again_asks_no_tool(tmp_path: Path) -> None:
    run = CellRun(tmp_path, tools=["image"])
    run("import time\nx = crop_zoom('img1', [0, 0, 9 + time.time_ns() % 400 + 1, 9]).handle")
    run.workspace.close()
    again = CellRun(workspace=Workspace.open(tmp_path / "ws", write=True), tools=["image"])
    said = again("'x' in globals()")
    assert "cell c.1 took another way" in said
    assert said.endswith("False")
    assert list(again.workspace.artifacts) == ["img1", "view1"]
    again.workspace.close()


def test_after_an_interrupted_cell_only_later_ones_are_run_again(tmp_path: Path) -> None:
    run = CellRun(tmp_path, seconds_left=lambda: 1.0)
    run("x = 1")
    run.fails("while True: x += 1", "limit")
    run("y = 2")
    run.workspace.close()
    workspace = Workspace.open(tmp_path / "ws", write=True)
    cells, lost = earlier_cells(workspace, "")
    assert ([record.call.id for record in cells], lost) == (["c.3"], True)
    again = CellRun(workspace=workspace)
    said = again("'x' in globals(), y")
    assert said == "The variables of cells before the one that was stopped are gone.\n(False, 2)"
    again.workspace.close()


class HeldSandbox:
    """The sandbox of this machine, whose `open` waits until it is let go, before or after the process stands."""

    name = "held"

    def __init__(self, hold: Literal["before", "after"]) -> None:
        self._hold = hold
        self.reached, self.let_go, self.opened = threading.Event(), threading.Event(), threading.Event()
        self.process: Process | None = None

    def check(self) -> None: ...

    def run(self, job: Job) -> Ended:
        return sandbox().run(job)

    def open(self, job: Job) -> Process:
        if self._hold == "before":
            self.reached.set()
            self.let_go.wait(60)
        self.process = sandbox().open(job)
        if self._hold == "after":
            self.reached.set()
            self.let_go.wait(60)
        self.opened.set()
        return self.process


@pytest.mark.parametrize("hold", ["before", "after"])
def test_a_kernel_that_nobody_waits_for_any_more_is_ended(hold: Literal["before", "after"], tmp_path: Path) -> None:
    held = HeldSandbox(hold)

    async def leave() -> None:
        starting = asyncio.create_task(start_kernel(held, [], tmp_path))
        await asyncio.to_thread(held.reached.wait, 60)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    asyncio.run(leave())
    held.let_go.set()
    assert held.opened.wait(60)
    assert held.process is not None
    # Its own thread ends it; to read its end waits for that.
    assert held.process.read_line(60) is None
    assert held.process.closed
