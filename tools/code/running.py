"""`run_python`: code as an action. A cell computes with what the run has, and calls the other tools as functions."""

from __future__ import annotations

from sightline.memory import CallRecord, InstrumentLimit, ModelMistake, SightlineError
from sightline.tools.characters import from_outside
from sightline.tools.code.cells import Cells, said_by
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.sandbox.kernel import CellEnded

MOST_CODE = 64_000
"""Characters of a cell."""

EXAMPLE = """\
import numpy as np
picture = image("img1")
print(picture.shape, picture.mean(axis=(0, 1)).round())"""


@tool(family="code", parallel_safe=False, time_limit=1800.0, example={"code": EXAMPLE})
async def run_python(context: ToolContext, code: str, thought: str = "") -> ToolResult:
    """Run a cell of Python. Variables stay for later cells; what it prints and its last line's value are shown.

    Every tool is a function: r = distance("obj1", "obj2"); r.text, r.value (a float with low, high, unit, kind),
    r.values, r.handles, r.picture, r.cloud, r.depth, r.mask, r.objects, r.facts, r.places. A failure raises
    ToolMistake, ToolLimit or ToolUnavailable. help(distance) describes it. Pictures made in a cell are seen only when
    shown: show(handle, array or figure, title).

    image("img1") is (H, W, 3) uint8, arrays("depth1") a dictionary, reconstruction("cloud1") cameras and points;
    objects() and about(handle) say what is known. numpy, scipy, networkx, sympy, PIL, matplotlib and
    sightline.geometry can be imported.

    In cells all places are [x, y] and [x0, y0, x1, y1] in stored pixels, as arrays are: to_pixels("img1", place) turns
    what you read off a picture into them, from_pixels back. No network, no other files; 60 seconds, tools not counted.

    Args:
        context: What the call may use.
        code: The cell.
        thought: What it is to find out, in a sentence.
    """
    if not code.strip():
        raise ModelMistake("the cell is empty.", "Write some Python.")
    if len(code) > MOST_CODE:
        raise ModelMistake(f"the cell has {len(code)} characters.", f"Keep to {MOST_CODE}, in several cells.")
    cells = context.session.opened("cells", Cells, Cells)
    ended, note, inner = await cells.run(context, code)
    parts = [note, from_outside(said_by(ended)), _made(inner.made)]
    text = "\n".join(part for part in parts if part)
    if failure := _failure(ended):
        return ToolResult(text, failure=failure)
    return ToolResult(text or "The cell ran; it printed nothing, and its last line has no value.")


def _failure(ended: CellEnded) -> SightlineError | None:
    """What went wrong, after what the cell had printed."""
    if ended.state == "interrupted":
        return InstrumentLimit(f"{ended.reason}. Its variables are kept.")
    if ended.state == "lost":
        return InstrumentLimit(f"{ended.reason}. The variables of all cells are gone.")
    if ended.error:
        return ModelMistake(f"the cell ended with an error.\n{from_outside(ended.error)}")
    return None


def _made(records: list[CallRecord]) -> str:
    """The calls of a cell that made something, with the handles, on a line."""
    made = [f"{record.call.name} -> {', '.join(record.made)}" for record in records if record.made]
    return f"(Made: {'; '.join(made)})" if made else ""


TOOLS = [run_python]
"""The family, in the order it is listed."""
