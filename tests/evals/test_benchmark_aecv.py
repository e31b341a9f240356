"""AECV-Bench counting: five counts of a floor plan, exact by field, read from JSON as the published script does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from place_kit import item_of, write_grey

from sightline.evals.benchmarks.aecv_counting import BENCHMARK, FIELDS, published_counts
from sightline.evals.reading import DataError

TRUTH = {"Door": 10, "Window": 11, "Space": 13, "Bedroom": 2, "Toilet": 0}
ITEM = item_of(TRUTH, "text")


def plans(folder: Path, inside: str = "") -> Path:
    place = folder / inside
    for number, counts in ((2, TRUTH), (1, {**TRUTH, "Door": 3})):
        plan = place / f"0000-000{number}"
        write_grey(plan / "a_sketch.png", np.zeros((20, 20), np.uint8))
        write_grey(plan / f"{plan.name}.jpg", np.zeros((30, 30), np.uint8))
        (plan / "metadata.json").write_text("\ufeff" + json.dumps(counts), "utf-8")
        (plan / "gpt.json").write_text(json.dumps(counts))
    return folder


@pytest.mark.parametrize("inside", ["", "data/Use Case 1 - Object Counting/1 - Full Datasets"])
def test_plans_are_read_in_order_with_the_picture_of_their_name(tmp_path: Path, inside: str) -> None:
    items = list(BENCHMARK.read(plans(tmp_path, inside), "plans"))
    assert [item.id for item in items] == ["0000-0001", "0000-0002"]
    assert [item.target["Door"] for item in items] == [3, 10]
    assert [item.asked.pictures[0].name for item in items] == ["0000-0001.jpg", "0000-0002.jpg"]


def said(**changed: Any) -> str:
    return json.dumps({**TRUTH, **changed})


@pytest.mark.parametrize(
    ("text", "official", "strict"),
    [
        (said(), 1, 1),
        (said(Door=9), 0.8, 0.8),
        (said(Door=9, Window=1, Space=0), 0.4, 0.4),
        (f"Counting...\n```json\n{said()}\n```", 1, 1),
        (f"First {said(Door=1)}, then {said()}", 0.8, 0),
        ("about ten doors", None, 0),
        ("", None, 0),
    ],
)
def test_each_count_that_is_exactly_right_is_a_fifth(text: str, official: float | None, strict: float) -> None:
    score = BENCHMARK.official(ITEM, text).value
    assert score == (None if official is None else pytest.approx(official))
    assert BENCHMARK.strict(ITEM, text).value == pytest.approx(strict)


def test_trap_a_count_left_out_is_zero_and_right_where_the_truth_is_zero() -> None:
    short = json.dumps({"Door": 10})
    assert BENCHMARK.official(ITEM, short).value == pytest.approx(0.4)
    assert BENCHMARK.official(ITEM, short).parts["Toilet"] == 1
    assert BENCHMARK.strict(ITEM, short).value == 0


def test_trap_an_answer_that_cannot_be_read_is_left_out_of_the_mean() -> None:
    assert BENCHMARK.official(ITEM, "I cannot open the drawing.").value is None
    assert BENCHMARK.strict(ITEM, "I cannot open the drawing.").value == 0


def test_trap_a_text_is_no_number_and_a_decimal_may_be_one() -> None:
    assert BENCHMARK.official(ITEM, said(Door="10")).value == pytest.approx(0.8)
    assert BENCHMARK.official(ITEM, said(Door=10.0)).value == 1
    assert BENCHMARK.strict(ITEM, said(Door="10")).value == 0
    assert BENCHMARK.strict(ITEM, said(Door=10.0)).value == 0


def test_all_five_right_is_told_beside_the_score() -> None:
    assert BENCHMARK.official(ITEM, said()).parts["all five"] == 1
    assert BENCHMARK.official(ITEM, said(Door=9)).parts == {
        "Door": 0, "Window": 1, "Space": 1, "Bedroom": 1, "Toilet": 1, "all five": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"doors": 3}', {"doors": 3}),
        ('so {"doors": 3}', None),
        ('```json\n{"doors": 3}\n```', {"doors": 3}),
        ('{"Door": 3} and {"Door": 4, "Window": 1, "Space": 1, "Bedroom": 1, "Toilet": 1}', "the complete one"),
        ('{"Door": 3} and {"Door": 4}', {"Door": 3}),
        ('"{\\"Door\\": 3}"', {"Door": 3}),
        ("[3, 4]", None),
        ('{"Door": 3', None),
    ],
)
def test_which_object_the_published_script_reads(text: str, found: Any) -> None:
    expected = dict(zip(FIELDS, (4, 1, 1, 1, 1), strict=True)) if found == "the complete one" else found
    assert published_counts(text) == expected


@pytest.mark.parametrize(
    ("words", "score"),
    [
        ("10 doors, 11 windows, 13 spaces, 2 bedrooms, 0 toilets", 1),
        ("Door: 10, Window: 11, Space: 13, Bedroom: 2, Toilet: 0", 1),
        ("Doors: 10; Windows: 11; Spaces: 13; Bedrooms: 2; Toilets: 1", 0.8),
        (said(), 1),
        ("I do not know", None),
    ],
)
def test_an_answer_in_words_is_written_as_the_json_that_is_read(words: str, score: float | None) -> None:
    assert BENCHMARK.official(ITEM, BENCHMARK.render(ITEM, words)).value == score


def test_nothing_is_quadratic_in_a_long_reply() -> None:
    assert published_counts('{"Door" ' * 20_000) is None
    assert published_counts("{" * 100_000) is None
    assert published_counts("{" + '"Door" "Window" "Space" "Bedroom" ' * 5_000 + "}") is None


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('{"Door": 1', r"0000-0001/metadata\.json, line 1: it is no JSON"),
        ("[1]", r"0000-0001/metadata\.json: an object with the five counts is needed"),
        ('{"Door": "ten"}', r'0000-0001/metadata\.json, field "Door": a whole number is needed, not .ten.'),
        ('{"Door": -1}', r'0000-0001/metadata\.json, field "Door": a whole number'),
    ],
)
def test_wrong_data_are_named(tmp_path: Path, written: str, problem: str) -> None:
    folder = plans(tmp_path)
    (folder / "0000-0001" / "metadata.json").write_text(written)
    with pytest.raises(DataError, match=problem):
        list(BENCHMARK.read(folder, "plans"))


def test_a_plan_without_a_picture_and_a_folder_without_plans_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it holds no folders with a metadata"):
        list(BENCHMARK.read(tmp_path, "plans"))
    folder = plans(tmp_path)
    for picture in (folder / "0000-0002").glob("*.*g"):
        picture.unlink()
    with pytest.raises(DataError, match=r"0000-0002/metadata\.json: there is no picture beside it"):
        list(BENCHMARK.read(folder, "plans"))
