"""What a strategy is: instructions for the model, and a graph over the shared nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langgraph.graph import StateGraph

    from sightline.agents.models.adapter import ModelAdapter
    from sightline.agents.nodes import Run


@dataclass(frozen=True)
class Strategy:
    """How a question is worked on.

    Attributes:
        name: What a person calls it.
        summary: One line for a list.
        instructions: How to work, for the model's system prompt.
        uses_tools: Whether the model is given tools.
        calls_in_code: Whether it calls them as functions, from the cells of `run_python`, and is told their signatures
            instead of their schemas.
        graph: Builds the graph, uncompiled; its state is `RunState`, its context `Run`.
        expects: Kind of the answer that it gives; "" where the question decides.
        families: Tools it works with, where the person names none; all but those that must be named, if empty.
        prepare: Makes a run ready for it, given the model that is to judge (None for the same one): roles of their own.
    """

    name: str
    summary: str
    instructions: str
    uses_tools: bool
    graph: Callable[[], StateGraph[Any, Any, Any, Any]]
    calls_in_code: bool = False
    expects: str = ""
    families: tuple[str, ...] = ()
    prepare: Callable[[Run, ModelAdapter | None], Run] | None = None
