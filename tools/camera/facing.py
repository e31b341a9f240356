"""Which points face a camera, so that a wall seen from behind does not hide the room.

A surface was seen from one side. From outside a room its walls and ceiling would be in the way, showing inside out what
nobody saw from there; views that go around things leave such points out.
"""

from __future__ import annotations

import weakref

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera
from sightline.geometry.reconstructions import Reconstruction

AWAY = -0.15
"""Cosine between a surface's normal and the way to the camera below which the surface counts as seen from behind:
normals are estimated, and what is seen at a grazing angle stays."""
_AT_ONCE = 1_000_000
_SCALE = 127.0

_known: dict[int, tuple[weakref.ref[NDArray[np.float32]], NDArray[np.int8]]] = {}


def facing(points: NDArray[np.float32], normals: NDArray[np.int8], eye: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points do not turn their back on an eye.

    Args:
        points: (N, 3), world.
        normals: (N, 3), as `normals_of` gives them.
        eye: (3,), world.

    Returns:
        (N,), True also where the normal is not known.
    """
    keep = np.ones(len(points), np.bool_)
    for begin in range(0, len(points), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        way = eye.astype(np.float32) - points[part]
        along = np.einsum("ij,ij->i", way, normals[part].astype(np.float32))
        keep[part] = along >= AWAY * _SCALE * np.sqrt(np.einsum("ij,ij->i", way, way))
        keep[part] |= ~normals[part].any(axis=1)
    return keep


def normals_of(reconstruction: Reconstruction) -> NDArray[np.int8]:
    """Unit normals times 127 towards the camera that saw each point, (N, 3); 0 where there is no depth map to tell.

    Computed once for a cloud, from the depth map of the picture that each point was seen in.
    """
    points, view = reconstruction.cloud.points, reconstruction.cloud.view
    key = id(points)
    held = _known.get(key)
    if held is not None and held[0]() is points:
        return held[1]
    normals = np.zeros(points.shape, np.int8)
    for index, handle in enumerate(reconstruction.handles):
        depth = reconstruction.depths.get(handle)
        if depth is None:
            continue
        seen_by = reconstruction.cameras[handle]
        height, width = depth.shape
        lens = seen_by.intrinsics.resized((width, height))
        small = Camera(lens, seen_by.pose)
        field = _normal_map(small, depth)
        chosen = np.flatnonzero(view == index)
        for begin in range(0, len(chosen), _AT_ONCE):
            part = chosen[begin : begin + _AT_ONCE]
            pixels, _ = small.project(points[part])
            with np.errstate(invalid="ignore"):
                inside = (pixels >= 0).all(axis=1) & (pixels < (width, height)).all(axis=1)
            columns, rows = pixels[inside].astype(np.intp).T
            normals[part[inside]] = field[rows, columns]
    _known[key] = (weakref.ref(points, lambda _: _known.pop(key, None)), normals)
    return normals


def _normal_map(camera: Camera, depth: NDArray[np.float32]) -> NDArray[np.int8]:
    """World normals of a depth map's surface towards its camera, times 127, (h, w, 3); 0 where unknown."""
    k = camera.intrinsics
    known = np.where(depth > 0, depth, np.nan)
    points = k.unproject(k.pixel_grid(), known)
    across, down = _step(points, 1), _step(points, 0)
    normal = np.cross(down, across)  # x right, y down, z ahead: this points back at the camera
    with np.errstate(invalid="ignore", divide="ignore"):
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    world = np.nan_to_num(normal @ camera.rotation.T * _SCALE, nan=0.0)
    return np.rint(world).astype(np.int8)


def _step(points: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """From each pixel's point to the next along an axis, or from the one before: whichever jumps less in depth.

    So an edge between two surfaces bends no normal. (h, w, 3); NaN where neither is known.
    """
    between = np.diff(points, axis=axis)
    rim = np.full_like(np.take(points, [0], axis=axis), np.nan)
    ahead, behind = np.concatenate([between, rim], axis=axis), np.concatenate([rim, between], axis=axis)
    jump_ahead, jump_behind = (np.nan_to_num(np.abs(s[..., 2]), nan=np.inf) for s in (ahead, behind))
    return np.where((jump_ahead <= jump_behind)[..., None], ahead, behind)
