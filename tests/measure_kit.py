"""What tests of the measuring tools share: a scene of boxes with known truth, reconstructed from exact depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from boxes_scene import FLOOR, Shot, pose_of, render
from tool_kit import call, workspace_in

from sightline.geometry import poses
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud, smooth_depth
from sightline.geometry.reconstructions import Reconstruction
from sightline.geometry.scene_file import ObjectTruth
from sightline.memory import (
    DataDraft,
    Fact,
    ObjectFaces,
    ObjectSeen,
    ScaleStated,
    ToolFinished,
    Workspace,
)
from sightline.tools.contract import ToolResult, tool

_calls = count()


class World:
    """A scene, its pictures, and a workspace that knows their reconstruction as cloud1 and the things as obj1, ..."""

    def __init__(
        self,
        folder: Path,
        things: Sequence[ObjectTruth],
        shots: Sequence[Shot],
        *,
        masks: bool = True,
        boxes: bool = True,
        dense: bool = True,
        change: Callable[[Reconstruction], Reconstruction] = lambda r: r,
        focal: Callable[[Intrinsics], Intrinsics] = lambda i: i,
        fewest: int = 25,
    ) -> None:
        self.things, self.shots = list(things), list(shots)
        rendered = [render((FLOOR, *things), shot) for shot in shots]
        self.workspace: Workspace = workspace_in(folder, *[pixels for pixels, _, _ in rendered])
        self.handles = [f"img{k + 1}" for k in range(len(shots))]
        self.ids = {h: ids for h, (_, _, ids) in zip(self.handles, rendered, strict=True)}
        self.to_world = poses.level_world(pose_of(shots[0]), poses.UP)
        cameras, depths, clouds = {}, {}, []
        for index, (handle, shot, (pixels, depth, _)) in enumerate(zip(self.handles, shots, rendered, strict=True)):
            inner = Intrinsics.from_field_of_view(shot.size, shot.field_of_view, "known")
            camera = Camera(focal(inner), self.to_world @ pose_of(shot))
            depth = np.where(np.isfinite(depth) & (depth < 30), depth, np.nan).astype(np.float32)
            cameras[handle], depths[handle] = camera, depth
            clouds.append(PointCloud.from_depth(camera, depth, pixels, index, smooth_depth(depth)))
        cloud = PointCloud.joined(clouds)
        if not dense:
            depths, cloud = {}, cloud.thinned(40)
        self.reconstruction = change(
            Reconstruction(cameras=cameras, cloud=cloud, scale_kind="measured", up="known", depths=depths)
        )
        self.add_cloud(self.reconstruction)
        facts: list[Fact] = []
        data: list[DataDraft] = []
        for thing in things:
            for handle, ids in self.ids.items():
                mask = ids == thing.id
                if mask.sum() < fewest:
                    continue
                rows, columns = np.nonzero(mask)
                box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
                drawn = None
                if masks:
                    draft = DataDraft("mask", {"mask": mask}, "a mask", {"picture": handle}, size=mask.shape[::-1])
                    data.append(draft)
                    drawn = str(draft)
                point = None if boxes else ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
                seen = ObjectSeen(
                    object=f"fresh-{thing.id}",
                    name=thing.name,
                    picture=handle,
                    box=box if boxes else None,
                    point=point,
                    mask=drawn,
                    source="test",
                )
                facts.append(seen)
        self.learn(facts, data)

    def add_cloud(self, reconstruction: Reconstruction) -> None:
        """Keep another reconstruction."""
        arrays, description = reconstruction.to_arrays()
        self.learn([], [DataDraft("cloud", arrays, "a reconstruction", {"reconstruction": description})])

    def learn(self, facts: Sequence[Fact] = (), data: Sequence[DataDraft] = ()) -> None:
        """Let the run learn facts and keep data, as a tool does."""

        @tool
        def teach() -> ToolResult:
            """Teach."""
            return ToolResult("Taught.", facts=list(facts), data=list(data))

        finished = call(teach, {}, self.workspace, name=f"teach.{next(_calls)}")
        assert finished.outcome == "ok", finished.text

    def face(self, name: str, picture: str, error: float = 0.0) -> None:
        """Let the run learn the front of a thing from the truth."""
        thing = self.thing(name)
        assert thing.bearing is not None
        ahead = self.shots[self.handles.index(picture)].bearing
        azimuth = poses.difference(thing.bearing, ahead)
        self.learn(
            [
                ObjectFaces(
                    object=self.handle(name), verdict="found", picture=picture, azimuth=azimuth, error=error, source="t"
                )
            ]
        )

    def state_scale(self, metres: float, factor: float = 1.01) -> None:
        """Let somebody state what a unit is."""
        self.learn(
            [ScaleStated(cloud="cloud1", metres=metres, factor=factor, because="the stated 0.90 m of the chair")]
        )

    def thing(self, name: str) -> ObjectTruth:
        """The truth of a thing."""
        return next(t for t in self.things if t.name == name)

    def handle(self, name: str) -> str:
        """Its handle in the run."""
        return self.workspace.scene.named(name)[0].handle

    def ask(self, instrument: Any, **arguments: Any) -> ToolFinished:
        """Call a tool; `obj:NAME` stands for the handle of a thing."""
        filled = {
            key: self.handle(value[4:]) if isinstance(value, str) and value.startswith("obj:") else value
            for key, value in arguments.items()
        }
        return call(instrument, filled, self.workspace, name=f"ask.{next(_calls)}")

    def says(self, instrument: Any, **arguments: Any) -> str:
        """The text of a call that works."""
        finished = self.ask(instrument, **arguments)
        assert finished.outcome == "ok", finished.text
        return finished.text

    def refuses(self, instrument: Any, **arguments: Any) -> str:
        """The text of a call that does not."""
        finished = self.ask(instrument, **arguments)
        assert finished.outcome in ("limit", "mistake"), finished.text
        return finished.text


def relative(reconstruction: Reconstruction, unit: float = 1.0) -> Reconstruction:
    """The same in scene units."""
    scaled = reconstruction.transformed(np.diag([unit, unit, unit, 1.0]))
    return replace(scaled, scale_kind="relative")
