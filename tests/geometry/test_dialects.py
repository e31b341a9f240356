"""Coordinate dialects and picture limits: what a model says of a place comes back to the place that was meant."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.geometry.dialects import DIALECTS, PIXELS, CoordinateDialect, PictureLimits, Size

sides = st.integers(1, 6000)
sizes = st.tuples(sides, sides)
fractions = st.floats(0.0, 1.0)
limits = st.builds(
    PictureLimits,
    max_long_side=st.integers(256, 4096),
    max_short_side=st.none() | st.integers(256, 2048),
    max_pixels=st.none() | st.integers(65_536, 4_000_000),
    multiple=st.sampled_from([1, 14, 16, 28, 32]),
    min_side=st.sampled_from([1, 28, 56, 64]),
)


def numbers_in(text: str) -> list[float]:
    """What a model reads in a formatted place."""
    assert re.fullmatch(r"\(-?\d+(\.\d+)?(, -?\d+(\.\d+)?)*\)", text), text
    return [float(number) for number in text[1:-1].split(", ")]


@st.composite
def points_in(draw: st.DrawFn, size: Size) -> np.ndarray:
    count = draw(st.integers(1, 5))
    flat = [(draw(fractions) * size[0], draw(fractions) * size[1]) for _ in range(count)]
    return np.asarray(flat)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
@given(data=st.data(), stored=sizes, sees=limits)
def test_a_place_read_back_is_within_half_of_the_last_digit(
    dialect: CoordinateDialect, data: st.DataObject, stored: Size, sees: PictureLimits
) -> None:
    sent = sees.fit(stored)
    points = data.draw(points_in(stored))
    read = numbers_in(dialect.format(points, stored, sent))
    back = dialect.from_model(read, stored, sent)
    half_digit = 0.5 * 10.0**-dialect.decimals
    allowed = half_digit * np.asarray(stored) / np.asarray(dialect.extent(sent))
    assert back.shape == points.shape
    assert np.all(np.abs(back - points) <= allowed * (1 + 1e-9) + 1e-9)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
@given(data=st.data(), stored=sizes, sees=limits)
def test_unrounded_places_come_back_exactly(
    dialect: CoordinateDialect, data: st.DataObject, stored: Size, sees: PictureLimits
) -> None:
    sent = sees.fit(stored)
    points = data.draw(points_in(stored))
    told = dialect.to_model(points, stored, sent)
    np.testing.assert_allclose(dialect.from_model(told, stored, sent), points, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
@given(stored=sizes, sees=limits)
def test_the_corners_of_the_picture_are_the_ends_of_the_scale(
    dialect: CoordinateDialect, stored: Size, sees: PictureLimits
) -> None:
    sent = sees.fit(stored)
    corners = dialect.to_model([(0, 0), stored], stored, sent)
    wide, high = dialect.extent(sent)
    far = [high, wide] if dialect.order == "yx" else [wide, high]
    np.testing.assert_allclose(corners, [[0, 0], far], rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("pixels", "(20, 20, 60, 80)"),
        ("unit", "(0.1, 0.2, 0.3, 0.8)"),
        ("percent", "(10, 20, 30, 80)"),
        ("permille", "(100, 200, 300, 800)"),
        ("permille_yx", "(200, 100, 800, 300)"),
    ],
)
def test_a_box_in_each_dialect(name: str, written: str) -> None:
    # A picture of 400x200 that is sent at half its size; the box in stored pixels.
    assert DIALECTS[name].format([(40, 40), (120, 160)], (400, 200), (200, 100)) == written


@given(value=st.floats(-1e6, 1e6), dialect=st.sampled_from(list(DIALECTS.values())))
def test_a_number_is_short_and_never_minus_zero(value: float, dialect: CoordinateDialect) -> None:
    text = dialect.number(value)
    assert text != "-0"
    assert abs(float(text) - value) <= 0.5 * 10.0**-dialect.decimals + 1e-9
    assert "." not in text or text[-1] not in "0."


@given(stored=sizes, sees=limits)
def test_a_picture_is_sent_within_every_limit(stored: Size, sees: PictureLimits) -> None:
    width, height = sees.fit(stored)
    assert width >= 1
    assert height >= 1
    assert max(width, height) <= sees.max_long_side
    assert width % sees.multiple == 0
    assert height % sees.multiple == 0
    # A side has at least one multiple or pixel, which for a sliver of a picture may pass the other limits.
    assume(min(stored) / max(stored) > 0.1)
    if sees.max_short_side is not None:
        assert min(width, height) <= max(sees.max_short_side, sees.min_side, sees.multiple)
    if sees.max_pixels is not None:
        assert width * height <= max(sees.max_pixels, sees.min_side * max(width, height))


@given(stored=sizes, sees=limits)
def test_a_picture_keeps_its_shape_and_is_enlarged_only_where_it_must(stored: Size, sees: PictureLimits) -> None:
    width, height = sees.fit(stored)
    if min(stored) >= max(sees.min_side, sees.multiple):
        assert width <= stored[0] + sees.multiple / 2
        assert height <= stored[1] + sees.multiple / 2
    # Each side is within one multiple of the same scaling, where the sides have that many pixels at all.
    assume(min(width, height) > sees.multiple)
    across, down = width / stored[0], height / stored[1]
    assert abs(across - down) <= sees.multiple * (1 / stored[0] + 1 / stored[1]) + 1e-9


@given(stored=sizes, sees=limits)
def test_a_picture_that_was_fitted_fits(stored: Size, sees: PictureLimits) -> None:
    assume(min(sees.fit(stored)) >= max(sees.min_side, 2 * sees.multiple))
    assert sees.fit(sees.fit(stored)) == sees.fit(stored)


@pytest.mark.parametrize("size", [(0, 10), (10, 0), (-1, 5)])
def test_a_picture_without_pixels_is_refused(size: Size) -> None:
    with pytest.raises(ValueError, match="positive sides"):
        PictureLimits().fit(size)


def test_the_description_names_the_order_of_both_points_and_boxes() -> None:
    for dialect in DIALECTS.values():
        first = dialect.order[0]
        assert f"{first} first" in dialect.describe()
        assert f"[{first}0, " in dialect.describe()
    assert "at the size it was sent" in PIXELS.describe()
