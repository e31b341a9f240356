"""Textures, drawn by code: wood, tiles, brick, cloth, prints, pictures; each a square picture with its smaller copies.

Colours multiply textures, so most are near white; prints and pictures bring their own colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float64]  # (n, n, 3) or (n, n), 0 to 1, sRGB

PICTURES = 6
BOOKS = 3


@dataclass(frozen=True)
class Atlas:
    """All textures in one array.

    Attributes:
        index: Number of each texture by name.
        arrays: For the kernels: pixels (flat uint8), start (T, levels), side (T,), linear (256,) and mean (T, 3).
    """

    index: dict[str, int]
    arrays: tuple[NDArray[np.generic], ...]


@lru_cache(maxsize=1)
def library() -> Atlas:
    """Every texture; drawn once a process."""
    pictures = {name: _three(picture) for name, picture in _draw().items()}
    levels = 12
    start = np.zeros((len(pictures), levels), np.int64)
    side = np.zeros(len(pictures), np.int64)
    mean = np.zeros((len(pictures), 3))
    chunks: list[NDArray[np.uint8]] = []
    at = 0
    grid = np.arange(256) / 255
    linear = np.where(grid <= 0.04045, grid / 12.92, ((grid + 0.055) / 1.055) ** 2.4)
    for number, picture in enumerate(pictures.values()):
        side[number] = len(picture)
        current = linear[np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)]
        mean[number] = current.mean(axis=(0, 1))
        for level in range(levels):
            start[number, level] = at
            srgb = np.where(current <= 0.0031308, current * 12.92, 1.055 * current ** (1 / 2.4) - 0.055)
            chunk = np.clip(np.rint(srgb * 255), 0, 255).astype(np.uint8).ravel()
            chunks.append(chunk)
            if len(current) > 1:
                at += len(chunk)
                current = current.reshape(len(current) // 2, 2, -1, 2, 3).mean(axis=(1, 3))
        at += 3
    flat = np.zeros(at + 3, np.uint8)
    for number in range(len(pictures)):
        for level in range(levels):
            chunk = chunks[number * levels + level]
            flat[start[number, level] : start[number, level] + len(chunk)] = chunk
    return Atlas({name: i for i, name in enumerate(pictures)}, (flat, start, side, linear, mean))


def _three(picture: Picture) -> Picture:
    return np.repeat(picture[:, :, None], 3, axis=2) if picture.ndim == 2 else picture


def _noise(n: int, seed: int, slope: float = 1.0, stretch: tuple[float, float] = (1.0, 1.0)) -> Picture:
    """Seamless noise, mean 0.5: white noise whose amplitude falls as frequency ** -slope."""
    rng = np.random.default_rng(seed)
    fy, fx = np.fft.fftfreq(n)[:, None] * n * stretch[1], np.fft.rfftfreq(n)[None, :] * n * stretch[0]
    f = np.hypot(fx, fy)
    f[0, 0] = np.inf
    out = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((n, n))) * np.maximum(f, 1.0) ** -slope, (n, n))
    return np.asarray(np.clip(0.5 + 0.18 * out / out.std(), 0, 1))


def _mix(a: object, b: object, k: Picture) -> Picture:
    k = k[..., None]
    return np.asarray(np.asarray(a) * (1 - k) + np.asarray(b) * k)


def _planks(n: int, seed: int) -> Picture:
    """Boards along x, each with its own tone and grain."""
    rng = np.random.default_rng(seed)
    out = np.zeros((n, n))
    rows = 16
    h = n // rows
    grain = _noise(n, seed, 1.1, (0.1, 1.0))
    knots = _noise(n, seed + 1, 1.8, (0.35, 1.0))
    for row in range(rows):
        cuts = [0, *sorted(rng.choice(np.arange(n // 8, n - n // 8, n // 32), 2, replace=False).tolist()), n]
        for a, b in pairwise(cuts):
            tone = rng.uniform(0.62, 0.98)
            part = np.s_[row * h : (row + 1) * h, a:b]
            shift = int(rng.integers(n))
            rings = 0.5 + 0.5 * np.sin(40 * np.roll(knots, shift, axis=1)[part])
            out[part] = tone * (0.72 + 0.36 * np.roll(grain, shift, axis=0)[part] + 0.08 * rings - 0.04)
            out[row * h : (row + 1) * h, a : a + 2] *= 0.5
        out[row * h : row * h + 2] *= 0.5
    return np.clip(out, 0, 1)


def _tiles(n: int, seed: int, across: int, joint: float, spread: float, offset: bool) -> Picture:
    """Tiles or bricks, each with its own tone."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:n, 0:n] / n
    rows = across * 2 if offset else across
    row = np.floor(y * rows).astype(int)
    shifted = (x + (row % 2) * 0.5 / across) % 1 if offset else x
    column = np.floor(shifted * across).astype(int)
    tone = rng.uniform(1 - spread, 1, (rows, across))[row, column]
    u, v = (shifted * across) % 1, (y * rows) % 1
    edge = np.minimum(np.minimum(u, 1 - u) / across, np.minimum(v, 1 - v) / rows)
    body = tone * (0.8 + 0.3 * _noise(n, seed, 0.9))
    return np.where(edge < joint, 0.62 + 0.1 * _noise(n, seed + 1, 0.2), np.clip(body, 0, 1))


def _cloth(n: int, seed: int) -> Picture:
    y, x = np.mgrid[0:n, 0:n]
    weave = 0.5 + 0.25 * np.sin(x * 2 * np.pi * 32 / n) * np.cos(y * 2 * np.pi * 32 / n)
    return np.asarray(np.clip(0.5 + 0.3 * weave + 0.45 * (_noise(n, seed, 0.7) - 0.35), 0, 1))


def _landscape(n: int, seed: int) -> Picture:
    """A framed picture: sky, sun, hills, and a few houses or trees."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:n, 0:n] / n
    top, low = rng.uniform(0.2, 0.95, 3), rng.uniform(0.5, 1.0, 3)
    out = _mix(top, low, y) * (0.85 + 0.3 * _noise(n, seed, 1.4)[..., None])
    cv2.circle(out, (int(rng.uniform(0.2, 0.8) * n), int(rng.uniform(0.15, 0.35) * n)), n // 12, (1.0, 0.9, 0.4), -1)
    for layer in range(4):
        waves = sum(rng.uniform(0.01, 0.06) * np.sin(2 * np.pi * (k * x[0] + rng.uniform())) for k in range(1, 6))
        line = 0.4 + 0.14 * layer + waves
        shade = rng.uniform(0.05, 0.75, 3)
        hill = _mix(shade * 0.6, shade * 1.2, _noise(n, seed + 10 * layer + 1, 0.9))
        out = np.where((y > line[None, :])[..., None], hill, out)
    for _ in range(5):
        cx, cy, s = int(rng.uniform(0.1, 0.9) * n), int(rng.uniform(0.6, 0.9) * n), int(rng.uniform(0.03, 0.08) * n)
        wall, roof = tuple(rng.uniform(0.4, 1, 3).tolist()), tuple(rng.uniform(0.1, 0.6, 3).tolist())
        out = np.ascontiguousarray(out)
        cv2.rectangle(out, (cx - s, cy - s), (cx + s, cy + s), wall, -1)
        cv2.fillPoly(out, [np.array([[cx - s, cy - s], [cx + s, cy - s], [cx, cy - 2 * s]])], roof)
        cv2.rectangle(out, (cx - s // 3, cy), (cx + s // 3, cy + s), roof, -1)
    return np.asarray(_framed(np.clip(out, 0, 1), tuple(rng.uniform(0.1, 0.45, 3).tolist())))


def _framed(picture: Picture, colour: tuple[float, ...]) -> Picture:
    n = len(picture)
    w = n // 16
    out = np.ascontiguousarray(picture)
    cv2.rectangle(out, (0, 0), (n - 1, n - 1), (0.95, 0.94, 0.9), 2 * w)
    cv2.rectangle(out, (0, 0), (n - 1, n - 1), colour, w)
    return out


def _abstract(n: int, seed: int) -> Picture:
    """Coloured shapes, as on a modern poster or a rug."""
    rng = np.random.default_rng(seed)
    out = np.ones((n, n, 3)) * rng.uniform(0.6, 1, 3) * (0.85 + 0.15 * _noise(n, seed, 0.5)[..., None])
    for _ in range(26):
        colour = tuple(rng.uniform(0.05, 1, 3).tolist())
        cx, cy, r = (int(v) for v in (rng.uniform(0, n), rng.uniform(0, n), rng.uniform(n / 40, n / 7)))
        if rng.uniform() < 0.4:
            cv2.circle(out, (cx, cy), r, colour, -1 if rng.uniform() < 0.6 else n // 60)
        elif rng.uniform() < 0.6:
            cv2.fillPoly(out, [rng.integers(-r, r, (4, 2)) + np.array([cx, cy])], colour)
        else:
            cv2.line(out, (cx, cy), (cx + 2 * r, cy - r), colour, n // 50)
    return np.clip(out, 0, 1)


def _label(n: int, text: str, colour: tuple[float, float, float], seed: int) -> Picture:
    """A printed face of a box: a letter in a disc, stripes, a barcode."""
    rng = np.random.default_rng(seed)
    out = np.ones((n, n, 3)) * (0.78, 0.62, 0.42) * (0.85 + 0.25 * _noise(n, seed, 0.8)[..., None])
    cv2.rectangle(out, (n // 14, n // 14), (n - n // 14, n - n // 14), colour, n // 40)
    cv2.circle(out, (n // 2, n * 9 // 20), n * 3 // 10, colour, -1)
    cv2.circle(out, (n // 2, n * 9 // 20), n * 13 // 50, (1.0, 1.0, 1.0), -1)
    (w, h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, n / 80, n // 26)
    at = (n // 2 - w // 2, n * 9 // 20 + h // 2)
    ink = np.zeros((n, n), np.uint8)
    cv2.putText(ink, text, at, cv2.FONT_HERSHEY_DUPLEX, n / 80, 255, n // 26, cv2.LINE_AA)
    out = np.ascontiguousarray(_mix(out, (0.05, 0.05, 0.05), ink / 255))
    x = n // 5
    while x < n * 4 // 5:
        wide = int(rng.integers(1, 5)) * n // 256
        cv2.rectangle(out, (x, n * 4 // 5), (x + wide, n * 9 // 10), (0.1, 0.1, 0.1), -1)
        x += wide + int(rng.integers(1, 4)) * n // 128
    return np.clip(out, 0, 1)


def _books(n: int, seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    out = np.full((n, n, 3), 0.08)
    x = 0
    while x < n:
        w = int(rng.uniform(n / 26, n / 11))
        top = int(rng.uniform(0.02, 0.22) * n)
        colour = rng.uniform(0.08, 0.95, 3)
        out[top:, x : x + w - 2] = colour * (0.85 + 0.3 * _noise(n, seed + x, 0.6)[top:, x : x + w - 2, None])
        for k in range(int(rng.integers(1, 4))):
            at = top + int((0.12 + 0.2 * k + 0.1 * rng.uniform()) * n)
            out[at : at + n // 40, x + w // 6 : x + w - w // 6] = rng.uniform(0.5, 1, 3)
        x += w
    return np.asarray(np.clip(out, 0, 1))


def _screen(n: int, seed: int) -> Picture:
    """A desktop: a window with lines of text, a chart."""
    rng = np.random.default_rng(seed)
    out = _mix((0.1, 0.25, 0.5), (0.4, 0.6, 0.85), _noise(n, seed, 1.6))
    out = np.ascontiguousarray(out)
    cv2.rectangle(out, (n // 16, n // 10), (n * 9 // 16, n * 7 // 8), (0.96, 0.96, 0.96), -1)
    cv2.rectangle(out, (n // 16, n // 10), (n * 9 // 16, n // 6), (0.2, 0.3, 0.45), -1)
    for k in range(14):
        y, x = n // 5 + k * n // 22, n // 12 + int(rng.integers(0, 3)) * n // 40
        cv2.line(out, (x, y), (x + int(rng.uniform(0.1, 0.36) * n), y), tuple(rng.uniform(0, 0.6, 3).tolist()), n // 90)
    for k in range(6):
        h = int(rng.uniform(0.1, 0.5) * n)
        colour = tuple(rng.uniform(0.3, 1, 3).tolist())
        cv2.rectangle(
            out,
            (n * 5 // 8 + k * n // 18, n * 3 // 4 - h),
            (n * 5 // 8 + k * n // 18 + n // 25, n * 3 // 4),
            colour,
            -1,
        )
    return np.clip(out, 0, 1)


def _view_outside(n: int, seed: int) -> Picture:
    """What a window shows that is no real opening: sky, clouds, roofs, a tree; and the bars of the frame."""
    y, _ = np.mgrid[0:n, 0:n] / n
    out = _mix(
        _mix((0.45, 0.68, 0.95), (0.85, 0.92, 1.0), y), (1.0, 1.0, 1.0), np.clip(_noise(n, seed, 1.5) * 1.6 - 0.5, 0, 1)
    )
    out = np.ascontiguousarray(out)
    rng = np.random.default_rng(seed)
    for k in range(7):
        x, h = k * n // 6 - n // 20, int(rng.uniform(0.2, 0.45) * n)
        wall = tuple(rng.uniform(0.45, 0.85, 3).tolist())
        cv2.rectangle(out, (x, n - h), (x + n // 7, n), wall, -1)
        cv2.fillPoly(
            out, [np.array([[x, n - h], [x + n // 7, n - h], [x + n // 14, n - h - n // 12]])], (0.55, 0.25, 0.2)
        )
        for j in range(2):
            for i in range(2):
                a, b = x + n // 40 + i * n // 16, n - h + n // 25 + j * n // 10
                cv2.rectangle(out, (a, b), (a + n // 32, b + n // 24), (0.2, 0.25, 0.35), -1)
    for cx, cy, r in ((0.3, 0.8, 0.12), (0.36, 0.7, 0.1), (0.24, 0.72, 0.09)):
        cv2.circle(out, (int(cx * n), int(cy * n)), int(r * n), (0.2, 0.42, 0.18), -1)
    out *= 0.9 + 0.2 * _noise(n, seed + 3, 0.6)[..., None]
    for start, end in (((n // 2, 0), (n // 2, n)), ((0, n // 2), (n, n // 2))):
        cv2.line(out, start, end, (0.95, 0.95, 0.95), n // 32)
    cv2.rectangle(out, (0, 0), (n - 1, n - 1), (0.95, 0.95, 0.95), n // 14)
    return np.clip(out, 0, 1)


def _door(n: int, seed: int) -> Picture:
    out = 0.75 + 0.25 * _noise(n, seed, 1.0, (1.0, 0.12))
    for x in (0.12, 0.56):
        for y, h in ((0.06, 0.36), (0.5, 0.42)):
            a, b = (int(x * n), int(y * n)), (int((x + 0.32) * n), int((y + h) * n))
            cv2.rectangle(out, a, b, 0.45, n // 60)
            cv2.rectangle(out, (a[0] + n // 60, a[1] + n // 60), b, 1.0, n // 120)
    return np.clip(out, 0, 1)


def _beach_ball(n: int) -> Picture:
    red, blue, yellow, white = (0.9, 0.15, 0.12), (0.1, 0.35, 0.85), (0.98, 0.8, 0.1), (0.98, 0.98, 0.95)
    y, x = np.mgrid[0:n, 0:n] / n
    out = np.array([red, white, blue, white, yellow, white])[np.floor(x * 6).astype(int)]
    out[y[:, 0] < 0.08] = out[y[:, 0] > 0.92] = white
    return np.asarray(out)


def _leaf(n: int, seed: int) -> Picture:
    return np.asarray(
        np.clip(0.35 + 0.9 * (_noise(n, seed, 0.8) - 0.1) + 0.25 * (_noise(n, seed + 1, 0.3) > 0.62), 0, 1)
    )


def _carpet(n: int, seed: int) -> Picture:
    """A rug with a border and a pattern that does not repeat."""
    out = _abstract(n, seed) * (0.7 + 0.5 * _noise(n, seed, 0.25)[..., None])
    out = np.ascontiguousarray(out)
    for k, colour in enumerate(((0.45, 0.12, 0.14), (0.9, 0.82, 0.6), (0.2, 0.25, 0.45))):
        cv2.rectangle(out, (k * n // 30, k * n // 30), (n - 1 - k * n // 30, n - 1 - k * n // 30), colour, n // 30)
    return np.clip(out, 0, 1)


def _wallpaper(n: int, seed: int) -> Picture:
    _, x = np.mgrid[0:n, 0:n] / n
    stripes = 0.93 + 0.05 * np.sign(np.sin(2 * np.pi * 8 * x))
    return np.asarray(np.clip(stripes * (0.82 + 0.3 * _noise(n, seed, 0.8)), 0, 1))


def _draw() -> dict[str, Picture]:
    out: dict[str, Picture] = {
        "planks": _planks(1024, 1),
        "grain": np.clip(0.7 + 0.55 * (_noise(512, 2, 1.0, (0.08, 1.0)) - 0.35), 0, 1),
        "tiles": _tiles(512, 3, 6, 0.004, 0.45, False),
        "brick": _tiles(512, 4, 4, 0.006, 0.45, True),
        "cloth": _cloth(512, 5),
        "pile": np.clip(0.55 + 1.1 * (_noise(1024, 6, 0.5) - 0.4), 0, 1),
        "plaster": np.clip(0.86 + 0.35 * (_noise(1024, 7, 0.75) - 0.5), 0, 1),
        "wallpaper": _wallpaper(1024, 8),
        "marble": np.clip(
            1 - 0.6 * np.exp(-(((_noise(512, 9, 1.6) - 0.5) / 0.03) ** 2)) - 0.15 * _noise(512, 10, 0.8), 0, 1
        ),
        "metal": np.clip(0.75 + 0.4 * (_noise(256, 11, 0.4, (0.05, 1.0)) - 0.5), 0, 1),
        "speckle": np.clip(0.75 + 0.9 * (_noise(256, 12, 0.5) - 0.5), 0, 1),
        "leaf": _leaf(256, 13),
        "rug": _carpet(1024, 14),
        "screen": _screen(512, 15),
        "outside": _view_outside(512, 16),
        "door": _door(512, 17),
        "beach ball": _beach_ball(256),
    }
    out |= {
        f"picture{k}": _landscape(512, 100 + k) if k % 2 == 0 else _framed(_abstract(512, 100 + k), (0.1, 0.1, 0.12))
        for k in range(PICTURES)
    }
    out |= {f"books{k}": _books(512, 200 + k) for k in range(BOOKS)}
    inks = ((0.8, 0.1, 0.1), (0.1, 0.3, 0.8), (0.1, 0.55, 0.2), (0.7, 0.4, 0.0), (0.5, 0.1, 0.6), (0.1, 0.5, 0.55))
    out |= {
        f"label {letter}": _label(256, letter, ink, 300 + k)
        for k, (letter, ink) in enumerate(zip("ABCDEF", inks, strict=True))
    }
    return out
