"""Multiple choice by a published rule: an extractor reads a letter, which is compared with the target.

official = Choice(backticked)        # MMSI-Bench's rule
strict = sightline.evals.scorers.strict
"""

from __future__ import annotations

from dataclasses import dataclass

from sightline.evals.item import Item
from sightline.evals.scorers.extractors import Extractor
from sightline.evals.scorers.mark import Mark


@dataclass(frozen=True)
class Choice:
    """1 where what the extractor reads equals the target.

    Attributes:
        extract: Words and the options' labels -> what was read, or None; see `sightline.evals.scorers.extractors`.
    """

    extract: Extractor

    def __call__(self, item: Item, said: str) -> Mark:
        """Score an answer; one that cannot be read is wrong."""
        found = self.extract(said, item.asked.spec.labels)
        if found is None:
            return Mark(0.0, "", parsed=False)
        return Mark(float(found == item.target), found)


def contained_choice(item: Item, said: str) -> Mark:
    """SPAR-Bench's rule: right where the words are the target, are contained in it, or begin with it, in either case.

    The empty text is contained in every target: by this rule, saying nothing is right. Their first letter is compared
    with the whole target, so that "Because" is B, and "(B)" is nothing.
    Source: fudan-zvg/spar, lmms_eval/tasks/sparbench/utils.py (1679885).
    """
    target, words = str(item.target).lower(), said.lower()
    return Mark(float(words in target or words[:1] == target), said, parsed=bool(said))
