"""How Anthropic Messages reads a conversation: alternation, results first, non-empty text, thinking."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from servers.pictures import decode
from servers.request import Part, Reading
from servers.responses import seal
from servers.rules import check_reasoning_returned, parse_tool


def read_system(reading: Reading, system: Any) -> None:
    """The system prompt: a string, or text blocks."""
    if system is None:
        return
    if isinstance(system, str):
        reading.text("system", "system", system)
        return
    for number, block in enumerate(system if isinstance(system, list) else [system]):
        match block:
            case {"type": "text", "text": text}:
                _text(reading, "system", f"system[{number}]", text)
            case _:
                reading.flag("malformed", f"system[{number}]", "the system prompt takes text blocks only")


def read_tools(reading: Reading, body: Mapping[str, Any]) -> None:
    """The declared tools and the choice among them."""
    tools = reading.array("tools", body.get("tools"))
    for number, tool in enumerate(tools):
        if isinstance(tool, Mapping) and tool.get("type", "custom") in (None, "custom"):
            parse_tool(reading, f"tools[{number}]", tool, "input_schema")
        else:
            reading.flag("tool-form", f"tools[{number}]", "expected {'name', 'input_schema'}")
    choice = body.get("tool_choice")
    if choice is None:
        return
    if not tools:
        reading.flag("tool-choice", "tool_choice", "may only be specified while providing tools")
    match choice:
        case {"type": "auto" | "none" as kind}:
            reading.tool_choice = kind
        case {"type": "any"}:
            reading.tool_choice = "required"
        case {"type": "tool", "name": str() as name}:
            reading.tool_choice, reading.forced_tool = "required", name
        case _:
            reading.flag("tool-choice", "tool_choice", f"{choice!r} is no object of type auto, any, tool or none")


def read_conversation(reading: Reading, messages: list[Any], issued: Mapping[str, Mapping[str, Any]]) -> None:
    """Walk the messages. `issued` maps a call's id to the thinking block it came with."""
    thinking: list[Any] = []
    waiting: list[str] = []
    previous = None
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        if not isinstance(message, Mapping) or message.get("role") not in ("user", "assistant"):
            role = message.get("role") if isinstance(message, Mapping) else message
            reading.flag("malformed", where, f"Unexpected role {role!r}: 'user' or 'assistant'")
            continue
        role = message["role"]
        if role == previous or (previous is None and role != "user"):
            rule = "roles-do-not-alternate" if previous else "first-not-user"
            reading.flag(rule, where, f"{role} after {previous or 'nothing'}: roles must alternate, user first")
        previous = role
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        last = number == len(messages) - 1
        if not isinstance(blocks, list) or not blocks:
            reading.flag("empty-text", where, "all messages must have non-empty content")
            blocks = []
        if role == "assistant":
            _close(reading, where, waiting)
            thinking += [b for b in blocks if isinstance(b, Mapping) and b.get("type") == "thinking"]
            waiting = _assistant(reading, where, blocks, last)
        else:
            waiting = _user(reading, where, blocks, waiting)
            _close(reading, where, waiting)
            waiting = []
    _close(reading, "at the end", waiting)
    check_reasoning_returned(reading, issued, thinking)


def _close(reading: Reading, where: str, waiting: list[str]) -> None:
    if waiting:
        reading.flag(
            "call-without-result",
            where,
            f"tool_use ids were found without tool_result blocks immediately after: {', '.join(waiting)}",
        )


def _text(reading: Reading, role: str, where: str, value: Any) -> None:
    text = reading.text(role, where, value)
    if text is not None and not text.strip():
        reading.flag("empty-text", where, "text content blocks must contain non-whitespace text")


def _image(reading: Reading, role: str, where: str, source: Any) -> None:
    match source:
        case {"type": "base64", "media_type": str() as media_type, "data": str() as data}:
            reading.picture(role, where, decode(media_type, data))
        case _:
            reading.flag("malformed", where, "expected a base64 source with media_type and data: nothing is fetched")


def _assistant(reading: Reading, where: str, blocks: list[Any], last: bool) -> list[str]:
    """Read an assistant message; returns the ids of its calls."""
    calls = []
    for number, block in enumerate(blocks):
        at = f"{where}.content[{number}]"
        match block:
            case {"type": "text", "text": text}:
                _text(reading, "assistant", at, text)
                if last and block is blocks[-1] and isinstance(text, str) and text != text.rstrip():
                    reading.flag(
                        "trailing-whitespace",
                        at,
                        "final assistant content cannot end with trailing whitespace",
                    )
            case {"type": "tool_use", "id": call_id, "name": name, "input": Mapping() as arguments}:
                calls.append(reading.call(at, call_id, name, json.dumps(arguments)))
            case {"type": "thinking", "thinking": str() as text, "signature": str() as signature}:
                reading.parts.append(Part("assistant", "reasoning", at, text=text))
                if signature != seal(text):
                    reading.flag("reasoning-modified", at, "Invalid signature in thinking block")
                if any(b.get("type") not in ("thinking", "redacted_thinking") for b in blocks[:number]):
                    reading.flag("reasoning-not-first", at, "thinking blocks come first in an assistant message")
                if "cache_control" in block:
                    reading.flag("cache-control", at, "cache_control is not allowed on thinking blocks")
            case _:
                kind = block.get("type") if isinstance(block, Mapping) else type(block).__name__
                reading.flag("malformed", at, f"invalid block {kind!r} in an assistant message")
    return calls


def _user(reading: Reading, where: str, blocks: list[Any], waiting: list[str]) -> list[str]:
    """Read a user message; returns the ids of `waiting` that it leaves without a result."""
    open_calls = list(waiting)
    others = False
    for number, block in enumerate(blocks):
        at = f"{where}.content[{number}]"
        match block:
            case {"type": "tool_result"}:
                if others:
                    reading.flag("result-not-first", at, "tool_result blocks come before all other content")
                call_id = reading.result(at, block.get("tool_use_id"))
                if call_id in open_calls:
                    open_calls.remove(call_id)
                elif call_id and call_id not in waiting:
                    reading.flag(
                        "result-without-call",
                        at,
                        f"unexpected tool_use_id in tool_result block: {call_id}. It needs a tool_use block "
                        "in the previous message",
                    )
                _result_content(reading, at, block)
                continue
            case {"type": "text", "text": text}:
                _text(reading, "user", at, text)
            case {"type": "image", "source": source}:
                _image(reading, "user", at, source)
            case _:
                kind = block.get("type") if isinstance(block, Mapping) else type(block).__name__
                reading.flag("malformed", at, f"invalid block {kind!r} in a user message")
        others = True
    return open_calls


def _result_content(reading: Reading, where: str, result: Mapping[str, Any]) -> None:
    content = result.get("content")
    if content is None:
        return
    if isinstance(content, str):
        reading.text("tool", where, content)  # an empty string is a result, an empty block is not
        return
    for number, block in enumerate(content if isinstance(content, list) else [content]):
        at = f"{where}.content[{number}]"
        match block:
            case {"type": "text", "text": text}:
                _text(reading, "tool", at, text)
            case {"type": "image", "source": source}:
                _image(reading, "tool", at, source)
                if result.get("is_error"):
                    reading.flag("picture-in-error", at, "when is_error is true all content must be of type text")
            case _:
                kind = block.get("type") if isinstance(block, Mapping) else type(block).__name__
                reading.flag("malformed", at, f"invalid block {kind!r} in a tool_result")
