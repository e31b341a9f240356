"""Outlines without weights, on pictures whose outlines are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from shapes_kit import draw_shape, seen
from tool_kit import raised_by

from sightline.memory import InstrumentLimit, ModelMistake
from sightline.tools.back_ends.registry import BackEnds

RED = (200, 40, 35)


def textured(seed: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Grass, more or less: noise over a slope of brightness."""
    rng = np.random.default_rng(seed)
    base = np.array([90, 130, 80]) + np.linspace(-25, 25, size[0])[None, :, None]
    return np.clip(base + rng.normal(0, 12, (size[1], size[0], 3)), 0, 255).astype(np.uint8)


def shaded_disc(pixels: NDArray[np.uint8], centre: tuple[int, int], radius: int) -> NDArray[np.bool_]:
    """A red ball lit from the left; gives its mask."""
    rows, columns = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]] + 0.5
    inside = (columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 <= radius**2
    light = 1 - 0.35 * (columns - centre[0] + radius) / (2 * radius)
    pixels[inside] = (np.array([210, 45, 40]) * light[..., None])[inside].astype(np.uint8)
    return inside


def agreement(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize(
    ("size", "radius", "floor"), [((320, 240), 50, 0.95), ((3200, 2400), 500, 0.95), ((80, 60), 14, 0.88)]
)
def test_a_box_around_a_ball_gives_the_ball(size: tuple[int, int], radius: int, floor: float) -> None:
    pixels = textured(1, size)
    centre = size[0] // 2, size[1] // 2
    truth = shaded_disc(pixels, centre, radius)
    room = radius * 1.15
    box = (centre[0] - room, centre[1] - room, centre[0] + room, centre[1] + room)
    segmenter = BackEnds({"segmentation": "grabcut"}).segmenter()
    (found,) = segmenter.segment(seen(pixels), box=box)
    assert agreement(found.mask, truth) > floor
    assert found.score > 0.6
    (again,) = segmenter.segment(seen(pixels), box=box)
    assert np.array_equal(found.mask, again.mask)


def test_a_point_on_a_ball_gives_the_ball() -> None:
    pixels = textured(2, (320, 240))
    truth = shaded_disc(pixels, (120, 100), 45)
    found = BackEnds({"segmentation": "grabcut"}).segmenter().segment(seen(pixels), points=[(118.5, 99.5)])
    assert agreement(found[0].mask, truth) > 0.9
    assert found[0].score > 0.5
    assert found[0].score >= found[-1].score


def test_two_points_take_both_things() -> None:
    pixels = np.full((120, 200, 3), 220, np.uint8)
    draw_shape(pixels, "square", RED, (50, 60), 40)
    draw_shape(pixels, "square", (30, 60, 200), (150, 60), 40)
    found = BackEnds({"segmentation": "grabcut"}).segmenter().segment(seen(pixels), points=[(50, 60), (150, 60)])
    assert found[0].mask.sum() == pytest.approx(3200, rel=0.03)


def test_the_mask_is_exact_to_the_pixel_on_flat_colours() -> None:
    pixels = np.full((100, 120, 3), 220, np.uint8)
    pixels[30:61, 20:71] = RED
    found = BackEnds({"segmentation": "grabcut"}).segmenter().segment(seen(pixels), points=[(45, 45)])
    rows, columns = np.nonzero(found[0].mask)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (20, 30, 71, 61)


def test_a_plain_wall_has_no_outline() -> None:
    wall = textured(3, (200, 150))
    segmenter = BackEnds({"segmentation": "grabcut"}).segmenter()
    for prompt in ({"box": (60.0, 40.0, 140.0, 110.0)}, {"points": [(100.0, 75.0)]}):
        try:
            found = segmenter.segment(seen(wall), **prompt)
        except InstrumentLimit:
            continue
        assert found[0].score < 0.45


def test_what_fills_the_picture_is_refused() -> None:
    pixels = np.full((50, 60, 3), 128, np.uint8)
    segmenter = BackEnds({"segmentation": "grabcut"}).segmenter()
    assert "background" in raised_by(lambda: segmenter.segment(seen(pixels), box=(0, 0, 60, 50)), InstrumentLimit)
    raised_by(lambda: segmenter.segment(seen(pixels), points=[(30, 20)]), InstrumentLimit)
    raised_by(lambda: segmenter.segment(seen(np.zeros((1, 1, 3), np.uint8)), box=(0, 0, 1, 1)), InstrumentLimit)
    raised_by(lambda: segmenter.segment(seen(np.zeros((1, 1, 3), np.uint8)), points=[(0.5, 0.5)]), InstrumentLimit)


@pytest.mark.parametrize("prompt", [{}, {"box": (300.0, 0.0, 400.0, 20.0)}, {"points": [(10.0, 500.0)]}])
def test_places_outside_are_the_callers_mistake(prompt: dict[str, object]) -> None:
    segmenter = BackEnds({"segmentation": "grabcut"}).segmenter()
    pixels = textured(4, (100, 80))
    raised_by(lambda: segmenter.segment(seen(pixels), **prompt), ModelMistake)  # type: ignore[arg-type]
