"""The web demo in a real browser: asking, watching, stopping, branching, opening, and what a visitor must not meet."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from servers import Call, Hang, ModelServer, Turn
from web_kit import Demo, Tab, browser, demo, tab

from sightline.memory import InputError, Workspace
from sightline.tools import bind, select

pytest.importorskip("gradio", reason="the extra demo is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.fixture
def page(chromium: Any, served: Demo) -> Iterator[Tab]:
    with tab(chromium, served.url) as opened:
        yield opened
        opened.check()


def test_a_sample_is_asked_and_answered_step_by_step(page: Tab) -> None:
    page.ask_sample(0, 0)
    page.page.wait_for_selector(".lane .step")
    page.wait_for("done")
    assert page.answer == "24"
    steps = page.page.locator(".lane .step")
    assert steps.count() == 3
    assert "find_regions" in steps.first.inner_text()
    assert page.page.locator("textarea").first.input_value() == "How many coins are there?"


def test_pictures_open_large_and_handles_light_them_up(page: Tab) -> None:
    page.ask_sample(0, 0)
    page.wait_for("done")
    page.page.locator(".lane .step a.handle[data-handle=img1]").first.hover()
    assert page.page.locator("figure.lit #r1-h-img1, figure#r1-h-img1.lit").count() == 1
    assert "img1" in page.page.locator("#stage-host .name").inner_text()
    page.page.locator(".lane a.open").first.click()
    dialog = page.page.locator("dialog[open]")
    assert dialog.locator("svg.view use").count() == 1
    page.page.keyboard.press("Escape")
    assert page.page.locator("dialog[open]").count() == 0


def test_the_map_and_the_cloud_appear(page: Tab) -> None:
    pytest.importorskip("pycolmap", reason="the extra recon is not installed")
    pytest.importorskip("open3d", reason="the extra recon is not installed")
    page.ask_sample(1, 0)
    page.wait_for("done")
    assert page.answer == "bear"
    drawn = page.page.locator("#memory-host svg.map")
    assert drawn.locator(".camera").count() == 3
    assert {"bear", "monitor", "img1"} <= set(drawn.locator("text").all_text_contents())
    page.page.get_by_role("tab", name="3D").click()
    page.page.wait_for_selector("#cloud canvas")
    assert re.search(r"cloud1: .*[\d,]+ points, 3 cameras", page.page.locator("#cloud-words").inner_text())


def test_a_run_is_stopped_and_goes_on(page: Tab) -> None:
    page.ask_sample(1, 1)
    page.page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for("stopped")
    page.page.get_by_role("button", name="Go on", exact=True).click()
    page.wait_for("done")
    assert page.answer == "left"


def test_an_edited_step_is_a_new_run_and_both_are_kept(page: Tab) -> None:
    page.ask_sample(0, 0)
    page.wait_for("done")
    page.page.get_by_role("button", name="Edit step 1 and go on from there").click()
    field = page.page.locator("form.editor").get_by_label("image")
    assert field.input_value() == "img1"
    field.fill("img7")
    page.page.get_by_role("button", name="Go on from here").click()
    page.wait_for("done", lane=2)
    assert "img7" in page.page.locator(".lane:not([hidden]) .step[id$='-s1']").inner_text()
    assert page.answer != "24"
    page.page.get_by_role("button", name="Run 1").click()
    assert page.answer == "24"
    page.page.get_by_role("button", name="Side by side").click()
    assert page.page.locator(".lane:not([hidden])").count() == 2


def test_two_are_asked_side_by_side(page: Tab) -> None:
    page.page.get_by_text("Who answers").click()
    page.page.get_by_label("Ask another one too, side by side").check()
    page.page.wait_for_selector("text=Other strategy")
    page.ask_sample(0, 0)
    page.wait_for("done", lane=2)
    assert page.page.locator(".lane:not([hidden])").count() == 2
    labels = page.page.locator(".lane .label").all_inner_texts()
    assert labels == ["rules, react", "rules, direct"]


def test_a_run_is_shared_as_a_page_and_an_old_one_is_replayed(page: Tab, served: Demo, tmp_path: Path) -> None:
    page.ask_sample(0, 1)
    page.wait_for("done")
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Share as HTML").click()
    shared = Path(download.value.path()).read_text("utf-8")
    assert "How wide is the largest coin" in shared
    assert page.answer in shared
    run = max(served.runs.iterdir(), key=lambda folder: folder.stat().st_mtime)
    archive = shutil.make_archive(str(tmp_path / "old"), "zip", run.parent, run.name)
    page.page.get_by_text("Open an old run").click()
    page.upload("#old", Path(archive))
    page.page.get_by_role("button", name="Open", exact=True).click()
    page.page.wait_for_selector(".lane:not([hidden]) .label:has-text('old.zip')")
    assert page.answer in shared
    assert page.page.locator(".lane:not([hidden]) a.open svg").count() >= 1, "with its pictures"


def test_programs_are_shown_with_their_target_and_losses(page: Tab, tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="the extra graphics is not installed")
    with Workspace.create(tmp_path / "programs") as ws:
        target = Image.new("RGB", (80, 60), "white")
        target.paste("#c81e1e", (10, 10, 40, 40))
        ws.add_picture(target)
        (write,) = [tool for tool in bind(select(["graphics"]), ws) if tool.name == "write_program"]
        for place in (20, 10):
            square = f'<rect x="{place}" y="{place}" width="30" height="30" fill="#c81e1e"/>'
            program = f'<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60">\n{square}\n</svg>'
            write.invoke({"thought": "a square", "program": program, "engine": "svg"})
    archive = shutil.make_archive(str(tmp_path / "drawn"), "zip", tmp_path, "programs")
    page.page.get_by_text("Open an old run").click()
    page.upload("#old", Path(archive))
    page.page.get_by_role("button", name="Open", exact=True).click()
    page.page.wait_for_selector(".lane .revisions")
    page.page.get_by_role("tab", name="Graphics").click()
    page.page.wait_for_selector("#program:has-text('prog2, the best so far')")
    assert page.page.locator("#program svg.chart circle").count() == 2
    assert page.page.locator("#program .diff .added").count() == 1
    page.page.wait_for_selector("[data-testid=imageslider] img, .slider-wrap img")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(chromium: Any, served: Demo, width: int) -> None:
    with tab(chromium, served.url) as opened:
        opened.page.set_viewport_size({"width": width, "height": 800})
        opened.ask_sample(0, 0)
        opened.wait_for("done")
        assert opened.page.evaluate("document.documentElement.scrollWidth") == width


def test_what_is_wrong_is_said(page: Tab, tmp_path: Path) -> None:
    page.page.get_by_role("button", name="Ask", exact=True).click()
    page.page.wait_for_selector(".alert:has-text('The question is empty')")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nthis is no picture")
    page.upload("#files", broken)
    page.page.locator("#question textarea").fill("How many coins are there?")
    page.page.get_by_role("button", name="Ask", exact=True).click()
    page.page.wait_for_selector(".alert:has-text('broken.png cannot be read as a picture')")


def test_what_is_drawn_is_part_of_the_question(page: Tab, tmp_path: Path) -> None:
    picture = Image.new("RGB", (640, 480), "white")
    picture.paste("#c81e1e", (60, 60, 160, 160))
    picture.paste("#1e50c8", (420, 300, 520, 400))
    picture.save(tmp_path / "two.png")
    page.upload("#files", tmp_path / "two.png")
    page.page.get_by_text("Draw on a picture").click()
    page.page.get_by_label("Picture", exact=True).click()
    page.page.get_by_role("option", name="img1").click()
    canvas = page.page.locator("#editor canvas").first
    canvas.wait_for()
    page.page.wait_for_timeout(1500)
    box = canvas.bounding_box()
    mouse = page.page.mouse
    mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.4)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.6, steps=8)
    mouse.up()
    page.page.get_by_label("What it is").fill("patch")
    page.page.get_by_role("button", name="Add to the question").click()
    page.page.wait_for_selector(".marks:has-text('patch')")
    page.page.locator("#question textarea").fill("Is the patch left of the blue square?")
    page.page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for("done")
    assert "patch" in page.page.locator(".lane .given").inner_text()


def test_two_tabs_see_nothing_of_each_other(chromium: Any, served: Demo) -> None:
    with tab(chromium, served.url) as first, tab(chromium, served.url) as second:
        first.ask_sample(0, 0)
        second.ask_sample(2, 0)
        first.wait_for("done")
        second.wait_for("done")
        assert (first.answer, second.answer) == ("24", "orange")
        assert first.page.locator(".lane").count() == second.page.locator(".lane").count() == 1
        assert "pano1" not in first.page.content()
        assert "coins" not in second.page.locator(".lane").inner_text()
        first.check()
        second.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(chromium: Any, served: Demo, scheme: str) -> None:
    axe_module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    with tab(chromium, served.url, color_scheme=scheme) as opened:
        axe = axe_module.Axe()
        for name in ("Draw on a picture", "Who answers", "Open an old run"):
            opened.page.get_by_text(name).click()
        before = axe.run(opened.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        opened.ask_sample(0, 0)
        opened.wait_for("done")
        opened.page.mouse.move(2, 2)
        opened.page.get_by_role("button", name="Edit step 1 and go on from there").click()
        after = axe.run(opened.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        found = [
            (violation["id"], node["target"], node["failureSummary"])
            for results in (before, after)
            for violation in results.response["violations"]
            for node in violation["nodes"]
        ]
        assert found == []


def test_the_keyboard_alone_is_enough(page: Tab) -> None:
    focused = "document.activeElement?.dataset.sample + ' ' + document.activeElement?.dataset.question"
    for _ in range(40):
        page.page.keyboard.press("Tab")
        if page.page.evaluate(focused) == "0 0":
            break
    assert page.page.evaluate(focused) == "0 0"
    page.page.keyboard.press("Enter")
    page.wait_for("done")
    assert page.answer == "24"


SECRET = "sk-only-for-this-tab-7f3a"


def test_a_key_is_sent_to_its_provider_and_kept_nowhere(page: Tab, served: Demo) -> None:
    with ModelServer("chat_completions", [Turn(calls=[Call("answer", {"value": 24})])]) as server:
        page.page.get_by_text("Who answers").click()
        page.page.get_by_label("Model", exact=True).fill("openai:local-model")
        page.page.keyboard.press("Enter")
        page.page.locator("#who input[type=password]").fill(SECRET)
        page.page.get_by_label("Server, if not the provider's own").fill(server.base_url)
        page.ask_sample(0, 0)
        page.wait_for("done")
        assert any(SECRET in value for request in server.requests for value in request.headers.values())
    kept = page.page.evaluate(
        "async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, "
        "(await indexedDB.databases()).map((one) => one.name)])"
    )
    assert SECRET not in kept
    assert json.loads(kept)[3] == [], "no database of past requests"
    written = [
        path for path in served.runs.parent.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    assert written == []


def test_a_closed_tab_stops_its_run(chromium: Any, served: Demo) -> None:
    with ModelServer("chat_completions", [Hang(60)]) as server, tab(chromium, served.url) as opened:
        before = set(served.runs.iterdir()) if served.runs.exists() else set()
        opened.page.get_by_text("Who answers").click()
        opened.page.get_by_label("Model", exact=True).fill("openai:local-model")
        opened.page.keyboard.press("Enter")
        opened.page.get_by_label("Server, if not the provider's own").fill(server.base_url)
        opened.ask_sample(0, 0)
        opened.page.wait_for_selector(".lane[data-state=running] .step.open")
        (run,) = set(served.runs.iterdir()) - before
        opened.page.close()
        # The run lets its journal go: another process may write it.
        deadline = time.monotonic() + 20
        while True:
            try:
                Workspace.open(run, write=True).close()
                break
            except InputError:
                assert time.monotonic() < deadline, "the run still holds its journal"
                time.sleep(0.1)


def test_who_waits_sees_the_place(chromium: Any, served: Demo) -> None:
    """Four runs at once, and the fifth is told that it is next."""
    with ModelServer("chat_completions", [Hang(60)] * 5) as server, tab(chromium, served.url) as opened:
        opened.page.get_by_text("Who answers").click()
        opened.page.get_by_label("Model", exact=True).fill("openai:local-model")
        opened.page.keyboard.press("Enter")
        opened.page.get_by_label("Server, if not the provider's own").fill(server.base_url)
        for number in range(5):
            opened.page.get_by_role("button", name="Samples").click() if number else None
            opened.ask_sample(0, 0)
            opened.page.wait_for_selector(f".lane >> nth={number}", state="attached")
        opened.page.wait_for_selector(".lane:not([hidden]) .state:has-text('next in the queue')")
        opened.page.get_by_role("button", name="Run 1", exact=True).click()
        opened.page.get_by_role("button", name="Stop", exact=True).click()
        opened.page.wait_for_selector(".lane[data-state=running] >> nth=3", state="attached")
        opened.check()


def test_twenty_tabs_at_once_are_answered(chromium: Any, served: Demo) -> None:
    with ExitStack() as stack:
        tabs = [stack.enter_context(tab(chromium, served.url)) for _ in range(20)]
        for opened in tabs:
            opened.ask_sample(0, 0)
        for opened in tabs:
            opened.wait_for("done")
            assert opened.answer == "24"
            opened.check()


def test_a_password_is_asked_for_before_anything(chromium: Any, tmp_path: Path) -> None:
    with demo(tmp_path, SIGHTLINE_DEMO_PASSWORD="a good long one") as running:
        page = chromium.new_page()
        page.goto(running.url)
        page.wait_for_selector("input[type=password]")
        assert page.locator(".samples").count() == 0
        page.get_by_label("username").fill("sightline")
        page.get_by_label("password").fill("a good long one")
        page.get_by_role("button", name="Login").click()
        page.wait_for_selector(".samples button")
        page.close()
