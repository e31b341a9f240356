"""Plots behind the engine's face."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sightline.memory import InputError, ModelMistake
from sightline.memory.pictures import load_picture
from sightline.tools.graphics.engines import RenderRequest, find_engine

PLOT = """
import matplotlib.pyplot as plt
import numpy as np

figure = plt.figure(figsize=(8, 4))
flat = figure.add_subplot(1, 2, 1)
flat.plot([0, 10], [0, 5], color="#ff0000", label="rising")
flat.bar([2, 4], [1, 3], color="#0000ff")
flat.set(title="Flat", xlabel="time", xlim=(0, 10), ylim=(0, 10))
flat.legend()
deep = figure.add_subplot(1, 2, 2, projection="3d")
deep.scatter([0, 1, 2], [0, 1, 4], [3, 2, 1])
deep.view_init(elev=35, azim=-50)
"""


def test_a_figure_is_drawn_and_its_parts_can_be_hidden() -> None:
    engine = find_engine("plot")
    engine.check()
    rendered = engine.render(PLOT, RenderRequest())
    assert rendered.size == (800, 400)
    blue = (rendered.pixels == (0, 0, 255)).all(axis=2)
    assert blue.any()
    again = engine.render(PLOT, RenderRequest(hidden=("axes1.rectangle2",)))
    assert 0 < (again.pixels == (0, 0, 255)).all(axis=2).sum() < blue.sum() / 2
    assert engine.render(PLOT, RenderRequest((317, 411))).size == (317, 411)
    with pytest.raises(ModelMistake, match=r"nothing named 'axes3'; it has: axes1, axes1\.line1"):
        engine.render(PLOT, RenderRequest(hidden=("axes3",)))
    with pytest.raises(ModelMistake, match="no figure open"):
        engine.render("import matplotlib", RenderRequest())


def test_the_report_says_what_is_drawn_where() -> None:
    report = find_engine("plot").inspect(PLOT)
    flat, deep = report.find("axes1"), report.find("axes2")
    assert flat.properties["title"] == "Flat"
    assert flat.properties["x limits"] == [0, 10]
    assert deep.properties["view (degrees)"] == {"elevation": 35, "azimuth": -50, "roll": 0}
    line = report.find("axes1.line1")
    assert line.properties["label"] == "rising"
    assert line.properties["colour"] == "#ff0000"
    assert line.properties["to"] == [10, 5]
    assert report.find("axes2.scatter1").properties["to"] == [2, 4, 3]
    # A bar from 0 to 3 of 10, in pixels with y down.
    x0, y0, x1, y1 = report.find("axes1.rectangle2").picture_box or (0, 0, 0, 0)
    ax0, ay0, ax1, ay1 = flat.picture_box or (0, 0, 0, 0)
    assert (y0 - ay0) / (ay1 - ay0) == pytest.approx(0.7, abs=0.01)
    assert y1 == pytest.approx(ay1, abs=0.5)
    assert ((x0 + x1) / 2 - ax0) / (ax1 - ax0) == pytest.approx(0.4, abs=0.01)


def test_the_exported_program_gives_the_same_picture_by_hand(tmp_path: Path) -> None:
    engine = find_engine("plot")
    wanted = RenderRequest((400, 200))
    script = tmp_path / "plot.py"
    script.write_text(engine.export(PLOT, wanted), "utf-8")
    environment = {"MPLBACKEND": "Agg", "PATH": "/usr/bin", "HOME": str(tmp_path)}
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True, timeout=120, env=environment)
    assert np.array_equal(load_picture(tmp_path / "picture.png").pixels, engine.render(PLOT, wanted).pixels)


def test_engines_are_found_by_name() -> None:
    with pytest.raises(InputError, match=r"no engine 'povray'.*blender, slides, svg, plot"):
        find_engine("povray")
    for name in ("blender", "slides", "svg", "plot"):
        engine = find_engine(name)
        assert engine.name == name
        assert len(engine.notes) > 1000
