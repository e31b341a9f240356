"""Points in a mask or in a polygon.

Masks are files of the benchmark; their paths are targets, and no model sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.evals.item import Item
from sightline.evals.scorers.mark import Mark
from sightline.evals.scorers.point_conventions import Pointed, Unparsable
from sightline.geometry.dialects import Size

Floats = NDArray[np.float64]
Point = Sequence[float]

_ORIENTATION = 0x0112


@dataclass(frozen=True)
class PointsInMask:
    """The share of the points that lie in the mask whose path is the item's target.

    Attributes:
        read: The item, the model's words and the mask's (width, height) to points; raises `Unparsable`.
        soft: Whether a point counts by the mask's grey, as Where2Place has it (its masks are JPEGs); else by whether
            it is above `above`.
        above: Grey, 0 to 255, above which a pixel belongs to the mask.
        unparsable: The score where no points can be read; None leaves the item out of the mean.
    """

    read: Callable[[Item, str, Size], Pointed]
    soft: bool = False
    above: int = 0
    unparsable: float | None = 0.0

    def __call__(self, item: Item, said: str) -> Mark:
        """See `Scorer`."""
        grey = read_mask(Path(str(item.target)))
        height, width = grey.shape
        try:
            pointed = self.read(item, said, (width, height))
        except Unparsable:
            return Mark(self.unparsable, "", parsed=False)
        mask = grey / 255.0 if self.soft else (grey > self.above).astype(np.float64)
        return Mark(pointed.share_in(mask), str(pointed), parsed=pointed.count > 0, parts={"points": pointed.count})


def read_mask(path: Path) -> NDArray[np.uint8]:
    """A mask's first channel, (H, W) uint8.

    Raises:
        InputError: It is missing or no picture.
    """
    from PIL import Image, UnidentifiedImageError

    from sightline.memory import InputError

    try:
        with Image.open(path) as picture:
            channels = np.asarray(picture)
    except (OSError, UnidentifiedImageError) as error:
        raise InputError(f"The mask {path.name} cannot be read ({error}).", "Download the benchmark again.") from None
    if channels.dtype == np.bool_:
        channels = channels.astype(np.uint8) * 255
    first: NDArray[np.uint8] = channels if channels.ndim == 2 else channels[:, :, 0]
    return first


def picture_size(path: Path) -> Size:
    """Width and height of a picture as it is stored here: after the rotation that its EXIF block asks for.

    Raises:
        InputError: It is missing or no picture.
    """
    from PIL import Image, UnidentifiedImageError

    from sightline.memory import InputError

    try:
        with Image.open(path) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION, 1) >= 5  # orientations 5 to 8 swap the axes
    except (OSError, UnidentifiedImageError) as error:
        raise InputError(f"The picture {path.name} cannot be read ({error}).", "Download it again.") from None
    return (height, width) if turned else (width, height)


def ray_casting(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon, by RoboSpatial-Eval's rule: crossings of the ray to the right are odd.

    Edges are half open, so that a point on one may count or not; corners are taken in the given order, so that a
    polygon may cross itself.

    Source: `point_in_polygon` of chanhee-luke/RoboSpatial-Eval, evaluation.py (19f04a5); the rule is M. Shimrat's,
    1962.
    """
    x, y = point
    inside = False
    before_x, before_y = polygon[-1]
    for corner_x, corner_y in polygon:
        if (corner_y > y) != (before_y > y):
            crossing = (before_x - corner_x) * (y - corner_y) / (before_y - corner_y) + corner_x
            inside ^= x < crossing
        before_x, before_y = corner_x, corner_y
    return inside


def on_edge(point: Point, polygon: Sequence[Point], tolerance: float = 1e-9) -> bool:
    """Whether a point lies on a polygon's edge, within a tolerance in the polygon's units."""
    p = np.asarray(point, dtype=np.float64)
    corners = np.asarray(polygon, dtype=np.float64)
    begin, along = corners, np.roll(corners, -1, axis=0) - corners
    length = np.maximum((along**2).sum(axis=1), np.finfo(np.float64).tiny)
    share = np.clip(((p - begin) * along).sum(axis=1) / length, 0, 1)
    away = np.linalg.norm(begin + share[:, None] * along - p, axis=1)
    return bool((away <= tolerance).any())


def in_polygon(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon or on its edge: what a strict reading takes for inside."""
    return ray_casting(point, polygon) or on_edge(point, polygon)
