"""Depth lifted into 3D: one photo alone, photos of a reconstruction, and a surface; and scales that somebody states."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reconstruction_kit import SMALL, Rendering, room, seen, shot

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.render import cameras_around
from sightline.geometry.alignment import align_poses
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import InstrumentLimit, ObjectSeen
from sightline.memory.refs import fresh_key
from sightline.tools.back_ends.protocols import DepthEstimate
from sightline.tools.contract import ToolResult, tool
from sightline.tools.measure import size
from sightline.tools.reconstruction import add_views, reconstruct, register_depth, set_scale
from sightline.tools.reconstruction.lifting import fitted, lift

FOUR = cameras_around(room(), 4, arc=40)


def known_depth(depth: Any) -> Any:
    return np.where(np.isfinite(depth), depth, np.nan).astype(np.float32)


def inverse(depth: Any) -> Any:
    """An order-only map as Depth Anything's relative output: affine in 1 / z, larger is nearer."""
    return (7 / depth + 2).astype(np.float32)


def worlds_unit(found: Reconstruction, cameras: list[CameraSpec]) -> float:
    """Metres in one unit of a reconstruction, by its cameras."""
    truth = [cameras[int(h.removeprefix("img")) - 1].pose for h in found.cameras]
    return align_poses([c.pose for c in found.cameras.values()], truth).scale


# One photo


@pytest.fixture
def one(tmp_path: Path) -> Rendering:
    return Rendering(tmp_path, FOUR[:2])


def test_metric_depth_of_one_photo_becomes_a_reconstruction_in_metres(one: Rendering) -> None:
    depth = one.enter_depth("img1", known_depth(one.truth("img1").depth), "estimated", 1.2)
    text = one.text(register_depth, depths=[depth])
    assert text.startswith("cloud1: 1 of 1 pictures placed (img1)")
    assert "(a dense surface)" in text
    assert "Lengths: metres, estimated: may be off by a factor of 1.2 (from the depth of img1 alone)" in text
    assert "One photo shows one side of everything: what is hidden is not in it." in text
    assert text.endswith("\nview1 shows it from above.")
    found = one.workspace.cloud("cloud1").reconstruction
    spec = FOUR[0]
    # The same points by the truth's own maths: from the world of the reconstruction through its one camera.
    camera = found.cameras["img1"]
    world = spec.pose @ np.linalg.inv(camera.pose)
    points = found.cloud.points @ world[:3, :3].T + world[:3, 3]
    pixels, z = spec.project(points, SMALL)
    columns, rows = np.clip(pixels.astype(int), 0, np.array(SMALL) - 1).T
    assert np.abs(pixels - (pixels.astype(int) + 0.5)).max() < 0.01  # every point is of a pixel's centre
    assert np.allclose(z, one.truth("img1").depth[rows, columns], rtol=1e-4)
    up = np.degrees(np.arccos(np.clip(world[2, 2], -1, 1)))
    assert found.up == "estimated"
    assert up <= found.up_error < 5


def test_the_focal_length_that_the_estimator_found_replaces_a_guess(one: Rendering) -> None:
    depth = one.enter_depth("img1", known_depth(one.truth("img1").depth))
    one.text(register_depth, depths=[depth])
    lens = one.workspace.cloud("cloud1").reconstruction.cameras["img1"].intrinsics
    assert lens.fx == pytest.approx(FOUR[0].focal(SMALL[0]))
    assert lens.source == "estimated"


def test_asked_twice_it_makes_nothing(one: Rendering) -> None:
    depth = one.enter_depth("img1", known_depth(one.truth("img1").depth))
    one.text(register_depth, depths=[depth])
    before = set(one.workspace.artifacts)
    assert one.text(register_depth, depths=[depth]).endswith("nothing was computed again.")
    assert set(one.workspace.artifacts) == before


def test_an_order_alone_is_refused(one: Rendering) -> None:
    depth = one.enter_depth("img1", inverse(one.truth("img1").depth), "ordinal")
    text = one.text(register_depth, "limit", depths=[depth])
    assert "the depth of img1 is an order only: it cannot be lifted to 3D, because it holds no lengths" in text
    assert "`reconstruct` several photos" in text


def test_two_maps_without_a_reconstruction_are_refused(one: Rendering) -> None:
    depths = [one.enter_depth(h, known_depth(one.truth(h).depth)) for h in ("img1", "img2")]
    text = one.text(register_depth, "mistake", depths=depths)
    assert "2 depth maps have no places in common without a reconstruction" in text


def test_a_map_of_nothing_is_refused(one: Rendering) -> None:
    depth = one.enter_depth("img1", np.full(SMALL[::-1], np.nan, np.float32))
    assert "hardly any depth is known in img1" in one.text(register_depth, "limit", depths=[depth])


def test_ignored_pixels_are_not_lifted() -> None:
    picture = shot(room(), FOUR[0])
    ignore = np.zeros(SMALL[::-1], bool)
    ignore[:, :100] = True
    given = replace(seen("img1", picture), ignore=ignore)
    found = lift(given, DepthEstimate(known_depth(picture.depth), "measured"), "a test")
    pixels, _ = found.cameras["img1"].project(found.cloud.points)
    assert pixels[:, 0].min() >= 100


def test_a_map_of_another_size_is_lifted_alike() -> None:
    """Depth models answer at their own size; a point stays where it is."""
    picture = shot(room(), FOUR[0])
    whole = lift(seen("img1", picture), DepthEstimate(known_depth(picture.depth), "measured"), "a test")
    half = lift(seen("img1", picture), DepthEstimate(known_depth(picture.depth)[::2, ::2], "measured"), "a test")
    low, high = whole.cloud.extent()
    a, b = half.cloud.extent()
    assert np.allclose(low, a, atol=0.05)
    assert np.allclose(high, b, atol=0.05)


# Photos of a reconstruction


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Rendering:
    pytest.importorskip("pycolmap", reason="needs sightline[recon]")
    run = Rendering(tmp_path_factory.mktemp("built"), FOUR)
    run.text(reconstruct, images=["img1", "img2", "img3"])
    return run


def median_error(run: Rendering, cloud: str, handle: str) -> float:
    """Median relative error of a dense depth map of a reconstruction."""
    found = run.workspace.cloud(cloud).reconstruction
    unit = worlds_unit(found, FOUR)
    return float(np.nanmedian(np.abs(unit * found.depths[handle] / run.truth(handle).depth - 1)))


@pytest.mark.parametrize("kind", ["estimated", "ordinal"])
def test_any_depth_becomes_right_in_a_reconstruction(built: Rendering, kind: str) -> None:
    depths = []
    for handle in ("img1", "img2"):
        truth = built.truth(handle).depth
        values = inverse(truth) if kind == "ordinal" else known_depth(1.3 * truth)
        depths.append(built.enter_depth(handle, values, kind, 1.0 if kind == "ordinal" else 1.5))
    text = built.text(register_depth, depths=depths, cloud="cloud1")
    handle = re.match(r"cloud\d+", text)
    assert handle is not None
    new = handle.group()
    assert f"{new}: 3 of 3 pictures placed (img1, img2, img3)" in text
    assert "(a dense surface)" in text
    assert f"Lengths: scene units of {new}: not metres" in text
    assert re.search(r"The depth maps were fitted to cloud1; half of its points lie within \d+(\.\d)? %\.", text)
    for picture in ("img1", "img2"):
        assert median_error(built, new, picture) < 0.03
    found = built.workspace.cloud(new).reconstruction
    assert len(found.cloud) > 0.5 * 2 * SMALL[0] * SMALL[1]
    old = built.workspace.cloud("cloud1").reconstruction
    assert all(np.array_equal(found.cameras[h].pose, old.cameras[h].pose) for h in old.cameras)


def test_a_map_that_does_not_fit_is_left_out_with_its_reason(built: Rendering) -> None:
    wrong = known_depth(built.truth("img2").depth[:, ::-1] ** 2)
    depth = built.enter_depth("img1", wrong, "estimated", 1.5)
    text = built.text(register_depth, "limit", depths=[depth], cloud="cloud1")
    assert "no depth map could be fitted to cloud1" in text
    assert "does not fit the reconstruction: half of the points are off by" in text


def test_a_map_of_a_picture_without_a_camera_is_a_mistake(built: Rendering) -> None:
    depth = built.enter_depth("img4", known_depth(built.truth("img4").depth))
    text = built.text(register_depth, "mistake", depths=[depth], cloud="cloud1")
    assert "which has no camera in cloud1" in text
    assert "Pictures in it: img1, img2, img3" in text


def test_too_few_points_do_not_bend_a_map(built: Rendering) -> None:
    found = built.workspace.cloud("cloud1").reconstruction
    few = replace(found, cloud=found.cloud.thinned(30))
    with pytest.raises(InstrumentLimit, match="too few to fit it to them"):
        fitted(few, "img1", DepthEstimate(known_depth(built.truth("img1").depth), "measured"))


def test_a_surface_agrees_with_the_depth(built: Rendering) -> None:
    try:
        import open3d  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f"open3d does not load here: {error}")
    depths = [built.enter_depth(h, known_depth(built.truth(h).depth)) for h in ("img1", "img2", "img3")]
    text = built.text(register_depth, depths=depths, cloud="cloud1", surface=True)
    new = text.split(":")[0]
    found = built.workspace.cloud(new).reconstruction
    assert found.mesh is not None
    assert len(found.mesh.triangles) > 5000
    assert found.mesh.triangles.max() < len(found.mesh.vertices)
    camera = found.cameras["img2"]
    pixels, z = camera.project(found.mesh.vertices)
    inside = (z > 0) & (pixels >= 0).all(axis=1) & (pixels < SMALL).all(axis=1)
    columns, rows = pixels[inside].astype(int).T
    depth = found.depths["img2"][rows, columns]
    in_front = np.abs(z[inside] / depth - 1) < 0.2  # the rest is hidden in this picture
    low, high = found.cloud.extent()
    cell = float(np.max(high - low)) / 256
    assert in_front.mean() > 0.4
    assert np.median(np.abs(z[inside] - depth)[in_front]) < cell
    colors = found.mesh.colors[inside][in_front].astype(int)
    given = built.truth("img2").colour[rows, columns][in_front].astype(int)
    assert np.median(np.abs(colors - given)) < 12


# Stated lengths


@pytest.fixture
def measured(tmp_path: Path) -> Rendering:
    """Dense in scene units: the true depth, times 0.4."""
    pytest.importorskip("pycolmap", reason="needs sightline[recon]")
    run = Rendering(tmp_path, FOUR)
    run.text(reconstruct, images=["img1", "img2", "img3"])
    depths = [run.enter_depth(h, known_depth(0.4 * run.truth(h).depth), "relative") for h in ("img1", "img2")]
    run.text(register_depth, depths=depths, cloud="cloud1")
    return run


def pixel_of(run: Rendering, point: Any, handle: str = "img1") -> list[float]:
    """Where a world point appears; it must be seen there."""
    pixel, z = run.truth(handle).camera.project(point, SMALL)
    column, row = pixel.astype(int)
    assert run.truth(handle).depth[row, column] == pytest.approx(float(z), rel=0.02)
    return [float(v) for v in pixel]


def in_metres(run: Rendering, cloud: str, within: float) -> None:
    """One unit is a metre within the stated factor, and within a share."""
    held = run.workspace.cloud(cloud)
    unit = worlds_unit(held.reconstruction, FOUR)
    assert held.scale.kind == "measured"
    assert 1 / held.scale.factor <= unit <= held.scale.factor, (unit, held.scale)
    assert unit == pytest.approx(1.0, rel=within)
    assert held.scale.factor < 1.5


def test_scale_by_two_points(measured: Rendering) -> None:
    rows, columns = np.nonzero(measured.truth("img1").ids == measured.scene.id_of("rug"))
    inside = [(float(columns[k]) + 0.5, float(rows[k]) + 0.5) for k in (len(rows) // 10, 9 * len(rows) // 10)]
    ends = []
    spec, truth = FOUR[0], measured.truth("img1")
    for x, y in inside:
        z = truth.depth[int(y), int(x)]
        f = spec.focal(SMALL[0])
        ends.append(np.asarray(spec.position) + spec.axes @ (z * np.array([(x - 160) / f, (y - 120) / f, 1.0])))
    metres = float(np.linalg.norm(ends[0] - ends[1]))
    text = measured.text(set_scale, cloud="cloud2", metres=metres, image="img1", points=[list(p) for p in inside])
    assert text.startswith("cloud2 is in metres now (measured; lengths may be off by a factor of 1.")
    in_metres(measured, "cloud2", 0.05)
    assert measured.workspace.cloud("cloud1").scale.kind == "relative"  # the sparse one was not stated


def test_scale_by_the_height_of_a_thing(measured: Rendering) -> None:
    name = next(t.name for t in measured.scene.things if "picture" in t.name and _visible(measured, t.name))
    thing = measured.mark(name, "img1")
    text = measured.text(set_scale, cloud="cloud2", metres=0.7, thing=thing)
    assert "the height of " in text
    assert "cloud2 is in metres now" in text
    in_metres(measured, "cloud2", 0.12)


def test_scale_by_the_distance_of_two_things(measured: Rendering) -> None:
    names = [t.name for t in measured.scene.objects if t.name != "rug" and _visible(measured, t.name, 150)]
    points = {name: _points_of(measured, name)[::3] for name in names}
    gaps = {
        (a, b): float(np.min(np.linalg.norm(points[a][:, None] - points[b][None], axis=2)))
        for k, a in enumerate(names)
        for b in names[k + 1 :]
    }
    (a, b), gap = max(gaps.items(), key=lambda entry: entry[1])
    assert gap > 0.5
    first, second = measured.mark(a, "img1"), measured.mark(b, "img1")
    text = measured.text(set_scale, cloud="cloud2", metres=gap, thing=first, other=second)
    assert "the distance from " in text
    in_metres(measured, "cloud2", 0.12)


def test_views_added_later_keep_the_stated_scale(measured: Rendering) -> None:
    here = worlds_unit(measured.workspace.cloud("cloud1").reconstruction, FOUR)
    found = measured.workspace.cloud("cloud1").reconstruction
    mine = found.cloud.points[found.seen_in("img1")]
    pixels, _ = found.cameras["img1"].project(mine)
    far = [int(np.argmin(pixels[:, 0])), int(np.argmax(pixels[:, 0]))]
    metres = here * float(np.linalg.norm(mine[far[0]] - mine[far[1]]))
    points = [[float(v) for v in np.clip(pixels[k], 0.5, np.array(SMALL) - 0.5)] for k in far]
    measured.text(set_scale, cloud="cloud1", metres=metres, image="img1", points=points)
    text = measured.text(add_views, cloud="cloud1", images=["img4"])
    assert "cloud3: 4 of 4 pictures placed" in text
    assert "Lengths: metres, measured" in text
    old, new = (measured.workspace.cloud(h) for h in ("cloud1", "cloud3"))
    assert new.scale.kind == "measured"
    assert new.scale.factor == old.scale.factor
    a, b = old.reconstruction.cameras, new.reconstruction.cameras
    apart = np.linalg.norm(b["img3"].position - b["img1"].position)
    assert apart == pytest.approx(np.linalg.norm(a["img3"].position - a["img1"].position), rel=0.02)
    assert worlds_unit(new.reconstruction, FOUR) == pytest.approx(worlds_unit(old.reconstruction, FOUR), rel=0.02)


def test_depth_registered_later_keeps_the_stated_scale(measured: Rendering) -> None:
    """The first photos stay dense, and the sparse points of the others are there to be fitted to."""
    rug = measured.mark("rug", "img1")
    measured.text(set_scale, cloud="cloud2", metres=2.0, thing=rug, dimension="longest")
    before = measured.workspace.cloud("cloud2").reconstruction
    depth = measured.enter_depth("img3", known_depth(measured.truth("img3").depth))
    text = measured.text(register_depth, depths=[depth], cloud="cloud2")
    assert "Lengths: metres, measured" in text
    a, b = (measured.workspace.cloud(h) for h in ("cloud2", "cloud3"))
    for handle in ("img1", "img2"):
        assert b.reconstruction.seen_in(handle).sum() == before.seen_in(handle).sum() > 10_000
    assert b.reconstruction.seen_in("img3").sum() > 10_000
    assert a.scale.factor == b.scale.factor
    assert worlds_unit(a.reconstruction, FOUR) == pytest.approx(worlds_unit(b.reconstruction, FOUR), rel=1e-6)


def test_what_bounds_no_length_is_refused(measured: Rendering) -> None:
    rug = measured.mark("rug", "img1")
    assert "a length of 0 m cannot be" in measured.text(set_scale, "mistake", cloud="cloud2", metres=0.0, thing=rug)
    both = measured.text(set_scale, "mistake", cloud="cloud2", metres=1.0, thing=rug, image="img1", points=[[9, 9]])
    assert "one length is to be stated" in both
    assert "one length is to be stated" in measured.text(set_scale, "mistake", cloud="cloud2", metres=1.0)
    one = measured.text(set_scale, "mistake", cloud="cloud2", metres=1.0, image="img1", points=[[9, 9]])
    assert "1 points do not bound a length" in one
    away = measured.text(set_scale, "mistake", cloud="cloud2", metres=1.0, image="img4", points=[[9, 9], [90, 90]])
    assert "img4 has no camera in cloud2" in away
    same = measured.text(
        set_scale, "limit", cloud="cloud2", metres=1.0, image="img1", points=[[160, 200], [160.2, 200]]
    )
    assert "too small or too unsure in cloud2 to take a scale from" in same


def test_a_length_that_is_read_to_a_large_factor_gives_no_scale(measured: Rendering) -> None:
    """A rug is some millimetres high: its height in points is their error."""
    rug = measured.mark("rug", "img1")
    text = measured.text(set_scale, "limit", cloud="cloud2", metres=2.0, thing=rug)
    assert 'the height of obj1 "rug" can only be read to a factor of ' in text
    assert "State a larger length" in text
    assert measured.workspace.cloud("cloud2").scale.kind == "relative"


def test_a_sensors_scale_is_not_overruled_by_a_length(tmp_path: Path) -> None:
    run = Rendering(tmp_path, FOUR[:2])
    depth = run.enter_depth("img1", known_depth(run.truth("img1").depth))
    run.text(register_depth, depths=[depth])
    rug = run.mark("rug", "img1")
    length = float(re.search(r"\d\.\d+", run.text(size, thing=rug, axis="longest"))[0])  # type: ignore[index]
    scale: dict[str, Any] = {"cloud": "cloud1", "thing": rug, "dimension": "longest"}
    text = run.text(set_scale, "limit", metres=3 * length, **scale)
    assert "contradicts the scale of cloud1, which is measured" in text
    assert "If the sensor is wrong, reconstruct from the photos alone" in text
    assert "cloud1 stays as it is" in run.text(set_scale, metres=length, **scale)
    assert run.workspace.cloud("cloud1").scale.factor == 1.0


def test_a_stated_length_is_corrected_by_stating_it_again_and_by_no_other(measured: Rendering) -> None:
    rug = measured.mark("rug", "img1")
    picture = next(t.name for t in measured.scene.things if "picture" in t.name and _visible(measured, t.name))
    hung = measured.mark(picture, "img1")
    measured.text(set_scale, cloud="cloud2", metres=20.0, thing=rug, dimension="longest")
    before = measured.workspace.cloud("cloud2").unit
    text = measured.text(set_scale, "limit", cloud="cloud2", metres=0.7, thing=hung)
    assert "contradicts the scale of cloud2, which is measured (the longest dimension of " in text
    assert "If the earlier length is wrong, state that one again with its right value" in text
    assert measured.workspace.cloud("cloud2").unit == before
    text = measured.text(set_scale, cloud="cloud2", metres=2.0, thing=rug, dimension="longest")
    assert "it was off by a factor of 0.10" in text
    assert measured.workspace.cloud("cloud2").unit == pytest.approx(before / 10)


def test_a_marked_point_says_nothing_of_a_size(measured: Rendering) -> None:
    @tool(family="test", example={})
    def marking() -> ToolResult:
        """Mark a point."""
        seen_there = ObjectSeen(object=fresh_key(), name="spot", picture="img1", point=(160.0, 200.0), source="person")
        return ToolResult("marked", facts=[seen_there])

    measured.text(marking)
    spot = measured.workspace.scene.named("spot")[0].handle
    text = measured.text(set_scale, "limit", cloud="cloud2", metres=1.0, thing=spot)
    assert "only a point of" in text
    assert "Draw a box around it, or segment it, first" in text


def _visible(run: Rendering, name: str, fewest: int = 600) -> bool:
    mask = run.truth("img1").ids == run.scene.id_of(name)
    rows, columns = np.nonzero(mask)
    if len(rows) < fewest:
        return False
    edge = rows.min() == 0 or columns.min() == 0 or rows.max() == SMALL[1] - 1 or columns.max() == SMALL[0] - 1
    return not edge


def _points_of(run: Rendering, name: str) -> Any:
    """The seen surface of a thing in the true world, (N, 3)."""
    spec, truth = FOUR[0], run.truth("img1")
    rows, columns = np.nonzero(truth.ids == run.scene.id_of(name))
    f = spec.focal(SMALL[0])
    rays = np.stack([(columns + 0.5 - 160) / f, (rows + 0.5 - 120) / f, np.ones(len(rows))], axis=1)
    return np.asarray(spec.position) + (truth.depth[rows, columns][:, None] * rays) @ spec.axes.T
