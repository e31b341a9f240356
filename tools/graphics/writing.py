"""Tools that write programs, change them, and take them back."""

from __future__ import annotations

from typing import Literal

from sightline.memory import ModelMistake, Program, RevisionsUndone
from sightline.memory.refs import plain
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.graphics.editing import replace_blocks
from sightline.tools.graphics.engines import find_engine
from sightline.tools.graphics.making import revise
from sightline.tools.graphics.scenes import engine_of, program_in_hand, start_handle

RENDER_TIME = 180.0
"""Seconds a call that draws may take: the engine's own limit is shorter and told in words."""


@tool(
    family="graphics",
    parallel_safe=False,
    time_limit=RENDER_TIME,
    example={
        "thought": "a red disc on white, to begin with",
        "program": '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">\n'
        '<circle id="disc" cx="32" cy="32" r="20" fill="#c02020"/>\n</svg>\n',
        "engine": "svg",
    },
)
def write_program(
    context: ToolContext,
    thought: str,
    program: str,
    engine: Literal["", "blender", "slides", "svg", "plot"] = "",
) -> ToolResult:
    """Write a whole program. It is kept as a revision, run, drawn by its own camera, and scored against the target.

    A program describes the whole scene, from an empty one or from the start file. One that fails is kept too; you are
    told the line and the reason. To change a few lines, edit_program is shorter.

    Args:
        context: What the call may use.
        thought: In a sentence, what this revision is to achieve.
        program: The complete program: Python, or an SVG document.
        engine: What runs it; the current program's, or the run's, if left out.
    """
    if not program.strip():
        raise ModelMistake("the program is empty.", "Write the whole program.")
    ws = context.workspace
    chosen = engine_of(ws, engine)
    now = ws.revisions.now
    parent = now.handle if now is not None and now.engine == chosen.name else ""
    start = start_handle(ws)
    takes = bool(start) and ws.artifacts[start].data["engine"] == chosen.name
    return revise(ws, chosen, program, thought, parent, start if takes else "")


@tool(
    family="graphics",
    parallel_safe=False,
    time_limit=RENDER_TIME,
    example={"thought": "the disc is larger", "search": ['r="20"'], "replace": ['r="24"']},
)
def edit_program(
    context: ToolContext, thought: str, search: list[str], replace: list[str], base: Program | None = None
) -> ToolResult:
    """Change blocks of a program. The result is a new revision: kept, run, drawn and scored like a written one.

    Each block must stand in the program exactly once, spaces included; otherwise nothing is changed, and you are told
    the nearest lines.

    Args:
        context: What the call may use.
        thought: In a sentence, what this change is to achieve.
        search: Blocks of one or more whole lines, or parts of a line, as they stand in the program.
        replace: What to put in the place of each, in the same order; an empty text removes a block.
        base: The program to change; the current one if left out.
    """
    ws = context.workspace
    before = program_in_hand(ws, base)
    text = replace_blocks(before.text, search, replace)
    revision = before.revision
    return revise(ws, find_engine(revision.engine), text, thought, before.handle, revision.start)


@tool(family="graphics", parallel_safe=False, example={"because": "the disc should stay small"})
def undo(context: ToolContext, because: str, back_to: Program | None = None) -> ToolResult:
    """Take back the latest revision, or all after a given one. They leave your view and no longer count.

    Args:
        context: What the call may use.
        because: In a sentence, what was wrong with them; this stays in view.
        back_to: The program to go back to; the one before the current one if left out.
    """
    ws = context.workspace
    now = program_in_hand(ws)
    kept = ws.revisions.kept
    goal = now.revision.parent if back_to is None else program_in_hand(ws, back_to).handle
    gone = kept[kept.index(now.revision) if back_to is None else kept.index(back_to.revision) + 1 :]
    if not gone:
        raise ModelMistake(f"nothing was written after {goal}.", "Name an earlier program, or leave it out.")
    if gone[0].handle in ws.inputs:
        raise ModelMistake(f"{gone[0].handle} is what you were given to begin with.", "Change it with edit_program.")
    listed = ", ".join(revision.handle for revision in gone)
    again = f"{goal} is the current program again." if goal else "There is no program now."
    fact = RevisionsUndone(programs=[revision.handle for revision in gone], back_to=goal, because=because)
    are = "is" if len(gone) == 1 else "are"
    return ToolResult(f"{listed} {are} undone ({plain(because.strip())}). {again}", facts=[fact])
