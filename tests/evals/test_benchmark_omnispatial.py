"""OmniSpatial: its archive, its prompt, and its A for what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sightline.evals import Item, benchmark
from sightline.evals.reading import DataError

OMNI = benchmark("omnispatial")


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "15_1",
        "task_type": "Perspective_Taking",
        "sub_task_type": "Allocentric",
        "question": "Which is to the driver's left?",
        "options": ["the bus", "the tree", "the kerb"],
        "answer": 1,
        **changes,
    }


def read(folder: Path, *rows: dict[str, Any]) -> list[Item]:
    folder.mkdir(exist_ok=True)
    (folder / "data.json").write_text(json.dumps(rows), "utf-8")
    return list(OMNI.read(folder, "test"))


def test_the_archive_is_read_with_and_without_its_folder(tmp_path: Path) -> None:
    (item,) = read(tmp_path / "OmniSpatial-test", row())
    assert list(OMNI.read(tmp_path, "test")) == [item]
    assert item.asked.pictures == (tmp_path / "OmniSpatial-test/Perspective_Taking/15.png",)
    assert (item.id, item.target, item.category) == ("Perspective_Taking_15_1", "B", "Allocentric")


def test_the_prompt_is_the_published_one(tmp_path: Path) -> None:
    (item,) = read(tmp_path, row())
    said = OMNI.prompt(item)
    assert said.startswith("\nYou are a spatial-reasoning assistant.\n\nTask\n-----\nYou will receive  \n1. **Image**")
    assert "Answer: X\nwhere X ∈ {A, B, C, D}.\n\nWhich is to the driver's left?\n" in said
    assert said.endswith("A. the bus\nB. the tree\nC. the kerb\n")


@pytest.mark.parametrize(
    ("said", "target", "official", "strictly"),
    [("Answer: B", 1, 1, 1), ("", 0, 1, 0), ("I cannot tell.", 0, 1, 0), ("Answer: b", 1, 0, 1), ("B", 1, 0, 1)],
)
def test_trap_a_where_nothing_can_be_read(
    tmp_path: Path, said: str, target: int, official: float, strictly: float
) -> None:
    (item,) = read(tmp_path, row(answer=target))
    assert (OMNI.official(item, said).value, OMNI.strict(item, said).value) == (official, strictly)


def test_an_agents_letter_is_scored_by_both_rules(tmp_path: Path) -> None:
    (item,) = read(tmp_path, row())
    said = OMNI.render(item, "B")
    assert (OMNI.official(item, said).value, OMNI.strict(item, said).value) == (1, 1)


def test_an_index_beyond_the_options_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, row(), row(answer=3))
    assert caught.value.message == 'data.json, line 2, field "answer": 3 is no index of 3 options.'
