"""Boxes in a picture by their overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.agents.answers import extract
from sightline.evals.item import Item
from sightline.evals.scorers.mark import Mark
from sightline.evals.scorers.points import picture_size
from sightline.tools import StoredPixels


@dataclass(frozen=True)
class BoxOverlap:
    """Scores a box by its intersection over union (IoU) with the item's target, [x0, y0, x1, y1] in stored pixels.

    Attributes:
        threshold: IoU from which on a box is right; None scores by the IoU itself.
    """

    threshold: float | None = None

    def __call__(self, item: Item, said: str) -> Mark:
        """See `Scorer`. No box, two of them, or one outside the picture is wrong."""
        value = extract(item.asked.spec, said, StoredPixels(), picture_size(item.asked.pictures[0])).value
        if not isinstance(value, tuple) or len(value) != 4:
            return Mark(0.0, "", parsed=False, parts={"iou": 0.0})
        overlap = iou(value, item.target)
        score = overlap if self.threshold is None else float(overlap >= self.threshold)
        return Mark(score, ", ".join(f"{v:g}" for v in value), parts={"iou": overlap})


def iou(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes (x0, y0, x1, y1); corners are continuous, so no pixel is added.

    Raises:
        ValueError: A box has no area.
    """
    areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b)]
    if any(box[2] <= box[0] or box[3] <= box[1] for box in (a, b)):
        raise ValueError("a box without area has no overlap")
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (sum(areas) - shared)
