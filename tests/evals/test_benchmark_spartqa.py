"""SpartQA-Human: all its questions load and score; what `rules` cannot read it says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import SHARED

from sightline.agents import SpatialAgent
from sightline.evals import benchmark
from sightline.evals.reading import DataError

SPARTQA = benchmark("spartqa_human")
REAL = SHARED / "spartqa"
needs_questions = pytest.mark.skipif(not REAL.is_dir(), reason="the published questions are not beside the checkout")
RELATIONS = ["left", "right", "above", "below", "near to", "far from", "touching", "DK"]


def write(folder: Path, **changes: Any) -> None:
    question = {"q_id": 1, "q_type": "FR", "question": "What is the relation?", "answer": [2, 5]}
    data = {
        "name": "made up",
        "data": [{"story": ["A is above B."], "questions": [{**question, "candidate_answers": RELATIONS, **changes}]}],
    }
    (folder / "human_test.json").write_text(json.dumps(data), "utf-8")


@needs_questions
def test_every_published_question_is_read_and_its_answer_scores() -> None:
    items = list(SPARTQA.read(REAL, "test"))
    assert Counter(item.category for item in items) == {
        "yes/no": 194,
        "choose object": 107,
        "find relation": 105,
        "find block": 104,
    }
    assert len({item.id for item in items}) == 510
    for item in items:
        for said in (", ".join(item.target), ", ".join(reversed(item.target)).upper()):
            assert (SPARTQA.official(item, said).value, SPARTQA.strict(item, said).value) == (1, 1)
        assert SPARTQA.official(item, "").value == 0


def test_all_relations_that_hold_and_no_other(tmp_path: Path) -> None:
    write(tmp_path)
    (item,) = SPARTQA.read(tmp_path, "test")
    assert item.target == ["above", "far from"]
    for said, right in (("above, far from", 1), ("far from and above", 1), ("above", 0), ("above, far from, left", 0)):
        assert SPARTQA.official(item, said).value == right
    assert not SPARTQA.strict(item, "it is above, far from").parsed


def test_no_block_fits_is_an_answer(tmp_path: Path) -> None:
    write(tmp_path, q_type="FB", answer=[], candidate_answers=["A", "B"])
    (item,) = SPARTQA.read(tmp_path, "test")
    assert item.asked.question.endswith("Answer with all that fit of: A, B, none.")
    assert [SPARTQA.official(item, said).value for said in ("none", "A", "")] == [1, 0, 0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answer": [9]}, 'human_test.json, line 1, field "answer": 9 is none of the candidates'),
        ({"answer": []}, 'human_test.json, line 1, field "answer": a list of answers is needed'),
        ({"q_type": "XX"}, "human_test.json, line 1, field \"q_type\": 'XX' is none of YN, CO, FR, FB"),
    ],
)
def test_wrong_data_is_named(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    write(tmp_path, **changes)
    with pytest.raises(DataError) as caught:
        list(SPARTQA.read(tmp_path, "test"))
    assert str(caught.value).startswith(said)


@needs_questions
def test_rules_say_that_they_do_not_understand(tmp_path: Path) -> None:
    items = list(SPARTQA.read(REAL, "test"))
    agent = SpatialAgent("rules", tools=["symbolic"], runs=tmp_path, checkpoint=False)
    for item in items[::40]:
        answer = agent.ask(item.asked.question, expect="text")
        assert answer.status == "cannot tell"
        assert "outside what I understand" in answer.details
