"""Tests of differences: equal to SciPy's where it has the same, and right as often as they say."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sightline.evals.rows import Rows
from sightline.evals.scorers.aggregates import Macro, Micro, NestedMacro
from sightline.evals.statistics.significance import holm, mcnemar, swap_test


def rows(values: list[float] | np.ndarray, categories: str = "") -> Rows:
    n = len(values)
    names = tuple(str(k) for k in range(n))
    return Rows(names, np.asarray(values, float), tuple(categories) or ("a",) * n, names, ("",) * n)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_binomial_test(wins: int, losses: int) -> None:
    expected = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert mcnemar(wins, losses) == pytest.approx(expected)


def test_swaps_of_questions_are_scipys_paired_permutations() -> None:
    generator = np.random.default_rng(0)
    one, two = generator.random(11), generator.random(11) + 0.2
    expected = stats.permutation_test(
        (two, one), lambda x, y: x.mean() - y.mean(), permutation_type="samples", n_resamples=np.inf
    ).pvalue
    assert swap_test(rows(one), rows(two), Micro(), np.arange(11)) == pytest.approx(expected)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=12))
def test_swaps_of_clusters_go_through_all_ways(table: list[tuple[float, float, int]]) -> None:
    names = list(dict.fromkeys(cluster for _, _, cluster in table))
    codes = np.array([names.index(cluster) for _, _, cluster in table])
    change = np.array([two - one for one, two, _ in table])
    sums = np.bincount(codes, change)
    ways = [abs(float(np.dot(signs, sums))) for signs in product((-1, 1), repeat=len(sums))]
    expected = np.mean([way >= abs(sums.sum()) - 1e-9 for way in ways])
    found = swap_test(rows([o for o, _, _ in table]), rows([t for _, t, _ in table]), Micro(), codes)
    assert found == pytest.approx(expected, abs=1e-6)


def test_drawn_swaps_come_near_the_exact_p() -> None:
    one = np.array([0.0] * 12 + [1.0] * 4 + [0.0, 1.0] * 50)
    two = np.array([1.0] * 12 + [0.0] * 4 + [0.0, 1.0] * 50)
    drawn = swap_test(rows(one), rows(two), Micro(), np.arange(116))
    assert drawn == pytest.approx(mcnemar(12, 4), abs=0.01)
    assert swap_test(rows(one), rows(one), Micro(), np.arange(116)) == 1.0


def test_by_a_rule_of_parts_a_small_part_weighs_more() -> None:
    categories = "a" * 6 + "b" * 60
    one, two = np.zeros(66), np.zeros(66)
    two[:6] = 1
    one[6:12] = 1
    codes = np.arange(66)
    assert swap_test(rows(one, categories), rows(two, categories), Micro(), codes) > 0.9
    by_parts = swap_test(rows(one, categories), rows(two, categories), Macro(("a", "b")), codes)
    assert by_parts < 0.05
    nested = NestedMacro({"a": ("a",), "b": ("b",)})
    assert swap_test(rows(one, categories), rows(two, categories), nested, codes) == by_parts


def test_without_a_number_there_is_no_p() -> None:
    assert math.isnan(swap_test(rows([1.0]), rows([0.0]), Macro(("a", "b")), np.arange(1)))


def test_where_nothing_differs_it_is_found_to_differ_one_time_in_twenty() -> None:
    generator = np.random.default_rng(3)
    clusters, size = 12, 8
    codes = np.arange(clusters * size) // size
    found = question_by_question = 0
    for seed in range(300):
        # Each scene suits one arm or the other, by chance: differences correlate within it.
        lean = generator.normal(0, 0.25, clusters)[codes]
        one = (generator.random(len(codes)) < 0.5 + lean).astype(float)
        two = (generator.random(len(codes)) < 0.5 - lean).astype(float)
        found += swap_test(rows(one), rows(two), Micro(), codes, swaps=1000, seed=seed) <= 0.05
        question_by_question += mcnemar(int((two > one).sum()), int((two < one).sum())) <= 0.05
    assert 0.02 <= found / 300 <= 0.08
    assert question_by_question / 300 > 0.15  # why McNemar's test is not for clustered questions


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=15))
def test_holm_adjusts_upwards_keeps_the_order_and_never_beyond_bonferroni(values: list[float]) -> None:
    adjusted = holm(values)
    for p, q in zip(values, adjusted, strict=True):
        assert p <= q <= min(1, p * len(values)) + 1e-12
    for k, j in product(range(len(values)), repeat=2):
        if values[k] <= values[j]:
            assert adjusted[k] <= adjusted[j]


def test_holm_counts_only_tests_that_were_made() -> None:
    adjusted = holm([0.02, math.nan, 0.5])
    assert adjusted[0] == pytest.approx(0.04)
    assert math.isnan(adjusted[1])
