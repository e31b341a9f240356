"""What tests of reconstruction share: pictures of rendered rooms with known cameras, and how far a result is off.

The truth comes from `evals.synthetic`, which shares no maths with `geometry`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.render import Rendered, cameras_around, render
from sightline.evals.synthetic.rooms import Scene, make_room
from sightline.geometry.alignment import align_poses
from sightline.geometry.cameras import Intrinsics
from sightline.geometry.poses import rotation_angle
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import Artifact, DataDraft, ObjectSeen, ToolFinished, ToolStarted, Workspace
from sightline.memory.refs import fresh_key, number_new
from sightline.tools.back_ends import BackEnds
from sightline.tools.back_ends.protocols import Seen
from sightline.tools.contract import Instrument, StoredPixels, ToolContext, ToolResult, tool
from sightline.tools.execution import execute

Size = tuple[int, int]
Pixels = NDArray[np.uint8]
SMALL: Size = (320, 240)
USUAL: Size = (640, 480)


@lru_cache(maxsize=8)
def room(seed: int = 0, texture: Any = "strong", **options: bool) -> Scene:
    """A furnished room, made once."""
    return make_room(seed, texture, **options)


@lru_cache(maxsize=64)
def shot(scene: Scene, camera: CameraSpec, size: Size = SMALL, time: float = 0.0, exposure: float = 0.0) -> Rendered:
    """A picture, taken once."""
    return render(scene, camera, size, time, exposure)


def seen(handle: str, picture: Rendered, known: bool = True, pixels: Pixels | None = None) -> Seen:
    """A picture as a back end is given it, with its true intrinsics or a guess."""
    lens = (
        Intrinsics.from_focal(picture.size, picture.camera.focal(picture.size[0]))
        if known
        else Intrinsics.guess(picture.size)
    )
    return Seen(handle, picture.colour if pixels is None else pixels, lens)


def pair(
    first: CameraSpec, second: CameraSpec, known: bool = True, size: Size = SMALL, scene: Scene | None = None
) -> tuple[Seen, Seen]:
    """Two pictures of a room as img1 and img2."""
    scene = scene or room()
    return seen("img1", shot(scene, first, size), known), seen("img2", shot(scene, second, size), known)


def standing(count: int = 2, index: int = 0, arc: float = 40.0, **changes: Any) -> CameraSpec:
    """One of the cameras around the usual room, held level unless changed."""
    return replace(cameras_around(room(), count, arc=arc)[index], **{"pitch": 0.0, **changes})


def moved(camera: CameraSpec, right: float = 0.0, down: float = 0.0, forward: float = 0.0) -> CameraSpec:
    """The same camera elsewhere, by metres along its own axes."""
    x, y, z = (float(v) for v in np.asarray(camera.position) + camera.axes @ (right, down, forward))
    return replace(camera, position=(x, y, z))


def taken(
    scene: Scene,
    cameras: Sequence[CameraSpec],
    size: Size = SMALL,
    known: bool = True,
    change: Callable[[int, Pixels], Pixels] | None = None,
    exposures: Sequence[float] = (),
    times: Sequence[float] = (),
) -> list[Seen]:
    """Pictures of a room as img1, img2, ..."""
    out = []
    for k, camera in enumerate(cameras):
        time = times[k] if times else 0.0
        picture = shot(scene, camera, size, time, exposures[k % len(exposures)] if exposures else 0.0)
        out.append(seen(f"img{k + 1}", picture, known, None if change is None else change(k, picture.colour)))
    return out


@dataclass(frozen=True)
class Off:
    """How far a reconstruction is off, once laid over the truth.

    Attributes:
        centres: Largest distance of a camera's centre over the diagonal of the room.
        rotations: Largest error of a camera's rotation in degrees, by handle.
        up: Degrees between its up and the true one.
    """

    centres: float
    rotations: dict[str, float]
    up: float


def off(found: Reconstruction, cameras: Sequence[CameraSpec], scene: Scene) -> Off:
    """Compare with the cameras that took img1, img2, ..."""
    truth = {handle: cameras[int(handle.removeprefix("img")) - 1] for handle in found.cameras}
    fit = align_poses([camera.pose for camera in found.cameras.values()], [spec.pose for spec in truth.values()])
    away = [np.linalg.norm(fit.apply(found.cameras[h].position) - spec.position) for h, spec in truth.items()]
    turned = {h: rotation_angle((fit.rotation @ found.cameras[h].rotation).T @ spec.axes) for h, spec in truth.items()}
    up = float(np.degrees(np.arccos(np.clip((fit.rotation @ (0.0, 0.0, 1.0))[2], -1, 1))))
    return Off(float(max(away) / np.linalg.norm(scene.size)), turned, up)


class Rendering:
    """A workspace with rendered pictures of a room as img1, img2, ..., and calls on it."""

    def __init__(
        self,
        folder: Path,
        cameras: Sequence[CameraSpec],
        scene: Scene | None = None,
        size: Size = SMALL,
        field_of_view: float | None = None,
    ) -> None:
        self.scene, self.cameras = scene or room(), list(cameras)
        self.shots = [shot(self.scene, camera, size) for camera in cameras]
        self.workspace = Workspace.create(folder / "ws")
        for picture in self.shots:
            self.workspace.add_picture(picture.colour)
        self.back_ends = BackEnds(offline=True)
        self._calls = 0

    def call(self, instrument: Instrument, **arguments: Any) -> ToolFinished:
        """Make one call and let it take effect, as the loop does."""
        self._calls += 1
        name = f"t.{self._calls}"
        self.workspace.append(ToolStarted(call=name, tool=instrument.name))
        context = ToolContext(self.workspace, None, sees=StoredPixels(), back_ends=self.back_ends)
        finished = asyncio.run(execute(instrument, arguments, context, name))
        self.workspace.append(finished)
        self.workspace.commit([name])
        return finished

    def text(self, instrument: Instrument, outcome: str = "ok", **arguments: Any) -> str:
        """What a call says, with the handles of what it made."""
        before = len(self.workspace.artifacts)
        finished = self.call(instrument, **arguments)
        assert finished.outcome == outcome, f"{finished.outcome}: {finished.text}\n{finished.detail}"
        new: Sequence[Artifact] = list(self.workspace.artifacts.values())[before:]
        return number_new(finished.text, {a.key: n.handle for a, n in zip(finished.artifacts, new, strict=True)})

    def truth(self, handle: str) -> Rendered:
        """What is known of a picture."""
        return self.shots[int(handle.removeprefix("img")) - 1]

    def enter_depth(self, handle: str, values: NDArray[np.float32], kind: str = "measured", factor: float = 1.0) -> str:
        """Keep a depth map of a picture; returns its handle."""
        size = self.truth(handle).size
        focal = None if kind == "ordinal" else self.truth(handle).camera.focal(size[0])
        data = {
            "picture": handle,
            "scale_kind": kind,
            "scale_factor": factor,
            "scale_because": "",
            "focal": focal,
            "back_end": "test",
        }
        return self._enter(DataDraft("depth", {"depth": values}, "depth", data, size=size))

    def mark(self, name: str, handle: str) -> str:
        """Enter a thing of the room as seen in a picture, with box and outline; returns its handle."""
        mask = self.truth(handle).ids == self.scene.id_of(name)
        assert mask.any(), f"{name} is not visible in {handle}"
        rows, columns = np.nonzero(mask)
        box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))

        @tool(family="test", example={})
        def marking() -> ToolResult:
            """Mark a thing."""
            known = self.workspace.scene.named(name)
            key = known[0].handle if known else fresh_key()
            draft = DataDraft("mask", {"mask": mask}, name, {"picture": handle}, size=self.truth(handle).size)
            fact = ObjectSeen(object=key, name=name, picture=handle, box=box, mask=str(draft), source="person")
            return ToolResult("marked", facts=[fact], data=[draft])

        self.text(marking)
        return self.workspace.scene.named(name)[0].handle

    def _enter(self, draft: DataDraft) -> str:
        @tool(family="test", example={})
        def entering() -> ToolResult:
            """Enter data."""
            return ToolResult("entered", data=[draft])

        before = set(self.workspace.artifacts)
        self.text(entering)
        return next(handle for handle in self.workspace.artifacts if handle not in before)
