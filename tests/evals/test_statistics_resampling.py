"""Intervals: held against closed forms and SciPy, and counted on simulated runs whose truth is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sightline.evals.rows import Aggregate, Rows
from sightline.evals.scorers.aggregates import Excluding, FixedWeights, Macro, Micro, NestedMacro, SourceWeighted
from sightline.evals.statistics.cells import cells_of, cluster_codes
from sightline.evals.statistics.resampling import (
    category_intervals,
    resampled,
    score_interval,
)

RULES: list[Aggregate] = [
    Micro(),
    Macro(("a", "b")),
    NestedMacro({"a": ("a",), "bc": ("b", "c")}),
    FixedWeights({"a": 1, "b": 2, "c": 3.5}),
    SourceWeighted({"x": 0.25, "y": 0.75}),
    Excluding(("b",), Micro()),
]


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    score = st.one_of(st.sampled_from([0.0, 1.0, math.nan]), st.floats(0, 1))
    row = st.tuples(score, st.sampled_from("abc"), st.sampled_from("stu"), st.sampled_from("xy"))
    drawn = draw(st.lists(row, min_size=1, max_size=20))
    values, categories, clusters, sources = zip(*drawn, strict=True)
    return Rows(tuple(str(k) for k in range(len(drawn))), np.array(values), categories, clusters, sources)


def rows(values: list[float] | np.ndarray, clusters: list[str] | None = None, categories: str = "") -> Rows:
    n = len(values)
    names = tuple(str(k) for k in range(n))
    return Rows(names, np.asarray(values, float), tuple(categories) or ("a",) * n, tuple(clusters or names), ("",) * n)


def clustered(generator: np.random.Generator, clusters: int, size: int, correlation: float, rate: float) -> Rows:
    """Right or wrong answers whose chance varies between clusters: a beta-binomial with that correlation."""
    spread = (1 - correlation) / correlation
    chances = generator.beta(rate * spread, (1 - rate) * spread, clusters)
    values = generator.random((clusters, size)) < chances[:, None]
    return rows(values.astype(float).ravel(), [str(k // size) for k in range(clusters * size)])


def test_independent_scores_have_the_t_interval() -> None:
    values = np.random.default_rng(0).random(200)
    found = score_interval(rows(values), Micro(), resamples=20_000)
    expected = stats.t.interval(0.95, 199, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected, abs=0.003)


def test_with_few_clusters_it_is_as_wide_as_that_of_their_means() -> None:
    table = clustered(np.random.default_rng(5), 8, 25, 0.3, 0.5)
    means = table.values.reshape(8, 25).mean(1)
    found = score_interval(table, Micro(), resamples=20_000)
    expected = stats.t.interval(0.95, 7, means.mean(), stats.sem(means))
    assert found.high - found.low == pytest.approx(expected[1] - expected[0], rel=0.15)
    assert found.clusters == 8


@pytest.mark.parametrize(("clusters", "size", "rate"), [(10, 10, 0.6), (40, 5, 0.8)])
def test_the_truth_is_inside_as_often_as_is_said(clusters: int, size: int, rate: float) -> None:
    generator = np.random.default_rng(1)
    inside = too_narrow = 0
    for seed in range(400):
        table = clustered(generator, clusters, size, 0.2, rate)
        found = score_interval(table, Micro(), resamples=400, seed=seed)
        inside += found.low <= rate <= found.high
        one_by_one = score_interval(replace(table, clusters=table.ids), Micro(), resamples=400, seed=seed)
        too_narrow += one_by_one.low <= rate <= one_by_one.high
    assert 0.92 <= inside / 400 <= 0.985
    assert too_narrow / 400 < 0.90  # what comes of drawing questions one by one


def test_a_rule_with_parts_is_taken_again_on_every_resample() -> None:
    # The mean of two categories with 10 and 90 questions: its variance is that of the small one above all.
    generator = np.random.default_rng(2)
    values = (generator.random(100) < 0.5).astype(float)
    table = rows(values, categories="a" * 10 + "b" * 90)
    found = score_interval(table, Macro(("a", "b")), resamples=20_000)
    parts = values[:10], values[10:]
    error = 0.5 * math.sqrt(sum(part.var() / len(part) for part in parts))
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_resamples_draw_as_many_clusters_as_there_are() -> None:
    weights = np.concatenate(list(resampled(1000, 5000, seed=3)))
    assert weights.shape == (5000, 1000)
    assert (weights.sum(1) == 1000).all()
    assert weights.var(0).mean() == pytest.approx(0.999, abs=0.01)  # multinomial: 1 - 1 / C


@given(tables(), st.sampled_from(RULES), st.integers(0, 100))
def test_sums_by_cluster_give_what_the_rule_gives_of_the_rows(table: Rows, rule: Aggregate, seed: int) -> None:
    codes = cluster_codes(table)
    weights = np.random.default_rng(seed).integers(0, 3, (5, int(codes.max()) + 1)).astype(float)
    found = cells_of(table, codes).overall(rule, weights)
    np.testing.assert_allclose(found, rule.overall(table, weights[:, codes]), atol=1e-12)


def test_the_same_seed_gives_the_same_interval() -> None:
    table = rows(np.random.default_rng(0).random(50))
    assert score_interval(table, Micro(), seed=1) == score_interval(table, Micro(), seed=1)
    assert score_interval(table, Micro(), seed=1) != score_interval(table, Micro(), seed=2)


def test_rows_without_a_cluster_are_each_their_own() -> None:
    assert cluster_codes(rows([1, 0, 1], ["", "x", ""])).tolist() == [0, 1, 2]
    assert cluster_codes(rows([1, 0, 1], ["y", "x", "y"])).tolist() == [0, 1, 0]


def test_all_right_is_not_certain() -> None:
    found = score_interval(rows([1.0] * 20), Micro())
    expected = stats.binomtest(20, 20).proportion_ci(0.95, method="exact")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    found = score_interval(rows([0.0] * 20), Micro())
    assert (found.low, found.high) == pytest.approx((0, 1 - expected.low))


def test_where_nothing_can_be_said_it_is_said_why() -> None:
    one = score_interval(rows([1.0, 0.0], ["x", "x"]), Micro())
    assert math.isnan(one.low)
    assert one.why == "one cluster only"
    rare = score_interval(rows([1.0, 0.0, 1.0, 0.0], categories="abbb"), Macro(("a", "b")))
    assert rare.why == "a part of the score has too few questions"
    assert score_interval(rows([]), Micro()).why == "no question"


def test_categories_have_intervals_of_their_own() -> None:
    found = category_intervals(rows([1, 0, 1, 1, 0, 1], categories="aaabbb"), ("a", "b", "c"))
    assert found["a"][0] == pytest.approx(2 / 3)
    assert found["b"][1].low < found["b"][0] < found["b"][1].high
    assert math.isnan(found["c"][0])
    assert found["c"][1].why


def test_what_the_published_rule_leaves_out_counts_nowhere() -> None:
    values = [1, 0, math.nan, 1, math.nan, 0]
    kept = [v for v in values if not math.isnan(v)]
    one, two = score_interval(rows(values), Micro()), score_interval(rows(kept), Micro())
    assert (one.low, one.high, one.clusters) == (two.low, two.high, two.clusters)
