"""Which questions a limited run asks: a seeded sample, stratified by question type, spread over scenes and pictures.

The first 200 rows of a benchmark are no sample of it: those of VSI-Bench ask only for counts and sizes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from sightline.evals.item import Item


def draw(items: Sequence[Item], n: int, seed: int) -> list[Item]:
    """A sample of the items.

    Each category has its share of the sample (largest remainders), and at least one question while n allows that.
    Within a category the sample is systematic along its clusters, which stand in random order: every question has the
    same chance, and no cluster has more than its share. Questions that count only together are drawn together; where
    there are such groups, about n questions are drawn.

    Args:
        items: What there is to ask.
        n: How many, at least 1; all of them where there are no more.
        seed: The same seed draws the same questions.

    Returns:
        The sample, in the order of `items`.
    """
    if n < 1:
        raise ValueError(f"a sample of {n} questions")
    if n >= len(items):
        return list(items)
    units: dict[tuple[str, str], list[int]] = {}
    for place, item in enumerate(items):
        units.setdefault(("group", item.group) if item.group else ("item", str(place)), []).append(place)
    strata: dict[str, list[list[int]]] = {}
    for members in units.values():
        strata.setdefault(items[members[0]].category, []).append(members)
    generator = np.random.default_rng(seed)
    wanted = max(1, round(n * len(units) / len(items)))
    quotas = _quotas([len(stratum) for stratum in strata.values()], wanted)
    chosen: list[int] = []
    for stratum, quota in zip(strata.values(), quotas, strict=True):
        for members in _systematic(items, stratum, quota, generator):
            chosen += members
    return [items[place] for place in sorted(chosen)]


def _quotas(sizes: Sequence[int], wanted: int) -> list[int]:
    """How many of each stratum: shares of `wanted` by size, at least one each while that is possible."""
    total = sum(sizes)
    shares = [wanted * size / total for size in sizes]
    least = 1 if wanted >= len(sizes) else 0
    quotas = [max(least, int(share)) for share in shares]
    by_remainder = sorted(range(len(sizes)), key=lambda k: (quotas[k] - shares[k], -sizes[k], k))
    place = 0
    while sum(quotas) < wanted:  # largest remainders get what is over
        k = by_remainder[place % len(sizes)]
        quotas[k] += quotas[k] < sizes[k]
        place += 1
    while sum(quotas) > wanted:  # the lifted small strata are paid for by those furthest above their share
        k = max((k for k in range(len(sizes)) if quotas[k] > least), key=lambda k: (quotas[k] - shares[k], sizes[k]))
        quotas[k] -= 1
    return quotas


def _systematic(
    items: Sequence[Item], stratum: Sequence[list[int]], quota: int, generator: np.random.Generator
) -> list[list[int]]:
    """`quota` units at even steps along the clusters, from a random start."""
    clusters: dict[str, list[list[int]]] = {}
    for members in stratum:
        clusters.setdefault(items[members[0]].cluster, []).append(members)
    names = list(clusters)
    line: list[list[int]] = []
    for k in generator.permutation(len(names)):
        cluster = clusters[names[k]]
        line += [cluster[j] for j in generator.permutation(len(cluster))]
    if not quota:
        return []
    step = len(line) / quota
    start = generator.uniform(0, step)
    return [line[min(int(start + k * step), len(line) - 1)] for k in range(quota)]


def sample_hash(ids: Iterable[str]) -> str:
    """What a sample is called: 12 hex digits of the SHA-256 of its sorted ids, one a line; their order is no matter."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:12]
