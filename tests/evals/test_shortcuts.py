"""The shortcut solvers find what is planted for them, and nothing where nothing is."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.evals.synthetic.shortcuts import Cell, as_markdown, passes, print_table, shortcut_table
from sightline.evals.synthetic.suite.dataset import Question

COUNT = 1000
NAMES = ("red mug", "blue mug", "green lamp", "white chair", "black sofa")

Plant = Callable[[random.Random, dict[str, list[list[float]]], list[str], int], tuple[str, str]]
"""Dice, boxes, the two named things, which of them is right by a coin -> (the question, the name that is right)."""


def box(dice: random.Random) -> list[float]:
    x, y = dice.uniform(0, 0.7), dice.uniform(0, 0.7)
    return [x, y, x + dice.uniform(0.05, 0.3), y + dice.uniform(0.05, 0.3)]


def nearer(plant: Plant, *, pictures: int = 1, count: int = COUNT) -> list[Question]:
    """Which of two things is nearer, the right one chosen by a coin or by what is planted."""
    out = []
    for k in range(count):
        dice = random.Random(k)
        names = dice.sample(NAMES, 2)
        boxes = {name: [box(dice) for _ in range(pictures)] for name in names}
        question, right = plant(dice, boxes, names, dice.randrange(2))
        shown = dice.sample(names, 2)
        out.append(
            Question(
                id=f"q{k}",
                question=question,
                kind="choice",
                answer="AB"[shown.index(right)],
                category="nearer",
                cluster=f"room{k // 2}",
                options=tuple(f"{letter}. {name}" for letter, name in zip("AB", shown, strict=True)),
                pictures=("pictures/p.png",) * pictures,
                facts={"boxes": boxes, "referents": names, "options": dict(zip("AB", shown, strict=True))},
            )
        )
    return out


def asks(names: list[str], word: str = "nearer") -> str:
    return f"Which is {word}, the {names[0]} or the {names[1]}?"


def by_coin(dice: random.Random, boxes: dict[str, list[list[float]]], names: list[str], coin: int) -> tuple[str, str]:
    return asks(names), names[coin]


def first_named(
    dice: random.Random, boxes: dict[str, list[list[float]]], names: list[str], coin: int
) -> tuple[str, str]:
    return asks(names), names[0 if dice.random() < 0.7 else 1]


def left_one(dice: random.Random, boxes: dict[str, list[list[float]]], names: list[str], coin: int) -> tuple[str, str]:
    return asks(names), min(names, key=lambda name: boxes[name][0][0] + boxes[name][0][2])


def lower_unless_farther(
    dice: random.Random, boxes: dict[str, list[list[float]]], names: list[str], coin: int
) -> tuple[str, str]:
    low = sorted(names, key=lambda name: boxes[name][0][3])
    return (asks(names), low[1]) if coin else (asks(names, "farther"), low[0])


def large_in_the_first(
    dice: random.Random, boxes: dict[str, list[list[float]]], names: list[str], coin: int
) -> tuple[str, str]:
    def area(name: str) -> float:
        x0, y0, x1, y1 = boxes[name][0]
        return (x1 - x0) * (y1 - y0)

    return asks(names), max(names, key=area)


def verdicts(table: tuple[Cell, ...]) -> dict[str, str]:
    return {cell.solver: cell.verdict for cell in table}


def test_nothing_is_found_where_nothing_is() -> None:
    table = shortcut_table(nearer(by_coin, pictures=2))
    assert set(verdicts(table).values()) == {"passes"}
    assert passes(table)
    assert all(cell.chance == 0.5 and cell.low < cell.score < cell.high for cell in table)
    assert all(0.02 < cell.high - cell.low < 0.1 for cell in table)


@pytest.mark.parametrize(
    ("plant", "finders", "pictures"),
    [
        (first_named, {"text"}, 1),
        (left_one, {"2D order"}, 1),
        (lower_unless_farther, {"low or large"}, 1),
        (large_in_the_first, {"first picture"}, 3),
    ],
)
def test_what_is_planted_is_found(plant: Plant, finders: set[str], pictures: int) -> None:
    table = shortcut_table(nearer(plant, pictures=pictures))
    found = {cell.solver for cell in table if cell.verdict == "fails"}
    assert finders <= found
    assert not passes(table)
    assert "fails**" in as_markdown(table)


def test_an_option_that_is_right_too_often_is_found() -> None:
    questions = [
        Question(
            f"q{k}",
            "Which turn?",
            "choice",
            "A" if k % 10 < 6 else "B",
            "turn",
            f"c{k}",
            options=("A. left", "B. right"),
        )
        for k in range(COUNT)
    ]
    cells = {cell.solver: cell for cell in shortcut_table(questions)}
    assert cells["prior"].verdict == "fails"
    assert cells["prior"].score == pytest.approx(0.6, abs=0.02)
    assert cells["2D order"].verdict == "does not apply"


def test_the_middle_number_that_is_always_right_is_found() -> None:
    questions = []
    for k in range(COUNT):
        dice = random.Random(k)
        right = dice.randrange(5, 50)
        shown = dice.sample([right - 2, right, right + 2], 3)
        questions.append(
            Question(
                f"q{k}",
                "How many?",
                "choice",
                "ABC"[shown.index(right)],
                "count",
                f"c{k}",
                options=tuple(f"{letter}. {n}" for letter, n in zip("ABC", shown, strict=True)),
            )
        )
    assert verdicts(shortcut_table(questions))["prior"] == "fails"


def test_numbers_are_measured_against_the_best_constant() -> None:
    def metres(told: bool) -> list[Question]:
        out = []
        for k in range(COUNT):
            dice = random.Random(k)
            size = dice.uniform(0.5, 4)
            word = (
                ("tiny", "small", "big", "huge")[int(size)] if told else dice.choice(("tiny", "small", "big", "huge"))
            )
            out.append(Question(f"q{k}", f"How long is the {word} table?", "number", size, "size", f"c{k}", unit="m"))
        return out

    assert verdicts(shortcut_table(metres(False)))["text"] == "passes"
    told = {cell.solver: cell for cell in shortcut_table(metres(True))}
    assert told["text"].verdict == "fails"
    assert told["text"].score > told["text"].chance + 0.2
    assert told["prior"].verdict == "passes"


def test_thumbnails_are_cues_where_pictures_are_drawn(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    questions = []
    for k in range(COUNT):
        dice = random.Random(k)
        bright = dice.randrange(2)
        name = f"pictures/{k}.png"
        pixels = np.random.default_rng(k).integers(0, 120, (20, 20, 3), dtype=np.uint8)
        pixels[:10] += np.uint8(100 * bright)
        Image.fromarray(pixels).save(tmp_path / name)
        other = f"pictures/{(k * 7) % COUNT}.png"
        questions.append(
            Question(f"q{k}", "Day?", "yes_no", ("no", "yes")[bright], "day", f"c{k}", pictures=(name, other))
        )
    assert verdicts(shortcut_table(questions))["first picture"] == "does not apply"
    cells = {cell.solver: cell for cell in shortcut_table(questions, tmp_path)}
    assert cells["first picture"].score > 0.9
    assert cells["shuffled"].verdict == "passes"


def test_a_reason_makes_a_failure_valid_and_too_few_questions_give_no_verdict() -> None:
    few = shortcut_table(nearer(by_coin, count=200))
    assert "too few questions" in verdicts(few).values()
    assert not passes(few)
    valid = {("nearer", solver): "it is asked about" for solver in ("2D order", "shuffled", "low or large")}
    table = shortcut_table(nearer(left_one), valid=valid)
    assert verdicts(table)["2D order"] == "valid by definition"
    assert passes(table)
    assert "1. it is asked about" in as_markdown(table).splitlines()


def test_a_cluster_is_never_on_both_sides() -> None:
    # The questions of a cluster have the same answer and a word of their own: remembered, that would be 100 %.
    coins = [random.Random(k).choice(("no", "yes")) for k in range(COUNT // 8)]
    questions = [
        Question(f"q{k}", f"Is it w{k // 8}?", "yes_no", coins[k // 8], "t", f"c{k // 8}") for k in range(COUNT)
    ]
    text = next(cell for cell in shortcut_table(questions) if cell.solver == "text")
    assert abs(text.score - 0.5) < 0.12


def test_the_table_is_printed_with_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(shortcut_table(nearer(left_one, count=300)))
    said = capsys.readouterr().out
    assert "nearer" in said
    assert "there is one picture" in " ".join(said.split())


def test_boxes_that_do_not_fit_the_pictures_are_refused() -> None:
    question = nearer(by_coin, count=1)[0]
    broken = Question(
        "q", question.question, "yes_no", "yes", "t", "c", pictures=("a.png", "b.png"), facts=question.facts
    )
    with pytest.raises(ValueError, match="1 boxes in 2 pictures"):
        shortcut_table([broken])
