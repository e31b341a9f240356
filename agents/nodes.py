"""The nodes that every strategy's graph is built from: compose, think, act, answer.

    compose   decide what the model is shown            -> StepComposed
    think     one model call                            -> ModelReplied
    act       all calls of the turn                     -> ToolStarted, ToolFinished, CallsCommitted
    answer    the typed answer, or that there is none   -> Answered

Each node first looks into the journal: what it holds already is used, not made again. So a killed run goes on where
it stopped, and a branch walks through what it shares with its parent at no cost. Graph state holds only counters; what
a run knows is in its `Workspace`, which nodes reach through the graph's run context.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypedDict

from langgraph.runtime import Runtime  # graphs read the nodes' annotations

from sightline.agents.answers import Read, extract, read_value
from sightline.agents.budget import Budget, last_step_reason, left_in_words, spent
from sightline.agents.prompt import PromptParts, build_messages
from sightline.memory import (
    Answered,
    Call,
    CallRecord,
    InfrastructureError,
    ModelFailed,
    ModelMistake,
    ModelReplied,
    StepComposed,
    StepRecord,
    ToolFinished,
    ToolStarted,
    Workspace,
    choose_window,
)
from sightline.memory.refs import plain
from sightline.tools import Instrument, Look, ToolContext, perform, sort_failure
from sightline.tools.back_ends import BackEnds
from sightline.tools.session import Session

if TYPE_CHECKING:
    from sightline.agents.models.adapter import ModelAdapter

ANSWER = "answer"
"""Name of the tool that ends a run."""

_MARKER_LINE = re.compile(r"^\W*answer:.*$", re.IGNORECASE | re.MULTILINE)
"""The line that ends a reply in words; what stands before it is the reason."""

MOST_CALLS = 32
"""Calls that are made in one turn; a model that writes more is told so."""

MOST_AT_ONCE = 8
"""Calls that run side by side: each may hold a large picture and a thread."""


class RunState(TypedDict):
    """What a checkpoint holds: which run, how far its journal is, and the step."""

    run: str
    position: int
    step: int


@dataclass
class Run:
    """What the nodes of one run share; the graph's run context.

    Attributes:
        workspace: What the run knows, open for writing.
        adapter: The model.
        instruments: Tools by name.
        look: A model for tools that ask one.
        parts: The fixed parts of its prompts.
        budget: What it may use.
        back_ends: What detects, estimates depth and reconstructs for the tools.
        session: What the tools share from one call to the next.
        on_delta: Hears partial text while the model writes; None if nobody listens.
        role: Who is asked, see `StepComposed.role`; each role has a `Run` of its own on the same workspace.
        must_call: Which tool the coming turn must call, by name; "" for any.
        verifier: The run as the model sees it that judges programs; None in strategies without one.
    """

    workspace: Workspace
    adapter: ModelAdapter
    instruments: Mapping[str, Instrument]
    look: Look | None
    parts: PromptParts
    budget: Budget
    back_ends: BackEnds = field(default_factory=BackEnds)
    session: Session = field(default_factory=Session)
    on_delta: Callable[[int, Literal["text", "reasoning"], str], None] | None = None
    role: str = ""
    must_call: Callable[[Workspace], str] | None = None
    verifier: Run | None = None

    def state(self, step: int) -> RunState:
        """The graph state after something was journalled."""
        ws = self.workspace
        return RunState(run=ws.started.run if ws.started else "", position=len(ws.events), step=step)


async def compose(state: RunState, runtime: Runtime[Run]) -> RunState:
    """Decide what the model is shown next, and whether it must answer."""
    run, ws = runtime.context, runtime.context.workspace
    number = state["step"] + 1
    if len(ws.steps) < number:
        used = spent(ws)
        reason = ""
        if run.parts.ends_by_answer:
            reason = last_step_reason(run.budget, used) if run.parts.declarations else "no tools in this strategy"
        # Without tools there are no pictures but the inputs to keep room for.
        policy = run.parts.policy if run.parts.declarations else replace(run.parts.policy, pictures=0)
        first, pictures = choose_window(ws, policy, run.parts.profile.limits.max_pictures, run.role)
        ws.append(
            StepComposed(
                step=number,
                final=bool(reason),
                reason=reason,
                first_full=first,
                pictures=pictures if run.parts.profile.sees_pictures else [],
                left=left_in_words(run.budget, used),
                role=run.role,
                only="" if run.must_call is None else run.must_call(ws),
            )
        )
    return run.state(number)


async def think(state: RunState, runtime: Runtime[Run]) -> RunState:
    """Ask the model, once."""
    run, ws = runtime.context, runtime.context.workspace
    step = ws.steps[state["step"] - 1]
    if step.reply is None:
        # The prompt is built off the event loop: encoding a large picture takes tens of milliseconds.
        messages = await asyncio.to_thread(build_messages, ws, step.composed, run.parts)
        listener = run.on_delta
        on_delta = None if listener is None else lambda kind, text: listener(step.number, kind, text)
        try:
            reply = await run.adapter.ask(
                messages,
                run.parts.declarations,
                forbid_calls=step.composed.final,
                only=step.composed.only,
                on_delta=on_delta,
                call_ids=f"call_{step.number}",
            )
        except InfrastructureError as error:
            ws.append(ModelFailed(step=step.number, message=error.message, remedy=error.remedy))
            raise
        except Exception as error:
            said = f"Asking the model failed ({type(error).__name__}: {error})."
            ws.append(ModelFailed(step=step.number, message=said, remedy="This is a fault of the program; report it."))
            raise
        from langchain_core.messages import message_to_dict

        ws.append(
            ModelReplied(
                step=step.number,
                message=message_to_dict(reply.message),
                text=reply.text,
                reasoning=reply.reasoning,
                stop=reply.stop,
                calls=[
                    Call(
                        id=f"{step.number}.{index}",
                        provider_id=call.provider_id,
                        name=call.name,
                        arguments=call.arguments,
                        malformed=call.malformed,
                    )
                    for index, call in enumerate(reply.calls, start=1)
                ],
                usage=reply.usage,
                seconds=round(reply.seconds, 4),
            )
        )
    return run.state(step.number)


def after_think(state: RunState, runtime: Runtime[Run]) -> Literal["act", "answer", "compose"]:
    """Calls are made; a refusal, a last turn or a readable answer ends the run; anything else is asked again."""
    run = runtime.context
    step = run.workspace.steps[state["step"] - 1]
    assert step.reply is not None
    if goes_on(run.workspace, step):
        return "act" if step.calls and not step.composed.final else "compose"
    if step.composed.final or step.reply.stop == "refused":
        return "answer"
    if step.calls:
        return "act"
    return "answer" if _text_answer(run, step) is not None else "compose"


async def act(state: RunState, runtime: Runtime[Run]) -> RunState:
    """Make the calls of the turn: neighbours that are safe in parallel together, the others one by one."""
    run, ws = runtime.context, runtime.context.workspace
    step = ws.steps[state["step"] - 1]
    answers = [record for record in step.calls if record.call.name == ANSWER and run.parts.ends_by_answer]
    working = [record for record in step.calls if record not in answers]
    room = _room(run, step)
    for batch in _batches(run, working):
        waiting = [record for record in batch if not record.committed]
        if waiting:
            gate = asyncio.Semaphore(MOST_AT_ONCE)
            try:
                async with asyncio.TaskGroup() as group:
                    for record in waiting:
                        if record.finished is None:
                            group.create_task(_make(run, record, gate, within=working.index(record) < room))
            except* InfrastructureError as failures:
                # The journal cannot be written: what a person reads is the one reason, not a group of them.
                raise failures.exceptions[0] from None
            ws.commit([record.call.id for record in waiting])
    _settle_answers(run, step, answers, beside=bool(working))
    return run.state(step.number)


def after_act(state: RunState, runtime: Runtime[Run]) -> Literal["answer", "compose"]:
    """An accepted answer ends the run."""
    ws = runtime.context.workspace
    step = ws.steps[state["step"] - 1]
    if goes_on(ws, step):
        return "compose"
    return "answer" if _accepted(step) is not None else "compose"


def goes_on(ws: Workspace, step: StepRecord) -> bool:
    """Whether more follows, whatever this step's answer: a branch has said something after it, or gone on since."""
    return len(ws.steps) > step.number or bool(ws.notices)


async def answer(state: RunState, runtime: Runtime[Run]) -> RunState:
    """Write down the answer, or that there is none."""
    run, ws = runtime.context, runtime.context.workspace
    if ws.answer is None:
        ws.append(_conclude(run, ws.steps[state["step"] - 1]))
    return run.state(state["step"])


# Calls


def _batches(run: Run, records: list[CallRecord]) -> list[list[CallRecord]]:
    """Calls in order, in groups: neighbours that may run side by side, and each other call by itself."""
    batches: list[list[CallRecord]] = []
    open_batch = False
    for record in records:
        instrument = run.instruments.get(record.call.name)
        safe = instrument is not None and instrument.parallel_safe
        if safe and open_batch:
            batches[-1].append(record)
        else:
            batches.append([record])
        open_batch = safe
    return batches


def _room(run: Run, step: StepRecord) -> int:
    """How many calls of this turn may be made: what the budget of calls leaves, and no more than `MOST_CALLS`."""
    if run.budget.calls is None:
        return MOST_CALLS
    earlier = (record for before in run.workspace.steps[: step.number - 1] for record in before.calls)
    before = sum(1 + len(record.inner) for record in earlier)
    return min(MOST_CALLS, max(0, run.budget.calls - before))


async def _make(run: Run, record: CallRecord, gate: asyncio.Semaphore, *, within: bool) -> None:
    """Make one call; whatever happens, it ends in one `ToolFinished`."""
    call, ws = record.call, run.workspace
    async with gate:
        ws.append(ToolStarted(call=call.id, tool=call.name))
        instrument = run.instruments.get(call.name)
        if not within:
            text = "Not done: there are more calls in this turn than may be made. Look at the results there are."
            ws.append(ToolFinished(call=call.id, tool=call.name, outcome="limit", text=text))
        elif call.malformed or instrument is None:
            ws.append(_unmade(run, call))
        else:
            context = ToolContext(ws, run.look, sees=run.parts.profile, back_ends=run.back_ends, session=run.session)
            ws.append(await perform(instrument, call.arguments, context, call.id))


def _unmade(run: Run, call: Call) -> ToolFinished:
    """The result of a call that names no tool, or whose JSON cannot be read."""
    if call.malformed:
        got = plain(call.malformed if len(call.malformed) <= 200 else call.malformed[:197] + "...")
        cut = " Your reply was cut off at its length limit; be shorter." if _was_cut(run, call) else ""
        mistake = ModelMistake(
            f"the arguments of this call are not a JSON object: {got}", f"Call again with valid JSON.{cut}"
        )
    else:
        names = ", ".join([*run.instruments, *([ANSWER] if run.parts.ends_by_answer else [])])
        mistake = ModelMistake(f"there is no tool named {plain(call.name)!r}.", f"Tools: {names}.")
    outcome, text = sort_failure(mistake)
    return ToolFinished(call=call.id, tool=call.name, outcome=outcome, text=text)


def _was_cut(run: Run, call: Call) -> bool:
    step = run.workspace.steps[int(call.id.split(".")[0]) - 1]
    return step.reply is not None and step.reply.stop == "cut off"


def _settle_answers(run: Run, step: StepRecord, answers: list[CallRecord], *, beside: bool) -> None:
    """Give each `answer` call its result: accepted, asked again, or what is wrong with it."""
    ws = run.workspace
    values = []
    for record in answers:
        if record.finished is not None:
            # Settled before the run was killed; a later one is still compared with it.
            if record.finished.outcome == "ok":
                values.append(_read_call(run, record.call).value)
            continue
        outcome, text = "ok", "Taken."
        try:
            read = _read_call(run, record.call)
            values.append(read.value)
            if beside:
                outcome, text = (
                    "limit",
                    "Not taken yet: other calls ran in this turn. Look at their results, then answer again.",
                )
            elif any(value != values[0] for value in values):
                outcome, text = "mistake", "Not taken: one turn gives one answer. Answer again, once."
        except ModelMistake as error:
            outcome, text = sort_failure(error)
            text = plain(text)  # it quotes the model
        ws.append(ToolStarted(call=record.call.id, tool=ANSWER))
        ws.append(ToolFinished(call=record.call.id, tool=ANSWER, outcome=outcome, text=text))
    if waiting := [record.call.id for record in answers if not record.committed]:
        ws.commit(waiting)


# Answers


def _read_call(run: Run, call: Call) -> Read:
    if call.malformed:
        raise ModelMistake("the arguments of `answer` are not a JSON object.", "Call it again with valid JSON.")
    read = read_value(run.parts.spec, call.arguments, run.parts.profile, _answer_size(run))
    if run.parts.spec.kind == "program" and (written := run.workspace.revisions.every.get(str(read.value).strip())):
        return replace(read, value=run.workspace.program(written.handle))
    return read


def _answer_size(run: Run) -> tuple[int, int]:
    """Size of the picture that answers with places are in; without such a picture no answer has places."""
    artifact = run.workspace.artifacts.get(run.parts.spec.picture)
    return (1, 1) if artifact is None or artifact.size is None else artifact.size


def _accepted(step: StepRecord) -> CallRecord | None:
    """The answer call that was taken, if any; where two agree, the first, and none where they differ."""
    answers = [record for record in step.calls if record.call.name == ANSWER and record.finished is not None]
    if not answers or any(record.finished.outcome != "ok" for record in answers if record.finished):
        return None
    return answers[0]


def _text_answer(run: Run, step: StepRecord) -> Answered | None:
    """The answer that a reply's words hold, or None."""
    assert step.reply is not None
    raw = step.reply.text
    # The last line of a reply that was cut off may be half a number, or the first half of "B or C".
    whole = raw.rpartition("\n")[0] if step.reply.stop == "cut off" else raw
    found = extract(run.parts.spec, whole, run.parts.profile, _answer_size(run))
    if found.cannot_tell:
        reason = _MARKER_LINE.sub("", whole).strip() or raw
        return Answered(status="cannot tell", text=reason, raw=raw, details=reason, extraction=found.how)
    if not found.how:
        return None
    return Answered(
        status="answered",
        value=found.value,
        text=run.parts.spec.words(found.value),
        raw=raw,
        extraction=found.how,
    )


def _call_answer(run: Run, record: CallRecord, raw: str) -> Answered | None:
    """The answer that an `answer` call holds, or None if it is not valid."""
    try:
        read = _read_call(run, record.call)
    except ModelMistake:
        return None
    if read.cannot_tell:
        return Answered(
            status="cannot tell",
            text=read.details,
            raw=raw or read.details,
            details=read.details,
            extraction="tool",
        )
    text = run.parts.spec.words(read.value)
    given = str(record.call.arguments.get("value", ""))
    return Answered(
        status="answered",
        value=read.value,
        text=text,
        raw=raw or given,
        details=read.details,
        extraction="tool",
    )


def _conclude(run: Run, step: StepRecord) -> Answered:
    assert step.reply is not None
    forced = step.composed.final and bool(run.parts.declarations)
    if step.reply.stop == "refused":
        said = step.reply.text or str(step.reply.message["data"].get("additional_kwargs", {}).get("refusal", ""))
        return Answered(status="refused", text=said, raw=said, forced=forced)
    calls = [record for record in step.calls if record.call.name == ANSWER]
    found = next((a for r in calls if (a := _call_answer(run, r, step.reply.text)) is not None), None)
    found = found or _text_answer(run, step)
    if found is not None:
        return found.model_copy(update={"forced": forced})
    earlier = _earlier_answer(run, step)
    if earlier is not None:
        return earlier.model_copy(update={"forced": forced, "fallback": True})
    said = step.reply.text
    return Answered(status="no answer", text=said, raw=said, forced=forced)


def _earlier_answer(run: Run, last: StepRecord) -> Answered | None:
    """What an earlier turn gave as its answer, the latest first: a call that was not taken, or a strict line."""
    for step in reversed(run.workspace.steps[: last.number - 1]):
        if step.reply is None:
            continue
        for record in step.calls:
            if record.call.name == ANSWER and (given := _call_answer(run, record, step.reply.text)) is not None:
                return given
        said = _text_answer(run, step)
        if said is not None and said.extraction == "strict":
            return said
    return None
