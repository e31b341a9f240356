"""What sees for the instruments: detectors, depth and reconstruction models, behind small protocols.

A role (depth, detection, ...) has several back ends: real ones with weights, classical ones without, and the oracle,
which reads the ground truth of a synthetic scene. Tools know the protocols only.
"""

from __future__ import annotations

from sightline.tools.back_ends.protocols import (
    DepthEstimate,
    DepthEstimator,
    Detection,
    Detector,
    Facing,
    FacingEstimator,
    KeypointDetector,
    Keypoints,
    MaskFound,
    Reconstructor,
    Seen,
    Segmenter,
    TextFound,
    TextReader,
    Tracked,
    Tracker,
)
from sightline.tools.back_ends.registry import ROLES, BackEnds

__all__ = [
    "ROLES",
    "BackEnds",
    "DepthEstimate",
    "DepthEstimator",
    "Detection",
    "Detector",
    "Facing",
    "FacingEstimator",
    "KeypointDetector",
    "Keypoints",
    "MaskFound",
    "Reconstructor",
    "Seen",
    "Segmenter",
    "TextFound",
    "TextReader",
    "Tracked",
    "Tracker",
]
