"""Aligning two sets of points, directions or cameras: similarity, rigid motion, rotation.

Reconstructions come in their own worlds. To compare one with another, or with ground truth, the rotation, shift and
scale between them are found here, never a reflection: a mirrored scene keeps a large residual instead of a good fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_RANK = 1e-10
"""Ratio of the singular values of a cross-covariance below which it has lost a dimension."""
_DUST = 1e-12


@dataclass(frozen=True)
class Similarity:
    """A rotation, one scale and a shift: x -> scale * rotation @ x + translation.

    Attributes:
        scale: Positive; 1 for a rigid motion.
        rotation: (3, 3) float64, det +1.
        translation: (3,) float64, in the target's units.
        rms: Root mean square of the (weighted) residual distances after alignment, in the target's units.
    """

    scale: float
    rotation: Floats
    translation: Floats
    rms: float = 0.0

    @property
    def matrix(self) -> Floats:
        """The same as a (4, 4) matrix, source to target."""
        out = np.eye(4)
        out[:3, :3] = self.scale * self.rotation
        out[:3, 3] = self.translation
        return out

    def apply(self, points: ArrayLike) -> Floats:
        """Source points (..., 3) in the target's world, (..., 3)."""
        return self.scale * np.asarray(points, dtype=np.float64) @ self.rotation.T + self.translation

    def apply_to_pose(self, pose: ArrayLike) -> Floats:
        """A camera-to-world pose (4, 4) of the source's world in the target's; its rotation stays a rotation."""
        pose = np.asarray(pose, dtype=np.float64)
        out = np.eye(4)
        out[:3, :3] = self.rotation @ pose[:3, :3]
        out[:3, 3] = self.apply(pose[:3, 3])
        return out

    def inverse(self) -> Self:
        """Target to source; the residual is in the source's units."""
        rotation = self.rotation.T
        return type(self)(1 / self.scale, rotation, -(rotation @ self.translation) / self.scale, self.rms / self.scale)


def umeyama(source: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None) -> Similarity:
    """The similarity that takes one set of points to another with the least squared error.

    Source: S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991,
    equations 40 to 43, with weights in the means and the covariance.

    Args:
        source: (N, 3), N >= 3.
        target: (N, 3), point by point the same as source.
        weights: (N,) not negative; all equal where None.

    Raises:
        ValueError: Fewer than three points count, or they coincide or lie on one line: the rotation about that line
            cannot be known from points (`align_poses` can tell it from cameras).
    """
    return _fit(source, target, weights, scaled=True)


def kabsch(source: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None) -> Similarity:
    """The rigid motion (scale 1) that takes one set of points to another with the least squared error.

    Source: W. Kabsch, Acta Crystallographica A 32 and 34, with the sign of the last singular vector chosen so that
    mirrored sets give the best rotation, not a reflection.

    Args:
        source: (N, 3), N >= 3.
        target: (N, 3), point by point the same as source.
        weights: (N,) not negative; all equal where None.

    Raises:
        ValueError: As for `umeyama`.
    """
    return _fit(source, target, weights, scaled=False)


def align_poses(source: Sequence[ArrayLike], target: Sequence[ArrayLike]) -> Similarity:
    """The similarity between two worlds from cameras known in both.

    The rotation is the average of the cameras' own rotations, the scale and shift then follow from their centres. So
    two cameras are enough, and cameras on one line serve as well: points alone would leave the turn about it open.

    Args:
        source: Camera-to-world poses, (4, 4) each.
        target: The same cameras in the other world.

    Raises:
        ValueError: Fewer than two cameras, all in one spot in one of the worlds, or rotations that contradict.
    """
    a, b = _poses(source), _poses(target)
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(f"two worlds are aligned by two cameras or more known in both, not {len(a)} and {len(b)}")
    rotation = average_rotation(b[:, :3, :3] @ a[:, :3, :3].transpose(0, 2, 1))
    x, y = a[:, :3, 3], b[:, :3, 3]
    dx, dy = (x - x.mean(axis=0)) @ rotation.T, y - y.mean(axis=0)
    spread = float((dx * dx).sum())
    scale = float((dx * dy).sum()) / spread if spread > 0 else 0.0
    if scale <= _DUST * max(1.0, float(np.abs(y).max())):
        raise ValueError("the cameras stand in one spot, or their centres and rotations contradict: no scale follows")
    shift = y.mean(axis=0) - scale * rotation @ x.mean(axis=0)
    return Similarity(scale, rotation, shift, float(np.sqrt(((scale * dx - dy) ** 2).sum(axis=1).mean())))


def rotation_between(a: ArrayLike, b: ArrayLike) -> Floats:
    """The smallest rotation (3, 3) that takes direction `a` to direction `b`.

    It is the product of two half turns, about `a` and about the direction half way, which stays exact up to and
    including antiparallel directions; there the half turn is about an axis chosen square to both.

    Args:
        a: (3,), of any length.
        b: (3,), of any length.

    Raises:
        ValueError: One has no length.
    """
    u, v = _unit(a), _unit(b)
    if u @ v >= 0:
        middle = _unit(u + v)
    else:
        apart = _unit(u - v)
        half = u + v
        half = half - (half @ apart) * apart
        if float(np.linalg.norm(half)) > 1e-14:
            middle = _unit(half)
        else:
            middle = _unit(np.cross(apart, np.eye(3)[np.argmin(np.abs(apart))]))
        middle = _unit(middle - (middle @ apart) * apart)
    return (2 * np.outer(middle, middle) - np.eye(3)) @ (2 * np.outer(u, u) - np.eye(3))


def average_rotation(rotations: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """The rotation (3, 3) nearest to all of these in the chordal sense: the projection of their mean onto rotations.

    Source: R. Hartley et al., "Rotation averaging", IJCV 2013, section 5.3 (chordal L2 mean).

    Args:
        rotations: (N, 3, 3).
        weights: (N,) not negative; all equal where None.

    Raises:
        ValueError: There are none, or they cancel out, so that no average stands out.
    """
    r = np.asarray(rotations, dtype=np.float64)
    if r.ndim != 3 or r.shape[1:] != (3, 3) or len(r) == 0:
        raise ValueError(f"rotations are an (N, 3, 3) array with N of at least 1, not {r.shape}")
    w = _weights(weights, len(r))
    u, d, vt = np.linalg.svd(np.einsum("n,nij->ij", w, r))
    sign = 1.0 if np.linalg.det(u) * np.linalg.det(vt) > 0 else -1.0
    if d[1] + sign * d[2] < 1e-9:
        raise ValueError("these rotations cancel out: they have no average")
    return np.asarray(u @ np.diag([1, 1, sign]) @ vt, dtype=np.float64)


def _fit(source: ArrayLike, target: ArrayLike, weights: ArrayLike | None, scaled: bool) -> Similarity:
    x, y = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != 3 or x.shape != y.shape:
        raise ValueError(f"source and target are (N, 3) arrays of one shape, not {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("points to align are finite")
    w = _weights(weights, len(x))
    if np.count_nonzero(w) < 3:
        raise ValueError(f"three points or more fix an alignment, not {np.count_nonzero(w)}")
    mean_x, mean_y = w @ x, w @ y
    dx, dy = x - mean_x, y - mean_y
    variance = float(w @ (dx * dx).sum(axis=1))
    covariance = (dy * w[:, None]).T @ dx
    u, d, vt = np.linalg.svd(covariance)
    reach = max(float(np.abs(x).max()), _DUST) * max(float(np.abs(y).max()), _DUST)
    if d[0] <= _DUST * reach:
        raise ValueError("the points coincide, or the two sets have nothing in common: no alignment follows")
    if d[1] <= _RANK * d[0]:
        raise ValueError("the points lie on one line: the turn about it cannot be known")
    signs = np.array([1.0, 1.0, 1.0 if np.linalg.det(u) * np.linalg.det(vt) > 0 else -1.0])
    rotation = u @ np.diag(signs) @ vt
    scale = float(d @ signs) / variance if scaled else 1.0
    shift = mean_y - scale * rotation @ mean_x
    error = scale * dx @ rotation.T - dy
    return Similarity(scale, rotation, shift, float(np.sqrt(w @ (error * error).sum(axis=1))))


def _weights(weights: ArrayLike | None, count: int) -> Floats:
    """Weights that sum to one."""
    if weights is None:
        return np.full(count, 1 / max(count, 1))
    w = np.asarray(weights, dtype=np.float64)
    if w.shape != (count,) or not np.isfinite(w).all() or (w < 0).any() or w.sum() <= 0:
        raise ValueError(f"weights are {count} finite numbers, none negative and not all zero")
    return np.asarray(w / w.sum(), dtype=np.float64)


def _poses(poses: Sequence[ArrayLike]) -> Floats:
    return np.array([np.asarray(p, dtype=np.float64) for p in poses]).reshape(-1, 4, 4)


def _unit(vector: ArrayLike) -> Floats:
    v = np.asarray(vector, dtype=np.float64)
    size = float(np.linalg.norm(v))
    if v.shape != (3,) or not np.isfinite(size) or size == 0:
        raise ValueError("a direction is three finite numbers, not all zero")
    return np.asarray(v / size, dtype=np.float64)
