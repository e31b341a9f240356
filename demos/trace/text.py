"""A run as plain text: everything the journal holds that a person reads, in the order it happened.

Places are in stored pixels, whatever dialect the model was told; what the model wrote in its arguments is shown as it
wrote it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from sightline.demos.trace.revisions import RevisionChange, revision_rows
from sightline.demos.trace.story import (
    Change,
    Incident,
    PlanChange,
    SpaceChange,
    StepStory,
    in_stored_pixels,
    place_of,
    tell,
    written,
)
from sightline.demos.wording import (
    OUTCOMES,
    active_seconds,
    arguments,
    count,
    duration,
    flags,
    moment,
    printable,
    spent,
)
from sightline.memory import (
    Artifact,
    CallRecord,
    ModelFailed,
    NoteAdded,
    ObjectSeen,
    PersonSaid,
    PictureRecalled,
    RunResumed,
    Workspace,
)

WIDTH = 110


def trace_text(ws: Workspace) -> str:
    """Retell a run as text, ending in a newline; safe to print on a terminal."""
    story = tell(ws)
    blocks = ["\n".join(_head(ws, story.marks))]
    blocks.extend(_incident(incident) for incident in story.opening)
    blocks.extend("\n".join(_step(ws, step)) for step in story.steps)
    if story.loose:
        lines = ["Calls without an agent"]
        for call, changes in story.loose:
            lines.extend(_call(ws, call))
            lines.extend(_changes(changes))
        blocks.append("\n".join(lines))
    blocks.extend(_incident(incident) for incident in story.closing)
    if ws.revisions.every:
        blocks.append("\n".join(_revisions(ws)))
    if ws.started is not None:
        blocks.append("\n".join(_end(ws)))
    return printable("\n\n".join(blocks)) + "\n"


def _head(ws: Workspace, marks: list[ObjectSeen]) -> Iterator[str]:
    started = ws.started
    if started is None:
        yield f"Workspace {ws.folder.name} (used without an agent)"
    else:
        yield f"Run {started.run}, {moment(started.time)}"
        yield f"{started.model}, strategy {started.strategy}, sightline {started.version}"
        if started.parent is not None:
            yield f"Branch of {started.parent.run}, which it shares up to event {started.parent.position}"
        yield ""
        yield from _labelled("Question", started.question)
        for option in started.answer_spec.get("options") or []:
            yield f"  {option}"
        for name, value in started.known.items():
            yield f"Known, stated by the person: {name} {value}"
        if started.field_of_view is not None:
            yield f"Field of view, stated by the person: {started.field_of_view:g} degrees"
    for handle in ws.inputs:
        yield f"Input {_artifact(ws.artifacts[handle])}"
    for mark in marks:
        yield f'Mark {mark.object} "{mark.name}" {_seen(mark)}'


def _labelled(label: str, text: str) -> Iterator[str]:
    lines = text.splitlines() or [""]
    yield f"{label}: {lines[0]}"
    yield from (f"  {line}" for line in lines[1:])


def _artifact(artifact: Artifact) -> str:
    size = "" if artifact.size is None else f" {artifact.size[0]}x{artifact.size[1]}"
    file = f" ({artifact.file})" if artifact.file else ""
    title = f": {in_stored_pixels(artifact.title)}" if artifact.title else ""
    return f"{artifact.handle}{size}{file}{title}"


def _step(ws: Workspace, step: StepStory) -> Iterator[str]:
    record, reply = step.record, step.record.reply
    facts = []
    if reply is not None:
        facts = [duration(reply.seconds), *spent(step.usage)]
    who = f" ({record.composed.role})" if record.composed.role else ""
    yield f"Step {record.number}{who}{': ' if facts else ''}{'; '.join(facts)}"
    if record.composed.final:
        yield f"  last step: {record.composed.reason}"
    for incident in step.before:
        yield textwrap.indent(_incident(incident), "  ")
    if reply is None:
        yield "  the model has not replied"
    else:
        if reply.reasoning:
            yield from _said("thought", reply.reasoning)
        if reply.text:
            yield from _said("said", reply.text)
        if reply.stop == "refused":
            yield "  ! the model refused"
        elif reply.stop == "cut off":
            yield "  ! the reply was cut off at its length limit"
        elif not reply.text and not reply.calls:
            yield "  ! the reply was empty"
    for call in record.calls:
        yield from _call(ws, call)
    yield from _changes(step.changes)
    for incident in step.after:
        yield textwrap.indent(_incident(incident), "  ")


def _said(label: str, text: str) -> Iterator[str]:
    lines = []
    for paragraph in text.strip().splitlines():
        lines.extend(textwrap.wrap(paragraph, WIDTH - 4, break_long_words=False, break_on_hyphens=False) or [""])
    yield f"  {label}: {lines[0]}"
    yield from (f"    {line}" for line in lines[1:])


def _call(ws: Workspace, record: CallRecord) -> Iterator[str]:
    call, finished = record.call, record.finished
    long = {name: text for name, value in call.arguments.items() if "\n" in (text := lines_of(value))}
    short = {name: value for name, value in call.arguments.items() if name not in long}
    given = f"(not valid JSON) {call.malformed}" if call.malformed else arguments(short)
    yield f"  > {call.name}{'  ' if given else ''}{given}"
    for name, value in long.items():
        yield f"    {name}:"
        yield textwrap.indent(value.rstrip(), "    . ", lambda line: True)
    for inner in record.inner:
        yield from (f"    {line}" for block in _call(ws, inner) for line in block.splitlines())
    if finished is None:
        yield "    (not finished)"
        return
    mark = "" if finished.outcome == "ok" else f"! {OUTCOMES[finished.outcome]}: "
    text = in_stored_pixels(record.text)
    yield textwrap.indent(f"{mark}{text}", "    ")
    for handle in record.made:
        yield f"    + {_artifact(ws.artifacts[handle])}"
    if finished.usage.calls:
        yield f"    used {count(finished.usage.calls, 'model call')}; {'; '.join(spent(finished.usage))}".rstrip("; ")
    if finished.detail:
        yield textwrap.indent(finished.detail.rstrip(), "    | ")


def lines_of(value: object) -> str:
    """A text of several lines in an argument, or several texts with a rule between them; "" for anything else."""
    if isinstance(value, list) and any(isinstance(item, str) and "\n" in item for item in value):
        return "\n--\n".join(str(item).rstrip("\n") for item in value) + "\n"
    return value if isinstance(value, str) else ""


def _changes(changes: list[Change]) -> Iterator[str]:
    for change in changes:
        match change:
            case PlanChange():
                yield "  = plan:"
                for number, line in enumerate(change.lines, start=1):
                    yield f"      {number}. [{'x' if line.item.done else ' '}] {line.item.text}"
            case NoteAdded():
                yield from _indented("  = note: ", change.text)
            case ObjectSeen():
                yield f'  = {change.object} "{change.name}" {_seen(change)}'
            case SpaceChange():
                yield f"  = {change.text}"
            case PictureRecalled():
                yield f"  = {change.picture} shown again"
            case RevisionChange():
                yield f"  = {change.title}"
                for detail in change.details:
                    yield from _indented("      ", detail)
                yield from (f"      | {line}" for line in change.diff)


def _revisions(ws: Workspace) -> Iterator[str]:
    """All programs of the run at a glance."""
    yield "Programs"
    for row in revision_rows(ws):
        shown = f" {row.revision.picture}" if row.revision.picture else ""
        facts = [f"{row.revision.engine}, {row.change}", f"{row.outcome}{shown}".strip(), row.verdict]
        marks = f" [{', '.join(row.marks)}]" if row.marks else ""
        yield f"  {row.revision.handle}{marks}: {'; '.join(fact for fact in facts if fact)}"


def _indented(label: str, text: str) -> Iterator[str]:
    first, *rest = text.splitlines() or [""]
    yield label + first
    yield from (" " * len(label) + line for line in rest)


def _seen(seen: ObjectSeen) -> str:
    place = place_of(seen)
    where = "" if place is None else f" {'box' if place.kind == 'box' else 'point'} {written(place)}"
    score = "" if seen.score is None else f", score {seen.score:.2f}"
    return f"in {seen.picture}{where} ({seen.source}{score})"


def _incident(incident: Incident) -> str:
    match incident:
        case ModelFailed():
            return f"! the model could not be asked: {incident.message} {incident.remedy}".rstrip()
        case RunResumed():
            return f"resumed, {moment(incident.time)}"
        case PersonSaid():
            return "\n".join(_labelled("the person said", incident.text))


def _end(ws: Workspace) -> Iterator[str]:
    answer = ws.answer
    if answer is None:
        why = "the model could not be asked" if ws.failure is not None else "the run was stopped, or is still under way"
        yield f"No answer yet: {why}; go on with: sightline resume {ws.folder.name}"
    else:
        marks = "".join(f" [{flag.label.upper()}: {flag.meaning}]" for flag in flags(answer))
        if answer.status == "answered":
            yield from _labelled("Answer", f"{answer.text}{marks}")
        else:
            yield from _labelled(f"Answer ({answer.status})", f"{answer.text}{marks}".strip() or "nothing was said")
        if answer.details:
            yield from _labelled("  details", answer.details)
        if answer.raw and answer.raw.strip() != answer.text.strip():
            yield from _labelled("  in the model's words", answer.raw)
    calls = sum(1 for record in ws.calls.values() if record.finished is not None)
    parts = [count(len(ws.steps), "step"), count(calls, "tool call"), duration(active_seconds(ws.events))]
    yield "; ".join([*parts, *spent(ws.usage)])
