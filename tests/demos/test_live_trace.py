"""A run followed event by event ends as the page of the finished run, and settled steps are written once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from trace_example import write_example

from sightline.demos.trace import LiveTrace, trace_html
from sightline.memory import Workspace


@pytest.fixture
def example(tmp_path: Path) -> Workspace:
    write_example(tmp_path / "20260921-example")
    return Workspace.open(tmp_path / "20260921-example")


def test_followed_event_by_event_it_ends_as_the_page(example: Workspace) -> None:
    live = LiveTrace(example.folder, "")
    shown: dict[tuple[str, int], str] = {}
    pixels: list[str] = []
    for event in example.events:
        live.doing = "Working"
        live.hear(event)
        new, parts = live.changes()
        pixels += new
        shown |= {(part.kind, part.number): part.html for part in parts}
    live.doing = ""
    new, parts = live.changes()
    pixels += new
    shown |= {(part.kind, part.number): part.html for part in parts}
    page = trace_html(example)
    missing = [key for key, html in shown.items() if html not in page]
    assert missing == []
    assert all(picture in page for picture in pixels)
    assert sum(kind == "step" for kind, _ in shown) == len(example.steps)


def test_a_step_that_is_over_is_not_written_again(example: Workspace) -> None:
    live = LiveTrace(example.folder, "")
    times: Counter[int] = Counter()
    position: dict[int, int] = {}
    for event in example.events:
        live.doing = "Working"
        live.hear(event)
        for part in live.changes()[1]:
            if part.kind == "step":
                times[part.number] += 1
                position[part.number] = event.position
    starts = [e.position for e in example.events if e.type == "step_composed"]
    for number, last in position.items():
        later = [start for start in starts if start > starts[number - 1]]
        assert not later or last <= later[0], f"step {number} was written again after the next one had begun"
    assert max(times.values()) > 1, "a step that goes on is written as it grows"


def test_what_a_run_does_is_said_while_it_is_at_it(example: Workspace) -> None:
    live = LiveTrace(example.folder, "a-")
    for event in example.events[:-1]:
        live.hear(event)
    live.doing = "Step 3 of 7"
    card = next(part.html for part in live.changes()[1] if part.kind == "answer")
    assert "Step 3 of 7" in card
    assert 'id="a-answer"' in card
