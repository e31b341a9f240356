"""Floors, areas, free space and layouts: against rooms made of points, and by hand."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from boxes_scene import Shot, thing
from measure_kit import World
from tool_kit import call, workspace_in

from sightline.geometry import polygons, poses
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.reconstructions import Reconstruction
from sightline.tools.measure import TOOLS, area, free_space, layout, layout_query
from sightline.tools.measure.floors import (
    clearance,
    find_floor,
    floor_map,
    largest_circle,
    largest_rectangle,
    largest_turned_rectangle,
)
from sightline.tools.measure.surfaces import floor_area, room_outline

STEP = 0.03


def sheet(low: tuple[float, float, float], high: tuple[float, float, float]) -> np.ndarray:
    """Points every 3 cm of an upright or level rectangle."""
    ticks = [np.arange(a, b + 1e-9, STEP) if b > a else np.array([a]) for a, b in zip(low, high, strict=True)]
    return np.stack(np.meshgrid(*ticks), axis=-1).reshape(-1, 3)


def room(turned: float = 0.0, noise: float = 0.003) -> Reconstruction:
    """A room of 4 x 3 x 2.5 m without ceiling, a block of 1 x 1 x 0.7 m in its south-west corner; floor at z = -1.5."""
    rng = np.random.default_rng(0)
    floor = sheet((0, 0, 0), (4, 3, 0))
    floor = floor[~((floor[:, 0] < 1) & (floor[:, 1] < 1))]
    block = [sheet((0, 0, 0.7), (1, 1, 0.7)), sheet((1, 0, 0), (1, 1, 0.7)), sheet((0, 1, 0), (1, 1, 0.7))]
    walls = [sheet((0, 0, 0), (0, 3, 2.5)), sheet((4, 0, 0), (4, 3, 2.5)), sheet((0, 3, 0), (4, 3, 2.5))]
    points = np.concatenate([floor, *block, *walls]) - np.array([0, 0, 1.5])
    points = (points + noise * rng.normal(size=points.shape)) @ poses.rotation_z(turned).T
    camera = Camera(Intrinsics.from_focal((64, 48), 60.0), poses.pose_from(poses.camera_rotation(0), [0, 0, 0]))
    cloud = PointCloud(points.astype(np.float32), np.zeros((len(points), 3), np.uint8), np.zeros(len(points), np.int32))
    return Reconstruction(
        {"img1": camera}, replace(cloud, radius=np.full(len(points), STEP / 2, np.float32)), "measured", up="known"
    )


def test_the_floor_is_found_below_everything() -> None:
    floor = find_floor(room())
    assert floor is not None
    assert floor.height == pytest.approx(-1.5, abs=0.005)
    assert floor.error < 0.02
    assert find_floor(replace(room(), up="assumed")) is None
    rng = np.random.default_rng(0)
    fog = PointCloud(rng.uniform(-1, 1, (5000, 3)).astype(np.float32), np.zeros((5000, 3), np.uint8))
    found = find_floor(replace(room(), cloud=fog))
    assert found is None or found.height < -0.9


def test_a_table_is_no_floor() -> None:
    table = sheet((0, 0, 0.75), (2, 2, 0.75))
    below = sheet((-1, -1, 0), (3, 3, 0))[::7]
    points = (np.concatenate([table, below]) - np.array([0, 0, 1.5])).astype(np.float32)
    cloud = PointCloud(points, np.zeros((len(points), 3), np.uint8))
    floor = find_floor(replace(room(), cloud=cloud))
    assert floor is not None
    assert floor.height == pytest.approx(-1.5, abs=0.01)


@pytest.mark.parametrize("turned", [0.0, 30.0])
def test_areas_and_free_space_of_a_room(turned: float) -> None:
    reconstruction = room(turned)
    floor = find_floor(reconstruction)
    assert floor is not None
    plan = floor_map(reconstruction, floor)
    found = floor_area(plan)
    assert found.low <= 11 <= found.high
    assert found.seen == pytest.approx(11, rel=0.04)
    assert found.fraction == pytest.approx(11 / 12, abs=0.05)
    corners, long, short = largest_turned_rectangle(plan, step=5.0)
    assert long * short == pytest.approx(3 * 3, rel=0.12)
    assert polygons.area(corners) == pytest.approx(long * short)
    back = corners @ poses.rotation_z(turned)[:2, :2]
    assert back.min(axis=0) == pytest.approx([1, 0], abs=0.15) or back.min(axis=0) == pytest.approx([0, 1], abs=0.15)
    column, row, radius = largest_circle(plan.free)
    assert 2 * radius * plan.cell == pytest.approx(3, abs=0.25)
    centre = (plan.origin + plan.cell * np.array([column, row])) @ poses.rotation_z(turned)[:2, :2]
    assert centre == pytest.approx([2.5, 1.5], abs=0.2)
    outline = room_outline(reconstruction, floor)
    assert sorted(outline.size[:2].tolist()) == pytest.approx([3, 4], abs=0.06)
    assert outline.heights[0] == pytest.approx(-1.5, abs=0.01)
    spot = np.array([2.5, 0.5]) @ poses.rotation_z(turned)[:2, :2].T
    assert clearance(plan, spot) == pytest.approx(1.5, abs=3 * plan.cell)  # to the block and to the east wall


def test_the_largest_rectangle_is_the_largest() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        free = rng.random((7, 9)) < 0.75
        x0, y0, x1, y1 = largest_rectangle(free)
        best = max(
            (b - a) * (d - c)
            for a in range(9)
            for b in range(a, 10)
            for c in range(7)
            for d in range(c, 8)
            if free[c:d, a:b].all()
        )
        assert (x1 - x0) * (y1 - y0) == best
        assert free[y0:y1, x0:x1].all()
    assert largest_rectangle(np.zeros((3, 3), bool)) == (0, 0, 0, 0)
    assert largest_circle(np.zeros((3, 3), bool))[2] == 0
    assert largest_circle(np.ones((9, 9), bool)) == (4.5, 4.5, 4.5)


# Through the tools

RED = thing(2, "red chair", (-0.8, 4.0), (0.5, 0.5, 0.9))
BLUE = thing(3, "blue chair", (1.0, 5.0), (0.5, 0.5, 0.9))
TABLE = thing(4, "brown table", (0.3, 3.2), (0.9, 0.4, 0.6))
DOOR = thing(6, "white door", (-1.6, 6.0), (0.9, 0.04, 1.0), bottom=0.1)
SHOTS = (
    Shot(size=(240, 180), pitch=-25),
    Shot((2.5, 1.0, 1.7), -40, -25, size=(240, 180)),
    Shot((-2.5, 1.5, 1.6), 35, -25, size=(240, 180)),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), [RED, BLUE, TABLE, DOOR], SHOTS)


def test_the_area_of_a_flat_thing(world: World) -> None:
    text = world.says(area, thing="obj:white door")
    found = re.search(r": ([\d.]+) m² \(([\d.]+) to ([\d.]+), measured\)", text)
    assert found, text
    value, low, high = (float(v) for v in found.groups())
    assert low <= 0.9 * 1.0 <= high
    assert value == pytest.approx(0.9, rel=0.08)
    assert "not flat" in world.refuses(area, thing="obj:red chair")
    assert "% of it is floor that was seen" in world.says(area)


def test_free_space_in_words(world: World) -> None:
    assert "largest free rectangle" in world.says(free_space)
    assert "across" in world.says(free_space, shape="circle")
    text = world.says(free_space, around="obj:brown table")
    found = re.search(r"in the plan: ([\d.]+) m \(([\d.]+) to ([\d.]+)", text)
    assert found, text
    low, high = RED.corners().min(axis=0)[:2], RED.corners().max(axis=0)[:2]
    middle = np.array(TABLE.centre[:2])
    truth = float(np.linalg.norm(np.maximum(np.maximum(low - middle, middle - high), 0)))
    assert float(found[2]) <= truth <= float(found[3])


def test_the_layout_lists_boundaries(world: World) -> None:
    text = world.says(layout)
    lines = {m[1]: line for line in text.splitlines() if (m := re.match(r'obj\d+ "([^"]+)": footprint', line))}
    assert set(lines) == {"red chair", "blue chair", "brown table", "white door"}
    for item in (RED, BLUE, TABLE):
        corners = np.array(re.findall(r"\((-?[\d.]+), (-?[\d.]+)\)", lines[item.name])[:4], dtype=float)
        truth = (item.corners() - [*SHOTS[0].position])[:, :2]  # the first camera looks along +y
        assert corners.min(axis=0) == pytest.approx(truth.min(axis=0), abs=0.06)
        assert corners.max(axis=0) == pytest.approx(truth.max(axis=0), abs=0.06)
        assert f"to {item.size[2]:g} high" in lines[item.name]
    assert "in metres" in text
    assert "above the floor" in text


def test_what_is_nearest(world: World) -> None:
    text = world.says(layout_query, question="nearest", thing="obj:red chair")
    assert text.startswith(f'Nearest to {world.handle("red chair")} "red chair" is {world.handle("brown table")}')
    assert text.index("brown table") < text.index("blue chair") < text.index("By the layout")


def test_the_order_from_left_to_right(world: World) -> None:
    for handle, shot in zip(world.handles, SHOTS, strict=True):
        text = world.says(layout_query, question="order", seen_from=handle)

        def side(item: Any, shot: Shot = shot) -> float:
            dx, dy = np.subtract(item.centre, shot.position)[:2]
            return (math.degrees(math.atan2(dx, dy)) - shot.bearing + 180) % 360 - 180

        expected = [item.name for item in sorted((RED, BLUE, TABLE, DOOR), key=side)]
        listed = text.split("Unclear")[0]
        assert sorted(expected, key=listed.index) == expected, text
    assert "someone's" in world.refuses(layout_query, question="order")


def test_regions(world: World) -> None:
    x, y = RED.centre[:2]
    within = [x - 0.5, y - 0.5, x + 0.5, y + 0.5]
    text = world.says(layout_query, question="inside", thing="obj:red chair", region=within)
    found = re.search(r"is inside the region, ([\d.]+)", text)
    assert found, text
    assert float(found[1]) == pytest.approx(0.5, abs=0.03)
    text = world.says(layout_query, question="inside", thing="obj:blue chair", region=within)
    assert "is outside the region" in text
    assert "0 % of its footprint" in text
    edge = [x, y - 0.5, x + 1, y + 0.5]
    assert "too close to the border" in world.says(layout_query, question="inside", thing="obj:red chair", region=edge)
    triangle = [0, 0, 2, 0, 0, 2]
    assert ": 2 m²" in world.says(layout_query, question="area", region=triangle)
    assert "1 objects named" in world.says(layout_query, question="count", name="red chair", region=within)
    assert world.says(layout_query, question="count", region=within).startswith("1 objects of the scene map")
    assert "not a total of the scene" in world.says(layout_query, question="count")
    for wrong in ([0, 0, 1], [0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]):
        assert "region" in world.refuses(layout_query, question="area", region=wrong)
    assert "asked about an object" in world.refuses(layout_query, question="nearest")


def test_nothing_to_measure_in(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    for instrument in (area, free_space, layout):
        finished = call(instrument, {}, workspace, name=f"x.{instrument.name}")
        assert finished.outcome == "limit"
        assert "nothing is reconstructed yet" in finished.text
        assert "`reconstruct`" in finished.text


def test_floors_need_gravity(tmp_path: Path) -> None:
    world = World(tmp_path, [RED], SHOTS[:1], change=lambda r: replace(r, up="assumed"))
    for instrument in (area, free_space):
        assert "only assumed" in world.refuses(instrument)
    assert "Gravity is not known here" in world.says(layout)


def test_the_family_is_whole() -> None:
    assert [t.name for t in TOOLS] == [
        "locate",
        "distance",
        "size",
        "angle",
        "tilt",
        "height_above",
        "area",
        "direction_of",
        "fits",
        "free_space",
        "layout",
        "layout_query",
    ]
    assert {t.family for t in TOOLS} == {"measure"}
