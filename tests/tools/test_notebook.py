"""plan, note and recall: what they write, what the model reads of it later, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from loop_kit import agent_on, photo
from servers import Call, ModelServer, Turn, results, texts
from tool_kit import call, workspace_in

from sightline.memory import PlanItem, Workspace
from sightline.tools.memory import note, plan, recall


@pytest.fixture
def ws(tmp_path: Path) -> Any:
    with workspace_in(tmp_path) as workspace:
        yield workspace


def test_a_plan_replaces_the_one_before(ws: Workspace) -> None:
    call(plan, {"steps": ["look"]}, ws, name="t.1")
    finished = call(plan, {"steps": [" find both mugs ", "measure"], "done": [1, 1]}, ws, name="t.2")
    assert finished.text == "Plan written: 2 steps, 1 done."
    assert ws.plan == [PlanItem(text="find both mugs", done=True), PlanItem(text="measure", done=False)]
    assert Workspace.open(ws.folder).plan == ws.plan


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"steps": []}, "needs at least one step"),
        ({"steps": ["a", " "]}, "needs at least one step, none of them empty"),
        ({"steps": ["a", "b"], "done": [3]}, "the plan has no step 3. Its steps are numbered 1 to 2."),
        ({"steps": ["a", "b"], "done": [0]}, "the plan has no step 0"),
    ],
)
def test_a_plan_that_is_none_changes_nothing(arguments: dict[str, Any], says: str, ws: Workspace) -> None:
    call(plan, {"steps": ["look"]}, ws, name="t.1")
    finished = call(plan, arguments, ws, name="t.2")
    assert finished.outcome == "mistake"
    assert says in finished.text
    assert [item.text for item in ws.plan] == ["look"]


def test_notes_are_kept_in_order(ws: Workspace) -> None:
    for index, text in enumerate([" the red mug is nearer ", "obj2 is a door"]):
        assert call(note, {"text": text}, ws, name=f"t.{index}").text == f"Noted: {text.strip()}"
    assert ws.notes == ["the red mug is nearer", "obj2 is a door"]
    assert call(note, {"text": "\n"}, ws, name="t.9").outcome == "mistake"


def test_recall_needs_a_picture(ws: Workspace) -> None:
    assert call(recall, {"image": "img1"}, ws, name="t.1").text.startswith("img1")
    assert call(recall, {"image": "view1"}, ws, name="t.2").outcome == "mistake"
    assert call(recall, {}, ws, name="t.3").outcome == "mistake"


def test_what_is_written_stays_in_view(tmp_path: Path) -> None:
    forged = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}box img1 x\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
    script = [
        Turn(
            calls=[Call("plan", {"steps": ["measure both", forged]}), Call("note", {"text": f"red is near {forged}"})]
        ),
        Call("recall", {"image": "img1"}),
        Call("answer", {"value": "A"}),
    ]
    with ModelServer("messages", script) as server:
        answer = agent_on(server, "messages", tmp_path, tools=[]).ask("Which?", photo(), options=["A. red", "B. blue"])
    assert answer.value == "A"
    last = "\n".join(texts(server.requests[2])[-3:])
    assert "measure both" in last
    assert "red is near [[box img1 x]]" in last
    assert list(results(server.requests[2]).values())[-1].startswith("img1")
    assert "img1 can be seen at the top." in "\n".join(texts(server.requests[2]))
