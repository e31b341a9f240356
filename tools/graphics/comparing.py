"""Tools that say how good a program is: against a target, against another, and in a verifier's judgement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.transforms import PictureTransform
from sightline.memory import (
    Draft,
    Fact,
    InstrumentLimit,
    ModelMistake,
    Picture,
    PictureRecalled,
    Program,
    ProgramInspected,
    ProgramJudged,
    changed_lines,
)
from sightline.memory.refs import box_ref, plain
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.graphics.metrics import (
    colour_statistics,
    difference_map,
    same_size,
    score_pictures,
    worst_regions,
)
from sightline.tools.graphics.scenes import program_in_hand, target_of

GAP = 8
"""Pixels between two pictures side by side."""
_GROUND = 128


@tool(family="graphics", example={"target": "img1"})
def compare(context: ToolContext, target: Picture | None = None, other: Program | None = None) -> ToolResult:
    """Compare the current program's picture with the target, or with another revision's picture.

    You get the scores, a side-by-side, a heat map of the difference, and where the worst differences are.

    Args:
        context: What the call may use.
        target: The picture to compare with; the first picture you were given if left out.
        other: A revision to compare with instead.
    """
    ws = context.workspace
    program = program_in_hand(ws)
    own = _picture_of(context, program)
    if other is not None:
        known = _picture_of(context, program_in_hand(ws, other))
    else:
        given = target or target_of(ws)
        if given is None:
            raise ModelMistake("there is no target picture.", "Name a picture, or another program as `other`.")
        known = given
    mine, wanted = own.pixels, same_size(own.pixels, known.pixels)
    scores = score_pictures(mine, wanted)
    lines = [f"{program.handle} ({own.handle}) against {known.handle}: {scores.describe()}."]
    if "similarity" in context.back_ends.settings:
        distance = context.back_ends.load("similarity")(mine, wanted)
        lines.append(f"n_clip {distance:.4f} (1 - cosine of CLIP's embeddings).")
    if words := colour_statistics(mine).against(colour_statistics(wanted)):
        lines.append(f"All in all it is {words} (means in CIELAB).")
    for region in worst_regions(mine, wanted):
        place = box_ref(own.handle, region.box)
        lines.append(
            f"- {place}: {region.share:.0%} of the squared error; RGB {region.render} there, "
            f"{region.target} in {known.handle}"
        )
    if len(lines) == 1:
        lines.append("No pixel differs by more than 5 levels.")
    pair = _side_by_side(own, known, wanted)
    size = own.size
    heat = Draft(
        difference_map(mine, wanted),
        f"difference of {own.handle} and {known.handle}: black is equal, bright is far apart",
        parents=[(own.handle, PictureTransform.identity(size), None)],
    )
    lines.append(f"{pair} shows both side by side, {heat} the difference (black is equal).")
    facts: list[Fact] = [ProgramInspected(program=program.handle)]
    return ToolResult("\n".join(lines), [pair, heat], facts)


@tool(family="graphics", example={})
def best(context: ToolContext) -> ToolResult:
    """Show the best revision so far: the lowest photometric loss where there is a target, else the best verdict.

    To go on from it, edit_program takes it as `base`; undo goes back to it.
    """
    ws = context.workspace
    found = ws.revisions.best
    if found is None:
        raise InstrumentLimit("no program has given a picture yet.", "Write one, or mend the current one.")
    now = program_in_hand(ws)
    why = "by order: it is the latest"
    if found.loss is not None:
        why = f"by its photometric loss of {found.loss:.3g} against {found.target}"
    elif found.verdict is not None:
        why = f"by its verdict: score {found.verdict.score:.2f}"
    lines = [f"{found.handle} is the best of {len(ws.revisions.kept)}, {why}; {found.picture} is shown again."]
    if found.handle != now.handle:
        change = changed_lines(ws.program(found.handle), now.text)
        lines.append(f"From it to {now.handle}, which is current:\n" + plain("\n".join(change)))
    else:
        lines.append("It is the current program.")
    return ToolResult("\n".join(lines), facts=[PictureRecalled(picture=found.picture)])


@tool(
    family="graphics",
    parallel_safe=False,
    example={"satisfied": False, "score": 0.6, "differs": "the disc is too small", "advice": "make its radius 24"},
)
def verdict(context: ToolContext, satisfied: bool, score: float, differs: str = "", advice: str = "") -> ToolResult:
    """Give your verdict on the current program.

    Args:
        context: What the call may use.
        satisfied: Whether it shows what was asked for, with nothing left that should change.
        score: How near it comes, from 0 (nothing is right) to 1 (nothing is left to do).
        differs: What differs from what was asked for, the most important first; empty only where you are satisfied.
        advice: What to change next, as concretely as you can say it; empty only where you are satisfied.
    """
    program = program_in_hand(context.workspace)
    if not 0 <= score <= 1:
        raise ModelMistake(f"a score of {score:g}.", "Give 0 to 1.")
    if not satisfied and not (differs.strip() and advice.strip()):
        raise ModelMistake("a verdict that is not satisfied says what differs and what to do.", "Give both.")
    if not satisfied and program.revision.problem and score > 0:
        raise ModelMistake(f"{program.handle} gave no picture.", "Its score is 0.")
    fact = ProgramJudged(
        program=program.handle, satisfied=satisfied, score=score, differs=differs.strip(), advice=advice.strip()
    )
    how = "satisfied" if satisfied else "not satisfied"
    return ToolResult(f"Verdict on {program.handle}: {how}, {score:.2f}.", facts=[fact])


def _picture_of(context: ToolContext, program: Program) -> Picture:
    """What a program shows by its own camera.

    Raises:
        InstrumentLimit: It gave no picture.
    """
    handle = program.revision.picture
    if not handle:
        why = program.revision.problem or "it was not drawn"
        raise InstrumentLimit(f"{program.handle} has no picture: {plain(why)}", "Mend it first.")
    return context.workspace.picture(handle)


def _side_by_side(own: Picture, known: Picture, wanted: NDArray[np.uint8]) -> Draft:
    """The target on the left and the render on the right, at one size, each mapped to where it comes from."""
    width, height = own.size
    canvas = np.full((height, 2 * width + GAP, 3), _GROUND, np.uint8)
    canvas[:, :width], canvas[:, width + GAP :] = wanted, own.pixels
    left = (0.0, 0.0, float(width), float(height))
    right = (float(width + GAP), 0.0, float(2 * width + GAP), float(height))
    size = (canvas.shape[1], canvas.shape[0])
    return Draft(
        canvas,
        f"{known.handle} on the left, {own.handle} on the right",
        parents=[
            (known.handle, PictureTransform.place(known.size, left, size), left),
            (own.handle, PictureTransform.place(own.size, right, size), right),
        ],
    )
