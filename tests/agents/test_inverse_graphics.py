"""Programs that are written, drawn, judged and revised: the loop with a scripted model and a real engine (SVG)."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("resvg_py", reason="needs sightline[graphics]")

from graphics_kit import SVG, drawn, edit, judge, write
from loop_kit import PROTOCOLS, Protocol, agent_on, profile
from servers import Call, ModelServer, Say, Turn, calls, picture_sizes, results, texts

from sightline.agents import Answer, Budget, SpatialAgent
from sightline.agents.revising import PATIENCE
from sightline.demos.trace.html import trace_html
from sightline.demos.trace.text import trace_text
from sightline.memory import InputError, Workspace, read_events
from sightline.tools.graphics.metrics import photometric_loss

QUESTION = "Draw this picture."
NO_DISC = SVG.replace('r="28"', 'r="12"')


@pytest.fixture(scope="module")
def target() -> np.ndarray:
    return drawn(SVG)


def reconstruct(server: ModelServer, runs: Path, target: Any, protocol: Protocol = "messages", **given: Any) -> Answer:
    """The target redrawn by a scripted model."""
    settings = {name: given.pop(name) for name in ("budget", "verifier", "policy", "tools") if name in given}
    arguments = {"strategy": "inverse_graphics", "budget": Budget(steps=30)} | settings
    agent = agent_on(server, protocol, runs, **arguments)
    return agent.ask(QUESTION, () if target is None else target, **given)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_from_an_empty_scene_to_the_target(protocol: Protocol, target: np.ndarray, tmp_path: Path) -> None:
    script = [
        Turn("First the parts.", calls=[Call("plan", {"steps": ["draw the three things", "match the sizes"]})]),
        write(SVG.replace("</svg>", "<rect")),  # raises
        write(NO_DISC.replace("#2c5fa8", "#a82c5f")),  # shows the wrong thing
        Call("compare"),
        judge(0.5, differs="the disc is too small, the box has the wrong colour"),
        edit('r="13"', 'r="28"'),  # the block does not match
        edit('r="12"', 'r="28"'),
        judge(0.8, differs="the box has the wrong colour"),
        edit("#a82c5f", "#2c5fa8"),
        judge(1.0, satisfied=True),
    ]
    with ModelServer(protocol, script) as server:
        answer = reconstruct(server, tmp_path, target, protocol)
    assert server.unused == 0
    ws = answer.trace
    assert answer.status == "answered"
    assert answer.value == SVG
    assert photometric_loss(drawn(answer.value), target) <= 1e-4
    assert "prog4 is the best of 4" in answer.details
    assert "the verifier is satisfied with prog4" in answer.details
    assert [(r.handle, bool(r.problem)) for r in ws.revisions.every.values()] == [
        ("prog1", True),
        ("prog2", False),
        ("prog3", False),
        ("prog4", False),
    ]
    losses = [r.loss for r in ws.revisions.every.values() if r.loss is not None]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] <= 1e-4
    outcomes = [c.finished.outcome for c in ws.calls.values() if c.call.name in ("write_program", "edit_program")]
    assert outcomes == ["mistake", "ok", "mistake", "ok", "ok"]
    # The trace shows every revision.
    text, page = trace_text(ws), trace_html(ws)
    for revision in ws.revisions.every.values():
        assert revision.handle in text
        assert revision.handle in page
        if revision.picture:
            assert f"h-{revision.picture}" in page
    assert '-<circle id="disc" cx="45" cy="50" r="12"' in text
    assert "prog4 [best, last]" in text
    assert "(verifier)" in text


def test_what_each_role_is_shown(target: np.ndarray, tmp_path: Path) -> None:
    script = [
        write(NO_DISC),
        Call("compare"),
        judge(0.4, differs="THE DISC"),
        edit('r="12"', 'r="28"'),
        judge(1.0, satisfied=True),
    ]
    with ModelServer("chat_completions", script) as server:
        reconstruct(server, tmp_path, target, "chat_completions")
    first, looking, judging, second, last = server.requests
    # The generator has the tools that write, and no verdict; the verifier the other way round.
    names = [set(request.tool_names) for request in (first, looking)]
    assert {"write_program", "edit_program", "undo", "best"} <= names[0]
    assert not names[0] & {"verdict", "answer"}
    assert {"verdict", "compare", "inspect_view"} <= names[1]
    assert not names[1] & {"write_program", "undo", "answer"}
    # The verifier sees the target and the picture to judge, and none of the generator's turns.
    assert picture_sizes(looking) == [(160, 120)] * 2
    assert results(looking) == {}
    assert "To judge: prog1" in "\n".join(texts(looking))
    assert picture_sizes(judging) == [(160, 120), (160, 120), (328, 120), (160, 120)]
    # The generator is told the verdict, and the current program stands in its prompt once.
    told = "\n".join(texts(second))
    assert "THE DISC" in told
    assert told.count('id="disc"') == 1
    assert "prog1" in told
    # A later verdict begins anew.
    assert results(last) == {}
    assert "judged 0.40" in "\n".join(texts(last))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_verdict_is_forced_after_two_looks(protocol: Protocol, target: np.ndarray, tmp_path: Path) -> None:
    script = [write(SVG), Call("compare"), Call("inspect_scene"), judge(1.0, satisfied=True)]
    with ModelServer(protocol, script) as server:
        reconstruct(server, tmp_path, target, protocol)
    assert [request.tool_choice for request in server.requests] == ["auto", "auto", "auto", "verdict"]
    assert "Call `verdict` now" in texts(server.requests[3])[-1]


def test_a_verifier_that_never_judges_does_not_stop_the_run(target: np.ndarray, tmp_path: Path) -> None:
    script = [
        write(NO_DISC),
        Say("Nice."),
        Say("Nice."),
        Say("Hm."),
        Say("Hm."),
        edit('r="12"', 'r="28"'),
        judge(1.0, satisfied=True),
    ]
    with ModelServer("messages", script) as server:
        answer = reconstruct(server, tmp_path, target)
    assert answer.value == SVG
    assert answer.trace.revisions.every["prog1"].verdict is None


def test_the_best_revision_is_returned_and_not_the_last(target: np.ndarray, tmp_path: Path) -> None:
    script = [
        write(SVG.replace("#c0392b", "#c03a2c")),  # all but right
        judge(0.9),
        edit('r="28"', 'r="12"', "a wrong edit"),
        judge(0.5),
    ]
    with ModelServer("messages", script) as server:
        answer = reconstruct(server, tmp_path, target, budget=Budget(steps=4))
    assert server.unused == 0
    assert answer.value == SVG.replace("#c0392b", "#c03a2c")
    assert answer.forced
    assert "prog1 is the best of 2" in answer.details
    assert "The last was prog2" in answer.details
    assert "the budget of 4 steps is used up" in answer.details


def test_it_stops_where_nothing_gets_better(target: np.ndarray, tmp_path: Path) -> None:
    script: list[Any] = [write(SVG.replace('r="28"', 'r="27"')), judge(0.9)]
    for radius in range(10, 10 + 2 * PATIENCE, 2):
        script += [edit('r="27"', f'r="{radius}"', base="prog1"), judge(0.3)]
    script += [Say("never reached")]
    with ModelServer("messages", script) as server:
        answer = reconstruct(server, tmp_path, target)
    assert server.unused == 2  # the scores tell: the last one's verdict is not asked for
    assert f"none of the last {PATIENCE} revisions was better than prog1" in answer.details
    assert not answer.forced
    assert 'r="27"' in answer.value


def test_without_a_target_the_verdict_ranks(tmp_path: Path) -> None:
    script = [write(SVG), judge(0.7), edit('r="28"', 'r="12"'), judge(0.2), edit('r="12"', 'r="13"'), judge(0.3)]
    with ModelServer("messages", script) as server:
        answer = reconstruct(server, tmp_path, None, budget=Budget(steps=6))
    assert answer.value == SVG
    assert "verifier not satisfied (0.70)" in answer.details


def test_what_was_undone_leaves_the_prompt_and_stays_in_the_journal(target: np.ndarray, tmp_path: Path) -> None:
    spoilt = "<rect id='SPOILT' width='160' height='120'/>"
    script = [
        write(NO_DISC),
        judge(0.5),
        edit("</svg>", f"{spoilt}\n</svg>", "cover it ALL"),
        judge(0.0, differs="nothing can be SEEN"),
        Call("undo", {"because": "it hid everything"}),
        edit('r="12"', 'r="28"'),
        judge(1.0, satisfied=True),
    ]
    with ModelServer("messages", script) as server:
        answer = reconstruct(server, tmp_path, target)
    assert server.unused == 0
    after = server.requests[5]
    said = str(after.body)
    for gone in ("SPOILT", "cover it ALL", "can be SEEN", "prog2 is kept"):
        assert gone not in said, gone
    assert "it hid everything" in said
    assert len(picture_sizes(after)) == 2  # the target, and what prog1 shows
    assert "SPOILT" in str(server.requests[4].body)  # it was there before
    ws = answer.trace
    assert ws.revisions.every["prog2"].undone
    assert ws.revisions.every["prog3"].parent == "prog1"
    assert "SPOILT" in ws.program("prog2")
    assert "SPOILT" in trace_text(ws)
    assert "prog2 [undone]" in trace_text(ws)
    assert answer.value == SVG


def test_another_model_can_be_the_verifier(target: np.ndarray, tmp_path: Path) -> None:
    from langchain_anthropic import ChatAnthropic

    with ModelServer("messages", [judge(1.0, satisfied=True)]) as other:
        verifier = ChatAnthropic(
            model_name="claude-haiku-4-5", base_url=other.base_url, api_key="test", timeout=30, stop=None
        )
        with ModelServer("chat_completions", [write(SVG)]) as server:
            answer = reconstruct(server, tmp_path, target, "chat_completions", verifier=verifier)
        assert other.unused == server.unused == 0
    assert answer.value == SVG
    assert answer.trace.started is not None
    assert "claude-haiku-4-5" in answer.trace.started.verifier
    # Going on needs the same two: objects must be given again.
    with pytest.raises(InputError, match="Give it again as verifier="):
        SpatialAgent.from_run(answer.folder, model="openai:gpt-4.1")


def test_a_run_that_gave_no_picture_says_so(target: np.ndarray, tmp_path: Path) -> None:
    with ModelServer("messages", [write("<svg"), write("<svg")]) as server:
        answer = reconstruct(server, tmp_path, target, budget=Budget(steps=2))
    assert answer.status == "no answer"
    assert "No program gave a picture" in answer.text
    assert answer.forced


def test_it_starts_from_a_program(tmp_path: Path) -> None:
    start = tmp_path / "drawing.svg"
    start.write_text(SVG, "utf-8")
    script = [Call("render"), edit("#c0392b", "#2c5fa8"), judge(1.0, satisfied=True)]
    with ModelServer("messages", script) as server:
        answer = reconstruct(server, tmp_path / "runs", None, start=start)
    assert answer.value == SVG.replace("#c0392b", "#2c5fa8")
    assert "prog2 is the best of 2" in answer.details
    assert answer.trace.revisions.every["prog1"].verdict is None
    first = str(server.requests[0].body)
    assert "drawing.svg" not in first  # file names never reach a prompt
    assert "prog1" in first
    assert 'id=\\"disc\\"' in first or 'id="disc"' in first
    revision = answer.trace.revisions.every["prog2"]
    assert revision.parent == "prog1"
    assert answer.trace.artifacts["prog1"].file == "drawing.svg"


def test_it_is_told_of_one_engine_or_of_all(target: np.ndarray, tmp_path: Path) -> None:
    with ModelServer("messages", [write(SVG), judge(1.0, satisfied=True)] * 2) as server:
        reconstruct(server, tmp_path, target)
        reconstruct(server, tmp_path, target, engine="svg")
    every, one = str(server.requests[0].body), str(server.requests[2].body)
    assert all(f"Engine `{name}`" in every for name in ("blender", "slides", "svg", "plot"))
    assert "Engine `svg`" in one
    assert "Engine `blender`" not in one


@pytest.mark.parametrize(
    ("given", "reads"),
    [
        ({"engine": "povray"}, "There is no engine 'povray'"),
        ({"start": "nowhere.svg"}, "There is no file"),
        ({"start": "{here}/a.docx"}, "No engine starts from a .docx file"),
        ({"start": "{here}/a.py"}, "Nothing says which engine"),
        ({"start": "{here}/a.svg", "engine": "blender"}, "for svg, not for blender"),
        ({"start": ["{here}/a.svg", "{here}/a.svg"]}, "one file and one program at most"),
        ({"expect": "choice"}, "at least two options"),
    ],
)
def test_a_start_that_cannot_be_used(given: dict[str, Any], reads: str, tmp_path: Path) -> None:
    for name in ("a.docx", "a.py", "a.svg"):
        (tmp_path / name).write_text("print(1)", "utf-8")
    filled = {
        key: [v.format(here=tmp_path) for v in value] if isinstance(value, list) else value.format(here=tmp_path)
        for key, value in given.items()
    }
    with ModelServer("messages", []) as server, pytest.raises(InputError, match=reads):
        reconstruct(server, tmp_path / "runs", None, **filled)
    assert not list((tmp_path / "runs").glob("*"))


def test_graphics_tools_must_be_named(tmp_path: Path) -> None:
    with ModelServer("messages", [Call("answer", {"value": "x"})] * 2) as server:
        agent_on(server, "messages", tmp_path).ask("What is this?", np.zeros((20, 20, 3), np.uint8))
        agent_on(server, "messages", tmp_path, tools=["graphics"]).ask("Draw it.", np.zeros((20, 20, 3), np.uint8))
        with pytest.raises(InputError, match="no tools for"):
            agent_on(server, "messages", tmp_path).ask("Draw it.", start="drawing.svg")
    without, named = (set(request.tool_names) for request in server.requests)
    assert "write_program" not in without
    assert {"write_program", "verdict", "answer"} <= named


def test_the_embedded_rules_write_no_programs() -> None:
    with pytest.raises(InputError, match="rules write no programs"):
        SpatialAgent("rules", strategy="inverse_graphics")


SCRIPT = [
    Turn(calls=[Call("plan", {"steps": ["draw"]}), write(NO_DISC)]),
    Call("compare"),
    judge(0.5),
    edit("</svg>", "<rect width='9' height='9'/>\n</svg>"),
    judge(0.4),
    Call("undo", {"because": "worse"}),
    edit('r="12"', 'r="28"'),
    judge(1.0, satisfied=True),
]


def outcome(ws: Workspace) -> dict[str, Any]:
    """What must be the same whether or not a run was stopped on the way."""
    return {
        "answer": ws.answer and (ws.answer.value, ws.answer.details),
        "artifacts": [(a.handle, a.digest, a.title) for a in ws.artifacts.values()],
        "revisions": list(ws.revisions.every.values()),
        "steps": [(s.composed.role, s.composed.only, s.composed.pictures) for s in ws.steps],
        "results": [(c.call.id, c.call.name, c.text) for c in ws.calls.values()],
    }


def test_stopped_anywhere_it_goes_on_and_repeats_nothing(target: np.ndarray, tmp_path: Path) -> None:
    with ModelServer("messages", SCRIPT) as server:
        whole = reconstruct(server, tmp_path / "whole", target)
    assert server.unused == 0
    expected = outcome(whole.trace)
    events = list(read_events(whole.folder / "trace.jsonl"))
    begun = next(i for i, event in enumerate(events) if event.type == "step_composed")
    # After each kind of event, and around every change of roles.
    for position in range(begun, len(events) - 1, 3):
        folder = tmp_path / f"stopped{position}" / whole.folder.name
        shutil.copytree(whole.folder, folder, ignore=shutil.ignore_patterns("checkpoint*"))
        lines = (whole.folder / "trace.jsonl").read_bytes().splitlines(keepends=True)
        (folder / "trace.jsonl").write_bytes(b"".join(lines[: position + 1]))
        replies = sum(event.type == "model_replied" for event in events[: position + 1])
        with ModelServer("messages", SCRIPT[replies:]) as server:
            agent = agent_on(server, "messages", folder.parent, strategy="inverse_graphics", budget=Budget(steps=30))
            answer = agent.resume(folder)
        assert server.unused == 0
        assert outcome(answer.trace) == expected, position


def test_a_branch_goes_another_way_from_a_shared_beginning(target: np.ndarray, tmp_path: Path) -> None:
    with ModelServer("messages", SCRIPT) as server:
        whole = reconstruct(server, tmp_path, target)
    script = [edit('r="12"', 'r="20"'), judge(0.7), edit('r="20"', 'r="28"'), judge(1.0, satisfied=True)]
    with ModelServer("messages", script) as server:
        agent = agent_on(server, "messages", tmp_path, strategy="inverse_graphics", budget=Budget(steps=30))
        branch = agent.branch(whole.run, after_step=3, say="in two steps, please")
    assert "in two steps, please" in str(server.requests[0].body)
    assert branch.value == whole.value == SVG
    assert len(branch.trace.steps) == 7
    assert [r.handle for r in branch.trace.revisions.every.values()] == ["prog1", "prog2", "prog3"]
    assert outcome(Workspace.open(whole.folder)) == outcome(whole.trace)  # the parent stays as it was


def test_prompts_stay_bounded_over_many_revisions(target: np.ndarray, tmp_path: Path) -> None:
    radii = list(range(40, 20, -1))
    script: list[Any] = [write(SVG.replace('r="28"', f'r="{radii[0]}"'))]
    for before, after in itertools.pairwise(radii):
        script += [judge(0.5), edit(f'r="{before}"', f'r="{after}"')]
    with ModelServer("messages", script) as server:
        answer = reconstruct(server, tmp_path, target, budget=Budget(steps=len(script)))
    sizes = [len("\n".join(texts(r))) for r in server.requests if "write_program" in r.tool_names]
    assert max(sizes[14:]) < 1.5 * sizes[8]
    assert 'r="28"' in answer.value
    last = "\n".join(texts(server.requests[-1]))
    assert last.count('id="tent"') == 1
    assert "earlier ones are not listed" in last


def test_react_answers_with_the_handle_of_a_program(target: np.ndarray, tmp_path: Path) -> None:
    script = [write(NO_DISC), edit('r="12"', 'r="28"'), Call("answer", {"value": "prog2"})]
    with ModelServer("responses", script) as server:
        agent = agent_on(server, "responses", tmp_path, tools=["graphics"])
        answer = agent.ask(QUESTION, target, expect="program", engine="svg")
    assert answer.value == SVG
    assert "prog2" in str(server.requests[2].body)
    again = "\n".join(texts(server.requests[2])) + str(calls(server.requests[2]))
    assert again.count('id="tent"') == 1  # the program stands at the end, and not in the calls that wrote it
    assert "(6 lines, kept as prog1)" in again


def test_in_the_text_protocol_programs_are_sent_once_too(target: np.ndarray, tmp_path: Path) -> None:
    def said(call: Call) -> Turn:
        wanted = json.dumps({"name": call.name, "arguments": dict(call.args)})
        return Turn(f"So be it.\n<tool_call>{wanted}</tool_call>")

    script = [
        said(write(NO_DISC)),
        said(judge(0.4)),
        said(edit("</svg>", "<rect id='SPOILT' width='160' height='120'/>\n</svg>", "a change that spoils all of it")),
        said(judge(0.0)),
        said(Call("undo", {"because": "worse"})),
        said(edit('r="12"', 'r="28"')),
        said(judge(1.0, satisfied=True)),
    ]
    textual = profile("chat_completions").replace(protocol="text")
    with ModelServer("chat_completions", script) as server:
        agent = agent_on(
            server,
            "chat_completions",
            tmp_path,
            profile=textual,
            strategy="inverse_graphics",
            budget=Budget(steps=20),
        )
        answer = agent.ask(QUESTION, target)
    assert server.unused == 0
    assert answer.value == SVG
    prompt = "\n".join(texts(server.requests[5]))
    assert prompt.count('id="tent"') == 1
    assert "(6 lines, kept as prog1)" in prompt
    assert "SPOILT" not in prompt


def test_a_start_that_nothing_improved_on_is_what_comes_back(target: np.ndarray, tmp_path: Path) -> None:
    start = tmp_path / "drawing.svg"
    start.write_text(SVG.replace("#c0392b", "#c0392c"), "utf-8")
    script = [Call("render"), edit('r="28"', 'r="12"'), judge(0.4)]
    with ModelServer("messages", script) as server:
        answer = reconstruct(server, tmp_path / "runs", target, start=start, budget=Budget(steps=3))
    assert server.unused == 0
    assert "Against img1: photometric loss" in str(server.requests[1].body)
    assert answer.value == start.read_text("utf-8")
    assert "prog1 is the best of 2" in answer.details
    assert "The last was prog2" in answer.details
