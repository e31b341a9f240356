from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sightline.geometry import splatting
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import camera_rotation, look_at, pose_from
from sightline.geometry.splatting import Splat, hidden_filled, paint_unseen, splat, splat_from_above

AHEAD = pose_from(camera_rotation(0), (0, 0, 0))  # looks along +y; right is +x, up is +z


def camera(size: tuple[int, int] = (64, 48), fov: float = 60, pose: NDArray[np.float64] = AHEAD) -> Camera:
    return Camera(Intrinsics.from_field_of_view(size, fov), pose)


def cloud_of(points: object, colors: object = None, radius: object = None) -> PointCloud:
    xyz = np.asarray(points, np.float32).reshape(-1, 3)
    rgb = np.full(xyz.shape, 200, np.uint8) if colors is None else np.asarray(colors, np.uint8).reshape(-1, 3)
    sizes = np.zeros(0, np.float32) if radius is None else np.broadcast_to(np.float32(radius), len(xyz)).copy()
    return PointCloud(xyz, rgb, radius=sizes)


def scattered(count: int, seed: int = 0, radius: float = 0.02) -> PointCloud:
    """Points in a box ahead of, around and behind the camera."""
    rng = np.random.default_rng(seed)
    points = rng.uniform((-2, -0.5, -2), (2, 3.5, 2), (count, 3))
    return cloud_of(points, rng.integers(0, 256, (count, 3)), rng.uniform(0, radius, count))


def slowly(cloud: PointCloud, seen_by: Camera) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The one-pixel z-buffer in float64 and plain Python: depth (inf where unseen) and index."""
    width, height = seen_by.intrinsics.size
    depth = np.full((height, width), np.inf)
    index = np.full((height, width), -1)
    pixels, depths = seen_by.project(cloud.points)
    for i, ((u, v), z) in enumerate(zip(pixels, depths, strict=True)):
        if not (z > 0 and 0 <= u < width and 0 <= v < height):
            continue
        row, column = math.floor(v), math.floor(u)
        if z < depth[row, column]:
            depth[row, column], index[row, column] = z, i
    return depth, index


def same(a: Splat, b: Splat) -> bool:
    return (
        np.array_equal(a.color, b.color)
        and np.array_equal(a.depth, b.depth, equal_nan=True)
        and np.array_equal(a.index, b.index)
    )


# ---------------------------------------------------------------------------------------------------- one pixel


def test_each_direction_lands_on_its_side_of_the_picture() -> None:
    red, green, blue, white = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
    left, right, above, below = (-1, 4, 0), (1, 4, 0), (0, 4, 1), (0, 4, -1)
    picture = splat(cloud_of([left, right, above, below], [red, green, blue, white]), camera((65, 65)))
    found = {tuple(picture.color[y, x]): (x, y) for y, x in np.argwhere(picture.seen)}
    assert found[red][0] < 32 < found[green][0]
    assert found[red][1] == found[green][1] == 32
    assert found[blue][1] < 32 < found[white][1]
    assert found[blue][0] == found[white][0] == 32
    assert np.allclose(picture.depth[picture.seen], 4)


def test_one_pixel_points_agree_with_a_plain_z_buffer() -> None:
    cloud = scattered(3000)
    seen_by = camera(pose=look_at((0.3, -0.4, 0.2), (0, 2, 0)))
    depth, index = slowly(cloud, seen_by)
    picture = splat(cloud, seen_by, "pixel")
    assert 0.2 < picture.coverage < 0.9
    # float32 may put a point that lies on a pixel's border to the other side of it.
    assert np.count_nonzero(picture.index != index) <= 2
    both = picture.index == index
    assert np.allclose(picture.depth[both & (index >= 0)], depth[both & (index >= 0)], rtol=1e-6)
    assert np.isnan(picture.depth[picture.index < 0]).all()
    assert np.array_equal(picture.color[picture.seen], cloud.colors[picture.index[picture.seen]])
    assert picture.color.dtype == np.uint8
    assert picture.depth.dtype == np.float32
    assert picture.index.dtype == np.int32
    assert picture.coverage == pytest.approx(np.mean(index >= 0), abs=1e-3)


@settings(deadline=None, max_examples=25)
@given(
    u=st.floats(0, 63.99),
    v=st.floats(0, 47.99),
    z=st.floats(0.1, 50),
    bearing=st.floats(0, 360),
    pitch=st.floats(-80, 80),
    roll=st.floats(-180, 180),
)
def test_a_point_lands_in_the_pixel_it_was_lifted_from(
    u: float, v: float, z: float, bearing: float, pitch: float, roll: float
) -> None:
    u, v = math.floor(u) + 0.5, math.floor(v) + 0.5
    seen_by = camera(pose=pose_from(camera_rotation(bearing, pitch, roll), (0.5, -1, 2)))
    point = seen_by.unproject((u, v), z)
    picture = splat(cloud_of(point), seen_by, "pixel")
    assert [(x, y) for y, x in np.argwhere(picture.seen)] == [(int(u), int(v))]
    assert picture.depth[int(v), int(u)] == pytest.approx(z, rel=1e-4, abs=1e-5)


def test_a_pixel_is_half_open() -> None:
    seen_by = Camera(Intrinsics(8, 8, 8, 8, 0, 0), np.eye(4))
    for x, column in ((0.0, 0), (0.124999, 0), (0.125, 1), (0.99999, 7)):
        picture = splat(cloud_of((x, 0.5, 1)), seen_by, "pixel")
        assert np.argwhere(picture.seen).tolist() == [[4, column]]
    for x in (-1e-6, 1.0):
        assert not splat(cloud_of((x, 0.5, 1)), seen_by, "pixel").seen.any()


def test_equal_depths_go_to_the_lowest_index() -> None:
    points = np.tile(np.float32((0.01, 3, 0.01)), (100_000, 1))
    points[:7] += (5, 0, 0)  # out of the picture
    for size in ("pixel", "patch"):
        picture = splat(cloud_of(points, radius=0.01), camera(fov=20), size)
        assert set(picture.index[picture.seen].tolist()) == {7}


@pytest.mark.parametrize("size", ["pixel", "patch"])
def test_the_number_of_threads_changes_nothing(size: splatting.PointSize, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = scattered(200_000)
    cloud.points[::3] = cloud.points[1::3][: len(cloud.points[::3])]  # ties
    pictures = []
    for threads in (1, 2, 3, 8):
        monkeypatch.setattr(splatting, "_threads", lambda threads=threads: threads)
        pictures.append(hidden_filled(splat(cloud, camera((160, 120)), size)))
    assert all(same(pictures[0], other) for other in pictures[1:])


def test_parallel_callers_get_the_pictures_that_single_ones_get() -> None:
    cloud = scattered(100_000)
    seen_by = [camera((160, 120), pose=pose_from(camera_rotation(10 * i), (0, 0, 0))) for i in range(16)]
    alone = [hidden_filled(splat(cloud, c)) for c in seen_by]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda c: hidden_filled(splat(cloud, c)), seen_by))
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))
    assert not same(alone[0], alone[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_splats_too() -> None:
    cloud = scattered(100_000)
    splat(cloud, camera())
    child = os.fork()
    if child == 0:
        os._exit(0 if splat(cloud, camera()).seen.any() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# -------------------------------------------------------------------------------------------------- odd clouds


@pytest.mark.parametrize("size", ["pixel", "patch"])
def test_points_that_cannot_be_seen_leave_no_trace(size: splatting.PointSize) -> None:
    nan, inf = math.nan, math.inf
    bad = [(nan, 2, 0), (0, nan, 0), (0, 2, nan), (inf, 2, 0), (0, inf, 0), (0, -inf, 0), (nan, nan, nan)]
    behind = [(0, -1, 0), (0, 0, 0), (0.1, -1e-7, 0), (100, 1, 0), (0, 1, -100)]
    picture = splat(cloud_of([*bad, *behind], radius=0.1), camera(), size)
    assert not picture.seen.any()
    assert picture.coverage == 0
    assert (picture.index == -1).all()
    assert np.isnan(picture.depth).all()
    for radius in (nan, inf, -1.0, 0.0):
        picture = splat(cloud_of([(0, 2, 0)], radius=radius), camera(), "patch")
        assert picture.seen.sum() == (48 * 48 if radius == inf else 1)  # inf is capped at 24 pixels either way


def test_an_empty_cloud_is_unseen_everywhere() -> None:
    picture = splat(PointCloud.empty(), camera())
    assert picture.coverage == 0
    assert picture.color.shape == (48, 64, 3)
    assert not splat_from_above(PointCloud.empty(), (0, 0), 10, (5, 4)).seen.any()
    assert not hidden_filled(picture).seen.any()


def test_near_clipping() -> None:
    cloud = cloud_of([(0, 0.5, 0), (0, 2, 0)], [(255, 0, 0), (0, 255, 0)])
    middle = (24, 32)
    assert tuple(splat(cloud, camera(), "pixel").color[middle]) == (255, 0, 0)
    assert tuple(splat(cloud, camera(), "pixel", near=0.6).color[middle]) == (0, 255, 0)
    assert not splat(cloud, camera(), near=2).seen.any()
    for wrong in (-1, math.nan, math.inf):
        with pytest.raises(ValueError, match="near limit"):
            splat(cloud, camera(), near=wrong)


def test_strided_and_read_only_arrays_are_taken() -> None:
    cloud = scattered(2000)
    wide = np.zeros((2000, 6), np.float32)
    wide[:, ::2] = cloud.points
    frozen = cloud.colors.copy()
    frozen.setflags(write=False)
    other = PointCloud(wide[:, ::2], frozen, cloud.view, cloud.radius)
    assert same(splat(cloud, camera()), splat(other, camera()))


def test_one_row_and_one_column() -> None:
    for size in ((1, 1), (300, 1), (1, 300)):
        seen_by = Camera(Intrinsics.from_field_of_view(size, 60 if size[0] > 1 else 1), AHEAD)
        assert splat(cloud_of([(0, 3, 0)], radius=5), seen_by).seen.any()


# ----------------------------------------------------------------------------------------------- lens distortion


@pytest.mark.parametrize("size", ["pixel", "patch"])
def test_distortion_is_the_cameras(size: splatting.PointSize) -> None:
    k = Intrinsics(320, 240, 260, 255, 158, 121, (-0.28, 0.09, 0.002, -0.001, -0.012))
    seen_by = Camera(k, AHEAD)
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, (320, 240), (400, 2)) + 0.5
    points = seen_by.unproject(pixels, rng.uniform(1, 5, 400))
    picture = splat(cloud_of(points), seen_by, size)
    assert {(x, y) for y, x in np.argwhere(picture.seen)} == {(int(u), int(v)) for u, v in pixels}
    plain = Camera(Intrinsics(320, 240, 260, 255, 158, 121), AHEAD)
    assert not np.array_equal(splat(cloud_of(points), plain, size).seen, picture.seen)


def test_far_outside_a_barrel_lens_nothing_folds_back() -> None:
    k = Intrinsics(320, 240, 260, 260, 160, 120, (-0.3, 0, 0, 0, 0))
    # At x / z = 1.8 this polynomial is back near the middle of the picture.
    assert not splat(cloud_of([(1.8, 1, 0)]), Camera(k, AHEAD)).seen.any()
    assert splat(cloud_of([(0.4, 1, 0)]), Camera(k, AHEAD)).seen.any()


# ------------------------------------------------------------------------------------------------------- patches


def wall(distance: float, step: float, half: float, color: tuple[int, int, int], radius: float) -> PointCloud:
    """A wall ahead, of points every `step`."""
    grid = np.arange(-half, half + step / 2, step)
    x, z = np.meshgrid(grid, grid)
    points = np.stack([x, np.full_like(x, distance), z], axis=-1)
    return cloud_of(points, np.broadcast_to(color, (x.size, 3)), radius)


def test_a_patch_covers_what_its_radius_spans() -> None:
    seen_by = Camera(Intrinsics(101, 101, 100, 100, 50.5, 50.5), AHEAD)
    for distance in (1.0, 2.0, 5.0):
        picture = splat(cloud_of([(0, distance, 0)], radius=0.1), seen_by)
        rows, columns = np.nonzero(picture.seen)
        half = math.sqrt(2) * 0.1 * 100 / distance
        wide = 2 * math.floor(half) + 1
        assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (wide, wide)
        assert picture.seen.sum() == wide * wide
        assert (rows.mean(), columns.mean()) == (50, 50)


def test_a_patch_reaches_into_the_picture_from_outside() -> None:
    seen_by = Camera(Intrinsics(50, 50, 100, 100, 0, 25), np.eye(4))
    picture = splat(cloud_of([(-0.05, 0, 1)], radius=0.1), seen_by)
    assert picture.seen[25, 0]
    assert picture.seen[25, 8]
    assert not picture.seen[25, 10]


@pytest.mark.parametrize("roll", [0, 17, 45])
def test_patches_leave_no_gaps_when_a_surface_comes_nearer(roll: float) -> None:
    cloud = wall(4, 0.02, 3, (200, 0, 0), 0.01)
    nearer = camera((128, 128), 50, pose_from(camera_rotation(0, 0, roll), (0.013, 2.5, 0.007)))
    assert splat(cloud, nearer, "patch").coverage == 1
    assert splat(cloud, nearer, "pixel").coverage < 0.9


def test_the_surface_in_front_wins_over_a_nearer_patch_centre_behind() -> None:
    front, back = wall(2, 0.02, 1, (200, 0, 0), 0.01), wall(2.1, 0.005, 1, (0, 0, 200), 0.0025)
    picture = splat(PointCloud.joined([back, front]), camera((128, 128), 40))
    assert (picture.color == (200, 0, 0)).all()


def test_within_a_surface_the_nearest_centre_wins() -> None:
    """A floor at a slant: without that, each pixel would show the point that sticks out towards the camera."""
    seen_by = camera((96, 96), 60, pose_from(camera_rotation(0, -50), (0, 0, 1.5)))
    x, y = np.meshgrid(np.arange(-3, 3, 0.08), np.arange(0.3, 4, 0.08))
    floor = np.stack([x, y, np.zeros_like(x)], axis=-1)
    picture = splat(cloud_of(floor, radius=0.06), seen_by)
    rays = seen_by.rays(seen_by.intrinsics.pixel_grid())
    where = rays * (1.5 / -rays[..., 2:]) + seen_by.position
    inside = picture.seen & (np.abs(where[..., 0]) < 2) & (where[..., 1] < 2.5)
    assert inside.sum() > 3000
    away = np.abs(floor.reshape(-1, 3)[picture.index[inside]] - where[inside]).max(axis=-1)
    assert np.mean(away < 0.045) > 0.85  # within half the points' distance, but for the rims between them


# --------------------------------------------------------------------------------------- what shows through gaps


def test_what_shows_through_the_gaps_of_a_nearer_surface_is_removed() -> None:
    rng = np.random.default_rng(1)
    front, back = wall(2, 0.02, 2, (200, 0, 0), 0), wall(4, 0.01, 4, (0, 0, 200), 0.01)
    jittered = front.points + rng.normal(0, 0.003, front.points.shape).astype(np.float32) * (1, 0, 1)
    front = cloud_of(jittered.astype(np.float32), front.colors, 0.006)
    seen_by = camera((128, 128), 40)
    picture = splat(PointCloud.joined([front, back]), seen_by)
    through = (picture.color == (0, 0, 200)).all(axis=-1)
    assert through.mean() > 0.2
    filled = hidden_filled(picture)
    assert (filled.color == (0, 0, 200)).all(axis=-1).mean() < 0.01
    assert np.nanmax(filled.depth) < 2.1 or (filled.depth > 2.1).mean() < 0.01
    assert np.array_equal(filled.color[filled.seen], PointCloud.joined([front, back]).colors[filled.index[filled.seen]])


def test_a_surface_beside_a_nearer_one_stays() -> None:
    """Half a nearer wall, a thin pole and a slit: nothing here is a gap between the points of one surface."""
    back = wall(4, 0.01, 4, (0, 0, 200), 0.01)
    front = wall(2, 0.005, 2, (200, 0, 0), 0.005)
    x = front.points[:, 0]
    slit = (x < 0.30) | (x > 0.32)
    front = front.where(((x > 0) & slit) | (np.abs(x + 0.3) < 0.01))
    picture = splat(PointCloud.joined([front, back]), camera((200, 200), 40))
    assert same(hidden_filled(picture), picture)
    assert {0, 1} == set((picture.depth > 3).astype(int).ravel())


def test_small_holes_are_filled_and_large_ones_stay_unseen() -> None:
    surface = wall(2, 0.01, 2, (200, 0, 0), 0.01)
    away = np.linalg.norm(surface.points[:, [0, 2]], axis=1)
    small = np.linalg.norm(surface.points[:, [0, 2]] - 0.4, axis=1)
    picture = splat(surface.where((away > 0.2) & (small > 0.03)), camera((128, 128), 40))
    filled = hidden_filled(picture)
    assert 0 < filled.coverage - picture.coverage < 0.005
    pixel = camera((128, 128), 40).project((0.4, 2, 0.4))[0].astype(int)
    assert not picture.seen[pixel[1], pixel[0]]
    assert filled.seen[pixel[1], pixel[0]]
    assert not filled.seen[64, 64]
    assert np.isnan(filled.depth[64, 64])


def test_unseen_pixels_are_hatched_and_no_other() -> None:
    picture = splat(wall(2, 0.01, 0.3, (0, 0, 0), 0.01), camera())
    painted = paint_unseen(picture)
    assert (painted[picture.seen] == 0).all()
    assert painted[~picture.seen].min() > 100
    assert len(np.unique(painted[~picture.seen], axis=0)) == 2


# --------------------------------------------------------------------------------------------------- from above


def test_on_a_map_north_is_up_and_east_is_right_and_the_ceiling_is_cut() -> None:
    red, green, blue, white = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
    points = [(1.0, 0, 0), (0, 2.0, 0), (0, 0, 1.0), (0, 0, 2.5)]
    cloud = cloud_of(points, [red, green, blue, white])
    whole = splat_from_above(cloud, (-3, 3), 10, (60, 60))
    assert tuple(whole.color[30, 40]) == red
    assert tuple(whole.color[10, 30]) == green
    assert tuple(whole.color[30, 30]) == white
    assert whole.depth[30, 30] == pytest.approx(0, abs=1e-5)
    cut = splat_from_above(cloud, (-3, 3), 10, (60, 60), below=2.5)
    assert tuple(cut.color[30, 30]) == blue
    assert cut.depth[30, 30] == pytest.approx(1.5)
    assert cut.depth[30, 40] == pytest.approx(2.5)
    assert cut.seen.sum() == 3
    wide = splat_from_above(cloud_of([(0, 0, 0)], radius=0.5), (-3, 3), 10, (60, 60))
    assert wide.seen.sum() == 14 * 14  # 2 sqrt(2) 0.5 units at 10 pixels each
    with pytest.raises(ValueError, match="pixels per unit"):
        splat_from_above(cloud, (0, 0), 0, (5, 5))
    with pytest.raises(ValueError, match="positive sides"):
        splat_from_above(cloud, (0, 0), 1, (0, 5))


# -------------------------------------------------------------------------------------------------------- torch


@pytest.mark.parametrize("size", ["pixel", "patch"])
@pytest.mark.parametrize("distorted", [False, True])
def test_torch_gives_the_same_bits(size: splatting.PointSize, distorted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="needs sightline[vision]")
    from sightline.geometry import splat_torch

    cloud = scattered(20_000, radius=0.1)
    cloud.points[5] = np.nan
    cloud.radius[:3] = (math.nan, -1, math.inf)
    k = (-0.2, 0.05, 0.001, -0.002, 0.01) if distorted else ()
    seen_by = Camera(Intrinsics(160, 120, 130, 120, 81, 59, k), look_at((0.2, -0.3, 0.1), (0, 2, 0.2)))
    monkeypatch.setattr(splatting, "_has_cuda", lambda: False)
    here = splat(cloud, seen_by, size)
    above = splat_from_above(cloud, (-2, 3.5), 30, (120, 120), below=1.2, points=size)

    def on_torch(*args: object) -> NDArray[np.uint64]:
        return splat_torch.keys(*args, device="cpu")  # type: ignore[arg-type]

    monkeypatch.setattr(splat_torch, "_POINTS_AT_ONCE", 7001)
    monkeypatch.setattr(splat_torch, "_CLAIMS_AT_ONCE", 5000)
    monkeypatch.setattr(splatting, "_keys", on_torch)
    assert same(splat(cloud, seen_by, size), here)
    assert same(splat_from_above(cloud, (-2, 3.5), 30, (120, 120), below=1.2, points=size), above)
    assert not splat(PointCloud.empty(), seen_by, size).seen.any()


@pytest.mark.parametrize("size", ["pixel", "patch"])
def test_a_cuda_device_gives_the_same_bits(size: splatting.PointSize, monkeypatch: pytest.MonkeyPatch) -> None:
    if not splatting._has_cuda():
        pytest.skip("needs torch and a CUDA device")
    there = [splat(scattered(200_000), camera((320, 240)), size) for _ in range(2)]
    monkeypatch.setattr(splatting, "_has_cuda", lambda: False)
    assert all(same(picture, splat(scattered(200_000), camera((320, 240)), size)) for picture in there)
