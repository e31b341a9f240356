"""All that is measured between a render and its target, as one value."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sightline.tools.graphics.metrics.colour import colour_difference
from sightline.tools.graphics.metrics.photometric import (
    SSIM_WINDOW,
    Pixels,
    photometric_loss,
    same_size,
    structural_similarity,
)
from sightline.tools.graphics.metrics.shapes import Mask, edge_overlap, silhouette, silhouette_overlap

HIGHER_IS_BETTER: dict[str, bool] = {
    "photometric_loss": False,
    "ssim": True,
    "silhouette_iou": True,
    "edge_f": True,
    "ciede2000": False,
}
"""Every score by name, and whether more of it is better."""


@dataclass(frozen=True)
class PictureScores:
    """How alike a render and its target are.

    Attributes:
        photometric_loss: Mean squared error on [0, 1].
        ssim: Structural similarity; None where the picture is too small for its window.
        silhouette_iou: Intersection over union of what is not background.
        edge_f: F-measure of the edges.
        ciede2000: Mean difference of colour.
    """

    photometric_loss: float
    ssim: float | None
    silhouette_iou: float
    edge_f: float
    ciede2000: float

    def known(self) -> dict[str, float]:
        """The scores by name, those that could not be measured left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def describe(self) -> str:
        """In words, on one line."""
        ssim = "" if self.ssim is None else f"SSIM {self.ssim:.4f}, "
        return (
            f"photometric loss {self.photometric_loss:.3g} (mean squared error on [0, 1]), {ssim}"
            f"silhouette IoU {self.silhouette_iou:.3f}, edge F {self.edge_f:.3f}, CIEDE2000 {self.ciede2000:.2f}"
        )


def score_pictures(render: Pixels, target: Pixels, silhouettes: tuple[Mask, Mask] | None = None) -> PictureScores:
    """Measure a render against its target.

    Args:
        render: (H, W, 3) uint8.
        target: (H', W', 3) uint8; resized to the render where the sizes differ.
        silhouettes: Of both, where they are known; else what differs from the colour of the border.
    """
    target = same_size(render, target)
    own, other = silhouettes or (silhouette(render), silhouette(target))
    return PictureScores(
        photometric_loss=photometric_loss(render, target),
        ssim=structural_similarity(render, target) if min(render.shape[:2]) >= SSIM_WINDOW else None,
        silhouette_iou=silhouette_overlap(own, other),
        edge_f=edge_overlap(render, target),
        ciede2000=colour_difference(render, target),
    )
