"""Two hundred steps with two hundred pictures: a bounded prompt, a stable beginning, few bytes kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loop_kit import agent_on, photo
from servers import Call, ModelServer, Request, Turn, picture_sizes, results, texts

from sightline.agents import Answer, Budget
from sightline.memory import ContextPolicy, Draft, Workspace, choose_window
from sightline.tools import Picture, Tool, ToolResult, tool

STEPS = 200
POLICY = ContextPolicy()
MEGABYTE = 1_000_000


@dataclass
class Measured:
    """Bytes of the run's own files, measured at each tool call, so also while the database's log is at its longest."""

    runs: Path
    most: int = 0
    sizes: dict[str, int] = field(default_factory=dict)

    def look(self) -> None:
        (run,) = self.runs.iterdir()
        self.sizes = {file.name: file.stat().st_size for file in run.iterdir() if file.is_file()}
        self.most = max(self.most, sum(self.sizes.values()))


def shading_tool(measured: Measured) -> Tool:
    @tool(family="test", example={"image": "img1", "shade": 3})
    def shade_picture(image: Picture, shade: int) -> ToolResult:
        """Make a picture that differs from every other.

        Args:
            image: What to start from.
            shade: Which picture to make.
        """
        measured.look()
        pixels = image.pixels.copy()
        pixels[:32, :32] = (shade % 256, shade // 256, 128)
        draft = Draft(pixels, f"shade {shade} of {image.handle}")
        return ToolResult(f"{draft} has shade {shade}; its mean is {pixels.mean():.2f}.", [draft])

    return shade_picture


def play(request: Request, index: int) -> Turn:
    number = index + 1
    if number > STEPS + 1:
        return Turn(calls=[Call("answer", {"value": "B"})])
    if number == STEPS + 1:
        return Turn(text="I look at the first one again.", calls=[Call("recall", {"image": "view1"})])
    calls = [Call("shade_picture", {"image": "img1", "shade": number})]
    if number % 4 == 0:
        calls.append(Call("note", {"text": f"after {number} pictures nothing has changed"}))
    return Turn(text=f"I make picture {number}.", calls=calls)


@dataclass(frozen=True)
class LongRun:
    answer: Answer
    requests: list[Request]
    measured: Measured


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> LongRun:
    runs = tmp_path_factory.mktemp("runs")
    measured = Measured(runs)
    with ModelServer("chat_completions", play) as server:
        agent = agent_on(
            server,
            "chat_completions",
            runs,
            tools=[shading_tool(measured)],
            budget=Budget(steps=STEPS + 10),
            policy=POLICY,
        )
        answer = agent.ask("Which one?", photo(), options=["A. one", "B. two"])
    return LongRun(answer, server.requests, measured)


def flat(request: Request) -> list[str]:
    """Everything a model is sent, block by block, as a provider's cache compares it; without the closing status."""
    blocks: list[str] = []
    for message in request.body["messages"]:
        content = message.get("content")
        parts: list[Any] = content if isinstance(content, list) else [content]
        blocks.extend(json.dumps([message["role"], part]) for part in parts)
        if calls := message.get("tool_calls"):
            blocks.append(json.dumps([message["role"], calls]))
    return blocks[:-1]


def test_it_came_to_its_end(long_run: LongRun) -> None:
    assert long_run.answer.value == "B"
    assert not long_run.answer.forced
    assert len(long_run.answer.trace.steps) == len(long_run.requests) == STEPS + 2
    views = [handle for handle in long_run.answer.trace.artifacts if handle.startswith("view")]
    assert views == [f"view{n}" for n in range(1, STEPS + 1)]
    digests = {long_run.answer.trace.artifacts[view].digest for view in views}
    assert len(digests) == STEPS


def test_the_prompt_is_bounded(long_run: LongRun) -> None:
    sizes = [len(request.raw) for request in long_run.requests]
    assert max(sizes[-100:]) <= 1.1 * max(sizes[49:100])
    words = [sum(map(len, texts(request))) for request in long_run.requests]
    assert max(words[-100:]) <= 1.1 * max(words[49:100])
    shown = [len(picture_sizes(request)) for request in long_run.requests]
    assert max(shown) == 1 + POLICY.pictures
    assert max(len(results(request)) for request in long_run.requests) <= 2 * POLICY.window


def test_the_beginning_of_the_prompt_changes_only_when_the_window_moves(long_run: LongRun) -> None:
    ws = long_run.answer.trace
    kept, moved = [], []
    for before, after in zip(long_run.requests[:STEPS], long_run.requests[1:STEPS], strict=False):
        known = flat(before)
        stays = flat(after)[: len(known)] == known
        same_window = ws.steps[before.index].composed.first_full == ws.steps[after.index].composed.first_full
        assert stays == same_window, f"request {after.index}"
        (kept if stays else moved).append(after.index)
    # The window moves once in `block` steps, from the first step that finds it full.
    assert moved == list(range(POLICY.window + 1, STEPS, POLICY.block))
    assert len(kept) == STEPS - 1 - len(moved)
    assert len(kept) / (STEPS - 1) >= 1 - 1 / POLICY.block
    # Even then the system prompt, the question and the inputs stay: they are what every prompt begins with.
    fixed = flat(long_run.requests[0])
    assert len(fixed) >= 3
    assert all(flat(request)[: len(fixed)] == fixed for request in long_run.requests)


def test_little_is_kept_beside_the_pictures(long_run: LongRun) -> None:
    (run,) = long_run.measured.runs.iterdir()
    kept = {file.name: file.stat().st_size for file in run.iterdir() if file.is_file()}
    assert {"trace.jsonl", "checkpoint.sqlite"} <= set(kept)
    assert sum(kept.values()) < 5 * MEGABYTE, kept
    assert long_run.measured.most < 5 * MEGABYTE, long_run.measured.sizes
    trace = (run / "trace.jsonl").read_text()
    assert "base64" not in trace


def test_old_steps_are_summed_up(long_run: LongRun) -> None:
    told = "\n".join(texts(long_run.requests[STEPS]))
    assert "Earlier steps, one line each:" in told
    assert "shade_picture -> view150: view150 has shade 150" in told
    assert "can be recalled (shade_picture " in told
    assert "(30 earlier notes are not shown)" in told
    assert "after 200 pictures nothing has changed" in told
    lines = told.splitlines()
    assert sum(line.startswith("step ") for line in lines) <= POLICY.old_steps
    assert sum(line.startswith("steps ") for line in lines) == 1


def test_recall_brings_a_picture_back(long_run: LongRun) -> None:
    before, after = long_run.requests[STEPS], long_run.requests[STEPS + 1]
    assert not any(text.startswith("view1 (640") for text in texts(before))
    assert [text for text in texts(after) if text.startswith("view1 (640")] == [
        "view1 (640x480 as sent): shade 1 of img1"
    ]
    assert long_run.answer.trace.steps[STEPS + 1].composed.pictures[-1] == "view1"


def test_the_whole_run_is_read_back_from_its_journal(long_run: LongRun) -> None:
    told = Workspace.open(long_run.answer.folder)
    assert told.steps == long_run.answer.trace.steps
    assert told.usage == long_run.answer.usage
    assert choose_window(told, POLICY, 20) == choose_window(long_run.answer.trace, POLICY, 20)
    np.testing.assert_array_equal(told.pixels("view7"), long_run.answer.trace.pixels("view7"))
