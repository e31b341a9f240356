"""What the instruments for space are worth on photos of rendered rooms, where the truth is known.

    python benchmarks/bench_accuracy.py [ROOMS]

For each of 6 rooms (or the number given): four photos of 640x480 from an arc of 45 degrees, and nothing but the photos.
With a stated field of view and with a guessed one: the turn between the first photo and each other. Then, stated, a
reconstruction, and in it the distances between things that are marked with boxes in two photos or more, each beside the
closest surface points that the photos show. A refusal counts as refused, not as wrong. One line per quantity: how many,
refused, the middle and the 90th percentile of the errors, and the share of the stated intervals that hold the truth.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sightline.agents.models.space_readings import read_length, read_turn
from sightline.evals.synthetic.render import Rendered, cameras_around, render
from sightline.evals.synthetic.rooms import Scene, make_room
from sightline.geometry.alignment import align_poses
from sightline.geometry.poses import rotation_angle
from sightline.memory import RunStarted, ToolFinished, ToolStarted, Workspace
from sightline.tools import find
from sightline.tools.back_ends import BackEnds
from sightline.tools.contract import StoredPixels, ToolContext
from sightline.tools.execution import execute

SIZE = (640, 480)
FIELD_OF_VIEW = 70.0
SMALLEST = 800
"""Pixels that a thing must show in a photo to be marked there."""
MOST_THINGS = 5


@dataclass
class Quantity:
    """Errors of one quantity, and whether the stated interval held the truth."""

    errors: list[float] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    refused: int = 0

    def add(self, error: float, held: bool) -> None:
        """One answer."""
        self.errors.append(error)
        self.held.append(held)

    def line(self, name: str, unit: str) -> str:
        """Its line of the table."""
        count = len(self.errors) + self.refused
        if not self.errors:
            return f"{name:44}{count:7}{self.refused:9}"
        middle, most = (f"{np.percentile(self.errors, q):.2f} {unit}" for q in (50, 90))
        held = f"{100 * np.mean(self.held):.0f} %" if self.held else ""
        return f"{name:44}{count:7}{self.refused:9}{middle:>14}{most:>14}{held:>10}"


class Calls:
    """Tools on a workspace, as the loop calls them."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._back_ends = BackEnds(offline=True)
        self._count = 0

    def __call__(self, tool: str, **arguments: Any) -> ToolFinished:
        """One call that takes effect."""
        self._count += 1
        name = f"t.{self._count}"
        self.workspace.append(ToolStarted(call=name, tool=tool))
        context = ToolContext(self.workspace, None, sees=StoredPixels(), back_ends=self._back_ends)
        finished = asyncio.run(execute(find(tool), arguments, context, name))
        self.workspace.append(finished)
        self.workspace.commit([name])
        return finished


def workspace_for(folder: Path, field_of_view: float | None) -> Workspace:
    """An empty workspace of a run whose person stated this field of view."""
    workspace = Workspace.create(folder)
    workspace.append(
        RunStarted(
            run=folder.name, question="", answer_spec={}, field_of_view=field_of_view, model="none", profile={},
            strategy="none", tools=[], budget={}, version="",
        )
    )  # fmt: skip
    return workspace


def surface(picture: Rendered, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The points of the world that these pixels show, (N, 3)."""
    rows, columns = np.nonzero(mask)
    depth, focal = picture.depth[rows, columns], picture.camera.focal(SIZE[0])
    right, down = columns + 0.5 - SIZE[0] / 2, rows + 0.5 - SIZE[1] / 2
    seen = np.stack([right / focal * depth, down / focal * depth, depth], axis=1)
    return np.asarray(seen @ picture.camera.axes.T + picture.camera.position)


def marked(workspace: Workspace, room: Scene, views: list[Rendered]) -> dict[str, NDArray[np.float64]]:
    """Marks things with boxes in all photos that show them well; what is seen of each, by name."""
    shown: dict[str, NDArray[np.float64]] = {}
    for thing in room.objects:
        masks = [view.ids == room.id_of(thing.name) for view in views]
        well = [k for k, mask in enumerate(masks) if mask.sum() >= SMALLEST]
        if len(well) < 2 or thing.category == "rug" or len(shown) == MOST_THINGS:
            continue
        for k in well:
            rows, columns = np.nonzero(masks[k])
            box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
            workspace.add_mark(thing.name, f"img{k + 1}", box)
        shown[thing.name] = np.concatenate([surface(v, m) for v, m in zip(views, masks, strict=True)])
    return shown


def turns(call: Calls, views: list[Rendered], into: Quantity) -> None:
    """The turn from the first photo to each other."""
    for k in range(1, len(views)):
        finished = call("relative_camera_motion", first="img1", second=f"img{k + 1}")
        found = read_turn(finished.text) if finished.outcome == "ok" else None
        if found is None:
            into.refused += 1
            continue
        truth = rotation_angle(views[0].camera.axes.T @ views[k].camera.axes)
        into.add(abs(found.value - truth), found.low - 0.05 <= truth <= found.high + 0.05)  # told to a tenth


def space(
    call: Calls, room: Scene, views: list[Rendered], centres: Quantity, rotations: Quantity, lengths: Quantity
) -> None:
    """A reconstruction from the photos alone, and distances in it."""
    shown = marked(call.workspace, room, views)
    pairs = list(combinations(shown, 2))
    finished = call("reconstruct", images=[f"img{k + 1}" for k in range(len(views))])
    if finished.outcome != "ok":
        centres.refused += len(views)
        rotations.refused += len(views)
        lengths.refused += len(pairs)
        return
    found = call.workspace.cloud("cloud1").reconstruction
    truth = [views[int(handle.removeprefix("img")) - 1].camera for handle in found.cameras]
    fit = align_poses([camera.pose for camera in found.cameras.values()], [camera.pose for camera in truth])
    for camera, spec in zip(found.cameras.values(), truth, strict=True):
        off = float(np.linalg.norm(fit.apply(camera.position) - spec.position))
        centres.errors.append(100 * off / float(np.linalg.norm(room.size)))
        rotations.errors.append(rotation_angle((fit.rotation @ camera.rotation).T @ spec.axes))
    for quantity in (centres, rotations):
        quantity.refused += len(views) - len(truth)
    handles = {name: call.workspace.scene.named(name)[0].handle for name in shown}
    for handle in handles.values():
        call("locate", thing=handle, cloud="cloud1")
    for a, b in pairs:
        finished = call("distance", a=handles[a], b=handles[b], cloud="cloud1")
        length = read_length(finished.text) if finished.outcome == "ok" else None
        if length is None:
            lengths.refused += 1
            continue
        gap = float(cKDTree(shown[a]).query(shown[b])[0].min())
        low, value, high = (fit.scale * v for v in (length.low, length.value, length.high))
        lengths.add(100 * abs(value - gap), low - 0.005 <= gap <= high + 0.005)


def main() -> None:
    """Prints the table."""
    rooms = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    stated, guessed, centres, rotations, lengths = (Quantity() for _ in range(5))
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(rooms):
            room = make_room(seed)
            views = [render(room, camera, SIZE) for camera in cameras_around(room, 4, FIELD_OF_VIEW, arc=45.0)]
            for known, quantity in ((True, stated), (False, guessed)):
                call = Calls(workspace_for(Path(folder) / f"{seed}-{known}", FIELD_OF_VIEW if known else None))
                for view in views:
                    call.workspace.add_picture(view.colour)
                turns(call, views, quantity)
                if known:
                    space(call, room, views, centres, rotations, lengths)
    print(f"{rooms} rendered rooms, four photos each over 45 degrees, photos alone")
    print(f"{'':44}{'asked':>7}{'refused':>9}{'middle':>14}{'90 %':>14}{'held':>10}")
    print(stated.line("turn of the camera, field of view stated", "deg"))
    print(guessed.line("turn of the camera, field of view guessed", "deg"))
    print(centres.line("camera places, of the room's diagonal", "%"))
    print(rotations.line("camera rotations", "deg"))
    print(lengths.line("distances between marked things", "cm"))


if __name__ == "__main__":
    main()
