"""A run on a scene of boxes whose instruments read the truth: what tests of the spatial tools share."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from boxes_scene import Shot, write_scene

from sightline.geometry.scene_file import ObjectTruth
from sightline.memory import Artifact, DataDraft, ObjectSeen, ToolFinished, ToolStarted, Workspace
from sightline.memory.refs import fresh_key, number_new
from sightline.tools.back_ends import BackEnds
from sightline.tools.contract import Instrument, Picture, StoredPixels, ToolContext, ToolResult, tool
from sightline.tools.execution import execute


class Run:
    """A workspace with the pictures of a scene as img1, img2, ..., and calls on it.

    Attributes:
        scene: The truth.
        workspace: What the run knows.
        back_ends: What its tools see with; the oracle unless told otherwise.
    """

    def __init__(self, folder: Path, objects: tuple[ObjectTruth, ...], *shots: Shot) -> None:
        self.scene, self.pictures = write_scene(folder / "scene", objects, *shots)
        self.workspace = Workspace.create(folder / "ws")
        for picture in self.pictures:
            self.workspace.add_picture(picture)
        self.back_ends = BackEnds({"oracle": str(self.scene.folder)}, offline=True)
        self._calls = 0

    def call(self, instrument: Instrument, look: Any = None, **arguments: Any) -> ToolFinished:
        """Make one call and let it take effect, as the loop does."""
        self._calls += 1
        name = f"t.{self._calls}"
        self.workspace.append(ToolStarted(call=name, tool=instrument.name))
        context = ToolContext(self.workspace, look, sees=StoredPixels(), back_ends=self.back_ends)
        finished = asyncio.run(execute(instrument, arguments, context, name))
        self.workspace.append(finished)
        self.workspace.commit([name])
        return finished

    def text(self, instrument: Instrument, outcome: str = "ok", look: Any = None, **arguments: Any) -> str:
        """What a call says, with the handles of what it made."""
        before, known = len(self.workspace.artifacts), len(self.workspace.scene.objects)
        finished = self.call(instrument, look, **arguments)
        assert finished.outcome == outcome, f"{finished.outcome}: {finished.text}\n{finished.detail}"
        new: Sequence[Artifact] = list(self.workspace.artifacts.values())[before:]
        handles = {a.key: n.handle for a, n in zip(finished.artifacts, new, strict=True)}
        objects = list(self.workspace.scene.objects)[known:]
        keys = dict.fromkeys(f.object for f in finished.facts if isinstance(f, ObjectSeen) and "/" in f.object)
        return number_new(finished.text, {**handles, **dict(zip(keys, objects, strict=False))})

    def mark(self, name: str, picture: str = "img1", outline: bool = True) -> str:
        """Enter an object of the scene as seen in a picture, with its box, and its outline; returns its handle."""
        view = self.scene.views[int(picture.removeprefix("img")) - 1]
        mask = view.ids() == self.scene.object_of(name).id
        assert mask.any(), f"{name} is not visible in {picture}"
        rows, columns = np.nonzero(mask)
        box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))

        @tool(family="test", example={})
        def marking() -> ToolResult:
            """Mark an object."""
            known = self.workspace.scene.named(name)
            key = known[0].handle if known else fresh_key()
            draft = DataDraft("mask", {"mask": mask}, name, {"picture": picture}, size=(mask.shape[1], mask.shape[0]))
            seen = ObjectSeen(
                object=key, name=name, picture=picture, box=box, mask=str(draft) if outline else None, source="person"
            )
            return ToolResult("marked", facts=[seen], data=[draft] if outline else [])

        self.text(marking)
        return self.workspace.scene.named(name)[0].handle

    def reconstruct(self, *pictures: str) -> str:
        """Enter the oracle's reconstruction of these pictures (all by default); returns its handle."""
        handles = pictures or tuple(h for h, a in self.workspace.artifacts.items() if a.kind == "input")

        @tool(family="test", example={})
        def reconstructing(context: ToolContext, images: list[Picture]) -> ToolResult:
            """Reconstruct.

            Args:
                context: What the call may use.
                images: From what.
            """
            [group] = self.back_ends.reconstructor().reconstruct([context.seen(image) for image in images]).groups
            arrays, description = group.to_arrays()
            return ToolResult("done", data=[DataDraft("cloud", arrays, "cloud", {"reconstruction": description})])

        before = set(self.workspace.artifacts)
        self.text(reconstructing, images=list(handles))
        return next(handle for handle in self.workspace.artifacts if handle not in before)
