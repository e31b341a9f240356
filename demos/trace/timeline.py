"""The steps of a run as items of the page's timeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sightline.demos.trace.arguments import argument_places
from sightline.demos.trace.markup import Gallery, diff_block, escape, folded, plan_line, role_label, tag
from sightline.demos.trace.revisions import RevisionChange
from sightline.demos.trace.story import (
    Change,
    Incident,
    Place,
    PlanChange,
    SpaceChange,
    StepStory,
    place_of,
)
from sightline.demos.wording import OUTCOMES, argument, count, dollars, duration, moment, spent, tokens
from sightline.memory import (
    CallRecord,
    ModelFailed,
    NoteAdded,
    ObjectSeen,
    PersonSaid,
    PictureRecalled,
    RunResumed,
    Workspace,
)
from sightline.tools import StoredPixels

if TYPE_CHECKING:
    from sightline.tools import Sees

DOT = " \N{MIDDLE DOT} "


class Timeline:
    """Writes the items of the timeline.

    Args:
        ws: The run.
        gallery: Where its pictures are embedded.
        sees: How its model named places; None where that is not known.
        live: Whether the run is under way: what has no end yet is then still being done.
    """

    def __init__(self, ws: Workspace, gallery: Gallery, sees: Sees | None, *, live: bool = False) -> None:
        self._ws = ws
        self._gallery = gallery
        self._sees = sees
        self.live = live

    def step(self, step: StepStory) -> str:
        """One turn of the model with its calls, and what memory learned."""
        record, reply = step.record, step.record.reply
        name = self._gallery.id(f"s{record.number}")
        facts = []
        if reply is not None:
            used = step.usage
            facts = [duration(reply.seconds)]
            if used.tokens:
                facts += [tokens(used), dollars(used.dollars)]
        head = tag(
            "header",
            tag("h3", f"Step {record.number}", role_label(record.composed.role), id=f"{name}-title"),
            tag("p", DOT.join(escape(fact) for fact in facts), class_="cost"),
        )
        body = [head]
        if record.composed.final and record.composed.reason:
            body.append(tag("p", tag("strong", "Last step"), f": {escape(record.composed.reason)}.", class_="warning"))
        body += [self._incident(incident) for incident in step.before]
        body += self._reply(step)
        if record.calls:
            calls = [self._call(call) for call in record.calls]
            body.append(tag("div", *calls, class_="calls several" if len(calls) > 1 else "calls"))
        body.append(self._changes(step.changes))
        body += [self._incident(incident) for incident in step.after]
        unfinished = reply is None or any(call.finished is None for call in record.calls)
        style = "step bad" if step.troubled else "step"
        if self.live and unfinished:
            style = "step open"
        return tag("li", tag("article", *body, aria_labelledby=f"{name}-title"), class_=style, id=name)

    def loose(self, call: CallRecord, changes: list[Change]) -> str:
        """A call made without an agent."""
        return tag("li", tag("article", self._call(call), self._changes(changes)), class_="step")

    def incident(self, incident: Incident) -> str:
        """What happened outside the steps."""
        return tag("li", self._incident(incident), class_="step")

    def _reply(self, step: StepStory) -> Iterator[str]:
        reply = step.record.reply
        if reply is None:
            words = tag("p", "Thinking", class_="quiet doing") if self.live else ""
            yield words or tag("p", "The model has not replied.", class_="quiet")
            return
        if reply.reasoning:
            words = tag("div", escape(reply.reasoning.strip()), class_="words")
            yield tag("details", tag("summary", "Reasoning"), words, class_="reasoning")
        if reply.text.strip():
            yield tag("div", self._gallery.words(reply.text.strip()), class_="said")
        if reply.stop == "refused":
            yield tag("p", "The model refused.", class_="warning")
        elif reply.stop == "cut off":
            yield tag("p", "The reply was cut off at its length limit.", class_="warning")
        elif not reply.text and not reply.calls:
            yield tag("p", "The reply was empty.", class_="warning")

    def _call(self, record: CallRecord, *, inside: bool = False) -> str:
        call, finished = record.call, record.finished
        title = [tag("span", escape(call.name), class_="tool")]
        body = []
        if finished is not None:
            if finished.outcome != "ok":
                title.append(tag("span", escape(OUTCOMES[finished.outcome]), class_="chip"))
            title.append(tag("span", duration(finished.seconds), class_="cost"))
        else:
            unfinished = (
                tag("span", "running", class_="doing") if self.live else tag("span", "not finished", class_="chip")
            )
            title.append(unfinished)
        if call.malformed:
            body.append(tag("p", "Not valid JSON:", class_="quiet") + tag("pre", escape(call.malformed)))
        elif call.arguments:
            body.append(tag("dl", *self._arguments(record, inside=inside), class_="args"))
        if record.inner:
            calls = [self._call(inner, inside=True) for inner in record.inner]
            body.append(tag("div", *calls, class_="calls inner", aria_label="Calls made by the program"))
        if finished is not None:
            lines = [self._gallery.text(line) for line in record.text.splitlines()]
            body.append(folded(lines))
            alone = sum(self._ws.artifacts[handle].is_picture for handle in record.made) == 1
            if figures := [self._gallery.figure(handle, alone=alone) for handle in record.made]:
                body.append(tag("div", *figures, class_="pics"))
            if finished.usage.calls:
                used = [count(finished.usage.calls, "model call"), *spent(finished.usage)]
                body.append(tag("p", DOT.join(escape(part) for part in used), class_="cost"))
            if finished.remedy:
                # It begins with what the text above has said to the model.
                told = record.text.removeprefix("Not available: ").strip()
                mend = finished.remedy.removeprefix(told).strip()
                body.append(tag("p", tag("strong", "To mend it: "), escape(mend), class_="mend"))
            elif finished.detail:
                body.append(tag("details", tag("summary", "Traceback"), tag("pre", escape(finished.detail))))
        failed = not self.live if finished is None else finished.outcome != "ok"
        return tag("section", tag("h4", *title), *body, class_="call bad" if failed else "call")

    def _arguments(self, record: CallRecord, *, inside: bool) -> Iterator[str]:
        # A program names places in stored pixels, as the arrays do.
        found = argument_places(self._ws, StoredPixels() if inside else self._sees, record.call)
        for name, value in record.call.arguments.items():
            places = found.get(name)
            inner = self._gallery.argument(value) if places is None else self._drawn(value, places)
            wide = None
            if isinstance(value, str) and "\n" in value:
                inner, wide = tag("pre", escape(value.rstrip())), "wide"
            yield tag("div", tag("dt", escape(name)), tag("dd", inner, class_=wide))

    def _drawn(self, value: object, places: list[Place]) -> str:
        """Places of an argument in the model's own numbers, each a link that shows it on its picture."""
        if len(places) == 1:
            only = value[0] if isinstance(value, list) and len(value) == 1 else value
            return self._gallery.place(places[0], argument(only))
        assert isinstance(value, list), "several places come from a list"
        links = (self._gallery.place(p, argument(v)) for p, v in zip(places, value, strict=True))
        return tag("ul", *(tag("li", link) for link in links))

    def _changes(self, changes: list[Change]) -> str:
        if not changes:
            return ""
        parts = [self._change(change) for change in changes if not isinstance(change, ObjectSeen)]
        if objects := [change for change in changes if isinstance(change, ObjectSeen)]:
            items = [tag("li", self._object(seen)) for seen in objects]
            fold = tag("ul", *items, class_="objects")
            if len(items) > 8:
                fold = tag("details", tag("summary", f"{len(items)} objects"), fold)
            parts.append(tag("div", tag("h4", "Objects"), fold))
        return tag("div", *parts, class_="memory")

    def _change(self, change: Change) -> str:
        match change:
            case PlanChange():
                items = [plan_line(line.item, fresh=line.new or line.newly_done) for line in change.lines]
                return tag("div", tag("h4", "Plan"), tag("ol", *items, class_="plan"))
            case NoteAdded():
                return tag("div", tag("h4", "Note"), tag("p", self._gallery.words(change.text)))
            case SpaceChange():
                return tag("div", tag("h4", "Space"), tag("p", self._gallery.words(change.text)))
            case PictureRecalled():
                return tag("div", tag("h4", "Shown again"), tag("p", self._gallery.handle(change.picture)))
            case RevisionChange():
                return self._revision(change)
            case ObjectSeen():
                return self._object(change)

    def _revision(self, change: RevisionChange) -> str:
        """What a call did to the programs, with the changed lines."""
        title = tag("h4", self._gallery.words(change.title))
        words = [
            tag("p", self._gallery.words(line), class_="failed" if change.failed and line.startswith("no ") else None)
            for line in change.details
        ]
        return tag("div", title, *words, diff_block(change.diff), class_="revision")

    def _object(self, seen: ObjectSeen) -> str:
        place = place_of(seen)
        handle = self._gallery.handle(seen.object) or escape(seen.object)
        where = self._gallery.handle(seen.picture) or escape(seen.picture)
        at = "" if place is None else f" {self._gallery.place(place)}"
        score = "" if seen.score is None else f", score {seen.score:.2f}"
        source = tag("span", escape(f"{seen.source}{score}"), class_="quiet")
        return f"{handle} {escape(seen.name)} in {where}{at} {source}"

    def _incident(self, incident: Incident) -> str:
        match incident:
            case ModelFailed():
                what = tag("strong", "The model could not be asked")
                return tag("p", what, f": {escape(incident.message)} {escape(incident.remedy)}", class_="warning")
            case RunResumed():
                return tag("p", f"Resumed, {escape(moment(incident.time))}.", class_="quiet")
            case PersonSaid():
                return tag("p", tag("strong", "The person"), f": {escape(incident.text)}", class_="person")
