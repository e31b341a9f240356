"""One thing in several photos is one object, by where it is: also where something hides a part of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from boxes_run import Run
from boxes_scene import Shot, thing

from sightline.memory import ObjectSeen, ObjectsMatched
from sightline.memory.scene import MARKED
from sightline.tools.contract import ToolResult, tool
from sightline.tools.detection import count, detect, match_objects
from sightline.tools.scene import build_scene_graph

RED = thing(2, "red chair", (-0.6, 3.4), (0.5, 0.5, 0.9))
BLUE = thing(3, "blue chair", (0.5, 3.6), (0.5, 0.5, 0.9))
SCREEN = thing(4, "green screen", (-0.05, 2.75), (1.3, 0.1, 0.62))
SCREENED = (RED, BLUE, SCREEN)
AROUND = (
    Shot(size=(320, 240), pitch=-14.0, field_of_view=70.0),  # the screen hides all but the chairs' tops
    Shot(size=(320, 240), position=(2.9, 2.2, 1.7), bearing=-62.0, pitch=-16.0, field_of_view=70.0),
    Shot(size=(320, 240), position=(0.3, 6.6, 1.6), bearing=183.0, pitch=-14.0, field_of_view=70.0),
    Shot(size=(320, 240), position=(-3.0, 2.4, 1.6), bearing=68.0, pitch=-15.0, field_of_view=70.0),
)
HANDLES = ["img1", "img2", "img3", "img4"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, SCREENED, *AROUND)


def true_box(run: Run, picture: str, number: int) -> tuple[float, float, float, float]:
    """Around what a picture shows of a thing."""
    rows, columns = np.nonzero(run.scene.views[int(picture[3:]) - 1].ids() == number)
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)


def shown(run: Run, picture: str, box: tuple[float, float, float, float]) -> int:
    """The chair that a box is drawn around."""
    return min((2, 3), key=lambda n: float(np.abs(np.subtract(true_box(run, picture, n), box)).sum()))


def true_of(run: Run) -> dict[str, set[int]]:
    """By handle of each chair that the run knows, what its boxes truly show."""
    chairs = [item for item in run.workspace.scene.objects.values() if "chair" in item.name]
    return {c.handle: {shown(run, s.picture, s.box) for s in c.sightings if s.box is not None} for c in chairs}


def say_same(run: Run, *handles: str) -> None:
    """Enter that some objects are one thing, as an instrument that errs would."""

    @tool(family="test", example={})
    def matching() -> ToolResult:
        """Match."""
        source = "match_objects by appearance: likely"
        return ToolResult("matched", facts=[ObjectsMatched(objects=list(handles), source=source)])

    run.text(matching)


def test_a_half_hidden_thing_is_one_with_itself_seen_whole(run: Run) -> None:
    run.reconstruct()
    text = run.text(build_scene_graph, names=["chair"])
    assert text.startswith("2 things in cloud1")
    assert "inside" not in text
    assert "may be one" not in text
    assert sorted(true_of(run).values(), key=min) == [{2}, {3}]
    assert {len(run.workspace.scene.objects[h].sightings) for h in true_of(run)} == {4}
    assert run.text(count, images=HANDLES, name="chair").startswith("2 chairs over 4 photos")


def test_objects_known_apart_are_found_to_be_one_by_place(run: Run) -> None:
    for handle in HANDLES:
        run.text(detect, image=handle, names=["chair"])
    assert len(true_of(run)) == 8
    run.reconstruct()
    graph = json.loads(run.text(build_scene_graph, form="json").splitlines()[0])
    assert len(graph["nodes"]) == 2
    assert sorted(true_of(run).values(), key=min) == [{2}, {3}]


@pytest.mark.parametrize("by", ["build_scene_graph", "match_objects"])
def test_what_was_joined_wrongly_is_parted_by_place(run: Run, by: str) -> None:
    for handle in HANDLES[:2]:
        run.text(detect, image=handle, names=["chair"])
    chairs = true_of(run)
    pictures = {h: run.workspace.scene.objects[h].sightings[0].picture for h in chairs}
    [red, wrong] = next((a, b) for a in chairs for b in chairs if pictures[a] < pictures[b] and chairs[a] != chairs[b])
    say_same(run, red, wrong)
    assert true_of(run)[red] == {2, 3}
    run.reconstruct()
    if by == "build_scene_graph":
        text = run.text(build_scene_graph)
    else:
        text = run.text(match_objects, images=HANDLES[:2])
    assert f"{red} was taken for one thing, but its places exclude that" in text
    assert sorted(true_of(run).values(), key=min) == [{2}, {3}]
    assert run.workspace.scene.get(wrong) is not run.workspace.scene.get(red)


def test_what_a_person_marked_as_one_is_not_parted(run: Run) -> None:
    @tool(family="test", example={})
    def marking() -> ToolResult:
        """Mark."""
        boxes = {"img2": true_box(run, "img2", 2), "img4": true_box(run, "img4", 3)}
        facts = [ObjectSeen(object="fresh_a", name="chair", picture=p, box=b, source=MARKED) for p, b in boxes.items()]
        return ToolResult("marked", facts=facts)

    run.text(marking)
    run.reconstruct()
    run.text(match_objects, images=["img2", "img4"])
    assert list(true_of(run).values()) == [{2, 3}]


def test_front_and_back_of_one_thing_are_told_not_to_be_known_apart(tmp_path: Path) -> None:
    """Nothing of the shelf is seen from both sides: it may be one, and no place is told of one from the other."""
    shelf = thing(2, "red shelf", (0.0, 3.5), (1.2, 0.4, 2.2))
    shots = (Shot(size=(320, 240)), Shot(size=(320, 240), position=(0.0, 7.0, 1.5), bearing=180.0))
    run = Run(tmp_path, (shelf, thing(3, "blue chair", (1.6, 3.5), (0.5, 0.5, 0.9))), *shots)
    run.reconstruct()
    text = run.text(build_scene_graph, names=["shelf", "chair"])
    told = [line for line in text.splitlines() if line.count("shelf") == 2]
    assert len(told) == 1
    assert "may be one and the same" in told[0]
    assert text.startswith("2 to 3 things in cloud1")
