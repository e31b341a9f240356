"""`react`: think, call tools, look at their results, and go on until the answer.

compose -> think -> act -> compose -> ... -> answer
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.agents.strategies.strategy import Strategy

if TYPE_CHECKING:
    from langgraph.graph import StateGraph

INSTRUCTIONS = """\
You answer questions about space in pictures. You have instruments: use them instead of guessing.
Work in small steps: say in a sentence what you want to know, call the tool that tells it, read the result, go on. \
Calls that do not depend on each other can be made together. For more than two steps, write a `plan` and keep it up to \
date; write a `note` when you learn something you will need later, as pictures and old results leave your view.
Check an important result in another way (crop and look again, draw and look) before you rely on it.
When you know the answer, call `answer` alone. If it cannot be told from what there is, say so there."""


def react_graph() -> StateGraph[Any, Any, Any, Any]:
    """Compose -> think -> act -> compose -> ... -> answer."""
    from langgraph.graph import END, START, StateGraph

    from sightline.agents.nodes import Run, RunState, act, after_act, after_think, answer, compose, think

    graph = StateGraph(RunState, context_schema=Run)
    graph.add_node("compose", compose)
    graph.add_node("think", think)
    graph.add_node("act", act)
    graph.add_node("answer", answer)
    graph.add_edge(START, "compose")
    graph.add_edge("compose", "think")
    graph.add_conditional_edges("think", after_think, ["act", "answer", "compose"])
    graph.add_conditional_edges("act", after_act, ["answer", "compose"])
    graph.add_edge("answer", END)
    return graph


REACT = Strategy("react", "thinks and calls tools, step by step", INSTRUCTIONS, True, react_graph)
