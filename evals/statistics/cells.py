"""Scores by cluster and kind of question: what resamples need of thousands of rows, in one small matrix product.

A benchmark's rule tells rows apart by their category and source, and a resample weighs all rows of a cluster alike. So
m rows of one category and source come, under any weights, to two: one right with the weight of their scores' sum, and
one wrong with what is left of the m. Ten thousand resamples of 5,000 questions are then a matter of a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.evals.rows import Aggregate, Floats, Rows


@dataclass(frozen=True)
class Cells:
    """The scores of n rows, added up.

    Attributes:
        rows: Two rows for each of k kinds of question (category and source): right, then wrong.
        sums: (C, 2k) float64, how much of each a cluster adds.
    """

    rows: Rows
    sums: Floats

    def overall(self, rule: Aggregate, weights: Floats) -> Floats:
        """The rule's number with clusters weighted.

        Args:
            rule: The benchmark's aggregate.
            weights: (b, C) how often each cluster counts.

        Returns:
            (b,) float64, NaN where a part that the rule needs is empty.
        """
        return self.of_sums(rule, weights @ self.sums)

    def of_sums(self, rule: Aggregate, sums: Floats) -> Floats:
        """The rule's number of sums (b, 2k)."""
        return np.asarray(rule.overall(self.rows, sums), float)


def cluster_codes(rows: Rows) -> NDArray[np.intp]:
    """(n,) the number of each row's cluster, from 0; a row without one is its own."""
    names: dict[tuple[str, str], int] = {}
    keys = (("cluster", c) if c else ("row", name) for c, name in zip(rows.clusters, rows.ids, strict=True))
    return np.array([names.setdefault(key, len(names)) for key in keys], np.intp)


def cells_of(rows: Rows, codes: NDArray[np.intp]) -> Cells:
    """Add scores up; what the published rule leaves out counts nowhere.

    Args:
        rows: n scores.
        codes: (n,) cluster of each, from 0.
    """
    kinds: dict[tuple[str, str], int] = {}
    pairs = zip(rows.categories, rows.sources, strict=True)
    kind = np.array([kinds.setdefault(pair, len(kinds)) for pair in pairs], np.intp)
    clusters = int(codes.max()) + 1 if len(codes) else 0
    right, wrong = np.zeros((clusters, len(kinds))), np.zeros((clusters, len(kinds)))
    counted = np.flatnonzero(~np.isnan(rows.values))
    place = (codes[counted], kind[counted])
    np.add.at(right, place, rows.values[counted])
    np.add.at(wrong, place, 1 - rows.values[counted])
    categories, sources = tuple(c for c, _ in kinds), tuple(s for _, s in kinds)
    names = tuple(f"{value} {k}" for value in ("right", "wrong") for k in range(len(kinds)))
    values = np.repeat([1.0, 0.0], len(kinds))
    return Cells(Rows(names, values, categories * 2, names, sources * 2), np.concatenate([right, wrong], 1))
