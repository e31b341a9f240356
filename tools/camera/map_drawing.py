"""A reconstruction as a map: straight from above, +y up, with grid, scale bar, cameras, objects and paths.

What hides a room from above is cut away. What was never seen is hatched, as in every rendered view.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera
from sightline.geometry.poses import bearing_pitch_roll, direction
from sightline.geometry.quantities import number
from sightline.geometry.reconstructions import Reconstruction
from sightline.geometry.splatting import hidden_filled, paint_unseen, splat_from_above
from sightline.tools.camera.placing import Solid
from sightline.tools.camera.rendering import DOT_SHARE, is_sparse, with_dots
from sightline.tools.drawing import canvas, ink
from sightline.tools.drawing.shapes import Label, Path, Shape

Floats = NDArray[np.float64]

LONGEST = 720
"""Pixels of the mapped area's longer side."""
NARROWEST = 280
"""Pixels of its shorter side, so that a corridor keeps room for its labels."""
RIM = 46
"""Pixels of the margin around it, which bears the numbers."""
FREE = 0.06
"""Share of the mapped extent that is added on each side."""
CELLS = 8
"""Grid cells along the longer side, about."""
CUT = 0.8
"""Where what closes a room above is cut: at this share of the height between floor and top, or above the cameras."""
CEILING_SHARE = 0.3
"""Something above the cut is a ceiling where it closes this share of the mapped area."""
MOST_CAMERAS = 12
"""Cameras that get a label; of more, every so many."""

_PAPER, _INK, _GRID = (255, 255, 255), (40, 40, 40), (60, 60, 60)
_GRID_STRENGTH = 0.28
_CEILING_CELLS = 48
_SAMPLE = 60_000  # points from which extent and ceiling are told


@dataclass(frozen=True)
class Layout:
    """Where the world lies on the map picture.

    Attributes:
        left: World x of the mapped area's left edge.
        back: World y of its upper edge.
        pixels_per_unit: Its scale.
        width: Of the mapped area in pixels.
        height: Of the mapped area in pixels.
        cell: Side of a grid cell in world units.
    """

    left: float
    back: float
    pixels_per_unit: float
    width: int
    height: int
    cell: float

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the whole picture, the rim included."""
        return self.width + 2 * RIM, self.height + 2 * RIM

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The mapped area in the picture."""
        return RIM, RIM, RIM + self.width, RIM + self.height

    def pixel(self, points: Floats) -> Floats:
        """Continuous pixels (..., 2) of the picture for world points (..., 2 or 3)."""
        x = RIM + (points[..., 0] - self.left) * self.pixels_per_unit
        y = RIM + (self.back - points[..., 1]) * self.pixels_per_unit
        return np.stack([x, y], axis=-1)

    def world(self, pixels: Floats) -> Floats:
        """World (x, y) for pixels (..., 2) of the picture: the inverse of `pixel`."""
        x = self.left + (pixels[..., 0] - RIM) / self.pixels_per_unit
        y = self.back - (pixels[..., 1] - RIM) / self.pixels_per_unit
        return np.stack([x, y], axis=-1)


@dataclass(frozen=True)
class Map:
    """A map picture and what its texts need.

    Attributes:
        pixels: (H, W, 3) uint8.
        layout: Where things are on it.
        cut: World height from which everything is cut away; None where nothing was.
        floor: World height that heights are counted from.
        coverage: Share of the mapped area that shows something.
    """

    pixels: NDArray[np.uint8]
    layout: Layout
    cut: float | None
    floor: float
    coverage: float


def draw_map(
    reconstruction: Reconstruction,
    unit: str,
    solids: Sequence[Solid] = (),
    paths: Sequence[tuple[str, Floats]] = (),
    cut: float | None = None,
) -> Map:
    """Draw the map.

    Args:
        reconstruction: What there is.
        unit: What lengths are counted in, for the scale bar: `m`.
        solids: Objects to outline and label.
        paths: Names and (N, 2 or 3) world points of what moved, in order.
        cut: World height from which everything is cut away; None cuts a ceiling where there is one.

    Raises:
        ValueError: There is neither a point nor a camera.
    """
    extent = reconstruction.cloud.thinned(_SAMPLE).extent() if len(reconstruction.cloud) else None
    layout = plan(reconstruction, extent, solids, paths)
    floor = float(extent[0][2]) if extent else 0.0
    if cut is None and extent:
        cut = ceiling_cut(reconstruction, extent, layout)
    cloud = reconstruction.cloud
    sparse = is_sparse(reconstruction)
    if sparse:
        cloud = with_dots(cloud, DOT_SHARE * max(layout.width, layout.height) / layout.pixels_per_unit)
    picture = splat_from_above(
        cloud,
        (layout.left, layout.back),
        layout.pixels_per_unit,
        (layout.width, layout.height),
        math.inf if cut is None else cut,
    )
    if not sparse:
        picture = hidden_filled(picture, passes=1)
    width, height = layout.size
    pixels = np.full((height, width, 3), _PAPER, np.uint8)
    pixels[RIM:-RIM, RIM:-RIM] = paint_unseen(picture)
    _draw_grid(pixels, layout)
    _draw_rim(pixels, layout, unit)
    shapes = [*_outlines(layout, solids), *_walked(layout, paths), *_frusta(layout, reconstruction.cameras)]
    return Map(canvas.draw(pixels, shapes), layout, cut, floor, picture.coverage)


def plan(
    reconstruction: Reconstruction,
    extent: tuple[Floats, Floats] | None,
    solids: Sequence[Solid] = (),
    paths: Sequence[tuple[str, Floats]] = (),
) -> Layout:
    """Where the world goes on the map: all of the points but stray ones, the cameras, the objects and the paths.

    Raises:
        ValueError: There is nothing to map.
    """
    ground = [camera.position[None, :2] for camera in reconstruction.cameras.values()]
    ground += [solid.corners[:, :2] for solid in solids] + [path[:, :2] for _, path in paths]
    if extent:
        ground.append(np.array([extent[0][:2], extent[1][:2]]))
    if not ground:
        raise ValueError("a map needs points or cameras")
    all_of_it = np.concatenate(ground)
    low, high = all_of_it.min(axis=0), all_of_it.max(axis=0)
    longest = float((high - low).max()) or 1.0
    low, high = low - FREE * longest, high + FREE * longest
    longest = float((high - low).max())
    scale = LONGEST / longest
    short = np.maximum(high - low, NARROWEST / scale)
    middle = (low + high) / 2
    width, height = (round(float(side) * scale) for side in short)
    return Layout(
        float(middle[0]) - width / scale / 2,
        float(middle[1]) + height / scale / 2,
        scale,
        width,
        height,
        _round_number(longest / CELLS),
    )


def ceiling_cut(reconstruction: Reconstruction, extent: tuple[Floats, Floats], layout: Layout) -> float | None:
    """World height at which what closes the room above is cut away; None where nothing closes it."""
    floor, top = float(extent[0][2]), float(extent[1][2])
    cut = floor + CUT * (top - floor)
    highest = max((float(camera.position[2]) for camera in reconstruction.cameras.values()), default=floor)
    if highest >= top:
        return None  # seen from above it all
    cut = max(cut, highest)
    points = reconstruction.cloud.points
    points = points[:: max(1, len(points) // _SAMPLE)]
    cells = _CEILING_CELLS * layout.pixels_per_unit / max(layout.width, layout.height)
    with np.errstate(invalid="ignore"):
        column = (points[:, 0] - np.float32(layout.left)) * np.float32(cells)
        row = (np.float32(layout.back) - points[:, 1]) * np.float32(cells)
        inside = (column >= 0) & (row >= 0) & (column < _CEILING_CELLS) & (row < _CEILING_CELLS)
    flat = row[inside].astype(np.int32) * _CEILING_CELLS + column[inside].astype(np.int32)
    count = _CEILING_CELLS * _CEILING_CELLS
    filled = np.bincount(flat, minlength=count) > 0
    above = np.bincount(flat[points[inside, 2] >= cut], minlength=count) > 0
    return cut if above.sum() > CEILING_SHARE * max(1, filled.sum()) else None


def _round_number(about: float) -> float:
    """1, 2 or 5 times a power of ten, the one closest to a number."""
    power = 10.0 ** math.floor(math.log10(about))
    return min((power, 2 * power, 5 * power, 10 * power), key=lambda step: abs(math.log(step / about)))


def _ticks(start: float, length: float, cell: float) -> list[float]:
    first, last = math.ceil(start / cell - 1e-9), math.floor((start + length) / cell + 1e-9)
    return [k * cell for k in range(first, last + 1)]


def _draw_grid(pixels: NDArray[np.uint8], layout: Layout) -> None:
    """Thin lines, blended in: one column or row of pixels each."""
    area = pixels[RIM:-RIM, RIM:-RIM]
    scale = layout.pixels_per_unit
    columns = [(x - layout.left) * scale for x in _ticks(layout.left, layout.width / scale, layout.cell)]
    front = layout.back - layout.height / scale
    rows = [(layout.back - y) * scale for y in _ticks(front, layout.height / scale, layout.cell)]
    for lines, axis, most in ((columns, 1, layout.width), (rows, 0, layout.height)):
        at = np.unique(np.clip(np.rint(lines).astype(int), 0, most - 1))
        part = area[:, at] if axis == 1 else area[at]
        blended = np.rint(part * (1 - _GRID_STRENGTH) + np.array(_GRID) * _GRID_STRENGTH).astype(np.uint8)
        if axis == 1:
            area[:, at] = blended
        else:
            area[at] = blended


def _draw_rim(pixels: NDArray[np.uint8], layout: Layout, unit: str) -> None:
    """A frame, the numbers of the grid, an arrow up, and the scale bar."""
    from PIL import Image, ImageDraw, ImageFont

    width, height = layout.size
    image = Image.fromarray(pixels)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(13)
    pen.rectangle((RIM - 1, RIM - 1, width - RIM, height - RIM), outline=_INK)
    scale = layout.pixels_per_unit
    for x in _ticks(layout.left + 20 / scale, (layout.width - 20) / scale, layout.cell):  # room for the y beside
        pen.text((RIM + (x - layout.left) * scale, RIM - 4), number(x), _INK, font, anchor="ms")
    front = layout.back - layout.height / scale
    for y in _ticks(front, layout.height / scale, layout.cell):
        pen.text((RIM - 5, RIM + (layout.back - y) * scale), number(y), _INK, font, anchor="rm")
    pen.text((RIM - 5, RIM - 8), "y", _INK, font, anchor="rs")
    pen.text((width - RIM + 6, RIM - 4), "x", _INK, font, anchor="ls")
    pen.text((width - RIM + 8, RIM + 16), "+y is", _INK, ImageFont.load_default(12), anchor="ls")
    pen.text((width - RIM + 8, RIM + 29), "up", _INK, ImageFont.load_default(12), anchor="ls")
    length = layout.cell * scale
    x1, y = width - RIM, height - RIM // 2
    pen.rectangle((x1 - length, y - 3, x1, y + 3), fill=_INK)
    word = unit if unit == "m" else ("scene unit" if layout.cell == 1 else "scene units")
    pen.text((x1 - length - 8, y), f"{number(layout.cell)} {word}", _INK, ImageFont.load_default(15), anchor="rm")
    pixels[:] = np.asarray(image)
    x = width - RIM + 20.0
    ink.stroke(pixels, np.array([(x, RIM + 80.0), (x, RIM + 52.0)]), 3, _INK)
    ink.arrow_head(pixels, np.array([x, RIM + 36.0]), np.array([x, RIM + 54.0]), 0.0, _INK)


def _outlines(layout: Layout, solids: Sequence[Solid]) -> list[Shape]:
    """Each object's box as it stands on the floor plan, labelled."""
    shapes: list[Shape] = []
    for solid in solids:
        corners = layout.pixel(_hull(solid.corners[:, :2]))
        shapes.append(Path(_pairs(corners), label=solid.name, closed=True))
    return shapes


def _hull(points: Floats) -> Floats:
    """Convex hull of (N, 2) points, counter-clockwise (Andrew's monotone chain)."""

    def half(ordered: list[tuple[float, float]]) -> list[tuple[float, float]]:
        out: list[tuple[float, float]] = []
        for x, y in ordered:
            while len(out) > 1:
                (ax, ay), (bx, by) = out[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 1e-12:
                    break
                out.pop()
            out.append((x, y))
        return out

    ordered = sorted({(round(float(x), 9), round(float(y), 9)) for x, y in points})
    if len(ordered) < 3:
        return np.array(ordered if len(ordered) == 2 else ordered * 2)
    return np.array(half(ordered)[:-1] + half(ordered[::-1])[:-1])


def _walked(layout: Layout, paths: Sequence[tuple[str, Floats]]) -> list[Shape]:
    """Paths with an arrow at their end."""
    return [Path(_pairs(layout.pixel(path)), label=name, arrow=True) for name, path in paths if len(path) > 1]


def _frusta(layout: Layout, cameras: dict[str, Camera]) -> list[Shape]:
    """Each camera as a wedge that opens where it looks, as wide as it sees; black, so that objects have the colours."""
    shapes: list[Shape] = []
    reach = 0.07 * max(layout.width, layout.height)
    every = max(1, math.ceil(len(cameras) / MOST_CAMERAS))
    for count, (handle, camera) in enumerate(cameras.items()):
        bearing, pitch, _ = bearing_pitch_roll(camera.pose)
        half = min(camera.intrinsics.horizontal_fov / 2, 80.0)
        eye = layout.pixel(camera.position)
        ahead = reach * max(0.35, math.cos(math.radians(pitch)))
        wings = [eye + ahead / math.cos(math.radians(half)) * _on_map(bearing + side * half) for side in (-1, 1)]
        shapes.append(Path(_pairs(np.array([eye, *wings])), color="black", closed=True))
        if count % every == 0:
            shapes.append(Label(_pairs(eye[None])[0], handle, color="black"))
    return shapes


def _on_map(bearing: float) -> Floats:
    """Unit step in pixels towards a bearing."""
    x, y, _ = direction(bearing)
    return np.array([x, -y])


def _pairs(points: Floats) -> tuple[tuple[float, float], ...]:
    limit = 50_000.0
    return tuple((float(x), float(y)) for x, y in np.clip(points, -limit, limit))
