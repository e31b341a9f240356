"""How scores become one number: by hand on small tables, and by properties that every rule must have."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.evals.result import Result
from sightline.evals.rows import Aggregate, Rows
from sightline.evals.scorers.aggregates import Excluding, FixedWeights, Macro, Micro, NestedMacro, SourceWeighted
from sightline.evals.scorers.groups import AtLeast, every, mean, rows_of

CATEGORIES = ("a", "b", "c")
SOURCES = ("x", "y")
RULES: list[Aggregate] = [
    Micro(),
    Macro(CATEGORIES),
    NestedMacro({"a": ("a",), "bc": ("b", "c")}),
    FixedWeights({"a": 1, "b": 2, "c": 3.5}),
    SourceWeighted({"x": 0.25, "y": 0.75}),
    Excluding(("b",), Micro()),
]


def table(*rows: tuple[float, str] | tuple[float, str, str]) -> Rows:
    values = [row[0] for row in rows]
    sources = tuple(row[2] if len(row) == 3 else "" for row in rows)
    names = tuple(str(k) for k in range(len(rows)))
    return Rows(names, np.array(values, float), tuple(row[1] for row in rows), names, sources)


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    score = st.one_of(st.sampled_from([0.0, 1.0, math.nan]), st.floats(0, 1))
    row = st.tuples(score, st.sampled_from(CATEGORIES), st.sampled_from(SOURCES))
    return table(*draw(st.lists(row, min_size=1, max_size=20)))


def test_micro_is_the_mean_of_all_and_leaves_out_what_the_rule_leaves_out() -> None:
    rows = table((1, "a"), (0, "a"), (1, "b"), (math.nan, "b"))
    assert Micro().overall(rows) == pytest.approx(2 / 3)
    assert Micro().parts(rows) == {"a": 0.5, "b": 1.0}


def test_macro_is_the_mean_of_means() -> None:
    rows = table((1, "a"), (0, "a"), (0, "a"), (0, "a"), (1, "b"), (0, "c"))
    assert Macro(CATEGORIES).overall(rows) == pytest.approx((0.25 + 1 + 0) / 3)


def test_a_nested_part_is_averaged_before_the_parts_are() -> None:
    rows = table((1, "a"), (1, "b"), (0, "c"), (0, "c"))
    rule = NestedMacro({"a": ("a",), "bc": ("b", "c")})
    assert rule.overall(rows) == pytest.approx((1 + (1 + 0) / 2) / 2)
    assert rule.parts(rows) == {"a": 1.0, "bc": 0.5}
    assert rule.about == "unweighted mean of 2 tasks (bc is that of 2)"


def test_sources_are_weighted_as_cv_bench_does() -> None:
    rows = table((1, "Count", "ADE20K"), (0, "Count", "COCO"), (1, "Depth", "Omni3D"), (0, "Depth", "Omni3D"))
    rule = SourceWeighted({"ADE20K": 0.25, "COCO": 0.25, "Omni3D": 0.5})
    assert rule.overall(rows) == pytest.approx(0.5 * ((1 + 0) / 2 + 0.5))
    assert list(rule.parts(rows)) == ["ADE20K", "COCO", "Omni3D", "Count", "Depth"]


def test_fixed_weights_need_not_sum_to_one() -> None:
    rows = table((1, "a"), (0, "b"))
    assert FixedWeights({"a": 3, "b": 1}).overall(rows) == pytest.approx(0.75)


def test_what_is_excluded_is_shown_and_does_not_count() -> None:
    rows = table((1, "among"), (0, "translation"), (0, "translation"))
    rule = Excluding(("translation",), Micro())
    assert rule.overall(rows) == 1
    assert rule.parts(rows) == {"among": 1.0, "translation": 0.0}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_no_headline_where_a_needed_part_is_empty(rule: Aggregate) -> None:
    assert math.isnan(rule.overall(table((math.nan, "a", "x"))))


@pytest.mark.parametrize("rule", RULES[1:5], ids=lambda rule: type(rule).__name__)
def test_one_missing_category_or_source_is_enough(rule: Aggregate) -> None:
    assert math.isnan(rule.overall(table((1, "a", "x"), (1, "b", "x"))))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@given(rows=tables())
def test_weights_of_one_change_nothing(rule: Aggregate, rows: Rows) -> None:
    plain = rule.overall(rows)
    assert plain.shape == ()
    weighted = rule.overall(rows, np.ones((2, 3, len(rows.values))))
    assert weighted.shape == (2, 3)
    np.testing.assert_allclose(weighted, np.full((2, 3), plain), rtol=1e-12)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@given(data=st.data(), rows=tables())
def test_a_whole_weight_is_so_many_copies_of_a_row(rule: Aggregate, data: st.DataObject, rows: Rows) -> None:
    n = len(rows.values)
    counts = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    copied = rule.overall(rows.take(np.repeat(np.arange(n), counts)))
    np.testing.assert_allclose(rule.overall(rows, counts.astype(float)), copied, rtol=1e-12)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@given(data=st.data(), rows=tables())
def test_the_order_of_rows_does_not_matter(rule: Aggregate, data: st.DataObject, rows: Rows) -> None:
    order = data.draw(st.permutations(range(len(rows.values))))
    np.testing.assert_allclose(rule.overall(rows.take(order)), rule.overall(rows), rtol=1e-12)


def result(item: str, official: float | None, *, group: str = "", repeat: int = 1, error: bool = False) -> Result:
    return Result(
        item=item,
        repeat=repeat,
        category="a",
        cluster=item,
        group=group,
        source="",
        official=None if error else official,
        strict=None if error else 0.0,
        binary=True,
        outcome="error" if error else "answered",
    )


def test_repeats_are_averaged_first() -> None:
    rows = rows_of([result("1", 1, repeat=1), result("1", 0, repeat=2), result("2", 1, repeat=1)])
    assert rows.ids == ("1", "2")
    assert rows.values.tolist() == [0.5, 1.0]


def test_a_group_is_right_only_where_all_its_members_are() -> None:
    rows = rows_of([result("1", 1, group="g"), result("2", 0, group="g"), result("3", 1, group="h"), result("4", 1)])
    assert rows.ids == ("g", "h", "4")
    assert rows.values.tolist() == [0, 1, 1]


def test_all_right_is_asked_of_one_run_and_not_of_averages() -> None:
    members = [result("1", 1, group="g"), result("2", 0, group="g")]
    members += [result("1", 0, group="g", repeat=2), result("2", 1, group="g", repeat=2)]
    assert rows_of(members).values.tolist() == [0], "the product of the averages would be 0.25"


def test_reversed_choices_are_averaged_and_votes_counted() -> None:
    pair = [result("1", 1, group="g"), result("1-reversed", 0, group="g")]
    assert rows_of(pair, group=mean).values.tolist() == [0.5]
    five = [result("1", float(k != 2), repeat=k) for k in range(1, 6)]
    assert rows_of(five, repeats=AtLeast(4)).values.tolist() == [1]
    assert rows_of(five, repeats=AtLeast(5)).values.tolist() == [0]
    assert every(np.array([1.0, 0.5])) == 0.5


def test_an_error_is_wrong_or_left_out() -> None:
    results = [result("1", 1), result("2", None, error=True), result("3", 1, group="g")]
    results += [result("4", None, group="g", error=True)]
    assert rows_of(results).values.tolist() == [1, 0, 0]
    assert rows_of(results, errors="left out").ids == ("1",)


def test_what_the_published_rule_leaves_out_is_nan_unless_another_repeat_counts() -> None:
    rows = rows_of([result("1", None), result("2", None, repeat=1), result("2", 1, repeat=2)])
    assert math.isnan(rows.values[0])
    assert rows.values[1] == 1


def test_the_strict_score_is_another_column() -> None:
    assert rows_of([result("1", 1)], score="strict").values.tolist() == [0]
