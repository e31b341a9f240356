"""BLINK: its files, its prompts, and the published means from published predictions."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import SHARED, choice, on_hub, picture, write_parquet

from sightline.evals import Item, Result, benchmark
from sightline.evals.item import Asked
from sightline.evals.reading import DataError
from sightline.evals.scorers.groups import rows_of
from sightline.evals.scorers.judging import ModelJudge, Request

BLINK = benchmark("blink")
PUBLISHED = SHARED / "blink"


def row(number: int, task: str = "Relative_Depth", **changes: Any) -> dict[str, Any]:
    return {
        "idx": f"val_{task}_{number}",
        "question": "Which point is closer to the camera?",
        "sub_task": task,
        "prompt": "Two points are circled.\nWhich point is closer?\n(A) A is closer\n(B) B is closer",
        "image_1": on_hub(picture(number)),
        "image_2": on_hub(picture(number + 100)) if task == "Visual_Similarity" else None,
        "image_3": None,
        "image_4": None,
        "choices": ["A is closer", "B is closer"],
        "answer": "(B)",
        **changes,
    }


def test_one_folder_for_each_task_and_one_alone_will_do(tmp_path: Path) -> None:
    write_parquet(tmp_path / "Relative_Depth" / "val-00000-of-00001.parquet", [row(1), row(2), row(3)])
    write_parquet(tmp_path / "Relative_Depth" / "test-00000-of-00001.parquet", [row(9, answer="hidden")])
    items = list(BLINK.read(tmp_path, "val"))
    assert [item.id for item in items] == [f"val_Relative_Depth_{k}" for k in (1, 2, 3)]
    assert {item.category for item in items} == {"Relative_Depth"}
    assert items[0].target == "B"
    assert items[0].asked.spec.choices == {"A": "A is closer", "B": "B is closer"}
    assert [path.read_bytes() for path in items[0].asked.pictures] == [picture(1)]
    assert BLINK.prompt(items[0]) == row(1)["prompt"]


def test_all_pictures_in_their_order_and_the_disclaimer(tmp_path: Path) -> None:
    write_parquet(tmp_path / "Visual_Similarity" / "val.parquet", [row(1, "Visual_Similarity")])
    write_parquet(tmp_path / "Jigsaw" / "val.parquet", [row(1, "Jigsaw")])
    jigsaw, similar = BLINK.read(tmp_path, "val")
    assert [path.read_bytes() for path in similar.asked.pictures] == [picture(1), picture(101)]
    assert BLINK.prompt(jigsaw).startswith("Disclaimer: This is not to make unfair assumptions")
    assert BLINK.prompt(jigsaw).endswith(f"I gave you.\n\n{row(1)['prompt']}")


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"answer": "(C)"}, "answer", "'(C)' is none of the options A, B"),
        ({"answer": "hidden"}, "answer", "'hidden' is none of the options"),
        ({"image_1": None}, "image_1", "there is no picture"),
        ({"image_1": on_hub(b"torn")}, "image_1", "its 4 bytes are no JPEG"),
        ({"choices": ["one"]}, "choices", "at least two options are needed"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], field: str, said: str) -> None:
    write_parquet(tmp_path / "Counting" / "val.parquet", [row(1, "Counting"), row(2, "Counting", **changes)])
    with pytest.raises(DataError) as caught:
        list(BLINK.read(tmp_path, "val"))
    assert caught.value.message.startswith(f'val.parquet, line 2, field "{field}": ')
    assert said in caught.value.message


def test_a_folder_without_tasks_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"it holds no TASK/val\*\.parquet"):
        list(BLINK.read(tmp_path, "val"))


def test_an_agents_letter_is_scored_by_both_rules() -> None:
    item = choice("B")
    said = BLINK.render(item, "B")
    assert said == "(B)"
    assert (BLINK.official(item, said).value, BLINK.strict(item, said).value) == (1, 1)


def test_the_judge_is_asked_in_the_published_words_and_only_where_no_letter_can_be_read() -> None:
    item, asked = choice("B", ("Point A", "Point B")), []

    async def ask(request: Request) -> str:
        asked.append(request.prompt)
        return replies.pop(0)

    assert isinstance(BLINK.judge, ModelJudge)
    judge = BLINK.judge.asking(ask)
    replies = ["(B)", "(A)", "(Z)", "(B) Point B"]
    said = ["(B)", "", "I choose (A) now", "Point B, I think", "It is point A", "I cannot help.", "Point B"]
    marks = [asyncio.run(judge(item, each)) for each in said]
    assert [mark.value for mark in marks] == [1, 0, 0, 1, 0, 0, 0]
    assert [mark.parsed for mark in marks] == [True, False, True, True, True, False, True]
    assert len(asked) == 4
    assert asked[0].endswith(
        "Example 4: \nQuestion: Where is it?\nSelect from the following choices?\n"
        "Options: (A) Point A\n(B) Point B\n(Z) Failed\nAnswer: Point B, I think\nYour output: "
    )


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the published predictions are not at {PUBLISHED}")
@pytest.mark.parametrize(("model", "mean"), [("GPT4o", 60.04), ("GPT4V", 51.09), ("llava-v1.6-34b", 46.80)])
def test_published_predictions_give_the_published_means(model: str, mean: float) -> None:
    truth: dict[str, str] = json.loads((PUBLISHED / "val_answers.json").read_text("utf-8"))
    said: dict[str, str] = json.loads((PUBLISHED / f"{model}.json").read_text("utf-8"))
    assert len(truth) == BLINK.size["val"]
    results = []
    for name, answer in truth.items():
        found = re.fullmatch(r"val_(.*)_\d+", name)
        assert found is not None
        options = tuple(f"{letter}. option {letter}" for letter in "ABCDE")
        item = Item(name, Asked("?", "choice", options), answer.strip("()"), found[1], name)
        # They were extracted already, and are compared as they are: one of GPT4V's is "(C) Point C", and wrong there.
        read = said[name] if re.fullmatch(r"\([A-Z]\)", said[name]) else ""
        mark = BLINK.official(item, read)
        results.append(Result(name, 1, item.category, name, "", "", mark.value, mark.value, True, "answered"))
    rows = rows_of(results)
    assert 100 * BLINK.aggregate.overall(rows) == pytest.approx(mean, abs=0.01)
    assert list(BLINK.aggregate.parts(rows)) == list(BLINK.categories)
    assert abs(100 * rows.values.mean() - mean) > 0.05, "lmms-eval's mean over all questions is another number"
