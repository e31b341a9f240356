"""Inspect's own command line runs the tasks, and its viewer, in a real browser, shows what a model saw."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eval_kit import number_of, write_blink
from servers import Call, ModelServer, Request, results

from sightline.evals.running import read_runs

pytestmark = pytest.mark.slow

INSPECT = [sys.executable, "-m", "inspect_ai"]
CHROMIUM = Path("/usr/bin/chromium")


def draws(request: Request, index: int) -> Call:
    """Draws once, then gives the right answer."""
    if not results(request):
        return Call("draw_box", {"image": "img1", "boxes": [[5, 5, 20, 20]], "labels": ["mug"]})
    return Call("answer", {"value": "AB"[number_of(request) % 2]})


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def inspect(folder: Path, *arguments: str, key: bool = False) -> subprocess.CompletedProcess[str]:
    """Run `inspect` in a folder."""
    import os

    environment = {**os.environ, **({"OPENAI_API_KEY": "none"} if key else {})}
    return subprocess.run(
        [*INSPECT, *arguments], cwd=folder, capture_output=True, text=True, timeout=240, check=False, env=environment
    )


def run_blink(server: ModelServer, data: Path, empty: Path) -> None:
    done = inspect(
        empty,
        *("eval", "sightline/blink", "--model", "openai/gpt-4.1", "-M", "responses_api=false"),
        *("--model-base-url", server.base_url, "-T", f"data={data}", "-T", "strategy=react", "-T", "limit=3"),
        *("-T", "tools=image,drawing", "--display", "plain", "--max-connections", "2"),
        key=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_inspect_runs_a_task_from_any_folder(tmp_path: Path, empty: Path) -> None:
    data = write_blink(tmp_path / "data", 6)
    with ModelServer("chat_completions", draws) as server:
        run_blink(server, data, empty)
    (record,) = read_runs(empty / "logs")
    assert (record.benchmark, record.arm, record.complete) == ("blink", "react", True)
    assert [result.official for result in record.results] == [1.0] * 3
    assert record.settings["tools"] == ["image", "drawing"]
    assert not (empty / "logs" / "runs").exists(), "the process removed its runs when it ended"


def test_the_embedded_model_runs_in_inspect(tmp_path: Path, empty: Path) -> None:
    data = write_blink(tmp_path / "data", 2)
    done = inspect(
        empty, "eval", "sightline/blink", "--model", "sightline/rules", "-T", f"data={data}", "--display=none"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (record,) = read_runs(empty / "logs")
    assert {(result.outcome, result.cause) for result in record.results} == {("no answer", "cannot tell")}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder over HTTP on loopback."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
def test_the_bundled_view_shows_the_pictures_in_a_browser(tmp_path: Path, empty: Path) -> None:
    from playwright.sync_api import sync_playwright

    data = write_blink(tmp_path / "data", 6)
    with ModelServer("chat_completions", draws) as server:
        run_blink(server, data, empty)
    (log,) = (empty / "logs").glob("*.eval")
    done = inspect(empty, "view", "bundle", "--log-dir", str(empty / "logs"), "--output-dir", "view")
    assert done.returncode == 0, done.stdout + done.stderr
    with served(empty / "view") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        (sample, *_) = [result.item for result in read_runs(empty / "logs")[0].results]
        page.goto(f"{address}/index.html#/logs/{log.name}/samples/sample/{sample}/1/transcript")
        page.wait_for_selector("img[src^='data:image']", timeout=60_000)
        shown = page.eval_on_selector_all(
            "img[src^='data:image']", "all => all.map(i => [i.naturalWidth, i.naturalHeight])"
        )
        page.screenshot(path=str(tmp_path / "view.png"), full_page=True)
        browser.close()
    assert [64, 48] in shown, "the question's picture, and the drawing on it"
