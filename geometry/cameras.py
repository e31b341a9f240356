"""Pinhole cameras: where a point of the world appears in a picture, and which ray a pixel looks along.

Conventions, as everywhere in Sightline: pictures are continuous, origin at the top-left corner, the first pixel's
centre at (0.5, 0.5); a camera looks along +z with x to the right and y down (OpenCV's); a pose is camera-to-world,
(4, 4) float64. Depth is z-depth, the coordinate along the optical axis; range is the distance along the ray.

The focal length is the number everything else hangs on, so it says where it comes from and how wrong it may be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Size = tuple[int, int]

FocalSource = Literal["known", "exif", "stated", "estimated", "guess"]
"""Where a focal length comes from: a calibration (or a renderer), EXIF, a field of view that a person stated, a fit to
the pictures, or a guess."""

GUESSED_FOCAL = 0.85
"""Focal length over the longer side where nothing is known: between a phone's 26 mm (0.72) and a 35 mm lens (1.0)."""
GUESS_FACTOR = 1.75
"""A guess may be wrong by this factor either way: from a 90 degree action camera to a short telephoto lens."""
FOCAL_FACTORS: dict[FocalSource, float] = {
    "known": 1.0,
    "exif": 1.05,
    "stated": 1.03,
    "estimated": 1.1,
    "guess": GUESS_FACTOR,
}
"""How far a focal length from each source may be off, as a factor either way; EXIF rounds the 35 mm equivalent to whole
millimetres and ignores the crop of video modes and stabilisation."""

_UNDISTORT_STEPS = 30
_DIAGONAL_35MM = math.hypot(36.0, 24.0)


@dataclass(frozen=True)
class Intrinsics:
    """A camera's inner geometry.

    Attributes:
        width: Width of the picture in pixels.
        height: Height of the picture in pixels.
        fx: Focal length in pixels along x.
        fy: Focal length in pixels along y.
        cx: Principal point, x in continuous pixels.
        cy: Principal point, y in continuous pixels.
        distortion: Brown-Conrady coefficients (k1, k2, p1, p2, k3), as OpenCV's; empty for none.
        source: Where the focal length comes from.
        focal_factor: The true focal length lies between fx / factor and fx * factor.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distortion: tuple[float, ...] = ()
    source: FocalSource = "known"
    focal_factor: float = 1.0

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture has positive sides, not {self.width}x{self.height}")
        if not (math.isfinite(self.fx) and math.isfinite(self.fy) and self.fx > 0 and self.fy > 0):
            raise ValueError(f"focal lengths are positive, not {self.fx} and {self.fy}")
        if not (math.isfinite(self.cx) and math.isfinite(self.cy)):
            raise ValueError(f"the principal point is finite, not ({self.cx}, {self.cy})")
        if len(self.distortion) not in (0, 5):
            raise ValueError(f"distortion has 5 coefficients (k1, k2, p1, p2, k3) or none, not {self.distortion}")
        if self.focal_factor < 1:
            raise ValueError(f"the factor by which a focal length may be off is at least 1, not {self.focal_factor}")

    # Making one

    @classmethod
    def from_focal(cls, size: Size, focal: float, source: FocalSource = "known") -> Self:
        """Square pixels, principal point in the middle.

        Args:
            size: (width, height) in pixels.
            focal: Focal length in pixels.
            source: Where it comes from.
        """
        width, height = size
        return cls(width, height, focal, focal, width / 2, height / 2, (), source, FOCAL_FACTORS[source])

    @classmethod
    def from_field_of_view(cls, size: Size, degrees: float, source: FocalSource = "stated") -> Self:
        """From the horizontal field of view: focal = width / (2 tan(degrees / 2)).

        Raises:
            ValueError: It is not between 0 and 180 degrees.
        """
        if not 0 < degrees < 180:
            raise ValueError(f"a field of view lies between 0 and 180 degrees, not {degrees:g}")
        return cls.from_focal(size, size[0] / (2 * math.tan(math.radians(degrees) / 2)), source)

    @classmethod
    def from_35mm(cls, size: Size, millimetres: float) -> Self:
        """From EXIF's 35 mm equivalent, which is defined by the diagonal (CIPA DCG-001)."""
        return cls.from_focal(size, millimetres / _DIAGONAL_35MM * math.hypot(*size), "exif")

    @classmethod
    def guess(cls, size: Size) -> Self:
        """Where nothing is known: `GUESSED_FOCAL` times the longer side."""
        return cls.from_focal(size, GUESSED_FOCAL * max(size), "guess")

    # Reading it

    @property
    def size(self) -> Size:
        """(width, height) in pixels."""
        return self.width, self.height

    @property
    def matrix(self) -> Floats:
        """The (3, 3) calibration matrix K."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], dtype=np.float64)

    @property
    def horizontal_fov(self) -> float:
        """Horizontal field of view in degrees, lens distortion left out."""
        left, right = math.atan(self.cx / self.fx), math.atan((self.width - self.cx) / self.fx)
        return math.degrees(left + right)

    @property
    def vertical_fov(self) -> float:
        """Vertical field of view in degrees, lens distortion left out."""
        above, below = math.atan(self.cy / self.fy), math.atan((self.height - self.cy) / self.fy)
        return math.degrees(above + below)

    def describe(self) -> str:
        """In words: `horizontal field of view 62 degrees (from EXIF, 59 to 65)`."""
        low, high = (self.with_focal_scaled(s).horizontal_fov for s in (self.focal_factor, 1 / self.focal_factor))
        where = {
            "known": "calibrated",
            "exif": "from EXIF",
            "stated": "as stated",
            "estimated": "estimated from the pictures",
            "guess": "a guess",
        }[self.source]
        spread = "" if self.focal_factor == 1 else f", {low:.0f} to {high:.0f}"
        lens = "" if not self.distortion else ", lens distortion corrected"
        return f"horizontal field of view {self.horizontal_fov:.0f} degrees ({where}{spread}{lens})"

    # Changing it

    def with_focal_scaled(self, factor: float) -> Self:
        """The same with both focal lengths multiplied."""
        return replace(self, fx=self.fx * factor, fy=self.fy * factor)

    def resized(self, size: Size) -> Self:
        """For the same picture at another size: in continuous pixels a pure scale."""
        sx, sy = size[0] / self.width, size[1] / self.height
        return replace(
            self,
            width=size[0],
            height=size[1],
            fx=self.fx * sx,
            fy=self.fy * sy,
            cx=self.cx * sx,
            cy=self.cy * sy,
        )

    def cropped(self, box: tuple[int, int, int, int]) -> Self:
        """For the part (x0, y0, x1, y1) of the picture, in whole pixels."""
        x0, y0, x1, y1 = box
        return replace(self, width=x1 - x0, height=y1 - y0, cx=self.cx - x0, cy=self.cy - y0)

    # Points

    def project(self, points: ArrayLike) -> Floats:
        """Where points in the camera's frame appear.

        Args:
            points: (..., 3); those with z <= 0 are behind the camera and give NaN.

        Returns:
            (..., 2) continuous pixels.
        """
        p = np.asarray(points, dtype=np.float64)
        z = np.where(p[..., 2] > 0, p[..., 2], np.nan)
        normalized = p[..., :2] / z[..., None]
        if self.distortion:
            normalized = _distort(normalized, self.distortion)
        return normalized * (self.fx, self.fy) + (self.cx, self.cy)

    def unproject(self, pixels: ArrayLike, depth: ArrayLike = 1.0) -> Floats:
        """Points in the camera's frame at these pixels and z-depths.

        Args:
            pixels: (..., 2) continuous pixels.
            depth: z-depth, broadcast to (...); 1 gives the point of the ray on the plane z = 1.

        Returns:
            (..., 3).
        """
        normalized = (np.asarray(pixels, dtype=np.float64) - (self.cx, self.cy)) / (self.fx, self.fy)
        if self.distortion:
            normalized = _undistort(normalized, self.distortion)
        z = np.broadcast_to(np.asarray(depth, dtype=np.float64), normalized.shape[:-1])
        return np.concatenate([normalized * z[..., None], z[..., None]], axis=-1)

    def pixel_grid(self) -> Floats:
        """The centres of all pixels, (height, width, 2)."""
        x, y = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        return np.stack([x, y], axis=-1)

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return {
            "width": self.width,
            "height": self.height,
            "fx": self.fx,
            "fy": self.fy,
            "cx": self.cx,
            "cy": self.cy,
            "distortion": list(self.distortion),
            "source": self.source,
            "focal_factor": self.focal_factor,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` wrote.

        Raises:
            ValueError: The source is none of `FocalSource`, or a number cannot be.
        """
        if data["source"] not in get_args(FocalSource):
            raise ValueError(f"a focal length's source is one of {get_args(FocalSource)}, not {data['source']!r}")
        return cls(**{**data, "distortion": tuple(data["distortion"])})


@dataclass(frozen=True)
class Camera:
    """A camera somewhere in a world.

    Attributes:
        intrinsics: Its inner geometry.
        pose: Camera-to-world, (4, 4) float64: columns are the camera's right, down and forward, and its position.
    """

    intrinsics: Intrinsics
    pose: Floats = field(default_factory=lambda: np.eye(4))

    def __post_init__(self) -> None:
        pose = np.array(self.pose, dtype=np.float64)
        if pose.shape != (4, 4) or not np.isfinite(pose).all():
            raise ValueError(f"a pose is a finite (4, 4) matrix, not {pose.tolist()}")
        if np.abs(pose[:3, :3] @ pose[:3, :3].T - np.eye(3)).max() > 1e-6 or np.linalg.det(pose[:3, :3]) < 0:
            raise ValueError("a pose's rotation is orthonormal and right-handed; this one is not")
        pose.setflags(write=False)
        object.__setattr__(self, "pose", pose)

    @property
    def rotation(self) -> Floats:
        """Camera-to-world rotation, (3, 3)."""
        return self.pose[:3, :3]

    @property
    def position(self) -> Floats:
        """Where it is in the world, (3,)."""
        return self.pose[:3, 3]

    @property
    def right(self) -> Floats:
        """Its x axis in the world, (3,)."""
        return self.pose[:3, 0]

    @property
    def down(self) -> Floats:
        """Its y axis in the world, (3,)."""
        return self.pose[:3, 1]

    @property
    def forward(self) -> Floats:
        """Its z axis in the world, the way it looks, (3,)."""
        return self.pose[:3, 2]

    @property
    def world_to_camera(self) -> Floats:
        """The inverse of the pose, (4, 4)."""
        out = np.eye(4)
        out[:3, :3] = self.rotation.T
        out[:3, 3] = -self.rotation.T @ self.position
        return out

    def with_pose(self, pose: ArrayLike) -> Camera:
        """The same camera elsewhere."""
        return Camera(self.intrinsics, np.asarray(pose, dtype=np.float64))

    def to_camera(self, points: ArrayLike) -> Floats:
        """World points (..., 3) in the camera's frame, (..., 3)."""
        return (np.asarray(points, dtype=np.float64) - self.position) @ self.rotation

    def to_world(self, points: ArrayLike) -> Floats:
        """Points (..., 3) of the camera's frame in the world, (..., 3)."""
        return np.asarray(points, dtype=np.float64) @ self.rotation.T + self.position

    def project(self, points: ArrayLike) -> tuple[Floats, Floats]:
        """Where world points appear.

        Args:
            points: (..., 3) in the world.

        Returns:
            (..., 2) continuous pixels, NaN behind the camera, and the (...) z-depths.
        """
        local = self.to_camera(points)
        return self.intrinsics.project(local), local[..., 2]

    def unproject(self, pixels: ArrayLike, depth: ArrayLike) -> Floats:
        """World points (..., 3) at these (..., 2) pixels and (...) z-depths."""
        return self.to_world(self.intrinsics.unproject(pixels, depth))

    def rays(self, pixels: ArrayLike) -> Floats:
        """Unit directions (..., 3) in the world in which these (..., 2) pixels look; they start at `position`."""
        local = self.intrinsics.unproject(pixels)
        unit: Floats = local / np.linalg.norm(local, axis=-1, keepdims=True)
        return unit @ self.rotation.T

    def sees(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Which world points (..., 3) fall into the picture; what may hide them is not asked."""
        pixels, depth = self.project(points)
        with np.errstate(invalid="ignore"):
            inside = (pixels >= 0).all(axis=-1) & (pixels <= self.intrinsics.size).all(axis=-1)
        return np.asarray(inside & (depth > 0))

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return {"intrinsics": self.intrinsics.to_json(), "pose": self.pose.tolist()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(Intrinsics.from_json(data["intrinsics"]), np.asarray(data["pose"], dtype=np.float64))


def range_from_depth(depth: ArrayLike, intrinsics: Intrinsics) -> Floats:
    """Distance along each pixel's ray from its z-depth; both (height, width)."""
    rays = intrinsics.unproject(intrinsics.pixel_grid())
    lengths: Floats = np.linalg.norm(rays, axis=-1)
    return np.asarray(depth, dtype=np.float64) * lengths


def depth_from_range(distance: ArrayLike, intrinsics: Intrinsics) -> Floats:
    """z-depth of each pixel from the distance along its ray; both (height, width)."""
    rays = intrinsics.unproject(intrinsics.pixel_grid())
    lengths: Floats = np.linalg.norm(rays, axis=-1)
    return np.asarray(distance, dtype=np.float64) / lengths


def _distort(normalized: Floats, k: tuple[float, ...]) -> Floats:
    """Brown-Conrady, as documented for OpenCV's `projectPoints`; points on the plane z = 1, (..., 2)."""
    k1, k2, p1, p2, k3 = k
    x, y = normalized[..., 0], normalized[..., 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    dx = 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    dy = p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    return np.stack([x * radial + dx, y * radial + dy], axis=-1)


def _undistort(distorted: Floats, k: tuple[float, ...]) -> Floats:
    """The inverse of `_distort` by Newton's steps; exact wherever the lens model does not fold over.

    Plain fixed-point steps diverge for strong pincushion lenses and crawl for strong barrel ones.
    """
    k1, k2, p1, p2, k3 = k
    out = distorted.copy()
    for _ in range(_UNDISTORT_STEPS):
        x, y = out[..., 0], out[..., 1]
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        slope = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3))  # of radial, along x it is slope * x
        xx = radial + slope * x * x + 2 * p1 * y + 6 * p2 * x
        xy = slope * x * y + 2 * p1 * x + 2 * p2 * y
        yy = radial + slope * y * y + 6 * p1 * y + 2 * p2 * x
        off = distorted - _distort(out, k)
        # Where the model folds over there is no answer; a floor and a cap keep those pixels finite.
        determinant = np.maximum(xx * yy - xy * xy, 1e-3)
        step = np.stack([yy * off[..., 0] - xy * off[..., 1], xx * off[..., 1] - xy * off[..., 0]], axis=-1)
        step = np.clip(step / determinant[..., None], -0.5, 0.5)
        out = out + step
        if np.abs(step).max(initial=0) < 1e-12:
            break
    return out
