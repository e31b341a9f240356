"""Tools over what the run knows: the plan, notes, and pictures that have left the model's view."""

from __future__ import annotations

from sightline.memory import ModelMistake, NoteAdded, Picture, PictureRecalled, PlanItem, PlanRevised
from sightline.memory.refs import plain
from sightline.tools.contract import ToolResult, tool


@tool(
    family="memory",
    parallel_safe=False,
    example={"steps": ["find both mugs", "measure their distance to the edge"], "done": [1]},
)
def plan(steps: list[str], done: list[int] | None = None) -> ToolResult:
    """Write down or revise your plan. It stays in view; it replaces the plan before.

    Args:
        steps: The steps in order, each a short sentence.
        done: Numbers of the steps that are done, counted from 1.
    """
    if not steps or not all(step.strip() for step in steps):
        raise ModelMistake("a plan needs at least one step, none of them empty.", "Give short sentences.")
    finished = set(done or [])
    if beyond := sorted(n for n in finished if not 1 <= n <= len(steps)):
        raise ModelMistake(f"the plan has no step {beyond[0]}.", f"Its steps are numbered 1 to {len(steps)}.")
    items = [PlanItem(text=step.strip(), done=number in finished) for number, step in enumerate(steps, start=1)]
    return ToolResult(f"Plan written: {len(items)} steps, {len(finished)} done.", facts=[PlanRevised(items=items)])


@tool(family="memory", parallel_safe=False, example={"text": "view1 shows a handle: obj2 is a door"})
def note(text: str) -> ToolResult:
    """Write down a finding in one sentence. Notes stay in view when pictures and old results leave it.

    Args:
        text: What you found, naming handles.
    """
    if not text.strip():
        raise ModelMistake("the note is empty.", "Give one sentence.")
    return ToolResult(f"Noted: {plain(text.strip())}", facts=[NoteAdded(text=text.strip())])


@tool(family="memory", parallel_safe=False, example={"image": "img1"})
def recall(image: Picture) -> ToolResult:
    """Show a picture again that has left your view.

    Args:
        image: The picture to see.
    """
    about = f" ({image.artifact.title})" if image.artifact.title else ""
    return ToolResult(f"{image.handle}{about} is shown again.", facts=[PictureRecalled(picture=image.handle)])


TOOLS = [plan, note, recall]
"""The family, in the order it is listed."""
