"""Tool calling in text, for models and servers without native tool calls.

The model writes a call as tagged JSON, one pair of tags a call:

    <tool_call>{"name": "crop_zoom", "arguments": {"image": "img1", "box": [10, 20, 300, 400]}}</tool_call>

and reads results in user messages. JSON is repaired only where there is one reading: a code fence inside the tags,
a trailing comma, a missing closing tag at the very end. Anything else comes back to the model as its mistake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

OPEN_TAG, CLOSE_TAG = "<tool_call>", "</tool_call>"

_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
_FENCE = re.compile(r"^```(?:json)?\s*\n(.*?)\n?```$", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_THINK = re.compile(r"\A\s*(?:<think>(.*?)(?:</think>|\Z)|(.*?)</think>)", re.DOTALL)


@dataclass(frozen=True)
class ParsedCall:
    """A call found in text; `malformed` is the raw text where it could not be read."""

    name: str
    arguments: dict[str, Any]
    malformed: str = ""


@dataclass(frozen=True)
class ParsedReply:
    """A reply taken apart.

    Attributes:
        reasoning: What stands before `</think>`, whose opening tag many chat templates put into the prompt; all of it
            where a `<think>` is never closed.
        kept: The rest, calls included: what later steps send back.
        text: The rest without the calls.
        calls: In order.
    """

    reasoning: str
    kept: str
    text: str
    calls: list[ParsedCall]


def catalogue(declarations: list[dict[str, Any]]) -> str:
    """The tools and the protocol, for the system prompt.

    Args:
        declarations: One `{"name", "description", "parameters"}` a tool.
    """
    listing = "\n".join(json.dumps(d, ensure_ascii=False) for d in declarations)
    example = json.dumps({"name": declarations[0]["name"], "arguments": {}}) if declarations else "{}"
    return (
        "You can call tools. Write each call on a line of its own as JSON between tags, and nothing after the last:\n"
        f"{OPEN_TAG}{example}{CLOSE_TAG}\n"
        "Several calls may follow each other in one reply. Results come back in the next message.\n"
        f"The tools, with JSON schemas of their arguments:\n{listing}"
    )


def result_block(call_id: str, name: str, text: str) -> str:
    """A result as the model reads it in a user message."""
    return f'<tool_result call="{call_id}" tool="{name}">\n{text}\n</tool_result>'


def parse(reply: str) -> ParsedReply:
    """Take a reply apart. Never raises: what cannot be read is a malformed call."""
    reasoning = ""
    thought = _THINK.match(reply)
    if thought is not None:
        reasoning, reply = (thought.group(1) or thought.group(2) or "").strip(), reply[thought.end() :]
    calls = [_call(match.group(1)) for match in _CALL.finditer(reply)]
    return ParsedReply(reasoning, reply.strip(), _CALL.sub("", reply).strip(), calls)


def with_arguments(kept: str, arguments: Sequence[dict[str, Any] | None]) -> str:
    """A reply's text with the arguments of its calls replaced.

    Args:
        kept: See `ParsedReply.kept`.
        arguments: For each call in order, its new arguments; None leaves it as it stands.
    """
    given = iter(arguments)

    def rewritten(match: re.Match[str]) -> str:
        new = next(given, None)
        if new is None:
            return match.group(0)
        call = {"name": _call(match.group(1)).name, "arguments": new}
        return f"{OPEN_TAG}{json.dumps(call, ensure_ascii=False)}{CLOSE_TAG}"

    return _CALL.sub(rewritten, kept)


def _call(raw: str) -> ParsedCall:
    body = raw.strip()
    fenced = _FENCE.match(body)
    if fenced:
        body = fenced.group(1)
    data = _json(body)
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        return ParsedCall("", {}, raw.strip() or "(empty)")
    arguments = data.get("arguments", data.get("parameters", {}))
    if isinstance(arguments, str):
        arguments = _json(arguments)
    if not isinstance(arguments, dict):
        return ParsedCall(data["name"], {}, raw.strip())
    return ParsedCall(data["name"], arguments)


def _json(text: str) -> Any:
    for candidate in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    return None
