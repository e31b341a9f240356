"""`SpatialAgent`: any vision-language model as an agent that reasons about space with instruments.

    agent = SpatialAgent("openai:gpt-5", tools=["drawing", "image"], budget=Budget(steps=12, dollars=0.20))
    answer = agent.ask("How many chairs are left of the window?", images=["room.jpg"])
    answer.value, answer.text, answer.usage

There is one async core (`aask`, `astream`, `aresume`, `abranch`); the methods without the `a` run it on a private
event loop, so they work in scripts, notebooks and servers alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from sightline.agents.answer import Answer
from sightline.agents.answers import AnswerSpec
from sightline.agents.budget import Budget, call_reason, seconds_left
from sightline.agents.continuing import check_begun, check_goes_on
from sightline.agents.editing import Edit, edited_step
from sightline.agents.models import ModelProfile
from sightline.agents.question import Given, Question, check_field_of_view, question_of
from sightline.agents.recording import recordable
from sightline.agents.strategies import Strategy, strategy_named
from sightline.agents.toolbox import fitting, split_for_code, toolbox
from sightline.memory import (
    ContextPolicy,
    Event,
    InputError,
    PersonSaid,
    RunResumed,
    RunStarted,
    Workspace,
    branch_run,
    find_run,
    new_run_folder,
)
from sightline.tools import Tool, all_tools, run_blocking
from sightline.tools.back_ends import BackEnds
from sightline.tools.background import iterate_blocking
from sightline.tools.graphics.starting import engine_notes, read_starts
from sightline.tools.session import Session

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool
    from langgraph.graph import StateGraph

    from sightline.agents.models.adapter import ModelAdapter
    from sightline.agents.nodes import Run

CHECKPOINT_FILE = "checkpoint.sqlite"

WAL_PAGES = 256
"""Pages of 4 KiB that SQLite's write-ahead log holds before they go into the checkpoint file."""


@dataclass(frozen=True)
class Delta:
    """A piece of the model's reply while it is being written; not part of the journal."""

    step: int
    kind: Literal["text", "reasoning"]
    text: str
    type: Literal["delta"] = "delta"
    """Tells it from the events, which have a `type` too."""


class SpatialAgent:
    """Wraps a model as an agent.

    Args:
        model: `rules` (the embedded model, no key needed), `provider:name`, or any LangChain chat model.
        tools: Families or names of tools, tools of your own (`sightline.tools.tool`), or LangChain tools (so also
            MCP's); all of ours by default.
        strategy: `react` (tools), `code` (the same tools, called from Python), `direct` or `cot` (no tools), or
            `inverse_graphics` (a program is written and revised until its picture is what was asked for).
        budget: What a run may use.
        base_url: An OpenAI-compatible server.
        profile: How the model sees and speaks, if the one found by its name is wrong.
        model_settings: Further arguments of the chat model, e.g. `{"temperature": 0}`.
        helper: The model that `ask_image` and `locate_by_vlm` ask; the same one by default.
        verifier: The model that judges programs in `inverse_graphics`; the same one by default.
        policy: How much of a run the model is shown.
        back_ends: What serves the tools, by role, e.g. `{"depth": "depth-pro", "detection": "yolo:my.pt"}`; see
            `sightline.tools.back_ends.ROLES`.
        offline: Never try to download weights.
        runs: Where runs are kept; see `sightline.memory.runs_folder`.
        checkpoint: Whether LangGraph keeps checkpoints in the run's folder. Resuming works from the journal alone;
            without checkpoints a step costs a few milliseconds less.

    Raises:
        InputError: A name is not known, or the budget cannot be kept.
        InfrastructureError: The model's package or key is missing.
    """

    def __init__(
        self,
        model: str | BaseChatModel = "rules",
        *,
        tools: Sequence[str | Tool | BaseTool] | None = None,
        strategy: str = "react",
        budget: Budget | None = None,
        base_url: str | None = None,
        profile: ModelProfile | None = None,
        model_settings: dict[str, Any] | None = None,
        helper: str | BaseChatModel | None = None,
        verifier: str | BaseChatModel | None = None,
        policy: ContextPolicy | None = None,
        back_ends: Mapping[str, str] | None = None,
        offline: bool = False,
        runs: str | PathLike[str] | None = None,
        checkpoint: bool = True,
    ) -> None:
        from sightline.agents.models.connecting import RULES, connect

        self.strategy: Strategy = strategy_named(strategy)
        self.budget = budget or Budget()
        self.policy = policy or ContextPolicy()
        self.back_ends = BackEnds(dict(back_ends or {}), offline)
        self.adapter: ModelAdapter = connect(model, base_url=base_url, profile=profile, settings=model_settings)
        self._helper = None if helper is None else connect(helper)
        self._verifier = None if verifier is None else connect(verifier)
        self._instruments = toolbox(tools, self.strategy) if self.strategy.uses_tools else {}
        writes = self.strategy.calls_in_code or self.strategy.expects == "program"
        if writes and self.adapter.provider == RULES:
            raise InputError(
                "The embedded rules write no programs.", "Use the strategy react with them, or name a model."
            )
        self._settings = {"base_url": base_url, **(model_settings or {})}
        self._runs = None if runs is None else Path(runs)
        self._checkpoint = checkpoint
        for asked in (self.adapter, self._helper, self._verifier):
            if self.budget.dollars is not None and asked is not None and asked.profile.prices is None:
                raise InputError(
                    f"The price of {asked.label} is unknown, so a budget in dollars cannot be kept.",
                    "Limit steps or tokens instead, or give a profile with prices.",
                )

    @classmethod
    def from_run(
        cls, run: str | PathLike[str], *, runs: str | PathLike[str] | None = None, **changes: Any
    ) -> SpatialAgent:
        """An agent set up as a run was: same model, tools, strategy, budget. `changes` override.

        A helper, a context policy and model settings that may hold secrets are not kept: give them again.

        Raises:
            InputError: There is no such run; or it used a chat model object or tools of your own, which `model=`,
                `verifier=` and `tools=` must give again.
        """
        started = Workspace.open(find_run(run, None if runs is None else Path(runs))).started
        if started is None:
            raise InputError(f"The run {run} has no beginning.", "It was killed before it started; ask again.")
        for role, used in (("model", started.model), ("verifier", started.verifier)):
            if role not in changes and used not in ("", "rules") and ":" not in used:
                raise InputError(f"The run used a chat model object ({used}).", f"Give it again as {role}=.")
        own = [name for name in started.tools if name not in {tool.name for tool in all_tools()}]
        if own and "tools" not in changes:
            raise InputError(
                f"The run used tools of your own ({', '.join(own)}).", "Give all its tools again as tools=."
            )
        settings = dict(started.model_settings)
        arguments: dict[str, Any] = {
            "model": started.model,
            "tools": started.tools,
            "strategy": started.strategy,
            "budget": Budget(**started.budget),
            "base_url": settings.pop("base_url", None),
            "profile": ModelProfile.from_json(started.profile),
            "model_settings": settings,
            "back_ends": started.back_ends,
            "offline": started.offline,
            "verifier": started.verifier or None,
            "runs": runs,
        }
        return cls(**(arguments | changes))

    # Asking

    def ask(self, question: str, images: Any = (), **given: Unpack[Given]) -> Answer:
        """Ask a question about pictures and wait for the answer; see `aask`."""
        return run_blocking(self.aask(question, images, **given))

    async def aask(
        self,
        question: str,
        images: Any = (),
        *,
        callbacks: Sequence[BaseCallbackHandler] = (),
        **given: Unpack[Given],
    ) -> Answer:
        """Ask a question about pictures.

        Args:
            question: In plain words.
            images: One or more: paths, bytes, PIL pictures, or (H, W, 3) uint8 arrays.
            callbacks: LangChain callbacks, e.g. a tracer's.
            **given: video, panorama, known, fov, marks, options, expect, unit: see `Given`.

        Raises:
            InputError: The question or an input cannot be used.
            InfrastructureError: The model could not be asked; the run can be resumed.
        """
        workspace = await asyncio.to_thread(self._start, question_of(question, images, given))
        return await self._run(workspace, callbacks)

    async def astream(
        self,
        question: str,
        images: Any = (),
        *,
        callbacks: Sequence[BaseCallbackHandler] = (),
        **given: Unpack[Given],
    ) -> AsyncGenerator[Event | Delta]:
        """Ask, and hear of everything as it happens: the journal's events, and `Delta`s while the model writes.

        Takes what `aask` takes. Leaving the loop stops the run; it can be resumed.
        """
        workspace = await asyncio.to_thread(self._start, question_of(question, images, given))
        async with aclosing(self._told(workspace, callbacks)) as items:
            async for item in items:
                yield item

    def stream(self, question: str, images: Any = (), **given: Unpack[Given]) -> Iterator[Event | Delta]:
        """`astream` for synchronous code."""
        return iterate_blocking(self.astream(question, images, **given))

    # Going on

    def resume(self, run: str | PathLike[str]) -> Answer:
        """Go on with a run that was stopped, killed or failed; see `aresume`."""
        return run_blocking(self.aresume(run))

    async def aresume(self, run: str | PathLike[str], *, callbacks: Sequence[BaseCallbackHandler] = ()) -> Answer:
        """Go on with a run. No call that had completed is made again; a finished run gives its answer.

        Raises:
            InputError: There is no such run, another process is writing it, or this agent's model sees pictures in
                another way than the one that began it.
            InfrastructureError: The model could not be asked.
        """
        return await self._run(self._reopen(run), callbacks)

    async def astream_resume(
        self, run: str | PathLike[str], *, callbacks: Sequence[BaseCallbackHandler] = ()
    ) -> AsyncGenerator[Event | Delta]:
        """Go on with a run and hear of what happens from here on."""
        async with aclosing(self._follow(self._reopen(run), callbacks)) as items:
            async for item in items:
                yield item

    def stream_resume(self, run: str | PathLike[str]) -> Iterator[Event | Delta]:
        """`astream_resume` for synchronous code."""
        return iterate_blocking(self.astream_resume(run))

    def branch(self, run: str | PathLike[str], after_step: int, say: str = "", *, edit: Edit | None = None) -> Answer:
        """A new run that shares an earlier one's first steps; see `abranch`."""
        return run_blocking(self.abranch(run, after_step, say, edit=edit))

    async def abranch(
        self,
        run: str | PathLike[str],
        after_step: int,
        say: str = "",
        *,
        edit: Edit | None = None,
        callbacks: Sequence[BaseCallbackHandler] = (),
    ) -> Answer:
        """Go on from the end of a step of an earlier run, in a new run; the earlier one stays as it is.

        Args:
            run: The parent.
            after_step: Last step to share; 0 begins anew with the same inputs.
            say: What a person adds at this point.
            edit: Makes the calls of the step that followed once more, some with other arguments: all arguments of a
                call, by its id, e.g. `{"3.1": {"image": "img1", "box": [0, 0, 90, 60]}}`.
            callbacks: LangChain callbacks.

        Raises:
            InputError: There is no such run, step or call, or this agent's model sees pictures in another way than the
                parent's, so that the numbers in the shared steps would mislead it.
        """
        return await self._run(self._branched(run, after_step, say, edit), callbacks)

    async def astream_branch(
        self,
        run: str | PathLike[str],
        after_step: int,
        say: str = "",
        *,
        edit: Edit | None = None,
        callbacks: Sequence[BaseCallbackHandler] = (),
    ) -> AsyncGenerator[Event | Delta]:
        """`abranch`, and hear of everything: the events of the shared steps first."""
        workspace = await asyncio.to_thread(self._branched, run, after_step, say, edit)
        async with aclosing(self._told(workspace, callbacks)) as items:
            async for item in items:
                yield item

    def _branched(self, run: str | PathLike[str], after_step: int, say: str, edit: Edit | None) -> Workspace:
        """A branch's workspace, open for writing."""
        parent = find_run(run, self._runs)
        before = Workspace.open(parent)
        check_begun(before)
        if after_step > 0 or edit:
            check_goes_on(before, self.adapter, self.strategy, "Branch with the same model, or with after_step=0.")
        edited = edited_step(before, after_step + 1, edit, self.adapter.profile.protocol) if edit else ()
        workspace = Workspace.open(branch_run(parent, after_step, self._runs, self._settled()), write=True)
        workspace.append(RunResumed())  # the time since the parent's step is no part of the budget
        for event in edited:
            workspace.append(event)
        if say:
            workspace.append(PersonSaid(text=say))
        return workspace

    # The core

    def _start(self, asked: Question) -> Workspace:
        """A new workspace with the inputs in it; none is left behind where an input cannot be used."""
        if not asked.text.strip():
            raise InputError("The question is empty.", "Ask something about the pictures.")
        spec = AnswerSpec.infer(
            asked.text, tuple(asked.options), asked.expect or self.strategy.expects or None, asked.unit
        )
        check_field_of_view(asked.fov)
        starts = read_starts(asked.start, asked.engine, "write_program" in self._instruments)
        folder = new_run_folder(self._runs)
        workspace = Workspace.create(folder)
        try:
            workspace.append(
                RunStarted(
                    run=folder.name,
                    question=asked.text,
                    answer_spec=spec.model_dump(mode="json"),
                    known=dict(asked.known or {}),
                    field_of_view=asked.fov,
                    given=len(asked.images)
                    + len(asked.video)
                    + len(asked.panorama)
                    + len(asked.marks)
                    + sum(start.events for start in starts),
                    engine=asked.engine or "",
                    **self._settled(),
                )
            )
            for image in asked.images:
                workspace.add_picture(image)
            for path in asked.video:
                workspace.add_video(path)
            for image in asked.panorama:
                workspace.add_picture(image, kind="panorama")
            for start in starts:
                start.add_to(workspace)
            for mark in asked.marks:
                workspace.add_mark(mark.name, mark.picture, mark.place)
        except BaseException:
            _remove(workspace)
            raise
        return workspace

    def _settled(self) -> dict[str, Any]:
        """How this agent is set up, as a run's `RunStarted` records it."""
        return {
            "model": self.adapter.label,
            "model_settings": recordable(self._settings),
            "profile": self.adapter.profile.to_json(),
            "strategy": self.strategy.name,
            "tools": list(self._instruments),
            "budget": self.budget.to_json(),
            "back_ends": dict(self.back_ends.settings),
            "offline": self.back_ends.offline,
            "verifier": "" if self._verifier is None else self._verifier.label,
            "version": _version(),
        }

    def _reopen(self, run: str | PathLike[str]) -> Workspace:
        workspace = Workspace.open(find_run(run, self._runs), write=True)
        try:
            check_begun(workspace)
            if workspace.answer is None:
                if workspace.steps:
                    check_goes_on(workspace, self.adapter, self.strategy, "Go on with the same model, or ask again.")
                workspace.append(RunResumed())
        except BaseException:
            workspace.close()
            raise
        return workspace

    def _context(self, workspace: Workspace, on_delta: Any) -> Run:
        from sightline.agents.answers import answer_schema
        from sightline.agents.models.look import ModelLook
        from sightline.agents.nodes import ANSWER, Run
        from sightline.agents.prompt import PromptParts

        started = workspace.started
        assert started is not None
        spec = AnswerSpec.model_validate(started.answer_spec)
        profile = self.adapter.profile
        enabled = fitting(self._instruments.values(), workspace)
        declared, instructions = enabled, self.strategy.instructions
        if self.strategy.calls_in_code:
            declared, instructions = split_for_code(enabled, instructions)
        declarations = [
            {"name": i.name, "description": i.describe(profile), "parameters": i.schema(profile)} for i in declared
        ]
        if declarations:
            about = "Give the answer and end the run. Call it alone, when you know it or know that it cannot be told."
            declarations.append({"name": ANSWER, "description": about, "parameters": answer_schema(spec, profile)})
        if "write_program" in self._instruments:
            instructions = f"{instructions}\n\n{engine_notes(workspace)}"
        parts = PromptParts(instructions, spec, profile, self.policy, declarations)
        asked = self._helper or self.adapter
        look = ModelLook(asked) if asked.profile.sees_pictures else None
        session = Session(
            {instrument.name: instrument for instrument in enabled},
            lambda: call_reason(self.budget, workspace),
            lambda: seconds_left(self.budget, workspace),
        )
        workspace.closing.append(session.close)
        callable_by_name = {i.name: i for i in declared} if self.strategy.calls_in_code else self._instruments
        run = Run(
            workspace, self.adapter, callable_by_name, look, parts, self.budget, self.back_ends, session, on_delta
        )
        return run if self.strategy.prepare is None else self.strategy.prepare(run, self._verifier)

    async def _run(
        self, workspace: Workspace, callbacks: Sequence[BaseCallbackHandler], on_delta: Any = None
    ) -> Answer:
        """Walk the graph to its end; a finished run gives its answer."""
        try:
            if workspace.answer is not None:
                return Answer.of(workspace)
            assert workspace.started is not None
            run = workspace.started.run
            config: Any = {
                "configurable": {"thread_id": run},
                # A branch may share more steps than this agent's budget has.
                "recursion_limit": 4 * max(self.budget.steps, len(workspace.steps)) + 16,
                "callbacks": list(callbacks),
                "run_name": f"sightline {self.strategy.name}",
            }
            start: Any = {"run": run, "position": 0, "step": 0}
            context = self._context(workspace, on_delta)
            if not self._checkpoint:
                await _compiled(self.strategy.graph).ainvoke(start, config, context=context)
            else:
                from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

                async with AsyncSqliteSaver.from_conn_string(str(workspace.folder / CHECKPOINT_FILE)) as saver:
                    # By default SQLite lets its log grow to four megabytes, which a killed run would keep.
                    await saver.setup()
                    await saver.conn.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
                    # The journal is the one truth and is forced to disk; a lost checkpoint is not missed.
                    await saver.conn.execute("PRAGMA synchronous = NORMAL")
                    compiled = self.strategy.graph().compile(checkpointer=saver)
                    known = await compiled.aget_state(config)
                    # None goes on from the checkpoint. Where there is none, or one that is ahead of the journal (it
                    # is the one truth, and a machine that lost power may have kept less of it), the nodes walk
                    # through the journal.
                    usable = bool(known.next) and known.values["position"] <= len(workspace.events)
                    await compiled.ainvoke(None if usable else start, config, context=context, durability="sync")
        finally:
            workspace.close()
        return Answer.of(workspace)

    async def _told(
        self, workspace: Workspace, callbacks: Sequence[BaseCallbackHandler]
    ) -> AsyncGenerator[Event | Delta]:
        """Yield what a new workspace holds already, then run and yield what happens."""
        # Leaving early closes what is inside at once, not when it is collected: the run can be resumed right away.
        try:
            for event in list(workspace.events):
                yield event
            async with aclosing(self._follow(workspace, callbacks)) as items:
                async for item in items:
                    yield item
        finally:
            workspace.close()

    async def _follow(
        self, workspace: Workspace, callbacks: Sequence[BaseCallbackHandler]
    ) -> AsyncGenerator[Event | Delta]:
        """Run in the background and yield what happens; a failure is raised after the events that led to it."""
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[Event | Delta | None] = asyncio.Queue()

        def hear(item: Event | Delta | None) -> None:
            loop.call_soon_threadsafe(items.put_nowait, item)

        workspace.listeners.append(hear)
        task = asyncio.create_task(
            self._run(workspace, callbacks, lambda step, kind, text: hear(Delta(step, kind, text)))
        )
        task.add_done_callback(lambda _: hear(None))
        try:
            while (item := await items.get()) is not None:
                yield item
            await task
        finally:
            task.cancel()
            await asyncio.wait([task])


@cache
def _version() -> str:
    """Ours, read once: the package's metadata is a file that is parsed anew each time."""
    return version("sightline")


@cache
def _compiled(graph: Callable[[], StateGraph[Any, Any, Any, Any]]) -> Any:
    """A strategy's graph without checkpoints, compiled once: that takes longer than a walk through it."""
    return graph().compile()


def _remove(workspace: Workspace) -> None:
    """Remove a run that never started."""
    import shutil

    workspace.close()
    shutil.rmtree(workspace.folder, ignore_errors=True)
