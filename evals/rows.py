"""Scores of a run as columns, the form in which means are taken, and taken again on resamples.

rows = rows_of(results)
VSI_MEAN.overall(rows)                   # the benchmark's headline, 0 to 1
VSI_MEAN.overall(rows, weights)          # the same on resamples: weights (B, n) give (B,)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """n scores; a group that counts only together is one row.

    Attributes:
        ids: The items' ids, or the groups' names.
        values: (n,) float64, 0 to 1; NaN where the official rule leaves a row out.
        categories: Question type of each.
        clusters: What each is resampled with.
        sources: Data set of each, or "".
    """

    ids: tuple[str, ...]
    values: Floats
    categories: tuple[str, ...]
    clusters: tuple[str, ...]
    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.ids), len(self.values), len(self.categories), len(self.clusters), len(self.sources)}
        if len(lengths) != 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")

    def take(self, chosen: Sequence[int] | NDArray[np.intp]) -> Rows:
        """Some of the rows, in this order."""
        picked = [int(k) for k in chosen]
        return Rows(
            tuple(self.ids[k] for k in picked),
            self.values[picked],
            tuple(self.categories[k] for k in picked),
            tuple(self.clusters[k] for k in picked),
            tuple(self.sources[k] for k in picked),
        )


class Aggregate(Protocol):
    """How a benchmark makes one number of its scores."""

    @property
    def about(self) -> str:
        """The rule in words, e.g. `unweighted mean of 8 tasks`."""

    def overall(self, rows: Rows, weights: Floats | None = None) -> Floats:
        """The headline, 0 to 1; NaN where a part that the rule needs is empty.

        Args:
            rows: The scores.
            weights: (..., n) how often each row counts (resamples); once each if None.

        Returns:
            (...) float64; a scalar array without weights.
        """

    def parts(self, rows: Rows) -> dict[str, float]:
        """What the headline is made of, by the published names and in the published order, 0 to 1 (NaN if empty)."""
