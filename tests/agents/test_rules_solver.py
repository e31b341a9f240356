"""The arithmetic under the embedded rules: on things at known places, with its signs and its doubts."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.agents.models.form_patterns import parse
from sightline.agents.models.rules_solver import Thing, UnclearError, Verdict, View, needs_regions, solve

SIZE = (400, 300)
PLACES = st.tuples(st.floats(20, 380), st.floats(20, 280))


def thing(name: str, x: float, y: float, side: float = 20, color: str = "red", shape: str = "circle") -> Thing:
    box = (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    return Thing(name, box, (x, y), side * side, color, shape)


def marked(name: str, x: float, y: float, side: float = 20) -> Thing:
    return replace(thing(name, x, y, side), color=None, shape=None, mark=name)


def ask(question: str, *things: Thing) -> Verdict:
    marks = tuple(t for t in things if t.mark)
    view = View(SIZE, tuple(t for t in things if not t.mark), marks)
    form = parse(question, marks=[t.mark for t in marks if t.mark])
    assert form is not None, question
    return solve(form, view)


def mirror(item: Thing) -> Thing:
    x0, y0, x1, y1 = item.box
    return replace(item, box=(SIZE[0] - x1, y0, SIZE[0] - x0, y1), centre=(SIZE[0] - item.centre[0], item.centre[1]))


@given(PLACES, PLACES)
def test_left_and_right_follow_the_picture(a: tuple[float, float], b: tuple[float, float]) -> None:
    assume(abs(a[0] - b[0]) > 6)
    here = [marked("A", *a), marked("B", *b)]
    assert ask("Is A left of B?", *here).value == (a[0] < b[0])
    assert ask("Is A right of B?", *here).value == (a[0] > b[0])
    # In the mirrored picture every answer turns round.
    assert ask("Is A left of B?", *map(mirror, here)).value == (a[0] > b[0])
    assert ask("Is A on the left or right of B?", *here).value == ("left" if a[0] < b[0] else "right")


@given(PLACES, PLACES)
def test_above_is_smaller_y(a: tuple[float, float], b: tuple[float, float]) -> None:
    assume(abs(a[1] - b[1]) > 6)
    here = [marked("A", *a), marked("B", *b)]
    assert ask("Is A above B?", *here).value == (a[1] < b[1])
    assert ask("Is A above or below B?", *here).value == ("above" if a[1] < b[1] else "below")


def test_what_is_level_is_not_called() -> None:
    with pytest.raises(UnclearError, match="too close to call"):
        ask("Is A left of B?", marked("A", 100, 20), marked("B", 102, 200))


@given(PLACES, PLACES)
def test_distance_and_angle(a: tuple[float, float], b: tuple[float, float]) -> None:
    assume(math.dist(a, b) > 10)
    here = [marked("A", *a), marked("B", *b)]
    distance = ask("How far apart are A and B in pixels?", *here).value
    angle = ask("What is the angle from A to B?", *here).value
    assert isinstance(distance, float)
    assert isinstance(angle, float)
    assert a[0] + distance * math.cos(math.radians(angle)) == pytest.approx(b[0], abs=1e-6)
    assert a[1] - distance * math.sin(math.radians(angle)) == pytest.approx(b[1], abs=1e-6)


def test_up_is_ninety_degrees() -> None:
    assert ask("What is the angle from A to B?", marked("A", 100, 200), marked("B", 100, 100)).value == pytest.approx(
        90
    )


def test_a_corner() -> None:
    here = [marked("A", 200, 100), marked("B", 100, 100), marked("C", 100, 200)]
    assert ask("What is the angle at B between A and C?", *here).value == pytest.approx(90)


def test_extremes() -> None:
    here = [thing("r1", 50, 250, 30), thing("r2", 200, 40, 60, "blue"), thing("r3", 330, 150, 20, "green")]
    for question, expected in {
        "Which is the leftmost object?": "r1",
        "Which is the rightmost object?": "r3",
        "Which is the topmost object?": "r2",
        "Which is the lowest object?": "r1",
        "Which is the largest object?": "r2",
        "Which is the smallest object?": "r3",
    }.items():
        found = ask(question, *here).value
        assert isinstance(found, Thing)
        assert found.name == expected, question


def test_alike_sizes_are_not_ranked() -> None:
    with pytest.raises(UnclearError, match="too close"):
        ask("Which is the largest object?", thing("r1", 50, 50, 40), thing("r2", 200, 50, 40.4))


def test_counting_by_colour_shape_and_side() -> None:
    here = [
        thing("r1", 50, 50), thing("r2", 150, 60), thing("r3", 250, 70, color="blue", shape="square"),
        thing("r4", 350, 50), thing("r5", 350, 150, shape="square"),
    ]  # fmt: skip
    assert ask("How many objects are there?", *here).value == 5
    assert ask("How many red circles are there?", *here).value == 3
    assert ask("How many red circles are left of the blue square?", *here).value == 2
    assert ask("How many green triangles are there?", *here).value == 0
    assert "not recognised" in ask("How many coins are there?", *here).words


def test_two_that_fit_are_not_one() -> None:
    with pytest.raises(UnclearError, match="2 regions fit"):
        ask("What colour is the circle?", thing("r1", 50, 50), thing("r2", 150, 60))


def test_a_name_alone_is_not_recognised() -> None:
    with pytest.raises(UnclearError, match="Mark it"):
        ask("How wide is the mug?", thing("r1", 50, 50))


def test_nearest() -> None:
    here = [marked("A", 60, 150), marked("B", 300, 150), marked("C", 200, 20)]
    assert ask("Which is closer to C, A or B?", *here).value == here[1]
    assert ask("Which is farther from C, A or B?", *here).value == here[0]
    assert ask("Which is closer to the left edge, A or B?", *here).value == here[0]
    assert ask("Which is closer to the top edge, A or C?", *here).value == here[2]
    assert ask("Which is closer to the centre, A or B?", *here).value == here[1]
    assert ask("Which is closer to the edge of the picture, A or C?", *here).value == here[2]


def test_comparing_sizes() -> None:
    here = [marked("A", 60, 150, 40), marked("B", 300, 150, 20)]
    assert ask("Which is larger, A or B?", *here).value == here[0]
    assert ask("Which is smaller, A or B?", *here).value == here[1]
    assert ask("Is A bigger than B?", *here).value is True
    assert ask("Is A smaller than B?", *here).value is False


def test_extent_and_colour() -> None:
    box = thing("r1", 100, 100, 30, "green")
    assert ask("How wide is the green object in pixels?", box).value == 30
    assert ask("What is the area of the green object?", box).value == 900
    assert ask("What colour is the circle?", box).value == "green"


def test_marks_are_enough_where_everything_is_marked() -> None:
    form = parse("Is A left of B?", marks=("A", "B"))
    assert form is not None
    assert not needs_regions(form)
    other = parse("Is A left of the red circle?", marks=("A",))
    assert other is not None
    assert needs_regions(other)
