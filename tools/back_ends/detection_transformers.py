"""Detectors for any words through transformers: Grounding DINO and OWLv2.

Both give boxes as fractions of what the network saw; fractions of a picture are continuous pixels over its size, so the
conversion is a scale. OWLv2 sees the picture in the upper left corner of a grey square: its fractions are of the longer
side.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.tools.back_ends.fitting import Fitted, fit
from sightline.tools.back_ends.linking import overlap
from sightline.tools.back_ends.naming import normal
from sightline.tools.back_ends.protocols import Box, Detection, Seen
from sightline.tools.back_ends.weights import (
    find_weights,
    load_pretrained,
    load_processor,
    require,
    running,
    to_device,
)

if TYPE_CHECKING:
    import torch

_LONGEST = 2048
"""Pixels that a processor is given; it makes them smaller still, but not in bounded memory."""
_SAME_BOX = 0.7
"""Overlap from which two boxes of one name are one thing: the networks have no suppression of their own."""
_DINO_DATA = "Objects365, GoldG (GQA and Flickr30k phrases), GRIT, V3Det"
_OWL_DATA = "WebLI, 10 billion pictures with their texts; Objects365, Visual Genome"


@dataclass(frozen=True)
class GroundingDino:
    """Grounding DINO: one text with all names, a score for each of its words at each box.

    Liu et al., Grounding DINO, ECCV 2024. A name's score is that of its best word, as its authors have it.
    """

    weights: str
    model: Any
    processor: Any
    _busy: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def name(self) -> str:
        """`Grounding DINO tiny`."""
        return f"Grounding DINO {_variant(self.weights, 'grounding-dino-')}".strip()

    @property
    def trained_on(self) -> str:
        """As its authors state it."""
        return _DINO_DATA

    @property
    def names(self) -> tuple[str, ...] | None:
        """None: any words."""
        return None

    def detect(self, picture: Seen, names: Sequence[str], threshold: float) -> list[Detection]:
        """What of these names scores at least `threshold`, best first; see `Detector`."""
        asked = [name for name in names if _phrase(name)]
        if not asked:
            return []
        fitted = fit(picture.pixels, _LONGEST)
        found: list[Detection] = []
        with self._busy, running(self.weights):
            for some in self._batches(asked):
                found += self._detect(fitted, some, threshold)
        return without_doubles(found)

    def _detect(self, fitted: Fitted, names: Sequence[str], threshold: float) -> list[Detection]:
        text, spans = prompt_of(names)
        prepared = self.processor(
            images=fitted.writable(), text=text, return_tensors="pt", input_data_format="channels_last"
        )
        offsets = self.processor.tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
        outputs = self.model(**to_device(prepared, self.model))
        scores = outputs.logits[0].float().sigmoid().cpu().numpy()
        boxes = _corners(outputs.pred_boxes[0])
        found = []
        for name, (start, end) in zip(names, spans, strict=True):
            tokens = [
                n for n, (a, b) in enumerate(offsets) if b > a and a >= start and b <= end and n < scores.shape[1]
            ]
            if tokens:
                found += _kept(boxes, scores[:, tokens].max(axis=1), name, threshold, fitted)
        return found

    def _batches(self, names: Sequence[str]) -> list[list[str]]:
        """The names in as many texts as it takes: the network reads at most `max_text_len` tokens."""
        room = int(self.model.config.max_text_len) - 2
        out: list[list[str]] = [[]]
        used = 0
        for name in names:
            length = len(self.processor.tokenizer(prompt_of([name])[0], add_special_tokens=False)["input_ids"])
            if out[-1] and used + length > room:
                out.append([])
                used = 0
            out[-1].append(name)
            used += length
        return out


@dataclass(frozen=True)
class Owl:
    """OWLv2: a query for each name, a score for each query at each box.

    Minderer, Gritsenko, Houlsby, Scaling Open-Vocabulary Object Detection, NeurIPS 2023.
    """

    weights: str
    model: Any
    processor: Any
    _busy: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def name(self) -> str:
        """`OWLv2 base-patch16-ensemble`."""
        return f"OWLv2 {_variant(self.weights, 'owlv2-')}".strip()

    @property
    def trained_on(self) -> str:
        """As its authors state it."""
        return _OWL_DATA

    @property
    def names(self) -> tuple[str, ...] | None:
        """None: any words."""
        return None

    def detect(self, picture: Seen, names: Sequence[str], threshold: float) -> list[Detection]:
        """What of these names scores at least `threshold`, best first; see `Detector`."""
        asked = [name for name in names if _phrase(name)]
        if not asked:
            return []
        fitted = fit(picture.pixels, _LONGEST)
        with self._busy, running(self.weights):
            prepared = self.processor(
                images=fitted.writable(),
                text=[[f"a photo of a {_phrase(name)}" for name in asked]],
                return_tensors="pt",
                input_data_format="channels_last",
                padding="max_length",
                truncation=True,
                max_length=int(self.model.config.text_config.max_position_embeddings),
            )
            outputs = self.model(**to_device(prepared, self.model))
            scores = outputs.logits[0].float().sigmoid().cpu().numpy()
            boxes = _corners(outputs.pred_boxes[0])
        height, width = fitted.pixels.shape[:2]
        side = max(height, width)
        boxes = boxes * (side / width, side / height, side / width, side / height)
        found: list[Detection] = []
        for column, name in enumerate(asked):
            best = scores.argmax(axis=1) == column  # a box answers one query
            found += _kept(boxes[best], scores[best, column], name, threshold, fitted)
        return without_doubles(found)


def prompt_of(names: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text that Grounding DINO is given, and where in it each name stands.

    Names are in lower case and end in a full stop each, as in its training.

    Returns:
        The text, and (start, end) character offsets in it, one for each name.
    """
    text = ""
    spans = []
    for name in names:
        phrase = _phrase(name)
        spans.append((len(text), len(text) + len(phrase)))
        text += phrase + ". "
    return text.strip(), spans


def without_doubles(found: Sequence[Detection]) -> list[Detection]:
    """Best first; of boxes of one name that overlap by more than `_SAME_BOX` only the best."""
    out: list[Detection] = []
    for each in sorted(found, key=lambda d: -d.score):
        if all(other.name != each.name or overlap(other.box, each.box) <= _SAME_BOX for other in out):
            out.append(each)
    return out


def _phrase(name: str) -> str:
    """A name as the networks were trained on names; full stops would end it."""
    return " ".join(normal(name).replace(".", " ").split())


def _corners(boxes: torch.Tensor) -> NDArray[np.float64]:
    """(N, 4) of centre and size to (x0, y0, x1, y1), still fractions."""
    x, y, w, h = boxes.float().cpu().numpy().astype(np.float64).T
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)


def _kept(
    boxes: NDArray[np.float64], scores: NDArray[np.float32], name: str, threshold: float, fitted: Fitted
) -> list[Detection]:
    """Boxes, fractions of the picture, that score enough, in its pixels."""
    height, width = fitted.pixels.shape[:2]
    out = []
    for index in np.flatnonzero(scores >= threshold):
        box: Box | None = fitted.box_out(boxes[index] * (width, height, width, height))
        if box is not None:
            out.append(Detection(name, box, float(scores[index])))
    return out


def _variant(weights: str, prefix: str) -> str:
    return weights.rstrip("/").rpartition("/")[2].removeprefix(prefix)


def load_grounding_dino(weights: str, offline: bool) -> GroundingDino:
    """Grounding DINO: `load` of the back end `grounding-dino`.

    Raises:
        InfrastructureError: A package or the weights are missing, or are of another model.
    """
    require("vision", "torch", "transformers")
    folder = find_weights(weights, offline)
    from transformers import AutoProcessor, GroundingDinoForObjectDetection

    model = load_pretrained(GroundingDinoForObjectDetection, folder, "grounding-dino", weights)
    return GroundingDino(weights, model, load_processor(AutoProcessor, folder, weights))


def load_owlv2(weights: str, offline: bool) -> Owl:
    """OWLv2: `load` of the back end `owlv2`.

    Raises:
        InfrastructureError: A package or the weights are missing, or are of another model.
    """
    require("vision", "torch", "transformers")
    folder = find_weights(weights, offline)
    from transformers import AutoProcessor, Owlv2ForObjectDetection

    model = load_pretrained(Owlv2ForObjectDetection, folder, "owlv2", weights)
    return Owl(weights, model, load_processor(AutoProcessor, folder, weights))
