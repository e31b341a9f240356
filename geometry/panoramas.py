"""Equirectangular panoramas: between their pixels, directions on the sphere, and ordinary perspective views of them.

A panorama shows the whole sphere: 360 degrees across and 180 degrees down, so it is twice as wide as high. Yaw 0 is its
centre column and grows to the right; pitch 0 is its middle row and grows upwards. In its world z is up and +y is yaw
0, so that a yaw is the bearing of `sightline.geometry.poses`. The left and the right edge are one line (the seam), the
top and the bottom edge are one point each (the poles).

Source of the map: the equirectangular (plate carree) projection with the equator as standard parallel, in continuous
pixels: yaw = (u / W - 1/2) * 360 and pitch = (1/2 - v / H) * 180.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.cameras import Floats, Intrinsics, Size
from sightline.geometry.poses import camera_rotation, rotation_z

Face = Literal["front", "right", "back", "left", "up", "down"]

FACES: dict[Face, tuple[float, float]] = {
    "front": (0.0, 0.0),
    "right": (90.0, 0.0),
    "back": (180.0, 0.0),
    "left": (-90.0, 0.0),
    "up": (0.0, 90.0),
    "down": (0.0, -90.0),
}
"""Yaw and pitch of the six views of a cube map. The lower edge of `up` and the upper edge of `down` join `front`."""

WIDEST, NARROWEST = 170.0, 0.5
"""Fields of view of a perspective view, in degrees; beyond the widest, the edges are stretched beyond use."""
RATIO_TOLERANCE = 0.01
"""How far a panorama's width may be from twice its height, as a part of it."""

_STRIDE = 1.5
"""Samples may lie this many source pixels apart: bilinear look-ups then still touch every pixel."""
_MOST_SAMPLES = 4
"""Samples along each side of a pixel of the view, at most."""
_STRIP = 1 << 19
"""Samples computed at once: bounds the memory whatever the size of the view."""


def check_size(size: Size) -> None:
    """Raises ValueError unless a picture of this (width, height) can be a whole panorama."""
    width, height = size
    if width < 2 or height < 1 or abs(width / height / 2 - 1) > RATIO_TOLERANCE:
        raise ValueError(f"a whole equirectangular panorama is twice as wide as high; this one is {width}x{height}")


# Angles and directions


def wrap_yaw(yaw: ArrayLike) -> Floats:
    """Yaws in degrees, any shape, brought to -180 (reached: straight behind) up to 180 (not reached)."""
    wrapped = np.mod(np.asarray(yaw, dtype=np.float64) + 180.0, 360.0) - 180.0
    return np.where(wrapped >= 180.0, -180.0, wrapped)


def directions(angles: ArrayLike) -> Floats:
    """Unit vectors (..., 3) in the panorama's world towards (..., 2) yaws and pitches in degrees."""
    yaw, pitch = np.moveaxis(np.radians(np.asarray(angles, dtype=np.float64)), -1, 0)
    level = np.cos(pitch)
    return np.stack([np.sin(yaw) * level, np.cos(yaw) * level, np.sin(pitch)], axis=-1)


def angles_of(vectors: ArrayLike) -> Floats:
    """Yaws in -180 to 180 and pitches in -90 to 90, (..., 2) degrees, of (..., 3) vectors of any length.

    Straight up and straight down, where every yaw is right, it is 0.
    """
    x, y, z = np.moveaxis(np.asarray(vectors, dtype=np.float64), -1, 0)
    yaw = wrap_yaw(np.degrees(np.arctan2(x, y)))
    return np.stack([yaw, np.degrees(np.arctan2(z, np.hypot(x, y)))], axis=-1)


def angular_distance(a: ArrayLike, b: ArrayLike) -> Floats:
    """Degrees on the sphere, 0 to 180, between (..., 2) yaws and pitches in degrees; exact at both ends."""
    p, q = directions(a), directions(b)
    apart: Floats = np.degrees(np.arctan2(np.linalg.norm(np.cross(p, q), axis=-1), (p * q).sum(axis=-1)))
    return apart


def pixels_to_angles(pixels: ArrayLike, size: Size) -> Floats:
    """Yaws in -180 to 180 and pitches, (..., 2) degrees, of (..., 2) continuous pixels of a panorama.

    Args:
        pixels: (u, v); beyond the left or right edge they wrap around.
        size: (width, height) of the panorama.
    """
    u, v = np.moveaxis(np.asarray(pixels, dtype=np.float64), -1, 0)
    return np.stack([wrap_yaw((u / size[0] - 0.5) * 360.0), (0.5 - v / size[1]) * 180.0], axis=-1)


def angles_to_pixels(angles: ArrayLike, size: Size) -> Floats:
    """Continuous pixels (..., 2) of a panorama at (..., 2) yaws and pitches in degrees; 0 <= u < width.

    Args:
        angles: (yaw, pitch); any yaw is wrapped.
        size: (width, height) of the panorama.
    """
    yaw, pitch = np.moveaxis(np.asarray(angles, dtype=np.float64), -1, 0)
    return np.stack([(wrap_yaw(yaw) / 360.0 + 0.5) * size[0], (0.5 - pitch / 180.0) * size[1]], axis=-1)


# Views


@dataclass(frozen=True)
class PanoramaView:
    """An ordinary (pinhole) picture of a part of a panorama, and how its pixels lie on the sphere.

    Attributes:
        yaw: Degrees to the right of the panorama's centre column; any number.
        pitch: Degrees above the horizon, -90 to 90.
        field_of_view: Degrees from its left to its right edge, `NARROWEST` to `WIDEST`.
        size: (width, height) of the view in pixels.
        roll: Degrees by which the head tilts to the right.
    """

    yaw: float
    pitch: float
    field_of_view: float
    size: Size
    roll: float = 0.0

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.yaw, self.pitch, self.field_of_view, self.roll))):
            raise ValueError(f"a view's angles are finite, not {self}")
        if not -90 <= self.pitch <= 90:
            raise ValueError(f"a pitch lies between -90 (straight down) and 90 (straight up), not {self.pitch:g}")
        if not NARROWEST <= self.field_of_view <= WIDEST:
            raise ValueError(
                f"a field of view lies between {NARROWEST:g} and {WIDEST:g} degrees, not {self.field_of_view:g}"
            )
        if min(self.size) < 1:
            raise ValueError(f"a picture has positive sides, not {self.size}")

    @cached_property
    def intrinsics(self) -> Intrinsics:
        """The pinhole camera of the view."""
        return Intrinsics.from_field_of_view(self.size, self.field_of_view, "known")

    @property
    def rotation(self) -> Floats:
        """Camera-to-world rotation (3, 3) in the panorama's world."""
        return camera_rotation(self.yaw, self.pitch, self.roll)

    def to_angles(self, pixels: ArrayLike) -> Floats:
        """Yaws and pitches, (..., 2) degrees, at which (..., 2) continuous pixels of the view look."""
        return angles_of(self.intrinsics.unproject(pixels) @ self.rotation.T)

    def from_angles(self, angles: ArrayLike) -> Floats:
        """Continuous pixels (..., 2) of the view at (..., 2) yaws and pitches in degrees; NaN behind the viewer."""
        return self.intrinsics.project(directions(angles) @ self.rotation)

    def shows(self, angles: ArrayLike) -> NDArray[np.bool_]:
        """Which of these (..., 2) yaws and pitches fall into the view."""
        pixels = self.from_angles(angles)
        with np.errstate(invalid="ignore"):
            return np.asarray((pixels >= 0).all(axis=-1) & (pixels <= self.size).all(axis=-1))

    def outline(self, steps: int = 64) -> Floats:
        """Yaws and pitches around the edge of the view, (4 * steps, 2) degrees, clockwise from its top left corner."""
        return self.to_angles(box_outline((0.0, 0.0, float(self.size[0]), float(self.size[1])), steps))

    def turned(self, yaw: float = 0.0, pitch: float = 0.0) -> PanoramaView:
        """The view after turning the head: yaw + turns right, pitch + looks up and stops at the poles."""
        turned = float(wrap_yaw(self.yaw + yaw))
        return PanoramaView(turned, min(90.0, max(-90.0, self.pitch + pitch)), self.field_of_view, self.size, self.roll)

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return {
            "yaw": self.yaw,
            "pitch": self.pitch,
            "field_of_view": self.field_of_view,
            "size": list(self.size),
            "roll": self.roll,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        width, height = data["size"]
        return cls(data["yaw"], data["pitch"], data["field_of_view"], (int(width), int(height)), data["roll"])


def face_view(face: Face, side: int) -> PanoramaView:
    """One of the six views of a cube map, side x side pixels.

    Raises:
        ValueError: There is no such face.
    """
    if face not in FACES:
        raise ValueError(f"a cube map has the faces {', '.join(get_args(Face))}, not {face!r}")
    yaw, pitch = FACES[face]
    return PanoramaView(yaw, pitch, 90.0, (side, side))


def box_outline(box: tuple[float, float, float, float], steps: int = 64) -> Floats:
    """Points along a box's edges, (4 * steps, 2), clockwise as seen from its top left corner, which comes first."""
    x0, y0, x1, y1 = box
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64)
    along = (np.arange(steps) / steps)[:, None]
    sides = [a + (b - a) * along for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
    return np.concatenate(sides)


# Pictures


def look(
    panorama: NDArray[np.uint8],
    yaw: float,
    pitch: float,
    field_of_view: float,
    size: Size,
    roll: float = 0.0,
) -> NDArray[np.uint8]:
    """What one sees in a panorama when looking towards yaw and pitch; see `render` and `PanoramaView`."""
    return render(panorama, PanoramaView(yaw, pitch, field_of_view, size, roll))


def render(panorama: NDArray[np.uint8], view: PanoramaView) -> NDArray[np.uint8]:
    """The pixels of a view.

    Look-ups are bilinear. Where the view is coarser than the panorama, pixels are averaged over the area they stand
    for: the panorama is first reduced as far as the view's finest place (its edges) allows, and what is left is
    averaged over several look-ups a pixel. The seam and the poles are looked up across, as on the sphere. Only the part
    that is seen is touched, and memory is bounded by that part.

    Args:
        panorama: (H, W, 3) or (H, W) uint8, W = 2 H.
        view: Where to look.

    Returns:
        The view, (height, width, 3) or (height, width) uint8.

    Raises:
        ValueError: The panorama is not twice as wide as high.
    """
    height, width = panorama.shape[:2]
    check_size((width, height))
    focal, edge = view.intrinsics.fx, math.radians(view.field_of_view / 2)
    ratio = width / (2 * math.pi * focal)  # panorama pixels a pixel of the view, in its middle, where it is coarsest
    reduce = max(1, math.floor(ratio * math.cos(edge) ** 2), math.ceil(ratio / (_STRIDE * _MOST_SAMPLES)))
    samples = min(_MOST_SAMPLES, max(1, math.ceil(ratio / reduce / _STRIDE)))

    # Columns are counted from the one the view looks at, so that the seam is like any other place.
    centre = float(angles_to_pixels([view.yaw, 0.0], (width, height))[0])
    left, top, columns, rows = _seen(view, (width, height), reduce)
    first = math.floor(centre) + left
    source = _reduced(_window(panorama, first, top, columns, rows), reduce)

    out = np.empty((view.size[1], view.size[0], *panorama.shape[2:]), dtype=np.uint8)
    strip = max(1, _STRIP // (view.size[0] * samples * samples))
    for y0 in range(0, view.size[1], strip):
        y1 = min(view.size[1], y0 + strip)
        ahead, up = _look_up(view, (y0, y1), samples)
        u = (ahead * np.float32(width / (2 * math.pi)) + np.float32(centre - first)) / np.float32(reduce)
        v = (np.float32(height / 2 - top) - up * np.float32(height / math.pi)) / np.float32(reduce)
        out[y0:y1] = _sampled(source, u, v, samples)
    return out


def _seen(view: PanoramaView, size: Size, reduce: int) -> tuple[int, int, int, int]:
    """The part of the panorama a view needs: left (from the view's own column), top, columns and rows.

    Yaw and pitch have no extremes inside a view but at a pole, so its outline bounds them where it shows none. Columns
    and rows are whole multiples of `reduce`, with a margin for the look-ups' neighbours.
    """
    width, height = size
    outline = view.outline(max(16, max(view.size) // 4))
    ahead = wrap_yaw(outline[:, 0] - view.yaw) / 360.0 * width
    down = (0.5 - outline[:, 1] / 180.0) * height
    left, right, top, bottom = ahead.min(), ahead.max(), down.min(), down.max()
    for pole, edge in ((90.0, 0.0), (-90.0, float(height))):
        x, y = view.from_angles([0.0, pole])
        if -2 <= x <= view.size[0] + 2 and -2 <= y <= view.size[1] + 2:
            left, right, top, bottom = -width / 2, width / 2, min(top, edge), max(bottom, edge)
    margin = 2 * reduce + 2
    x0, y0 = math.floor(left) - margin, math.floor(top) - margin
    columns, rows = math.ceil(right) + margin - x0, math.ceil(bottom) + margin - y0
    return x0, y0, -(-columns // reduce) * reduce, -(-rows // reduce) * reduce


def _window(panorama: NDArray[np.uint8], left: int, top: int, columns: int, rows: int) -> NDArray[np.uint8]:
    """A part of the panorama; columns go on across the seam, rows across the poles, where they come down behind."""
    height, width = panorama.shape[:2]
    out = np.empty((rows, columns, *panorama.shape[2:]), dtype=np.uint8)
    row = 0
    while row < rows:
        at = (top + row) % (2 * height)  # the second half of this cycle is the far side, walked back up
        behind = at >= height
        count = min(rows - row, (2 * height if behind else height) - at)
        lines = panorama[2 * height - at - count : 2 * height - at][::-1] if behind else panorama[at : at + count]
        column = 0
        while column < columns:
            start = (left + column + (width // 2 if behind else 0)) % width
            number = min(columns - column, width - start)
            out[row : row + count, column : column + number] = lines[:, start : start + number]
            column += number
        row += count
    return out


def _reduced(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Averages over factor x factor pixels."""
    if factor == 1:
        return pixels
    import cv2

    size = (pixels.shape[1] // factor, pixels.shape[0] // factor)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _look_up(
    view: PanoramaView, rows: tuple[int, int], samples: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Yaw from the view's own and pitch, in radians, of every sample of some rows of the view."""
    camera = view.intrinsics
    right = ((np.arange(view.size[0] * samples) + 0.5) / samples - camera.cx) / camera.fx
    down = ((np.arange(rows[0] * samples, rows[1] * samples) + 0.5) / samples - camera.cy) / camera.fy
    heading = (rotation_z(view.yaw) @ view.rotation).astype(np.float32)  # the view as if its yaw were 0
    x, y, z = (
        axis[0] * right.astype(np.float32) + (axis[1] * down.astype(np.float32) + axis[2])[:, None] for axis in heading
    )
    return np.arctan2(x, y), np.arctan2(z, np.sqrt(x * x + y * y))


def _sampled(
    source: NDArray[np.uint8], u: NDArray[np.float32], v: NDArray[np.float32], samples: int
) -> NDArray[np.uint8]:
    """Bilinear look-ups at continuous pixels, averaged over samples x samples of them."""
    import cv2

    # OpenCV counts from the first pixel's centre.
    half = np.float32(0.5)
    found = cv2.remap(source, u - half, v - half, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _reduced(np.asarray(found, dtype=np.uint8), samples)
