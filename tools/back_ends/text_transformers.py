"""Writing, found by contrast (`text_lines`) and read line by line by TrOCR.

Li et al., TrOCR: Transformer-based Optical Character Recognition with Pre-trained Models, AAAI 2023. It reads whatever
it is given as if it were writing, so each line has a score, and lines that it all but guesses are left out.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.tools.back_ends.protocols import Box, Seen, TextFound
from sightline.tools.back_ends.text_lines import find_text_lines
from sightline.tools.back_ends.weights import (
    find_weights,
    load_pretrained,
    load_processor,
    require,
    running,
    to_device,
)

_AT_ONCE = 8
"""Lines read together: bounded memory."""
_LONGEST_LINE = 64
"""Tokens of a line, at most."""
_GUESSED = 0.35
"""Score below which a line is noise that was read as writing."""


@dataclass(frozen=True)
class Trocr:
    """A `TextReader`."""

    weights: str
    model: Any
    processor: Any
    _busy: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def name(self) -> str:
        """`TrOCR (trocr-base-printed)`."""
        return f"TrOCR ({self.weights.rstrip('/').rpartition('/')[2]})"

    @property
    def trained_on(self) -> str:
        """As its authors state it."""
        return "684 million rendered lines of print, SROIE receipts"

    def read(self, picture: Seen) -> list[TextFound]:
        """Pieces of writing, from top to bottom and left to right; see `TextReader`."""
        boxes = find_text_lines(picture.pixels)
        out = []
        for start in range(0, len(boxes), _AT_ONCE):
            some = boxes[start : start + _AT_ONCE]
            read = self.read_lines([_cut(picture.pixels, box) for box in some])
            out += [TextFound(text, box, score) for box, (text, score) in zip(some, read, strict=True)]
        return [found for found in out if found.text and (found.score or 0) >= _GUESSED]

    def read_lines(self, lines: list[NDArray[np.uint8]]) -> list[tuple[str, float]]:
        """The words of pictures of one line each, with the mean probability of a token.

        Args:
            lines: (h, w, 3) uint8 RGB each.
        """
        with self._busy, running(self.weights):
            prepared = self.processor(images=lines, return_tensors="pt", input_data_format="channels_last")
            out = self.model.generate(
                **to_device({"pixel_values": prepared["pixel_values"]}, self.model),
                max_new_tokens=_LONGEST_LINE,
                num_beams=1,
                do_sample=False,
                output_scores=True,
                return_dict_in_generate=True,
            )
            logs = self.model.compute_transition_scores(out.sequences, out.scores, normalize_logits=True)
        texts = self.processor.batch_decode(out.sequences, skip_special_tokens=True)
        scores = []
        for row in logs.float().cpu().numpy():
            told = row[np.isfinite(row) & (row < 0)]
            scores.append(math.exp(float(told.mean())) if len(told) else 0.0)
        return [(" ".join(text.split()), score) for text, score in zip(texts, scores, strict=True)]


def _cut(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = int(box[0]), int(box[1]), math.ceil(box[2]), math.ceil(box[3])
    return np.array(pixels[y0:y1, x0:x1])  # torch warns of arrays that cannot be written


def load_trocr(weights: str, offline: bool) -> Trocr:
    """TrOCR: `load` of the back end `trocr`.

    Raises:
        InfrastructureError: A package or the weights are missing, or are of another model.
    """
    require("vision", "torch", "transformers")
    folder = find_weights(weights, offline)
    from transformers import TrOCRProcessor, VisionEncoderDecoderModel

    model = load_pretrained(
        VisionEncoderDecoderModel,
        folder,
        "vision-encoder-decoder",
        weights,
        ("pooler.dense.weight", "pooler.dense.bias", "mask_token"),
    )
    return Trocr(weights, model, load_processor(TrOCRProcessor, folder, weights))
