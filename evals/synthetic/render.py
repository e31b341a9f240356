"""Taking pictures of a scene: colour, exact depth and instance ids, by ray casting on all cores.

scene = example_room()
picture = render(scene, CameraSpec((0, -2, 1.5)), (512, 512))
picture.colour, picture.depth, picture.ids
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from sightline.evals.synthetic.cameras import CameraSpec, Floats, looking_at
from sightline.evals.synthetic.rooms import Scene
from sightline.evals.synthetic.solids import Packed, bounds, pack
from sightline.evals.synthetic.textures import library

Size = tuple[int, int]
BAND = 16
"""Rows that a thread takes at a time."""
MAX_THREADS = 8


@dataclass(frozen=True, eq=False)
class Rendered:
    """A picture and its truth.

    Attributes:
        colour: (height, width, 3) uint8, sRGB.
        depth: (height, width) float32 in metres: z-depth, or range for a panorama; inf where nothing is. Of a mirror
            or a pane of glass it is the depth of its surface.
        ids: (height, width) uint16: 1 + place in `scene.things`; 0 where nothing is.
        camera: Who took it.
        time: When, in seconds.
    """

    colour: NDArray[np.uint8]
    depth: NDArray[np.float32]
    ids: NDArray[np.uint16]
    camera: CameraSpec
    time: float = 0.0

    @property
    def size(self) -> Size:
        """(width, height)."""
        return self.depth.shape[1], self.depth.shape[0]

    @property
    def pose(self) -> Floats:
        """Camera-to-world, (4, 4)."""
        return self.camera.pose

    @property
    def matrix(self) -> Floats:
        """Calibration matrix K, (3, 3), of a pinhole camera."""
        f, (w, h) = self.camera.focal(self.size[0]), self.size
        return np.array([[f, 0, w / 2], [0, f, h / 2], [0, 0, 1.0]])


def render(
    scene: Scene, camera: CameraSpec, size: Size = (512, 512), time: float = 0.0, exposure: float = 0.0
) -> Rendered:
    """Take a picture.

    Args:
        scene: Of what.
        camera: From where.
        size: (width, height); a panorama is twice as wide as high.
        time: When, in seconds.
        exposure: Stops brighter or darker.

    Raises:
        ValueError: A panorama is not twice as wide as high, or the lens cannot fill the picture.
    """
    from sightline.evals.synthetic import kernels

    width, height = size
    panorama = camera.kind == "panorama"
    if panorama and width != 2 * height:
        raise ValueError(f"a panorama is twice as wide as high, not {width}x{height}")
    if not panorama and not camera.reaches(size):
        raise ValueError(f"a lens that distorts by {camera.distortion} leaves the corners of {width}x{height} empty")
    packed = _packed(scene, float(time))
    focal = width / (2 * math.pi) if panorama else camera.focal(width)
    distortion = np.array(camera.distortion or (0.0,) * 5)
    lens = (panorama, focal, focal, width / 2, height / 2, distortion, np.ascontiguousarray(camera.axes))
    # Only the range of yaw and pitch counts for a panorama: the kernel takes both from the picture's middle.
    eye = np.array(camera.position, dtype=np.float64)
    half = np.array(scene.size) / 2
    room = np.array([[-half[0], -half[1], 0.0], [half[0], half[1], scene.size[2]]])
    lights = (np.ascontiguousarray(scene.lamps[:, :3]), np.ascontiguousarray(scene.lamps[:, 3:]))
    linear = np.empty((height, width, 3), np.float32)
    depth, ids = np.empty((height, width), np.float32), np.empty((height, width), np.uint16)
    picture = (linear, depth, ids, np.empty((height, width), np.int32))
    colour = np.empty((height, width, 3), np.uint8)
    shared = (
        eye, lens, 1 / focal, packed.scene, (packed.mat, packed.shadow_root), packed.materials, library().arrays,
        lights, room, 1.25 * 2.0**exposure,
    )  # fmt: skip
    _in_bands(height, lambda a, b: kernels.first_pass(a, b, *shared, packed.owner, picture))
    _in_bands(height, lambda a, b: kernels.second_pass(a, b, *shared, _curve(), picture, colour))
    return Rendered(colour, depth, ids, camera, time)


def cameras_around(
    scene: Scene, count: int, fov: float = 70.0, arc: float = 120.0, start: float = 200.0, height: float = 1.5
) -> list[CameraSpec]:
    """Cameras that walk round the room near its walls and look across its middle.

    Each stands as far out as the furniture lets it.

    Args:
        scene: The room.
        count: How many.
        fov: Horizontal field of view in degrees.
        arc: Degrees of the way round, counter-clockwise from above: each next camera stands further to the right.
        start: Bearing in degrees from the room's middle to the first camera.
        height: Above the floor in metres.
    """
    step = arc / count if arc >= 360 else arc / max(count - 1, 1)
    out = []
    for k in range(count):
        b = math.radians(start - k * step)
        way = np.array([math.sin(b), math.cos(b), 0.0])
        reach = 0.44 * min(scene.size[0] / max(abs(way[0]), 1e-9), scene.size[1] / max(abs(way[1]), 1e-9))
        while reach > 0.4 and not clear(scene, reach * way + (0, 0, height)):
            reach -= 0.1
        out.append(looking_at(reach * way + (0, 0, height), -0.15 * reach * way + (0, 0, 0.45 * height), fov))
    return out


def views_around(
    scene: Scene, count: int = 8, size: Size = (512, 512), fov: float = 70.0, arc: float = 120.0
) -> list[Rendered]:
    """Pictures by `cameras_around`, all at time 0."""
    return [render(scene, camera, size) for camera in cameras_around(scene, count, fov, arc)]


def clear(scene: Scene, point: Floats, gap: float = 0.25) -> bool:
    """Whether every part of every thing is further than `gap` from a point, by their boxes along the axes."""
    for thing in scene.objects:
        for part in thing.parts:
            low, high = bounds(part, thing.axes, thing.position)
            if (point > low - gap).all() and (point < high + gap).all():
                return False
    return True


@lru_cache(maxsize=4)
def _packed(scene: Scene, time: float) -> Packed:
    return pack(scene.at(time), library().index, scene.contrast)


@lru_cache(maxsize=1)
def _curve() -> NDArray[np.uint8]:
    """8-bit sRGB of linear 0 to 1 in 4096 steps."""
    linear = np.linspace(0, 1, 4096)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * srgb).astype(np.uint8))


def _in_bands(height: int, work: Callable[[int, int], None]) -> None:
    """Do rows 0 to height, a band at a time, on as many threads as this process has cores."""
    threads = min(
        MAX_THREADS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(partial(work, a, min(a + BAND, height))) for a in range(0, height, BAND)]:
            done.result()
