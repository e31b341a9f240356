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
from scipy.special import ndtr, stdtrit

from sightline.evals.rows import Aggregate, Floats, Rows
from sightline.evals.statistics.cells import cells_of, cluster_codes

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


def chunks(total: int, columns: int) -> Iterator[int]:
    """How many resamples are worked on at once, until all are."""
    size = max(1, _CHUNK // max(1, columns))
    for start in range(0, total, size):
        yield min(size, total - start)


def resampled(clusters: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each cluster was drawn (b, C) when as many are drawn as there are, in chunks."""
    generator = np.random.default_rng(seed)
    for count in chunks(resamples, clusters):
        start = np.arange(count, dtype=np.int32)[:, None] * np.int32(clusters)
        drawn = generator.integers(0, clusters, (count, clusters), np.int32) + start
        yield np.bincount(drawn.ravel(), minlength=count * clusters).reshape(count, clusters).astype(float)


def bootstrap(
    statistic: Callable[[Floats], Floats], clusters: int, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """The expanded percentile interval of a statistic.

    Args:
        statistic: Weights of clusters (b, C) to (b,) values, NaN where it has none.
        clusters: C.
        resamples: How many.
        seed: Of the draws.
    """
    if clusters < 2:
        return Interval(math.nan, math.nan, clusters, "one cluster only" if clusters else "no question")
    values = np.concatenate([statistic(weights) for weights in resampled(clusters, resamples, seed)])
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
    clusters = int(codes.max()) + 1 if len(codes) else 0
    values = set(counted.values.tolist())
    if (values == {0.0} or values == {1.0}) and not np.isnan(rule.overall(counted)):
        bound = ((1 - LEVEL) / 2) ** (1 / clusters)
        return Interval(bound, 1.0, clusters) if values == {1.0} else Interval(0.0, 1 - bound, clusters)
    cells = cells_of(counted, codes)
    return bootstrap(lambda weights: cells.overall(rule, weights), clusters, resamples, seed)


def category_intervals(rows: Rows, categories: Sequence[str], seed: int = 0) -> dict[str, tuple[float, Interval]]:
    """Mean and interval of each category's questions; NaN where it has none."""
    from sightline.evals.scorers.aggregates import Micro

    found: dict[str, tuple[float, Interval]] = {}
    for category in categories:
        part = rows.take([k for k, name in enumerate(rows.categories) if name == category])
        found[category] = (float(Micro().overall(part)), score_interval(part, Micro(), seed=seed))
    return found
