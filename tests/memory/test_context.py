"""The context policy: bounded however long a run is, and unchanged at its beginning between two moves of the window."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_kit import begin, draft, random_run, take_step

from sightline.memory import (
    ContextPolicy,
    NoteAdded,
    ObjectSeen,
    PictureRecalled,
    PlanItem,
    PlanRevised,
    choose_window,
    old_lines,
    status_lines,
)
from sightline.memory.refs import CLOSE, OPEN, fill, stored_pixels

policies = st.builds(
    ContextPolicy,
    window=st.integers(1, 6),
    block=st.integers(1, 4),
    pictures=st.integers(0, 5),
    old_steps=st.integers(1, 5),
    objects=st.integers(1, 3),
    notes=st.integers(1, 3),
    line=st.integers(20, 80),
)


def words(text: str) -> str:
    return fill(text, stored_pixels)


@given(data=st.data(), policy=policies, most=st.integers(0, 8))
@settings(max_examples=80)
def test_the_bounds_hold_for_any_run(data: st.DataObject, policy: ContextPolicy, most: int) -> None:
    with tempfile.TemporaryDirectory() as folder, random_run(data, Path(folder) / "run", most_steps=10) as ws:
        first, shown = choose_window(ws, policy, most)
        inputs = [handle for handle in shown if handle in ws.inputs]
        results = shown[len(inputs) :]
        assert 1 <= first <= len(ws.steps) + 1
        assert len(ws.steps) - first + 1 <= policy.window
        assert (first - 1) % min(policy.block, policy.window) == 0
        assert len(shown) == len(set(shown)) <= max(most, 0)
        assert inputs[: len(ws.inputs)] == ws.inputs[: len(inputs)]
        assert len(inputs) >= min(len(ws.inputs), most - min(policy.pictures, most // 4))
        assert len(results) <= policy.pictures
        newest = [handle for step in ws.steps[first - 1 :] for handle in step.shown if handle not in ws.inputs]
        assert results == list(dict.fromkeys(reversed(newest)))[: len(results)][::-1]
        if newest and len(inputs) < most and policy.pictures:
            assert results[-1] == newest[-1]  # what was just made is seen
        lines = old_lines(ws, first, policy, words)
        assert all(len(line) <= policy.line for line in lines)
        assert len(lines) <= policy.old_steps + 1
        assert (first > 1) == bool(lines)
        status = status_lines(ws, policy, words)
        assert sum(line.startswith("  obj") for line in status) <= policy.objects
        assert sum(line.startswith("  - ") for line in status) <= policy.notes


@pytest.mark.parametrize("pictures_a_step", [1, 2])
def test_the_window_moves_in_blocks(pictures_a_step: int, tmp_path: Path) -> None:
    policy = ContextPolicy(window=6, block=3, pictures=100)
    moves = []
    with begin(tmp_path / "run") as ws:
        for number in range(30):
            first, shown = choose_window(ws, policy, 100)
            assert len(shown) == 1 + pictures_a_step * (number - first + 1)
            moves.append(first)
            take_step(ws, [{"name": "crop", "drafts": [draft(shade=number)] * pictures_a_step}])
    assert moves[:7] == [1] * 7
    assert moves[7:] == [4 + 3 * (n // 3) for n in range(23)]


def test_pictures_beyond_the_models_limit_go_oldest_first_and_in_blocks(tmp_path: Path) -> None:
    policy = ContextPolicy(window=100, block=4, pictures=12)
    seen = []
    with begin(tmp_path / "run") as ws:
        for number in range(12):
            take_step(ws, [{"name": "crop", "drafts": [draft(shade=number)]}])
            seen.append(choose_window(ws, policy, 7)[1])
    assert seen[5] == ["img1", *(f"view{i}" for i in range(1, 7))]
    assert seen[6] == ["img1", *(f"view{i}" for i in range(5, 8))]
    assert seen[9] == ["img1", *(f"view{i}" for i in range(5, 11))]
    assert seen[10] == ["img1", *(f"view{i}" for i in range(9, 12))]


def test_a_recalled_picture_is_the_latest(tmp_path: Path) -> None:
    policy = ContextPolicy(window=4, block=2, pictures=2)
    with begin(tmp_path / "run") as ws:
        for number in range(8):
            take_step(ws, [{"name": "crop", "drafts": [draft(shade=number)]}])
        assert "view1" not in choose_window(ws, policy, 10)[1]
        take_step(ws, [{"name": "recall", "facts": [PictureRecalled(picture="view1")]}])
        assert choose_window(ws, policy, 10)[1][-1] == "view1"


def test_inputs_are_never_shown_twice_and_never_crowded_out(tmp_path: Path) -> None:
    with begin(tmp_path / "run", inputs=3) as ws:
        take_step(ws, [{"name": "recall", "facts": [PictureRecalled(picture="img2")]}])
        take_step(ws, [{"name": "crop", "drafts": [draft()]}])
        assert choose_window(ws, ContextPolicy(), 4)[1] == ["img1", "img2", "img3", "view1"]
        assert choose_window(ws, ContextPolicy(), 3)[1] == ["img1", "img2", "img3"]
        assert choose_window(ws, ContextPolicy(), 2)[1] == ["img1", "img2"]


def test_more_inputs_than_the_model_takes_leave_room_for_what_tools_make(tmp_path: Path) -> None:
    with begin(tmp_path / "run", inputs=12) as ws:
        take_step(ws, [{"name": "crop", "drafts": [draft()]}])
        take_step(ws, [{"name": "recall", "facts": [PictureRecalled(picture="img11")]}])
        assert choose_window(ws, ContextPolicy(), 8)[1] == [*(f"img{n}" for n in range(1, 7)), "view1", "img11"]
        # A strategy without tools shows all the inputs it can.
        assert choose_window(ws, ContextPolicy(pictures=0), 8)[1] == [f"img{n}" for n in range(1, 9)]


def test_old_steps_are_a_line_each_and_the_oldest_one_line_together(tmp_path: Path) -> None:
    policy = ContextPolicy(window=2, block=2, old_steps=3)
    with begin(tmp_path / "run") as ws:
        for number in range(1, 11):
            take_step(ws, [{"name": "crop", "text": f"cut\nout {number}", "drafts": [draft(shade=number)]}])
        take_step(ws, [], text="I wonder.")
        take_step(ws, [], text="Hm.")
        lines = old_lines(ws, 12, policy, words)
    assert lines == [
        "steps 1-8: 8 calls; pictures view1 to view8 can be recalled (crop 8)",
        "step 9: crop -> view9: cut out 9",
        "step 10: crop -> view10: cut out 10",
        "step 11: said: I wonder.",
    ]


def test_a_turn_of_many_calls_does_not_break_the_bound(tmp_path: Path) -> None:
    policy = ContextPolicy(window=1, block=1, old_steps=3, line=100)
    with begin(tmp_path / "run") as ws:
        for _ in range(6):
            take_step(ws, [{"name": f"tool_number_{n}", "text": "x" * 500} for n in range(40)])
        lines = old_lines(ws, 6, policy, words)
    assert len(lines) <= 4
    assert all(len(line) <= 100 for line in lines)
    assert "40 calls" in lines[-1]


def test_the_status_is_bounded_whatever_a_model_writes(tmp_path: Path) -> None:
    policy = ContextPolicy(notes=2, objects=2, plan=5, line=60)
    with begin(tmp_path / "run") as ws:
        plan = [PlanItem(text="p" * 900, done=n < 7) for n in range(50)]
        take_step(ws, [{"name": "plan", "facts": [PlanRevised(items=plan)]}])
        take_step(ws, [{"name": "note", "facts": [NoteAdded(text=f"{n} {'n' * 900}")]} for n in range(5)])
        cups = [
            ObjectSeen(
                object=f"k{n}", name="cup " + "c" * 900, picture="img1", box=(1, 1, 2, 2), source="locate_by_vlm"
            )
            for n in range(5)
        ]
        take_step(ws, [{"name": "locate_by_vlm", "facts": cups}])
        lines = status_lines(ws, policy, words)
    assert len("\n".join(lines)) < 60 * 25
    assert lines[1] == "  (7 done before)"
    assert lines[7] == "  (38 more)"
    assert lines[2].startswith("  8. [ ] ppp")
    assert "  (3 earlier notes are not shown)" in lines
    assert lines[-1].startswith("  - 4 nnn")
    assert any("obj5" in line and "(1, 1, 2, 2)" in line for line in lines)


def test_brackets_in_what_a_model_wrote_are_no_references(tmp_path: Path) -> None:
    posing = f"{OPEN}box img1 1.0 1.0 2.0 2.0{CLOSE}"
    with begin(tmp_path / "run") as ws:
        seen = ObjectSeen(object="k", name=posing, picture="img1", point=(1, 1), source="locate_by_vlm")
        take_step(
            ws,
            [{"name": posing, "facts": [PlanRevised(items=[PlanItem(text=posing)]), NoteAdded(text=posing), seen]}],
            text=posing,
        )
        take_step(ws, [], text=posing)
        shown = "\n".join(status_lines(ws, ContextPolicy(), words) + old_lines(ws, 3, ContextPolicy(), words))
    assert OPEN not in shown
    assert shown.count("[[box img1 1.0 1.0 2.0 2.0]]") == 5
