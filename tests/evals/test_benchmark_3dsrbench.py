"""3DSRBench: its tables, its prompt, and the four ways in which its questions count together."""

from __future__ import annotations

import base64
import csv
from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import picture

from sightline.evals import Item, Result, benchmark
from sightline.evals.reading import DataError
from sightline.evals.scorers.groups import rows_of

BENCH = benchmark("3dsrbench")
FLIPPED, CIRCULAR = "3dsrbench_v1_vlmevalkit.tsv", "3dsrbench_v1_vlmevalkit_circular.tsv"
PICTURE = base64.b64encode(picture(7, "JPEG")).decode()


def row(index: int, qid: str, **changes: Any) -> dict[str, Any]:
    return {
        "index": index,
        "qid": qid,
        "question": "Which is higher?",
        "A": "the lamp",
        "B": "the chair",
        "C": "",
        "D": "nan",
        "answer": "A",
        "category": "height_higher",
        "image": PICTURE,
        **changes,
    }


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), delimiter="\t")
        table.writeheader()
        table.writerows(rows)


QIDS = ["VIN6MS3J", "VIN6MS3J-1", "VIN6MS3J-flip", "VIN6MS3J-flip-1", "AAAA0000", "AAAA0000-flip"]


def items(folder: Path, variant: str) -> list[Item]:
    write(folder / FLIPPED, [row(k, qid) for k, qid in enumerate(QIDS)])
    write(folder / CIRCULAR, [row(k, qid) for k, qid in enumerate(QIDS)])
    return list(BENCH.read(folder, variant))


def test_the_table_is_read_without_empty_options(tmp_path: Path) -> None:
    first, *_ = items(tmp_path, "vanilla")
    assert first.asked.spec.choices == {"A": "the lamp", "B": "the chair"}
    assert first.asked.pictures[0].read_bytes() == picture(7, "JPEG")
    assert (first.id, first.target, first.category, first.cluster) == ("VIN6MS3J", "A", "height_higher", "VIN6MS3J")
    assert BENCH.prompt(first) == (
        "Question: Which is higher?\nOptions:\nA. the lamp\nB. the chair\n"
        "Please select the correct answer from the options above. \n"
    )


@pytest.mark.parametrize(
    ("variant", "groups"),
    [
        ("vanilla", [""] * 6),
        ("flip", ["VIN6MS3J", "VIN6MS3J-1", "VIN6MS3J", "VIN6MS3J-1", "AAAA0000", "AAAA0000"]),
        ("circular", ["VIN6MS3J", "VIN6MS3J", "VIN6MS3J-flip", "VIN6MS3J-flip", "AAAA0000", "AAAA0000-flip"]),
        ("both", ["VIN6MS3J"] * 4 + ["AAAA0000"] * 2),
    ],
)
def test_what_counts_together(tmp_path: Path, variant: str, groups: list[str]) -> None:
    assert [item.group for item in items(tmp_path, variant)] == groups


@pytest.mark.parametrize(
    ("variant", "share"), [("vanilla", 5 / 6), ("flip", 2 / 3), ("circular", 3 / 4), ("both", 1 / 2)]
)
def test_one_wrong_answer_costs_its_whole_group(tmp_path: Path, variant: str, share: float) -> None:
    results = []
    for item in items(tmp_path, variant):
        said = "B" if item.id == "VIN6MS3J-flip-1" else "A"
        official, strict = BENCH.official(item, said).value, BENCH.strict(item, said).value
        results.append(
            Result(item.id, 1, item.category, item.cluster, item.group, "", official, strict, True, "answered")
        )
    assert BENCH.aggregate.overall(rows_of(results)) == pytest.approx(share)


def test_a_row_may_refer_to_the_picture_of_another(tmp_path: Path) -> None:
    write(tmp_path / FLIPPED, [row(5, "VIN6MS3J"), row(6, "VIN6MS3J-flip", image="5")])
    first, second = BENCH.read(tmp_path, "flip")
    assert first.asked.pictures == second.asked.pictures


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"image": "77"}, "image", "it refers to the row '77'"),
        ({"image": PICTURE[:-48]}, "image", "cut off"),
        ({"qid": "short"}, "qid", "'short' is not of the form"),
        ({"answer": "C"}, "answer", "'C' is none of the options A, B"),
        ({"category": "colour"}, "category", "'colour' is none of"),
        ({"B": ""}, "A", "at least two options are needed, not 1"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], field: str, said: str) -> None:
    write(tmp_path / FLIPPED, [row(0, "VIN6MS3J"), {**row(1, "AAAA0000"), **changes}])
    with pytest.raises(DataError) as caught:
        list(BENCH.read(tmp_path, "flip"))
    assert caught.value.message.startswith(f'{FLIPPED}, line 3, field "{field}": ')
    assert said in caught.value.message
