"""ultralytics: YOLO with a closed set of names, pose, ByteTrack. Open sets are in `yolo_open`, SAM in `yolo_sam`.

ultralytics takes BGR arrays and gives boxes in continuous pixels, as ours: its labels are fractions of the whole
picture, and its letterbox is a pure scale with whole pixels of border.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InfrastructureError, InstrumentLimit
from sightline.tools.back_ends.fitting import Fitted, fit
from sightline.tools.back_ends.naming import known_as, nearest
from sightline.tools.back_ends.protocols import (
    KEYPOINTS,
    Box,
    Detection,
    Keypoints,
    Seen,
    Tracked,
)
from sightline.tools.back_ends.weights import bound_threads, device, require, running
from sightline.tools.back_ends.yolo_setup import UNREADABLE, find_yolo_weights, import_ultralytics

if TYPE_CHECKING:
    from sightline.tools.back_ends.yolo_sam import YoloSam

LOWEST = 0.001
"""The least threshold that is passed on: with 0 every cell of the grid is a detection."""
MOST = 300
"""Detections of one picture, at most."""
MOST_MASK_BYTES = 500_000_000
"""Bytes that the outlines of one picture may take, at its full size."""
_DATA = {
    "coco": "COCO (80 kinds of everyday things)",
    "coco8": "COCO (80 kinds of everyday things)",
    "coco-pose": "COCO keypoints (people)",
    "coco8-pose": "COCO keypoints (people)",
    "lvis": "LVIS",
    "Objects365": "Objects365",
}


class Yolo:
    """An ultralytics model behind our conventions.

    Args:
        model: An `ultralytics.YOLO`.
        weights: What it was loaded from, for its name.
    """

    def __init__(self, model: Any, weights: str) -> None:
        self.model = model
        self.weights = weights
        self.lock = threading.Lock()  # a model holds its last results

    @property
    def name(self) -> str:
        """`YOLO yolo11n`; of a file of one's own its bare name."""
        return f"YOLO {Path(self.weights).stem}"

    @property
    def trained_on(self) -> str:
        """As the checkpoint states it."""
        stated = (getattr(self.model, "ckpt", None) or {}).get("train_args", {}).get("data")
        if not isinstance(stated, str | Path):
            return "data that the weights do not name"
        stem = Path(stated).stem
        return _DATA.get(stem, stem)

    @property
    def classes(self) -> dict[int, str]:
        """The names that it knows by their index."""
        names = self.model.model.names
        return dict(names) if isinstance(names, dict) else dict(enumerate(names))

    @property
    def input_size(self) -> int:
        """Pixels of the longer side of what the network sees."""
        size = self.model.overrides.get("imgsz", 640)
        return int(max(size)) if isinstance(size, list | tuple) else int(size)

    def predict(self, pixels: NDArray[np.uint8], threshold: float, **settings: Any) -> tuple[Any, Fitted]:
        """Ultralytics' own results for a picture, and the size it was shrunk to; call with `lock` held."""
        fitted = fit(pixels, self.input_size)
        with working(self.weights):
            results = self.model.predict(
                source=np.ascontiguousarray(fitted.pixels[..., ::-1]),  # it wants BGR
                conf=max(threshold, LOWEST),
                max_det=MOST,
                verbose=False,
                save=False,
                **settings,
            )
        return results[0].cpu(), fitted


class YoloDetector(Yolo):
    """A `Detector` with a closed set of names."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """The closed set it knows."""
        return tuple(self.classes.values())

    def detect(self, picture: Seen, names: Sequence[str], threshold: float) -> list[Detection]:
        """What of these names scores at least `threshold`, best first; see `Detector`.

        Raises:
            InstrumentLimit: A name is not in the closed set.
        """
        wanted = asked_classes(names, self.classes)
        if not wanted:
            return []
        with self.lock:
            result, fitted = self.predict(picture.pixels, threshold, classes=sorted(wanted), retina_masks=True)
        return detections(result, fitted, wanted, threshold)


class YoloPose(Yolo):
    """A `KeypointDetector`."""

    def keypoints(self, picture: Seen, threshold: float) -> list[Keypoints]:
        """People, best first; see `KeypointDetector`."""
        with self.lock:
            result, fitted = self.predict(picture.pixels, threshold)
        boxes = result.boxes
        data = result.keypoints.data.numpy().astype(np.float64)
        out = []
        for box, score, joints in zip(boxes.xyxy.numpy(), boxes.conf.numpy(), data, strict=True):
            placed = fitted.box_out(box)
            if placed is None or score < threshold:
                continue
            sure = joints[:, 2] if joints.shape[1] > 2 else np.ones(len(joints))
            out.append(Keypoints(placed, float(score), fitted.points_out(joints[:, :2]), sure))
        return sorted(out, key=lambda person: -person.score)


class YoloTracker(YoloDetector):
    """A `Tracker`: YOLO's boxes, linked by ByteTrack (Zhang et al., ECCV 2022) in ultralytics' version."""

    @property
    def name(self) -> str:
        """The detector's, and what links its boxes."""
        return f"{super().name}, linked by ByteTrack"

    def track(self, frames: Iterator[Seen], names: Sequence[str], threshold: float) -> list[Tracked]:
        """Things with these names, in the order they appear; see `Tracker`.

        Raises:
            InstrumentLimit: A name is not in the closed set.
        """
        from ultralytics.trackers.byte_tracker import BYTETracker
        from ultralytics.utils import IterableSimpleNamespace

        wanted = asked_classes(names, self.classes) or dict(self.classes)
        low = threshold / 2
        linker = BYTETracker(
            IterableSimpleNamespace(
                track_high_thresh=threshold,
                track_low_thresh=low,
                new_track_thresh=threshold,
                track_buffer=30,
                match_thresh=0.8,
                fuse_score=True,
            )
        )
        boxes: dict[int, dict[int, Box]] = {}
        kinds: dict[int, Counter[str]] = {}
        scores: dict[int, list[float]] = {}
        count = 0
        for number, frame in enumerate(frames):
            count = number + 1
            with self.lock:
                result, fitted = self.predict(frame.pixels, low, classes=sorted(wanted))
            seen = result.boxes.numpy()
            for row in linker.update(seen, None):
                # Its own box, not the filter's: the filter lags behind what turns or stops.
                identity, index = int(row[4]), int(row[7])
                placed = fitted.box_out(seen.xyxy[index])
                if placed is None:
                    continue
                boxes.setdefault(identity, {})[number] = placed
                kinds.setdefault(identity, Counter())[wanted[int(seen.cls[index])]] += 1
                scores.setdefault(identity, []).append(float(seen.conf[index]))
        return [
            Tracked(
                kinds[identity].most_common(1)[0][0],
                tuple(where.get(n) for n in range(count)),
                float(np.mean(scores[identity])),
            )
            for identity, where in sorted(boxes.items(), key=lambda item: min(item[1]))
        ]


def asked_classes(names: Sequence[str], classes: dict[int, str]) -> dict[int, str]:
    """The class indices meant, each with the name as it was asked for.

    Raises:
        InstrumentLimit: A name is not among the classes.
    """
    known = list(classes.values())
    out: dict[int, str] = {}
    for name in names:
        meant = known_as(name, known)
        if meant is None:
            close = nearest(name, known)
            raise InstrumentLimit(
                f"this detector knows {len(known)} names, and {name!r} is not one of them.",
                f"Nearest: {', '.join(close)}." if close else "An open-set detector takes any words.",
            )
        out.update({index: name for index, label in classes.items() if label == meant and index not in out})
    return out


def detections(result: Any, fitted: Fitted, wanted: dict[int, str], threshold: float) -> list[Detection]:
    """Ultralytics' results as ours, best first."""
    boxes = result.boxes
    masks = result.masks.data.numpy() if result.masks is not None else [None] * len(boxes)
    room = MOST_MASK_BYTES // (fitted.size[0] * fitted.size[1])
    out: list[Detection] = []
    for box, score, index, mask in zip(boxes.xyxy.numpy(), boxes.conf.numpy(), boxes.cls.numpy(), masks, strict=True):
        placed = fitted.box_out(box)
        if placed is not None and score >= threshold and int(index) in wanted:
            # Best first: in a very large photo the weak ones do without.
            outline = None if mask is None or len(out) >= room else fitted.mask_out(mask)
            out.append(Detection(wanted[int(index)], placed, float(score), outline))
    return sorted(out, key=lambda found: -found.score)


@contextmanager
def working(weights: str) -> Iterator[None]:
    """Around a model at work, threads kept in bounds."""
    if device() == "cpu":
        bound_threads()
    with running(weights):
        yield


def load_model(weights: str, offline: bool, tasks: Sequence[str]) -> Any:
    """An `ultralytics.YOLO` from a checkpoint.

    Raises:
        InfrastructureError: A package or the weights are missing, cannot be read, or are for another task.
    """
    ultralytics = import_ultralytics()
    path = find_yolo_weights(weights, offline)
    if path.suffix != ".pt":
        raise InfrastructureError(f"{weights} is no ultralytics checkpoint.", "Give a .pt file.")
    try:
        model = ultralytics.YOLO(str(path), verbose=False)
    except UNREADABLE as error:
        raise InfrastructureError(
            f"The weights {weights} cannot be read: {(str(error).splitlines() or [''])[0]}",
            "Give a .pt file that ultralytics wrote, or remove it so that it is downloaded again.",
        ) from error
    if model.task not in tasks:
        raise InfrastructureError(
            f"The weights {weights} are for {model.task}, not for {' or '.join(tasks)}.", "Give other weights."
        )
    return model


def load_yolo(weights: str, offline: bool) -> YoloDetector:
    """A closed-set detector: `load` of the back end `yolo`."""
    return YoloDetector(load_model(weights, offline, ("detect", "segment")), weights)


def load_yolo_pose(weights: str, offline: bool) -> YoloPose:
    """People's joints: `load` of the back end `yolo-pose`.

    Raises:
        InfrastructureError: As for `load_model`, or the weights have other keypoints than COCO's 17.
    """
    model = load_model(weights, offline, ("pose",))
    shape = list(getattr(model.model, "kpt_shape", None) or model.model.yaml.get("kpt_shape", []))
    if not shape or shape[0] != len(KEYPOINTS):
        raise InfrastructureError(
            f"The weights {weights} have other keypoints than the {len(KEYPOINTS)} of COCO.", "Give other weights."
        )
    return YoloPose(model, weights)


def load_yolo_track(weights: str, offline: bool) -> YoloTracker:
    """A tracker: `load` of the back end `yolo-track`.

    Raises:
        InfrastructureError: As for `load_model`, or `lap` is missing, which ultralytics' trackers need.
    """
    require("vision", "lap")
    return YoloTracker(load_model(weights, offline, ("detect", "segment")), weights)


def load_sam(weights: str, offline: bool) -> YoloSam:
    """Outlines: `load` of the back end `sam`."""
    from sightline.tools.back_ends.yolo_sam import load

    return load(weights, offline)


def load_yolo_world(weights: str, offline: bool) -> YoloDetector:
    """An open-set detector: `load` of the back end `yolo-world`."""
    from sightline.tools.back_ends.yolo_open import load_world

    return load_world(weights, offline)


def load_yoloe(weights: str, offline: bool) -> YoloDetector:
    """An open-set detector with outlines: `load` of the back end `yoloe`."""
    from sightline.tools.back_ends.yolo_open import load_e

    return load_e(weights, offline)
