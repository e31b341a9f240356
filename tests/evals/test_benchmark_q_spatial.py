"""Q-Spatial Bench: its files, its prompt, and lengths within a factor of two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import on_hub, picture, write_parquet

from sightline.evals import Item, benchmark
from sightline.evals.reading import DataError

Q = benchmark("q_spatial")


def row(**changes: Any) -> dict[str, Any]:
    return {
        "question": "What is the distance between the stools?",
        "answer_value": 96.0,
        "answer_unit": "cm",
        "question_type": "horizontal_distance",
        "image_path": "",
        "image": on_hub(picture(1)),
        **changes,
    }


def read(folder: Path, *rows: dict[str, Any], variant: str = "plus") -> list[Item]:
    write_parquet(folder / "data" / f"QSpatial_{variant}-00000-of-00001.parquet", list(rows))
    return list(Q.read(folder, variant))


def test_pictures_lie_in_the_file_or_are_named_in_it(tmp_path: Path) -> None:
    inside, feet = read(tmp_path, row(), row(answer_value=3.0, answer_unit="feet"))
    assert inside.asked.pictures[0].read_bytes() == picture(1)
    assert (inside.id, inside.target, inside.asked.unit) == ("plus-0", 0.96, "m")
    assert feet.target == pytest.approx(0.9144)
    (millimetres,) = read(tmp_path / "other", row(answer_value=960.0, answer_unit="millimeters"))
    assert millimetres.target == pytest.approx(0.96), "the published table lacks it, and takes it for centimetres"
    assert Q.official(millimetres, Q.render(millimetres, 0.96)).value == 0
    assert Q.strict(millimetres, Q.render(millimetres, 0.96)).value == 1
    (scan,) = read(tmp_path, row(image=None, image_path="scene0011_00/10.jpg"), variant="scannet")
    assert scan.asked.pictures == (tmp_path / "scene0011_00" / "10.jpg",)


def test_the_prompt_is_the_published_one(tmp_path: Path) -> None:
    (item,) = read(tmp_path, row())
    said = Q.prompt(item)
    assert r'in the format of """\scalar{scalar} \distance_unit{distance unit}""" at the end' in said
    assert said.endswith("\n\nQuestion: What is the distance between the stools?\nLet's think step by step.")


def test_an_agents_metres_are_scored_by_both_rules(tmp_path: Path) -> None:
    (item,) = read(tmp_path, row())
    said = Q.render(item, 1.25)
    assert said == r"\scalar{1.25} \distance_unit{meters}"
    assert (Q.official(item, said).value, Q.strict(item, said).value) == (1, 1)


# What is said of 96 cm; what the published rule gives, what the strict one.
TRAPS = {
    "the published example": (r"So it is approximately:\n\n\\scalar{1} \\distance_unit{meter}", 1, 1),
    "a factor of two is too much": (r"\scalar{192} \distance_unit{cm}", 0, 0),
    "just under it": (r"\scalar{191.9} \distance_unit{cm}", 1, 1),
    "a range is averaged": (r"\scalar{0.5-1.5} \distance_unit{m}", 1, 0),
    "a comma parts thousands": (r"\scalar{1,000} \distance_unit{mm}", 0, 1),
    "no digit before the point": (r"\scalar{.96} \distance_unit{m}", 0, 1),
    "a sign is not seen": (r"\scalar{-96} \distance_unit{cm}", 1, 0),
    "an unknown unit counts as centimetres": (r"\scalar{96} \distance_unit{apples}", 1, 0),
    "millimeters are not known": (r"\scalar{960} \distance_unit{millimeters}", 0, 1),
    "a space before the unit": (r"\scalar{96} \distance_unit{ cm}", 1, 1),
    "no form at all": ("About 96 cm.", 0, 1),
    "the words alone": ("The stools are close.", 0, 0),
    "nothing": ("", 0, 0),
}


@pytest.mark.parametrize(("said", "official", "strictly"), TRAPS.values(), ids=TRAPS)
def test_trap(tmp_path: Path, said: str, official: float, strictly: float) -> None:
    (item,) = read(tmp_path, row())
    assert Q.official(item, said).value == official
    assert Q.strict(item, said).value == strictly


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"answer_unit": "parsec"}, "answer_unit", "'parsec' is no unit of length"),
        ({"answer_value": 0.0}, "answer_value", "a length is above 0, not 0"),
        ({"image": None, "image_path": "../x.jpg"}, "image_path", "is no file inside the data folder"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, row(), row(**changes))
    assert caught.value.message.startswith(f'QSpatial_plus-00000-of-00001.parquet, line 2, field "{field}": ')
    assert said in caught.value.message
