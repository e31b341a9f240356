"""The fold of a journal: what its events, one after the other, make of what a run knows. Reads and writes no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.transforms import PictureTransform
from sightline.memory.artifacts import Artifact, HandleCounter
from sightline.memory.events import (
    Answered,
    ArtifactAdded,
    Call,
    CallsCommitted,
    Event,
    FactStated,
    ModelFailed,
    ModelReplied,
    PersonSaid,
    RunResumed,
    RunStarted,
    StepComposed,
    ToolFinished,
    ToolStarted,
    Usage,
)
from sightline.memory.facts import (
    AreaIgnored,
    Fact,
    NoteAdded,
    ObjectFaces,
    ObjectParted,
    ObjectPlaced,
    ObjectSeen,
    ObjectsMatched,
    PictureRecalled,
    PlanItem,
    PlanRevised,
    ProgramFailed,
    ProgramInspected,
    ProgramJudged,
    ProgramRendered,
    ProgramScored,
    ProgramWritten,
    RevisionsUndone,
    ScaleStated,
    ViewSet,
)
from sightline.memory.refs import number_data, number_new
from sightline.memory.revisions import Revisions
from sightline.memory.scene import SceneMap
from sightline.memory.steps import CallRecord, StepRecord


class Fold:
    """What a run knows after some of its events.

    Attributes:
        events: All events so far.
        started: How the run began; None in a workspace used without an agent.
        artifacts: By handle, in the order they were numbered.
        scene: The objects known.
        scales: What a unit of a reconstruction was stated to be, the latest by handle.
        ignored: Parts of pictures that reconstructions must not use, by handle of the picture.
        revisions: Graphics programs, and what became of each.
        plan: The plan as last revised.
        notes: Findings, oldest first.
        steps: The run's steps.
        calls: Every tool call by id, also those made without an agent, or by a program inside another call.
        answer: The answer, once there is one.
        failure: Why the model could not be asked, until it could again.
        usage: What model calls used so far, those inside tools included.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.started: RunStarted | None = None
        self.artifacts: dict[str, Artifact] = {}
        self.scene = SceneMap()
        self.scales: dict[str, ScaleStated] = {}
        self.ignored: dict[str, list[AreaIgnored]] = {}
        self.revisions = Revisions()
        self.plan: list[PlanItem] = []
        self.notes: list[str] = []
        self.steps: list[StepRecord] = []
        self.calls: dict[str, CallRecord] = {}
        self.answer: Answered | None = None
        self.failure: ModelFailed | None = None
        self.usage = Usage()
        self._handles = HandleCounter()
        self._pending_notices: list[str] = []

    def apply(self, event: Event) -> None:
        """Let one event take effect."""
        self.events.append(event)
        match event:
            case RunStarted():
                self.started = event
            case ArtifactAdded():
                self._number(event.artifact)
            case FactStated():
                self._learn(event.fact)
            case StepComposed():
                self.steps.append(StepRecord(event.step, event, notices=self._pending_notices))
                self._pending_notices = []
            case ModelReplied():
                self.failure = None
                step = self.steps[-1]
                step.reply = event
                step.calls = [CallRecord(call) for call in event.calls]
                self.calls.update({record.call.id: record for record in step.calls})
                self.usage += event.usage
            case ToolStarted():
                self._start(event)
            case ToolFinished():
                self.calls[event.call].finished = event
                self.usage += event.usage
            case CallsCommitted():
                self._commit(event)
            case Answered():
                self.answer = event
            case ModelFailed():
                self.failure = event
            case PersonSaid():
                self._pending_notices.append(event.text)
            case RunResumed():
                pass
            case _:
                assert_never(event)

    def _start(self, event: ToolStarted) -> None:
        """A call made without an agent, or by a program, has no reply that announced it."""
        if event.call in self.calls:
            return
        call = Call(id=event.call, provider_id=event.call, name=event.tool, arguments=event.arguments)
        record = self.calls[event.call] = CallRecord(call)
        if event.parent:
            self.calls[event.parent].inner.append(record)

    def _commit(self, event: CallsCommitted) -> None:
        for call in event.calls:
            record = self.calls[call]
            finished = record.finished
            assert finished is not None, f"the journal commits call {call} before it ended"
            record.committed = True
            record.handles = event.handles
            for stored in finished.artifacts:
                fields = stored.model_dump()
                fields["title"] = number_new(stored.title, event.handles)
                fields["data"] = number_data(stored.data, event.handles)
                fields["parents"] = [
                    {**link, "handle": number_new(link["handle"], event.handles)} for link in fields["parents"]
                ]
                self._number(Artifact(**fields, handle=event.handles[stored.key], made_by=call))
            for fact in finished.facts:
                self._learn(fact.renamed(event.handles, event.handles))

    def _number(self, artifact: Artifact) -> None:
        self.artifacts[artifact.handle] = artifact
        self._handles.taken(artifact.handle)

    def _learn(self, fact: Fact) -> None:
        match fact:
            case PlanRevised():
                self.plan = list(fact.items)
            case NoteAdded():
                self.notes.append(fact.text)
            case ObjectSeen():
                self._handles.taken(fact.object)
                self.scene.see(fact)
            case ObjectPlaced():
                self.scene.place(fact)
            case ObjectFaces():
                self.scene.face(fact)
            case ObjectsMatched():
                self.scene.match(fact)
            case ObjectParted():
                self.scene.part(fact)
            case ScaleStated():
                self.scales[fact.cloud] = fact
            case AreaIgnored():
                self.ignored.setdefault(fact.picture, []).append(fact)
            case PictureRecalled():
                pass  # shown by the step that recalled it, see CallRecord.shown
            case (
                ProgramWritten()
                | ProgramRendered()
                | ProgramFailed()
                | ProgramScored()
                | ProgramJudged()
                | ProgramInspected()
                | RevisionsUndone()
                | ViewSet()
            ):
                self.revisions.learn(fact)
            case _:
                assert_never(fact)

    @property
    def pictures(self) -> list[str]:
        """Handles of all pictures, oldest first."""
        return [h for h, a in self.artifacts.items() if a.is_picture]

    @property
    def inputs(self) -> list[str]:
        """Handles of what the person gave, in order."""
        return [h for h, a in self.artifacts.items() if a.made_by == "person"]

    @property
    def notices(self) -> list[str]:
        """What a person has added and no step has shown to the model yet."""
        return list(self._pending_notices)

    @property
    def begun(self) -> bool:
        """Whether the run has started and has all its inputs: one killed before that cannot be gone on with."""
        stated = sum(isinstance(event, FactStated) for event in self.events)
        return self.started is not None and len(self.inputs) + stated >= self.started.given

    def to_input(self, handle: str, points: NDArray[np.float64]) -> tuple[str, NDArray[np.float64]]:
        """Where points of a derived picture lie in the input it comes from.

        Follows the first parent that holds all the points, up to a picture without parents.

        Args:
            handle: A picture.
            points: (N, 2) in its stored pixels.

        Returns:
            The handle of the oldest ancestor reached, and the (N, 2) points in its stored pixels.
        """
        while parents := self.artifacts[handle].parents:
            link = next((p for p in parents if p.region is None or _inside(points, p.region)), None)
            if link is None:
                break
            points = PictureTransform.from_json(link.transform).to_parent(points)
            handle = link.handle
        return handle, points

    def in_original(self, handle: str, place: Sequence[float]) -> tuple[str, tuple[float, ...]] | None:
        """A point (x, y) or box (x0, y0, x1, y1) of a derived picture, in the input it comes from.

        Returns:
            The input's handle and the place in its stored pixels (for a box, the upright one that encloses it), or
            None where the picture is an input itself.
        """
        x, y = list(place[0::2]), list(place[1::2])
        corners = [(x[0], y[0])] if len(place) == 2 else [(a, b) for a in x for b in y]
        origin, points = self.to_input(handle, np.asarray(corners, dtype=np.float64))
        if origin == handle:
            return None
        if len(place) == 2:
            return origin, tuple(float(v) for v in points[0])
        return origin, tuple(float(v) for v in (*points.min(axis=0), *points.max(axis=0)))


def _inside(points: NDArray[np.float64], region: tuple[float, float, float, float]) -> bool:
    low, high = np.asarray(region[:2]), np.asarray(region[2:])
    return bool(np.all((points >= low) & (points <= high)))
