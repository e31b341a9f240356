"""CV-Bench: its two files, its prompt, and the mean that weighs its sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_kit import on_hub, picture, write_parquet

from sightline.evals import Rows, benchmark
from sightline.evals.reading import DataError

CV = benchmark("cv_bench")


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "idx": number,
        "type": "2D",
        "task": "Count",
        "image": on_hub(picture(number)),
        "question": "How many lamps are in the image?",
        "choices": ["1", "3", "2", "0", "4", "5"],
        "answer": "(F)",
        "prompt": "How many lamps are in the image? Select from the following choices.\n(A) 1\n(B) 3",
        "filename": f"img/2D/count/ade20k_{number}.png",
        "source": "ADE20K",
        **changes,
    }


DEPTH = {
    "type": "3D",
    "task": "Depth",
    "choices": ["lamp", "chair"],
    "answer": "(A)",
    "source": "Omni3D",
}


def write(folder: Path, flat: list[dict[str, Any]], deep: list[dict[str, Any]]) -> None:
    write_parquet(folder / "test_2d.parquet", flat)
    write_parquet(folder / "test_3d.parquet", deep)


def test_both_files_are_read_and_options_go_beyond_d(tmp_path: Path) -> None:
    write(tmp_path, [row(0), row(1, source="COCO")], [row(0, **DEPTH)])
    count, _, depth = CV.read(tmp_path, "full")
    assert len({item.id for item in (count, _, depth)}) == 3
    assert (count.target, count.source, count.category) == ("F", "ADE20K", "Count")
    assert (depth.target, depth.source, depth.category) == ("A", "Omni3D", "Depth")
    assert count.asked.spec.choices["F"] == "5"
    assert CV.prompt(depth).startswith(
        "Note: You only need to respond with A, B without providing any additional information.\n\nHow many lamps"
    )


def test_an_agents_letter_is_scored_by_both_rules(tmp_path: Path) -> None:
    write(tmp_path, [row(0)], [row(0, **DEPTH)])
    for item in CV.read(tmp_path, "full"):
        said = CV.render(item, item.target)
        assert (CV.official(item, said).value, CV.strict(item, said).value) == (1, 1)


def test_the_mean_is_half_of_2d_by_source_and_half_of_3d() -> None:
    sources = ("ADE20K",) * 3 + ("COCO",) + ("Omni3D",) * 2
    categories = ("Count",) * 4 + ("Depth", "Distance")
    rows = Rows(tuple("123456"), np.array([1, 1, 1, 0, 1, 0.0]), categories, tuple("123456"), sources)
    assert CV.aggregate.overall(rows) == pytest.approx(0.5 * ((1 + 0) / 2 + 0.5))
    assert np.isnan(CV.aggregate.overall(rows.take(range(4)))), "without 3D there is no such mean"


def test_a_wrong_source_is_named(tmp_path: Path) -> None:
    write(tmp_path, [row(0)], [row(0, **DEPTH), row(1, **{**DEPTH, "source": "KITTI"})])
    with pytest.raises(DataError) as caught:
        list(CV.read(tmp_path, "full"))
    place = 'test_3d.parquet, line 2, field "source": '
    assert caught.value.message == f"{place}'KITTI' is none of ADE20K, COCO, Omni3D."
