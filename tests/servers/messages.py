"""Anthropic Messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jiter
from anthropic.types import message_create_params as sdk

from servers.messages_rules import read_conversation, read_system, read_tools
from servers.pictures import ANTHROPIC_LIMITS
from servers.protocol import Event, Options, Protocol, Reply, arguments_of, pieces
from servers.request import Reading
from servers.responses import seal

# The sampling parameters left the SDK's type, but not the API.
_PARAMETERS = {*sdk.MessageCreateParamsBase.__annotations__, "stream", "temperature", "top_k", "top_p"}
_STOP = {"end_turn": "end_turn", "length": "max_tokens", "refusal": "refusal", "content_filter": "refusal"}
_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class Messages(Protocol):
    """POST /v1/messages."""

    path = "/v1/messages"
    base_suffix = ""
    provider = "anthropic"
    limits = ANTHROPIC_LIMITS
    max_bytes = 32 * 2**20
    call_prefix = "toolu_"

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str], options: Options) -> Reading:
        """See `Protocol.read`."""
        reading = Reading()
        if not {name.lower(): value for name, value in headers.items()}.get("anthropic-version"):
            reading.flag("malformed", "anthropic-version", "header is required")
        for name in sorted(body.keys() - _PARAMETERS):
            reading.flag("unknown-parameter", name, f"{name}: Extra inputs are not permitted")
        if not isinstance(body.get("model"), str) or not body["model"]:
            reading.flag("malformed", "model", "Field required")
        limit = body.get("max_tokens")
        if not isinstance(limit, int) or limit < 1:
            reading.flag("malformed", "max_tokens", f"expected a positive integer, got {limit!r}")
        read_system(reading, body.get("system"))
        read_tools(reading, body)
        self._thinking(reading, body)
        messages = body.get("messages")
        if isinstance(messages, list) and messages:
            read_conversation(reading, messages, self.issued)
        else:
            reading.flag("malformed", "messages", "at least one message is required")
        if body.get("tools") is None and any(part.kind in ("call", "result") for part in reading.parts):
            reading.flag(
                "tools-vanished",
                "tools",
                "Requests which have tool_use or tool_result blocks must define tools",
            )
        marked = _count_cache_control(body)
        if marked > 4:
            reading.flag(
                "cache-control",
                "",
                f"A maximum of 4 blocks with cache_control may be provided. Found {marked}.",
            )
        return reading

    def _thinking(self, reading: Reading, body: Mapping[str, Any]) -> None:
        thinking = body.get("thinking")
        if not isinstance(thinking, Mapping) or thinking.get("type") != "enabled":
            return
        budget, limit = thinking.get("budget_tokens"), body.get("max_tokens")
        if not isinstance(budget, int) or budget < 1024 or (isinstance(limit, int) and budget >= limit):
            reading.flag("thinking", "thinking", f"budget_tokens {budget!r}: at least 1024 and below max_tokens")
        if reading.tool_choice not in ("auto", "none"):
            reading.flag("thinking", "tool_choice", "Thinking may not be enabled when tool_choice forces tool use.")
        if body.get("temperature") not in (None, 1):
            reading.flag("thinking", "temperature", "may only be set to 1 when thinking is enabled")

    def reply(self, reply: Reply) -> dict[str, Any]:
        """See `Protocol.reply`."""
        turn = reply.turn
        content: list[dict[str, Any]] = []
        if turn.reasoning is not None:
            content.append({"type": "thinking", "thinking": turn.reasoning, "signature": seal(turn.reasoning)})
            self.issued |= {call.id: content[0] for call in reply.calls if call.id is not None}
        if turn.text:
            content.append({"type": "text", "text": turn.text, "citations": None})
        content += [
            {"type": "tool_use", "id": call.id, "name": call.name, "input": _parsed(arguments_of(call))}
            for call in reply.calls
        ]
        usage = reply.usage
        return {
            "id": f"msg_{reply.number}",
            "type": "message",
            "role": "assistant",
            "model": reply.model,
            "content": content,
            "stop_reason": "tool_use" if reply.calls and turn.stop == "end_turn" else _STOP[turn.stop],
            "stop_sequence": None,
            "usage": {
                "input_tokens": usage.input - usage.cached,
                "cache_read_input_tokens": usage.cached,
                "cache_creation_input_tokens": 0,
                "output_tokens": usage.output,
            },
        }

    def events(self, reply: Reply, full: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Event]:
        """See `Protocol.events`."""
        plain: list[tuple[str, dict[str, Any]]] = []
        opened = {**full, "content": [], "stop_reason": None, "usage": {**full["usage"], "output_tokens": 1}}
        plain.append(("message_start", {"message": opened}))
        plain.append(("ping", {}))
        raw = iter(reply.calls)
        for index, block in enumerate(full["content"]):
            match block["type"]:
                case "thinking":
                    start = block | {"thinking": "", "signature": ""}
                    deltas = [{"type": "thinking_delta", "thinking": p} for p in pieces(block["thinking"])]
                    deltas.append({"type": "signature_delta", "signature": block["signature"]})
                case "text":
                    start = block | {"text": ""}
                    deltas = [{"type": "text_delta", "text": p} for p in pieces(block["text"])]
                case _:
                    start = block | {"input": {}}
                    parts = ["", *pieces(arguments_of(next(raw)))]
                    deltas = [{"type": "input_json_delta", "partial_json": p} for p in parts]
            plain.append(("content_block_start", {"index": index, "content_block": start}))
            plain += [("content_block_delta", {"index": index, "delta": delta}) for delta in deltas]
            plain.append(("content_block_stop", {"index": index}))
        ended = {"stop_reason": full["stop_reason"], "stop_sequence": None}
        plain.append(("message_delta", {"delta": ended, "usage": full["usage"]}))
        plain.append(("message_stop", {}))
        for name, data in plain:
            yield name, {"type": name} | data

    def error(self, status: int, message: str, where: str | None = None, code: str | None = None) -> dict[str, Any]:
        """See `Protocol.error`."""
        kind = _KINDS.get(status) or ("api_error" if status >= 500 else "invalid_request_error")
        return {
            "type": "error",
            "error": {"type": kind, "message": f"{where}: {message}" if where else message},
        }


def _parsed(arguments: str) -> dict[str, Any]:
    """Without streaming this API has no argument string: a broken one becomes as much of it as parses."""
    try:
        value = jiter.from_json(arguments.encode(), partial_mode="trailing-strings")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _count_cache_control(value: Any) -> int:
    if isinstance(value, Mapping):
        own = 1 if value.get("cache_control") is not None else 0
        return own + sum(_count_cache_control(child) for child in value.values())
    return sum(_count_cache_control(child) for child in value) if isinstance(value, list) else 0
