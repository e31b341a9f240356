"""The context policy: what of a run a model is shown next, so that the prompt stays bounded however long the run is.

Always: the question and the inputs. In full: a sliding window of whole steps. Older steps: one line each, and beyond a
number of lines, one line for all. Pictures of results: the latest, up to a budget; `recall` brings one back. At the
end: graphics programs (one line each, the current one whole), the plan, the objects known, the notes, and what is left
of the budget. What was undone is not shown any more.

Providers cache the longest prefix that is equal to an earlier prompt's. So the window and the picture budget move in
blocks of steps, not with every step: between two moves a prompt only grows at its end.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.memory.refs import plain
from sightline.memory.revisions import change_in_words

if TYPE_CHECKING:
    from sightline.memory.facts import PlanItem, ProgramJudged
    from sightline.memory.revisions import Revision
    from sightline.memory.steps import StepRecord
    from sightline.memory.workspace import Workspace

Writer = Callable[[str], str]
"""Fills in the references of a text for one reader."""


@dataclass(frozen=True)
class ContextPolicy:
    """How much of a run is shown.

    Attributes:
        window: Steps shown in full, at most.
        block: By how many steps or pictures the window and the picture budget move at once.
        pictures: Pictures of results shown, at most; a model's own limit can lower it.
        old_steps: Older steps that have a line of their own, at most.
        plan: Steps of the plan listed, at most.
        objects: Objects listed, at most.
        notes: Notes listed, at most.
        revisions: Graphics programs listed, at most.
        program: Characters shown of the current program, and of what it changed, at most.
        line: Characters of a line, at most.
    """

    window: int = 12
    block: int = 4
    pictures: int = 12
    old_steps: int = 40
    plan: int = 20
    objects: int = 30
    notes: int = 20
    revisions: int = 12
    program: int = 24000
    line: int = 240


def choose_window(ws: Workspace, policy: ContextPolicy, max_pictures: int, role: str = "") -> tuple[int, list[str]]:
    """Which steps are shown in full, and which pictures.

    Args:
        ws: The run so far.
        policy: The bounds.
        max_pictures: Pictures the model takes in one request, inputs included.
        role: Whose steps: each role is shown its own, see `steps_of`.

    Returns:
        The number of the first step shown in full, and the handles of the pictures shown: inputs first, then those
        of results in the order they were last shown. Pictures of what was undone are not among them.
    """
    steps = steps_of(ws, role)
    dropped = _drop(len(steps), policy.window, policy.block)
    first = steps[dropped].number if dropped < len(steps) else len(ws.steps) + 1
    # Where there are more inputs than the model takes, some room is kept: for what tools make, and for inputs recalled.
    most_inputs = max_pictures - min(policy.pictures, max_pictures // 4)
    given = [handle for handle in ws.inputs if ws.artifacts[handle].is_picture]
    inputs = given if len(given) <= most_inputs else given[:most_inputs]
    room = min(policy.pictures, max_pictures - len(inputs))
    shown: dict[str, None] = {}
    for step in steps[dropped:]:
        for record in step.calls:
            for handle in () if ws.revisions.prunes(record) else record.shown:
                if handle not in inputs:
                    shown.pop(handle, None)
                    shown[handle] = None
    results = list(shown)
    if room <= 0:
        return first, inputs
    return first, inputs + results[_drop(len(results), room, policy.block) :]


def steps_of(ws: Workspace, role: str = "") -> list[StepRecord]:
    """The steps that a role is shown of those before the coming one, oldest first.

    Whoever leads a run sees all steps of its own. A verifier begins anew each time it is asked: it sees those since
    somebody else's last step.
    """
    if not role:
        return [step for step in ws.steps if not step.composed.role]
    own: list[StepRecord] = []
    for step in reversed(ws.steps):
        if step.composed.role != role:
            break
        own.insert(0, step)
    return own


def _drop(count: int, keep: int, block: int) -> int:
    """How many of `count` to drop, in whole blocks, so that at most `keep` stay."""
    if count <= keep:
        return 0
    block = max(1, min(block, keep))  # a longer one would drop what has just come
    return math.ceil((count - keep) / block) * block


def old_lines(ws: Workspace, first_full: int, policy: ContextPolicy, write: Writer) -> list[str]:
    """The steps before `first_full`, one line each; beyond `policy.old_steps`, one line for all of the oldest."""
    old = [step for step in ws.steps[: first_full - 1] if not step.composed.role]
    cut = _drop(len(old), policy.old_steps, policy.block)
    lines = []
    if cut:
        lines.append(_sum_up(old[:cut]))
    lines.extend(_in_brief(ws, step, policy.line, write) for step in old[cut:])
    return [_cut(line, policy.line) for line in lines]


def _sum_up(steps: list[StepRecord]) -> str:
    calls = Counter(plain(record.call.name) for step in steps for record in step.calls)
    tally = ", ".join(f"{name} {count}" for name, count in calls.most_common(12))
    made = [handle for step in steps for record in step.calls for handle in record.made_in_all]
    pictures = f"; pictures {made[0]} to {made[-1]} can be recalled" if made else ""
    return f"steps {steps[0].number}-{steps[-1].number}: {calls.total()} calls{pictures} ({tally})"


def _in_brief(ws: Workspace, step: StepRecord, length: int, write: Writer) -> str:
    """A step in one line; its calls share the length."""
    if not step.calls:
        said = "" if step.reply is None else plain(" ".join(step.reply.text.split()))
        return f"step {step.number}: said: {said}"
    several = f"{len(step.calls)} calls: " if len(step.calls) > 1 else ""
    share = max(24, length // len(step.calls))
    parts = []
    for record in step.calls:
        if ws.revisions.prunes(record):
            parts.append(f"{plain(record.call.name)}: undone")
            continue
        made = f" -> {', '.join(record.made_in_all)}" if record.made_in_all else ""
        gave = " ".join(write(record.text).split())
        parts.append(_cut(f"{plain(record.call.name)}{made}: {gave}", share))
    return f"step {step.number}: {several}{'; '.join(parts)}"


def _plan_lines(plan: list[PlanItem], policy: ContextPolicy) -> list[str]:
    """The plan; of one that is too long, the part from the first step that is not done."""
    todo = next((index for index, item in enumerate(plan) if not item.done), len(plan))
    first = max(0, min(todo, len(plan) - policy.plan)) if len(plan) > policy.plan else 0
    lines = [f"  ({first} done before)"] if first else []
    for number, item in enumerate(plan[first : first + policy.plan], start=first + 1):
        lines.append(f"  {number}. [{'x' if item.done else ' '}] {_cut(plain(item.text), policy.line)}")
    if (more := len(plan) - first - policy.plan) > 0:
        lines.append(f"  ({more} more)")
    return lines


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."


def status_lines(ws: Workspace, policy: ContextPolicy, write: Writer) -> list[str]:
    """Programs, plan, objects and notes as they stand, for the end of the prompt."""
    lines = _revision_lines(ws, policy)
    if ws.plan:
        lines.append("Plan:")
        lines.extend(_plan_lines(ws.plan, policy))
    if ws.scene.objects:
        lines.append("Objects known:")
        lines.extend(f"  {write(line)}" for line in ws.scene.lines(policy.objects))
    if ws.notes:
        lines.append("Notes:")
        if len(ws.notes) > policy.notes:
            lines.append(f"  ({len(ws.notes) - policy.notes} earlier notes are not shown)")
        lines.extend(f"  - {_cut(plain(note), policy.line)}" for note in ws.notes[-policy.notes :])
    return lines


def _revision_lines(ws: Workspace, policy: ContextPolicy) -> list[str]:
    """The revisions that were not undone, a line each; the verdict on the current one; and its text, once, whole."""
    revisions, kept = ws.revisions, ws.revisions.kept
    lines = [f"Undone: {plain(reason)}" for reason in revisions.reasons[-policy.notes :]]
    if not kept:
        return lines
    best, now = revisions.best, revisions.now
    lines.append("Programs, each with its picture's loss against the target where there is one:")
    if len(kept) > policy.revisions:
        lines.append(f"  ({len(kept) - policy.revisions} earlier ones are not listed)")
    shown = kept[-policy.revisions :]
    if best is not None and best not in shown:
        shown = [best, *shown]
    for revision in shown:
        marks = [name for name, one in (("best so far", best), ("current", now)) if one is revision]
        lines.append(f"  {_cut(_revision_line(ws, revision, marks), policy.line)}")
    if now is None:
        return lines
    if now.verdict is not None:
        lines.append(f"Verdict on {now.handle}: {_verdict_words(now.verdict)}")
    if revisions.hidden:
        lines.append(f"Left out of pictures: {', '.join(plain(name) for name in revisions.hidden)}.")
    if revisions.frame is not None:
        lines.append(f"Frame shown: {revisions.frame}.")
    text = plain(ws.program(now.handle))
    if len(text) > policy.program:
        cut = policy.program // 2
        text = f"{text[:cut]}\n[... {len(text) - 2 * cut} characters are not shown ...]\n{text[-cut:]}"
    lines.append(f"The current program, {now.handle}:\n```\n{text.rstrip()}\n```")
    return lines


def _revision_line(ws: Workspace, revision: Revision, marks: list[str]) -> str:
    came = ""
    if revision.parent and revision.parent in ws.artifacts:
        came = f" from {revision.parent}, {change_in_words(ws.program(revision.parent), ws.program(revision.handle))}"
    parts = [f"{revision.handle} ({revision.engine}{came})"]
    if revision.problem:
        parts.append(f"no picture: {revision.problem}")
    elif revision.picture:
        loss = "" if revision.loss is None else f", loss {revision.loss:.3g}"
        parts.append(f"{revision.picture}{loss}")
    if revision.verdict is not None:
        parts.append(f"judged {revision.verdict.score:.2f}")
    if revision.thought:
        parts.append(plain(" ".join(revision.thought.split())))
    return f"{'; '.join(parts[:1] + marks + parts[1:])}"


def _verdict_words(verdict: ProgramJudged) -> str:
    if verdict.satisfied:
        return f"satisfied, {verdict.score:.2f}. {plain(verdict.differs)}".strip()
    return (
        f"not satisfied, {verdict.score:.2f}.\n  Differs: {plain(verdict.differs)}\n  Do next: {plain(verdict.advice)}"
    )
