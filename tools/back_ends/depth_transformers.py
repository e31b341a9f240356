"""Depth from one picture by Depth Anything V2 and Depth Pro, through transformers.

Both see the picture at a size of their own. Their output is brought to the picture's shape by bilinear interpolation
of INVERSE depth: that of a plane is linear in the picture, so floors and walls stay flat. It has at most `LONGEST`
pixels along its longer side and is never larger than the picture.

How wrong they are. Published figures (delta1: share of pixels within a factor of 1.25; AbsRel: mean relative error):

- In the domain they were trained for, metric models of this family reach delta1 of 0.96 to 0.98, delta2 (a factor of
  1.56) of 0.99 and AbsRel of 0.05 to 0.07 (NYU v2, KITTI; Depth Anything V2, arXiv 2406.09414, table 5).
- Elsewhere much less: delta1 of 0.66 (SUN RGB-D) and 0.71 (iBims-1) indoors, 0.29 (DIODE) outdoors for the first
  Depth Anything (its repository, zero-shot metric depth); 0.4 to 0.9 for Depth Pro (arXiv 2410.02073, table 1).

A picture from outside is the usual case here, so a factor of 1.25 would be a promise that is often broken. Indoors and
for Depth Pro the stated factor is 1.25 squared, which delta2 counts; outdoors it is 2.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InfrastructureError
from sightline.tools.back_ends.protocols import DepthEstimate, Seen
from sightline.tools.back_ends.registry import ROLES
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

Size = tuple[int, int]

LONGEST = 1536
"""Pixels of a depth map's longer side at most: Depth Pro's own size. More would be made up by interpolation."""
INDOORS_FACTOR = 1.25**2
OUTDOORS_FACTOR = 2.0
PRO_FACTOR = 1.25**2

_PRETRAINING = "595 thousand rendered pictures (BlendedMVS, Hypersim, IRS, TartanAir, Virtual KITTI 2) and 62 million \
photos with depths guessed by a larger model (BDD100K, Google Landmarks, ImageNet-21K, LSUN, Objects365, Open Images \
V7, Places365, SA-1B)"
_PRO_DATA = "about 20 public sets, rendered and real, among them Hypersim, TartanAir, Synscapes, UrbanSyn, ScanNet, \
ARKitScenes, Taskonomy, HM3D, KITTI, Waymo, BlendedMVG and UnrealStereo4K"

_OUTDOORS = 40.0
"""A metric Depth Anything that reaches farther than this, in metres, is one for outdoors: they reach 20 or 80."""
_SATURATED = 0.98
"""Share of its reach beyond which a metric Depth Anything no longer tells distances apart: sky, far hills."""
_FARTHEST = 1000.0
"""Metres beyond which Depth Pro's depth says no more than `far`."""
_NEAREST = 1e-4
"""Metres; nearer than any lens focuses. Keeps inverse depth finite."""
_ELONGATED = 3.0
"""Ratio of the sides beyond which a picture is shown smaller to Depth Anything, whose cost grows with their product."""
_SIZES = {384: "small", 768: "base", 1024: "large", 1536: "giant"}


@dataclass(frozen=True)
class DepthAnything:
    """Depth Anything V2, ordinal or metric.

    Attributes:
        name: Model and weights in words.
        trained_on: Its training data, in words.
        weights: The setting, for messages.
        model: The network.
        processor: What prepares pictures for it.
        farthest: Reach of a metric one in metres; None for the ordinal one.
        factor: How far metres may be off.
    """

    name: str
    trained_on: str
    weights: str
    model: Any
    processor: Any
    farthest: float | None
    factor: float
    _busy: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def estimate(self, picture: Seen) -> DepthEstimate:
        """Depth at every pixel: metres, or for the ordinal one affine-invariant inverse depth, LARGER IS NEARER.

        Args:
            picture: Of any size and shape.

        Returns:
            A map of the picture's shape; NaN where the picture must not be used, and for a metric one where it lies
            beyond its reach (sky).

        Raises:
            InfrastructureError: Out of memory.
        """
        sides = self.processor.size
        size = network_size(picture.size, min(sides["height"], sides["width"]), self.model.config.patch_size)
        with self._busy, running(self.weights):  # one picture at a time: bounded memory
            prepared = self.processor(
                images=_shrunk(picture.pixels, (2 * size[0], 2 * size[1])),
                size={"height": size[1], "width": size[0]},
                keep_aspect_ratio=False,
                input_data_format="channels_last",
                return_tensors="pt",
            )
            out = self.model(**to_device(prepared, self.model)).predicted_depth[0].float()
            if self.farthest is None:
                return DepthEstimate(_without(_resampled(out, picture.size), picture.ignore), "ordinal")
            inverse = _resampled(1 / out.clamp(min=_NEAREST), picture.size)
        depth = _inverted(inverse, _SATURATED * self.farthest)
        return DepthEstimate(_without(depth, picture.ignore), "estimated", self.factor)


@dataclass(frozen=True)
class DepthPro:
    """Depth Pro: metric depth, and the focal length.

    Attributes:
        weights: The setting, for messages.
        model: The network.
        processor: What prepares pictures for it.
        name: Model and weights in words.
        trained_on: Its training data, in words.
    """

    weights: str
    model: Any
    processor: Any
    name: str = "Depth Pro"
    trained_on: str = _PRO_DATA
    _busy: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def estimate(self, picture: Seen) -> DepthEstimate:
        """Metric z-depth at every pixel.

        The network gives inverse depth as of a camera whose focal length is the picture's width; depth in metres is
        focal / (width * output). A focal length that is known, stated or from EXIF serves; else the one that the
        network finds: width / (2 tan(its horizontal field of view / 2)). Source: arXiv 2410.02073, section 3.

        Args:
            picture: Of any size and shape.

        Returns:
            A map of the picture's shape; NaN where the picture must not be used, and beyond a kilometre.

        Raises:
            InfrastructureError: Out of memory.
        """
        side = self.processor.size
        limit = (int(side["width"]), int(side["height"]))
        with self._busy, running(self.weights):
            prepared = self.processor(
                images=_shrunk(picture.pixels, limit), input_data_format="channels_last", return_tensors="pt"
            )
            out = self.model(**to_device(prepared, self.model))
            canonical = _resampled(out.predicted_depth[0].float(), picture.size)
            angle = None if out.field_of_view is None else float(out.field_of_view.reshape(-1)[0])
        width = picture.size[0]
        found = focal_from_field_of_view(width, angle)
        trusted = picture.intrinsics.source != "guess" or found is None
        focal = picture.intrinsics.fx if trusted or found is None else found
        depth = _inverted(canonical * np.float32(width / focal), _FARTHEST)
        return DepthEstimate(_without(depth, picture.ignore), "estimated", PRO_FACTOR, found)


def load_depth_anything(weights: str, offline: bool) -> DepthAnything:
    """The ordinal Depth Anything.

    Raises:
        InfrastructureError: A package or the weights are missing, or these are weights of another model.
    """
    return _load_depth_anything(weights, offline, metric=False)


def load_depth_anything_metric(weights: str, offline: bool) -> DepthAnything:
    """A metric Depth Anything; its settings say whether it was tuned for indoors or outdoors.

    Raises:
        InfrastructureError: A package or the weights are missing, or these are weights of another model.
    """
    return _load_depth_anything(weights, offline, metric=True)


def load_depth_pro(weights: str, offline: bool) -> DepthPro:
    """Depth Pro.

    Raises:
        InfrastructureError: A package or the weights are missing, or these are weights of another model.
    """
    folder = _folder(weights, offline)
    from transformers import AutoImageProcessor, DepthProForDepthEstimation

    model = load_pretrained(DepthProForDepthEstimation, folder, "depth_pro", weights)
    processor = load_processor(AutoImageProcessor, folder, weights)
    return DepthPro(weights, model, processor, name="Depth Pro" + _named(weights, "depth-pro"))


def focal_from_field_of_view(width: int, degrees: float | None) -> float | None:
    """Focal length in pixels of a picture `width` pixels wide that spans a horizontal angle; None where it cannot."""
    if degrees is None or not math.isfinite(degrees) or not 1 <= degrees <= 170:
        return None
    return width / (2 * math.tan(math.radians(degrees) / 2))


def network_size(size: Size, short: int, step: int) -> Size:
    """At which size Depth Anything sees a picture.

    Args:
        size: (width, height) of the picture.
        short: The shorter side that it was trained with (518).
        step: Side of one patch (14).

    Returns:
        (width, height), multiples of a patch and of the picture's shape, with the shorter side as trained; smaller for
        elongated pictures, so that no picture costs more than one of 3 : 1.
    """
    ratio = max(size) / min(size)
    spread = math.sqrt(min(1.0, _ELONGATED / ratio))  # keeps the product of the sides at that of 3 : 1
    shorter = max(step, round(short * spread / step) * step)
    most = int(_ELONGATED * short * short / shorter)
    longer = max(step, min(round(short * ratio * spread / step), most // step) * step)
    return (longer, shorter) if size[0] >= size[1] else (shorter, longer)


def _load_depth_anything(weights: str, offline: bool, metric: bool) -> DepthAnything:
    folder = _folder(weights, offline)
    from transformers import AutoImageProcessor, DepthAnythingForDepthEstimation

    model = load_pretrained(DepthAnythingForDepthEstimation, folder, "depth_anything", weights)
    processor = load_processor(AutoImageProcessor, folder, weights)
    if (model.config.depth_estimation_type == "metric") != metric:
        has, fitting = ("relative depth", "depth-anything") if metric else ("metric depth", "depth-anything-indoor")
        raise InfrastructureError(
            f"The checkpoint {weights} gives {has}.", f"Use it as: --back-end depth={fitting}:{weights}"
        )
    size = _SIZES.get(model.config.backbone_config.hidden_size, "")
    name = f"Depth Anything V2 {size}".strip()
    if not metric:
        return DepthAnything(
            name + _named(weights, "depth-anything"), _PRETRAINING, weights, model, processor, None, 1.0
        )
    farthest = float(model.config.max_depth)
    outdoors = farthest > _OUTDOORS
    kind = "outdoor" if outdoors else "indoor"
    tuned = "Virtual KITTI 2 (rendered streets)" if outdoors else "Hypersim (rendered rooms)"
    return DepthAnything(
        name=f"{name}, metric, {kind}s{_named(weights, f'depth-anything-{kind}')}",
        trained_on=f"{_PRETRAINING}; then {tuned}",
        weights=weights,
        model=model,
        processor=processor,
        farthest=farthest,
        factor=OUTDOORS_FACTOR if outdoors else INDOORS_FACTOR,
    )


def _folder(weights: str, offline: bool) -> Path:
    require("vision", "torch", "transformers", "torchvision")
    return find_weights(weights, offline)


def _named(weights: str, back_end: str) -> str:
    """The weights' name, where they are not the usual ones; of a folder its last part only."""
    return "" if weights == ROLES["depth"][back_end].weights else f" (weights {Path(weights).name})"


def _shrunk(pixels: NDArray[np.uint8], limit: Size) -> NDArray[np.uint8]:
    """A large picture made smaller along each side, by averaging areas.

    What makes real numbers of it takes several times its bytes, and interpolation alone would skip pixels.
    """
    import cv2

    height, width = pixels.shape[:2]
    size = (min(width, limit[0]), min(height, limit[1]))
    if size == (width, height):
        return pixels if pixels.flags.writeable else pixels.copy()  # torch warns of memory that it may not write
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _resampled(values: torch.Tensor, size: Size) -> NDArray[np.float32]:
    """A (h, w) tensor at the size of the depth map of a picture of this (width, height).

    `align_corners=False` has Sightline's convention: in continuous pixels a pure scale.
    """
    from torch.nn.functional import interpolate

    scale = min(1.0, LONGEST / max(size))
    target = (max(1, round(size[1] * scale)), max(1, round(size[0] * scale)))
    out = interpolate(values[None, None], target, mode="bilinear", align_corners=False, antialias=True)[0, 0]
    return np.asarray(out.cpu().numpy(), dtype=np.float32)


def _inverted(inverse: NDArray[np.float32], farthest: float) -> NDArray[np.float32]:
    """Depth from inverse depth; NaN beyond `farthest`."""
    depth = np.full(inverse.shape, np.nan, np.float32)
    np.divide(1, inverse, out=depth, where=np.isfinite(inverse) & (inverse > 1 / farthest))
    return np.maximum(depth, np.float32(_NEAREST))


def _without(depth: NDArray[np.float32], ignore: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """NaN where the picture must not be used, also where only a part of the depth map's pixel must not."""
    if ignore is None:
        return depth
    import cv2

    share = cv2.resize(ignore.astype(np.float32), depth.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.where(np.asarray(share) > 0, np.float32(np.nan), depth)
