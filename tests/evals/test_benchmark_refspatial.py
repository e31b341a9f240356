"""RefSpatial-Bench: both published layouts, five families of prompt and reading, and a strict reading beside each."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from place_kit import box_mask, write_grey

from sightline.evals import Item
from sightline.evals.benchmarks.refspatial import BENCHMARK, FAMILIES
from sightline.evals.reading import DataError

SIZE = (64, 48)
BOX = (10, 20, 20, 30)
SUFFIX = (
    "Your answer should be formatted as a list of tuples, i.e. [(x1, y1)], where each tuple contains the x and y "
    "coordinates of a point satisfying the conditions above."
)


def question(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "id": number,
        "object": "the mug left of the bowl",
        "prompt": "Please point out the mug left of the bowl.",
        "suffix": SUFFIX,
        "rgb_path": f"image/{number}.png",
        "mask_path": f"mask/{number}.png",
        "category": "location",
        "step": 2,
        **changed,
    }


def raw(folder: Path, *, per_split: int = 2) -> Path:
    for split in ("Location", "Placement", "Unseen"):
        rows = [question(n) for n in range(per_split)]
        for n in range(per_split):
            write_grey(folder / split / "image" / f"{n}.png", np.full((48, 64), 40 * n + 9, np.uint8))
            write_grey(folder / split / "mask" / f"{n}.png", box_mask(SIZE, BOX))
        (folder / split / "question.json").write_text(json.dumps(rows))
    return folder


def png(grey: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()


def parquet(folder: Path) -> Path:
    (folder / "data").mkdir(parents=True)
    for split in ("location", "placement", "unseen"):
        row = {
            "id": 7,
            "image": {"bytes": png(np.full((48, 64), 9, np.uint8)), "path": "7.png"},
            "mask": {"bytes": png(box_mask(SIZE, BOX)), "path": "7.png"},
            "object": "the mug",
            "prompt": "Please point out the mug.",
            "suffix": SUFFIX,
            "step": 1,
        }
        pq.write_table(pa.Table.from_pylist([row]), folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


def first(folder: Path, variant: str) -> Item:
    return next(BENCHMARK.read(folder, variant))


@pytest.mark.parametrize("layout", [raw, parquet])
def test_both_layouts_give_items_in_the_order_of_the_splits(tmp_path: Path, layout: Any) -> None:
    items = list(BENCHMARK.read(layout(tmp_path), "tuples"))
    assert list(dict.fromkeys(item.category for item in items)) == ["location", "placement", "unseen"]
    assert len({item.id for item in items}) == len(items)
    for item in items:
        assert item.asked.kind == "point"
        with Image.open(item.asked.pictures[0]) as picture, Image.open(item.target) as mask:
            assert picture.size == mask.size == SIZE
        assert SUFFIX not in item.asked.question


@pytest.mark.parametrize(
    ("variant", "prompt"),
    [
        ("tuples", f"Please point out the mug left of the bowl. {SUFFIX}"),
        ("gemini", "Locate one point of the mug left of the bowl."),
        ("molmo", "Locate several points of the mug left of the bowl."),
        ("qwen", "Locate the mug left of the bowl in this image and output the point coordinates in JSON format."),
        ("robobrain", "Please point out the mug left of the bowl. Please provide its 2D coordinates."),
    ],
)
def test_each_family_has_its_published_prompt(tmp_path: Path, variant: str, prompt: str) -> None:
    assert BENCHMARK.prompt(first(raw(tmp_path), variant)) == prompt
    assert set(FAMILIES) == set(BENCHMARK.variants)


@pytest.mark.parametrize("variant", [*FAMILIES])
@pytest.mark.parametrize(
    ("point", "inside"),
    [((10.0, 20.0), 1), ((19.99, 29.99), 1), ((20.0, 25.0), 0), ((9.99, 25.0), 0), ((64.0, 48.0), 0)],
)
def test_a_point_in_stored_pixels_is_written_so_that_the_family_reads_its_pixel(
    tmp_path: Path, variant: str, point: tuple[float, float], inside: float
) -> None:
    item = first(raw(tmp_path), variant)
    said = BENCHMARK.render(item, point)
    assert BENCHMARK.official(item, said).value == inside
    assert BENCHMARK.strict(item, said).value == inside


@pytest.mark.parametrize(
    ("variant", "said", "official", "strict"),
    [
        ("tuples", "[(0.25, 0.5)]", 1, 1),
        ("tuples", "[(15, 25)]", 1, 0),
        ("tuples", "[(0.25, 0.5), (0.9, 0.9)]", 0.5, 0.5),
        ("tuples", "[(0.25, 0.5), (1.9, 0.9)]", 0.5, 0),
        ("tuples", "[(0.5, 0.5, 0.2, 0.2)]", None, 0),
        ("tuples", "I cannot see it.", 0, 0),
        ("tuples", "", 0, 0),
        ("qwen", '```json\n[{"point_2d": [15, 25], "label": "mug"}]\n```', 0, 1),
        ("qwen", "(15, 25)", 1, 1),
        ("molmo", '<point x="25.0" y="50.0" alt="mug">mug</point>', 0, 1),
        ("molmo", '<points x1="25.0" y1="50.0" alt="mug">mug</points>', 1, 1),
        ("gemini", '```json\n[{"point": [500, 250], "label": "mug"}]\n```', 1, 1),
        ("gemini", '[{"point": [500, 250], "label": "mug"}]', 0, 1),
        ("gemini", '```json\n[{"point": ["500", 250]}]\n```', None, 0),
    ],
)
def test_trap_by_trap_the_published_result_and_the_strict_one(
    tmp_path: Path, variant: str, said: str, official: float | None, strict: float
) -> None:
    item = first(raw(tmp_path), variant)
    assert BENCHMARK.official(item, said).value == official
    assert BENCHMARK.strict(item, said).value == strict


def test_what_a_model_is_shown_does_not_name_the_mask(tmp_path: Path) -> None:
    item = first(raw(tmp_path), "tuples")
    assert "/mask/" not in repr(item.asked)
    assert "/mask/" not in BENCHMARK.prompt(item)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"prompt": ""}, 'question.json, line 2, field "prompt": it is blank'),
        ({"step": "two"}, 'question.json, line 2, field "step": a number is needed'),
        ({"rgb_path": "../../x.png"}, 'question.json, line 2, field "rgb_path": '),
    ],
)
def test_wrong_data_are_named_by_file_line_and_field(tmp_path: Path, spoil: dict[str, Any], said: str) -> None:
    folder = raw(tmp_path)
    (folder / "Location" / "question.json").write_text(json.dumps([question(0), question(1, **spoil)]))
    with pytest.raises(DataError) as caught:
        list(BENCHMARK.read(folder, "tuples"))
    assert str(caught.value).startswith(said)


def test_a_truncated_file_and_an_empty_folder_are_one_line(tmp_path: Path) -> None:
    folder = raw(tmp_path / "a")
    path = folder / "Placement" / "question.json"
    path.write_text(path.read_text()[:200])
    with pytest.raises(DataError, match=r"question\.json, line 1: it is no JSON .*cut off"):
        list(BENCHMARK.read(folder, "tuples"))
    (tmp_path / "b").mkdir()
    with pytest.raises(DataError, match=r"location\.parquet: there is no such file"):
        list(BENCHMARK.read(tmp_path / "b", "tuples"))
