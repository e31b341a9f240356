"""Measuring on a plane from one picture: a rectangle of known size gives the plane's scale and tilt.

A sheet of paper, a door or a floor tile, its four corners in the picture and its width and height fix the map between
picture and plane. Every other thing that lies in the same plane can then be measured, in the rectangle's unit, with
the error that the corners' accuracy leaves. With known intrinsics the camera's place follows too. Lens distortion
bends the map: undistort the corners first where it matters.

Plane coordinates: origin at the rectangle's top-left corner, x along its width, y along its height (down as seen when
one faces it upright), z away from the viewer, into the plane. Right-handed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.cameras import Intrinsics

Floats = NDArray[np.float64]

_STEP = 1e-3
"""Pixels by which a coordinate is moved to see what follows from it."""


@dataclass(frozen=True)
class PlaneLength:
    """A length or a coordinate on the plane.

    Attributes:
        value: In the rectangle's unit.
        error: Twice the standard deviation that the pixel errors of the corners and of the points lead to.
    """

    value: float
    error: float


@dataclass(frozen=True)
class PlanePose:
    """Where a camera stands relative to a rectangle.

    Attributes:
        pose: Camera-to-plane, (4, 4), in the rectangle's unit.
        reprojection: Root mean square distance in pixels of the corners from where this pose puts them.
        other: The mirror solution of a small or distant rectangle, where it explains the corners nearly as well and the
            tilt is so uncertain; None where there is none.
    """

    pose: Floats
    reprojection: float
    other: Floats | None = None


def check_corners(corners: ArrayLike) -> Floats:
    """The four corners (4, 2) of a rectangle in a picture, if they can be.

    Args:
        corners: Top-left, top-right, bottom-right, bottom-left of the thing itself, in continuous pixels.

    Raises:
        ValueError: Not four finite points, not convex, nearly on a line, or in the wrong order.
    """
    p = np.asarray(corners, dtype=np.float64)
    if p.shape != (4, 2) or not np.isfinite(p).all():
        raise ValueError(f"a rectangle has four corners (x, y), not an array of shape {p.shape}")
    edges = np.roll(p, -1, axis=0) - p
    after = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0]
    size = float(np.abs(edges).max())
    if (np.abs(turns) < 1e-4 * size * size).any():
        raise ValueError("three of the four corners lie on a line, or two coincide: no plane follows from them")
    if (turns > 0).all():
        return p
    if (turns < 0).all():
        raise ValueError(
            "the corners run counter-clockwise in the picture: give top-left, top-right, bottom-right, bottom-left"
        )
    raise ValueError("the corners are not those of a convex shape in order: give them in turn around the rectangle")


class PlaneRuler:
    """The map between a picture and a plane in which a rectangle of known size lies.

    Attributes:
        corners: (4, 2) the rectangle's corners in the picture.
        width: Its width.
        height: Its height, in the same unit.
        pixel_error: Standard deviation of a picked point, in pixels along each axis.
        to_plane_matrix: (3, 3) homography from continuous pixels to plane coordinates.
    """

    def __init__(self, corners: ArrayLike, width: float, height: float, pixel_error: float = 1.0) -> None:
        """Fit the map.

        Args:
            corners: (4, 2) top-left, top-right, bottom-right, bottom-left, in continuous pixels.
            width: Length of the side from top-left to top-right.
            height: Length of the side from top-right to bottom-right.
            pixel_error: Standard deviation of a picked point, in pixels along each axis.

        Raises:
            ValueError: The corners cannot be a rectangle's, a length is not positive, or the error is negative.
        """
        if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
            raise ValueError(f"a rectangle's width and height are positive, not {width} and {height}")
        if not (math.isfinite(pixel_error) and pixel_error >= 0):
            raise ValueError(f"the error of a picked point is not negative, not {pixel_error}")
        self.corners = check_corners(corners)
        self.width, self.height, self.pixel_error = float(width), float(height), float(pixel_error)
        self.to_plane_matrix = homography_from_four(self.corners, self._model())

    def to_plane(self, points: ArrayLike) -> Floats:
        """Plane coordinates (..., 2) of points (..., 2) of the picture.

        Raises:
            ValueError: A point lies on or beyond the plane's horizon: there the picture does not show the plane.
        """
        return _mapped(self.to_plane_matrix, points, self.corners)

    def to_picture(self, points: ArrayLike) -> Floats:
        """Where plane coordinates (..., 2) appear in the picture, (..., 2).

        Raises:
            ValueError: A point lies behind the camera.
        """
        return _mapped(np.asarray(np.linalg.inv(self.to_plane_matrix), dtype=np.float64), points, self._model())

    def distance(self, a: ArrayLike, b: ArrayLike) -> PlaneLength:
        """The distance on the plane between two points (2,) of the picture.

        The error is propagated to first order (R. Hartley and A. Zisserman, Multiple View Geometry, section 5.2) from
        independent errors of the four corners and of both points.

        Raises:
            ValueError: A point lies on or beyond the horizon.
        """
        picked = np.concatenate([self.corners, np.reshape(np.asarray([a, b], dtype=np.float64), (2, 2))])

        def length(pixels: Floats) -> float:
            matrix = homography_from_four(pixels[:4], self._model())
            p, q = _mapped(matrix, pixels[4:], pixels[:4])
            return float(np.linalg.norm(q - p))

        value = length(picked)
        slopes = np.zeros(picked.size)
        for k in range(picked.size):
            shift = np.zeros(picked.size)
            shift[k] = _STEP
            ahead, back = picked + shift.reshape(picked.shape), picked - shift.reshape(picked.shape)
            slopes[k] = (length(ahead) - length(back)) / (2 * _STEP)
        return PlaneLength(value, 2 * self.pixel_error * float(np.linalg.norm(slopes)))

    def camera_pose(self, intrinsics: Intrinsics) -> PlanePose:
        """Where the camera stands, from the corners and known intrinsics.

        Source: T. Collins and A. Bartoli, "Infinitesimal plane-based pose estimation" (IPPE), IJCV 2014, as in OpenCV;
        both of its solutions are looked at, and refined on the reprojection error.

        Args:
            intrinsics: Of the picture in which the corners are, its distortion included.
        """
        import cv2

        model = np.column_stack([self._model(), np.zeros(4)])
        lens = np.array(intrinsics.distortion or (0.0,) * 5)
        _, turns, shifts, _ = cv2.solvePnPGeneric(model, self.corners, intrinsics.matrix, lens, flags=cv2.SOLVEPNP_IPPE)
        found: list[tuple[float, Floats]] = []
        for turn, shift in zip(turns, shifts, strict=True):
            turn, shift = cv2.solvePnPRefineLM(model, self.corners, intrinsics.matrix, lens, turn, shift)
            rotation: Any = cv2.Rodrigues(turn)[0]
            pose = np.eye(4)
            pose[:3, :3], pose[:3, 3] = rotation.T, -rotation.T @ shift.ravel()
            seen = intrinsics.project((model @ rotation.T) + shift.ravel())
            away = float(np.sqrt(((seen - self.corners) ** 2).sum(axis=1).mean()))
            found.append((away if math.isfinite(away) else math.inf, pose))
        found.sort(key=lambda solution: solution[0])
        other = None
        if len(found) > 1 and found[1][0] <= found[0][0] + 2 * max(self.pixel_error, 1e-6):
            distinct = np.abs(found[1][1][:3, :3] - found[0][1][:3, :3]).max() > 1e-3
            other = found[1][1] if distinct else None
        return PlanePose(found[0][1], found[0][0], other)

    def _model(self) -> Floats:
        return np.array([[0.0, 0.0], [self.width, 0], [self.width, self.height], [0, self.height]])


def homography_from_four(source: ArrayLike, target: ArrayLike) -> Floats:
    """The (3, 3) homography that takes four points (4, 2) exactly to four others, the last element not fixed to 1.

    Source: the direct linear transform with normalised coordinates, Hartley and Zisserman, algorithm 4.2.
    """
    x, y = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    to_x, to_y = _normalising(x), _normalising(y)
    x, y = x * to_x[0, 0] + to_x[:2, 2], y * to_y[0, 0] + to_y[:2, 2]
    rows = []
    for (u, v), (a, b) in zip(x, y, strict=True):
        rows.append([u, v, 1, 0, 0, 0, -a * u, -a * v, -a])
        rows.append([0, 0, 0, u, v, 1, -b * u, -b * v, -b])
    matrix = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    matrix = np.linalg.inv(to_y) @ matrix @ to_x
    return np.asarray(matrix / np.linalg.norm(matrix), dtype=np.float64)


def _normalising(points: Floats) -> Floats:
    middle = points.mean(axis=0)
    scale = math.sqrt(2) / float(np.linalg.norm(points - middle, axis=1).mean())
    return np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])


def _mapped(matrix: Floats, points: ArrayLike, known: Floats) -> Floats:
    """Points through a homography; those on the other side of its horizon than the `known` ones are refused."""
    p = np.asarray(points, dtype=np.float64)
    depth = p @ matrix[2, :2] + matrix[2, 2]
    reference = known @ matrix[2, :2] + matrix[2, 2]
    if (depth * np.sign(reference[0]) <= 1e-9 * float(np.abs(reference).max())).any():
        raise ValueError("a point lies on or beyond the horizon of the plane: the plane is not seen there")
    return np.asarray((p @ matrix[:2, :2].T + matrix[:2, 2]) / depth[..., None], dtype=np.float64)
