"""The agent as an Inspect solver: an arm's way to work on one question."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspect_ai.log import transcript
from inspect_ai.log._samples import sample_active  # the one place where Inspect tells a solver its log
from inspect_ai.model import get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sightline.agents import Answer, Budget, SpatialAgent
from sightline.agents.models.connecting import connect
from sightline.agents.models.profile import ModelProfile
from sightline.evals.arms import Arm
from sightline.evals.benchmark import Benchmark
from sightline.evals.item import Item
from sightline.evals.result import Cause
from sightline.evals.running.bridge import ContextOverflow, InspectChatModel, profile_of
from sightline.evals.running.folders import path_of, sample_folder
from sightline.evals.running.frames import pictures_of
from sightline.evals.running.official import ask_official
from sightline.evals.running.outcome import Outcome, measured, outcome_of, voted
from sightline.evals.running.tracing import SOURCE, trace_of
from sightline.memory import InfrastructureError, InputError, Workspace
from sightline.memory.runs import list_runs

GO_ON = "Then go on with `sightline eval --resume LOGDIR`."


class SampleError(Exception):
    """A question that could not be asked or scored, through no fault of the model; Inspect counts it as an error.

    Args:
        cause: Whose fault it is.
        message: What happened, with what mends it.
    """

    def __init__(self, cause: Cause, message: str) -> None:
        self.message = f"{cause}: {message}"  # Inspect writes this attribute into the log
        super().__init__(self.message)


@dataclass(frozen=True)
class Plan:
    """How the questions of a task are worked on.

    Attributes:
        arm: The arm.
        benchmark: The benchmark.
        items: Its items, by id.
        tools: Families or names of tools; None for the arm's.
        budget: What a question may use.
        back_ends: What serves the tools, by role.
        oracle: Whether perception reads the truth of each item's scene.
        offline: Never try to download weights.
        frames: Frames of a video.
        pixels: Longest edge of a picture as sent; 0 for the model's own limit.
        prior: What the arm `prior` says to each item.
        outcomes: What the questions being asked came to, by id and time: from the solver, for the scorer. Inspect's own
            store would write each of them into the log several times.
    """

    arm: Arm
    benchmark: Benchmark
    items: Mapping[str, Item]
    tools: tuple[str, ...] | None = None
    budget: Budget = field(default_factory=Budget)
    back_ends: Mapping[str, str] = field(default_factory=dict)
    oracle: bool = False
    offline: bool = False
    frames: int = 0
    pixels: int = 0
    prior: Mapping[str, str] = field(default_factory=dict)
    outcomes: dict[tuple[str, int], Outcome] = field(default_factory=dict)


def sightline_agent(plan: Plan) -> Solver:
    """Asks each question as the plan says.

    Args:
        plan: How.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        item = plan.items[str(state.sample_id)]
        if plan.arm.kind == "prior":
            said = plan.prior.get(item.id, "")
            outcome = Outcome(value=said or None, words=said, cause="" if said else "cannot tell")
        else:
            active = sample_active()
            assert active is not None, "a solver runs in a sample"
            folder = sample_folder(path_of(active.log_location), item.id, state.epoch)
            ended: list[Workspace] = []
            try:
                outcome = await _asked(plan, item, folder, ended)
            except InfrastructureError as error:
                # Inspect draws every frame of an error and its causes in colour, which took a second of the event loop.
                raise SampleError("provider", f"{error.message} {GO_ON}") from None
            except InputError as error:
                raise SampleError("machine", f"{error} {GO_ON}") from None
            finally:
                for trace in await asyncio.to_thread(_traces, folder, ended):
                    transcript().info(trace, source=SOURCE)
        if outcome.missing:
            raise SampleError("instrument", " ".join(outcome.missing))
        plan.outcomes[item.id, state.epoch] = outcome
        return state

    # Arguments of a solver go into the log: the plan, which holds every question, is none.
    made: Solver = solver(name="sightline_agent")(lambda: solve)()
    return made


def _traces(folder: Path, ended: list[Workspace]) -> list[dict[str, Any]]:
    """The runs of a sample for the log; those that ended still have their pictures at hand, as they were sent."""
    known = {ws.folder: ws for ws in ended}
    runs = list_runs(folder) + [run for tries in sorted(folder.glob("try*")) for run in list_runs(tries)]
    return [trace_of(known.get(run) or Workspace.open(run)) for run in runs]


async def _asked(plan: Plan, item: Item, folder: Path, ended: list[Workspace]) -> Outcome:
    if plan.arm.votes == 1:
        return await _once(plan, item, folder, ended)
    tries = [_once(plan, item, folder / f"try{k:02}", ended, seed_offset=k) for k in range(plan.arm.votes)]
    return voted(await asyncio.gather(*tries))


async def _once(plan: Plan, item: Item, folder: Path, ended: list[Workspace], seed_offset: int = 0) -> Outcome:
    """One try; what an earlier process did of it is not done again."""
    model = InspectChatModel.over(get_model(), seed_offset)
    profile = _profile(plan, profile_of(model.served))
    try:
        if plan.arm.kind == "official":
            pictures = await asyncio.to_thread(pictures_of, item.asked, plan.frames) if plan.arm.sees else []
            adapter = connect(model, profile=profile)
            outcome, ws = await ask_official(adapter, plan.benchmark.prompt(item), pictures, folder)
        else:
            answer = await _agent(plan, item, model, profile, folder)
            outcome, ws = outcome_of(answer, profile), answer.trace
        ended.append(ws)
    except ContextOverflow:
        (run,) = list_runs(folder)
        outcome = measured(Workspace.open(run), profile, cause="context overflow")
    return dataclasses.replace(outcome, snapshot=", ".join(model.snapshots))


async def _agent(plan: Plan, item: Item, model: InspectChatModel, profile: ModelProfile, folder: Path) -> Answer:
    asked, arm = item.asked, plan.arm
    agent = SpatialAgent(
        model,
        tools=plan.tools if plan.tools is not None else arm.tools,
        strategy=arm.strategy,
        budget=plan.budget,
        profile=profile,
        back_ends=_back_ends(plan, item),
        offline=plan.offline,
        runs=folder,
        checkpoint=False,
    )
    for run in list_runs(folder):
        if Workspace.open(run).begun:
            return await agent.aresume(run)
        shutil.rmtree(run)  # killed before it had all its inputs
    shown = arm.sees
    pictures = await asyncio.to_thread(pictures_of, asked, _most(plan, profile)) if shown else []
    return await agent.aask(
        asked.question,
        pictures,
        panorama=list(asked.panoramas) if shown else [],
        known=asked.known,
        fov=asked.field_of_view if shown else None,
        options=asked.options,
        expect=asked.kind,
        unit=asked.unit,
    )


def _profile(plan: Plan, profile: ModelProfile) -> ModelProfile:
    """The model's profile, with the protocol's cap on pixels."""
    limits = profile.limits
    if not plan.pixels or plan.pixels >= limits.max_long_side:
        return profile
    return profile.replace(limits=dataclasses.replace(limits, max_long_side=plan.pixels))


def _most(plan: Plan, profile: ModelProfile) -> int:
    """Frames of a video: no more than an agent with tools is shown, so that all arms see the same."""
    room = profile.limits.max_pictures
    return min(plan.frames, room - min(12, room // 4))


def _back_ends(plan: Plan, item: Item) -> dict[str, str]:
    if not plan.oracle:
        return dict(plan.back_ends)
    scene = item.facts.get("scene")
    if not isinstance(scene, str) or not scene:
        raise InputError(
            f"{plan.benchmark.title} has no truth to read perception from.", "Leave out --perception oracle."
        )
    return {**plan.back_ends, "oracle": scene}
