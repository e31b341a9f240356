"""Cameras of the test world, with maths of their own: nothing here comes from `sightline.geometry`.

A camera stands at a position and looks towards a bearing (degrees clockwise from +y, from above), pitched up and with
its head tilted to the right. Its axes are right, down and forward; its pose is camera-to-world.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class CameraSpec:
    """A camera that can take a picture.

    Attributes:
        position: In the world, in metres.
        bearing: Where it looks, in degrees clockwise from +y.
        pitch: Degrees; + looks up.
        roll: Degrees; + tilts the head to the right, so the picture's content turns counter-clockwise.
        fov: Horizontal field of view of a pinhole camera without distortion, in degrees.
        kind: `pinhole`, or `panorama` (equirectangular; yaw 0, the centre column, is where it looks).
        distortion: Brown-Conrady (k1, k2, p1, p2, k3), or empty.
    """

    position: Vector
    bearing: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    fov: float = 70.0
    kind: Literal["pinhole", "panorama"] = "pinhole"
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind == "pinhole" and not 0 < self.fov < 180:
            raise ValueError(f"a pinhole camera's field of view lies between 0 and 180 degrees, not {self.fov:g}")
        if len(self.distortion) not in (0, 5):
            raise ValueError(f"distortion is (k1, k2, p1, p2, k3) or empty, not {self.distortion}")

    @property
    def axes(self) -> Floats:
        """(3, 3): columns are right, down and forward in the world."""
        b, p, r = (math.radians(v) for v in (self.bearing, self.pitch, self.roll))
        forward = np.array([math.sin(b) * math.cos(p), math.cos(b) * math.cos(p), math.sin(p)])
        level = np.array([math.cos(b), -math.sin(b), 0.0])
        above = np.cross(level, forward)
        # Tilting the head to the right lowers the right ear and sends the crown to the right.
        right = math.cos(r) * level - math.sin(r) * above
        crown = math.cos(r) * above + math.sin(r) * level
        return np.stack([right, -crown, forward], axis=1)

    @property
    def pose(self) -> Floats:
        """Camera-to-world, (4, 4)."""
        out = np.eye(4)
        out[:3, :3] = self.axes
        out[:3, 3] = self.position
        return out

    def focal(self, width: int) -> float:
        """Focal length in pixels of a picture of this width."""
        return width / 2 / math.tan(math.radians(self.fov) / 2)

    def reaches(self, size: tuple[int, int]) -> bool:
        """Whether the lens maps some direction to every point of a picture: a strong barrel's corners see nothing."""
        if not self.distortion:
            return True
        k1, k2, p1, p2, k3 = self.distortion
        corner = math.hypot(size[0], size[1]) / 2 / self.focal(size[0])
        radius = np.linspace(0, 20, 20001)
        bent = radius * (1 + k1 * radius**2 + k2 * radius**4 + k3 * radius**6)
        falls = np.flatnonzero(np.diff(bent) <= 0)
        last = falls[0] if len(falls) else len(bent) - 1
        return bool(bent[last] - 3 * (abs(p1) + abs(p2)) * radius[last] ** 2 > corner)

    def project(self, points: ArrayLike, size: tuple[int, int]) -> tuple[Floats, Floats]:
        """Where world points appear.

        Args:
            points: (..., 3) in metres.
            size: (width, height) of the picture.

        Returns:
            (..., 2) continuous pixels, NaN behind a pinhole camera; (...) z-depth, or range for a panorama.
        """
        width, height = size
        offset = np.asarray(points, dtype=np.float64) - np.asarray(self.position)
        right, down, ahead = (offset @ self.axes[:, j] for j in range(3))
        if self.kind == "panorama":
            distance = np.sqrt((offset**2).sum(axis=-1))
            u = (np.degrees(np.arctan2(right, ahead)) / 360 + 0.5) * width
            v = (0.5 - np.degrees(np.arcsin(np.clip(-down / distance, -1, 1))) / 180) * height
            return np.stack([u, v], axis=-1), distance
        seen = np.where(ahead > 0, ahead, np.nan)
        a, b = right / seen, down / seen
        if self.distortion:
            k1, k2, p1, p2, k3 = self.distortion
            q = a * a + b * b
            radial = 1 + k1 * q + k2 * q**2 + k3 * q**3
            a, b = (
                a * radial + 2 * p1 * a * b + p2 * (q + 2 * a * a),
                b * radial + p1 * (q + 2 * b * b) + 2 * p2 * a * b,
            )
        f = self.focal(width)
        return np.stack([f * a + width / 2, f * b + height / 2], axis=-1), ahead


def looking_at(eye: ArrayLike, target: ArrayLike, fov: float = 70.0, roll: float = 0.0) -> CameraSpec:
    """A camera at `eye` with `target` in the middle of its picture."""
    ex, ey, ez = (float(v) for v in np.asarray(eye, dtype=np.float64))
    x, y, z = (float(b) - a for a, b in zip((ex, ey, ez), np.asarray(target, dtype=np.float64), strict=True))
    pitch = math.degrees(math.atan2(z, math.hypot(x, y)))
    return CameraSpec((ex, ey, ez), math.degrees(math.atan2(x, y)) % 360, pitch, roll, fov)


def stereo_pair(left: CameraSpec, baseline: float = 0.12) -> tuple[CameraSpec, CameraSpec]:
    """The camera and a second one `baseline` metres along its right; both look the same way."""
    x, y, z = (float(v) for v in np.asarray(left.position) + baseline * left.axes[:, 0])
    return left, replace(left, position=(x, y, z))


def orbit_of(
    centre: ArrayLike, distance: float, count: int, *, start: float = 0.0, arc: float = 360.0, rise: float = 20.0,
    fov: float = 60.0,
) -> list[CameraSpec]:  # fmt: skip
    """Cameras on a circle that all look at a centre.

    Args:
        centre: (3,) in metres.
        distance: From the centre in metres.
        count: How many.
        start: Bearing in degrees from the centre to the first camera.
        arc: Degrees covered, counter-clockwise from above, which is to each camera's right.
        rise: Degrees above the horizontal.
        fov: Horizontal field of view in degrees.
    """
    step = arc / count if arc >= 360 else arc / max(count - 1, 1)
    out = []
    for k in range(count):
        b, e = math.radians(start - k * step), math.radians(rise)
        way = np.array([math.sin(b) * math.cos(e), math.cos(b) * math.cos(e), math.sin(e)])
        out.append(looking_at(np.asarray(centre) + distance * way, centre, fov))
    return out


def pan_of(camera: CameraSpec, degrees: float, count: int) -> list[CameraSpec]:
    """Cameras that turn on the spot, evenly from this one; + turns to the right.

    Args:
        camera: The first.
        degrees: From the first to the last.
        count: How many, 1 or more.
    """
    return [replace(camera, bearing=(camera.bearing + degrees * k / max(count - 1, 1)) % 360) for k in range(count)]
