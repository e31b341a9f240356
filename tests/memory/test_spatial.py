"""What memory keeps of space: arrays by content, reconstructions with their scale, objects that turn out to be one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from memory_kit import begin, placed, take_step

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.poses import look_at
from sightline.geometry.reconstructions import Mesh, Reconstruction
from sightline.memory import (
    AreaIgnored,
    DataDraft,
    DepthMap,
    ObjectFaces,
    ObjectParted,
    ObjectSeen,
    ObjectsMatched,
    ScaleStated,
    ToolFinished,
    ToolStarted,
    Workspace,
    fingerprint,
)


def reconstruction() -> Reconstruction:
    camera = Camera(Intrinsics.from_focal((8, 6), 7.0), look_at((0, 0, 1), (1, 5, 0)))
    depth = np.linspace(1, 4, 48, dtype=np.float32).reshape(6, 8)
    colors = np.arange(144, dtype=np.uint8).reshape(6, 8, 3)
    mesh = Mesh(np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32), np.zeros((3, 3), np.uint8))
    return Reconstruction(
        {"img1": camera},
        PointCloud.from_depth(camera, depth, colors, 0),
        "relative",
        scale_because="two views",
        up="estimated",
        up_error=2.0,
        depths={"img1": depth},
        left_out={"img2": "too few matches"},
        warnings=("the lens may be distorted",),
        method="test",
        mesh=mesh,
    )


def commit(ws: Workspace, name: str, drafts: list[DataDraft], facts: list[object] = []) -> None:  # noqa: B006
    ws.append(ToolStarted(call=name, tool="reconstruct"))
    kept = [ws.keep_data(draft, f"{name}/{i}") for i, draft in enumerate(drafts)]
    ws.append(ToolFinished(call=name, tool="reconstruct", outcome="ok", text="done", artifacts=kept, facts=facts))
    ws.commit([name])


def cloud_draft(made_from: str = "") -> DataDraft:
    arrays, description = reconstruction().to_arrays()
    return DataDraft("cloud", arrays, "a reconstruction", {"reconstruction": description}, made_from)


def test_a_reconstruction_comes_back_as_it_was_kept_also_from_disk(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run")
    commit(ws, "a", [cloud_draft()])
    ws.close()
    for known in (ws, Workspace.open(tmp_path / "run")):
        cloud = known.cloud("cloud1")
        assert cloud.pictures == ["img1"]
        got, want = cloud.reconstruction, reconstruction()
        np.testing.assert_array_equal(got.cloud.points, want.cloud.points)
        np.testing.assert_array_equal(got.cloud.radius, want.cloud.radius)
        np.testing.assert_array_equal(got.depths["img1"], want.depths["img1"])
        np.testing.assert_array_equal(got.cameras["img1"].pose, want.cameras["img1"].pose)
        assert got.cameras["img1"].intrinsics == want.cameras["img1"].intrinsics
        assert got.mesh is not None
        assert (got.left_out, got.warnings, got.up, got.up_error) == (
            want.left_out,
            want.warnings,
            "estimated",
            2.0,
        )


def test_equal_arrays_are_one_file_and_no_pickle_is_ever_read(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run")
    commit(ws, "a", [cloud_draft()])
    commit(ws, "b", [cloud_draft()])
    assert ws.path("cloud1") == ws.path("cloud2")
    pickled = DataDraft("mask", {"mask": np.array([object()], dtype=object)}, "no")
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        commit(ws, "c", [pickled])


def test_what_was_computed_is_found_again_by_what_it_was_computed_from(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run")
    key = fingerprint("reconstruct", [ws.digest("img1")], {"matches": 8192})
    assert ws.made(key) == []
    commit(ws, "a", [cloud_draft(key)])
    assert ws.made(key) == ["cloud1"]
    assert ws.made(fingerprint("reconstruct", [ws.digest("img1")], {"matches": 4096})) == []
    assert ws.made("") == []


def test_a_stated_size_makes_metres_of_everything_and_is_the_only_thing_that_does(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run")
    seen = ObjectSeen(object="k", name="box", picture="img1", box=(0, 0, 4, 4), source="person")
    commit(ws, "a", [cloud_draft()], [seen])
    commit(ws, "b", [], [placed("obj1")])
    before = ws.cloud("cloud1").reconstruction
    assert ws.cloud("cloud1").scale.kind == "relative"
    commit(ws, "c", [], [ScaleStated(cloud="cloud1", metres=2.0, factor=1.1, because="the door is 2.03 m high")])
    cloud = ws.cloud("cloud1")
    after = cloud.reconstruction
    assert after.scale_kind == cloud.scale.kind == "measured"
    assert cloud.scale.factor == after.scale_factor == 1.1
    np.testing.assert_allclose(after.cloud.points, 2 * before.cloud.points, rtol=1e-6)
    np.testing.assert_allclose(after.cloud.radius, 2 * before.cloud.radius, rtol=1e-6)
    np.testing.assert_allclose(after.depths["img1"], 2 * before.depths["img1"], rtol=1e-6)
    np.testing.assert_allclose(after.cameras["img1"].position, 2 * before.cameras["img1"].position)
    np.testing.assert_allclose(after.cameras["img1"].rotation, before.cameras["img1"].rotation, atol=1e-12)
    place = cloud.place_of("obj1")
    assert place is not None
    assert (place.centre, place.size, place.error) == ((2.0, 4.0, 1.0), (2.0, 2.0, 2.0), 0.2)
    # Stated again, better: it replaces, and does not multiply.
    commit(ws, "d", [], [ScaleStated(cloud="cloud1", metres=3.0, factor=1.0, because="tape")])
    np.testing.assert_allclose(ws.cloud("cloud1").reconstruction.cloud.points, 3 * before.cloud.points, rtol=1e-6)


def test_a_second_look_at_a_reconstruction_reads_nothing_again(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run")
    commit(ws, "a", [cloud_draft()])
    first = ws.cloud("cloud1").reconstruction
    ws.path("cloud1").unlink()
    assert ws.cloud("cloud1").reconstruction is first


def test_objects_that_are_one_keep_the_first_handle_and_everything_known(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run", inputs=3)
    for number in (1, 2, 3):
        fact = ObjectSeen(object="k", name="chair", picture=f"img{number}", box=(0, 0, 4, 4), source="detect")
        commit(ws, f"see{number}", [], [fact])
    commit(ws, "place", [], [placed("obj2")])
    facing = ObjectFaces(object="obj3", verdict="found", picture="img3", azimuth=30.0, error=10.0, source="front_of")
    commit(ws, "face", [], [facing])
    commit(ws, "match", [], [ObjectsMatched(objects=["obj1", "obj2"], source="match_objects")])
    commit(ws, "match again", [], [ObjectsMatched(objects=["obj2", "obj3"], source="match_objects")])
    ws.close()
    scene = Workspace.open(tmp_path / "run").scene
    assert list(scene.objects) == ["obj1"]
    chair = scene.get("obj3")
    assert chair is not None
    assert chair.handle == "obj1"
    assert [s.picture for s in chair.sightings] == ["img1", "img2", "img3"]
    assert chair.places["cloud1"].centre == (1.0, 2.0, 0.5)
    assert chair.faces["front"].azimuth == 30.0
    assert "obj1 (also obj2, obj3)" in scene.lines(9)[0]


def test_a_merged_handle_is_never_given_to_another_object(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run", inputs=2)
    for number in (1, 2):
        fact = ObjectSeen(object="k", name="cup", picture=f"img{number}", source="detect")
        commit(ws, f"see{number}", [], [fact])
    commit(ws, "match", [], [ObjectsMatched(objects=["obj1", "obj2"], source="match_objects")])
    again = ObjectSeen(object="obj2", name="cup", picture="img2", point=(1, 1), source="detect")
    new = ObjectSeen(object="k", name="plate", picture="img2", source="detect")
    commit(ws, "later", [], [again, new])
    assert list(ws.scene.objects) == ["obj1", "obj3"]
    assert len(ws.scene.objects["obj1"].sightings) == 3


def test_what_was_two_things_is_parted_and_gets_its_own_handle_back(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run", inputs=3)
    for number in (1, 2, 3):
        fact = ObjectSeen(object="k", name="cup", picture=f"img{number}", point=(1, 1), source="detect")
        commit(ws, f"see{number}", [], [fact])
    commit(ws, "match", [], [ObjectsMatched(objects=["obj1", "obj2", "obj3"], source="match_objects")])
    commit(ws, "place", [], [placed("obj1")])
    assert ws.scene.former("obj1", ["img2"]) == "obj2"
    assert ws.scene.former("obj1", ["img1"]) is None
    seen = ObjectSeen(object="obj2", name="cup", picture="img2", point=(1, 1), source="detect")
    parted = ObjectParted(object="obj1", pictures=["img2"], source="build_scene_graph by place")
    commit(ws, "part", [], [parted, seen])
    ws.close()
    scene = Workspace.open(tmp_path / "run").scene
    assert {h: [s.picture for s in o.sightings] for h, o in scene.objects.items()} == {
        "obj1": ["img1", "img3"],
        "obj2": ["img2"],
    }
    assert not scene.objects["obj1"].places
    assert scene.aliases == {"obj3": "obj1"}


def test_references_to_what_the_same_call_made_are_numbered_in_facts_and_data(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run")
    mask = DataDraft("mask", {"mask": np.ones((6, 8), bool)}, "a mirror", {"picture": "img1"}, size=(8, 6))
    mask.key = "a/0"
    depth = DataDraft("depth", {"depth": np.ones((6, 8), np.float32)}, "depth", {"picture": "img1", "mask": str(mask)})
    fact = AreaIgnored(picture="img1", mask=str(mask), reason="a mirror")
    commit(ws, "a", [mask, depth], [fact])
    assert ws.ignored["img1"][0].mask == "mask1"
    assert ws.artifacts["depth1"].data["mask"] == "mask1"


def test_the_kind_of_a_depth_map_decides_what_its_numbers_are(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run")
    data = {"picture": "img1", "scale_kind": "ordinal", "scale_factor": 1.0, "scale_because": "a test"}
    commit(ws, "a", [DataDraft("depth", {"depth": np.ones((6, 8), np.float32)}, "depth", data)])
    depth = DepthMap("depth1", ws)
    assert depth.picture == "img1"
    assert depth.focal is None
    with pytest.raises(ValueError, match="ordinal"):
        depth.scale.length(1.0)


def test_a_reconstruction_of_ordinal_depth_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="ordinal depth cannot be lifted"):
        Reconstruction({}, PointCloud.empty(), "ordinal")


def test_steps_of_the_loop_keep_arrays_too(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run")
    take_step(ws, [{"name": "reconstruct"}])
    assert ws.pictures == ["img1"]


def test_marks_of_one_name_in_several_pictures_are_one_object(tmp_path: Path) -> None:
    ws = begin(tmp_path / "run", inputs=3)
    ws.add_mark("mug", "img1", (1.0, 2.0))
    ws.add_mark("mug", "img3", (0.0, 0.0, 4.0, 4.0))
    ws.add_mark("lamp", "img1", (3.0, 2.0))
    ws.add_mark("mug", "img1", (5.0, 2.0))  # another mug
    assert {h: [s.picture for s in o.sightings] for h, o in ws.scene.objects.items()} == {
        "obj1": ["img1", "img3"],
        "obj2": ["img1"],
        "obj3": ["img1"],
    }
