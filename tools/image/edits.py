"""The functions under the image tools, on plain arrays: each gives a new picture and how it maps to the old one.

Pixels are (H, W, 3) uint8 RGB and are never changed in place. OpenCV puts pixel centres on whole numbers; the one place
where that matters is `_warp`, which converts. `cv2.resize` already samples at half-pixel centres, as we do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import PictureTransform

Pixels: TypeAlias = NDArray[np.uint8]
BoxTuple: TypeAlias = tuple[float, float, float, float]

ZOOM_TO = 1024
"""A crop is enlarged until its longer side has this many pixels, so that a model sees its detail."""
MOST_ZOOM = 6.0
"""But not by more than this: beyond it there is nothing more to see."""
LARGEST = 4096
"""Longest side of what these functions make, so that a model's wish cannot fill the memory."""
NEUTRAL = 127
"""Grey of canvas that no picture covers."""


def crop_zoom(pixels: Pixels, box: BoxTuple) -> tuple[Pixels, PictureTransform, float]:
    """Cut out a box and enlarge it.

    The box is widened to whole pixels, so that nothing inside it is lost.

    Args:
        pixels: The picture.
        box: (x0, y0, x1, y1), inside the picture.

    Returns:
        The crop, its transform to the picture, and by how much it was enlarged.

    Raises:
        ValueError: The box has no area inside the picture.
    """
    height, width = pixels.shape[:2]
    x0, y0 = max(0, math.floor(box[0])), max(0, math.floor(box[1]))
    x1, y1 = min(width, math.ceil(box[2])), min(height, math.ceil(box[3]))
    if x0 >= x1 or y0 >= y1:
        raise ValueError(f"the box {box} has no area inside a {width}x{height} picture")
    part = pixels[y0:y1, x0:x1]
    zoom = min(max(1.0, ZOOM_TO / max(part.shape[:2])), MOST_ZOOM)
    size = (max(1, round((x1 - x0) * zoom)), max(1, round((y1 - y0) * zoom)))
    transform = PictureTransform.crop((width, height), (float(x0), float(y0), float(x1), float(y1)), size)
    return _resized(part, size), transform, zoom


def rotate(pixels: Pixels, degrees: float) -> tuple[Pixels, PictureTransform]:
    """Turn counter-clockwise on a canvas that just holds the picture; quarter turns move pixels exactly.

    Args:
        pixels: The picture.
        degrees: Counter-clockwise as seen.
    """
    height, width = pixels.shape[:2]
    transform = PictureTransform.rotate((width, height), degrees)
    turns = degrees / 90.0
    if turns == round(turns):
        return np.ascontiguousarray(np.rot90(pixels, round(turns) % 4)), transform
    wide, high = transform.child_size
    if max(wide, high) > max(LARGEST, width, height):
        # Turned again and again, the canvas would grow without end.
        shrink = max(LARGEST, width, height) / max(wide, high)
        smaller = (max(1, round(wide * shrink)), max(1, round(high * shrink)))
        transform = transform.then(PictureTransform.scale(transform.child_size, smaller))
    return _warp(pixels, transform), transform


def flip(pixels: Pixels, direction: Literal["horizontal", "vertical"]) -> tuple[Pixels, PictureTransform]:
    """Mirror: left and right swapped (`horizontal`), or top and bottom (`vertical`)."""
    height, width = pixels.shape[:2]
    mirrored = pixels[:, ::-1] if direction == "horizontal" else pixels[::-1]
    return np.ascontiguousarray(mirrored), PictureTransform.flip((width, height), direction)


def grid_overlay(
    pixels: Pixels, divisions: int, name_point: Callable[[float, float], tuple[str, str]]
) -> tuple[Pixels, list[float], list[float]]:
    """Draw a labelled grid over a picture; its size stays.

    Args:
        pixels: The picture.
        divisions: Cells along the longer side; cells are square but for rounding.
        name_point: What x and y of a point in stored pixels are called on the labels.

    Returns:
        The picture, and the x of the vertical and y of the horizontal lines in stored pixels.
    """
    import cv2

    height, width = pixels.shape[:2]
    spacing = max(width, height) / divisions
    xs = [spacing * i for i in range(1, math.ceil(width / spacing)) if width - spacing * i > 1]
    ys = [spacing * i for i in range(1, math.ceil(height / spacing)) if height - spacing * i > 1]
    lines = pixels.copy()
    stroke = max(1, round(max(width, height) / 900))
    for x in xs:
        _two_tone_line(lines, (x, 0.0), (x, float(height)), stroke)
    for y in ys:
        _two_tone_line(lines, (0.0, y), (float(width), y), stroke)
    out: Pixels = cv2.addWeighted(lines, 0.75, pixels, 0.25, 0.0).astype(np.uint8)
    scale = max(0.35, min(max(width, height) / 1600, spacing / 90))
    for x in xs:
        _plate(out, name_point(x, 0.0)[0], (x, 0.0), scale, "top")
    for y in ys:
        _plate(out, name_point(0.0, y)[1], (0.0, y), scale, "left")
    return out, xs, ys


def side_by_side(pictures: Sequence[Pixels], captions: Sequence[str], columns: int) -> tuple[Pixels, list[BoxTuple]]:
    """Put pictures beside each other, in rows, scaled to one height, each below its caption.

    Args:
        pictures: At least one.
        captions: What stands above each.
        columns: Pictures in a row.

    Returns:
        The sheet, and the region (x0, y0, x1, y1) of it that each picture fills.
    """
    rows = [list(pictures[i : i + columns]) for i in range(0, len(pictures), columns)]
    height = min(max(p.shape[0] for p in pictures), 768)
    widest = max(sum(p.shape[1] * height / p.shape[0] for p in row) for row in rows)
    # Both the width of a row and the height of all rows stay within bounds.
    height = max(8, math.floor(height * min(1.0, LARGEST / widest, LARGEST / (height * len(rows)))))
    gap, strip = max(4, round(height / 48)), max(14, round(height / 16))
    sizes = [[(max(1, round(p.shape[1] * height / p.shape[0])), height) for p in row] for row in rows]
    sheet_width = max(sum(w for w, _ in row) + gap * (len(row) - 1) for row in sizes)
    sheet = np.full(((strip + height) * len(rows) + gap * (len(rows) - 1), sheet_width, 3), NEUTRAL, dtype=np.uint8)
    regions: list[BoxTuple] = []
    for index, (row, row_sizes) in enumerate(zip(rows, sizes, strict=True)):
        x, y = 0, index * (strip + height + gap) + strip
        for picture, size in zip(row, row_sizes, strict=True):
            sheet[y : y + height, x : x + size[0]] = _resized(picture, size)
            _plate(sheet, captions[len(regions)], (x + size[0] / 2, float(y - strip)), strip / 40, "top")
            regions.append((float(x), float(y), float(x + size[0]), float(y + height)))
            x += size[0] + gap
    return sheet, regions


Enhancement: TypeAlias = Literal["contrast", "brighten", "darken", "sharpen", "denoise", "edges"]


def enhance(pixels: Pixels, how: Enhancement) -> Pixels:
    """Make a picture easier to read; its size stays.

    Args:
        pixels: The picture.
        how: `contrast` (local: CLAHE on lightness), `brighten` and `darken` (gamma 0.5 and 2), `sharpen` (unsharp
            mask), `denoise` (median, then bilateral), `edges` (gradient magnitude, white on black).
    """
    import cv2

    match how:
        case "contrast":
            lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
            lab[..., 0] = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(np.ascontiguousarray(lab[..., 0]))
            return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype(np.uint8)
        case "brighten" | "darken":
            gamma = 0.5 if how == "brighten" else 2.0
            table = (255.0 * (np.arange(256) / 255.0) ** gamma).round().astype(np.uint8)
            return table[pixels]
        case "sharpen":
            sigma = max(1.0, max(pixels.shape[:2]) / 800)
            blurred = cv2.GaussianBlur(pixels, (0, 0), sigma)
            return cv2.addWeighted(pixels, 1.8, blurred, -0.8, 0.0).astype(np.uint8)
        case "denoise":
            return cv2.bilateralFilter(cv2.medianBlur(pixels, 3), 7, 40.0, 7.0).astype(np.uint8)
        case "edges":
            grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
            across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
            strength = np.hypot(across, down)
            top = max(float(np.percentile(strength, 99.5)), 1.0)
            return np.repeat((strength / top * 255).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    from sightline.memory.pictures import resize

    return resize(np.ascontiguousarray(pixels), size)


def _warp(pixels: Pixels, transform: PictureTransform) -> Pixels:
    """The child of a transform, sampled from its parent; canvas the parent does not cover is grey."""
    import cv2

    # From continuous coordinates (first centre at 0.5) to OpenCV's (first centre at 0), on both sides.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    matrix = np.linalg.inv(half) @ transform.array @ half
    out = cv2.warpPerspective(
        pixels,
        matrix,
        transform.child_size,
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(NEUTRAL, NEUTRAL, NEUTRAL),
    )
    return out.astype(np.uint8)


def _two_tone_line(pixels: Pixels, start: tuple[float, float], end: tuple[float, float], stroke: int) -> None:
    """A white line with a dark rim, visible on any background, centred on continuous coordinates."""
    import cv2

    bits = 4
    a, b = ([round((v - 0.5) * (1 << bits)) for v in point] for point in (start, end))
    cv2.line(pixels, a, b, (20, 20, 20), stroke + 2, cv2.LINE_AA, bits)
    cv2.line(pixels, a, b, (255, 255, 255), stroke, cv2.LINE_AA, bits)


def _plate(pixels: Pixels, text: str, at: tuple[float, float], scale: float, side: Literal["top", "left"]) -> None:
    """White text on a dark plate at an edge of the picture, centred on a grid line and kept inside."""
    import cv2

    font, stroke, pad = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(scale * 1.6)), max(1, round(3 * scale))
    (wide, high), base = cv2.getTextSize(text, font, scale, stroke)
    x = round(at[0] - wide / 2) if side == "top" else 0
    y = round(at[1]) if side == "top" else round(at[1] - (high + base) / 2)
    x = max(0, min(x, pixels.shape[1] - wide - 2 * pad))
    y = max(0, min(y, pixels.shape[0] - high - base - 2 * pad))
    cv2.rectangle(pixels, (x, y), (x + wide + 2 * pad, y + high + base + 2 * pad), (20, 20, 20), -1)
    cv2.putText(pixels, text, (x + pad, y + pad + high), font, scale, (255, 255, 255), stroke, cv2.LINE_AA)
