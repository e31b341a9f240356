"""LangChain callbacks hear of models, tools and the graph, so tracers (LangSmith, Langfuse, Phoenix) work unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tools import tool as langchain_tool
from loop_kit import PROTOCOLS, Protocol, agent_on, photo
from servers import Call, Fail, ModelServer, Turn

from sightline.memory import InfrastructureError
from sightline.tools import Picture, ToolResult, tool

OPTIONS = ["A. red", "B. blue"]
ANSWER = Call("answer", {"value": "A"})


@tool(family="test", example={"image": "img1"})
def measure(image: Picture) -> ToolResult:
    """Measure a picture.

    Args:
        image: The picture.
    """
    return ToolResult(f"{image.size[0]} wide")


@langchain_tool
def weigh(grams: int) -> str:
    """Weigh."""
    return f"{grams} g"


class Tracer(BaseCallbackHandler):
    """Keeps the tree of runs, as a tracer does."""

    def __init__(self) -> None:
        self.runs: dict[UUID, tuple[str, str, UUID | None]] = {}
        self.ended: dict[UUID, Any] = {}
        self.failed: dict[UUID, BaseException] = {}

    def _start(self, kind: str, name: str, run_id: UUID, parent: UUID | None) -> None:
        self.runs[run_id] = (kind, name, parent)

    def on_chain_start(
        self, serialized: Any, inputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **more: Any
    ) -> None:
        self._start("chain", more.get("name") or "", run_id, parent_run_id)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **more: Any) -> None:
        self.ended[run_id] = outputs

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        self.failed[run_id] = error

    def on_chat_model_start(
        self, serialized: Any, messages: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **more: Any
    ) -> None:
        self._start("model", more.get("name") or "", run_id, parent_run_id)

    def on_llm_end(self, response: Any, *, run_id: UUID, **more: Any) -> None:
        self.ended[run_id] = response

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        self.failed[run_id] = error

    def on_tool_start(
        self,
        serialized: Any,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        inputs: Any = None,
        **more: Any,
    ) -> None:
        self._start("tool", serialized["name"], run_id, parent_run_id)

    def on_tool_end(self, output: Any, *, run_id: UUID, **more: Any) -> None:
        self.ended[run_id] = output

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        self.failed[run_id] = error

    def named(self, kind: str) -> list[str]:
        return [name for run_kind, name, _ in self.runs.values() if run_kind == kind]

    def path(self, run_id: UUID) -> list[str]:
        """Names from the outermost run to this one."""
        _, name, parent = self.runs[run_id]
        return [*(self.path(parent) if parent else []), name]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_tracer_hears_everything(protocol: Protocol, tmp_path: Path) -> None:
    tracer = Tracer()
    turn = Turn(
        calls=[Call("measure", {"image": "img1"}), Call("measure", {"image": "img9"}), Call("weigh", {"grams": 3})]
    )
    with ModelServer(protocol, [turn, ANSWER]) as server:
        agent = agent_on(server, protocol, tmp_path, tools=[measure, weigh])
        agent.ask("Which?", photo(), options=OPTIONS, callbacks=[tracer])
    assert len(tracer.named("model")) == 2
    assert sorted(tracer.named("tool")) == ["measure", "measure", "weigh"]
    assert {"compose", "think", "act", "answer"} <= set(tracer.named("chain"))
    assert tracer.named("chain")[0] == "sightline react"
    for run_id, (kind, name, _) in tracer.runs.items():
        if kind == "tool":
            assert tracer.path(run_id) == ["sightline react", "act", name]
        if kind == "model":
            assert tracer.path(run_id)[:2] == ["sightline react", "think"]
    outputs = [
        tracer.ended[run_id]
        for run_id, (kind, name, _) in tracer.runs.items()
        if name == "measure" and run_id in tracer.ended
    ]
    assert outputs == ["640 wide"]
    (error,) = tracer.failed.values()
    assert "no picture 'img9'" in str(error)
    assert tracer.runs.keys() == tracer.ended.keys() | tracer.failed.keys()


def test_calls_inside_tools_hang_under_the_tool(tmp_path: Path) -> None:
    tracer = Tracer()
    script = [Call("ask_image", {"images": ["img1"], "question": "What?"}), "A mug.", ANSWER]
    with ModelServer("messages", script) as server:
        agent = agent_on(server, "messages", tmp_path, tools=["model"])
        agent.ask("Which?", photo(), options=OPTIONS, callbacks=[tracer])
    models = [tracer.path(run_id)[:3] for run_id, (kind, *_) in tracer.runs.items() if kind == "model"]
    assert ["sightline react", "act", "ask_image"] in models


def test_streaming_and_failures_are_heard(tmp_path: Path) -> None:
    tracer = Tracer()
    with ModelServer("messages", [Call("measure", {"image": "img1"}), Fail(401)]) as server:
        agent = agent_on(server, "messages", tmp_path, tools=[measure])
        with pytest.raises(InfrastructureError):
            list(agent.stream("Which?", photo(), options=OPTIONS, callbacks=[tracer]))
    assert tracer.named("tool") == ["measure"]
    assert len(tracer.named("model")) == 2
    kinds = {type(error).__name__ for error in tracer.failed.values()}
    assert "InfrastructureError" in kinds
    assert any("Authentication" in kind for kind in kinds)


def test_a_tracer_that_breaks_breaks_no_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(BaseCallbackHandler):
        def on_tool_start(self, *args: Any, **more: Any) -> None:
            raise RuntimeError("the tracer's own bug")

    with ModelServer("messages", [Call("measure", {"image": "img1"}), ANSWER]) as server:
        agent = agent_on(server, "messages", tmp_path, tools=[measure])
        answer = agent.ask("Which?", photo(), options=OPTIONS, callbacks=[Broken()])
    assert answer.value == "A"
    assert "the tracer's own bug" in caplog.text
