"""Reconstructing a rendered room, and looking at it again.

    python benchmarks/bench_reconstruct.py [VIEWS ...]

For 3, 10 and 30 photos of 640x480 (or the numbers given): seconds for features, matches, and the whole `reconstruct`
call with its map, how many were placed, and how far their cameras are off. Then the virtual camera `view` is asked for
twice from the same reconstruction: it must read it and nothing more, so the table gives what it takes as a share of
reconstructing. Pictures are rendered before the clock starts; one process, as many threads as COLMAP is given.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from sightline.evals.synthetic.render import cameras_around, render
from sightline.evals.synthetic.rooms import make_room
from sightline.geometry.alignment import align_poses
from sightline.geometry.poses import rotation_angle
from sightline.memory import ToolStarted, Workspace
from sightline.tools.back_ends import BackEnds
from sightline.tools.camera import view
from sightline.tools.contract import Instrument, StoredPixels, ToolContext
from sightline.tools.execution import execute
from sightline.tools.reconstruction import reconstruct
from sightline.tools.reconstruction.pairs import features_of, matches_between

SIZE = (640, 480)
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and what came of it."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def call(workspace: Workspace, back_ends: BackEnds, number: int, instrument: Instrument, **arguments: Any) -> str:
    """One tool call that takes effect, as in the loop."""
    name = f"t.{number}"
    workspace.append(ToolStarted(call=name, tool=instrument.name))
    context = ToolContext(workspace, None, sees=StoredPixels(), back_ends=back_ends)
    finished = asyncio.run(execute(instrument, arguments, context, name))
    if finished.outcome != "ok":
        raise RuntimeError(f"{instrument.name}: {finished.text}")
    workspace.append(finished)
    workspace.commit([name])
    return finished.text


def row(count: int, folder: Path) -> str:
    """One line of the table."""
    scene = make_room(0)
    cameras = cameras_around(scene, count, arc=40.0 if count < 5 else 120.0 if count < 20 else 360.0)
    workspace = Workspace.create(folder / f"run{count}")
    for camera in cameras:
        workspace.add_picture(render(scene, camera, SIZE).colour)
    handles = [f"img{k + 1}" for k in range(count)]
    back_ends = BackEnds(offline=True)
    context = ToolContext(workspace, None, sees=StoredPixels(), back_ends=back_ends)
    pictures = [context.seen(workspace.picture(handle)) for handle in handles]
    finding, features = timed(lambda: features_of(pictures))
    matching, _ = timed(lambda: matches_between(features))
    whole, _ = timed(lambda: call(workspace, back_ends, 1, reconstruct, images=handles))
    first, _ = timed(lambda: call(workspace, back_ends, 2, view, cloud="cloud1", image="img1"))
    second, _ = timed(lambda: call(workspace, back_ends, 3, view, cloud="cloud1", image="img2"))
    found = workspace.cloud("cloud1").reconstruction
    truth = [cameras[int(h.removeprefix("img")) - 1] for h in found.cameras]
    fit = align_poses([c.pose for c in found.cameras.values()], [c.pose for c in truth])
    pairs = list(zip(found.cameras.values(), truth, strict=True))
    centres = max(float(np.linalg.norm(fit.apply(c.position) - t.position)) for c, t in pairs)
    turns = max(rotation_angle((fit.rotation @ c.rotation).T @ t.axes) for c, t in pairs)
    off = 100 * centres / float(np.linalg.norm(scene.size))
    return (
        f"{count:6}{finding:10.1f}{matching:9.1f}{whole:13.1f}{len(found.cameras):8}{off:12.2f} %{turns:9.2f}"
        f"{1000 * first:11.0f}{1000 * second:12.0f}{second / whole:10.1%}"
    )


def main() -> None:
    """Prints the table."""
    counts = [int(v) for v in sys.argv[1:]] or [3, 10, 30]
    scene = make_room(0)
    render(scene, cameras_around(scene, 1)[0], (64, 48))  # compiles
    print("rendered room, 640x480, focal length guessed; seconds, degrees, milliseconds")
    print(
        f"{'views':>6}{'features':>10}{'matches':>9}{'reconstruct':>13}{'placed':>8}{'centres off':>14}{'turned':>9}",
        end="",
    )
    print(f"{'view, ms':>11}{'second, ms':>12}{'share':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            print(row(count, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
