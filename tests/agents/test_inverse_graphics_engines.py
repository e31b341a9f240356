"""Blender and slides under a scripted model: to the target from nothing, by hand afterwards, and past every mishap."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_kit import blenders, run_by_hand
from graphics_kit import BLENDER, SLIDE, SVG, drawn, edit, judge, write
from loop_kit import agent_on
from servers import Call, ModelServer, Turn, results, texts

from sightline.agents import Answer, Budget
from sightline.demos.trace.text import trace_text
from sightline.memory.pictures import load_picture
from sightline.tools.graphics.exporting import export_revision
from sightline.tools.graphics.metrics import photometric_loss

pytestmark = pytest.mark.slow
SIZE = (128, 96)


def remake(server: ModelServer, runs: Path, target: Any, steps: int = 30, **given: Any) -> Answer:
    """A run of the strategy on a scripted model."""
    agent = agent_on(server, "messages", runs, strategy="inverse_graphics", budget=Budget(steps=steps))
    return agent.ask("Make this.", () if target is None else target, **given)


RENAME = """\
for shape in prs.slides[0].shapes:
    if shape.name == "heading":
        shape.text_frame.text = "New words"
"""


def one_slide(text: str) -> bytes:
    """A presentation with one slide, and on it a text box named heading."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1))
    box.name, box.text_frame.text = "heading", text
    kept = io.BytesIO()
    deck.save(kept)
    return kept.getvalue()


@pytest.fixture(params=blenders().values(), ids=blenders().keys())
def blender(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each Blender of this machine in turn."""
    path: Path = request.param
    monkeypatch.setenv("SIGHTLINE_BLENDER", str(path))
    return path


def test_three_objects_in_blender(blender: Path, tmp_path: Path) -> None:
    target = drawn(BLENDER, "blender", size=SIZE)
    wrong = BLENDER.replace("(0.05, 0.6, 0.1)", "(0.6, 0.05, 0.6)").replace("(1.2, 0, 0.5)", "(1.2, 0.8, 0.5)")
    script = [
        Turn(calls=[Call("plan", {"steps": ["three things on a floor", "colours", "places"]})]),
        write(wrong.replace("primitive_cone_add", "primitive_kone_add"), "blender"),  # raises
        edit("primitive_kone_add", "primitive_cone_add"),  # shows the wrong thing
        Call("compare"),
        Call("inspect_view", {"azimuth": 40, "elevation": 50}),
        judge(0.5, differs="the ball is purple, the cone stands too far back"),
        edit("(0.6, 0.06, 0.6)", "(0.05, 0.6, 0.1)"),  # does not match
        edit("(0.6, 0.05, 0.6)", "(0.05, 0.6, 0.1)"),
        judge(0.8, differs="the cone stands too far back"),
        Call("inspect_scene"),
        edit("(1.2, 0.8, 0.5)", "(1.2, 0, 0.5)"),
        judge(1.0, satisfied=True),
    ]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path / "runs", target)
    assert server.unused == 0
    ws = answer.trace
    assert answer.value == BLENDER
    best = ws.revisions.best
    assert best is not None
    assert best.loss is not None
    assert best.loss <= 1e-4
    told = "\n".join(text for request in server.requests for text in results(request).values())
    assert "primitive_kone_add" in told
    line = 1 + BLENDER[: BLENDER.index("primitive_cone_add")].count("\n")
    assert f"Line {line} of the program fails" in told
    assert "The nearest lines are:" in told
    assert "cone (MESH)" in told
    text = trace_text(ws)
    assert [r.handle for r in ws.revisions.every.values()] == ["prog1", "prog2", "prog3", "prog4"]
    assert all(f"  {handle}" in text for handle in ws.revisions.every)
    assert text.count("loss ") >= 3
    # By hand, with plain Blender, it gives the same picture.
    exported = export_revision(ws, tmp_path / "out")
    run_by_hand(blender, exported.program)
    by_hand = load_picture(tmp_path / "out" / "picture.png").pixels
    assert photometric_loss(by_hand, target) <= 1e-4
    assert np.array_equal(by_hand, ws.pixels(best.picture))


def test_a_camera_fitted_to_objects(blender: Path, tmp_path: Path) -> None:
    target = drawn(BLENDER, "blender", size=SIZE)
    script = [
        write(BLENDER, "blender"),
        Turn(
            calls=[
                Call("fit_camera", {"objects": ["ball"]}),
                Call("fit_camera", {"objects": ["cylinder"]}),
                Call("set_visibility", {"hidden": ["box", "cone"]}),
                Call("render", {"position": [0, -3, 4], "look_at": [0, 0, 0.5], "width": 64}),
            ]
        ),
        judge(1.0, satisfied=True),
    ]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path, target)
    ws = answer.trace
    fitted, unknown, _, seen = [ws.calls[f"2.{number}"] for number in (1, 2, 3, 4)]
    assert "horizontal field of view" in fitted.text
    close = ws.pixels(fitted.made[0]).astype(int)
    assert (close[..., 1] > close[..., [0, 2]].max(axis=2) + 20).mean() > 0.25  # the ball fills the picture
    assert unknown.finished is not None
    assert unknown.finished.outcome == "mistake"
    assert "nothing named 'cylinder'" in unknown.text
    above = ws.pixels(seen.made[0]).astype(int)
    assert above.shape == (48, 64, 3)
    red, blue = above[..., 0] - above[..., 1], above[..., 2] - above[..., 1]
    assert red.max() < 40
    assert blue.max() < 40


@pytest.mark.skipif(not blenders(), reason="needs Blender")
def test_mishaps_are_told_in_words_and_the_run_goes_on(tmp_path: Path) -> None:
    target = drawn(BLENDER, "blender", size=SIZE)
    crash = "import os\nimport bpy\nos.kill(os.getpid(), 11)\n"
    endless = "import bpy\nwhile True:\n    pass\n"
    nothing = "import bpy\n"  # no camera: no picture
    script = [
        write(crash, "blender"),
        write(endless, "blender"),
        write(nothing, "blender"),
        write(BLENDER, "blender"),
        judge(1.0, satisfied=True),
    ]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path, target)
    assert answer.value == BLENDER
    ended = [answer.trace.calls[f"{step}.1"] for step in (1, 2, 3)]
    outcomes = [call.finished.outcome for call in ended if call.finished is not None]
    assert set(outcomes) <= {"limit", "mistake"}
    crashed, late, empty = (call.text for call in ended)
    assert "crash" in crashed.lower() or "signal" in crashed.lower() or "killed" in crashed.lower()
    assert "60 s" in late
    assert "camera" in empty
    assert all(revision.problem for revision in list(answer.trace.revisions.every.values())[:3])


def test_a_wrong_edit_of_a_start_file(blender: Path, tmp_path: Path) -> None:
    scene = tmp_path / "kitchen.blend"
    save = tmp_path / "save.py"
    small = "bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = 128, 96"
    save.write_text(f"{BLENDER}\n{small}\nbpy.ops.wm.save_as_mainfile(filepath={str(scene)!r})\n", "utf-8")
    run_by_hand(blender, save)
    script = [
        write("import bpy\n", "blender", "nothing yet"),
        judge(0.2),
        write("import bpy\nbpy.data.objects['ball'].location.z = 1.5\n", "blender", "lift the ball"),
        # The verifier looks at the edit, never at the file it began with.
        Turn(calls=[Call("inspect_scene"), Call("inspect_view", {"azimuth": 30, "around_objects": ["ball"]})]),
        judge(0.9, satisfied=True),
    ]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path / "runs", None, start=scene)
    ws = answer.trace
    assert "kitchen" not in str(server.requests[0].body)
    assert ws.revisions.every["prog2"].start == "start1"
    listed, around = ws.calls["4.1"], ws.calls["4.2"]
    assert "ball (MESH); box (-0.5, -0.5, 1) to (0.5, 0.5, 2)" in listed.text
    middle = ws.pixels(around.made[0])
    rows, columns = middle.shape[0] // 2, middle.shape[1] // 2
    assert middle[rows, columns].argmax() == 1  # the green ball, where it is now
    assert "location.z = 1.5" in answer.value
    before, after = (ws.pixels(ws.revisions.every[handle].picture) for handle in ("prog1", "prog2"))
    assert not np.array_equal(before, after)
    exported = export_revision(ws, tmp_path / "out")
    assert exported.start is not None
    run_by_hand(blender, exported.program)
    assert np.array_equal(load_picture(tmp_path / "out" / "picture.png").pixels, after)


def test_an_animation(blender: Path, tmp_path: Path) -> None:
    moving = f"""{BLENDER}
ball = bpy.data.objects["ball"]
ball.location = (-1.2, 0, 1.5)
ball.keyframe_insert("location", frame=1)
ball.location = (1.2, 0, 1.5)
ball.keyframe_insert("location", frame=20)
bpy.context.scene.frame_end = 20
"""
    script = [
        write(moving, "blender"),
        Turn(calls=[Call("render", {"frame": 1, "width": 96}), Call("set_frame", {"frame": 20})]),
        Turn(calls=[Call("render", {"width": 96}), Call("set_frame", {"frame": 4000})]),
        judge(1.0, satisfied=True),
    ]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path, None)
    assert answer.value == moving
    ws = answer.trace
    green = []
    for call in ("2.1", "3.1"):
        pixels = ws.pixels(ws.calls[call].made[0]).astype(int)
        green.append(np.nonzero(pixels[..., 1] > pixels[..., [0, 2]].max(axis=2) + 20)[1].mean())
    assert green[0] < 30 < 66 < green[1]
    assert "frame 20" in ws.calls["3.1"].text


def test_a_slide(tmp_path: Path) -> None:
    target = drawn(SLIDE, "slides", size=(480, 270))
    wrong = SLIDE.replace("(192, 57, 43)", "(57, 192, 43)").replace("Up 12 %", "Up 2 %")
    script = [
        write(wrong.replace("Inches, Pt", "Inches, Points"), "slides"),  # raises
        edit("Inches, Points", "Inches, Pt"),  # shows the wrong thing
        judge(0.6, differs="the disc is green; the card says 2"),
        edit("(57,192,43)", "(192, 57, 43)"),  # does not match
        edit("(57, 192, 43)", "(192, 57, 43)"),
        judge(0.8, differs="the card says 2"),
        edit("Up 2 %", "Up 12 %"),
        judge(0.95, differs="nothing I could name"),
        edit("Pt(32)", "Pt(12)", "a wrong edit"),
        judge(0.5),
    ]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path / "runs", target, steps=len(script))
    assert server.unused == 0
    assert answer.value == SLIDE  # and not the last one
    assert answer.trace.revisions.best is not None
    assert answer.trace.revisions.best.loss is not None
    assert answer.trace.revisions.best.loss <= 1e-4
    assert "The last was prog5" in answer.details
    assert "ImportError" in answer.trace.calls["1.1"].text


@pytest.mark.parametrize(
    ("engine", "good"),
    [
        ("slides", SLIDE),
        ("plot", "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([0, 1], [1, 0])\n"),
    ],
)
def test_mishaps_of_the_other_engines(engine: str, good: str, tmp_path: Path) -> None:
    script = [
        write("import os\nos.kill(os.getpid(), 11)\n", engine),
        write("x = 1\n", engine),  # draws nothing
        write(good, engine),
        judge(1.0, satisfied=True),
    ]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path, None)
    assert answer.value == good
    crashed, empty = (answer.trace.calls[f"{step}.1"].finished for step in (1, 2))
    assert crashed is not None
    assert empty is not None
    assert crashed.outcome == "limit"
    assert empty.outcome in ("limit", "mistake")
    assert not crashed.detail + empty.detail
    assert [bool(r.problem) for r in answer.trace.revisions.every.values()] == [True, True, False]


def test_a_presentation_to_go_on_from(tmp_path: Path) -> None:
    (tmp_path / "deck.pptx").write_bytes(one_slide("Old words"))
    script = [write(RENAME, ""), Call("inspect_scene"), judge(1.0, satisfied=True)]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path / "runs", None, start=tmp_path / "deck.pptx")
    assert answer.value == RENAME
    assert answer.trace.revisions.every["prog1"].engine == "slides"
    assert "New words" in answer.trace.calls["2.1"].text


def test_a_presentation_and_a_program_for_it(tmp_path: Path) -> None:
    deck, program = tmp_path / "deck.pptx", tmp_path / "change.py"
    deck.write_bytes(one_slide("Old words"))
    program.write_text(RENAME.replace("New", "Newer"), "utf-8")
    script = [Call("render"), edit("Newer", "Newest"), judge(1.0, satisfied=True)]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path / "runs", None, start=[program, deck], engine="slides")
    assert answer.value == RENAME.replace("New", "Newest")
    assert [r.start for r in answer.trace.revisions.every.values()] == ["start1", "start1"]


def test_a_plot_and_a_drawing_in_one_run(tmp_path: Path) -> None:
    plot = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([0, 1], [0, 1])\n"
    script = [write(plot, "plot"), judge(0.4), write(SVG, "svg"), judge(1.0, satisfied=True)]
    with ModelServer("messages", script) as server:
        answer = remake(server, tmp_path, None)
    assert answer.value == SVG
    assert [r.engine for r in answer.trace.revisions.every.values()] == ["plot", "svg"]
    assert answer.trace.revisions.every["prog2"].parent == ""
    assert "Engine `plot`" in "\n".join(texts(server.requests[0], "system"))
