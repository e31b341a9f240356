"""Sets of pictures that are hard for instruments, each with its scene: what they must bound, or refuse with a reason.

case = HARD_CASES["mirror"](seed=3)
write_scene(folder, case.scene, case.pictures())
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sightline.evals.synthetic.cameras import CameraSpec, looking_at, pan_of
from sightline.evals.synthetic.render import Rendered, Size, cameras_around, clear, render
from sightline.evals.synthetic.rooms import Scene, make_room

WIDE_LENS = (-0.18, 0.035, 0.0008, -0.0006, -0.003)
"""Distortion of a wide lens: (k1, k2, p1, p2, k3), straight lines bend like a barrel's staves."""
_MOST_ROOMS = 50


@dataclass(frozen=True)
class Case:
    """A scene and who takes pictures of it when.

    Attributes:
        scene: The scene.
        cameras: One a picture.
        times: When each picture is taken, in seconds.
        about: What is hard about it, in a sentence.
    """

    scene: Scene
    cameras: tuple[CameraSpec, ...]
    times: tuple[float, ...]
    about: str

    def pictures(self, size: Size = (512, 512)) -> list[Rendered]:
        """Take them."""
        return [render(self.scene, c, size, t) for c, t in zip(self.cameras, self.times, strict=True)]


def mirror(seed: int = 0, count: int = 6) -> Case:
    """A mirror on the west wall, with real reflections; depth and ids are of its surface."""
    scene = _open_to("mirror", seed, mirror=True)
    return _case(scene, _towards(scene, "mirror", count), "a mirror shows a room that is not there")


def glass(seed: int = 0, count: int = 6) -> Case:
    """An open window with a clear pane: what shows lies far outside; depth and ids are of the pane."""
    scene = _open_to("window", seed, glass=True)
    return _case(scene, _towards(scene, "window", count), "behind the pane lies the outside")


def walker(seed: int = 0, count: int = 6) -> Case:
    """Somebody walks through the room and is elsewhere in each picture, which are a second apart."""
    scene = make_room(seed, walker=True)
    cameras = cameras_around(scene, count, arc=90)
    return replace(
        _case(scene, cameras, "somebody walks while the pictures are taken"),
        times=tuple(float(t) for t in np.linspace(0, 6, count)),
    )


def white_wall(seed: int = 0, count: int = 2) -> Case:
    """A wall of one even white fills the pictures, seen from close by: nothing there can be matched."""
    scene = make_room(seed, white_wall=True)
    x, (y0, y1) = -scene.size[0] / 2, (-0.25 * scene.size[1], 0.25 * scene.size[1])
    # Above the furniture, towards the upper part of the wall.
    cameras = [looking_at((x + 0.8, float(y), 2.1), (x, float(y), 2.2), 50) for y in np.linspace(y0, y1, count)]
    return _case(scene, cameras, "a white wall has nothing to match")


def wide_lens(seed: int = 0, count: int = 6) -> Case:
    """A lens that shows 95 degrees across and bends straight lines; the truth says how (`WIDE_LENS`)."""
    scene = make_room(seed)
    cameras = [replace(camera, distortion=WIDE_LENS) for camera in cameras_around(scene, count, fov=80)]
    return _case(scene, cameras, "the lens is wide and distorts")


def chessboard(seed: int = 0, count: int = 4) -> Case:
    """A chessboard of known square size on the north wall, from several sides; `truth.board_corners` gives corners."""
    scene = _open_to("chessboard", seed, chessboard=True)
    return _case(scene, _towards(scene, "chessboard", count, reach=2.0), "the board gives the scale")


def far_apart(seed: int = 0, degrees: float = 70.0) -> Case:
    """Two pictures that look across the same middle from directions 70 degrees apart."""
    scene = make_room(seed)
    return _case(scene, cameras_around(scene, 2, arc=degrees), f"the two views are {degrees:g} degrees apart")


def turning(seed: int = 0, degrees: float = 30.0) -> Case:
    """Two pictures from one spot: the camera only turned, to the right, and nothing tells how far away things are."""
    scene = make_room(seed)
    return _case(scene, pan_of(cameras_around(scene, 1)[0], degrees, 2), "the camera turned on the spot")


def varied(seed: int = 0, count: int = 8) -> Case:
    """Pictures across the room with field of view, height, pitch and roll drawn from the seed."""
    scene, rng = make_room(seed), np.random.default_rng([seed, 5])
    cameras = []
    for camera in cameras_around(scene, count, arc=300):
        x, y, _ = camera.position
        height, fov = float(rng.uniform(1.1, 2.0)), float(rng.uniform(50, 90))
        moved = looking_at((x, y, height), (-0.15 * x, -0.15 * y, 0.45 * height), fov, float(rng.uniform(-12, 12)))
        at = np.array(moved.position)
        cameras.append(moved if clear(scene, at) else replace(moved, position=camera.position))
    return _case(scene, cameras, "field of view, height, pitch and roll differ")


def unrelated_rooms(seed: int = 0) -> tuple[Case, Case, Case]:
    """A picture each of three rooms that have nothing to do with each other: three groups, no distance across."""
    rooms = (make_room(seed + k) for k in (0, 1000, 2000))
    one, two, three = (_case(scene, cameras_around(scene, 1), "one of three unrelated rooms") for scene in rooms)
    return one, two, three


HARD_CASES: dict[str, Callable[..., Case]] = {
    "mirror": mirror,
    "glass": glass,
    "walker": walker,
    "white wall": white_wall,
    "wide lens": wide_lens,
    "chessboard": chessboard,
    "far apart": far_apart,
    "turning": turning,
    "varied": varied,
}
"""Each takes a seed."""


def _case(scene: Scene, cameras: list[CameraSpec], about: str) -> Case:
    return Case(scene, tuple(cameras), (0.0,) * len(cameras), about)


def _open_to(name: str, seed: int, **options: Any) -> Scene:
    """The first room from this seed on, in steps of 1000, in which nothing tall stands before something on a wall.

    Raises:
        ValueError: There is none among the first `_MOST_ROOMS`.
    """
    for k in range(_MOST_ROOMS):
        scene = make_room(seed + 1000 * k, **options)
        thing = scene.thing(name)
        low, high = thing.box()
        spots = [
            np.asarray(thing.position) + thing.axes @ np.array([x, y, 0.6 * low[2] + 0.4 * high[2]])
            for x in np.linspace(low[0], high[0], 7)
            for y in np.linspace(0.1, 1.4, 7)
        ]
        if all(clear(scene.without(name) if not thing.structure else scene, spot, 0.1) for spot in spots):
            return scene
    raise ValueError(f"no room of seed {seed} has its {name} in full view")


def _towards(scene: Scene, name: str, count: int, reach: float = 3.0) -> list[CameraSpec]:
    """Cameras in a fan before something on a wall, as far out as the furniture lets them."""
    thing = scene.thing(name)
    target = thing.centre()
    cameras = []
    for degrees in np.linspace(-28, 28, count):
        b = math.radians(thing.bearing + float(degrees))
        out = np.array([math.sin(b), math.cos(b), 0.0])
        away = reach
        while away > 1.0 and not clear(scene, np.array([*(target + away * out)[:2], 1.6])):
            away -= 0.1
        cameras.append(looking_at((*(target + away * out)[:2], 1.6), target, 70))
    return cameras
