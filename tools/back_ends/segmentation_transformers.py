"""Outlines by SAM 2 through transformers.

It sees the picture stretched to a square; its processor scales prompts by the ratio of the sides, which is right for
continuous pixels, and brings the masks back.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sightline.memory import InstrumentLimit, ModelMistake
from sightline.tools.back_ends.fitting import fit
from sightline.tools.back_ends.protocols import Box, MaskFound, Seen
from sightline.tools.back_ends.weights import (
    checkpoint_type,
    find_weights,
    load_pretrained,
    load_processor,
    require,
    running,
    to_device,
)

_LONGEST = 2048
_TYPES = ("sam2", "sam2_video")
"""The published checkpoints serve pictures and videos, and say `sam2_video`."""


@dataclass(frozen=True)
class Sam2:
    """SAM 2: Ravi et al., SAM 2: Segment Anything in Images and Videos, 2024."""

    weights: str
    model: Any
    processor: Any
    _busy: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def name(self) -> str:
        """`SAM 2 (sam2.1-hiera-tiny)`."""
        return f"SAM 2 ({self.weights.rstrip('/').rpartition('/')[2]})"

    @property
    def trained_on(self) -> str:
        """As its authors state it."""
        return "SA-1B (11 million photos) and SA-V (51 thousand videos)"

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
        fitted = fit(picture.pixels, _LONGEST)
        prompts: dict[str, Any] = {}
        if box is not None:
            prompts["input_boxes"] = [[list(fitted.box_in(box))]]
        if points:
            prompts["input_points"] = [[[list(fitted.point_in(point)) for point in points]]]
            prompts["input_labels"] = [[[1] * len(points)]]
        with self._busy, running(self.weights):
            prepared = self.processor(
                images=fitted.writable(), return_tensors="pt", input_data_format="channels_last", **prompts
            )
            sizes = prepared.pop("original_sizes")
            # One point may mean the part, the thing or all of it: three masks. A box means one thing.
            outputs = self.model(**to_device(prepared, self.model), multimask_output=box is None and len(points) == 1)
            masks = self.processor.post_process_masks(outputs.pred_masks.float().cpu(), sizes)[0][0].numpy()
            scores = outputs.iou_scores[0, 0].float().cpu().numpy()
        found = [
            MaskFound(fitted.mask_out(mask), float(score))
            for mask, score in zip(masks, np.clip(scores, 0, 1), strict=True)
            if mask.any()
        ]
        if not found:
            raise InstrumentLimit("the model outlines nothing there.", "Try another point, or a box.")
        return sorted(found, key=lambda each: -each.score)


def load_sam2(weights: str, offline: bool) -> Sam2:
    """SAM 2: `load` of the back end `sam2`.

    Raises:
        InfrastructureError: A package or the weights are missing, or are of another model.
    """
    require("vision", "torch", "transformers")
    folder = find_weights(weights, offline)
    from transformers import Sam2Model, Sam2Processor

    stated = checkpoint_type(folder)
    model = load_pretrained(Sam2Model, folder, stated if stated in _TYPES else "sam2", weights)
    return Sam2(weights, model, load_processor(Sam2Processor, folder, weights))
