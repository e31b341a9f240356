"""OpenAI Chat Completions, as OpenAI and the servers that imitate it speak it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from openai.types.chat import completion_create_params as sdk

from servers.openai_family import check_parameters, error_body, read_choice
from servers.pictures import OPENAI_LIMITS, decode_url
from servers.protocol import Event, Options, Protocol, Reply, arguments_of, pieces
from servers.request import Reading
from servers.rules import parse_tool

_PARAMETERS = {*sdk.CompletionCreateParamsBase.__annotations__, "stream"}
_FINISH = {"end_turn": "stop", "length": "length", "refusal": "stop", "content_filter": "content_filter"}


class ChatCompletions(Protocol):
    """POST /v1/chat/completions."""

    path = "/v1/chat/completions"
    base_suffix = "/v1"
    provider = "openai"
    limits = OPENAI_LIMITS
    max_bytes = 50 * 2**20
    call_prefix = "call_"

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str], options: Options) -> Reading:
        """See `Protocol.read`."""
        reading = Reading()
        check_parameters(reading, body, _PARAMETERS)
        if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
            reading.flag("malformed", "max_tokens", "not allowed beside max_completion_tokens")
        for number, tool in enumerate(reading.array("tools", body.get("tools"))):
            match tool:
                case {"type": "function", "function": Mapping() as function}:
                    parse_tool(reading, f"tools[{number}].function", function, "parameters")
                case _:
                    reading.flag("tool-form", f"tools[{number}]", "expected {'type': 'function', 'function': {...}}")
        choice = body.get("tool_choice")
        chosen = choice.get("function") if isinstance(choice, Mapping) else None
        read_choice(reading, choice, chosen.get("name") if isinstance(chosen, Mapping) else None)
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            reading.flag("malformed", "messages", "[] is too short: messages must be a non-empty array")
            return reading
        _Conversation(reading, options).read(messages)
        return reading

    def reply(self, reply: Reply) -> dict[str, Any]:
        """See `Protocol.reply`."""
        turn = reply.turn
        message: dict[str, Any] = {"role": "assistant", "content": turn.text or None, "refusal": None}
        if turn.stop == "refusal":
            message |= {"content": None, "refusal": turn.text}
        if turn.reasoning is not None:
            message["reasoning_content"] = turn.reasoning  # as vLLM, SGLang and DeepSeek name it
        if reply.calls:
            message["tool_calls"] = [
                {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": arguments_of(c)}}
                for c in reply.calls
            ]
        elif message["content"] is None and turn.stop != "refusal":
            message["content"] = ""
        finish = "tool_calls" if reply.calls and turn.stop == "end_turn" else _FINISH[turn.stop]
        return {
            "id": f"chatcmpl-{reply.number}",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": reply.model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
            "usage": {
                "prompt_tokens": reply.usage.input,
                "completion_tokens": reply.usage.output,
                "total_tokens": reply.usage.input + reply.usage.output,
                "prompt_tokens_details": {"cached_tokens": reply.usage.cached},
                "completion_tokens_details": {"reasoning_tokens": reply.usage.reasoning},
            },
        }

    def events(self, reply: Reply, full: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Event]:
        """See `Protocol.events`."""
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        head = {key: full[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}

        def chunk(delta: Mapping[str, Any], finish: str | None = None) -> Event:
            choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
            return None, head | {"choices": [choice]} | ({"usage": None} if include_usage else {})

        choice = full["choices"][0]
        message = choice["message"]
        yield chunk({"role": "assistant", "content": "", "refusal": None})
        for key in ("reasoning_content", "content", "refusal"):
            for piece in pieces(message.get(key) or ""):
                yield chunk({key: piece})
        for index, call in enumerate(message.get("tool_calls", [])):
            function = call["function"]
            yield chunk({"tool_calls": [{"index": index} | call | {"function": function | {"arguments": ""}}]})
            for piece in pieces(function["arguments"]):
                yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        yield chunk({}, choice["finish_reason"])
        if include_usage:
            yield None, head | {"choices": [], "usage": full["usage"]}
        yield None, "[DONE]"

    def error(self, status: int, message: str, where: str | None = None, code: str | None = None) -> dict[str, Any]:
        """See `Protocol.error`."""
        return error_body(status, message, where, code)


class _Conversation:
    """Walks the messages. `_open` holds the ids of calls that wait for their results."""

    def __init__(self, reading: Reading, options: Options) -> None:
        self._reading = reading
        self._options = options
        self._open: list[str] = []

    def read(self, messages: list[Any]) -> None:
        previous = None
        for number, message in enumerate(messages):
            where = f"messages[{number}]"
            if not isinstance(message, Mapping):
                self._reading.flag("malformed", where, "expected an object")
                continue
            role = message.get("role")
            if role != "tool":
                self._between(where, role, messages[number:])
            match role:
                case "system" | "developer":
                    self._content("system", where, message.get("content"), pictures=False)
                case "user":
                    self._content("user", where, message.get("content"), pictures=True)
                    if previous == "tool" and self._options.refuse_user_after_tool:
                        self._reading.flag("user-after-tool", where, "Unexpected role 'user' after role 'tool'")
                case "assistant":
                    self._assistant(where, message)
                case "tool":
                    self._tool(where, message)
                case _:
                    self._reading.flag("malformed", where, f"unknown role {role!r}")
            previous = role
        self._close("at the end")

    def _between(self, where: str, role: object, rest: list[Any]) -> None:
        """A message that is not a result, while calls wait: their results come late, or never."""
        later = {m.get("tool_call_id") for m in rest if isinstance(m, Mapping) and m.get("role") == "tool"}
        late = [call_id for call_id in self._open if call_id in later]
        if late:
            self._reading.flag(
                "message-between-results",
                where,
                f"a {role} message stands between the calls and the results of {', '.join(late)}",
            )
        elif self._open:
            self._close(where)
            self._open = []

    def _close(self, where: str) -> None:
        if self._open:
            self._reading.flag(
                "call-without-result",
                where,
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. These did not have response messages: {', '.join(self._open)}",
            )

    def _assistant(self, where: str, message: Mapping[str, Any]) -> None:
        tool_calls = message.get("tool_calls")
        content = message.get("content")
        if content is not None:
            self._content("assistant", where, content, pictures=False)
        elif tool_calls is None and not message.get("refusal"):
            self._reading.flag("empty-assistant", where, "content may be null only beside tool_calls or a refusal")
        if tool_calls is None:
            return
        if not isinstance(tool_calls, list) or not tool_calls:
            self._reading.flag("malformed", f"{where}.tool_calls", "[] is too short")
            return
        for number, call in enumerate(tool_calls):
            at = f"{where}.tool_calls[{number}]"
            match call:
                case {
                    "id": call_id,
                    "type": "function",
                    "function": {"name": name, "arguments": str() as arguments},
                }:
                    self._open.append(self._reading.call(at, call_id, name, arguments))
                    if self._options.json_arguments:
                        check_json_arguments(self._reading, at, arguments)
                case _:
                    self._reading.flag(
                        "malformed",
                        at,
                        "expected id, type 'function', function.name, function.arguments (a string)",
                    )

    def _tool(self, where: str, message: Mapping[str, Any]) -> None:
        call_id = self._reading.result(where, message.get("tool_call_id"))
        if call_id in self._open:
            self._open.remove(call_id)
        elif call_id:
            self._reading.flag(
                "result-without-call",
                where,
                f"role 'tool' must be a response to a preceding message with 'tool_calls': {call_id}",
            )
        content = message.get("content")
        if isinstance(content, list):
            for number, part in enumerate(content):
                if not isinstance(part, Mapping) or part.get("type") != "text":
                    kind = part.get("type") if isinstance(part, Mapping) else part
                    self._reading.flag(
                        "picture-in-tool-message" if kind == "image_url" else "malformed",
                        f"{where}.content[{number}]",
                        f"a tool message takes text only, not {kind!r}",
                    )
        self._content("tool", where, content, pictures=False)

    def _content(self, role: str, where: str, content: Any, pictures: bool) -> None:
        reading = self._reading
        if not isinstance(content, list):
            reading.text(role, f"{where}.content", content)
            return
        if not content:
            reading.flag("malformed", f"{where}.content", "[] is too short")
        for number, part in enumerate(content):
            at = f"{where}.content[{number}]"
            match part:
                case {"type": "text", "text": text}:
                    reading.text(role, at, text)
                case {"type": "image_url", "image_url": {"url": url} as image}:
                    reading.picture(role, at, decode_url(url))
                    if not pictures and role != "tool":
                        reading.flag("picture-role", at, f"pictures are not allowed in {role} messages")
                    if image.get("detail", "auto") not in ("auto", "low", "high", "original"):
                        reading.flag("malformed", at, f"unknown detail {image['detail']!r}")
                case {"type": "refusal", "refusal": str()} if role == "assistant":
                    pass
                case _:
                    kind = part.get("type") if isinstance(part, Mapping) else type(part).__name__
                    reading.flag("malformed", at, f"invalid content part {kind!r} in a {role} message")


def check_json_arguments(reading: Reading, where: str, arguments: str) -> None:
    """For servers that parse the arguments of past calls to fill a chat template, as vLLM does."""
    try:
        parsed = json.loads(arguments)
    except json.JSONDecodeError as error:
        parsed = error
    if not isinstance(parsed, dict):
        reading.flag("arguments-not-json", where, f"arguments are not a JSON object: {arguments[:60]!r}")
