from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from camera_kit import BALLS, ball, balls, middles, run, workspace_with
from tool_kit import call

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import camera_rotation, pose_from
from sightline.geometry.reconstructions import Mesh, Reconstruction
from sightline.memory import Workspace
from sightline.tools.camera import top_down
from sightline.tools.camera.map_drawing import Layout, draw_map
from sightline.tools.camera.placing import Solid
from sightline.tools.camera.rendering import render


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_with(tmp_path, balls(), placed=False)


def layout_of(workspace: Workspace, handle: str) -> Layout:
    kept = workspace.artifacts[handle].data["map"]
    return Layout(kept["left"], kept["back"], kept["scale"], 0, 0, 1.0)


def test_north_is_up_and_east_is_right(workspace: Workspace) -> None:
    text, pixels, handle = run(top_down, {"cloud": "cloud1"}, workspace)
    where = middles(pixels)
    assert where["left"][0] < where["above"][0] < where["right"][0] < where["east"][0]
    assert where["above"][1] < where["east"][1] < where["behind"][1]
    layout = layout_of(workspace, handle)
    for name in ("left", "right", "east", "behind"):
        assert layout.pixel(np.array(BALLS[name][0])) == pytest.approx(where[name], abs=4)
        assert layout.world(np.array(where[name])) == pytest.approx(BALLS[name][0][:2], abs=0.06)
    assert "up on it is world +y (bearing 0, where img1 looked), right is +x (bearing 90)" in text
    assert "img1 at (0, 0) looking up (bearing 0 degrees)" in text
    assert "img2 at (0.5, 0) looking right (bearing 90 degrees)" in text
    assert "a grid cell is 1 m" in text
    assert "of the map covered; the rest (hatched) was never seen." in text


def test_cameras_open_where_they_look() -> None:
    empty = replace(balls(), cloud=PointCloud.empty())
    plain = draw_map(replace(empty, cameras={"img1": empty.cameras["img1"]}), "m")
    both = draw_map(empty, "m")
    layout = both.layout
    black = (both.pixels == 0).all(axis=-1)
    for bearing, position in ((0, (0.0, 0.0)), (90, (0.5, 0.0))):
        eye = layout.pixel(np.array(position))
        ahead = np.array([np.sin(np.radians(bearing)), -np.cos(np.radians(bearing))])
        side = np.array([-ahead[1], ahead[0]])
        reach = 0.07 * max(layout.width, layout.height)
        far = eye + reach * ahead + 0.3 * reach * side
        behind = eye - reach * ahead + 0.3 * reach * side
        assert black[int(far[1]) - 4 : int(far[1]) + 5, int(far[0]) - 4 : int(far[0]) + 5].any()
        assert not black[int(behind[1]) - 4 : int(behind[1]) + 5, int(behind[0]) - 4 : int(behind[0]) + 5].all()
    assert plain.coverage == both.coverage == 0


def room(ceiling: bool) -> Reconstruction:
    """A red floor, a green table, and a blue ceiling if there is one."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-3, 3, (2, 60_000))
    layers = [(np.stack([x, y, 0 * x], 1), (200, 0, 0)), (np.stack([x / 6, y / 6, 0 * x + 0.8], 1), (0, 180, 0))]
    if ceiling:
        layers.append((np.stack([x, y, 0 * x + 2.6], 1), (0, 0, 200)))
    layers.append((np.array([[0.0, 2.0, 2.4]] * 2000), (9, 9, 9)))  # a lamp
    clouds = [
        PointCloud(
            points.astype(np.float32),
            np.tile(np.uint8(color), (len(points), 1)),
            radius=np.full(len(points), 0.03, np.float32),
        )
        for points, color in layers
    ]
    camera = Camera(Intrinsics.from_field_of_view((320, 240), 60, "known"), pose_from(camera_rotation(0), (0, -2, 1.5)))
    return Reconstruction({"img1": camera}, PointCloud.joined(clouds), "measured", up="known")


def test_a_ceiling_is_cut_away_and_said(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, room(ceiling=True), placed=False)
    text, pixels, _ = run(top_down, {"cloud": "cloud1"}, workspace)
    assert "Everything from 2.08 m above the lowest surface upwards is cut away." in text
    assert (pixels == (0, 0, 200)).all(axis=-1).sum() == 0
    assert (pixels == (200, 0, 0)).all(axis=-1).mean() > 0.3
    assert (pixels == (0, 180, 0)).all(axis=-1).mean() > 0.005
    text, pixels, _ = run(top_down, {"cloud": "cloud1", "cut_height": 0.5}, workspace)
    assert "Everything from 0.5 m above" in text
    assert (pixels == (0, 180, 0)).all(axis=-1).sum() == 0
    text, pixels, _ = run(top_down, {"cloud": "cloud1", "cut_height": 5}, workspace)
    assert (pixels == (0, 0, 200)).all(axis=-1).mean() > 0.3
    assert call(top_down, {"cloud": "cloud1", "cut_height": -1}, workspace).outcome == "mistake"


def test_without_a_ceiling_nothing_is_cut(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, room(ceiling=False), placed=False)
    text, pixels, _ = run(top_down, {"cloud": "cloud1"}, workspace)
    assert "Nothing is cut away." in text
    assert (pixels == 9).all(axis=-1).any()


def test_objects_are_outlined_where_they_are(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, balls())
    text, _, _ = run(top_down, {"cloud": "cloud1", "objects": ["obj6", "obj7"]}, workspace)
    assert "obj6 east ball at (4, 0); obj7 behind ball at (0, -4)" in text
    assert "obj1" not in text
    everything, _, _ = run(top_down, {"cloud": "cloud1"}, workspace)
    assert "obj1 ahead ball at (0, 4)" in everything
    turned = Solid("box", np.array([1.0, 1, 0]), np.array([2.0, 0.2, 1]), camera_rotation(45))
    drawn = draw_map(balls(), "m", [turned], [("path", np.array([[0, 0], [1, 1], [2, 1.0]]))])
    assert not np.array_equal(drawn.pixels, draw_map(balls(), "m").pixels)


def test_a_map_of_relative_scale_counts_in_scene_units(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, balls(scale_kind="relative", up="estimated", up_error=2.04), placed=False)
    text, _, _ = run(top_down, {"cloud": "cloud1"}, workspace)
    assert "a grid cell is 1 scene units" in text
    assert "not comparable with other reconstructions" in text
    assert "Up is estimated, +- 2.1 degrees." in text


def test_odd_reconstructions_have_maps_too() -> None:
    one = balls().cameras["img1"]
    lone = draw_map(Reconstruction({"img1": one}, PointCloud.empty(), "relative"), "scene units")
    assert lone.coverage == 0
    assert lone.cut is None
    single = PointCloud(np.float32([[5, 5, 5]]), np.uint8([[1, 2, 3]]))
    assert draw_map(Reconstruction({}, single, "relative"), "scene units").coverage > 0
    with pytest.raises(ValueError, match="points or cameras"):
        draw_map(Reconstruction({}, PointCloud.empty(), "relative"), "m")
    many = {f"img{k}": one.with_pose(pose_from(one.rotation, (k, k % 7, 1))) for k in range(60)}
    assert draw_map(Reconstruction(many, balls().cloud, "measured"), "m").pixels.shape[2] == 3
    corridor = PointCloud.joined([ball((0, y, 1), (200, 0, 0)) for y in range(0, 40, 2)])
    drawn = draw_map(Reconstruction({"img1": one}, corridor, "measured"), "m")
    assert drawn.layout.height == 720
    assert drawn.layout.width == 280


# ------------------------------------------------------------------------------------------- what rendering uses


def test_sparse_points_are_drawn_as_dots() -> None:
    cloud = replace(balls().cloud, radius=np.zeros(len(balls().cloud), np.float32))
    cloud = cloud.where(np.arange(0, len(cloud), 50))
    rendering = render(replace(balls(), cloud=cloud), balls().cameras["img1"])
    assert rendering.sparse
    assert rendering.coverage > 1.5 * len(cloud) * 5 / 7 / (320 * 240) / 2


def test_a_mesh_is_ray_cast_with_our_pixel_centres() -> None:
    pytest.importorskip("open3d", reason="needs sightline[recon]", exc_type=ImportError)
    camera = balls().cameras["img1"]
    corners = camera.unproject([(40, 30), (200.5, 30), (40, 150.5)], [3.0, 5.0, 4.0]).astype(np.float32)
    mesh = Mesh(corners, np.int32([[0, 1, 2]]), np.uint8([[255, 0, 0]] * 3))
    rendering = render(replace(balls(), mesh=mesh), camera)
    red = (rendering.pixels == (255, 0, 0)).all(axis=-1)
    rows, columns = np.nonzero(red)
    assert (columns.min(), rows.min()) == (40, 30)
    assert columns.max() in (198, 199, 200)
    assert rendering.depth[31, 41] == pytest.approx(3.0, abs=0.1)
    assert rendering.coverage == pytest.approx(160.5 * 120.5 / 2 / (320 * 240), abs=0.002)
    assert np.isnan(rendering.depth[200, 300])
