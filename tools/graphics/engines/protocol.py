"""What an engine is: something that turns a program into a picture, and says what is in the scene it describes.

A program is the whole truth about a scene: the same program, start file and request give the same picture. Engines run
programs only in the sandbox (`sightline.tools.sandbox`). How a program fails is sorted once, here:

- it raises, or is not valid: `ProgramError`, a mistake of the model's, with the line;
- it crashes the engine, runs past a limit, or leaves no picture: `InstrumentLimit`, with the reason;
- the engine or the sandbox is not installed: `InfrastructureError`, with the command that mends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import Camera
from sightline.memory import InputError, ModelMistake

Size = tuple[int, int]

DEFAULT_SIZE: Size = (512, 512)
"""(width, height) of a picture where neither the request nor the scene names one."""
DEFAULT_SAMPLES = 16
MOST_SIDE = 1024
"""Longest side of a picture, in pixels; longer ones are scaled down as a whole."""
MOST_SAMPLES = 128
DEFAULT_SECONDS = 60.0


@dataclass(frozen=True)
class RenderRequest:
    """What picture is wanted of a scene.

    Attributes:
        size: (width, height) in pixels; None is the scene's own. Clamped to `MOST_SIDE`.
        samples: Rays per pixel, where the engine traces rays; clamped to `MOST_SAMPLES`.
        camera: Where to look from, in the world of the scene (z up, OpenCV axes, camera-to-world); None is the scene's
            own camera. Where `size` has another aspect than the camera's, its horizontal field of view holds. Only
            engines whose `has_cameras` is true take one; others ignore it.
        frame: Frame of an animation, or slide of a presentation (counted from 1); None is the scene's own.
        hidden: Names of objects to leave out.
        silhouette: Whether to say also which pixels are covered by an object.
        seconds: Wall time the program and the rendering may take together.
    """

    size: Size | None = None
    samples: int = DEFAULT_SAMPLES
    camera: Camera | None = None
    frame: int | None = None
    hidden: tuple[str, ...] = ()
    silhouette: bool = False
    seconds: float = DEFAULT_SECONDS

    def __post_init__(self) -> None:
        if self.size is not None and min(self.size) < 1:
            raise ValueError(f"a picture has positive sides, not {self.size[0]}x{self.size[1]}")
        if self.samples < 1:
            raise ValueError(f"a pixel takes at least one sample, not {self.samples}")
        if not self.seconds > 0:
            raise ValueError(f"a rendering takes time: {self.seconds:g} s are too little")

    @property
    def clamped_samples(self) -> int:
        """`samples`, at most `MOST_SAMPLES`."""
        return min(self.samples, MOST_SAMPLES)


def clamp_size(size: Size) -> Size:
    """The size at most `MOST_SIDE` long, its aspect kept to a pixel."""
    scale = min(1.0, MOST_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


@dataclass(frozen=True)
class StartFile:
    """An existing file that a program goes on from.

    Attributes:
        content: Its bytes.
        suffix: Its ending with the dot, lower case: `.blend`, `.pptx`, `.svg`.
        name: What the person called it; for messages.
    """

    content: bytes
    suffix: str
    name: str = "start"

    @classmethod
    def read(cls, path: Path) -> StartFile:
        """From disk.

        Raises:
            InputError: It cannot be read.
        """
        try:
            return cls(path.read_bytes(), path.suffix.lower(), path.name)
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror}).", "Name a file that is there.") from None


@dataclass(frozen=True)
class Rendered:
    """A picture of a scene.

    Attributes:
        pixels: (H, W, 3) uint8, sRGB.
        camera: The camera as used, in the world of the scene; None where the engine has none, or it is not a pinhole.
        silhouette: (H, W) bool, true where an object is seen; None where it was not asked for or cannot be told.
        frame: Frame or slide that is shown; None where the engine has none.
        seconds: Wall time, start of the engine included.
        printed: What the program printed, cut to a few thousand characters.
        notes: What was done differently from what was asked, in words (a size clamped, a limit applied).
        file: What the program made, where that is a file of its own (a presentation); else None.
    """

    pixels: NDArray[np.uint8]
    camera: Camera | None = None
    silhouette: NDArray[np.bool_] | None = None
    frame: int | None = None
    seconds: float = 0.0
    printed: str = ""
    notes: tuple[str, ...] = ()
    file: StartFile | None = None

    @property
    def size(self) -> Size:
        """(width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True)
class Thing:
    """One thing of a scene.

    Attributes:
        name: What programs call it; unique in the scene.
        kind: What it is, in the engine's words: `MESH`, `LIGHT`, `text box`, `rect`, `axes`, ...
        properties: What the engine knows of it, as JSON data, in the order to be read.
        world_box: ((x, y, z) lowest, (x, y, z) highest corner) along the world's axes; None where it has no extent.
        picture_box: (x0, y0, x1, y1) in pixels of the picture at the scene's own size; None where it is not flat.
        hidden: Whether the scene leaves it out of the picture.
    """

    name: str
    kind: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    world_box: tuple[tuple[float, float, float], tuple[float, float, float]] | None = None
    picture_box: tuple[float, float, float, float] | None = None
    hidden: bool = False

    def describe(self) -> str:
        """One line: name, kind, where it is, and what else is known."""
        parts = [f"{self.name} ({self.kind}{', hidden' if self.hidden else ''})"]
        if self.world_box is not None:
            low, high = self.world_box
            parts.append(f"box {_numbers(low)} to {_numbers(high)}")
        if self.picture_box is not None:
            parts.append(f"box {_numbers(self.picture_box)} px")
        parts += [f"{key} {_written(value)}" for key, value in self.properties.items()]
        return "; ".join(parts)


@dataclass(frozen=True)
class SceneReport:
    """What is in a scene, as the program left it.

    Attributes:
        engine: Name of the engine.
        things: Everything in it, in the engine's order.
        settings: What holds for the whole scene (frames, size, view), as JSON data, in the order to be read.
        cameras: The pinhole cameras of the scene by the name of their object, in the world of the scene.
        active_camera: Name of the one that renders; "" where there is none.
        printed: What the program printed.
    """

    engine: str
    things: tuple[Thing, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    cameras: Mapping[str, Camera] = field(default_factory=dict)
    active_camera: str = ""
    printed: str = ""

    def find(self, name: str) -> Thing:
        """The thing of this name.

        Raises:
            ModelMistake: There is none; names those there are.
        """
        for thing in self.things:
            if thing.name == name:
                return thing
        known = ", ".join(thing.name for thing in self.things[:40]) or "nothing"
        raise ModelMistake(f"The scene has nothing named {name!r}.", f"It has: {known}.")

    def describe(self) -> str:
        """The whole scene in words: its settings, then a line for each thing."""
        lines = [f"{key}: {_written(value)}" for key, value in self.settings.items()]
        lines.append(f"{len(self.things)} {'thing' if len(self.things) == 1 else 'things'}:")
        lines += [f"- {thing.describe()}" for thing in self.things]
        return "\n".join(lines)


class ProgramError(ModelMistake):
    """A program raised, or is not valid in its language.

    Attributes:
        line: Line of the program, counted from 1; None where it is not known.
        source: That line as written, stripped.
        problem: Kind and message, e.g. `NameError: name 'cube' is not defined`.
    """

    def __init__(self, problem: str, line: int | None = None, program: str = "") -> None:
        lines = program.splitlines()
        self.problem = problem
        self.line = line
        self.source = lines[line - 1].strip()[:200] if line is not None and 0 < line <= len(lines) else ""
        where = "The program fails" if line is None else f"Line {line} of the program fails"
        shown = f" (`{self.source}`)" if self.source else ""
        super().__init__(f"{where}{shown}: {problem.rstrip('.')}.", "Mend it with edit_program or write_program.")


class Engine(Protocol):
    """One way to turn programs into pictures."""

    @property
    def name(self) -> str:
        """`blender`, `slides`, `svg` or `plot`."""

    @property
    def language(self) -> str:
        """What programs are written in: `python` or `svg`."""

    @property
    def notes(self) -> str:
        """What a model has to know to write for it: names, units, conventions, limits. Markdown."""

    @property
    def empty(self) -> str:
        """The program of an empty scene."""

    @property
    def start_suffix(self) -> str:
        """Ending of the files that a program may go on from: `.blend`, ...; "" where it takes none."""

    @property
    def has_cameras(self) -> bool:
        """Whether a request may name a camera."""

    def check(self) -> None:
        """Look whether it can run here.

        Raises:
            InfrastructureError: It is not installed, or there is no sandbox; with the command that mends it.
        """

    def render(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> Rendered:
        """Run the program from an empty scene (or the start file), and make a picture.

        Raises:
            ProgramError: The program raised or is not valid.
            ModelMistake: The request names an object, a frame or a slide that is not there.
            InstrumentLimit: It crashed, ran past a limit, or left no picture.
            InfrastructureError: The engine or the sandbox is missing.
        """

    def inspect(self, program: str, start: StartFile | None = None, frame: int | None = None) -> SceneReport:
        """Run the program and say what is in the scene; fails as `render` does."""

    def export(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> str:
        """A program for a person that gives the same picture without Sightline; its first lines say how to run it.

        Where there is a start file, it is expected beside the program under its own name.
        """


def _numbers(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(_written(value) for value in values) + ")"


def _written(value: Any) -> str:
    """A value in few characters: four significant figures are what a reader of a scene needs."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) >= 5e-5 else "0"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_written(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "(" + ", ".join(_written(inner) for inner in value) + ")"
    return str(value)
