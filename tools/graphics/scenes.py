"""What graphics tools work on: the engine, the file to start from, the target, and the current program of a run."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.memory import ModelMistake, Picture, Program, Workspace
from sightline.tools.graphics.engines import ENGINES, Engine, SceneReport, StartFile, find_engine

SUFFIXES = {"python": ".py", "svg": ".svg"}
"""Ending of a program's file, by the language of its engine."""


def engine_of(workspace: Workspace, named: str = "") -> Engine:
    """The engine that a new program is for: the one named, else the current program's, else the run's.

    Raises:
        ModelMistake: None of these says which.
    """
    now = workspace.revisions.now
    chosen = named or (now.engine if now is not None else "") or run_engine(workspace)
    if not chosen:
        raise ModelMistake("nothing says which engine the program is for.", f"Give `engine`: {', '.join(ENGINES)}.")
    return find_engine(chosen)


def run_engine(workspace: Workspace) -> str:
    """The engine that the person named, or that their start file is for; "" where neither says."""
    if workspace.started is not None and workspace.started.engine:
        return workspace.started.engine
    start = start_handle(workspace)
    return str(workspace.artifacts[start].data["engine"]) if start else ""


def start_handle(workspace: Workspace) -> str:
    """Handle of the person's file that programs go on from; "" for an empty scene."""
    return next((handle for handle in workspace.inputs if workspace.artifacts[handle].kind == "start"), "")


def start_file(workspace: Workspace, handle: str) -> StartFile | None:
    """The file behind the handle; None for ""."""
    if not handle:
        return None
    artifact = workspace.artifacts[handle]
    # Its own name may tell what it shows: a program is given a plain one.
    return StartFile(workspace.path(handle).read_bytes(), artifact.suffix, f"start{artifact.suffix}")


def target_of(workspace: Workspace) -> Picture | None:
    """The picture that programs are scored against: the person's first one; None where they gave none."""
    handles = (handle for handle in workspace.inputs if workspace.artifacts[handle].kind == "input")
    return next((workspace.picture(handle) for handle in handles), None)


def program_in_hand(workspace: Workspace, given: Program | None = None) -> Program:
    """The program named, or the current one.

    Raises:
        ModelMistake: There is none yet, or the one named was undone.
    """
    revisions = workspace.revisions
    if given is None:
        if not revisions.current:
            raise ModelMistake("there is no program yet.", "Write one with write_program.")
        return Program(revisions.current, workspace)
    if given.revision.undone:
        kept = ", ".join(revision.handle for revision in revisions.kept[-12:]) or "none"
        raise ModelMistake(f"{given.handle} was undone.", f"Programs kept: {kept}.")
    return given


def inspected(workspace: Workspace, program: Program, frame: int | None = None) -> SceneReport:
    """What is in a program's scene now.

    Raises:
        ModelMistake: The program fails.
        InstrumentLimit: It crashes or runs past a limit.
    """
    revision = program.revision
    return find_engine(revision.engine).inspect(program.text, start_file(workspace, revision.start), frame)


def check_names(report: SceneReport, names: Sequence[str]) -> None:
    """Refuse names that nothing in the scene has.

    Raises:
        ModelMistake: One is not there; names those there are.
    """
    for name in names:
        report.find(name)
