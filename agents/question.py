"""What a person asks, with everything they give, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

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


def question_of(
    text: str,
    images: Any,
    video: Any,
    panorama: Any,
    known: Mapping[str, str] | None,
    fov: float | None,
    marks: Any,
    options: Sequence[str] | None,
    expect: str | None,
    unit: str | None,
) -> Question:
    """A question from what a person handed to `SpatialAgent.ask`: one input or several, marks by name or whole."""
    if isinstance(marks, Mapping):
        marks = [Mark(name, tuple(place)) for name, place in marks.items()]
    return Question(
        text,
        _several(images),
        _several(video),
        _several(panorama),
        known,
        fov,
        tuple(marks or ()),
        tuple(options or ()),
        expect,
        unit,
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
