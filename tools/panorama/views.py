"""Pictures of a panorama: how large a view is, what is kept of it, the mark in its middle, and six of them as a cube.

A view of a panorama is no flat map of it, so no homography leads back and it has no parent. It keeps instead where it
looked, and a pinhole camera in the panorama's world, by which everything that needs a camera can use it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera, Size
from sightline.geometry.panoramas import FACES, PanoramaView, face_view, render
from sightline.geometry.poses import pose_from
from sightline.memory import Artifact
from sightline.tools.drawing.canvas import draw, stroke_width, with_colors
from sightline.tools.drawing.labels import Placed, Wanted, draw_plate, font_size
from sightline.tools.drawing.shapes import Line, Point
from sightline.tools.image.edits import NEUTRAL
from sightline.tools.panorama.wording import caption
from sightline.tools.seeing import CAMERA

Pixels = NDArray[np.uint8]
BoxTuple = tuple[float, float, float, float]

PANORAMA = "panorama"
"""Where a view's artifact data keep the handle of its panorama."""
NARROWEST, WIDEST = 1.0, 150.0
"""Fields of view in degrees: beyond, one pixel of the panorama or the stretched edges fill the picture."""
SMALLEST, LARGEST = 512, 1024
"""Width of a view in pixels: small enough to send, large enough to read."""
_SMALLEST_FACE, _LARGEST_FACE = 256, 768
_PLATE = (20, 20, 20)
_SHEET_FACE = 384  # side of a face on the sheet, at most
_CROSS = {"up": (1, 0), "left": (0, 1), "front": (1, 1), "right": (2, 1), "back": (3, 1), "down": (1, 2)}
_HALF_CROSS, _CROSS_GAP = 0.06, 0.012  # of the view's width


def detail(panorama: Size, field_of_view: float, width: int) -> float:
    """Pixels of a view of this width on one pixel of the panorama, in the middle of the view.

    The focal length of an equirectangular picture is W / (2 pi) pixels, that of the view width / (2 tan(fov / 2)).
    """
    return width / (2 * math.tan(math.radians(field_of_view) / 2)) / (panorama[0] / (2 * math.pi))


def size_of(panorama: Size, field_of_view: float) -> Size:
    """(width, height) of a view, 4:3: as fine as the panorama, between `SMALLEST` and `LARGEST` pixels wide."""
    own = panorama[0] / math.pi * math.tan(math.radians(field_of_view) / 2)
    width = round(min(LARGEST, max(SMALLEST, own)) / 4) * 4
    return width, width * 3 // 4


def kept(panorama: str, view: PanoramaView) -> dict[str, Any]:
    """What a view's artifact keeps of how it was made, plain JSON: angles in degrees, and its camera."""
    camera = Camera(view.intrinsics, pose_from(view.rotation, np.zeros(3)))
    return {
        PANORAMA: panorama,
        "yaw": view.yaw,
        "pitch": view.pitch,
        "roll": view.roll,
        "field_of_view": view.field_of_view,
        CAMERA: camera.to_json(),
    }


def view_of(artifact: Artifact) -> tuple[str, PanoramaView] | None:
    """The panorama of a view and where the view looks, as `kept` wrote it; None for other pictures."""
    data = artifact.data
    if PANORAMA not in data or artifact.size is None:
        return None
    return str(data[PANORAMA]), PanoramaView(
        data["yaw"], data["pitch"], data["field_of_view"], artifact.size, data["roll"]
    )


def crosshair(pixels: Pixels) -> Pixels:
    """A copy with a cross around the middle; what is exactly there stays visible.

    Args:
        pixels: (H, W, 3) uint8.
    """
    height, width = pixels.shape[:2]
    x, y = width / 2, height / 2
    color = with_colors(pixels, [Point((x, y))])[0].color
    reach, gap = _HALF_CROSS * width, _CROSS_GAP * width + stroke_width((width, height))
    ways = ((1, 0), (-1, 0), (0, 1), (0, -1))
    return draw(pixels, [Line((x + a * gap, y + b * gap), (x + a * reach, y + b * reach), color) for a, b in ways])


def cube_of(panorama: Pixels) -> dict[str, tuple[PanoramaView, Pixels]]:
    """The six views of the cube around the viewer, by name, in the order of `FACES`.

    Args:
        panorama: (H, W, 3) uint8, W = 2 H.
    """
    side = round(min(_LARGEST_FACE, max(_SMALLEST_FACE, panorama.shape[1] / math.pi)))
    views = {name: face_view(name, side) for name in FACES}
    return {name: (view, render(panorama, view)) for name, view in views.items()}


def cross_of(faces: dict[str, Pixels]) -> tuple[Pixels, dict[str, BoxTuple]]:
    """The faces of a cube unfolded into a cross, each below its caption.

    Args:
        faces: (S, S, 3) uint8 by name.

    Returns:
        The sheet, and the region (x0, y0, x1, y1) that each face fills.
    """
    import cv2

    side = min(_SHEET_FACE, next(iter(faces.values())).shape[0])
    gap, strip = 4, round(1.5 * font_size((4 * side, 3 * side)))
    sheet = np.full((3 * (strip + side), 4 * side + 3 * gap, 3), NEUTRAL, dtype=np.uint8)
    regions: dict[str, BoxTuple] = {}
    for name, pixels in faces.items():
        column, row = _CROSS[name]
        x, y = column * (side + gap), row * (side + strip) + strip
        sheet[y : y + side, x : x + side] = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
        regions[name] = (float(x), float(y), float(x + side), float(y + side))
        above = Wanted(caption(name), _PLATE, (x, y), (x, y, x, y))
        draw_plate(sheet, Placed(above, (x, y - strip, x + side, y), leader=False))
    return sheet, regions
