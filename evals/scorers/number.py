"""Numbers by published rules: a reader takes a number out of the words, a metric compares it with the target.

official = NumberScore(first_float, VSI_MRA)
strict = StrictNumber(VSI_MRA)

Mean relative accuracy (MRA; Yang et al., Thinking in Space, 2024) is the share of thresholds t with |p - g| / g <= 1 -
t. Its variants differ where the error lies on a threshold: for p = 9.5 and g = 10, VSI-Bench's gives 1.0 and SIBench's
0.9.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from sightline.evals.item import Item
from sightline.evals.scorers.extractors import first_word
from sightline.evals.scorers.mark import Mark

Metric = Callable[[float, float], float]
"""(value, target) -> 0 to 1."""


@dataclass(frozen=True)
class RelativeAccuracy:
    """Mean relative accuracy.

    Attributes:
        thresholds: The t, as the published code computes them: their last digits decide where errors lie on them.
        inclusive: Whether an error of exactly 1 - t counts.
        at_zero: What a target of 0 does, by which no error can be divided: `exact` counts 0 alone as right, `absolute`
            takes the error as it is (SPAR-Bench). VSI-Bench has no such target, and its code would fail.
    """

    thresholds: tuple[float, ...]
    inclusive: bool = True
    at_zero: Literal["exact", "absolute"] = "exact"

    @cached_property
    def _limits(self) -> tuple[float, ...]:
        return tuple(sorted(1 - threshold for threshold in self.thresholds))

    def __call__(self, value: float, target: float) -> float:
        """Share of the thresholds that the error keeps; 0 for NaN and infinities."""
        error = abs(value - target)
        if target == 0 and self.at_zero == "exact":
            return float(error == 0)
        if target != 0:
            error /= abs(target)
        if math.isnan(error):
            return 0.0
        missed = (bisect_left if self.inclusive else bisect_right)(self._limits, error)
        return (len(self._limits) - missed) / len(self._limits)


VSI_MRA = RelativeAccuracy(tuple(np.linspace(0.5, 0.95, int((0.95 - 0.5) / 0.05 + 2)).tolist()))
"""VSI-Bench: ten thresholds, for the published count `(end - start) / interval + 2` is 10.999... before it is cut to a
whole number, where comments of others say eleven. Source: lmms_eval/tasks/vsibench/utils.py (51e089c)."""

SPAR_MRA = RelativeAccuracy(VSI_MRA.thresholds, at_zero="absolute")
"""SPAR-Bench: as VSI-Bench, but for targets of 0. Source: fudan-zvg/spar, sparbench/utils.py (1679885)."""

SIBENCH_MRA = RelativeAccuracy(tuple(np.arange(0.5, 1, 0.05).tolist()), inclusive=False)
"""SIBench: `<`, and thresholds as arange adds them up.
Source: song2yu/SIBench-VSR, vlmeval/dataset/SIBench.py (d789bb0)."""

XPR_MRA = RelativeAccuracy(tuple(i / 100 for i in range(50, 100, 5)), inclusive=False)
"""SpatialBench: `<`, thresholds i / 100. Source: XPR2004/SpatialBench, evaluate_benchmark_results.py."""


def swapped(metric: Metric) -> Metric:
    """The metric with its arguments swapped, errors relative to the answer (SPAR-Bench's view_change_infer)."""
    return lambda value, target: metric(target, value)


@dataclass(frozen=True)
class WithinRatio:
    """1 where the larger of p / g and g / p is under a limit (Q-Spatial and SpatialScore: 2); 0 for 0 and less."""

    limit: float = 2.0

    def __call__(self, value: float, target: float) -> float:
        """Compare."""
        if not (value > 0 and target > 0):
            return float(value == target == 0)
        return float(max(value / target, target / value) < self.limit)


@dataclass(frozen=True)
class Bands:
    """A score for each band of the relative error: `Bands(((0.1, 1.0), (0.2, 0.5)))` is 1 up to 10 %, 0.5 up to 20 %.

    Attributes:
        bands: (largest relative error, included; score), from the narrowest to the widest.
    """

    bands: tuple[tuple[float, float], ...]

    def __call__(self, value: float, target: float) -> float:
        """Compare; a target of 0 is met by 0 alone."""
        error = abs(value - target) / abs(target) if target else (0.0 if value == target else float("inf"))
        return next((score for limit, score in self.bands if error <= limit), 0.0)


def same_integer(value: float, target: float) -> float:
    """1 where both are one whole number."""
    return float(value == target and float(value).is_integer())


def first_float(said: str) -> float | None:
    """VSI-Bench: the first word (see `first_word`) as a number; "about 3", "three" and "3m" are none, "3 m" is 3."""
    word = first_word(said, ())
    try:
        return float(word) if word is not None else None
    except ValueError:
        return None


@dataclass(frozen=True)
class NumberScore:
    """A published rule for numbers; what cannot be read is wrong.

    Attributes:
        read: Words -> number, or None.
        metric: Compares it with `Item.target`.
    """

    read: Callable[[str], float | None]
    metric: Metric

    def __call__(self, item: Item, said: str) -> Mark:
        """Score an answer."""
        value = self.read(said)
        if value is None:
            return Mark(0.0, "", parsed=False)
        return Mark(self.metric(value, float(item.target)), f"{value:g}")
