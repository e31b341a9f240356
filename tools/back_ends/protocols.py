"""The protocols that back ends implement, and the plain data that they give.

Places are in continuous pixels of the picture that the back end was given (origin at the top-left corner): each adapter
converts from its library's convention once. Whatever a back end cannot do it says by `InstrumentLimit`; missing
packages or weights are `InfrastructureError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Intrinsics
from sightline.geometry.quantities import ScaleKind
from sightline.geometry.reconstructions import Reconstruction

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Seen:
    """A picture as a back end is given it.

    Attributes:
        handle: Its handle in the run; a name for results, nothing more.
        pixels: (H, W, 3) uint8 RGB, upright.
        intrinsics: Of its camera; `source` says how far to trust them.
        ignore: (H, W) bool, pixels that must not be used (mirrors, moving people); None for none.
        time: Seconds into its video, for frames.
    """

    handle: str
    pixels: NDArray[np.uint8]
    intrinsics: Intrinsics
    ignore: NDArray[np.bool_] | None = None
    time: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


class BackEnd(Protocol):
    """What all of them say of themselves."""

    @property
    def name(self) -> str:
        """Model and weights in words, e.g. `Depth Anything V2 small`; goes into provenance and cache keys."""

    @property
    def trained_on(self) -> str:
        """The data its weights were trained on, in words; "" for classical methods and the oracle."""


@dataclass(frozen=True)
class DepthEstimate:
    """Depth of one picture.

    Attributes:
        depth: (h, w) float32. For metric and relative kinds z-depth (a panorama: range), larger is farther, NaN where
            unknown. For `ordinal` affine-invariant inverse depth: LARGER IS NEARER, no unit.
        kind: What it is worth.
        factor: How far a metric depth may be off, as a factor.
        focal: Focal length in pixels of the given picture that the model found, or None.
    """

    depth: NDArray[np.float32]
    kind: ScaleKind
    factor: float = 1.0
    focal: float | None = None


class DepthEstimator(BackEnd, Protocol):
    """Depth from one picture."""

    def estimate(self, picture: Seen) -> DepthEstimate:
        """Depth at every pixel."""


@dataclass(frozen=True)
class Detection:
    """Something found in a picture.

    Attributes:
        name: The name asked for, or the class of a closed set.
        box: (x0, y0, x1, y1) in pixels of the picture.
        score: The back end's own, not a probability.
        mask: (H, W) bool, where the back end gives one.
    """

    name: str
    box: Box
    score: float
    mask: NDArray[np.bool_] | None = None


class Detector(BackEnd, Protocol):
    """Finds things by name."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """The closed set it knows, or None where any words may be asked for."""

    def detect(self, picture: Seen, names: Sequence[str], threshold: float) -> list[Detection]:
        """What of these names scores at least `threshold`, best first."""


@dataclass(frozen=True)
class MaskFound:
    """A region with its outline.

    Attributes:
        mask: (H, W) bool.
        score: The back end's own.
    """

    mask: NDArray[np.bool_]
    score: float


class Segmenter(BackEnd, Protocol):
    """Outlines of what lies in a box or at a point."""

    def segment(
        self, picture: Seen, box: Box | None = None, points: Sequence[tuple[float, float]] = ()
    ) -> list[MaskFound]:
        """Masks, best first: the thing in the box, or the things at the points taken together."""


KEYPOINTS = (
    "nose",
    "left eye",
    "right eye",
    "left ear",
    "right ear",
    "left shoulder",
    "right shoulder",
    "left elbow",
    "right elbow",
    "left wrist",
    "right wrist",
    "left hip",
    "right hip",
    "left knee",
    "right knee",
    "left ankle",
    "right ankle",
)
"""The 17 keypoints of COCO in their order; left and right are the person's own."""


@dataclass(frozen=True)
class Keypoints:
    """One person.

    Attributes:
        box: Around the person.
        score: The back end's own.
        points: (17, 2) pixels in the order of `KEYPOINTS`.
        scores: (17,) the back end's own for each; near 0 where not seen.
    """

    box: Box
    score: float
    points: NDArray[np.float64]
    scores: NDArray[np.float64]


class KeypointDetector(BackEnd, Protocol):
    """Finds people's joints."""

    def keypoints(self, picture: Seen, threshold: float) -> list[Keypoints]:
        """People, best first."""


@dataclass(frozen=True)
class TextFound:
    """A piece of writing.

    Attributes:
        text: What it says.
        box: Around it.
        score: The back end's own, or None.
    """

    text: str
    box: Box
    score: float | None


class TextReader(BackEnd, Protocol):
    """Reads writing."""

    def read(self, picture: Seen) -> list[TextFound]:
        """Pieces of writing, from top to bottom and left to right."""


@dataclass(frozen=True)
class Tracked:
    """One thing followed through frames.

    Attributes:
        name: What it is.
        boxes: One per frame, None where it is not seen.
        score: Mean of the back end's own.
    """

    name: str
    boxes: tuple[Box | None, ...]
    score: float


class Tracker(BackEnd, Protocol):
    """Follows things through a video."""

    def track(self, frames: Iterator[Seen], names: Sequence[str], threshold: float) -> list[Tracked]:
        """Things with these names; all that it knows where `names` is empty. Frames are read once, in order."""


@dataclass(frozen=True)
class Facing:
    """Which way a thing's front points, as seen in one picture.

    Attributes:
        verdict: `found`; `symmetric` (it has no front); `unknown`.
        azimuth: Degrees in the camera's level frame: 0 faces away from the camera (along its forward), + turns to the
            camera's right; 180 faces the camera. 0 where not found.
        error: Degrees either way.
    """

    verdict: Literal["found", "symmetric", "unknown"]
    azimuth: float = 0.0
    error: float = 180.0


class FacingEstimator(BackEnd, Protocol):
    """Which way things face."""

    def facing(self, picture: Seen, name: str, box: Box) -> Facing:
        """The front of the thing in this box."""


class Reconstructor(BackEnd, Protocol):
    """Cameras and points from several pictures."""

    def reconstruct(self, pictures: Sequence[Seen]) -> Reconstructed:
        """Groups of pictures that belong together, each in a world of its own."""


@dataclass(frozen=True)
class Reconstructed:
    """What became of the pictures.

    Attributes:
        groups: One reconstruction for each connected group, largest first.
        left_out: Pictures in no group, and why, by handle.
    """

    groups: list[Reconstruction]
    left_out: dict[str, str] = field(default_factory=dict)
