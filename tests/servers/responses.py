"""OpenAI Responses, as a server that keeps nothing between requests: all items must be in `input`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from openai.types.responses import response_create_params as sdk

from servers.chat_completions import check_json_arguments
from servers.openai_family import check_parameters, error_body, read_choice
from servers.pictures import OPENAI_LIMITS, decode_url
from servers.protocol import Event, Options, Protocol, Reply, arguments_of, pieces
from servers.request import Part, Reading
from servers.rules import check_reasoning_returned, parse_tool, unanswered

_PARAMETERS = {*sdk.ResponseCreateParamsBase.__annotations__, "stream"}
_ID_PREFIX = {"message": "msg", "function_call": "fc", "reasoning": "rs"}
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class Responses(Protocol):
    """POST /v1/responses."""

    path = "/v1/responses"
    base_suffix = "/v1"
    provider = "openai"
    limits = OPENAI_LIMITS
    max_bytes = 50 * 2**20
    call_prefix = "call_"

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str], options: Options) -> Reading:
        """See `Protocol.read`."""
        reading = Reading()
        check_parameters(reading, body, _PARAMETERS)
        if body.get("previous_response_id") is not None:
            reading.flag("not-stored", "previous_response_id", "Previous response not found: nothing is stored here")
        for number, tool in enumerate(reading.array("tools", body.get("tools"))):
            if isinstance(tool, Mapping) and tool.get("type") == "function" and "function" not in tool:
                parse_tool(reading, f"tools[{number}]", tool, "parameters")
            else:
                reading.flag("tool-form", f"tools[{number}]", "expected {'type': 'function', 'name', 'parameters'}")
        choice = body.get("tool_choice")
        read_choice(reading, choice, choice.get("name") if isinstance(choice, Mapping) else None)
        if body.get("instructions") is not None:
            reading.text("system", "instructions", body["instructions"])
        items = body.get("input")
        if isinstance(items, str):
            reading.text("user", "input", items)
        elif isinstance(items, list) and items:
            _Conversation(reading, options).read(items)
            check_reasoning_returned(
                reading,
                self.issued,
                [i for i in items if isinstance(i, Mapping) and i.get("type") == "reasoning"],
            )
        else:
            reading.flag("malformed", "input", "expected a string or a non-empty array")
        return reading

    def reply(self, reply: Reply) -> dict[str, Any]:
        """See `Protocol.reply`."""
        turn, number = reply.turn, reply.number
        incomplete = _INCOMPLETE.get(turn.stop)
        output: list[dict[str, Any]] = []
        if turn.reasoning is not None:
            summary = [{"type": "summary_text", "text": turn.reasoning}]
            item_id = f"rs_{number}"
            sealed = seal(turn.reasoning, item_id)
            output.append({"type": "reasoning", "id": item_id, "summary": summary, "encrypted_content": sealed})
            self.issued |= {call.id: output[0] for call in reply.calls if call.id is not None}
        if turn.text or turn.stop == "refusal":
            part = (
                {"type": "refusal", "refusal": turn.text}
                if turn.stop == "refusal"
                else {"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []}
            )
            output.append({"type": "message", "id": f"msg_{number}", "role": "assistant", "content": [part]})
        output += [
            {
                "type": "function_call",
                "id": f"fc_{number}_{index}",
                "call_id": call.id,
                "name": call.name,
                "arguments": arguments_of(call),
            }
            for index, call in enumerate(reply.calls)
        ]
        for item in output:
            if item["type"] != "reasoning":
                item["status"] = "incomplete" if incomplete and item is output[-1] else "completed"
        return {
            "id": f"resp_{number}",
            "object": "response",
            "created_at": 1_700_000_000,
            "status": "incomplete" if incomplete else "completed",
            "error": None,
            "incomplete_details": {"reason": incomplete} if incomplete else None,
            "instructions": None,
            "metadata": {},
            "model": reply.model,
            "output": output,
            "parallel_tool_calls": True,
            "temperature": 1.0,
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "usage": {
                "input_tokens": reply.usage.input,
                "input_tokens_details": {"cached_tokens": reply.usage.cached, "cache_write_tokens": 0},
                "output_tokens": reply.usage.output,
                "output_tokens_details": {"reasoning_tokens": reply.usage.reasoning},
                "total_tokens": reply.usage.input + reply.usage.output,
            },
        }

    def events(self, reply: Reply, full: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Event]:
        """See `Protocol.events`."""
        started = {**full, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
        plain: list[tuple[str, dict[str, Any]]] = [
            ("response.created", {"response": started}),
            ("response.in_progress", {"response": started}),
        ]
        for index, item in enumerate(full["output"]):
            at = {"output_index": index}
            plain.append(("response.output_item.added", at | {"item": _opened(item)}))
            plain += [(name, at | {"item_id": item["id"]} | data) for name, data in _item_events(item)]
            plain.append(("response.output_item.done", at | {"item": item}))
        plain.append((f"response.{full['status']}", {"response": full}))
        for sequence, (name, data) in enumerate(plain):
            yield name, {"type": name, "sequence_number": sequence} | data

    def error(self, status: int, message: str, where: str | None = None, code: str | None = None) -> dict[str, Any]:
        """See `Protocol.error`."""
        return error_body(status, message, where, code)


def seal(text: str, salt: str = "") -> str:
    """What stands for encryption or a signature here: it changes when the text does."""
    return "sealed-" + hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def _opened(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as it is announced: nothing in it yet."""
    match item["type"]:
        case "reasoning":
            return {**item, "summary": [], "encrypted_content": ""}
        case "message":
            return {**item, "content": [], "status": "in_progress"}
        case _:
            return {**item, "arguments": "", "status": "in_progress"}


def _item_events(item: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events between an item's `added` and `done`."""
    match item["type"]:
        case "reasoning":
            for index, part in enumerate(item["summary"]):
                at = {"summary_index": index}
                yield "response.reasoning_summary_part.added", at | {"part": part | {"text": ""}}
                for piece in pieces(part["text"]):
                    yield "response.reasoning_summary_text.delta", at | {"delta": piece}
                yield "response.reasoning_summary_text.done", at | {"text": part["text"]}
                yield "response.reasoning_summary_part.done", at | {"part": part}
        case "message":
            for index, part in enumerate(item["content"]):
                at = {"content_index": index}
                key = "refusal" if part["type"] == "refusal" else "text"
                name = "response.refusal" if key == "refusal" else "response.output_text"
                extra: dict[str, Any] = {} if key == "refusal" else {"logprobs": []}
                yield "response.content_part.added", at | {"part": part | {key: ""}}
                for piece in pieces(part[key]):
                    yield f"{name}.delta", at | extra | {"delta": piece}
                yield f"{name}.done", at | extra | {key: part[key]}
                yield "response.content_part.done", at | {"part": part}
        case _:
            for piece in pieces(item["arguments"]):
                yield "response.function_call_arguments.delta", {"delta": piece}
            yield (
                "response.function_call_arguments.done",
                {"name": item["name"], "arguments": item["arguments"]},
            )


class _Conversation:
    """Walks the input items."""

    def __init__(self, reading: Reading, options: Options) -> None:
        self._reading = reading
        self._options = options
        self._open: list[str] = []

    def read(self, items: list[Any]) -> None:
        reading = self._reading
        asked: set[str] = set()
        answered = {
            i.get("call_id") for i in items if isinstance(i, Mapping) and i.get("type") == "function_call_output"
        }
        previous = None
        for number, item in enumerate(items):
            where = f"input[{number}]"
            if not isinstance(item, Mapping):
                reading.flag("malformed", where, "expected an object")
                continue
            kind = item.get("type", "message" if "role" in item else None)
            prefix = _ID_PREFIX.get(kind)
            if prefix and item.get("id") is not None and not str(item["id"]).startswith(prefix):
                reading.flag("item-id", where, f"Expected an ID that begins with '{prefix}': {item['id']!r}")
            if previous == "reasoning" and kind == "message" and item.get("role") != "assistant":
                reading.flag("reasoning-orphan", where, "a reasoning item came without the item that followed it")
            match kind:
                case "message":
                    self._message(where, item, [i for i in self._open if i in answered], previous)
                case "function_call":
                    call_id = self._call(where, item)
                    asked.add(call_id)
                    self._open.append(call_id)
                case "function_call_output":
                    call_id = reading.result(where, item.get("call_id"))
                    if call_id and call_id not in asked:
                        reading.flag(
                            "result-without-call",
                            where,
                            f"No tool call found for function call output with call_id {call_id}.",
                        )
                    self._open = [i for i in self._open if i != call_id]
                    self._content("tool", f"{where}.output", item.get("output"))
                case "reasoning":
                    self._reasoning(where, item)
                case _:
                    reading.flag("malformed", where, f"invalid item type {kind!r}")
            previous = kind
        if previous == "reasoning":
            reading.flag("reasoning-orphan", where, "a reasoning item came without the item that followed it")
        for call_id in unanswered(reading.parts):
            reading.flag("call-without-result", "input", f"No tool output found for function call {call_id}.")

    def _message(self, where: str, item: Mapping[str, Any], late: list[str], previous: str | None) -> None:
        role = item.get("role")
        if role not in ("user", "assistant", "system", "developer"):
            self._reading.flag("malformed", where, f"unknown role {role!r}")
            return
        if late and role != "assistant":
            self._reading.flag(
                "message-between-results",
                where,
                f"a {role} message stands between the calls and the results of {', '.join(late)}",
            )
        if role == "user" and previous == "function_call_output" and self._options.refuse_user_after_tool:
            self._reading.flag("user-after-tool", where, "Unexpected role 'user' after a function call's output")
        self._content("system" if role == "developer" else role, f"{where}.content", item.get("content"))

    def _call(self, where: str, item: Mapping[str, Any]) -> str:
        arguments = item.get("arguments")
        if not isinstance(arguments, str):
            self._reading.flag("malformed", where, f"arguments must be a string, got {type(arguments).__name__}")
            arguments = ""
        elif self._options.json_arguments:
            check_json_arguments(self._reading, where, arguments)
        return self._reading.call(where, item.get("call_id"), item.get("name"), arguments)

    def _reasoning(self, where: str, item: Mapping[str, Any]) -> None:
        match item:
            case {"id": str() as item_id, "summary": list() as summary}:
                text = "".join(str(part.get("text")) for part in summary if isinstance(part, Mapping))
                sealed = item.get("encrypted_content")
                if sealed is not None and sealed != seal(text, item_id):
                    self._reading.flag("reasoning-modified", where, "encrypted_content could not be verified")
                self._reading.parts.append(Part("assistant", "reasoning", where, text=text))
            case _:
                self._reading.flag("malformed", where, "a reasoning item needs its id and summary")

    def _content(self, role: str, where: str, content: Any) -> None:
        reading = self._reading
        if not isinstance(content, list):
            reading.text(role, where, content)
            return
        for number, part in enumerate(content):
            at = f"{where}[{number}]"
            match part:
                case {"type": "input_text", "text": text} if role != "assistant":
                    reading.text(role, at, text)
                case {"type": "output_text", "text": text} if role == "assistant":
                    reading.text(role, at, text)
                case {"type": "refusal", "refusal": str()} if role == "assistant":
                    pass
                case {"type": "input_image", "image_url": url} if role != "assistant":
                    reading.picture(role, at, decode_url(url))
                    if part.get("detail", "auto") not in ("auto", "low", "high", "original"):
                        reading.flag("malformed", at, f"unknown detail {part['detail']!r}")
                case _:
                    kind = part.get("type") if isinstance(part, Mapping) else type(part).__name__
                    reading.flag("malformed", at, f"invalid content part {kind!r} in a {role} message")
