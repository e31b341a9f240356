"""The typed events of a run's journal: everything that happened, in order, and nothing that can be derived.

The journal is the one truth. `Workspace` is its fold; the web page, the HTML report, resume, branch and the tests all
read it. Two rules make a run survive being killed at any point:

- what a call made is in one event (`ToolFinished`): its text, its artifacts, its facts;
- handles are given afterwards, in call order (`CallsCommitted`), so that calls which ran side by side number their
  pictures as if they had run one after the other.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from sightline.memory.artifacts import Artifact, StoredArtifact
from sightline.memory.facts import Fact


class _Event(BaseModel):
    """Attributes: position: index in the journal, set when written; time: seconds since the epoch, UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    position: int = -1
    time: float = 0.0


class Usage(BaseModel):
    """What one or more model calls used.

    Attributes:
        calls: Model calls.
        input_tokens: Tokens read, those from the provider's cache included.
        cached_tokens: Of these, read from the provider's cache.
        output_tokens: Tokens written, hidden reasoning included.
        reasoning_tokens: Of these, hidden reasoning.
        pictures: Pictures sent.
        dollars: Cost; None where a price is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    pictures: int = 0
    dollars: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        dollars = None if self.dollars is None or other.dollars is None else self.dollars + other.dollars
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            pictures=self.pictures + other.pictures,
            dollars=dollars,
        )

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.input_tokens + self.output_tokens


class ParentPosition(BaseModel):
    """Where a branch left its parent: the run, and the last event they share."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    run: str
    position: int


class RunStarted(_Event):
    """A run begins. `question`, `known` and the settings are what the person gave; `profile` is the model's.

    `given` counts the inputs and marks that follow: a run with fewer was killed before it had them all. `back_ends` are
    the settings of `sightline.tools.back_ends.BackEnds`; they never reach a prompt. `engine` draws graphics programs,
    `verifier` is the model that judges them: "" where the person named none.
    """

    type: Literal["run_started"] = "run_started"
    run: str
    question: str
    answer_spec: dict[str, Any]
    known: dict[str, str] = Field(default_factory=dict)
    field_of_view: float | None = None
    given: int = 0
    model: str
    model_settings: dict[str, Any] = Field(default_factory=dict)
    profile: dict[str, Any]
    strategy: str
    tools: list[str]
    budget: dict[str, Any]
    back_ends: dict[str, str] = Field(default_factory=dict)
    offline: bool = False
    engine: str = ""
    verifier: str = ""
    version: str
    parent: ParentPosition | None = None


class ArtifactAdded(_Event):
    """A person's input became an artifact."""

    type: Literal["artifact_added"] = "artifact_added"
    artifact: Artifact


class FactStated(_Event):
    """A fact from a person: a mark on a picture."""

    type: Literal["fact_stated"] = "fact_stated"
    fact: Fact


class StepComposed(_Event):
    """What the model is about to be shown in this step.

    Attributes:
        step: Number of the step, from 1.
        final: Whether it must answer now, without tools.
        reason: Why it is final, in words; "" otherwise.
        first_full: Steps before this one are shown as one line each.
        pictures: Handles whose pixels are shown, inputs included.
        left: What is left of the budget, in words.
        role: Who is asked: "" for the model that leads the run, `verifier` for the one that judges its programs.
        only: Name of the one tool that may be called, and must be; "" for any.
    """

    type: Literal["step_composed"] = "step_composed"
    step: int
    final: bool
    reason: str = ""
    first_full: int
    pictures: list[str]
    left: str
    role: str = ""
    only: str = ""


class Call(BaseModel):
    """One tool call as the model made it.

    Attributes:
        id: Step and place in the turn, e.g. `3.1`; unique in the run, whatever the provider's own ids.
        provider_id: The id in the model's message, which its result must carry.
        name: Name of the tool.
        arguments: Arguments as given, in the model's dialect.
        malformed: The raw text, where it was not valid JSON; "" otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    provider_id: str
    name: str
    arguments: dict[str, Any]
    malformed: str = ""


class ModelReplied(_Event):
    """The model's turn.

    Attributes:
        message: The LangChain message as sent back in later steps, reasoning blocks unmodified.
        text: What it said in words.
        reasoning: What it showed of its reasoning, for people.
        stop: `done`, `cut off`, or `refused`.
        calls: Tool calls in order.
    """

    type: Literal["model_replied"] = "model_replied"
    step: int
    message: dict[str, Any]
    text: str
    reasoning: str = ""
    stop: Literal["done", "cut off", "refused"] = "done"
    calls: list[Call] = Field(default_factory=list)
    usage: Usage
    seconds: float


class ModelFailed(_Event):
    """The model could not be asked; the run can be resumed."""

    type: Literal["model_failed"] = "model_failed"
    step: int
    message: str
    remedy: str


class ToolStarted(_Event):
    """A call begins. One without its `ToolFinished` was in flight when the run was killed, and is made again.

    `arguments` are those of a call made without an agent, or by a program; those of a model's calls stand in its reply.
    `parent` is the call inside which a program made this one; "" for a model's own.
    """

    type: Literal["tool_started"] = "tool_started"
    call: str
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    parent: str = ""


Outcome = Literal["ok", "mistake", "limit", "infrastructure"]


class ToolFinished(_Event):
    """A call ended, well or not.

    Attributes:
        call: The call's id.
        outcome: `ok`, the model's `mistake`, the instrument's `limit`, or an `infrastructure` failure.
        text: What the model reads, with references to places and new artifacts.
        artifacts: What it made, on disk and not yet numbered.
        facts: What memory learns.
        values: What it measured, by name: `Quantity.to_json`, for programs that compute with it.
        known: Handles of what it would have made, and that was there already.
        usage: Model calls made inside the tool.
        detail: For people, never shown to a model: a traceback, or what mends the failure.
    """

    type: Literal["tool_finished"] = "tool_finished"
    call: str
    tool: str
    outcome: Outcome
    text: str
    artifacts: list[StoredArtifact] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    values: dict[str, dict[str, Any]] = Field(default_factory=dict)
    known: list[str] = Field(default_factory=list)
    usage: Usage = Usage()
    seconds: float = 0.0
    detail: str = ""

    @property
    def remedy(self) -> str:
        """What broke and what mends it, for a person; "" where the detail is a traceback, or there is none."""
        known = self.outcome == "infrastructure" and not self.detail.startswith("Traceback ")
        return self.detail if known else ""


class CallsCommitted(_Event):
    """Calls took effect, in this order; `handles` are the numbers their artifacts and objects got, by key."""

    type: Literal["calls_committed"] = "calls_committed"
    calls: list[str]
    handles: dict[str, str]


class Answered(_Event):
    """The run has its answer, or the plain fact that there is none.

    Attributes:
        status: `answered`, `cannot tell` (the model says so), `refused`, or `no answer` (nothing could be read).
        value: The typed value; None unless answered.
        text: The answer in words, for people.
        raw: The model's own words.
        extraction: `tool`, `strict`, `lenient`, or "" where there is no value.
        forced: The budget had ended and the model was made to answer.
        fallback: Taken from an earlier turn, as the last one held none.
    """

    type: Literal["answered"] = "answered"
    status: Literal["answered", "cannot tell", "refused", "no answer"]
    value: Any = None
    text: str = ""
    raw: str = ""
    details: str = ""
    extraction: Literal["tool", "strict", "lenient", ""] = ""
    forced: bool = False
    fallback: bool = False


class RunResumed(_Event):
    """The run goes on after it was stopped, killed or failed."""

    type: Literal["run_resumed"] = "run_resumed"


class PersonSaid(_Event):
    """A person adds an instruction from this point on, e.g. in a branch."""

    type: Literal["person_said"] = "person_said"
    text: str


Event = Annotated[
    RunStarted
    | ArtifactAdded
    | FactStated
    | StepComposed
    | ModelReplied
    | ModelFailed
    | ToolStarted
    | ToolFinished
    | CallsCommitted
    | Answered
    | RunResumed
    | PersonSaid,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads one event back from its JSON."""
