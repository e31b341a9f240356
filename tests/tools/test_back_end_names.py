"""Names as people write them, and pictures made smaller for a model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.tools.back_ends.fitting import fit
from sightline.tools.back_ends.naming import distinct, known_as, nearest, plural, same, singular

COCO = (
    "person",
    "bicycle",
    "wine glass",
    "couch",
    "potted plant",
    "dining table",
    "bus",
    "tv",
    "knife",
    "mouse",
    "tie",
)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Person", "person"),
        ("people", "person"),
        ("the Wine-Glasses", "wine glass"),
        ("sofas", "couch"),
        ("buses", "bus"),
        ("bus", "bus"),
        ("knives", "knife"),
        ("a  potted_plant.", "potted plant"),
        ("ties", "tie"),
        ("televisions", "tv"),
        ("bikes", "bicycle"),
        ("table", None),
        ("giraffe", None),
        ("", None),
    ],
)
def test_a_closed_set_is_met_in_any_spelling(asked: str, meant: str | None) -> None:
    assert known_as(asked, COCO) == meant


def test_near_names_are_offered() -> None:
    assert nearest("table", COCO)[0] == "dining table"
    assert nearest("wineglass", COCO)[0] == "wine glass"
    assert nearest("qqq", COCO) == []


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("chair", "chairs"), ("wine glass", "wine glasses"), ("person", "people"), ("berry", "berries"),
        ("key", "keys"), ("box", "boxes"), ("sheep", "sheep"), ("red couch", "red couches"), ("shelf", "shelves"),
    ],
)  # fmt: skip
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many
    assert same(one, many)


def test_names_asked_twice_are_asked_once() -> None:
    assert distinct(["chair", "Chairs", " a chair ", "", "red  chair", "."]) == ["chair", "red chair"]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 3000), st.integers(1, 3000), st.integers(16, 700),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_places_survive_shrinking(width: int, height: int, longest: int, u: float, v: float) -> None:
    fitted = fit(np.zeros((height, width, 3), np.uint8), longest)
    assert max(fitted.pixels.shape[:2]) <= max(longest, 1)
    point = u * width, v * height
    assert fitted.points_out(fitted.point_in(point)) == pytest.approx(point, abs=1e-6)
    whole = fitted.box_out(fitted.box_in((0, 0, width, height)))
    assert whole == pytest.approx((0, 0, width, height))
    assert fitted.mask_out(np.ones(fitted.pixels.shape[:2])).shape == (height, width)


def test_shrinking_is_a_pure_scale() -> None:
    """The centre of mass of a patch lands where the scale says: half a pixel off would show."""
    pixels = np.zeros((1000, 2000, 3), np.uint8)
    pixels[600:800, 300:500] = 255
    fitted = fit(pixels, 500)
    rows, columns = np.indices(fitted.pixels.shape[:2]) + 0.5
    weight = fitted.pixels[..., 0].astype(float)
    centre = (columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()
    assert fitted.points_out(centre) == pytest.approx((400, 700), abs=0.1)
    mask = fitted.mask_out(fitted.pixels[..., 0] / 255)
    found = np.nonzero(mask)
    assert (found[1].min(), found[1].max() + 1, found[0].min(), found[0].max() + 1) == (300, 500, 600, 800)


def test_a_box_beside_the_picture_is_none() -> None:
    fitted = fit(np.zeros((10, 20, 3), np.uint8), 100)
    assert fitted.box_out((25, 0, 30, 5)) is None
    assert fitted.box_out((-5, 2, 5, 30)) == (0, 2, 5, 10)


@pytest.mark.parametrize(
    ("name", "one"),
    [("Red Chairs", "red chair"), ("bus", "bus"), ("people", "person"), ("glasses", "glasses"), ("Gas", "Gas"),
     ("Blue Mug", "Blue Mug"), ("shoes", "shoe"), ("dress", "dress"), ("wine glasses", "wine glass")],
)  # fmt: skip
def test_singular_where_it_is_sure(name: str, one: str) -> None:
    assert singular(name) == one
