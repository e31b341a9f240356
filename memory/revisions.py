"""Revisions of graphics programs: what was written, how it went, and which one is the best so far.

A run writes a program, sees its picture, changes it, and sees again. Every revision is kept, whatever becomes of it.
`Revisions` is folded from the facts that tools state; programs and pictures are artifacts, and the change from one
revision to the next is computed from them when it is asked for.

The best revision is, of those that gave a picture and were not undone: the one with the lowest photometric loss where
there is a target; else the one its verifier judged best (satisfied before not satisfied, then the higher score, then
the later one); else the latest.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from sightline.memory.facts import (
    ProgramFact,
    ProgramFailed,
    ProgramInspected,
    ProgramJudged,
    ProgramRendered,
    ProgramScored,
    ProgramWritten,
    RevisionsUndone,
    ViewSet,
)
from sightline.memory.spatial import Stored

if TYPE_CHECKING:
    from sightline.memory.steps import CallRecord

LOSS = "photometric_loss"
"""Name of the score by which revisions are ranked against a target: lower is better."""


@dataclass
class Revision:
    """One program and what became of it.

    Attributes:
        handle: Of the program.
        engine: What renders it.
        parent: Handle of the program it was made from; "" for the first.
        start: Handle of the file that it goes on from; "" for an empty scene.
        thought: Why it was written, in the model's words.
        picture: Handle of its render by the scene's own camera; "" until there is one.
        problem: Why there is none, in words; "" where there is one.
        target: Handle of the picture it was scored against.
        scores: By name, against the target.
        verdict: What the verifier said of it, the latest.
        undone: Whether it was taken back.
    """

    handle: str
    engine: str
    parent: str = ""
    start: str = ""
    thought: str = ""
    picture: str = ""
    problem: str = ""
    target: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    verdict: ProgramJudged | None = None
    undone: bool = False

    @property
    def loss(self) -> float | None:
        """Photometric loss against the target; None where there is no target or no picture."""
        return self.scores.get(LOSS)

    @property
    def standing(self) -> tuple[float, float] | None:
        """What revisions are ranked by without a target, higher is better; None where nobody has judged it."""
        return None if self.verdict is None else (float(self.verdict.satisfied), self.verdict.score)


class Revisions:
    """All revisions of a run, by handle in the order they were written, and how the scene is looked at.

    Attributes:
        every: Every revision, those undone included.
        current: Handle of the one that tools work on; "" before the first.
        hidden: Names of objects that are left out of pictures.
        frame: Frame or slide that is shown; None for the scene's own.
        reasons: Why revisions were undone, oldest first: what the model keeps of them.
    """

    def __init__(self) -> None:
        self.every: dict[str, Revision] = {}
        self.current = ""
        self.hidden: tuple[str, ...] = ()
        self.frame: int | None = None
        self.reasons: list[str] = []

    def learn(self, fact: ProgramFact) -> None:
        """Let one fact take effect."""
        match fact:
            case ProgramWritten():
                revision = Revision(fact.program, fact.engine, fact.parent, fact.start, fact.thought)
                self.every[fact.program] = revision
                self.current = fact.program
                self.hidden, self.frame = (), None
            case ProgramRendered(own=True):
                self.every[fact.program].picture = fact.picture
                self.every[fact.program].problem = ""
            case ProgramRendered() | ProgramInspected():
                pass  # for the trace, and for what undo prunes
            case ProgramFailed():
                self.every[fact.program].problem = fact.problem
            case ProgramScored():
                self.every[fact.program].target = fact.target
                self.every[fact.program].scores = fact.scores
            case ProgramJudged():
                self.every[fact.program].verdict = fact
            case RevisionsUndone():
                for handle in fact.programs:
                    self.every[handle].undone = True
                self.current = fact.back_to
                self.reasons.append(f"{', '.join(fact.programs)}, because {fact.because}")
                self.hidden, self.frame = (), None
            case ViewSet():
                self.hidden, self.frame = tuple(fact.hidden), fact.frame
            case _:
                assert_never(fact)

    @property
    def kept(self) -> list[Revision]:
        """Those that were not undone, oldest first."""
        return [revision for revision in self.every.values() if not revision.undone]

    @property
    def now(self) -> Revision | None:
        """The one that tools work on."""
        return self.every.get(self.current)

    @property
    def latest(self) -> Revision | None:
        """The last one that was written and not undone."""
        return self.kept[-1] if self.kept else None

    @property
    def best(self) -> Revision | None:
        """The best so far, by the rule above; None before one gave a picture."""
        return best_of(self.kept)

    def prunes(self, record: CallRecord) -> bool:
        """Whether a call was about revisions that were undone, so that the model is not shown it any more."""
        if record.finished is None or not record.committed:
            return False
        about = [fact.renamed(record.handles, record.handles) for fact in record.finished.facts]
        named = [fact.program for fact in about if isinstance(fact, ABOUT_ONE)]
        return bool(named) and all(self.every[name].undone for name in named if name in self.every)


ABOUT_ONE = (ProgramWritten, ProgramRendered, ProgramFailed, ProgramScored, ProgramJudged, ProgramInspected)
"""Facts about one program each."""


def best_of(revisions: Iterable[Revision]) -> Revision | None:
    """The best of these, by the rule that stands at the top of this module; None where none gave a picture."""
    shown = [revision for revision in revisions if revision.picture]
    scored = [(revision.loss, index) for index, revision in enumerate(shown) if revision.loss is not None]
    if scored:
        return shown[min(scored)[1]]
    judged = [(revision.standing, index) for index, revision in enumerate(shown) if revision.standing is not None]
    if judged:
        return shown[max(judged)[1]]
    return shown[-1] if shown else None


def changed_lines(before: str, after: str, context: int = 2) -> list[str]:
    """The change from one program to the next as a unified diff without its two head lines; empty where equal."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=context, lineterm="")
    return list(lines)[2:]


def change_in_words(before: str, after: str) -> str:
    """`+3 -1 lines`, or `no change`."""
    lines = changed_lines(before, after, 0)
    added, gone = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    return f"+{added} -{gone} lines" if lines else "no change"


class Program(Stored):
    """A graphics program of the run: what tools are given for its handle."""

    @property
    def text(self) -> str:
        """The program as written."""
        return self._workspace.program(self.handle)

    @property
    def revision(self) -> Revision:
        """What became of it."""
        return self._workspace.revisions.every[self.handle]
