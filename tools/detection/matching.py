"""The same thing across photos: by place where a reconstruction holds both photos, else by appearance.

What is said of one pair of looks by place is in `places`, by appearance in `likeness`. Two chairs of one make look
alike, so appearance alone says `likely` at most, and nothing where two candidates look alike; what the places exclude
is never joined.

Plain functions on plain data; the tools over them are in `sightline.tools.detection.same_things`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.reconstructions import Reconstruction
from sightline.tools.detection.likeness import ENOUGH_FEATURES, Appearance, alike_by, describe
from sightline.tools.detection.looks import Look
from sightline.tools.detection.places import Places

Basis = Literal["place", "appearance"]

ALIKE = 0.6
"""Similarity of appearance from which two boxes may show one thing."""
CLEARLY = 0.12
"""By how much the best candidate must be more alike than the next, to be taken for the same."""


@dataclass(frozen=True)
class Pairing:
    """Two looks that may show one thing.

    Attributes:
        first: Index of a look.
        second: Index of another, in another picture.
        verdict: `same`, or `unclear`.
        basis: What it goes by.
        certainty: 0 to 1, to order by; not a probability.
    """

    first: int
    second: int
    verdict: Literal["same", "unclear"]
    basis: Basis
    certainty: float


@dataclass(frozen=True)
class Matches:
    """What belongs together.

    Attributes:
        groups: Indices of the looks that show one thing, the single ones included.
        fewest: How many things there are if all unclear pairs are one thing each.
        pairings: What the groups rest on, and what is unclear.
        doubtful: Pairs of groups, as places in `groups`, that may be one thing and are kept apart.
    """

    groups: list[list[int]]
    fewest: int
    pairings: list[Pairing] = field(default_factory=list)
    doubtful: list[tuple[int, int]] = field(default_factory=list)

    @property
    def most(self) -> int:
        """How many things there are if no unclear pair is one thing."""
        return len(self.groups)


def match(
    looks: Sequence[Look],
    pixels: Callable[[str], NDArray[np.uint8]] | None,
    reconstructions: Sequence[Reconstruction] = (),
    joined: Sequence[tuple[int, int]] = (),
    stated: Sequence[tuple[int, int]] = (),
) -> Matches:
    """Which looks show one thing. Two looks in one picture are two things, and so are two whose places exclude it.

    Args:
        looks: What was found, in any number of pictures.
        pixels: Gives the (H, W, 3) uint8 RGB of a picture by its handle; asked when it is needed, and let go. None to
            go by places only.
        reconstructions: What holds some of the pictures, the best first.
        joined: Pairs of looks that were taken for one thing before; they stay so unless their places exclude it.
        stated: Pairs of looks that a person said show one thing.
    """
    descriptions: dict[int, Appearance] = {}
    places = [Places(reconstruction, looks) for reconstruction in reconstructions]
    pairings: list[Pairing] = []
    apart: set[tuple[int, int]] = set()
    for one, other in combinations(sorted({look.picture for look in looks}), 2):
        firsts = [i for i, look in enumerate(looks) if look.picture == one]
        seconds = [i for i, look in enumerate(looks) if look.picture == other]
        known = next((p for p, r in zip(places, reconstructions, strict=True) if {one, other} <= set(r.cameras)), None)
        by_place: set[tuple[int, int]] = set()
        together = [(i, j) for i in firsts for j in seconds if looks[i].name == looks[j].name]
        for i, j in together:
            found = None if known is None else known.compare(i, j)
            if found is None:
                continue
            by_place.add((i, j))
            if found[0] == "two":
                apart.add((i, j))
            elif found[0] != "open":
                pairings.append(Pairing(i, j, found[0], "place", found[1]))
        if pixels is None:
            continue
        open_pairs = [pair for pair in together if pair not in by_place]
        for i in sorted({i for pair in open_pairs for i in pair} - descriptions.keys()):
            descriptions[i] = describe(looks[i], pixels(looks[i].picture))
        pairings += _paired_by_appearance(open_pairs, descriptions)
    pairings.sort(key=lambda p: (p.basis != "place", -p.certainty))
    certain = [p for p in pairings if p.verdict == "same"]
    groups = _grouped(looks, joined, certain, apart, stated)
    loose = _grouped(looks, joined, [*certain, *(p for p in pairings if p.verdict != "same")], apart, stated)
    return Matches(groups, len(loose), pairings, _doubtful(looks, groups, pairings, apart))


def _paired_by_appearance(pairs: Sequence[tuple[int, int]], looks: Mapping[int, Appearance]) -> list[Pairing]:
    """Of the pairs between two pictures: those clearly each other's best are one, close calls are unclear."""
    alike = {pair: alike_by(looks[pair[0]], looks[pair[1]]) for pair in pairs}
    out = []
    for (i, j), (score, explained) in alike.items():
        if score < ALIKE * 0.6:
            continue
        rivals = [s for (a, b), (s, _) in alike.items() if (a == i) != (b == j)]
        ahead = score - max(rivals, default=0.0)
        if (score >= ALIKE * 0.9 or explained >= ENOUGH_FEATURES) and ahead >= CLEARLY:
            out.append(Pairing(i, j, "same", "appearance", score))
        elif ahead > -CLEARLY and score >= ALIKE * 0.8:
            out.append(Pairing(i, j, "unclear", "appearance", score))
    return out


def _grouped(
    looks: Sequence[Look],
    joined: Sequence[tuple[int, int]],
    pairings: Sequence[Pairing],
    apart: Collection[tuple[int, int]],
    stated: Sequence[tuple[int, int]],
) -> list[list[int]]:
    """Join pairs in their order, unless that would put two looks together that are in one picture or `apart`.

    Places come before what was taken for one thing before, and that comes before appearance.
    """
    group = {i: [i] for i in range(len(looks))}
    by_place = [(p.first, p.second) for p in pairings if p.basis == "place" and p.verdict == "same"]
    rest = [(p.first, p.second) for p in pairings]
    for number, (first, second) in enumerate([*stated, *by_place, *joined, *rest]):
        a, b = group[first], group[second]
        if a is b or {looks[i].picture for i in a} & {looks[i].picture for i in b}:
            continue
        if number >= len(stated) and _excluded(a, b, apart):
            continue
        a += b
        for i in b:
            group[i] = a
    return sorted({id(g): sorted(g) for g in group.values()}.values())


def _excluded(a: Sequence[int], b: Sequence[int], apart: Collection[tuple[int, int]]) -> bool:
    return any((i, j) in apart or (j, i) in apart for i in a for j in b)


def _doubtful(
    looks: Sequence[Look],
    groups: Sequence[Sequence[int]],
    pairings: Sequence[Pairing],
    apart: Collection[tuple[int, int]],
) -> list[tuple[int, int]]:
    """Pairs of groups with an unclear pair between them, that nothing excludes from being one."""
    where = {i: number for number, group in enumerate(groups) for i in group}
    pairs = {(min(where[p.first], where[p.second]), max(where[p.first], where[p.second])) for p in pairings}
    return [
        (a, b)
        for a, b in sorted(pairs)
        if a != b
        and not {looks[i].picture for i in groups[a]} & {looks[i].picture for i in groups[b]}
        and not _excluded(groups[a], groups[b], apart)
    ]
