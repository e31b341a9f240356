"""How alike two slides are: SlidesBench's scores that need a reference.

Source: AutoPresent (Ge et al., CVPR 2025), `evaluate/page_eval.py` with its `match` and `metrics`. A slide is read as
blocks, its text shapes and its pictures. Blocks of both slides are matched by their texts, with a bonus for neighbours
in order that match too; then

    match      area of the matched blocks over the area of all
    text       mean over matched pairs of the similarity of their texts
    colour     mean over matched pairs of the similarity of their fills, and of the backgrounds once a pair
    position   mean over matched pairs of 1 - max(|dx|, |dy|) of the centres, in shares of the slide

The published table multiplies them by 100. What looks odd is kept, so that figures compare: two fills that are both
inherited from the theme, and two backgrounds that are not both plain RGB, count as different.

AutoPresent compares texts by the cosine of MiniLM's sentence embeddings, which needs weights (see `.sentences`);
without them the ratio of `difflib`, by which blocks are matched anyway, stands in for it: say which one was used.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

import numpy as np

from sightline.memory import InputError
from sightline.tools.graphics.metrics.colour import to_lab

RGB = tuple[int, int, int]
TextSimilarity = Callable[[str, str], float]

_WINDOW = 1
_BONUS = 1.0
_ALIKE = 0.5  # texts more alike than this get the bonus of their neighbours


@dataclass(frozen=True)
class Fill:
    """How a block or a background is filled.

    Attributes:
        kind: `rgb`, `theme` (a colour of the theme), `clear` (set to be transparent), `image`, `inherited`, or `other`.
        value: An (R, G, B) triple, the name of a theme colour, or the picture's bytes.
    """

    kind: Literal["rgb", "theme", "clear", "image", "inherited", "other"]
    value: RGB | str | bytes | None = None


@dataclass(frozen=True)
class Block:
    """A text shape or a picture of a slide.

    Attributes:
        text: What stands in it; None for a picture.
        fill: Its fill; for a picture, the picture.
        left: Of its box, in shares of the slide's width.
        top: In shares of the slide's height.
        width: In shares of the slide's width.
        height: In shares of the slide's height.
    """

    text: str | None
    fill: Fill
    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """In shares of the slide."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) in shares of the slide."""
        return self.left + self.width / 2, self.top + self.height / 2


@dataclass(frozen=True)
class Slide:
    """What is compared of a slide."""

    blocks: tuple[Block, ...]
    background: Fill = Fill("inherited")


@dataclass(frozen=True)
class SlideScores:
    """SlidesBench's scores, each 0 to 1 and higher better; without a matched pair the last three are 1, as published.

    Attributes:
        match: Area of matched blocks over the area of all.
        text: Similarity of matched texts; pictures are left out.
        colour: Similarity of fills and backgrounds.
        position: Nearness of the centres.
        pairs: Matched blocks: (index in the slide, index in the reference).
    """

    match: float
    text: float
    colour: float
    position: float
    pairs: tuple[tuple[int, int], ...]


def score_slides(slide: Slide, reference: Slide, text: TextSimilarity | None = None) -> SlideScores:
    """Score a slide against its reference.

    Args:
        slide: What was made.
        reference: What was wanted.
        text: How alike two texts are, 0 to 1; `difflib`'s ratio by default.
    """
    alike = text or text_ratio
    pairs = match_blocks(slide.blocks, reference.blocks)
    matched = [(slide.blocks[i], reference.blocks[j]) for i, j in pairs]
    texts = [alike(a.text, b.text) for a, b in matched if a.text is not None and b.text is not None]
    plain = slide.background.kind == reference.background.kind == "rgb"
    background = fill_similarity(slide.background, reference.background) if plain else 0.0
    colours = [value for a, b in matched for value in (fill_similarity(a.fill, b.fill), background)]
    places = [position_similarity(a, b) for a, b in matched]
    return SlideScores(
        _area_score(slide.blocks, reference.blocks, pairs), _mean(texts), _mean(colours), _mean(places), pairs
    )


def match_blocks(blocks: Sequence[Block], reference: Sequence[Block]) -> tuple[tuple[int, int], ...]:
    """Pairs (index, index in the reference), at most one for each block, by the Hungarian method on their texts.

    A pair whose texts are alike by more than a half also gets what the two best of its neighbours (next block on both
    sides) are alike by.
    """
    if not blocks or not reference:
        return ()
    from scipy.optimize import linear_sum_assignment

    likeness = np.array([[_likeness(a, b) for b in reference] for a in blocks], dtype=np.float64)
    adjusted = likeness.copy()
    rows, columns = likeness.shape
    for i in range(rows):
        for j in range(columns):
            if likeness[i, j] <= _ALIKE:
                continue
            near = likeness[max(0, i - _WINDOW) : i + _WINDOW + 1, max(0, j - _WINDOW) : j + _WINDOW + 1].ravel()
            others = np.delete(near, np.flatnonzero(near == likeness[i, j])[0])
            adjusted[i, j] += _BONUS * np.sort(others)[-2 * _WINDOW :].sum()
    first, second = linear_sum_assignment(-adjusted)
    return tuple((int(i), int(j)) for i, j in zip(first, second, strict=True))


def _likeness(a: Block, b: Block) -> float:
    return 0.0 if a.text is None or b.text is None else text_ratio(a.text, b.text)


def text_ratio(a: str, b: str) -> float:
    """`difflib`'s ratio: twice the matching characters over all characters."""
    return SequenceMatcher(None, a, b).ratio()


def position_similarity(a: Block, b: Block) -> float:
    """1 - max(|dx|, |dy|) of the centres, in shares of the slide, not below 0."""
    (ax, ay), (bx, by) = a.centre, b.centre
    return max(0.0, 1.0 - max(abs(ax - bx), abs(ay - by)))


def fill_similarity(a: Fill, b: Fill) -> float:
    """1 - CIEDE2000 / 100 for plain colours, at least 0; 1 for equal pictures or theme colours; else 0."""
    if a.kind == b.kind == "rgb":
        from skimage.color import deltaE_ciede2000

        one, other = (to_lab(np.array([[fill.value]], dtype=np.uint8))[0, 0] for fill in (a, b))
        return max(0.0, 1.0 - float(deltaE_ciede2000(one, other)) / 100)
    return float(a == b and a.kind not in ("inherited", "other"))


def _area_score(blocks: Sequence[Block], reference: Sequence[Block], pairs: Sequence[tuple[int, int]]) -> float:
    """Matched area over all area; two slides without any are the same."""
    matched = sum(blocks[i].area + reference[j].area for i, j in pairs)
    everything = sum(block.area for block in (*blocks, *reference))
    return 1.0 if everything == 0 else matched / everything


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 1.0


def read_slide(content: bytes, number: int = 1) -> Slide:
    """The blocks of one slide of a presentation.

    Args:
        content: A `.pptx` file.
        number: Which slide, counted from 1.

    Raises:
        InputError: It is no presentation, or has no such slide.
    """
    from zipfile import BadZipFile

    from pptx import Presentation
    from pptx.enum.shapes import MSO_SHAPE_TYPE
    from pptx.exc import PackageNotFoundError

    try:
        deck = Presentation(io.BytesIO(content))
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError) as error:
        raise InputError("This is not a presentation that can be read.", "Give a .pptx file.") from error
    if not 1 <= number <= len(deck.slides):
        raise InputError(f"The presentation has no slide {number}.", f"It has {len(deck.slides)}.")
    slide = deck.slides[number - 1]
    width, height = float(deck.slide_width or 1), float(deck.slide_height or 1)
    blocks = []
    for shape in slide.shapes:
        if shape.has_text_frame:
            text, fill = shape.text_frame.text, _read_fill(shape.fill)
        elif shape.shape_type == MSO_SHAPE_TYPE.PICTURE:
            text, fill = None, Fill("image", shape.image.blob)
        else:
            continue  # as published: tables, charts and connectors are left out
        box = (shape.left or 0, shape.top or 0, shape.width or 0, shape.height or 0)
        blocks.append(Block(text, fill, box[0] / width, box[1] / height, box[2] / width, box[3] / height))
    return Slide(tuple(blocks), _read_fill(slide.background.fill))


def _read_fill(fill: Any) -> Fill:
    from pptx.enum.dml import MSO_COLOR_TYPE, MSO_FILL_TYPE

    if fill.type is None:
        return Fill("inherited")
    if fill.type == MSO_FILL_TYPE.BACKGROUND:
        return Fill("clear")
    if fill.type != MSO_FILL_TYPE.SOLID:
        return Fill("other")
    if fill.fore_color.type == MSO_COLOR_TYPE.RGB:
        red, green, blue = fill.fore_color.rgb
        return Fill("rgb", (red, green, blue))
    if fill.fore_color.type == MSO_COLOR_TYPE.SCHEME:
        return Fill("theme", str(fill.fore_color.theme_color))
    return Fill("other")
