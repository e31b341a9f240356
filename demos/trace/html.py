"""A run as one self-contained page: no request leaves it, and nothing in it runs but the script this module ships.

The page is built from small functions that return HTML; all escaping is in `sightline.demos.trace.markup`. The policy
in its head names the hashes of its own style and script, so that even text that slipped through could not run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from sightline.demos.trace.arguments import seen_by
from sightline.demos.trace.markup import Gallery, escape, tag
from sightline.demos.trace.parts import answer_card, given, knowledge, programs, title
from sightline.demos.trace.story import StepStory, Story, tell
from sightline.demos.trace.timeline import Timeline
from sightline.demos.wording import one_line
from sightline.memory import Workspace


def trace_html(ws: Workspace) -> str:
    """Retell a run as a page.

    Args:
        ws: The run; finished, failed or still under way.

    Returns:
        A whole HTML document with its pictures inside, each different one once, at most 1600 pixels wide or high.
    """
    story, gallery = tell(ws), Gallery(ws)
    body = "".join(_body(ws, story, gallery))
    style = "".join(asset(name) for name in ("tokens.css", "trace.css", "page.css"))
    script = asset("page.js") + "sightlineTrace(document.body, document.body);\n"
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


def asset(name: str) -> str:
    """A style or script that pages are made of."""
    return files("sightline.demos.trace").joinpath(name).read_text("utf-8")


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _body(ws: Workspace, story: Story, gallery: Gallery) -> Iterator[str]:
    timeline = Timeline(ws, gallery, seen_by(ws))
    main = [
        title(ws),
        answer_card(ws, gallery),
        given(ws, story, gallery),
        programs(ws, gallery),
        *_steps(story, timeline),
        knowledge(ws, gallery),
    ]
    yield tag("a", "Skip to the steps", class_="skip", href="#steps")
    yield tag("div", tag("main", *main), class_="page")


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
