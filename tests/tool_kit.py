"""What tests of tools share: workspaces with pictures in them, and ways of seeing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loop_kit import photo

from sightline.geometry.dialects import CoordinateDialect, PictureLimits
from sightline.memory import ToolFinished, ToolStarted, Usage, Workspace
from sightline.tools import Instrument, LookReply, Sees, ToolContext
from sightline.tools.back_ends import BackEnds
from sightline.tools.binding import StoredPixels
from sightline.tools.execution import execute

STORED = StoredPixels()


def workspace_in(folder: Path, *pictures: Any) -> Workspace:
    """A workspace with these pictures as img1, img2, ...; one photo of 640x480 by default."""
    workspace = Workspace.create(folder / "ws")
    for picture in pictures or (photo(),):
        workspace.add_picture(picture)
    return workspace


def seeing(dialect: CoordinateDialect, longest: int = 1 << 20) -> Sees:
    """How a model with this dialect sees, shown pictures of at most `longest` pixels a side."""
    return StoredPixels(dialect, PictureLimits(max_long_side=longest))


def call(
    instrument: Instrument,
    arguments: dict[str, Any],
    workspace: Workspace,
    sees: Sees = STORED,
    look: Any = None,
    *,
    name: str = "t.1",
    back_ends: BackEnds | None = None,
) -> ToolFinished:
    """Make one call and let it take effect, as the loop does; what it opened ends with it."""
    workspace.append(ToolStarted(call=name, tool=instrument.name))
    context = ToolContext(workspace, look, sees=sees, back_ends=back_ends or BackEnds())
    with closing(context.session):
        finished = asyncio.run(execute(instrument, arguments, context, name))
    workspace.append(finished)
    workspace.commit([name])
    return finished


def moving_video(path: Path, frames: int = 24, size: tuple[int, int] = (160, 120)) -> Path:
    """A video of a second: a red square that goes from left to right over a textured wall."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            pixels = photo(*size)
            left = 10 + number * (size[0] - 50) // frames
            pixels[50:80, left : left + 30] = (220, 30, 30)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


@dataclass
class SaidBefore:
    """A `Look` that gives prepared replies and remembers what it was asked."""

    replies: Sequence[LookReply | str]
    sees: Sees = field(default_factory=StoredPixels)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    async def __call__(self, workspace: Workspace, prompt: str, pictures: Sequence[str]) -> LookReply:
        self.asked.append((prompt, list(pictures)))
        reply = self.replies[len(self.asked) - 1]
        return LookReply(reply, Usage(calls=1, input_tokens=10, output_tokens=2)) if isinstance(reply, str) else reply


def raised_by(action: Callable[[], object], kind: type[Exception]) -> str:
    """The message of the exception that `action` raises."""
    try:
        action()
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__} was raised")
