"""A tracker made of any detector: the boxes of each frame, linked by overlap.

Two thresholds, as ByteTrack has them: a track starts with a box at or above the threshold and goes on with weaker ones
(Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, ECCV 2022). Between frames a box is
expected to move on as it last did.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sightline.tools.back_ends.protocols import Box, Detection, Detector, Seen, Tracked
from sightline.tools.back_ends.registry import BackEnds

MOST_MISSED = 15
"""Frames that a thing may be hidden and still be the same track."""
_CONTINUES = 0.5
"""Share of the threshold that a box needs to go on with a track."""
_REACH = 1.0
"""How far a box may jump between frames, in its own diagonals, where nothing overlaps."""


@dataclass
class _Track:
    """A thing being followed."""

    name: str
    boxes: dict[int, Box] = field(default_factory=dict)
    scores: list[float] = field(default_factory=list)
    velocity: tuple[float, float] = (0.0, 0.0)

    @property
    def last(self) -> int:
        return max(self.boxes)

    def expected(self, frame: int) -> Box:
        """Where it would be in this frame if it moves on as it did."""
        steps = frame - self.last
        dx, dy = self.velocity[0] * steps, self.velocity[1] * steps
        x0, y0, x1, y1 = self.boxes[self.last]
        return x0 + dx, y0 + dy, x1 + dx, y1 + dy

    def add(self, frame: int, box: Box, score: float) -> None:
        if self.boxes:
            steps = frame - self.last
            before, now = _centre(self.boxes[self.last]), _centre(box)
            step = (now[0] - before[0]) / steps, (now[1] - before[1]) / steps
            known = len(self.boxes) > 1  # the first step is all that is known; later ones are averaged
            self.velocity = tuple(0.5 * (v + s) if known else s for v, s in zip(self.velocity, step, strict=True))  # type: ignore[assignment]
        self.boxes[frame] = box
        self.scores.append(score)


@dataclass(frozen=True)
class LinkTracker:
    """Follows what a detector finds.

    Attributes:
        detector: Finds the boxes.
    """

    detector: Detector

    @property
    def name(self) -> str:
        """The detector's, and how its boxes are linked."""
        return f"{self.detector.name}, boxes linked by overlap"

    @property
    def trained_on(self) -> str:
        """As the detector's."""
        return self.detector.trained_on

    def track(self, frames: Iterator[Seen], names: Sequence[str], threshold: float) -> list[Tracked]:
        """Things with these names, in the order they appear; see `Tracker`."""
        asked = list(names) or list(self.detector.names or ())
        tracks: list[_Track] = []
        count = 0
        for number, frame in enumerate(frames):
            count = number + 1
            found = self.detector.detect(frame, asked, threshold * _CONTINUES) if asked else []
            _extend(tracks, found, number, threshold)
        return [Tracked(t.name, tuple(t.boxes.get(n) for n in range(count)), float(np.mean(t.scores))) for t in tracks]


def _extend(tracks: list[_Track], found: list[Detection], frame: int, threshold: float) -> None:
    """Give each box of a frame to the track it continues, or start one."""
    from scipy.optimize import linear_sum_assignment

    alive = [t for t in tracks if frame - t.last <= MOST_MISSED]
    free = list(found)
    if alive and found:
        gain = np.array([[_likeness(t, d, frame) for d in found] for t in alive])
        for row, column in zip(*linear_sum_assignment(-np.maximum(gain, 0)), strict=True):
            if gain[row, column] > 0:
                alive[row].add(frame, found[column].box, found[column].score)
                free.remove(found[column])
    for detection in free:
        if detection.score >= threshold:
            track = _Track(detection.name)
            track.add(frame, detection.box, detection.score)
            tracks.append(track)


def _likeness(track: _Track, detection: Detection, frame: int) -> float:
    """1 to 2 by overlap, 0 to 1 by distance where there is none, below 0 for what cannot be the same thing."""
    if track.name != detection.name:
        return -1.0
    box = track.expected(frame)
    shared = overlap(box, detection.box)
    if shared > 0:
        return 1.0 + shared
    (ax, ay), (bx, by) = _centre(box), _centre(detection.box)
    size = max(_diagonal(box), _diagonal(detection.box))
    alike = min(_diagonal(box), _diagonal(detection.box)) / size
    distance = math.hypot(ax - bx, ay - by) / size
    return (1.0 - distance / _REACH) * alike if alike > 0.5 else -1.0


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _diagonal(box: Box) -> float:
    return math.hypot(box[2] - box[0], box[3] - box[1])


def load(weights: str, offline: bool) -> LinkTracker:
    """A tracker over a detector.

    Args:
        weights: The detector, as a setting `NAME` or `NAME:WEIGHTS`; "" for the default one.
        offline: Never try to download weights.

    Raises:
        InfrastructureError: The detector cannot be loaded.
    """
    return LinkTracker(BackEnds({"detection": weights} if weights else {}, offline).detector())
