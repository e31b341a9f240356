"""Detections to and from `supervision.Detections`, which the field passes around; boxes in the same pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sightline.tools.back_ends.protocols import Detection
from sightline.tools.back_ends.weights import require

CLASS_NAME = "class_name"
"""Where supervision keeps names, in `Detections.data`."""


def to_supervision(found: Sequence[Detection]) -> Any:
    """As `supervision.Detections`: names under `class_name`, a class id for each name, masks where all have one.

    Raises:
        InfrastructureError: supervision is not installed.
    """
    require("vision", "supervision")
    import supervision

    if not found:
        return supervision.Detections.empty()
    names = list(dict.fromkeys(d.name for d in found))
    masks = [d.mask for d in found if d.mask is not None]
    return supervision.Detections(
        xyxy=np.array([d.box for d in found], dtype=np.float64),
        mask=np.stack(masks) if len(masks) == len(found) else None,
        confidence=np.array([d.score for d in found], dtype=np.float64),
        class_id=np.array([names.index(d.name) for d in found]),
        data={CLASS_NAME: np.array([d.name for d in found])},
    )


def from_supervision(detections: Any) -> list[Detection]:
    """From `supervision.Detections`, in its order; without names the class ids serve, without scores 1."""
    names = detections.data.get(CLASS_NAME)
    out = []
    for n, (x0, y0, x1, y1) in enumerate(np.asarray(detections.xyxy, dtype=np.float64).tolist()):
        identity = "thing" if detections.class_id is None else str(detections.class_id[n])
        name = identity if names is None else str(names[n])
        score = 1.0 if detections.confidence is None else float(detections.confidence[n])
        mask = None if detections.mask is None else np.asarray(detections.mask[n], dtype=np.bool_)
        out.append(Detection(name, (x0, y0, x1, y1), score, mask))
    return out
