"""Poses: turning and orbiting a camera, looking at something, and the words for it.

The world has z up. Bearings are degrees clockwise from +y as seen from above. Turning and orbiting follow one rule
each, stated at `turn` and `orbit`; every sign is tested against pictures.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

UP = np.array([0.0, 0.0, 1.0])
"""The world's up."""
_VERTICAL = 1e-6
"""Length of a unit vector's horizontal part below which it is vertical."""


def rotation_x(degrees: float) -> Floats:
    """(3, 3) rotation about x, right-handed."""
    c, s = _cos_sin(degrees)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]], dtype=np.float64)


def rotation_z(degrees: float) -> Floats:
    """(3, 3) rotation about z, right-handed."""
    c, s = _cos_sin(degrees)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], dtype=np.float64)


def pose_from(rotation: ArrayLike, position: ArrayLike) -> Floats:
    """(4, 4) camera-to-world from its (3, 3) rotation and (3,) position."""
    pose = np.eye(4)
    pose[:3, :3] = rotation
    pose[:3, 3] = position
    return pose


def inverse(pose: ArrayLike) -> Floats:
    """The inverse (4, 4) of a rigid transform."""
    pose = np.asarray(pose, dtype=np.float64)
    return pose_from(pose[:3, :3].T, -pose[:3, :3].T @ pose[:3, 3])


def direction(bearing: float, elevation: float = 0.0) -> Floats:
    """Unit vector (3,) towards a bearing and an elevation, both in degrees."""
    (cb, sb), (ce, se) = _cos_sin(bearing), _cos_sin(elevation)
    return np.array([sb * ce, cb * ce, se])


def bearing_of(vector: ArrayLike) -> float:
    """Bearing of a vector (3,) in degrees, from 0 to 360 (not reached): 0 is +y, 90 is +x.

    Raises:
        ValueError: The vector is vertical, and has none.
    """
    x, y, z = np.asarray(vector, dtype=np.float64)
    if math.hypot(x, y) <= _VERTICAL * math.sqrt(x * x + y * y + z * z):
        raise ValueError("a vertical direction has no bearing")
    bearing = math.degrees(math.atan2(x, y)) % 360
    return 0.0 if bearing == 360 else bearing  # the remainder of a tiny negative angle is rounded to 360


def elevation_of(vector: ArrayLike) -> float:
    """Degrees of a vector (3,) above the horizontal, -90 to 90."""
    x, y, z = np.asarray(vector, dtype=np.float64)
    return math.degrees(math.atan2(z, math.hypot(x, y)))


def difference(a: float, b: float) -> float:
    """How far bearing `a` lies clockwise of `b`, in degrees from -180 (not reached) to 180."""
    turned = (a - b) % 360
    return turned - 360 if turned > 180 else turned


def camera_rotation(bearing: float, pitch: float = 0.0, roll: float = 0.0) -> Floats:
    """Camera-to-world rotation (3, 3) of a camera that looks towards `bearing`.

    Args:
        bearing: Degrees clockwise from +y, seen from above.
        pitch: Degrees above the horizontal; at 90 picture-up points away from the bearing, at -90 towards it.
        roll: Degrees; + tilts the head to the right.
    """
    level = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=np.float64)  # right +x, down -z, forward +y
    return rotation_z(-bearing) @ level @ rotation_x(pitch) @ rotation_z(roll)


def bearing_pitch_roll(pose: ArrayLike) -> tuple[float, float, float]:
    """What `camera_rotation` is given to look as this pose does, in degrees.

    Looking straight up or down, the bearing is that of picture-up (reversed when looking up) and roll is 0: the limit
    of a camera that pitches there.
    """
    pose = np.asarray(pose, dtype=np.float64)
    right, down, forward = pose[:3, 0], pose[:3, 1], pose[:3, 2]
    pitch = elevation_of(forward)
    if math.hypot(forward[0], forward[1]) <= _VERTICAL:
        return bearing_of(-down if forward[2] < 0 else down), 90.0 if forward[2] > 0 else -90.0, 0.0
    bearing = bearing_of(forward)
    level_right = direction(bearing + 90)
    level_down = np.cross(forward, level_right)
    roll = math.degrees(math.atan2(right @ level_down, right @ level_right))
    return bearing, pitch, roll


def turn(pose: ArrayLike, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Floats:
    """Turn a camera on the spot: R' = Rz(-yaw) R Rx(pitch) Rz(roll), R camera-to-world.

    Args:
        pose: Camera-to-world, (4, 4).
        yaw: Degrees about the world's up; + turns right.
        pitch: Degrees about the camera's x; + looks up.
        roll: Degrees about the camera's z; + tilts the head to the right.

    Returns:
        The new pose, (4, 4).
    """
    pose = np.asarray(pose, dtype=np.float64)
    return pose_from(rotation_z(-yaw) @ pose[:3, :3] @ rotation_x(pitch) @ rotation_z(roll), pose[:3, 3])


def move(pose: ArrayLike, right: float = 0.0, forward: float = 0.0, up: float = 0.0) -> Floats:
    """Move a camera without turning it, along its gravity-levelled axes.

    Args:
        pose: Camera-to-world, (4, 4).
        right: World units to its right, horizontally.
        forward: World units ahead, horizontally.
        up: World units along the world's up.

    Returns:
        The new pose, (4, 4).
    """
    pose = np.asarray(pose, dtype=np.float64)
    axes = levelled(pose)
    return pose_from(pose[:3, :3], pose[:3, 3] + axes @ np.array([right, forward, up]))


def levelled(pose: ArrayLike) -> Floats:
    """A camera's gravity-levelled axes: columns are horizontal right, horizontal forward and up, (3, 3)."""
    heading = bearing_pitch_roll(pose)[0]
    return np.stack([direction(heading + 90), direction(heading), UP], axis=1)


def look_at(eye: ArrayLike, target: ArrayLike, heading: float = 0.0) -> Floats:
    """Pose (4, 4) of a camera at `eye` that looks at `target` with its head level.

    Args:
        eye: (3,) position.
        target: (3,) point in the middle of the picture.
        heading: Bearing in degrees that serves where the target is straight above or below.

    Raises:
        ValueError: Eye and target are one point.
    """
    eye = np.asarray(eye, dtype=np.float64)
    way = np.asarray(target, dtype=np.float64) - eye
    length = float(np.linalg.norm(way))
    if length < 1e-12:
        raise ValueError("a camera cannot look at the point where it is")
    vertical = math.hypot(way[0], way[1]) <= _VERTICAL * length
    bearing = heading if vertical else bearing_of(way)
    return pose_from(camera_rotation(bearing, elevation_of(way)), eye)


def orbit_angles(pose: ArrayLike, centre: ArrayLike) -> tuple[float, float, float]:
    """Where a camera stands as seen from a centre.

    Returns:
        The bearing in degrees from the centre to the camera, its elevation in degrees, and the distance. A camera
        straight above or below the centre counts as having come from behind the way its picture-up points.
    """
    pose = np.asarray(pose, dtype=np.float64)
    offset = pose[:3, 3] - np.asarray(centre, dtype=np.float64)
    distance = float(np.linalg.norm(offset))
    if math.hypot(offset[0], offset[1]) <= _VERTICAL * max(distance, 1e-12):
        return (bearing_pitch_roll(pose)[0] + 180) % 360, math.copysign(90.0, offset[2]), distance
    return bearing_of(offset), elevation_of(offset), distance


def orbit(
    pose: ArrayLike, centre: ArrayLike, azimuth: float, elevation: float | None = None, distance: float | None = None
) -> Floats:
    """A camera on a sphere around a centre, looking at it.

    Args:
        pose: The anchor camera, (4, 4).
        centre: (3,) what it looks at and moves around.
        azimuth: Degrees from the anchor; + moves to the anchor camera's right.
        elevation: Degrees above the horizontal, -90 to 90, absolute; None keeps the anchor's.
        distance: From the centre in world units; None keeps the anchor's.

    Returns:
        The new pose, (4, 4). At an elevation of 90 or -90 picture-up is the limit of the approach.

    Raises:
        ValueError: The elevation is beyond -90 to 90, or the distance is not positive.
    """
    bearing, anchor_elevation, anchor_distance = orbit_angles(pose, centre)
    elevation = anchor_elevation if elevation is None else elevation
    distance = anchor_distance if distance is None else distance
    if not -90 <= elevation <= 90:
        raise ValueError(f"an elevation lies between -90 and 90 degrees, not {elevation:g}")
    if not distance > 0:
        raise ValueError(f"a camera orbits at a positive distance, not {distance:g}")
    # To the right of a camera that looks at the centre is counter-clockwise around the centre, seen from above.
    bearing -= azimuth
    eye = np.asarray(centre, dtype=np.float64) + distance * direction(bearing, elevation)
    return pose_from(camera_rotation(bearing + 180, -elevation), eye)


def level_world(pose: ArrayLike, up: ArrayLike) -> Floats:
    """The rigid transform into Sightline's world: origin at this camera, z up, +y its horizontal forward.

    Args:
        pose: The first camera, camera-to-world in the old world, (4, 4).
        up: Up in the old world, (3,), of any length.

    Returns:
        (4, 4), old world to new world. A camera that looks straight up or down has picture-up for its forward, reversed
        when it looks up.
    """
    pose = np.asarray(pose, dtype=np.float64)
    z = np.asarray(up, dtype=np.float64) / np.linalg.norm(up)
    ahead = pose[:3, 2]
    if np.linalg.norm(ahead - (ahead @ z) * z) <= _VERTICAL:
        ahead = -pose[:3, 1] if ahead @ z < 0 else pose[:3, 1]
    y = ahead - (ahead @ z) * z
    y /= np.linalg.norm(y)
    rotation = np.stack([np.cross(y, z), y, z])
    return pose_from(rotation, -rotation @ pose[:3, 3])


def camera_up(pose: ArrayLike) -> Floats:
    """Picture-up of a camera in its world, (3,): what `level_world` is given where gravity is not known."""
    return -np.asarray(pose, dtype=np.float64)[:3, 1]


def rotation_angle(rotation: ArrayLike) -> float:
    """Degrees by which a (3, 3) rotation turns, 0 to 180; exact near both ends."""
    r = np.asarray(rotation, dtype=np.float64)
    axis = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    return math.degrees(math.atan2(float(np.linalg.norm(axis)), float(np.trace(r)) - 1))


def _cos_sin(degrees: float) -> tuple[float, float]:
    """Exact at multiples of 90 degrees, so that a quarter turn leaves no dust in a pose."""
    quarter, rest = divmod(degrees, 90)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
