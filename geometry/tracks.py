"""Tracks: where things are in the frames of a video, and how they move on the picture.

A track is a box per frame, NaN where the thing is not seen. Its direction is voted by the steps it makes, each counted
by its length, over eight compass bins; its speed is in own diagonals a second, so that it does not depend on how near
the thing is; its change of size tells whether it approaches. Bins and thresholds follow Motion-o
(ostadabbas/Motion-o, `augment_discrete_motion.py`).

All of this is motion on the picture. It is the thing's own motion only where the camera stands still, or after the
background's motion has been taken out: see `sightline.geometry.background_motion`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Direction = Literal["right", "up-right", "up", "up-left", "left", "down-left", "down", "down-right"]
SpeedWord = Literal["still", "slow", "moderate", "fast"]
SizeWord = Literal["approaching", "receding", "steady"]

DIRECTIONS: tuple[Direction, ...] = ("right", "up-right", "up", "up-left", "left", "down-left", "down", "down-right")
"""The eight bins, 45 degrees each, centred on 0, 45, ... degrees; picture angles: 0 is right, counter-clockwise."""
SPEEDS = (0.02, 0.10, 0.30)
"""Own diagonals a second from which a thing is slow, moderate and fast; below the first it is still."""
SIZE_CHANGE = 0.15
"""ln(last area / first area) beyond which a thing approaches (+) or recedes (-)."""
BASELINE_S = 0.5
"""Seconds over which a step is taken: over one frame, the wobble of a detector's boxes would pass for speed."""
_SURE = 3.0
"""A step counts where it is longer than this many times what the boxes wobble."""
_ENDS = 0.2
"""Share of the sightings at either end whose median area counts as the first and the last."""
_AT_EDGE = 1.0
"""Pixels from the picture's edge within which a box is cut off by it."""


@dataclass(frozen=True)
class PictureMotion:
    """How a thing moves on the picture.

    Attributes:
        direction: The bin that won the vote; None where the thing is still.
        agreement: Share of the steps' length that lies in the winning bin and its two neighbours; 1 for a straight
            way, 0 where it is still.
        angle: Of the way from the first to the last sighting, degrees: 0 is right, counter-clockwise, 0 to 360 (not
            reached); None where that is no longer than the wobble.
        shift: (dx, dy) from the first to the last sighting, pixels, y down.
        path_length: Length of the way it took, pixels.
        speed: Own diagonals a second, mean over the time it was seen.
        speed_error: How far the wobble of the boxes may put the speed off, at about two standard deviations.
        size_change: ln(last area / first area); None where the boxes are cut off at the picture's edge.
        start: Seconds at which it was first seen.
        end: Seconds at which it was last seen.
        seen: Frames in which it was seen.
    """

    direction: Direction | None
    agreement: float
    angle: float | None
    shift: tuple[float, float]
    path_length: float
    speed: float
    speed_error: float
    size_change: float | None
    start: float
    end: float
    seen: int

    @property
    def speed_word(self) -> SpeedWord:
        """`still`, `slow`, `moderate` or `fast`, by `SPEEDS`."""
        return speed_word(self.speed) if self.direction is not None else "still"

    @property
    def size_word(self) -> SizeWord | None:
        """`approaching`, `receding` or `steady`, by `SIZE_CHANGE`; None where the change is not known."""
        if self.size_change is None:
            return None
        if abs(self.size_change) <= SIZE_CHANGE:
            return "steady"
        return "approaching" if self.size_change > 0 else "receding"


def speed_word(speed: float) -> SpeedWord:
    """The word for a speed in own diagonals a second."""
    words: tuple[SpeedWord, ...] = ("still", "slow", "moderate", "fast")
    return words[int(np.searchsorted(SPEEDS, speed, side="right"))]


def picture_angle(dx: float, dy: float) -> float:
    """Angle of a step on a picture, degrees from 0 to 360 (not reached): 0 is right, counter-clockwise as seen.

    Args:
        dx: To the right, pixels.
        dy: Down, pixels.
    """
    angle = math.degrees(math.atan2(-dy, dx)) % 360
    return 0.0 if angle == 360 else angle


def direction_of(angle: float) -> Direction:
    """The bin that a picture angle in degrees falls into."""
    return DIRECTIONS[round(angle / 45) % 8]


def vote(steps: ArrayLike) -> tuple[Direction, float] | None:
    """The direction that most of the way was made in.

    Args:
        steps: (N, 2) steps in pixels, y down.

    Returns:
        The bin with the largest sum of lengths, and the share of all length in it and its two neighbours; None where
        there is no step of any length. Of equal bins the one nearest to the sum of all steps wins.
    """
    steps = np.asarray(steps, dtype=np.float64).reshape(-1, 2)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    total = float(lengths.sum())
    if total <= 0:
        return None
    angles = np.degrees(np.arctan2(-steps[:, 1], steps[:, 0]))
    bins = np.rint(angles / 45).astype(int) % 8
    votes = np.bincount(bins, weights=lengths, minlength=8)
    best = np.flatnonzero(votes >= votes.max() - 1e-9 * total)
    dx, dy = steps.sum(axis=0)
    mean = picture_angle(dx, dy)
    winner = min((int(b) for b in best), key=lambda b: abs((mean - 45 * b + 180) % 360 - 180))
    near = votes[[winner, (winner + 1) % 8, winner - 1]].sum()
    return DIRECTIONS[winner], float(near / total)


@dataclass(frozen=True)
class Track:
    """One thing through the frames of a video.

    Attributes:
        boxes: (F, 4) float64 boxes (x0, y0, x1, y1) in continuous pixels, NaN where it is not seen.
        times: (F,) float64 seconds, increasing.
        name: What it is.
    """

    boxes: Floats
    times: Floats
    name: str = ""

    def __post_init__(self) -> None:
        boxes = np.array(self.boxes, dtype=np.float64)
        times = np.array(self.times, dtype=np.float64)
        if boxes.ndim != 2 or boxes.shape[1] != 4 or times.shape != boxes.shape[:1]:
            raise ValueError(f"a track has (F, 4) boxes and (F,) times, not {boxes.shape} and {times.shape}")
        if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
            raise ValueError("the times of a track are finite and increase")
        missing = np.isnan(boxes).any(axis=1)
        boxes[missing] = np.nan
        seen = boxes[~missing]
        if not np.isfinite(seen).all() or (seen[:, 2:] <= seen[:, :2]).any():
            raise ValueError("a box has x0 < x1 and y0 < y1; one that is not seen is NaN")
        boxes.setflags(write=False)
        times.setflags(write=False)
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "times", times)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """In which frames it is seen, (F,)."""
        return np.asarray(~np.isnan(self.boxes[:, 0]))

    @property
    def centres(self) -> Floats:
        """The path: (F, 2) centres of the boxes, NaN where it is not seen."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) / 2

    @property
    def diagonals(self) -> Floats:
        """(F,) lengths of the boxes' diagonals in pixels."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        return np.hypot(sides[:, 0], sides[:, 1])

    @property
    def areas(self) -> Floats:
        """(F,) areas of the boxes in square pixels."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        return np.asarray(sides[:, 0] * sides[:, 1])

    def warped(self, transforms: ArrayLike) -> Self:
        """The track with each frame's box taken through that frame's transform, such as the camera's motion undone.

        The centre is moved; the sides grow by the transform's local scale and stay upright, so that a rolling camera
        does not blow the box up.

        Args:
            transforms: (F, 3, 3), from each frame's pixels to those of one common frame. NaN where unknown: the thing
                counts as not seen there.
        """
        matrices = np.array(transforms, dtype=np.float64)
        if matrices.shape != (len(self.times), 3, 3):
            raise ValueError(f"one (3, 3) transform a frame is needed, {len(self.times)} of them, not {matrices.shape}")
        unknown = np.asarray(np.isnan(matrices).any(axis=(1, 2)))
        matrices[unknown] = np.eye(3)
        centres = np.where(unknown[:, None], np.nan, self.centres)
        homogeneous = np.concatenate([centres, np.ones((len(centres), 1))], axis=1)
        moved = np.einsum("fij,fj->fi", matrices, homogeneous)
        middle = moved[:, :2] / moved[:, 2:]
        # The Jacobian's determinant of x -> (Hx) / w is det(H) / w^3.
        scale = np.sqrt(np.abs(np.linalg.det(matrices) / moved[:, 2] ** 3))
        half = (self.boxes[:, 2:] - self.boxes[:, :2]) / 2 * scale[:, None]
        return type(self)(np.concatenate([middle - half, middle + half], axis=1), self.times, self.name)

    def motion(self, size: tuple[int, int] | None = None) -> PictureMotion | None:
        """How it moves on the picture.

        Args:
            size: (width, height) of the frames, by which boxes that the picture's edge cuts off are told: where enough
                whole ones are left, the cut ones do not count. None where no edge cuts anything.

        Returns:
            None where it is seen in fewer than two frames.
        """
        keep = self.seen
        whole = keep if size is None else np.logical_and(keep, ~self._cut_off(size))
        cut = bool(whole.sum() < max(2, 0.5 * keep.sum()))
        use: NDArray[np.bool_] = keep if cut else whole
        if use.sum() < 2:
            return None
        times, centres = self.times[use], self.centres[use]
        diagonal = float(np.median(self.diagonals[use]))
        wobble = _wobble(centres, times)
        steps, lasting = _steps(centres, times)
        step_error = math.sqrt(2) * wobble
        # A wobble of s in each coordinate of both ends adds 4 s^2 to the expected square of a step.
        lengths = np.sqrt(np.maximum((steps**2).sum(axis=1) - 2 * step_error**2, 0))
        speed = float(np.sum(lengths) / np.sum(lasting) / diagonal)
        speed_error = 2 * step_error / float(np.mean(lasting)) / diagonal
        voted = vote(steps[lengths > _SURE * step_error])
        if speed < SPEEDS[0]:
            voted = None
        dx, dy = (float(v) for v in centres[-1] - centres[0])
        far = math.hypot(dx, dy) > max(_SURE * step_error, 1e-9)
        return PictureMotion(
            direction=None if voted is None else voted[0],
            agreement=0.0 if voted is None else voted[1],
            angle=picture_angle(dx, dy) if far else None,
            shift=(dx, dy),
            path_length=float(lengths.sum() / lasting.sum() * (times[-1] - times[0])),
            speed=speed,
            speed_error=speed_error,
            size_change=None if cut else _size_change(self.areas[use]),
            start=float(times[0]),
            end=float(times[-1]),
            seen=int(keep.sum()),
        )

    def _cut_off(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Which boxes touch the edge of the picture, (F,)."""
        with np.errstate(invalid="ignore"):
            low = (self.boxes[:, :2] <= _AT_EDGE).any(axis=1)
            high = (self.boxes[:, 2:] >= np.asarray(size) - _AT_EDGE).any(axis=1)
        return np.asarray(low | high)


def _steps(centres: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Steps (K, 2) that last at least `BASELINE_S` each, from every sighting that has one, and the (K,) seconds.

    Where the whole track is shorter than that, it is one step.
    """
    after = np.searchsorted(times, times + min(BASELINE_S, times[-1] - times[0]) - 1e-9)
    first = np.flatnonzero(after < len(times))
    return centres[after[first]] - centres[first], times[after[first]] - times[first]


def _wobble(centres: Floats, times: Floats) -> float:
    """Standard deviation in pixels of what the centres jump about a smooth way, a coordinate.

    From the median of the distances of each centre from the line between its neighbours; steady motion gives 0. For a
    Gaussian wobble s, such a distance is s * sqrt(1 + w^2 + (1 - w)^2) in either coordinate, and the median of its
    length 1.1774 times that (the Rayleigh distribution's).
    """
    if len(centres) < 3:
        return 0.0
    weight = ((times[1:-1] - times[:-2]) / (times[2:] - times[:-2]))[:, None]
    off = centres[1:-1] - ((1 - weight) * centres[:-2] + weight * centres[2:])
    off = off / np.sqrt(1 + weight**2 + (1 - weight) ** 2)
    return float(np.median(np.hypot(off[:, 0], off[:, 1])) / 1.1774)


def _size_change(areas: Floats) -> float:
    """ln(last / first), each the median of a fifth of the sightings."""
    count = max(1, round(_ENDS * len(areas)))
    return float(np.log(np.median(areas[-count:]) / np.median(areas[:count])))
