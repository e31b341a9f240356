"""Graphics programs in the trace: what each call changed and how that came out, and all revisions at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sightline.demos.wording import count, one_line
from sightline.memory import (
    CallRecord,
    ProgramFailed,
    ProgramJudged,
    ProgramRendered,
    ProgramScored,
    ProgramWritten,
    Revision,
    RevisionsUndone,
    ViewSet,
    Workspace,
    change_in_words,
    changed_lines,
)
from sightline.memory.revisions import LOSS


@dataclass
class RevisionChange:
    """What a call did to the run's programs.

    Attributes:
        title: In a few words.
        details: More, a line each.
        diff: Changed lines with their signs; empty where there is nothing to compare with.
        failed: Whether a program gave no picture.
    """

    title: str
    details: list[str] = field(default_factory=list)
    diff: list[str] = field(default_factory=list)
    failed: bool = False


def revision_changes(ws: Workspace, call: CallRecord) -> Iterator[RevisionChange]:
    """What a call that took effect did to the run's programs, in order."""
    if call.finished is None or not call.committed:
        return
    written: RevisionChange | None = None
    for fact in (fact.renamed(call.handles, call.handles) for fact in call.finished.facts):
        match fact:
            case ProgramWritten():
                written = _written(ws, fact)
                yield written
            case ProgramRendered(own=True) if written is not None:
                written.details.append(f"shows {fact.picture}")
            case ProgramFailed() if written is not None:
                written.failed = True
                written.details.append(f"no picture: {fact.problem}")
            case ProgramScored() if written is not None:
                scores = ", ".join(f"{_name(name)} {value:.4g}" for name, value in fact.scores.items())
                written.details.append(f"against {fact.target}: {scores}")
            case ProgramJudged():
                how = "satisfied" if fact.satisfied else "not satisfied"
                lines = [f"{what}: {said}" for what, said in (("differs", fact.differs), ("next", fact.advice)) if said]
                yield RevisionChange(f"verdict on {fact.program}: {how}, {fact.score:.2f}", lines)
            case RevisionsUndone():
                back = f"; {fact.back_to} is current again" if fact.back_to else ""
                yield RevisionChange(f"undone: {', '.join(fact.programs)}{back}", [f"because {fact.because}"])
            case ViewSet():
                parts = [f"without {', '.join(fact.hidden)}"] if fact.hidden else []
                parts += [f"frame {fact.frame}"] if fact.frame is not None else []
                yield RevisionChange(f"pictures from now on: {', '.join(parts) or 'everything'}")
            case _:
                pass


def _written(ws: Workspace, fact: ProgramWritten) -> RevisionChange:
    text = ws.program(fact.program)
    made = f"from {fact.parent}" if fact.parent else count(len(text.splitlines()), "line")
    if fact.start:
        made += f", on {fact.start}"
    change = RevisionChange(f"{fact.program} ({fact.engine}, {made})", [one_line(fact.thought, 300)])
    if fact.parent:
        before = ws.program(fact.parent)
        change.title += f": {change_in_words(before, text)}"
        change.diff = changed_lines(before, text)
    return change


_NAMES = {
    LOSS: "photometric loss",
    "ssim": "SSIM",
    "silhouette_iou": "silhouette IoU",
    "edge_f": "edge F",
    "ciede2000": "CIEDE2000",
}


def _name(score: str) -> str:
    return _NAMES.get(score, score.replace("_", " "))


@dataclass(frozen=True)
class RevisionRow:
    """A revision at a glance."""

    revision: Revision
    change: str
    outcome: str
    verdict: str
    marks: tuple[str, ...]


def revision_rows(ws: Workspace) -> list[RevisionRow]:
    """All revisions, oldest first; the best, the last, and those undone are marked."""
    best, last = ws.revisions.best, ws.revisions.latest
    rows = []
    for revision in ws.revisions.every.values():
        text = ws.program(revision.handle)
        change = count(len(text.splitlines()), "line")
        if revision.parent:
            change = f"{change_in_words(ws.program(revision.parent), text)} from {revision.parent}"
        outcome = revision.problem and f"no picture: {one_line(revision.problem, 120)}"
        if revision.picture:
            outcome = "drawn" if revision.loss is None else f"loss {revision.loss:.3g}"
        verdict = ""
        if revision.verdict is not None:
            verdict = f"{'satisfied' if revision.verdict.satisfied else 'not satisfied'}, {revision.verdict.score:.2f}"
        marked = {"best": revision is best, "last": revision is last, "undone": revision.undone}
        rows.append(RevisionRow(revision, change, outcome, verdict, tuple(m for m, holds in marked.items() if holds)))
    return rows
