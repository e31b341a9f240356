"""Bound tools in an agent that is not ours: `langchain.agents.create_agent`, real SDKs, scripted providers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, ToolMessage
from loop_kit import MODELS, PROTOCOLS, Protocol
from servers import Call, ModelServer, Say, Turn, results
from tool_kit import SaidBefore, seeing, workspace_in

from sightline.agents.models import connect, profile_for
from sightline.geometry.dialects import PERMILLE_YX, PIXELS
from sightline.memory import Draft, NoteAdded, Workspace
from sightline.memory.refs import box_ref
from sightline.tools import Box, Picture, ToolResult, bind, select, tool


@tool(family="test", example={})
def cut(image: Picture, box: Box) -> ToolResult:
    """Cut a box out of a picture.

    Args:
        image: The picture.
        box: What to cut out.
    """
    x0, y0, x1, y1 = (round(v) for v in box)
    draft = Draft(image.pixels[y0:y1, x0:x1], "a cut")
    return ToolResult(f"{draft} is {box_ref(image.handle, box)} of {image.handle}.", [draft], [NoteAdded(text="cut")])


@tool(family="test", example={})
def crash() -> ToolResult:
    """Fail as no tool should."""
    raise ZeroDivisionError("the tool's own bug")


@tool(family="test", example={})
def meet(who: str) -> ToolResult:
    """Wait for the other call, then say who was met.

    Args:
        who: A name.
    """
    MEETING.wait(10)
    return ToolResult(f"{who} met")


MEETING = threading.Barrier(2)


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with workspace_in(tmp_path) as workspace:
        yield workspace


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param


def agent_with(server: ModelServer, protocol: Protocol, tools: list[Any]) -> Any:
    adapter = connect(MODELS[protocol], base_url=server.base_url, profile=profile_for(MODELS[protocol]))
    return create_agent(adapter.model, tools)


QUESTION = {"messages": [HumanMessage("What is in the corner?")]}


def told(answer: dict[str, Any]) -> list[ToolMessage]:
    return [m for m in answer["messages"] if isinstance(m, ToolMessage)]


def test_handles_places_and_failures(protocol: Protocol, ws: Workspace) -> None:
    script = [
        Call("cut", {"image": "img1", "box": [0, 500, 500, 1000]}),  # y first, in thousandths
        Call("cut", {"image": "img7", "box": [0, 0, 1, 1]}),
        Call("crash", {}),
        Say("Nothing."),
    ]
    with ModelServer(protocol, script) as server:
        agent = agent_with(server, protocol, bind([cut, crash], ws, seeing(PERMILLE_YX)))
        answer = agent.invoke(QUESTION)
    done, unknown, crashed = told(answer)
    assert (done.status, done.content) == ("success", "view1 is (0, 500, 500, 1000) of img1.")
    assert done.artifact == {"handles": ["view1"]}
    assert (unknown.status, unknown.content) == (
        "error",
        "Not done: cut: there is no picture 'img7'. Pictures: img1, view1.",
    )
    assert crashed.status == "error"
    assert "crashed (ZeroDivisionError)" in str(crashed.content)
    assert "own bug" not in str(crashed.content)
    assert answer["messages"][-1].text == "Nothing."
    assert list(results(server.requests[1]).values()) == ["view1 is (0, 500, 500, 1000) of img1."]
    assert ws.artifacts["view1"].size == (320, 240)
    assert "[y0, x0, y1, x1]" in str(server.requests[0].reading.tools[0].schema)


def test_the_journal_holds_the_calls(ws: Workspace) -> None:
    with ModelServer("messages", [Call("cut", {"image": "img1", "box": [0, 0, 9, 9]}), Call("crash"), "Ok."]) as server:
        agent_with(server, "messages", bind([cut, crash], ws)).invoke(QUESTION)
    again = Workspace.open(ws.folder)
    assert {name: record.finished.outcome for name, record in again.calls.items() if record.finished} == {
        "bound.1": "ok",
        "bound.2": "infrastructure",
    }
    assert again.pictures == ["img1", "view1"]
    assert again.notes == ["cut"]
    assert "own bug" in again.calls["bound.2"].finished.detail  # type: ignore[union-attr]


def test_a_second_binding_goes_on_counting(ws: Workspace) -> None:
    for _ in range(2):
        (bound,) = bind([cut], ws)
        bound.invoke({"image": "img1", "box": [0, 0, 9, 9]})
    assert list(ws.calls) == ["bound.1", "bound.2"]
    assert ws.pictures == ["img1", "view1", "view2"]


def test_parallel_calls_run_side_by_side(protocol: Protocol, ws: Workspace) -> None:
    script = [Turn(calls=[Call("meet", {"who": "Ann"}), Call("meet", {"who": "Ben"})]), Say("They met.")]
    with ModelServer(protocol, script) as server:
        answer = agent_with(server, protocol, bind([meet], ws)).invoke(QUESTION)
    assert [m.content for m in told(answer)] == ["Ann met", "Ben met"]
    assert sorted(ws.calls) == ["bound.1", "bound.2"]


async def test_in_an_async_agent(protocol: Protocol, ws: Workspace) -> None:
    calls = [Call("cut", {"image": "img1", "box": [0, 0, 4 + i, 9]}) for i in range(8)]
    with ModelServer(protocol, [Turn(calls=calls), Say("Done.")]) as server:
        answer = await agent_with(server, protocol, bind([cut], ws)).ainvoke(QUESTION)
    made = [m.artifact["handles"] for m in told(answer)]
    assert sorted(handle for (handle,) in made) == [f"view{i}" for i in range(1, 9)]
    # Whatever order they ended in, each message names the picture that its own call made.
    for index, message in enumerate(told(answer)):
        (handle,) = message.artifact["handles"]
        assert str(message.content).startswith(f"{handle} is ")
        assert ws.artifacts[handle].size == (4 + index, 9)


def test_text_is_written_for_the_size_the_model_is_shown(ws: Workspace) -> None:
    (bound,) = bind([cut], ws, seeing(PIXELS, longest=320))
    assert bound.invoke({"image": "img1", "box": [0, 0, 100, 50]}) == "view1 is (0, 0, 100, 50) of img1."
    assert ws.artifacts["view1"].size == (200, 100)


@pytest.mark.parametrize("arguments", [{"self": 1}, {"config": {}}, {"run_manager": 3}, {"image": "img1", "bx": [1]}])
def test_odd_argument_names_are_mistakes(arguments: dict[str, Any], ws: Workspace) -> None:
    (bound,) = bind([cut], ws)
    message = bound.invoke({"type": "tool_call", "id": "c", "name": "cut", "args": arguments})
    assert message.status == "error"
    assert message.content.startswith("Not done: cut has no argument")


async def test_in_the_loop_of_a_notebook(ws: Workspace) -> None:
    # The synchronous face works where an event loop is running already.
    (bound,) = bind([cut], ws)
    assert bound.invoke({"image": "img1", "box": [0, 0, 9, 9]}).startswith("view1")


def test_tools_that_ask_a_model(ws: Workspace) -> None:
    look = SaidBefore(["a mug"])
    (bound,) = bind(select(["ask_image"])[:1], ws, look=look)
    assert bound.invoke({"images": ["img1"], "question": "What?"}) == "A fresh model call on img1 says: a mug"
    assert ws.usage.calls == 1
    (without,) = bind(select(["ask_image"])[:1], ws)
    assert without.invoke({"images": ["img1"], "question": "What?"}).startswith("Not available: no vision-language")


def test_a_bound_tool_says_how_places_are_named(tmp_path: Path) -> None:
    from sightline.tools import find

    (bound,) = bind([find("draw_box")], workspace_in(tmp_path), seeing(PERMILLE_YX))
    assert "0 to 1000" in bound.description
    assert "y first" in bound.description
