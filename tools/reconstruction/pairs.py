"""Which pictures share what they show: matches between pairs, checked so that repeated textures do not pass.

All pairs are matched while there are few pictures. Beyond `ALL_PAIRS` each is matched with its neighbours in the order
given and with the ones that look most like it by their strongest features, so that time grows little faster than the
number of pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.tools.back_ends.protocols import Seen
from sightline.tools.reconstruction.matching import Features, find_features, match

ALL_PAIRS = 24
"""Pictures up to which every pair is matched."""
_NEIGHBOURS = 3
_PARTNERS = 8
_STRONGEST = 400
_MOST_EACH = 4000
_BUDGET = 120_000
"""Features of all pictures together: what is kept of each shrinks with their number, which bounds time and memory."""

Pair = tuple[int, int]


def features_of(pictures: Sequence[Seen]) -> list[Features]:
    """Features of every picture, fewer of each where there are many."""
    most = min(_MOST_EACH, max(1500, _BUDGET // max(1, len(pictures))))
    return [_strongest(find_features(picture), most) for picture in pictures]


def matches_between(features: Sequence[Features]) -> dict[Pair, NDArray[np.intp]]:
    """Matches of every pair worth matching, (M, 2) indices into both, by (first, second) with first < second."""
    pairs = list(_all(len(features))) if len(features) <= ALL_PAIRS else _likely(features)
    return {(i, j): match(features[i], features[j]) for i, j in pairs}


def connected(numbers: Iterable[int], pairs: Iterable[Pair]) -> list[set[int]]:
    """The sets of pictures that pairs hold together, the largest first."""
    groups = [{n} for n in sorted(numbers)]
    for i, j in pairs:
        ends = [group for group in groups if i in group or j in group]
        if len(ends) == 2:
            ends[0] |= ends[1]
            groups.remove(ends[1])
    return sorted(groups, key=lambda group: (-len(group), min(group)))


def _all(count: int) -> Iterator[Pair]:
    return ((i, j) for i in range(count) for j in range(i + 1, count))


def _likely(features: Sequence[Features]) -> list[Pair]:
    few = [_strongest(f, _STRONGEST) for f in features]
    count = len(features)
    alike = np.zeros((count, count), np.intp)
    for i, j in _all(count):
        alike[i, j] = alike[j, i] = len(match(few[i], few[j]))
    chosen = {(i, j) for i, j in _all(count) if j - i <= _NEIGHBOURS}
    for i in range(count):
        for j in np.argsort(-alike[i], kind="stable")[:_PARTNERS]:
            if alike[i, j] > 0:
                chosen.add((min(i, int(j)), max(i, int(j))))
    return sorted(chosen)


def _strongest(features: Features, most: int) -> Features:
    """The first ones."""
    return Features(features.points[:most], features.descriptors[:most], features.strength[:most])
