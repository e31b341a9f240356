"""How the background of a video moves on the picture, which is how its camera moves; and what that hides.

Corners are found in a key frame (Shi and Tomasi, Good Features to Track, 1994) and looked for in each later frame by
pyramidal Lucas-Kanade (Bouguet, 2000), after that frame was laid over the key frame by the last known motion, so that
neither turn nor zoom disturbs. A similarity (turn, zoom, shift), or a homography where that fits
clearly better, is fitted to them with RANSAC: what most corners share
is the background, so a moving thing must not fill most of the frame. While the key frame still holds, nothing
accumulates; a new one is taken when too few of its corners are left.

The gate: motion of a thing on the picture is its own only where the camera is still; else it is measured against the
background; and where no background can be followed, or the corners do not agree on one motion, it is not to be trusted.

This cannot tell turning from moving sideways, nor zooming from moving ahead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Gray = NDArray[np.uint8]
Verdict = Literal["still", "moving", "unknown"]

MOST_CORNERS = 400
FEWEST_CORNERS = 12
"""Corners that must agree on a motion."""
AGREE_PX = 1.5
"""How far from where the fit puts it a corner may lie."""
WIDEST_THING = 0.3
"""Share of the picture's width and of its height that the agreeing corners must reach over: corners that all lie on one
thing are no background."""
FEWEST_AGREE = 0.5
"""Share of the corners found again that must agree; below, no one motion is the background's."""
_ROUND_TRIP_PX = 0.7
"""A corner followed there and back must come back as near as this."""
_KEEP = 0.5
"""Share of a key frame's corners that must be left for it to stay the key frame."""
_FARTHEST = 0.25
"""Shift of the picture's middle, as a share of its longer side, after which a new key frame is taken."""
_SURE_PX = 0.2
_SURE = 2.0
"""Corners off by no more than these pixels, or this many times the median, make the fit."""
FEWEST_FOR_HOMOGRAPHY = 24
"""Corners that must agree on a homography: it has twice the freedom of a similarity."""
_CLEARLY = 0.7
"""A homography is taken where its median error is below this share of the similarity's."""
_TILES = 5
_WEAKEST = 0.001
_WEAKEST_IN_TILE = 0.1
"""Weakest corner as a share of the strongest of the picture, and of its part of the picture."""
_FLAT = 1e-6
"""Eigenvalue below which there is no corner: a step of a grey level or so."""
_TURNED = 0.01
"""Change of turn (radians) or zoom from which a fit is repeated."""
STILL_PX = 0.75
STILL_SHARE = 0.002
"""The camera is still where no point of the picture moves by more than these pixels or this share of the diagonal."""
_WINDOW = 21


@dataclass(frozen=True)
class FrameMotion:
    """How the background has moved from the first frame to this one.

    Attributes:
        matrix: (3, 3) float64, pixels of the first frame to pixels of this one; NaN where it could not be told.
        agree: Share of the corners that were found again and agree with it.
        corners: How many agree.
    """

    matrix: Floats
    agree: float
    corners: int

    @property
    def known(self) -> bool:
        """Whether it could be told."""
        return bool(np.isfinite(self.matrix).all())


@dataclass
class BackgroundFollower:
    """Follows the background frame after frame; give it grey frames of one size in order.

    Attributes:
        motions: Of the frames given so far.
    """

    motions: list[FrameMotion] = field(default_factory=list)
    _key: Gray | None = None
    _key_matrix: Floats = field(default_factory=lambda: np.eye(3))
    _corners: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 1, 2), np.float32))
    _step: Floats = field(default_factory=lambda: np.eye(3))  # key frame to the last frame known
    _previous: Gray | None = None

    def add(self, gray: Gray, things: Sequence[ArrayLike] = ()) -> FrameMotion:
        """The next frame.

        Args:
            gray: (H, W) uint8.
            things: Boxes (x0, y0, x1, y1) of what is known to move: no corner is taken from there. NaN ones are
                passed over.

        Raises:
            ValueError: It has another size than the frames before.
        """
        if self._previous is not None and gray.shape != self._previous.shape:
            raise ValueError(f"the frames of a video have one size, not {self._previous.shape} and {gray.shape}")
        motion = self._next(gray, things)
        self._previous = gray
        self.motions.append(motion)
        return motion

    def _next(self, gray: Gray, things: Sequence[ArrayLike]) -> FrameMotion:
        if self._key is None or self._previous is None:
            self._start(gray, things, np.eye(3))
            return FrameMotion(np.eye(3), 1.0, len(self._corners))
        fitted = self._fit(self._key, gray)
        if fitted is not None and np.abs((fitted[0] - self._step)[:2, :2]).max() > _TURNED:
            self._step = fitted[0]  # it turned or zoomed since the frame before: laid over it anew, it fits better
            fitted = self._fit(self._key, gray) or fitted
        if fitted is None and self.motions[-1].known:  # the key frame is lost: from the frame before
            self._start(self._previous, things, self.motions[-1].matrix)
            fitted = self._fit(self._key, gray)
        if fitted is None:
            # Nothing links this frame to the first any more; what comes after cannot be linked either, except through
            # the key frame, which is kept: a hand before the lens goes away again.
            return FrameMotion(np.full((3, 3), np.nan), 0.0, 0)
        step, agree, kept = fitted
        motion = FrameMotion(step @ self._key_matrix, agree, kept)
        height, width = gray.shape
        moved = _apply(step, np.array([[width / 2, height / 2]]))[0] - (width / 2, height / 2)
        if kept < _KEEP * len(self._corners) or math.hypot(*moved) > _FARTHEST * max(width, height):
            self._start(gray, things, motion.matrix)
        else:
            self._step = step
        return motion

    def _start(self, gray: Gray, things: Sequence[ArrayLike], matrix: Floats) -> None:
        """Take a frame as the key frame."""
        self._key, self._key_matrix = gray, matrix
        self._corners = _corners(gray, things)
        self._step = np.eye(3)

    def _fit(self, key: Gray, gray: Gray) -> tuple[Floats, float, int] | None:
        """The similarity from the key frame to this one, and share and number of the corners that agree."""
        if len(self._corners) < FEWEST_CORNERS:
            return None
        here, there, found = _followed(key, gray, self._corners, self._step)
        if found.sum() < FEWEST_CORNERS:
            return None
        here, there = here[found], there[found]
        fitted = fit_motion(here, there)
        if fitted is None:
            return None
        matrix, agreeing = fitted
        share = float(agreeing.mean())
        if agreeing.sum() < FEWEST_CORNERS or share < FEWEST_AGREE:
            return None
        if (np.ptp(there[agreeing], axis=0) < WIDEST_THING * np.array(gray.shape[::-1])).any():
            return None
        return matrix, share, int(agreeing.sum())


def fit_motion(here: ArrayLike, there: ArrayLike) -> tuple[Floats, NDArray[np.bool_]] | None:
    """The motion that most of these points share: a similarity, or a homography where that fits clearly better.

    Of a camera that only turns, the background moves by a homography whatever its depth (Hartley and Zisserman,
    Multiple View Geometry, 8.4.2); through a wide lens that is no similarity.

    Args:
        here: (N, 2) points in one frame.
        there: (N, 2) the same points in another.

    Returns:
        The (3, 3) matrix from here to there, and which points agree with it, (N,); None where there is none.
    """
    import cv2

    simple = fit_similarity(here, there)
    a, b = np.asarray(here, dtype=np.float64), np.asarray(there, dtype=np.float64)
    if len(a) < FEWEST_FOR_HOMOGRAPHY:
        return simple
    found: Any = cv2.findHomography(a, b, cv2.RANSAC, AGREE_PX)
    matrix, inliers = found
    if matrix is None or not np.isfinite(matrix).all():
        return simple
    matrix = np.asarray(matrix / matrix[2, 2], dtype=np.float64)
    agreeing = np.asarray(inliers).ravel().astype(bool)
    if agreeing.sum() < FEWEST_FOR_HOMOGRAPHY or not 0.25 < np.linalg.det(matrix) < 4:
        return simple
    if simple is None:
        return matrix, agreeing
    both = agreeing | simple[1]
    worse, better = (
        float(np.median(np.linalg.norm(_apply(m, a[both]) - b[both], axis=1))) for m in (simple[0], matrix)
    )
    return (matrix, agreeing) if better < _CLEARLY * worse and worse > _SURE_PX else simple


def fit_similarity(here: ArrayLike, there: ArrayLike) -> tuple[Floats, NDArray[np.bool_]] | None:
    """The similarity that most of these points share.

    Args:
        here: (N, 2) points in one frame.
        there: (N, 2) the same points in another.

    Returns:
        The (3, 3) matrix from here to there, and which points agree with it to `AGREE_PX`, (N,); None where there is
        none.
    """
    import cv2

    a, b = np.asarray(here, dtype=np.float64), np.asarray(there, dtype=np.float64)
    if len(a) < 2:
        return None
    fitted: Any = cv2.estimateAffinePartial2D(a, b, method=cv2.RANSAC, ransacReprojThreshold=AGREE_PX)
    part, inliers = fitted  # the stubs do not know that it may be None
    if part is None or not np.isfinite(part).all():
        return None
    matrix = np.eye(3)
    matrix[:2] = part
    if np.linalg.det(matrix) < 1e-4:
        return None
    agreeing = np.asarray(inliers).ravel().astype(bool)
    off = np.linalg.norm(_apply(matrix, a) - b, axis=1)
    # A slow thing agrees nearly; those that agree best make the fit.
    best = agreeing & (off <= max(_SURE_PX, _SURE * float(np.median(off[agreeing]))))
    if best.sum() >= FEWEST_CORNERS:
        matrix = _least_squares(a[best], b[best])
    return matrix, agreeing


def _least_squares(a: Floats, b: Floats) -> Floats:
    """The (3, 3) similarity that takes points a (N, 2) to b with the least squares, in closed form."""
    middle_a, middle_b = a.mean(axis=0), b.mean(axis=0)
    p, q = (a - middle_a) @ (1, 1j), (b - middle_b) @ (1, 1j)
    ratio = complex(np.vdot(p, q) / np.vdot(p, p))
    out = np.array([[ratio.real, -ratio.imag, 0.0], [ratio.imag, ratio.real, 0.0], [0.0, 0.0, 1.0]])
    out[:2, 2] = middle_b - out[:2, :2] @ middle_a
    return out


@dataclass(frozen=True)
class CameraMotion:
    """What the background's motion says of the camera over a stretch of a video.

    Attributes:
        verdict: `still`: motion on the picture is the things' own. `moving`: it is not, and `to_first` takes the
            camera's share out. `unknown`: no background could be followed.
        shift: (right, down) in pixels a second: mean motion of the background in the picture's middle.
        zoom: Factor a second by which the background grows; above 1 it zooms in or moves ahead.
        roll: Degrees a second by which the background turns counter-clockwise: the camera rolls to the right.
        farthest: The largest distance in pixels that a corner of the picture moves from where it was at first.
        agree: Median share of the corners that agree.
        unknown: Share of the frames for which the motion is not known.
    """

    verdict: Verdict
    shift: tuple[float, float]
    zoom: float
    roll: float
    farthest: float
    agree: float
    unknown: float


def to_first(motions: Sequence[FrameMotion]) -> Floats:
    """(F, 3, 3) from the pixels of each frame to those of the first; NaN where that is not known."""
    out = np.full((len(motions), 3, 3), np.nan)
    for n, motion in enumerate(motions):
        if motion.known:
            out[n] = np.linalg.inv(motion.matrix)
    return out


def camera_motion(motions: Sequence[FrameMotion], times: ArrayLike, size: tuple[int, int]) -> CameraMotion:
    """The gate: whether the camera is still, moves in a way that can be taken out, or cannot be told.

    Args:
        motions: Of each frame, from a `BackgroundFollower`.
        times: (F,) seconds.
        size: (width, height) of the frames in pixels.
    """
    seconds = np.asarray(times, dtype=np.float64)
    known = np.array([m.known for m in motions], dtype=bool)
    share = float(1 - known.mean()) if len(known) else 1.0
    agree = float(np.median([m.agree for m in motions])) if motions else 0.0
    lone = max((m.corners for m in motions), default=0) < FEWEST_CORNERS
    if known.sum() < 2 or share > 0.5 or lone:
        return CameraMotion("unknown", (math.nan, math.nan), math.nan, math.nan, math.nan, agree, share)
    width, height = size
    corners = np.array([(0, 0), (width, 0), (0, height), (width, height)], dtype=np.float64)
    matrices = np.stack([m.matrix for m in motions])[known]
    farthest = max(float(np.linalg.norm(_apply(m, corners) - corners, axis=1).max()) for m in matrices)
    allowed = max(STILL_PX, STILL_SHARE * math.hypot(width, height))
    # From one frame to the next, seen in the middle of the picture: what came before does not tilt it.
    steps = [after @ np.linalg.inv(before) for before, after in pairwise(matrices)]
    lasting = float(seconds[known][-1] - seconds[known][0])
    middle = np.array([[width / 2, height / 2]])
    shift = np.sum([_apply(s, middle)[0] - middle[0] for s in steps], axis=0) / lasting
    local = [_local(s, middle[0]) for s in steps]
    zoom = math.exp(sum(0.5 * math.log(max(float(np.linalg.det(j)), 1e-12)) for j in local) / lasting)
    # On a picture, y runs down: a positive matrix angle turns clockwise as seen.
    roll = -math.degrees(sum(math.atan2(j[1, 0] - j[0, 1], j[0, 0] + j[1, 1]) for j in local)) / lasting
    verdict: Verdict = "still" if farthest <= allowed else "moving"
    return CameraMotion(verdict, (float(shift[0]), float(shift[1])), zoom, roll, farthest, agree, share)


def _apply(matrix: Floats, points: Floats) -> Floats:
    """(N, 2) points through a (3, 3) homography."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(moved[:, :2] / moved[:, 2:])


def _local(matrix: Floats, at: Floats) -> Floats:
    """(2, 2) Jacobian of a homography at a point (2,): how it turns and grows what is there."""
    moved = matrix @ (*at, 1.0)
    return np.asarray((matrix[:2, :2] - np.outer(moved[:2] / moved[2], matrix[2, :2])) / moved[2])


def _corners(gray: Gray, things: Sequence[ArrayLike]) -> NDArray[np.float32]:
    """Corners to follow, (N, 1, 2) in OpenCV's integer-centred pixels."""
    import cv2

    mask = np.full(gray.shape, 255, np.uint8)
    for thing in things:
        box = np.asarray(thing, dtype=np.float64)
        if np.isfinite(box).all():
            x0, y0 = np.maximum(np.floor(box[:2]).astype(int) - 2, 0)
            x1, y1 = np.maximum(np.ceil(box[2:]).astype(int) + 2, 0)
            mask[y0:y1, x0:x1] = 0
    strength = np.asarray(cv2.cornerMinEigenVal(gray, 3), dtype=np.float32)
    strength[mask == 0] = 0
    reach = max(3, round(max(gray.shape) / 60) | 1)
    peaks = strength >= np.asarray(cv2.dilate(strength, np.ones((reach, reach), np.uint8)))
    weakest = max(_WEAKEST * float(strength.max()), _FLAT)
    found = []
    # Each part of the picture gives its own: else a thing with sharp edges would outvote a soft background.
    rows, columns = (np.linspace(0, side, _TILES + 1).round().astype(int) for side in gray.shape)
    for y0, y1 in pairwise(rows):
        for x0, x1 in pairwise(columns):
            tile = strength[y0:y1, x0:x1]
            if tile.size == 0:
                continue
            y, x = np.nonzero(peaks[y0:y1, x0:x1] & (tile >= max(weakest, _WEAKEST_IN_TILE * float(tile.max()))))
            order = np.argsort(-tile[y, x], kind="stable")[: MOST_CORNERS // _TILES**2]
            found.append(np.stack([x[order] + x0, y[order] + y0], axis=1))
    return np.concatenate(found).astype(np.float32)[:, None]


def _followed(
    key: Gray, gray: Gray, corners: NDArray[np.float32], step: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Where corners are in another frame: (N, 2) continuous pixels here and there, and which were found, (N,).

    OpenCV's pixels are integer-centred: half a pixel is added.

    Args:
        key: Where they are from.
        gray: Where they are looked for.
        corners: (N, 1, 2), OpenCV's.
        step: (3, 3) about how the key frame's continuous pixels map to the other's.
    """
    import cv2

    height, width = gray.shape
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    centred = np.linalg.inv(half) @ step @ half
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    laid_over = np.asarray(cv2.warpPerspective(gray, centred, (width, height), flags=flags), dtype=np.uint8)
    rough, ok = _flow(key, laid_over, corners)
    back, returned = _flow(laid_over, key, rough)
    off = np.linalg.norm((back - corners).reshape(-1, 2), axis=1)
    found = ok & returned & (off < _ROUND_TRIP_PX)
    here = corners.reshape(-1, 2).astype(np.float64) + 0.5
    there = _apply(step, rough.reshape(-1, 2).astype(np.float64) + 0.5)
    found &= ((there >= 0) & (there <= (width, height))).all(axis=1)
    return here, there, found


def _flow(one: Gray, other: Gray, corners: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    import cv2

    there, ok, _ = cv2.calcOpticalFlowPyrLK(
        one, other, corners, corners.copy(), winSize=(_WINDOW, _WINDOW), maxLevel=4, flags=cv2.OPTFLOW_USE_INITIAL_FLOW
    )
    return np.asarray(there, dtype=np.float32), np.asarray(ok).ravel() == 1
