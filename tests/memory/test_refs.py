"""References in texts: they come back exactly, and nothing from outside can pose as one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.memory.refs import (
    CLOSE,
    OPEN,
    box_ref,
    fill,
    new_ref,
    number_new,
    path_ref,
    places,
    plain,
    point_ref,
    stored_pixels,
)

coordinate = st.floats(allow_nan=False, allow_infinity=False, width=64)
point = st.tuples(coordinate, coordinate)
handle = st.from_regex(r"(img|view|obj)[1-9][0-9]{0,3}", fullmatch=True)
outside = st.text(st.characters(exclude_characters=OPEN + CLOSE, exclude_categories=["Cs"]), max_size=30)
hostile = st.text(st.sampled_from([*"abox path new img1 12.5 -3e9", OPEN, CLOSE, "\n"]), max_size=60)


@given(handle, st.lists(point, min_size=1, max_size=6), outside, outside)
def test_a_path_is_found_again_exactly(name: str, points: list[tuple[float, float]], before: str, after: str) -> None:
    text = f"{before}{path_ref(name, points)}{after}"
    assert places(text) == [("path", name, points)]
    assert fill(text, lambda h, p: f"{h}:{len(p)}") == f"{before}{name}:{len(points)}{after}"


@given(handle, st.tuples(coordinate, coordinate, coordinate, coordinate))
def test_a_box_is_found_again_exactly(name: str, box: tuple[float, float, float, float]) -> None:
    assert places(box_ref(name, box)) == [("box", name, [box[:2], box[2:]])]


@given(st.lists(st.tuples(handle, point), max_size=6), outside)
def test_places_come_in_the_order_of_the_text(seen: list[tuple[str, tuple[float, float]]], between: str) -> None:
    text = between.join(point_ref(name, where) for name, where in seen)
    assert [(name, points) for _, name, points in places(text)] == [(name, [where]) for name, where in seen]


@given(st.dictionaries(st.from_regex(r"[1-9]\.[1-9]/[0-9]", fullmatch=True), handle, max_size=5), outside)
def test_new_artifacts_get_their_handles_also_inside_places(handles: dict[str, str], between: str) -> None:
    text = between.join(f"{new_ref(key)} at {point_ref(new_ref(key), (1.5, 2.0))}" for key in handles)
    numbered = number_new(text, handles)
    assert OPEN + "new" not in numbered
    assert [name for _, name, _ in places(numbered)] == list(handles.values())
    assert number_new(numbered, handles) == numbered


def test_an_unknown_new_artifact_is_left_for_later() -> None:
    assert number_new(new_ref("9.9/0"), {"1.1/0": "view1"}) == new_ref("9.9/0")


@given(hostile)
def test_plain_text_can_never_be_a_reference(text: str) -> None:
    said = plain(text)
    assert places(said) == []
    assert number_new(said, {"1": "view1"}) == said
    assert fill(said, lambda h, p: pytest.fail(f"{h} {p}")) == said


@given(hostile)
def test_any_text_can_be_filled(text: str) -> None:
    for _, _, points in places(text):
        assert all(math.isfinite(v) or abs(v) == math.inf for p in points for v in p)
    fill(text, stored_pixels)


@pytest.mark.parametrize(
    "text",
    [
        f"{OPEN}box img1 abc{CLOSE}",
        f"{OPEN}box img1 1 2 3{CLOSE}",
        f"{OPEN}box img1 1 2 3 4 5 6{CLOSE}",
        f"{OPEN}path img1 1 2 3{CLOSE}",
        f"{OPEN}path img1{CLOSE}",
        f"{OPEN}box img1 1 2 3 4",
    ],
)
def test_a_damaged_reference_is_left_as_it_stands(text: str) -> None:
    assert places(text) == []
    assert fill(text, stored_pixels) == text


def test_a_box_has_four_numbers() -> None:
    with pytest.raises(ValueError, match="four numbers, not 3"):
        box_ref("img1", (1, 2, 3))


def test_people_read_stored_pixels() -> None:
    assert fill(f"at {box_ref('img1', (1.25, 2.0, 30.06, 4))}", stored_pixels) == "at (1.2, 2, 30.1, 4)"
