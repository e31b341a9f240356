"""Locating: pixels, boxes and objects land where the truth has them, and enter the scene map as they should."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from boxes_scene import Shot, thing
from measure_kit import World, relative

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.poses import look_at
from sightline.tools.image import crop_zoom
from sightline.tools.measure import distance, locate, size
from sightline.tools.measure.observed import box_of, hidden_depth, seen_from_all_sides, triangulated
from sightline.tools.measure.outlines import outline_in_box, share_cut_off, spans
from sightline.tools.measure.things import missing_share

RED = thing(2, "red chair", (-0.8, 4.0), (0.5, 0.5, 0.9))
BLUE = thing(3, "blue chair", (1.0, 5.0), (0.5, 0.5, 0.9))
TABLE = thing(4, "brown table", (0.3, 3.2), (0.9, 0.4, 0.6))
SHOTS = (Shot(size=(240, 180), pitch=-15), Shot((2.5, 1.0, 1.7), -40, -15, size=(240, 180)))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, [RED, BLUE, TABLE], SHOTS)


def place(text: str) -> np.ndarray:
    """The centre that a text gives."""
    found = re.search(r"centre \((-?[\d.]+), (-?[\d.]+), (-?[\d.]+)\)", text)
    assert found, text
    return np.array([float(v) for v in found.groups()])


def in_map(point: object) -> np.ndarray:
    """A point of the scene in the reconstruction's world: from the first camera, which looks along +y."""
    return np.subtract(point, SHOTS[0].position)


def test_an_object_is_where_it_is_and_enters_the_map(world: World) -> None:
    text = world.says(locate, thing="obj:red chair")
    assert place(text) == pytest.approx(in_map(RED.centre), abs=0.05)
    assert "by its outline in img1 and img2" in text
    known = world.workspace.scene.named("red chair")[0]
    fact = known.places["cloud1"]
    assert fact.centre == pytest.approx(tuple(in_map(RED.centre)), abs=0.05)
    assert fact.size == pytest.approx((0.5, 0.5, 0.9), abs=0.06)
    assert fact.pictures == ["img1", "img2"]
    assert fact.points > 500
    assert np.linalg.norm(np.subtract(fact.centre, in_map(RED.centre))) <= fact.error


def test_a_pixel_is_the_surface_that_it_shows(world: World) -> None:
    camera = world.reconstruction.cameras["img1"]
    depth = world.reconstruction.depths["img1"]
    for x, y in ((120, 110), (60, 160), (100, 100)):
        truth = camera.unproject([x + 0.5, y + 0.5], depth[y, x])
        text = world.says(locate, image="img1", point=[x + 0.5, y + 0.5], name="spot")
        assert place(text) == pytest.approx(truth, abs=0.05)
    spots = world.workspace.scene.named("spot")
    assert len(spots) == 3
    assert spots[0].sightings[0].point == (120.5, 110.5)
    assert spots[0].handle == "obj4"
    assert "cloud1" in spots[0].places
    # What was entered can be measured from.
    assert "obj4" in world.says(distance, a="obj4", b="obj:red chair")


def test_a_box_is_the_thing_in_it_without_the_floor(world: World) -> None:
    sighting = world.workspace.scene.named("blue chair")[0].in_picture("img1")
    assert sighting is not None
    assert sighting.box is not None
    text = world.says(locate, image="img1", box=list(sighting.box), name="seat")
    assert place(text)[:2] == pytest.approx(in_map(BLUE.centre)[:2], abs=0.25)
    fact = world.workspace.scene.named("seat")[0].places["cloud1"]
    assert np.linalg.norm(np.subtract(fact.centre, in_map(BLUE.centre))) <= fact.error
    assert "by its box in img1" in text


def test_a_place_in_a_crop_is_found(world: World) -> None:
    world.says(crop_zoom, image="img1", box=[40, 40, 160, 160])
    camera, depth = world.reconstruction.cameras["img1"], world.reconstruction.depths["img1"]
    truth = camera.unproject([100.5, 100.5], depth[100, 100])
    scale = world.workspace.pixels("view1").shape[1] / 120
    text = world.says(locate, image="view1", point=[60.5 * scale, 60.5 * scale])
    assert place(text) == pytest.approx(truth, abs=0.06)


def test_places_are_kept_in_the_units_of_the_reconstruction(tmp_path: Path) -> None:
    world = World(tmp_path, [RED, BLUE], SHOTS, change=lambda r: relative(r, 4.0))
    world.state_scale(0.25)
    text = world.says(locate, thing="obj:red chair")
    assert place(text) == pytest.approx(in_map(RED.centre), abs=0.05)
    assert "in metres" in text
    fact = world.workspace.scene.named("red chair")[0].places["cloud1"]
    assert fact.centre == pytest.approx(tuple(4 * in_map(RED.centre)), abs=0.2)


def test_refusals(world: World, tmp_path: Path) -> None:
    assert "nothing to locate" in world.refuses(locate)
    assert "two places" in world.refuses(locate, image="img1", point=[5, 5], box=[0, 0, 9, 9])
    assert "too few points" in world.refuses(locate, image="img1", point=[100, 3])  # the sky
    world.workspace.add_picture(np.zeros((30, 40, 3), np.uint8))
    assert "img3 has no camera in a reconstruction" in world.refuses(locate, image="img3", point=[5, 5])
    sparse = World(tmp_path / "sparse", [RED], SHOTS[:1], masks=False, dense=False)
    text = sparse.refuses(locate, thing="obj:red chair")
    assert "too few points" in text
    assert "second picture" in text


# Under the tools


@pytest.mark.parametrize("size", [1.0, 0.5])
def test_a_box_is_told_from_the_wall_behind_it_by_depth(world: World, size: float) -> None:
    reconstruction = world.reconstruction
    step = round(1 / size)
    small = {h: d[::step, ::step].copy() for h, d in reconstruction.depths.items()}
    for handle in world.handles:
        sighting = world.workspace.scene.named("brown table")[0].in_picture(handle)
        assert sighting is not None
        assert sighting.box is not None
        mask = outline_in_box(replace(reconstruction, depths=small), handle, sighting.box, -1.5)
        assert mask is not None
        truth = world.ids[handle][::step, ::step] == TABLE.id
        assert (mask & truth).sum() / (mask | truth).sum() > (0.9 if step == 1 else 0.8)
        assert spans(mask, sighting.box, (240, 180))
    assert outline_in_box(replace(reconstruction, depths={}), "img1", (0, 0, 50, 50), None) is None


def test_a_box_is_told_from_what_it_stands_on(tmp_path: Path) -> None:
    """A cup touches the table: depth has no jump there, but the table top is level and goes on outside the box."""
    table = thing(2, "brown table", (0.2, 2.6), (1.6, 1.0, 0.7))
    cup = thing(3, "red cup", (0.3, 2.5), (0.2, 0.2, 0.25), bottom=0.7)
    world = World(tmp_path, [table, cup], [Shot(size=(320, 240), pitch=-25)], masks=False)
    # The table's own top stays inside the box drawn around the table, and is a part of it.
    for item, number in ((cup, (cup.id,)), (table, (table.id, cup.id))):
        sighting = world.workspace.scene.named(item.name)[0].in_picture("img1")
        assert sighting is not None
        assert sighting.box is not None
        mask = outline_in_box(world.reconstruction, "img1", sighting.box, -1.6)
        assert mask is not None, item.name
        truth = np.isin(world.ids["img1"], number)
        assert (mask & truth).sum() / (mask | truth).sum() > 0.85, item.name
    assert "extent 0.2" in world.says(locate, thing="obj:red cup")  # not the table top's
    # Where up is only assumed nothing is known to be level.
    unsure = replace(world.reconstruction, up="assumed")
    sighting = world.workspace.scene.named("red cup")[0].in_picture("img1")
    assert sighting is not None
    assert sighting.box is not None
    assert outline_in_box(unsure, "img1", sighting.box, -1.6) is None


def test_what_the_edge_or_something_nearer_cuts_off(world: World) -> None:
    reconstruction = world.reconstruction
    whole = world.ids["img1"] == TABLE.id
    assert share_cut_off(reconstruction, "img1", None, whole) == 0
    assert share_cut_off(reconstruction, "img1", (0, 50, 40, 90), None) == pytest.approx(0.25)
    assert share_cut_off(reconstruction, "img1", (10, 50, 40, 90), None) == 0
    depth = reconstruction.depths["img1"].copy()
    columns = np.nonzero(whole)[1]
    depth[:, : round(float(columns.mean()))] = 1.0  # a pillar before its left half
    hidden = whole.copy()
    hidden[:, : round(float(columns.mean()))] = False
    before = replace(reconstruction, depths={**reconstruction.depths, "img1": depth})
    assert share_cut_off(before, "img1", None, hidden) > 0.15
    assert missing_share([0.2]) > missing_share([0.2, 0.3, 0.3]) > missing_share([0.2, 0.0]) == 0


RUG = thing(2, "red rug", (0.2, 3.6), (2.2, 1.5, 0.012), bottom=0.001)
ON_RUG = thing(3, "blue box", (0.9, 3.1), (0.6, 0.5, 0.7))


def test_a_rug_with_something_on_it_is_bounded_by_the_photos_together(tmp_path: Path) -> None:
    shots = [
        Shot((0.3, 0.0, 1.6), 0, -22, 80, (240, 180)),
        Shot((2.9, 1.6, 1.7), -48, -22, 70, (240, 180)),
    ]
    world = World(tmp_path, [RUG, ON_RUG], shots)
    text = world.says(locate, thing="obj:red rug")
    found = re.search(r"\+- ([\d.]+), extent ([\d.]+) x ([\d.]+) x ([\d.]+)", text)
    assert found, text
    error, width, depth, height = (float(v) for v in found.groups())
    off = np.linalg.norm(place(text) - np.subtract(RUG.centre, shots[0].position))
    assert off <= error < 0.3
    assert (width, depth) == pytest.approx((2.2, 1.5), abs=0.05)
    assert "cut off" not in text
    said = re.search(r"The height of .*?: ([\d.]+) m", world.says(size, thing="obj:red rug", axis="height"))
    assert said
    assert float(said[1]) == pytest.approx(height, rel=0.02)


def test_a_rug_that_every_photo_cuts_off_may_go_on(tmp_path: Path) -> None:
    world = World(tmp_path, [RUG], [Shot((1.3, 1.6, 1.5), 0, -35, 50, (240, 180))])
    text = world.says(locate, thing="obj:red rug")
    found = re.search(r"\+- ([\d.]+), extent", text)
    assert found, text
    assert float(found[1]) > 0.5
    assert "cut off" in text


def test_rays_meet_where_the_thing_is() -> None:
    inner = Intrinsics.from_focal((640, 480), 500.0)
    target = np.array([0.3, 4.0, 0.5])
    rng = np.random.default_rng(0)
    cameras = [Camera(inner, look_at(eye, [0, 4, 0])) for eye in ([0, 0, 1], [2, 0.5, 1], [-2, 1, 1.5])]
    pixels = np.array([c.project(target)[0] for c in cameras])
    point, error = triangulated(cameras, pixels, [1.0] * 3)
    assert point == pytest.approx(target, abs=1e-9)
    assert error < 0.05
    within = 0
    for _ in range(100):
        point, error = triangulated(cameras, pixels + 4 * rng.normal(size=(3, 2)), [4.0] * 3)
        within += np.linalg.norm(point - target) <= error
    assert within >= 90
    with pytest.raises(ValueError, match="nearly one place"):
        triangulated([cameras[0], cameras[0]], pixels[[0, 0]], [1.0, 1.0])
    apart = [Camera(inner, look_at(eye, way)) for eye, way in (([0, 0, 0], [-1, 3, 0]), ([1, 0, 0], [2, 3, 0]))]
    with pytest.raises(ValueError, match="behind a camera"):
        triangulated(apart, [[320, 240], [320, 240]], [1.0, 1.0])


def test_all_round_is_from_every_side() -> None:
    inner = Intrinsics.from_focal((64, 48), 50.0)

    def ring(*bearings: float) -> list[Camera]:
        eyes = [[3 * np.sin(np.radians(b)), 3 * np.cos(np.radians(b)), 1] for b in bearings]
        return [Camera(inner, look_at(eye, [0, 0, 0])) for eye in eyes]

    assert seen_from_all_sides(np.zeros(3), ring(0, 120, 240))
    assert seen_from_all_sides(np.zeros(3), ring(10, 190))
    assert not seen_from_all_sides(np.zeros(3), ring(0, 60, 120))
    assert not seen_from_all_sides(np.zeros(3), ring(0))


def test_what_is_hidden_of_a_thing_seen_from_one_side() -> None:
    rng = np.random.default_rng(0)
    front = rng.uniform((-1, 0, 0), (1, 0.0, 1), (2000, 3))
    top = rng.uniform((-1, 0, 1), (1, 0.8, 1.0), (2000, 3))
    assert hidden_depth(front, box_of(front), 0.02) == pytest.approx(2.2, abs=0.05)  # as deep as wide
    both = np.concatenate([front, top])
    assert hidden_depth(both, box_of(both), 0.02) == 0  # its top shows how deep it is
    turns = rng.uniform(-90, 90, 3000)
    drum = np.column_stack([np.sin(np.radians(turns)), -np.cos(np.radians(turns)), rng.uniform(0, 1, 3000)])
    assert hidden_depth(drum, box_of(drum), 0.02) == pytest.approx(1.1, abs=0.15)  # the other half of a drum


def test_a_later_mark_of_one_thing_adds_to_it(world: World) -> None:
    before = world.says(locate, thing="obj:red chair")
    sighting = world.workspace.scene.named("red chair")[0].in_picture("img1")
    assert sighting is not None
    world.says(locate, thing="obj:red chair", image="img1", point=list(sighting.centre or (0, 0)))
    assert place(world.says(locate, thing="obj:red chair")) == pytest.approx(place(before), abs=0.02)
