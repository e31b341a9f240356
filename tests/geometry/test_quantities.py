"""Quantities: what they say, what they may be compared with, and that nothing gains worth it has not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.geometry.quantities import Quantity, Scale, number

MEASURED = Scale("measured", "cloud1", 1.02, "from the stated 0.90 m of the door")
ESTIMATED = Scale("estimated", "cloud2", 1.3)
RELATIVE = Scale("relative", "cloud3")


def test_words() -> None:
    assert str(Scale("measured", "c").length(1.372)) == "1.37 m (measured)"
    assert str(ESTIMATED.length(1.3)) == "1.3 m (1 to 1.69, estimated)"
    text = str(RELATIVE.length(1.37, 1.3, 1.45))
    assert text == "1.37 scene units of cloud3 (1.3 to 1.45; not metres, not comparable with others than cloud3)"
    assert str(RELATIVE.area(2.0)).startswith("2 square scene units of cloud3 (not metres")
    assert str(ESTIMATED.area(1.0)) == "1 m² (0.592 to 1.69, estimated)"
    assert str(Quantity.degrees(37.04, 15)) == "37 +- 15 degrees"
    assert str(Quantity.degrees(12.34)) == "12.3 degrees"
    assert str(Quantity(0.5, 0.4, 0.7, "ratio")) == "0.5 (0.4 to 0.7)"
    assert "not metres" in RELATIVE.describe()
    assert "not comparable" in RELATIVE.describe()
    assert "factor of 1.3" in ESTIMATED.describe()
    assert "no lengths" in Scale("ordinal", "depth1").describe()
    assert "from the stated 0.90 m of the door" in MEASURED.describe()


def test_comparing() -> None:
    one, two, three = MEASURED.length(1), ESTIMATED.length(1), RELATIVE.length(1)
    assert one.comparable(two)
    assert not one.comparable(three)
    assert not three.comparable(two)
    assert three.comparable(RELATIVE.length(5))
    assert not three.comparable(Scale("relative", "cloud4").length(1))
    assert not one.comparable(MEASURED.area(1))
    assert Quantity.degrees(1).comparable(Quantity.degrees(2))


@given(st.floats(0.01, 100), st.floats(0.5, 1), st.floats(1, 2), st.floats(1, 3))
def test_the_scales_error_comes_on_top(value: float, down: float, up: float, factor: float) -> None:
    length = Scale("measured", "c", factor).length(value, value * down, value * up)
    assert length.low == pytest.approx(value * down / factor)
    assert length.high == pytest.approx(value * up * factor)
    area = Scale("measured", "c", factor).area(value, value * down, value * up)
    assert area.low == pytest.approx(value * down / factor**2)
    assert area.high == pytest.approx(value * up * factor**2)
    assert area.error >= area.value - area.low


def test_refusals() -> None:
    with pytest.raises(ValueError, match="holds no lengths"):
        Scale("ordinal", "depth1").length(1)
    with pytest.raises(ValueError, match="interval"):
        Scale("estimated", "depth1")
    with pytest.raises(ValueError, match="at least 1"):
        Scale("measured", "c", 0.9)
    with pytest.raises(ValueError, match="inside its interval"):
        Quantity(1, 2, 3, "ratio")
    with pytest.raises(ValueError, match="have a scale"):
        Quantity(1, 1, 1, "length")
    with pytest.raises(ValueError, match="have none"):
        Quantity(1, 1, 1, "degrees", MEASURED)


def test_numbers_have_three_digits_and_no_powers() -> None:
    texts = {1.3725: "1.37", 12345.6: "12346", 0.00012345: "0.000123", 0.0: "0", 100.4: "100", -2.5: "-2.5", 10: "10"}
    assert {value: number(value) for value in texts} == texts


def test_json_and_converting() -> None:
    quantity = MEASURED.length(2, 1.5, 3, "from a and b")
    assert json.loads(json.dumps(quantity.to_json()))["scale"]["kind"] == "measured"
    doubled = quantity.converted(lambda v: 2 * v)
    assert (doubled.value, doubled.low, doubled.high) == (4, 2 * quantity.low, 2 * quantity.high)
