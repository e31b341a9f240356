"""Metrics of pictures: computed by hand where that can be done, and what must hold for any two pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from loop_kit import photo

from sightline.tools.graphics.metrics import (
    HIGHER_IS_BETTER,
    colour_difference,
    colour_statistics,
    difference_map,
    edge_overlap,
    photometric_loss,
    same_size,
    score_pictures,
    silhouette,
    silhouette_overlap,
    structural_similarity,
    worst_regions,
)

PICTURES = arrays(np.uint8, (16, 20, 3))
MASKS = arrays(np.bool_, (9, 7))


def plain(color: tuple[int, int, int], width: int = 32, height: int = 24) -> np.ndarray:
    """A picture of one colour."""
    return np.full((height, width, 3), color, np.uint8)


def with_box(box: tuple[int, int, int, int], color: tuple[int, int, int] = (200, 40, 40)) -> np.ndarray:
    """A light picture of 96x64 with one box of a colour."""
    pixels = plain((235, 235, 235), 96, 64)
    pixels[box[1] : box[3], box[0] : box[2]] = color
    return pixels


# Photometric loss


def test_black_against_white_is_one() -> None:
    assert photometric_loss(plain((0, 0, 0)), plain((255, 255, 255))) == 1.0


def test_by_hand() -> None:
    # One of four pixels differs by 51 of 255 in one of three channels: 0.2^2 / 12.
    one = np.zeros((2, 2, 3), np.uint8)
    other = one.copy()
    other[0, 0, 1] = 51
    assert photometric_loss(one, other) == pytest.approx(0.04 / 12)


def test_a_goal_of_another_size_is_resized_to_the_render() -> None:
    # As published: Pillow's bicubic filter on the goal. A plain one stays plain.
    assert same_size(plain((9, 9, 9), 8, 8), plain((70, 80, 90), 31, 17)).shape == (8, 8, 3)
    assert photometric_loss(plain((70, 80, 90), 8, 8), plain((70, 80, 90), 31, 17)) == 0.0


@given(PICTURES, PICTURES)
@settings(deadline=None, max_examples=50)
def test_what_holds_for_any_two_pictures(one: np.ndarray, other: np.ndarray) -> None:
    assert photometric_loss(one, one) == 0.0
    assert 0.0 <= photometric_loss(one, other) <= 1.0
    assert photometric_loss(one, other) == pytest.approx(photometric_loss(other, one))
    assert colour_difference(one, one) == pytest.approx(0.0, abs=1e-9)
    assert colour_difference(one, other) == pytest.approx(colour_difference(other, one))
    assert structural_similarity(one, one) == pytest.approx(1.0)
    assert -1.0 <= structural_similarity(one, other) <= 1.0
    assert edge_overlap(one, one) == 1.0
    assert edge_overlap(one, other) == pytest.approx(edge_overlap(other, one))
    scores = score_pictures(one, one).known()
    assert set(scores) == set(HIGHER_IS_BETTER)
    best = {name: 1.0 if higher else 0.0 for name, higher in HIGHER_IS_BETTER.items()}
    assert scores == pytest.approx(best, abs=1e-9)


def test_the_loss_grows_with_the_change() -> None:
    picture = photo(64, 48)
    losses = [photometric_loss(picture, np.clip(picture + step, 0, 255).astype(np.uint8)) for step in (2.0, 8.0, 32.0)]
    assert losses == sorted(losses)
    assert losses[0] > 0


# Structure


def test_ssim_is_the_papers_on_plain_pictures() -> None:
    # Without variance only the luminance term is left: (2ab + c1) / (a^2 + b^2 + c1), c1 = (0.01 * 255)^2.
    a, b, c1 = 100.0, 150.0, 6.5025
    expected = (2 * a * b + c1) / (a * a + b * b + c1)
    assert structural_similarity(plain((100,) * 3), plain((150,) * 3)) == pytest.approx(expected, abs=1e-6)


def test_a_picture_too_small_for_the_window_has_no_ssim() -> None:
    with pytest.raises(ValueError, match="holds no window"):
        structural_similarity(plain((1, 2, 3), 8, 40), plain((1, 2, 3), 8, 40))
    assert score_pictures(plain((1, 2, 3), 8, 40), plain((1, 2, 3), 8, 40)).ssim is None


# Form


def test_silhouettes_by_hand() -> None:
    # 20x20 and 20x20, shifted by 10: 200 in common of 600.
    one, other = silhouette(with_box((10, 10, 30, 30))), silhouette(with_box((20, 10, 40, 30)))
    assert np.count_nonzero(one) == np.count_nonzero(other) == 400
    assert silhouette_overlap(one, other) == pytest.approx(200 / 600)


def test_nothing_against_nothing_agrees() -> None:
    empty = np.zeros((5, 5), np.bool_)
    assert silhouette_overlap(empty, empty) == 1.0
    assert edge_overlap(plain((9, 9, 9)), plain((200, 9, 9))) == 1.0
    assert edge_overlap(plain((235, 235, 235), 96, 64), with_box((10, 10, 30, 30))) == 0.0


@given(MASKS, MASKS)
def test_the_overlap_of_any_two_silhouettes(one: np.ndarray, other: np.ndarray) -> None:
    value = silhouette_overlap(one, other)
    assert value == silhouette_overlap(other, one)
    assert 0.0 <= value <= 1.0
    assert silhouette_overlap(one, one) == 1.0
    if one.any():
        assert silhouette_overlap(one, np.zeros_like(one)) == 0.0


def test_edges_do_not_care_for_colour_but_for_place() -> None:
    box = with_box((10, 10, 40, 40))
    assert edge_overlap(box, with_box((10, 10, 40, 40), (40, 40, 200))) > 0.95
    assert edge_overlap(box, with_box((11, 10, 41, 40))) > 0.9  # a pixel off is the same edge
    assert edge_overlap(box, with_box((50, 30, 90, 60))) < 0.1


# Colour


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Rows 1, 7 and 17 of the test data of Sharma, Wu, Dalal, 2005, Table 1.
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ],
)
def test_ciede2000_is_the_papers(one: tuple[float, ...], other: tuple[float, ...], expected: float) -> None:
    from skimage.color import deltaE_ciede2000

    assert float(deltaE_ciede2000(np.array(one), np.array(other))) == pytest.approx(expected, abs=1e-4)


def test_black_and_white_are_a_hundred_apart() -> None:
    assert colour_difference(plain((0, 0, 0)), plain((255, 255, 255))) == pytest.approx(100.0, abs=0.01)


def test_how_colours_differ_in_words() -> None:
    grey, red = colour_statistics(plain((119, 119, 119))), colour_statistics(plain((200, 119, 119)))
    assert grey.mean == pytest.approx((50.03, 0.0, 0.0), abs=0.05)
    assert grey.spread == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert "redder" in red.against(grey)
    assert "greener" in grey.against(red)
    assert grey.against(grey) == ""


# Where


def test_the_worst_regions_are_where_the_pictures_differ() -> None:
    target = with_box((10, 10, 40, 40))
    render = with_box((10, 10, 40, 40))
    render[50:60, 70:90] = (20, 20, 20)  # something that should not be there
    render[12:16, 12:16] = (190, 60, 60)  # a small blemish
    first, second = worst_regions(render, target)
    assert first.box == (70, 50, 90, 60)
    assert first.render == (20, 20, 20)
    assert first.target == (235, 235, 235)
    assert first.share > 0.95
    assert second.box == (12, 12, 16, 16)
    assert first.share + second.share == pytest.approx(1.0)


def test_equal_pictures_have_no_regions_and_a_black_map() -> None:
    picture = photo(64, 48)
    assert worst_regions(picture, picture) == []
    assert set(map(tuple, difference_map(picture, picture).reshape(-1, 3))) == {(0, 0, 4)}  # inferno's darkest


@given(st.integers(0, 60), st.integers(0, 40), st.integers(4, 30), st.integers(4, 20))
@settings(deadline=None, max_examples=40)
def test_a_region_holds_the_whole_change(x: int, y: int, width: int, height: int) -> None:
    target = plain((235, 235, 235), 96, 64)
    render = target.copy()
    x1, y1 = min(96, x + width), min(64, y + height)
    render[y:y1, x:x1] = (0, 0, 0)
    (region,) = worst_regions(render, target)
    assert region.box == (x, y, x1, y1)
    assert region.share == pytest.approx(1.0)
