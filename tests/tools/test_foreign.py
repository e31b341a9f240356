"""Tools that others wrote, in our loop: LangChain's, and those of a real MCP server over stdio."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import InjectedToolCallId, StructuredTool, ToolException
from langchain_core.tools import tool as langchain_tool
from langchain_mcp_adapters.client import MultiServerMCPClient
from loop_kit import PROTOCOLS, Protocol, agent_on, photo
from servers import Call, ModelServer, Turn, picture_sizes, png, results, texts
from tool_kit import STORED, call, workspace_in

from sightline.memory import Workspace
from sightline.memory.refs import CLOSE, OPEN
from sightline.tools.background import run_blocking
from sightline.tools.foreign import ForeignTool

ANSWER = Call("answer", {"value": "A"})
OPTIONS = ["A. red", "B. blue"]


@langchain_tool
def weigh(thing: str, grams: int = 5) -> str:
    """Weigh a thing.

    Args:
        thing: What to weigh.
        grams: What it weighs.
    """
    return f"{thing} weighs {grams} g"


@langchain_tool
def show(side: int) -> list[dict[str, Any]]:
    """Show a square.

    Args:
        side: Its side in pixels.
    """
    data = base64.b64encode(png(side, side)).decode()
    return [
        {"type": "text", "text": "A square."},
        {"type": "image", "base64": data, "mime_type": "image/png"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
    ]


@langchain_tool
def crash() -> str:
    """Fail as no tool should."""
    raise ZeroDivisionError("a stranger's bug")


@langchain_tool
def decline() -> str:
    """Say no."""
    raise ToolException("not today")


@langchain_tool
def shout() -> str:
    """Return what breaks files and poses as a place."""
    return f"half \ud83d and {OPEN}box img1 x{CLOSE}"


@langchain_tool
def somewhere() -> list[dict[str, Any]]:
    """A picture by address."""
    return [{"type": "image", "url": "http://127.0.0.1:9/x.png"}]


@langchain_tool
def broken_picture() -> list[dict[str, Any]]:
    """No picture at all."""
    return [{"type": "image", "base64": base64.b64encode(b"GIF89a").decode(), "mime_type": "image/gif"}]


@langchain_tool
def nothing() -> None:
    """Return nothing."""


@langchain_tool
def whose_call(call_id: Annotated[str, InjectedToolCallId]) -> ToolMessage:
    """Answer with a message of its own."""
    return ToolMessage("mine", tool_call_id=call_id)


TOOLS = [weigh, show, crash, decline, shout, somewhere, broken_picture, nothing, whose_call]


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param


def told(protocol: Protocol, runs: Path, tools: list[Any], *turns: Any) -> tuple[ModelServer, list[str], Any]:
    """The results a model reads after these turns."""
    with ModelServer(protocol, [*turns, ANSWER]) as server:
        answer = agent_on(server, protocol, runs, tools=tools).ask("Which?", photo(), options=OPTIONS)
    assert answer.value == "A"
    return server, list(results(server.requests[-1]).values()), answer


def test_a_langchain_tool(protocol: Protocol, tmp_path: Path) -> None:
    server, said, answer = told(protocol, tmp_path, TOOLS, Call("weigh", {"thing": "the mug", "grams": 300}))
    assert said == ["the mug weighs 300 g"]
    assert answer.trace.calls["1.1"].finished.outcome == "ok"
    declared = {tool.name: tool for tool in server.requests[0].reading.tools}
    assert set(declared["weigh"].schema["properties"]) == {"thing", "grams"}
    assert declared["weigh"].description.startswith("Weigh a thing.")
    assert declared["whose_call"].schema["properties"] == {}


def test_its_pictures_become_views_and_never_travel_in_a_tool_message(protocol: Protocol, tmp_path: Path) -> None:
    # The scripted servers refuse a picture inside a tool message where the provider does.
    turn = Turn(calls=[Call("show", {"side": 60}), Call("weigh", {"thing": "it"})])
    server, said, answer = told(protocol, tmp_path, TOOLS, turn)
    assert said == ["A square.\nPictures: view1, view2.", "it weighs 5 g"]
    assert picture_sizes(server.requests[-1]) == [(640, 480), (60, 60), (60, 60)]
    assert "view2 (60x60 as sent): picture from show" in texts(server.requests[-1])
    assert list(answer.trace.artifacts) == ["img1", "view1", "view2"]


@pytest.mark.parametrize(
    ("made", "outcome", "reads"),
    [
        (Call("crash"), "infrastructure", "crash crashed (ZeroDivisionError)"),
        (Call("decline"), "limit", "Cannot tell: decline says: not today"),
        (Call("weigh", {}), "mistake", "Not done: weigh: thing: Field required. Look at its schema."),
        (
            Call("weigh", {"thing": "x", "grams": "heavy"}),
            "mistake",
            "Not done: weigh: grams: Input should be a valid i",
        ),
        (Call("shout"), "ok", "half \N{REPLACEMENT CHARACTER} and [[box img1 x]]"),
        (Call("somewhere"), "limit", "gave a picture by address, which is not fetched"),
        (Call("broken_picture"), "limit", "broken_picture gave a picture that cannot be read"),
        (Call("nothing"), "ok", "null"),
        (Call("whose_call"), "ok", "mine"),
    ],
)
def test_however_it_ends_the_run_goes_on(made: Call, outcome: str, reads: str, tmp_path: Path) -> None:
    _, said, answer = told("chat_completions", tmp_path, TOOLS, made)
    assert reads in said[0]
    assert answer.trace.calls["1.1"].finished.outcome == outcome
    assert "stranger's bug" not in said[0]


def test_a_tool_without_a_docstring_or_arguments(tmp_path: Path) -> None:
    bare = StructuredTool.from_function(lambda: "bare", name="bare", description="Bare.")
    server, said, _ = told("messages", tmp_path, [bare], Call("bare"))
    assert said == ["bare"]
    assert {t.name: t.schema for t in server.requests[0].reading.tools}["bare"]["type"] == "object"


def test_it_is_a_barrier(tmp_path: Path) -> None:
    with workspace_in(tmp_path) as ws:
        foreign = ForeignTool(weigh)
        assert not foreign.parallel_safe
        assert foreign.describe(STORED).startswith("Weigh a thing.")
        assert call(foreign, {"thing": "a", "grams": 1}, ws).text == "a weighs 1 g"


@pytest.fixture
def mcp_tools() -> list[Any]:
    """The sampler's tools, through langchain-mcp-adapters; each call starts the server and ends it."""
    connection = {
        "transport": "stdio",
        "command": sys.executable,
        "args": [str(Path(__file__).with_name("mcp_sampler.py"))],
    }
    return run_blocking(MultiServerMCPClient({"sampler": connection}).get_tools())


def test_tools_of_an_mcp_server(mcp_tools: list[Any], tmp_path: Path) -> None:
    turn = Turn(
        calls=[
            Call("add", {"a": 40}),
            Call("swatch", {"colour": "red", "size": 70}),
            Call("refuse"),
            Call("add", {"a": "many"}),
        ]
    )
    server, said, answer = told("chat_completions", tmp_path, mcp_tools, turn)
    outcomes = [answer.trace.calls[f"1.{i}"].finished.outcome for i in range(1, 5)]
    assert said[0] == "42"
    assert said[1] == "A square of red.\nPictures: view1."
    assert "the sampler has no ink" in said[2]
    assert "many" in said[3] or "integer" in said[3]
    assert outcomes[:3] == ["ok", "ok", "limit"]
    assert outcomes[3] in ("limit", "mistake")
    assert picture_sizes(server.requests[-1]) == [(640, 480), (70, 70)]
    trace: Workspace = answer.trace
    assert (trace.pixels("view1") == [255, 0, 0]).all()


def test_a_synchronous_tool_that_hangs_does_not_hold_up_the_others(tmp_path: Path) -> None:
    import asyncio
    import threading
    from dataclasses import replace

    from sightline.tools import ToolContext
    from sightline.tools.execution import execute

    released = threading.Event()

    @langchain_tool
    def stuck() -> str:
        """Never come back."""
        released.wait(20)
        return "late"

    async def ask_often() -> list[str]:
        given_up = replace(ForeignTool(stuck), time_limit=0.02)
        context = ToolContext(workspace_in(tmp_path))
        told = [(await execute(given_up, {}, context, f"t.{n}")).text for n in range(40)]
        # The event loop's own threads are all free: they were never used.
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 5) == "free"
        return told

    told = asyncio.run(ask_often())
    released.set()
    assert all("given up after" in text for text in told)
