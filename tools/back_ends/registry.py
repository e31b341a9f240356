"""Which back end serves which role: from settings in words to loaded instances, once per process and setting.

A setting is `NAME` or `NAME:WEIGHTS`, where WEIGHTS is a hub id or a path. A path works everywhere a hub id does.

    BackEnds({"depth": "depth-pro", "detection": "yolo:runs/my-detector.pt"}, offline=True)

A NAME with a dot in it is a back end of one's own: `my_package.da3.load` is called as the loaders here are, and what it
returns follows the role's protocol in `protocols`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, cast

from sightline.memory import InfrastructureError, InputError
from sightline.tools.back_ends.protocols import (
    DepthEstimator,
    Detector,
    FacingEstimator,
    KeypointDetector,
    Reconstructor,
    Segmenter,
    TextReader,
    Tracker,
)

ORACLE = "oracle"
"""The back end of every role that reads the ground truth of a synthetic scene: `oracle:FOLDER`."""


@dataclass(frozen=True)
class BackEndKind:
    """A back end on offer.

    Attributes:
        module: Where its class is; imported when it is first used.
        loader: Name of a callable there: `loader(weights: str, offline: bool)`.
        weights: The default weights: a hub id or a file name that its library knows; "" where it has none.
        summary: What it is, in a few words.
        license: Licence of the default weights; "" where it has none.
    """

    module: str
    loader: str
    weights: str
    summary: str
    license: str = ""


_HERE = "sightline.tools.back_ends"

ROLES: dict[str, dict[str, BackEndKind]] = {
    "depth": {
        "depth-anything": BackEndKind(
            f"{_HERE}.depth_transformers",
            "load_depth_anything",
            "depth-anything/Depth-Anything-V2-Small-hf",
            "Depth Anything V2, ordinal",
            "Apache-2.0",
        ),
        "depth-anything-indoor": BackEndKind(
            f"{_HERE}.depth_transformers",
            "load_depth_anything_metric",
            "depth-anything/Depth-Anything-V2-Metric-Indoor-Small-hf",
            "Depth Anything V2, metric, trained indoors",
            "Apache-2.0",
        ),
        "depth-anything-outdoor": BackEndKind(
            f"{_HERE}.depth_transformers",
            "load_depth_anything_metric",
            "depth-anything/Depth-Anything-V2-Metric-Outdoor-Small-hf",
            "Depth Anything V2, metric, trained outdoors",
            "Apache-2.0",
        ),
        "depth-pro": BackEndKind(
            f"{_HERE}.depth_transformers",
            "load_depth_pro",
            "apple/DepthPro-hf",
            "Depth Pro, metric, finds the focal length",
            "Apple ML research licence: not for commercial use",
        ),
        ORACLE: BackEndKind(f"{_HERE}.oracle", "load", "", "ground truth of a synthetic scene"),
    },
    "detection": {
        "grounding-dino": BackEndKind(
            f"{_HERE}.detection_transformers",
            "load_grounding_dino",
            "IDEA-Research/grounding-dino-tiny",
            "Grounding DINO: any words",
            "Apache-2.0",
        ),
        "owlv2": BackEndKind(
            f"{_HERE}.detection_transformers",
            "load_owlv2",
            "google/owlv2-base-patch16-ensemble",
            "OWLv2: any words",
            "Apache-2.0",
        ),
        "yolo": BackEndKind(
            f"{_HERE}.yolo", "load_yolo", "yolo11n.pt", "ultralytics YOLO: the 80 classes of COCO", "AGPL-3.0"
        ),
        "yolo-world": BackEndKind(
            f"{_HERE}.yolo", "load_yolo_world", "yolov8s-worldv2.pt", "ultralytics YOLO-World: any words", "AGPL-3.0"
        ),
        "yoloe": BackEndKind(
            f"{_HERE}.yolo", "load_yoloe", "yoloe-11s-seg.pt", "ultralytics YOLOE: any words, with masks", "AGPL-3.0"
        ),
        ORACLE: BackEndKind(f"{_HERE}.oracle", "load", "", "ground truth of a synthetic scene"),
    },
    "segmentation": {
        "sam2": BackEndKind(
            f"{_HERE}.segmentation_transformers",
            "load_sam2",
            "facebook/sam2.1-hiera-tiny",
            "SAM 2 through transformers",
            "Apache-2.0",
        ),
        "sam": BackEndKind(f"{_HERE}.yolo", "load_sam", "mobile_sam.pt", "SAM through ultralytics", "Apache-2.0"),
        "grabcut": BackEndKind(
            f"{_HERE}.grabcut", "load", "", "GrabCut and region growing: classical, needs no weights"
        ),
        ORACLE: BackEndKind(f"{_HERE}.oracle", "load", "", "ground truth of a synthetic scene"),
    },
    "keypoints": {
        "yolo-pose": BackEndKind(
            f"{_HERE}.yolo", "load_yolo_pose", "yolo11n-pose.pt", "ultralytics YOLO pose", "AGPL-3.0"
        ),
    },
    "text": {
        "trocr": BackEndKind(
            f"{_HERE}.text_transformers",
            "load_trocr",
            "microsoft/trocr-base-printed",
            "text lines found by contrast, read by TrOCR",
            "MIT",
        ),
    },
    "tracking": {
        "yolo-track": BackEndKind(
            f"{_HERE}.yolo", "load_yolo_track", "yolo11n.pt", "ultralytics YOLO with ByteTrack", "AGPL-3.0"
        ),
        "link": BackEndKind(f"{_HERE}.linking", "load", "", "the detector's boxes, linked by overlap"),
        ORACLE: BackEndKind(f"{_HERE}.oracle", "load", "", "ground truth of a synthetic scene"),
    },
    "facing": {
        ORACLE: BackEndKind(f"{_HERE}.oracle", "load", "", "ground truth of a synthetic scene"),
    },
    "reconstruction": {
        "sfm": BackEndKind("sightline.tools.reconstruction.sfm", "load", "", "structure from motion by pycolmap"),
        ORACLE: BackEndKind(f"{_HERE}.oracle", "load", "", "ground truth of a synthetic scene"),
    },
    "similarity": {
        "clip": BackEndKind(
            "sightline.tools.graphics.metrics.clip",
            "load_clip",
            "openai/clip-vit-base-patch32",
            "CLIP: how alike two pictures are, as BlenderGym scores it",
            "MIT",
        ),
    },
    "sentences": {
        "minilm": BackEndKind(
            "sightline.tools.graphics.metrics.sentences",
            "load_minilm",
            "sentence-transformers/all-MiniLM-L6-v2",
            "MiniLM: how alike two texts are, as SlidesBench scores it",
            "Apache-2.0",
        ),
    },
}
"""Every role and its back ends; the first is the default."""


def kind_of(role: str, name: str) -> BackEndKind:
    """What a name stands for: one of `ROLES`, or the loader of one's own that it is the path of."""
    if name in ROLES[role]:
        return ROLES[role][name]
    module, _, loader = name.rpartition(".")
    return BackEndKind(module, loader, "", "a back end of your own")


def _loader(role: str, name: str) -> Callable[[str, bool], Any]:
    """The callable that makes a back end.

    Raises:
        InfrastructureError: It is one's own, and is not there.
    """
    kind = kind_of(role, name)
    if name in ROLES[role]:
        return cast("Callable[[str, bool], Any]", getattr(import_module(kind.module), kind.loader))
    try:
        loader = getattr(import_module(kind.module), kind.loader, None)
    except ImportError as error:
        raise InfrastructureError(
            f"The {role} back end {name} cannot be imported: {error}.",
            f"Check it with: python -c 'import {kind.module}'",
        ) from error
    if not callable(loader):
        raise InfrastructureError(
            f"The {role} back end {name} is not there: {kind.module} has no callable {kind.loader!r}.",
            "Name it as PACKAGE.MODULE.LOADER.",
        )
    return cast("Callable[[str, bool], Any]", loader)


_loaded: dict[tuple[str, str, str, bool], Any] = {}
_loading = threading.RLock()  # a back end may load another


@dataclass(frozen=True)
class BackEnds:
    """The back ends of a run.

    Attributes:
        settings: By role, `NAME` or `NAME:WEIGHTS`; roles left out have their default. The role `oracle` stands for
            every role that has an oracle: `{"oracle": FOLDER}`.
        offline: Never try to download weights.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False

    def __post_init__(self) -> None:
        for role, setting in self.settings.items():
            if role == ORACLE:
                continue
            if role not in ROLES:
                raise InputError(f"There is no role {role!r} for a back end.", f"Roles: {', '.join(ROLES)}, {ORACLE}.")
            name = setting.partition(":")[0]
            if name not in ROLES[role] and "." not in name:
                raise InputError(
                    f"There is no {role} back end {name!r}.",
                    f"There are: {', '.join(ROLES[role])}; or one of your own, as PACKAGE.MODULE.LOADER.",
                )

    def chosen(self, role: str) -> tuple[str, str]:
        """Name and weights of the back end that serves a role."""
        setting = self.settings.get(role)
        if setting is None and ORACLE in self.settings and ORACLE in ROLES[role]:
            return ORACLE, self.settings[ORACLE]
        name, _, weights = (setting or next(iter(ROLES[role]))).partition(":")
        if name == "link" and not weights:  # it links what the run's detector finds
            weights = self.settings.get("detection", "")
        return name, weights or kind_of(role, name).weights

    def label(self, role: str) -> str:
        """What goes into cache keys and the trace: `depth-anything:depth-anything/Depth-Anything-V2-Small-hf`."""
        name, weights = self.chosen(role)
        return f"{name}:{weights}" if weights else name

    def load(self, role: str) -> Any:
        """The back end of a role, loaded on first use and then kept for the process.

        Raises:
            InfrastructureError: A package or the weights are missing; names the command that mends it.
        """
        name, weights = self.chosen(role)
        key = (role, name, weights, self.offline)
        with _loading:
            if key not in _loaded:
                _loaded[key] = _loader(role, name)(weights, self.offline)
            return _loaded[key]

    def depth(self) -> DepthEstimator:
        """Depth from one picture."""
        return cast("DepthEstimator", self.load("depth"))

    def detector(self) -> Detector:
        """Things by name."""
        return cast("Detector", self.load("detection"))

    def segmenter(self) -> Segmenter:
        """Outlines."""
        return cast("Segmenter", self.load("segmentation"))

    def keypoints(self) -> KeypointDetector:
        """People's joints."""
        return cast("KeypointDetector", self.load("keypoints"))

    def text_reader(self) -> TextReader:
        """Writing."""
        return cast("TextReader", self.load("text"))

    def tracker(self) -> Tracker:
        """Things through a video."""
        return cast("Tracker", self.load("tracking"))

    def facing(self) -> FacingEstimator:
        """Which way things face."""
        return cast("FacingEstimator", self.load("facing"))

    def reconstructor(self) -> Reconstructor:
        """Cameras and points from several pictures."""
        return cast("Reconstructor", self.load("reconstruction"))
