"""The questions that the embedded rules understand, and those they must not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.agents.models.form_patterns import parse
from sightline.agents.models.forms import (
    FORMS,
    Angle,
    ColorOf,
    Count,
    Distance,
    Extent,
    Nearest,
    Referent,
    Relation,
    Side,
    SizeComparison,
    Which,
)

MARKS = ("A", "B", "C", "mug", "plate")
MUG, PLATE = Referent("mug", mark="mug"), Referent("plate", mark="plate")
RED_CIRCLE = Referent("red circle", color="red", shape="circle")
BLUE_SQUARE = Referent("blue square", color="blue", shape="square")

UNDERSTOOD = [
    ("How many coins are there?", Count(Referent("coins", noun="coins"))),
    ("How many coins are in the picture?", Count(Referent("coins", noun="coins"))),
    ("Count the red circles.", Count(Referent("red circles", color="red", shape="circle"))),
    ("What is the number of blue objects in this image?", Count(Referent("blue objects", color="blue"))),
    ("How many red circles are to the left of the blue square?",
     Count(Referent("red circles", color="red", shape="circle"), "left", BLUE_SQUARE)),
    ("Which object is the largest?", Which("largest", Referent("object"))),
    ("What is the leftmost object in the image?", Which("leftmost", Referent("object"))),
    ("Is the red circle left of the blue square?", Relation(RED_CIRCLE, "left", BLUE_SQUARE)),
    ("Is the mug above the plate?", Relation(MUG, "above", PLATE)),
    ("Is the mug higher than the plate?", Relation(MUG, "above", PLATE)),
    ("Is the mug on the left or right of the plate?", Side(MUG, PLATE, "horizontal")),
    ("Is the mug above or below the plate?", Side(MUG, PLATE, "vertical")),
    ("Where is the mug relative to the plate?", Side(MUG, PLATE, None)),
    ("On which side of the plate is the mug?", Side(MUG, PLATE, None)),
    ("How far apart are the mug and the plate in pixels?", Distance(MUG, PLATE)),
    ("What is the distance between the mug and the plate?", Distance(MUG, PLATE)),
    ("What is the angle from the mug to the plate?", Angle(MUG, PLATE)),
    ("What is the angle at B between A and C?",
     Angle(Referent("a", mark="A"), Referent("b", mark="B"), Referent("c", mark="C"))),
    ("Which is larger, the mug or the plate?", SizeComparison(MUG, PLATE, "larger", yes_no=False)),
    ("Which is smaller: the mug or the plate?", SizeComparison(MUG, PLATE, "smaller", yes_no=False)),
    ("Is the mug bigger than the plate?", SizeComparison(MUG, PLATE, "larger", yes_no=True)),
    ("Which is closer to the left edge, the mug or the plate?", Nearest("left edge", (MUG, PLATE), farthest=False)),
    ("Which is farther from the centre of the picture, the mug or the plate?",
     Nearest("centre", (MUG, PLATE), farthest=True)),
    ("Which object is closest to the edge of the picture?", Nearest("any edge", (), farthest=False)),
    ("How wide is the mug in pixels?", Extent(MUG, "width")),
    ("What is the area of the largest object?", Extent(Referent("largest object", extreme="largest"), "area")),
    ("What colour is the leftmost object?", ColorOf(Referent("leftmost object", extreme="leftmost"))),
]  # fmt: skip

NOT_UNDERSTOOD = [
    "How many chairs are not red?",
    "How many chairs are behind the table?",
    "How many people are holding umbrellas?",
    "How many objects are larger than the red one?",
    "How many of the mugs are full?",
    "How many legs does the dog have?",
    "Which is closer to the camera?",
    "Which is closer to the camera, the mug or the plate?",
    "Which mug is closer to the edge of the table?",
    "Which is the second largest object?",
    "Which object is not the largest?",
    "Which object is the heaviest?",
    "Which object is the oldest?",
    "Is the red circle not left of the blue square?",
    "Is the mug in front of the plate?",
    "Is the mug behind the plate?",
    "Is the mug on the plate?",
    "Is the mug inside the box?",
    "Is the mug closer than the plate?",
    "Is the mug left of the plate from the person's point of view?",
    "If you stand at the mug facing the plate, is the chair on your left?",
    "Is the man left of the woman who is holding a bag?",
    "How far is the mug from the camera?",
    "How far apart are the mug and the plate in metres?",
    "What is the real distance between the mug and the plate in cm?",
    "How tall is the person in metres?",
    "What is the man doing?",
    "What is this?",
    "Where is the mug?",
    "Describe the picture.",
    "Is there a mug?",
    "Are there any red circles?",
    "What colour is the sky at night?",
    "Why is the mug red?",
    "Which way is the chair facing?",
    "Is the red circle left of the blue square and above the plate?",
    "Which of these is not left of the plate?",
    "Does the mug touch the plate?",
    "",
    "?",
]


@pytest.mark.parametrize(("question", "form"), UNDERSTOOD)
def test_a_question_is_understood(question: str, form: object) -> None:
    assert parse(question, marks=MARKS) == form


@pytest.mark.parametrize("question", NOT_UNDERSTOOD)
def test_a_question_is_left_alone(question: str) -> None:
    assert parse(question, marks=MARKS) is None


@pytest.mark.parametrize("example", [example for _, example in FORMS])
def test_the_examples_given_to_people_are_understood(example: str) -> None:
    marks = ("cup", "spoon")
    assert parse(example, marks=marks) is not None


@given(
    st.sampled_from(UNDERSTOOD), st.sampled_from([str.lower, str.upper, str.title]), st.sampled_from([" ", "  ", "\t"])
)
def test_case_and_white_space_do_not_matter(case: tuple[str, object], change: object, space: str) -> None:
    question = change(case[0].replace(" ", space))  # type: ignore[operator]
    found = parse(question, marks=MARKS)
    assert type(found) is type(case[1])


@given(st.text(max_size=80))
def test_any_text_is_a_form_or_none(text: str) -> None:
    parse(text, marks=MARKS)
