"""Points in a model's words, in every convention that a published scorer reads, and written back in it.

A published reader gives `Pointed`: whole pixels, as its authors index a mask with them. Ours, `read_points`, gives
continuous stored pixels in a declared `CoordinateDialect`, or says why there is no one reading.

Sources: `text2pts` of wentaoyuan/RoboPoint, robopoint/eval/summarize_vqa.py (adbee8d); `text2pts`, `xml2pts` and
`json2pts` of Zhoues/RoboRefer, Evaluation/summarize_acc.py (d97a995). Written anew from what they do.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.dialects import CoordinateDialect, Size

Floats = NDArray[np.float64]
Number = int | float

# The published patterns write a number as \d+\.?\d*, which takes quadratic time on a long run of digits; these match
# the same texts in linear time.
_DECIMAL = r"\d+(?:\.\d*)?"
_TUPLE = re.compile(rf"\(([-+]?{_DECIMAL}(?:,\s*[-+]?{_DECIMAL})*?)\)")
_NUMBERED_XML = re.compile(rf'x\d+="(-?{_DECIMAL})"\s+y\d+="(-?{_DECIMAL})"')
_FENCE = re.compile(r"```(?:\w+)?\n(.*?)```", re.DOTALL)

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_PLACE = re.compile(
    rf'[(\[]\s*(?P<list>{_NUMBER}(?:\s*,\s*{_NUMBER})+)\s*[)\]]|\bx\d*="(?P<x>{_NUMBER})"\s+y\d*="(?P<y>{_NUMBER})"'
)


class Unparsable(ValueError):
    """A text has no points that a rule can read; the message says what is in the way."""


@dataclass(frozen=True)
class Pointed:
    """What a published reader took for an answer.

    Attributes:
        pixels: (x, y) of single pixels; they may lie outside the picture.
        boxes: Ranges x0 <= x < x1, y0 <= y < y1, each of whose pixels counts as one point.
    """

    pixels: tuple[tuple[int, int], ...] = ()
    boxes: tuple[tuple[int, int, int, int], ...] = ()

    @property
    def count(self) -> int:
        """Number of points, those of the boxes included."""
        return len(self.pixels) + sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in self.boxes)

    def share_in(self, mask: Floats) -> float:
        """Mean of a mask over the points; outside of it they are 0, and so is the mean of none.

        Args:
            mask: (H, W) float64, 0 to 1.
        """
        height, width = mask.shape
        total = sum(float(mask[y, x]) for x, y in self.pixels if 0 <= x < width and 0 <= y < height)
        total += sum(
            float(mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)].sum()) for x0, y0, x1, y1 in self.boxes
        )
        return total / self.count if self.count else 0.0

    def __str__(self) -> str:
        """In words, for a log."""
        return ", ".join([f"({x}, {y})" for x, y in self.pixels[:20]] + [str(box) for box in self.boxes[:5]])


# ------------------------------------------------------------------------------------------ published readers
def robopoint_points(text: str, size: Size = (640, 480)) -> Pointed:
    """RoboPoint's reading: parenthesised pairs and boxes; a decimal point makes numbers fractions of the picture.

    Boxes are taken as slices of a canvas of this size, so that negative corners count from its far edge, as in numpy.

    Args:
        text: A model's words.
        size: Width and height; the published script leaves 640 x 480, whatever the picture's size.

    Raises:
        Unparsable: A box mixes a whole first number with decimals, at which the published script drops the item.
    """
    width, height = size
    pixels: list[tuple[int, int]] = []
    boxes = []
    for vector in _tuples(text):
        if len(vector) == 2:
            pixels.append(_scaled_if_float(vector, size))
        elif len(vector) == 4:
            if isinstance(vector[0], float):
                vector = [_scaled(v, side) for v, side in zip(vector, (width, height) * 2, strict=True)]
            if not all(isinstance(v, int) for v in vector):
                raise Unparsable("a box begins with a whole number and goes on with decimals")
            x0, x1, _ = slice(int(vector[0]), int(vector[2])).indices(width)
            y0, y1, _ = slice(int(vector[1]), int(vector[3])).indices(height)
            boxes.append((x0, y0, max(x0, x1), max(y0, y1)))
    return Pointed(tuple(pixels), tuple(boxes))


def roborefer_points(text: str, size: Size, *, absolute: bool) -> Pointed:
    """RoboRefer's reading of tuples: whole pairs are pixels, pairs with a decimal are fractions, unless absolute.

    Boxes are always fractions, unless absolute: there, whole numbers are scaled too.

    Args:
        text: A model's words.
        size: Width and height of the mask.
        absolute: Whether all numbers are pixels (published for Qwen and RoboBrain). Decimals stop the published
            script there; here they name the pixel that they lie in.

    Raises:
        Unparsable: A box's corners are in the wrong order, or not whole where they are pixels; the published script
            drops the item.
    """
    width, height = size
    pixels: list[tuple[int, int]] = []
    boxes = []
    for vector in _tuples(text):
        if len(vector) == 2:
            pixels.append(
                (_scaled(vector[0], 1), _scaled(vector[1], 1)) if absolute else _scaled_if_float(vector, size)
            )
        elif len(vector) == 4:
            if not absolute:
                vector = [_scaled(v, side) for v, side in zip(vector, (width, height) * 2, strict=True)]
            x0, y0, x1, y1 = vector
            if not all(isinstance(v, int) for v in vector):
                raise Unparsable("a box in pixels has decimals")
            if x1 < x0 or y1 < y0:
                raise Unparsable("a box's corners are in the wrong order")
            boxes.append((int(x0), int(y0), int(x1), int(y1)))
    return Pointed(tuple(pixels), tuple(boxes))


def molmo_points(text: str, size: Size) -> Pointed:
    """RoboRefer's reading of Molmo's `<points x1="61.5" y1="40.4" ...>`, in hundredths of the picture.

    Only numbered attributes: Molmo's own form for a single point, `<point x="61.5" y="40.4">`, is not read.
    """
    width, height = size
    found = _NUMBERED_XML.findall(text)
    return Pointed(tuple((_scaled(float(x) / 100, width), _scaled(float(y) / 100, height)) for x, y in found))


def gemini_points(text: str, size: Size) -> Pointed:
    """RoboRefer's reading of Gemini's fenced JSON `[{"point": [y, x], ...}]`, in thousandths of the picture.

    Without a fence, or with something else than JSON in it, there are no points.

    Raises:
        Unparsable: The JSON is no list of objects with numbers, at which the published script drops the item.
    """
    width, height = size
    if (match := _FENCE.search(text)) is None:
        return Pointed()
    try:
        data = json.loads(match[1].strip())
    except json.JSONDecodeError:
        return Pointed()
    try:
        pairs = [
            entry["point"]
            for entry in data
            if "point" in entry and isinstance(entry["point"], list) and len(entry["point"]) == 2
        ]
        return Pointed(tuple((int(x / 1000 * width), int(y / 1000 * height)) for y, x in pairs))
    except (TypeError, ValueError, OverflowError):
        raise Unparsable("the JSON is no list of objects with a point each") from None


def _tuples(text: str) -> list[list[Number]]:
    """Lists of numbers in parentheses; one with a decimal point is a float, any other an int."""
    return [[_number(part) for part in match.split(",")] for match in _TUPLE.findall(text)]


def _number(text: str) -> Number:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:  # Python converts no whole number of more than 4,300 digits
        raise Unparsable("a number is too long") from None


def _scaled_if_float(vector: Sequence[Number], size: Size) -> tuple[int, int]:
    x, y = vector
    if isinstance(x, float) or isinstance(y, float):
        return _scaled(x, size[0]), _scaled(y, size[1])
    return x, y


def _scaled(share: Number, side: int) -> int:
    try:
        return int(share * side)
    except OverflowError:
        raise Unparsable("a number is too large") from None


# ------------------------------------------------------------------------------------------------ our reader
def read_points(text: str, dialect: CoordinateDialect, size: Size) -> Floats:
    """The points in a text, in a declared dialect, as (N, 2) continuous stored pixels; nothing is guessed.

    Pairs in parentheses or brackets and XML attributes (`x="..." y="..."`) are read; the rest is prose.

    Args:
        text: A model's words.
        dialect: How its numbers are meant.
        size: Width and height of the picture, as stored and as sent.

    Raises:
        Unparsable: There are no points, numbers in groups of more than two, or points outside the picture.
    """
    found = [
        _group(match["list"]) if match["list"] else [float(match["x"]), float(match["y"])]
        for match in _PLACE.finditer(text)
    ]
    if not found:
        raise Unparsable("there are no points")
    if any(len(group) != 2 for group in found):
        raise Unparsable("there are groups of more than two numbers")
    stored = dialect.from_model(found, size, size)
    if not np.isfinite(stored).all() or (stored < 0).any() or (stored > np.asarray(size)).any():
        raise Unparsable("a point lies outside the picture")
    return stored


def _group(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def pixels_of(points: Floats, size: Size) -> Pointed:
    """The pixels that continuous points lie in; the far edge belongs to the last."""
    width, height = size
    return Pointed(
        tuple((min(math.floor(x), width - 1), min(math.floor(y), height - 1)) for x, y in np.asarray(points).tolist())
    )


# --------------------------------------------------------------------------------------------------- writers
def fraction_tuples(points: Iterable[Sequence[float]], size: Size) -> str:
    """`[(0.412000, 0.096000), ...]`: fractions of the picture, as RoboPoint's models write them.

    Each names the centre of the pixel that it lies in: scaled back and cut to a whole number, as the published
    scorers do, it is that pixel again.
    """
    return "[" + ", ".join(f"({x:.6f}, {y:.6f})" for x, y in _centres(points, size, 1.0)) + "]"


def pixel_tuples(points: Iterable[Sequence[float]], size: Size) -> str:
    """`[(412, 96), ...]`: whole pixels."""
    found = pixels_of(np.asarray(list(points), dtype=np.float64).reshape(-1, 2), size).pixels
    return "[" + ", ".join(f"({x}, {y})" for x, y in found) + "]"


def molmo_xml(points: Iterable[Sequence[float]], size: Size) -> str:
    """`<points x1="61.5" y1="40.4" ...>`: hundredths, numbered."""
    pairs = enumerate(_centres(points, size, 100.0), start=1)
    return "<points " + " ".join(f'x{n}="{x:.4f}" y{n}="{y:.4f}"' for n, (x, y) in pairs) + ">"


def gemini_json(points: Iterable[Sequence[float]], size: Size) -> str:
    """Fenced JSON `[{"point": [y, x]}, ...]`: thousandths, y first."""
    found = [{"point": [round(y, 3), round(x, 3)]} for x, y in _centres(points, size, 1000.0)]
    return f"```json\n{json.dumps(found)}\n```"


def _centres(points: Iterable[Sequence[float]], size: Size, scale: float) -> list[tuple[float, float]]:
    found = pixels_of(np.asarray(list(points), dtype=np.float64).reshape(-1, 2), size).pixels
    return [((x + 0.5) / size[0] * scale, (y + 0.5) / size[1] * scale) for x, y in found]
