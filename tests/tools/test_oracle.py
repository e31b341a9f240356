"""The oracle: answers what it is asked from the truth of a scene, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from boxes_scene import Shot, thing, write_scene

from sightline.geometry.cameras import Intrinsics
from sightline.geometry.scene_file import SceneTruth
from sightline.memory import InfrastructureError, InstrumentLimit
from sightline.tools.back_ends import BackEnds, Seen

RED = thing(2, "red chair", (-0.8, 4.0), (0.5, 0.5, 0.9), bearing=180.0)
BLUE = thing(3, "blue chair", (0.9, 5.0), (0.5, 0.5, 0.9), bearing=100.0)
VASE = thing(4, "green vase", (0.1, 3.2), (0.2, 0.2, 0.4), symmetric=True)
WALKER = thing(
    5, "pink ball", (-2.0, 6.0), (0.4, 0.4, 0.4), motion=((0.0, (-2.0, 6.0, 0.2), 0.0), (2.0, (2.0, 6.0, 0.2), 0.0))
)
SHOTS = (
    Shot(),
    Shot(position=(1.5, 0.2, 1.6), bearing=-20.0, pitch=-8.0),
    Shot(position=(-1.0, 0.5, 1.4), bearing=15.0, pitch=-12.0, time=1.0),
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[SceneTruth, list[Seen]]:
    truth, pictures = write_scene(tmp_path_factory.mktemp("scene"), (RED, BLUE, VASE, WALKER), *SHOTS)
    seen = [Seen(f"img{n + 1}", p, Intrinsics.guess((p.shape[1], p.shape[0]))) for n, p in enumerate(pictures)]
    return truth, seen


@pytest.fixture(scope="module")
def back_ends(scene: tuple[SceneTruth, list[Seen]]) -> BackEnds:
    return BackEnds({"oracle": str(scene[0].folder)}, offline=True)


def test_depth_is_measured_and_sky_is_unknown(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    truth, [first, *_] = scene
    found = back_ends.depth().estimate(first)
    there = truth.views[0].depth()
    assert (found.kind, found.factor) == ("measured", 1.0)
    assert found.focal == truth.views[0].fx
    assert np.isinf(there).any()
    assert (np.isnan(found.depth) == np.isinf(there)).all()
    assert np.array_equal(found.depth[np.isfinite(there)], there[np.isfinite(there)])
    ignore = np.zeros(there.shape, bool)
    ignore[60:] = True
    masked = back_ends.depth().estimate(Seen("img1", first.pixels, first.intrinsics, ignore))
    assert np.isnan(masked.depth[60:]).all()
    assert np.isfinite(masked.depth[:60]).any()


def test_a_picture_of_something_else_is_refused(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    _, [first, *_] = scene
    other = Seen("img9", np.ascontiguousarray(first.pixels[:, ::-1]), first.intrinsics)
    for ask in (
        lambda: back_ends.depth().estimate(other),
        lambda: back_ends.detector().detect(other, ["chair"], 0.3),
        lambda: back_ends.segmenter().segment(other, (0, 0, 9, 9)),
        lambda: back_ends.facing().facing(other, "chair", (0, 0, 9, 9)),
        lambda: back_ends.reconstructor().reconstruct([other]),
    ):
        with pytest.raises(InstrumentLimit, match="img9") as caught:
            ask()
        assert not {"oracle", "truth", "scene.json", "synthetic"} & set(str(caught.value).lower().split())


def test_things_are_found_by_name_where_they_are(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    truth, [first, *_] = scene
    ids = truth.views[0].ids()
    found = back_ends.detector().detect(first, ["chairs", "vase"], 0.5)
    assert [d.name for d in found] == ["chairs", "chairs", "vase"]
    for detection, number in zip(found, (2, 3, 4), strict=True):
        assert detection.score == 1.0
        assert detection.mask is not None
        assert (detection.mask == (ids == number)).all()
        rows, columns = np.nonzero(ids == number)
        assert detection.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    [red] = back_ends.detector().detect(first, ["the red chair"], 0.5)
    assert (red.mask == (ids == 2)).all()
    both = back_ends.detector().detect(first, ["chair", "red chair"], 0.5)
    assert [d.name for d in both] == ["red chair", "chair"]  # each thing once, under what fits it best


@pytest.mark.parametrize("name", ["red", "table", "", "red vase", "2", "chair1", "img1"])
def test_what_is_not_there_is_not_found(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds, name: str) -> None:
    assert back_ends.detector().detect(scene[1][0], [name], 0.1) == []


def test_what_hardly_shows_is_not_found(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    truth, [first, *_] = scene
    ids = truth.views[0].ids()
    rows, columns = np.nonzero(ids == 4)
    for shown, expected in ((19, 0), (20, 1)):
        ignore = ids == 4
        ignore[rows[:shown], columns[:shown]] = False
        seen = Seen("img1", first.pixels, first.intrinsics, ignore)
        assert len(back_ends.detector().detect(seen, ["vase"], 0.5)) == expected


def test_a_box_or_a_point_gives_the_outline(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    truth, [first, *_] = scene
    ids = truth.views[0].ids()
    rows, columns = np.nonzero(ids == 4)
    box = (columns.min() - 1.0, rows.min() - 1.0, columns.max() + 2.0, rows.max() + 2.0)
    segmenter = back_ends.segmenter()
    assert (segmenter.segment(first, box)[0].mask == (ids == 4)).all()
    assert (segmenter.segment(first, points=[(columns[0] + 0.5, rows[0] + 0.5)])[0].mask == (ids == 4)).all()
    assert (segmenter.segment(first, (0, 100, 160, 120))[0].mask == (ids == 1)).all()  # the floor fills most of it
    two = segmenter.segment(first, points=[(columns[0] + 0.5, rows[0] + 0.5), (80.0, 119.9)])
    assert (two[0].mask == np.isin(ids, [1, 4])).all()
    assert segmenter.segment(first, points=[(5.0, 1.0)]) == []  # sky
    assert segmenter.segment(first, points=[(500.0, 1.0)]) == []


def test_which_way_things_face(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    truth, seen = scene
    for picture, view, shot in zip(seen, truth.views, SHOTS, strict=True):
        ids = view.ids()
        for o, expected in ((RED, 180.0 - shot.bearing), (BLUE, 100.0 - shot.bearing)):
            [box] = [d.box for d in back_ends.detector().detect(picture, [o.name], 0.5)]
            facing = back_ends.facing().facing(picture, o.name, box)
            assert facing.verdict == "found"
            assert (facing.azimuth - expected) % 360 == pytest.approx(0, abs=1e-9) or (
                facing.azimuth - expected
            ) % 360 == pytest.approx(360, abs=1e-9)
        rows, columns = np.nonzero(ids == 4)
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert back_ends.facing().facing(picture, "vase", box).verdict == "symmetric"
    assert back_ends.facing().facing(seen[0], "ball", (0, 0, 160, 20)).verdict == "unknown"


def test_a_chair_that_faces_the_cameras_right(tmp_path: Path) -> None:
    """The sign once by hand: the camera looks east, the chair's front points south, which is to the camera's right."""
    chair = thing(2, "red chair", (4.0, 0.0), (0.5, 0.5, 0.9), bearing=180.0)
    truth, [picture] = write_scene(tmp_path, (chair,), Shot(bearing=90.0))
    seen = Seen("img1", picture, Intrinsics.guess((160, 120)))
    ends = BackEnds({"oracle": str(truth.folder)})
    [found] = ends.detector().detect(seen, ["chair"], 0.5)
    assert ends.facing().facing(seen, "chair", found.box).azimuth == pytest.approx(90.0)


def test_things_are_followed(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    truth, seen = scene
    [ball] = back_ends.tracker().track(iter(seen), ["ball"], 0.5)
    assert len(ball.boxes) == 3
    for box, view in zip(ball.boxes, truth.views, strict=True):
        count = (view.ids() == 5).sum()
        assert (box is not None) == (count >= 20)
    assert any(box is not None for box in ball.boxes)
    everything = back_ends.tracker().track(iter(seen), [], 0.5)
    assert sorted(t.name for t in everything) == ["ball", "chair", "chair", "vase"]  # no unique names, no floor


def test_the_world_begins_at_the_first_camera(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    truth, seen = scene
    order = [seen[1], seen[0], seen[2]]
    found = back_ends.reconstructor().reconstruct(order)
    [group] = found.groups
    assert found.left_out == {}
    assert group.handles == ["img2", "img1", "img3"]
    assert (group.scale_kind, group.up) == ("measured", "known")
    first = group.cameras["img2"]
    assert np.allclose(first.position, 0, atol=1e-12)
    assert first.forward[0] == pytest.approx(0, abs=1e-12)
    assert first.forward[1] > 0
    # The red chair's centre, relative to that camera: by hand from the truth.
    shift = np.asarray(RED.centre) - np.asarray(SHOTS[1].position)
    b = np.radians(SHOTS[1].bearing)
    right, ahead = shift @ [np.cos(b), -np.sin(b), 0], shift @ [np.sin(b), np.cos(b), 0]
    expected = np.array([right, ahead, shift[2]])
    ids = truth.views[1].ids()
    lifted = group.cameras["img2"].unproject(np.argwhere(ids == 2)[:, ::-1] + 0.5, group.depths["img2"][ids == 2])
    assert np.linalg.norm(lifted - expected, axis=1).max() < 0.5 * np.linalg.norm(RED.size) + 1e-3
    # And every camera puts the same floor at the same height.
    for handle, view in (("img1", truth.views[0]), ("img3", truth.views[2])):
        floor = view.ids() == 1
        points = group.cameras[handle].unproject(np.argwhere(floor)[:, ::-1] + 0.5, group.depths[handle][floor])
        assert np.allclose(points[:, 2], -SHOTS[1].position[2], atol=1e-3)


def test_what_moved_is_not_in_the_cloud(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    _, seen = scene
    [still] = back_ends.reconstructor().reconstruct(seen[:2]).groups
    [moved] = back_ends.reconstructor().reconstruct([seen[0], seen[2]]).groups
    assert still.warnings == ()
    assert "moved" in moved.warnings[0]


def test_a_strange_picture_is_left_out(scene: tuple[SceneTruth, list[Seen]], back_ends: BackEnds) -> None:
    _, seen = scene
    strange = Seen("img7", np.zeros((120, 160, 3), np.uint8), seen[0].intrinsics)
    found = back_ends.reconstructor().reconstruct([seen[0], strange])
    assert list(found.left_out) == ["img7"]


def test_only_its_name_says_what_it_is(back_ends: BackEnds) -> None:
    assert back_ends.depth().name == "oracle"
    assert back_ends.depth().trained_on == ""
    assert back_ends.detector().names is None


def test_a_folder_without_a_scene(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="cannot read its scene"):
        BackEnds({"oracle": str(tmp_path)}).depth()
    with pytest.raises(InfrastructureError, match="--back-end oracle=FOLDER"):
        BackEnds({"depth": "oracle"}).depth()
