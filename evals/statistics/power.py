"""What a comparison could find, said before it is paid for.

The smallest true difference that a paired comparison finds with probability 0.8 at the two-sided 5 % level. With s the
share of questions on which the arms disagree (for graded scores: the mean squared difference), k = z(0.975) + z(0.8)
and v = s - d^2 the variance of one question's difference d, it solves d = k sqrt(v / n), that is
d = k sqrt(s / (n + k^2)) (Miettinen 1968, Biometrics 24, for McNemar's test without its continuity correction).

n is not the number of questions but the effective one: 1 / sum over clusters of the variance that the benchmark's rule
gives their questions, whose differences correlate by r within a cluster. For a plain mean over clusters of m questions
that is the design effect 1 + (m - 1) r (Kish 1965, Survey Sampling); an unweighted mean of small categories costs more.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from sightline.evals.item import Item
from sightline.evals.rows import Aggregate, Floats, Rows
from sightline.evals.statistics.cells import cluster_codes

LEVEL, POWER = 0.05, 0.8
DISAGREEMENT = 0.2
CORRELATION = 0.1


@dataclass(frozen=True)
class Detectable:
    """What a sample can tell.

    Attributes:
        difference: Smallest true difference of two runs that is found 4 times in 5, 0 to 1; NaN where the sample has
            no score (a category that the rule needs is empty).
        half_width: Of the 95 % interval of one run's score near one half, 0 to 1; NaN likewise.
        questions: Questions, those that count only together as one.
        clusters: Scenes, pictures or whatever they share.
        effective: Independent questions that tell as much.
        disagreement, correlation: What was assumed.
    """

    difference: float
    half_width: float
    questions: int
    clusters: int
    effective: float
    disagreement: float
    correlation: float

    @property
    def line(self) -> str:
        """In words, with what was assumed."""
        sample = f"{self.questions:,} questions" + (
            f" on {self.clusters:,} scenes or pictures" if self.clusters < self.questions else ""
        )
        if math.isnan(self.difference):
            return f"{sample}: no score and no comparison, as a question type has none."
        assumed = f"if the runs disagree on {self.disagreement:.0%} of the questions" + (
            f" and answers on one scene correlate by {self.correlation:g}" if self.clusters < self.questions else ""
        )
        if self.difference > self.disagreement:
            return f"{sample}: too few to find any difference of two runs, {assumed}."
        return (
            f"{sample}: a score is good to about {100 * self.half_width:.1f} points either way; a difference of two "
            f"runs is found 4 times in 5 from {100 * self.difference:.1f} points on, {assumed}."
        )


def detectable(
    items: Sequence[Item],
    rule: Aggregate,
    disagreement: float = DISAGREEMENT,
    correlation: float = CORRELATION,
) -> Detectable:
    """What runs over these questions, each asked once, could find.

    Args:
        items: The sample.
        rule: The benchmark's aggregate.
        disagreement: Share of questions on which two runs differ, 0 to 1. `sightline compare` tells that of two runs.
        correlation: Of two questions' scores in one cluster, 0 to 1.
    """
    rows = _rows(items)
    counts = _shares(rows, rule)
    codes = cluster_codes(rows)
    within = np.bincount(codes, counts)
    variance = (1 - correlation) * float(np.sum(counts**2)) + correlation * float(np.sum(within**2))
    effective = 1 / variance if variance > 0 else math.nan
    k = float(ndtri(1 - LEVEL / 2) + ndtri(POWER))
    return Detectable(
        difference=k * math.sqrt(disagreement / (effective + k * k)),
        half_width=float(ndtri(1 - LEVEL / 2)) * math.sqrt(0.25 / effective),
        questions=len(rows.ids),
        clusters=int(codes.max()) + 1,
        effective=effective,
        disagreement=disagreement,
        correlation=correlation,
    )


def _rows(items: Sequence[Item]) -> Rows:
    """A row for each question that counts alone and for each group, as scores will have them."""
    first: dict[tuple[str, str], Item] = {}
    for item in items:
        first.setdefault(("group", item.group) if item.group else ("item", item.id), item)
    kept = list(first.values())
    return Rows(
        tuple(name for _, name in first),
        np.zeros(len(kept)),
        tuple(item.category for item in kept),
        tuple(item.cluster for item in kept),
        tuple(item.source for item in kept),
    )


def _shares(rows: Rows, rule: Aggregate) -> Floats:
    """(n,) what each question adds to the score: what the rule makes of its category and source alone, divided up."""
    cells = list(zip(rows.categories, rows.sources, strict=True))
    sizes = Counter(cells)
    worth: dict[tuple[str, str], float] = {}
    for cell, size in sizes.items():
        alone = Rows(
            rows.ids, np.array([float(c == cell) for c in cells]), rows.categories, rows.clusters, rows.sources
        )
        worth[cell] = float(rule.overall(alone)) / size
    return np.array([worth[cell] for cell in cells])
