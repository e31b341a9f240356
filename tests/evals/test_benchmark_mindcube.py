"""MindCube: its files, its prompt, its settings, and what does not count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.evals import Rows, benchmark
from sightline.evals.reading import DataError
from sightline.evals.scorers.prior import fit_prior

MINDCUBE = benchmark("mindcube")
QUESTION = (
    "Based on these two images (image 1 and 2): If I am standing at image 1 and turn right, what is on my left? "
    "A. Dining table B. Light purple sofa C. Tv"
)


def row(name: str = "among_group693_q1_5_2", **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "category": ["among", "O-O"],
        "type": "1_frame",
        "images": ["other_all_image/among/shoe_216/front_007.jpg", "other_all_image/among/shoe_216/left_084.jpg"],
        "question": QUESTION,
        "gt_answer": "B",
        **changes,
    }


def write(folder: Path, rows: list[dict[str, Any]], name: str = "MindCube_tinybench.jsonl") -> None:
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "raw" / name).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def test_the_unpacked_archive_is_read_with_and_without_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "data", [row()])
    (item,) = MINDCUBE.read(tmp_path, "tinybench")
    (same,) = MINDCUBE.read(tmp_path / "data", "tinybench")
    assert item == same
    assert item.asked.question.endswith("what is on my left?")
    assert item.asked.spec.choices == {"A": "Dining table", "B": "Light purple sofa", "C": "Tv"}
    assert item.asked.pictures[1] == tmp_path / "data/other_all_image/among/shoe_216/left_084.jpg"
    assert (item.target, item.category, item.cluster) == ("B", "among", "other_all_image/among/shoe_216")
    write(tmp_path / "data", [row("around_1"), row("around_2")], "MindCube.jsonl")
    assert len(list(MINDCUBE.read(tmp_path, "full"))) == 2


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("aroundnew_12", "around"),
        ("rotation_room_1", "rotation"),
        ("among_translation_3", "translation"),
        ("AMONG_1", "among"),
        ("linear_1", "other"),
    ],
)
def test_trap_the_setting_is_found_within_the_id(tmp_path: Path, name: str, setting: str) -> None:
    write(tmp_path, [row(name)])
    (item,) = MINDCUBE.read(tmp_path, "tinybench")
    assert item.category == setting


def test_the_prompt_is_the_published_one(tmp_path: Path) -> None:
    write(tmp_path, [row()])
    (item,) = MINDCUBE.read(tmp_path, "tinybench")
    said = MINDCUBE.prompt(item)
    assert said.startswith("[Task]\nYour task is to analyze the spatial arrangement of objects")
    assert "your response should **only** be '<answer>A. Above</answer>'.\n\n[Question]\n" in said
    assert said.endswith(QUESTION)


def test_an_agents_letter_is_written_as_the_prompt_asks_for_it(tmp_path: Path) -> None:
    write(tmp_path, [row()])
    (item,) = MINDCUBE.read(tmp_path, "tinybench")
    said = MINDCUBE.render(item, "B")
    assert said == "<answer>B. Light purple sofa</answer>"
    assert (MINDCUBE.official(item, said).value, MINDCUBE.strict(item, said).value) == (1, 1)


def test_options_that_cannot_be_told_apart_stay_in_the_question(tmp_path: Path) -> None:
    write(tmp_path, [row(question="Left (A) or right (B)?")])
    (item,) = MINDCUBE.read(tmp_path, "tinybench")
    assert item.asked.question == "Left (A) or right (B)?"
    assert item.asked.spec.labels == ("A", "B", "C", "D", "E")
    said = MINDCUBE.render(item, "B")
    assert (MINDCUBE.official(item, said).value, MINDCUBE.strict(item, said).value) == (1, 1)


def test_translation_does_not_count() -> None:
    rows = Rows(tuple("123"), np.array([1.0, 0, 0]), ("among", "translation", "around"), tuple("123"), ("",) * 3)
    assert MINDCUBE.aggregate.overall(rows) == 0.5
    assert MINDCUBE.aggregate.parts(rows)["translation"] == 0


def test_a_prior_may_be_a_letter_that_some_questions_do_not_have(tmp_path: Path) -> None:
    short = row("among_3", question="Am I near? A. Yes B. No", gt_answer="A")
    write(tmp_path, [row("among_1", gt_answer="C"), row("among_2", gt_answer="C"), short])
    said = fit_prior(MINDCUBE.read(tmp_path, "tinybench"), MINDCUBE)
    assert said == {"among_1": "<answer>C. Tv</answer>", "among_2": "<answer>C. Tv</answer>", "among_3": "C"}


def test_a_wrong_letter_is_named(tmp_path: Path) -> None:
    write(tmp_path, [row(), row(gt_answer="D")])
    with pytest.raises(DataError) as caught:
        list(MINDCUBE.read(tmp_path, "tinybench"))
    place = 'MindCube_tinybench.jsonl, line 2, field "gt_answer": '
    assert caught.value.message == f"{place}'D' is none of the options A, B, C."
