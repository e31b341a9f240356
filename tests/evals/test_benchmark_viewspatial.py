"""ViewSpatial-Bench: all its real questions, its prompt, its pictures' places."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import SHARED

from sightline.evals import benchmark
from sightline.evals.reading import DataError

VIEW = benchmark("viewspatial")
REAL = SHARED / "viewspatial" / "ViewSpatial-Bench.json"


def row(**changes: Any) -> dict[str, Any]:
    return {
        "question_type": "Camera perspective - Relative Direction",
        "image_path": ["ViewSpatial-Bench/scannetv2_val/scene0011_00/original_images/280.jpg"],
        "question": "Where is the counter?",
        "answer": "B. front-up",
        "choices": "A. right\nB. front-up\nC. back-left\nD. front",
        **changes,
    }


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    (folder / "ViewSpatial-Bench.json").write_text(json.dumps(rows), "utf-8")


def test_pictures_are_found_in_either_layout(tmp_path: Path) -> None:
    write(tmp_path, [row()])
    (item,) = VIEW.read(tmp_path, "full")
    assert item.asked.pictures == (tmp_path / "scannetv2_val/scene0011_00/original_images/280.jpg",)
    (tmp_path / "ViewSpatial-Bench").mkdir()
    (item,) = VIEW.read(tmp_path, "full")
    assert item.asked.pictures[0].is_relative_to(tmp_path / "ViewSpatial-Bench" / "scannetv2_val")
    assert (item.id, item.target, item.cluster) == ("0", "B", "scannetv2_val/scene0011_00")


def test_the_prompt_ends_as_published(tmp_path: Path) -> None:
    write(tmp_path, [row()])
    (item,) = VIEW.read(tmp_path, "full")
    assert VIEW.prompt(item) == (
        "Question: Where is the counter?\nChoices: A. right\nB. front-up\nC. back-left\nD. front\n"
        "Reply only to the corresponding option.\nAnswer:"
    )
    assert VIEW.protocol.departures, "the published code sends no choices: no run is official"


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"answer": "E. far"}, "answer", "'E. far' is none of the options A, B, C, D"),
        ({"choices": "A. right"}, "choices", "at least two lines are needed, not 1"),
        ({"image_path": []}, "image_path", "the list is empty"),
        ({"image_path": ["../../etc/passwd"]}, "image_path", "is no file inside the data folder"),
        ({"question_type": "Colour"}, "question_type", "'Colour' is none of"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], field: str, said: str) -> None:
    write(tmp_path, [row(), row(**changes)])
    with pytest.raises(DataError) as caught:
        list(VIEW.read(tmp_path, "full"))
    assert caught.value.message.startswith(f'ViewSpatial-Bench.json, line 2, field "{field}": ')
    assert said in caught.value.message


@pytest.mark.skipif(not REAL.is_file(), reason=f"the published questions are not at {REAL}")
def test_all_real_questions_load_and_their_answers_are_right(tmp_path: Path) -> None:
    shutil.copy(REAL, tmp_path / REAL.name)
    items = list(VIEW.read(tmp_path, "full"))
    assert len(items) == VIEW.size["full"] == 5712
    assert dict(Counter(item.category for item in items)) == dict(
        zip(VIEW.categories, (1773, 996, 996, 842, 1105), strict=True)
    )
    for item in items:
        said = VIEW.render(item, item.target)
        assert (VIEW.official(item, said).value, VIEW.strict(item, said).value) == (1, 1)
    chance = sum(1 / len(item.asked.options) for item in items) / len(items)
    assert VIEW.chance == pytest.approx(chance, abs=0.006)
