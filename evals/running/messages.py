"""Messages and tools between LangChain, in which the agent speaks, and Inspect, through which its calls go.

Both ways and without loss: what a model said goes back to it as it came, reasoning blocks with their signatures
included. Pictures are data URIs, which Inspect keeps once a sample however often they are sent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentReasoning,
    ContentText,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.tool import ToolCall, ToolChoice, ToolFunction, ToolInfo, ToolParams
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

ORIGINAL = "inspect"
"""Key, in a block's `extras`, of the block as Inspect had it."""

_STOPS = {
    "stop": "stop",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "model_length": "model_context_window_exceeded",
    "unknown": "",
}


# To Inspect


def to_inspect(messages: Sequence[BaseMessage]) -> list[ChatMessage]:
    """A prompt as Inspect's messages.

    Their ids follow from their place and content: Inspect would draw a random one for each at every call.
    """
    return [_one(message, str(place)) for place, message in enumerate(messages)]


def _one(message: BaseMessage, place: str) -> ChatMessage:
    match message:
        case SystemMessage():
            return ChatMessageSystem(id=place, content=_plain(message))
        case HumanMessage():
            return ChatMessageUser(id=place, content=_content(message.content))
        case AIMessage():
            calls = [ToolCall(str(call["id"]), call["name"], call["args"]) for call in message.tool_calls]
            content = _content(message.content)
            return ChatMessageAssistant(id=message.id or place, content=content, tool_calls=calls or None)
        case ToolMessage():
            # A failure is told by its text. Inspect would put "Error: " before it, and LangChain would not.
            return ChatMessageTool(
                id=place, content=_plain(message), tool_call_id=message.tool_call_id, function=message.name
            )
        case _:
            raise TypeError(f"a prompt holds no {type(message).__name__}")


def _plain(message: BaseMessage) -> str:
    return str(message.text)


def _content(content: Any) -> str | list[Content]:
    if isinstance(content, str):
        return content
    return [_block(block) for block in content]


def _block(block: Any) -> Content:
    if isinstance(block, str):
        return ContentText(text=block)
    original = (block.get("extras") or {}).get(ORIGINAL)
    match block["type"]:
        case "text":
            return ContentText(text=block["text"]) if original is None else ContentText.model_validate(original)
        case "image":
            return ContentImage(image=f"data:{block['mime_type']};base64,{block['base64']}")
        case "reasoning":
            if original is None:
                return ContentReasoning(reasoning=block.get("reasoning", ""))
            return ContentReasoning.model_validate(original)
        case other:
            raise TypeError(f"a prompt holds no block of type {other!r}")


def tools_to_inspect(tools: Sequence[dict[str, Any]]) -> list[ToolInfo]:
    """Tool declarations in OpenAI's form as Inspect's; keywords that Inspect does not know are dropped."""
    return _tools(json.dumps(tools))


@lru_cache(16)
def _tools(declared: str) -> list[ToolInfo]:
    functions = [tool["function"] for tool in json.loads(declared)]
    return [
        ToolInfo(
            name=function["name"],
            description=function["description"],
            parameters=ToolParams.model_validate(function["parameters"]),
        )
        for function in functions
    ]


def choice_to_inspect(choice: Any) -> ToolChoice | None:
    """A tool choice: `none` (as text, or in the Messages API's form), or the name of the one tool to call."""
    if choice is None:
        return None
    if choice == "none" or choice == {"type": "none"}:
        return "none"
    return ToolFunction(name=str(choice))


# From Inspect


def from_output(output: ModelOutput) -> AIMessage:
    """A model's turn as a LangChain message, with what the agent's adapter reads of it."""
    if output.empty:
        return AIMessage("", response_metadata={"model_name": output.model})
    message = output.message
    calls = message.tool_calls or []
    content, refused = _blocks(message.content)
    return AIMessage(
        content=content,  # type: ignore[arg-type]  # standard blocks
        tool_calls=[
            {"type": "tool_call", "id": c.id, "name": c.function, "args": c.arguments}
            for c in calls
            if not c.parse_error
        ],
        invalid_tool_calls=[
            {"type": "invalid_tool_call", "id": c.id, "name": c.function, "args": c.parse_error, "error": None}
            for c in calls
            if c.parse_error
        ],
        usage_metadata=None if output.usage is None else _usage(output.usage),
        response_metadata={
            "finish_reason": "content_filter" if refused else _STOPS[output.stop_reason],
            "model_name": output.model,
            "output_version": "v1",
        },
        id=message.id,
    )


def _blocks(content: str | list[Content]) -> tuple[str | list[dict[str, Any]], bool]:
    """Standard blocks, each with the one it came from where that says more; and whether one is a refusal."""
    if isinstance(content, str):
        return content, False
    blocks: list[dict[str, Any]] = []
    refused = False
    for block in content:
        original = {"extras": {ORIGINAL: block.model_dump(mode="json", exclude_none=True)}}
        if block.type == "reasoning":
            shown = (block.summary or "") if block.redacted else block.reasoning
            blocks.append({"type": "reasoning", "reasoning": shown, **original})
        elif block.type == "text":
            refused = refused or bool(block.refusal)
            told = block.internal is None and not block.citations
            blocks.append({"type": "text", "text": block.text, **({} if told else original)})
    return blocks, refused


def _usage(usage: ModelUsage) -> dict[str, Any]:
    """Token counts in LangChain's form, where the input includes what was read from and written to a cache."""
    read, written = usage.input_tokens_cache_read or 0, usage.input_tokens_cache_write or 0
    given = usage.input_tokens + read + written
    return {
        "input_tokens": given,
        "output_tokens": usage.output_tokens,
        "total_tokens": given + usage.output_tokens,
        "input_token_details": {"cache_read": read, "cache_creation": written},
        "output_token_details": {"reasoning": usage.reasoning_tokens or 0},
    }
