"""The form of an answer: what a question asks for, options and their labels, schemas, instructions, words."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from sightline.agents.answers import KINDS, AnswerSpec, answer_schema
from sightline.geometry.dialects import DIALECTS, PIXELS, CoordinateDialect, PictureLimits
from sightline.memory.errors import InputError

LIMITS = PictureLimits()


@dataclass(frozen=True)
class Eyes:
    dialect: CoordinateDialect = PIXELS
    limits: PictureLimits = LIMITS


def spec_of(kind: str) -> AnswerSpec:
    return AnswerSpec(kind=kind, options=("red", "blue", "green") if kind in ("choice", "ordering") else ())


@pytest.mark.parametrize(
    ("question", "extra", "kind", "unit"),
    [
        ("How many chairs are there?", {}, "integer", None),
        ("Count the chairs left of the window.", {}, "integer", None),
        ("What is the number of lamps?", {}, "integer", None),
        ("How many metres is the sofa from the door?", {}, "number", "m"),
        ("How many square feet has the room?", {}, "number", "ft²"),
        ("How many times larger is the first?", {}, "number", None),
        ("How many times does it appear?", {}, "integer", None),
        ("How many millipedes are there?", {}, "integer", None),
        ("How far is the sofa?", {"unit": "meters"}, "number", "m"),
        ("How far is the sofa?", {}, "text", None),
        ("What is the distance between them?", {"unit": "scene units"}, "number", "scene units"),
        ("Is the red or the blue mug closer?", {}, "text", None),
        ("How many?", {"options": ("2", "3")}, "choice", None),
        ("How many?", {"expect": "text"}, "text", None),
        ("Is it?", {"expect": "Yes/No"}, "yes_no", None),
        ("Which is nearest?", {"expect": "ordering", "options": ("x", "y")}, "ordering", None),
        ("Accounting for perspective, which is it?", {}, "text", None),
    ],
)
def test_infer(question: str, extra: dict, kind: str, unit: str | None) -> None:
    spec = AnswerSpec.infer(question, **extra)
    assert (spec.kind, spec.unit) == (kind, unit)


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        (("A. the red one", "B. the blue one"), {"A": "the red one", "B": "the blue one"}),
        (("(A) red", "(B) blue"), {"A": "red", "B": "blue"}),
        (("A) red", "B) blue"), {"A": "red", "B": "blue"}),
        (("a: red", "b: blue"), {"A": "red", "B": "blue"}),
        (("1. red", "2. blue"), {"1": "red", "2": "blue"}),
        (("red", "blue"), {"A": "red", "B": "blue"}),
        (("1.5 m", "2.5 m"), {"A": "1.5 m", "B": "2.5 m"}),
        (("2", "3"), {"A": "2", "B": "3"}),
        (("A red one", "A blue one"), {"A": "A red one", "B": "A blue one"}),
        (("B", "A"), {"B": "B", "A": "A"}),
        (("(A)", "(B)"), {"A": "A", "B": "B"}),
    ],
)
def test_labels(options: tuple[str, ...], choices: dict[str, str]) -> None:
    spec = AnswerSpec(kind="choice", options=options)
    assert spec.choices == choices
    assert spec.options == options
    assert list(spec.choices) == list(choices)


@pytest.mark.parametrize(
    "parts",
    [
        {"kind": "choice"},
        {"kind": "choice", "options": ("red",)},
        {"kind": "ordering"},
        {"kind": "choice", "options": ("A. red", "A. blue")},
        {"kind": "choice", "options": ("A. red", "blue")},
        {"kind": "choice", "options": ("red", " ")},
        {"kind": "choice", "options": "AB"},
        {"kind": "choice", "options": tuple(f"thing {i}" for i in range(27))},
        {"kind": "essay"},
        {"kind": "text", "options": ("red", "blue")},
        {"kind": "text", "unit": "m"},
        {"kind": "point", "picture": " "},
    ],
)
def test_nonsense_is_a_persons_mistake(parts: dict) -> None:
    with pytest.raises(InputError) as caught:
        AnswerSpec(**parts)
    assert caught.value.remedy


def test_an_unknown_expectation_names_the_kinds() -> None:
    with pytest.raises(InputError, match="yes_no"):
        AnswerSpec.infer("Is it?", expect="essay")


@pytest.mark.parametrize("kind", KINDS)
def test_survives_the_journal(kind: str) -> None:
    spec = spec_of(kind)
    assert AnswerSpec.model_validate(json.loads(json.dumps(spec.model_dump(mode="json")))) == spec


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_schema_uses_only_safe_keywords(kind: str, dialect: CoordinateDialect) -> None:
    schema = answer_schema(spec_of(kind), Eyes(dialect))
    safe = {"type", "properties", "required", "description", "enum", "items"}

    def check(node: dict) -> None:
        assert set(node) <= safe
        if node["type"] == "array":
            check(node["items"])

    check(schema)
    for argument in schema["properties"].values():
        assert argument["description"]
        check(argument)
    assert json.loads(json.dumps(schema)) == schema


def test_schema_and_instruction_speak_the_models_dialect() -> None:
    swapped = Eyes(DIALECTS["permille_yx"])
    spec = AnswerSpec(kind="box", picture="img2")
    for text in (answer_schema(spec, swapped)["properties"]["value"]["description"], spec.instruction(swapped, True)):
        assert "[y0, x0, y1, x1]" in text
        assert "[x0" not in text
        assert "`img2`" in text
    assert "ANSWER: [y0, x0, y1, x1]" in spec.instruction(swapped, False)


def test_instruction_names_options_unit_and_way_out() -> None:
    choice = AnswerSpec(kind="choice", options=("red", "blue"))
    for native in (True, False):
        assert "A. red\nB. blue" in choice.instruction(Eyes(), native)
    metres = AnswerSpec(kind="number", unit="metres")
    assert "cannot_tell" in metres.instruction(Eyes(), True)
    assert "ANSWER: <number> m`" in metres.instruction(Eyes(), False)
    assert "ANSWER: cannot tell" in metres.instruction(Eyes(), False)


@pytest.mark.parametrize(
    ("spec", "value", "official", "words"),
    [
        (AnswerSpec(kind="choice", options=("red", "blue")), "B", "B", "B. blue"),
        (AnswerSpec(kind="choice", options=("A", "B")), "B", "B", "B"),
        (AnswerSpec(kind="ordering", options=("red", "blue")), ["B", "A"], "B, A", "B. blue, then A. red"),
        (AnswerSpec(kind="yes_no"), "yes", "yes", "yes"),
        (AnswerSpec(kind="integer"), 24, "24", "24"),
        (AnswerSpec(kind="number", unit="m"), 3.0480001, "3.0480001", "3.048 m"),
        (AnswerSpec(kind="number", unit="m"), 3.0, "3", "3 m"),
        (AnswerSpec(kind="number", unit="m"), 1e-7, "0.0000001", "0.0000001 m"),
        (AnswerSpec(kind="number"), 123456.7, "123456.7", "123457"),
        (AnswerSpec(kind="number", unit="%"), -0.0, "0", "0%"),
        (AnswerSpec(kind="point"), (412.5, 96.0), "(412.5, 96)", "(412.5, 96) in img1"),
        (AnswerSpec(kind="box"), [1.0, 2.0, 3.0, 4.25], "(1, 2, 3, 4.25)", "(1, 2, 3, 4.2) in img1"),
        (AnswerSpec(kind="path"), [[1.0, 2.0], [3.0, 4.0]], "[(1, 2), (3, 4)]", "(1, 2), (3, 4) in img1"),
        (AnswerSpec(kind="text"), "a mug", "a mug", "a mug"),
    ],
)
def test_rendering(spec: AnswerSpec, value: object, official: str, words: str) -> None:
    assert (spec.official_text(value), spec.words(value)) == (official, words)
