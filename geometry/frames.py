"""Frames of reference: for whom something is left, right, in front or above.

"The chair is left of the table" means nothing until it is said for whom. A frame is named in one of five ways:

- `picture:img1`: the flat picture; the words are image-left, image-right, image-above, image-below;
- `camera:img2`: whoever took that picture;
- `object:chair1`: the thing itself, which needs a known front;
- `stand at chair1 facing table1`: somebody who stands there and faces that;
- `world`: +y is ahead, as on the map.

Camera and stand-at frames use axes levelled by gravity where gravity is known, and say so where it is not. A relation
carries its degrees and their uncertainty, and calls itself unclear where that reaches across the border of two words.
Azimuth is in degrees right of forward, -180 to 180; elevation in degrees above the frame's own horizontal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry import poses

Floats = NDArray[np.float64]
FrameKind = Literal["picture", "camera", "object", "stand at", "world"]

_STAND = re.compile(r"stand(?:ing)?\s+at\s+(.+?)\s*,?\s+(?:and\s+)?facing\s+(.+)", re.IGNORECASE)
_TOO_STEEP = 1e-6


@dataclass(frozen=True)
class FrameName:
    """A frame's name, taken apart.

    Attributes:
        kind: Which of the five.
        about: Handle of the picture or name of the object; where one stands; empty for the world.
        facing: What one faces, for `stand at`.
    """

    kind: FrameKind
    about: str = ""
    facing: str = ""

    def __str__(self) -> str:
        if self.kind == "stand at":
            return f"stand at {self.about} facing {self.facing}"
        return self.kind if self.kind == "world" else f"{self.kind}:{self.about}"


@dataclass(frozen=True)
class Frame:
    """A frame of reference in space.

    Attributes:
        name: As it is written, e.g. `camera:img2`.
        origin: (3,) world.
        right: (3,) unit vector in the world.
        forward: (3,) unit vector, square to right.
        up: (3,) unit vector: right x forward.
        levelled: Whether up is against gravity.
        error: Degrees by which forward may be off about up.
        position_error: World units by which the origin may be off.
        up_error: Degrees by which up may be off.
    """

    name: str
    origin: Floats
    right: Floats
    forward: Floats
    up: Floats
    levelled: bool
    error: float = 0.0
    position_error: float = 0.0
    up_error: float = 0.0

    def __post_init__(self) -> None:
        axes = np.stack([self.right, self.forward, self.up])
        if axes.shape != (3, 3) or np.abs(axes @ axes.T - np.eye(3)).max() > 1e-6 or np.linalg.det(axes) < 0:
            raise ValueError("a frame's right, forward and up are unit vectors, square to each other, right-handed")

    def to_own(self, points: ArrayLike) -> Floats:
        """World points (..., 3) as (right, forward, up) of this frame, (..., 3)."""
        away = np.asarray(points, dtype=np.float64) - self.origin
        return away @ np.stack([self.right, self.forward, self.up], axis=1)

    def describe(self) -> str:
        """In words: whose frame it is and whether it is level."""
        if self.levelled:
            return f"{self.name} (levelled by gravity)"
        whose = "this camera's" if self.name.startswith("camera:") else "the first camera's"
        return f"{self.name} (gravity is not known: up is {whose} picture-up)"


def world_frame(levelled: bool = True) -> Frame:
    """The world's own: +x right, +y ahead, z up, at its origin."""
    x, y, z = np.eye(3)
    return Frame("world", np.zeros(3), x, y, z, levelled)


def camera_frame(handle: str, pose: ArrayLike, levelled: bool) -> Frame:
    """That of whoever took a picture.

    Args:
        handle: Of the picture.
        pose: Camera-to-world, (4, 4).
        levelled: Whether the world's z is against gravity: then forward is the horizontal part of where the camera
            looks. If not, the camera's own axes serve.
    """
    p = np.asarray(pose, dtype=np.float64)
    if levelled:
        right, forward, up = poses.levelled(p).T
    else:
        right, forward, up = p[:3, 0], p[:3, 2], -p[:3, 1]
    return Frame(f"camera:{handle}", p[:3, 3].copy(), right.copy(), forward.copy(), up.copy(), levelled)


def stand_at_frame(
    at_name: str, at: ArrayLike, facing_name: str, facing: ArrayLike, levelled: bool, position_error: float = 0.0
) -> Frame:
    """That of somebody who stands at one thing and faces another.

    Args:
        at_name: Where.
        at: (3,) world.
        facing_name: What is faced.
        facing: (3,) world.
        levelled: Whether the world's z is against gravity, or just the first camera's picture-up.
        position_error: World units by which each of the two places may be off; it turns forward by what that is worth.

    Raises:
        ValueError: One is straight above the other, or they are in one place: there is no way to face.
    """
    a, b = np.asarray(at, dtype=np.float64), np.asarray(facing, dtype=np.float64)
    way = (b - a)[:2]
    distance = float(np.linalg.norm(way))
    if distance <= _TOO_STEEP * max(float(np.linalg.norm(b - a)), 1e-300):
        raise ValueError(f"{facing_name} is straight above or below {at_name}, or in the same place: no way to face")
    bearing = poses.bearing_of([*way, 0.0])
    right, forward = poses.direction(bearing + 90), poses.direction(bearing)
    error = _angle_of(position_error, distance)
    name = f"stand at {at_name} facing {facing_name}"
    return Frame(name, a, right, forward, poses.UP.copy(), levelled, error, position_error)


def object_frame(
    name: str, centre: ArrayLike, front: ArrayLike, levelled: bool, error: float = 0.0, position_error: float = 0.0
) -> Frame:
    """That of a thing with a front: forward is where its front points, right is its own right hand.

    Args:
        name: Of the thing.
        centre: (3,) world.
        front: (3,) the way its front points, of any length; its horizontal part counts.
        levelled: Whether the world's z is against gravity.
        error: Degrees by which the front may be off.
        position_error: World units by which the centre may be off.

    Raises:
        ValueError: The front points straight up or down.
    """
    try:
        bearing = poses.bearing_of(front)
    except ValueError:
        raise ValueError(f"the front of {name} points straight up or down: it has no left and right") from None
    right, forward = poses.direction(bearing + 90), poses.direction(bearing)
    origin = np.asarray(centre, dtype=np.float64)
    return Frame(f"object:{name}", origin, right, forward, poses.UP.copy(), levelled, error, position_error)


def parse_frame(
    text: str,
    pictures: Collection[str] = (),
    cameras: Collection[str] = (),
    fronts: Collection[str] = (),
    places: Collection[str] = (),
) -> FrameName:
    """A frame from its name, checked against what there is.

    Args:
        text: As the module's text lists them; case and spaces are free.
        pictures: Handles of pictures.
        cameras: Handles of pictures whose camera is placed in the world.
        fronts: Names of objects with a known front.
        places: Names of objects with a place in the world.

    Raises:
        ValueError: It is none of them, or is about something that is not there; names the frames on offer.
    """
    plain = " ".join(text.split())
    offer = frames_on_offer(pictures, cameras, fronts, places)
    if plain.lower() == "world" and (cameras or places):
        return FrameName("world")
    stand = _STAND.fullmatch(plain)
    if stand:
        at, facing = _known(stand[1], [*places, *cameras]), _known(stand[2], [*places, *cameras])
        if at is None or facing is None:
            missing = stand[1] if at is None else stand[2]
            raise ValueError(f"{missing!r} has no place in the world. {offer}")
        if at == facing:
            raise ValueError(f"nobody can stand at {at} and face it. {offer}")
        return FrameName("stand at", at, facing)
    kind, colon, about = (part.strip() for part in plain.partition(":"))
    known: dict[str, tuple[FrameKind, Collection[str], str]] = {
        "picture": ("picture", pictures, "is no picture"),
        "camera": ("camera", cameras, "has no camera placed in the world"),
        "object": ("object", fronts, "has no known front"),
    }
    if not colon or kind.lower() not in known:
        raise ValueError(f"{text!r} names no frame of reference. {offer}")
    frame_kind, names, why_not = known[kind.lower()]
    found = _known(about, names)
    if found is None:
        raise ValueError(f"{about!r} {why_not}. {offer}")
    return FrameName(frame_kind, found)


def frames_on_offer(
    pictures: Collection[str], cameras: Collection[str], fronts: Collection[str], places: Collection[str]
) -> str:
    """The sentence that names the frames there are."""
    offers = [f"picture:{p}" for p in pictures] + [f"camera:{c}" for c in cameras] + [f"object:{o}" for o in fronts]
    spots = [*places, *cameras]
    if len(spots) >= 2:
        offers.append(f"stand at A facing B (A and B of {', '.join(spots)})")
    if spots:
        offers.append("world")
    return f"Frames on offer: {'; '.join(offers)}." if offers else "No frame is on offer yet: nothing is placed."


def picture_direction(point: Sequence[float], reference: Sequence[float]) -> tuple[float, str]:
    """Where one point of a picture lies from another, in the picture alone.

    Args:
        point: (x, y) continuous pixels.
        reference: (x, y).

    Returns:
        The angle in degrees (0 is right, counter-clockwise as seen, -180 to 180), and image-left, image-right,
        image-above, image-below or two of them, by eight equal sectors.

    Raises:
        ValueError: The points coincide.
    """
    right, above = float(point[0]) - float(reference[0]), float(reference[1]) - float(point[1])
    if right == 0 and above == 0:
        raise ValueError("the two points coincide: neither is left of or above the other")
    angle = math.degrees(math.atan2(above, right))
    words = (
        "image-right",
        "image-above and image-right",
        "image-above",
        "image-above and image-left",
        "image-left",
        "image-below and image-left",
        "image-below",
        "image-below and image-right",
    )
    return angle, words[math.floor((angle + 22.5) / 45) % 8]


def _known(name: str, names: Collection[str]) -> str | None:
    if name in names:
        return name
    alike = [n for n in names if n.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


def _angle_of(error: float, distance: float) -> float:
    """Degrees by which a direction is off whose ends may both be off by this much; 180 where they may be swapped."""
    if error <= 0:
        return 0.0
    return math.degrees(math.asin(2 * error / distance)) if 2 * error < distance else 180.0
