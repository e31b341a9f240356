"""Picture transforms: every chain of crops, scales, turns and flips maps back, also on real pixels."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.geometry import PictureTransform
from sightline.tools.image import edits

SIZE = (64, 48)


@st.composite
def steps(draw: st.DrawFn, size: tuple[int, int]) -> PictureTransform:
    """One transform of a picture of this size."""
    width, height = size
    kind = draw(st.sampled_from(["crop", "scale", "rotate", "quarter", "flip"]))
    if kind == "crop":
        x0, y0 = draw(st.floats(0, width * 0.6)), draw(st.floats(0, height * 0.6))
        x1, y1 = x0 + draw(st.floats(width * 0.2, width * 0.4)), y0 + draw(st.floats(height * 0.2, height * 0.4))
        return PictureTransform.crop(size, (x0, y0, x1, y1), (draw(st.integers(1, 200)), draw(st.integers(1, 200))))
    if kind == "scale":
        return PictureTransform.scale(size, (draw(st.integers(1, 300)), draw(st.integers(1, 300))))
    if kind == "rotate":
        return PictureTransform.rotate(size, draw(st.floats(-720, 720)))
    if kind == "quarter":
        return PictureTransform.rotate(size, 90 * draw(st.integers(-5, 5)))
    return PictureTransform.flip(size, draw(st.sampled_from(["horizontal", "vertical"])))


@st.composite
def chains(draw: st.DrawFn) -> list[PictureTransform]:
    """Up to six transforms, each of the one before."""
    size, chain = SIZE, []
    for _ in range(draw(st.integers(1, 6))):
        chain.append(draw(steps(size)))
        size = chain[-1].child_size
    return chain


POINTS = np.array([[0.0, 0.0], [0.5, 0.5], [31.7, 12.25], [64.0, 48.0]])


@given(chains())
def test_there_and_back(chain: list[PictureTransform]) -> None:
    whole = chain[0]
    for later in chain[1:]:
        whole = whole.then(later)
    scale = max(np.abs(whole.array).max(), np.abs(np.linalg.inv(whole.array)).max())
    assert np.allclose(whole.to_parent(whole.to_child(POINTS)), POINTS, atol=1e-9 * scale**2)


@given(chains())
def test_a_chain_is_its_steps(chain: list[PictureTransform]) -> None:
    whole, points = chain[0], POINTS
    for later in chain[1:]:
        whole = whole.then(later)
    for step in reversed(chain):
        points = step.to_parent(points)
    assert np.allclose(whole.to_parent(POINTS), points, rtol=1e-9, atol=1e-6)


@given(chains())
def test_json_is_exact(chain: list[PictureTransform]) -> None:
    for step in chain:
        assert PictureTransform.from_json(json.loads(json.dumps(step.to_json()))) == step


@given(chains())
def test_the_inverse_undoes(chain: list[PictureTransform]) -> None:
    step = chain[0]
    assert np.allclose(step.inverse().to_child(POINTS), step.to_parent(POINTS), atol=1e-6)


def test_counter_clockwise_is_as_seen() -> None:
    # What is at the right end of the picture goes to the top when it is turned by 90 degrees.
    turned = PictureTransform.rotate((64, 48), 90)
    assert turned.child_size == (48, 64)
    assert np.allclose(turned.to_child([[64, 24]]), [[24, 0]])


def test_a_flip_swaps_left_and_right() -> None:
    assert np.allclose(PictureTransform.flip((64, 48), "horizontal").to_child([[0, 10]]), [[64, 10]])
    assert np.allclose(PictureTransform.flip((64, 48), "vertical").to_child([[3, 0]]), [[3, 48]])


def test_boxes_stay_upright_by_quarter_turns_only() -> None:
    assert PictureTransform.rotate(SIZE, 270).is_axis_aligned
    assert not PictureTransform.rotate(SIZE, 30).is_axis_aligned
    box = (10.0, 5.0, 20.0, 9.0)
    quarter = PictureTransform.rotate(SIZE, 90)
    assert quarter.box_to_parent(quarter.box_to_child(box)) == pytest.approx(box)
    tilted = PictureTransform.rotate(SIZE, 30)
    x0, y0, x1, y1 = tilted.box_to_parent(tilted.box_to_child(box))
    assert x0 < 10
    assert y0 < 5
    assert x1 > 20
    assert y1 > 9


@pytest.mark.parametrize("numbers", [[1.0] * 8, [1.0] * 14, []])
def test_a_damaged_transform_is_refused(numbers: list[float]) -> None:
    with pytest.raises(ValueError, match="thirteen numbers"):
        PictureTransform.from_json(numbers)


def test_a_flat_transform_is_refused() -> None:
    with pytest.raises(ValueError, match="inverted"):
        PictureTransform((0.0,) * 9, SIZE, SIZE)


@st.composite
def real_edits(draw: st.DrawFn) -> list[tuple[str, float]]:
    """Names and amounts of edits, for a chain on real pixels."""
    kinds = st.sampled_from(["crop", "quarter", "turn", "mirror"])
    return [(draw(kinds), draw(st.floats(0, 1))) for _ in range(draw(st.integers(1, 4)))]


@given(real_edits(), st.integers(0, 10_000))
def test_a_mark_found_in_the_derived_picture_is_where_it_was(chain: list[tuple[str, float]], seed: int) -> None:
    """A bright blob is followed through real edits: its centre maps back to within a pixel of the original."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((96, 128, 3), np.uint8)
    spot = rng.integers([40, 30], [88, 66])
    ys, xs = np.mgrid[0:96, 0:128]
    blob = np.exp(-((xs + 0.5 - spot[0]) ** 2 + (ys + 0.5 - spot[1]) ** 2) / (2 * 3.0**2))
    pixels[...] = (blob * 255)[..., None].astype(np.uint8)
    whole = PictureTransform.identity((128, 96))
    for kind, amount in chain:
        here = whole.to_child([spot.astype(float)])[0]
        height, width = pixels.shape[:2]
        if kind == "crop":
            margin = 14 + amount * 20
            box = (
                max(0, here[0] - margin),
                max(0, here[1] - margin),
                min(width, here[0] + margin),
                min(height, here[1] + margin),
            )
            pixels, step, _ = edits.crop_zoom(pixels, box)
        elif kind == "quarter":
            pixels, step = edits.rotate(pixels, 90 * round(amount * 4))
        elif kind == "turn":
            pixels, step = edits.rotate(pixels, amount * 360)
        else:
            pixels, step = edits.flip(pixels, "horizontal" if amount < 0.5 else "vertical")
        whole = whole.then(step)
        if max(pixels.shape[:2]) > 1400:
            break
    light = pixels[..., 0].astype(float)
    light[light < 170] = 0  # the blob's core; the canvas of a turn is grey
    ys, xs = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]]
    found = np.array([[(light * (xs + 0.5)).sum(), (light * (ys + 0.5)).sum()]]) / light.sum()
    assert np.abs(whole.to_parent(found)[0] - spot).max() < 0.5
