"""A tracker made of any detector: the boxes of each frame, linked by `sightline.geometry.linking`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sightline.geometry.linking import MOST_MISSED, Linker, SeenBox, overlap
from sightline.tools.back_ends.protocols import Detector, Seen, Tracked
from sightline.tools.back_ends.registry import BackEnds

__all__ = ["MOST_MISSED", "LinkTracker", "load", "overlap"]

_CONTINUES = 0.5
"""Share of the threshold that a box needs to go on with a track."""


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
        linker = Linker(threshold)
        for frame in frames:
            found = self.detector.detect(frame, asked, threshold * _CONTINUES) if asked else []
            linker.add([SeenBox(d.box, d.score, d.name) for d in found])
        return [
            Tracked(t.name, tuple(t.boxes.get(n) for n in range(linker.frames)), float(np.mean(t.scores)))
            for t in linker.tracks
        ]


def load(weights: str, offline: bool) -> LinkTracker:
    """A tracker over a detector.

    Args:
        weights: The detector, as a setting `NAME` or `NAME:WEIGHTS`; "" for the default one.
        offline: Never try to download weights.

    Raises:
        InfrastructureError: The detector cannot be loaded.
    """
    return LinkTracker(BackEnds({"detection": weights} if weights else {}, offline).detector())
