"""Slides behind the engine's face, with real python-pptx and LibreOffice."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sightline.memory import InfrastructureError, InstrumentLimit, ModelMistake
from sightline.tools.graphics.engines import ProgramError, RenderRequest, StartFile, find_engine

pytestmark = pytest.mark.slow

CARD = """
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches, Pt

slide = prs.slides.add_slide(prs.slide_layouts[6])
card = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(2), Inches(4), Inches(3))
card.name = "card"
card.fill.solid()
card.fill.fore_color.rgb = RGBColor(200, 30, 30)
card.line.fill.background()
card.shadow.inherit = False
words = slide.shapes.add_textbox(Inches(7), Inches(2), Inches(5), Inches(1))
words.name = "words"
run = words.text_frame.paragraphs[0].add_run()
run.text = "Thirty-two points"
run.font.size = Pt(32)
run.font.color.rgb = RGBColor(0, 80, 0)
print(len(prs.slides), "slide")
"""

SECOND = """
second = prs.slides.add_slide(prs.slide_layouts[0])
second.shapes.title.text = "The second slide"
second.background.fill.solid()
second.background.fill.fore_color.rgb = RGBColor(0, 0, 120)
"""


def test_a_slide_is_drawn_where_the_program_puts_it() -> None:
    engine = find_engine("slides")
    engine.check()
    rendered = engine.render(CARD, RenderRequest())
    assert rendered.size == (960, 540)
    assert rendered.printed == "1 slide\n"
    assert rendered.frame == 1
    red = (np.abs(rendered.pixels.astype(int) - (200, 30, 30)) < 8).all(axis=2)
    rows, columns = np.nonzero(red)
    # 72 pixels an inch.
    assert [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] == pytest.approx([72, 144, 360, 360], abs=1.5)
    assert rendered.pixels[10, 10].tolist() == [255, 255, 255]
    assert np.array_equal(engine.render(CARD, RenderRequest()).pixels, rendered.pixels)
    without = engine.render(CARD, RenderRequest(hidden=("card",)))
    assert without.pixels[250, 200].tolist() == [255, 255, 255]
    assert (without.pixels[144:216, 504:] != 255).any()
    with pytest.raises(ModelMistake, match="nothing named 'picture'; it has: card, words"):
        engine.render(CARD, RenderRequest(hidden=("picture",)))


def test_other_sizes_and_other_slides() -> None:
    engine = find_engine("slides")
    rendered = engine.render(CARD + SECOND, RenderRequest((400, 400), frame=2))
    assert rendered.size == (400, 400)
    assert rendered.frame == 2
    assert rendered.notes == ("the drawing has another aspect: it fills 400x225 in the middle of the picture",)
    assert rendered.pixels[200, 5].tolist() == [0, 0, 120]
    assert rendered.pixels[50, 200].tolist() == [255, 255, 255]
    with pytest.raises(ModelMistake, match="no slide 3: it has 2"):
        engine.render(CARD + SECOND, RenderRequest(frame=3))
    with pytest.raises(ModelMistake, match="has no slide"):
        engine.render("x = 1", RenderRequest())


def test_the_report_says_what_is_on_a_slide() -> None:
    engine = find_engine("slides")
    report = engine.inspect(CARD + SECOND)
    card, words = report.find("card"), report.find("words")
    assert card.kind == "rectangle"
    assert card.picture_box == pytest.approx((72, 144, 360, 360), abs=0.1)
    assert card.properties["fill"] == "#C81E1E"
    assert words.properties["text"] == "Thirty-two points"
    assert words.properties["font size (pt)"] == 32
    assert words.properties["text colour"] == "#005000"
    assert report.settings["slide"] == "1 of 2"
    second = engine.inspect(CARD + SECOND, frame=2)
    assert second.settings["background"] == "#000078"
    assert second.things[0].properties["text"] == "The second slide"


def test_a_program_goes_on_from_a_presentation(tmp_path: Path) -> None:
    engine = find_engine("slides")
    made = engine.render(CARD, RenderRequest((320, 180))).file
    assert made is not None
    edit = "for shape in prs.slides[0].shapes:\n    if shape.name == 'card':\n        shape.left = 0\n"
    assert engine.inspect(edit, made).find("card").picture_box == pytest.approx((0, 144, 288, 360), abs=0.1)
    with pytest.raises(InstrumentLimit, match="cannot open the start file"):
        engine.inspect(edit, StartFile(b"not a zip", ".pptx"))


def test_mistakes_and_missing_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = find_engine("slides")
    with pytest.raises(ProgramError, match=r"Line 7 of the program fails .*AttributeError: .*add_shapes"):
        engine.render(CARD.replace("add_shape(", "add_shapes("), RenderRequest())
    with pytest.raises(ModelMistake, match="no presentation in `prs`"):
        engine.render("prs = None\n", RenderRequest())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfrastructureError, match="apt-get install libreoffice-impress"):
        engine.render(CARD, RenderRequest())


def test_the_exported_program_writes_the_same_presentation(tmp_path: Path) -> None:
    from pptx import Presentation

    engine = find_engine("slides")
    script = tmp_path / "deck.py"
    script.write_text(engine.export(CARD, RenderRequest()), "utf-8")
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True, timeout=60)
    by_hand = (tmp_path / "deck.pptx").read_bytes()
    in_sandbox = engine.render(CARD, RenderRequest((320, 180))).file
    assert in_sandbox is not None
    texts = [
        [(shape.name, shape.left, shape.top, shape.width, shape.height) for shape in deck.slides[0].shapes]
        for deck in (Presentation(io.BytesIO(content)) for content in (by_hand, in_sandbox.content))
    ]
    assert texts[0] == texts[1]
    again = engine.render("pass", RenderRequest(), StartFile(by_hand, ".pptx"))
    assert np.array_equal(again.pixels, engine.render(CARD, RenderRequest()).pixels)
