"""The arm `official`: one user message, the pictures and then the published prompt verbatim, and nothing of ours.

It is kept as a run like any other, so that it can be looked at, and so that a reply that was paid is not asked for
again when the process is killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage, message_to_dict

from sightline.agents.answers import AnswerSpec
from sightline.agents.models.adapter import ModelAdapter
from sightline.evals.running.outcome import Outcome, measured
from sightline.memory import Answered, ModelReplied, RunResumed, RunStarted, StepComposed, Workspace, new_run_folder
from sightline.memory.runs import list_runs

VERSION = version("sightline")


async def ask_official(
    adapter: ModelAdapter, prompt: str, pictures: Sequence[Any], runs: Path
) -> tuple[Outcome, Workspace]:
    """Ask once with the published prompt; what is in `runs` already is not asked for again.

    Returns:
        The outcome, its `words` verbatim; and the run.

    Raises:
        InfrastructureError: The model could not be asked.
    """
    ws = await asyncio.to_thread(_opened, adapter, prompt, pictures, runs)
    try:
        step = ws.steps[0]
        if step.reply is None:
            content = await asyncio.to_thread(_content, ws, adapter, prompt)
            reply = await adapter.ask([HumanMessage(content)])
            ws.append(
                ModelReplied(
                    step=1,
                    message=message_to_dict(reply.message),
                    text=reply.text,
                    reasoning=reply.reasoning,
                    stop=reply.stop,
                    usage=reply.usage,
                    seconds=round(reply.seconds, 4),
                )
            )
        assert step.reply is not None
        refused, words = step.reply.stop == "refused", step.reply.text
        if ws.answer is None:
            status: Any = "refused" if refused else "answered" if words else "no answer"
            ws.append(Answered(status=status, value=words or None, text=words, raw=words))
    finally:
        ws.close()
    cause = "refused" if refused else "" if words else "cut off" if step.reply.stop == "cut off" else "unparsable"
    return measured(ws, adapter.profile, value=words or None, words=words, cause=cause), ws


def _opened(adapter: ModelAdapter, prompt: str, pictures: Sequence[Any], runs: Path) -> Workspace:
    for folder in list_runs(runs):
        ws = Workspace.open(folder, write=True)
        if ws.begun and ws.steps:
            if ws.answer is None:
                ws.append(RunResumed())  # the pause is no part of what the question took
            return ws
        ws.close()
    folder = new_run_folder(runs)
    ws = Workspace.create(folder)
    ws.append(
        RunStarted(
            run=folder.name,
            question=prompt,
            answer_spec=AnswerSpec(kind="text").model_dump(mode="json"),
            given=len(pictures),
            model=adapter.label,
            profile=adapter.profile.to_json(),
            strategy="direct",
            tools=[],
            budget={"steps": 1},
            version=VERSION,
        )
    )
    for picture in pictures:
        ws.add_picture(picture)
    ws.append(
        StepComposed(
            step=1,
            final=True,
            reason="the published prompt, asked once",
            first_full=1,
            pictures=list(ws.inputs) if adapter.profile.sees_pictures else [],
            left="",
        )
    )
    return ws


def _content(ws: Workspace, adapter: ModelAdapter, prompt: str) -> str | list[Any]:
    """The pictures in the official order, then the prompt; text alone where there are none."""
    blocks: list[Any] = []
    limits = adapter.profile.limits
    for handle in ws.steps[0].composed.pictures:
        size = ws.artifacts[handle].size
        assert size is not None, f"{handle} has no size"
        data, media_type = ws.encoded(handle, limits.fit(size), limits.max_bytes)
        blocks.append({"type": "image", "base64": data, "mime_type": media_type})
    return [*blocks, {"type": "text", "text": prompt}] if blocks else prompt
