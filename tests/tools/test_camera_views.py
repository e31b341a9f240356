from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from camera_kit import BALLS, HEIGHT, SIZE, balls, camera, middles, run, workspace_with
from tool_kit import call

from sightline.geometry.cameras import Camera
from sightline.geometry.clouds import PointCloud, smooth_depth
from sightline.geometry.poses import bearing_pitch_roll
from sightline.geometry.reconstructions import Reconstruction
from sightline.geometry.splatting import splat
from sightline.memory import ScaleStated, Workspace
from sightline.memory.refs import point_ref
from sightline.tools import ToolResult, tool
from sightline.tools.camera import contact_sheet, fit_view, orbit, stand_at, view
from sightline.tools.seeing import camera_of


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_with(tmp_path, balls())


def seen(workspace: Workspace, instrument: Any = view, **arguments: Any) -> tuple[str, dict[str, tuple[float, float]]]:
    text, pixels, _ = run(instrument, {"cloud": "cloud1", **arguments}, workspace)
    height, width = pixels.shape[:2]
    return text, {k: (x / width - 0.5, y / height - 0.5) for k, (x, y) in middles(pixels).items()}


def taken(workspace: Workspace, handle: str) -> Camera:
    found = camera_of(workspace, handle)
    assert found is not None
    return found


def refused(workspace: Workspace, instrument: Any, outcome: str, **arguments: Any) -> str:
    finished = call(instrument, {"cloud": "cloud1", **arguments}, workspace, name="t.bad")
    assert finished.outcome == outcome, finished.text
    return finished.text


# ------------------------------------------------------------------------------------------------------- signs


def test_from_the_first_camera_everything_is_on_its_side(workspace: Workspace) -> None:
    text, where = seen(workspace, image="img1")
    assert set(where) == {"ahead", "left", "right", "above", "below"}
    assert where["left"][0] < -0.2 < 0.2 < where["right"][0]
    assert where["above"][1] < -0.2 < 0.2 < where["below"][1]
    assert abs(where["ahead"][0]) < 0.01
    assert abs(where["ahead"][1]) < 0.01
    assert "This repeats img1: nothing new can be seen." in text


def test_yaw_turns_right_and_pitch_looks_up_and_roll_tilts_the_head_right(workspace: Workspace) -> None:
    _, level = seen(workspace)
    text, turned = seen(workspace, yaw=10)
    assert turned["ahead"][0] < level["ahead"][0] - 0.1
    assert "turned 10 degrees right" in text
    assert "towards bearing 10 degrees, level" in text
    text, raised = seen(workspace, pitch=10)
    assert raised["ahead"][1] > level["ahead"][1] + 0.1
    assert "turned 10 degrees up" in text
    assert "10 degrees above level" in text
    text, tilted = seen(workspace, roll=15)  # the head to the right: the world turns counter-clockwise
    assert tilted["right"][1] < -0.05
    assert tilted["left"][1] > 0.05
    assert "the head tilted 15 degrees to the right" in text
    text, both = seen(workspace, yaw=-90, pitch=-5)
    assert not both
    assert "turned 90 degrees left and 5 degrees down" in text
    assert "no pixel is covered" in text
    assert "Turn or move less; top_down shows what lies where." in text


def test_a_quarter_turn_right_shows_what_is_east(workspace: Workspace) -> None:
    assert set(seen(workspace, yaw=90)[1]) == {"east"}
    assert set(seen(workspace, yaw=180)[1]) == {"behind"}


def test_moving_is_level_and_along_the_anchors_axes(workspace: Workspace) -> None:
    _, level = seen(workspace)
    text, moved = seen(workspace, right=0.5)
    assert moved["ahead"][0] < level["ahead"][0]
    assert "moved 0.5 m to the right" in text
    text, moved = seen(workspace, up=0.5)
    assert moved["ahead"][1] > level["ahead"][1]
    assert "0.5 m up" in text
    text, moved = seen(workspace, forward=1, up=-0.25, right=-0.5)
    assert moved["right"][0] > level["right"][0]
    assert "moved 0.5 m to the left, 1 m forward and 0.25 m down" in text
    _, moved = seen(workspace, forward=0.5)
    assert level["right"][0] + 0.03 < moved["right"][0]
    assert moved["left"][0] < level["left"][0] - 0.03
    # From img2, which looks east, right is south.
    _, _, handle = run(view, {"cloud": "cloud1", "image": "img2", "right": 1.0}, workspace)
    assert np.allclose(taken(workspace, handle).position, (0.5, -1, HEIGHT))


def test_an_orbit_moves_to_the_cameras_right_and_rises(workspace: Workspace) -> None:
    # Moved to the right around the ball ahead, it sees the right ball in front and the left one behind.
    text, pixels, handle = run(orbit, {"cloud": "cloud1", "azimuth": 30, "around": "obj1"}, workspace)
    found = taken(workspace, handle)
    assert found.position[0] == pytest.approx(4 * np.sin(np.radians(30)))
    assert found.position[1] == pytest.approx(4 - 4 * np.cos(np.radians(30)))
    assert bearing_pitch_roll(found.pose)[0] == pytest.approx(330)
    counts = {k: int((pixels == np.uint8(BALLS[k][1])).all(axis=-1).sum()) for k in ("left", "right")}
    assert counts["right"] > 1.3 * counts["left"]
    assert "30 degrees around it to the camera's right" in text
    assert "obj1 ahead ball" in text
    assert "4 m away" in text
    text, pixels, handle = run(orbit, {"cloud": "cloud1", "azimuth": -20, "elevation": 40, "around": "obj1"}, workspace)
    found = taken(workspace, handle)
    assert found.position[0] < -0.5
    assert found.position[2] == pytest.approx(HEIGHT + 4 * np.sin(np.radians(40)))
    assert "to the camera's left" in text
    assert "40 degrees above level with it" in text
    where = middles(pixels)
    assert where["ahead"] == pytest.approx((pixels.shape[1] / 2, pixels.shape[0] / 2), abs=3)
    assert where["above"][1] < where["ahead"][1]


def test_straight_above_picture_up_is_where_the_approach_led(workspace: Workspace) -> None:
    _, where = seen(workspace, orbit, azimuth=0, elevation=90, around="obj1", distance=2)
    assert where["left"][0] < -0.05
    assert where["right"][0] > 0.05
    assert "90 degrees above level with it" in seen(workspace, orbit, azimuth=0, elevation=90, around="obj1")[0]


def test_an_orbit_around_a_point_of_a_picture(workspace: Workspace) -> None:
    x, y = balls().cameras["img1"].project(BALLS["right"][0])[0]
    arguments = {"cloud": "cloud1", "azimuth": 25, "image": "img1", "point": [x, y]}
    text, pixels, _ = run(orbit, arguments, workspace)
    where = middles(pixels)["right"]
    assert where == pytest.approx((pixels.shape[1] / 2, pixels.shape[0] / 2), abs=20)
    assert f"looking at what is at {point_ref('img1', (x, y))} in img1" in text
    assert "nothing of cloud1 lies at" in refused(workspace, orbit, "limit", azimuth=5, image="img1", point=[5, 5])


def test_around_the_scene_the_middle_is_the_middle(workspace: Workspace) -> None:
    text, _, handle = run(orbit, {"cloud": "cloud1", "azimuth": 0, "elevation": 20, "image": "img2"}, workspace)
    assert "the middle of the scene" in text
    found = taken(workspace, handle)
    low, high = balls().cloud.extent()
    offset = (low + high) / 2 - found.position
    assert np.allclose(offset / np.linalg.norm(offset), found.forward)


def test_standing_at_one_and_facing_another(workspace: Workspace) -> None:
    text, where = seen(workspace, stand_at, a="obj6", b="obj1")  # east, facing the ball ahead (north-west of it)
    assert where["ahead"] == pytest.approx((0, 0), abs=0.05)
    assert where["left"][0] < -0.05 < 0.05 < where["right"][0]
    assert "east" not in where  # it does not see itself from within
    assert "by somebody who stands at obj6 east ball and faces obj1 ahead ball" in text
    assert "1.6 m above the lowest surface" in text
    text, where = seen(workspace, stand_at, a="obj3", b="obj6")  # left, facing east (south-east of it)
    assert where["ahead"][0] < 0  # north of the line: to the left of who looks south-east


def test_eyes_are_at_the_things_own_height_where_there_is_no_scale(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, balls(scale_kind="relative", up="assumed"))
    text, _, handle = run(stand_at, {"cloud": "cloud1", "a": "obj5", "b": "obj6"}, workspace)
    assert taken(workspace, handle).position[2] == pytest.approx(HEIGHT - 1)
    assert "no scale in metres" in text
    assert "scene units of cloud1: not metres" in text
    assert "Up is assumed" in text
    assert abs(bearing_pitch_roll(taken(workspace, handle).pose)[2]) < 1e-6
    workspace = workspace_with(tmp_path / "metres", balls(up="assumed"))
    assert "up is only assumed" in run(stand_at, {"cloud": "cloud1", "a": "obj5", "b": "obj6"}, workspace)[0]


def test_a_camera_that_sees_all_that_is_asked_for(workspace: Workspace) -> None:
    for names in (["obj2", "obj3"], ["obj1", "obj6"], ["obj7"], [f"obj{k}" for k in range(1, 8)]):
        text, where = seen(workspace, fit_view, objects=names)
        wanted = {list(BALLS)[int(name[3:]) - 1] for name in names}
        assert wanted <= set(where)
        assert all(abs(x) < 0.48 and abs(y) < 0.48 for name, (x, y) in where.items() if name in wanted)
        assert text.count("ball") == len(names)
        assert "in the picture" in text
        assert "Hidden" not in text


# --------------------------------------------------------------------------------------------------------- texts


def test_coverage_is_that_of_the_picture_and_the_rest_is_hatched(workspace: Workspace) -> None:
    text, pixels, _ = run(view, {"cloud": "cloud1"}, workspace)
    ink = np.zeros(pixels.shape[:2], bool)
    for _, color in BALLS.values():
        ink |= (pixels == np.uint8(color)).all(axis=-1)
    assert f"{ink.mean() * 100:.0f} % of the pixels covered; the rest (hatched) was never seen." in text
    assert pixels[~ink].min() > 100
    assert "Lengths are metres, measured" in text
    assert "Up is known" in text


def test_a_view_is_a_place_to_start_from(workspace: Workspace) -> None:
    _, _, first = run(view, {"cloud": "cloud1", "yaw": 40}, workspace)
    text, pixels, second = run(view, {"cloud": "cloud1", "image": first, "yaw": 50}, workspace)
    assert set(middles(pixels)) == {"east"}
    assert f"from the viewpoint of {first}" in text
    assert np.allclose(taken(workspace, second).pose[:3, :3], camera(90).rotation)


def test_a_view_stays_where_it_was_when_a_scale_is_stated(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, balls(scale_kind="relative"))

    @tool(family="test", example={})
    def state() -> ToolResult:
        """State a scale."""
        return ToolResult("", facts=[ScaleStated(cloud="cloud1", metres=2.0, factor=1.1, because="a door")])

    text, before, first = run(view, {"cloud": "cloud1", "forward": 0.5}, workspace)
    assert "moved 0.5 scene units forward" in text
    call(state, {}, workspace, name="t.scale")
    text, after, second = run(view, {"cloud": "cloud1", "image": first, "forward": 0}, workspace)
    assert np.allclose(taken(workspace, second).position, (0, 1, 2 * HEIGHT))
    assert np.mean(before != after) < 0.01
    text, _, third = run(view, {"cloud": "cloud1", "forward": 0.5}, workspace)
    assert "moved 0.5 m forward" in text
    assert "Lengths are metres, measured (a door)" in text
    assert taken(workspace, third).position[1] == pytest.approx(0.5)


def test_only_a_view_from_where_a_picture_was_taken_repeats_it(workspace: Workspace) -> None:
    assert "repeats" in seen(workspace, yaw=4)[0]
    assert "repeats" not in seen(workspace, yaw=6)[0]
    assert "repeats" in seen(workspace, right=0.1)[0]
    assert "repeats" not in seen(workspace, right=1)[0]
    assert "repeats img2" in seen(workspace, yaw=90, right=0.45)[0]
    assert "repeats" not in seen(workspace, field_of_view=100)[0]
    assert "repeats img1" in seen(workspace, field_of_view=40)[0]


def test_a_wider_field_of_view_makes_things_smaller(workspace: Workspace) -> None:
    _, narrow = seen(workspace, field_of_view=60)
    text, wide = seen(workspace, field_of_view=120)
    assert wide["right"][0] < 0.6 * narrow["right"][0]
    assert "field of view 120 degrees" in text


def test_what_stands_in_front_is_said(workspace: Workspace) -> None:
    # From behind the ball ahead the camera looks through it at what lies beyond.
    text, _ = seen(workspace, orbit, azimuth=0, around="obj7", image="img1")
    assert "hides" not in text
    _, _, beyond = run(view, {"cloud": "cloud1", "forward": 8.0}, workspace)
    text, _ = seen(workspace, orbit, azimuth=0, around="obj7", image=beyond)
    assert "Something nearer hides obj7 behind ball at the middle of the picture" in text


def test_refusals_say_what_would_do(workspace: Workspace, tmp_path: Path) -> None:
    assert "5 to 150 degrees" in refused(workspace, view, "mistake", field_of_view=170)
    assert "Move by up to " in refused(workspace, view, "mistake", forward=1e9)
    assert "-360 to 360" in refused(workspace, view, "mistake", yaw=4000)
    assert "-90 and 90" in refused(workspace, orbit, "mistake", azimuth=0, elevation=100, around="obj1")
    assert "Choose 0.02 to 50" in refused(workspace, orbit, "mistake", azimuth=0, distance=0, around="obj1")
    assert "one middle" in refused(workspace, orbit, "mistake", azimuth=0, around="obj1", point=[1, 1], image="img1")
    assert "at one place" in refused(workspace, stand_at, "limit", a="obj1", b="obj4")
    assert "2 to 12" in refused(workspace, contact_sheet, "mistake", count=40)
    assert "1 to 20 objects" in refused(workspace, fit_view, "mistake", objects=[])
    workspace.add_picture(np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    assert "Pictures with one: img1 and img2" in refused(workspace, view, "mistake", image="img3")
    other = workspace_with(tmp_path / "other", balls(), placed=False)
    assert "Locate obj1 in cloud1 first" in refused(other, stand_at, "limit", a="obj1", b="obj2")


# --------------------------------------------------------------------------------------------------------- sheet


def test_a_sheet_of_turns_and_one_of_an_orbit(workspace: Workspace) -> None:
    text, pixels, handle = run(contact_sheet, {"cloud": "cloud1", "count": 4, "how": "turn"}, workspace)
    cells = workspace.artifacts[handle].data["cells"]
    shown = []
    for cell in cells:
        x0, y0, x1, y1 = (int(v) for v in cell["region"])
        shown.append(set(middles(pixels[y0:y1, x0:x1])))
    assert "ahead" in shown[0]
    assert shown[1:] == [{"east"}, {"behind"}, set()]
    assert "1: ahead" in text
    assert "2: turned 90 degrees right" in text
    assert "4: turned 90 degrees left (0 % covered)" in text
    assert "repeats img1" in text
    text, pixels, handle = run(contact_sheet, {"cloud": "cloud1", "count": 3, "around": "obj1"}, workspace)
    assert len(workspace.artifacts[handle].data["cells"]) == 3
    assert "2: azimuth 120, moved right" in text
    assert "3: azimuth -120, moved left" in text
    assert "around obj1 ahead ball" in text


# ------------------------------------------------------------------------------------------ walls seen from behind


def lifted() -> Reconstruction:
    """The balls before a wall, from depth maps of two cameras, one of which looks back."""
    x, z = np.meshgrid(np.arange(-4, 4, 0.02), np.arange(-1, 4, 0.02))
    wall = np.stack([x, np.full_like(x, 5.0), z], axis=-1).reshape(-1, 3).astype(np.float32)
    grey = PointCloud(wall, np.full(wall.shape, 90, np.uint8), radius=np.full(len(wall), 0.015, np.float32))
    whole = PointCloud.joined([balls().cloud, grey])
    clouds, depths, cameras = [], {}, {"img1": camera(), "img2": camera(180, (0.0, 8.0, HEIGHT))}
    for index, (handle, known) in enumerate(cameras.items()):
        picture = splat(whole if index == 0 else balls().cloud, known)
        depths[handle] = picture.depth
        clouds.append(PointCloud.from_depth(known, picture.depth, picture.color, index, smooth_depth(picture.depth)))
    return Reconstruction(cameras, PointCloud.joined(clouds), "measured", up="known", depths=depths)


def test_going_around_a_thing_one_looks_through_the_back_of_a_wall(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, lifted())
    text, pixels, _ = run(orbit, {"cloud": "cloud1", "azimuth": 180, "around": "obj1"}, workspace)
    assert "Surfaces that would be seen from behind are left out." in text
    assert "hides" not in text
    assert (pixels == 90).all(axis=-1).mean() < 0.01
    where = middles(pixels)
    assert where["right"][0] < pixels.shape[1] / 2 < where["left"][0]  # seen from behind, sides are swapped
    text, pixels, _ = run(orbit, {"cloud": "cloud1", "azimuth": 0, "around": "obj1"}, workspace)
    assert (pixels == 90).all(axis=-1).mean() > 0.5
    _, pixels, _ = run(view, {"cloud": "cloud1", "forward": 9, "yaw": 180}, workspace)
    assert (pixels == 90).all(axis=-1).mean() > 0.3  # a plain view leaves nothing out
