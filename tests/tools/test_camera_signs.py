"""Signs of the camera tools that only a picture, or the place where a thing is drawn, tells right from wrong."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from camera_kit import BALLS, HEIGHT, balls, camera, middles, run, workspace_with
from PIL import Image, ImageDraw, ImageFont

from sightline.geometry.cameras import Camera
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import camera_rotation, pose_from
from sightline.geometry.quantities import number
from sightline.geometry.reconstructions import Mesh
from sightline.memory import Workspace
from sightline.tools.camera import contact_sheet, fit_view, top_down, view
from sightline.tools.camera.map_drawing import RIM, draw_map
from sightline.tools.camera.placing import Solid, orbiting
from sightline.tools.camera.rendering import render


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_with(tmp_path, balls())


def inked(pixels: Any, name: str) -> int:
    """How many pixels show a ball."""
    return int((pixels == np.uint8(BALLS[name][1])).all(axis=-1).sum())


def test_cells_of_an_orbit_are_what_one_sees_from_that_side(workspace: Workspace) -> None:
    _, pixels, handle = run(contact_sheet, {"cloud": "cloud1", "count": 4, "around": "obj1"}, workspace)
    cells = []
    for cell in workspace.artifacts[handle].data["cells"]:
        x0, y0, x1, y1 = (int(v) for v in cell["region"])
        cells.append(pixels[y0:y1, x0:x1])
    # Moved to the right by a quarter, the right ball is before the one in the middle, and the left one behind it.
    assert inked(cells[1], "right") > 3 * inked(cells[1], "left")
    assert inked(cells[3], "left") > 3 * inked(cells[3], "right")
    behind = middles(cells[2])
    assert behind["right"][0] < behind["left"][0]


@pytest.mark.parametrize("names", [["obj6"], ["obj3"], ["obj7"], ["obj4"]])
def test_where_a_found_viewpoint_is_said_to_be_it_is(workspace: Workspace, names: list[str]) -> None:
    text, _, handle = run(fit_view, {"cloud": "cloud1", "objects": names}, workspace)
    place = Camera.from_json(workspace.artifacts[handle].data["camera"]).position - (0, 0, HEIGHT)
    ways = {"to the right": 0, "to the left": 0, "forward": 1, "back": 1, "up": 2, "down": 2}
    told = re.findall(r"([\d.]+) m (to the right|to the left|forward|back|up|down)", text.split("with obj")[0])
    assert told
    for length, way in told:
        sign = -1 if way in ("to the left", "back", "down") else 1
        assert place[ways[way]] == pytest.approx(sign * float(length), abs=0.02)


def test_around_the_place_where_it_stands_a_camera_steps_straight_back() -> None:
    pose, _, _ = orbiting(camera(), np.array([0.0, 0.0, HEIGHT]), 0.0, None, 1.0, 6.0)
    where = middles(render(balls(), Camera(camera().intrinsics, pose)).pixels)
    assert where["ahead"] == pytest.approx((160, 120), abs=1.5)
    assert where["left"][0] < where["right"][0]
    assert pose[1, 3] == pytest.approx(-3.0)


@pytest.mark.parametrize("bearing", [30.0, 110.0])
def test_a_turned_box_lies_along_its_bearing(bearing: float) -> None:
    b = math.radians(bearing)
    along = np.array([math.sin(b), math.cos(b), 0.0])
    across = np.array([along[1], -along[0], 0.0])
    box = Solid("box", np.array([1.0, 1.0, 0.5]), np.array([0.2, 2.0, 1.0]), np.stack([across, along, [0, 0, 1]], 1))
    ends = box.corners - box.centre
    assert np.sort(ends @ along) == pytest.approx([-1] * 4 + [1] * 4)
    assert np.sort(ends @ across) == pytest.approx([-0.1] * 4 + [0.1] * 4)
    mirrored = along * (-1, 1, 1)
    points = (box.centre + 0.9 * np.stack([along, -along, mirrored])).astype(np.float32)
    assert box.holds(points).tolist() == [True, True, False]
    # On the map its outline reaches as far along the bearing, and not along the mirrored one.
    plain, drawn = draw_map(balls(), "m"), draw_map(balls(), "m", [replace(box, name="")])
    changed = (plain.pixels != drawn.pixels).any(axis=-1)
    for way, there in ((along, True), (mirrored, False)):
        x, y = drawn.layout.pixel(box.centre + 0.8 * way)
        reach = 0.15 * drawn.layout.pixels_per_unit
        part = changed[int(y - reach) : int(y + reach) + 1, int(x - reach) : int(x + reach) + 1]
        assert part.any() == there


def test_a_rolled_view_says_to_which_side(workspace: Workspace) -> None:
    for roll, side, higher, lower in ((20, "right", "right", "left"), (-20, "left", "left", "right")):
        text, pixels, _ = run(view, {"cloud": "cloud1", "roll": roll}, workspace)
        assert f"level, tilted 20 degrees to the {side}" in text
        where = middles(pixels)  # the head to the right: the picture turns counter-clockwise
        assert where[higher][1] < where[lower][1]


def test_corners_of_a_mesh_have_their_own_colours_wherever_it_is_seen_from() -> None:
    pytest.importorskip("open3d", reason="needs sightline[recon]", exc_type=ImportError)
    eye = Camera(camera().intrinsics, pose_from(camera_rotation(40, -20, 10), (1.0, 2.0, 3.0)))
    places = np.array([(60.0, 40.0), (260.0, 60.0), (90.0, 200.0)])
    corners = eye.unproject(places, [3.0, 3.5, 4.0]).astype(np.float32)
    colors = np.uint8([[255, 0, 0], [0, 255, 0], [0, 0, 255]])
    picture = render(replace(balls(), mesh=Mesh(corners, np.int32([[0, 1, 2]]), colors)), eye)
    middle = places.mean(axis=0)
    for place, color in zip(places, colors, strict=True):
        x, y = (place + 0.08 * (middle - place)).astype(int)
        assert picture.pixels[y, x].argmax() == color.argmax()
        assert picture.pixels[y, x].max() > 180


def test_a_camera_that_looks_down_or_up_is_said_to(tmp_path: Path) -> None:
    looking = {
        "img1": Camera(camera().intrinsics, pose_from(camera_rotation(0, -85), (0, 0, 3))),
        "img2": Camera(camera().intrinsics, pose_from(camera_rotation(0, 85), (1, 0, 3))),
    }
    there = workspace_with(tmp_path, replace(balls(), cameras=looking), placed=False)
    text, _, _ = run(top_down, {"cloud": "cloud1"}, there)
    assert "img1 at (0, 0) looking straight down" in text
    assert "img2 at (1, 0) looking straight up" in text


def test_the_grid_and_its_numbers_are_where_the_world_is() -> None:
    """On a white floor that reaches further ahead than back, so that nothing is where its mirror image is."""
    x, y = np.meshgrid(np.arange(-2.3, 4.1, 0.02), np.arange(-1.4, 7.2, 0.02))
    floor = np.stack([x, y, 0 * x], axis=-1).reshape(-1, 3).astype(np.float32)
    cloud = PointCloud(floor, np.full(floor.shape, 255, np.uint8), radius=np.full(len(floor), 0.02, np.float32))
    drawn = draw_map(replace(balls(), cloud=cloud, cameras={}), "m")
    layout = drawn.layout
    light = drawn.pixels[RIM:-RIM, RIM:-RIM].astype(int).sum(axis=2)
    rows, columns = np.median(light, axis=1), np.median(light, axis=0)
    for k in (-1, 0, 1, 2, 3):
        column, row = (layout.pixel(np.array([k * layout.cell, k * layout.cell])) - RIM).round().astype(int)
        for lines, at in ((columns, column), (rows, row)):
            assert lines[at - 1 : at + 2].min() < 0.9 * np.median(lines)
    for k in (-1, 1, 2, 3):
        place = layout.pixel(np.array([k * layout.cell, k * layout.cell]))
        for at, anchor in (((place[0], RIM - 4), "ms"), ((RIM - 5, place[1]), "rm")):
            assert written(drawn.pixels, at, anchor) == number(k * layout.cell)


def written(pixels: Any, at: tuple[float, float], anchor: str) -> str:
    """Which whole number stands at a place of the map's rim."""
    font, best = ImageFont.load_default(13), ("", math.inf)
    for k in range(-3, 9):
        alone = Image.new("RGB", (pixels.shape[1], pixels.shape[0]), (255, 255, 255))
        ImageDraw.Draw(alone).text(at, number(float(k)), (40, 40, 40), font, anchor=anchor)
        x, y = int(at[0]), int(at[1])
        part = (slice(max(0, y - 12), y + 9), slice(max(0, x - 20), min(x + 12, RIM - 2) if anchor == "rm" else x + 12))
        off = float(np.abs(np.asarray(alone)[part].astype(int) - pixels[part]).sum())
        best = min(best, (number(float(k)), off), key=lambda pair: pair[1])
    return best[0]
