"""The web demo in a real browser: first paint, how fast an event reaches the page, and 200 steps while they stream.

    python benchmarks/bench_demo.py [STEPS]

The server is `sightline demo` in a process of its own; the model is a scripted provider on loopback that makes one tool
call a step, whose result has a picture. An event's way is from its time in the journal to the moment the page holds its
step. Smoothness is told by the gaps between the browser's frames. Server, browser and provider share the machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # the scripted provider and the browser of the tests

from servers import Call, ModelServer, Turn  # noqa: E402
from web_kit import Tab, browser, demo, tab  # noqa: E402

from sightline.memory.journal import FILE_NAME, read_events  # noqa: E402

PAINTS = 5
WATCH = """() => {
  window.seen = {}; window.gaps = [];
  let last = performance.now();
  const frame = (now) => { window.gaps.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  new MutationObserver(() => {
    const step = document.querySelector('.lane .timeline > li:last-child')?.id.split('-s')[1];
    if (step) window.seen[step] ??= Date.now();
  }).observe(document.querySelector('.lanes'), { childList: true, subtree: true });
}"""


def first_paints(opened: Any, url: str) -> list[float]:
    """Seconds to the first contentful paint, in fresh profiles."""
    found = []
    for _ in range(PAINTS):
        profile = opened.new_context(viewport={"width": 1280, "height": 800})
        page = profile.new_page()
        page.goto(url)
        page.wait_for_selector(".samples button")
        paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
        found.append(float(page.evaluate(paint)))
        profile.close()
    return found


def ask(shown: Tab, base_url: str, steps: int) -> None:
    """Ask the scripted model about the sample photo, as a person would."""
    page = shown.page
    page.get_by_text("Who answers").click()
    page.get_by_label("Model", exact=True).fill("openai:scripted")
    page.keyboard.press("Enter")
    page.get_by_label("Server, if not the provider's own").fill(base_url)
    page.locator("#who input[type=number]").fill(str(steps + 2))
    page.keyboard.press("Tab")
    page.evaluate(WATCH)
    shown.ask_sample(0, 0)


def main() -> None:
    """Measure, and print a table."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    box = {"image": "img1", "boxes": [[20, 20, 120, 90]], "labels": ["here"]}
    script = [Turn("I look once more.", [Call("draw_box", box)]) for _ in range(steps)]
    script.append(Turn(calls=[Call("answer", {"value": 24})]))
    with (
        tempfile.TemporaryDirectory() as name,
        browser() as opened,
        demo(Path(name), "--steps", str(steps + 2)) as served,
        ModelServer("chat_completions", script) as model,
    ):
        paints = first_paints(opened, served.url)
        with tab(opened, served.url) as shown:
            begun = time.perf_counter()
            ask(shown, model.base_url, steps)
            shown.page.wait_for_selector(".lane[data-state=done]", state="attached", timeout=600_000)
            took = time.perf_counter() - begun
            seen = {int(step): at / 1000 for step, at in shown.page.evaluate("window.seen").items()}
            gaps = shown.page.evaluate("window.gaps")
        (run,) = served.runs.iterdir()
        composed = {e.step: e.time for e in read_events(run / FILE_NAME) if e.type == "step_composed"}
    ways = sorted(1000 * (seen[step] - at) for step, at in composed.items() if step in seen)
    late = ways[int(0.95 * len(ways))]
    slow = sum(gap > 50 for gap in gaps) / len(gaps)
    print(f"first contentful paint    median {statistics.median(paints):.2f} s, worst {max(paints):.2f} s")
    print(f"{steps} steps                 {took:.1f} s, {len(ways)} of {len(composed)} steps seen as they began")
    print(f"an event's way            median {statistics.median(ways):.0f} ms, 95 % within {late:.0f} ms")
    print(f"frames                    median {statistics.median(gaps):.0f} ms, {slow:.1%} over 50 ms")


if __name__ == "__main__":
    subprocess.run([sys.executable, "-c", "import gradio, playwright"], check=True)
    main()
