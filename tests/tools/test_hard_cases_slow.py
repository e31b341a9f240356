"""Hard rooms, asked as a model asks: mirror, glass, a walker, a wide lens, far apart, three rooms, many photos."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from loop_kit import photo
from reconstruction_kit import off, room, shot
from tool_kit import call, workspace_in

from sightline.evals.synthetic.cameras import CameraSpec, looking_at
from sightline.evals.synthetic.render import cameras_around
from sightline.evals.synthetic.rooms import Scene
from sightline.memory import ToolFinished
from sightline.tools.reconstruction import reconstruct, relative_camera_motion

pytest.importorskip("pycolmap", reason="needs sightline[recon]")
pytestmark = pytest.mark.slow

SIZE = (480, 360)


def asked(folder: Path, scene: Scene, cameras: Sequence[CameraSpec], times: Sequence[float] = (0, 0)) -> ToolFinished:
    """What is said of two photos whose lens is not known."""
    shots = [shot(scene, camera, SIZE, time).colour for camera, time in zip(cameras, times, strict=True)]
    return call(relative_camera_motion, {"first": "img1", "second": "img2"}, workspace_in(folder, *shots))


def holds(finished: ToolFinished, cameras: Sequence[CameraSpec]) -> None:
    """The interval holds the truth, or the refusal names the reason."""
    if finished.outcome == "limit":
        assert "not enough overlap" in finished.text
        return
    assert finished.outcome == "ok", finished.text
    a, b = cameras
    truth = float(np.degrees(np.arccos(np.clip((np.trace(a.axes.T @ b.axes) - 1) / 2, -1, 1))))
    found = re.search(r"in all \(([\d.]+) to ([\d.]+)\)", finished.text)
    assert found, finished.text
    assert float(found[1]) - 0.05 <= truth <= float(found[2]) + 0.05, f"{truth:.1f}: {finished.text}"


def at_the_wall(scene: Scene, side: int, along: float) -> list[CameraSpec]:
    """Two cameras that look at a wall, from 60 cm apart."""
    wall = side * scene.size[0] / 2
    return [looking_at((wall - side * 1.9, along + d, 1.4), (wall, along, 1.3)) for d in (-0.3, 0.3)]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("case", ["mirror", "glass", "white_wall", "walker", "far apart", "wide", "distorted"])
def test_what_is_said_of_a_hard_pair_is_true_or_a_refusal(tmp_path: Path, case: str, seed: int) -> None:
    options = {case: True} if case in ("mirror", "glass", "white_wall", "walker") else {}
    scene = room(seed, **options)
    cameras, times = cameras_around(scene, 2, arc=20), (0.0, 0.0)
    match case:
        case "mirror" | "white_wall":
            cameras = at_the_wall(scene, -1, 0.12 * scene.size[1])
        case "glass":
            cameras = at_the_wall(scene, 1, -0.1 * scene.size[1])
        case "walker":
            times = (1.0, 3.0)
        case "far apart":
            cameras = cameras_around(scene, 2, arc=70)
        case "wide":
            cameras = [replace(camera, fov=105) for camera in cameras]
        case "distorted":
            cameras = [replace(camera, fov=90, distortion=(-0.12, 0.01, 0.0, 0.0, 0.0)) for camera in cameras]
    holds(asked(tmp_path, scene, cameras, times), cameras)


@pytest.mark.parametrize("case", ["mirror", "glass", "white_wall", "walker"])
def test_no_camera_of_a_hard_room_is_more_than_5_degrees_wrong(tmp_path: Path, case: str) -> None:
    scene = room(0, **{case: True})
    cameras = cameras_around(scene, 5, arc=60, start=90)
    shots = [shot(scene, c, SIZE, 0.8 * k if case == "walker" else 0.0).colour for k, c in enumerate(cameras)]
    workspace = workspace_in(tmp_path, *shots)
    finished = call(reconstruct, {"images": [f"img{k + 1}" for k in range(5)]}, workspace)
    if finished.outcome == "limit":
        assert "nothing could be reconstructed" in finished.text
        return
    assert finished.outcome == "ok", finished.text
    wrong = off(workspace.cloud("cloud1").reconstruction, cameras, scene)
    assert max(wrong.rotations.values()) < 5


def test_photos_of_three_rooms_make_three_groups_without_distances_between_them(tmp_path: Path) -> None:
    shots = []
    for seed in (0, 1, 2):
        scene = room(seed)
        cameras = cameras_around(scene, 3, arc=24, start=200)
        shots += [shot(scene, camera, SIZE).colour for camera in cameras]
    workspace = workspace_in(tmp_path, *shots)
    finished = call(reconstruct, {"images": [f"img{k + 1}" for k in range(9)]}, workspace)
    assert finished.outcome == "ok", finished.text
    clouds = [h for h, a in workspace.artifacts.items() if a.kind == "cloud"]
    groups = [set(workspace.cloud(h).pictures) for h in clouds]
    for group in groups:
        assert len({(int(h.removeprefix("img")) - 1) // 3 for h in group}) == 1, "two rooms were joined"


def test_identical_photos_and_a_mirror_image_are_left_out_by_name(tmp_path: Path) -> None:
    scene = room(0)
    one, two = (shot(scene, camera, SIZE).colour for camera in cameras_around(scene, 2, arc=16))
    workspace = workspace_in(tmp_path, one, two, one.copy(), np.ascontiguousarray(two[:, ::-1]), photo(*SIZE))
    finished = call(reconstruct, {"images": [f"img{k}" for k in range(1, 6)]}, workspace)
    assert finished.outcome == "ok", finished.text
    assert "2 of 5 pictures placed (img1, img2)" in finished.text
    assert "img3: it is the same photo as img1" in finished.text
    assert "img4: " in finished.text
    assert "img5: " in finished.text
