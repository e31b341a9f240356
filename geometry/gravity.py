"""Where up is: from the floor's plane, or from how people hold cameras.

Nothing in a picture says which way gravity pulls, but two things nearly always hold: a large plane that all cameras
are above and nearly nothing is below is the floor, and photographers hold cameras level, so that the cameras' right
axes are horizontal. Each estimate comes with the degrees by which it may be off, and refuses where it cannot tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_MOST_POINTS = 20_000
_TRIES = 400
_PLANES = 6
_THICKNESS = 0.01
"""Half the thickness of a plane, over the size of the scene."""
_SHARE = 0.06
"""A floor holds at least this share of the points."""
_BELOW = 0.06
"""And at most this share of them lies below it."""
_TILT_OF_HINT = 40.0
"""Degrees by which a floor's normal may differ from the up that the cameras suggest."""
_ROLL = 2.0
"""Degrees by which people hold cameras out of level, for want of more data (a standard deviation)."""
_COMMON_ROLL = 1.0
"""Degrees by which all pictures of one person may be out of level to the same side."""
_MOST_OFF = 1 / 3
"""Share of the cameras that may not have been held level."""
_STANDS_OUT = 2.0
"""A plane holds this many times the points of a slab of its own thickness beside it; a filled volume does not."""
_LEVEL = 12.0
"""Degrees of roll beyond which a camera was not held level: it is left out of the consensus."""
_WORST = 20.0
"""An up that may be off by more degrees than this is none."""
_LEAST_ERROR = 0.3


@dataclass(frozen=True)
class Gravity:
    """Up, and how well it is known.

    Attributes:
        up: (3,) unit vector in the world of the input.
        error: Degrees by which it may be off (about 95 %).
        source: What told it.
        share: The share of the points in the floor, or of the cameras held level.
        height: The cameras' mean height above the floor in world units; None where no floor was found.
        text: The same in words.
    """

    up: Floats
    error: float
    source: Literal["floor", "cameras"]
    share: float
    height: float | None
    text: str


def estimate_gravity(poses: ArrayLike, points: ArrayLike | None = None, seed: int = 0) -> Gravity:
    """Up from the floor where there is one that agrees with the cameras, else from the cameras alone.

    Args:
        poses: (N, 4, 4) camera-to-world.
        points: (M, 3) of the scene; None where there are none.
        seed: Of the random sampling; the same input and seed give the same result.

    Raises:
        ValueError: Neither can tell; the message says why for both.
    """
    p = _poses(poses)
    hint = -p[:, :3, 1].mean(axis=0)
    floor = cameras = None
    reasons = []
    if points is not None:
        try:
            floor = up_from_floor(points, p[:, :3, 3], hint if np.linalg.norm(hint) > 0.3 else None, seed)
        except ValueError as error:
            reasons.append(str(error))
    try:
        cameras = up_from_cameras(p)
    except ValueError as error:
        reasons.append(str(error))
    if floor is None and cameras is None:
        raise ValueError("; ".join(reasons))
    if floor is None or cameras is None:
        found = floor or cameras
        assert found is not None, "one of them is there"
        return found
    apart = _angle(floor.up, cameras.up)
    if apart <= floor.error + cameras.error:
        return floor
    # A large flat thing may pass for a floor, and a person may hold every photo askew: neither is sure then.
    text = f"{cameras.text}; the floor's plane disagrees by {apart:.0f} degrees"
    return replace(cameras, error=max(cameras.error, apart), text=text)


def up_from_floor(points: ArrayLike, eyes: ArrayLike, hint: ArrayLike | None = None, seed: int = 0) -> Gravity:
    """Up as the normal of the floor, the largest plane that the cameras are above and nearly nothing is below.

    Planes are found one after the other by RANSAC (Fischler and Bolles 1981) and fitted to their points by least
    squares. The side on which the cameras are decides the sign. The error counts the points' distances from the plane
    as shared by all of one side of it, since a bent reconstruction errs so, not as independent.

    Args:
        points: (M, 3) of the scene.
        eyes: (N, 3) camera positions.
        hint: (3,) roughly up, such as the mean of the cameras' picture-up; a floor is within 40 degrees of it. Without
            one, a wall is not told from a floor, and two candidates lead to a refusal.
        seed: Of the random sampling.

    Raises:
        ValueError: There is no such plane, or more than one that cannot be told apart.
    """
    cloud, cameras = _finite(points), np.asarray(eyes, dtype=np.float64).reshape(-1, 3)
    if len(cloud) < 20 or len(cameras) == 0:
        raise ValueError(f"a floor is found among 20 points or more under a camera, not {len(cloud)}")
    if len(cloud) > _MOST_POINTS:
        cloud = cloud[np.random.default_rng(seed).choice(len(cloud), _MOST_POINTS, replace=False)]
    low, high = np.quantile(cloud, [0.02, 0.98], axis=0)
    thickness = _THICKNESS * float(np.linalg.norm(high - low))
    if thickness == 0:
        raise ValueError("the points coincide: there is no floor in them")
    found = []
    for normal, offset, inside in _planes(cloud, thickness, np.random.default_rng(seed)):
        sides = cameras @ normal - offset
        if abs(float(np.median(sides))) < 2 * thickness or (np.sign(sides) == np.sign(np.median(sides))).mean() < 0.9:
            continue  # the cameras are in the plane, or on both sides of it
        up = normal * np.sign(np.median(sides))
        height = (cloud - cloud[inside].mean(axis=0)) @ up
        below = float((height < -3 * thickness).mean())
        beside = max(int(((s * height > thickness) & (s * height < 3 * thickness)).sum()) for s in (1, -1))
        if int(inside.sum()) < _STANDS_OUT * beside:
            continue
        if below > _BELOW or inside.mean() < _SHARE or (hint is not None and _angle(up, hint) > _TILT_OF_HINT):
            continue
        found.append((float(inside.mean()), up, _plane_error(cloud[inside], up), float(np.abs(sides).mean())))
    if not found:
        raise ValueError("no floor was found: no large plane has the cameras above it and nearly nothing below it")
    found.sort(key=lambda plane: -plane[0])
    share, up, error, height = found[0]
    for other in found[1:]:
        if other[0] > 0.6 * share and _angle(other[1], up) > max(10.0, error + other[2]):
            raise ValueError("two planes could each be the floor, and nothing tells which")
    if error > _WORST:
        raise ValueError(f"the floor seen is too narrow or too rough: up could be off by {error:.0f} degrees")
    text = f"up from the floor's plane ({100 * share:.0f} % of the points), within {error:.1f} degrees"
    return Gravity(up, error, "floor", share, height, text)


def up_from_cameras(poses: ArrayLike) -> Gravity:
    """Up from how cameras are held: the direction to which their right axes are square.

    Minimises the sum of squared right-axis components along up (as in R. Szeliski, "Image alignment and stitching",
    2006, on up-vector selection) over those cameras that agree, found from all pairs; the sign is that of picture-up.

    Args:
        poses: (N, 4, 4) camera-to-world.

    Raises:
        ValueError: Fewer than two cameras, all looking the same way or its opposite, or not held level.
    """
    p = _poses(poses)
    if len(p) < 2:
        raise ValueError("up follows from two cameras or more that look in different directions; there is one")
    right, picture_up = p[:, :3, 0], -p[:, :3, 1]
    if np.linalg.eigvalsh(right.T @ right / len(p))[1] < math.sin(math.radians(5)) ** 2:
        raise ValueError("the cameras all look the same way: their right axes do not tell which way is up")
    level = _most_level(right, picture_up)
    n = int(level.sum())
    if n < max(2.0, (1 - _MOST_OFF) * len(p)):
        raise ValueError("the cameras were not held level: no direction is square to the right axes of most")
    values, vectors = np.linalg.eigh(right[level].T @ right[level])
    up, across = vectors[:, 0], vectors[:, 1]
    lean = float((picture_up[level] @ up).mean())
    if abs(lean) < 0.15:
        raise ValueError("the cameras look straight up or down: their picture-up does not tell which way is up")
    up = up * math.copysign(1.0, lean)
    # The roll's variance: what is seen in n cameras with two unknowns, and four counts of what is usual.
    variance = (values[0] + 4 * math.radians(_ROLL) ** 2) / (n - 2 + 4)
    shared = math.radians(_COMMON_ROLL) * abs(float((right[level] @ across).sum())) / values[1]
    error = math.degrees(2 * math.sqrt(variance / values[1]) + shared)
    if error > _WORST:
        raise ValueError(f"the cameras look nearly the same way: up could be off by {error:.0f} degrees")
    text = f"up from how {n} of {len(p)} cameras were held, within {error:.1f} degrees"
    return Gravity(up, error, "cameras", n / len(p), None, text)


def _most_level(right: Floats, picture_up: Floats) -> NDArray[np.bool_]:
    """The most cameras that are within `_LEVEL` degrees of level for one direction of up."""
    first, second = np.triu_indices(min(len(right), 60), 1)
    axes = np.cross(right[first], right[second])
    sizes = np.linalg.norm(axes, axis=1)
    usable = sizes > math.sin(math.radians(5))
    axes = axes[usable] / sizes[usable, None]
    if len(axes) == 0:
        return np.zeros(len(right), np.bool_)
    axes = np.concatenate([axes, -axes])
    off = np.abs(axes @ right.T)
    agree = (off < math.sin(math.radians(_LEVEL))) & (axes @ picture_up.T > -0.15)
    best = np.lexsort((np.where(agree, off, 0).sum(axis=1), -agree.sum(axis=1)))[0]
    return np.asarray(agree[best])


def _planes(cloud: Floats, thickness: float, rng: np.random.Generator) -> list[tuple[Floats, float, NDArray[np.bool_]]]:
    """The largest planes, each with its unit normal, its offset along it, and its points."""
    left = np.ones(len(cloud), np.bool_)
    out = []
    for _ in range(_PLANES):
        rest = cloud[left]
        if len(rest) < max(20, _SHARE / 2 * len(cloud)):
            break
        corners = rest[rng.integers(0, len(rest), (_TRIES, 3))]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        sizes = np.linalg.norm(normals, axis=1)
        good = sizes > 1e-12 * max(float(sizes.max()), 1e-300)
        if not good.any():
            break
        normals, origins = normals[good] / sizes[good, None], corners[good, 0]
        trial = rest[rng.integers(0, len(rest), min(len(rest), 2000))]
        counts = (np.abs(trial @ normals.T - (normals * origins).sum(axis=1)) < thickness).sum(axis=0)
        best = int(np.argmax(counts))
        normal, offset = normals[best], float(normals[best] @ origins[best])
        for _ in range(3):
            inside = np.abs(cloud @ normal - offset) < thickness
            if (inside & left).sum() < 10:
                break
            middle = cloud[inside & left].mean(axis=0)
            normal = np.linalg.svd(cloud[inside & left] - middle, full_matrices=False)[2][2]
            offset = float(normal @ middle)
        inside = np.abs(cloud @ normal - offset) < thickness
        out.append((normal, offset, inside & left))
        left &= np.abs(cloud @ normal - offset) >= 1.5 * thickness
    return out


def _plane_error(points: Floats, normal: Floats) -> float:
    """Degrees by which the normal of a plane through these points may be off."""
    away = points - points.mean(axis=0)
    spread = math.sqrt(max(float(np.linalg.eigvalsh(away.T @ away / len(points))[1]), 1e-300))
    noise = float(np.sqrt(((away @ normal) ** 2).mean()))
    return math.hypot(_LEAST_ERROR, math.degrees(math.atan2(noise, spread)))


def _angle(a: ArrayLike, b: ArrayLike) -> float:
    u, v = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(u, v))), float(u @ v)))


def _poses(poses: ArrayLike) -> Floats:
    p = np.asarray(poses, dtype=np.float64)
    if p.ndim != 3 or p.shape[1:] != (4, 4):
        raise ValueError(f"poses are an (N, 4, 4) array, not {p.shape}")
    return p


def _finite(points: ArrayLike) -> Floats:
    p = np.asarray(points, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] != 3:
        raise ValueError(f"points are an (N, 3) array, not {p.shape}")
    return p[np.isfinite(p).all(axis=1)]
