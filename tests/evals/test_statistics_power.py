"""What a sample could find: closed forms, and simulated comparisons that find it as often as is said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sightline.evals.item import Asked, Item
from sightline.evals.scorers.aggregates import Macro, Micro
from sightline.evals.statistics.power import detectable
from sightline.evals.statistics.significance import mcnemar


def items(count: int, per_cluster: int = 1, categories: str = "a") -> list[Item]:
    asked = Asked("How many?", "integer")
    return [Item(str(k), asked, 1, categories[k % len(categories)], str(k // per_cluster)) for k in range(count)]


def test_independent_questions_count_as_they_are() -> None:
    found = detectable(items(400), Micro(), disagreement=0.2)
    assert found.effective == pytest.approx(400)
    k = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert 400 * found.difference**2 == pytest.approx(k**2 * (0.2 - found.difference**2))
    assert found.half_width == pytest.approx(1.96 * 0.5 / 20, rel=1e-4)


def test_the_design_effect_of_equal_clusters_is_kishs() -> None:
    found = detectable(items(400, per_cluster=8), Micro(), correlation=0.1)
    assert found.effective == pytest.approx(400 / (1 + 7 * 0.1))
    assert (found.questions, found.clusters) == (400, 50)


def test_an_unweighted_mean_of_unequal_types_costs_more() -> None:
    asked = Asked("How many?", "integer")
    table = [Item(str(k), asked, 1, "rare" if k < 10 else "common", str(k)) for k in range(100)]
    found = detectable(table, Macro(("rare", "common")))
    assert found.effective == pytest.approx(1 / (0.25 / 10 + 0.25 / 90))


def test_four_times_in_five_is_four_times_in_five() -> None:
    n, disagreement = 300, 0.25
    difference = detectable(items(n), Micro(), disagreement=disagreement).difference
    chances = ((disagreement + difference) / 2, (disagreement - difference) / 2)
    generator = np.random.default_rng(0)
    counts = generator.multinomial(n, [*chances, 1 - disagreement], 2000)
    power = np.mean([mcnemar(int(wins), int(losses)) <= 0.05 for wins, losses, _ in counts])
    assert 0.72 <= power <= 0.83  # the exact test is a little more careful than the formula


def test_groups_count_as_one() -> None:
    asked = Asked("How many?", "integer")
    table = [Item(f"{k}-{j}", asked, 1, "a", str(k), f"group{k}") for k in range(50) for j in range(4)]
    assert detectable(table, Micro()).questions == 50


def test_it_is_said_in_one_line_with_its_assumptions() -> None:
    assert detectable(items(200, per_cluster=2), Micro()).line == (
        "200 questions on 100 scenes or pictures: a score is good to about 7.3 points either way; a difference of two "
        "runs is found 4 times in 5 from 9.1 points on, if the runs disagree on 20% of the questions and answers on "
        "one scene correlate by 0.1."
    )
    assert "scene" not in detectable(items(200), Micro()).line
    assert "too few to find any difference" in detectable(items(12), Micro()).line


def test_without_a_score_there_is_nothing_to_find() -> None:
    found = detectable(items(10), Macro(("a", "b")))
    assert math.isnan(found.difference)
    assert found.line == "10 questions: no score and no comparison, as a question type has none."
