"""MMSI-Bench: its file, its prompt, its types, and its backticks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import on_hub, picture, write_parquet

from sightline.evals import benchmark
from sightline.evals.reading import DataError

MMSI = benchmark("mmsi_bench")
QUESTION = "How did the camera move?\nOptions: A: Left, B: Right and up, C: Not at all, D: Back"


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "images": [picture(number, "JPEG"), picture(number + 1, "JPEG")],
        "question_type": "Motion (Cam.)",
        "question": QUESTION,
        "answer": "B",
        "thought": "The secret reasoning.",
        **changes,
    }


def test_pictures_options_and_types_are_read_and_the_thought_is_not(tmp_path: Path) -> None:
    rows = [row(1), row(2, question_type="Positional Relationship (Cam.-Cam.)"), row(3, question="Left: A; right: B")]
    write_parquet(tmp_path / "MMSI_Bench.parquet", rows)
    first, hyphen, plain = MMSI.read(tmp_path, "full")
    assert first.asked.question == "How did the camera move?"
    assert first.asked.spec.choices == {"A": "Left", "B": "Right and up", "C": "Not at all", "D": "Back"}
    assert [path.read_bytes() for path in first.asked.pictures] == rows[0]["images"]
    assert hyphen.category == "Positional Relationship (Cam.–Cam.)"
    assert hyphen.category in MMSI.categories
    assert (plain.asked.question, plain.asked.spec.labels) == ("Left: A; right: B", ("A", "B", "C", "D"))
    assert "secret" not in repr([first, hyphen, plain])


def test_pictures_may_be_those_of_the_hub(tmp_path: Path) -> None:
    write_parquet(tmp_path / "MMSI_Bench.parquet", [row(1, images=[on_hub(picture(1)), on_hub(picture(2))])])
    (item,) = MMSI.read(tmp_path, "full")
    assert len(item.asked.pictures) == 2


def test_prompt_and_rendering_are_the_published_ones(tmp_path: Path) -> None:
    write_parquet(tmp_path / "MMSI_Bench.parquet", [row(1)])
    (item,) = MMSI.read(tmp_path, "full")
    assert MMSI.prompt(item) == (
        f"{QUESTION}\nAnswer with the option's letter from the given choices directly. "
        "Enclose the option's letter within ``."
    )
    said = MMSI.render(item, "B")
    assert (MMSI.official(item, said).value, MMSI.strict(item, said).value) == (1, 1)


def test_a_type_that_is_not_known_is_named(tmp_path: Path) -> None:
    write_parquet(tmp_path / "MMSI_Bench.parquet", [row(1), row(2, question_type="Colour")])
    with pytest.raises(DataError, match=r'^MMSI_Bench\.parquet, line 2, field "question_type": \'Colour\' is none of'):
        list(MMSI.read(tmp_path, "full"))
