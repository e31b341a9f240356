"""Pictures of coloured shapes whose places are known, for detectors that really detect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Intrinsics
from sightline.tools.back_ends.protocols import Box, Seen

SHAPES = ("circle", "square", "triangle")
COLORS = {
    "red": (205, 40, 35),
    "green": (40, 160, 70),
    "blue": (45, 80, 200),
    "yellow": (235, 205, 45),
    "purple": (135, 60, 170),
}


@dataclass(frozen=True)
class Drawn:
    name: str
    color: str
    box: Box


def seen(pixels: NDArray[np.uint8], handle: str = "img1", time: float | None = None) -> Seen:
    """What a back end is given; as a run's pictures are, it cannot be written."""
    height, width = pixels.shape[:2]
    pixels = np.array(pixels)
    pixels.setflags(write=False)
    return Seen(handle, pixels, Intrinsics.guess((width, height)), time=time)


def draw_shape(
    pixels: NDArray[np.uint8], name: str, color: tuple[int, int, int], centre: tuple[float, float], size: float
) -> Box:
    """Paint a shape in place by its exact area; gives its box in continuous pixels."""
    x, y = centre
    r = size / 2
    rows, columns = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]] + 0.5
    if name == "circle":
        inside = (columns - x) ** 2 + (rows - y) ** 2 <= r * r
    elif name == "square":
        inside = (abs(columns - x) <= r) & (abs(rows - y) <= r)
    else:
        inside = (rows <= y + r) & (rows - (y - r) >= 2 * abs(columns - x))
    pixels[inside] = color
    found_rows, found_columns = np.nonzero(inside)
    return (
        float(found_columns.min()),
        float(found_rows.min()),
        float(found_columns.max() + 1),
        float(found_rows.max() + 1),
    )


def scene(
    rng: np.random.Generator, size: tuple[int, int] = (128, 128), most: int = 4
) -> tuple[NDArray[np.uint8], list[Drawn]]:
    """A plain background with a gradient and noise, and 1 to `most` shapes that do not touch."""
    width, height = size
    base = rng.integers(150, 235, 3)
    slope = np.linspace(0, rng.integers(-40, 40), width)[None, :, None]
    picture = base + slope + rng.normal(0, 3, (height, width, 3))
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    drawn: list[Drawn] = []
    for _ in range(30):
        if len(drawn) == most or (drawn and rng.random() < 0.1):
            break
        side = float(rng.uniform(18, 44))
        centre = (
            float(rng.uniform(side / 2 + 1, width - side / 2 - 1)),
            float(rng.uniform(side / 2 + 1, height - side / 2 - 1)),
        )
        r = side / 2 + 2
        near = (centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r)
        if any(near[0] < d.box[2] and d.box[0] < near[2] and near[1] < d.box[3] and d.box[1] < near[3] for d in drawn):
            continue
        name, color = SHAPES[int(rng.integers(3))], list(COLORS)[int(rng.integers(len(COLORS)))]
        shade = np.clip(np.array(COLORS[color]) + rng.integers(-15, 16, 3), 0, 255)
        drawn.append(Drawn(name, color, draw_shape(pixels, name, tuple(int(v) for v in shade), centre, side)))  # type: ignore[arg-type]
    return pixels, drawn
