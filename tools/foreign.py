"""Tools that others wrote: any LangChain `BaseTool`, so also any MCP server's, as an instrument of the loop.

Their pictures (image content blocks) become artifacts like those of our own tools, so they never travel inside a tool
message. What they know of places is theirs: nothing is converted.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langchain_core.tools import Tool as LangChainTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ValidationError

from sightline.memory import Draft, InputError, InstrumentLimit, ModelMistake
from sightline.memory.pictures import load_picture
from sightline.tools.background import in_daemon_thread
from sightline.tools.characters import from_outside
from sightline.tools.contract import DEFAULT_TIME_LIMIT, Sees, ToolContext, ToolResult

MOST_TEXT = 20_000
"""Characters of a result that a model is shown: our own tools keep their results short, others may not."""


@dataclass(frozen=True)
class ForeignTool:
    """A LangChain tool as an instrument. Barrier by default: nothing says it is safe beside others."""

    tool: BaseTool
    family: str = "foreign"
    parallel_safe: bool = False
    time_limit: float = DEFAULT_TIME_LIMIT

    @property
    def name(self) -> str:
        """The tool's own name."""
        return self.tool.name

    def describe(self, sees: Sees) -> str:
        """The tool's own description."""
        return self.tool.description

    def schema(self, sees: Sees) -> dict[str, Any]:
        """The tool's own schema."""
        parameters: dict[str, Any] = convert_to_openai_tool(self.tool)["function"].get("parameters", {})
        return parameters or {"type": "object", "properties": {}}

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        """Call it; text and pictures of its content come back as ours do."""
        call = {"type": "tool_call", "name": self.name, "args": arguments, "id": "call"}
        try:
            message = await self._invoke(call)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(str(part) for part in problem["loc"])
            raise ModelMistake(f"{self.name}: {where}: {problem['msg']}.", "Look at its schema.") from None
        except ToolException as error:
            raise InstrumentLimit(f"{self.name} says: {_bounded(from_outside(str(error)))}") from error
        if not isinstance(message, ToolMessage):
            return ToolResult(_bounded(from_outside(str(message))))
        texts, pictures = [], []
        for block in message.content_blocks:
            if block["type"] == "text":
                texts.append(from_outside(block["text"]))
            elif block["type"] == "image":
                pictures.append(self._picture(block))
            else:
                texts.append(f"({block['type']} content, which is not shown)")
        if message.status == "error":
            raise InstrumentLimit(f"{self.name} says: {_bounded(' '.join(texts))}")
        if pictures:
            texts.append(f"Pictures: {', '.join(map(str, pictures))}.")
        return ToolResult(_bounded("\n".join(texts)) or "(no text)", pictures)

    async def _invoke(self, call: dict[str, Any]) -> Any:
        """Call it; a synchronous tool on a thread of its own, so that one that hangs can be given up.

        LangChain would run it in the event loop's few shared threads, which everything else needs too.
        """
        synchronous = getattr(self.tool, "coroutine", None) is None and type(self.tool)._arun in (
            BaseTool._arun,
            StructuredTool._arun,
            LangChainTool._arun,
        )
        if synchronous:
            return await in_daemon_thread(self.tool.invoke, input=call)
        return await self.tool.ainvoke(call)

    def _picture(self, block: Any) -> Draft:
        data = block.get("base64")
        if not data:
            raise InstrumentLimit(f"{self.name} gave a picture by address, which is not fetched.")
        try:
            loaded = load_picture(base64.b64decode(data))
        except InputError as error:
            raise InstrumentLimit(f"{self.name} gave a picture that cannot be read: {error.message}") from error
        return Draft(loaded.pixels, title=f"picture from {self.name}")


def _bounded(text: str) -> str:
    """At most `MOST_TEXT` characters, so that one result cannot fill a prompt; says what was cut."""
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}\n({len(text) - MOST_TEXT} more characters are not shown)"
