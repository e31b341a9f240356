"""Whether an agent may go on with a run that it, or another, began: what resume and branch check first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.agents.models import ModelProfile
from sightline.agents.strategies import Strategy, strategy_named
from sightline.memory import InputError, Workspace

if TYPE_CHECKING:
    from sightline.agents.models.adapter import ModelAdapter


def check_begun(workspace: Workspace) -> None:
    """Refuse a run that was killed before it had its question and all its inputs.

    Raises:
        InputError: It was.
    """
    if not workspace.begun:
        raise InputError(
            f"The run {workspace.folder.name} was killed before it had all its inputs.",
            "Ask again: nothing is lost.",
        )


def check_goes_on(workspace: Workspace, adapter: ModelAdapter, strategy: Strategy, remedy: str) -> None:
    """Refuse to show a model steps that were written for one that sees pictures, or is spoken to, otherwise.

    Args:
        workspace: A run that has begun.
        adapter: The model that is to go on with it.
        strategy: The strategy it is to follow.
        remedy: What to do instead.

    Raises:
        InputError: Its numbers, its messages or its way of working would not fit.
    """
    started = workspace.started
    assert started is not None, "checked before"
    before, now = ModelProfile.from_json(started.profile), adapter.profile
    if (before.dialect, before.limits) != (now.dialect, now.limits):
        raise InputError(f"{adapter.label} names places in another way than {started.model} did in this run.", remedy)
    if (before.protocol, before.api) != (now.protocol, now.api):
        raise InputError(f"{adapter.label} is spoken to in another way than {started.model} was in this run.", remedy)
    if strategy_named(started.strategy).uses_tools != strategy.uses_tools:
        raise InputError(
            f"The run was begun with the strategy {started.strategy}; {strategy.name} cannot go on from it.",
            f"Use strategy={started.strategy!r}, or ask again.",
        )
