"""Random runs for tests of memory, written through the public face of `Workspace` as the loop writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, message_to_dict

from sightline.geometry.transforms import PictureTransform
from sightline.memory import (
    Answered,
    Call,
    Draft,
    Fact,
    ModelReplied,
    NoteAdded,
    ObjectPlaced,
    ObjectSeen,
    ObjectsMatched,
    PersonSaid,
    PictureRecalled,
    PlanItem,
    PlanRevised,
    RunResumed,
    RunStarted,
    StepComposed,
    ToolFinished,
    ToolStarted,
    Usage,
    Workspace,
)

TOP_LEFT = PictureTransform.crop((8, 6), (0, 0, 4, 3))


def begin(folder: Path, inputs: int = 1) -> Workspace:
    """A run that has its question and `inputs` pictures of 8x6 pixels."""
    ws = Workspace.create(folder)
    ws.append(
        RunStarted(
            run=folder.name,
            question="What is where?",
            answer_spec={"kind": "text"},
            given=inputs,
            model="test",
            profile={},
            strategy="react",
            tools=[],
            budget={},
            version="0",
        )
    )
    for shade in range(inputs):
        ws.add_picture(np.full((6, 8, 3), shade, dtype=np.uint8))
    return ws


def take_step(ws: Workspace, calls: list[dict[str, Any]], *, text: str = "", pictures: list[str] | None = None) -> None:
    """One whole step; each call is `{"name", "text", "drafts", "facts", "outcome"}`, all but the name optional."""
    number = len(ws.steps) + 1
    shown = list(ws.inputs) if pictures is None else pictures
    ws.append(StepComposed(step=number, final=False, first_full=1, pictures=shown, left="Left: 9 steps."))
    made = [
        Call(id=f"{number}.{i}", provider_id=f"p{number}.{i}", name=call["name"], arguments={"n": i})
        for i, call in enumerate(calls, start=1)
    ]
    usage = Usage(calls=1, input_tokens=10, output_tokens=3, pictures=len(shown), dollars=0.25)
    sent_back = AIMessage(text, tool_calls=[{"id": c.provider_id, "name": c.name, "args": c.arguments} for c in made])
    message = message_to_dict(sent_back)
    ws.append(ModelReplied(step=number, message=message, text=text, calls=made, usage=usage, seconds=0.1))
    for call in made:
        ws.append(ToolStarted(call=call.id, tool=call.name))
    # They end in another order than they were made.
    for call, does in reversed(list(zip(made, calls, strict=True))):
        drafts = does.get("drafts", [])
        ws.append(
            ToolFinished(
                call=call.id,
                tool=call.name,
                outcome=does.get("outcome", "ok"),
                text=does.get("text", "done"),
                artifacts=[ws.keep(draft, f"{call.id}/{i}") for i, draft in enumerate(drafts)],
                facts=does.get("facts", []),
                usage=Usage(calls=1, input_tokens=5, dollars=None) if does.get("asks") else Usage(),
            )
        )
    if made:
        ws.commit([call.id for call in made])


def draft(parent: str = "img1", shade: int = 0, title: str = "a view", *, show: bool = True) -> Draft:
    """A new picture of 4x3 pixels."""
    return Draft(np.full((3, 4, 3), shade, dtype=np.uint8), title, [(parent, TOP_LEFT, None)], show=show)


def placed(name: str, x: float = 1.0, cloud: str = "cloud1") -> ObjectPlaced:
    """A unit box at (x, 2, 0.5)."""
    return ObjectPlaced(
        object=name,
        cloud=cloud,
        centre=(x, 2.0, 0.5),
        size=(1.0, 1.0, 1.0),
        rotation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        points=100,
        error=0.1,
        source="locate",
    )


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@st.composite
def calls_for(draw: st.DrawFn, ws: Workspace) -> dict[str, Any]:
    """One call with whatever a tool may give back, in terms of what the run knows by now."""
    facts: list[Fact] = []
    call_number = len(ws.calls)
    for index in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["note", "plan", "new object", "old object", "placed", "matched", "recall"]))
        known = list(ws.scene.objects)
        if (kind == "placed" and not known) or (kind == "matched" and len(known) < 2):
            kind = "new object"
        if kind == "note":
            facts.append(NoteAdded(text=draw(words)))
        elif kind == "plan":
            items = draw(st.lists(st.builds(PlanItem, text=words, done=st.booleans()), max_size=3))
            facts.append(PlanRevised(items=items))
        elif kind == "recall":
            facts.append(PictureRecalled(picture=draw(st.sampled_from(ws.pictures))))
        elif kind == "placed":
            facts.append(placed(draw(st.sampled_from(known)), draw(st.floats(-9, 9))))
        elif kind == "matched":
            facts.append(ObjectsMatched(objects=draw(st.permutations(known))[:2], source="match_objects"))
        else:
            fresh = kind == "new object" or not known
            box = (0.0, 0.0, draw(st.floats(0.5, 8)), draw(st.floats(0.5, 6)))
            facts.append(
                ObjectSeen(
                    object=f"{call_number}/obj{index}" if fresh else draw(st.sampled_from(known)),
                    name=draw(words),
                    picture=draw(st.sampled_from(ws.pictures)),
                    box=draw(st.none() | st.just(box)),
                    score=draw(st.none() | st.floats(0, 1)),
                    source="find_regions",
                )
            )
    drafts = [
        draft(draw(st.sampled_from(ws.pictures)), draw(st.integers(0, 255)), draw(words), show=draw(st.booleans()))
        for _ in range(draw(st.integers(0, 2)))
    ]
    outcome = "ok" if drafts or facts else draw(st.sampled_from(["ok", "mistake", "limit", "infrastructure"]))
    return {
        "name": draw(st.sampled_from(["crop_zoom", "ruler", "find_regions", "answer"])),
        "text": draw(words),
        "drafts": drafts,
        "facts": facts,
        "outcome": outcome,
        "asks": draw(st.booleans()),
    }


def random_run(data: st.DataObject, folder: Path, most_steps: int = 6) -> Workspace:
    """A run of random events; open for writing."""
    ws = begin(folder, inputs=data.draw(st.integers(1, 3), label="inputs"))
    if data.draw(st.booleans(), label="mark"):
        ws.add_mark(data.draw(words), "img1", (1.0, 2.0))
    for _ in range(data.draw(st.integers(0, most_steps), label="steps")):
        if data.draw(st.booleans(), label="interrupted"):
            ws.append(RunResumed())
            ws.append(PersonSaid(text=data.draw(words)))
        calls = [data.draw(calls_for(ws)) for _ in range(data.draw(st.integers(0, 3), label="calls"))]
        take_step(ws, calls, text=data.draw(words))
    if data.draw(st.booleans(), label="answered"):
        ws.append(Answered(status="answered", value="B", text="B", extraction="tool"))
    return ws
