"""Arguments of the `answer` tool as typed values: repaired where sure, refused with advice elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sightline.agents.answers import AnswerSpec, Read, read_value
from sightline.geometry.dialects import DIALECTS, PERMILLE_YX, PIXELS, CoordinateDialect, PictureLimits
from sightline.memory.errors import ModelMistake

LIMITS = PictureLimits()
SIZE = (800, 600)


@dataclass(frozen=True)
class Eyes:
    dialect: CoordinateDialect = PIXELS
    limits: PictureLimits = LIMITS


MUGS = AnswerSpec(kind="choice", options=("A. the red one", "B. the blue one"))
ORDER = AnswerSpec(kind="ordering", options=("red", "blue", "green"))
METRES = AnswerSpec(kind="number", unit="m")
COUNT = AnswerSpec(kind="integer")
YES_NO = AnswerSpec(kind="yes_no")
POINT = AnswerSpec(kind="point")
BOX = AnswerSpec(kind="box")
TEXT = AnswerSpec(kind="text")


def read(spec: AnswerSpec, eyes: Eyes = Eyes(), **arguments: object) -> Read:
    return read_value(spec, arguments, eyes, SIZE)


@pytest.mark.parametrize(
    ("spec", "given", "value"),
    [
        (MUGS, "B", "B"),
        (MUGS, " b ", "B"),
        (MUGS, "(B)", "B"),
        (MUGS, "B. the blue one", "B"),
        (MUGS, "The blue one.", "B"),
        (AnswerSpec(kind="choice", options=("1. x", "2. y")), 2, "2"),
        (YES_NO, "Yes.", "yes"),
        (YES_NO, False, "no"),
        (COUNT, 3, 3),
        (COUNT, 3.0, 3),
        (COUNT, "three", 3),
        (COUNT, "1,200", 1200),
        (METRES, 3, 3.0),
        (METRES, "3.5 m", 3.5),
        (METRES, "350 cm", 3.5),
        (METRES, "3.5", 3.5),
        (POINT, [10, 20], (10.0, 20.0)),
        (POINT, "[10, 20]", (10.0, 20.0)),
        (POINT, ["10", 20], (10.0, 20.0)),
        (BOX, [110, 220, 10, 20], (10.0, 20.0, 110.0, 220.0)),
        (BOX, [0, 0, 805, 600], (0.0, 0.0, 800.0, 600.0)),
        (ORDER, ["C", "a", "B"], ["C", "A", "B"]),
        (ORDER, "C, A, B", ["C", "A", "B"]),
        (TEXT, " a mug ", "a mug"),
        (AnswerSpec(kind="program"), "```py\nx = 1\n```", "x = 1"),
        (AnswerSpec(kind="program"), "  x = 1\n", "  x = 1"),
    ],
)
def test_read(spec: AnswerSpec, given: object, value: object) -> None:
    got = read(spec, value=given, details=" seen ")
    assert got == Read(value, False, "seen")
    assert type(got.value) is type(value)


@pytest.mark.parametrize(
    ("spec", "given", "advice"),
    [
        (MUGS, "C", "A, B"),
        (MUGS, "B. the red one", "A, B"),
        (MUGS, ["B"], "A, B"),
        (YES_NO, "maybe", "yes or no"),
        (YES_NO, 1, "yes or no"),
        (COUNT, 2.5, "whole number"),
        (COUNT, True, "whole number"),
        (COUNT, "3 m", "whole number"),
        (METRES, "30 degrees", "number in m"),
        (METRES, "3 to 4 m", "number in m"),
        (METRES, float("nan"), "number in m"),
        (METRES, 10**400, "number in m"),
        (POINT, [10], "[x, y]"),
        (POINT, [10, None], "[x, y]"),
        (POINT, {"x": 10}, "[x, y]"),
        (POINT, [900, 10], "0 to 800"),
        (BOX, [10, 20, 10, 40], "corners"),
        (AnswerSpec(kind="path"), [[1, 2]], "two or more"),
        (AnswerSpec(kind="points"), [], "needs a value|list of points"),
        (ORDER, ["A", "B"], "each label once|Name each"),
        (ORDER, ["A", "B", "B"], "Name each"),
        (ORDER, ["A", "B", "X"], "A, B, C"),
        (TEXT, 3, "few words"),
    ],
)
def test_refused_with_what_is_valid(spec: AnswerSpec, given: object, advice: str) -> None:
    with pytest.raises(ModelMistake) as caught:
        read(spec, value=given)
    assert any(part in str(caught.value) for part in advice.split("|"))


def test_exactly_one_of_value_and_cannot_tell() -> None:
    assert read(MUGS, cannot_tell=True, details="hidden") == Read(None, True, "hidden")
    assert read(MUGS, cannot_tell="true", value=None) == Read(None, True, "")
    assert read(MUGS, cannot_tell=True, value=" ") == Read(None, True, "")
    assert read(MUGS, cannot_tell=False, value="A") == Read("A", False, "")
    assert read(MUGS, cannot_tell="", value="A") == Read("A", False, "")
    assert read(METRES, value="cannot tell") == Read(None, True, "")
    assert read(METRES, value="Cannot tell.", cannot_tell=True) == Read(None, True, "")
    for arguments in ({}, {"value": None}, {"value": ""}, {"cannot_tell": False}, {"value": "A", "cannot_tell": True}):
        with pytest.raises(ModelMistake, match="cannot_tell"):
            read(MUGS, **arguments)
    # Zero, and a false yes/no, are values.
    assert read(COUNT, value=0).value == 0
    assert read(YES_NO, value=False).value == "no"


@pytest.mark.parametrize(
    "arguments", [{"value": "A", "why": "x"}, {"value": "A", "details": 3}, {"cannot_tell": "perhaps"}]
)
def test_other_arguments_are_mistakes(arguments: dict) -> None:
    with pytest.raises(ModelMistake):
        read(MUGS, **arguments)


def test_places_are_in_stored_pixels_whatever_the_dialect() -> None:
    assert read(POINT, Eyes(PERMILLE_YX), value=[500, 250]).value == (200.0, 300.0)
    assert read(BOX, Eyes(PERMILLE_YX), value=[0, 100, 500, 1000]).value == (80.0, 0.0, 800.0, 300.0)
    small = Eyes(PIXELS, PictureLimits(max_long_side=400))
    assert read(POINT, small, value=[400, 150]).value == (800.0, 300.0)
    assert read(POINT, Eyes(DIALECTS["unit"]), value=[0.25, 0.5]).value == (200.0, 300.0)


def test_a_mistake_about_places_names_the_extent_in_the_models_numbers() -> None:
    with pytest.raises(ModelMistake, match="0 to 1000"):
        read(POINT, Eyes(PERMILLE_YX), value=[1500, 250])
