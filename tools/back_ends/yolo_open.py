"""YOLO-World and YOLOE: ultralytics' detectors for any words.

Words become numbers by a text encoder of its own, with its own weights and the package `clip`. Names that a checkpoint
already holds (saved after `set_classes`) need none of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from sightline.memory import InfrastructureError
from sightline.tools.back_ends.naming import known_as, normal
from sightline.tools.back_ends.protocols import Detection, Seen
from sightline.tools.back_ends.yolo import YoloDetector, asked_classes, detections, load_model
from sightline.tools.back_ends.yolo_setup import cache_folder, find_yolo_weights, is_offline

_WORLD_ENCODER = "ViT-B-32.pt"
_OTHER = "use an open-set detector that needs no more: --back-end detection=grounding-dino"


class OpenYolo(YoloDetector):
    """A `Detector` for any words."""

    def __init__(self, model: Any, weights: str, offline: bool, data: str) -> None:
        super().__init__(model, weights)
        self._offline = offline
        self._data = data

    @property
    def names(self) -> tuple[str, ...] | None:
        """None: any words."""
        return None

    @property
    def trained_on(self) -> str:
        """As its authors state it."""
        return self._data

    def detect(self, picture: Seen, names: Sequence[str], threshold: float) -> list[Detection]:
        """What of these names scores at least `threshold`, best first; see `Detector`.

        Raises:
            InfrastructureError: Names are new to it, and the text encoder is missing.
        """
        if not names:
            return []
        with self.lock:
            if any(known_as(name, list(self.classes.values())) is None for name in names):
                self._learn(names)
            wanted = asked_classes(names, self.classes)
            result, fitted = self.predict(picture.pixels, threshold, classes=sorted(wanted), retina_masks=True)
        return detections(result, fitted, wanted, threshold)

    def _learn(self, names: Sequence[str]) -> None:
        """Take these words for its classes."""
        self._require_encoder()
        try:
            self.model.set_classes([normal(name) or name for name in names])
        except (OSError, RuntimeError, ImportError, AssertionError) as error:
            raise InfrastructureError(
                f"The text encoder of {self.name} cannot be loaded: {(str(error).splitlines() or [''])[0]}",
                f"Run again with a network, or {_OTHER}",
            ) from error

    def _require_encoder(self) -> None:
        if find_spec("clip") is None:
            raise InfrastructureError(
                f"{self.name} reads words with the package `clip`, which is not installed.",
                f"Install ultralytics' CLIP from its repository on GitHub (ultralytics/CLIP), or {_OTHER}",
            )
        offline = self._offline or is_offline()
        if type(self.model.model).__name__ == "WorldModel":
            file = cache_folder() / "weights" / "clip" / _WORLD_ENCODER
            if offline and not file.is_file():
                raise InfrastructureError(
                    f"The text encoder of {self.name} ({_WORLD_ENCODER}) is not on this machine, and nothing is "
                    "downloaded offline.",
                    f"Run once with a network, or {_OTHER}",
                )
            return
        variant = str(getattr(self.model.model, "text_model", "mobileclip:blt"))
        find_yolo_weights("mobileclip2_b.ts" if variant.startswith("mobileclip2") else "mobileclip_blt.ts", offline)


def load_world(weights: str, offline: bool) -> OpenYolo:
    """YOLO-World from a checkpoint.

    Raises:
        InfrastructureError: The weights are missing, cannot be read, or are of another model.
    """
    return _load(weights, offline, "WorldModel", "YOLO-World", "Objects365, GQA and Flickr30k phrases, CC3M")


def load_e(weights: str, offline: bool) -> OpenYolo:
    """YOLOE from a checkpoint; with masks where the weights have them.

    Raises:
        InfrastructureError: The weights are missing, cannot be read, or are of another model.
    """
    return _load(weights, offline, "YOLOE", "YOLOE", "Objects365, GQA and Flickr30k phrases")


def _load(weights: str, offline: bool, kind: str, title: str, data: str) -> OpenYolo:
    model = load_model(weights, offline, ("detect", "segment"))
    if not type(model.model).__name__.startswith(kind):
        raise InfrastructureError(
            f"The weights {weights} are not of {title}.", "Name the back end that they belong to, or other weights."
        )
    return OpenYolo(model, weights, offline, data)
