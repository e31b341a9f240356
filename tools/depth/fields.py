"""A depth map as a thing to ask: what lies at a point, in a box or under an outline, and how sure that is.

A depth map may have another size than its picture; places are given in the picture's pixels. Metric and relative maps
hold z-depth (a panorama's hold range), larger is farther. Ordinal maps hold affine-invariant inverse depth, larger is
NEARER: they order, and they hold no lengths and no ratios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.cameras import Intrinsics
from sightline.geometry.quantities import Scale, ScaleKind

Size = tuple[int, int]
Box = tuple[float, float, float, float]

LOCAL_ERROR: dict[ScaleKind, float] = {"measured": 0.01, "relative": 0.03, "estimated": 0.1, "ordinal": 0.04}
"""How far the depth of one place may be off against another of the SAME map: a share of the depth; for `ordinal` a
share of the map's range. What is common to the whole map, an unknown scale, does not disturb a comparison within it;
what remains is about the mean relative error that is published for each kind (0.05 to 0.1 for learned depth)."""
_EDGE = 0.1
"""Relative difference of depth within three pixels from which a point lies on an edge between two surfaces."""
_BINS = 64


@dataclass(frozen=True)
class DepthField:
    """A depth map with what its numbers mean.

    Attributes:
        values: (h, w) float32: z-depth or range, larger is farther; for an ordinal scale larger is nearer. NaN unknown.
        scale: What the numbers are worth.
        size: (width, height) of the picture it is the depth of.
        intrinsics: Of that picture's camera; None where they are not known, and for panoramas.
        ranged: Whether it holds ranges, as those of panoramas do, and no z-depths.
        up: World's up in the camera's frame (3,), where it is known; picture-up serves where it is not.
    """

    values: NDArray[np.float32]
    scale: Scale
    size: Size
    intrinsics: Intrinsics | None = None
    ranged: bool = False
    up: tuple[float, float, float] | None = None

    @property
    def ordinal(self) -> bool:
        """Whether it holds an order only."""
        return self.scale.kind == "ordinal"

    @property
    def word(self) -> str:
        """`z-depth` or `range`."""
        return "range" if self.ranged else "z-depth"

    @cached_property
    def farness(self) -> NDArray[np.float64]:
        """(h, w), larger is farther, in a measure whose differences can be compared across the map; NaN where unknown.

        The logarithm of the depth, or for an ordinal map minus its value, in shares of its range.
        """
        values = self.values.astype(np.float64)
        if not self.ordinal:
            known = np.isfinite(values) & (values > 0)
            return np.log(values, out=np.full(values.shape, np.nan), where=known)
        known_values = values[np.isfinite(values)]
        if known_values.size == 0:
            return np.full(values.shape, np.nan)
        low, high = np.quantile(known_values, [0.02, 0.98])
        spread = max(float(high - low), 1e-6 * max(abs(float(high)), 1e-30))
        return np.where(np.isfinite(values), (high - values) / spread, np.nan)

    @property
    def known(self) -> float:
        """Share of the map whose depth is known, 0 to 1."""
        return float(np.isfinite(self.farness).mean())

    @cached_property
    def _sorted(self) -> NDArray[np.float64]:
        return np.sort(self.farness[np.isfinite(self.farness)])

    def rank(self, farness: float) -> float:
        """Share of the picture's known pixels that are farther, 0 to 1."""
        if self._sorted.size == 0:
            return math.nan
        below = np.searchsorted(self._sorted, farness, side="left")
        upto = np.searchsorted(self._sorted, farness, side="right")
        return 1 - float(below + upto) / (2 * self._sorted.size)

    # Places

    def pixel(self, point: ArrayLike) -> tuple[int, int]:
        """(row, column) of the map at a point (x, y) in the picture's continuous pixels; its far edges count in.

        Raises:
            ValueError: The point is outside the picture.
        """
        x, y = (float(v) for v in np.asarray(point, dtype=np.float64))
        width, height = self.size
        if not (0 <= x <= width and 0 <= y <= height):
            raise ValueError(f"({x:g}, {y:g}) is outside a picture of {width}x{height}")
        rows, columns = self.values.shape
        return min(int(y / height * rows), rows - 1), min(int(x / width * columns), columns - 1)

    def at_point(self, point: ArrayLike) -> Reading:
        """What lies at a point (x, y) of the picture.

        Raises:
            ValueError: The point is outside the picture.
        """
        row, column = self.pixel(point)
        around = self.farness[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        known = around[np.isfinite(around)]
        here = float(self.farness[row, column])
        if known.size == 0 or not math.isfinite(here):
            return Reading(math.nan, math.nan, math.nan, 0.0, self, False)
        edge = float(known.max() - known.min()) > (LOCAL_ERROR["ordinal"] if self.ordinal else math.log1p(_EDGE))
        return Reading(here, float(known.min()), float(known.max()), known.size / around.size, self, edge)

    def under(self, mask: NDArray[np.bool_]) -> Reading:
        """What lies under an outline.

        Args:
            mask: (h, w) of the map's size, see `on_map`.
        """
        values = self.farness[mask]
        known = values[np.isfinite(values)]
        if known.size == 0:
            return Reading(math.nan, math.nan, math.nan, 0.0, self, False)
        low, middle, high = np.quantile(known, [0.03, 0.5, 0.97])
        return Reading(float(middle), float(low), float(high), known.size / values.size, self, False)

    def on_map(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask (H, W) of the picture's size on the map (h, w): what lies at the centres of the map's pixels."""
        rows, columns = self.values.shape
        if mask.shape == (rows, columns):
            return mask
        y = np.minimum(((np.arange(rows) + 0.5) * mask.shape[0] / rows).astype(np.intp), mask.shape[0] - 1)
        x = np.minimum(((np.arange(columns) + 0.5) * mask.shape[1] / columns).astype(np.intp), mask.shape[1] - 1)
        return mask[np.ix_(y, x)]

    def box_on_map(self, box: Box) -> tuple[int, int, int, int]:
        """Rows and columns (y0, y1, x0, x1) of the map that a box of the picture covers, at least one of each."""
        rows, columns = self.values.shape
        sx, sy = columns / self.size[0], rows / self.size[1]
        x0 = min(max(math.floor(box[0] * sx), 0), columns - 1)
        y0 = min(max(math.floor(box[1] * sy), 0), rows - 1)
        return y0, min(max(math.ceil(box[3] * sy), y0 + 1), rows), x0, min(max(math.ceil(box[2] * sx), x0 + 1), columns)

    def surface_in(self, box: Box) -> NDArray[np.bool_]:
        """The surface that a box of the picture is most likely drawn around, as a mask (h, w) on the map.

        A box holds background as well. Of the depths in it, those in the middle of the box count most; the commonest
        one is grown to both sides as long as the depths go on without a gap.
        """
        y0, y1, x0, x1 = self.box_on_map(box)
        inside = self.farness[y0:y1, x0:x1]
        known = np.isfinite(inside)
        out = np.zeros(self.values.shape, bool)
        if not known.any():
            return out
        rows, columns = inside.shape
        y = (np.arange(rows) + 0.5) / rows - 0.5
        x = (np.arange(columns) + 0.5) / columns - 0.5
        weight = np.exp(-8.0 * np.add.outer(y * y, x * x))  # a quarter of the box's sides is one sigma
        low, high = float(inside[known].min()), float(inside[known].max())
        if high - low < 1e-9:
            out[y0:y1, x0:x1] = known
            return out
        counts, edges = np.histogram(inside[known], _BINS, (low, high), weights=weight[known])
        smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
        peak = int(smooth.argmax())
        floor = 0.1 * smooth[peak]
        first, last = peak, peak
        while first > 0 and smooth[first - 1] >= floor:
            first -= 1
        while last < _BINS - 1 and smooth[last + 1] >= floor:
            last += 1
        out[y0:y1, x0:x1] = known & (inside >= edges[first]) & (inside <= edges[last + 1])
        return out

    def normal_up(self, mask: NDArray[np.bool_]) -> float | None:
        """How much a surface faces up: the upward part of its unit normal, 1 for a table top, 0 for a wall.

        Least squares: the inverse z-depth of a plane is linear in the picture, 1/z = a u + b v + c in normalised
        coordinates, and (a, b, c) is along the plane's normal.

        Args:
            mask: (h, w) of the map.

        Returns:
            None where it cannot be told: an ordinal map, a panorama, no camera, too few pixels, or no plane.
        """
        if self.ordinal or self.ranged or self.intrinsics is None:
            return None
        rows, columns = np.nonzero(mask & np.isfinite(self.farness))
        if len(rows) < 6:
            return None
        lens = self.intrinsics.resized((self.values.shape[1], self.values.shape[0]))
        rays = lens.unproject(np.stack([columns + 0.5, rows + 0.5], axis=-1))
        inverse = np.exp(-self.farness[rows, columns])
        matrix = rays / np.sqrt(len(rows))
        if np.linalg.svd(matrix - matrix.mean(axis=0), compute_uv=False)[1] < 1e-5:
            return None  # all on one line: a plane can turn about it
        normal, *_ = np.linalg.lstsq(rays, inverse, rcond=None)
        length = float(np.linalg.norm(normal))
        if length == 0:
            return None
        up = np.asarray(self.up if self.up is not None else (0.0, -1.0, 0.0))
        # The normal (a, b, c) points away from the camera: rays . normal = 1/z > 0.
        return float(-(normal / length) @ up)


@dataclass(frozen=True)
class Reading:
    """What lies at a place, in the map's `farness`.

    Attributes:
        middle: Of the place, the median; NaN where nothing is known.
        nearest: All but the nearest few of its pixels are farther than this.
        farthest: All but the farthest few are nearer than this.
        known: Share of the place's pixels with known depth.
        field: The map.
        edge: Whether a point lies on an edge between a near and a far surface.
    """

    middle: float
    nearest: float
    farthest: float
    known: float
    field: DepthField = field(repr=False)
    edge: bool = False

    @property
    def found(self) -> bool:
        """Whether anything is known."""
        return math.isfinite(self.middle)

    @property
    def error(self) -> float:
        """How far `middle` may be off within this map, in `farness`."""
        local = LOCAL_ERROR[self.field.scale.kind]
        own = local if self.field.ordinal else math.log1p(local)
        return max(own, (self.farthest - self.nearest) / 2) if self.edge else own

    @property
    def rank(self) -> float:
        """Share of the picture's known pixels that are farther, 0 to 1."""
        return self.field.rank(self.middle)

    def length(self, farness: float | None = None) -> float:
        """The middle, or another of its depths, in the map's unit.

        Raises:
            ValueError: The map is ordinal: it holds no lengths.
        """
        if self.field.ordinal:
            raise ValueError(f"{self.field.scale.frame} is ordinal: it holds no lengths")
        return math.exp(self.middle if farness is None else farness)
