"""How the coordinates of a derived picture map to those of the picture it was made from.

A crop, a zoom, a turn or a flip is a `PictureTransform`: a 3x3 homogeneous matrix that takes a point of the child (the
derived picture) to the point of the parent it shows, both in continuous pixels (origin at the top-left corner, the
first pixel's centre at (0.5, 0.5)). In this convention resizing is a pure scale and cropping a pure shift, so chains of
them compose without half-pixel terms. What is found in a picture can so be said of the one it came from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Size = tuple[int, int]
Box = tuple[float, float, float, float]

_RIGHT_ANGLES = {0: (1.0, 0.0), 1: (0.0, 1.0), 2: (-1.0, 0.0), 3: (0.0, -1.0)}


@dataclass(frozen=True)
class PictureTransform:
    """A map from a child picture's coordinates to its parent's.

    Attributes:
        matrix: The nine numbers of the 3x3 matrix (child to parent), row by row.
        parent_size: Width and height of the parent in pixels.
        child_size: Width and height of the child in pixels.
    """

    matrix: tuple[float, ...]
    parent_size: Size
    child_size: Size

    def __post_init__(self) -> None:
        if len(self.matrix) != 9 or not all(math.isfinite(v) for v in self.matrix):
            raise ValueError(f"a transform has nine finite numbers, not {self.matrix}")
        if min(*self.parent_size, *self.child_size) < 1:
            raise ValueError(f"pictures have positive sides, not {self.parent_size} and {self.child_size}")
        if abs(np.linalg.det(self.array)) < 1e-12:
            raise ValueError(f"a transform can be inverted, and {self.matrix} cannot")

    @property
    def array(self) -> NDArray[np.float64]:
        """The matrix, (3, 3) float64."""
        return np.array(self.matrix, dtype=np.float64).reshape(3, 3)

    # Making one

    @classmethod
    def _of(cls, array: NDArray[np.float64], parent_size: Size, child_size: Size) -> Self:
        return cls(tuple(float(v) for v in array.ravel()), parent_size, child_size)

    @classmethod
    def identity(cls, size: Size) -> Self:
        """A copy: every point maps to itself."""
        return cls._of(np.eye(3), size, size)

    @classmethod
    def crop(cls, parent_size: Size, box: Box, child_size: Size | None = None) -> Self:
        """The part of the parent inside `box`, enlarged or reduced to `child_size`.

        Args:
            parent_size: Width and height of the parent.
            box: (x0, y0, x1, y1) in the parent, x0 < x1 and y0 < y1.
            child_size: Width and height of the result; by default the box's own, which must then be whole.

        Raises:
            ValueError: The box has no area, or is not whole where it must be.
        """
        x0, y0, x1, y1 = (float(v) for v in box)
        if not (x0 < x1 and y0 < y1):
            raise ValueError(f"the box {box} has no area")
        if child_size is None:
            child_size = (round(x1 - x0), round(y1 - y0))
            if (x1 - x0, y1 - y0) != child_size:
                raise ValueError(f"the box {box} is not a whole number of pixels; give child_size")
        scale_x, scale_y = (x1 - x0) / child_size[0], (y1 - y0) / child_size[1]
        return cls._of(np.array([[scale_x, 0, x0], [0, scale_y, y0], [0, 0, 1.0]]), parent_size, child_size)

    @classmethod
    def scale(cls, parent_size: Size, child_size: Size) -> Self:
        """The whole parent at another size."""
        return cls.crop(parent_size, (0.0, 0.0, float(parent_size[0]), float(parent_size[1])), child_size)

    @classmethod
    def rotate(cls, parent_size: Size, degrees: float) -> Self:
        """The parent turned counter-clockwise about its centre, on a canvas that just holds it.

        Quarter turns are exact. Source: rotation about the centre in coordinates with y down, so that a positive angle
        is counter-clockwise as seen.
        """
        turns = degrees / 90.0
        if turns == round(turns):
            cosine, sine = _RIGHT_ANGLES[round(turns) % 4]
        else:
            cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        width, height = parent_size
        exact = (abs(width * cosine) + abs(height * sine), abs(width * sine) + abs(height * cosine))
        child_size = (max(1, math.ceil(exact[0] - 1e-9)), max(1, math.ceil(exact[1] - 1e-9)))
        # As seen counter-clockwise with y down: child = R (parent - centre) + centre', R = [[c, s], [-s, c]].
        back = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        to_centre = np.array([[1, 0, -child_size[0] / 2], [0, 1, -child_size[1] / 2], [0, 0, 1.0]])
        from_centre = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1.0]])
        return cls._of(from_centre @ back @ to_centre, parent_size, child_size)

    @classmethod
    def flip(cls, parent_size: Size, direction: Literal["horizontal", "vertical"]) -> Self:
        """The parent mirrored: left and right swapped (`horizontal`), or top and bottom (`vertical`)."""
        width, height = parent_size
        if direction == "horizontal":
            return cls._of(np.array([[-1.0, 0, width], [0, 1, 0], [0, 0, 1]]), parent_size, parent_size)
        return cls._of(np.array([[1.0, 0, 0], [0, -1, height], [0, 0, 1]]), parent_size, parent_size)

    @classmethod
    def place(cls, parent_size: Size, region: Box, child_size: Size) -> Self:
        """The whole parent shown inside `region` of a larger child, as in a picture of several side by side."""
        x0, y0, x1, y1 = (float(v) for v in region)
        if not (x0 < x1 and y0 < y1):
            raise ValueError(f"the region {region} has no area")
        scale_x, scale_y = parent_size[0] / (x1 - x0), parent_size[1] / (y1 - y0)
        matrix = np.array([[scale_x, 0, -x0 * scale_x], [0, scale_y, -y0 * scale_y], [0, 0, 1.0]])
        return cls._of(matrix, parent_size, child_size)

    # Using it

    def to_parent(self, points: ArrayLike) -> NDArray[np.float64]:
        """Points of the child, (N, 2), where they lie in the parent: (N, 2) float64."""
        return _apply(self.array, points)

    def to_child(self, points: ArrayLike) -> NDArray[np.float64]:
        """Points of the parent, (N, 2), where they appear in the child: (N, 2) float64."""
        return _apply(_inverse(self.array), points)

    def box_to_parent(self, box: Sequence[float]) -> Box:
        """The upright box in the parent that encloses a box of the child; the same area if `is_axis_aligned`."""
        return _enclosing(self.to_parent(_corners(box)))

    def box_to_child(self, box: Sequence[float]) -> Box:
        """The upright box in the child that encloses a box of the parent; the same area if `is_axis_aligned`."""
        return _enclosing(self.to_child(_corners(box)))

    def then(self, later: PictureTransform) -> PictureTransform:
        """This transform and one made from its child: maps the later child straight to this parent.

        Raises:
            ValueError: `later` was not made from a picture of this child's size.
        """
        if later.parent_size != self.child_size:
            raise ValueError(f"a transform of a {later.parent_size} picture cannot follow one to {self.child_size}")
        return PictureTransform._of(self.array @ later.array, self.parent_size, later.child_size)

    def inverse(self) -> PictureTransform:
        """From parent to child."""
        return PictureTransform._of(_inverse(self.array), self.child_size, self.parent_size)

    @property
    def is_axis_aligned(self) -> bool:
        """Whether upright boxes stay upright: no turn but by quarters, no shear, no perspective."""
        m = self.array
        scale = np.abs(m[:2, :2]).max()
        straight = np.abs(m[0, 1]) + np.abs(m[1, 0]) < 1e-9 * scale
        swapped = np.abs(m[0, 0]) + np.abs(m[1, 1]) < 1e-9 * scale
        return bool((straight or swapped) and np.abs(m[2, :2]).max() == 0.0)

    # Keeping it

    def to_json(self) -> list[float]:
        """The nine numbers and the two sizes, flat; exact in JSON."""
        return [*self.matrix, *map(float, self.parent_size), *map(float, self.child_size)]

    @classmethod
    def from_json(cls, numbers: Sequence[float]) -> Self:
        """Back from `to_json`.

        Raises:
            ValueError: These are not thirteen numbers.
        """
        if len(numbers) != 13:
            raise ValueError(f"a stored transform has thirteen numbers, not {len(numbers)}")
        parent, child = (int(numbers[9]), int(numbers[10])), (int(numbers[11]), int(numbers[12]))
        return cls(tuple(float(v) for v in numbers[:9]), parent, child)


def _apply(matrix: NDArray[np.float64], points: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"points are an (N, 2) array, not {array.shape}")
    mapped = np.concatenate([array, np.ones((len(array), 1))], axis=1) @ matrix.T
    return mapped[:, :2] / mapped[:, 2:]


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.inv(matrix).astype(np.float64)


def _corners(box: Sequence[float]) -> NDArray[np.float64]:
    x0, y0, x1, y1 = (float(v) for v in box)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def _enclosing(points: NDArray[np.float64]) -> Box:
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)
