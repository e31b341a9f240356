"""BlenderGym's negated CLIP similarity, the back end `clip` of the role `similarity`.

It is optional: it needs the extra `vision` and the weights `openai/clip-vit-base-patch32` (some 600 MB, in the usual
Hugging Face cache) or a local folder. `--back-end similarity=clip` has `compare` measure it too.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from sightline.memory import InstrumentLimit
from sightline.tools.back_ends.weights import (
    find_weights,
    load_pretrained,
    load_processor,
    require,
    running,
    to_device,
)
from sightline.tools.graphics.metrics.photometric import Pixels, same_size


@dataclass(frozen=True)
class ClipDistance:
    """1 - cosine of the CLIP embeddings of two pictures: 0 is alike.

    Source: BlenderGym (Gu et al., CVPR 2025), `n_clip`; CLIP: Radford et al., 2021.
    """

    weights: str
    model: Any
    processor: Any
    _busy: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, render: Pixels, target: Pixels) -> float:
        """The distance of two pictures.

        Args:
            render: (H, W, 3) uint8.
            target: (H', W', 3) uint8; resized to the render where the sizes differ.

        Raises:
            InstrumentLimit: An embedding has no length.
        """
        import torch
        from PIL import Image

        pictures = [Image.fromarray(pixels) for pixels in (render, same_size(render, target))]
        with self._busy, running(self.weights):
            inputs = self.processor(images=pictures, return_tensors="pt")
            features = self.model.get_image_features(**to_device(inputs, self.model)).pooler_output.float()
            if bool((features.norm(dim=1) == 0).any()):
                raise InstrumentLimit("CLIP sees nothing in one of the pictures.", "Go by the photometric loss.")
            similarity = torch.nn.functional.cosine_similarity(features[0], features[1], dim=0)
        return 1.0 - float(similarity)


def load_clip(weights: str, offline: bool = False) -> ClipDistance:
    """CLIP from a hub id or a local folder.

    Raises:
        InfrastructureError: A package or the weights are missing; names the command that mends it.
    """
    require("vision", "torch", "transformers")
    folder = find_weights(weights, offline)
    from transformers import CLIPImageProcessor, CLIPModel

    model = load_pretrained(CLIPModel, folder, "clip", weights)
    return ClipDistance(weights, model, load_processor(CLIPImageProcessor, folder, weights))
