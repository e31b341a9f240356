"""Questions about a scene and their true answers, computed without `sightline.geometry`.

So that a wrong sign in the instruments cannot cancel against the same one here. Bearings are degrees clockwise from +y
of the world, seen from above; angles "to the right" are positive clockwise. Everything takes things where they are:
`scene.thing(name, time)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.distances import distance_between, distance_from_point
from sightline.evals.synthetic.render import Rendered, render
from sightline.evals.synthetic.rooms import Board, Scene
from sightline.evals.synthetic.solids import Floats, Thing, Vector

__all__ = [
    "CameraMotion",
    "Placed",
    "Shown",
    "bearing",
    "board_corners",
    "camera_motion",
    "distance_between",
    "distance_from_point",
    "from_front_of",
    "nearer",
    "room_size",
    "shown",
    "standing_at",
    "visible_share",
]

Side = Literal["front", "right", "behind", "left"]


@dataclass(frozen=True)
class Placed:
    """Where something is for somebody who stands and looks somewhere.

    Attributes:
        azimuth: Degrees from straight ahead, -180 to 180, + to the right.
        distance: Metres along the floor, between middles.
        above: Metres by which its middle is higher.
    """

    azimuth: float
    distance: float
    above: float

    @property
    def side(self) -> Side:
        """The quarter it lies in: `front` is within 45 degrees of straight ahead."""
        sides: tuple[Side, ...] = ("front", "right", "behind", "left")
        return sides[round(self.azimuth / 90) % 4]

    @property
    def left_or_right(self) -> Literal["left", "right"]:
        """Which half it lies in."""
        return "right" if self.azimuth > 0 else "left"

    @property
    def front_or_behind(self) -> Literal["front", "behind"]:
        """Which half it lies in."""
        return "front" if abs(self.azimuth) < 90 else "behind"


@dataclass(frozen=True)
class Shown:
    """How a thing shows in a picture.

    Attributes:
        pixels: How many show it.
        share: Of the picture's pixels.
        box: (x0, y0, x1, y1) exactly round them, in continuous pixels; None where it does not show. In a panorama x1
            lies beyond the width where the thing crosses the seam.
        cut: Whether it touches the picture's edge (a panorama's upper or lower one).
    """

    pixels: int
    share: float
    box: tuple[float, float, float, float] | None
    cut: bool


@dataclass(frozen=True)
class CameraMotion:
    """How a camera moved from one picture to another.

    Attributes:
        angle: Of the whole rotation, 0 to 180 degrees.
        turned: Change of bearing in degrees, -180 to 180, + to the right.
        tilted: Change of pitch in degrees, + up.
        rolled: Change of roll in degrees, + head to the right.
        shift: Metres to the first camera's right, up and ahead, along its own axes.
    """

    angle: float
    turned: float
    tilted: float
    rolled: float
    shift: Vector

    @property
    def distance(self) -> float:
        """Metres between the two."""
        return math.hypot(*self.shift)


def bearing(a: Thing | ArrayLike, b: Thing | ArrayLike) -> float:
    """Bearing from the middle of a to the middle of b, 0 to 360.

    Raises:
        ValueError: One stands above the other.
    """
    x, y, _ = _middle(b) - _middle(a)
    if math.hypot(x, y) < 1e-9:
        raise ValueError("one stands above the other: no bearing leads from one to the other")
    return math.degrees(math.atan2(x, y)) % 360


def standing_at(a: Thing | ArrayLike, facing: Thing | ArrayLike, target: Thing | ArrayLike) -> Placed:
    """Where the target is for somebody who stands at a and faces something else.

    Raises:
        ValueError: Two of them stand above each other.
    """
    return _placed(_middle(a), bearing(a, facing), _middle(target))


def from_front_of(thing: Thing, target: Thing | ArrayLike) -> Placed:
    """Where the target is from a thing that has a front, as for somebody who sits in it and looks out at its front.

    Raises:
        ValueError: The thing has no front.
    """
    if not thing.front:
        raise ValueError(f"{thing.name} has no front of its own")
    return _placed(thing.centre(), thing.bearing, _middle(target))


def nearer(camera: CameraSpec, a: Thing, b: Thing) -> tuple[Thing, float]:
    """Which of two things is nearer to a camera, surface to lens, and by how many metres."""
    da, db = (distance_from_point(camera.position, thing) for thing in (a, b))
    return (a, db - da) if da <= db else (b, da - db)


def shown(picture: Rendered, number: int) -> Shown:
    """How the thing with an instance id shows in a picture."""
    mask = picture.ids == number
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return Shown(0, 0.0, None, False)
    x0, x1, y0, y1 = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    sides = x0 == 0 or x1 == width
    if picture.camera.kind == "panorama":
        # All round: the box begins after the widest gap between its columns.
        gaps = np.diff(np.append(columns, columns[0] + width))
        widest = int(np.argmax(gaps))
        if gaps[widest] > 1 and widest < len(columns) - 1:
            x0, x1 = int(columns[widest + 1]), int(columns[widest]) + 1 + width
        sides = False
    count = int(mask.sum())
    box = (float(x0), float(y0), float(x1), float(y1))
    return Shown(count, count / mask.size, box, sides or y0 == 0 or y1 == height)


def visible_share(scene: Scene, picture: Rendered, name: str) -> float:
    """Share of a thing's pixels in a picture that nothing hides: 1 in full view, 0 hidden or outside.

    What lies beyond the picture's edge does not count. The thing is rendered again without the others; the error is
    that of pixels along its outline.
    """
    number = scene.id_of(name)
    alone = Scene(scene.seed, (scene.things[number - 1],), scene.size, scene.lamps)
    bare = int((render(alone, picture.camera, picture.size, picture.time).ids == 1).sum())
    return min(1.0, int((picture.ids == number).sum()) / bare) if bare else 0.0


def camera_motion(first: CameraSpec, second: CameraSpec) -> CameraMotion:
    """How a camera moved from the first to the second."""
    turn = first.axes.T @ second.axes
    # From sine and cosine: accurate for small and for large angles.
    sine = math.hypot(turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1])
    angle = math.degrees(math.atan2(sine, float(np.trace(turn)) - 1))
    right, down, ahead = first.axes.T @ (np.asarray(second.position) - np.asarray(first.position))
    return CameraMotion(
        angle,
        _wrapped(second.bearing - first.bearing),
        second.pitch - first.pitch,
        _wrapped(second.roll - first.roll),
        (float(right), float(-down), float(ahead)),
    )


def room_size(scene: Scene) -> Vector:
    """Inner extent along x, y and z in metres."""
    return scene.size


def board_corners(picture: Rendered, board: Board, number: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Where a chessboard's inner corners are in a picture, and which of them show.

    Args:
        picture: The picture.
        board: The board.
        number: Its instance id.

    Returns:
        (N, 2) continuous pixels, row by row from the top left as seen from its front; (N,) whether the pixel there
        shows the board.
    """
    places, _ = picture.camera.project(board.corners, picture.size)
    width, height = picture.size
    with np.errstate(invalid="ignore"):
        inside = (places >= 0).all(axis=1) & (places < (width, height)).all(axis=1)
    seen = np.zeros(len(places), dtype=bool)
    columns, rows = np.floor(places[inside]).astype(int).T
    seen[inside] = picture.ids[rows, columns] == number
    return places, seen


def _middle(what: Thing | ArrayLike) -> Floats:
    return what.centre() if isinstance(what, Thing) else np.asarray(what, dtype=np.float64)


def _placed(eye: Floats, facing: float, target: Floats) -> Placed:
    x, y, z = (float(v) for v in target - eye)
    return Placed(_wrapped(bearing(eye, target) - facing), math.hypot(x, y), z)


def _wrapped(degrees: float) -> float:
    """The same direction in -180 to 180 (180 included)."""
    return 180 - (180 - degrees) % 360
