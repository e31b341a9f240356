"""The web demo as a person meets it: the real command in a process of its own, and a real Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = "/usr/bin/chromium"
# The viewer in Gradio's Model3D tries WebGPU first, and says in its own name that a browser has none.
KNOWN_COMPLAINTS = ("BJS - ", "WebGL")


@dataclass
class Demo:
    """A server that is running.

    Attributes:
        url: Where.
        runs: The folder of its runs.
        log: What it has written.
    """

    url: str
    runs: Path
    log: Path


@contextmanager
def demo(folder: Path, *arguments: str, **environment: str) -> Iterator[Demo]:
    """`sightline demo` on a free port, ended at the end."""
    runs, log = folder / "runs", folder / "demo.log"
    command = [str(Path(sys.executable).parent / "sightline"), "demo", "--port", "0", *arguments]
    settings = {**os.environ, "SIGHTLINE_RUNS": str(runs), "HOME": str(folder), "TMPDIR": str(folder), **environment}
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sink, env=settings, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), f"{url!r}; it wrote: {log.read_text()}"
        yield Demo(url, runs, log)
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


@dataclass
class Tab:
    """A tab of the browser, and what went wrong in it.

    Attributes:
        page: Playwright's.
        complaints: Errors on the console, and exceptions.
        strangers: Requests to other hosts.
    """

    page: Any
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def ask_sample(self, sample: int, question: int) -> None:
        """Press a question of a sample, both counted from 0."""
        self.page.click(f"button[data-sample='{sample}'][data-question='{question}']")

    def wait_for(self, state: str, lane: int = 1) -> None:
        """Until a run is in a state."""
        self.page.wait_for_selector(f".lane[data-state={state}] >> nth={lane - 1}", state="attached", timeout=60_000)

    def upload(self, where: str, file: Path) -> None:
        """Give a file to the upload field in a part of the page, and wait until it is listed there."""
        listed = self.page.locator(f"{where} >> text={file.stem}").first
        for _ in range(3):  # a field that is being drawn anew loses what it was given
            self.page.locator(f"{where} input[type=file]").first.set_input_files(file)
            for _ in range(100):
                if listed.count():
                    return
                self.page.wait_for_timeout(100)
        raise AssertionError(f"{file.name} was not taken")

    @property
    def answer(self) -> str:
        """What the visible run answered."""
        return str(self.page.locator(".lane:not([hidden]) .answer .value").first.inner_text()).strip()

    def check(self) -> None:
        """No error, and no request to anybody else."""
        assert self.complaints == []
        assert self.strangers == []


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium; skips where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make test installs it")
    if not Path(CHROMIUM).exists():
        pytest.skip("there is no /usr/bin/chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def tab(opened: Any, url: str, **context: Any) -> Iterator[Tab]:
    """A tab with the page loaded, in a profile of its own."""
    profile = opened.new_context(viewport={"width": 1280, "height": 800}, **context)
    page = profile.new_page()
    page.set_default_timeout(30_000)
    shown = Tab(page)

    def on_console(message: Any) -> None:
        if message.type == "error" and not any(known in message.text for known in KNOWN_COMPLAINTS):
            shown.complaints.append(message.text)

    def on_request(request: Any) -> None:
        if not request.url.startswith((url, "data:", "blob:")):
            shown.strangers.append(request.url)

    page.on("console", on_console)
    page.on("pageerror", lambda error: shown.complaints.append(str(error)))
    page.on("request", on_request)
    page.goto(url)
    page.wait_for_selector(".samples button")
    yield shown
    profile.close()
