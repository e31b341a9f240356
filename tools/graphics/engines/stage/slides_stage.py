"""Inside the sandbox: run a python-pptx program, then let LibreOffice draw a slide, or report what is on it."""

from __future__ import annotations

from typing import Any

from slides_deck import deck_begin, deck_show
from slides_report import named_shapes, slide_report
from stage_request import HERE, Impossible, fresh, serve


def begin(request: dict[str, Any]) -> dict[str, Any]:
    """The start file or an empty presentation, as `prs`."""
    return {"prs": deck_begin(str(HERE / request["start"]) if request["start"] else "")}


def answer(request: dict[str, Any], namespace: dict[str, Any], result: dict[str, Any]) -> None:
    """Draw one slide, or report it."""
    deck: Any = namespace.get("prs")
    if not (hasattr(deck, "slides") and hasattr(deck, "save")):
        raise Impossible("The program leaves no presentation in `prs`.")
    if not len(deck.slides):
        raise Impossible("The presentation has no slide. Add one: prs.slides.add_slide(prs.slide_layouts[6]).")
    number = request["frame"] or 1
    if not 1 <= number <= len(deck.slides):
        raise Impossible(f"The presentation has no slide {number}: it has {len(deck.slides)}, counted from 1.")
    result["frame"] = number
    aspect = deck.slide_width / deck.slide_height
    if request["wanted"] is None:
        result["report"] = slide_report(deck, number, _fitted(aspect, None, request))
        return
    deck.save(fresh(request, "deck.pptx"))
    shapes = named_shapes(deck.slides[number - 1])
    hidden = []
    for name in request["wanted"]["hidden"]:
        if name not in shapes:
            raise Impossible(f"Slide {number} has nothing named {name!r}; it has: {', '.join(list(shapes)[:40])}.")
        hidden.append(shapes[name])
    for shape in hidden:
        shape._element.getparent().remove(shape._element)
    size = _fitted(aspect, request["wanted"]["size"], request)
    deck_show(deck, number, size, request["office"], fresh(request, "picture.png"))


def _fitted(aspect: float, size: list[int] | None, request: dict[str, Any]) -> list[int]:
    """The slide as large as it can be within a size, in pixels; at its usual width where there is none."""
    width = request["width"] if size is None else min(size[0], round(size[1] * aspect))
    return [max(1, width), max(1, round(width / aspect))]


serve(begin, answer)
