"""What of earlier turns is sent back shortened: programs that are shown elsewhere, calls whose results were undone.

A model's message goes back as it came, but for the arguments of some calls: the text of a program stands once at the
end of the prompt, and not again in every call that wrote one. Reasoning blocks are never touched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage

from sightline.agents.models.text_protocol import with_arguments
from sightline.memory import Call, CallRecord, StepRecord, Workspace

UNDONE = "(undone)"
_LONG = 60  # characters: shorter texts are sent back even of what was undone


def pruned(ws: Workspace, step: StepRecord) -> bool:
    """Whether a whole turn was about what was undone, so that it is not shown any more."""
    return bool(step.calls) and all(ws.revisions.prunes(record) for record in step.calls)


def shortened(ws: Workspace, message: AIMessage, step: StepRecord, protocol: str) -> AIMessage:
    """A turn's message with the arguments of its calls as they are sent back.

    Args:
        ws: The run.
        message: As the model's adapter kept it.
        step: The turn.
        protocol: `native` or `text` tool calls.
    """
    arguments = [_arguments(ws, record) for record in step.calls]
    if all(given is None for given in arguments):
        return message
    return replaced(message, [record.call for record in step.calls], arguments, protocol)


def replaced(
    message: AIMessage, calls: Sequence[Call], arguments: Sequence[dict[str, Any] | None], protocol: str
) -> AIMessage:
    """A turn's message with other arguments of its calls; None leaves a call's as they are.

    Args:
        message: As the model's adapter kept it.
        calls: The turn's calls, in order.
        arguments: New ones, for each call.
        protocol: `native` or `text` tool calls.
    """
    if protocol == "text":
        return AIMessage(with_arguments(str(message.text), list(arguments)))
    by_id = {call.provider_id: given for call, given in zip(calls, arguments, strict=True) if given is not None}
    content: Any = message.content
    if isinstance(content, list):
        content = [_block(block, by_id) for block in content]
    told = [{**call, "args": by_id.get(str(call["id"]), call["args"])} for call in message.tool_calls]
    return message.model_copy(update={"content": content, "tool_calls": told})


def _arguments(ws: Workspace, record: CallRecord) -> dict[str, Any] | None:
    """A call's arguments shortened; None where they are sent back as they are."""
    if record.call.malformed:
        return None
    if ws.revisions.prunes(record):
        return {name: _without_text(value) for name, value in record.call.arguments.items()}
    programs = [handle for handle in record.made if ws.artifacts[handle].kind == "program"]
    text = record.call.arguments.get("program")
    if not programs or not isinstance(text, str):
        return None
    return {**record.call.arguments, "program": f"({len(text.splitlines())} lines, kept as {programs[0]})"}


def _without_text(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONG else UNDONE
    return [_without_text(item) for item in value] if isinstance(value, list) else value


def _block(block: Any, by_id: Mapping[str, dict[str, Any]]) -> Any:
    """A content block of the provider's own, with a call's arguments replaced."""
    if not isinstance(block, dict):
        return block
    if block.get("type") == "tool_use" and block.get("id") in by_id:
        kept = {name: value for name, value in block.items() if name != "partial_json"}
        return {**kept, "input": by_id[block["id"]]}
    if block.get("type") == "function_call" and block.get("call_id") in by_id:
        return {**block, "arguments": json.dumps(by_id[block["call_id"]])}
    return block
