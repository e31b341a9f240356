"""`inverse_graphics`: a program is written, drawn, compared and revised until its picture is what was asked for.

A generator writes and edits the program; every new revision is run, drawn and scored by the tools it calls. Then a
verifier, who may be another model and does not see the generator's reasoning, looks at the picture (from other sides
too, if it wants to) and must give a verdict: satisfied or not, how near, what differs, what to do next.

    compose -> think -> act -> judge: compose -> think -> act -> compose -> ... -> conclude

It ends when the verifier is satisfied, when no better revision has come for some revisions, or with the budget.
What it gives back is the best revision, not the last one, and it says how both did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sightline.agents.strategies.strategy import Strategy
from sightline.memory import Workspace

if TYPE_CHECKING:
    from langgraph.graph import StateGraph

    from sightline.agents.models.adapter import ModelAdapter
    from sightline.agents.nodes import Run

_LOOKS = ("compare", "render", "inspect_view", "inspect_scene", "fit_camera", "set_visibility", "set_frame")

INSTRUCTIONS = """\
You make a scene by writing a program, and improve it until its picture is what was asked for. Every program you write \
is kept as a revision (prog1, prog2, ...), run, drawn by its own camera, and scored against the target picture where \
there is one. A verifier looks at each revision that gave a picture and says what differs.
Work like this. First look closely at what you were given: what is there, where, how large, in which colours, from \
where it is seen and lit. Write a `plan`. Then write the whole program once, and change it with small edits, the \
largest difference first: camera and layout before form, form before colour and light. One change at a time shows \
what it does. If a change made it worse, `undo` it and do something else.
Where there is a file to start from, write a program that changes nothing first: it shows the file as it is, and \
`inspect_scene` lists what is in it. Where there is a program to start from, `render` shows it. Change what was asked \
for and leave the rest as it is. An animation is keyed in the program; look at it with `set_frame`. Measure in the \
target (boxes, colours, proportions) instead of guessing numbers, and name objects, so that they can be found again. \
Draw things: never read, fetch or paste the target picture.
The run ends when the verifier is satisfied; the best revision counts, not the last."""

VERIFYING = """\
You are the verifier. Somebody else writes a program whose picture is to be what was asked for; you judge what it \
shows. Look at the picture, compare it with the target where there is one (`compare` says where they differ and by how \
much), and look from other sides (`inspect_view`) where one picture cannot tell: things that float, intersect, or are \
hidden.
Then call `verdict`. Be exact about what differs: name the thing, say where it is, and by how much it is off, the most \
important first; say what to change next, in the program's own terms. Be satisfied only where nothing that was asked \
for is missing or wrong. Judge what you see, not what the program says it does."""


def graph() -> StateGraph[Any, Any, Any, Any]:
    """The loop of generator and verifier over the shared nodes."""
    from langgraph.graph import END, START, StateGraph

    from sightline.agents import revising
    from sightline.agents.nodes import Run, RunState, act, compose, think

    built = StateGraph(RunState, context_schema=Run)
    built.add_node("compose", compose)
    built.add_node("think", think)
    built.add_node("act", act)
    built.add_node("judge_compose", revising.judge_compose)
    built.add_node("judge_think", revising.judge_think)
    built.add_node("judge_act", revising.judge_act)
    built.add_node("conclude", revising.conclude)
    built.add_edge(START, "compose")
    built.add_edge("compose", "think")
    built.add_edge("think", "act")
    built.add_edge("judge_compose", "judge_think")
    built.add_edge("judge_think", "judge_act")
    built.add_conditional_edges("act", revising.after, ["compose", "judge_compose", "conclude"])
    built.add_conditional_edges("judge_act", revising.after, ["compose", "judge_compose", "conclude"])
    built.add_edge("conclude", END)
    return built


# The two roles


def prepare(run: Run, verifier: ModelAdapter | None) -> Run:
    """A run with its two roles: tools and instructions for each.

    Args:
        run: As the agent made it, with all tools.
        verifier: The model that judges; the one that writes, where None.
    """
    from sightline.agents.nodes import ANSWER
    from sightline.agents.revising import VERDICT, VERIFIER, must_judge

    adapter = verifier or run.adapter
    own = {name: tool for name, tool in run.instruments.items() if name != VERDICT}
    looking = {name: tool for name, tool in run.instruments.items() if name in (*_LOOKS, VERDICT)}
    looking |= {name: tool for name, tool in run.instruments.items() if tool.family == "image"}

    def declared(names: Sequence[str]) -> list[dict[str, Any]]:
        profile = adapter.profile
        tools = [run.instruments[name] for name in names]
        return [{"name": t.name, "description": t.describe(profile), "parameters": t.schema(profile)} for t in tools]

    judging = replace(
        run.parts,
        instructions=VERIFYING,
        profile=adapter.profile,
        declarations=declared(list(looking)),
        ends_by_answer=False,
        task=_task,
    )
    parts = replace(
        run.parts,
        declarations=[d for d in run.parts.declarations if d["name"] not in (VERDICT, ANSWER)],
        ends_by_answer=False,
    )
    judge = replace(
        run, adapter=adapter, instruments=looking, parts=judging, role=VERIFIER, must_call=must_judge, verifier=None
    )
    return replace(run, instruments=own, parts=parts, verifier=judge)


def _task(ws: Workspace) -> tuple[str, list[str]]:
    """What the verifier is to judge: the current revision and its picture."""
    now = ws.revisions.now
    assert now is not None, "a verifier is asked about a revision"
    scored = "" if now.loss is None else f" Its photometric loss against {now.target} is {now.loss:.3g}."
    return f"To judge: {now.handle}. It shows {now.picture}:{scored}", [now.picture]


INVERSE_GRAPHICS = Strategy(
    "inverse_graphics",
    "writes a graphics program, and revises it until its picture is what was asked for",
    INSTRUCTIONS,
    True,
    graph,
    expects="program",
    families=("graphics", "image"),
    prepare=prepare,
)
