"""What tests of the camera tools share: a scene of coloured balls in known places, in a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tool_kit import call, workspace_in

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import camera_rotation, pose_from
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import DataDraft, ObjectPlaced, ObjectSeen, Workspace
from sightline.memory.refs import fresh_key
from sightline.tools import ToolResult, tool

HEIGHT = 1.5
SIZE = (320, 240)
BALLS: dict[str, tuple[tuple[float, float, float], tuple[int, int, int]]] = {
    "ahead": ((0.0, 4.0, HEIGHT), (250, 250, 0)),
    "right": ((1.5, 4.0, HEIGHT), (0, 200, 0)),
    "left": ((-1.5, 4.0, HEIGHT), (220, 0, 0)),
    "above": ((0.0, 4.0, HEIGHT + 1.0), (0, 0, 230)),
    "below": ((0.0, 4.0, HEIGHT - 1.0), (0, 230, 230)),
    "east": ((4.0, 0.0, HEIGHT), (230, 0, 230)),
    "behind": ((0.0, -4.0, HEIGHT), (120, 60, 0)),
}
"""Centres in the world and colours, as the first camera sees them: it stands at (0, 0, 1.5) and looks along +y."""


def ball(centre: Any, color: Any, radius: float = 0.25) -> PointCloud:
    """About 2000 points on a sphere (a Fibonacci lattice)."""
    k = np.arange(2000)
    z = 1 - (2 * k + 1) / 2000
    turn = np.pi * (1 + 5**0.5) * k
    unit = np.stack([np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z], axis=-1)
    points = (np.asarray(centre) + radius * unit).astype(np.float32)
    return PointCloud(
        points, np.tile(np.uint8(color), (2000, 1)), np.zeros(2000, np.int32), np.full(2000, 0.014, np.float32)
    )


def camera(bearing: float = 0.0, position: Any = (0.0, 0.0, HEIGHT), fov: float = 60.0) -> Camera:
    return Camera(Intrinsics.from_field_of_view(SIZE, fov, "known"), pose_from(camera_rotation(bearing), position))


def balls(**settings: Any) -> Reconstruction:
    """The balls, seen by img1 that looks ahead and img2 that looks east from half a metre to the right."""
    cloud = PointCloud.joined([ball(centre, color) for centre, color in BALLS.values()])
    cameras = {"img1": camera(), "img2": camera(90, (0.5, 0.0, HEIGHT))}
    return Reconstruction(cameras, cloud, **{"scale_kind": "measured", "up": "known"} | settings)


def middles(pixels: NDArray[np.uint8]) -> dict[str, tuple[float, float]]:
    """Where each ball shows in a picture: the mean place of its colour."""
    found = {}
    for name, (_, color) in BALLS.items():
        rows, columns = np.nonzero((pixels == np.uint8(color)).all(axis=-1))
        if len(rows):
            found[name] = (float(columns.mean()) + 0.5, float(rows.mean()) + 0.5)
    return found


def workspace_with(folder: Path, reconstruction: Reconstruction, *, placed: bool = True) -> Workspace:
    """A workspace with img1, img2, ... and cloud1; the balls are objects obj1 to obj7, in the order of `BALLS`."""
    blank = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    workspace = workspace_in(folder, *(blank + np.uint8(k) for k in range(len(reconstruction.cameras))))
    arrays, description = reconstruction.to_arrays()

    @tool(family="test", example={})
    def prepare() -> ToolResult:
        """Enter a reconstruction and what is in it."""
        draft = DataDraft("cloud", arrays, "a reconstruction", data={"reconstruction": description})
        facts: list[Any] = []
        for name, (centre, _) in BALLS.items():
            key = fresh_key()
            facts.append(ObjectSeen(object=key, name=f"{name} ball", picture="img1", source="test"))
            if placed:
                facts.append(
                    ObjectPlaced(
                        object=key,
                        cloud=str(draft),
                        centre=centre,
                        size=(0.5, 0.5, 0.5),
                        rotation=(1, 0, 0, 0, 1, 0, 0, 0, 1),
                        points=2000,
                        error=0.01,
                        source="test",
                    )
                )
        return ToolResult(f"{draft}", data=[draft], facts=facts)

    done = call(prepare, {}, workspace, name="t.0")
    assert done.outcome == "ok", done.text + done.detail
    return workspace


def run(instrument: Any, arguments: dict[str, Any], workspace: Workspace) -> tuple[str, NDArray[np.uint8], str]:
    """One call that must succeed: its text, and the picture that it made with its handle."""
    before = set(workspace.artifacts)
    finished = call(instrument, arguments, workspace, name=f"t.{len(workspace.artifacts)}")
    assert finished.outcome == "ok", finished.text + finished.detail
    (handle,) = [handle for handle in workspace.artifacts if handle not in before]
    return finished.text, workspace.pixels(handle), handle
