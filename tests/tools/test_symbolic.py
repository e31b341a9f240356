"""Relations in words: what sentences say, what follows from them, and what does not."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.memory import InstrumentLimit, ModelMistake
from sightline.tools.symbolic import answer_sets, offsets, relation_solve
from sightline.tools.symbolic.offsets import Contradiction, Steps
from sightline.tools.symbolic.reading import Unread, read
from sightline.tools.symbolic.relations import NAMES, Relation

AB = ("A", "B")


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("A is to the left of B.", "A left B"),
        ("A is directly below B.", "A below B"),
        ("The object A is positioned above and to the right of the object B.", "A upper-right B"),
        ("A is at B's 9 o'clock.", "A left B"),
        ("A is at B’s 12 o'clock.", "A above B"),
        ("A is sitting at the 3:00 position to B.", "A right B"),
        ("If B is the center of a clock face, A is located between 10 and 11.", "A upper-left B"),
        ("If B is the center of a clock face, A is located between 2 and 4.", "A right B"),
        ("A is below B at 7 o'clock.", "A lower-left B"),
        ("A is there and B is at the 5 position of a clock face.", "B lower-right A"),
        ("A is over there and B is on the left of it.", "B left A"),
        ("A is over there with B above.", "B above A"),
        ("A is over there and B is directly above it.", "B above A"),
        ("A and B are parallel, and B is under A.", "B below A"),
        ("A and B are parallel, and A on the left of B.", "A left B"),
        ("A and B are side by side with A at the bottom and B on the top.", "A below B"),
        ("A and B are next to each other with A at the bottom B on the top.", "A below B"),
        ("A and B are in a horizontal line with B on the right.", "B right A"),
        ("A and B are vertical and A is above B.", "A above B"),
        ("A is on the right and B is on the left.", "A right B"),
        ("A is slightly off center to the top left and B is off center to the bottom right.", "A upper-left B"),
        ("The objects A and B are there. The object B is lower and to the left of the object A.", "B lower-left A"),
        ("Object A is below object B and to the left of it, too.", "A lower-left B"),
        ("A is north east of B.", "A upper-right B"),
        ("A is at a 45 degree angle to B, in the lower lefthand corner.", "A lower-left B"),
        ("A is to the right of B and below B.", "A lower-right B"),
        ("A and B overlap.", "A overlap B"),
    ],
)  # fmt: skip
def test_what_a_sentence_says(sentence: str, said: str) -> None:
    (relation,) = read(sentence, AB, 0)
    assert f"{relation.a} {NAMES[relation.step]} {relation.b}" == said


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("A is near B.", "says of no two of the things"),
        ("A is diagonally left and above A.", "says of no two|places A by itself"),
        ("A is in the front right corner of B.", "only from a viewpoint"),
        ("A is left and to the right of B.", "contradict each other"),
        ("A is on the left and B is on the left.", "do not fit each other"),
        ("A is at B's 14 o'clock.", "hours 1 to 12"),
        ("A and B are parallel, and C is over A.", "begins with two things"),
    ],
)
def test_a_sentence_that_says_nothing_clear_is_not_guessed_at(sentence: str, reason: str) -> None:
    with pytest.raises(Unread, match=reason):
        read(sentence, ("A", "B", "C"), 0)


@pytest.mark.parametrize(
    "sentence",
    [
        "The cup is not to the left of the plate.",
        "The cup isn't above the plate.",
        "The cup is neither left nor right of the plate.",
        "The cup is to the left of the plate or above it.",
        "The cup might be above the plate.",
        "The cup is right next to the plate.",
        "The cup is on the right side of the picture, near the plate.",
        "The cup has the plate on its left.",
        "The cup is facing left of the plate.",
        "The cup is less high up than the plate.",
        "The cup is the opposite of above the plate.",
    ],
)
def test_direction_words_that_do_not_say_where_one_lies_from_the_other(sentence: str) -> None:
    with pytest.raises(Unread, match="its direction is not plain"):
        read(sentence, ("cup", "plate"), 0)


def test_names_of_several_words_and_articles() -> None:
    things = ("red mug", "mug", "book on the shelf")
    (relation,) = read("The red mug is to the left of a mug.", things, 0)
    assert (relation.a, relation.b, relation.x, relation.y) == ("red mug", "mug", -1, None)
    (relation,) = read("The book on the shelf is directly above the mug.", things, 0)
    assert (relation.a, relation.b, relation.x, relation.y) == ("book on the shelf", "mug", 0, 1)


# What follows


SIGNS = st.sampled_from([-1, 0, 1])


@st.composite
def placed_things(draw: st.DrawFn) -> tuple[dict[str, tuple[int, int]], list[Relation]]:
    """Things on a grid, and true relations between neighbours."""
    names = [f"t{number}" for number in range(draw(st.integers(2, 7)))]
    places = {names[0]: (0, 0)}
    relations = []
    for number, name in enumerate(names[1:], start=1):
        other = names[draw(st.integers(0, number - 1))]
        x, y = draw(SIGNS), draw(SIGNS)
        places[name] = places[other][0] + x, places[other][1] + y
        a, b, sx, sy = (name, other, x, y) if draw(st.booleans()) else (other, name, -x, -y)
        relations.append(Relation(a, b, sx, sy, number - 1))
    return places, draw(st.permutations(relations))


def sign(value: int) -> int:
    return (value > 0) - (value < 0)


@given(placed_things())
def test_steps_add_up_and_both_solvers_agree(scene: Any) -> None:
    places, relations = scene
    for a, b in itertools.permutations(places, 2):
        x, y = places[a][0] - places[b][0], places[a][1] - places[b][1]
        for solve in (offsets.conclude, answer_sets.conclude):
            found = solve(relations, a, b, "unit")
            assert found is not None
            assert (found.x, found.y, found.offset) == (sign(x), sign(y), (x, y))


@given(placed_things(), st.data())
def test_what_follows_without_distances_holds_for_every_choice_of_them(scene: Any, data: st.DataObject) -> None:
    """Stretch the grid along each axis at will: what was said to follow is still so, and both solvers say the same."""
    places, relations = scene
    a, b = data.draw(st.permutations(sorted(places)))[:2]
    found = offsets.conclude(relations, a, b, "unknown")
    other = answer_sets.conclude(relations, a, b, "unknown")
    assert found is not None
    assert other is not None
    assert (found.x, found.y) == (other.x, other.y)
    lengths = [data.draw(st.integers(1, 50)) for _ in relations]
    stretched = {min(places): (0, 0)}
    while len(stretched) < len(places):
        for relation, length in zip(relations, lengths, strict=True):
            dx, dy = (relation.x or 0) * length, (relation.y or 0) * length
            if relation.b in stretched:
                x, y = stretched[relation.b]
                stretched.setdefault(relation.a, (x + dx, y + dy))
            elif relation.a in stretched:
                x, y = stretched[relation.a]
                stretched.setdefault(relation.b, (x - dx, y - dy))
    for axis, said in enumerate((found.x, found.y)):
        if said is not None:
            assert sign(stretched[a][axis] - stretched[b][axis]) == said


@pytest.mark.parametrize("solve", [offsets.conclude, answer_sets.conclude])
@pytest.mark.parametrize("steps", ["unit", "unknown"])
def test_statements_that_cannot_all_hold(solve: Any, steps: Steps) -> None:
    circle = [Relation("a", "b", -1, None, 0), Relation("b", "c", -1, None, 1), Relation("c", "a", -1, None, 2)]
    with pytest.raises(Contradiction) as caught:
        solve(circle, "a", "b", steps)
    assert caught.value.sources == (0, 1, 2)


@given(st.data())
def test_both_solvers_say_the_same_of_any_statements(data: st.DataObject) -> None:
    """Contradictory, repeated and unconnected ones, too."""
    names, signs = st.sampled_from("abcde"), st.sampled_from([-1, 0, 1, None])
    pairs = data.draw(st.lists(st.tuples(names, names, signs, signs).filter(lambda r: r[0] != r[1]), max_size=7))
    relations = [Relation(*pair, number) for number, pair in enumerate(pairs)]
    steps = data.draw(st.sampled_from(["unit", "unknown"]))

    def outcome(solve: Any) -> Any:
        try:
            found = solve(relations, "a", "b", steps)
        except Contradiction:
            return "contradiction"
        return None if found is None else (found.x, found.y, found.offset)

    assert outcome(offsets.conclude) == outcome(answer_sets.conclude)


@pytest.mark.parametrize("solve", [offsets.conclude, answer_sets.conclude])
@pytest.mark.parametrize("steps", ["unit", "unknown"])
def test_things_that_nothing_connects(solve: Any, steps: Steps) -> None:
    apart = [Relation("a", "b", -1, 0, 0), Relation("c", "d", 1, 0, 1)]
    assert solve(apart, "a", "d", steps) is None


# The tool


def test_the_tool_says_what_follows_and_from_what() -> None:
    statements = ["The cup is to the left of the plate.", "The fork is below the cup, to the left.", "The cup shines."]
    result = relation_solve(statements, ["cup", "plate", "fork"], "fork", "plate")
    assert result.text == (  # type: ignore[union-attr]
        "fork relative to plate: left; above or below does not follow. It follows from "
        "2 ('The fork is below the cup, to the left.'), 1 ('The cup is to the left of the plate.'). "
        "Not read, so not used: statement 3 ('The cup shines.': it says of no two of the things which way one lies "
        "from the other)."
    )
    steps = relation_solve(statements[:2], ["cup", "plate", "fork"], "fork", "plate", steps="unit").text  # type: ignore[union-attr]
    assert steps.startswith("fork relative to plate: lower-left, at (-2, -1) steps to the right and up")


def test_opposite_steps_do_not_cancel_where_nobody_says_how_long_they_are() -> None:
    statements = ["A is left of B.", "C is right of B."]
    text = relation_solve(["A is left of B.", "C is left of B."], ["A", "B", "C"], "A", "C").text  # type: ignore[union-attr]
    assert text == "A relative to C: does not follow; the statements allow every direction."
    assert relation_solve(statements, ["A", "B", "C"], "A", "C").text.startswith("A relative to C: left;")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("things", "a", "b", "said"),
    [
        (["A", "B"], "D", "B", "'D' is not among the things"),
        (["A", "B"], "A", "A", "a and b are both 'A'"),
        (["A", "A", "B"], "A", "B", "named twice or blank"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(things: list[str], a: str, b: str, said: str) -> None:
    with pytest.raises(ModelMistake, match=said):
        relation_solve(["A is left of B."], things, a, b)


def test_a_contradiction_names_the_statements() -> None:
    statements = ["A is left of B.", "C is above B.", "B is left of A."]
    with pytest.raises(InstrumentLimit, match=r"1 \('A is left of B.'\); 3 \('B is left of A.'\) cannot all hold"):
        relation_solve(statements, ["A", "B", "C"], "A", "B")
