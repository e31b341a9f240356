"""A run on a rendered scene of boxes: its pictures in a workspace, its truth for a back end, calls in order."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boxes_scene import Shot, write_scene
from shapes_kit import seen

from sightline.memory import DataDraft, ToolFinished, ToolStarted, Workspace
from sightline.tools import StoredPixels, ToolContext, ToolResult, tool
from sightline.tools.back_ends import BackEnds
from sightline.tools.execution import execute


@dataclass
class Run:
    """A workspace, and calls with these back ends."""

    workspace: Workspace
    back_ends: BackEnds
    look: Any = None
    calls: int = 0

    def __call__(self, instrument: Any, **arguments: Any) -> ToolFinished:
        self.calls += 1
        name = f"t.{self.calls}"
        self.workspace.append(ToolStarted(call=name, tool=instrument.name))
        context = ToolContext(self.workspace, self.look, sees=StoredPixels(), back_ends=self.back_ends)
        with closing(context.session):
            finished = asyncio.run(execute(instrument, arguments, context, name))
        self.workspace.append(finished)
        self.workspace.commit([name])
        return finished

    def text(self, instrument: Any, **arguments: Any) -> str:
        """The text of a call that goes well, with references to places and the handles of what was made."""
        finished = self(instrument, **arguments)
        assert finished.outcome == "ok", f"{finished.text} {finished.detail}"
        return self.workspace.calls[f"t.{self.calls}"].text

    def reconstruct(self, *handles: str) -> None:
        """Enter the true reconstruction of these pictures as the next cloud."""
        pictures = [seen(self.workspace.picture(h).pixels, h) for h in handles]
        arrays, described = self.back_ends.reconstructor().reconstruct(pictures).groups[0].to_arrays()
        draft = DataDraft("cloud", arrays, "cloud", data={"reconstruction": described})

        @tool
        def reconstruct_so() -> ToolResult:
            """Enter a reconstruction."""
            return ToolResult(f"{draft}", data=[draft])

        assert self(reconstruct_so).outcome == "ok"


def run_on(folder: Path, objects: tuple[Any, ...], *shots: Shot) -> Run:
    """A run whose img1, img2, ... are these shots of a scene."""
    truth, pictures = write_scene(folder / "scene", objects, *shots)
    workspace = Workspace.create(folder / "ws")
    for picture in pictures:
        workspace.add_picture(picture)
    return Run(workspace, BackEnds({"oracle": str(truth.folder)}))
