"""Requests that pass, and a way to send them raw: tests break one thing in each and see which rule fires."""

from __future__ import annotations

import base64
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from servers.pictures import data_url, jpeg, png
from servers.server import ModelServer

Body = dict[str, Any]
BOX = {"type": "object", "properties": {"box": {"type": "array", "items": {"type": "number"}}}}


def post(server: ModelServer, body: Any, headers: dict[str, str] | None = None, path: str = "") -> tuple[int, Any]:
    """POST a body (JSON unless bytes); (status, decoded answer)."""
    connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=10)
    try:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        every = {"authorization": "Bearer k", "anthropic-version": "2023-06-01"} | (headers or {})
        connection.request("POST", path or server.protocol.path, raw, every)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def chat_url(data: bytes, media_type: str = "image/png") -> Body:
    return {"type": "image_url", "image_url": {"url": data_url(data, media_type)}}


def chat_call(call_id: str, name: str = "crop", arguments: Any = '{"box": [1]}') -> Body:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def chat() -> Body:
    """Two parallel calls, their results, then a user message with a picture."""
    return {
        "model": "m",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "q"}, chat_url(png(9, 9))]},
            {"role": "assistant", "content": None, "tool_calls": [chat_call("a"), chat_call("b")]},
            {"role": "tool", "tool_call_id": "a", "content": "ra"},
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "rb"}]},
            {"role": "user", "content": [chat_url(jpeg(8, 8), "image/jpeg")]},
        ],
        "tools": [{"type": "function", "function": {"name": "crop", "parameters": BOX}}],
    }


def responses() -> Body:
    """The same over Responses."""
    return {
        "model": "m",
        "instructions": "s",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "q"}]},
            {"type": "function_call", "call_id": "a", "name": "crop", "arguments": "{}", "id": "fc_1"},
            {"type": "function_call", "call_id": "b", "name": "crop", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "ra"},
            {"type": "function_call_output", "call_id": "b", "output": "rb"},
            {"role": "user", "content": [{"type": "input_image", "image_url": data_url(png(9, 9))}]},
        ],
        "tools": [{"type": "function", "name": "crop", "parameters": BOX}],
    }


def image(data: bytes, media_type: str = "image/png") -> Body:
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    return {"type": "image", "source": source}


def use(call_id: str) -> Body:
    return {"type": "tool_use", "id": call_id, "name": "crop", "input": {}}


def result(call_id: str, **more: Any) -> Body:
    return {"type": "tool_result", "tool_use_id": call_id, "content": "r"} | more


def messages() -> Body:
    """The same over Messages, where results and pictures share one user message."""
    return {
        "model": "m",
        "max_tokens": 99,
        "system": "s",
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [{"type": "text", "text": "t"}, use("a"), use("b")]},
            {
                "role": "user",
                "content": [result("a"), result("b", content=[image(png(9, 9))]), image(png(9, 9))],
            },
        ],
        "tools": [{"name": "crop", "input_schema": BOX}],
        "tool_choice": {"type": "auto"},
    }


BODIES = {"chat_completions": chat, "responses": responses, "messages": messages}
