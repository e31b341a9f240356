"""The geometry of two pictures: rotations between rays, essential matrices, and distances from epipolar lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def turn_between(a: Floats, b: Floats) -> Floats:
    """The rotation R that brings R a nearest to b (Kabsch 1976); unit vectors, so no centroids."""
    u, _, vt = np.linalg.svd(b.T @ a)
    flip = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(u @ vt)))])
    return np.asarray(u @ flip @ vt)


def essential_matrix(rotation: Floats, translation: Floats) -> Floats:
    """(3, 3) of a motion x2 = rotation x1 + translation."""
    x, y, z = translation
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(cross @ rotation)


def sampson(essential: Floats, ra: Floats, rb: Floats, *, signed: bool = False) -> Floats:
    """Sampson distance on the plane z = 1 (Hartley and Zisserman 2004, section 11.4.3), (N,)."""
    la, lb = ra @ essential.T, rb @ essential
    top = np.sum(rb * la, axis=1)
    distance = top / np.sqrt(np.maximum(la[:, 0] ** 2 + la[:, 1] ** 2 + lb[:, 0] ** 2 + lb[:, 1] ** 2, 1e-18))
    return np.asarray(distance if signed else np.abs(distance))


def tangent(direction: Floats) -> Floats:
    """(3, 2) orthonormal basis square to a unit vector."""
    _, _, vt = np.linalg.svd(direction.reshape(1, 3))
    return np.asarray(vt[1:].T)


def unit(vectors: Floats) -> Floats:
    """Vectors (..., 3) of length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def rms(values: Floats) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(values))))
