"""Whether two pictures show one place around what they have in common, or no more than a rug that two places have.

A motion that fits a shared rug in every way still says where, along a line, all else in one picture should be seen in
the other. In pictures of one place much of it is there; in pictures of two places what is found along those lines looks
no more like it than what is found beside them. No third picture is needed for that, and no depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.tools.reconstruction.epipolar import Floats, unit
from sightline.tools.reconstruction.matching import Features

ONLY_FLAT = "only something flat in common, as a rug or a poster that two places may have"
"""What is said of two pictures whose surroundings differ; after `they have`."""
_ENOUGH = 100
"""Points around what is common, looked for in the other picture, from which there is a say."""
_ALIKE = 0.16
"""Share, beyond chance, of points that look more like what is on their lines than like what is beside them, below which
the surroundings are not confirmed. Of 18 believed pairs of two rooms, seen under less than 15 degrees, the most alike
had 0.12 (one at 31 degrees 0.18); of 20 such pairs of one room (known and guessed lenses, weak texture, a walker,
two of photos) the least had 0.21. At 18 degrees one room had 0.15 to 0.34, at 27 only 0.03."""
_TELLING, _TOO_FAR = 15.0, 35.0
"""Degrees between the rays to what is common up to which surroundings of one place are recognised, and beyond which
two pictures alone are not believed: between these, one place may look as different around a rug as two do."""
_MOST = 300
_NEAR = 0.006
"""Distance from a line, as a share of a picture's longer side, within which a point is on it."""
_ASIDE = (-0.06, -0.03, 0.03, 0.06)
"""Distances of the lines beside it, on which chance is counted."""
_DEPTHS = (0.5, 6.0)
"""How much nearer than the nearest and farther than the farthest common point what lies around may be."""
_STEPS = 16
_VISIBLE = 0.8
"""Share of those depths at which a point must lie inside the other picture to be expected there."""
_WIDER = 1.1
_ROUNDS = 200
_ON_PLANE = 2.0
_FEWEST = 4


@dataclass(frozen=True)
class View:
    """A picture's points of interest, with what its lens makes of them.

    Attributes:
        features: Of the picture.
        rays: (N, 3) theirs on the plane z = 1.
        side: The picture's longer side on that plane.
    """

    features: Features
    rays: Floats
    side: float


@dataclass(frozen=True)
class Surroundings:
    """What was found of what lies around the common thing.

    Attributes:
        asked: Points looked for, in both pictures together.
        alike: By how much more often than by chance they look like what is where they should be: 0 as by chance, 1 all.
        angle: Median angle in degrees between the two rays to the common points.
    """

    asked: int
    alike: float
    angle: float

    @property
    def unconfirmed(self) -> bool:
        """Whether nothing but the common thing speaks for one place."""
        return self.asked >= _ENOUGH and self.alike < _ALIKE

    @property
    def differ(self) -> bool:
        """Whether the pictures are not to be joined: they show two places, or are too far apart to be believed."""
        return self.unconfirmed and not _TELLING <= self.angle <= _TOO_FAR

    @property
    def confirmed(self) -> bool:
        """Whether what lies around speaks for one place."""
        return self.asked >= _ENOUGH and self.alike >= _ALIKE


def surroundings(
    a: View, b: View, pairs: NDArray[np.intp], rotation: Floats, translation: Floats | None, limit: float
) -> Surroundings:
    """Look for what lies around the largest plane that two pictures share.

    Args:
        a: The first picture.
        b: The second.
        pairs: (N, 2) indices of the points that agree with the motion.
        rotation: (3, 3) from the first camera's axes to the second's.
        translation: (3,) in the second camera's axes, of any length; None for a turn on the spot.
        limit: Distance on the plane z = 1 within which a match agrees.
    """
    ra, rb = a.rays[pairs[:, 0]], b.rays[pairs[:, 1]]
    angle = float(np.degrees(np.median(np.arccos(np.clip(np.sum(unit(ra @ rotation.T) * unit(rb), axis=1), -1, 1)))))
    if translation is None:
        moved, inverse = np.zeros(3), np.zeros((2, 1))
        flat = np.ones(len(pairs), bool)
    else:
        moved = translation
        depths = _depths(ra, rb, rotation, translation), _depths(rb, ra, rotation.T, -rotation.T @ translation)
        if min(int((d > 0).sum()) for d in depths) < _FEWEST:
            return Surroundings(0, 0.0, angle)
        inverse = np.stack([_inverse_depths(d[d > 0]) for d in depths])
        flat = _largest_plane(ra, rb, depths[0], rotation, translation, _ON_PLANE * limit)
    there = _compared(a, b, pairs[flat, 0], rotation, moved, inverse[0])
    back = _compared(b, a, pairs[flat, 1], rotation.T, -rotation.T @ moved, inverse[1])
    scores = np.concatenate([there, back])
    return Surroundings(len(scores), float(scores.mean()) if len(scores) else 0.0, angle)


def clearest(found: Sequence[Surroundings]) -> Surroundings:
    """The one that speaks most for one place, of those of several motions that are possible, the likeliest first.

    Another motion can confirm a place where the likeliest does not; that it has no say confirms nothing.
    """
    return max(found, key=lambda one: (one.confirmed, one.alike)) if any(one.confirmed for one in found) else found[0]


def _depths(ra: Floats, rb: Floats, rotation: Floats, translation: Floats) -> Floats:
    """Along the first rays, by least squares of z1 R x1 + t = z2 x2; (N,)."""
    turned = ra @ rotation.T
    aa, ab, bb = np.sum(turned**2, axis=1), np.sum(turned * rb, axis=1), np.sum(rb**2, axis=1)
    at, bt = turned @ translation, rb @ translation
    return np.asarray((ab * bt - bb * at) / np.maximum(aa * bb - ab * ab, 1e-12))


def _inverse_depths(depths: Floats) -> Floats:
    """From far to near, (_STEPS,)."""
    near, far = np.percentile(depths, (5, 95))
    return np.linspace(1 / (_DEPTHS[1] * far), 1 / (_DEPTHS[0] * near), _STEPS)


def _largest_plane(
    ra: Floats, rb: Floats, depths: Floats, rotation: Floats, translation: Floats, within: float
) -> NDArray[np.bool_]:
    """Which matches lie on the plane that most of them share: on one, the inverse depth is linear in the ray."""
    rng = np.random.default_rng(0)
    inverse = 1 / np.where(np.abs(depths) > 1e-9, depths, 1e-9)
    turned = ra @ rotation.T
    best = np.zeros(len(ra), bool)
    for _ in range(_ROUNDS):
        three = rng.choice(len(ra), 3, replace=False)
        if abs(np.linalg.det(ra[three])) < 1e-9:
            continue
        seen = turned + (ra @ np.linalg.solve(ra[three], inverse[three]))[:, None] * translation
        ahead = seen[:, 2] > 1e-9
        away = np.linalg.norm(seen[:, :2] / np.where(ahead, seen[:, 2], 1)[:, None] - rb[:, :2], axis=1)
        on = ahead & (away < within)
        if on.sum() > best.sum():
            best = on
    return best


def _compared(
    a: View, b: View, common: NDArray[np.intp], rotation: Floats, translation: Floats, inverse: Floats
) -> Floats:
    """For each point of the first picture around the common ones that the second should show: how it compares.

    1 where it looks more like something on its line than like anything on the lines beside it, -1 where less.
    """
    rows = _outside(a.rays[:, :2], common)
    seen = (a.rays[rows] @ rotation.T)[:, None] + inverse[:, None] * translation
    ahead = seen[..., 2] > 1e-6
    places = seen[..., :2] / np.where(ahead, seen[..., 2], 1.0)[..., None]
    low, high = np.percentile(b.rays[:, :2], (1, 99), axis=0) if len(b.rays) else np.zeros((2, 2))
    inside = ahead & (places > low).all(axis=-1) & (places < high).all(axis=-1)
    expected = np.flatnonzero(inside.mean(axis=1) >= _VISIBLE)
    if not len(expected):
        return np.zeros(0)
    expected = expected[np.unique(np.linspace(0, len(expected) - 1, _MOST).astype(np.intp))]
    own, inside = places[expected], inside[expected]
    each = np.arange(len(expected))
    start, end = own[each, inside.argmax(axis=1)], own[each, inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)]
    length = np.linalg.norm(end - start, axis=1)
    along = np.where(length[:, None] > 1e-9, (end - start) / np.maximum(length, 1e-9)[:, None], (1.0, 0.0))
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    near = _NEAR * b.side
    offset = b.rays[None, :, :2] - start[:, None]
    forth = np.einsum("npk,nk->np", offset, along)
    between = (forth > -near) & (forth < length[:, None] + near)
    sideways = np.einsum("npk,nk->np", offset, across)
    alike = a.features.descriptors[rows[expected]] @ b.features.descriptors.T

    def best(aside: float) -> Floats:
        on = between & (np.abs(sideways - aside * b.side) < near)
        return np.asarray(np.where(on, alike, -1.0).max(axis=1))

    here = best(0.0)
    beside = np.stack([best(aside) for aside in _ASIDE])
    asked = (here >= 0) & (beside >= 0).any(axis=0)
    compared = np.where(beside >= 0, np.sign(here - beside), np.nan)[:, asked]
    return np.asarray(np.nanmean(compared, axis=0)) if asked.any() else np.zeros(0)


def _outside(points: Floats, common: NDArray[np.intp]) -> NDArray[np.intp]:
    """The points outside the convex hull of some of them, made a little wider; none where these span nothing."""
    from scipy.spatial import ConvexHull, Delaunay, QhullError

    try:
        hull = points[common][ConvexHull(points[common]).vertices]
        middle = hull.mean(axis=0)
        return np.flatnonzero(Delaunay(middle + _WIDER * (hull - middle)).find_simplex(points) < 0)
    except (QhullError, ValueError):
        return np.zeros(0, np.intp)
