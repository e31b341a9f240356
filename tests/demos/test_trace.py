"""A run retold as text and as a page: complete, escaped, and without a request to anybody."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from trace_example import HOSTILE, RunWriter, sketch, write_example

from sightline.demos.trace import list_text, trace_html, trace_text
from sightline.memory import NoteAdded, ObjectSeen, PlanItem, PlanRevised, Workspace


@pytest.fixture
def example(tmp_path: Path) -> Workspace:
    write_example(tmp_path / "20260921-example")
    return Workspace.open(tmp_path / "20260921-example")


@pytest.fixture
def hostile(tmp_path: Path) -> Workspace:
    """A run in which everything a stranger can write is an attack."""
    run = RunWriter(tmp_path / "hostile", question=HOSTILE, known={HOSTILE: HOSTILE}, model=HOSTILE)
    run.ws.add_picture(sketch((80, 60), 1))
    (call,) = run.step(HOSTILE, [(HOSTILE, {HOSTILE: HOSTILE})], reasoning=HOSTILE)
    seen = ObjectSeen(object="fresh0", name=HOSTILE, picture="img1", box=(1, 2, 30, 40), source=HOSTILE)
    facts = [seen, NoteAdded(text=HOSTILE), PlanRevised(items=[PlanItem(text=HOSTILE)])]
    run.result(call, HOSTILE, facts=facts, detail=HOSTILE)
    run.commit(call)
    run.ws.close()
    return Workspace.open(tmp_path / "hostile")


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._skip = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._skip += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self.text += data

    def every(self, attribute: str) -> list[str]:
        return [a[attribute] or "" for _, a in self.tags if attribute in a]


TOLD = [
    "which is nearer to the left edge: the spoon or the cup?", "table width", "1.20 m", "A. the spoon",
    "I will plan first", "Both photos may show the same table", "crop_zoom", "find the cup", "locate_by_vlm",
    "there is no picture 'img7'", "enhance crashed (MemoryError)", "spoon tip at x = 144", "answered 503 four times",
    "(144.5, 672)", "the person's cup",
]  # fmt: skip


@pytest.mark.parametrize("told", TOLD)
def test_the_text_and_the_page_tell_everything(told: str, example: Workspace) -> None:
    assert told in " ".join(trace_text(example).split())
    assert told in " ".join(Page(trace_html(example)).text.split())


def test_a_forced_answer_is_marked(example: Workspace) -> None:
    assert "forced" in trace_text(example).lower()
    assert "forced" in Page(trace_html(example)).text.lower()


def test_places_are_in_stored_pixels_and_no_reference_is_left(example: Workspace) -> None:
    for told in (trace_text(example), trace_html(example)):
        assert "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}" not in told
    assert "(504, 240, 816, 592)" in trace_text(example)


def test_the_page_asks_nobody_for_anything(example: Workspace) -> None:
    page = trace_html(example)
    parsed = Page(page)
    for attribute in ("src", "href", "action", "data", "poster", "srcset"):
        for value in parsed.every(attribute):
            assert value.startswith(("#", "data:")), value
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert not any("url(" in style or "@import" in style for style in styles)
    (policy,) = (a["content"] for _, a in parsed.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_each_picture_is_in_the_page_once(example: Workspace) -> None:
    page = trace_html(example)
    pictures = {example.artifacts[handle].digest for handle in example.pictures}
    assert len(re.findall(r"data:image/", page)) == len(pictures)


def test_every_link_leads_somewhere(example: Workspace) -> None:
    parsed = Page(trace_html(example))
    ids = set(parsed.every("id"))
    assert len(ids) == len(parsed.every("id"))
    for href in parsed.every("href"):
        if href.startswith("#"):
            assert href[1:] in ids
    named = {a["data-handle"] for _, a in parsed.tags if "data-handle" in a}
    assert {"img1", "img2", "view1", "view2", "view3"} <= named


def test_nothing_a_stranger_wrote_runs(hostile: Workspace) -> None:
    page = trace_html(hostile)
    parsed = Page(page)
    assert [tag for tag, _ in parsed.tags].count("script") == 1
    assert "img" not in [tag for tag, _ in parsed.tags]
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert "alert(" not in re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[0]
    assert "alert('x')" in parsed.text  # shown, as text
    told = trace_text(hostile)
    assert "\x1b" not in told
    assert "\x00" not in told


def test_a_run_under_way_is_told_so_far(tmp_path: Path) -> None:
    run = RunWriter(tmp_path / "open")
    run.step("I begin.", [("crop_zoom", {"image": "img1"})])
    workspace = Workspace.open(tmp_path / "open")
    assert "I begin." in trace_text(workspace)
    assert "I begin." in trace_html(workspace)


def test_runs_are_listed(tmp_path: Path, example: Workspace) -> None:
    from rich.console import Console

    out = io.StringIO()
    Console(width=200, file=out).print(list_text(example.folder.parent))
    listed = out.getvalue()
    assert "20260921-example" in listed
    assert "the spoon" in listed
    assert "no runs" in str(list_text(tmp_path / "nothing")).lower()


def test_what_mends_a_failure_stands_beside_it_and_is_no_traceback(tmp_path: Path) -> None:
    run = RunWriter(tmp_path / "run")
    (call,) = run.step("", [("reconstruct", {"images": ["img1"]})])
    run.result(
        call,
        "Not available: pycolmap is not installed.",
        outcome="infrastructure",
        detail="pycolmap is not installed. pip install 'sightline[recon]'",
    )
    run.commit(call)
    run.ws.close()
    page = Page(trace_html(Workspace.open(tmp_path / "run")))
    assert "To mend it: pip install 'sightline[recon]'" in page.text
    assert page.text.count("pycolmap is not installed") == 1
    assert "Traceback" not in page.text


def test_a_picture_that_comes_alone_is_shown_large_enough_to_read(tmp_path: Path) -> None:
    widths = []
    for count in (1, 2):
        run = RunWriter(tmp_path / f"run{count}")
        for number in range(count):
            run.ws.add_picture(sketch((1600, 1200), number))
        run.ws.close()
        page = Page(trace_html(Workspace.open(tmp_path / f"run{count}")))
        widths.append(next(float(a["width"] or 0) for tag, a in page.tags if tag == "svg" and "data-picture" in a))
        assert ("pic alone" in page.every("class")) == (count == 1)
    assert widths[0] > widths[1]
