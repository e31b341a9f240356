"""The loop's own cost a step, beside `langchain.agents.create_agent` on the same scripted model and tool.

    python benchmarks/bench_loop.py [STEPS]

Each step is one model reply with one tool call; the tool flips a 1280x960 picture, which the model is then shown. The
model is a scripted chat model in the same process, so neither side pays for a network. Pictures are encoded by the same
function. Ours writes its journal, a checkpoint and the picture to disk; `create_agent` is run with a checkpointer in
SQLite, as a run that can be resumed needs one, and without.

Prints the time a step (median over steps), the ratio, and the bytes written a step.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool as langchain_tool
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from PIL import Image
from pydantic import Field

from sightline.agents import Budget, SpatialAgent
from sightline.memory import Draft
from sightline.memory.pictures import encode_png
from sightline.tools import Picture, ToolResult, tool

SIZE = (1280, 960)


class Scripted(BaseChatModel):
    """Calls `turn_over` until `steps` calls were made, then answers; notes when it is asked."""

    steps: int
    with_answer_tool: bool
    asked: list[float] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """The script does not depend on the tools."""
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.asked.append(time.perf_counter())
        number = len(self.asked)
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        if number <= self.steps:
            call = {"name": "turn_over", "args": {"image": "img1"}, "id": f"call_{number}"}
            message = AIMessage("", tool_calls=[call], usage_metadata=usage)
        elif self.with_answer_tool:
            call = {"name": "answer", "args": {"value": "done"}, "id": f"call_{number}"}
            message = AIMessage("", tool_calls=[call], usage_metadata=usage)
        else:
            message = AIMessage("done", usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


def _photo() -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (SIZE[1] // 32, SIZE[0] // 32, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
    noise = rng.normal(0, 4, (SIZE[1], SIZE[0], 3))
    return np.clip(np.asarray(smooth) + noise, 0, 255).astype(np.uint8)


@tool(family="bench", example={"image": "img1"})
def turn_over(image: Picture) -> ToolResult:
    """Flip a picture upside down.

    Args:
        image: What to flip.
    """
    draft = Draft(image.pixels[::-1].copy(), "upside down")
    return ToolResult(f"{draft} is {image.handle} upside down.", [draft])


def _folder_bytes(folder: Path) -> dict[str, int]:
    sizes = {"journal": 0, "checkpoint": 0, "pictures": 0}
    for path in folder.rglob("*"):
        if path.is_file():
            kind = "journal" if path.suffix == ".jsonl" else "checkpoint" if "sqlite" in path.name else "pictures"
            sizes[kind] += path.stat().st_size
    return sizes


def ours(steps: int, photo: np.ndarray, folder: Path) -> tuple[float, dict[str, int]]:
    """Median seconds a step, and bytes written, of Sightline's loop."""
    model = Scripted(steps=steps, with_answer_tool=True, asked=[])
    agent = SpatialAgent(model, tools=[turn_over], budget=Budget(steps=steps + 2), runs=folder)
    agent.ask("What is it?", photo)
    return _median_gap(model.asked), _folder_bytes(folder)


def theirs(steps: int, photo: np.ndarray, folder: Path, *, keep: bool) -> tuple[float, dict[str, int]]:
    """The same of `create_agent`, which is given the picture as base64 in a content block."""

    def encoded(pixels: np.ndarray) -> str:
        return base64.b64encode(encode_png(pixels)).decode()

    @langchain_tool("turn_over")
    def flip(image: str) -> list[dict[str, str]]:
        """Flip a picture upside down."""
        return [{"type": "image", "base64": encoded(photo[::-1].copy()), "mime_type": "image/png"}]

    model = Scripted(steps=steps, with_answer_tool=False, asked=[])

    async def run() -> None:
        async with AsyncSqliteSaver.from_conn_string(str(folder / "checkpoint.sqlite")) as saver:
            agent = create_agent(model, [flip], checkpointer=saver if keep else None)
            picture = {"type": "image", "base64": encoded(photo), "mime_type": "image/png"}
            question = HumanMessage([{"type": "text", "text": "What is it?"}, picture])
            config = {"configurable": {"thread_id": "1"}, "recursion_limit": 4 * steps + 16}
            await agent.ainvoke({"messages": [question]}, config, **({"durability": "sync"} if keep else {}))

    asyncio.run(run())
    return _median_gap(model.asked), _folder_bytes(folder)


def _median_gap(times: list[float]) -> float:
    return statistics.median(after - before for before, after in itertools.pairwise(times))


def main() -> None:
    """Run both in turn, twice, and print the better of each: the first round pays for imports and caches."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    photo = _photo()
    runs = {
        "sightline": ours,
        "create_agent, kept": partial(theirs, keep=True),
        "create_agent, not kept": partial(theirs, keep=False),
    }
    best: dict[str, tuple[float, dict[str, int]]] = {}
    for _ in range(2):
        for name, run in runs.items():
            with tempfile.TemporaryDirectory() as folder:
                measured = run(steps, photo, Path(folder))
            if name not in best or measured[0] < best[name][0]:
                best[name] = measured
    print(f"{steps} steps, one call and one {SIZE[0]}x{SIZE[1]} picture each; bytes a step")
    print(f"{'':24}{'ms a step':>10}{'journal':>10}{'checkpoint':>12}{'pictures':>12}")
    for name, (seconds, written) in best.items():
        parts = [f"{written[kind] / steps:,.0f}" for kind in ("journal", "checkpoint", "pictures")]
        print(f"{name:24}{seconds * 1000:10.1f}{parts[0]:>10}{parts[1]:>12}{parts[2]:>12}")
    for name in list(best)[1:]:
        print(f"sightline / {name}: {best['sightline'][0] / best[name][0]:.2f} (target: at most 1)")


if __name__ == "__main__":
    main()
