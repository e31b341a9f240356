"""Whether two runs over the same questions differ by more than chance.

`mcnemar` for scores that are right or wrong, asked once, of questions that do not depend on each other. For all else a
randomisation test: had the arms been the same, which of the two got which scores of a scene would be a coin's toss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from sightline.evals.rows import Aggregate, Floats, Rows
from sightline.evals.statistics.cells import cells_of
from sightline.evals.statistics.resampling import chunks

SWAPS = 10_000

_TIE = 1e-12
"""Differences closer than this are the same: sums of the same numbers in another order."""


def mcnemar(wins: int, losses: int) -> float:
    """The exact two-sided p of McNemar's test: a binomial test of the questions on which the arms disagree.

    Args:
        wins: Questions that only the second got right.
        losses: Questions that only the first got right.
    """
    pairs = wins + losses
    return 1.0 if not pairs else min(1.0, 2 * float(bdtr(min(wins, losses), pairs, 0.5)))


def swap_test(
    first: Rows, second: Rows, rule: Aggregate, codes: NDArray[np.intp], swaps: int = SWAPS, seed: int = 0
) -> float:
    """Two-sided p of a difference by the benchmark's own rule: the arms' scores are swapped cluster by cluster.

    All 2^C ways are gone through where they are no more than `swaps`, and the p is exact; else so many are drawn, and
    it is (1 + as extreme) / (1 + drawn), which is never too small (Phipson and Smyth 2010, Statistical Applications in
    Genetics and Molecular Biology 9(1)).

    Args:
        first: Scores of n questions by one arm.
        second: Scores of the same questions by the other, in the same order.
        rule: How they become one number.
        codes: (n,) cluster of each, from 0.
        swaps: How many ways at most.
        seed: Of the draws.

    Returns:
        p; NaN where the rule has no number.
    """
    clusters = int(codes.max()) + 1
    one, two = cells_of(first, codes), cells_of(second, codes)

    ours, theirs, change = one.sums.sum(0), two.sums.sum(0), two.sums - one.sums

    def difference(swapped: Floats) -> Floats:
        moved = swapped @ change
        return np.abs(one.of_sums(rule, theirs - moved) - one.of_sums(rule, ours + moved))

    observed = difference(np.zeros((1, clusters)))[0]
    if np.isnan(observed):
        return float("nan")
    exact = 2.0**clusters <= swaps
    extreme, drawn = 0, 0
    for swapped in _every(clusters) if exact else _some(clusters, swaps, seed):
        differences = difference(swapped)
        extreme += int((differences >= observed - _TIE).sum())
        drawn += int((~np.isnan(differences)).sum())
    return extreme / drawn if exact else (1 + extreme) / (1 + drawn)


def _every(clusters: int) -> Iterator[Floats]:
    """All ways to swap (2^C, C)."""
    yield np.array(list(product((0.0, 1.0), repeat=clusters)))


def _some(clusters: int, swaps: int, seed: int) -> Iterator[Floats]:
    """Ways to swap (b, C), in chunks."""
    generator = np.random.default_rng(seed)
    for count in chunks(swaps, clusters):
        yield generator.integers(0, 2, (count, clusters), np.int8).astype(float)


def holm(values: Sequence[float]) -> list[float]:
    """Adjusted p values (Holm 1979, Scandinavian Journal of Statistics 6): each may be held to the level alone.

    Args:
        values: p values; NaN, a test that could not be made, stays NaN and counts as none.
    """
    array = np.asarray(values, float)
    made = np.flatnonzero(~np.isnan(array))
    order = made[np.argsort(array[made], kind="stable")]
    steps = np.minimum(1.0, array[order] * np.arange(len(order), 0, -1))
    adjusted = np.full(len(array), np.nan)
    adjusted[order] = np.maximum.accumulate(steps)
    return [float(p) for p in adjusted]
