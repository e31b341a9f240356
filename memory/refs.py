"""References inside text: places and not-yet-numbered artifacts, written so that a text can be told to any model.

A tool's result says where things are. What number stands for a place depends on the model that reads it (see
`sightline.geometry.dialects`), and which handle a new picture gets depends on the order of the calls in the turn. So a
result is kept with references, and they are filled in when somebody reads it:

    ⟦box img1 10.0 20.0 30.0 40.0⟧   a box, in stored pixels of img1
    ⟦path img1 1.0 2.0 3.0 4.0⟧      one or more points
    ⟦new 3.1/0⟧                      the first artifact of call 3.1, until it has its handle

The trace keeps the places exactly, whatever the model was told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

OPEN, CLOSE = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}", "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"

_NEW = re.compile(f"{OPEN}new ([^{CLOSE}{OPEN}]+){CLOSE}")
# Only what `box_ref` and `path_ref` write is a place: anything else between brackets is left as it stands.
_NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_PAIR = f"{_NUMBER} {_NUMBER}"
_HANDLE = f"[^{OPEN}{CLOSE}\\s]+"
_PLACE = re.compile(f"{OPEN}(?:(box) ({_HANDLE}) ({_PAIR} {_PAIR})|(path) ({_HANDLE}) ({_PAIR}(?: {_PAIR})*)){CLOSE}")

PlaceFormatter = Callable[[str, list[tuple[float, float]]], str]
"""Writes points in stored pixels of the picture with this handle, as a reader wants them."""


def plain(text: str) -> str:
    """Text from outside (a model, a file, OCR) with the reference brackets replaced, so that it cannot pose as one."""
    return text.replace(OPEN, "[[").replace(CLOSE, "]]")


def plain_data(value: Any) -> Any:
    """JSON data from a model, with the reference brackets replaced in every string of it."""
    match value:
        case str():
            return plain(value)
        case Mapping():
            return {plain_data(name): plain_data(item) for name, item in value.items()}
        case list():
            return [plain_data(item) for item in value]
        case _:
            return value


def new_ref(key: str) -> str:
    """Reference to an artifact that has no handle yet."""
    return f"{OPEN}new {key}{CLOSE}"


def box_ref(handle: str, box: Sequence[float]) -> str:
    """Reference to a box (x0, y0, x1, y1) in stored pixels of `handle`."""
    if len(box) != 4:
        raise ValueError(f"a box has four numbers, not {len(box)}")
    return f"{OPEN}box {handle} {' '.join(repr(float(v)) for v in box)}{CLOSE}"


def path_ref(handle: str, points: Sequence[Sequence[float]]) -> str:
    """Reference to points (x, y) in stored pixels of `handle`."""
    flat = [float(v) for point in points for v in point]
    return f"{OPEN}path {handle} {' '.join(map(repr, flat))}{CLOSE}"


def point_ref(handle: str, point: Sequence[float]) -> str:
    """Reference to one point (x, y) in stored pixels of `handle`."""
    return path_ref(handle, [point])


def number_new(text: str, handles: Mapping[str, str]) -> str:
    """Replace references to new artifacts by their handles, also inside places."""
    return _NEW.sub(lambda m: handles.get(m.group(1), m.group(0)), text)


def number_data(value: Any, handles: Mapping[str, str]) -> Any:
    """JSON data with the references to new artifacts in its strings and keys replaced by their handles."""
    match value:
        case str():
            return number_new(value, handles)
        case Mapping():
            return {number_new(name, handles): number_data(item, handles) for name, item in value.items()}
        case list():
            return [number_data(item, handles) for item in value]
        case _:
            return value


def fill(text: str, write: PlaceFormatter) -> str:
    """Replace references to places by what `write` makes of them."""

    def place(match: re.Match[str]) -> str:
        _, handle, points = _parts(match)
        return write(handle, points)

    return _PLACE.sub(place, text)


def places(text: str) -> list[tuple[str, str, list[tuple[float, float]]]]:
    """All places in a text: (`box` or `path`, handle, points in stored pixels), in order."""
    return [_parts(match) for match in _PLACE.finditer(text)]


def _parts(match: re.Match[str]) -> tuple[str, str, list[tuple[float, float]]]:
    kind, handle, numbers = (part for part in match.groups() if part is not None)
    values = [float(v) for v in numbers.split()]
    return kind, handle, list(zip(values[0::2], values[1::2], strict=True))


def stored_pixels(handle: str, points: list[tuple[float, float]]) -> str:
    """The formatter for people: stored pixels, one decimal at most."""
    return "(" + ", ".join(f"{v:.1f}".removesuffix(".0") for point in points for v in point) + ")"


_fresh = count()


def fresh_key() -> str:
    """A key no other new artifact or object of this process has; commands that store a result renumber it."""
    return f"fresh{next(_fresh)}"
