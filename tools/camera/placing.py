"""Where virtual cameras stand: the geometry under the camera tools, on plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import (
    bearing_of,
    bearing_pitch_roll,
    direction,
    elevation_of,
    look_at,
    orbit,
    orbit_angles,
)
from sightline.geometry.reconstructions import Reconstruction
from sightline.geometry.splatting import splat
from sightline.tools.camera.facing import facing, normals_of
from sightline.tools.camera.rendering import DOT_SHARE, is_sparse, scene_size, with_dots

Floats = NDArray[np.float64]

EYE_HEIGHT = 1.6
"""Metres above the floor: the eyes of a standing adult."""
MARGIN = 0.08
"""Share of the picture's sides that `fitting` leaves free around what it shows."""
_PROBE = 160  # pixels: longer side of the pictures by which viewpoints are compared
_HIDDEN_BEHIND = 0.04  # share of its depth by which something nearer hides a point
_PROBE_POINTS = 300_000
_POINTS_A_BOX = 200
_CLOSE = 0.05  # share of the scene's size: an anchor nearer to the centre gives no distance to orbit at


@dataclass(frozen=True)
class Solid:
    """A box in the world that stands for an object.

    Attributes:
        name: What it is called in texts.
        centre: (3,).
        size: (3,) along its own axes.
        rotation: (3, 3), columns are its axes in the world.
    """

    name: str
    centre: Floats
    size: Floats
    rotation: Floats

    @property
    def corners(self) -> Floats:
        """(8, 3) in the world."""
        signs = np.array(np.meshgrid([-0.5, 0.5], [-0.5, 0.5], [-0.5, 0.5])).reshape(3, 8).T
        return self.centre + (signs * self.size) @ self.rotation.T

    @property
    def reach(self) -> float:
        """Half its diagonal."""
        return float(np.linalg.norm(self.size)) / 2

    def holds(self, points: NDArray[np.float32], grow: float = 0.0) -> NDArray[np.bool_]:
        """Which points (N, 3) lie in the box, made larger by `grow` on every side."""
        inside = np.ones(len(points), np.bool_)
        offset = points - self.centre.astype(np.float32)
        for axis in range(3):
            along = offset @ self.rotation[:, axis].astype(np.float32)
            inside &= np.abs(along) <= self.size[axis] / 2 + grow
        return inside


def floor_height(reconstruction: Reconstruction) -> float:
    """Height of the lowest points but for stray ones: of the floor, where one was seen."""
    if len(reconstruction.cloud) == 0:
        return 0.0
    return float(reconstruction.cloud.extent()[0][2])


def middle(reconstruction: Reconstruction) -> Floats:
    """The middle of the scene: of the box around the points but for stray ones."""
    low, high = reconstruction.cloud.extent()
    return (low + high) / 2


def orbiting(
    anchor: Camera, centre: Floats, azimuth: float, elevation: float | None, factor: float, size: float
) -> tuple[Floats, float, float]:
    """A pose on the sphere around a centre.

    Args:
        anchor: What azimuth counts from.
        centre: (3,).
        azimuth: Degrees; + moves to the anchor camera's right.
        elevation: Degrees above the horizontal, -90 to 90; None keeps the anchor's.
        factor: Times the anchor's distance.
        size: Of the scene: an anchor that is all but in the centre stands in for one half of this away.

    Returns:
        The pose (4, 4), the distance from the centre, and the elevation.

    Raises:
        ValueError: The elevation is beyond -90 to 90, or the factor is not positive.
    """
    _, own, distance = orbit_angles(anchor.pose, centre)
    base = anchor.pose
    if distance < _CLOSE * size:
        distance, own = size / 2, 0.0
        base = base.copy()
        level = direction(bearing_pitch_roll(anchor.pose)[0])
        base[:3, 3] = centre - distance * level  # as if it had stepped straight back
    elevation = own if elevation is None else elevation
    return orbit(base, centre, azimuth, elevation, distance * factor), distance * factor, elevation


def standing(a: Solid, b: Solid, height: float | None) -> Floats:
    """The pose (4, 4) of somebody who stands at A and faces B, the head level.

    Args:
        a: Where.
        b: What is faced: the middle of it.
        height: World height of the eyes; None for A's own middle.

    Raises:
        ValueError: The two are at one place.
    """
    eye = a.centre.copy()
    if height is not None:
        eye[2] = height
    if math.hypot(*(b.centre - eye)[:2]) < 1e-3 * max(a.reach, b.reach, 1e-9):
        raise ValueError(f"{a.name} and {b.name} stand at one place")
    return look_at(eye, b.centre)


def fitting(
    reconstruction: Reconstruction, solids: Sequence[Solid], intrinsics: Intrinsics
) -> tuple[Camera, list[float]]:
    """A camera that sees several objects, chosen among viewpoints near those of the pictures.

    From each picture's direction, at its own elevation and from higher up, the camera goes as near as the objects'
    boxes allow; the viewpoint wins from which the worst hidden object is hidden least, and most is covered.

    Args:
        reconstruction: What there is.
        solids: The objects.
        intrinsics: The lens.

    Returns:
        The camera, and the share of each object's points that it sees, 0 to 1.
    """
    corners = np.concatenate([solid.corners for solid in solids])
    centre = (corners.min(axis=0) + corners.max(axis=0)) / 2
    scale = _PROBE / max(intrinsics.size)
    probe_lens = intrinsics.resized((max(1, round(intrinsics.width * scale)), max(1, round(intrinsics.height * scale))))
    chosen = np.arange(0, len(reconstruction.cloud), max(1, len(reconstruction.cloud) // _PROBE_POINTS))
    cloud, normals = reconstruction.cloud.where(chosen), normals_of(reconstruction)[chosen]
    if is_sparse(reconstruction):
        cloud = with_dots(cloud, DOT_SHARE * scene_size(reconstruction))
    samples = [_sample(reconstruction.cloud, solid) for solid in solids]
    best: tuple[float, Camera, list[float]] | None = None
    for bearing, elevation in _viewpoints(reconstruction, centre):
        pose = as_near_as_fits(centre, bearing, elevation, corners, intrinsics)
        probe = Camera(probe_lens, pose)
        picture = splat(cloud.where(facing(cloud.points, normals, probe.position)), probe)
        shares = [_visible(sample, probe, picture.depth) for sample in samples]
        score = min(shares) + 0.3 * float(np.mean(shares)) + 0.3 * picture.coverage
        if best is None or score > best[0]:
            best = (score, Camera(intrinsics, pose), shares)
    assert best is not None, "a reconstruction has a camera, or the default viewpoint is used"
    return best[1], best[2]


def _viewpoints(reconstruction: Reconstruction, centre: Floats) -> list[tuple[float, float]]:
    """Bearings and elevations from the centre to where cameras could stand."""
    cameras = list(reconstruction.cameras.values())
    chosen = cameras[:: max(1, len(cameras) // 8)]
    out: list[tuple[float, float]] = []
    for camera in chosen:
        offset = camera.position - centre
        if math.hypot(offset[0], offset[1]) < 1e-6:
            continue
        bearing, elevation = bearing_of(offset), min(max(elevation_of(offset), 0.0), 60.0)
        out += [(bearing, elevation), (bearing, max(elevation, 30.0)), (bearing, 60.0)]
    return out or [(180.0, 30.0)]


def as_near_as_fits(centre: Floats, bearing: float, elevation: float, corners: Floats, lens: Intrinsics) -> Floats:
    """The pose nearest to the centre from which all corners lie inside the picture, by bisection."""

    def at(distance: float) -> Floats:
        return look_at(centre + distance * direction(bearing, elevation), centre, (bearing + 180) % 360)

    def fits(distance: float) -> bool:
        pixels, depth = Camera(lens, at(distance)).project(corners)
        room = np.array([MARGIN * lens.width, MARGIN * lens.height])
        with np.errstate(invalid="ignore"):
            return bool((depth > 0).all() and (pixels >= room).all() and (pixels <= lens.size - room).all())

    reach = max(float(np.linalg.norm(corners - centre, axis=1).max()), 1e-6)
    low, high = 0.0, reach
    while not fits(high) and high < reach * 1e4:
        low, high = high, high * 2
    for _ in range(20):
        half = (low + high) / 2
        low, high = (low, half) if fits(half) else (half, high)
    return at(high)


def _sample(cloud: PointCloud, solid: Solid) -> Floats:
    """Some of the points inside a box; its corners and centre where there are none."""
    inside = np.flatnonzero(solid.holds(cloud.points))
    if len(inside) == 0:
        return np.concatenate([solid.corners, solid.centre[None]])
    return cloud.points[inside[:: max(1, len(inside) // _POINTS_A_BOX)]].astype(np.float64)


def _visible(points: Floats, camera: Camera, depth: NDArray[np.float32]) -> float:
    """Share of points that nothing nearer hides in this depth picture.

    What faces away counts as hidden, so that a solid thing is never above about a half: shares are for comparing.
    """
    pixels, far = camera.project(points)
    inside = camera.sees(points)
    if not inside.any():
        return 0.0
    columns, rows = np.floor(pixels[inside]).astype(int).T
    height, width = depth.shape
    front = depth[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    with np.errstate(invalid="ignore"):
        shown = ~(front < far[inside] * (1 - _HIDDEN_BEHIND))
    return float(np.count_nonzero(shown) / len(points))
