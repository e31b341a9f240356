"""A step as a person edited it: the model's words stay, some of its calls get other arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage, message_to_dict, messages_from_dict

from sightline.agents.history import replaced
from sightline.memory import InputError, ModelReplied, StepComposed, Workspace

Edit = Mapping[str, Mapping[str, Any]]
"""New arguments by a call's id (`3.1`); all arguments of each call named."""


def edited_step(parent: Workspace, number: int, edit: Edit, protocol: str) -> tuple[StepComposed, ModelReplied]:
    """The events of a step of a run with other arguments of its calls, for a branch to go on from.

    Args:
        parent: The run.
        number: The step, from 1.
        edit: What its calls are to be given instead.
        protocol: `native` or `text` tool calls: how the model's message holds them.

    Raises:
        InputError: There is no such step, or no such call in it.
    """
    step = next((step for step in parent.steps if step.number == number), None)
    if step is None or step.reply is None:
        raise InputError(f"The run has no step {number} whose calls could be edited.", "Name a step that it has.")
    known = [call.id for call in step.reply.calls if not call.malformed]
    if unknown := sorted(set(edit) - set(known)):
        raise InputError(
            f"Step {number} has no call {unknown[0]}.", f"Its calls: {', '.join(known) or 'none'}; name one of them."
        )
    calls = [
        call.model_copy(update={"arguments": dict(edit[call.id])}) if call.id in edit else call
        for call in step.reply.calls
    ]
    (message,) = messages_from_dict([step.reply.message])
    assert isinstance(message, AIMessage), "the journal keeps a model's turn as its own message"
    arguments = [dict(edit[call.id]) if call.id in edit else None for call in step.reply.calls]
    told = replaced(message, step.reply.calls, arguments, protocol)
    return step.composed, step.reply.model_copy(update={"calls": calls, "message": message_to_dict(told)})
