"""Outlines by SAM and SAM 2 through ultralytics."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sightline.memory import InfrastructureError, InstrumentLimit, ModelMistake
from sightline.tools.back_ends.fitting import fit
from sightline.tools.back_ends.protocols import Box, MaskFound, Seen
from sightline.tools.back_ends.yolo import working
from sightline.tools.back_ends.yolo_setup import UNREADABLE, find_yolo_weights, import_ultralytics

_IMAGE_SIZE = 1024
"""Pixels of the side that these networks see."""
_MOST_MASKS = 3


class YoloSam:
    """A `Segmenter`: SAM or SAM 2 through ultralytics."""

    trained_on = "SA-1B (11 million photos)"

    def __init__(self, model: Any, weights: str) -> None:
        self.model = model
        self.weights = weights
        self.lock = threading.Lock()

    @property
    def name(self) -> str:
        """`SAM mobile_sam`."""
        return f"SAM {Path(self.weights).stem}"

    def segment(
        self, picture: Seen, box: Box | None = None, points: Sequence[tuple[float, float]] = ()
    ) -> list[MaskFound]:
        """Masks, best first; see `Segmenter`.

        Raises:
            ModelMistake: Neither a box nor a point.
            InstrumentLimit: Nothing was found there.
        """
        if box is None and not points:
            raise ModelMistake("neither a box nor a point was given.", "Give one of them.")
        fitted = fit(picture.pixels, _IMAGE_SIZE)
        prompts: dict[str, Any] = {}
        if box is not None:
            prompts["bboxes"] = [list(fitted.box_in(box))]
        if points:
            prompts["points"] = [[list(fitted.point_in(point)) for point in points]]
            prompts["labels"] = [[1] * len(points)]
        with self.lock, working(self.weights):
            results = self.model.predict(
                source=np.ascontiguousarray(fitted.pixels[..., ::-1]), verbose=False, save=False, conf=0.0, **prompts
            )
        result = results[0].cpu()
        if result.masks is None:
            raise InstrumentLimit("the model outlines nothing there.", "Try another point, or a box.")
        scores = result.boxes.conf.numpy()
        found = [
            MaskFound(fitted.mask_out(mask), float(score))
            for mask, score in zip(result.masks.data.numpy(), scores, strict=True)
        ]
        found = [each for each in found if each.mask.any()]
        if not found:
            raise InstrumentLimit("the model outlines nothing there.", "Try another point, or a box.")
        return sorted(found, key=lambda each: -each.score)[:_MOST_MASKS]


def load(weights: str, offline: bool) -> YoloSam:
    """SAM from a checkpoint.

    Raises:
        InfrastructureError: The weights are missing or cannot be read.
    """
    ultralytics = import_ultralytics()
    path = find_yolo_weights(weights, offline)
    try:
        model = ultralytics.SAM(str(path))
    except UNREADABLE as error:
        raise InfrastructureError(
            f"The weights {weights} cannot be read as SAM's: {(str(error).splitlines() or [''])[0]}",
            "Its file must have one of ultralytics' names, e.g. mobile_sam.pt or sam2.1_t.pt.",
        ) from error
    return YoloSam(model, weights)
