"""What a person gives graphics programs to start from: a file, a program, or both; and what is told of engines."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sightline.memory import InputError, Workspace
from sightline.memory.input_files import read_input

LARGEST = 128 << 20
"""Bytes of a start file."""
LARGEST_PROGRAM = 200_000
PROGRAMS = (".py", ".svg")
"""Endings of programs; a start with another is a file that programs go on from."""

_MARKS = {
    "blender": r"^\s*(?:import|from)\s+bpy\b",
    "slides": r"^\s*(?:import|from)\s+pptx\b",
    "plot": r"\bmatplotlib\b",
}
"""What tells a Python program's engine."""


@dataclass(frozen=True)
class Start:
    """One start as it was read.

    Attributes:
        content: Its bytes.
        suffix: Its ending with the dot, lower case.
        engine: What draws it.
        name: Its base name, for the person.
    """

    content: bytes
    suffix: str
    engine: str
    name: str

    @property
    def is_program(self) -> bool:
        """Whether it is a program itself."""
        return self.suffix in PROGRAMS

    @property
    def events(self) -> int:
        """How many inputs and facts of a run it becomes."""
        return 2 if self.is_program else 1

    def add_to(self, workspace: Workspace) -> None:
        """Make it an input of a run; a program goes on from the file that was added before it."""
        if not self.is_program:
            workspace.add_start(self.content, self.suffix, self.engine, self.name)
            return
        files = (handle for handle in workspace.inputs if workspace.artifacts[handle].kind == "start")
        text = self.content.decode("utf-8")
        workspace.add_program(text, self.suffix, self.engine, name=self.name, start=next(files, ""))


def read_starts(paths: Sequence[str | os.PathLike[str]], engine: str | None, usable: bool) -> list[Start]:
    """Read what a person gives to start from, the file before the program.

    Args:
        paths: One file, one program, or one of each for the same engine.
        engine: What the person says draws them.
        usable: Whether the agent has the tools for it.

    Raises:
        InputError: They cannot be used; says why.
    """
    from sightline.tools.graphics.engines import ENGINES

    if not usable:
        if paths or engine:
            raise InputError(
                "A start file or an engine is for graphics programs, which this agent has no tools for.",
                "Use the strategy inverse_graphics, or name the tools graphics.",
            )
        return []
    if engine is not None and engine not in ENGINES:
        raise InputError(f"There is no engine {engine!r}.", f"There are: {', '.join(ENGINES)}.")
    starts = sorted((_read(path, engine) for path in paths), key=lambda start: start.is_program)
    if len({start.is_program for start in starts}) < len(starts):
        raise InputError("A run starts from one file and one program at most.", "Give fewer.")
    if len({start.engine for start in starts}) > 1:
        raise InputError(
            f"{starts[0].name} is for {starts[0].engine} and {starts[1].name} for {starts[1].engine}.",
            "Give two for the same engine.",
        )
    return starts


def _read(path: str | os.PathLike[str], engine: str | None) -> Start:
    content, shown, file = read_input(path, "start file", LARGEST)
    suffix = file.suffix.lower()
    text = ""
    if suffix in PROGRAMS:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise InputError(f"{shown} is no text.", "Give a program in UTF-8.") from None
        if len(text) > LARGEST_PROGRAM:
            raise InputError(f"{shown} has {len(text):,} characters.", f"A program has {LARGEST_PROGRAM:,} at most.")
    return Start(content, suffix, _engine_for(suffix, text, engine), file.name)


def _engine_for(suffix: str, text: str, named: str | None) -> str:
    """The engine of a start, by its ending, by what it imports, or by what the person says."""
    from sightline.tools.graphics.engines import ENGINES, find_engine

    if suffix == ".py":
        fitting = [name for name, mark in _MARKS.items() if re.search(mark, text, re.MULTILINE)]
        found = named or (fitting[0] if fitting else "")
        if not found or find_engine(found).language != "python":
            python = [name for name in ENGINES if find_engine(name).language == "python"]
            raise InputError("Nothing says which engine the start program is for.", f"Name one: {', '.join(python)}.")
        return found
    takes = {engine.start_suffix: engine.name for engine in map(find_engine, ENGINES) if engine.start_suffix}
    if suffix not in takes:
        raise InputError(f"No engine starts from a {suffix or 'nameless'} file.", f"Give {', '.join([*takes, '.py'])}.")
    if named is not None and named != takes[suffix]:
        raise InputError(f"A {suffix} file is for {takes[suffix]}, not for {named}.", "Leave the engine out.")
    return takes[suffix]


def engine_notes(workspace: Workspace) -> str:
    """What a model must know to write programs: of the run's engine where it has one, else of all."""
    from sightline.tools.graphics.engines import ENGINES, find_engine
    from sightline.tools.graphics.scenes import run_engine

    first = next(iter(workspace.revisions.every.values()), None)
    given = first.engine if first is not None and first.handle in workspace.inputs else ""
    chosen = run_engine(workspace) or given
    names = [chosen] if chosen else list(ENGINES)
    return "\n\n".join(f"Engine `{name}`:\n{find_engine(name).notes.strip()}" for name in names)
