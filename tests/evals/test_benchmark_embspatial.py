"""EmbSpatial-Bench: its file, its prompt, its indices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import on_hub, picture, write_parquet

from sightline.evals import benchmark
from sightline.evals.reading import DataError

EMB = benchmark("embspatial")
FILE = Path("data") / "test-00000-of-00001.parquet"


def row(**changes: Any) -> dict[str, Any]:
    return {
        "question_id": "mp3d_1",
        "question": "How are chair and table positioned in relation to each other in the image?",
        "relation": "left",
        "image": on_hub(picture(3)),
        "answer_options": ["The chair is above the table.", "The chair is left of the table."],
        "answer": 1,
        **changes,
    }


def test_file_prompt_and_rule(tmp_path: Path) -> None:
    write_parquet(tmp_path / FILE, [row()])
    (item,) = EMB.read(tmp_path, "test")
    assert (item.id, item.target, item.category) == ("mp3d_1", "B", "left")
    assert item.asked.pictures[0].read_bytes() == picture(3)
    assert EMB.prompt(item) == (
        "Note: You only need to respond with A, B, C, D without providing any additional information.\n"
        "How are chair and table positioned in relation to each other in the image?\n"
        "A) The chair is above the table.\nB) The chair is left of the table."
    )
    said = EMB.render(item, "B")
    assert (EMB.official(item, said).value, EMB.strict(item, said).value) == (1, 1)
    assert EMB.official(item, "The chair is left of the table.").value == 0, "the first letter is T"
    assert EMB.strict(item, "The chair is left of the table.").value == 1, "it is an option's text"


def test_an_index_beyond_the_options_is_named(tmp_path: Path) -> None:
    write_parquet(tmp_path / FILE, [row(), row(answer=2)])
    with pytest.raises(DataError) as caught:
        list(EMB.read(tmp_path, "test"))
    assert caught.value.message == f'{FILE.name}, line 2, field "answer": 2 is no index of 2 options.'
