"""The scene graph against the truth of rendered scenes: nodes where the things are, edges that hold."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from boxes_run import Run
from boxes_scene import Shot, thing

from sightline.tools.back_ends import BackEnds
from sightline.tools.scene import build_scene_graph

TABLE = thing(2, "red table", (0.2, 3.6), (1.4, 0.9, 0.7))
VASE = thing(3, "green vase", (0.4, 3.5), (0.2, 0.2, 0.35), bottom=0.7)
CHAIR = thing(4, "blue chair", (-1.2, 3.4), (0.5, 0.5, 0.9), bearing=90.0)
CRATE = thing(5, "pink crate", (1.25, 3.5), (0.4, 0.4, 0.4))
LAMP = thing(6, "white lamp", (0.1, 3.7), (0.3, 0.3, 0.2), bottom=1.6)
THINGS = (TABLE, VASE, CHAIR, CRATE, LAMP)
NAMES = [o.name for o in THINGS]
SHOTS = (
    Shot(size=(320, 240), pitch=-12.0, field_of_view=70.0),
    Shot(size=(320, 240), position=(2.6, 1.2, 1.6), bearing=-45.0, pitch=-12.0, field_of_view=70.0),
    Shot(size=(320, 240), position=(-2.6, 2.0, 1.7), bearing=55.0, pitch=-14.0, field_of_view=70.0),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, THINGS, *SHOTS)


def graph_of(text: str) -> dict:
    graph: dict = json.loads(text.splitlines()[0])
    return graph


def named(graph: dict) -> dict[str, dict]:
    return {node["name"]: node for node in graph["nodes"]}


def edges(graph: dict, relation: str) -> set[tuple[str, str]]:
    by_id = {node["id"]: node["name"] for node in graph["nodes"]}
    return {
        (by_id[e["subject"]], by_id.get(e["object"], e["object"])) for e in graph["edges"] if e["relation"] == relation
    }


def test_the_graph_of_several_photos_is_that_of_the_scene(run: Run) -> None:
    run.reconstruct()
    graph = graph_of(run.text(build_scene_graph, names=NAMES, form="json"))
    nodes = named(graph)
    assert set(nodes) == set(NAMES)  # each once, though all three photos show it
    assert graph["unit"] == "metre"
    for o in THINGS:
        centre = np.asarray(o.centre) - np.asarray(SHOTS[0].position)
        off = np.linalg.norm(np.asarray(nodes[o.name]["centre"]) - centre)
        assert off <= nodes[o.name]["centre_error"] + 0.12, (o.name, off)
        assert sorted(nodes[o.name]["extent"]) == pytest.approx(sorted(o.size), abs=0.13)
        assert nodes[o.name]["confidence"]["points"] > 50
        assert nodes[o.name]["provenance"]["pictures"]
    assert edges(graph, "on") == {
        ("green vase", "red table"),
        ("red table", "the floor"),
        ("blue chair", "the floor"),
        ("pink crate", "the floor"),
    }
    assert edges(graph, "above") >= {("white lamp", "red table")}
    assert ("white lamp", "the floor") not in edges(graph, "above")
    beside = {frozenset(pair) for pair in edges(graph, "next to")}
    assert frozenset(("red table", "pink crate")) in beside
    assert frozenset(("green vase", "blue chair")) not in beside


@pytest.mark.parametrize("number", [1, 2])
def test_directions_are_those_of_the_named_camera(run: Run, number: int) -> None:
    run.reconstruct()
    for name in NAMES:
        for picture in ("img1", "img2", "img3"):
            run.mark(name, picture)
    graph = graph_of(run.text(build_scene_graph, frame=f"camera:img{number}", form="json"))
    ids = {node["id"]: node["name"] for node in graph["nodes"]}
    truth = {o.name: np.asarray(o.centre) for o in THINGS}
    b = math.radians(SHOTS[number - 1].bearing)
    told = [e for e in graph["edges"] if e["relation"] == "direction"]
    assert len(told) == 10
    for edge in told:
        way = truth[ids[edge["subject"]]] - truth[ids[edge["object"]]]
        right = way @ [math.cos(b), -math.sin(b), 0]
        ahead = way @ [math.sin(b), math.cos(b), 0]
        azimuth = math.degrees(math.atan2(right, ahead))
        off = abs((edge["azimuth"] - azimuth + 180) % 360 - 180)
        assert off <= edge["azimuth_error"] + 3, (ids[edge["subject"]], ids[edge["object"]], off)
        if edge["word"] == "to the right of":
            assert right > 0
        if edge["word"] == "to the left of":
            assert right < 0
        if edge["word"] == "beyond":
            assert ahead > 0
        if edge["word"] == "on the near side of":
            assert ahead < 0


def test_one_photo_is_placed_by_its_depth(run: Run) -> None:
    text = run.text(build_scene_graph, images=["img1"], names=["red table", "green vase", "blue chair"])
    assert "cloud1" in text
    assert run.workspace.artifacts["cloud1"].kind == "cloud"
    assert re.search(r'"green vase" is on obj\d "red table"', text)
    assert '"blue chair" stands on the floor.' in text
    assert "One photo shows one side of everything" in text
    assert "numbered in this order" in text
    known = {o.name: o for o in run.workspace.scene.objects.values()}
    assert set(known) == {"red table", "green vase", "blue chair"}
    for item in known.values():
        assert "cloud1" in item.places  # the scene map learns where it is
        assert item.sightings[0].mask is not None
    again = run.text(build_scene_graph, images=["img1"], names=["red table", "green vase", "blue chair"])
    assert "cloud2" not in again  # the photo is lifted once
    assert len(run.workspace.scene.objects) == 3


def test_moving_a_thing_changes_the_answer(tmp_path: Path) -> None:
    here = Run(tmp_path / "a", (TABLE, VASE), SHOTS[0])
    moved = thing(3, "green vase", (-1.2, 3.5), (0.2, 0.2, 0.35))
    there = Run(tmp_path / "b", (TABLE, moved), SHOTS[0])
    on = [
        graph_of(r.text(build_scene_graph, images=["img1"], names=["table", "vase"], form="json"))
        for r in (here, there)
    ]
    assert ("vase", "table") in edges(on[0], "on")
    assert ("vase", "table") not in edges(on[1], "on")
    assert ("vase", "the floor") in edges(on[1], "on")


def test_an_order_only_depth_is_never_lifted(run: Run) -> None:
    from sightline.geometry.cameras import Intrinsics
    from sightline.memory import InstrumentLimit
    from sightline.tools.back_ends import DepthEstimate, Seen
    from sightline.tools.scene.spaces import lift

    picture = Seen("img1", run.pictures[0], Intrinsics.guess((320, 240)))
    with pytest.raises(InstrumentLimit, match="an order only: it cannot be lifted"):
        lift(picture, DepthEstimate(np.ones((240, 320), np.float32), "ordinal"), "img1")


def test_up_is_found_from_the_floor_of_one_photo(run: Run) -> None:
    from sightline.geometry.cameras import Intrinsics
    from sightline.geometry.poses import bearing_pitch_roll
    from sightline.tools.back_ends import Seen
    from sightline.tools.scene.spaces import lift

    lens = Intrinsics.from_field_of_view((320, 240), 70.0, "known")
    picture = Seen("img1", run.pictures[0], lens)
    made = lift(picture, run.back_ends.depth().estimate(picture), "img1")
    assert made.up == "estimated"
    _, pitch, roll = bearing_pitch_roll(made.cameras["img1"].pose)
    assert pitch == pytest.approx(-12.0, abs=max(0.5, made.up_error))
    assert roll == pytest.approx(0.0, abs=max(0.5, made.up_error))


def test_what_cannot_be_built_says_why(run: Run) -> None:
    assert "nothing is reconstructed yet" in run.text(build_scene_graph, "limit", names=["chair"])
    assert "not in one reconstruction" in run.text(build_scene_graph, "limit", images=["img1", "img2"], names=["chair"])
    run.reconstruct("img1", "img2")
    assert "no objects are known" in run.text(build_scene_graph, "mistake")
    assert "img3 has no camera in cloud1" in run.text(
        build_scene_graph, "limit", images=["img3"], names=["chair"], cloud="cloud1"
    )
    told = run.text(build_scene_graph, "mistake", names=["chair"], frame="object:chair")
    assert "Frames on offer: camera:img1; camera:img2; world" in told
    found = run.text(build_scene_graph, names=["piano"])
    assert "No piano detected at 0.30 or above: that does not show there is none." in found


def test_the_text_says_no_more_than_it_should(run: Run) -> None:
    run.reconstruct()
    text = run.text(build_scene_graph, names=NAMES)
    assert "oracle" not in text
    assert "view0" not in text
    assert str(run.scene.folder) not in text
    assert "in the frame camera:img1 (levelled by gravity)" in text
    assert BackEnds({"oracle": "x"}).label("depth") == "oracle:x"
