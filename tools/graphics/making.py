"""A new revision: kept, run, drawn, and scored against the target, in one go."""

from __future__ import annotations

from sightline.memory import (
    Draft,
    Fact,
    InfrastructureError,
    InstrumentLimit,
    ModelMistake,
    ProgramDraft,
    ProgramFailed,
    ProgramRendered,
    ProgramScored,
    ProgramWritten,
    Workspace,
    change_in_words,
)
from sightline.memory.refs import plain
from sightline.tools.contract import ToolResult
from sightline.tools.graphics.engines import Engine, Rendered, RenderRequest
from sightline.tools.graphics.metrics import PictureScores, score_pictures
from sightline.tools.graphics.scenes import SUFFIXES, start_file, target_of

PRINTED = 1500
"""Characters of what a program printed that are told, its end."""


def revise(workspace: Workspace, engine: Engine, text: str, thought: str, parent: str, start: str) -> ToolResult:
    """Keep a program as the next revision, run it, draw its picture, and score that against the target.

    A program that fails is kept as well, and the call fails with its reason.

    Args:
        workspace: The run.
        engine: What draws it.
        text: The program.
        thought: Why it was written.
        parent: Handle of the program it was made from; "" for none.
        start: Handle of the file that it goes on from; "" for none.
    """
    draft = ProgramDraft(text, SUFFIXES[engine.language], f"program for {engine.name}")
    written = ProgramWritten(program=str(draft), engine=engine.name, parent=parent, start=start, thought=thought)
    change = f" ({change_in_words(workspace.program(parent), text)} from {parent})" if parent else ""
    said = f"{draft} is kept: {len(text.splitlines())} lines for {engine.name}{change}."
    target = target_of(workspace)
    wanted = RenderRequest(size=None if target is None else target.size)
    try:
        rendered = engine.render(text, wanted, start_file(workspace, start))
    except (ModelMistake, InstrumentLimit, InfrastructureError) as error:
        failed = ProgramFailed(program=str(draft), problem=plain(error.message))
        return ToolResult(said, programs=[draft], facts=[written, failed], failure=error)
    picture = Draft(rendered.pixels, f"what {draft} shows", data=picture_data(rendered))
    facts, lines = own_picture(workspace, str(draft), picture)
    text = "\n".join([f"{said} It shows {picture}.", *lines, *told(rendered)])
    return ToolResult(text, [picture], [written, *facts], programs=[draft])


def own_picture(workspace: Workspace, program: str, picture: Draft) -> tuple[list[Fact], list[str]]:
    """What memory learns, and a model is told, of a program's own picture: its scores, where there is a target.

    Args:
        workspace: The run.
        program: Handle of the program, or a reference to a new one.
        picture: By its own camera, with nothing hidden.
    """
    facts: list[Fact] = [ProgramRendered(program=program, picture=str(picture), own=True)]
    target = target_of(workspace)
    if target is None:
        return facts, []
    scores = score_pictures(picture.pixels, target.pixels)
    facts.append(ProgramScored(program=program, target=target.handle, scores=scores.known()))
    return facts, [f"Against {target.handle}: {scores.describe()}. {_standing(workspace, scores)}"]


def picture_data(rendered: Rendered) -> dict[str, object]:
    """What is kept of a render beside its pixels."""
    return {} if rendered.frame is None else {"frame": rendered.frame}


def told(rendered: Rendered) -> list[str]:
    """What a render has to say beside its picture: notes, and the end of what the program printed."""
    lines = [f"Note: {plain(note)}." for note in rendered.notes]
    if printed := rendered.printed.strip():
        cut = "..." if len(printed) > PRINTED else ""
        lines.append(f"It printed:\n{cut}{plain(printed[-PRINTED:])}")
    return lines


def _standing(workspace: Workspace, scores: PictureScores) -> str:
    """How a new score compares with the best so far."""
    best = workspace.revisions.best
    if best is None or best.loss is None:
        return "This is the first with a picture."
    if scores.photometric_loss < best.loss:
        return f"This is the lowest loss so far ({best.handle} had {best.loss:.3g})."
    return f"{best.handle} is still the best, with a loss of {best.loss:.3g}."
