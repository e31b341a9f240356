"""What must hold before a pair of pictures, or a camera in a model, is believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.tools.reconstruction.epipolar import essential_matrix, sampson
from sightline.tools.reconstruction.matching import Features
from sightline.tools.reconstruction.motion_fits import LEAST_DENSITY
from sightline.tools.reconstruction.pairs import Pair
from sightline.tools.reconstruction.two_view import hull_share

_PIXELS = 6.0
"""Distance from its line, in pixels of a picture of 1000 pixels, up to which a match agrees with two cameras."""
_AGREEMENT = 0.85
"""Share of a pair's matches that must lie on their lines; 0.99 do for cameras that are right."""
_SURE = 40
"""Matches from which a pair has a say."""
_SMALLEST_SPREAD = 0.02


def dense_enough(agreeing: NDArray[np.intp], a: Features, b: Features) -> bool:
    """Whether the matches that agree are a fair share of all features among them, in both pictures.

    See `motion_fits.LEAST_DENSITY`: repeated textures agree with motions that never were.
    """
    for side, features in ((0, a), (1, b)):
        points = features.points[agreeing[:, side]]
        spread, inside = hull_share(points, features.points)
        if spread < _SMALLEST_SPREAD or len(points) < LEAST_DENSITY * inside:
            return False
    return True


def disagreeing(images: dict[int, Any], features: Sequence[Features], verified: dict[Pair, Any]) -> list[int]:
    """Cameras that most of the pairs which say something of them contradict, the worst first.

    A pair contradicts two cameras where most of its matches do not lie on the epipolar lines that the cameras give: a
    camera a few degrees off moves those lines by many times `_PIXELS`.

    Args:
        images: pycolmap's registered images, by place of the picture.
        features: Of every picture.
        verified: Two-view geometries by pair.
    """
    contradicts = {
        pair: _share_on_lines(images[pair[0]], images[pair[1]], geometry, features[pair[0]], features[pair[1]])
        < _AGREEMENT
        for pair, geometry in verified.items()
        if pair[0] in images and pair[1] in images and len(geometry.inlier_matches) >= _SURE
    }
    out: list[int] = []
    while True:
        votes: dict[int, list[bool]] = {}
        for pair, bad in contradicts.items():
            for n in pair:
                votes.setdefault(n, []).append(bad)
        shares = {n: float(np.mean(v)) for n, v in votes.items()}
        worst = max(shares, key=lambda n: shares[n], default=None)
        if worst is None or shares[worst] <= 0.5:
            return out
        out.append(worst)
        contradicts = {pair: bad for pair, bad in contradicts.items() if worst not in pair}


def _share_on_lines(first: Any, second: Any, geometry: Any, a: Features, b: Features) -> float:
    """Share of a pair's matches that lie on the epipolar lines of two cameras of a model."""
    agreeing = np.asarray(geometry.inlier_matches, dtype=np.intp).reshape(-1, 2)
    ra = _rays(first.camera, a.points[agreeing[:, 0]])
    rb = _rays(second.camera, b.points[agreeing[:, 1]])
    between = second.cam_from_world() * first.cam_from_world().inverse()
    essential = essential_matrix(np.asarray(between.rotation.matrix()), np.asarray(between.translation))
    limit = (
        0.5
        * _PIXELS
        / 1000
        * sum(max(i.camera.width, i.camera.height) / i.camera.focal_length_x for i in (first, second))
    )
    return float(np.mean(sampson(essential, ra, rb) < limit))


def _rays(camera: Any, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels on the plane z = 1, (N, 3)."""
    flat = np.asarray(camera.cam_from_img(points)).reshape(-1, 2)
    return np.concatenate([flat, np.ones((len(flat), 1))], axis=1)
