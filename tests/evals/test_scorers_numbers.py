"""Numbers: mean relative accuracy in its variants, ratios, bands, units; the published reading and the strict one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmark_kit import number
from hypothesis import given
from hypothesis import strategies as st

from sightline.evals.scorers import NumberScore, StrictNumber
from sightline.evals.scorers.number import (
    SIBENCH_MRA,
    SPAR_MRA,
    VSI_MRA,
    XPR_MRA,
    Bands,
    Metric,
    WithinRatio,
    first_float,
    same_integer,
    swapped,
)
from sightline.evals.scorers.units import centimetres_in, scalar_with_unit

VSI = NumberScore(first_float, VSI_MRA)
POSITIVE = st.floats(1e-3, 1e6)


def test_trap_vsi_has_ten_thresholds_where_comments_say_eleven() -> None:
    assert len(VSI_MRA.thresholds) == 10
    np.testing.assert_allclose(VSI_MRA.thresholds, np.linspace(0.5, 0.95, 10), rtol=0, atol=0)
    assert VSI_MRA(8.1, 10.0) == 0.7, "of eleven thresholds 8 would be kept: 0.727"


@given(value=st.floats(0, 1e6), target=POSITIVE)
def test_vsi_accuracy_is_the_published_formula_to_the_last_digit(value: float, target: float) -> None:
    error = abs(value - target) / target
    assert VSI_MRA(value, target) == (error <= 1 - np.linspace(0.5, 0.95, int((0.95 - 0.5) / 0.05 + 2))).mean()


def test_trap_an_error_of_a_fifth_is_above_its_threshold() -> None:
    assert (VSI_MRA(8, 10), VSI_MRA(12, 10), VSI_MRA(80.1, 100)) == (0.6, 0.6, 0.7), "1 - 0.8 is below 0.2"


@pytest.mark.parametrize(("metric", "value"), [(VSI_MRA, 1.0), (SPAR_MRA, 1.0), (SIBENCH_MRA, 0.9), (XPR_MRA, 1.0)])
def test_trap_an_error_on_the_last_threshold(metric: Metric, value: float) -> None:
    assert metric(9.5, 10.0) == value


def test_trap_inclusive_and_exclusive_differ_where_the_error_is_one_half() -> None:
    assert (VSI_MRA(5, 10), SIBENCH_MRA(5, 10), XPR_MRA(5, 10)) == (0.1, 0, 0)


def test_trap_a_target_of_zero() -> None:
    assert [VSI_MRA(value, 0) for value in (0, 0.01)] == [1, 0]
    assert [XPR_MRA(value, 0) for value in (0, 0.01)] == [1, 0]
    assert [SPAR_MRA(value, 0) for value in (0, 0.3, 2)] == [1, 0.5, 0], "the error itself is compared"


def test_trap_spar_view_change_divides_by_the_answer() -> None:
    assert SPAR_MRA(20, 10) == 0
    assert swapped(SPAR_MRA)(20, 10) == 0.1
    assert swapped(SPAR_MRA)(5, 10) == 0


def test_trap_sibench_takes_minus_one_for_what_it_cannot_read() -> None:
    assert SIBENCH_MRA(-1, 10) == 0
    assert SIBENCH_MRA(-1, -1) == 1


@pytest.mark.parametrize("metric", [VSI_MRA, SPAR_MRA, SIBENCH_MRA, XPR_MRA])
@given(value=POSITIVE, target=POSITIVE, scale=st.sampled_from([0.25, 2.0, 1024.0]))
def test_accuracy_is_a_share_and_knows_no_unit(metric: Metric, value: float, target: float, scale: float) -> None:
    share = metric(value, target)
    assert share in [k / 10 for k in range(11)]
    assert metric(value * scale, target * scale) == share


@given(target=POSITIVE, near=st.floats(0, 1), far=st.floats(0, 1))
def test_a_larger_error_is_never_better(target: float, near: float, far: float) -> None:
    near, far = sorted((near, far))
    assert VSI_MRA(target * (1 + far), target) <= VSI_MRA(target * (1 + near), target)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_is_no_score(value: float) -> None:
    assert [metric(value, 3.0) for metric in (VSI_MRA, WithinRatio(), Bands(((0.1, 1.0),)), same_integer)] == [0] * 4


@given(value=POSITIVE, target=POSITIVE)
def test_the_ratio_is_the_same_both_ways(value: float, target: float) -> None:
    assert WithinRatio()(value, target) == WithinRatio()(target, value)


def test_a_factor_of_two_is_not_within_two() -> None:
    assert [WithinRatio()(value, 1.0) for value in (2.0, 1.99, 0.5, 0.51, 0, -1)] == [0, 1, 0, 1, 0, 0]
    assert WithinRatio()(0, 0) == 1


def test_bands_and_whole_numbers() -> None:
    bands = Bands(((0.1, 1.0), (0.2, 0.5)))
    assert [bands(value, 10) for value in (10, 11, 8, 7.9)] == [1, 1, 0.5, 0]
    assert [bands(value, 0) for value in (0, 1)] == [1, 0]
    assert [same_integer(value, 3) for value in (3, 3.0, 4, 2.9999)] == [1, 1, 0, 0]
    assert same_integer(2.5, 2.5) == 0


# What is said, the target in metres, what VSI-Bench's rule gives, what the strict one.
TRAPS = {
    "a number": ("2.0", 2.0, 1, 1),
    "its unit after a space": ("2 meters", 2.0, 1, 1),
    "its unit without one": ("2m", 2.0, 0, 1),
    "another unit": ("200 cm", 2.0, 0, 1),
    "a word before it": ("about 2", 2.0, 0, 1),
    "a number word": ("two", 2.0, 0, 0),
    "a sentence": ("The distance is 2 meters.", 2.0, 0, 0),
    "two numbers": ("2 or 3", 2.0, 1, 0),
    "an answer line": ("I see a sofa.\nANSWER: 2 m", 2.0, 0, 1),
    "underscores of Python": ("2_0", 20.0, 1, 0),
    "not a number": ("nan", 2.0, 0, 0),
    "infinity": ("inf", 2.0, 0, 0),
    "nothing": ("", 2.0, 0, 0),
    "cannot tell": ("cannot tell", 2.0, 0, 0),
}


@pytest.mark.parametrize(("said", "target", "official", "strictly"), TRAPS.values(), ids=TRAPS)
def test_trap_vsi_reads_the_first_word(said: str, target: float, official: float, strictly: float) -> None:
    item = number(target, "m")
    assert VSI(item, said).value == official
    assert StrictNumber(VSI_MRA)(item, said).value == strictly


def test_a_count_is_read_strictly_as_a_whole_number() -> None:
    item = number(4, kind="integer")
    score = StrictNumber(VSI_MRA)
    assert [score(item, said).value for said in ("4", "four", "ANSWER: 4", "3.5", "four chairs")] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("said", "centimetres"),
    [
        (r"\scalar{1.5} \distance_unit{meters}", 150),
        (r"\scalar{3} \distance_unit{feet}", 3 * 30.48),
        (r"\scalar{2} \distance_unit{in}, no: \scalar{12} \distance_unit{inches}", 12 * 2.54),
        (r"\scalar{1-2} \distance_unit{m}", 150),
        (r"\scalar{1,000} \distance_unit{mm}", 0.05),
        (r"\scalar{.5} \distance_unit{m}", 500),
        (r"\scalar{-3} \distance_unit{cm}", 3),
        (r"\scalar{30} \distance_unit{millimeters}", 30),
        (r"\scalar{2} \distance_unit{ m}", 2),
        (r"\scalar{about one} \distance_unit{m}", None),
        (r"\scalar{2}", None),
        ("2 meters", None),
        ("", None),
    ],
)
def test_trap_q_spatial_reads_the_last_scalar_and_the_last_unit(said: str, centimetres: float | None) -> None:
    assert scalar_with_unit(said) == (None if centimetres is None else pytest.approx(centimetres))


def test_trap_q_spatial_takes_unknown_units_for_centimetres() -> None:
    assert [centimetres_in(unit) for unit in ("M", "yards", "")] == [100, 1, 1]
