"""Answers that are one of a fixed set of words, or a set of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sightline.evals.item import Item
from sightline.evals.scorers.mark import Mark


def folded(label: str) -> str:
    """A label without what is only writing: case, spaces and hyphens between words, quotes and the stop at the end."""
    return re.sub(r"[\s_-]+", "-", label.strip(" \t\r\n\"'`*.")).casefold()


@dataclass(frozen=True)
class Label:
    """1 where the words are exactly the target's label; writing (see `folded`) does not count, any other word does.

    Attributes:
        labels: All that can be said; anything else is not read.
    """

    labels: tuple[str, ...]

    def __call__(self, item: Item, said: str) -> Mark:
        """Score an answer; `Item.target` is the label."""
        known = {folded(label): label for label in self.labels}
        found = known.get(folded(said))
        return Mark(0.0, "", parsed=False) if found is None else Mark(float(found == item.target), found)


@dataclass(frozen=True)
class LabelSet:
    """1 where the labels that are said are exactly the target's, in any order (SpartQA's FR and FB).

    Attributes:
        split: Words -> the labels in them; commas, semicolons and "and" part them by default.
    """

    split: Callable[[str], Iterable[str]] = re.compile(r"\s*(?:[,;\n]|\band\b)\s*").split

    def __call__(self, item: Item, said: str) -> Mark:
        """Score an answer; `Item.target` is the list of labels."""
        said_labels = {label for part in self.split(said.strip("[](){} \n")) if (label := folded(part))}
        if not said_labels:
            return Mark(0.0, "", parsed=False)
        right = said_labels == {folded(label) for label in item.target}
        return Mark(float(right), ", ".join(sorted(said_labels)))
