"""Drawing shapes on pictures: `draw` returns a new picture, the one it was given stays as it is.

Every shape has two tones, its colour and a halo of black or white, and grows with the picture: a stroke is 1/300 of the
long side, at least 2 px. Shapes are drawn in order, labels after all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InputError
from sightline.tools.drawing import ink, labels
from sightline.tools.drawing.palette import INKS, RGB, against, choose
from sightline.tools.drawing.shapes import Arrow, Box, Label, Line, Path, Point, Shape, outline, samples

STROKE_SHARE = 1 / 300
THINNEST = 2.0
"""Pixels."""

_LOOKED_AT = 128
"""Places along an outline at which the background is looked at, and that labels try not to hide."""


def stroke_width(size: tuple[int, int]) -> float:
    """Width in pixels of a stroke, without its halo, on a picture of this width and height."""
    return max(THINNEST, max(size) * STROKE_SHARE)


def halo_width(size: tuple[int, int]) -> float:
    """Width in pixels of the halo on each side of a stroke."""
    return max(1.0, stroke_width(size) * 0.4)


def point_radius(size: tuple[int, int]) -> float:
    """Radius in pixels of a point's dot, without its halo."""
    return 1.5 * stroke_width(size)


def draw(pixels: NDArray[np.uint8], shapes: Sequence[Shape]) -> NDArray[np.uint8]:
    """Draw shapes on a copy of a picture.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        shapes: In stored pixels (origin at the top-left corner, the first pixel's centre at (0.5, 0.5)), in order;
            labels come on top of all. A label too long is shortened; on a picture below 16 px there are none.

    Returns:
        (H, W, 3) uint8, a new array.

    Raises:
        InputError: The array is no picture, or a shape has no place.
    """
    check_picture(pixels)
    canvas = np.array(pixels, order="C")
    size = (canvas.shape[1], canvas.shape[0])
    settled = with_colors(pixels, shapes)
    outlines = [outline(shape) for shape in settled]
    for shape, points in zip(settled, outlines, strict=True):
        _draw_shape(canvas, shape, points)
    wanted = [w for shape, points in zip(settled, outlines, strict=True) if (w := _wanted(shape, points, size))]
    if not wanted:
        return canvas
    seen = np.concatenate([samples(points, _LOOKED_AT) for points in outlines])
    placed = labels.place(wanted, seen, size)
    for label in placed:
        if label.leader:
            labels.draw_leader(canvas, label, max(1.0, stroke_width(size) / 2))
    for label in placed:
        labels.draw_plate(canvas, label)
    return canvas


def with_colors(pixels: NDArray[np.uint8], shapes: Sequence[Shape]) -> list[Shape]:
    """The shapes with every `auto` replaced by the colour that `draw` uses for it on this picture.

    Raises:
        InputError: The array is no picture, a shape has no place, or a colour is unknown.
    """
    check_picture(pixels)
    for shape in shapes:
        if shape.color != "auto" and shape.color not in INKS:
            raise InputError(f"There is no colour {shape.color!r}.", f"Colours: auto, {', '.join(INKS)}.")
    open_ones = [index for index, shape in enumerate(shapes) if shape.color == "auto"]
    taken = [shape.color for shape in shapes if shape.color != "auto"]
    chosen = choose([_under(pixels, shapes[index]) for index in open_ones], taken)
    colors = dict(zip(open_ones, chosen, strict=True))
    return [replace(shape, color=colors.get(index, shape.color)) for index, shape in enumerate(shapes)]


def check_picture(pixels: NDArray[np.uint8]) -> None:
    """Raises InputError unless this is an (H, W, 3) uint8 array with at least one pixel."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise InputError(
            f"An array of shape {pixels.shape} and type {pixels.dtype} cannot be drawn on.",
            "Hand in RGB pixels of shape (H, W, 3) and type uint8.",
        )


def _under(pixels: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """Pixels that a shape will lie on, (N, 3): along its outline, and around it."""
    height, width = pixels.shape[:2]
    along = samples(outline(shape), _LOOKED_AT if isinstance(shape, Box | Line | Arrow | Path) else 1)
    reach = stroke_width((width, height)) + halo_width((width, height))
    around = np.array([(0, 0), (reach, reach), (-reach, reach), (reach, -reach), (-reach, -reach)])
    places = np.floor((along[:, None, :] + around[None]).reshape(-1, 2)).astype(np.int64)
    inside = ((places >= 0) & (places < [width, height])).all(axis=1)
    places = places[inside]
    under: NDArray[np.uint8] = pixels[places[:, 1], places[:, 0]]
    return under


def _draw_shape(canvas: NDArray[np.uint8], shape: Shape, points: NDArray[np.float64]) -> None:
    size = (canvas.shape[1], canvas.shape[0])
    width, halo = stroke_width(size), halo_width(size)
    color = _ink(shape)
    edge = against(color)
    match shape:
        case Box():
            ink.frame(canvas, shape.box, width + 2 * halo, edge)
            ink.frame(canvas, shape.box, width, color)
        case Point():
            radius = point_radius(size)
            ink.disc(canvas, points[0], radius + halo, edge)
            ink.disc(canvas, points[0], radius, color)
        case Label():
            ink.disc(canvas, points[0], width / 2 + halo, edge)
            ink.disc(canvas, points[0], width / 2, color)
        case Line():
            _draw_path(canvas, points, color, edge, arrow=False)
        case Arrow():
            _draw_path(canvas, points, color, edge, arrow=True)
        case Path():
            _draw_path(canvas, points, color, edge, arrow=shape.arrow and not shape.closed)


def _draw_path(canvas: NDArray[np.uint8], points: NDArray[np.float64], color: RGB, edge: RGB, *, arrow: bool) -> None:
    size = (canvas.shape[1], canvas.shape[0])
    width, halo = stroke_width(size), halo_width(size)
    shaft, base = _shorten(points, 6 * width) if arrow else (points, None)
    ink.stroke(canvas, shaft, width + 2 * halo, edge)
    if base is not None:
        ink.arrow_head(canvas, points[-1], base, halo, edge)
    ink.stroke(canvas, shaft, width, color)
    if base is not None:
        ink.arrow_head(canvas, points[-1], base, 0.0, color)


def _shorten(points: NDArray[np.float64], head: float) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """A polyline without its last `head` pixels (at most 60 % of it) and the middle of the arrow head's base.

    The base is None where start and tip are one place, which has no direction.
    """
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    cut = max(along[-1] - head, 0.4 * along[-1])
    base = np.array([np.interp(cut, along, points[:, 0]), np.interp(cut, along, points[:, 1])])
    if np.hypot(*(points[-1] - base)) < 1e-6:
        return points, None
    # The shaft reaches a little into the head, so that no gap shows between them.
    inner = base + 0.2 * (points[-1] - base)
    return np.concatenate([points[along < cut], base[None], inner[None]]), base


def _ink(shape: Shape) -> RGB:
    assert shape.color != "auto"  # with_colors has settled it
    return INKS[shape.color]


def _wanted(shape: Shape, points: NDArray[np.float64], size: tuple[int, int]) -> labels.Wanted | None:
    """The label of a shape as it waits for its place; None where it has none or there is no room."""
    text = labels.fitted(shape.label or "", size)
    if not text:
        return None
    width, height = size
    edge = stroke_width(size) / 2 + halo_width(size)
    interior = None
    match shape:
        case Box(box=(x0, y0, x1, y1)):
            reach = (x0 - edge, y0 - edge, x1 + edge, y1 + edge)
            interior = (x0 + edge, y0 + edge, x1 - edge, y1 - edge)
            anchor = ((x0 + x1) / 2, y0)
        case Point() | Label():
            (x, y) = points[0]
            radius = point_radius(size) + halo_width(size)
            anchor, reach = (x, y), (x - radius, y - radius, x + radius, y + radius)
        case _:
            (x, y) = samples(points, 3)[1]
            gap = 1.5 * edge
            anchor, reach = (x, y), (x - gap, y - gap, x + gap, y + gap)
    anchor = (min(max(anchor[0], 0.0), float(width)), min(max(anchor[1], 0.0), float(height)))
    return labels.Wanted(text, _ink(shape), anchor, reach, interior, isinstance(shape, Label))
