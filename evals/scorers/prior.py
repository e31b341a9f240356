"""What the answers' statistics alone are worth: one constant answer for each question type, fitted on the labels.

A benchmark's score means little below this line. It has seen the labels, so it is no fair opponent: it is the ceiling
of what a model can get by knowing which answers are common.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from sightline.evals.benchmark import Benchmark
from sightline.evals.item import Item


def fit_prior(items: Iterable[Item], benchmark: Benchmark) -> dict[str, str]:
    """For each item the best constant answer of its category, in the words of the published scorer.

    Every answer that is the truth of some item of the category is tried, and that with the highest mean score by the
    published rule is taken; the more frequent truth, then the first seen, where several are equal. For choices that is
    the most frequent letter. Items with the same truth are taken to score the same.

    Args:
        items: All that are asked, with their truth.
        benchmark: Theirs; it says how a value is written and scored.

    Returns:
        Item's id -> answer. Items whose truth is no single value (a mask, a path among many) are not in it.
    """
    by_category: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if isinstance(item.target, str | int | float) and item.asked.kind in _CONSTANT:
            by_category[item.category].append(item)
    out: dict[str, str] = {}
    for members in by_category.values():
        counts: Counter[Any] = Counter(item.target for item in members)
        one_of_each = {item.target: item for item in members}
        best = max(
            (value for value, _ in counts.most_common()),
            key=lambda value: sum(
                count * _score(benchmark, one_of_each[target], value) for target, count in counts.items()
            ),
        )
        out |= {item.id: _said(benchmark, item, best) for item in members}
    return out


_CONSTANT = frozenset({"choice", "yes_no", "integer", "number", "text"})


def _score(benchmark: Benchmark, item: Item, value: Any) -> float:
    return benchmark.official(item, _said(benchmark, item, value)).value or 0.0


def _said(benchmark: Benchmark, item: Item, value: Any) -> str:
    """A value in the words of the published scorer; a letter that this item has no option for, as it is."""
    valid = not item.asked.options or value in item.asked.spec.labels
    return benchmark.render(item, value) if valid else str(value)
