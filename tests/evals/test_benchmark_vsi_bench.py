"""VSI-Bench: its files, its prompt, and its rule against a table that was made once from the published rule."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_kit import SHARED, write_parquet

from sightline.evals import Item, Result, Rows, benchmark
from sightline.evals.reading import DataError
from sightline.evals.scorers.groups import rows_of
from sightline.evals.scorers.prior import fit_prior

VSI = benchmark("vsi_bench")
GOLDEN = Path(__file__).parent / "golden" / "vsi_bench.json"
REAL = SHARED / "vsi_bench" / "eval_vsibench.json"
needs_questions = pytest.mark.skipif(not REAL.is_file(), reason=f"the published questions are not at {REAL}")

ROWS: list[dict[str, Any]] = [
    {
        "id": 0,
        "dataset": "arkitscenes",
        "scene_name": "41069025",
        "question_type": "object_counting",
        "question": "How many table(s) are in this room?",
        "ground_truth": "4",
        "options": None,
    },
    {
        "id": 12,
        "dataset": "scannet",
        "scene_name": "scene0011_00",
        "question_type": "object_rel_distance",
        "question": "Which of these objects (chair, tv) is the closest to the stool?",
        "ground_truth": "B",
        "options": ["A. chair", "B. tv"],
    },
    {
        "id": 13,
        "dataset": "scannetpp",
        "scene_name": "09c1414f1b",
        "question_type": "room_size_estimation",
        "question": "What is the size of this room (in square meters)?",
        "ground_truth": "30.9",
        "options": None,
    },
]


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def real_items(folder: Path) -> list[Item]:
    """The published questions, which another repository has in its own form, as the hub's file has them."""
    rows = []
    for row in json.loads(REAL.read_text("utf-8")):
        source, _, video = row["path"].removeprefix("./").partition("/")
        answer = re.fullmatch(r"<answer>(.*)</answer>", row["solution"])
        assert answer is not None
        rows.append(
            {
                "id": row["problem_id"],
                "dataset": source,
                "scene_name": video.removesuffix(".mp4"),
                "question_type": row["original_question_type"],
                "question": row["problem"],
                "ground_truth": answer[1],
                "options": row["options"],
            }
        )
    write_jsonl(folder / "test.jsonl", rows)
    return list(VSI.read(folder, "full"))


def results(items: list[Item], said: dict[str, str]) -> list[Result]:
    return [
        Result(
            item=item.id,
            repeat=1,
            category=item.category,
            cluster=item.cluster,
            group=item.group,
            source=item.source,
            official=VSI.official(item, said[item.id]).value,
            strict=VSI.strict(item, said[item.id]).value,
            binary=VSI.binary,
            outcome="answered",
        )
        for item in items
    ]


def test_the_hubs_files_are_read(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "test.jsonl", ROWS)
    count, choice, size = VSI.read(tmp_path, "full")
    assert (count.id, count.target, count.asked.spec.kind, count.asked.spec.unit) == ("0", 4, "integer", None)
    assert count.asked.video == tmp_path / "arkitscenes" / "41069025.mp4"
    assert (choice.id, choice.target, choice.cluster) == ("12", "B", "scannet/scene0011_00")
    assert choice.asked.spec.choices == {"A": "chair", "B": "tv"}
    assert (size.target, size.asked.spec.unit, size.source) == (30.9, "m²", "scannetpp")
    write_parquet(tmp_path / "test_debiased.parquet", ROWS[1:])
    write_parquet(tmp_path / "test_pruned.parquet", ROWS[:1])
    assert [item.id for item in VSI.read(tmp_path, "debiased")] == ["12", "13"]
    assert [item.id for item in VSI.read(tmp_path, "pruned")] == ["0"]


def test_the_prompts_are_the_published_ones(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "test.jsonl", ROWS)
    count, choice, _ = VSI.read(tmp_path, "full")
    assert VSI.prompt(count) == (
        "These are frames of a video.\nHow many table(s) are in this room?\n"
        "Please answer the question using a single word or phrase."
    )
    assert VSI.prompt(choice) == (
        "These are frames of a video.\nWhich of these objects (chair, tv) is the closest to the stool?\n"
        "Options:\nA. chair\nB. tv\nAnswer with the option's letter from the given choices directly."
    )


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("question_type", "object_colour", "'object_colour' is none of"),
        ("ground_truth", "C", "'C' is none of the options A, B"),
        ("options", None, "a list of texts is needed, not null"),
        ("scene_name", "../secret", "is no file inside the data folder"),
        ("question", "", "it is blank"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, field: str, value: Any, said: str) -> None:
    write_jsonl(tmp_path / "test.jsonl", [ROWS[0], {**ROWS[1], field: value}])
    with pytest.raises(DataError) as caught:
        list(VSI.read(tmp_path, "full"))
    assert caught.value.message.startswith(f'test.jsonl, line 2, field "{field}": ')
    assert said in caught.value.message


def test_an_agents_values_are_scored_by_both_rules(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "test.jsonl", ROWS)
    for item, value in zip(VSI.read(tmp_path, "full"), (4, "B", 30.9), strict=True):
        said = VSI.render(item, value)
        assert (VSI.official(item, said).value, VSI.strict(item, said).value) == (1, 1)


# ------------------------------------------------------------------------------------- against the published rule
def published_table(rows: list[tuple[str, str, str]]) -> dict[str, float]:
    """The published rule, written down once more from lmms_eval/tasks/vsibench/utils.py (51e089c), sharing nothing.

    Args:
        rows: (question type, ground truth, what was said) of each question.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    numeric = {"object_abs_distance", "object_counting", "object_size_estimation", "room_size_estimation"}
    for kind, truth, said in rows:
        word = said.split(" ")[0].rstrip(".").strip()
        if kind not in numeric:
            scores[kind].append(1.0 if word.lower() == truth.lower() else 0.0)
            continue
        try:
            distance = abs(float(word) - float(truth)) / float(truth)
        except ValueError:
            scores[kind].append(0.0)
            continue
        number_of_points = (0.95 - 0.5) / 0.05 + 2
        thresholds = np.linspace(0.5, 0.95, int(number_of_points))
        scores[kind].append(float((distance <= 1 - thresholds).mean()))
    means = {kind: float(np.mean(values)) for kind, values in scores.items()}
    means["object_rel_direction"] = (
        means.pop("object_rel_direction_easy")
        + means.pop("object_rel_direction_medium")
        + means.pop("object_rel_direction_hard")
    ) / 3.0
    return {**means, "overall": sum(means.values()) / len(means)}


def random_words(items: list[Item], seed: int) -> dict[str, str]:
    """What a model might say: right and wrong, in and out of form, with errors on the thresholds themselves."""
    draw = random.Random(seed)
    said = {}
    for item in items:
        if isinstance(item.target, str):
            letter = draw.choice([item.target, *item.asked.spec.labels])
            forms = ["{}", "{}.", "{}. something", "{} because of it", "({})", "The answer is {}", "{}\n", ""]
            said[item.id] = draw.choice(forms).format(draw.choice([letter, letter.lower()]))
        else:
            on_a_threshold = 1 + draw.choice([-1, 1]) * draw.randrange(1, 14) / 20
            factor = draw.choice([on_a_threshold, draw.uniform(0.2, 2.0), 1.0])
            forms = ["{}", "{}.", "{} meters", "about {}", "{}m", "nan", ""]
            said[item.id] = draw.choice([*forms[:3], *forms[:3], *forms]).format(item.target * factor)
    return said


@needs_questions
def test_nested_mean_and_accuracy_equal_the_published_rule_on_all_real_questions(tmp_path: Path) -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    items = real_items(tmp_path)
    assert len(items) == golden["questions"] == VSI.size["full"]
    assert len({item.id for item in items}) == len(items)
    said = random_words(items, golden["seed"])
    table = published_table([(item.category, str(item.target), said[item.id]) for item in items])
    assert table == golden["published"], "the table was made by this rule from this seed"
    rows = rows_of(results(items, said))
    assert VSI.aggregate.overall(rows) == pytest.approx(table["overall"], abs=1e-12)
    parts = VSI.aggregate.parts(rows)
    assert len(parts) == 8
    for name, share in parts.items():
        assert share == pytest.approx(table[name], abs=1e-12)
    micro = rows.values.mean()
    assert abs(micro - table["overall"]) > 0.002, "a mean over all questions is another number"


def test_trap_a_missing_type_is_no_zero_and_not_passed_over() -> None:
    types = [name for name in VSI.categories if name != "object_rel_direction_hard"]
    rows = Rows(tuple(types), np.ones(len(types)), tuple(types), tuple(types), ("",) * len(types))
    assert np.isnan(VSI.aggregate.overall(rows)), "the published code would say 0.958: (1 + 1 + 0) / 3 for directions"
    assert np.isnan(VSI.aggregate.overall(rows.take(range(4)))), "the published code would say 1: of what is there"
    assert VSI.aggregate.parts(rows)["object_counting"] == 1


@needs_questions
def test_a_constant_for_each_type_gives_what_priors_are_known_to_give(tmp_path: Path) -> None:
    items = real_items(tmp_path)
    said = fit_prior(items, VSI)
    assert len({(item.category, said[item.id]) for item in items}) == 10
    overall = float(VSI.aggregate.overall(rows_of(results(items, said))))
    assert round(100 * overall, 1) == 34.0
    strict = float(VSI.aggregate.overall(rows_of(results(items, said), score="strict")))
    assert strict == pytest.approx(overall), "constants are typed answers"


def test_a_prior_is_the_commonest_letter_and_the_best_number(tmp_path: Path) -> None:
    rows = [{**ROWS[1], "id": k, "ground_truth": letter} for k, letter in enumerate("ABB")]
    rows += [{**ROWS[0], "id": 10 + k, "ground_truth": str(count)} for k, count in enumerate((2, 2, 20, 21, 22))]
    write_jsonl(tmp_path / "test.jsonl", rows)
    said = fit_prior(VSI.read(tmp_path, "full"), VSI)
    assert [said[str(k)] for k in range(3)] == ["B"] * 3
    assert {said[str(10 + k)] for k in range(5)} == {"21"}, "three near ones are worth more than two exact ones"
