"""What a tool tells memory, beside the text a model reads: plan, notes, what is where in space, what programs gave.

Facts travel inside the event of the call that found them, so that a call and what it taught are kept or lost together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from sightline.memory.refs import number_new


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def renamed(self, keys: Mapping[str, str], references: Mapping[str, str]) -> Self:
        """With the keys of new objects, and the references to new artifacts, replaced.

        Args:
            keys: New names of objects, by key.
            references: New names of artifacts, by the key in their reference.
        """
        update: dict[str, object] = {}
        for name in ("object", "objects"):
            value = getattr(self, name, None)
            if isinstance(value, str):
                update[name] = keys.get(value, value)
            elif isinstance(value, list):
                update[name] = [keys.get(item, item) for item in value]
        for name in ("picture", "mask", "cloud", "program"):
            value = getattr(self, name, None)
            if isinstance(value, str):
                update[name] = number_new(value, references)
        return self.model_copy(update=update) if update else self


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
        mask: Handle of a mask artifact with its outline in that picture, or None.
        source: Who says so: `person`, or the name of a tool.
    """

    fact: Literal["object"] = "object"
    object: str = Field(min_length=1)
    name: str
    picture: str
    box: tuple[float, float, float, float] | None = None
    point: tuple[float, float] | None = None
    score: float | None = None
    mask: str | None = None
    source: str


class ObjectPlaced(_Fact):
    """Where an object is in a reconstruction, in the reconstruction's units as they were computed.

    Attributes:
        object: Handle of a known object, or the key of a new one.
        cloud: Handle of the reconstruction.
        centre: Of the box around its observed points, (x, y, z) in the reconstruction's world.
        size: Of that box along its own axes.
        rotation: (3, 3) row by row; columns are the box's axes in the world.
        points: Observed points it rests on.
        error: Half the width of the interval of the centre, in the same units.
        partial: Whether it was seen from one side only, so that it may be larger.
        pictures: Pictures it was located from.
        source: Name of the tool.
    """

    fact: Literal["placed"] = "placed"
    object: str = Field(min_length=1)
    cloud: str
    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    rotation: tuple[float, float, float, float, float, float, float, float, float]
    points: int
    error: float
    partial: bool = True
    pictures: list[str] = Field(default_factory=list)
    source: str


class ObjectFaces(_Fact):
    """Which way an object's front points.

    Attributes:
        object: Handle of a known object, or the key of a new one.
        verdict: `found`, `symmetric` (it has no front), or `unknown`.
        picture: The picture it was judged in; `azimuth` is relative to that camera.
        azimuth: Degrees: 0 faces away from that camera, + turns to the camera's right, 180 faces the camera.
        error: Degrees either way.
        attribute: What points there: `front`, or a part that was asked about.
        source: Name of the tool and its method.
    """

    fact: Literal["faces"] = "faces"
    object: str = Field(min_length=1)
    verdict: Literal["found", "symmetric", "unknown"]
    picture: str
    azimuth: float = 0.0
    error: float = 180.0
    attribute: str = "front"
    source: str


class ObjectsMatched(_Fact):
    """Several objects are one and the same thing: the first keeps its handle and takes over what the others have.

    Attributes:
        objects: Handles, two or more.
        source: Name of the tool and what it went by.
    """

    fact: Literal["matched"] = "matched"
    objects: list[str] = Field(min_length=2)
    source: str


class ObjectParted(_Fact):
    """What was taken for one thing is two: the object was not seen in these pictures, something else was.

    What it was there is entered anew, by the `ObjectSeen` that follow; what its place and front were said to be, from
    both, is forgotten.

    Attributes:
        object: Handle.
        pictures: Where it was not.
        source: Name of the tool and what it went by.
    """

    fact: Literal["parted"] = "parted"
    object: str
    pictures: list[str] = Field(min_length=1)
    source: str


class ScaleStated(_Fact):
    """What one unit of a reconstruction is in metres.

    Attributes:
        cloud: Handle of the reconstruction.
        metres: Metres per unit as it was computed.
        factor: How far that may be off, as a factor.
        because: From what, in words.
    """

    fact: Literal["scale"] = "scale"
    cloud: str
    metres: float = Field(gt=0)
    factor: float = Field(ge=1)
    because: str


class AreaIgnored(_Fact):
    """Pixels of a picture that reconstructions must not use: mirrors, windows, screens, moving people.

    Attributes:
        picture: Handle of the picture.
        mask: Handle of a mask artifact of the picture's size.
        reason: What is there.
    """

    fact: Literal["ignored"] = "ignored"
    picture: str
    mask: str
    reason: str


class PictureRecalled(_Fact):
    """A picture to show to the model again."""

    fact: Literal["recall"] = "recall"
    picture: str


class ProgramWritten(_Fact):
    """A revision of a graphics program.

    Attributes:
        program: Handle of the program.
        engine: What renders it.
        parent: Handle of the program it was made from; "" for the first.
        start: Handle of the file that it goes on from; "" for an empty scene.
        thought: Why it was written, in the words of who wrote it.
    """

    fact: Literal["program written"] = "program written"
    program: str
    engine: str
    parent: str = ""
    start: str = ""
    thought: str = ""


class ProgramRendered(_Fact):
    """A picture of the scene that a program describes.

    Attributes:
        program: Handle of the program.
        picture: Handle of the picture.
        own: Whether it is what the program shows by itself: by its own camera, with nothing hidden.
    """

    fact: Literal["program rendered"] = "program rendered"
    program: str
    picture: str
    own: bool


class ProgramFailed(_Fact):
    """A program gave no picture: why, in words."""

    fact: Literal["program failed"] = "program failed"
    program: str
    problem: str


class ProgramScored(_Fact):
    """How near a program's own picture comes to the target.

    Attributes:
        program: Handle of the program.
        target: Handle of the target.
        scores: By name, see `sightline.tools.graphics.metrics`.
    """

    fact: Literal["program scored"] = "program scored"
    program: str
    target: str
    scores: dict[str, float]


class ProgramJudged(_Fact):
    """A verifier's verdict.

    Attributes:
        program: Handle of the program.
        satisfied: Whether it does what was asked for.
        score: How well, 0 to 1, in the verifier's own judgement.
        differs: What differs from what was asked for.
        advice: What to do next.
    """

    fact: Literal["program judged"] = "program judged"
    program: str
    satisfied: bool
    score: float = Field(ge=0, le=1)
    differs: str = ""
    advice: str = ""


class ProgramInspected(_Fact):
    """The model was told what is in a program's scene."""

    fact: Literal["program inspected"] = "program inspected"
    program: str


class RevisionsUndone(_Fact):
    """Revisions were taken back: the journal keeps them, the model is not shown them any more.

    Attributes:
        programs: Handles of those undone.
        back_to: Handle of the one that is current again; "" for none.
        because: Why, in the model's words.
    """

    fact: Literal["revisions undone"] = "revisions undone"
    programs: list[str]
    back_to: str = ""
    because: str = ""


class ViewSet(_Fact):
    """How pictures of the current program are made from now on, until the next revision.

    Attributes:
        hidden: Names of objects left out.
        frame: Frame or slide; None for the scene's own.
    """

    fact: Literal["view set"] = "view set"
    hidden: list[str] = Field(default_factory=list)
    frame: int | None = None


ProgramFact = (
    ProgramWritten
    | ProgramRendered
    | ProgramFailed
    | ProgramScored
    | ProgramJudged
    | ProgramInspected
    | RevisionsUndone
    | ViewSet
)
"""What is said of graphics programs; see `sightline.memory.revisions`."""

Fact = Annotated[
    PlanRevised
    | NoteAdded
    | ObjectSeen
    | ObjectPlaced
    | ObjectFaces
    | ObjectsMatched
    | ObjectParted
    | ScaleStated
    | AreaIgnored
    | PictureRecalled
    | ProgramFact,
    Field(discriminator="fact"),
]
