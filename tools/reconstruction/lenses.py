"""Cameras as COLMAP has them: which pictures share one, what of it is fitted, and what a fit is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sightline.geometry.cameras import Intrinsics
from sightline.tools.back_ends.protocols import Seen
from sightline.tools.intrinsics import narrowed

DISTORTION_FROM = 4
"""Pictures of one lens from which its distortion is fitted; fewer cannot tell it from the focal length."""


def shared_lenses(pictures: Sequence[Seen]) -> dict[int, int]:
    """The camera id of each picture, by its place: pictures with equal intrinsics were taken with one camera.

    A guess is no knowledge: guesses for pictures of one size are taken for one camera, as a person's photos mostly are.
    """
    ids: dict[Intrinsics, int] = {}
    return {n: ids.setdefault(picture.intrinsics, len(ids) + 1) for n, picture in enumerate(pictures)}


def colmap_camera(intrinsics: Intrinsics, camera_id: int, shared: int) -> Any:
    """A pycolmap camera, with what of it is to be fitted.

    One that is known stays as it is; else the focal length is fitted, and one radial coefficient where enough pictures
    share the lens.

    Args:
        intrinsics: What is known.
        camera_id: Its id.
        shared: Pictures taken with it.
    """
    import pycolmap

    i = intrinsics
    if i.distortion:
        k1, k2, p1, p2, k3 = i.distortion
        model, params = "FULL_OPENCV", [i.fx, i.fy, i.cx, i.cy, k1, k2, p1, p2, k3, 0.0, 0.0, 0.0]
    elif i.source == "known":
        model, params = "PINHOLE", [i.fx, i.fy, i.cx, i.cy]
    elif shared >= DISTORTION_FROM:
        model, params = "SIMPLE_RADIAL", [(i.fx + i.fy) / 2, i.cx, i.cy, 0.0]
    else:
        model, params = "SIMPLE_PINHOLE", [(i.fx + i.fy) / 2, i.cx, i.cy]
    return pycolmap.Camera(
        camera_id=camera_id,
        model=model,
        width=i.width,
        height=i.height,
        params=params,
        has_prior_focal_length=i.source != "guess",
    )


def fitted_intrinsics(before: Intrinsics, camera: Any, views: int) -> Intrinsics:
    """A picture's intrinsics after the fit, with what the fit is worth.

    Args:
        before: As they were given.
        camera: pycolmap's camera.
        views: Pictures of the model that share it: each more narrows the focal length.
    """
    if before.source == "known":
        return before
    focal = float(camera.mean_focal_length())
    distortion: tuple[float, ...] = ()
    if camera.model_name == "SIMPLE_RADIAL":
        k = float(camera.params[3])
        distortion = (k, 0.0, 0.0, 0.0, 0.0) if abs(k) > 1e-4 else ()
    elif camera.model_name == "FULL_OPENCV":
        distortion = tuple(float(v) for v in camera.params[4:9])
    # With two views a focal length and a bend of the scene can be traded; from five on a few percent remain.
    factor = 1 + 0.3 / max(1, views - 1)
    return narrowed(before, focal, min(factor, before.focal_factor), distortion)


def strongest_bend(intrinsics: Intrinsics) -> float:
    """How far distortion moves a corner of the picture, as a share of its distance from the centre."""
    if not intrinsics.distortion:
        return 0.0
    r2 = (math.hypot(intrinsics.width / intrinsics.fx, intrinsics.height / intrinsics.fy) / 2) ** 2
    k1, k2, _, _, k3 = intrinsics.distortion
    return abs(k1 * r2 + k2 * r2**2 + k3 * r2**3)
