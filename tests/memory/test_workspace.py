"""`Workspace`: what a run knows is what its journal tells, and handles follow the order of the calls."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_kit import begin, draft, random_run, take_step
from pydantic import ValidationError

from sightline.memory import (
    InfrastructureError,
    InputError,
    NoteAdded,
    ObjectSeen,
    PersonSaid,
    PictureRecalled,
    PlanItem,
    PlanRevised,
    RunStarted,
    StepComposed,
    Workspace,
    new_run_folder,
)
from sightline.memory.refs import box_ref, places


def knowledge(ws: Workspace) -> dict[str, object]:
    """Everything a run knows, as values that compare."""
    known = {
        "events": ws.events,
        "started": ws.started,
        "artifacts": list(ws.artifacts.items()),
        "objects": ws.scene.objects,
        "plan": ws.plan,
        "notes": ws.notes,
        "steps": ws.steps,
        "calls": ws.calls,
        "answer": ws.answer,
        "usage": ws.usage,
        "notices": ws.notices,
        "begun": ws.begun,
    }
    return copy.deepcopy(known)


@given(st.data())
@settings(max_examples=60)
def test_the_journal_tells_what_the_run_knew(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with random_run(data, Path(folder) / "run") as ws:
            before = knowledge(ws)
            following = ws.add_picture(np.zeros((2, 2, 3), np.uint8))
        told = Workspace.open(Path(folder) / "run")
        # Without the last picture, which only shows that numbering goes on.
        assert knowledge(Workspace(told.folder, None, told.events[:-1])) == before
        assert list(told.artifacts)[-1] == following
        for handle in told.pictures:
            assert told.path(handle).is_file()
            size = told.artifacts[handle].size
            assert size is not None
            assert told.pixels(handle).shape == (size[1], size[0], 3)


@given(st.data())
@settings(max_examples=40)
def test_handles_are_never_given_twice(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder, random_run(data, Path(folder) / "run") as ws:
        given_out = [handle for record in ws.calls.values() for handle in record.made] + ws.inputs
        assert len(given_out) == len(set(given_out)) == len(ws.artifacts)
        for prefix in ("img", "view", "obj"):
            known = [h for h in [*ws.artifacts, *ws.scene.objects, *ws.scene.aliases] if h.startswith(prefix)]
            assert sorted(int(h[len(prefix) :]) for h in known) == list(range(1, len(known) + 1))


def test_calls_that_ran_side_by_side_number_as_if_one_after_the_other(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:  # `take_step` ends the calls in reverse
        take_step(
            ws, [{"name": "a", "drafts": [draft(shade=1), draft(shade=2)]}, {"name": "b", "drafts": [draft(shade=3)]}]
        )
        assert [record.made for record in ws.calls.values()] == [["view1", "view2"], ["view3"]]
        assert [int(ws.pixels(view)[0, 0, 0]) for view in ("view1", "view2", "view3")] == [1, 2, 3]


def test_what_is_found_in_a_new_picture_belongs_to_its_handle(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        number = len(ws.steps) + 1
        new = f"\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}new {number}.1/0\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
        found = ObjectSeen(object="1.1/obj0", name="cup", picture=new, box=(0, 0, 2, 2), source="find_regions")
        take_step(
            ws,
            [
                {
                    "name": "a",
                    "text": f"{new} shows it at {box_ref(new, (0, 0, 2, 2))}",
                    "drafts": [draft()],
                    "facts": [found],
                }
            ],
        )
        assert ws.scene.objects["obj1"].sightings[0].picture == "view1"
        text = ws.calls["1.1"].text
        assert text.startswith("view1 shows it")
        assert places(text) == [("box", "view1", [(0, 0), (2, 2)])]


def test_two_new_objects_of_one_name_are_two(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        chairs = [
            ObjectSeen(object=f"1.1/obj{i}", name="chair", picture="img1", box=(i, 0, i + 1, 2), source="find_regions")
            for i in range(3)
        ]
        take_step(ws, [{"name": "find_regions", "facts": chairs}])
        assert [o.handle for o in ws.scene.named("CHAIR")] == ["obj1", "obj2", "obj3"]
    with pytest.raises(ValidationError):  # nameless ones would be taken for one object
        ObjectSeen(object="", name="chair", picture="img1", source="find_regions")


def test_an_object_seen_again_keeps_its_handle(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        ws.add_mark("cup", "img1", (1.0, 1.0, 3.0, 3.0))
        again = ObjectSeen(object="obj1", name="red cup", picture="img1", point=(2, 2), source="locate_by_vlm")
        take_step(ws, [{"name": "locate_by_vlm", "facts": [again, again]}])
        (cup,) = ws.scene.objects.values()
        assert (cup.handle, cup.name, len(cup.sightings)) == ("obj1", "red cup", 2)
        assert cup.in_picture("img1") == cup.sightings[-1]


def test_plan_notes_and_recall(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        plan = [PlanItem(text="look"), PlanItem(text="measure", done=True)]
        take_step(ws, [{"name": "plan", "facts": [PlanRevised(items=plan[:1]), PlanRevised(items=plan)]}])
        take_step(ws, [{"name": "note", "facts": [NoteAdded(text="one"), PictureRecalled(picture="img1")]}])
        assert (ws.plan, ws.notes) == (plan, ["one"])
        assert ws.steps[1].shown == ["img1"]


def test_what_a_person_adds_belongs_to_the_next_step(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        take_step(ws, [])
        ws.append(PersonSaid(text="look closer"))
        assert ws.notices == ["look closer"]
        take_step(ws, [])
        assert ws.notices == []
        assert [step.notices for step in ws.steps] == [[], ["look closer"]]


def test_a_run_without_all_its_inputs_has_not_begun(tmp_path: Path) -> None:
    with begin(tmp_path / "run", inputs=2) as ws:
        assert ws.begun
    events = Workspace.open(tmp_path / "run").events
    assert not Workspace(tmp_path, None, events[:2]).begun
    assert not Workspace(tmp_path, None, []).begun


def test_places_in_a_view_convert_back_to_the_input(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        take_step(ws, [{"name": "a", "drafts": [draft("img1")]}])
        take_step(ws, [{"name": "b", "drafts": [draft("view1")]}])
        handle, points = ws.to_input("view2", np.array([[1.0, 2.0]]))
        assert handle == "img1"
        np.testing.assert_allclose(points, [[1.0, 2.0]])


def test_a_listener_hears_each_event_after_it_took_effect(tmp_path: Path) -> None:
    heard = []
    with begin(tmp_path / "run") as ws:
        ws.listeners.append(lambda event: heard.append((event.type, len(ws.events))))
        ws.append(StepComposed(step=1, final=False, first_full=1, pictures=[], left=""))
    assert heard == [("step_composed", 3)]


def test_a_workspace_opened_for_reading_cannot_be_written(tmp_path: Path) -> None:
    begin(tmp_path / "run").close()
    ws = Workspace.open(tmp_path / "run")
    with pytest.raises(RuntimeError, match="opened for reading"):
        ws.append(PersonSaid(text="no"))


def test_refusals_are_clear(tmp_path: Path) -> None:
    begin(tmp_path / "run").close()
    with pytest.raises(InputError, match="already holds a run"):
        Workspace.create(tmp_path / "run")
    with pytest.raises(InputError, match="no run"):
        Workspace.open(tmp_path / "none", write=True)
    assert not (tmp_path / "none").exists()
    with pytest.raises(InputError, match="no trace"):
        Workspace.open(tmp_path / "none")
    with Workspace.open(tmp_path / "run", write=True), pytest.raises(InputError, match="being written"):
        Workspace.open(tmp_path / "run", write=True)


@pytest.mark.parametrize(
    "place", [(9.0, 1.0), (1.0, -0.5), (1.0, 2.0, 3.0), (3.0, 3.0, 1.0, 5.0), (1.0, 1.0, 1.0, 2.0)]
)
def test_a_mark_outside_its_picture_is_refused(place: tuple[float, ...], tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws, pytest.raises(InputError, match="img1 is 8 pixels wide and 6 high"):
        ws.add_mark("door", "img1", place)


def test_a_mark_on_no_picture_is_refused(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws, pytest.raises(InputError, match="img7, which is not an input"):
        ws.add_mark("door", "img7", (1.0, 1.0))


def test_equal_pictures_are_stored_once(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        take_step(ws, [{"name": "a", "drafts": [draft(shade=7), draft(shade=7)]}])
        assert ws.path("view1") == ws.path("view2")
        assert len(list((tmp_path / "run" / "artifacts").iterdir())) == 2
        assert isinstance(ws.started, RunStarted)


def test_pixels_cannot_be_changed_by_a_tool(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws, pytest.raises(ValueError, match="read-only"):
        ws.pixels("img1")[0, 0, 0] = 9


def test_runs_get_names_of_their_own_in_the_order_they_begin(tmp_path: Path) -> None:
    folders = [new_run_folder(tmp_path) for _ in range(200)]
    assert len(set(folders)) == 200
    times = [folder.name[:19] for folder in folders]
    assert times == sorted(times)


def test_a_picture_that_cannot_be_written_is_infrastructure(tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "run")
    (tmp_path / "run" / "artifacts").write_text("a file where the folder should be")
    with pytest.raises(InfrastructureError, match="cannot be written") as caught:
        ws.add_picture(np.zeros((4, 4, 3), np.uint8))
    assert caught.value.remedy
