"""What holds for every value and every text: the instructed form reads back, and nothing makes extraction raise."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.agents.answers import KINDS, AnswerSpec, extract, read_value
from sightline.geometry.dialects import DIALECTS, CoordinateDialect, PictureLimits
from sightline.memory.errors import ModelMistake

SIZE = (1280, 960)
LIMITS = PictureLimits(max_long_side=700)


@dataclass(frozen=True)
class Eyes:
    dialect: CoordinateDialect
    limits: PictureLimits = LIMITS


EYES = [Eyes(dialect) for dialect in DIALECTS.values()]
OPTIONS = ("the red mug", "the blue mug", "a lamp behind the sofa", "left")

points = st.tuples(st.floats(0, SIZE[0]), st.floats(0, SIZE[1]))
boxes = st.tuples(st.floats(0, 500), st.floats(0, 400), st.floats(600, SIZE[0]), st.floats(500, SIZE[1]))
numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda v: round(v, 6))
# One line of visible words; a decoration at its ends would be taken for markdown.
texts = st.from_regex(r"\A[a-z]([a-z0-9 ,'-]{0,30}[a-z0-9])?\Z").filter(lambda t: not t.startswith("cannot"))
prose = st.text(st.sampled_from("xyz qwv,.!\n"), max_size=60)


def spec_of(kind: str) -> AnswerSpec:
    return AnswerSpec(
        kind=kind, options=OPTIONS if kind in ("choice", "ordering") else (), unit="m" if kind == "number" else None
    )


def rendered(kind: str, value: object, eyes: Eyes) -> tuple[str, object]:
    """A value as the instructions ask for it, as text and as JSON; written apart from the code under test."""
    (width, height), (sent_w, sent_h) = SIZE, eyes.limits.fit(SIZE)
    dialect = eyes.dialect

    def place(point: tuple[float, float]) -> list[float]:
        far = (sent_w, sent_h) if dialect.scale is None else (dialect.scale, dialect.scale)
        x, y = point[0] / width * far[0], point[1] / height * far[1]
        return [round(v, dialect.decimals) for v in ((x, y) if dialect.order == "xy" else (y, x))]

    match kind:
        case "number":
            return f"{value:.6f} m", value
        case "point":
            return str(place(value)), place(value)
        case "box":
            corners = place(value[:2]) + place(value[2:])
            return str(corners), corners
        case "points" | "path":
            return str([place(p) for p in value]), [place(p) for p in value]
        case "ordering":
            return ", ".join(value), value
        case "program":
            return f"\n```python\n{value}\n```", value
        case _:
            return str(value), value


VALUES = {
    "text": texts,
    "choice": st.sampled_from("ABCD"),
    "yes_no": st.sampled_from(["yes", "no"]),
    "integer": st.integers(-(10**6), 10**6),
    "number": numbers,
    "point": points,
    "points": st.lists(points, min_size=1, max_size=5),
    "box": boxes,
    "path": st.lists(points, min_size=2, max_size=5),
    "ordering": st.permutations("ABCD"),
    "program": st.lists(texts, min_size=1, max_size=4).map("\n".join),
}


def flat(value: object) -> list[float]:
    return [v for item in value for v in (item if isinstance(item, tuple) else (item,))]


def assert_same(kind: str, got: object, value: object, eyes: Eyes) -> None:
    if kind not in ("point", "points", "box", "path"):
        assert got == value
        return
    # Half a unit of the last decimal that the dialect writes, in stored pixels; pixels are sent at half the size.
    far = eyes.limits.fit(SIZE)[1] if eyes.dialect.scale is None else eyes.dialect.scale
    assert flat(got) == pytest.approx(flat(value), abs=0.51 * 10**-eyes.dialect.decimals * SIZE[0] / far)


@pytest.mark.parametrize("eyes", EYES, ids=list(DIALECTS))
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(data=st.data())
def test_the_instructed_form_reads_back(kind: str, eyes: Eyes, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])
    text, json_value = rendered(kind, value, eyes)
    found = extract(spec_of(kind), f"{data.draw(prose)}\nANSWER: {text}", eyes, SIZE)
    assert (found.how, found.cannot_tell) == ("strict", False)
    assert_same(kind, found.value, value, eyes)
    given_to_tool = read_value(spec_of(kind), {"value": json_value}, eyes, SIZE)
    assert_same(kind, given_to_tool.value, value, eyes)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_value_in_canonical_form_reads_back_exactly(kind: str, data: st.DataObject) -> None:
    eyes = Eyes(DIALECTS["pixels"], PictureLimits())
    value = data.draw(VALUES[kind])
    official = spec_of(kind).official_text(value)
    found = extract(spec_of(kind), f"ANSWER: {official}", eyes, SIZE)
    assert found.value == (list(value) if kind == "ordering" else value)


@given(label=st.sampled_from("ABCD"), before=prose, after=prose, form=st.sampled_from(["(%s)", "option %s", "**%s**"]))
def test_one_mention_in_prose_is_the_choice(label: str, before: str, after: str, form: str) -> None:
    text = f"{before.replace('?', '')} so {form % label}. {after}"
    assert extract(spec_of("choice"), text, EYES[0], SIZE).value == label


@given(labels=st.lists(st.sampled_from("ABCD"), min_size=2, max_size=2, unique=True), between=prose)
def test_two_mentions_in_prose_are_no_choice(labels: list[str], between: str) -> None:
    text = f"It is ({labels[0]}) {between} or ({labels[1]})."
    assert extract(spec_of("choice"), text, EYES[0], SIZE).value is None


@given(value=st.floats(0.01, 999).map(lambda v: round(v, 2)), before=prose, after=prose)
def test_one_quantity_in_prose_is_the_number(value: float, before: str, after: str) -> None:
    text = f"{before} it is about {value} meters away. {after}"
    assert extract(spec_of("number"), text, EYES[0], SIZE).value == pytest.approx(value)


@given(first=st.integers(1, 50), second=st.integers(51, 99), join=st.sampled_from([" to ", "-", "–", " or ", " and "]))
def test_two_quantities_are_no_number(first: int, second: int, join: str) -> None:
    text = f"It is between {first}{join}{second} m."
    assert extract(spec_of("number"), text, EYES[0], SIZE).value is None


# fmt: off
PIECES = [
    "ANSWER:", "ANSWER: ", "<answer>", "</answer>", r"\boxed{", "}", "```", "<think>", "cannot tell", "the answer is ",
    "not ", "A", "(B)", " or ", "yes", "no", "3", "1e999", "½", "0", "m", "-", "[", "(", "/", ".", ",", "'", '"', "**",
    "\n", " ", "\ue001", "\x00", "1/" + "9" * 5000,
]
# fmt: on
TRICKY = st.lists(st.one_of(st.text(max_size=8), st.sampled_from(PIECES)), max_size=30).map("".join)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(text=TRICKY)
def test_extraction_never_raises_and_is_never_half_said(kind: str, text: str) -> None:
    found = extract(spec_of(kind), text, EYES[0], SIZE)
    assert (found.how == "") == (found.value is None and not found.cannot_tell)
    assert not (found.cannot_tell and found.value is not None)
    if found.value is not None:
        spec_of(kind).official_text(found.value)
        spec_of(kind).words(found.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TRICKY,
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", KINDS)
@given(value=json_values, cannot_tell=json_values)
def test_reading_gives_a_value_or_a_mistake(kind: str, value: object, cannot_tell: object) -> None:
    try:
        read = read_value(spec_of(kind), {"value": value, "cannot_tell": cannot_tell}, EYES[0], SIZE)
    except ModelMistake:
        return
    assert (read.value is None) == read.cannot_tell


@pytest.mark.parametrize("kind", KINDS)
def test_a_looping_model_is_survived(kind: str) -> None:
    for piece in (p for p in PIECES if len(p) < 100):
        extract(spec_of(kind), piece * (1500 // len(piece)), EYES[0], SIZE)
