"""What a tool tells memory, beside the text a model reads: plan, notes, objects, pictures recalled.

Facts travel inside the event of the call that found them, so that a call and what it taught are kept or lost together.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlanItem(_Fact):
    """One line of the plan."""

    text: str
    done: bool = False


class PlanRevised(_Fact):
    """The plan as the model wants it now; replaces the one before."""

    fact: Literal["plan"] = "plan"
    items: list[PlanItem]


class NoteAdded(_Fact):
    """A finding worth keeping, in the model's words."""

    fact: Literal["note"] = "note"
    text: str


class ObjectSeen(_Fact):
    """An object found at a place in a picture.

    Attributes:
        object: Handle of a known object; for a new one a key of its own, see `sightline.memory.refs.fresh_key`.
        name: What it is called.
        picture: Handle of the picture it was seen in.
        box: (x0, y0, x1, y1) in stored pixels of that picture, or None.
        point: (x, y) in stored pixels of that picture, or None.
        score: The source's own score; None where it gives none.
        source: Who says so: `person`, or the name of a tool.
    """

    fact: Literal["object"] = "object"
    object: str = Field(min_length=1)
    name: str
    picture: str
    box: tuple[float, float, float, float] | None = None
    point: tuple[float, float] | None = None
    score: float | None = None
    source: str


class PictureRecalled(_Fact):
    """A picture to show to the model again."""

    fact: Literal["recall"] = "recall"
    picture: str


Fact = Annotated[PlanRevised | NoteAdded | ObjectSeen | PictureRecalled, Field(discriminator="fact")]
