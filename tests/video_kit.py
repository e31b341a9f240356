"""Small videos for tests: coloured shapes that move before a textured wall, seen by a camera that may move too."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
SIZE = (160, 120)
FPS = 15


def write(
    path: Path,
    frames: Iterable[Pixels],
    fps: int = FPS,
    *,
    stamps: list[int] | None = None,
    codec: str = "libx264",
    key_every: int = 50,
    turned: int = 0,
    options: dict[str, str] | None = None,
    preset: str = "veryfast",
) -> Path:
    """A video with B-frames and few key frames, as phones write them."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream: Any = None
        for n, pixels in enumerate(frames):
            if stream is None:
                stream = container.add_stream(codec, rate=fps)
                stream.width, stream.height, stream.pix_fmt = pixels.shape[1], pixels.shape[0], "yuv420p"
                stream.codec_context.gop_size = key_every
                stream.codec_context.time_base = Fraction(1, fps)
                if codec == "libx264":
                    stream.options = {"crf": "12", "preset": preset}
                if turned:
                    stream.set_display_rotation(turned)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = (n if stamps is None else stamps[n]), Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def wall(seed: int = 0) -> Pixels:
    """A wall of 900x700 with grey blotches; pixel (450, 350) is its middle."""
    rng = np.random.default_rng(seed)
    out = np.zeros((700, 900), np.float32)
    for sigma in (3, 9):
        part = cv2.GaussianBlur(rng.normal(size=out.shape).astype(np.float32), (0, 0), sigma)
        out += part / part.std()
    gray = np.clip(120 + 30 * out, 0, 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


@dataclass(frozen=True)
class Shape:
    """A striped square before the wall.

    Attributes:
        color: RGB.
        at: Its middle on the wall by time in seconds, from the wall's middle, x right and y down.
        side: Its side in wall pixels by time.
    """

    color: tuple[int, int, int]
    at: Callable[[float], tuple[float, float]]
    side: Callable[[float], float]


def film(
    shapes: Iterable[Shape],
    seconds: float = 2.5,
    pan: tuple[float, float] = (0, 0),
    zoom: float = 0.0,
    roll: float = 0.0,
    size: tuple[int, int] = SIZE,
    backdrop: Pixels | None = None,
) -> list[Pixels]:
    """What a camera sees that moves over the wall by `pan` wall pixels a second and grows by exp(zoom) a second.

    Its head tilts to the right by `roll` degrees a second, so that the wall turns counter-clockwise as seen.
    """
    base = wall() if backdrop is None else backdrop
    out = []
    for n in range(round(seconds * FPS)):
        t = n / FPS
        scene = base.copy()
        for shape in shapes:
            (x, y), side = shape.at(t), shape.side(t)
            _paint(scene, (450 + x, 350 + y), side, shape.color)
        grow = math.exp(zoom * t)
        middle = np.array([450 + pan[0] * t, 350 + pan[1] * t])
        c, s = grow * math.cos(math.radians(roll * t)), grow * math.sin(math.radians(roll * t))
        turn = np.array([[c, s], [-s, c]])
        # Ours to OpenCV's integer-centred pixels: half a pixel is added before and taken off after.
        matrix = np.column_stack([turn, np.array(size) / 2 - turn @ (middle - 0.5) - 0.5])
        out.append(np.asarray(cv2.warpAffine(scene, matrix, size, flags=cv2.INTER_LINEAR), dtype=np.uint8))
    return out


def _paint(scene: Pixels, middle: tuple[float, float], side: float, color: tuple[int, int, int]) -> None:
    """With stripes and sixteenths of a pixel, so that slow motion is motion."""
    x0, y0 = middle[0] - side / 2, middle[1] - side / 2
    for row in range(4):
        for column in range(4):
            tone = color if (row + column) % 2 else tuple(c // 2 for c in color)
            corner = np.array([x0 + column * side / 4, y0 + row * side / 4])
            patch = corner + side / 4 * np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) - 0.5
            cv2.fillConvexPoly(scene, np.round(patch * 16).astype(np.int32), tone, cv2.LINE_AA, 4)


def steady(x: float, y: float, vx: float = 0.0, vy: float = 0.0) -> Callable[[float], tuple[float, float]]:
    """A straight way at one speed."""
    return lambda t: (x + vx * t, y + vy * t)
