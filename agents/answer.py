"""What a run gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from sightline.memory import InputError, ToolFinished, Usage, Workspace
from sightline.memory.refs import fill, stored_pixels


@dataclass(frozen=True)
class Answer:
    """The answer of a run, with everything that led to it.

    Attributes:
        status: `answered`, `cannot tell`, `refused`, or `no answer`.
        value: The typed value (a letter, a number, a point in stored pixels, ...); None unless answered.
        text: The answer in words.
        raw: The model's own words.
        details: What the model added to it.
        extraction: How the value was read: `tool`, `strict`, `lenient`, or "".
        forced: The budget had ended and the model was made to answer.
        fallback: Taken from an earlier turn, as the last one held none.
        run: Id of the run.
        folder: Where the run lies.
        usage: What all its model calls used.
        trace: The run: its events, steps, pictures, scene map.
    """

    status: Literal["answered", "cannot tell", "refused", "no answer"]
    value: Any
    text: str
    raw: str
    details: str
    extraction: str
    forced: bool
    fallback: bool
    run: str
    folder: Path
    usage: Usage
    trace: Workspace

    @classmethod
    def of(cls, workspace: Workspace) -> Self:
        """The answer of a run that has ended.

        Raises:
            InputError: It has not.
        """
        given, started = workspace.answer, workspace.started
        if given is None or started is None:
            raise InputError(f"The run in {workspace.folder} has no answer yet.", "Go on with `sightline resume`.")
        return cls(
            status=given.status,
            value=given.value,
            text=given.text,
            raw=given.raw,
            details=given.details,
            extraction=given.extraction,
            forced=given.forced,
            fallback=given.fallback,
            run=started.run,
            folder=workspace.folder,
            usage=workspace.usage,
            trace=workspace,
        )

    @property
    def failures(self) -> list[str]:
        """What was missing or broke in the run and was not made good later, each once, with what mends it.

        These are infrastructure (an extra, weights, a crash): not the model's mistakes, and not what an instrument
        could not deliver. An answer that was found all the same may be the poorer for them.
        """
        calls = [record.finished for record in self.trace.calls.values() if record.finished is not None]
        last = {finished.tool: finished for finished in calls if finished.outcome in ("ok", "infrastructure")}
        return list(dict.fromkeys(_mended_by(f, self.run) for f in last.values() if f.outcome == "infrastructure"))


def _mended_by(finished: ToolFinished, run: str) -> str:
    if finished.remedy:
        return finished.remedy
    return f"{fill(finished.text, stored_pixels)} See `sightline trace {run}`."
