"""RoboSpatial-Home: yes and no by their beginning, the first point in a polygon, in both published layouts."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from place_kit import item_of, write_grey

from sightline.evals.benchmarks.robospatial_home import BENCHMARK, first_point
from sightline.evals.reading import DataError

FORM = (
    " Your answer should be formatted as a list of tuples, i.e. [(x1, y1), ...], where each tuple contains the x and y "
    "coordinates of a point satisfying the conditions above."
)
SQUARE = "[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]"
SPACE = {"category": "context", "question": f"In the image, there is a bowl. Pinpoint several points.{FORM}"}
ROWS: list[dict[str, Any]] = [
    {"category": "configuration", "question": "Is the chair left of the desk? Answer yes or no.", "answer": "No"},
    {**SPACE, "answer": SQUARE},
    {"category": "compatibility", "question": "Can the box fit here? Answer yes or no.", "answer": "Yes"},
]


def written(folder: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    write_grey(folder / "images" / "a.png", np.zeros((50, 200), np.uint8))
    (folder / "annotations.json").write_text(json.dumps([{**row, "img": "images/a.png", "mask": None} for row in rows]))
    return folder


def hub(folder: Path) -> Path:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 50)).save(buffer, "PNG")
    (folder / "data").mkdir(parents=True)
    for row in ROWS:
        line = {**row, "img": {"bytes": buffer.getvalue(), "path": "x.png"}, "depth_image": None, "mask": None}
        pq.write_table(pa.Table.from_pylist([line]), folder / "data" / f"{row['category']}-00000-of-00001.parquet")
    return folder


YES = item_of("yes", "yes_no")
NO = item_of("no", "yes_no")
REGION = item_of([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]], "point")


@pytest.mark.parametrize("layout", [written, hub])
def test_both_layouts_give_questions_without_their_words_on_the_form(tmp_path: Path, layout: Any) -> None:
    items = {item.category: item for item in BENCHMARK.read(layout(tmp_path), "all")}
    assert {name: (item.asked.question, item.asked.kind) for name, item in items.items()} == {
        "configuration": ("Is the chair left of the desk?", "yes_no"),
        "context": ("In the image, there is a bowl. Pinpoint several points.", "point"),
        "compatibility": ("Can the box fit here?", "yes_no"),
    }
    assert BENCHMARK.prompt(items["context"]) == SPACE["question"]
    assert items["context"].target == [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]


@pytest.mark.parametrize(
    ("said", "official", "strict"),
    [
        ("Yes", (1, 0), (1, 0)),
        ("no.", (0, 1), (0, 1)),
        ("ANSWER: no", (0, 0), (0, 1)),
        ("Not sure", (0, 1), (0, 0)),
        ("None of them fits", (0, 1), (0, 0)),
        ("**Yes**", (0, 0), (1, 0)),
        ("The answer is yes", (0, 0), (0, 0)),
        ("yesterday", (1, 0), (0, 0)),
        ("", (0, 0), (0, 0)),
    ],
)
def test_trap_yes_and_no_are_beginnings(said: str, official: tuple[int, int], strict: tuple[int, int]) -> None:
    assert (BENCHMARK.official(YES, said).value, BENCHMARK.official(NO, said).value) == official
    assert (BENCHMARK.strict(YES, said).value, BENCHMARK.strict(NO, said).value) == strict


@pytest.mark.parametrize(
    ("said", "official", "strict"),
    [
        ("[(0.5, 0.5)]", 1, 1),
        ("[(0.5, 0.5), (0.9, 0.9)]", 1, 0),
        ("[(0.9, 0.9), (0.5, 0.5)]", 0, 0),
        ("(0.1, 0.9) is the bowl; left of it (0.5, 0.5)", 0, 0),
        ("[0.5, 0.5]", 1, 1),
        ("[[0.9, 0.9], (0.5, 0.5)]", 1, 0),
        ("[.5, .5]", 1, 1),
        ("[5e-1, 5e-1]", 1, 1),
        ("[(-0.5, 0.5)]", 0, 0),
        ("(100, 25)", 0, 0),
        ("[(0.5, 0.5", 0, 0),
        ("(.5, .5)", 0, 1),
        ("the middle", 0, 0),
        ("", 0, 0),
    ],
)
def test_trap_only_the_first_point_counts(said: str, official: float, strict: float) -> None:
    assert BENCHMARK.official(REGION, said).value == official
    assert BENCHMARK.strict(REGION, said).value == strict


@pytest.mark.parametrize(
    ("said", "point"),
    [
        ("[(-0.5, 0.25)]", (-0.5, 0.25)),
        ("[(-0.5, 0.25),]", (-0.5, 0.25)),
        ("[-0.5, 0.25]", (-0.5, 0.25)),
        ("[-1, 0.5, 0.5]", None),
        ("[]", None),
        ("[(-1,)]", None),
        ("[('a', -1)]", None),
        ("[None, 1]", None),
        ("[f(x)]", None),
        ("[" + "(" * 3000 + "]", None),
        ("[" * 300_000, None),
        ("(" + "9" * 300_000, None),
    ],
)
def test_lists_that_the_patterns_miss_are_read_as_literals(said: str, point: tuple[float, float] | None) -> None:
    assert first_point(said) == point


@given(st.text(st.sampled_from("[]()0.5,-e '\"\\n{}x"), max_size=30))
def test_no_words_raise_or_warn(said: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert BENCHMARK.official(REGION, said).value in (0, 1)
        assert BENCHMARK.strict(REGION, said).value in (0, 1)


def test_a_point_in_stored_pixels_is_written_as_fractions(tmp_path: Path) -> None:
    item = list(BENCHMARK.read(written(tmp_path), "all"))[1]
    assert BENCHMARK.render(item, (100.0, 12.5)) == "[(0.500000, 0.250000)]"
    assert BENCHMARK.official(item, BENCHMARK.render(item, (100.0, 12.5))).value == 1
    assert BENCHMARK.official(item, BENCHMARK.render(item, (10.0, 12.5))).value == 0
    assert BENCHMARK.render(YES, "yes") == "yes"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("maybe", "yes, no or a list of points is needed"),
        ("[(0.1, 0.2), (0.3", "yes, no or a list of points is needed"),
        ("[(0.1, 0.2), (0.3, 0.4)]", "a region needs three corners or more, not 2"),
    ],
)
def test_wrong_answers_in_the_data_are_named(tmp_path: Path, answer: str, said: str) -> None:
    folder = written(tmp_path, [ROWS[0], {**SPACE, "answer": answer}])
    with pytest.raises(DataError, match=rf'annotations\.json, line 2, field "answer": {said}'):
        list(BENCHMARK.read(folder, "all"))


def test_an_unknown_category_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'line 1, field "category": .ERQA. is none of configuration'):
        list(BENCHMARK.read(written(tmp_path, [{**ROWS[0], "category": "ERQA"}]), "all"))
