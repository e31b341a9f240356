"""Two drawn things whose upright way is known: a clock's dial, and a landscape with a house."""

from __future__ import annotations

import math
import random

import numpy as np

from sightline.evals.synthetic.puzzles.dealing import Picture
from sightline.evals.synthetic.puzzles.figures import SIZE

_SMOOTH = 3


def draw_clock(minutes: int, turn: int, *, mirrored: bool = False, dot: bool = False) -> Picture:
    """A dial without numerals, (320, 320, 3) uint8.

    Args:
        minutes: The time in minutes after twelve.
        turn: By how many degrees counter-clockwise the dial is turned.
        mirrored: Whether it is seen in a mirror: left and right exchanged, after turning.
        dot: Whether a red dot marks twelve.
    """
    from PIL import Image, ImageDraw

    edge = SIZE * _SMOOTH
    picture = Image.new("RGB", (edge, edge), (244, 243, 239))
    pen = ImageDraw.Draw(picture)

    def at(clockwise: float, radius: float) -> tuple[float, float]:
        angle = math.radians(clockwise - turn)
        x = math.sin(angle) * (-1 if mirrored else 1)
        return edge * (0.5 + radius * x), edge * (0.5 - radius * math.cos(angle))

    def disc(x: float, y: float, radius: float, fill: tuple[int, int, int], line: tuple[int, int, int] | None) -> None:
        r = edge * radius
        pen.ellipse((x - r, y - r, x + r, y + r), fill=fill, outline=line, width=4 * _SMOOTH)

    disc(edge / 2, edge / 2, 0.46, (255, 255, 255), (60, 66, 74))
    for hour in range(12):
        inner, width = (0.36, 5) if hour % 3 == 0 else (0.39, 3)
        pen.line([at(30 * hour, inner), at(30 * hour, 0.43)], fill=(60, 66, 74), width=width * _SMOOTH)
    if dot:
        disc(*at(0, 0.31), 0.025, (200, 40, 40), None)
    for clockwise, radius, width in ((minutes / 2, 0.21, 10), (6 * minutes, 0.35, 5)):
        pen.line([at(clockwise, -0.04), at(clockwise, radius)], fill=(24, 28, 32), width=width * _SMOOTH)
    disc(edge / 2, edge / 2, 0.022, (24, 28, 32), None)
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX))


def draw_landscape(seed: int, turn: int) -> Picture:
    """A house on a meadow, trees, hills and a sky, (320, 320, 3) uint8, turned by 0, 90, 180 or 270 degrees ccw."""
    from PIL import Image, ImageDraw

    dice = random.Random(f"landscape {seed}")
    edge = SIZE * _SMOOTH
    horizon = dice.uniform(0.45, 0.65)
    picture = Image.new("RGB", (edge, edge))
    pen = ImageDraw.Draw(picture)
    top, low = dice.choice((((96, 150, 205), (205, 226, 240)), ((120, 128, 170), (240, 214, 196))))
    for row in range(edge):
        share = min(1.0, row / (horizon * edge))
        pen.line([(0, row), (edge, row)], fill=tuple(round(a + (b - a) * share) for a, b in zip(top, low, strict=True)))

    def box(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        return x0 * edge, y0 * edge, x1 * edge, y1 * edge

    for _ in range(3):
        x, wide = dice.uniform(0, 1), dice.uniform(0.2, 0.4)
        pen.ellipse(box(x - wide, horizon - wide / 3, x + wide, horizon + wide / 2), fill=(104, 140, 110))
    meadow = dice.choice(((126, 160, 84), (148, 158, 90), (110, 150, 92)))
    pen.rectangle(box(0, horizon, 1, 1), fill=meadow)
    for _ in range(3):
        x, y = dice.uniform(0.1, 0.9), dice.uniform(0.06, horizon * 0.5)
        for k in range(3):
            pen.ellipse(box(x + 0.05 * k - 0.06, y - 0.025, x + 0.05 * k + 0.02, y + 0.025), fill=(250, 250, 250))
    for x in (dice.uniform(0.08, 0.25), dice.uniform(0.75, 0.92)):
        foot, high = horizon + dice.uniform(0.08, 0.2), dice.uniform(0.16, 0.26)
        pen.rectangle(box(x - 0.012, foot - high / 2, x + 0.012, foot), fill=(104, 74, 50))
        pen.ellipse(box(x - high / 3, foot - high, x + high / 3, foot - high / 3), fill=(56, 104, 62))
    left, wide, tall = dice.uniform(0.34, 0.46), dice.uniform(0.2, 0.26), dice.uniform(0.14, 0.2)
    foot = horizon + dice.uniform(0.1, 0.22)
    wall = dice.choice(((226, 212, 188), (206, 178, 160), (230, 230, 224)))
    pen.rectangle(box(left, foot - tall, left + wide, foot), fill=wall)
    roof = [(left - 0.03, foot - tall), (left + wide + 0.03, foot - tall), (left + wide / 2, foot - tall - 0.12)]
    pen.polygon([(x * edge, y * edge) for x, y in roof], fill=dice.choice(((150, 62, 50), (92, 84, 88))))
    door = left + dice.choice((0.15, 0.6)) * wide
    pen.rectangle(box(door, foot - 0.6 * tall, door + 0.22 * wide, foot), fill=(96, 66, 46))
    window = left + (0.6 if door < left + wide / 2 else 0.15) * wide
    pen.rectangle(box(window, foot - 0.75 * tall, window + 0.22 * wide, foot - 0.4 * tall), fill=(150, 196, 214))
    upright = np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX))
    return np.ascontiguousarray(np.rot90(upright, turn // 90))
