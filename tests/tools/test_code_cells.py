"""Cells of `run_python`: a notebook's manners, tools as functions, pictures that are shown, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from boxes_scene import Shot, thing
from code_kit import CellRun
from measure_kit import World, relative
from tool_kit import seeing

from sightline.geometry.dialects import PERMILLE_YX, PIXELS
from sightline.memory import Workspace
from sightline.tools import ToolResult, bind, select, tool

CHAIR = thing(2, "red chair", (-0.8, 4.0), (0.5, 0.5, 0.9))
BOX = thing(3, "blue box", (0.9, 5.0), (0.4, 0.4, 0.4))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[CellRun]:
    made = CellRun(tmp_path)
    yield made
    made.workspace.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[CellRun]:
    scene = World(tmp_path, [CHAIR, BOX], [Shot(), Shot(position=(1.0, 0.3, 1.6), bearing=-12.0)])
    made = CellRun(workspace=scene.workspace)
    yield made
    made.workspace.close()


def test_variables_stay_and_the_last_value_is_shown(run: CellRun) -> None:
    assert run("x = 20\nprint('first')\nx + 1") == "first\n21"
    assert run("x * 2") == "40"
    assert run("_ + 1") == "41"
    assert run("x = None\nx") == "The cell ran; it printed nothing, and its last line has no value."
    assert run("def f(n):\n    return n * x\nx = 3\nf(4)") == "12"


def test_the_promised_packages_can_be_imported_and_nothing_else_of_sightline(run: CellRun) -> None:
    code = """
import numpy, scipy.ndimage, networkx, sympy, PIL.Image
from sightline.geometry import Box3D, Camera, Reconstruction
print(sympy.integrate(sympy.Symbol("x") ** 2), networkx.path_graph(3).number_of_edges(), numpy.arange(3).sum())"""
    assert run(code) == "x**3/3 2 3"
    assert "No module named 'sightline.tools'" in run.fails("import sightline.tools")
    assert "No module named 'sightline.evals'" in run.fails("import sightline.evals.synthetic")


def test_an_error_shows_the_cells_own_lines(run: CellRun) -> None:
    run("def half(n):\n    return n / (n - n)")
    said = run.fails("print('before')\nvalues = [1]\nhalf(values[0])")
    assert said.startswith("before\nNot done: the cell ended with an error.\nTraceback (most recent call last):\n")
    assert 'File "<cell c.2>", line 3, in <module>\n    half(values[0])' in said
    assert 'File "<cell c.1>", line 2, in half\n    return n / (n - n)' in said
    assert said.endswith("ZeroDivisionError: division by zero")
    assert "worker" not in said
    assert run("values") == "[1]"


def test_only_the_last_frames_of_a_deep_error_are_told(run: CellRun) -> None:
    said = run.fails("def down(n):\n    return down(n - 1) if n else 1 / 0\ndown(50)")
    assert "<module>" not in said
    assert "[Previous line repeated 3 more times]" in said
    assert len(run.fails("raise ValueError('x' * 100000)")) < 8000


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("x = = 1", "SyntaxError: invalid syntax"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("class Odd(Exception):\n    def __str__(self):\n        return 1 / 0\nraise Odd", "Odd"),
        ("class Bad:\n    def __repr__(self):\n        raise KeyError('no')\nBad()", "KeyError: 'no'"),
        ("open('/in/../etc/shadow').read()", "FileNotFoundError"),
        ("import os\nos.mkdir('/usr/new')", "Read-only file system"),
    ],
    ids=["syntax", "exit", "indescribable", "repr", "file", "write"],
)
def test_whatever_a_cell_raises_is_told_and_the_kernel_lives(run: CellRun, code: str, error: str) -> None:
    run("kept = 5")
    assert error in run.fails(code)
    assert run("kept") == "5"


def test_long_output_is_cut_in_the_middle_with_a_note(run: CellRun) -> None:
    said = run("for n in range(20000): print('line', n)")
    assert said.startswith("line 0\nline 1\n")
    assert said.endswith("line 19998\nline 19999")
    assert "characters left out; print less" in said
    assert len(said) < 17000
    assert "characters left out" in run("'y' * 50000")


def test_what_children_and_descriptors_print_goes_nowhere(run: CellRun) -> None:
    code = "import os, subprocess\nos.write(1, b'loud')\nsubprocess.run(['/bin/echo', 'loud'])\nprint('quiet')"
    assert run(code) == "quiet"
    assert run("subprocess.run(['/bin/echo', 'asked'], capture_output=True, text=True).stdout") == repr("asked\n")


def test_an_empty_or_endless_cell_is_refused(run: CellRun) -> None:
    assert run.fails("  \n") == "Not done: the cell is empty. Write some Python."
    assert "64000" in run.fails("x = 1\n" * 20000)


# Tools


def test_tools_are_functions_whose_numbers_can_be_computed_with(world: CellRun) -> None:
    said = world("""
between = distance("red chair", "blue box")
d = between.value
print(round(float(d), 2), d.low <= d <= d.high, d.unit, d.kind, d.frame)
print(round(d * 100), type(d * 100).__name__, between.ok, between.handles)
print({name: round(float(v), 1) for name, v in size("obj1").values.items()})
print(direction_of(thing="obj1", frame="camera:img1").values["azimuth"].unit)
""")
    direct = world.workspace.calls["c.1.1"]
    assert direct.finished is not None
    value = direct.finished.values["distance"]["value"]
    assert f"{round(value, 2)} True m measured cloud1" in said
    assert f"{round(value * 100)} float True []" in said
    assert "{'longest': 0.9, 'width': 0.5, 'depth': 0.5, 'height': 0.9}" in said or "'longest': 0.9" in said
    assert said.endswith("degrees")
    assert world.inner() == [("c.1.1", "distance", "ok"), ("c.1.2", "size", "ok"), ("c.1.3", "direction_of", "ok")]
    assert world.workspace.calls["c.1.1"].call.arguments == {"a": "red chair", "b": "blue box"}


def test_a_length_without_a_scale_says_so(tmp_path: Path) -> None:
    scene = World(tmp_path, [CHAIR, BOX], [Shot(), Shot(position=(1.0, 0.3, 1.6))], change=lambda r: relative(r, 2.5))
    made = CellRun(workspace=scene.workspace)
    assert made("d = distance('obj1', 'obj2').value\nd.unit, d.kind") == "('scene units of cloud1', 'relative')"
    scene.state_scale(0.4)
    said = made(
        "d = distance('obj1', 'obj2').value\nr = reconstruction('cloud1')\nd.unit, r.scale_kind, round(float(d), 1)"
    )
    assert said.startswith("('m', 'measured', ")
    made.workspace.close()


def test_a_failure_of_a_tool_is_an_exception_with_its_words(world: CellRun) -> None:
    said = world("""
for call in (lambda: distance("obj1", "obj9"), lambda: distance("obj1"), lambda: height_above("obj1", wrong=1)):
    try:
        call()
    except ToolMistake as error:
        print(error)
try:
    tilt(thing="obj1", image="img1")
except ToolError as error:
    print(type(error).__name__, error)""")
    assert "Not done: distance: there is no object 'obj9'." in said
    assert "Not done: distance: it is measured to one other thing." in said
    assert "Not done: height_above has no argument 'wrong'. Its arguments are: thing" in said
    assert "ToolMistake Not done: tilt: " in said
    assert [outcome for _, _, outcome in world.inner()] == ["mistake"] * 4
    assert "ToolMistake: Not done: distance" in world.fails("distance('obj1')")


def test_limits_and_crashes_have_their_own_exceptions(tmp_path: Path) -> None:
    @tool
    def crash() -> ToolResult:
        """Crash."""
        raise RuntimeError("secret path")

    run = CellRun(tmp_path, tools=["depth", crash])
    said = run("""
for call in (lambda: depth_at("img1", points=[[5, 5]]), crash):
    try:
        call()
    except ToolError as error:
        print(type(error).__name__, "-", error)""")
    assert "ToolLimit - Cannot tell: the depth of img1 is not known yet." in said
    assert "ToolUnavailable - crash crashed (RuntimeError)." in said
    assert "secret" not in said
    run.workspace.close()


def test_pictures_made_in_a_cell_have_handles_at_once_and_are_seen_only_when_shown(run: CellRun) -> None:
    said = run("""
part = crop_zoom("img1", [10, 20, 110, 95])
marked = draw_box(part, boxes=[[5, 5, 50, 50]])
print(part.handle, marked.picture, image(marked).shape == image(part).shape)
print(about(part)["parents"][0]["handle"])
""")
    assert said == "view1 view2 True\nimg1\n(Made: crop_zoom -> view1; draw_box -> view2)"
    assert run.last.shown == []
    assert run("show(marked)") == "'view2'"
    assert run.last.shown == ["view2"]
    assert run("show('img1'), show(part)") == "('img1', 'view1')"
    assert run.last.shown == ["img1", "view1"]


def test_what_a_cell_draws_becomes_a_picture(run: CellRun) -> None:
    run("""
import numpy as np
import matplotlib.pyplot as plt
from PIL import Image
pixels = image("img1")
pixels[:100] = (255, 0, 0)
show(pixels, "red above")
show(pixels[:, :, 0] > 200, "a mask")
show(np.linspace(0, 1, 50 * 40).reshape(50, 40), "a ramp")
show(Image.new("L", (30, 20), 7))
plt.plot([1, 2, 3])
show(plt, "a line")
h = show(np.zeros((3000, 1500, 3), np.uint8), "large")
""")
    ws = run.workspace
    assert run.last.shown == [f"view{n}" for n in range(1, 7)]
    assert (ws.pixels("view1")[:100] == (255, 0, 0)).all()
    assert np.array_equal(ws.pixels("view1")[100:], ws.pixels("img1")[100:])
    assert ws.artifacts["view1"].title == "red above"
    assert set(np.unique(ws.pixels("view2"))) == {0, 255}
    assert ws.pixels("view3")[0, 0, 0] == 0
    assert ws.pixels("view3")[-1, -1, 0] == 255
    assert (ws.pixels("view4") == 7).all()
    assert ws.artifacts["view4"].size == (30, 20)
    assert ws.artifacts["view5"].size == (640, 480)
    assert ws.artifacts["view6"].size == (1024, 2048)
    # Pixels are artifacts; the journal holds no copy of them.
    assert len((ws.folder / "trace.jsonl").read_bytes()) < 30_000


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("show(3)", "TypeError: show takes a handle, an array"),
        ("show([[1, 2], [3, 4]])", "TypeError: show takes a handle, an array"),
        ("import numpy as np\nshow(np.zeros((4, 4, 2)))", "ValueError: an image is (H, W) or (H, W, 3), not (4, 4, 2)"),
        ("import numpy as np\nshow(np.zeros((0, 4)))", "ValueError: an image is"),
        ("show('img9')", "there is no picture 'img9'. Pictures: img1."),
        ("image('img9')", "KeyError: \"there are no pictures named 'img9'; there are: img1\""),
        ("image('../../etc/passwd')", "there are no pictures named"),
        ("arrays('depth1')", "there are: none yet"),
        ("about('../ws')", "there is no '../ws'"),
        ("crop_zoom(object(), [1, 2, 3, 4])", "TypeError: a tool takes text, numbers, handles and lists of them"),
        ("crop_zoom('img1', [1, 2, 3, 4], 1, 2, 3)", "TypeError: crop_zoom takes 2 arguments, not 5"),
        ("x = []\nfor _ in range(40): x = [x]\ncrop_zoom('img1', x)", "nested"),
        ("draw_box('img1', boxes=[[1, 2, 9, 9]] * 9000)", "its arguments are too long"),
    ],
)
def test_wrong_uses_are_said_in_words(run: CellRun, code: str, says: str) -> None:
    assert says in run.fails(code)
    assert run("1 + 1") == "2"


def test_reconstructions_objects_and_arrays_are_read_as_what_they_are(world: CellRun) -> None:
    said = world("""
import numpy as np
from sightline.geometry import Reconstruction
space = reconstruction("cloud1")
print(isinstance(space, Reconstruction), sorted(space.cameras), space.cloud.points.shape[1])
known = {o["name"]: o for o in objects()}
seen = next(s for s in known["red chair"]["sightings"] if s["picture"] == "img1")
mask = arrays(seen["mask"])["mask"]
x0, y0, x1, y1 = seen["box"]
print(mask.dtype, mask[int(y0):int(y1), int(x0):int(x1)].sum() == mask.sum(), known["red chair"]["handle"])
""")
    assert said == "True ['img1', 'img2'] 3\nbool True obj1"


def test_places_are_in_stored_pixels_whatever_the_model_speaks(tmp_path: Path) -> None:
    run = CellRun(tmp_path, sees=seeing(PERMILLE_YX))
    assert run("to_pixels('img1', [500, 250])") == "[160.0, 240.0]"
    assert run("to_pixels('img1', [[0, 0], [1000, 1000]])") == "[[0.0, 0.0], [640.0, 480.0]]"
    assert run("from_pixels('img1', [160, 240])") in ("[500.0, 250.0]", "[500, 250]")
    said = run("r = crop_zoom('img1', [100, 50, 300, 250])\nprint(r.places)\nimage(r).shape")
    assert "'picture': 'img1'" in said
    parent = run.workspace.artifacts["view1"].parents[0]
    assert parent.handle == "img1"
    assert "100.0, 50.0" in said
    assert "lies outside img1" in run.fails("to_pixels('img1', [4000, 5])")
    run.workspace.close()
    small = CellRun(tmp_path / "small", sees=seeing(PIXELS, longest=320))
    assert small("to_pixels('img1', [10, 20])") == "[20.0, 40.0]"
    small.workspace.close()


def test_a_variable_may_be_named_like_a_tool(world: CellRun) -> None:
    assert world("size = 3\nsize + 1") == "4"
    assert "longest" in world("tools.size('obj1').text")
    assert "longest" in world("del size\nsize('obj1').text")


def test_help_tells_the_arguments(run: CellRun) -> None:
    said = run("help(crop_zoom)")
    assert said.startswith("crop_zoom(image, box)")
    assert "box: The part to see. [x0, y0, x1, y1]" in said
    assert "sum(iterable" in run("help(sum)")


def test_a_result_that_was_there_already_has_its_handle(tmp_path: Path) -> None:
    from boxes_run import Run

    scene = Run(tmp_path, (CHAIR, BOX), Shot(), Shot(position=(1.0, 0.3, 1.6), bearing=-12.0))
    run = CellRun(workspace=scene.workspace, tools=["reconstruction", "depth"], back_ends=scene.back_ends)
    first, again = "reconstruct(['img1', 'img2'])", "estimate_depth('img1')"
    assert run(f"r = {first}\nr.cloud, r.handle, r.picture").startswith("('cloud1', 'cloud1', 'view1')")
    assert run(f"r = {first}\nr.cloud, r.handle").startswith("('cloud1', 'cloud1')")
    assert run(f"d = {again}\nd.depth").startswith("'depth1'")
    assert run(f"d = {again}\nd.depth, d.picture").startswith("('depth1', 'view2')")
    assert "this tool made no mask; it made: depth1, view2" in run.fails("d.mask")
    run.workspace.close()


def test_cells_work_in_foreign_agents(tmp_path: Path) -> None:
    with Workspace.create(tmp_path / "ws") as workspace:
        workspace.add_picture(np.zeros((40, 60, 3), np.uint8))
        tools = {t.name: t for t in bind(select(["image", "code"]), workspace)}
        call = {"type": "tool_call", "name": "run_python", "id": "1"}
        message = tools["run_python"].invoke({**call, "args": {"code": "v = crop_zoom('img1', [0, 0, 20, 20]).handle"}})
        assert message.artifact == {"handles": ["view1"]}
        message = tools["run_python"].invoke({**call, "args": {"code": "v, 1 / 0"}})
        assert message.status == "error"
        assert "ZeroDivisionError" in message.content
        assert tools["run_python"].invoke({**call, "args": {"code": "v"}}).content == "'view1'"
    assert [record.call.id for record in workspace.calls.values()] == ["bound.1", "bound.1.1", "bound.2", "bound.3"]
