"""Splatting a cloud into a 512x512 picture, beside open3d and the common numpy way, and against what memory can move.

    python benchmarks/bench_splat.py

The cloud is a furnished room: points on six walls and on boxes, in random order, which is the hard one for caches; the
camera stands in a corner and sees most of it. Every contestant sees the same points from the same camera, in turn, in
one process; the table gives medians of the time that passed and of the processors' time (which other programs on the
machine disturb less), and ratios of the former to ours (one pixel). The numpy way sorts by depth, far to near, and
writes 3x3 blocks of pixels (each of the nine in turn), which is what many research repositories do. open3d is left out
where it is not installed.

Also: the bytes a picture must move (points, radii, keys and result, each once) as a share of what a copy moves on two
threads in the same run; a picture from above, and the whole map that `top_down` draws; and the peak memory of a fresh
process that holds 10 million points.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import camera_rotation, pose_from
from sightline.geometry.reconstructions import Reconstruction
from sightline.geometry.splatting import hidden_filled, splat, splat_from_above
from sightline.tools.camera.map_drawing import draw_map

SIDE = 512
COUNTS = (200_000, 1_000_000, 10_000_000)
CAMERA = Camera(Intrinsics.from_field_of_view((SIDE, SIDE), 75), pose_from(camera_rotation(45, -10), (-2.6, -2.6, 1.6)))
TARGETS = {
    "one pixel": "20 ms at 1 M",
    "patches": "40 ms at 1 M",
    "open3d": "5x ours (one pixel)",
    "numpy 3x3": "40x ours (one pixel)",
    "map": "60 ms at 1 M",
}


def room(count: int) -> PointCloud:
    """Points on the walls of a 6 x 6 x 3 m room and on twelve boxes in it."""
    rng = np.random.default_rng(0)
    boxes = [((-3.0, -3.0, 0.0), (3.0, 3.0, 3.0))]
    for _ in range(12):
        low = rng.uniform((-2.8, -1.0, 0), (2.0, 2.2, 0.2))
        boxes.append((tuple(low), tuple(low + rng.uniform(0.2, 0.8, 3))))
    areas = np.array([_areas(low, high).sum() for low, high in boxes])
    counts = np.maximum(1, (areas / areas.sum() * count).astype(int))
    counts[0] += count - counts.sum()
    points = np.concatenate([_on_box(rng, low, high, n) for (low, high), n in zip(boxes, counts, strict=True)])
    rng.shuffle(points)
    colors = (127 + 120 * np.sin(points * 3)).astype(np.uint8)
    radius = np.full(count, 0.5 * np.sqrt(areas.sum() / count), np.float32)
    return PointCloud(points.astype(np.float32), colors, radius=radius)


def _areas(low: Any, high: Any) -> NDArray[np.float64]:
    x, y, z = np.subtract(high, low)
    return np.array([y * z, y * z, x * z, x * z, x * y, x * y])


def _on_box(rng: np.random.Generator, low: Any, high: Any, count: int) -> NDArray[np.float64]:
    areas = _areas(low, high)
    face = rng.choice(6, count, p=areas / areas.sum())
    points = rng.uniform(low, high, (count, 3))
    rows = np.arange(count)
    points[rows, face // 2] = np.where(face % 2 == 0, np.take(low, face // 2), np.take(high, face // 2))
    return points


def numpy_way(cloud: PointCloud) -> NDArray[np.uint8]:
    """Project, sort by depth, and let near points overwrite far ones, nine times over."""
    k = CAMERA.intrinsics
    local = cloud.points @ CAMERA.rotation.astype(np.float32) - (CAMERA.position @ CAMERA.rotation).astype(np.float32)
    ahead = local[:, 2] > 0
    local, colors = local[ahead], cloud.colors[ahead]
    u = (local[:, 0] / local[:, 2] * k.fx + k.cx).astype(np.int64)
    v = (local[:, 1] / local[:, 2] * k.fy + k.cy).astype(np.int64)
    order = np.argsort(-local[:, 2])
    u, v, z, colors = u[order], v[order], local[order, 2], colors[order]
    color = np.zeros((SIDE, SIDE, 3), np.uint8)
    depth = np.full((SIDE, SIDE), np.inf, np.float32)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            x, y = u + dx, v + dy
            inside = (x >= 0) & (y >= 0) & (x < SIDE) & (y < SIDE)
            x, y, near = x[inside], y[inside], z[inside]
            closer = near <= depth[y, x]
            color[y[closer], x[closer]] = colors[inside][closer]
            depth[y[closer], x[closer]] = near[closer]
    return color


def open3d_way(cloud: PointCloud) -> Callable[[], Any] | None:
    """`project_to_rgbd_image` with everything prepared; None where open3d is not installed."""
    try:
        import open3d as o3d
    except ImportError as error:
        print(f"open3d is left out: {error}")
        return None
    theirs = o3d.t.geometry.PointCloud(o3d.core.Tensor(cloud.points))
    theirs.point.colors = o3d.core.Tensor(cloud.colors.astype(np.float32) / 255)
    matrix = CAMERA.intrinsics.matrix
    matrix[:2, 2] -= 0.5  # its pixel centres are whole numbers
    intrinsics, extrinsics = o3d.core.Tensor(matrix), o3d.core.Tensor(CAMERA.world_to_camera)
    return lambda: theirs.project_to_rgbd_image(SIDE, SIDE, intrinsics, extrinsics, depth_scale=1.0, depth_max=100.0)


def copy_bandwidth() -> float:
    """Gigabytes a second that two threads move, reading and writing counted."""
    source, target = np.ones(1 << 28, np.uint8), np.ones(1 << 28, np.uint8)
    half = len(source) // 2
    best = 0.0
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            begun = time.perf_counter()
            list(pool.map(lambda part: np.copyto(target[part], source[part]), (slice(half), slice(half, None))))
            best = max(best, 2 * len(source) / (time.perf_counter() - begun) / 1e9)
    return best


def medians_of(contestants: dict[str, Callable[[], Any]], rounds: int) -> dict[str, tuple[float, float]]:
    """Milliseconds that passed, and that all threads together worked, of each in turn; the first round compiles."""
    passed: dict[str, list[float]] = {name: [] for name in contestants}
    worked: dict[str, list[float]] = {name: [] for name in contestants}
    for round_ in range(rounds + 1):
        for name, run in contestants.items():
            begun, begun_work = time.perf_counter(), time.process_time()
            run()
            if round_:
                passed[name].append((time.perf_counter() - begun) * 1e3)
                worked[name].append((time.process_time() - begun_work) * 1e3)
    return {name: (statistics.median(passed[name]), statistics.median(worked[name])) for name in contestants}


def main() -> None:
    """Run all sizes and print the table."""
    copied = copy_bandwidth()
    print(f"{os.cpu_count()} cores; a copy moves {copied:.1f} GB/s\n")
    head = f"{'points':>10} {'what':12}{'ms':>9}{'cpu ms':>9}{'x ours':>8}{'ns/point':>10}"
    print(f"{head}{'GB/s':>7}{'of copy':>9}  target")
    for count in COUNTS:
        cloud = room(count)
        picture = splat(cloud, CAMERA)
        contestants: dict[str, Callable[[], Any]] = {
            "one pixel": lambda cloud=cloud: splat(cloud, CAMERA, "pixel"),  # type: ignore[misc]
            "patches": lambda cloud=cloud: splat(cloud, CAMERA, "patch"),  # type: ignore[misc]
            "fill gaps": lambda picture=picture: hidden_filled(picture),  # type: ignore[misc]
            "from above": lambda cloud=cloud: splat_from_above(cloud, (-3.2, 3.2), 80, (SIDE, SIDE), 2.5),  # type: ignore[misc]
            "map": lambda cloud=cloud: draw_map(Reconstruction({"img1": CAMERA}, cloud, "measured"), "m"),  # type: ignore[misc]
            "numpy 3x3": lambda cloud=cloud: numpy_way(cloud),  # type: ignore[misc]
        }
        if theirs := open3d_way(cloud):
            contestants["open3d"] = theirs
        medians = medians_of(contestants, 11 if count <= 1_000_000 else 3)
        pixels = SIDE * SIDE
        moved = {"one pixel": 12 * count + pixels * (2 * 16 + 11), "patches": 16 * count + pixels * (2 * 16 + 11)}
        moved["from above"] = moved["patches"]
        for name, (ms, work) in medians.items():
            target = TARGETS.get(name, "") if count == 1_000_000 else ""
            rate = f"{moved[name] / ms / 1e6:7.1f}{moved[name] / ms / 1e6 / copied:9.0%}" if name in moved else " " * 16
            ratio = ms / medians["one pixel"][0]
            print(f"{count:>10} {name:12}{ms:9.1f}{work:9.1f}{ratio:8.1f}{ms / count * 1e6:10.1f}{rate}  {target}")
        one = splat(cloud, CAMERA, "pixel").coverage
        print(f"{'':10} covered: {one:.1%} with one-pixel points, {picture.coverage:.1%} with patches")
    print("\npeak memory of a process with 10 M points (target: under 1 GB):")
    for what in ("held", "splatted"):
        out = subprocess.run(
            [sys.executable, __file__, "--peak", what], check=True, capture_output=True, text=True
        ).stdout
        print(f"  {what:10}{out.strip()} MB")


def peak(what: str) -> None:
    """In a fresh process: 10 million points, made without temporary arrays, then splatted."""
    count = 10_000_000
    points = np.empty((count, 3), np.float32)
    rng = np.random.default_rng(0)
    for begin in range(0, count, 100_000):
        points[begin : begin + 100_000] = rng.uniform((-3, -3, 0), (3, 3, 3), (100_000, 3))
    cloud = PointCloud(points, np.full((count, 3), 99, np.uint8), radius=np.full(count, 0.002, np.float32))
    if what == "splatted":
        for size in ("pixel", "patch"):
            hidden_filled(splat(cloud, CAMERA, size))  # type: ignore[arg-type]
    # Not getrusage: its peak begins with that of the process that started this one.
    status = Path("/proc/self/status").read_text("utf-8")
    print(int(status.split("VmHWM:")[1].split()[0]) // 1024)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        peak(sys.argv[2])
    else:
        main()
