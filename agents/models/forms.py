"""The questions that the embedded `rules` model understands, as data: one small dataclass a form.

`sightline.agents.models.form_patterns` finds the form of a question, `sightline.agents.models.rules_solver` answers it.
What a thing is called matters only where a person marked it: `rules` sees colour, shape, size and place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Color: TypeAlias = Literal[
    "black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"
]
Shape: TypeAlias = Literal["circle", "square", "rectangle", "triangle"]
Extreme: TypeAlias = Literal["leftmost", "rightmost", "topmost", "lowest", "largest", "smallest"]
Direction: TypeAlias = Literal["left", "right", "above", "below"]


@dataclass(frozen=True)
class Referent:
    """What a question talks about.

    Attributes:
        text: The words as asked.
        mark: Name of a mark, where it is one.
        color: Colour asked for.
        shape: Shape asked for.
        extreme: The one that is most so, of what else fits.
        noun: What it is called; "" for a plain "object". Not recognised, only repeated.
    """

    text: str
    mark: str | None = None
    color: Color | None = None
    shape: Shape | None = None
    extreme: Extreme | None = None
    noun: str = ""


@dataclass(frozen=True)
class Count:
    """How many there are; with `relation` and `anchor`, only those on that side of it."""

    what: Referent
    relation: Direction | None = None
    anchor: Referent | None = None


@dataclass(frozen=True)
class Which:
    """Which one is most so."""

    extreme: Extreme
    among: Referent


@dataclass(frozen=True)
class Relation:
    """Whether A is on that side of B, in the picture."""

    a: Referent
    relation: Direction
    b: Referent


@dataclass(frozen=True)
class Side:
    """On which side of B A is; `axis` names the two sides asked about, None for any."""

    a: Referent
    b: Referent
    axis: Literal["horizontal", "vertical"] | None


@dataclass(frozen=True)
class Distance:
    """Distance between two centres in pixels."""

    a: Referent
    b: Referent


@dataclass(frozen=True)
class Angle:
    """Angle of the line from A to B; with `c`, the angle at B between A and C."""

    a: Referent
    b: Referent
    c: Referent | None = None


@dataclass(frozen=True)
class SizeComparison:
    """Which of two is larger or smaller in the picture; with `yes_no`, whether A is."""

    a: Referent
    b: Referent
    more: Literal["larger", "smaller"]
    yes_no: bool


@dataclass(frozen=True)
class Nearest:
    """Which is nearest to, or farthest from, a thing, an edge or the centre; without candidates, of all there is."""

    anchor: Referent | Literal["left edge", "right edge", "top edge", "bottom edge", "any edge", "centre"]
    candidates: tuple[Referent, ...]
    farthest: bool


@dataclass(frozen=True)
class Extent:
    """How wide, high or large something is, in pixels."""

    what: Referent
    dimension: Literal["width", "height", "area"]


@dataclass(frozen=True)
class ColorOf:
    """What colour something has."""

    what: Referent


Form: TypeAlias = Count | Which | Relation | Side | Distance | Angle | SizeComparison | Nearest | Extent | ColorOf

FORMS: tuple[tuple[str, str], ...] = (
    ("how many there are", "How many coins are there?"),
    ("how many of a colour, or on one side", "How many red circles are left of the blue square?"),
    ("which is leftmost, rightmost, topmost, lowest, largest or smallest", "Which object is the largest?"),
    ("whether one is left of, right of, above or below another", "Is the red circle left of the blue square?"),
    ("on which side one is of another", "Is the red circle on the left or right of the blue square?"),
    ("distance in pixels", "How far apart are the red circle and the blue square in pixels?"),
    ("angle of a line, or at a corner", "What is the angle from the red circle to the blue square?"),
    ("which is larger or smaller in the picture", "Which is larger, the red circle or the blue square?"),
    ("which is nearest to a thing, an edge or the centre", "Which is closer to the left edge, the cup or the spoon?"),
    ("how wide, high or large something is in pixels", "How wide is the largest object in pixels?"),
    ("what colour something has", "What colour is the leftmost object?"),
)
"""What is understood, with an example each; things are named by a mark, or by colour, shape and extreme."""
