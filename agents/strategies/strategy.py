"""What a strategy is: instructions for the model, and a graph over the shared nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langgraph.graph import StateGraph


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
    """

    name: str
    summary: str
    instructions: str
    uses_tools: bool
    graph: Callable[[], StateGraph[Any, Any, Any, Any]]
    calls_in_code: bool = False
