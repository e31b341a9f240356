"""A revision as files for a person: a program that gives its picture without Sightline, and what it starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sightline.memory import InputError, Workspace
from sightline.tools.graphics.engines import RenderRequest, find_engine
from sightline.tools.graphics.scenes import SUFFIXES, start_file, target_of


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        program: The program; its first lines say how to run it.
        start: The file that it goes on from, beside it; None where it starts from nothing.
    """

    program: Path
    start: Path | None


def export_revision(workspace: Workspace, folder: Path, handle: str = "") -> Exported:
    """Write a revision's program, as one that runs by itself, into a folder.

    Args:
        workspace: The run.
        folder: Made if it is not there; files of the same names are replaced.
        handle: Of the revision; the best one for "".

    Raises:
        InputError: There is no such revision.
    """
    revisions = workspace.revisions
    chosen = revisions.every.get(handle) if handle else revisions.best
    if chosen is None:
        known = ", ".join(revisions.every) or "none"
        what = f"no program {handle}" if handle else "no program that gave a picture"
        raise InputError(f"The run {workspace.folder.name} has {what}.", f"Its programs: {known}.")
    engine = find_engine(chosen.engine)
    target = target_of(workspace)
    start = start_file(workspace, chosen.start)
    wanted = RenderRequest(size=None if target is None else target.size)
    text = engine.export(workspace.program(chosen.handle), wanted, start)
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / f"{chosen.handle}{SUFFIXES[engine.language]}"
    program.write_text(text, encoding="utf-8")
    beside = None
    if start is not None:
        beside = folder / start.name
        beside.write_bytes(start.content)
    return Exported(program, beside)
