"""Differences of pixels: the photometric loss as BlenderGym publishes it, and structural similarity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

SSIM_SIGMA = 1.5
"""Standard deviation in pixels of the Gaussian window, as in the paper."""
SSIM_WINDOW = 11
"""Pixels of the window's side: a picture with a shorter side has no structural similarity."""


def same_size(picture: Pixels, other: Pixels) -> Pixels:
    """The other picture at the size of this one.

    BlenderGym resizes the goal to the render with Pillow's default filter (bicubic) where they differ.

    Args:
        picture: (H, W, 3) uint8.
        other: (H', W', 3) uint8.

    Returns:
        (H, W, 3) uint8; `other` itself where the sizes agree.
    """
    if picture.shape == other.shape:
        return other
    from PIL import Image

    resized = Image.fromarray(other).resize((picture.shape[1], picture.shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(resized, dtype=np.uint8)


def photometric_loss(render: Pixels, target: Pixels) -> float:
    """Mean squared error over all pixels and channels, with values in [0, 1]: 0 is equal, 1 is black against white.

    Source: BlenderGym (Gu et al., CVPR 2025), `photometric_loss`; its table calls it PL.

    Args:
        render: (H, W, 3) uint8, sRGB values as stored.
        target: (H', W', 3) uint8; resized to the render where the sizes differ.
    """
    difference = render.astype(np.float64) - same_size(render, target)
    return float(np.mean(np.square(difference))) / 255.0**2


def structural_similarity(render: Pixels, target: Pixels) -> float:
    """SSIM: 1 is equal, about 0 is unrelated.

    Source: Wang, Bovik, Sheikh, Simoncelli, 2004: Gaussian window of 11x11 with sigma 1.5, K1 = 0.01, K2 = 0.03, the
    mean over pixels, here also over the three channels.

    Args:
        render: (H, W, 3) uint8, no side shorter than `SSIM_WINDOW`.
        target: (H', W', 3) uint8; resized to the render where the sizes differ.

    Raises:
        ValueError: The render is too small.
    """
    if min(render.shape[:2]) < SSIM_WINDOW:
        raise ValueError(f"a picture of {render.shape[1]}x{render.shape[0]} holds no window of {SSIM_WINDOW} pixels")
    from skimage.metrics import structural_similarity as ssim

    return float(
        ssim(
            render,
            same_size(render, target),
            channel_axis=2,
            data_range=255,
            gaussian_weights=True,
            sigma=SSIM_SIGMA,
            use_sample_covariance=False,
        )
    )
