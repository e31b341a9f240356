"""SVG behind the engine's face, with real resvg."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from sightline.memory import ModelMistake
from sightline.tools.graphics.engines import ProgramError, RenderRequest, find_engine

pytestmark = pytest.mark.slow

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="400" height="300">\n'
DRAWING = (
    HEAD
    + """<defs><rect id="unseen" width="9" height="9"/></defs>
<rect id="card" x="20" y="30" width="200" height="100" fill="#c81e1e"/>
<g transform="translate(300 200) rotate(90) scale(2)">
  <circle r="20" fill="none" stroke="#0000ff" stroke-width="10"/>
</g>
<text x="40" y="250" font-size="30">Hello</text>
<rect width="10" height="10" style="visibility: hidden"/>
</svg>"""
)


def test_a_document_is_drawn_on_white() -> None:
    engine = find_engine("svg")
    engine.check()
    rendered = engine.render(DRAWING, RenderRequest(silhouette=True))
    assert rendered.size == (400, 300)
    assert rendered.pixels[80, 100].tolist() == [200, 30, 30]
    assert rendered.pixels[5, 200].tolist() == [255, 255, 255]
    assert (rendered.pixels[225:255, 40:120] < 100).any()  # the text
    assert rendered.silhouette is not None
    assert rendered.silhouette[80, 100]
    assert not rendered.silhouette[5, 200]
    without = engine.render(DRAWING, RenderRequest(hidden=("card",)))
    assert without.pixels[80, 100].tolist() == [255, 255, 255]
    with pytest.raises(ModelMistake, match=r"nothing named 'moon'; it has: card, .*circle1"):
        engine.render(DRAWING, RenderRequest(hidden=("moon",)))


def test_another_size_and_another_aspect() -> None:
    engine = find_engine("svg")
    double = engine.render(DRAWING, RenderRequest((800, 600)))
    assert double.size == (800, 600)
    assert double.pixels[160, 200].tolist() == [200, 30, 30]
    square = engine.render(DRAWING, RenderRequest((200, 200), silhouette=True))
    assert square.size == (200, 200)
    assert square.pixels[25 + 40, 50].tolist() == [200, 30, 30]
    assert square.silhouette is not None
    assert square.silhouette.shape == (200, 200)
    assert not square.silhouette[:25].any()
    huge = engine.render(DRAWING.replace('width="400" height="300"', 'width="40000" height="30000"'), RenderRequest())
    assert huge.size == (1024, 768)


def test_the_report_has_the_box_each_element_is_seen_in() -> None:
    report = find_engine("svg").inspect(DRAWING)
    boxes = {thing.name: thing.picture_box for thing in report.things}
    assert boxes["card"] == pytest.approx((20, 30, 220, 130), abs=0.5)
    assert boxes["circle1"] == pytest.approx((250, 150, 350, 250), abs=0.5)  # radius 25 with its stroke, twice
    x0, y0, x1, y1 = boxes["text1"] or (0, 0, 0, 0)
    assert (40 <= x0 < 46, 220 < y0 < 232, 100 < x1 < 140, 245 < y1 < 253) == (True,) * 4
    assert report.find("text1").properties["text"] == "Hello"
    assert report.find("text1").properties["line"] == 7
    assert report.find("rect2").hidden
    assert "unseen" not in boxes


BROKEN = {
    "a tag left open": (HEAD + "<g>\n<rect/>\n</svg>", 4, "mismatched tag"),
    "an attribute twice": (HEAD + '<rect x="1" x="2"/></svg>', 2, "duplicate attribute"),
    "no namespace": ('<svg width="10" height="10"/>', 1, "not <svg xmlns="),
    "another document": ("<html/>", 1, "the root is <html>"),
    "a file of the machine": (HEAD + '\n<image href="/etc/passwd"/></svg>', 3, "only #ids and data"),
    "a file by address": (HEAD + '<image xlink:href="file:///etc/hosts"/></svg>', 2, "only #ids and data"),
    "the network": (HEAD + '<use href="https://example.org/a.svg#b"/></svg>', 2, "only #ids and data"),
    "an external entity": (
        '<!DOCTYPE svg [\n<!ENTITY x SYSTEM "file:///etc/passwd">]>\n' + HEAD + "<text>&x;</text></svg>",
        2,
        "entity 'x'",
    ),
    "entities in entities": (
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n' + HEAD + "<text>&b;</text></svg>",
        1,
        "entity 'a'",
    ),
    "no size": ('<svg xmlns="http://www.w3.org/2000/svg" width="-3" height="0"/>', None, "invalid size"),
}  # fmt: skip


@pytest.mark.parametrize(("program", "line", "problem"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_valid_or_reaches_out_is_refused_with_its_line(
    program: str, line: int | None, problem: str
) -> None:
    with pytest.raises(ProgramError) as caught:
        find_engine("svg").render(program, RenderRequest())
    assert problem in caught.value.problem
    assert caught.value.line == line


def test_pictures_inside_the_document_are_drawn() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (0, 0, 250)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    program = HEAD + f'<image href="data:image/png;base64,{data}" width="50" height="50"/></svg>'
    assert find_engine("svg").render(program, RenderRequest()).pixels[25, 25].tolist() == [0, 0, 250]


def test_a_document_within_a_document_reaches_no_file() -> None:
    inner = HEAD + '<image href="/in/request.json"/><image href="/usr/share/pixmaps/debian-logo.png"/></svg>'
    data = base64.b64encode(inner.encode()).decode()
    program = HEAD + f'<image href="data:image/svg+xml;base64,{data}" width="50" height="50"/></svg>'
    assert np.all(find_engine("svg").render(program, RenderRequest()).pixels == 255)
