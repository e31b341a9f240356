"""The image tools and the functions under them, on real pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_kit import photo

from sightline.geometry import PERMILLE_YX, PIXELS, UNIT, PictureLimits
from sightline.memory import Workspace
from sightline.tools import StoredPixels, bind, select
from sightline.tools.image import edits


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    ws = Workspace.create(tmp_path / "run")
    ws.add_picture(photo(640, 480))
    return ws


def call(ws: Workspace, tool: str, sees: StoredPixels | None = None, **arguments: object) -> str:
    (bound,) = [t for t in bind(select(["image"]), ws, sees) if t.name == tool]
    return str(bound.invoke(arguments))


def test_a_crop_shows_the_pixels_inside_the_box(workspace: Workspace) -> None:
    text = call(workspace, "crop_zoom", image="img1", box=[100, 80, 356, 272])
    assert text.startswith("view1 is the part (100, 80, 356, 272) of img1, enlarged 4 times.")
    crop = workspace.pixels("view1")
    assert crop.shape == (768, 1024, 3)
    # The middle of each enlarged source pixel has its colour, away from the 16-pixel patches' edges.
    assert np.array_equal(crop[4 * 8 + 2, 4 * 4 + 2], workspace.pixels("img1")[88, 104])


def test_places_found_in_a_crop_of_a_crop_are_said_of_the_photo(workspace: Workspace) -> None:
    call(workspace, "crop_zoom", image="img1", box=[100, 80, 356, 272])
    call(workspace, "rotate", image="view1", degrees=90)
    call(workspace, "crop_zoom", image="view2", box=[0, 0, 384, 512])
    width, height = workspace.artifacts["view3"].size
    handle, points = workspace.to_input("view3", np.array([[0.0, 0.0], [float(width), float(height)]]))
    assert handle == "img1"
    # A quarter turn puts the crop's right edge on top; the crop of that is its upper left part.
    assert np.allclose(points, [[356, 80], [228, 176]])


@given(st.floats(0, 60), st.floats(0, 44), st.floats(0.1, 60), st.floats(0.1, 44))
def test_a_crop_holds_all_of_its_box(x0: float, y0: float, wide: float, high: float) -> None:
    pixels = photo(64, 48)
    box = (x0, y0, min(64.0, x0 + wide), min(48.0, y0 + high))
    if box[2] <= box[0] or box[3] <= box[1]:
        return
    crop, transform, zoom = edits.crop_zoom(pixels, box)
    height, width = crop.shape[:2]
    assert max(crop.shape) <= 1024
    assert zoom <= edits.MOST_ZOOM
    shown = transform.box_to_parent((0, 0, width, height))
    assert shown[0] <= box[0] + 1e-6
    assert shown[1] <= box[1] + 1e-6
    assert shown[2] >= box[2] - 1e-6
    assert shown[3] >= box[3] - 1e-6


def test_four_quarter_turns_are_the_picture(workspace: Workspace) -> None:
    pixels = workspace.pixels("img1")
    turned = pixels
    for _ in range(4):
        turned, _ = edits.rotate(turned, 90)
    assert np.array_equal(turned, pixels)
    assert np.array_equal(edits.rotate(pixels, 90)[0], np.rot90(pixels))


def test_other_angles_stand_on_a_neutral_canvas() -> None:
    pixels = np.full((40, 60, 3), 200, np.uint8)
    turned, transform = edits.rotate(pixels, 30)
    assert turned.shape[:2] == transform.child_size[::-1]
    assert tuple(turned[0, 0]) == (127, 127, 127)
    assert tuple(turned[turned.shape[0] // 2, turned.shape[1] // 2]) == (200, 200, 200)


def test_flips_mirror(workspace: Workspace) -> None:
    assert "left and right swapped" in call(workspace, "flip", image="img1", direction="horizontal")
    assert np.array_equal(workspace.pixels("view1"), workspace.pixels("img1")[:, ::-1])
    call(workspace, "flip", image="img1", direction="vertical")
    assert np.array_equal(workspace.pixels("view2"), workspace.pixels("img1")[::-1])


@pytest.mark.parametrize(
    ("sees", "first"),
    [
        (StoredPixels(), ("80", "80")),
        (StoredPixels(PIXELS, PictureLimits(max_long_side=320)), ("40", "40")),
        (StoredPixels(PERMILLE_YX), ("125", "167")),
        (StoredPixels(UNIT), ("0.125", "0.1667")),
    ],
)
def test_a_grid_is_labelled_in_the_models_own_coordinates(
    workspace: Workspace, sees: StoredPixels, first: tuple[str, str]
) -> None:
    from sightline.tools import ToolContext

    assert ToolContext(workspace, sees=sees).name_point(workspace.picture("img1"), 80, 80) == first
    text = call(workspace, "grid_overlay", sees, image="img1", divisions=8)
    assert "7 vertical and 5 horizontal lines" in text
    assert workspace.pixels("view1").shape == workspace.pixels("img1").shape


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (20, 20), (30, 2000), (4000, 3000)])
def test_any_size_can_be_worked_on(size: tuple[int, int]) -> None:
    pixels = photo(*size)
    edits.grid_overlay(pixels, 8, lambda x, y: (f"{x:.0f}", f"{y:.0f}"))
    edits.rotate(pixels, 17)
    edits.crop_zoom(pixels, (0, 0, *size))
    sheet, regions = edits.side_by_side([pixels, photo(50, 40)], ["a", "b"], 2)
    assert max(sheet.shape) <= edits.LARGEST + 400
    assert len(regions) == 2
    for how in ("contrast", "brighten", "darken", "sharpen", "denoise", "edges"):
        assert edits.enhance(pixels, how).shape == pixels.shape  # type: ignore[arg-type]


def test_side_by_side_says_which_is_where(workspace: Workspace) -> None:
    workspace.add_picture(photo(300, 600, seed=5))
    text = call(workspace, "side_by_side", images=["img1", "img2"])
    assert "shows img1, img2" in text
    links = workspace.artifacts["view1"].parents
    assert [link.handle for link in links] == ["img1", "img2"]
    for link, corner in zip(links, ([640.0, 480.0], [300.0, 600.0]), strict=True):
        handle, points = workspace.to_input("view1", np.array([link.region[2:]]))
        assert handle == link.handle
        assert np.allclose(points, [corner])
    sheet = workspace.pixels("view1")
    x0, y0, x1, y1 = (int(v) for v in links[0].region)
    assert sheet[y0:y1, x0:x1].std() > 20
    assert np.all(sheet[y0 + 5, x1 + 2] == edits.NEUTRAL)


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("grid_overlay", {"image": "img1", "divisions": 1}, "2 to 20 divisions"),
        ("side_by_side", {"images": ["img1"]}, "2 to 12 pictures"),
        ("side_by_side", {"images": ["img1", "img1"], "columns": 0}, "1 to 6 pictures"),
        ("crop_zoom", {"image": "img1", "box": [700, 10, 900, 50]}, "outside img1"),
        ("flip", {"image": "img1", "direction": "diagonal"}, "one of: horizontal, vertical"),
    ],
)
def test_mistakes_name_what_is_valid(workspace: Workspace, tool: str, arguments: dict, says: str) -> None:
    assert says in call(workspace, tool, **arguments)


def test_enhancing_does_what_it_says() -> None:
    dark = (photo(200, 160) // 6).astype(np.uint8)
    assert edits.enhance(dark, "brighten").mean() > 2 * dark.mean()
    assert edits.enhance(dark, "darken").mean() < dark.mean()
    faint = np.repeat((photo(200, 160)[..., :1] // 20 + 100).astype(np.uint8), 3, axis=2)
    assert edits.enhance(faint, "contrast").std() > 1.5 * faint.std()
    smooth = np.full((50, 50, 3), 90, np.uint8)
    smooth[:, 25:] = 160
    edges = edits.enhance(smooth, "edges")
    assert edges[:, 22:28].max() == 255
    assert edges[:, :20].max() == 0
    noisy = np.clip(smooth + np.random.default_rng(0).normal(0, 12, smooth.shape), 0, 255).astype(np.uint8)
    assert edits.enhance(noisy, "denoise")[:, :20].std() < 0.5 * noisy[:, :20].std()


def test_places_of_a_crop_are_told_in_the_photo(workspace: Workspace) -> None:
    call(workspace, "crop_zoom", image="img1", box=[100, 80, 356, 272])
    text = call(workspace, "in_original", image="view1", points=[[0, 0], [512, 384]], boxes=[[0, 0, 1024, 768]])
    assert text.split("\n") == [
        "(0, 0) of view1 is (100, 80) in img1",
        "(512, 384) of view1 is (228, 176) in img1",
        "box (0, 0, 1024, 768) of view1 is box (100, 80, 356, 272) in img1",
    ]
    call(workspace, "flip", image="view1", direction="horizontal")
    assert call(workspace, "in_original", image="view2", points=[[0, 0]]).endswith("(356, 80) in img1")
    assert "was not made from another" in call(workspace, "in_original", image="img1", points=[[0, 0]])
    assert "no places" in call(workspace, "in_original", image="view1")


def test_turning_again_and_again_does_not_grow_without_end() -> None:
    pixels = photo(1280, 960)
    for _ in range(8):
        pixels, transform = edits.rotate(pixels, 45)
        assert transform.child_size == (pixels.shape[1], pixels.shape[0])
    assert max(pixels.shape) <= edits.LARGEST


def test_a_place_across_two_parts_is_said(workspace: Workspace) -> None:
    call(workspace, "side_by_side", images=["img1", "img1"])
    width = workspace.artifacts["view1"].size[0]
    text = call(workspace, "in_original", image="view1", boxes=[[10, 100, width - 10, 200]], points=[[40, 100]])
    assert "does not lie inside one of its parts" in text
    assert "in img1" in text
