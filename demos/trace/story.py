"""What a run's journal tells, arranged as people read it: steps, and what happened before and after each.

The fold of the journal (`Workspace`) knows the state; this adds the order of what the state forgets: failures of the
model that were got over, resumptions, what memory learned in which step. Text and page are both written from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from sightline.demos.trace.revisions import RevisionChange, revision_changes
from sightline.memory import (
    AreaIgnored,
    CallRecord,
    FactStated,
    ModelFailed,
    NoteAdded,
    ObjectFaces,
    ObjectParted,
    ObjectPlaced,
    ObjectSeen,
    ObjectsMatched,
    PersonSaid,
    PictureRecalled,
    PlanItem,
    PlanRevised,
    RunResumed,
    ScaleStated,
    StepComposed,
    StepRecord,
    Usage,
    Workspace,
)
from sightline.memory.refs import fill, number_new, places, plain, stored_pixels


@dataclass(frozen=True)
class PlanLine:
    """An item of the plan, and whether this revision added it or ticked it off."""

    item: PlanItem
    new: bool
    newly_done: bool


@dataclass(frozen=True)
class PlanChange:
    """The plan after a revision."""

    lines: tuple[PlanLine, ...]


@dataclass(frozen=True)
class SpaceChange:
    """Something learned about space, in words with handles."""

    text: str


Change = PlanChange | NoteAdded | ObjectSeen | SpaceChange | PictureRecalled | RevisionChange
"""What memory learned; objects and pictures by their handles."""

Incident = ModelFailed | RunResumed | PersonSaid
"""What happened between the turns of a run."""


@dataclass
class StepStory:
    """A step with what happened around it.

    Attributes:
        record: What was shown, said and called.
        before: What happened before the model's reply, in order.
        after: What happened after it, in order.
        changes: What memory learned, in call order.
    """

    record: StepRecord
    before: list[Incident] = field(default_factory=list)
    after: list[Incident] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def usage(self) -> Usage:
        """What the turn used, model calls inside its tools included."""
        used = Usage() if self.record.reply is None else self.record.reply.usage
        for call in self.record.calls:
            used += call.usage
        return used

    @property
    def troubled(self) -> bool:
        """Whether something in it went wrong: a failure, a refusal, a call that gave nothing, a reply cut off."""
        failed = any(isinstance(incident, ModelFailed) for incident in [*self.before, *self.after])
        stopped = self.record.reply is None or self.record.reply.stop != "done"
        return failed or stopped or any(c.finished is None or c.finished.outcome != "ok" for c in self.record.calls)


@dataclass
class Story:
    """A run as people read it.

    Attributes:
        marks: Places a person marked.
        steps: Its steps.
        loose: Calls made without an agent, with what memory learned from them.
        opening: What happened before the first step, in order.
        closing: What a person said after the last step.
    """

    marks: list[ObjectSeen]
    steps: list[StepStory]
    loose: list[tuple[CallRecord, list[Change]]]
    opening: list[Incident]
    closing: list[Incident]


def tell(ws: Workspace) -> Story:
    """Arrange a run for people."""
    records = iter(ws.steps)
    story = Story([], [], [], [], [])
    pending: list[Incident] = []  # what a person says belongs to the step that reads it
    replied = 0
    for event in ws.events:
        match event:
            case StepComposed():
                story.steps.append(StepStory(next(records), before=pending))
                pending = []
            case PersonSaid():
                pending.append(event)
            case ModelFailed() | RunResumed():
                _around(story, replied == len(story.steps)).append(event)
            case FactStated(fact=ObjectSeen() as mark):
                story.marks.append(mark)
            case _ if event.type == "model_replied":
                replied = len(story.steps)
            case _:
                pass
    story.closing = pending
    plan: list[PlanItem] = []
    in_steps = set()
    for step in story.steps:
        for outer in step.record.calls:
            for call in with_inner(outer):
                in_steps.add(call.call.id)
                plan = _learn(ws, call, plan, step.changes)
    for name, outer in ws.calls.items():
        if name not in in_steps:
            changes: list[Change] = []
            for call in with_inner(outer):
                in_steps.add(call.call.id)
                plan = _learn(ws, call, plan, changes)
            story.loose.append((outer, changes))
    return story


def with_inner(record: CallRecord) -> Iterator[CallRecord]:
    """A call after those that a program made inside it, as they took effect."""
    for inner in record.inner:
        yield from with_inner(inner)
    yield record


def _around(story: Story, replied: bool) -> list[Incident]:
    if not story.steps:
        return story.opening
    return story.steps[-1].after if replied else story.steps[-1].before


def _learn(ws: Workspace, call: CallRecord, plan: list[PlanItem], changes: list[Change]) -> list[PlanItem]:
    """Append what memory learned from a call; returns the plan as it then stands."""
    if call.finished is None or not call.committed:
        return plan
    for fact in call.finished.facts:
        match fact:
            case PlanRevised():
                before = {item.text: item.done for item in plan}
                changes.append(
                    PlanChange(
                        tuple(
                            PlanLine(item, item.text not in before, item.done and not before.get(item.text, False))
                            for item in fact.items
                        )
                    )
                )
                plan = list(fact.items)
            case ObjectSeen():
                handle = call.handles.get(fact.object, fact.object)
                picture = number_new(fact.picture, call.handles)
                changes.append(fact.model_copy(update={"object": handle, "picture": picture}))
            case NoteAdded() | PictureRecalled():
                changes.append(fact)
            case ObjectPlaced() | ObjectFaces() | ObjectsMatched() | ScaleStated() | AreaIgnored():
                changes.append(SpaceChange(_in_space(fact.renamed(call.handles, call.handles))))
            case _:
                pass  # of programs, told together below
    changes.extend(revision_changes(ws, call))
    return plan


def _in_space(fact: ObjectPlaced | ObjectFaces | ObjectsMatched | ObjectParted | ScaleStated | AreaIgnored) -> str:
    match fact:
        case ObjectPlaced():
            return f"{fact.object} located in {fact.cloud}, on {fact.points} points ({fact.source})"
        case ObjectFaces(verdict="found"):
            turned = f"{fact.azimuth:.0f} +- {fact.error:.0f} degrees from where the camera of {fact.picture} looks"
            return f"{fact.object}: its {fact.attribute} points {turned} ({fact.source})"
        case ObjectFaces():
            return f"{fact.object}: its {fact.attribute} is {fact.verdict} ({fact.source})"
        case ObjectsMatched():
            return f"{', '.join(fact.objects)} are one thing ({fact.source})"
        case ObjectParted():
            return f"what {', '.join(fact.pictures)} show is not {fact.object} but another thing ({fact.source})"
        case ScaleStated():
            return f"one unit of {fact.cloud} is {fact.metres:.4g} m ({fact.because})"
        case AreaIgnored():
            return f"a part of {fact.picture} is left out of reconstructions: {fact.reason} ({fact.mask})"
        case _:
            assert_never(fact)


@dataclass(frozen=True)
class Place:
    """A place named in a text: `box` or `path`, the picture's handle, points (x, y) in its stored pixels."""

    kind: str
    handle: str
    points: tuple[tuple[float, float], ...]


def split_places(text: str) -> Iterator[str | Place]:
    """A result's text taken apart into words and places.

    A reference that is damaged stays as words, with its brackets replaced.
    """
    safe = text.replace("\0", "")
    try:
        found = places(safe)
    except ValueError:
        yield plain(safe)
        return
    words = fill(safe, lambda handle, points: "\0").split("\0")
    for index, piece in enumerate(words):
        if piece:
            yield piece
        if index < len(found):
            kind, handle, points = found[index]
            yield Place(kind, handle, tuple(points))


def place_of(seen: ObjectSeen) -> Place | None:
    """Where an object was seen, or None where only the picture is known."""
    if seen.box is not None:
        x0, y0, x1, y1 = seen.box
        return Place("box", seen.picture, ((x0, y0), (x1, y1)))
    if seen.point is not None:
        return Place("path", seen.picture, (seen.point,))
    return None


def written(place: Place) -> str:
    """A place for people: stored pixels, one decimal at most."""
    return stored_pixels(place.handle, list(place.points))


def in_stored_pixels(text: str) -> str:
    """A result's text with its places in stored pixels."""
    return "".join(piece if isinstance(piece, str) else written(piece) for piece in split_places(text))
