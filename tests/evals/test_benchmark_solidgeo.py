"""SolidGeo: a dictionary of records with LaTeX and backslashes, letters without a judge, everything else with one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sightline.evals import Item
from sightline.evals.benchmarks.solidgeo import BENCHMARK, letter_of
from sightline.evals.reading import DataError
from sightline.evals.scorers.judging import ModelJudge, Request
from sightline.memory import InfrastructureError

MEASURED = "Measurement of Solid Geometric Forms"


def record(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "question": f"Find the volume of cone {number}.\n\n<ImageHere>",
        "choices": [],
        "image": [f"images\\{number}.jpg"],
        "answer": r"Volume $=25.13 \mathrm{~cm}^{3}$",
        "solution": ["the working"],
        "answer_type": "single-step",
        "problem_type": [MEASURED],
        "complexity_level": "Level 1",
        "source": "MathVerse",
        "qa_id": 400 + number,
        **changed,
    }


CHOICE = record(
    1,
    question="The surface is ( )\n\n<ImageHere> A. $4 \\pi$\n B. $8 \\pi$\n C. $12 \\pi$\n D. $16 \\pi$\n",
    choices=["$4 \\pi$", "$8 \\pi$", "$12 \\pi$", "$16 \\pi$"],
    answer="D 【分析】 the working",
    answer_type="choice",
    problem_type=["Composite Solid Structures", MEASURED],
)
INLINE = record(
    2,
    question="Which is its front view? ()\n\n<ImageHere>\nA.\n\n<ImageHere>\nB.\n\n<ImageHere>\n\n##",
    image=[r"images\2.jpg", r"images\3.jpg", r"images\4.jpg"],
    answer=r"$\mathrm{B}$",
    answer_type="choice",
)
UNREADABLE = record(3, answer="the second", answer_type="choice")


def data(folder: Path, *records: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    given = records or (record(0), CHOICE, INLINE, UNREADABLE)
    (folder / "SolidGeo.json").write_text(json.dumps({str(n): row for n, row in enumerate(given)}))
    return folder


def items(folder: Path, variant: str = "full") -> list[Item]:
    return list(BENCHMARK.read(folder, variant))


def test_the_dictionary_is_read_in_order_and_paths_lose_their_backslash(tmp_path: Path) -> None:
    found = items(data(tmp_path))
    assert [item.id for item in found] == ["400", "401", "402", "403"]
    assert found[0].asked.pictures == (tmp_path / "images" / "0.jpg",)
    assert [item.category for item in found[:2]] == [MEASURED, "Composite Solid Structures"]
    assert found[1].facts["problem_types"] == ["Composite Solid Structures", MEASURED]


def test_options_are_taken_out_of_the_question_and_given_apart(tmp_path: Path) -> None:
    _, choice, inline, _ = items(data(tmp_path))
    assert choice.asked.kind == "choice"
    assert choice.asked.question == "The surface is ( )"
    assert choice.asked.options[3] == "D. $16 \\pi$"
    assert BENCHMARK.prompt(choice) == CHOICE["question"]
    assert inline.asked.kind == "choice"


def test_figures_are_numbered_where_there_are_several_and_may_be_options(tmp_path: Path) -> None:
    free, _, inline, _ = items(data(tmp_path))
    assert free.asked.question == "Find the volume of cone 0."
    assert inline.asked.question == "Which is its front view? ()\n\n[picture 1]"
    assert inline.asked.options == ("A. [picture 2]", "B. [picture 3]")
    assert BENCHMARK.prompt(inline) == INLINE["question"]


@pytest.mark.parametrize(
    ("question", "asked", "options"),
    [
        ("Its area is () A. 1\n B. 2.5\n C. 3\n", "Its area is ()", ("A. 1", "B. 2.5", "C. 3")),
        ("In 如图 A. B is a point. () A. 1 B. 2", "In 如图 A. B is a point. ()", ("A. 1", "B. 2")),
        ("体积是（） A．60\nB．27\nC．45", "体积是（）", ("A. 60", "B. 27", "C. 45")),
        ("Which of A, B and C is it?", "Which of A, B and C is it?", ()),
        ("Is it () A. 1 C. 2 B. 3", "Is it () A. 1 C. 2 B. 3", ()),
        ("Is it () A. B.", "Is it () A. B.", ()),
    ],
)
def test_options_that_end_a_question(tmp_path: Path, question: str, asked: str, options: tuple[str, ...]) -> None:
    (item,) = items(data(tmp_path, record(0, question=question, answer="B", answer_type="choice")))
    assert (item.asked.question, item.asked.options) == (asked, options)
    assert item.asked.kind == ("choice" if options else "text")


def test_a_letter_beyond_the_options_leaves_the_question_whole(tmp_path: Path) -> None:
    (item,) = items(data(tmp_path, record(0, question="Is it () A. 1 B. 2", answer="D", answer_type="choice")))
    assert (item.asked.kind, item.asked.question) == ("text", "Is it () A. 1 B. 2")


def test_the_working_and_the_key_are_not_shown(tmp_path: Path) -> None:
    for item in items(data(tmp_path)):
        assert "the working" not in repr(item.asked)
        assert "the working" not in BENCHMARK.prompt(item)


def test_the_variant_choice_holds_what_can_be_scored_without_a_judge(tmp_path: Path) -> None:
    assert [(item.id, item.facts["letter"]) for item in items(data(tmp_path), "choice")] == [("401", "D"), ("402", "B")]


@pytest.mark.parametrize(
    ("key", "letter"),
    [
        ("B", "B"),
        ("B\n\n【分析】...", "B"),
        ("$B$", "B"),
        (r"$\mathrm{C}$", "C"),
        ("(D)", "D"),
        ("（A）", "A"),
        ("A.", "A"),
        ("E【详解】", "E"),
        ("Area $=12$", None),
        ("ABC", None),
        ("the second", None),
        ("12", None),
    ],
)
def test_the_letter_of_a_key(key: str, letter: str | None) -> None:
    assert letter_of(key) == letter


@pytest.mark.parametrize(
    ("said", "official", "strict"),
    [
        ("D", 1, 1),
        ("D. $16 \\pi$", 1, 0),
        ("The answer is D.", 1, 0),
        ("ANSWER: D", 1, 1),
        ("C", 0, 0),
        ("C or D", 0, 0),
        ("", 0, 0),
    ],
)
def test_letters_are_scored_without_a_judge(tmp_path: Path, said: str, official: float, strict: float) -> None:
    _, choice, *_ = items(data(tmp_path))
    assert BENCHMARK.official(choice, said).value == official
    assert BENCHMARK.strict(choice, said).value == strict


def test_without_a_judge_other_answers_have_no_score_and_strictly_only_the_keys_own_words(tmp_path: Path) -> None:
    free, *_ = items(data(tmp_path))
    assert BENCHMARK.official(free, "25.13").value is None
    assert BENCHMARK.strict(free, "Volume = 25.13 cm^3").value == 1
    assert BENCHMARK.strict(free, "about 25").value == 0
    assert BENCHMARK.strict(free, "").value == 0
    (worked,) = items(data(tmp_path / "b", record(0, answer="7\n\n[Analysis] There are two layers.")))
    assert BENCHMARK.strict(worked, "$7$").value == 1


def judging(*verdicts: str) -> tuple[Any, list[Request]]:
    asked: list[Request] = []

    async def ask(request: Request) -> str:
        asked.append(request)
        return verdicts[len(asked) - 1]

    assert isinstance(BENCHMARK.judge, ModelJudge)
    return BENCHMARK.judge.asking(ask), asked


@pytest.mark.parametrize(("verdict", "value"), [("True", 1), ("false", 0), ("True.", 1)])
async def test_the_judge_sees_question_key_and_answer(tmp_path: Path, verdict: str, value: float) -> None:
    free, *_ = items(data(tmp_path))
    judge, asked = judging(verdict)
    assert (await judge(free, "25.13")).value == value
    (request,) = asked
    for part in ("Find the volume of cone 0.", r"Volume $=25.13 \mathrm{~cm}^{3}$", "Student's answer: 25.13"):
        assert part in request.prompt
    assert (request.temperature, request.max_tokens) == (0, 10)


async def test_the_judge_is_asked_about_letters_too_except_in_the_variant_choice(tmp_path: Path) -> None:
    folder = data(tmp_path)
    judge, asked = judging("True")
    assert (await judge(items(folder)[1], "C")).value == 1
    assert len(asked) == 1
    judge, asked = judging()
    assert (await judge(items(folder, "choice")[0], "C")).value == 0
    assert asked == []


async def test_trap_a_judge_that_fails_is_an_error_and_not_a_wrong_answer(tmp_path: Path) -> None:
    """Published: whatever goes wrong with the judge counts as a wrong answer."""
    free, *_ = items(data(tmp_path))
    judge, _ = judging("Partly", "Partly", "Partly")
    with pytest.raises(InfrastructureError, match="no verdict"):
        await judge(free, "25.13")
    judge, asked = judging()
    assert (await judge(free, "  ")).value == 0
    assert asked == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"image": "images\\1.jpg"}, 'SolidGeo.json, line 2, field "image": a list of texts is needed'),
        ({"answer": ""}, 'SolidGeo.json, line 2, field "answer": it is blank'),
        ({"image": ["..\\..\\x.jpg"]}, 'SolidGeo.json, line 2, field "image": '),
        ({"problem_type": []}, 'SolidGeo.json, line 2, field "problem_type": the list is empty'),
    ],
)
def test_wrong_data_are_named_by_file_entry_and_field(tmp_path: Path, spoil: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as caught:
        items(data(tmp_path, record(0), record(1, **spoil)))
    assert str(caught.value).startswith(said)


def test_a_truncated_file_is_one_line(tmp_path: Path) -> None:
    path = data(tmp_path) / "SolidGeo.json"
    path.write_text(path.read_text()[:300])
    with pytest.raises(DataError, match=r"SolidGeo\.json, line 1: it is no JSON"):
        items(tmp_path)
