"""How scores become one number. Every rule takes weights, so that it can be taken again on thousands of resamples.

A rule gives NaN where a part that it needs is empty: a mean over fourteen tasks of which one was not asked is not that
benchmark's number. Rows whose score is NaN (left out by the published rule) count nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sightline.evals.rows import Aggregate, Floats, Rows


def _means(rows: Rows, names: tuple[str, ...], wanted: Iterable[str], weights: Floats | None) -> Floats:
    """The mean of the rows of each name; NaN where none of them counts.

    Args:
        rows: The scores.
        names: (n) the rows' categories, or their sources.
        wanted: k names.
        weights: (..., n), or None.

    Returns:
        (..., k) float64.
    """
    counted = ~np.isnan(rows.values)
    named = np.array(names, dtype=np.str_)[:, None] == np.array(tuple(wanted), dtype=np.str_)
    return _ratio(np.where(counted, rows.values, 0.0), (named & counted[:, None]).astype(float), weights)


def _ratio(values: Floats, chosen: Floats, weights: Floats | None) -> Floats:
    """Weighted means of (n,) values under the 0-1 columns of (n, k)."""
    # Two matrix products: picking columns out of thousands of resamples would copy gigabytes.
    used = np.ones(len(values)) if weights is None else weights
    total = used @ chosen
    return np.asarray((used @ (values[:, None] * chosen)) / np.where(total == 0, np.nan, total), float)


def _by_name(rows: Rows, names: tuple[str, ...], wanted: Iterable[str]) -> dict[str, float]:
    wanted = tuple(wanted)
    return dict(zip(wanted, _means(rows, names, wanted, None).tolist(), strict=True))


@dataclass(frozen=True)
class Micro:
    """The mean over all questions.

    Attributes:
        categories: Order of the parts; as they come where there are none.
    """

    categories: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """The rule in words."""
        return "mean over all questions"

    def overall(self, rows: Rows, weights: Floats | None = None) -> Floats:
        """The headline; see `Aggregate`."""
        counted = ~np.isnan(rows.values)
        return _ratio(np.where(counted, rows.values, 0.0), counted[:, None].astype(float), weights)[..., 0]

    def parts(self, rows: Rows) -> dict[str, float]:
        """The mean of each category."""
        return _by_name(rows, rows.categories, self.categories or dict.fromkeys(rows.categories))


@dataclass(frozen=True)
class Macro:
    """The unweighted mean of the categories' means.

    Attributes:
        categories: All of them are needed.
    """

    categories: tuple[str, ...]

    @property
    def about(self) -> str:
        """The rule in words."""
        return f"unweighted mean of {len(self.categories)} tasks"

    def overall(self, rows: Rows, weights: Floats | None = None) -> Floats:
        """The headline; see `Aggregate`."""
        return np.asarray(_means(rows, rows.categories, self.categories, weights).mean(-1), float)

    def parts(self, rows: Rows) -> dict[str, float]:
        """The mean of each category."""
        return _by_name(rows, rows.categories, self.categories)


@dataclass(frozen=True)
class NestedMacro:
    """The unweighted mean of parts, each the unweighted mean of its categories' means (VSI-Bench).

    Attributes:
        groups: The categories of each part, by the part's name.
    """

    groups: Mapping[str, tuple[str, ...]]

    @property
    def about(self) -> str:
        """The rule in words."""
        nested = "; ".join(
            f"{name} is that of {len(categories)}" for name, categories in self.groups.items() if len(categories) > 1
        )
        return f"unweighted mean of {len(self.groups)} tasks" + (f" ({nested})" if nested else "")

    def overall(self, rows: Rows, weights: Floats | None = None) -> Floats:
        """The headline; see `Aggregate`."""
        means = [Macro(categories).overall(rows, weights) for categories in self.groups.values()]
        return np.asarray(np.mean(means, axis=0), float)

    def parts(self, rows: Rows) -> dict[str, float]:
        """The mean of each part."""
        return {name: float(Macro(categories).overall(rows)) for name, categories in self.groups.items()}


@dataclass(frozen=True)
class FixedWeights:
    """The categories' means, weighted with published weights (SpatialBench of XPR2004).

    Attributes:
        weights: By category; need not sum to 1. All of them are needed.
    """

    weights: Mapping[str, float]

    @property
    def about(self) -> str:
        """The rule in words."""
        return "weighted mean of tasks: " + ", ".join(f"{name} {weight:g}" for name, weight in self.weights.items())

    def overall(self, rows: Rows, weights: Floats | None = None) -> Floats:
        """The headline; see `Aggregate`."""
        return _weighted(self.weights, rows, rows.categories, weights)

    def parts(self, rows: Rows) -> dict[str, float]:
        """The mean of each category."""
        return _by_name(rows, rows.categories, self.weights)


@dataclass(frozen=True)
class SourceWeighted:
    """The means of the data sets the questions come from, weighted (CV-Bench).

    Attributes:
        weights: By source; need not sum to 1. All of them are needed.
        categories: Order of the parts; as they come where there are none.
    """

    weights: Mapping[str, float]
    categories: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """The rule in words."""
        return "weighted mean of sources: " + ", ".join(f"{name} {weight:g}" for name, weight in self.weights.items())

    def overall(self, rows: Rows, weights: Floats | None = None) -> Floats:
        """The headline; see `Aggregate`."""
        return _weighted(self.weights, rows, rows.sources, weights)

    def parts(self, rows: Rows) -> dict[str, float]:
        """The mean of each source, then of each category."""
        return {**_by_name(rows, rows.sources, self.weights), **Micro(self.categories).parts(rows)}


@dataclass(frozen=True)
class Excluding:
    """Another rule, without some categories (MindCube's translation).

    Attributes:
        categories: What does not count.
        rule: What is made of the rest.
    """

    categories: tuple[str, ...]
    rule: Aggregate = field(default_factory=Micro)

    @property
    def about(self) -> str:
        """The rule in words."""
        return f"{self.rule.about}, without {', '.join(self.categories)}"

    def overall(self, rows: Rows, weights: Floats | None = None) -> Floats:
        """The headline; see `Aggregate`."""
        left_out = np.isin(np.array(rows.categories, dtype=np.str_), self.categories)
        return self.rule.overall(replace(rows, values=np.where(left_out, np.nan, rows.values)), weights)

    def parts(self, rows: Rows) -> dict[str, float]:
        """Its parts; those that do not count are among them, so that a person sees them."""
        return self.rule.parts(rows)


def _weighted(shares: Mapping[str, float], rows: Rows, names: tuple[str, ...], weights: Floats | None) -> Floats:
    share = np.array(list(shares.values()), float)
    return np.asarray(_means(rows, names, shares, weights) @ (share / share.sum()), float)
