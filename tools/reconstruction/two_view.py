"""How a camera moved between two pictures: by how much it turned, which way it went, and what cannot be told.

Two pictures give the rotation, and the direction of the translation but not its length. A camera that only turned on
the spot gives no translation at all, and says so. Every angle has an interval: from the scatter of the matches, and
from the uncertainty of the focal length, which matters more where it is a guess.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Intrinsics
from sightline.geometry.poses import bearing_pitch_roll, level_world, pose_from, rotation_angle
from sightline.memory import InstrumentLimit
from sightline.tools.back_ends.protocols import Seen
from sightline.tools.reconstruction.matching import Features, find_features, match

Floats = NDArray[np.float64]

FEWEST = 25
"""Matches that must agree with one motion. Wrong matches agree with an epipolar line by chance once in about 200."""
LEAST_SHARE = 0.3
"""Share of the matches that must agree."""
LEAST_SPREAD = 0.05
"""Share of either picture that the agreeing matches must span: a poster alone on two walls proves nothing."""
LEAST_DENSITY = 0.08
"""Share of the points of interest among the agreeing matches that must agree too. Tiles, boards and wallpaper look
alike in many places, and agree with a motion that never was; but then most of what lies between finds no partner."""
UPSIDE_DOWN = 60.0
"""Degrees of roll beyond which twice that density is asked for: photos are upright, repeated textures are not."""
LEAST_IN_FRONT = 0.75
"""Share of the agreeing matches that must lie in front of both cameras."""
_PIXELS = 1.5
"""A match agrees within this many pixels of a picture of 1000 pixels."""
_TURN_LIMIT = 1.5
"""A turn must bring a match so many times that near: it is a distance in two dimensions, not to a line."""
_STILL = 0.15
"""Degrees of turn, and half of `_PIXELS` of shift, below which two pictures are one."""
_TURN_ONLY = 0.85
"""Share of the agreeing matches that a turn on the spot must explain to be all there is."""
_FLOOR = 0.25
"""Degrees that no interval is narrower than: lens and rolling shutter are never quite what the model says."""
_SWEEP = tuple(step / 6 for step in range(-6, 7))
_FINE = tuple(step / 30 for step in range(-30, 31))
"""Exponents of the factor by which a focal length may be off; a turn depends on it sharply, and is fitted quickly."""
_COARSE = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""The same where the pictures were taken with two lenses, each of which may be off on its own."""
_WIDER = (-2.0, -1.67, -1.33)
_AFRESH = 2 / 3
"""Exponents at which a motion is sought afresh: from another focal length the right one cannot be reached by refining,
for a narrow view of a turn looks much like a shift."""
_RULED_OUT = 2.5
"""A focal length that leaves this many times the misfit of the best one is ruled out by the pictures themselves."""
_PRIOR = 0.02
"""Misfit that a focal length off by a factor of e counts as."""
_WAY_FLOOR = 2.0
"""Degrees that the interval of a direction of movement is not narrower than."""
_ROUNDS = 400
_HALVES = 10
_USED = 600
_DENSE = 0.25
"""Density of agreeing matches (see `LEAST_DENSITY`) from which nothing suggests that some are wrong together."""
_DOUBT = 0.1
"""Share of the angle by which it may be off at the least density; 0.062 was the worst of 100 rendered pairs."""


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


@dataclass(frozen=True)
class _Matched:
    """Matching points of two pictures, and what the cameras are taken to be."""

    pa: Floats
    pb: Floats
    first: Intrinsics
    second: Intrinsics

    def with_focals_scaled(self, first: float, second: float) -> _Matched:
        """For other focal lengths."""
        return replace(self, first=self.first.with_focal_scaled(first), second=self.second.with_focal_scaled(second))

    def thinned(self) -> _Matched:
        """At most `_USED` of them: what is tried at many focal lengths needs no more."""
        few = _spread(np.arange(len(self.pa)))
        return replace(self, pa=self.pa[few], pb=self.pb[few])

    @property
    def one_lens(self) -> bool:
        """Whether both were taken with one camera, as far as is known, so that its focal length is off once."""
        return self.first == self.second

    def at(self, exponents: tuple[float, float]) -> _Matched:
        """For focal lengths that are off by their factors to these powers."""
        a, b = exponents
        return self.with_focals_scaled(self.first.focal_factor**a, self.second.focal_factor**b)

    @property
    def rays(self) -> tuple[Floats, Floats]:
        """On the planes z = 1, (N, 3) each."""
        return self.first.unproject(self.pa), self.second.unproject(self.pb)

    @property
    def limit(self) -> float:
        """The agreement of a match on the plane z = 1."""
        sizes = max(self.first.size) / self.first.fx, max(self.second.size) / self.second.fx
        return _PIXELS / 1000 * 0.5 * sum(sizes)


@dataclass(frozen=True)
class _Fit:
    """An essential motion and a turn on the spot, each as it fits best, for one focal length.

    Rotations are world-to-second with the first camera as the world. Misfits are means over the `judged` matches of the
    squared distance, in units of the limit and at most 1 each: they can be compared between focal lengths.
    """

    rotation: Floats
    translation: Floats
    inliers: NDArray[np.bool_]
    turn: Floats
    turn_inliers: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    misfit: float
    turn_misfit: float

    @property
    def turned_only(self) -> bool:
        """Whether the turn explains nearly all that the motion does."""
        total = int((self.inliers | self.turn_inliers).sum())
        return int(self.turn_inliers.sum()) >= _TURN_ONLY * total

    @property
    def chosen(self) -> Floats:
        """The rotation of the simpler model that explains what is seen."""
        return self.turn if self.turned_only else self.rotation

    @property
    def agreeing(self) -> NDArray[np.bool_]:
        """The matches that the chosen model explains."""
        return self.turn_inliers if self.turned_only else self.inliers


def camera_motion(first: Seen, second: Seen) -> CameraMotion:
    """How the camera moved from one picture to the other.

    Raises:
        InstrumentLimit: They show too little of the same place, one is a mirror image of the other, or what they share
            fits no single motion.
    """
    a, b = find_features(first), find_features(second)
    pairs = match(a, b)
    matched = _Matched(a.points[pairs[:, 0]], b.points[pairs[:, 1]], first.intrinsics, second.intrinsics)
    fits = _fits(matched)
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
    return _motion(fits, matched, _density(fits[0][1], matched, a, b))


def _problem(fits: list[tuple[_Matched, _Fit]], matched: _Matched, a: Features, b: Features) -> str:
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
    steep = abs(_angles(fit.chosen)[2]) > UPSIDE_DOWN
    if _density(fit, matched, a, b) < LEAST_DENSITY * (2 if steep else 1):
        return "the points that agree are too few among all those between them, as where a texture repeats"
    if not fit.turned_only and _in_front(fit, used) < LEAST_IN_FRONT:
        return "the points that agree do not lie in front of both cameras, as where a texture repeats"
    return ""


def _density(fit: _Fit, matched: _Matched, a: Features, b: Features) -> float:
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


def _in_front(fit: _Fit, matched: _Matched) -> float:
    """Share of the agreeing points that lie in front of both cameras, by their depths along the two rays."""
    ra, rb = (rays[fit.inliers] for rays in matched.rays)
    turned = ra @ fit.rotation.T
    # Least squares of z1 R x1 + t = z2 x2 for the two depths.
    aa, ab, bb = np.sum(turned**2, axis=1), np.sum(turned * rb, axis=1), np.sum(rb**2, axis=1)
    at, bt = turned @ fit.translation, rb @ fit.translation
    z1, z2 = ab * bt - bb * at, aa * bt - ab * at  # over the determinant, which is positive
    return float(np.mean((z1 > 0) & (z2 > 0)))


def _mirrored(first: Seen, second: Seen, a: Features) -> bool:
    """Whether the second picture matches the first in a mirror."""
    b = find_features(second, mirrored=True)
    pairs = match(a, b)
    lens = replace(second.intrinsics, cx=second.intrinsics.width - second.intrinsics.cx)
    matched = _Matched(a.points[pairs[:, 0]], b.points[pairs[:, 1]], first.intrinsics, lens)
    return not _problem(_fits(matched), matched, a, b)


def _motion(fits: list[tuple[_Matched, _Fit]], matched: _Matched, density: float) -> CameraMotion:
    """What the best focal length says, with an interval that holds what the other possible ones say."""
    used, fit = fits[0]
    yaw, pitch, roll = _angles(fit.chosen)
    angle = rotation_angle(fit.chosen)
    errors, way_error = _errors(fit, used, density)
    spans = [
        Interval(value, value - error, value + error)
        for value, error in zip((yaw, pitch, roll, angle), errors, strict=True)
    ]
    way = None if fit.turned_only else _way(fit.rotation, fit.translation)
    for _, other in fits[1:]:
        found = other.turn if fit.turned_only else other.rotation
        values = (*_angles(found), rotation_angle(found))
        spans = [span.widened(v, e) for span, v, e in zip(spans, values, errors, strict=True)]
        if way is not None:
            way_error = max(way_error, _between(way, _way(other.rotation, other.translation)))
    if not matched.one_lens and "guess" in (matched.first.source, matched.second.source):
        way_error = 180.0  # going forward and zooming in look alike: two unknown lenses leave every way open
    agreeing = fit.agreeing
    ra, rb = (_unit(rays[agreeing]) for rays in used.rays)
    parallax = float(np.degrees(np.median(np.linalg.norm(ra @ fit.chosen.T - rb, axis=1))))
    shift = float(np.median(np.linalg.norm(used.pa[agreeing] - used.pb[agreeing], axis=1))) / max(used.first.size)
    same = fit.turned_only and angle < _STILL and 1000 * shift < _PIXELS / 2 and used.first.size == used.second.size
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
    )


def _angles(rotation: Floats) -> tuple[float, float, float]:
    """Yaw, pitch and roll of the second camera in the first one's axes, from world-to-second; degrees."""
    world = level_world(np.eye(4), (0.0, -1.0, 0.0))
    bearing, pitch, roll = bearing_pitch_roll(world @ pose_from(rotation.T, np.zeros(3)))
    return (bearing + 180) % 360 - 180, pitch, roll


def _way(rotation: Floats, translation: Floats) -> Floats:
    """From the first camera to the second in the first one's axes: the second's centre is -R^T t."""
    way = -rotation.T @ translation
    return np.asarray(way / np.linalg.norm(way))


def _between(a: Floats, b: Floats) -> float:
    return math.degrees(math.acos(float(np.clip(a @ b, -1, 1))))


# Fitting


def _fits(matched: _Matched) -> list[tuple[_Matched, _Fit]]:
    """The fit for every focal length that the pictures do not rule out, the best first; none where nothing fits."""
    if len(matched.pa) < 8:
        return []
    start = _fit(matched)
    if start is None:
        return []
    if max(matched.first.focal_factor, matched.second.focal_factor) < 1.001:
        return [(matched, start)]
    every, matched = matched, matched.thinned()
    start = _fit(matched) if len(matched.pa) < len(every.pa) else start
    if start is None:
        return []
    # Far from the right focal length a turn explains the middle of the picture only: it is sought at each.
    coarse, fine = _exponents(matched, _COARSE, _SWEEP), _exponents(matched, _SWEEP, _FINE)
    sought = [_sought_turn(start, matched.at(step)) for step in coarse]
    nearest = min(sought, key=lambda fit: fit.turn_misfit)
    turns = [(matched.at(step), _with_turn(nearest, matched.at(step))) for step in fine]
    if min(turns, key=lambda pair: pair[1].turn_misfit)[1].turned_only:
        return _of_all(_possible(turns, lambda fit: fit.turn_misfit), every)
    moved = _moved(matched, start, coarse)
    found = _possible(_judged_anew(moved), lambda fit: fit.misfit)
    if matched.one_lens and matched.first.source == "guess" and any(there is moved[0][0] for there, _ in found):
        # The widest lens of the guess is not ruled out: neither are wider ones.
        wider = _moved(matched, moved[0][1], [(step, step) for step in _WIDER])
        found = _possible(_judged_anew([*wider[::-1], *moved, *wider]), lambda fit: fit.misfit)
    return _of_all(found, every)


def _judged_anew(tried: list[tuple[_Matched, _Fit]]) -> list[tuple[_Matched, _Fit]]:
    """The same motions, judged by the matches that agree with the best of them: wrong matches fit none."""
    judged = min(tried, key=lambda pair: pair[1].misfit)[1].inliers
    out = []
    for there, fit in tried:
        distance = sampson(essential_matrix(fit.rotation, fit.translation), *there.rays)
        out.append((there, replace(fit, judged=judged, misfit=_misfit(distance, there.limit, judged))))
    return out


def _of_all(found: list[tuple[_Matched, _Fit]], every: _Matched) -> list[tuple[_Matched, _Fit]]:
    """The same, with the best fitted to all matches."""
    used, fit = found[0]
    whole = replace(used, pa=every.pa, pb=every.pb)
    ra, rb = whole.rays
    agreeing = sampson(essential_matrix(fit.rotation, fit.translation), ra, rb) < whole.limit
    turned = np.linalg.norm(_unit(ra) @ fit.turn.T - _unit(rb), axis=1) < _TURN_LIMIT * whole.limit
    all_of_it = replace(fit, inliers=agreeing, turn_inliers=turned, judged=agreeing | turned)
    return [(whole, _refit(all_of_it, whole)), *found[1:]]


def _exponents(matched: _Matched, apart: Sequence[float], together: Sequence[float]) -> list[tuple[float, float]]:
    """Exponents for both focal lengths: the same `together` for one lens, else all pairs of those `apart`."""
    if matched.one_lens:
        return [(step, step) for step in together]
    first, second = ((0.0,) if lens.focal_factor < 1.001 else apart for lens in (matched.first, matched.second))
    return [(a, b) for a in first for b in second]


def _moved(matched: _Matched, start: _Fit, exponents: list[tuple[float, float]]) -> list[tuple[_Matched, _Fit]]:
    """The motion that fits best at each of these focal lengths, from several starts."""
    corners = [(a, b) for a, b in _exponents(matched, (-_AFRESH, _AFRESH), (-_AFRESH, _AFRESH)) if a or b]
    starts = [((0.0, 0.0), start)]
    for corner in corners:
        there = matched.at(corner)
        afresh = _fit(there)
        if afresh is not None:
            agreeing = sampson(essential_matrix(afresh.rotation, afresh.translation), *there.rays) < there.limit
            starts.append(
                (corner, replace(start, rotation=afresh.rotation, translation=afresh.translation, inliers=agreeing))
            )
    judged = np.logical_or.reduce([one.inliers | one.turn_inliers for _, one in starts])
    starts = [(corner, replace(one, judged=judged)) for corner, one in starts if one.inliers.sum() >= 8]
    out = []
    for step in exponents:
        there = matched.at(step)
        near = [one for corner, one in starts if all(c * e >= 0 for c, e in zip(corner, step, strict=True))]
        tried = [_refit(one, there) for one in near]
        # A motion that puts what both saw behind a camera fits the lines as well; it is none.
        real = [fit for fit in tried if fit.inliers.any() and _in_front(fit, there) >= LEAST_IN_FRONT]
        out.append((there, min(real or tried, key=lambda fit: fit.misfit)))
    return out


def _possible(tried: list[tuple[_Matched, _Fit]], misfit: Callable[[_Fit], float]) -> list[tuple[_Matched, _Fit]]:
    """The best of these, then the others that are not ruled out.

    Where the pictures say nothing of the focal length (a flat wall), the one that was guessed is the best.
    """
    limit = _RULED_OUT * min(misfit(fit) for _, fit in tried) + 0.005
    possible = [pair for pair in tried if misfit(pair[1]) <= limit]
    guessed = tried[len(tried) // 2][0]

    def doubt(pair: tuple[_Matched, _Fit]) -> float:
        off = np.log([pair[0].first.fx / guessed.first.fx, pair[0].second.fx / guessed.second.fx])
        return misfit(pair[1]) + _PRIOR * float(off @ off)

    best = min(possible, key=doubt)
    return [best, *(pair for pair in possible if pair is not best)]


def _fit(matched: _Matched) -> _Fit | None:
    """Essential matrix and turn on the spot, each fitted robustly, then refined."""
    import cv2

    ra, rb = matched.rays
    limit = matched.limit
    found, _ = cv2.findEssentialMat(
        np.ascontiguousarray(ra[:, :2]),
        np.ascontiguousarray(rb[:, :2]),
        np.eye(3),
        method=cv2.USAC_ACCURATE,
        prob=0.9999,
        threshold=limit,
        maxIters=20000,
    )
    essential = np.asarray(found, dtype=np.float64)
    if essential.shape != (3, 3):  # none was found
        return None
    inliers = sampson(essential, ra, rb) < limit
    if inliers.sum() < 8:
        return None
    _, rotation, translation, _ = cv2.recoverPose(
        essential, np.ascontiguousarray(ra[inliers][:, :2]), np.ascontiguousarray(rb[inliers][:, :2]), np.eye(3)
    )
    turn, turn_inliers = _robust_turn(_unit(ra), _unit(rb), limit)
    start = _Fit(
        rotation=np.asarray(rotation, dtype=np.float64),
        translation=np.asarray(translation, dtype=np.float64).ravel(),
        inliers=inliers,
        turn=turn,
        turn_inliers=turn_inliers,
        judged=inliers | turn_inliers,
        misfit=0.0,
        turn_misfit=0.0,
    )
    return _refit(start, matched)


def _refit(fit: _Fit, matched: _Matched) -> _Fit:
    """Refine both models from where they are, for other intrinsics; inliers are counted again."""
    ra, rb = matched.rays
    limit = matched.limit
    rotation, translation, inliers = fit.rotation, fit.translation, fit.inliers
    for _ in range(2):
        if inliers.sum() < 8:
            break
        used = _spread(np.flatnonzero(inliers))
        rotation, translation = _refine(rotation, translation, ra[used], rb[used], limit)
        inliers = sampson(essential_matrix(rotation, translation), ra, rb) < limit
    distance = sampson(essential_matrix(rotation, translation), ra, rb)
    misfit = _misfit(distance, limit, fit.judged)
    moved = replace(fit, rotation=rotation, translation=translation, inliers=inliers, misfit=misfit)
    return _with_turn(moved, matched)


def _sought_turn(fit: _Fit, matched: _Matched) -> _Fit:
    """The same motion with a turn that is sought afresh for these intrinsics."""
    ra, rb = matched.rays
    turn, agreeing = _robust_turn(_unit(ra), _unit(rb), matched.limit)
    judged = fit.inliers | agreeing
    return _with_turn(replace(fit, turn=turn, turn_inliers=agreeing, judged=judged), matched)


def _with_turn(fit: _Fit, matched: _Matched) -> _Fit:
    """The same motion with the turn that fits these intrinsics best."""
    ua, ub = (_unit(rays) for rays in matched.rays)
    limit = _TURN_LIMIT * matched.limit
    turn = fit.turn
    for widened in (4.0, 2.0, 1.0, 1.0):  # from another focal length the first that agree are few
        near = np.linalg.norm(ua @ turn.T - ub, axis=1) < widened * limit
        if near.sum() >= 3:
            turn = _kabsch(ua[near], ub[near])
    away = np.linalg.norm(ua @ turn.T - ub, axis=1)
    return replace(fit, turn=turn, turn_inliers=away < limit, turn_misfit=_misfit(away, limit, fit.judged))


def _spread(indices: NDArray[np.intp]) -> NDArray[np.intp]:
    """At most `_USED` of these, evenly over their order: more change nothing but the time."""
    if len(indices) <= _USED:
        return indices
    return indices[np.linspace(0, len(indices) - 1, _USED).astype(np.intp)]


def _misfit(distance: Floats, limit: float, judged: NDArray[np.bool_]) -> float:
    """Mean squared distance of the judged matches in units of the limit, at most 1 each."""
    if not judged.any():
        return 1.0
    return float(np.mean(np.minimum(np.square(distance[judged] / limit), 1.0)))


def _refine(rotation: Floats, translation: Floats, ra: Floats, rb: Floats, limit: float) -> tuple[Floats, Floats]:
    """Least Sampson distance with a robust loss, over rotation (3) and direction of translation (2)."""
    from scipy.optimize import least_squares
    from scipy.spatial.transform import Rotation

    basis = _tangent(translation)

    def unpack(x: Floats) -> tuple[Floats, Floats]:
        moved = translation + basis @ x[3:]
        return Rotation.from_rotvec(x[:3]).as_matrix() @ rotation, moved / np.linalg.norm(moved)

    def residuals(x: Floats) -> Floats:
        return sampson(essential_matrix(*unpack(x)), ra, rb, signed=True) / limit

    solved = least_squares(residuals, np.zeros(5), loss="soft_l1", f_scale=0.5, max_nfev=40)
    return unpack(solved.x)


def _errors(fit: _Fit, matched: _Matched, density: float) -> tuple[tuple[float, float, float, float], float]:
    """Half-widths in degrees for yaw, pitch, roll and the whole angle, and for the way: from the matches' scatter.

    The scatter is taken by fitting halves of the matches, chosen at random: what depends on which half is not known.
    Where few of the points between the matches agree, some of those that do are wrong together, which no scatter shows:
    the interval then grows with the angle.
    """
    rng = np.random.default_rng(0)
    agreeing = _spread(np.flatnonzero(fit.agreeing))
    reference = np.array([*_angles(fit.chosen), rotation_angle(fit.chosen)])
    ra, rb = matched.rays
    differences, ways = [], []
    for _ in range(_HALVES):
        half = rng.choice(agreeing, max(8, len(agreeing) // 2), replace=False)
        if fit.turned_only:
            rotation = _kabsch(_unit(ra[half]), _unit(rb[half]))
        else:
            rotation, translation = _refine(fit.rotation, fit.translation, ra[half], rb[half], matched.limit)
            ways.append(_between(_way(rotation, translation), _way(fit.rotation, fit.translation)))
        found = np.array([*_angles(rotation), rotation_angle(rotation)])
        differences.append((found - reference + 180) % 360 - 180)
    # A half differs from the whole as much as the whole does from the truth; three of that is 99.7 %.
    doubt = float(np.clip((_DENSE - density) / (_DENSE - LEAST_DENSITY), 0, 1))
    floor = _FLOOR + _DOUBT * doubt * float(reference[3])
    yaw, pitch, roll, angle = (max(floor, 3 * _rms(column)) for column in np.transpose(differences))
    unsure = _WAY_FLOOR + floor - _FLOOR
    way = 180.0 if fit.turned_only else max(unsure, 3 * _rms(np.array(ways)))
    return (yaw, pitch, roll, angle), min(180.0, way)


def _robust_turn(ua: Floats, ub: Floats, limit: float) -> tuple[Floats, NDArray[np.bool_]]:
    """The rotation with ub ~ R ua that most points agree with, by random pairs."""
    rng = np.random.default_rng(0)
    best, most = np.eye(3), np.linalg.norm(ua - ub, axis=1) < _TURN_LIMIT * limit
    for _ in range(_ROUNDS):
        pair = rng.choice(len(ua), 2, replace=False)
        turn = _kabsch(ua[pair], ub[pair])
        agreeing = np.linalg.norm(ua @ turn.T - ub, axis=1) < _TURN_LIMIT * limit
        if agreeing.sum() > most.sum():
            best, most = turn, agreeing
    return best, most


def _kabsch(a: Floats, b: Floats) -> Floats:
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


def _tangent(direction: Floats) -> Floats:
    """(3, 2) orthonormal basis square to a unit vector."""
    _, _, vt = np.linalg.svd(direction.reshape(1, 3))
    return np.asarray(vt[1:].T)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def describe_motion(motion: CameraMotion, first: str, second: str) -> str:
    """A motion in words, with handles."""
    return _turn_words(motion, first, second) + " " + _way_words(motion, first)


def _turn_words(motion: CameraMotion, first: str, second: str) -> str:
    if motion.same:
        return f"The camera did not move from {first} to {second}: they show the same place from the same spot."
    parts = [
        words
        for span, plus, minus in (
            (motion.yaw, "to the right", "to the left"),
            (motion.pitch, "up", "down"),
            (motion.roll, "with its head tilting right", "with its head tilting left"),
        )
        if (words := _component(span, plus, minus))
    ]
    total = f"turned {motion.angle.value:.1f} degrees in all ({motion.angle.low:.1f} to {motion.angle.high:.1f})"
    turn = f": {', '.join(parts)}" if parts else ""
    return f"From {first} to {second} the camera {total}{turn}."


def _component(span: Interval, plus: str, minus: str) -> str:
    """One of yaw, pitch and roll; left out where it is nothing, without a direction where that is not sure."""
    size = abs(span.value)
    if max(abs(span.low), abs(span.high)) < 1.0:
        return ""
    if span.low <= 0 <= span.high:
        way = plus if span.value > 0 else minus
        return f"{size:.1f} degrees {way} ({span.low:.1f} to {span.high:.1f}: the direction is not sure)"
    low, high = sorted((abs(span.low), abs(span.high)))
    return f"{size:.1f} degrees {plus if span.value > 0 else minus} ({low:.1f} to {high:.1f})"


def _way_words(motion: CameraMotion, first: str) -> str:
    if motion.same:
        return ""
    if motion.turned_only:
        return "It turned on the spot: no change of place can be seen."
    if motion.translation is None:
        why = ", or the lenses are not known well enough" if motion.focal_guessed else ""
        return f"It also changed its place; which way cannot be told: it is too little{why}."
    way = _direction_words(motion.translation)
    return (
        f"It moved {way}, as seen in {first} (direction +- {motion.translation_error:.0f} degrees; how far cannot be "
        "told from two pictures)."
    )


def _direction_words(way: Sequence[float] | Floats) -> str:
    """E.g. `mostly to the right and a little forward`."""
    x, y, z = (float(v) for v in way)
    parts = sorted(
        (
            (abs(x), "to the right" if x > 0 else "to the left"),
            (abs(y), "down" if y > 0 else "up"),
            (abs(z), "forward" if z > 0 else "back"),
        ),
        reverse=True,
    )
    words = [parts[0][1]]
    if parts[1][0] > 0.3:
        words.append(f"{'and' if parts[1][0] > 0.6 else 'and a little'} {parts[1][1]}")
    return " ".join(words)
