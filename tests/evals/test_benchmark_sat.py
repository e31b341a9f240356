"""SAT: its file, its prompt, and its options in both orders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import on_hub, picture, write_parquet

from sightline.evals import Result, benchmark
from sightline.evals.reading import DataError
from sightline.evals.scorers.groups import rows_of

SAT = benchmark("sat")


def row(**changes: Any) -> dict[str, Any]:
    return {
        "image_bytes": [on_hub(picture(1)), on_hub(picture(2))],
        "question": "How did the camera move? ",
        "answers": ["rotated left", "did not move"],
        "question_type": "ego_movement",
        "correct_answer": "rotated left",
        **changes,
    }


def test_each_question_is_asked_in_both_orders(tmp_path: Path) -> None:
    write_parquet(tmp_path / "SAT_test.parquet", [row(), row(correct_answer="did not move")])
    first, turned, *others = SAT.read(tmp_path, "reversed")
    assert (first.id, first.target, first.asked.options) == ("0", "A", ("A. rotated left", "B. did not move"))
    assert (turned.id, turned.target, turned.asked.options) == (
        "0-reversed",
        "B",
        ("A. did not move", "B. rotated left"),
    )
    assert first.cluster == turned.cluster != others[0].cluster
    assert [path.read_bytes() for path in first.asked.pictures] == [picture(1), picture(2)]
    assert len(list(SAT.read(tmp_path, "plain"))) == 2


def test_a_constant_letter_is_worth_one_half(tmp_path: Path) -> None:
    write_parquet(tmp_path / "SAT_test.parquet", [row(), row(), row()])
    results = [
        Result(
            item.id, 1, item.category, item.cluster, item.group, "", SAT.official(item, "A").value, 0, True, "answered"
        )
        for item in SAT.read(tmp_path, "reversed")
    ]
    assert SAT.aggregate.overall(rows_of(results)) == SAT.chance == 0.5


def test_prompt_and_rule(tmp_path: Path) -> None:
    write_parquet(tmp_path / "SAT_test.parquet", [row()])
    (item,) = SAT.read(tmp_path, "plain")
    assert SAT.prompt(item).startswith(
        "How did the camera move?\nWhen multiple images are provided, You want to realize"
    )
    assert SAT.prompt(item).endswith(
        "\n\nA. rotated left\nB. did not move\n\nOnly output the letter of the correct option and nothing else."
    )
    said = SAT.render(item, "A")
    assert (SAT.official(item, said).value, SAT.strict(item, said).value) == (1, 1)


def test_an_answer_that_is_no_option_is_named(tmp_path: Path) -> None:
    write_parquet(tmp_path / "SAT_test.parquet", [row(), row(correct_answer="rotated right")])
    with pytest.raises(
        DataError, match=r'^SAT_test\.parquet, line 2, field "correct_answer": \'rotated right\' is not'
    ):
        list(SAT.read(tmp_path, "plain"))
