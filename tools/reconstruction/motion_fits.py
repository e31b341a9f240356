"""Fitting the motion between two pictures: an essential matrix and a turn on the spot, for every focal length."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Intrinsics
from sightline.geometry.poses import bearing_pitch_roll, level_world, pose_from, rotation_angle
from sightline.tools.reconstruction.epipolar import (
    Floats,
    essential_matrix,
    rms,
    sampson,
    tangent,
    turn_between,
    unit,
)

LEAST_DENSITY = 0.08
"""Share of the points of interest among the agreeing matches that must agree too. Tiles, boards and wallpaper look
alike in many places, and agree with a motion that never was; but then most of what lies between finds no partner."""
LEAST_IN_FRONT = 0.75
"""Share of the agreeing matches that must lie in front of both cameras."""
_FEWEST = 8
"""Matches from which a motion is fitted."""
PIXELS = 1.5
"""A match agrees within this many pixels of a picture of 1000 pixels."""
_TURN_LIMIT = 1.5
"""A turn must bring a match so many times that near: it is a distance in two dimensions, not to a line."""
_TURN_ONLY = 0.85
"""Share of the agreeing matches that a turn on the spot must explain to be all there is."""
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
_FLOOR = 0.25
"""Degrees that no interval is narrower than: lens and rolling shutter are never quite what the model says."""
_WAY_FLOOR = 2.0
"""Degrees that the interval of a direction of movement is not narrower than."""
_AS_GOOD = 0.97
"""Share of the best motion's matches from which another one is as likely."""
_ROUNDS = 400
_HALVES = 10
_USED = 600
_DENSE = 0.25
"""Density of agreeing matches (see `LEAST_DENSITY`) from which nothing suggests that some are wrong together."""
_DOUBT = 0.1
"""Share of the angle by which it may be off at the least density; 0.062 was the worst of 100 rendered pairs."""
_FAR, _FAR_DOUBT = 40.0, 0.3
"""Degrees of turn from which few matches are left that tell the focal length, and what each degree more adds to the
interval where it is a guess."""


@dataclass(frozen=True)
class Matched:
    """Matching points of two pictures, and what the cameras are taken to be."""

    pa: Floats
    pb: Floats
    first: Intrinsics
    second: Intrinsics

    def with_focals_scaled(self, first: float, second: float) -> Matched:
        """For other focal lengths."""
        return replace(self, first=self.first.with_focal_scaled(first), second=self.second.with_focal_scaled(second))

    def thinned(self) -> Matched:
        """At most `_USED` of them: what is tried at many focal lengths needs no more."""
        few = _spread(np.arange(len(self.pa)))
        return replace(self, pa=self.pa[few], pb=self.pb[few])

    @property
    def one_lens(self) -> bool:
        """Whether both were taken with one camera, as far as is known, so that its focal length is off once."""
        return self.first == self.second

    def at(self, exponents: tuple[float, float]) -> Matched:
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
        return PIXELS / 1000 * 0.5 * sum(sizes)


@dataclass(frozen=True)
class Fit:
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


def angles(rotation: Floats) -> tuple[float, float, float]:
    """Yaw, pitch and roll of the second camera in the first one's axes, from world-to-second; degrees."""
    world = level_world(np.eye(4), (0.0, -1.0, 0.0))
    bearing, pitch, roll = bearing_pitch_roll(world @ pose_from(rotation.T, np.zeros(3)))
    return (bearing + 180) % 360 - 180, pitch, roll


def way_between(rotation: Floats, translation: Floats) -> Floats:
    """From the first camera to the second in the first one's axes: the second's centre is -R^T t."""
    way = -rotation.T @ translation
    return np.asarray(way / np.linalg.norm(way))


def degrees_between(a: Floats, b: Floats) -> float:
    """The angle between two unit vectors (3,) in degrees."""
    return math.degrees(math.acos(float(np.clip(a @ b, -1, 1))))


def in_front(fit: Fit, matched: Matched) -> float:
    """Share of the agreeing points that lie in front of both cameras, by their depths along the two rays."""
    ra, rb = (rays[fit.inliers] for rays in matched.rays)
    turned = ra @ fit.rotation.T
    # Least squares of z1 R x1 + t = z2 x2 for the two depths.
    aa, ab, bb = np.sum(turned**2, axis=1), np.sum(turned * rb, axis=1), np.sum(rb**2, axis=1)
    at, bt = turned @ fit.translation, rb @ fit.translation
    z1, z2 = ab * bt - bb * at, aa * bt - ab * at  # over the determinant, which is positive
    return float(np.mean((z1 > 0) & (z2 > 0)))


def fits_of(matched: Matched) -> list[tuple[Matched, Fit]]:
    """The fit for every focal length that the pictures do not rule out, the best first; none where nothing fits."""
    if len(matched.pa) < _FEWEST:
        return []
    starts = _motions(matched)
    if max(matched.first.focal_factor, matched.second.focal_factor) < 1.001 or not starts:
        return [(matched, start) for start in starts]
    every, matched = matched, matched.thinned()
    starts = _motions(matched) if len(matched.pa) < len(every.pa) else starts
    if not starts:
        return []
    start = starts[0]
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
    return _of_all([*found, *((matched, other) for other in starts[1:])], every)


def _judged_anew(tried: list[tuple[Matched, Fit]]) -> list[tuple[Matched, Fit]]:
    """The same motions, judged by the matches that agree with the best of them: wrong matches fit none."""
    judged = min(tried, key=lambda pair: pair[1].misfit)[1].inliers
    out = []
    for there, fit in tried:
        distance = sampson(essential_matrix(fit.rotation, fit.translation), *there.rays)
        out.append((there, replace(fit, judged=judged, misfit=_misfit(distance, there.limit, judged))))
    return out


def _of_all(found: list[tuple[Matched, Fit]], every: Matched) -> list[tuple[Matched, Fit]]:
    """The same, with the best fitted to all matches."""
    used, fit = found[0]
    whole = replace(used, pa=every.pa, pb=every.pb)
    ra, rb = whole.rays
    agreeing = sampson(essential_matrix(fit.rotation, fit.translation), ra, rb) < whole.limit
    turned = np.linalg.norm(unit(ra) @ fit.turn.T - unit(rb), axis=1) < _TURN_LIMIT * whole.limit
    all_of_it = replace(fit, inliers=agreeing, turn_inliers=turned, judged=agreeing | turned)
    return [(whole, _refit(all_of_it, whole)), *found[1:]]


def _exponents(matched: Matched, apart: Sequence[float], together: Sequence[float]) -> list[tuple[float, float]]:
    """Exponents for both focal lengths: the same `together` for one lens, else all pairs of those `apart`."""
    if matched.one_lens:
        return [(step, step) for step in together]
    first, second = ((0.0,) if lens.focal_factor < 1.001 else apart for lens in (matched.first, matched.second))
    return [(a, b) for a in first for b in second]


def _moved(matched: Matched, start: Fit, exponents: list[tuple[float, float]]) -> list[tuple[Matched, Fit]]:
    """The motion that fits best at each of these focal lengths, from several starts."""
    corners = [(a, b) for a, b in _exponents(matched, (-_AFRESH, _AFRESH), (-_AFRESH, _AFRESH)) if a or b]
    starts = [((0.0, 0.0), start)]
    for corner in corners:
        there = matched.at(corner)
        afresh = next(iter(_motions(there)), None)
        if afresh is not None:
            agreeing = sampson(essential_matrix(afresh.rotation, afresh.translation), *there.rays) < there.limit
            starts.append(
                (corner, replace(start, rotation=afresh.rotation, translation=afresh.translation, inliers=agreeing))
            )
    judged = np.logical_or.reduce([one.inliers | one.turn_inliers for _, one in starts])
    starts = [(corner, replace(one, judged=judged)) for corner, one in starts if one.inliers.sum() >= _FEWEST]
    out = []
    for step in exponents:
        there = matched.at(step)
        near = [one for corner, one in starts if all(c * e >= 0 for c, e in zip(corner, step, strict=True))]
        tried = [_refit(one, there) for one in near]
        # A motion that puts what both saw behind a camera fits the lines as well; it is none.
        real = [fit for fit in tried if fit.inliers.any() and in_front(fit, there) >= LEAST_IN_FRONT]
        out.append((there, min(real or tried, key=lambda fit: fit.misfit)))
    return out


def _possible(tried: list[tuple[Matched, Fit]], misfit: Callable[[Fit], float]) -> list[tuple[Matched, Fit]]:
    """The best of these, then the others that are not ruled out.

    Where the pictures say nothing of the focal length (a flat wall), the one that was guessed is the best.
    """
    limit = _RULED_OUT * min(misfit(fit) for _, fit in tried) + 0.005
    possible = [pair for pair in tried if misfit(pair[1]) <= limit]
    guessed = tried[len(tried) // 2][0]

    def doubt(pair: tuple[Matched, Fit]) -> float:
        off = np.log([pair[0].first.fx / guessed.first.fx, pair[0].second.fx / guessed.second.fx])
        return misfit(pair[1]) + _PRIOR * float(off @ off)

    best = min(possible, key=doubt)
    return [best, *(pair for pair in possible if pair is not best)]


def _motions(matched: Matched) -> list[Fit]:
    """The motions that fit, each with the turn on the spot that does; the likeliest first, none where nothing fits.

    They are more than one where all that agrees lies on one plane: both are then possible.
    """
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
        return []
    inliers = sampson(essential, ra, rb) < limit
    if inliers.sum() < _FEWEST:
        return []
    _, rotation, translation, _ = cv2.recoverPose(
        essential, np.ascontiguousarray(ra[inliers][:, :2]), np.ascontiguousarray(rb[inliers][:, :2]), np.eye(3)
    )
    turn, turn_inliers = _robust_turn(unit(ra), unit(rb), limit)
    start = Fit(
        rotation=np.asarray(rotation, dtype=np.float64),
        translation=np.asarray(translation, dtype=np.float64).ravel(),
        inliers=inliers,
        turn=turn,
        turn_inliers=turn_inliers,
        judged=inliers | turn_inliers,
        misfit=0.0,
        turn_misfit=0.0,
    )
    starts = [start, *(replace(start, rotation=r, translation=t) for r, t in _from_plane(ra, rb, limit))]
    # Refining can lose what agreed by chance, as between two pictures of nearly nothing.
    refined = [fit for one in starts if (fit := _refit(one, matched)).inliers.sum() >= _FEWEST]
    if not refined:
        return []
    real = [fit for fit in refined if in_front(fit, matched) >= LEAST_IN_FRONT] or refined
    most = max(int(fit.inliers.sum()) for fit in real)
    likely = sorted(
        (fit for fit in real if fit.inliers.sum() >= _AS_GOOD * most),
        key=lambda fit: abs(angles(fit.rotation)[2]),  # photos are held upright
    )
    out = likely[:1]
    for fit in likely[1:]:
        if rotation_angle(fit.rotation @ out[0].rotation.T) > 1.0:
            out.append(fit)
    return out


def _from_plane(ra: Floats, rb: Floats, limit: float) -> list[tuple[Floats, Floats]]:
    """The motions that the largest plane among the matches allows.

    A wall that fills both pictures fits two motions equally well (Longuet-Higgins 1986); which is meant is told by what
    does not lie on it, once both have been tried.
    """
    import cv2

    pa, pb = np.ascontiguousarray(ra[:, :2]), np.ascontiguousarray(rb[:, :2])
    plane: Any = cv2.findHomography(pa, pb, cv2.USAC_MAGSAC, 2 * limit)[0]
    if plane is None:
        return []
    _, rotations, translations, _ = cv2.decomposeHomographyMat(plane, np.eye(3))
    out = []
    for rotation, translation in zip(rotations, translations, strict=True):
        way = np.asarray(translation, dtype=np.float64).ravel()
        length = float(np.linalg.norm(way))
        if length > 1e-6:
            out.append((np.asarray(rotation, dtype=np.float64), way / length))
    return out


def _refit(fit: Fit, matched: Matched) -> Fit:
    """Refine both models from where they are, for other intrinsics; inliers are counted again."""
    ra, rb = matched.rays
    limit = matched.limit
    rotation, translation, inliers = fit.rotation, fit.translation, fit.inliers
    for _ in range(2):
        if inliers.sum() < _FEWEST:
            break
        used = _spread(np.flatnonzero(inliers))
        rotation, translation = _refine(rotation, translation, ra[used], rb[used], limit)
        inliers = sampson(essential_matrix(rotation, translation), ra, rb) < limit
    distance = sampson(essential_matrix(rotation, translation), ra, rb)
    misfit = _misfit(distance, limit, fit.judged)
    moved = replace(fit, rotation=rotation, translation=translation, inliers=inliers, misfit=misfit)
    return _with_turn(moved, matched)


def _sought_turn(fit: Fit, matched: Matched) -> Fit:
    """The same motion with a turn that is sought afresh for these intrinsics."""
    ra, rb = matched.rays
    turn, agreeing = _robust_turn(unit(ra), unit(rb), matched.limit)
    judged = fit.inliers | agreeing
    return _with_turn(replace(fit, turn=turn, turn_inliers=agreeing, judged=judged), matched)


def _with_turn(fit: Fit, matched: Matched) -> Fit:
    """The same motion with the turn that fits these intrinsics best."""
    ua, ub = (unit(rays) for rays in matched.rays)
    limit = _TURN_LIMIT * matched.limit
    turn = fit.turn
    for widened in (4.0, 2.0, 1.0, 1.0):  # from another focal length the first that agree are few
        near = np.linalg.norm(ua @ turn.T - ub, axis=1) < widened * limit
        if near.sum() >= 3:
            turn = turn_between(ua[near], ub[near])
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

    basis = tangent(translation)

    def unpack(x: Floats) -> tuple[Floats, Floats]:
        moved = translation + basis @ x[3:]
        return Rotation.from_rotvec(x[:3]).as_matrix() @ rotation, moved / np.linalg.norm(moved)

    def residuals(x: Floats) -> Floats:
        return sampson(essential_matrix(*unpack(x)), ra, rb, signed=True) / limit

    solved = least_squares(residuals, np.zeros(5), loss="soft_l1", f_scale=0.5, max_nfev=40)
    return unpack(solved.x)


def errors_of(fit: Fit, matched: Matched, density: float) -> tuple[tuple[float, float, float, float], float]:
    """Half-widths in degrees for yaw, pitch, roll and the whole angle, and for the way: from the matches' scatter.

    The scatter is taken by fitting halves of the matches, chosen at random: what depends on which half is not known.
    Where few of the points between the matches agree, some of those that do are wrong together, which no scatter shows:
    the interval then grows with the angle.
    """
    rng = np.random.default_rng(0)
    agreeing = _spread(np.flatnonzero(fit.agreeing))
    reference = np.array([*angles(fit.chosen), rotation_angle(fit.chosen)])
    ra, rb = matched.rays
    differences, ways = [], []
    for _ in range(_HALVES):
        half = rng.choice(agreeing, max(8, len(agreeing) // 2), replace=False)
        if fit.turned_only:
            rotation = turn_between(unit(ra[half]), unit(rb[half]))
        else:
            rotation, translation = _refine(fit.rotation, fit.translation, ra[half], rb[half], matched.limit)
            ways.append(degrees_between(way_between(rotation, translation), way_between(fit.rotation, fit.translation)))
        found = np.array([*angles(rotation), rotation_angle(rotation)])
        differences.append((found - reference + 180) % 360 - 180)
    # A half differs from the whole as much as the whole does from the truth; three of that is 99.7 %.
    doubt = float(np.clip((_DENSE - density) / (_DENSE - LEAST_DENSITY), 0, 1))
    floor = _FLOOR + _DOUBT * doubt * float(reference[3])
    if "guess" in (matched.first.source, matched.second.source):
        floor += _FAR_DOUBT * max(0.0, float(reference[3]) - _FAR)
    yaw, pitch, roll, angle = (max(floor, 3 * rms(column)) for column in np.transpose(differences))
    unsure = _WAY_FLOOR + floor - _FLOOR
    way = 180.0 if fit.turned_only else max(unsure, 3 * rms(np.array(ways)))
    return (yaw, pitch, roll, angle), min(180.0, way)


def _robust_turn(ua: Floats, ub: Floats, limit: float) -> tuple[Floats, NDArray[np.bool_]]:
    """The rotation with ub ~ R ua that most points agree with, by random pairs."""
    rng = np.random.default_rng(0)
    best, most = np.eye(3), np.linalg.norm(ua - ub, axis=1) < _TURN_LIMIT * limit
    for _ in range(_ROUNDS):
        pair = rng.choice(len(ua), 2, replace=False)
        turn = turn_between(ua[pair], ub[pair])
        agreeing = np.linalg.norm(ua @ turn.T - ub, axis=1) < _TURN_LIMIT * limit
        if agreeing.sum() > most.sum():
            best, most = turn, agreeing
    return best, most
