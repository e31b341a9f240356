"""What the run knows, beside the trace: its plan with ticks, the map, the objects, the notes."""

from __future__ import annotations

from sightline.demos.trace.markup import Gallery, escape, plan_line, tag
from sightline.demos.web.panels.map import map_svg
from sightline.memory import SceneObject, Workspace

OVER = "The agent kept no plan, objects or notes in this run."
EMPTY = "Nothing yet. Here the agent keeps its plan, what it found and where that is; it fills while it answers."


def memory_panel(ws: Workspace, prefix: str) -> str:
    """The panel as HTML; links in it lead to parts of the trace whose ids begin with `prefix`."""
    gallery = Gallery(ws, prefix)
    parts = []
    if ws.plan:
        done = sum(item.done for item in ws.plan)
        head = tag("h3", "Plan ", tag("span", f"{done} of {len(ws.plan)}", class_="quiet"))
        parts.append(head + tag("ol", *(plan_line(item, fresh=False) for item in ws.plan), class_="plan"))
    if drawn := map_svg(ws):
        parts.append(tag("h3", "Map, from above") + drawn)
    if ws.scene.objects:
        rows = [_row(item, gallery) for item in ws.scene.objects.values()]
        head = tag("tr", *(tag("th", name, scope="col") for name in ("Object", "Name", "Seen in")))
        table = tag("table", tag("thead", head), tag("tbody", *rows))
        title = tag("h3", "Objects ", tag("span", str(len(rows)), class_="quiet"))
        parts.append(title + tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Objects"))
    if ws.notes:
        notes = (tag("li", gallery.words(note)) for note in ws.notes)
        parts.append(tag("h3", "Notes") + tag("ul", *notes, class_="notes"))
    return "".join(parts) or tag("p", escape(EMPTY if ws.answer is None else OVER), class_="quiet")


def _row(item: SceneObject, gallery: Gallery) -> str:
    pictures = dict.fromkeys(sighting.picture for sighting in item.sightings)
    where = ", ".join(gallery.handle(picture) or escape(picture) for picture in pictures)
    in_space = ", ".join(item.places)
    placed = tag("span", f"; in {escape(in_space)}", class_="quiet") if in_space else ""
    return tag(
        "tr",
        tag("th", gallery.handle(item.handle) or escape(item.handle), scope="row"),
        tag("td", escape(item.name)),
        tag("td", where, placed),
    )
