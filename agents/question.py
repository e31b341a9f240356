"""What a person asks, with everything they give, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, TypedDict

from sightline.memory import InputError


@dataclass(frozen=True)
class Mark:
    """A point or a box that a person drew on an input.

    Attributes:
        name: What it marks.
        place: (x, y) or (x0, y0, x1, y1) in stored pixels.
        picture: Handle of the input: `img1` for the first, and so on.
    """

    name: str
    place: tuple[float, ...]
    picture: str = "img1"


@dataclass(frozen=True)
class Question:
    """What a person asks, with everything they give; see `SpatialAgent.ask`."""

    text: str
    images: Sequence[Any] = ()
    video: Sequence[str | PathLike[str]] = ()
    panorama: Sequence[Any] = ()
    known: Mapping[str, str] | None = None
    fov: float | None = None
    marks: Sequence[Mark] = ()
    options: Sequence[str] = ()
    expect: str | None = None
    unit: str | None = None
    start: Sequence[str | PathLike[str]] = ()
    engine: str | None = None


class Given(TypedDict, total=False):
    """What a person may give beside the question and the images.

    Attributes:
        video: Paths of videos, one or more.
        panorama: Equirectangular pictures, 2:1, one or more.
        known: Facts a person states, e.g. `{"door height": "2.03 m"}`.
        fov: Horizontal field of view of the photos in degrees.
        marks: Points or boxes a person drew, by name on the first image, or as `Mark`s.
        options: Options to choose from, with or without letters.
        expect: Kind of the answer (`choice`, `yes_no`, `integer`, `number`, `point`, `box`, ...); inferred from the
            question and the options by default.
        unit: Unit of a number.
        start: What graphics programs go on from: a scene (`.blend`), a presentation (`.pptx`), a program (`.py`,
            `.svg`), or a file and a program for it.
        engine: What draws them: `blender`, `slides`, `svg`, `plot`; told by the start by default, else by the model.
    """

    video: Any
    panorama: Any
    known: Mapping[str, str] | None
    fov: float | None
    marks: Sequence[Mark] | Mapping[str, Sequence[float]]
    options: Sequence[str]
    expect: str | None
    unit: str | None
    start: Any
    engine: str | None


def question_of(text: str, images: Any, given: Given) -> Question:
    """A question from what a person handed to `SpatialAgent.ask`: one input or several, marks by name or whole."""
    marks = given.get("marks") or ()
    if isinstance(marks, Mapping):
        marks = [Mark(name, tuple(place)) for name, place in marks.items()]
    # One name in several pictures is one thing; twice in one picture nobody could say which is meant.
    named = [(mark.name, mark.picture) for mark in marks]
    if twice := next((pair for pair in named if named.count(pair) > 1), None):
        raise InputError(f"Two marks in {twice[1]} are named {twice[0]!r}.", "Give each a name of its own.")
    return Question(
        text,
        _several(images),
        _several(given.get("video")),
        _several(given.get("panorama")),
        given.get("known"),
        given.get("fov"),
        tuple(marks),
        tuple(given.get("options") or ()),
        given.get("expect"),
        given.get("unit"),
        _several(given.get("start")),
        given.get("engine"),
    )


def check_field_of_view(fov: float | None) -> None:
    """Refuse a horizontal field of view, in degrees, that no photo has.

    Raises:
        InputError: It is below 1 degree, or 180 or more.
    """
    if fov is not None and not 1.0 <= fov < 180.0:
        raise InputError(f"A horizontal field of view of {fov:g} degrees is not a photo's.", "Give 1 to 179 degrees.")


def _several(given: Any) -> list[Any]:
    """One input or several, as a list."""
    if given is None:
        return []
    if isinstance(given, str | bytes | PathLike) or not isinstance(given, Sequence):
        return [given]
    return list(given)
