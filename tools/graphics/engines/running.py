"""From a stage's run in the sandbox to a picture or one of the three failures; the same for every engine.

A stage (see `sightline.tools.graphics.engines.stage`) shares its process with the program, which may do anything to it.
So nothing it hands back is believed without a look: the result is checked, pictures are decoded with limits.
"""

from __future__ import annotations

import io
import json
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InputError, InstrumentLimit, ModelMistake
from sightline.memory.pictures import load_picture
from sightline.tools.graphics.engines.protocol import MOST_SIDE, ProgramError, StartFile
from sightline.tools.sandbox import Job, Limits, sandbox
from sightline.tools.sandbox.reading import read_json

LONGEST_PROGRAM = 200_000
LARGEST_START = 128 << 20
_MEMORY = 4 << 30
_LARGEST_FILE = 128 << 20
_CHATTER = (
    "Blender ",
    "Fra:",
    "Saved: ",
    " Time: ",
    "could not get a list of mounted",
    "Warning: failed to launch javaldx",
)
"""How lines begin that engines print about themselves."""


@dataclass(frozen=True)
class Played:
    """What a stage left.

    Attributes:
        result: Its `result.json`.
        files: What else was asked for and is there.
        seconds: Wall time.
    """

    result: Mapping[str, Any]
    files: Mapping[str, bytes]
    seconds: float

    @property
    def printed(self) -> str:
        """What the program printed."""
        return str(self.result.get("printed", ""))[:10_000]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done otherwise than asked."""
        notes = self.result.get("notes")
        return tuple(str(note)[:300] for note in notes[:20]) if isinstance(notes, list) else ()


def stage_files(*names: str) -> dict[str, bytes]:
    """Files of the stage by the names they have there."""
    folder = resources.files("sightline.tools.graphics.engines.stage")
    return {name: (folder / name).read_bytes() for name in ("program.py", *names)}


def check_program(program: str, start: StartFile | None, suffix: str) -> None:
    """Look at what is handed in before anything is started.

    Raises:
        ProgramError: The program is empty or far too long.
        InputError: The start file is of another kind, or too large.
    """
    if not program.strip():
        raise ProgramError("it is empty")
    if len(program) > LONGEST_PROGRAM:
        raise ProgramError(f"it has {len(program)} characters; at most {LONGEST_PROGRAM} are run")
    if start is None:
        return
    if not suffix or start.suffix != suffix:
        takes = f"a {suffix} file" if suffix else "no start file"
        raise InputError(f"{start.name} cannot be a start here: this engine takes {takes}.")
    if len(start.content) > LARGEST_START:
        raise InputError(f"{start.name} has {len(start.content) >> 20} MB; at most {LARGEST_START >> 20} are taken.")


def play(
    engine: str,
    command: Sequence[str],
    program: str,
    request: Mapping[str, Any],
    inputs: Mapping[str, bytes],
    *,
    outputs: Iterable[str],
    seconds: float,
    readable: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
) -> Played:
    """Run a stage in the sandbox.

    Args:
        engine: What it is called in messages, as a subject: `Blender`.
        command: What starts it; its files lie in `/in`.
        program: The model's program.
        request: JSON data for the stage.
        inputs: Files of the stage, and the start file.
        outputs: Files wanted beside the result.
        seconds: Wall time.
        readable: Host folders that the command needs.
        environment: For the command.

    Raises:
        ProgramError: The program raised or is not valid.
        ModelMistake: The request names what is not there.
        InstrumentLimit: It crashed, ran past a limit, or left no result.
        InfrastructureError: There is no sandbox.
    """
    job = Job(
        command=tuple(command),
        inputs={
            **inputs,
            "model_program.txt": program.encode("utf-8", "replace"),
            "request.json": json.dumps(request).encode(),
        },
        outputs=("result.json", *outputs),
        readable=tuple(readable),
        environment=environment or {},
        limits=Limits(
            cpu_seconds=2 * seconds + 5,  # on two cores
            wall_seconds=seconds,
            memory_bytes=_MEMORY,
            file_bytes=_LARGEST_FILE,
        ),
    )
    ended = sandbox().run(job)
    if ended.reason:
        raise InstrumentLimit(
            f"{engine} was stopped: {ended.reason}.{_last_words(ended.stdout)}",
            "Make the program do less (fewer objects, subdivisions, frames), or end a loop.",
        )
    result = _result(ended.files.get("result.json"))
    if result is None:
        raise InstrumentLimit(
            f"{engine} {_how(ended.code)}; there is no picture.{_last_words(ended.stderr or ended.stdout)}",
            "Leave out what the program did last or did to the process.",
        )
    problem = result.get("problem")
    if isinstance(problem, dict):
        _raise(engine, problem, program)
    files = {name: content for name, content in ended.files.items() if name != "result.json"}
    return Played(result, files, ended.seconds)


def picture(engine: str, played: Played, name: str = "picture.png") -> NDArray[np.uint8]:
    """A picture that a stage left, (H, W, 3) uint8 sRGB.

    Raises:
        InstrumentLimit: It is missing, no picture, or too large.
    """
    content = played.files.get(name)
    if content is None:
        raise InstrumentLimit(
            f"{engine} ended without writing a picture.{_last_words(played.printed)}",
            "Leave output paths and rendering to the engine: the program only builds the scene.",
        )
    try:
        pixels = load_picture(content).pixels
    except InputError as error:
        raise InstrumentLimit(f"{engine} left a picture that cannot be read: {error.message}") from None
    if max(pixels.shape[:2]) > MOST_SIDE:
        raise InstrumentLimit(f"{engine} left a picture of {pixels.shape[1]}x{pixels.shape[0]}: more than {MOST_SIDE}.")
    return pixels


def coverage(content: bytes | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Where the alpha of a PNG is at least one half, (H, W) bool; None where there is no such file."""
    from PIL import Image

    if content is None:
        return None
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as opened:
            if opened.mode != "RGBA" or opened.size != (shape[1], shape[0]):
                return None
            return np.asarray(opened)[..., 3] >= 128
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _result(content: bytes | None) -> dict[str, Any] | None:
    if content is None:
        return None
    try:
        result = read_json(content)
    except ValueError:
        return None
    return result if isinstance(result, dict) else None


def _raise(engine: str, problem: Mapping[str, Any], program: str) -> None:
    message = str(problem.get("message", "no reason given"))[:2000]
    line = problem.get("line")
    match problem.get("kind"):
        case "program":
            raise ProgramError(message, line if isinstance(line, int) else None, program)
        case "request":
            raise ModelMistake(message)
        case "start":
            raise InstrumentLimit(f"{engine} cannot open the start file: {message}.")
        case _:
            raise InstrumentLimit(f"{engine} cannot make a picture of this scene: {message}.")


def _how(code: int | None) -> str:
    """How a process ended that left nothing."""
    if code is None:
        return "was killed"
    number = -code if code < 0 else code - 128 if code > 128 else 0
    if number:
        try:
            return f"crashed ({signal.Signals(number).name})"
        except ValueError:
            return f"crashed (signal {number})"
    return f"ended early (exit code {code})"


def _last_words(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(_CHATTER)]
    words = " ".join(" ".join(lines).split())[-300:]
    return f' Its last words: "{words}".' if words else ""
