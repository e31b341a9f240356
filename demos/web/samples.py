"""The bundled samples: what a person can ask about without bringing a picture. Licences: demos/samples/SOURCES.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.agents import Mark

Box = tuple[float, float, float, float]

# Boxes drawn by hand in room1.jpg, room2.jpg and room3.jpg, stored pixels.
_ROOM: Mapping[str, Sequence[Box]] = {
    "car": [(435, 228, 530, 308), (462, 230, 538, 322), (443, 240, 550, 333)],
    "chair": [(515, 223, 637, 408), (610, 230, 727, 450), (613, 255, 792, 500)],
    "bear": [(45, 330, 160, 455), (112, 297, 212, 408), (200, 277, 283, 373)],
    "monitor": [(303, 158, 380, 227), (403, 148, 485, 218), (503, 160, 588, 232)],
}


@dataclass(frozen=True)
class Sample:
    """Pictures with questions that the embedded rules answer by looking at them.

    Attributes:
        name: Short, for the page.
        about: What it is, in a few words.
        licence: Of its pictures.
        files: Names of its pictures in `demos/samples`.
        questions: To ask about it.
        with_recon: Questions that also need the extra `recon`; they stand first where it is installed.
        panorama: Whether it is one.
        boxes: What is marked in it, by name: a box for each picture.
    """

    name: str
    about: str
    licence: str
    files: tuple[str, ...]
    questions: tuple[str, ...]
    with_recon: tuple[str, ...] = ()
    panorama: bool = False
    boxes: Mapping[str, Sequence[Box]] | None = None

    @property
    def paths(self) -> list[Path]:
        """Where its pictures are."""
        folder = Path(str(files("sightline.demos").joinpath("samples")))
        return [folder / name for name in self.files]

    @property
    def marks(self) -> list[Mark]:
        """What is marked in it."""
        from sightline.agents import Mark

        return [
            Mark(name, box, f"img{number}")
            for name, boxes in (self.boxes or {}).items()
            for number, box in enumerate(boxes, start=1)
        ]

    @property
    def offered(self) -> list[str]:
        """Three questions that can be answered with what is installed."""
        return [*(self.with_recon if can_reconstruct() else ()), *self.questions][:3]


def can_reconstruct() -> bool:
    """Whether the extra `recon` is installed."""
    return find_spec("pycolmap") is not None and find_spec("open3d") is not None


SAMPLES = (
    Sample(
        "Coins",
        "one photo",
        "no known copyright restrictions",
        ("coins.png",),
        ("How many coins are there?", "How wide is the largest coin in pixels?", "Which coin is the largest?"),
    ),
    Sample(
        "Room",
        "three photos of one place",
        "Apache-2.0, rendered by this project",
        ("room1.jpg", "room2.jpg", "room3.jpg"),
        (
            "Which way did the camera turn from img1 to img2?",
            "By how many degrees did the camera turn from img1 to img2?",
            "By how many degrees did the camera turn from img1 to img3?",
        ),
        ("Which is closer to the camera, the bear or the monitor?",),
        boxes=_ROOM,
    ),
    Sample(
        "Panorama",
        "the same room, all around",
        "Apache-2.0, rendered by this project",
        ("room_panorama.jpg",),
        (
            "What colour is the largest object?",
            "Is the largest red object left or right of the largest orange object?",
            "How far apart are the largest red object and the largest orange object in pixels?",
        ),
        panorama=True,
    ),
)
