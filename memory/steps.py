"""The record of a run's steps, as folded from the journal: what was shown, what the model said, what its calls gave."""

from __future__ import annotations

from dataclasses import dataclass, field

from sightline.memory.events import Call, ModelReplied, StepComposed, ToolFinished, Usage
from sightline.memory.facts import PictureRecalled
from sightline.memory.refs import number_new


@dataclass
class CallRecord:
    """One tool call and what became of it.

    Attributes:
        call: The call as the model made it.
        finished: Its result, or None while it is under way.
        handles: Handles of what it made, by key; empty until committed.
        committed: Whether its result has taken effect.
        inner: Calls that a program made inside it, in order.
    """

    call: Call
    finished: ToolFinished | None = None
    handles: dict[str, str] = field(default_factory=dict)
    committed: bool = False
    inner: list[CallRecord] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The result's text with handles in it (places are still references); "" until finished."""
        return "" if self.finished is None else number_new(self.finished.text, self.handles)

    @property
    def made(self) -> list[str]:
        """Handles of the artifacts it made, in order."""
        if self.finished is None or not self.committed:
            return []
        return [self.handles[a.key] for a in self.finished.artifacts]

    @property
    def made_in_all(self) -> list[str]:
        """Handles of the artifacts that it and the calls inside it made, in order."""
        return [*(handle for record in self.inner for handle in record.made_in_all), *self.made]

    @property
    def shown(self) -> list[str]:
        """Handles of the pictures its result shows to the model, in order, those of calls inside it first."""
        if self.finished is None or not self.committed:
            return []
        inside = [handle for record in self.inner for handle in record.shown]
        new = [self.handles[a.key] for a in self.finished.artifacts if a.show and a.kind == "view"]
        return inside + new + [f.picture for f in self.finished.facts if isinstance(f, PictureRecalled)]

    @property
    def usage(self) -> Usage:
        """What model calls inside it used, and inside the calls that it made."""
        used = Usage() if self.finished is None else self.finished.usage
        for record in self.inner:
            used += record.usage
        return used


@dataclass
class StepRecord:
    """One turn of the model and its calls."""

    number: int
    composed: StepComposed
    reply: ModelReplied | None = None
    calls: list[CallRecord] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """What a person said before this step."""

    @property
    def complete(self) -> bool:
        """Whether the model has replied and every call has taken effect."""
        return self.reply is not None and all(c.committed for c in self.calls)

    @property
    def shown(self) -> list[str]:
        """Pictures shown by the results of this step, each once, in order."""
        return list(dict.fromkeys(handle for call in self.calls for handle in call.shown))
