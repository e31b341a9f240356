"""The graph of strategies that ask the model once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langgraph.graph import StateGraph


def single_turn_graph() -> StateGraph[Any, Any, Any, Any]:
    """Compose -> think -> answer."""
    from langgraph.graph import END, START, StateGraph

    from sightline.agents.nodes import Run, RunState, answer, compose, think

    graph = StateGraph(RunState, context_schema=Run)
    graph.add_node("compose", compose)
    graph.add_node("think", think)
    graph.add_node("answer", answer)
    graph.add_edge(START, "compose")
    graph.add_edge("compose", "think")
    graph.add_edge("think", "answer")
    graph.add_edge("answer", END)
    return graph
