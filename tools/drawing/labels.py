"""Labels: short texts on filled plates, set beside their shapes, inside the picture and off each other.

A plate has the colour of its shape; its text is black or white, whichever reads better on it (a contrast of at least
4.58). Where no place beside the shape is free, the plate moves away and a line joins it to its shape.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InfrastructureError
from sightline.tools.drawing import ink
from sightline.tools.drawing.palette import RGB, against

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Rect = tuple[float, float, float, float]

SMALLEST_FONT = 11
"""Pixels: below this DejaVu Sans is no longer read at a glance."""
FONT_SHARE = 1 / 50
"""Font size as a share of the picture's long side: readable when a large picture is sent at 1000 px."""
SMALLEST_PICTURE = 16
"""Pixels: a picture with a shorter side has no room for text."""
LONGEST = 60
"""Characters of a label that are drawn at most."""

_OVERLAPS_LABEL, _HIDES_SHAPE, _HIDES_OWN_INSIDE, _HIDES_INSIDE, _HIDES_OUTLINE = 100.0, 8.0, 3.0, 1.0, 4.0
_LATER_CHOICE, _PER_STEP = 0.05, 0.6


def font_size(size: tuple[int, int]) -> int:
    """Font size in pixels for a picture of this width and height; 0 where text has no room."""
    if min(size) < SMALLEST_PICTURE:
        return 0
    wanted = max(SMALLEST_FONT, round(max(size) * FONT_SHARE))
    return max(SMALLEST_FONT, min(wanted, min(size) // 4))


@lru_cache(maxsize=32)
def _font(pixels: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(_font_file()), pixels)


@cache
def _font_file() -> FilePath:
    """DejaVu Sans as matplotlib ships it, found without importing matplotlib."""
    spec = importlib.util.find_spec("matplotlib")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = FilePath(folder) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if path.is_file():
            return path
    raise InfrastructureError(
        "matplotlib's font DejaVuSans.ttf is not installed, and labels are drawn in it.",
        "Run: pip install --force-reinstall matplotlib",
    )


def one_line(text: str) -> str:
    """A label as one line: white space collapsed, what cannot be printed left out."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


@lru_cache(maxsize=4096)
def can_write(text: str) -> bool:
    """Whether the font has every character of a text (Latin, Greek, Cyrillic, Arabic, maths; not Chinese, Japanese)."""
    font = _font(SMALLEST_FONT * 2)
    missing = bytes(font.getmask("\U0010fffe"))
    return all(c.isspace() or bytes(font.getmask(c)) != missing for c in text)


def fitted(text: str, size: tuple[int, int]) -> str:
    """A label as it is drawn on a picture of this size: shortened with an ellipsis where it is too long; may be ""."""
    pixels = font_size(size)
    text = one_line(text)
    if not pixels or not text:
        return ""
    font = _font(pixels)
    room = min(size[0] - 2 * _pad(pixels) - 2, max(0.5 * size[0], 8.0 * pixels))
    if len(text) <= LONGEST and font.getlength(text) <= room:
        return text
    for length in range(min(len(text) - 1, LONGEST), 0, -1):
        short = text[:length].rstrip() + "…"
        if font.getlength(short) <= room:
            return short
    return "…" if font.getlength("…") <= room else ""


def _pad(pixels: int) -> int:
    return max(2, round(pixels * 0.3))


@dataclass(frozen=True)
class Wanted:
    """A label that waits for its place.

    Attributes:
        text: As `fitted` made it; not empty.
        color: Of its shape.
        anchor: (x, y) of the shape that it is about, where a line to it ends.
        reach: Around the anchor what it must not hide (x0, y0, x1, y1): the shape's own ink.
        interior: What it should not hide: the inside of a box; None where there is none.
        centred: Whether it belongs on the anchor itself.
    """

    text: str
    color: RGB
    anchor: tuple[float, float]
    reach: Rect
    interior: Rect | None = None
    centred: bool = False


@dataclass(frozen=True)
class Placed:
    """A label and its plate (x0, y0, x1, y1) in whole pixels; `leader` is whether a line joins it to its anchor."""

    wanted: Wanted
    plate: tuple[int, int, int, int]
    leader: bool


def place(wanted: list[Wanted], outlines: NDArray[np.float64], size: tuple[int, int]) -> list[Placed]:
    """Give every label a plate inside the picture: off the others, and off what matters, as far as there is room.

    Args:
        wanted: The labels, in order of importance.
        outlines: (N, 2) places along the outlines of everything drawn, which are better not hidden.
        size: Width and height of the picture.
    """
    pixels = font_size(size)
    interiors = _rects([label.interior for label in wanted if label.interior])
    placed: list[Placed] = []
    for label in wanted:
        plate = _plate_size(label.text, pixels, size)
        rects, steps = _candidates(label, plate, size)
        cost = _LATER_CHOICE * np.arange(len(rects)) + _PER_STEP * steps
        taken = _rects([p.plate for p in placed])
        shared = _overlap(rects, taken).sum(axis=1)
        cost += np.where(shared > 0, _OVERLAPS_LABEL * (1 + shared), 0.0)
        if not label.centred:
            cost += _HIDES_SHAPE * _overlap(rects, _rects([label.reach])).sum(axis=1)
        if label.interior:
            cost += _HIDES_OWN_INSIDE * _overlap(rects, _rects([label.interior])).sum(axis=1)
        cost += _HIDES_INSIDE * _overlap(rects, interiors).sum(axis=1)
        x, y = outlines[None, :, 0], outlines[None, :, 1]
        hidden = (x > rects[:, 0:1]) & (x < rects[:, 2:3]) & (y > rects[:, 1:2]) & (y < rects[:, 3:4])
        cost += _HIDES_OUTLINE * np.minimum(hidden.sum(axis=1) / 8, 1.0)
        best = int(cost.argmin())
        x0, y0 = int(rects[best, 0]), int(rects[best, 1])
        placed.append(Placed(label, (x0, y0, x0 + plate[0], y0 + plate[1]), bool(steps[best] > 0)))
    return placed


def _plate_size(text: str, pixels: int, size: tuple[int, int]) -> tuple[int, int]:
    font = _font(pixels)
    ascent, descent = font.getmetrics()
    width, height = int(np.ceil(font.getlength(text))) + 2 * _pad(pixels), ascent + descent + 2
    return min(width, size[0]), min(height, size[1])


def _candidates(
    label: Wanted, plate: tuple[int, int], size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Plates to choose from, best first, all inside the picture: (N, 4), and how far away each is, in steps: (N,)."""
    w, h = plate
    x0, y0, x1, y1 = label.reach
    middle_x, middle_y = (x0 + x1 - w) / 2, (y0 + y1 - h) / 2
    corners: list[tuple[float, float]]
    if label.interior is not None:
        # Outside on top and below, then at the sides, then inside, always flush with an edge.
        corners = [(x0, y0 - h), (x1 - w, y0 - h), (x0, y1), (x1 - w, y1), (x1, y0), (x0 - w, y0), (x1, y1 - h)]
        a, b, c, d = label.interior
        corners += [(a, b), (c - w, b), (a, d - h), (c - w, d - h)]
    else:
        corners = [(middle_x, middle_y)] if label.centred else []
        corners += [(x1, middle_y), (x1, y0 - h), (middle_x, y0 - h), (x0 - w, middle_y)]
        corners += [(middle_x, y1), (x0 - w, y0 - h), (x1, y1), (x0 - w, y1)]
    steps = [0.0] * len(corners)
    if label.centred:
        steps[1:] = [0.5] * (len(corners) - 1)
    ax, ay = label.anchor
    for ring in range(1, 7):
        for turn in range(12):
            angle = 2 * np.pi * turn / 12
            reach = ring * 1.25 * h
            corners.append((ax + np.cos(angle) * (reach + w / 2) - w / 2, ay - np.sin(angle) * (reach + h) - h / 2))
            steps.append(float(ring))
    # What would lie outside is moved back in; it may then hide its shape, which is counted above.
    at = np.rint(np.array(corners))
    at = np.clip(at, 0, [size[0] - w, size[1] - h])
    return np.concatenate([at, at + np.array([w, h])], axis=1), np.array(steps)


def _rects(rects: list[Rect] | list[tuple[int, int, int, int]]) -> NDArray[np.float64]:
    return np.array(rects, dtype=np.float64).reshape(-1, 4)


def _overlap(rects: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each of `rects` (N, 4) that each of `others` (M, 4) covers: (N, M)."""
    low = np.maximum(rects[:, None, :2], others[None, :, :2])
    high = np.minimum(rects[:, None, 2:], others[None, :, 2:])
    area = np.clip(high - low, 0, None).prod(axis=2)
    own = (rects[:, 2:] - rects[:, :2]).prod(axis=1, keepdims=True)
    return np.asarray(area / np.maximum(own, 1e-9), dtype=np.float64)


def draw_leader(canvas: NDArray[np.uint8], placed: Placed, width: float) -> None:
    """The line from a plate that had to move to what it is about; drawn before the plates."""
    x0, y0, x1, y1 = placed.plate
    ax, ay = placed.wanted.anchor
    nearest = (min(max(ax, x0 + 1.0), x1 - 1.0), min(max(ay, y0 + 1.0), y1 - 1.0))
    line = np.array([placed.wanted.anchor, nearest])
    ink.stroke(canvas, line, 2 * width, against(placed.wanted.color))
    ink.stroke(canvas, line, width, placed.wanted.color)


def draw_plate(canvas: NDArray[np.uint8], placed: Placed) -> None:
    """The plate with its text and a rim of one pixel, in place."""
    from PIL import Image, ImageDraw

    x0, y0, x1, y1 = placed.plate
    pixels = font_size((canvas.shape[1], canvas.shape[0]))
    font = _font(pixels)
    text_color = against(placed.wanted.color)
    plate = Image.new("RGB", (x1 - x0, y1 - y0), placed.wanted.color)
    draw = ImageDraw.Draw(plate)
    draw.rectangle((0, 0, x1 - x0 - 1, y1 - y0 - 1), outline=text_color)
    draw.text((_pad(pixels), 1), placed.wanted.text, fill=text_color, font=font)
    canvas[y0:y1, x0:x1] = np.asarray(plate)
