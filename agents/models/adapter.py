"""One model call, the same for every provider: messages and tool declarations in, a normalised reply out.

What differs between providers is taken care of here and in the `ModelProfile`: native tool calls or the text protocol,
how tools are forbidden on the last turn, where reasoning, refusals and cut-off replies are found, what a call cost.
The reply's message is what later steps send back: reasoning blocks unmodified, malformed calls made harmless (servers
parse the arguments and check the names they are sent back), every call with an id of its own.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage

from sightline.agents.models.failures import explain
from sightline.agents.models.profile import ModelProfile
from sightline.agents.models.text_protocol import parse
from sightline.memory import Usage
from sightline.tools.characters import whole

MAX_DEPTH = 32
"""Nesting of a call's arguments beyond which they count as malformed: no tool takes it, and no journal keeps it."""

OnDelta = Callable[[Literal["text", "reasoning"], str], None]
"""Hears partial text while a reply streams in."""


@dataclass(frozen=True)
class RawCall:
    """A call as the model made it; `malformed` is the raw text where its JSON could not be read."""

    provider_id: str
    name: str
    arguments: dict[str, Any]
    malformed: str = ""


@dataclass
class Reply:
    """A model's turn, normalised; see `sightline.memory.ModelReplied` for the fields."""

    message: AIMessage
    text: str
    reasoning: str
    stop: Literal["done", "cut off", "refused"]
    usage: Usage
    seconds: float
    calls: list[RawCall] = field(default_factory=list)


@dataclass(frozen=True)
class ModelAdapter:
    """A chat model with its profile.

    Attributes:
        model: Any LangChain chat model.
        profile: How it sees, speaks and is paid.
        label: The model as the person named it.
        provider: `openai`, `anthropic`, ...; for messages.
        base_url: The server, where it is not the provider's own.
    """

    model: BaseChatModel
    profile: ModelProfile
    label: str
    provider: str
    base_url: str | None = None

    async def ask(
        self,
        messages: Sequence[BaseMessage],
        declarations: Sequence[dict[str, Any]] = (),
        *,
        forbid_calls: bool = False,
        only: str = "",
        on_delta: OnDelta | None = None,
        call_ids: str = "call",
    ) -> Reply:
        """Ask once.

        Args:
            messages: The prompt.
            declarations: Tools, one `{"name", "description", "parameters"}` each. In the text protocol they are part
                of the prompt already.
            forbid_calls: Declare the tools, yet tell the provider that none may be called.
            only: Name of the one tool that must be called; "" for any or none.
            on_delta: Streams the reply and hears its parts.
            call_ids: Prefix of ids for calls that came without one.

        Raises:
            InfrastructureError: The provider failed, after its SDK's retries.
        """
        runnable: Any = self.model
        if declarations and self.profile.protocol == "native":
            if only and self._thinks_aloud:  # Anthropic forces no call while it thinks
                declarations = [declaration for declaration in declarations if declaration["name"] == only]
            tools = [{"type": "function", "function": declaration} for declaration in declarations]
            choice: dict[str, Any] = {"tool_choice": self.profile.tool_choice_none} if forbid_calls else {}
            if only and not self._thinks_aloud:
                choice = {"tool_choice": only}
            runnable = self.model.bind_tools(tools, **choice)
        begun = time.monotonic()
        try:
            message = await _stream(runnable, messages, on_delta) if on_delta else await runnable.ainvoke(messages)
        except Exception as error:
            explained = explain(error, self.profile.name, self.provider, self.base_url)
            if explained is None:
                raise
            raise explained from error
        seconds = time.monotonic() - begun
        return self._normalise(message, _count_pictures(messages), seconds, call_ids)

    @property
    def _thinks_aloud(self) -> bool:
        """Whether extended thinking is on, in the form of the Messages API."""
        thinking = getattr(self.model, "thinking", None)
        return isinstance(thinking, dict) and thinking.get("type") != "disabled"

    def _normalise(self, message: AIMessage, pictures: int, seconds: float, call_ids: str) -> Reply:
        reasoning = "\n".join(
            str(block.get("reasoning", "")) for block in message.content_blocks if block["type"] == "reasoning"
        ).strip()
        text = str(message.text).strip()
        usage = self._usage(message, pictures)
        message = message.model_copy(
            update={name: _whole(getattr(message, name)) for name in ("content", "tool_calls", "additional_kwargs")}
        )
        text, reasoning = _whole(text), _whole(reasoning)
        stop = _stop(message)
        if self.profile.protocol == "text":
            parsed = parse(text)
            calls = [
                _raw_call(f"{call_ids}_{i}", c.name, c.arguments, c.malformed) for i, c in enumerate(parsed.calls, 1)
            ]
            calls = _without_torn(calls, stop)
            kept = AIMessage(parsed.kept)
            return Reply(kept, parsed.text, reasoning or parsed.reasoning, stop, usage, seconds, calls)
        calls = _without_torn(_calls(message, call_ids), stop)
        return Reply(_sendable(message, calls), text, reasoning, stop, usage, seconds, calls)

    def _usage(self, message: AIMessage, pictures: int) -> Usage:
        told = message.usage_metadata
        if told is None:
            return Usage(
                calls=1, pictures=pictures, dollars=0.0 if self.profile.prices and self.profile.prices.free else None
            )
        read = told.get("input_token_details", {})
        cached = read.get("cache_read", 0) or 0
        # langchain-anthropic counts cache writes by how long they are kept, and then not in `cache_creation`.
        kinds = ("cache_creation", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
        written = sum(int(read.get(kind) or 0) for kind in kinds)  # type: ignore[call-overload]
        dollars = None
        if self.profile.prices is not None:
            dollars = self.profile.prices.cost(told["input_tokens"], cached, written, told["output_tokens"])
        return Usage(
            calls=1,
            input_tokens=told["input_tokens"],
            cached_tokens=cached,
            output_tokens=told["output_tokens"],
            reasoning_tokens=told.get("output_token_details", {}).get("reasoning", 0) or 0,
            pictures=pictures,
            dollars=dollars,
        )


async def _stream(runnable: Any, messages: Sequence[BaseMessage], on_delta: OnDelta) -> AIMessage:
    whole = None
    async for chunk in runnable.astream(messages):
        whole = chunk if whole is None else whole + chunk
        for block in chunk.content_blocks:
            if block["type"] == "text" and block["text"]:
                on_delta("text", block["text"])
            elif block["type"] == "reasoning" and block.get("reasoning"):
                on_delta("reasoning", block["reasoning"])
    if whole is None:
        return AIMessage("")
    fields = {name: getattr(whole, name) for name in AIMessage.model_fields if name != "type" and hasattr(whole, name)}
    return AIMessage(**fields)


def _calls(message: AIMessage, prefix: str) -> list[RawCall]:
    """Valid and invalid calls, each with an id that is unique in the message."""
    found = [(c["id"], c["name"], c["args"], "") for c in message.tool_calls]
    found += [(c["id"], c["name"] or "", {}, c["args"] or "(empty)") for c in message.invalid_tool_calls]
    seen: set[str] = set()
    calls = []
    for index, (given, name, arguments, malformed) in enumerate(found, start=1):
        identity = given if given and given not in seen else f"{prefix}_{index}"
        seen.add(identity)
        calls.append(_raw_call(identity, name, arguments, malformed))
    return calls


def _without_torn(calls: list[RawCall], stop: str) -> list[RawCall]:
    """The calls with the last one malformed where the reply was cut off.

    LangChain completes the JSON of a call that ends early, so that `{"value": 1` of a longer number looks whole.
    """
    if stop != "cut off" or not calls or calls[-1].malformed:
        return calls
    torn = calls[-1]
    return [*calls[:-1], RawCall(torn.provider_id, torn.name, {}, f"{json.dumps(torn.arguments)} (cut off)")]


def _raw_call(identity: str, name: str, arguments: dict[str, Any], malformed: str) -> RawCall:
    """A call; one whose arguments no file or request can hold is malformed."""
    if malformed or _is_json(arguments):
        return RawCall(identity, name, arguments, malformed)
    try:
        shown = json.dumps(arguments)
    except RecursionError:
        shown = "(nested too deeply)"
    return RawCall(identity, name, {}, shown)


def _is_json(value: Any, depth: int = 0) -> bool:
    """Whether it is JSON proper (Python's parser also reads NaN and Infinity) of a sane depth."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth < MAX_DEPTH and all(_is_json(item, depth + 1) for item in inner)
    return not isinstance(value, float) or math.isfinite(value)


def _whole(value: Any, depth: int = 0) -> Any:
    """The value with every text in it made whole, see `sightline.tools.characters`."""
    if isinstance(value, str):
        return whole(value)
    if depth < 2 * MAX_DEPTH:
        if isinstance(value, dict):
            return {_whole(key, depth + 1): _whole(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [_whole(item, depth + 1) for item in value]
    return value


def _callable_name(name: str) -> str:
    """A name that providers accept in the history; a model may have called anything."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64] or "unnamed"


def _sendable(message: AIMessage, calls: list[RawCall]) -> AIMessage:
    """The message as later steps send it back."""
    extra = {k: v for k, v in message.additional_kwargs.items() if k not in ("tool_calls", "function_call", "parsed")}
    malformed = {call.provider_id for call in calls if call.malformed}
    content: Any = message.content
    if isinstance(content, list):
        content = [_harmless(block, malformed) for block in content]
    keep = ("model_provider", "output_version", "id")
    return AIMessage(
        content=content,
        tool_calls=[
            {"type": "tool_call", "id": c.provider_id, "name": _callable_name(c.name), "args": c.arguments}
            for c in calls
        ],
        additional_kwargs=extra,
        response_metadata={k: message.response_metadata[k] for k in keep if k in message.response_metadata},
        id=message.id,
    )


def _harmless(block: Any, malformed: set[str]) -> Any:
    """A content block that holds a call, with a name that is accepted, and empty arguments where they are malformed."""
    if not isinstance(block, dict) or block.get("type") not in ("function_call", "tool_use"):
        return block
    block = {**block, "name": _callable_name(str(block.get("name") or ""))}
    if block["type"] == "function_call" and block.get("call_id") in malformed:
        return {**block, "arguments": "{}"}
    if block["type"] == "tool_use" and block.get("id") in malformed:
        return {**{k: v for k, v in block.items() if k != "partial_json"}, "input": {}}
    return block


def _stop(message: AIMessage) -> Literal["done", "cut off", "refused"]:
    meta = message.response_metadata
    reasons = {str(meta.get(key, "")).lower() for key in ("finish_reason", "stop_reason")}
    incomplete = meta.get("incomplete_details") or {}
    if isinstance(incomplete, dict):
        reasons.add(str(incomplete.get("reason", "")))
    refused = bool(message.additional_kwargs.get("refusal")) or any(
        isinstance(block, dict) and block.get("type") == "refusal" for block in message.content
    )
    if refused or reasons & {"refusal", "content_filter", "safety", "prohibited_content"}:
        return "refused"
    if reasons & {"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"}:
        return "cut off"
    return "done"


def _count_pictures(messages: Sequence[BaseMessage]) -> int:
    return sum(
        1
        for message in messages
        if isinstance(message.content, list)
        for block in message.content
        if isinstance(block, dict) and block.get("type") == "image"
    )
