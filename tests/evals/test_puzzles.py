"""The puzzles as suites: any number by seed, pairs that answer each other, right answers win."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from sightline.evals import benchmark
from sightline.evals.mazes import Maze, shortest_path
from sightline.evals.synthetic.shortcuts import as_markdown, passes, shortcut_table
from sightline.evals.synthetic.suite.dataset import RESERVED, Question, read_questions
from sightline.evals.synthetic.suite.suites import suite
from sightline.memory import InputError

NAMES = ("mazes", "rotation", "polycubes")


def some(name: str, count: int, seed: int = 0, categories: tuple[str, ...] = ()) -> list[Question]:
    chosen = suite(name)
    return [q for _, q in chosen.questions(None, count, seed, chosen.chosen(categories))]


def said(question: Question) -> str:
    """The right answer in words, whatever its letter."""
    texts = dict(option.split(". ", 1) for option in question.options)
    return texts.get(question.answer, str(question.answer))


@pytest.mark.parametrize("name", NAMES)
def test_a_set_is_made_read_and_scored(name: str, tmp_path: Path) -> None:
    made = benchmark(name)
    about = suite(name).make(tmp_path, 26, RESERVED)
    items = list(made.read(tmp_path, "test"))
    assert len(items) == 26 == about.questions
    assert set(about.categories) == set(made.categories)
    assert max(about.categories.values()) - min(about.categories.values()) <= 3
    for item in items:
        right = ", ".join(shortest_path(Maze.from_text(item.target))) if item.category == "path" else str(item.target)
        assert made.official(item, made.render(item, right if item.category == "path" else item.target)).value == 1
        assert made.strict(item, f"ANSWER: {right}").value == 1
        assert made.official(item, "").value == 0
        assert made.official(item, "I cannot tell.").value == 0
        assert all(picture.is_file() for picture in item.asked.pictures)
        assert item.asked.question in made.prompt(item)
        if item.category != "path":
            tried = map(str, range(30)) if item.asked.kind == "integer" else ("A", "B", "C", "D", "yes", "no")
            assert [v for v in tried if made.official(item, v).value == 1] == [right]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_questions_drawn_or_not_and_a_longer_set_begins_alike(
    name: str, tmp_path: Path
) -> None:
    suite(name).make(tmp_path, 14, 77)
    drawn = list(read_questions(tmp_path))
    assert drawn == some(name, 14, 77)
    assert some(name, 30, 77)[:14] == drawn
    assert some(name, 14, 78) != drawn


@pytest.mark.parametrize("name", NAMES)
def test_types_can_be_chosen(name: str) -> None:
    category = suite(name).categories[0]
    assert {q.category for q in some(name, 8, 0, (category,))} == {category}
    with pytest.raises(InputError, match="has no question type 'chess'"):
        suite(name).chosen(("chess",))
    with pytest.raises(InputError, match="at least one question"):
        suite(name).make(Path("never"), 0)


@pytest.mark.parametrize("name", NAMES)
def test_pairs_answer_each_other(name: str) -> None:
    opposite = {"yes": "no", "no": "yes", "left": "right", "right": "left", "up": "up", "down": "down"}
    pairs: dict[str, list[Question]] = defaultdict(list)
    for question in some(name, 90):
        if question.pair:
            pairs[question.pair].append(question)
    seen = set()
    for first, *others in pairs.values():
        for other in others:
            seen.add(other.variation)
            assert first.cluster == other.cluster
            match other.variation, first.category:
                case "paraphrase", _:
                    assert said(other) == said(first)
                    assert other.question != first.question
                case "antonym", "turn angle":
                    assert int(said(first)) + int(said(other)) == 360
                case "flip", "side view":
                    assert said(other) != said(first)
                case _:
                    assert said(other) == opposite[said(first)]
    assert seen == {"paraphrase", "antonym", "flip"}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_type_is_answered_by_a_shortcut(name: str) -> None:
    chosen = suite(name)
    table = shortcut_table(some(name, 1000 * len(chosen.categories) + 20), None, chosen.valid)
    assert passes(table), as_markdown(table)
