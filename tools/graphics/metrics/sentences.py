"""The likeness of two texts by MiniLM's sentence embeddings, the back end `minilm` of the role `sentences`.

It is optional: it needs the extra `vision` and the weights `sentence-transformers/all-MiniLM-L6-v2` (some 90 MB).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from sightline.tools.back_ends.weights import find_weights, load_pretrained, load_processor, require, running

_LONGEST = 256
"""Tokens of a text that are read, as its authors set it."""


@dataclass(frozen=True)
class SentenceSimilarity:
    """The cosine of two sentence embeddings: the means of the token vectors. What SlidesBench compares texts by.

    Source: Reimers, Gurevych, 2019; the mean over tokens is how this checkpoint was trained.
    """

    weights: str
    model: Any
    tokenizer: Any
    _busy: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, a: str, b: str) -> float:
        """How alike two texts are, -1 to 1."""
        import torch

        with self._busy, running(self.weights):
            inputs = self.tokenizer([a, b], padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt")
            inputs = inputs.to(self.model.device)
            tokens = self.model(**inputs).last_hidden_state.float()
            weight = inputs["attention_mask"].unsqueeze(-1).float()
            means = (tokens * weight).sum(dim=1) / weight.sum(dim=1)
            return float(torch.nn.functional.cosine_similarity(means[0], means[1], dim=0))


def load_minilm(weights: str, offline: bool = False) -> SentenceSimilarity:
    """MiniLM from a hub id or a local folder.

    Raises:
        InfrastructureError: A package or the weights are missing; names the command that mends it.
    """
    require("vision", "torch", "transformers")
    folder = find_weights(weights, offline)
    from transformers import AutoTokenizer, BertModel

    model = load_pretrained(BertModel, folder, "bert", weights, unneeded=("position_ids", "pooler.dense.weight"))
    return SentenceSimilarity(weights, model, load_processor(AutoTokenizer, folder, weights))
