"""A run as parts of a page that change while it goes on: only what is new is written again.

The parts are those of the page of a finished run, by the same functions. Whoever shows them keeps them in the order of
`ORDER`, steps by their number, and replaces a part that comes again under its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sightline.demos.trace.arguments import seen_by
from sightline.demos.trace.markup import Gallery
from sightline.demos.trace.parts import answer_card, given, knowledge, programs, title
from sightline.demos.trace.story import tell
from sightline.demos.trace.timeline import Timeline
from sightline.memory import Event, Workspace

ORDER = ("title", "answer", "given", "programs", "opening", "step", "loose", "closing", "known")
"""Kinds of parts, in the order they stand on a page."""


@dataclass(frozen=True)
class Part:
    """A part of the page: its kind (one of `ORDER`), its number among those, and its HTML; "" where it is gone."""

    kind: str
    number: int
    html: str


class LiveTrace:
    """Follows a run, from its journal's events, and writes the parts that changed.

    Args:
        folder: The run's.
        prefix: What the ids of its parts begin with, where several runs are on one page.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.ws = Workspace(folder, None, [])
        self.doing = ""
        """What the run is doing, in words; "" once nobody is at it."""
        self._gallery = Gallery(self.ws, prefix)
        self._written: dict[tuple[str, int], str] = {}
        self._sent_pixels = 0
        self._settled = 0

    def hear(self, event: Event) -> None:
        """Take in an event; those that are known already change nothing."""
        if event.position >= len(self.ws.events):
            self.ws.apply(event)

    def changes(self) -> tuple[list[str], list[Part]]:
        """What is new since the last time: pixels of pictures (SVG elements for `defs`), and parts."""
        parts = []
        for kind, number, html in self._parts():
            if self._written.get((kind, number), "") != html:
                self._written[kind, number] = html
                parts.append(Part(kind, number, html))
        pixels = self._gallery.pixels(self._sent_pixels)
        self._sent_pixels += len(pixels)
        return pixels, parts

    def _parts(self) -> Iterator[tuple[str, int, str]]:
        ws, gallery = self.ws, self._gallery
        story = tell(ws)
        timeline = Timeline(ws, gallery, seen_by(ws), live=bool(self.doing))
        yield "title", 0, title(ws)
        yield "answer", 0, answer_card(ws, gallery, self.doing)
        yield "given", 0, given(ws, story, gallery)
        yield "programs", 0, programs(ws, gallery)
        for number, incident in enumerate(story.opening):
            yield "opening", number, timeline.incident(incident)
        # Steps before the last one that is complete no longer change.
        for index, step in enumerate(story.steps[self._settled :], start=self._settled):
            yield "step", step.record.number, timeline.step(step)
            if step.record.complete and index + 1 < len(story.steps):
                self._settled = max(self._settled, index + 1)
        for number, (call, changes) in enumerate(story.loose):
            yield "loose", number, timeline.loose(call, changes)
        for number, incident in enumerate(story.closing):
            yield "closing", number, timeline.incident(incident)
        yield "known", 0, "" if self.doing else knowledge(ws, gallery)
