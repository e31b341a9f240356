"""What a run knows: journal, artifacts, scene map, plan, notes, and what of it a model sees next."""

from __future__ import annotations

from sightline.memory.artifacts import Artifact, Draft, ParentLink, StoredArtifact
from sightline.memory.context import ContextPolicy, choose_window, old_lines, status_lines
from sightline.memory.errors import (
    InfrastructureError,
    InputError,
    InstrumentLimit,
    ModelMistake,
    SightlineError,
)
from sightline.memory.events import (
    Answered,
    ArtifactAdded,
    Call,
    CallsCommitted,
    Event,
    FactStated,
    ModelFailed,
    ModelReplied,
    Outcome,
    ParentPosition,
    PersonSaid,
    RunResumed,
    RunStarted,
    StepComposed,
    ToolFinished,
    ToolStarted,
    Usage,
)
from sightline.memory.facts import Fact, NoteAdded, ObjectSeen, PictureRecalled, PlanItem, PlanRevised
from sightline.memory.journal import Journal, read_events
from sightline.memory.runs import branch_run, find_run, list_runs, new_run_folder, runs_folder
from sightline.memory.scene import SceneMap, SceneObject, Sighting
from sightline.memory.steps import CallRecord, StepRecord
from sightline.memory.workspace import Picture, Workspace

__all__ = [
    "Answered",
    "Artifact",
    "ArtifactAdded",
    "Call",
    "CallRecord",
    "CallsCommitted",
    "ContextPolicy",
    "Draft",
    "Event",
    "Fact",
    "FactStated",
    "InfrastructureError",
    "InputError",
    "InstrumentLimit",
    "Journal",
    "ModelFailed",
    "ModelMistake",
    "ModelReplied",
    "NoteAdded",
    "ObjectSeen",
    "Outcome",
    "ParentLink",
    "ParentPosition",
    "PersonSaid",
    "Picture",
    "PictureRecalled",
    "PlanItem",
    "PlanRevised",
    "RunResumed",
    "RunStarted",
    "SceneMap",
    "SceneObject",
    "Sighting",
    "SightlineError",
    "StepComposed",
    "StepRecord",
    "StoredArtifact",
    "ToolFinished",
    "ToolStarted",
    "Usage",
    "Workspace",
    "branch_run",
    "choose_window",
    "find_run",
    "list_runs",
    "new_run_folder",
    "old_lines",
    "read_events",
    "runs_folder",
    "status_lines",
]
