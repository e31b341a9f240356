"""The prompt: in the order caches want, in the form every provider accepts, whatever a run has been through."""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from loop_kit import profile
from memory_kit import begin, draft, random_run, take_step

from sightline.agents import AnswerSpec, ModelProfile
from sightline.agents.prompt import PromptParts, build_messages
from sightline.geometry.dialects import PERMILLE_YX
from sightline.memory import (
    ContextPolicy,
    NoteAdded,
    PersonSaid,
    PictureRecalled,
    StepComposed,
    Workspace,
    choose_window,
)
from sightline.memory.refs import box_ref

TOOL = {"name": "crop_zoom", "description": "Cut out.", "parameters": {"type": "object", "properties": {}}}
NATIVE = profile("chat_completions")
PROFILES: dict[str, ModelProfile] = {
    "chat_completions": NATIVE,
    "messages": profile("messages"),
    "text": NATIVE.replace(protocol="text"),
    "no user after tool": NATIVE.replace(user_after_tool=False),
    "blind": NATIVE.replace(sees_pictures=False),
}
POLICY = ContextPolicy(window=3, block=2, pictures=3, old_steps=2, notes=2, objects=2)


def parts_for(chosen: ModelProfile, policy: ContextPolicy = POLICY, *, tools: bool = True) -> PromptParts:
    spec = AnswerSpec.infer("Which?", ("A. the red one", "B. the blue one"), None, None)
    return PromptParts("Work with care.", spec, chosen, policy, [TOOL] if tools else [])


def next_prompt(ws: Workspace, parts: PromptParts, **composed: Any) -> list[BaseMessage]:
    """The messages of the step that comes next; it is composed in the run's own journal."""
    first, pictures = choose_window(ws, parts.policy, parts.profile.limits.max_pictures)
    shown = pictures if parts.profile.sees_pictures else []
    number = len(ws.steps) + 1
    fields = {"final": False, "first_full": first, "pictures": shown, "left": "Left: 9 steps."} | composed
    event = StepComposed(step=number, **fields)
    ws.append(event)
    return build_messages(ws, event, parts)


def blocks(messages: list[BaseMessage]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for message in messages:
        content = message.content if isinstance(message.content, list) else [{"type": "text", "text": message.content}]
        out.extend(block for block in content if isinstance(block, dict))
    return out


def words(messages: list[BaseMessage]) -> str:
    return "\n".join(block["text"] for block in blocks(messages) if block["type"] == "text")


def check_form(messages: list[BaseMessage], chosen: ModelProfile, expected: list[str]) -> None:
    """What every provider asks for, or what this one does."""
    assert isinstance(messages[0], SystemMessage)
    assert isinstance(messages[1], HumanMessage)
    waiting: list[str] = []
    for before, message in itertools.pairwise(messages):
        assert not isinstance(message, SystemMessage)
        assert type(before) is not type(message) or isinstance(message, ToolMessage)
        if isinstance(message, ToolMessage):
            assert isinstance(before, AIMessage | ToolMessage)
            assert message.tool_call_id == waiting.pop(0)  # each call's result, in the order of the calls
            assert message.text
            assert all(block["type"] == "text" for block in blocks([message]))
            continue
        assert not waiting, "a call without its result"
        if isinstance(message, HumanMessage):
            assert chosen.user_after_tool or not isinstance(before, ToolMessage)
        if isinstance(message, AIMessage):
            assert str(message.text).strip() or message.tool_calls
            waiting = [] if chosen.protocol == "text" else [str(call["id"]) for call in message.tool_calls]
    assert not waiting
    assert isinstance(messages[-1], HumanMessage | ToolMessage)
    found = blocks(messages)
    labels = []
    for before, block in itertools.pairwise(found):
        if block["type"] == "image":
            assert before["type"] == "text"
            labels.append(before["text"].split(" ")[0])
    assert sorted(labels) == sorted(expected)  # each picture once, after its label
    marks = sum("cache_control" in block for block in found)
    assert marks <= 4
    assert bool(marks) == (chosen.api == "messages")


@pytest.mark.parametrize("name", list(PROFILES))
@given(data=st.data())
@settings(max_examples=60)
def test_any_run_makes_a_prompt_that_providers_accept(name: str, data: st.DataObject) -> None:
    chosen = PROFILES[name]
    with tempfile.TemporaryDirectory() as folder, random_run(data, Path(folder) / "run", most_steps=8) as ws:
        if data.draw(st.booleans(), label="said"):
            ws.append(PersonSaid(text="look closer"))
        messages = next_prompt(ws, parts_for(chosen))
        if chosen.protocol == "text":
            for message in messages:
                assert not isinstance(message, ToolMessage)
            messages = [AIMessage(m.text.strip() or "call") if isinstance(m, AIMessage) else m for m in messages]
        check_form(messages, chosen, ws.steps[-1].composed.pictures)


def test_the_order_is_fixed_parts_history_then_what_changes(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        take_step(ws, [{"name": "crop_zoom", "text": "view1 is cut out", "drafts": [draft()]}], text="I cut.")
        take_step(ws, [{"name": "note", "text": "Noted", "facts": [NoteAdded(text="a finding")]}])
        messages = next_prompt(ws, parts_for(NATIVE))
    said = words(messages)
    order = [
        "Work with care.",
        "Question: What is where?",
        "B. the blue one",
        "img1 (8x6 as sent)",
        "I cut.",
        "view1 is cut out",
        "view1 (4x3 as sent): a view",
        "Noted",
        "Notes:",
        "Left: 9 steps.",
    ]
    assert [said.index(words) for words in order] == sorted(said.index(words) for words in order)
    assert said.endswith("Left: 9 steps.")


def test_all_results_of_a_turn_come_before_its_pictures(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        take_step(
            ws, [{"name": "a", "drafts": [draft(shade=1)]}, {"name": "b"}, {"name": "c", "drafts": [draft(shade=2)]}]
        )
        messages = next_prompt(ws, parts_for(NATIVE))
    kinds = [type(message).__name__ for message in messages]
    assert kinds == ["SystemMessage", "HumanMessage", "AIMessage", *["ToolMessage"] * 3, "HumanMessage"]
    assert [block["type"] for block in blocks(messages[-1:])] == ["text", "image", "text", "image", "text"]


def test_a_prompt_grows_at_its_end_only(tmp_path: Path) -> None:
    policy = ContextPolicy(window=4, block=2)
    prompts: list[list[str]] = []
    with begin(tmp_path / "run") as ws:
        for number in range(8):
            first, pictures = choose_window(ws, policy, 20)
            event = StepComposed(step=number + 1, final=False, first_full=first, pictures=pictures, left=f"{number}")
            ahead = Workspace(ws.folder, None, [*ws.events, event])
            messages = build_messages(ahead, event, parts_for(NATIVE, policy))
            prompts.append([json.dumps(block) for block in blocks(messages)])
            take_step(ws, [{"name": "a", "drafts": [draft(shade=number)]}], text=f"turn {number}")
    grew = [after[: len(before) - 1] == before[:-1] for before, after in itertools.pairwise(prompts)]
    assert grew == [True, True, True, True, False, True, False]


def test_inputs_that_are_not_shown_are_told(tmp_path: Path) -> None:
    limits = NATIVE.limits.__class__(max_pictures=1)
    with begin(tmp_path / "run", inputs=3) as ws:
        seen = words(next_prompt(ws, parts_for(NATIVE.replace(limits=limits))))
    with begin(tmp_path / "blind") as ws:
        blind = words(next_prompt(ws, parts_for(PROFILES["blind"])))
    assert "img2 (8x6) (not shown here; recall it to see it)" in seen
    assert "img3 (8x6) (not shown here; recall it to see it)" in seen
    assert "img1 (8x6) (not shown here; tools can look at it)" in blind


def test_a_picture_that_left_is_said_to_have_left(tmp_path: Path) -> None:
    policy = ContextPolicy(window=9, pictures=1, block=1)
    with begin(tmp_path / "run") as ws:
        for shade in range(2):
            take_step(ws, [{"name": "a", "drafts": [draft(shade=shade)]}])
        assert "(view1 no longer shown; recall brings a picture back)" in words(
            next_prompt(ws, parts_for(NATIVE, policy))
        )


def test_a_recalled_input_is_pointed_at_not_sent_twice(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        take_step(ws, [{"name": "recall", "facts": [PictureRecalled(picture="img1")]}])
        messages = next_prompt(ws, parts_for(NATIVE))
    assert "img1 can be seen at the top." in words(messages)
    assert sum(block["type"] == "image" for block in blocks(messages)) == 1


def test_places_are_told_in_the_models_own_dialect(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        take_step(ws, [{"name": "a", "text": f"found at {box_ref('img1', (4, 3, 8, 6))}"}])
        said = words(next_prompt(ws, parts_for(NATIVE.replace(dialect=PERMILLE_YX))))
    assert "found at (500, 500, 1000, 1000)" in said
    assert "y first, then x" in said


def test_the_last_turn_is_told(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        said = words(next_prompt(ws, parts_for(NATIVE), final=True, reason="this is step 1 of 1"))
    assert "This is your last turn (this is step 1 of 1): no tools can be called now." in said


def test_strategies_without_tools_hear_of_no_budget(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        messages = next_prompt(ws, parts_for(NATIVE, tools=False), final=True, reason="no tools in this strategy")
    assert "last turn" not in words(messages)
    assert "Left:" not in words(messages)


def test_what_a_person_added_stands_where_it_was_said(tmp_path: Path) -> None:
    with begin(tmp_path / "run") as ws:
        take_step(ws, [{"name": "a", "text": "first result"}])
        ws.append(PersonSaid(text="look closer"))
        take_step(ws, [{"name": "a", "text": "second result"}])
        ws.append(PersonSaid(text="and again"))
        said = words(next_prompt(ws, parts_for(NATIVE)))
    order = ["first result", "The person adds: look closer", "second result", "The person adds: and again", "Left:"]
    assert [said.index(piece) for piece in order] == sorted(said.index(piece) for piece in order)
