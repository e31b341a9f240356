"""Linking: which box of a frame is the same thing as which box of the frames before.

Boxes are given to tracks by overlap with where each thing is expected, else by nearness; all of a frame at once, so
that the sum is best (Kuhn, The Hungarian Method, 1955). Two thresholds, as ByteTrack has them: a track starts with a
sure box and goes on with weaker ones (Zhang et al., ByteTrack, ECCV 2022). The memory of a lost thing is gated: it is
found again only near where it was going and at about its size, and only sure boxes teach where it is going, so that
what passes in front does not lead it away (the idea of TrackVLA++'s gated memory).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

Box = tuple[float, float, float, float]

MOST_MISSED = 15
"""Frames that a thing may be hidden and still be the same track."""
REACH = 1.0
"""How far from where it is expected a thing may be found, in own diagonals, where nothing overlaps."""
_ALIKE = 0.5
"""Ratio of two diagonals below which boxes that do not overlap are not one thing."""
_ALIKE_OVERLAPPING = 0.2
"""The same for boxes that overlap: what comes from behind a cover shows a part at first."""
_NEWEST = 0.5
"""Share of the newest step in a thing's velocity."""


@dataclass(frozen=True)
class SeenBox:
    """A thing in one frame.

    Attributes:
        box: (x0, y0, x1, y1) in continuous pixels.
        score: How sure it is, 0 to 1.
        name: What it is; only boxes of one name are linked.
    """

    box: Box
    score: float = 1.0
    name: str = ""


@dataclass
class LinkedTrack:
    """A thing being followed.

    Attributes:
        name: What it is.
        boxes: By number of the frame.
        scores: Of the boxes, in order.
    """

    name: str
    boxes: dict[int, Box] = field(default_factory=dict)
    scores: list[float] = field(default_factory=list)
    _velocity: tuple[float, float] | None = None
    _taught: int = -1  # the last frame that a sure box came from

    @property
    def last(self) -> int:
        """Number of the frame it was last seen in."""
        return next(reversed(self.boxes))

    def expected(self, frame: int) -> Box:
        """Where it would be in this frame if it moves on as it did."""
        vx, vy = self._velocity or (0.0, 0.0)
        steps = frame - self.last
        x0, y0, x1, y1 = self.boxes[self.last]
        return x0 + vx * steps, y0 + vy * steps, x1 + vx * steps, y1 + vy * steps

    def add(self, frame: int, seen: SeenBox, sure: bool) -> None:
        """Note a sighting; only a sure one changes what is expected."""
        if sure:
            if self.boxes:
                steps = frame - self._taught
                before, now = _centre(self.boxes[self._taught]), _centre(seen.box)
                vx, vy = (now[0] - before[0]) / steps, (now[1] - before[1]) / steps
                if self._velocity is not None:  # the first step is all that is known; later ones are averaged
                    vx = _NEWEST * vx + (1 - _NEWEST) * self._velocity[0]
                    vy = _NEWEST * vy + (1 - _NEWEST) * self._velocity[1]
                self._velocity = vx, vy
            self._taught = frame
        self.boxes[frame] = seen.box
        self.scores.append(seen.score)


@dataclass
class Linker:
    """Links boxes frame after frame.

    Attributes:
        threshold: Score at or above which a box is sure: it starts a track.
        most_missed: Frames that a thing may be hidden and still be the same track.
    """

    threshold: float = 0.0
    most_missed: int = MOST_MISSED
    tracks: list[LinkedTrack] = field(default_factory=list)
    _frame: int = 0

    @property
    def frames(self) -> int:
        """Frames given so far."""
        return self._frame

    def add(self, found: Sequence[SeenBox]) -> None:
        """Give each box of the next frame to the track it continues, or start one."""
        frame = self._frame
        self._frame += 1
        alive = [t for t in self.tracks if frame - t.last <= self.most_missed]
        free = set(range(len(found)))
        if alive and found:
            from scipy.optimize import linear_sum_assignment

            gain = np.array([[_likeness(t, seen, frame) for seen in found] for t in alive])
            for row, column in zip(*linear_sum_assignment(-np.maximum(gain, 0)), strict=True):
                if gain[row, column] > 0:
                    seen = found[column]
                    alive[row].add(frame, seen, seen.score >= self.threshold)
                    free.discard(int(column))
        for index in sorted(free):
            if found[index].score >= self.threshold:
                track = LinkedTrack(found[index].name)
                track.add(frame, found[index], True)
                self.tracks.append(track)


def link(frames: Iterable[Sequence[SeenBox]], threshold: float = 0.0) -> list[LinkedTrack]:
    """Tracks through frames, in the order they begin; see `Linker`."""
    linker = Linker(threshold)
    for found in frames:
        linker.add(found)
    return linker.tracks


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _likeness(track: LinkedTrack, seen: SeenBox, frame: int) -> float:
    """1 to 2 by overlap, 0 to 1 by distance where there is none, below 0 for what cannot be the same thing."""
    if track.name != seen.name:
        return -1.0
    box = track.expected(frame)
    size = max(_diagonal(box), _diagonal(seen.box))
    alike = min(_diagonal(box), _diagonal(seen.box)) / size
    shared = overlap(box, seen.box)
    if shared > 0:
        return 1.0 + shared if alike >= _ALIKE_OVERLAPPING else -1.0
    (ax, ay), (bx, by) = _centre(box), _centre(seen.box)
    distance = math.hypot(ax - bx, ay - by) / size
    return (1.0 - distance / REACH) * alike if alike > _ALIKE else -1.0


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _diagonal(box: Box) -> float:
    return math.hypot(box[2] - box[0], box[3] - box[1])
