"""Which way a thing's front points: plain functions on joints, on two marked points, and on a model's votes.

A direction is an azimuth in the camera's level frame: 0 faces away from the camera, along its forward; + turns to the
camera's right; 180 faces the camera. Every one has an error in degrees, and what cannot be told is `unknown`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from sightline.geometry.cameras import Camera, Floats, Intrinsics
from sightline.geometry.poses import camera_rotation, difference, levelled, turn
from sightline.tools.back_ends import Facing, Keypoints

SHOULDERS_PER_TORSO = 0.72
"""Distance of the shoulder joints over that of shoulders to hips, seen from the front: the joints of COCO lie about
0.36 m and 0.50 m apart in adults (biacromial breadth 0.40 m less the deltoids; shoulder to hip height, ANSUR II)."""
_BUILD = 0.25
"""How much that ratio, and a stance that is not upright, may change the foreshortening seen."""
_SEEN = 0.35
_PITCH = 10.0
"""Degrees by which a camera that nobody levelled is off level, as a rule."""
_DEADBAND = 0.12

OPTIONS: dict[str, float] = {
    "away from the camera": 0.0,
    "away and to the right": 45.0,
    "to the right": 90.0,
    "towards the camera and to the right": 135.0,
    "towards the camera": 180.0,
    "towards the camera and to the left": -135.0,
    "to the left": -90.0,
    "away and to the left": -45.0,
}
"""What a model may answer, as azimuths relative to the line of sight."""
SYMMETRIC = "it has no front"
UNKNOWN = "cannot tell"
_VOTE_ERROR = 30.0
"""Degrees that an answer may be off even where all votes agree: half a step, and as much for the model's eye."""


def from_keypoints(person: Keypoints, intrinsics: Intrinsics) -> Facing:
    """Which way a person's chest faces, from the shoulders' foreshortening and where the face is.

    Seen from the front the left shoulder lies to the right of the right one, by `SHOULDERS_PER_TORSO` torsos; the
    cosine of the turn shortens that, and the face lies on the side that the person turns to.

    Args:
        person: Joints in continuous pixels.
        intrinsics: The camera's, for the direction in which the person stands.
    """
    at = {name: person.points[i] for name, i in _JOINTS.items() if person.scores[i] >= _SEEN}
    if not {"left shoulder", "right shoulder"} <= at.keys():
        return Facing("unknown")
    middle = (at["left shoulder"] + at["right shoulder"]) / 2
    hips = [at[name] for name in ("left hip", "right hip") if name in at]
    if hips:
        torso = float(np.linalg.norm(np.mean(hips, axis=0) - middle))
    else:
        torso = 0.33 * (person.box[3] - person.box[1])  # a standing figure's; a seated one is longer in it
    if torso < 4:
        return Facing("unknown")
    across = float(at["left shoulder"][0] - at["right shoulder"][0]) / torso / SHOULDERS_PER_TORSO
    turned = _acos(-across)
    low, high = _acos(-across + _BUILD), _acos(-across - _BUILD)
    face = [at[name][0] for name in ("nose", "left eye", "right eye") if name in at]
    side = (float(np.mean(face)) - float(middle[0])) / torso if face else 0.0
    spread = max(turned - low, high - turned) + 10.0
    if face and abs(side) > _DEADBAND / 2:
        azimuth, error = math.copysign(turned, side), spread
    elif min(turned, 180 - turned) < 40:
        # All but frontal, or from behind: the side hardly matters, and the middle holds both.
        azimuth, error = (0.0 if turned < 90 else 180.0), max(min(turned, 180 - turned), spread)
    else:
        return Facing("unknown")
    return Facing("found", _wrapped(azimuth + _off_axis(float(middle[0]), intrinsics)), min(180.0, error))


def from_points(
    back: tuple[float, float],
    front: tuple[float, float],
    intrinsics: Intrinsics,
    camera: Camera | None = None,
    depths: tuple[float, float] | None = None,
    pixel_error: float = 3.0,
) -> Facing:
    """Which way leads from one marked point to another, level.

    With depths, both points are places in space. Without, they are taken to lie at one height below the camera, as on a
    floor or a table top: then both must appear below the horizon.

    Args:
        back: (x, y) in continuous pixels, at the thing's back.
        front: At its front.
        intrinsics: The camera's.
        camera: The same with its pose in a world with z up, where that is known; else the camera is taken for level.
        depths: z-depths of both points.
        pixel_error: How far the points may be off.
    """
    pose = np.eye(4) if camera is None else camera.pose
    if camera is None:
        pose = np.eye(4)
        pose[:3, :3] = camera_rotation(0.0)
    axes = levelled(pose)

    def azimuth(shift: Sequence[float], tilt: float, focal: float, stretch: float) -> float | None:
        lens = intrinsics.with_focal_scaled(focal)
        pixels = np.array([back, front], dtype=np.float64) + np.reshape(shift, (2, 2))
        scale = np.array([1.0, 1.0]) if depths is None else np.array(depths) * (1.0, stretch)
        rays = lens.unproject(pixels, scale) @ _tilted(pose, tilt).T
        if depths is None:
            below = -rays[:, 2]
            if (below <= 1e-3 * np.linalg.norm(rays, axis=1)).any():
                return None
            rays = rays / below[:, None]
        way = (rays[1] - rays[0]) @ axes
        if math.hypot(way[0], way[1]) < 1e-9:
            return None
        return math.degrees(math.atan2(way[0], way[1]))

    found = azimuth((0, 0, 0, 0), 0.0, 1.0, 1.0)
    if found is None or math.dist(back, front) < 2 * pixel_error:
        return Facing("unknown")
    tilt = _PITCH if camera is None and depths is None else 2.0
    off = pixel_error
    tries = [
        azimuth(s, 0.0, 1.0, 1.0) for s in ((off, 0, -off, 0), (-off, 0, off, 0), (0, off, 0, -off), (0, -off, 0, off))
    ]
    tries += [azimuth((0, 0, 0, 0), t, 1.0, 1.0) for t in (-tilt, tilt)]
    tries += [azimuth((0, 0, 0, 0), 0.0, f, 1.0) for f in (intrinsics.focal_factor, 1 / intrinsics.focal_factor)]
    if depths is not None:
        tries += [azimuth((0, 0, 0, 0), 0.0, 1.0, s) for s in (0.97, 1.03)]
    offs = [180.0 if t is None else abs(difference(t, found)) for t in tries]
    # Pixels, tilt and lens are independent: their squares add up.
    groups = [max(offs[:4]), max(offs[4:6]), max(offs[6:8]), *([max(offs[8:])] if depths is not None else [])]
    error = math.sqrt(sum(g * g for g in groups)) + 3.0
    return Facing("found", found, error) if error < 90 else Facing("unknown")


def from_votes(votes: Sequence[str], line_of_sight: float = 0.0) -> Facing:
    """What several answers of a model come to.

    Args:
        votes: Keys of `OPTIONS`, `SYMMETRIC` or `UNKNOWN`.
        line_of_sight: Degrees that the thing stands to the right of the camera's forward.

    Returns:
        `symmetric` or `unknown` where more than half say so, or where the answers point in all directions; else the
        mean direction, with an error that grows with the spread.
    """
    tally = Counter(votes)
    if tally[SYMMETRIC] * 2 > len(votes):
        return Facing("symmetric")
    told = [OPTIONS[vote] for vote in votes if vote in OPTIONS]
    if len(told) * 2 <= len(votes):
        return Facing("unknown")
    vector = np.mean([(math.cos(math.radians(a)), math.sin(math.radians(a))) for a in told], axis=0)
    length = float(np.hypot(*vector))
    if length < 0.6:
        return Facing("unknown")
    mean = math.degrees(math.atan2(vector[1], vector[0]))
    widest = max(abs(difference(a, mean)) for a in told)
    return Facing("found", _wrapped(mean + line_of_sight), min(180.0, max(_VOTE_ERROR, widest + _VOTE_ERROR / 2)))


def line_of_sight(x: float, y: float, intrinsics: Intrinsics) -> float:
    """Degrees that a pixel's ray points to the right of the camera's forward; a level camera."""
    ray = intrinsics.unproject([x, y])
    return math.degrees(math.atan2(float(ray[0]), float(ray[2])))


def in_words(facing: Facing) -> str:
    """A direction in the camera's level frame, in words with its degrees."""
    if facing.verdict == "symmetric":
        return "symmetric: it has no front"
    if facing.verdict == "unknown":
        return "unknown"
    azimuth = _wrapped(facing.azimuth)
    nearest = min(OPTIONS, key=lambda name: abs(difference(OPTIONS[name], azimuth)))
    return f"{azimuth:+.0f} +- {facing.error:.0f} degrees ({nearest})"


_JOINTS = {
    "nose": 0, "left eye": 1, "right eye": 2, "left shoulder": 5, "right shoulder": 6, "left hip": 11, "right hip": 12,
}  # fmt: skip


def _acos(value: float) -> float:
    return math.degrees(math.acos(min(1.0, max(-1.0, value))))


def _off_axis(x: float, intrinsics: Intrinsics) -> float:
    return line_of_sight(x, intrinsics.cy, intrinsics)


def _wrapped(degrees: float) -> float:
    """From -180 (not reached) to 180."""
    return difference(degrees, 0.0)


def _tilted(pose: Floats, degrees: float) -> Floats:
    """A camera's rotation, pitched by some degrees more."""
    return turn(pose, pitch=degrees)[:3, :3]
