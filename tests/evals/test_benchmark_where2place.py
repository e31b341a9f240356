"""Where2Place: soft JPEG masks in the order of the file, points at 640 x 480, boxes as all their pixels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from place_kit import box_mask, write_grey

from sightline.evals.benchmarks.where2place import BENCHMARK
from sightline.evals.reading import DataError
from sightline.memory import InputError

FORM = (
    " Your answer should be formatted as a list of tuples, i.e. [(x1, y1), (x2, y2), ...], where each tuple contains "
    "the x and y coordinates of a point satisfying the conditions above."
)
BOX = (160, 240, 320, 480)


def row(number: int, **changed: Any) -> dict[str, Any]:
    text = f"<image>\nFind a few spots left of bowl {number}.{FORM}"
    return {"question_id": 10 - number, "image": f"{number:02d}.jpg", "text": text, "category": "free", **changed}


def data(folder: Path, *, size: tuple[int, int] = (640, 480), count: int = 2, grey: int = 255) -> Path:
    for n in range(count):
        write_grey(folder / "images" / f"{n:02d}.jpg", np.full((size[1], size[0]), 90, np.uint8))
        mask = box_mask(size, (160 + 100 * n, 240, 320 + 100 * n, 480), grey)
        write_grey(folder / "masks" / f"{n:02d}.jpg", mask)
    (folder / "point_questions.jsonl").write_text("\n".join(json.dumps(row(n)) for n in range(count)))
    return folder


def test_the_mask_goes_by_the_place_in_the_file_and_not_by_the_id(tmp_path: Path) -> None:
    items = list(BENCHMARK.read(data(tmp_path), "points"))
    assert [item.id for item in items] == ["10", "9"]
    assert [Path(item.target).name for item in items] == ["00.jpg", "01.jpg"]
    assert items[0].asked.question == "Find a few spots left of bowl 0."
    assert BENCHMARK.prompt(items[0]) == f"Find a few spots left of bowl 0.{FORM}"
    assert "masks/" not in repr(items[0].asked)


@pytest.mark.parametrize(
    ("said", "official", "strict"),
    [
        ("[(0.3, 0.7)]", 1, 1),
        ("[(0.3, 0.7), (0.9, 0.1)]", 0.5, 0.5),
        ("[(200, 400)]", 1, 0),
        ("[(0.3, 0.7), (1.3, 0.7)]", 0.5, 0),
        ("(0.25, 0.5, 0.5, 1.0)", 1, 0),
        ("(0.25, 0.0, 0.5, 1.0)", 0.5, 0),
        ("(160, 0.5, 0.5, 1.0)", None, 0),
        ("nowhere", 0, 0),
        ("", 0, 0),
    ],
)
def test_trap_by_trap_the_published_result_and_the_strict_one(
    tmp_path: Path, said: str, official: float | None, strict: float
) -> None:
    item = next(BENCHMARK.read(data(tmp_path), "points"))
    score = BENCHMARK.official(item, said).value
    assert score == (None if official is None else pytest.approx(official, abs=0.02))
    assert BENCHMARK.strict(item, said).value == strict


def test_trap_a_grey_mask_gives_part_of_a_point(tmp_path: Path) -> None:
    item = next(BENCHMARK.read(data(tmp_path, grey=102), "points"))
    assert BENCHMARK.official(item, "[(0.3, 0.7)]").value == pytest.approx(0.4, abs=0.02)
    assert BENCHMARK.strict(item, "[(0.3, 0.7)]").value == 0


def test_trap_fractions_are_scaled_to_640_by_480_whatever_the_picture(tmp_path: Path) -> None:
    """In a picture twice as large the published script looks in the upper left quarter; the strict one does not."""
    item = next(BENCHMARK.read(data(tmp_path, size=(1280, 960)), "points"))
    assert BENCHMARK.official(item, "[(0.4, 0.7)]").value == pytest.approx(1, abs=0.02)
    assert BENCHMARK.strict(item, "[(0.4, 0.7)]").value == 0
    assert BENCHMARK.strict(item, "[(0.2, 0.4)]").value == 1


def test_points_in_stored_pixels_are_written_as_fractions(tmp_path: Path) -> None:
    item = next(BENCHMARK.read(data(tmp_path), "points"))
    said = BENCHMARK.render(item, [(160.0, 240.0), (319.9, 479.9), (320.5, 300.0), (159.5, 300.0)])
    assert BENCHMARK.strict(item, said).value == 0.5
    assert BENCHMARK.official(item, said).value == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"question_id": 1, "image": "00.jpg"}', 'point_questions.jsonl, line 2, field "text": it is missing'),
        ('{"question_id": 1, "ima', "point_questions.jsonl, line 2: the line is no JSON"),
        (json.dumps(row(1, image="/etc/x.jpg")), 'point_questions.jsonl, line 2, field "image": '),
    ],
)
def test_wrong_data_are_named_by_file_line_and_field(tmp_path: Path, line: str, said: str) -> None:
    folder = data(tmp_path)
    (folder / "point_questions.jsonl").write_text(json.dumps(row(0)) + "\n" + line)
    with pytest.raises(DataError) as caught:
        list(BENCHMARK.read(folder, "points"))
    assert str(caught.value).startswith(said)


def test_a_missing_mask_is_named(tmp_path: Path) -> None:
    folder = data(tmp_path)
    (folder / "masks" / "00.jpg").unlink()
    with pytest.raises(InputError, match=r"The mask 00\.jpg cannot be read"):
        BENCHMARK.official(next(BENCHMARK.read(folder, "points")), "(0.5, 0.5)")
