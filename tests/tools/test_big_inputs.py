"""Big inputs: memory stays bounded and nothing crashes; parallel threads make the same pictures."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tool_kit import call, workspace_in

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import level_world
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import DataDraft, Workspace
from sightline.tools import ToolResult, tool
from sightline.tools.camera import orbit, top_down, view
from sightline.tools.measure import locate

MEGABYTES = 1024.0


def big_cloud(points: int) -> Reconstruction:
    """A textured box of a room, 6 by 5 by 2.6 m, seen by one camera: `points` points."""
    rng = np.random.default_rng(0)
    flat = rng.random((points, 3), dtype=np.float32)
    face = rng.integers(0, 5, points, dtype=np.int8)
    for number, (axis, value) in enumerate(((2, 0.0), (0, 0.0), (0, 1.0), (1, 1.0), (1, 0.0))):
        flat[face == number, axis] = value
    flat *= np.array([6, 5, 2.6], np.float32)
    flat -= np.array([3, 0.5, 1.4], np.float32)
    colors = (80 + 30 * face[:, None] + np.array([0, 10, 20], np.int8)).astype(np.uint8)
    lens = Intrinsics.from_field_of_view((640, 480), 70, "known")
    cloud = PointCloud(flat, colors, np.zeros(points, np.int32), np.full(points, 0.002, np.float32))
    pose = level_world(np.eye(4), (0.0, -1.0, 0.0))
    return Reconstruction({"img1": Camera(lens, pose)}, cloud, "measured", up="known", method="made up")


def entered(folder: Path, points: int) -> Workspace:
    """A workspace with such a cloud as cloud1."""
    workspace = workspace_in(folder)
    arrays, description = big_cloud(points).to_arrays()

    @tool(family="test", example={})
    def entering() -> ToolResult:
        """Enter a cloud."""
        return ToolResult("entered", data=[DataDraft("cloud", arrays, "cloud", {"reconstruction": description})])

    assert call(entering, {}, workspace).outcome == "ok"
    return workspace


CALLS = (
    (view, {"cloud": "cloud1", "image": "img1", "yaw": 20}),
    (orbit, {"cloud": "cloud1", "azimuth": 30, "elevation": 20}),
    (top_down, {"cloud": "cloud1"}),
    (locate, {"image": "img1", "point": [320, 240], "name": "wall"}),
)


def all_calls(workspace: Workspace) -> str:
    """Everything asked of cloud1; what failed, in words."""
    said = []
    for number, (instrument, arguments) in enumerate(CALLS):
        finished = call(instrument, arguments, workspace, name=f"big.{number}")
        if finished.outcome not in ("ok", "limit"):
            said.append(f"{instrument.name}: {finished.outcome}: {finished.text} {finished.detail}")
    return "; ".join(said)


def test_a_cloud_of_100_points_is_looked_at_from_everywhere(tmp_path: Path) -> None:
    assert all_calls(entered(tmp_path, 100)) == ""


def test_threads_in_parallel_make_the_same_pictures_as_one_after_the_other() -> None:
    """Eight threads, each a view, a map and an orbit of its own angle: byte for byte the serial ones."""
    from sightline.geometry.splatting import splat
    from sightline.tools.camera.map_drawing import draw_map
    from sightline.tools.camera.rendering import render

    held = big_cloud(60_000)
    camera = held.cameras["img1"]
    turns = [level_world(np.eye(4), (0.02 * k, -1.0, 0.0)) for k in range(8)]

    def made(number: int) -> list[bytes]:
        there = camera.with_pose(turns[number])
        drawn = splat(held.cloud, there)
        return [render(held, there).pixels.tobytes(), drawn.color.tobytes(), draw_map(held, "m").pixels.tobytes()]

    serial = [made(number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            assert list(pool.map(made, range(8))) == serial
    assert len({pictures[0] for pictures in serial}) == 8  # eight different views, or equality would prove nothing


def peak_of(script: str, folder: Path, seconds: float = 280) -> tuple[str, float]:
    """What a script prints in a process of its own, and the most memory that it held, in MB."""
    here = Path(__file__).resolve().parent
    ahead = (
        "import sys\n"
        f"sys.path[:0] = {[str(here.parent), str(here)]!r}\n"
        "from pathlib import Path\n"
        f"FOLDER = Path({str(folder)!r})\n"
    )
    # Not ru_maxrss: a process starts with that of the one which started it.
    behind = (
        "\nstatus = Path('/proc/self/status').read_text('ascii')\n"
        "print('PEAK', int(status.partition('VmHWM:')[2].split()[0]) / 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", ahead + script + behind], capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said, _, peak = done.stdout.rpartition("PEAK ")
    return said, float(peak)


@pytest.mark.slow
def test_20_million_points_stay_under_4_gigabytes(tmp_path: Path) -> None:
    """The points themselves are 460 MB; they are made, stored, read and looked at within 4 GB."""
    said, peak = peak_of(
        "from test_big_inputs import all_calls, entered\nprint('SAID', all_calls(entered(FOLDER, 20_000_000)))\n",
        tmp_path,
    )
    print(peak)
    assert said.strip() == "SAID"
    assert peak < 4 * MEGABYTES


@pytest.mark.slow
def test_photos_of_48_megapixels_stay_under_2_and_a_half_gigabytes(tmp_path: Path) -> None:
    """Each is 144 MB as pixels; three of them through features, the camera's motion and a reconstruction."""
    pytest.importorskip("pycolmap", reason="needs sightline[recon]")
    said, peak = peak_of(
        """
import cv2
from reconstruction_kit import room, shot
from tool_kit import call, workspace_in
from sightline.evals.synthetic.render import cameras_around
from sightline.tools.reconstruction import reconstruct, relative_camera_motion
from sightline.tools.camera import view
FOLDER.mkdir(parents=True, exist_ok=True)
paths = []
for k, camera in enumerate(cameras_around(room(), 3, arc=24)):
    small = shot(room(), camera, (1200, 900)).colour
    paths.append(FOLDER / f"{k}.jpg")
    cv2.imwrite(str(paths[-1]), cv2.resize(small, (8000, 6000), interpolation=cv2.INTER_CUBIC)[..., ::-1])
workspace = workspace_in(FOLDER, *paths)
print(call(relative_camera_motion, {"first": "img1", "second": "img2"}, workspace, name="a").text)
finished = call(reconstruct, {"images": ["img1", "img2", "img3"]}, workspace, name="b")
print(finished.outcome, finished.text, finished.detail)
print("VIEW", call(view, {"cloud": "cloud1"}, workspace, name="c").outcome)
""",
        tmp_path,
    )
    print(peak, said)
    assert "3 of 3 pictures placed" in said
    assert "VIEW ok" in said
    assert peak < 2.5 * MEGABYTES


@pytest.mark.slow
def test_60_photos_at_once(tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="needs sightline[recon]")
    said, peak = peak_of(
        """
from reconstruction_kit import room, shot
from tool_kit import call, workspace_in
from sightline.evals.synthetic.render import cameras_around
from sightline.tools.reconstruction import reconstruct
shots = [shot(room(), camera, (320, 240)).colour for camera in cameras_around(room(), 60, arc=300)]
workspace = workspace_in(FOLDER, *shots)
finished = call(reconstruct, {"images": [f"img{k + 1}" for k in range(60)]}, workspace)
print(finished.outcome, finished.text, finished.detail)
""",
        tmp_path,
    )
    print(peak, said)
    assert said.startswith("ok")
    assert "of 60 pictures placed" in said
    assert peak < 2 * MEGABYTES
