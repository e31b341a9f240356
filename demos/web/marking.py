"""What a person drew on a picture, as a point or a box of the question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.demos.trace.markup import escape, tag
from sightline.memory import InputError

if TYPE_CHECKING:
    from sightline.agents import Mark

SHOWN = 720
"""Longer side in pixels of the picture that is drawn on."""
DOT = 0.04
"""What is smaller than this part of the picture's longer side is a point, not a box."""


def to_draw_on(file: str) -> NDArray[np.uint8]:
    """A picture upright and small enough to draw on, (H, W, 3) uint8.

    Raises:
        InputError: It cannot be read.
    """
    from PIL import Image

    from sightline.memory.pictures import load_picture

    picture = Image.fromarray(load_picture(file).pixels)
    picture.thumbnail((SHOWN, SHOWN))
    return np.asarray(picture)


def mark_of(name: str, handle: str, file: str, drawn: Any) -> Mark:
    """What was drawn, as a mark in stored pixels.

    Args:
        name: What it is.
        handle: Of the picture in the run.
        file: The picture's.
        drawn: What `gr.ImageEditor` gives: `background` and `layers`, (H, W, 4) uint8.

    Raises:
        InputError: Nothing was drawn, or it has no name.
    """
    from sightline.agents import Mark
    from sightline.memory.pictures import load_picture

    if not name.strip():
        raise InputError("What was drawn has no name.", "Write what it is, as the question calls it: mug.")
    layers = [] if drawn is None else [np.asarray(layer) for layer in drawn["layers"]]
    painted = np.zeros(layers[0].shape[:2], bool) if layers else np.zeros((1, 1), bool)
    for layer in layers:
        painted |= layer[..., 3] > 40
    if not painted.any():
        raise InputError("Nothing is drawn.", "Draw over the thing, or around it, with the brush.")
    ys, xs = np.nonzero(painted)
    height, width = load_picture(file).pixels.shape[:2]
    across, down = width / len(painted[0]), height / len(painted)
    # A pixel's left edge is its index: the box of columns a to b reaches from a to b + 1.
    box = (xs.min() * across, ys.min() * down, (xs.max() + 1) * across, (ys.max() + 1) * down)
    x0, y0, x1, y1 = (round(float(value), 1) for value in box)
    if max(x1 - x0, y1 - y0) <= DOT * max(width, height):
        return Mark(name.strip(), (round((x0 + x1) / 2, 1), round((y0 + y1) / 2, 1)), handle)
    return Mark(name.strip(), (x0, y0, x1, y1), handle)


def marks_html(marks: Sequence[Mark]) -> str:
    """The marks of the question, for the page: a line for each thing."""
    if not marks:
        return ""
    items = []
    for name in dict.fromkeys(mark.name for mark in marks):
        where = ", ".join(mark.picture for mark in marks if mark.name == name)
        items.append(tag("li", tag("strong", escape(name)), escape(f" in {where}")))
    return tag("div", tag("p", "Marked", class_="quiet"), tag("ul", *items, class_="marks"), class_="trace")
