"""Two runs compared: what is paired, what is dropped, and which test is taken."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from record_kit import TASKS, record, result, vsi_record
from scipy import stats

from sightline.evals import benchmark
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.groups import rows_of
from sightline.evals.statistics.paired import compare
from sightline.memory import InputError

VSI = benchmark("vsi_bench").aggregate


def test_right_or_wrong_asked_once_and_alone_is_mcnemars() -> None:
    one = record([result(str(k), float(k < 40)) for k in range(100)], arm="cot")
    two = record([result(str(k), float(k < 52 and k >= 3)) for k in range(100)])
    found = compare(one, two, Micro())
    assert (found.overall.wins, found.overall.losses, found.overall.ties) == (12, 3, 85)
    assert found.overall.test == "McNemar, exact"
    assert found.overall.p == pytest.approx(stats.binomtest(12, 15).pvalue)
    assert found.overall.difference == pytest.approx(0.09)
    assert found.overall.interval.low < 0.09 < found.overall.interval.high
    assert found.dropped == ()
    assert found.differing == (("arm", "cot", "react"),)


def test_swapping_the_runs_turns_the_sign() -> None:
    one, two = vsi_record(400, 0.5, 1), vsi_record(400, 0.65, 2)
    forth, back = compare(one, two, VSI).overall, compare(two, one, VSI).overall
    assert forth.difference == pytest.approx(-back.difference)
    assert (forth.wins, forth.losses) == (back.losses, back.wins)
    assert forth.p == pytest.approx(back.p)
    assert forth.interval.low == pytest.approx(-back.interval.high)


def test_the_headline_is_the_benchmarks_own_and_scenes_are_kept_whole() -> None:
    one, two = vsi_record(400, 0.5, 1), vsi_record(400, 0.65, 2)
    found = compare(one, two, VSI)
    assert found.overall.first == pytest.approx(float(VSI.overall(rows_of(one.results))))
    assert found.overall.test == "swaps of whole clusters"
    assert (found.overall.questions, found.clusters) == (400, 50)
    assert list(found.categories) == list(TASKS)
    assert found.overall.p < 0.01
    assert all(d.adjusted >= d.p for d in found.categories.values())


def test_a_repeated_or_graded_question_is_no_matter_for_mcnemar() -> None:
    one = record([result(str(k), float(k % 2), repeat=r) for k in range(30) for r in (1, 2)])
    assert compare(one, one, Micro()).overall.test == "swaps of questions"
    graded = record([result(str(k), 0.1 * (k % 10), binary=False) for k in range(30)])
    assert compare(graded, graded, Micro()).overall.test == "swaps of questions"


def test_repeats_are_averaged_first_and_need_not_be_as_many() -> None:
    one = record([result(str(k), float(r == 1), repeat=r) for k in range(10) for r in (1, 2)])
    two = record([result(str(k), 0.5, binary=False) for k in range(10)])
    found = compare(one, two, Micro()).overall
    assert (found.wins, found.losses, found.ties) == (0, 0, 10)
    assert found.difference == 0


def test_only_the_same_questions_count_and_what_was_dropped_is_said() -> None:
    one = record([result(str(k), 1.0) for k in range(60)])
    two = [result(str(k), 0.0) for k in range(10, 80)]
    two[0] = result("10", None)
    found = compare(one, record(two), Micro())
    assert found.overall.questions == 49
    assert found.dropped == (
        "10 asked only in the first run",
        "20 asked only in the second run",
        "1 that ended in an error in one of the runs",
    )


def test_a_group_is_one_question_and_is_paired_only_where_it_is_the_same() -> None:
    members = [result(f"{g}-{k}", 1.0, group=f"g{g}", cluster=f"g{g}") for g in range(6) for k in range(4)]
    two = [replace(r, official=0.0) if r.item == "1-2" else r for r in members if r.item != "0-3"]
    found = compare(record(members), record(two), Micro())
    assert found.overall.questions == 5
    assert (found.overall.losses, found.overall.ties) == (1, 4)
    assert found.dropped == ("1 groups of which the runs asked different questions",)


def test_a_question_that_one_rule_left_out_is_in_no_pair() -> None:
    one = record([result(str(k), 1.0) for k in range(4)])
    two = record([replace(result(str(k), 1.0), official=None) if k == 0 else result(str(k), 0.0) for k in range(4)])
    found = compare(one, two, Micro())
    assert (found.overall.losses, found.overall.ties) == (3, 0)
    assert found.dropped == ("1 left out by the published rule in one of the runs: in the scores, in no pair",)


def test_a_missing_type_leaves_no_headline_and_the_other_types() -> None:
    few = vsi_record(9, 0.5, 1)
    found = compare(few, few, VSI)
    assert math.isnan(found.overall.difference)
    assert found.overall.interval.why == "types are missing"
    assert len(found.categories) == 9


def test_the_strict_score_can_be_compared() -> None:
    one = record([replace(result(str(k), 1.0), strict=0.0) for k in range(8)])
    two = record([result(str(k), 1.0) for k in range(8)])
    assert compare(one, two, Micro()).overall.difference == 0
    assert compare(one, two, Micro(), score="strict").overall.difference == 1


def test_runs_of_other_questions_are_not_compared() -> None:
    one = record([result("1")])
    with pytest.raises(InputError, match="of mmsi_bench all and of vsi_bench full"):
        compare(one, vsi_record(10, 0.5, 1), VSI)
    with pytest.raises(InputError, match="share no question"):
        compare(one, record([result("2")]), Micro())


def test_an_interval_of_the_difference_is_narrower_for_pairing() -> None:
    generator = np.random.default_rng(0)
    hard = generator.random(300)
    one = record([result(str(k), float(h < 0.5)) for k, h in enumerate(hard)])
    two = record([result(str(k), float(h < 0.55)) for k, h in enumerate(hard)])
    found = compare(one, two, Micro()).overall.interval
    unpaired = 2 * 1.96 * math.sqrt(2 * 0.25 / 300)
    assert found.high - found.low < unpaired / 2


def test_where_no_question_differed_some_still_might() -> None:
    same = record([result(str(k), float(k % 2)) for k in range(20)])
    found = compare(same, same, Micro()).overall
    exact = stats.binomtest(0, 20).proportion_ci(0.95, method="exact").high
    assert (found.interval.low, found.interval.high) == pytest.approx((-exact, exact))
    assert found.p == 1
