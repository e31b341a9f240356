"""A run as one self-contained page: no request leaves it, and nothing in it runs but the script this module ships.

The page is built from small functions that return HTML; all escaping is in `sightline.demos.trace.markup`. The policy
in its head names the hashes of its own style and script, so that even text that slipped through could not run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from sightline.demos.trace.arguments import answer_places, seen_by
from sightline.demos.trace.markup import Gallery, escape, plan_line, tag
from sightline.demos.trace.revisions import revision_rows
from sightline.demos.trace.story import StepStory, Story, place_of, tell
from sightline.demos.trace.timeline import Timeline
from sightline.demos.wording import active_seconds, count, dollars, duration, flags, moment, one_line, tokens
from sightline.memory import Answered, ObjectSeen, Workspace


def trace_html(ws: Workspace) -> str:
    """Retell a run as a page.

    Args:
        ws: The run; finished, failed or still under way.

    Returns:
        A whole HTML document with its pictures inside, each different one once, at most 1600 pixels wide or high.
    """
    story, gallery = tell(ws), Gallery(ws)
    body = "".join(_body(ws, story, gallery))
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    name = one_line(ws.started.question, 80) if ws.started is not None else ws.folder.name
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(name)} \N{MIDDLE DOT} Sightline trace</title>"
        f"<style>{style}</style>"
    )
    # The definitions are written after everything that asks for pictures has been, and stand before it.
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{gallery.definitions()}{body}'
        f"<script>{script}</script></body></html>\n"
    )


def _asset(name: str) -> str:
    return files("sightline.demos.trace").joinpath(name).read_text("utf-8")


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _body(ws: Workspace, story: Story, gallery: Gallery) -> Iterator[str]:
    timeline = Timeline(ws, gallery, seen_by(ws))
    main = [
        _title(ws),
        _answer(ws, gallery),
        _given(ws, story, gallery),
        _revisions(ws, gallery),
        *_steps(story, timeline),
        _knowledge(ws, gallery),
    ]
    yield tag("a", "Skip to the steps", class_="skip", href="#steps")
    yield tag("div", tag("main", *main), class_="page")


def _title(ws: Workspace) -> str:
    started = ws.started
    if started is None:
        return tag("header", tag("p", "Sightline trace", class_="kicker"), tag("h1", escape(ws.folder.name)))
    facts = [moment(started.time), started.model, f"strategy {started.strategy}", f"run {started.run}"]
    if started.parent is not None:
        facts.append(f"branch of {started.parent.run}")
    line = tag("p", " \N{MIDDLE DOT} ".join(escape(fact) for fact in ["Sightline trace", *facts]), class_="kicker")
    return tag("header", line, tag("h1", escape(started.question)), class_="top")


def _answer(ws: Workspace, gallery: Gallery) -> str:
    if ws.started is None:
        return ""
    answer = ws.answer
    if answer is None:
        if ws.failure is not None:
            why = f"The model could not be asked: {ws.failure.message} {ws.failure.remedy}"
        else:
            why = "The run was stopped, or is still under way."
        more = tag("p", "Go on with ", tag("code", f"sightline resume {escape(ws.folder.name)}"), class_="details")
        inner = [tag("p", "No answer yet", class_="value"), tag("p", escape(why), class_="details"), more]
        return _card(inner, ws, warn=True)
    return _card(list(_answer_parts(ws, answer, gallery)), ws, warn=answer.status != "answered")


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


def _card(inner: list[str], ws: Workspace, *, warn: bool) -> str:
    calls = sum(1 for record in ws.calls.values() if record.finished is not None)
    totals = [count(len(ws.steps), "step"), count(calls, "tool call"), duration(active_seconds(ws.events))]
    if ws.usage.tokens:
        totals += [tokens(ws.usage), dollars(ws.usage.dollars)]
    line = tag("p", " \N{MIDDLE DOT} ".join(escape(part) for part in totals), class_="totals")
    return tag(
        "section",
        tag("h2", "Answer", id="answer"),
        *inner,
        line,
        class_="answer warn" if warn else "answer",
        aria_labelledby="answer",
    )


def _given(ws: Workspace, story: Story, gallery: Gallery) -> str:
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
        items = [
            tag(
                "li",
                gallery.handle(mark.object),
                " ",
                escape(mark.name),
                " in ",
                gallery.handle(mark.picture),
                _at(mark, gallery),
            )
            for mark in story.marks
        ]
        parts.append(tag("h3", "Marked by the person") + tag("ul", *items, class_="options"))
    if ws.inputs:
        figures = [gallery.figure(handle, alone=len(ws.inputs) == 1) for handle in ws.inputs]
        parts.append(tag("h3", "Inputs") + tag("div", *figures, class_="pics"))
    if not parts:
        return ""
    return tag("section", tag("h2", "Given", id="given"), *parts, class_="given", aria_labelledby="given")


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


def _revisions(ws: Workspace, gallery: Gallery) -> str:
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
        tag("h2", "Programs", id="programs"),
        tag("ol", *rows, class_="revisions"),
        aria_labelledby="programs",
    )


def _steps(story: Story, timeline: Timeline) -> Iterator[str]:
    items = [*(timeline.incident(i) for i in story.opening)]
    items += [timeline.step(step) for step in story.steps]
    items += [timeline.loose(call, changes) for call, changes in story.loose]
    items += [timeline.incident(i) for i in story.closing]
    if items:
        content = [tag("h2", "Steps", id="steps"), _jumps(story.steps), tag("ol", *items, class_="timeline")]
        yield tag("section", *content, aria_labelledby="steps")


def _jumps(steps: list[StepStory]) -> str:
    """Links to the steps, where there are so many that scrolling is work."""
    if len(steps) < 6:
        return ""
    links = [
        tag("a", str(s.record.number), href=f"#s{s.record.number}", class_="bad" if s.troubled else None) for s in steps
    ]
    return tag("nav", *links, class_="jumps", aria_label="Steps")


def _knowledge(ws: Workspace, gallery: Gallery) -> str:
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
                    id=f"o-{item.handle}",
                )
            )
        head = tag("tr", *(tag("th", name, scope="col") for name in ("Object", "Name", "Where it was seen")))
        table = tag("table", tag("thead", head), tag("tbody", *rows))
        parts.append(
            tag("h3", "Objects") + tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Objects")
        )
    if not parts:
        return ""
    return tag("section", tag("h2", "Known at the end", id="known"), *parts, class_="known", aria_labelledby="known")
