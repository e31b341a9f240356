"""How sure a score is: clusters are drawn again with replacement, and the benchmark's own rule is taken each time.

Questions on one scene or picture are not independent; drawing them one by one would promise more than there is. So
whole clusters are drawn, as many as there are (Field and Welsh 2007, Journal of the Royal Statistical Society B 69).

The interval is the expanded percentile interval (Hesterberg 2015, The American Statistician 69(4), section 5.4): the
plain percentile interval is too narrow with few clusters, by the factor between a normal and a t quantile and by
sqrt((C - 1) / C). BCa mends skewness, which bounded scores hardly have, and not this. docs/statistics.md has the
measured coverage of all three.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from sightline.evals.rows import Aggregate, Floats, Rows

RESAMPLES = 4000
LEVEL = 0.95

_CHUNK = 2_000_000
"""Weights held at once: 16 MB."""

_MOST_EMPTY = 0.05
"""Share of resamples in which a part that the rule needs may be empty; with more there are too few questions."""


@dataclass(frozen=True)
class Interval:
    """A 95 % interval.

    Attributes:
        low, high: Its ends, in the units of what was estimated; NaN where none can be given.
        clusters: How many were drawn from.
        why: Why there is none; "" where there is one.
    """

    low: float
    high: float
    clusters: int
    why: str = ""


def cluster_codes(rows: Rows) -> NDArray[np.intp]:
    """(n,) the number of each row's cluster, from 0; a row without one is its own."""
    names: dict[tuple[str, str], int] = {}
    keys = (("cluster", c) if c else ("row", name) for c, name in zip(rows.clusters, rows.ids, strict=True))
    return np.array([names.setdefault(key, len(names)) for key in keys], np.intp)


def resampled(codes: NDArray[np.intp], resamples: int, seed: int) -> Iterator[Floats]:
    """Weights (b, n) of resamples, in chunks: how often each row's cluster was drawn."""
    generator = np.random.default_rng(seed)
    clusters = int(codes.max()) + 1
    size = max(1, _CHUNK // max(len(codes), clusters))
    for start in range(0, resamples, size):
        count = min(size, resamples - start)
        drawn = generator.integers(0, clusters, (count, clusters)) + np.arange(count)[:, None] * clusters
        counts = np.bincount(drawn.ravel(), minlength=count * clusters).reshape(count, clusters)
        yield counts.astype(float)[:, codes]


def bootstrap(
    statistic: Callable[[Floats], Floats], codes: NDArray[np.intp], resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """The expanded percentile interval of a statistic.

    Args:
        statistic: Weights (b, n) to (b,) values, NaN where it has none.
        codes: (n,) cluster of each row, from 0.
        resamples: How many.
        seed: Of the draws.
    """
    clusters = int(codes.max()) + 1 if len(codes) else 0
    if clusters < 2:
        return Interval(math.nan, math.nan, clusters, f"{'one cluster' if clusters else 'no question'} only")
    values = np.concatenate([statistic(weights) for weights in resampled(codes, resamples, seed)])
    kept = values[~np.isnan(values)]
    if len(kept) < (1 - _MOST_EMPTY) * len(values):
        return Interval(math.nan, math.nan, clusters, "a part of the score has too few questions")
    quantile = math.sqrt(clusters / (clusters - 1)) * float(stdtrit(clusters - 1, (1 + LEVEL) / 2))
    tail = float(ndtr(-quantile))
    low, high = np.quantile(kept, (tail, 1 - tail))
    return Interval(float(low), float(high), clusters)


def score_interval(rows: Rows, rule: Aggregate, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """The interval of a score, 0 to 1.

    Where every score is 0, or every one is 1, resamples cannot differ; there the exact interval of Clopper and Pearson
    (1934) stands, with clusters as trials.
    """
    counted = rows.take(np.flatnonzero(~np.isnan(rows.values)))
    codes = cluster_codes(counted)
    values = set(counted.values.tolist())
    if len(codes) and (values == {0.0} or values == {1.0}) and not np.isnan(rule.overall(counted)):
        clusters = int(codes.max()) + 1
        bound = ((1 - LEVEL) / 2) ** (1 / clusters)
        return Interval(bound, 1.0, clusters) if values == {1.0} else Interval(0.0, 1 - bound, clusters)
    return bootstrap(lambda weights: rule.overall(counted, weights), codes, resamples, seed)


def category_intervals(rows: Rows, categories: Sequence[str], seed: int = 0) -> dict[str, tuple[float, Interval]]:
    """Mean and interval of each category's questions; NaN where it has none."""
    from sightline.evals.scorers.aggregates import Micro

    found: dict[str, tuple[float, Interval]] = {}
    for category in categories:
        part = rows.take([k for k, name in enumerate(rows.categories) if name == category])
        found[category] = (float(Micro().overall(part)), score_interval(part, Micro(), seed=seed))
    return found
