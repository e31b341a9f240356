"""The nodes of a loop that revises programs: what follows a turn, when it ends, and what it gives back.

They stand beside the shared nodes of `sightline.agents.nodes`: the verifier's turns are those nodes with the verifier's
own `Run`, so that the journal, resume and branch treat both roles alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from langgraph.runtime import Runtime  # graphs read the nodes' annotations

from sightline.agents.budget import Budget, last_step_reason, spent
from sightline.agents.nodes import Run, RunState, act, compose, think
from sightline.memory import Answered, Revision, StepRecord, Workspace, steps_of
from sightline.memory.refs import plain

PATIENCE = 4
"""Revisions with a picture that may follow the best one without being better."""
LOOKS = 2
"""Turns in which a verifier may look around before its verdict is forced."""
TRIES = 2
"""Turns in which the verdict is forced before the revision is left unjudged."""

VERIFIER = "verifier"
VERDICT = "verdict"


async def judge_compose(state: RunState, runtime: Runtime[Run]) -> RunState:
    """`compose` for the verifier."""
    return await compose(state, _for_verifier(runtime))


async def judge_think(state: RunState, runtime: Runtime[Run]) -> RunState:
    """`think` for the verifier."""
    return await think(state, _for_verifier(runtime))


async def judge_act(state: RunState, runtime: Runtime[Run]) -> RunState:
    """`act` for the verifier."""
    return await act(state, _for_verifier(runtime))


def _for_verifier(runtime: Runtime[Run]) -> Runtime[Run]:
    assert runtime.context.verifier is not None, "the strategy prepares one"
    return runtime.override(context=runtime.context.verifier)


async def conclude(state: RunState, runtime: Runtime[Run]) -> RunState:
    """Write down the best revision as the answer."""
    run = runtime.context
    if run.workspace.answer is None:
        run.workspace.append(conclusion(run.workspace, run.budget))
    return run.state(state["step"])


def after(state: RunState, runtime: Runtime[Run]) -> Literal["compose", "judge_compose", "conclude"]:
    """What follows a turn; see `next_node`."""
    return next_node(runtime.context, state["step"])


def must_judge(ws: Workspace) -> str:
    """What the verifier must call in its coming turn: `verdict`, once it has had its looks."""
    return VERDICT if len(steps_of(ws, VERIFIER)) >= LOOKS else ""


def next_node(run: Run, number: int) -> Literal["compose", "judge_compose", "conclude"]:
    """What follows a step, by what the run knows; a run that is walked again takes the way it took."""
    ws = run.workspace
    if len(ws.steps) > number:
        return "judge_compose" if ws.steps[number].composed.role == VERIFIER else "compose"
    if ws.notices:
        return "compose"
    step = ws.steps[number - 1]
    refused = step.reply is not None and step.reply.stop == "refused" and not step.composed.role
    if refused or ending(ws, run.budget):
        return "conclude"
    return "judge_compose" if _to_judge(ws, step) else "compose"


def _to_judge(ws: Workspace, last: StepRecord) -> bool:
    """Whether the verifier is asked next: the current revision has a picture, no verdict, and was not given up."""
    now = ws.revisions.now
    if now is None or not now.picture or now.verdict is not None or now.handle in ws.inputs:
        return False  # what a person gave to begin with needs no verdict
    if last.composed.role == VERIFIER:
        return len(steps_of(ws, VERIFIER)) < LOOKS + TRIES
    by = ws.artifacts[now.handle].made_by.split(".")[0]
    written = int(by) if by.isdigit() else 0
    return not any(step.composed.role == VERIFIER for step in ws.steps[written:])


# How it ends


def ending(ws: Workspace, budget: Budget) -> str:
    """Why the run ends now, in words; "" while it goes on."""
    now = ws.revisions.now
    if now is not None and now.verdict is not None and now.verdict.satisfied:
        return f"the verifier is satisfied with {now.handle}"
    used = spent(ws)
    # No step is kept back for an answer: the best revision is one.
    if used.steps >= budget.steps:
        return f"the budget of {budget.steps} steps is used up"
    if reason := last_step_reason(budget, replace(used, steps=0)):
        return reason
    if idle := _without_progress(ws):
        return f"none of the last {idle} revisions was better than {_best(ws).handle}"
    return ""


def _without_progress(ws: Workspace) -> int:
    """How many revisions with a picture came after the best one, if `PATIENCE` or more did; else 0."""
    best = ws.revisions.best
    if best is None or (best.loss is None and best.verdict is None):
        return 0
    every = list(ws.revisions.every.values())
    later = [revision for revision in every[every.index(best) + 1 :] if _settled(revision, best)]
    return len(later) if len(later) >= PATIENCE else 0


def _settled(revision: Revision, best: Revision) -> bool:
    """Whether a revision has what the best one was chosen by."""
    return bool(revision.picture) and (revision.loss if best.loss is not None else revision.verdict) is not None


def _best(ws: Workspace) -> Revision:
    best = ws.revisions.best
    assert best is not None, "there is a best revision where some are not better"
    return best


def conclusion(ws: Workspace, budget: Budget) -> Answered:
    """The best revision as the answer, with how it and the last one did; or that no program gave a picture."""
    revisions = ws.revisions
    best, last = revisions.best, revisions.latest
    why = ending(ws, budget)
    by_budget = bool(why) and not _satisfied(revisions.now) and not _without_progress(ws)
    said = next((s.reply.text for s in reversed(ws.steps) if s.reply is not None and not s.composed.role), "")
    if best is None:
        refused = bool(ws.steps) and ws.steps[-1].reply is not None and ws.steps[-1].reply.stop == "refused"
        problem = f" {last.handle}, the last: {last.problem}" if last is not None and last.problem else ""
        text = f"No program gave a picture.{plain(problem)}"
        return Answered(status="refused" if refused else "no answer", text=text, raw=said or text, forced=by_budget)
    program = ws.program(best.handle)
    parts = [f"{best.handle} is the best of {len(revisions.every)}: {_standing(best)}."]
    if last is not None and last.handle != best.handle:
        parts.append(f"The last was {last.handle}: {_standing(last)}.")
    parts.append(f"The run ended because {why or 'the model refused to go on'}.")
    return Answered(
        status="answered",
        value=program,
        text=program,
        raw=said,
        details=" ".join(parts),
        extraction="tool",
        forced=by_budget,
    )


def _satisfied(revision: Revision | None) -> bool:
    return revision is not None and revision.verdict is not None and revision.verdict.satisfied


def _standing(revision: Revision) -> str:
    """How a revision did, in words."""
    if not revision.picture:
        return f"it gave no picture ({plain(revision.problem)})" if revision.problem else "it was not drawn"
    parts = [f"it shows {revision.picture}"]
    if revision.loss is not None:
        parts.append(f"photometric loss {revision.loss:.3g} against {revision.target}")
    if revision.verdict is not None:
        how = "satisfied" if revision.verdict.satisfied else "not satisfied"
        parts.append(f"verifier {how} ({revision.verdict.score:.2f})")
    return ", ".join(parts)
