"""How alike two pictures, or two slides, are: pure functions on arrays and plain data, for tools and for scorers."""

from __future__ import annotations

from sightline.tools.graphics.metrics.colour import ColourStatistics, colour_difference, colour_statistics
from sightline.tools.graphics.metrics.photometric import photometric_loss, same_size, structural_similarity
from sightline.tools.graphics.metrics.regions import DifferentRegion, difference_map, worst_regions
from sightline.tools.graphics.metrics.scores import HIGHER_IS_BETTER, PictureScores, score_pictures
from sightline.tools.graphics.metrics.shapes import edge_overlap, silhouette, silhouette_overlap

__all__ = [
    "HIGHER_IS_BETTER",
    "ColourStatistics",
    "DifferentRegion",
    "PictureScores",
    "colour_difference",
    "colour_statistics",
    "difference_map",
    "edge_overlap",
    "photometric_loss",
    "same_size",
    "score_pictures",
    "silhouette",
    "silhouette_overlap",
    "structural_similarity",
    "worst_regions",
]
