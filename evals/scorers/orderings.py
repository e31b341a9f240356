"""Orderings of labelled options: exactly right, or by how many pairs are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from sightline.agents.answers import extract
from sightline.evals.item import Item
from sightline.evals.scorers.mark import Mark
from sightline.tools import StoredPixels


@dataclass(frozen=True)
class Ordering:
    """Scores an ordering; the item's target is the list of labels in the right order.

    Attributes:
        by_pairs: The score is the share of pairs in the right order; else 1 for the right order and 0 for any other.
    """

    by_pairs: bool = False

    def __call__(self, item: Item, said: str) -> Mark:
        """See `Scorer`. What leaves two readings, or leaves a label out, is wrong."""
        value = extract(item.asked.spec, said, StoredPixels(), (1, 1)).value
        if not isinstance(value, list):
            return Mark(0.0, "", parsed=False, parts={"pairs": 0.0})
        given = [str(label) for label in value]
        pairs = pairs_right(given, item.target)
        exact = float(given == list(item.target))
        return Mark(pairs if self.by_pairs else exact, ", ".join(given), parts={"pairs": pairs})


def pairs_right(given: Sequence[str], right: Sequence[str]) -> float:
    """Share of the pairs that stand in the right order: (1 + tau) / 2, with M. Kendall's tau.

    Args:
        given: The labels as they were put.
        right: The same labels in the right order, each once, at least two.

    Raises:
        ValueError: They are not the same labels.
    """
    if sorted(given) != sorted(right) or len(set(right)) < len(right) or len(right) < 2:
        raise ValueError(f"an ordering of {', '.join(right)} is needed, not {', '.join(given)}")
    place = {label: at for at, label in enumerate(given)}
    pairs = list(combinations(right, 2))
    return sum(place[first] < place[second] for first, second in pairs) / len(pairs)
