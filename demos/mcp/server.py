"""What the server says over MCP: tools, resources, one prompt. How it is reached is in `serving`."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mcp import McpError, types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.models import InitializationOptions
from mcp.server.session import ServerSession
from pydantic import AnyUrl

from sightline.agents.prompt import CONVENTIONS
from sightline.demos.mcp.desk import CLIENT, OPENERS, Desk
from sightline.demos.mcp.roots import folder_of
from sightline.demos.mcp.sampling import SamplingLook
from sightline.memory import CallRecord, InputError, ModelMistake, SightlineError
from sightline.tools.back_ends import BackEnds

PROGRESS_EVERY = 2.0
"""Seconds between two words on a call that is still running."""

INSTRUCTIONS = (
    "Instruments that measure space in photos, videos and panoramas. Begin with open_picture (open_video, "
    "open_panorama); other tools then take the handle that it gives.\n" + CONVENTIONS
)


class Visit:
    """One client's session: its desk is made when it first asks for something, since only then is it known."""

    def __init__(self, back_ends: BackEnds) -> None:
        self._back_ends = back_ends
        self._desk: Desk | None = None

    def desk(self, server: Server[Visit], session: ServerSession) -> Desk:
        """The client's desk."""
        if self._desk is None:
            lends = session.check_client_capability(types.ClientCapabilities(sampling=types.SamplingCapability()))
            look = SamplingLook(session, CLIENT, lambda: _request_id(server)) if lends else None
            self._desk = Desk(self._back_ends, look)
        return self._desk

    def close(self) -> None:
        """End it with everything that it opened."""
        if self._desk is not None:
            self._desk.close()


def build_server(roots: Sequence[Path], back_ends: BackEnds, *, trust_client_roots: bool) -> Server[Visit]:
    """The server, without a transport.

    Args:
        roots: Folders whose files may be opened.
        back_ends: What serves the tools.
        trust_client_roots: Whether folders that a client grants count, too: only where the client runs here.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: Server[Visit]) -> AsyncIterator[Visit]:
        visit = Visit(back_ends)
        try:
            yield visit
        finally:
            await asyncio.to_thread(visit.close)

    server: Server[Visit] = Server("sightline", version("sightline"), INSTRUCTIONS, lifespan=lifespan)

    def here() -> Desk:
        context = server.request_context
        return context.lifespan_context.desk(server, context.session)

    async def granted() -> list[Path]:
        session = server.request_context.session
        asks = types.ClientCapabilities(roots=types.RootsCapability())
        if not trust_client_roots or not session.check_client_capability(asks):
            return list(roots)
        try:
            listed = (await session.list_roots()).roots
        except McpError:  # it says that it has roots, and does not tell them
            return list(roots)
        return [*roots, *(folder for root in listed if (folder := folder_of(str(root.uri))) is not None)]

    @server.list_tools()  # type: ignore[no-untyped-call, untyped-decorator]
    async def list_tools() -> list[types.Tool]:
        return [*map(_opener, OPENERS), *map(_tool, here().tools.values())]

    # Ours say what would be valid; a schema's validator does not.
    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
    async def call_tool(name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        desk = here()
        known = len(desk.workspace.artifacts)
        async with _progress(server):
            if name in OPENERS:
                result = await _open(desk, name, arguments, await granted())
            elif name in desk.tools:
                result = _result(desk, await desk.tools[name].perform(arguments))
            else:
                names = ", ".join([*OPENERS, *desk.tools])
                result = _failed(f"There is no tool {name!r}. Tools: {names}.", "mistake")
        if len(desk.workspace.artifacts) > known:
            await server.request_context.session.send_resource_list_changed()
        return result

    @server.list_resources()  # type: ignore[no-untyped-call, untyped-decorator]
    async def list_resources() -> list[types.Resource]:
        return [
            types.Resource(uri=AnyUrl(uri), name=name, description=about, mimeType=media)
            for uri, name, about, media in here().resources()
        ]

    @server.read_resource()  # type: ignore[no-untyped-call, untyped-decorator]
    async def read_resource(uri: AnyUrl) -> list[ReadResourceContents]:
        try:
            content, media = here().read(str(uri))
        except ModelMistake as mistake:
            raise McpError(types.ErrorData(code=types.INVALID_PARAMS, message=str(mistake))) from mistake
        return [ReadResourceContents(content, media)]

    @server.list_prompts()  # type: ignore[no-untyped-call, untyped-decorator]
    async def list_prompts() -> list[types.Prompt]:
        return [types.Prompt(name="conventions", description="How places, frames, scale and handles are meant.")]

    @server.get_prompt()  # type: ignore[no-untyped-call, untyped-decorator]
    async def get_prompt(name: str, arguments: dict[str, str] | None) -> types.GetPromptResult:
        if name != "conventions":
            message = f"There is no prompt {name!r}; there is: conventions."
            raise McpError(types.ErrorData(code=types.INVALID_PARAMS, message=message))
        text = INSTRUCTIONS.format(dialect=CLIENT.dialect.describe())
        said = types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
        return types.GetPromptResult(messages=[said])

    return server


def options(server: Server[Visit]) -> InitializationOptions:
    """What a client is told when it connects."""
    told = server.create_initialization_options(NotificationOptions(resources_changed=True))
    told.instructions = INSTRUCTIONS.format(dialect=CLIENT.dialect.describe())
    return told


async def _open(desk: Desk, name: str, arguments: dict[str, Any], roots: Sequence[Path]) -> types.CallToolResult:
    path = arguments.get("path")
    if not isinstance(path, str) or not path.strip() or set(arguments) != {"path"}:
        return _failed(f"{name} takes one argument, path: the file to open, as text.", "mistake")
    try:
        handle = await desk.open(name, path, roots)
    except SightlineError as error:
        return _failed(str(error), "mistake" if isinstance(error, InputError | ModelMistake) else "infrastructure")
    return types.CallToolResult(content=_pictures(desk, [handle]))


def _result(desk: Desk, record: CallRecord) -> types.CallToolResult:
    """Words first: they are enough for a reader who sees no pictures. Then each picture after its label."""
    finished, said, shown = record.finished, desk.said(record), _pictures(desk, record.shown)
    if finished is not None and finished.outcome == "ok":
        return types.CallToolResult(content=[types.TextContent(type="text", text=said), *shown])
    remedy = "" if finished is None or not finished.remedy or finished.remedy in said else f" {finished.remedy}"
    failed = _failed(said + remedy, "interrupted" if finished is None else finished.outcome)
    return failed.model_copy(update={"content": [*failed.content, *shown]})


def _pictures(desk: Desk, handles: Sequence[str]) -> list[types.ContentBlock]:
    """Each artifact's label, and after it the picture, where it is one."""
    content: list[types.ContentBlock] = []
    for handle in dict.fromkeys(handles):
        content.append(types.TextContent(type="text", text=desk.about(handle)))
        if desk.workspace.artifacts[handle].is_picture:
            data, media = desk.picture(handle)
            content.append(types.ImageContent(type="image", data=data, mimeType=media))
    return content


def _failed(said: str, outcome: str) -> types.CallToolResult:
    """A failure; whose fault it is stands in the metadata: `mistake`, `limit`, `infrastructure`."""
    text = types.TextContent(type="text", text=said)
    return types.CallToolResult(content=[text], isError=True, _meta={"sightline/outcome": outcome})


def _opener(name: str) -> types.Tool:
    about, what = OPENERS[name]
    described = f"{what}: a path under a granted folder, or a data: URI with base64."
    schema = {
        "type": "object",
        "properties": {"path": {"type": "string", "description": described}},
        "required": ["path"],
    }
    return types.Tool(name=name, description=about, inputSchema=schema)


def _tool(tool: Any) -> types.Tool:
    hints = types.ToolAnnotations(destructiveHint=False, openWorldHint=False)
    return types.Tool(name=tool.name, description=tool.description, inputSchema=tool.args_schema, annotations=hints)


@contextlib.asynccontextmanager
async def _progress(server: Server[Visit]) -> AsyncIterator[None]:
    """While a call runs, tell the client that asked for it how long it has been at it."""
    context = server.request_context
    token = context.meta.progressToken if context.meta is not None else None
    if token is None:
        yield
        return

    async def tell() -> None:
        begun = time.monotonic()
        while True:
            await asyncio.sleep(PROGRESS_EVERY)
            passed = time.monotonic() - begun
            await context.session.send_progress_notification(
                token, passed, message=f"{passed:.0f} s", related_request_id=str(context.request_id)
            )

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling


def _request_id(server: Server[Visit]) -> types.RequestId | None:
    try:
        return server.request_context.request_id
    except LookupError:  # the tool runs beside the request
        return None
