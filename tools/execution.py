"""One call of an instrument, from a model's arguments to the event that records it.

Every failure is sorted here, once: the model's mistake, the instrument's limit, or infrastructure. Whatever happens
there is exactly one `ToolFinished`, and the run goes on.

`perform` is a call in Sightline's own loop, of which LangChain callbacks hear; `execute` is the same for callers that
tell them themselves (a bound tool is a LangChain tool).
"""

from __future__ import annotations

import asyncio
import time
import traceback
from dataclasses import replace
from typing import Any

from sightline.geometry.dialects import PictureLimits, Size
from sightline.memory import (
    Draft,
    Fact,
    InfrastructureError,
    InstrumentLimit,
    ModelMistake,
    ObjectSeen,
    Outcome,
    SightlineError,
    StoredArtifact,
    ToolFinished,
    Workspace,
)
from sightline.memory.refs import fill, new_ref, number_data, number_new, stored_pixels
from sightline.memory.workspace import encode_base64
from sightline.tools.background import in_daemon_thread
from sightline.tools.contract import Instrument, StoredPixels, Tool, ToolContext, ToolResult


async def perform(instrument: Instrument, arguments: dict[str, Any], context: ToolContext, call: str) -> ToolFinished:
    """Run one call as `execute` does, and tell the callbacks of the current LangChain run of it."""
    from langchain_core.runnables.config import (
        ensure_config,
        get_async_callback_manager_for_config,
        patch_config,
        set_config_context,
    )
    from langchain_core.runnables.utils import coro_with_context
    from langchain_core.tools import ToolException

    config = ensure_config()
    manager = get_async_callback_manager_for_config(config)
    # A foreign tool is a LangChain tool: it tells them itself.
    if not isinstance(instrument, Tool) or not manager.handlers:
        return await execute(instrument, arguments, context, call)
    run = await manager.on_tool_start(
        {"name": instrument.name, "description": instrument.summary}, str(arguments), inputs=arguments
    )
    # What the tool asks of models hangs under the tool.
    with set_config_context(patch_config(config, callbacks=run.get_child())) as inside:
        finished: ToolFinished = await coro_with_context(execute(instrument, arguments, context, call), inside)
    text = fill(finished.text, stored_pixels)
    if finished.outcome == "ok":
        await run.on_tool_end(text)
    else:
        await run.on_tool_error(ToolException(text))
    return finished


async def execute(instrument: Instrument, arguments: dict[str, Any], context: ToolContext, call: str) -> ToolFinished:
    """Run one call and say how it went.

    Args:
        instrument: What is called.
        arguments: As the model gave them.
        context: What the call may use.
        call: Id of the call; keys of what it makes begin with it.
    """
    begun = time.monotonic()
    context.call = call
    outcome: Outcome = "ok"
    detail = ""
    result = ToolResult("")
    artifacts: list[StoredArtifact] = []
    limit = asyncio.timeout(instrument.time_limit)
    try:
        async with limit:
            result = await instrument.run(arguments, context)
        keys = _keys(result, call)
        result = _rekey(result, keys)
        artifacts = await _store(context, result, keys)
        if result.failure is not None:
            outcome, text = sort_failure(result.failure)
            detail = _mending(result.failure)
            result = replace(result, text=f"{result.text}\n{text}".strip())
    except SightlineError as error:
        outcome, text = sort_failure(error)
        detail = _mending(error)
        result = ToolResult(text)
    except Exception as error:  # noqa: BLE001 - a tool may raise anything; it is recorded with its traceback
        outcome = "infrastructure"
        if limit.expired():
            text = (
                f"{instrument.name} was given up after {instrument.time_limit:g} s without a result. Go on without it."
            )
        else:
            detail = traceback.format_exc()
            kind = type(error).__name__
            text = f"{instrument.name} crashed ({kind}). The fault is the tool's, not yours; go on without it."
        result = ToolResult(text)
    return ToolFinished(
        call=call,
        tool=instrument.name,
        outcome=outcome,
        text=result.text,
        artifacts=artifacts,
        facts=result.facts,
        values={name: value.to_json() for name, value in result.values.items()},
        known=result.known,
        usage=context.usage,
        seconds=round(time.monotonic() - begun, 4),
        detail=detail,
    )


def sort_failure(error: SightlineError) -> tuple[Outcome, str]:
    """Which of the three kinds a failure is, and what the model reads."""
    if isinstance(error, ModelMistake):
        return "mistake", f"Not done: {error}"
    if isinstance(error, InstrumentLimit):
        return "limit", f"Cannot tell: {error}"
    if isinstance(error, InfrastructureError):
        # The remedy is for the person; a model can only go on.
        return "infrastructure", f"Not available: {error.message}"
    return "mistake", f"Not done: {error}"


def _mending(error: SightlineError) -> str:
    """For people: an infrastructure failure with the command that mends it, which the model's text leaves out."""
    return str(error) if isinstance(error, InfrastructureError) else ""


def _keys(result: ToolResult, call: str) -> dict[str, str]:
    fresh = [draft.key for draft in result.programs]
    fresh += [draft.key for draft in result.pictures] + [draft.key for draft in result.data]
    keys = {key: f"{call}/{index}" for index, key in enumerate(fresh)}
    new_objects = (f.object for f in result.facts if isinstance(f, ObjectSeen))
    for index, name in enumerate(dict.fromkeys(name for name in new_objects if name.startswith("fresh"))):
        keys[name] = f"{call}/obj{index}"
    return keys


async def _store(context: ToolContext, result: ToolResult, keys: dict[str, str]) -> list[StoredArtifact]:
    """Write what is new to disk and, at the same time, make what the model will be sent of the pictures."""
    workspace, pictures = context.workspace, result.pictures
    writing = in_daemon_thread(_keep, workspace=workspace, result=result, keys=keys)
    limits = context.sees.limits
    if isinstance(context.sees, StoredPixels) or not any(draft.show for draft in pictures):
        return await writing  # nobody is shown them
    kept, sent = await asyncio.gather(writing, in_daemon_thread(_encode, pictures=pictures, limits=limits))
    for stored, (size, encoded) in zip(kept[: len(sent)], sent, strict=True):
        workspace.remember_encoded(stored.digest, size, limits.max_bytes, encoded)
    return kept


def _encode(pictures: list[Draft], limits: PictureLimits) -> list[tuple[Size, tuple[str, str]]]:
    out = []
    for draft in pictures:
        size = limits.fit((draft.pixels.shape[1], draft.pixels.shape[0]))
        out.append((size, encode_base64(draft.pixels, size, limits.max_bytes)))
    return out


def _keep(workspace: Workspace, result: ToolResult, keys: dict[str, str]) -> list[StoredArtifact]:
    refs = {key: new_ref(name) for key, name in keys.items()}
    kept = [workspace.keep(draft, keys[draft.key]) for draft in result.pictures]
    kept += [workspace.keep_program(draft, keys[draft.key]) for draft in result.programs]
    kept += [workspace.keep_data(draft, keys[draft.key]) for draft in result.data]
    return [
        stored.model_copy(
            update={
                "title": number_new(stored.title, refs),
                "parents": [p.model_copy(update={"handle": number_new(p.handle, refs)}) for p in stored.parents],
                "data": number_data(stored.data, refs),
            }
        )
        for stored in kept
    ]


def _rekey(result: ToolResult, keys: dict[str, str]) -> ToolResult:
    refs = {key: new_ref(name) for key, name in keys.items()}
    facts: list[Fact] = [fact.renamed(keys, refs) for fact in result.facts]
    return replace(result, text=number_new(result.text, refs), facts=facts)
