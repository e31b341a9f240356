"""How a camera moved between two pictures: by how much it turned, which way it went, and what cannot be told.

Two pictures give the rotation, and the direction of the translation but not its length. A camera that only turned on
the spot gives no translation at all, and says so. Every angle has an interval: from the scatter of the matches, and
from the uncertainty of the focal length, which matters more where it is a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.poses import rotation_angle
from sightline.memory import InstrumentLimit
from sightline.tools.back_ends.protocols import Seen
from sightline.tools.reconstruction.epipolar import Floats, unit
from sightline.tools.reconstruction.matching import Features, find_features, match
from sightline.tools.reconstruction.motion_fits import (
    LEAST_DENSITY,
    LEAST_IN_FRONT,
    PIXELS,
    Fit,
    Matched,
    angles,
    degrees_between,
    errors_of,
    fits_of,
    in_front,
    way_between,
)
from sightline.tools.reconstruction.surroundings import Surroundings, View, clearest, surroundings

FEWEST = 25
"""Matches that must agree with one motion. Wrong matches agree with an epipolar line by chance once in about 200."""
LEAST_SHARE = 0.3
"""Share of the matches that must agree."""
LEAST_SPREAD = 0.05
"""Share of either picture that the agreeing matches must span: a poster alone on two walls proves nothing."""
UPSIDE_DOWN = 60.0
"""Degrees of roll beyond which twice that density is asked for: photos are upright, repeated textures are not."""
_STILL = 0.15
"""Degrees of turn, and half of `PIXELS` of shift, below which two pictures are one."""
_ANOTHER = 5.0
"""Degrees from which two rotations are worth looking at apart."""


@dataclass(frozen=True)
class Interval:
    """An angle in degrees with the ends of its interval."""

    value: float
    low: float
    high: float

    def widened(self, other: float, error: float) -> Interval:
        """So that it holds another value with its error too."""
        return Interval(self.value, min(self.low, other - error), max(self.high, other + error))


@dataclass(frozen=True)
class CameraMotion:
    """How a camera moved from the first picture to the second, in the first camera's axes.

    Attributes:
        rotation: (3, 3) rotation of the second camera, camera-to-world with the first camera as the world.
        angle: By how many degrees it turned in all.
        yaw: Degrees to the right.
        pitch: Degrees up.
        roll: Degrees by which its head tilted to the right.
        translation: (3,) unit vector from the first camera to the second, x right, y down, z forward; None where it
            only turned, or where the shift is too small to tell its direction.
        translation_error: Degrees by which that direction may be off.
        turned_only: Whether a turn on the spot explains what is seen.
        same: Whether nothing moved.
        matches: Points that agree.
        parallax: Median shift in degrees that the turn does not explain.
        focal_guessed: Whether the interval rests on a guessed focal length.
        unconfirmed: Whether all rests on one flat thing, and nothing around it was found in both pictures.
    """

    rotation: Floats
    angle: Interval
    yaw: Interval
    pitch: Interval
    roll: Interval
    translation: Floats | None
    translation_error: float
    turned_only: bool
    same: bool
    matches: int
    parallax: float
    focal_guessed: bool
    unconfirmed: bool


def camera_motion(first: Seen, second: Seen) -> CameraMotion:
    """How the camera moved from one picture to the other.

    Raises:
        InstrumentLimit: They show too little of the same place, one is a mirror image of the other, what they share
            fits no single motion, or it is one flat thing and all around it differs.
    """
    a, b = find_features(first), find_features(second)
    pairs = match(a, b)
    matched = Matched(a.points[pairs[:, 0]], b.points[pairs[:, 1]], first.intrinsics, second.intrinsics)
    fits = fits_of(matched)
    problem = _problem(fits, matched, a, b)
    if problem:
        if _mirrored(first, second, a):
            raise InstrumentLimit(
                f"{second.handle} is a mirror image of what {first.handle} shows: it is no photo of the same place.",
                "Flip one of them, or use other photos.",
            )
        raise InstrumentLimit(
            f"not enough overlap between {first.handle} and {second.handle}: {problem}.",
            "Use photos that share at least a third of what they show, taken less than 40 degrees apart.",
        )
    around = _around(fits, pairs, a, b)
    return replace(_motion(fits, matched, _density(fits[0][1], matched, a, b)), unconfirmed=around.unconfirmed)


def _around(fits: list[tuple[Matched, Fit]], pairs: NDArray[np.intp], a: Features, b: Features) -> Surroundings:
    """What lies around the common thing, by the motion of those that are possible which finds the most of it."""
    tried: list[Fit] = []
    found = []
    for used, fit in fits:
        if any(rotation_angle(fit.chosen @ other.chosen.T) < _ANOTHER for other in tried):
            continue
        tried.append(fit)
        agreeing = fit.agreeing if len(fit.agreeing) == len(pairs) else fits[0][1].agreeing
        first, second = (
            View(features, lens.unproject(features.points), max(lens.size) / lens.fx)
            for features, lens in ((a, used.first), (b, used.second))
        )
        way = None if fit.turned_only else fit.translation
        found.append(surroundings(first, second, pairs[agreeing], fit.chosen, way, used.limit))
    return clearest(found)


def _problem(fits: list[tuple[Matched, Fit]], matched: Matched, a: Features, b: Features) -> str:
    """Why no motion is to be believed; "" where one is."""
    if not fits:
        return f"only {len(matched.pa)} points of the two pictures look alike"
    used, fit = fits[0]
    agreeing = fit.agreeing
    count, total = int(agreeing.sum()), len(matched.pa)
    if count < FEWEST:
        return f"only {count} of {total} matching points agree with one camera motion"
    if count < LEAST_SHARE * total:
        return f"only {100 * count / total:.0f} % of {total} matching points agree with one camera motion"
    spread = min(hull_share(matched.pa[agreeing], a.points)[0], hull_share(matched.pb[agreeing], b.points)[0])
    if spread < LEAST_SPREAD:
        return "the points that agree lie in one small part of the picture"
    steep = abs(angles(fit.chosen)[2]) > UPSIDE_DOWN
    if _density(fit, matched, a, b) < LEAST_DENSITY * (2 if steep else 1):
        return "the points that agree are too few among all those between them, as where a texture repeats"
    if not fit.turned_only and in_front(fit, used) < LEAST_IN_FRONT:
        return "the points that agree do not lie in front of both cameras, as where a texture repeats"
    return ""


def _density(fit: Fit, matched: Matched, a: Features, b: Features) -> float:
    """Share of the points of interest among the agreeing ones that agree, in the picture where it is lower."""
    agreeing = fit.agreeing
    shares = (
        int(agreeing.sum()) / max(1, hull_share(points[agreeing], features.points)[1])
        for points, features in ((matched.pa, a), (matched.pb, b))
    )
    return min(shares)


def hull_share(points: Floats, features: Floats) -> tuple[float, int]:
    """The convex hull of some of a picture's points: its share of the hull of all of them, and how many are inside."""
    from scipy.spatial import ConvexHull, Delaunay

    hull = ConvexHull(points)
    whole = ConvexHull(features)
    inside = Delaunay(points[hull.vertices]).find_simplex(features) >= 0
    return float(hull.volume / whole.volume), int(inside.sum())


def _mirrored(first: Seen, second: Seen, a: Features) -> bool:
    """Whether the second picture matches the first in a mirror."""
    b = find_features(second, mirrored=True)
    pairs = match(a, b)
    lens = replace(second.intrinsics, cx=second.intrinsics.width - second.intrinsics.cx)
    matched = Matched(a.points[pairs[:, 0]], b.points[pairs[:, 1]], first.intrinsics, lens)
    return not _problem(fits_of(matched), matched, a, b)


def _motion(fits: list[tuple[Matched, Fit]], matched: Matched, density: float) -> CameraMotion:
    """What the best focal length says, with an interval that holds what the other possible ones say."""
    used, fit = fits[0]
    yaw, pitch, roll = angles(fit.chosen)
    angle = rotation_angle(fit.chosen)
    errors, way_error = errors_of(fit, used, density)
    spans = [
        Interval(value, value - error, value + error)
        for value, error in zip((yaw, pitch, roll, angle), errors, strict=True)
    ]
    way = None if fit.turned_only else way_between(fit.rotation, fit.translation)
    for _, other in fits[1:]:
        found = other.turn if fit.turned_only else other.rotation
        values = (*angles(found), rotation_angle(found))
        spans = [span.widened(v, e) for span, v, e in zip(spans, values, errors, strict=True)]
        if way is not None:
            way_error = max(way_error, degrees_between(way, way_between(other.rotation, other.translation)))
    if not matched.one_lens and "guess" in (matched.first.source, matched.second.source):
        way_error = 180.0  # going forward and zooming in look alike: two unknown lenses leave every way open
    agreeing = fit.agreeing
    ra, rb = (unit(rays[agreeing]) for rays in used.rays)
    parallax = float(np.degrees(np.median(np.linalg.norm(ra @ fit.chosen.T - rb, axis=1))))
    shift = float(np.median(np.linalg.norm(used.pa[agreeing] - used.pb[agreeing], axis=1))) / max(used.first.size)
    same = fit.turned_only and angle < _STILL and 1000 * shift < PIXELS / 2 and used.first.size == used.second.size
    yaw_span, pitch_span, roll_span, whole = spans
    return CameraMotion(
        rotation=fit.chosen.T,
        angle=Interval(whole.value, max(0.0, whole.low), min(180.0, whole.high)),
        yaw=yaw_span,
        pitch=pitch_span,
        roll=roll_span,
        translation=None if way_error > 60 else way,
        translation_error=way_error,
        turned_only=fit.turned_only,
        same=same,
        matches=int(agreeing.sum()),
        parallax=parallax,
        focal_guessed=matched.first.source == "guess" or matched.second.source == "guess",
        unconfirmed=False,
    )
