"""What a scorer says of one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sightline.evals.item import Item


@dataclass(frozen=True)
class Mark:
    """The score of one answer.

    Attributes:
        value: 0 to 1; None where the rule leaves the item out of the mean (RefSpatial-Bench does so with an answer
            that it cannot parse).
        read: What was taken for the answer, in words; "" where nothing could be read.
        parsed: Whether an answer could be read.
        parts: Values that are reported beside the score (the recall of a path, an IoU), by name.
    """

    value: float | None
    read: str
    parsed: bool = True
    parts: Mapping[str, float] = field(default_factory=dict)


class Scorer(Protocol):
    """Scores what a model said. Pure: the same words give the same mark, without a network or a clock."""

    def __call__(self, item: Item, said: str) -> Mark:
        """Score an answer.

        Args:
            item: The question with its truth.
            said: The model's words, or an agent's typed value as `Benchmark.render` wrote it; "" for no answer.
        """


class Judge(Protocol):
    """Scores by asking a model; its failure is an error, never a wrong answer."""

    async def __call__(self, item: Item, said: str) -> Mark:
        """Score an answer.

        Raises:
            InfrastructureError: The judge could not be asked, or gave no verdict after its retries.
        """
