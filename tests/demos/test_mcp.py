"""The MCP server, spoken to by the official SDK's client over both transports, as a desktop client would."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from langchain_mcp_adapters.client import MultiServerMCPClient
from loop_kit import agent_on
from mcp import ClientSession, McpError, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.context import RequestContext
from PIL import Image
from pydantic import AnyUrl, FileUrl
from servers import Call, ModelServer, Request, Turn, results

from sightline.tools import all_tools

SIGHTLINE = Path(sys.executable).with_name("sightline")
SAMPLES = Path(__file__).parents[2] / "demos" / "samples"
TOKEN = "a token of enough letters"


def command(*options: str) -> list[str]:
    return [str(SIGHTLINE), "mcp", *options]


@asynccontextmanager
async def over_stdio(*options: str, **client: Any) -> AsyncIterator[ClientSession]:
    """A session with a server of its own."""
    program, *arguments = command(*options)
    parameters = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    async with stdio_client(parameters) as (read, write), ClientSession(read, write, **client) as session:
        await session.initialize()
        yield session


@contextmanager
def http_server(*options: str, **environment: str) -> Iterator[str]:
    """A server over HTTP on a free port; gives its address."""
    process = subprocess.Popen(
        command("--http", "--port", "0", *options), stderr=subprocess.PIPE, env={**os.environ, **environment}, text=True
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("MCP at http://"), line
        yield line.removeprefix("MCP at ").partition(";")[0]
    finally:
        process.terminate()
        process.communicate(timeout=30)


@asynccontextmanager
async def over_http(url: str, headers: dict[str, str] | None = None, **client: Any) -> AsyncIterator[ClientSession]:
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as http,
        streamable_http_client(url, http_client=http) as (read, write, _),
        ClientSession(read, write, **client) as session,
    ):
        await session.initialize()
        yield session


def texts(result: types.CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, types.TextContent))


def pictures(result: types.CallToolResult) -> list[Image.Image]:
    data = [base64.b64decode(part.data) for part in result.content if isinstance(part, types.ImageContent)]
    return [Image.open(io.BytesIO(one)) for one in data]


def outcome(result: types.CallToolResult) -> Any:
    return (result.meta or {}).get("sightline/outcome", "ok")


async def measure_coins(session: ClientSession) -> None:
    """What a person asks of it: the coins of a photo, found, cut out, and read as a resource."""
    opened = await session.call_tool("open_picture", {"path": "coins.png"})
    assert texts(opened) == "img1 (384x303 as sent)"
    assert [picture.size for picture in pictures(opened)] == [(384, 303)]
    found = await session.call_tool("find_regions", {"image": "img1"})
    assert texts(found).startswith("24 regions stand out in img1")
    assert [picture.size for picture in pictures(found)] == [(384, 303)]
    cut = await session.call_tool("crop_zoom", {"image": "img1", "box": [25, 179, 63, 216]})
    assert "view2" in texts(cut)
    listed = {str(resource.uri): resource for resource in (await session.list_resources()).resources}
    assert list(listed)[:3] == [f"sightline://artifacts/{handle}" for handle in ("img1", "view1", "view2")]
    (stored,) = (await session.read_resource(AnyUrl("sightline://artifacts/img1"))).contents
    assert isinstance(stored, types.BlobResourceContents)
    assert stored.mimeType == "image/png"
    with Image.open(SAMPLES / "coins.png") as original, Image.open(io.BytesIO(base64.b64decode(stored.blob))) as read:
        assert read.tobytes() == original.convert("RGB").tobytes()
    (journal,) = (await session.read_resource(AnyUrl("sightline://journal"))).contents
    assert isinstance(journal, types.TextResourceContents)
    kinds = [json.loads(line)["type"] for line in journal.text.splitlines()]
    assert kinds.count("calls_committed") == 2


async def test_a_photo_is_measured_over_stdio() -> None:
    async with over_stdio("--root", str(SAMPLES)) as session:
        await measure_coins(session)


async def test_a_photo_is_measured_over_http() -> None:
    with http_server("--root", str(SAMPLES)) as url:
        async with over_http(url) as session:
            await measure_coins(session)


async def test_every_tool_is_there_with_its_description_and_a_plain_schema() -> None:
    async with over_stdio() as session:
        listed = {tool.name: tool for tool in (await session.list_tools()).tools}
    asks_a_model = {"ask_image", "locate_by_vlm"}
    openers = {"open_picture", "open_panorama", "open_video"}
    assert set(listed) == {tool.name for tool in all_tools()} - asks_a_model | openers
    for tool in listed.values():
        assert tool.description
        assert tool.inputSchema["type"] == "object"
        assert all(field["description"] for field in tool.inputSchema["properties"].values()), tool.name


async def test_the_conventions_are_told_on_connecting_and_as_a_prompt() -> None:
    async with over_stdio() as session:
        (prompt,) = (await session.list_prompts()).prompts
        said = (await session.get_prompt(prompt.name)).messages[0].content
        assert isinstance(said, types.TextContent)
        assert "origin at the top-left corner, x first, then y" in said.text
        assert "{" not in said.text
        with pytest.raises(McpError, match="no prompt 'manners'"):
            await session.get_prompt("manners")


# Files


async def test_no_file_outside_the_roots_is_opened(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside.png"
    root.mkdir()
    Image.new("RGB", (8, 8)).save(outside)
    (root / "link.png").symlink_to(outside)
    ways = (str(outside), "../outside.png", "link.png", "nothing.png", outside.as_uri(), "bad\0name.png")
    async with over_stdio("--root", str(root)) as session:
        for path in ways:
            refused = await session.call_tool("open_picture", {"path": path})
            assert (refused.isError, outcome(refused)) == (True, "mistake")
            # The same words for all: nothing is learned of what lies outside.
            said = f"{path!r} is no file in the granted folders. Granted: {root}. Name a file in one of them."
            assert texts(refused) == said
        assert len((await session.list_resources()).resources) == 2


async def roots_of(folder: Path) -> types.ListRootsResult:
    return types.ListRootsResult(roots=[types.Root(uri=FileUrl(folder.as_uri()))])


async def test_a_client_on_this_machine_grants_its_roots() -> None:
    async def grant(_: RequestContext[ClientSession, Any]) -> types.ListRootsResult:
        return await roots_of(SAMPLES)

    async with over_stdio(list_roots_callback=grant) as session:
        assert not (await session.call_tool("open_picture", {"path": str(SAMPLES / "coins.png")})).isError
        assert not (await session.call_tool("open_picture", {"path": "coffee.png"})).isError


async def test_a_client_over_http_grants_itself_nothing() -> None:
    async def grant(_: RequestContext[ClientSession, Any]) -> types.ListRootsResult:
        return await roots_of(SAMPLES)

    with http_server() as url:
        async with over_http(url, list_roots_callback=grant) as session:
            refused = await session.call_tool("open_picture", {"path": str(SAMPLES / "coins.png")})
            assert "No folder is granted" in texts(refused)
            data = base64.b64encode((SAMPLES / "coins.png").read_bytes()).decode()
            sent = await session.call_tool("open_picture", {"path": f"data:image/png;base64,{data}"})
            assert texts(sent) == "img1 (384x303 as sent)"


# Faults


async def test_whose_fault_a_failure_is(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    async with over_stdio("--root", str(SAMPLES), "--root", str(tmp_path), "--offline") as session:
        broken = await session.call_tool("open_picture", {"path": "broken.jpg"})
        assert (broken.isError, outcome(broken)) == (True, "mistake")
        assert "cannot be read: it is damaged" in texts(broken)
        await session.call_tool("open_picture", {"path": "coins.png"})
        wrong = await session.call_tool("crop_zoom", {"image": "img9", "box": [0, 0, 10, 10]})
        assert outcome(wrong) == "mistake"
        assert "img1" in texts(wrong)
        outside = await session.call_tool("crop_zoom", {"image": "img1", "box": [0, 0, 10, 9999]})
        assert "y from 0 to 303" in texts(outside)
        missing = await session.call_tool("estimate_depth", {"image": "img1"})
        assert outcome(missing) == "infrastructure"
        unknown = await session.call_tool("measure_everything", {})
        assert "There is no tool 'measure_everything'" in texts(unknown)
        extra = await session.call_tool("open_picture", {"path": "coins.png", "size": 3})
        assert outcome(extra) == "mistake"
        with pytest.raises(McpError, match="no resource sightline://artifacts/img7"):
            await session.read_resource(AnyUrl("sightline://artifacts/img7"))


async def test_a_large_picture_is_sent_small_and_places_are_those_of_what_was_sent(tmp_path: Path) -> None:
    picture = Image.new("RGB", (3136, 1568), "white")
    picture.paste((255, 0, 0), (1600, 800, 1700, 900))
    picture.save(tmp_path / "large.png")
    async with over_stdio("--root", str(tmp_path)) as session:
        opened = await session.call_tool("open_picture", {"path": "large.png"})
        assert texts(opened) == "img1 (1568x784 as sent, 3136x1568 stored)"
        assert pictures(opened)[0].size == (1568, 784)
        cut = await session.call_tool("crop_zoom", {"image": "img1", "box": [800, 400, 850, 450]})
        assert pictures(cut)[0].convert("RGB").getpixel((5, 5)) == (255, 0, 0)


# Several clients


async def test_two_sessions_see_nothing_of_each_other() -> None:
    with http_server("--root", str(SAMPLES)) as url:
        async with over_http(url) as one, over_http(url) as other:
            await one.call_tool("open_picture", {"path": "coins.png"})
            assert len((await other.list_resources()).resources) == 2
            await other.call_tool("open_picture", {"path": "coffee.png"})
            (mine,) = (await one.read_resource(AnyUrl("sightline://artifacts/img1"))).contents
            (theirs,) = (await other.read_resource(AnyUrl("sightline://artifacts/img1"))).contents
            assert isinstance(mine, types.BlobResourceContents)
            assert isinstance(theirs, types.BlobResourceContents)
            assert mine.blob != theirs.blob


async def test_the_token_is_asked_for_and_foreign_pages_are_refused() -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"Accept": "application/json, text/event-stream"}
    with http_server(SIGHTLINE_MCP_TOKEN=TOKEN) as url:
        async with httpx.AsyncClient() as http:
            assert (await http.post(url, json=call, headers=accept)).status_code == 401
            wrong = {**accept, "Authorization": "Bearer another"}
            assert (await http.post(url, json=call, headers=wrong)).status_code == 401
            right = {**accept, "Authorization": f"Bearer {TOKEN}"}
            page = {**right, "Origin": "http://somewhere.example"}
            assert (await http.post(url, json=call, headers=page)).status_code == 403
            rebound = {**right, "Host": "somewhere.example"}
            assert (await http.post(url, json=call, headers=rebound)).status_code == 421
        async with over_http(url, {"Authorization": f"Bearer {TOKEN}"}) as session:
            assert (await session.list_tools()).tools


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--http", "--host", "0.0.0.0"], "no token is set"),
        (["--root", "nowhere"], "--root nowhere is no folder"),
        (["--back-end", "depth=none-such"], "no depth back end 'none-such'"),
    ],
)
def test_wrong_options_are_one_line_and_code_2(options: list[str], said: str) -> None:
    done = subprocess.run(
        command(*options), check=False, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


# What a client's own model is for, and what it may stop


async def test_the_clients_model_is_borrowed_for_tools_that_ask_one() -> None:
    asked: list[types.CreateMessageRequestParams] = []

    async def answer(
        _: RequestContext[ClientSession, Any], params: types.CreateMessageRequestParams
    ) -> types.CreateMessageResult:
        asked.append(params)
        said = types.TextContent(type="text", text="Twenty-four coins.")
        return types.CreateMessageResult(role="assistant", content=said, model="a client's")

    async with over_stdio("--root", str(SAMPLES), sampling_callback=answer) as session:
        await session.call_tool("open_picture", {"path": "coins.png"})
        result = await session.call_tool("ask_image", {"images": ["img1"], "question": "How many coins?"})
    assert "Twenty-four coins." in texts(result)
    (params,) = asked
    kinds = [part.content.type for part in params.messages]  # type: ignore[union-attr]
    assert kinds == ["text", "image", "text"]


async def test_a_call_can_be_cancelled_and_tells_how_long_it_has_been() -> None:
    heard = asyncio.Event()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.set()

    async with over_stdio() as session:
        endless = types.CallToolRequest(
            params=types.CallToolRequestParams(name="run_python", arguments={"code": "while True: pass"})
        )
        request = types.ClientRequest(endless)
        identity = session._request_id
        async with anyio.create_task_group() as group:

            async def call() -> None:
                with pytest.raises(McpError, match="cancelled"):
                    await session.send_request(request, types.CallToolResult, progress_callback=hear)

            group.start_soon(call)
            await heard.wait()
            cancelled = types.CancelledNotification(params=types.CancelledNotificationParams(requestId=identity))
            await session.send_notification(types.ClientNotification(cancelled))
        # The kernel went with the call; the next cell has a new one.
        again = await session.call_tool("run_python", {"code": "6 * 7"})
    assert "42" in texts(again)


async def test_our_agent_works_with_the_tools_of_our_server(tmp_path: Path) -> None:
    client = MultiServerMCPClient(
        {"sightline": {"command": str(SIGHTLINE), "args": command("--root", str(SAMPLES))[1:], "transport": "stdio"}}
    )
    async with client.session("sightline") as session:
        from langchain_mcp_adapters.tools import load_mcp_tools

        wanted = {"open_picture", "find_regions"}
        tools = [tool for tool in await load_mcp_tools(session) if tool.name in wanted]

        def play(request: Request, index: int) -> Turn:
            calls = [
                Call("open_picture", {"path": "coins.png"}),
                Call("find_regions", {"image": "img1"}),
                Call("answer", {"value": 24}),
            ]
            return Turn(calls=[calls[len(results(request))]])

        with ModelServer("messages", play) as server:
            agent = agent_on(server, "messages", tmp_path, tools=tools)
            answer = await agent.aask("How many coins are there?", SAMPLES / "coins.png")
    assert answer.value == 24
    records = list(answer.trace.calls.values())
    assert records[1].text.startswith("24 regions stand out in img1")
