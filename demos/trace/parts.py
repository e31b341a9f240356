"""The parts of a page that retells a run, each a function that returns HTML; steps are in `timeline`."""

from __future__ import annotations

from collections.abc import Iterator

from sightline.demos.trace.arguments import answer_places
from sightline.demos.trace.markup import Gallery, escape, plan_line, tag
from sightline.demos.trace.revisions import revision_rows
from sightline.demos.trace.story import Story, place_of
from sightline.demos.wording import active_seconds, count, dollars, duration, flags, moment, one_line, tokens
from sightline.memory import Answered, ObjectSeen, Workspace


def title(ws: Workspace) -> str:
    """The question, and who was asked it when."""
    started = ws.started
    if started is None:
        return tag("header", tag("p", "Sightline trace", class_="kicker"), tag("h1", escape(ws.folder.name)))
    facts = [moment(started.time), started.model, f"strategy {started.strategy}", f"run {started.run}"]
    if started.parent is not None:
        facts.append(f"branch of {started.parent.run}")
    line = tag("p", " \N{MIDDLE DOT} ".join(escape(fact) for fact in ["Sightline trace", *facts]), class_="kicker")
    return tag("header", line, tag("h1", escape(started.question)), class_="top")


def answer_card(ws: Workspace, gallery: Gallery, doing: str = "") -> str:
    """The answer with what it took, or why there is none.

    Args:
        ws: The run.
        gallery: Its pictures.
        doing: What a run that is still under way is doing, in words; "" where nobody is at it.
    """
    if ws.started is None:
        return ""
    answer = ws.answer
    if answer is None and doing:
        return _card([tag("p", escape(doing), class_="value doing", role="status")], ws, gallery, warn=False)
    if answer is None:
        if ws.failure is not None:
            why = f"The model could not be asked: {ws.failure.message} {ws.failure.remedy}"
        else:
            why = "The run was stopped, or is still under way."
        more = tag("p", "Go on with ", tag("code", f"sightline resume {escape(ws.folder.name)}"), class_="details")
        inner = [tag("p", "No answer yet", class_="value"), tag("p", escape(why), class_="details"), more]
        return _card(inner, ws, gallery, warn=True)
    return _card(list(_answer_parts(ws, answer, gallery)), ws, gallery, warn=answer.status != "answered")


def _answer_parts(ws: Workspace, answer: Answered, gallery: Gallery) -> Iterator[str]:
    chips = "".join(tag("span", escape(flag.label), class_="chip") for flag in flags(answer))
    label = "" if answer.status == "answered" else tag("span", escape(answer.status), class_="chip")
    shown = answer.text or ("Nothing was said." if answer.status != "answered" else "")
    size = "value" if len(shown) <= 160 else "value long"
    spec = {} if ws.started is None else ws.started.answer_spec
    if answer.status == "answered" and spec.get("kind") == "program":
        yield tag("p", "A program ", chips, class_="value")
        yield tag("pre", escape(shown))
    else:
        yield tag("p", gallery.words(shown), " ", label, chips, class_=size)
    if found := [gallery.place(place) for place in answer_places(spec, answer.value)]:
        yield tag("p", f"in {escape(str(spec.get('picture')))}, stored pixels: ", ", ".join(found), class_="details")
    for flag in flags(answer):
        yield tag("p", tag("strong", escape(flag.label.capitalize())), f": {escape(flag.meaning)}.", class_="warning")
    if answer.details and answer.details.strip() != shown.strip():
        yield tag("p", gallery.words(answer.details), class_="details")
    if answer.raw and answer.raw.strip() not in (shown.strip(), answer.details.strip()):
        words = tag("div", gallery.words(answer.raw), class_="words")
        yield tag("details", tag("summary", "In the model's words"), words)


def _card(inner: list[str], ws: Workspace, gallery: Gallery, *, warn: bool) -> str:
    calls = sum(1 for record in ws.calls.values() if record.finished is not None)
    totals = [count(len(ws.steps), "step"), count(calls, "tool call"), duration(active_seconds(ws.events))]
    if ws.usage.tokens:
        totals += [tokens(ws.usage), dollars(ws.usage.dollars)]
    line = tag("p", " \N{MIDDLE DOT} ".join(escape(part) for part in totals), class_="totals")
    return tag(
        "section",
        tag("h2", "Answer", id=gallery.id("answer")),
        *inner,
        line,
        class_="answer warn" if warn else "answer",
        aria_labelledby=gallery.id("answer"),
    )


def given(ws: Workspace, story: Story, gallery: Gallery) -> str:
    """What the person gave: options, facts, marks, pictures."""
    parts = []
    if ws.started is not None:
        if options := ws.started.answer_spec.get("options"):
            items = [_option(ws, str(option)) for option in options]
            parts.append(tag("h3", "Options") + tag("ul", *items, class_="options"))
        facts = dict(ws.started.known)
        if ws.started.field_of_view is not None:
            facts["field of view"] = f"{ws.started.field_of_view:g} degrees"
        if facts:
            rows = [tag("div", tag("dt", escape(n)), tag("dd", escape(v))) for n, v in facts.items()]
            parts.append(tag("h3", "Known, stated by the person") + tag("dl", *rows, class_="facts"))
    if story.marks:
        items = []
        for known in dict.fromkeys(mark.object for mark in story.marks):
            same = [mark for mark in story.marks if mark.object == known]
            where = [f"{gallery.handle(mark.picture)}{_at(mark, gallery)}" for mark in same]
            named = f"{gallery.handle(known)} {escape(same[-1].name)} in "
            items.append(tag("li", named, ", ".join(where)))
        parts.append(tag("h3", "Marked by the person") + tag("ul", *items, class_="options"))
    if ws.inputs:
        figures = [gallery.figure(handle, alone=len(ws.inputs) == 1) for handle in ws.inputs]
        parts.append(tag("h3", "Inputs") + tag("div", *figures, class_="pics"))
    if not parts:
        return ""
    return tag(
        "section",
        tag("h2", "Given", id=gallery.id("given")),
        *parts,
        class_="given",
        aria_labelledby=gallery.id("given"),
    )


def _at(mark: ObjectSeen, gallery: Gallery) -> str:
    place = place_of(mark)
    return "" if place is None else f" {gallery.place(place)}"


def _option(ws: Workspace, option: str) -> str:
    answer = ws.answer
    chosen = (
        answer is not None and isinstance(answer.value, str) and (option.strip() in (answer.value, answer.text.strip()))
    )
    if not chosen:
        return tag("li", escape(option))
    return tag("li", escape(option), " ", tag("span", "chosen", class_="chosen"), class_="is-chosen")


def programs(ws: Workspace, gallery: Gallery) -> str:
    """All programs of the run at a glance, each with its picture."""
    rows = []
    for row in revision_rows(ws):
        revision = row.revision
        chips = "".join(tag("span", mark, class_=f"mark-{mark}") for mark in row.marks)
        picture = gallery.thumbnail(revision.picture) if revision.picture else ""
        said = [row.outcome, f"verdict: {row.verdict}" if row.verdict else ""]
        facts = "".join(tag("p", escape(fact)) for fact in said if fact)
        about = tag("p", gallery.words(f"{revision.engine}, {row.change}"), class_="quiet")
        thought = tag("p", escape(one_line(revision.thought, 200))) if revision.thought else ""
        rows.append(
            tag(
                "li",
                tag("div", picture, class_="shown"),
                tag("div", tag("h3", gallery.handle(revision.handle), chips), thought, about, facts),
                class_="undone" if revision.undone else None,
            )
        )
    if not rows:
        return ""
    return tag(
        "section",
        tag("h2", "Programs", id=gallery.id("programs")),
        tag("ol", *rows, class_="revisions"),
        aria_labelledby=gallery.id("programs"),
    )


def knowledge(ws: Workspace, gallery: Gallery) -> str:
    """Plan, notes and objects as they stood at the end."""
    parts = []
    if ws.plan:
        items = [plan_line(item, fresh=False) for item in ws.plan]
        parts.append(tag("h3", "Plan") + tag("ol", *items, class_="plan"))
    if ws.notes:
        parts.append(tag("h3", "Notes") + tag("ul", *(tag("li", gallery.words(n)) for n in ws.notes), class_="notes"))
    if ws.scene.objects:
        rows = []
        for item in ws.scene.objects.values():
            where = "; ".join(gallery.text(sighting.describe()) for sighting in item.sightings)
            rows.append(
                tag(
                    "tr",
                    tag("th", escape(item.handle), scope="row"),
                    tag("td", escape(item.name)),
                    tag("td", where),
                    id=gallery.id(f"o-{item.handle}"),
                )
            )
        head = tag("tr", *(tag("th", name, scope="col") for name in ("Object", "Name", "Where it was seen")))
        table = tag("table", tag("thead", head), tag("tbody", *rows))
        parts.append(
            tag("h3", "Objects") + tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Objects")
        )
    if not parts:
        return ""
    return tag(
        "section",
        tag("h2", "Known at the end", id=gallery.id("known")),
        *parts,
        class_="known",
        aria_labelledby=gallery.id("known"),
    )
