"""The embedded model through the whole loop, on pictures whose answers are known; moving things changes the answers."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.agents import Answer, Budget, SpatialAgent

RED, BLUE, GREEN = (200, 30, 30), (40, 70, 200), (40, 160, 60)


def scene(circle: tuple[int, int] = (120, 100), square: tuple[int, int] = (420, 300)) -> NDArray[np.uint8]:
    pixels = np.full((400, 600, 3), 250, np.uint8)
    cv2.circle(pixels, circle, 40, RED, -1, cv2.LINE_AA)
    x, y = square
    cv2.rectangle(pixels, (x - 60, y - 60), (x + 60, y + 60), BLUE, -1)
    triangle = np.array([[280, 60], [340, 60], [310, 10]])
    cv2.fillPoly(pixels, [triangle], GREEN, cv2.LINE_AA)
    return pixels


@pytest.fixture
def ask(tmp_path: Path):
    agent = SpatialAgent(runs=tmp_path)
    return agent.ask


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many objects are there?", 3),
        ("How many red circles are there?", 1),
        ("How many objects are left of the blue square?", 2),
        ("Is the red circle left of the blue square?", "yes"),
        ("Is the red circle below the blue square?", "no"),
        ("Is the red circle on the left or right of the blue square?", "left"),
        ("Where is the red circle relative to the blue square?", "above and left"),
        ("What colour is the largest object?", "blue"),
        ("Which is larger, the red circle or the blue square?", "the blue square r3 at (420, 300)"),
    ],
)
def test_questions_about_a_known_scene(question: str, value: object, ask) -> None:
    answer: Answer = ask(question, scene())
    assert (answer.status, answer.value) == ("answered", value), answer.text
    assert answer.trace.calls["1.1"].call.name == "find_regions"


def test_moving_an_object_changes_the_answer(ask) -> None:
    question = "Is the red circle left of the blue square?"
    assert ask(question, scene()).value == "yes"
    assert ask(question, scene(circle=(540, 100))).value == "no"


def test_pixel_distance_and_angle(ask) -> None:
    distance = ask(
        "How far apart are the red circle and the blue square in pixels?", scene(), expect="number", unit="px"
    )
    assert distance.value == pytest.approx(np.hypot(300, 200), abs=2)
    angle = ask("What is the angle from the red circle to the blue square?", scene(), expect="number", unit="degrees")
    assert angle.value == pytest.approx(-np.degrees(np.arctan2(200, 300)), abs=0.5)


@pytest.mark.parametrize(
    ("question", "options", "value"),
    [
        ("How many objects are there?", ["2", "3", "4"], "B"),
        ("Which is closer to the left edge?", ["A. the blue square", "B. the red circle"], "B"),
        ("Is the red circle left of the blue square?", ["yes", "no"], "A"),
        ("Is the red circle on the left or right of the blue square?", ["right", "left"], "B"),
        ("Which object is the largest?", ["the red circle", "the green triangle", "the blue square"], "C"),
    ],
)
def test_options(question: str, options: list[str], value: str, ask) -> None:
    assert ask(question, scene(), options=options).value == value


def test_marks_name_things(ask) -> None:
    marks = {"mug": (80.0, 60.0, 160.0, 140.0), "plate": (360.0, 240.0, 480.0, 360.0)}
    answer = ask("Is the mug above the plate?", scene(), marks=marks)
    assert answer.value == "yes"
    assert [c.call.name for c in answer.trace.calls.values()] == ["draw_box", "answer"]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("What is the man holding?", "outside what I understand"),
        ("Which is closer to the camera?", "outside what I understand"),
        ("How wide is the mug?", "not what things are"),
        ("What colour is the yellow one?", "outside what I understand"),
        ("How wide is the yellow circle?", "no region fits"),
    ],
)
def test_what_cannot_be_told_is_said(question: str, reason: str, ask) -> None:
    answer: Answer = ask(question, scene())
    assert answer.status == "cannot tell"
    assert reason in answer.text


def test_several_pictures_need_a_name(ask) -> None:
    pictures = [scene(), scene(circle=(540, 100))]
    assert "one picture at a time" in ask("How many objects are there?", pictures).text
    assert ask("Is the red circle left of the blue square in img1?", pictures).value == "yes"
    assert ask("Is the red circle left of the blue square in img2?", pictures).value == "no"


def test_without_its_instrument_it_says_so(tmp_path: Path) -> None:
    answer = SpatialAgent(runs=tmp_path, tools=["drawing"]).ask("How many objects are there?", scene())
    assert answer.status == "cannot tell"
    assert "find_regions" in answer.text


def test_a_short_budget_ends_in_an_answer_or_the_reason(tmp_path: Path) -> None:
    two = SpatialAgent(runs=tmp_path, budget=Budget(steps=2)).ask("How many objects are there?", scene())
    assert (two.value, two.forced) == (3, True)
    one = SpatialAgent(runs=tmp_path, budget=Budget(steps=1)).ask("How many objects are there?", scene())
    assert one.status == "cannot tell"


@pytest.mark.parametrize("strategy", ["direct", "cot"])
def test_without_tools_it_cannot_tell(strategy: str, tmp_path: Path) -> None:
    answer = SpatialAgent(runs=tmp_path, strategy=strategy).ask("How many objects are there?", scene())
    assert answer.status == "cannot tell"


@pytest.mark.parametrize(
    ("question", "given", "reason"),
    [
        ("How wide is the blue square?", {"expect": "number", "unit": "m"}, "not in m"),
        ("How far apart are the red circle and the blue square?", {"expect": "number", "unit": "cm"}, "not in cm"),
        ("How many cats are there?", {}, "not alike"),
        ("How many small circles are there?", {}, "outside what I understand"),
        ("How many red stars are there?", {}, "outside what I understand"),
        ("Is the turquoise square left of the red circle?", {}, "outside what I understand"),
        ("What colour is the leftmost dog?", {}, "not alike"),
        ("How many objects are there?\nDo not count the green one.", {}, "outside what I understand"),
        ("How many objects are there?", {"options": ["more than 2", "2"]}, "None of the options"),
    ],
)
def test_what_would_be_a_guess_is_not_answered(question: str, given: dict, reason: str, ask) -> None:
    answer: Answer = ask(question, scene(), **given)
    assert answer.status == "cannot tell", answer.text
    assert reason in answer.text


def test_nothing_found_is_not_zero(ask) -> None:
    empty = np.full((300, 400, 3), 200, np.uint8)
    answer = ask("How many objects are there?", empty)
    assert answer.status == "cannot tell"
    assert "does not show that nothing is there" in answer.text


def test_the_nearest_to_a_mark_is_not_what_it_marks(ask) -> None:
    answer = ask("Which object is closest to the mug?", scene(), marks={"mug": (80.0, 60.0, 160.0, 140.0)})
    assert "green triangle" in answer.text


def test_the_bottom_is_an_edge(ask) -> None:
    assert "blue square" in ask("Which object is closest to the bottom?", scene()).text
    assert "green triangle" in ask("Which object is closest to the top?", scene()).text


def test_what_a_branch_adds_is_not_ignored(tmp_path: Path) -> None:
    agent = SpatialAgent(runs=tmp_path)
    agent.ask("How many objects are there?", scene())
    assert "cannot follow what was added" in agent.branch("last", 1, say="Count only the red ones").text
