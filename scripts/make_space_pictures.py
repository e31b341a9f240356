"""Make the pictures of docs/space.md: what the instruments for space show of a rendered room.

Run again after changes:

python scripts/make_space_pictures.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from sightline.evals.synthetic.render import cameras_around, render
from sightline.evals.synthetic.rooms import make_room
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud, smooth_depth
from sightline.geometry.poses import level_world
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import DataDraft, ToolFinished, ToolStarted, Workspace
from sightline.tools import bind, find

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SAMPLES = PICTURES.parent.parent / "demos" / "samples"
SIZE = (640, 480)


def main() -> None:
    """Write docs/pictures/space_*.jpg."""
    with tempfile.TemporaryDirectory() as folder, Workspace.create(Path(folder) / "ws") as workspace:
        room = make_room(seed=0)
        cameras = cameras_around(room, 3, fov=70.0, arc=60.0)
        views = [render(room, camera, SIZE) for camera in cameras]
        for view in views:
            workspace.add_picture(view.colour)
        workspace.add_picture(SAMPLES / "room_panorama.jpg", kind="panorama")
        world = level_world(cameras[0].pose, (0.0, 0.0, 1.0))
        placed = {
            f"img{n}": Camera(Intrinsics.from_focal(SIZE, c.focal(SIZE[0])), world @ c.pose)
            for n, c in enumerate(cameras, start=1)
        }
        depths = {f"img{n}": view.depth for n, view in enumerate(views, start=1)}
        cloud = PointCloud.joined(
            [
                PointCloud.from_depth(camera, depths[handle], views[n].colour, n, smooth_depth(depths[handle]))
                for n, (handle, camera) in enumerate(placed.items())
            ]
        )
        keep(workspace, Reconstruction(placed, cloud, "measured", up="known", depths=depths, method="depth sensor"))
        call(workspace, "locate", {"image": "img2", "box": boxed(views[1], room, "brown teddy"), "name": "teddy"})
        call(workspace, "locate", {"image": "img2", "box": boxed(views[1], room, "orange toy car"), "name": "toy car"})
        shown = {
            "space_views.jpg": [
                *call(workspace, "view", {"cloud": "cloud1", "image": "img2", "yaw": 25, "right": 0.5}),
                *call(workspace, "orbit", {"cloud": "cloud1", "image": "img2", "around": "obj2", "azimuth": 50}),
                *call(workspace, "stand_at", {"cloud": "cloud1", "a": "obj1", "b": "obj2"}),
            ],
            "space_map.jpg": call(workspace, "top_down", {"cloud": "cloud1", "objects": ["obj1", "obj2"]}),
            "space_panorama.jpg": call(
                workspace,
                "look",
                {"panorama": "pano1", "yaw": 35, "pitch": -20, "field_of_view": 80, "crosshair": True},
            ),
        }
        for name, handles in shown.items():
            pictures = [workspace.pixels(handle) for handle in handles]
            height = min(picture.shape[0] for picture in pictures)
            row = [Image.fromarray(p).resize((p.shape[1] * height // p.shape[0], height)) for p in pictures]
            sheet = Image.fromarray(np.concatenate([np.asarray(picture) for picture in row], axis=1))
            sheet.thumbnail((1500, 700))
            sheet.save(PICTURES / name, quality=82)


def keep(workspace: Workspace, reconstruction: Reconstruction) -> None:
    """Enter a reconstruction as cloud1."""
    arrays, description = reconstruction.to_arrays()
    draft = DataDraft("cloud", arrays, "three photos with depth", {"reconstruction": description})
    workspace.append(ToolStarted(call="depth", tool="depth sensor"))
    kept = workspace.keep_data(draft, "depth/0")
    workspace.append(ToolFinished(call="depth", tool="depth sensor", outcome="ok", text="", artifacts=[kept]))
    workspace.commit(["depth"])


def call(workspace: Workspace, name: str, arguments: dict[str, object]) -> list[str]:
    """Call a tool; returns the handles of the pictures it made."""
    (tool,) = bind([find(name)], workspace)
    before = set(workspace.pictures)
    tool.invoke(arguments)
    return [handle for handle in workspace.pictures if handle not in before]


def boxed(view: object, room: object, name: str) -> list[float]:
    """The box around a thing in a rendered picture."""
    number = next(n for n, thing in enumerate(room.things, start=1) if thing.name == name)  # type: ignore[attr-defined]
    rows, columns = np.nonzero(view.ids == number)  # type: ignore[attr-defined]
    return [float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)]


if __name__ == "__main__":
    main()
