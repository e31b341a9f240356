"""`find_regions` on pictures whose content is known, and on the bundled photo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from sightline.memory import Workspace
from sightline.tools import bind, select
from sightline.tools.detection.regions import Regions, find_regions

COLORS = {
    "red": (200, 30, 30), "green": (40, 160, 60), "blue": (40, 70, 200), "yellow": (240, 210, 40),
    "orange": (240, 140, 30), "purple": (130, 50, 170), "pink": (250, 150, 190), "brown": (120, 70, 30),
    "black": (15, 15, 15), "white": (250, 250, 250), "grey": (128, 128, 128),
}  # fmt: skip
SIZE = (480, 360)


@dataclass(frozen=True)
class Drawn:
    kind: str
    color: str
    x: int
    y: int
    side: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.x, self.y, self.x + self.side, self.y + self.side


def blank(color: str = "white") -> NDArray[np.uint8]:
    return np.full((SIZE[1], SIZE[0], 3), COLORS[color], np.uint8)


def paint(items: list[Drawn], background: str = "white") -> NDArray[np.uint8]:
    """Shapes drawn four times too large and averaged down, so that their edges are where their boxes say."""
    large = cv2.resize(blank(background), None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    for item in items:
        x, y, side = 4 * item.x, 4 * item.y, 4 * item.side
        color = COLORS[item.color]
        if item.kind == "circle":
            cv2.circle(large, (x + side // 2, y + side // 2), side // 2, color, -1)
        elif item.kind == "square":
            cv2.rectangle(large, (x, y), (x + side - 1, y + side - 1), color, -1)
        else:
            cv2.fillPoly(large, [np.array([[x, y + side], [x + side, y + side], [x + side // 2, y]])], color)
    return cv2.resize(large, SIZE, interpolation=cv2.INTER_AREA)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[str, list[Drawn]]:
    """A plain background and up to eight shapes apart from each other, of colours that differ from it."""
    background = draw(st.sampled_from(["white", "black", "grey"]))
    far = [c for c, rgb in COLORS.items() if np.linalg.norm(np.subtract(rgb, COLORS[background])) > 110]
    items = []
    cells = draw(st.lists(st.integers(0, 11), min_size=0, max_size=8, unique=True))
    for cell in cells:
        side = draw(st.integers(34, 90))
        x = 120 * (cell % 4) + draw(st.integers(8, 112 - side))
        y = 120 * (cell // 4) + draw(st.integers(8, 112 - side))
        items.append(
            Drawn(draw(st.sampled_from(["circle", "square", "triangle"])), draw(st.sampled_from(far)), x, y, side)
        )
    return background, items


def match(found: Regions, item: Drawn) -> object:
    return min(found.regions, key=lambda r: np.abs(np.subtract(r.box, item.box)).max())


@settings(max_examples=60)
@given(scenes())
def test_shapes_are_counted_and_placed(scene: tuple[str, list[Drawn]]) -> None:
    background, items = scene
    found = find_regions(paint(items, background))
    assert len(found.regions) == len(items)
    for item in items:
        region = match(found, item)
        assert np.abs(np.subtract(region.box, item.box)).max() <= 2.0
        assert region.color == item.color
        assert region.shape.name == item.kind


@settings(max_examples=25)
@given(scenes(), st.integers(0, 2**32 - 1))
def test_noise_and_compression_change_no_count(scene: tuple[str, list[Drawn]], seed: int) -> None:
    background, items = scene
    rng = np.random.default_rng(seed)
    noisy = np.clip(paint(items, background) + rng.normal(0, 6, (SIZE[1], SIZE[0], 3)), 0, 255).astype(np.uint8)
    packed = cv2.imdecode(cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])[1], 1)[..., ::-1]
    assert len(find_regions(np.ascontiguousarray(packed)).regions) == len(items)


@settings(max_examples=25)
@given(scenes())
def test_a_mirrored_picture_has_mirrored_regions(scene: tuple[str, list[Drawn]]) -> None:
    pixels = paint(scene[1], scene[0])
    here = sorted(r.box for r in find_regions(pixels).regions)
    there = sorted(
        (SIZE[0] - x1, y0, SIZE[0] - x0, y1)
        for x0, y0, x1, y1 in (r.box for r in find_regions(np.ascontiguousarray(pixels[:, ::-1])).regions)
    )
    assert len(here) == len(there)
    for one, other in zip(here, there, strict=True):
        assert np.abs(np.subtract(one, other)).max() <= 2.0


def test_a_moved_object_has_a_moved_box() -> None:
    boxes = [find_regions(paint([Drawn("circle", "red", x, 100, 60)])).regions[0].box for x in (50, 250)]
    assert boxes[1][0] - boxes[0][0] == pytest.approx(200, abs=1)


@pytest.mark.parametrize("color", ["white", "black", "grey", "red"])
def test_a_blank_picture_has_none(color: str) -> None:
    assert find_regions(blank(color)).regions == ()


def test_noise_and_gradients_have_none() -> None:
    rng = np.random.default_rng(0)
    assert find_regions(rng.integers(0, 255, (300, 400, 3), dtype=np.uint8)).regions == ()
    gradient = np.repeat(np.linspace(0, 255, 400)[None, :, None], 300, axis=0).repeat(3, axis=2).astype(np.uint8)
    assert find_regions(gradient).regions == ()


def test_uneven_light_does_not_matter() -> None:
    items = [Drawn("circle", "red", 40 + 110 * i, 60 + 90 * (i % 2), 60) for i in range(4)]
    shade = np.linspace(0.55, 1.0, SIZE[0])[None, :, None]
    found = find_regions((paint(items) * shade).astype(np.uint8))
    assert [r.color for r in found.regions] == ["red"] * 4


def test_touching_circles_are_two() -> None:
    pixels = blank()
    for x in (150, 222):
        cv2.circle(pixels, (x, 150), 40, COLORS["red"], -1, cv2.LINE_AA)
    assert len(find_regions(pixels).regions) == 2


def test_touching_squares_of_two_colours_are_two() -> None:
    found = find_regions(paint([Drawn("square", "blue", 100, 100, 80), Drawn("square", "red", 180, 100, 80)]))
    assert [r.color for r in found.regions] == ["blue", "red"]


def test_a_square_on_a_square_is_two_and_a_ring_is_one() -> None:
    found = find_regions(paint([Drawn("square", "blue", 100, 60, 200), Drawn("square", "yellow", 160, 120, 60)]))
    assert sorted(r.color for r in found.regions) == ["blue", "yellow"]
    ring = blank()
    cv2.circle(ring, (200, 150), 80, COLORS["red"], 20, cv2.LINE_AA)
    (region,) = find_regions(ring).regions
    assert region.color == "red"


def test_a_bar_has_a_direction() -> None:
    pixels = blank()
    corners = cv2.boxPoints(((240, 180), (200, 24), -30))  # OpenCV turns clockwise: this is 30 degrees up to the right
    cv2.fillPoly(pixels, [np.round(corners).astype(int)], COLORS["blue"], cv2.LINE_AA)
    (region,) = find_regions(pixels).regions
    assert region.shape.name == "elongated"
    assert region.angle == pytest.approx(30, abs=1.5)


@pytest.mark.parametrize("change", ["as it is", "mirrored", "turned", "enlarged", "compressed"])
def test_the_coins_are_24(change: str, repository: Path) -> None:
    photo = Image.open(repository / "demos" / "samples" / "coins.png").convert("RGB")
    if change == "mirrored":
        photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if change == "turned":
        photo = photo.transpose(Image.Transpose.ROTATE_90)
    if change == "enlarged":
        photo = photo.resize((1536, 1212), Image.Resampling.LANCZOS)
    pixels = np.asarray(photo)
    if change == "compressed":
        pixels = cv2.imdecode(cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1], 1)[..., ::-1]
    found = find_regions(np.ascontiguousarray(pixels))
    # Compressed, the dark frame in a corner of the photo also stands out, and rightly so.
    assert len(found.regions) in ((24, 25) if change == "compressed" else (24,))
    assert found.is_stable
    sizes = [r.area / pixels.shape[0] / pixels.shape[1] for r in found.regions]
    assert 0.006 < min(sizes) < max(sizes) < 0.04


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (12, 9), (300, 5)])
def test_any_size_can_be_looked_at(size: tuple[int, int]) -> None:
    find_regions(np.full((size[1], size[0], 3), 90, np.uint8))


def test_looking_inside_a_box_gives_places_of_the_whole_picture() -> None:
    pixels = paint([Drawn("circle", "red", 40, 60, 60), Drawn("square", "blue", 300, 200, 60)])
    (region,) = find_regions(pixels, within=(250, 150, 420, 320)).regions
    assert region.color == "blue"
    assert np.abs(np.subtract(region.box, (300, 200, 360, 260))).max() <= 1.5


def call(ws: Workspace, **arguments: object) -> str:
    (bound,) = (t for t in bind(select(["detection"]), ws) if t.name == "find_regions")
    return str(bound.invoke({"image": "img1", **arguments}))


def test_the_tool_says_what_it_saw_and_what_it_cannot(tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "run")
    ws.add_picture(paint([Drawn("circle", "red", 40, 60, 60), Drawn("square", "blue", 300, 200, 60)]))
    text = call(ws)
    first, *lines = text.split("\n")
    assert first.startswith("2 regions stand out in img1")
    assert "does not know what things are" in first
    assert lines[0].startswith("r1: red circle (fit ")
    assert lines[1].startswith("r2: blue square (fit ")
    assert ws.artifacts["view1"].parents[0].handle == "img1"
    assert not np.array_equal(ws.pixels("view1"), ws.pixels("img1"))
    assert call(ws, color="blue").startswith("1 blue region stands out in img1, of 2 in all")
    assert call(ws, color="green").startswith("No green region stands out in img1; 2 of other colours do.")
    assert "does not show that nothing is there" in call(ws, color="green")
    assert "percentage" in call(ws, smallest=90.0)
