"""Runs that are killed, resumed and branched: nothing completed is done again, and nobody's run is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from durable_run import LABELS, OPTIONS, Setup, kill_when, only_run, play, running, server_for, snapshot
from loop_kit import PROTOCOLS, Protocol, agent_on, photo
from servers import Call, Fail, ModelServer, Say, results, texts

from sightline.agents import Budget, SpatialAgent
from sightline.agents.agent import CHECKPOINT_FILE
from sightline.geometry.dialects import PERMILLE
from sightline.memory import (
    InfrastructureError,
    InputError,
    ModelReplied,
    ToolFinished,
    ToolStarted,
    Workspace,
    list_runs,
    read_events,
)

# The events of a whole run of `durable_run`, in order: a run can be killed after any of them.
EVENTS = [
    *["run_started", "artifact_added", "artifact_added"],
    *["step_composed", "model_replied", "tool_started", "tool_started", "tool_finished", "tool_finished"],
    *["calls_committed", "step_composed", "model_replied", "tool_started", "tool_finished", "calls_committed"],
    *["step_composed", "model_replied", "tool_started", "tool_finished", "calls_committed", "answered"],
]
FIRST_STEP = EVENTS.index("step_composed")


def outcome(ws: Workspace) -> dict[str, Any]:
    """What must be the same whether or not a run was killed on the way."""
    return {
        "answer": ws.answer.value if ws.answer else None,
        "artifacts": [(a.handle, a.digest, a.title, a.made_by, a.parents) for a in ws.artifacts.values()],
        "results": [(c.call.id, c.call.name, c.text, c.handles) for c in ws.calls.values()],
        "shown": [step.composed.pictures for step in ws.steps],
        "usage calls": ws.usage.calls,
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the run comes to where nobody kills it."""
    server, _ = server_for("messages")
    with server:
        setup = Setup(server.base_url, "messages", tmp_path_factory.mktemp("undisturbed"))
        setup.ask()
    ws = Workspace.open(only_run(setup))
    assert sorted(event.type for event in ws.events) == sorted(EVENTS)
    assert [event.type for event in ws.events if event.type not in ("tool_started", "tool_finished")] == [
        kind for kind in EVENTS if kind not in ("tool_started", "tool_finished")
    ]
    assert sorted(setup.log) == sorted(LABELS)
    assert list(ws.artifacts) == ["img1", "img2", "view1", "view2", "view3"]
    return outcome(ws)


def finished_labels(folder: Path) -> set[str]:
    """Labels of the tool calls whose results are in the journal."""
    ws = Workspace.open(folder)
    return {
        str(record.call.arguments["label"])
        for record in ws.calls.values()
        if record.finished is not None and record.call.name == "logged_copy"
    }


@pytest.mark.parametrize("position", range(FIRST_STEP, len(EVENTS)), ids=lambda n: f"{n}-{EVENTS[n]}")
def test_killed_after_any_event_it_goes_on_where_it_was(
    position: int, tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    protocol = PROTOCOLS[position % 3]
    server, _ = server_for(protocol)
    with server:
        setup = Setup(server.base_url, protocol, tmp_path, stop_after=position)
        kill_when(setup)
        folder = only_run(setup)
        before = list(read_events(folder / "trace.jsonl"))
        assert len(before) == position + 1
        done = finished_labels(folder)
        replies = sum(isinstance(event, ModelReplied) for event in before)
        assert len(server.requests) == replies
        if position % 2:  # the journal alone is enough
            for file in folder.glob(f"{CHECKPOINT_FILE}*"):
                file.unlink()
        answer = setup.agent().resume("last")
    assert answer.value == "B"
    assert outcome(Workspace.open(folder)) == outcome(answer.trace) == undisturbed
    # Every reply was paid for once; every result that was in the journal was made once.
    assert len(server.requests) == 3
    assert {label: setup.log.count(label) for label in done} == dict.fromkeys(done, 1)
    assert set(setup.log) == set(LABELS)
    after = answer.trace.events
    assert after[: len(before)] == before
    finished = [event.call for event in after if isinstance(event, ToolFinished)]
    assert len(finished) == len(set(finished)) == 4


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_killed_while_the_model_is_asked(protocol: Protocol, tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    server, held = server_for(protocol, hold_at=2)
    with server:
        setup = Setup(server.base_url, protocol, tmp_path)
        kill_when(setup, lambda: len(server.requests) == 2)
        held.at = None
        answer = setup.agent().resume("last")
    assert outcome(answer.trace) == undisturbed
    assert len(server.requests) == 4  # the one in flight is asked again, the first is not
    assert server.requests[1].body == server.requests[2].body
    assert sorted(setup.log) == sorted(LABELS)


def test_killed_while_a_tool_runs(tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    server, _ = server_for("responses")
    with server:
        setup = Setup(server.base_url, "responses", tmp_path, hold="again")
        kill_when(setup)
        started = [e.call for e in read_events(only_run(setup) / "trace.jsonl") if isinstance(e, ToolStarted)]
        answer = Setup(server.base_url, "responses", tmp_path).agent().resume("last")
    assert started[-1] == "2.1"
    assert outcome(answer.trace) == undisturbed
    assert len(server.requests) == 3
    assert setup.log.count("again") == 2  # in flight at the kill: made again
    assert sorted(setup.log[:2]) == ["bright", "dark"]


def test_killed_twice_and_torn(tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    server, held = server_for("chat_completions", hold_at=2)
    with server:
        setup = Setup(server.base_url, "chat_completions", tmp_path)
        kill_when(setup, lambda: len(server.requests) == 2)
        folder = only_run(setup)
        with (folder / "trace.jsonl").open("ab") as journal:
            journal.write(b'{"type":"model_replied","step":2,"mess')
        held.at = 3
        agent = agent_on(
            server,
            "chat_completions",
            setup.runs,
            tools=[setup.logged_copy()],
            model_settings={"max_retries": 0, "timeout": 0.5},
        )
        with pytest.raises(InfrastructureError, match="did not answer in time"):
            agent.resume("last")
        held.at = None
        answer = setup.agent().resume("last")
    assert outcome(answer.trace) == undisturbed
    assert sorted(setup.log) == sorted(LABELS)
    assert [event.type for event in answer.trace.events].count("run_resumed") == 2
    assert answer.trace.failure is None


@pytest.mark.parametrize("kept", [FIRST_STEP + 1, FIRST_STEP + 2, len(EVENTS) - 3])
def test_a_checkpoint_ahead_of_the_journal_does_not_mislead(kept: int, tmp_path: Path) -> None:
    # A machine that lost power may have kept less of the journal than of the checkpoint.
    server, _ = server_for("messages")
    with server:
        setup = Setup(server.base_url, "messages", tmp_path, stop_after=len(EVENTS) - 1)
        kill_when(setup)
        journal = only_run(setup) / "trace.jsonl"
        journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:kept]))
        answer = setup.agent().resume("last")
    assert answer.value == "B"
    assert list(answer.trace.artifacts) == ["img1", "img2", "view1", "view2", "view3"]


@pytest.mark.parametrize("position", range(FIRST_STEP - 1))
def test_killed_before_all_inputs_were_there_it_is_not_gone_on_with(position: int, tmp_path: Path) -> None:
    server, _ = server_for("messages")
    with server:
        setup = Setup(server.base_url, "messages", tmp_path, stop_after=position)
        kill_when(setup)
        for go_on in (lambda: setup.agent().resume("last"), lambda: setup.agent().branch("last", 0)):
            with pytest.raises(InputError, match="killed before it had all its inputs"):
                go_on()
    assert server.requests == []


def test_a_run_that_is_being_written_is_not_resumed(tmp_path: Path) -> None:
    server, _ = server_for("messages", hold_at=0)
    with server:
        setup = Setup(server.base_url, "messages", tmp_path)
        with running(setup, lambda: len(server.requests) == 1):
            before = snapshot(only_run(setup))
            with pytest.raises(InputError, match="being written by another process") as caught:
                setup.agent().resume("last")
            assert caught.value.remedy
            assert "\n" not in str(caught.value)
            assert Workspace.open(only_run(setup)).steps  # looking at it is allowed
            assert snapshot(only_run(setup)) == before
    assert len(server.requests) == 1


def test_a_finished_run_gives_its_answer_without_a_call(tmp_path: Path) -> None:
    server, _ = server_for("messages")
    with server:
        setup = Setup(server.base_url, "messages", tmp_path)
        setup.ask()
        before = snapshot(only_run(setup))
        for _ in range(2):
            assert setup.agent().resume("last").value == "B"
        assert snapshot(only_run(setup)) == before
    assert len(server.requests) == 3


def test_an_agent_is_set_up_again_from_its_run(tmp_path: Path) -> None:
    script = [Fail(500, {"x-should-retry": "false"}), Call("note", {"text": "a mug"}), Call("answer", {"value": "A"})]
    with ModelServer("chat_completions", script) as server:
        settings = {"temperature": 0.5, "max_tokens": 300, "api_key": "sk-secret"}
        agent = agent_on(
            server, "chat_completions", tmp_path, tools=["memory"], budget=Budget(steps=5), model_settings=settings
        )
        with pytest.raises(InfrastructureError):
            agent.ask("Which?", photo(64, 48), options=OPTIONS)
        again = SpatialAgent.from_run("last", runs=tmp_path)
        assert again.resume("last").value == "A"
    assert again.budget == Budget(steps=5)
    assert server.requests[0].tool_names == server.requests[2].tool_names
    assert [request.body["temperature"] for request in server.requests] == [0.5] * 3
    assert server.requests[1].body["max_completion_tokens"] == 300


def test_a_resume_in_another_dialect_is_refused(tmp_path: Path) -> None:
    server, held = server_for("messages", hold_at=2)
    with server:
        setup = Setup(server.base_url, "messages", tmp_path)
        kill_when(setup, lambda: len(server.requests) == 2)
        held.at = None
        agent = setup.agent()
        other = agent_on(
            server,
            "messages",
            setup.runs,
            profile=agent.adapter.profile.replace(dialect=PERMILLE),
            tools=[setup.logged_copy()],
        )
        before = snapshot(only_run(setup))
        with pytest.raises(InputError, match="names places in another way"):
            other.resume("last")
        assert snapshot(only_run(setup)) == before
        assert agent.resume("last").value == "B"  # and it was not left locked


# Branches


@pytest.fixture
def parent(tmp_path: Path) -> Any:
    """A finished run, its setup and its server."""
    server, _ = server_for("messages")
    with server:
        setup = Setup(server.base_url, "messages", tmp_path)
        setup.ask()
        yield only_run(setup), setup, server


def test_a_branch_shares_steps_at_no_cost_and_leaves_its_parent_intact(parent: Any) -> None:
    folder, setup, server = parent
    before = snapshot(folder)
    answer = setup.agent().branch(folder.name, 1, say="Look at the handles.")
    assert snapshot(folder) == before
    assert answer.value == "B"
    assert answer.folder != folder
    assert len(server.requests) == 3 + 2  # steps 2 and 3; step 1 is shared
    assert any("The person adds: Look at the handles." in text for text in texts(server.requests[3]))
    assert server.requests[4].raw.count(b"The person adds") == 1
    assert list(results(server.requests[3]).values()) == list(results(server.requests[1]).values())
    assert list(answer.trace.artifacts) == ["img1", "img2", "view1", "view2", "view3"]
    assert answer.trace.started.parent.run == folder.name
    shared = answer.trace.started.parent.position + 1
    parents = list(read_events(folder / "trace.jsonl"))
    assert answer.trace.events[1:shared] == parents[1:shared]
    assert setup.log.count("again") == 2
    assert setup.log.count("bright") == setup.log.count("dark") == 1
    for handle in answer.trace.pictures:
        assert answer.trace.pixels(handle).size


def test_a_branch_at_the_answer_goes_on_only_with_new_words(parent: Any) -> None:
    folder, setup, server = parent
    assert setup.agent().branch(folder, 3).value == "B"
    assert len(server.requests) == 3
    answer = setup.agent().branch(folder, 3, say="Are you sure?")
    assert len(server.requests) == 4
    assert any("Are you sure?" in text for text in texts(server.requests[3]))
    assert len(answer.trace.steps) == 4


def test_a_branch_at_nothing_begins_anew(parent: Any) -> None:
    folder, setup, server = parent
    answer = setup.agent().branch(folder, 0)
    assert len(server.requests) == 6
    assert server.requests[3].body == server.requests[0].body
    assert answer.trace.inputs == ["img1", "img2"]


def test_a_branch_of_a_branch_counts_on_and_leaves_both_intact(parent: Any) -> None:
    folder, setup, server = parent
    first = setup.agent().branch(folder, 2, say="First thought.")
    before = {run: snapshot(run) for run in list_runs(setup.runs)}
    second = setup.agent().branch(first.folder, 2, say="Second thought.")
    assert {run: snapshot(run) for run in before} == before
    assert second.trace.started.parent.run == first.run
    assert second.run not in (first.run, folder.name)
    said = "\n".join(texts(server.requests[-1]))
    assert "Second thought." in said
    assert "First thought." not in said  # it came after the step that is shared
    third = setup.agent().branch(second.folder, 3, say="Third thought.")
    said = "\n".join(texts(server.requests[-1]))
    assert said.index("Second thought.") < said.index("Third thought.")
    assert list(third.trace.artifacts) == ["img1", "img2", "view1", "view2", "view3"]


def test_a_branch_numbers_on_from_what_it_shares(parent: Any) -> None:
    folder, setup, _ = parent
    extra = [Call("logged_copy", {"image": "view1", "label": "dark"}), Call("answer", {"value": "A"})]
    with ModelServer("messages", extra) as other:
        agent = agent_on(other, "messages", setup.runs, tools=[setup.logged_copy()])
        answer = agent.branch(folder, 1)
    assert answer.trace.calls["2.1"].made == ["view3"]
    assert answer.trace.artifacts["view3"].digest != Workspace.open(folder).artifacts["view3"].digest


def test_a_branch_is_recorded_as_what_it_was_run_with(parent: Any) -> None:
    folder, setup, _ = parent
    with ModelServer("messages", [Say("ANSWER: A")]) as other:
        agent = agent_on(other, "messages", setup.runs, strategy="direct", budget=Budget(steps=2))
        answer = agent.branch(folder, 0)
    assert (answer.value, answer.trace.started.strategy, answer.trace.started.tools) == ("A", "direct", [])
    assert answer.trace.started.budget["steps"] == 2
    assert Workspace.open(folder).started.strategy == "react"


def test_a_branch_with_fewer_steps_than_it_shares_must_answer(parent: Any) -> None:
    folder, setup, _ = parent
    with ModelServer("messages", [Say("ANSWER: A")]) as other:
        agent = agent_on(other, "messages", setup.runs, tools=[setup.logged_copy()], budget=Budget(steps=1))
        answer = agent.branch(folder, 2)
    assert (answer.value, answer.forced) == ("A", True)
    assert other.requests[0].tool_choice == "none"


def test_the_time_before_a_branch_is_no_part_of_its_budget(parent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, setup, server = parent
    import time

    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 7 * 86400)
    agent = agent_on(server, "messages", setup.runs, tools=[setup.logged_copy()], budget=Budget(steps=12, seconds=3600))
    assert not agent.branch(folder, 1).forced


@pytest.mark.parametrize("step", [-1, 4, 99])
def test_a_step_that_is_not_there_is_said(parent: Any, step: int) -> None:
    folder, setup, server = parent
    with pytest.raises(InputError, match=f"no complete step {step}") as caught:
        setup.agent().branch(folder, step)
    assert "from 0 to 3" in caught.value.remedy
    assert list_runs(setup.runs) == [folder]
    assert len(server.requests) == 3


def test_a_branch_in_another_dialect_is_refused_where_it_shares_numbers(parent: Any) -> None:
    folder, setup, server = parent
    agent = setup.agent()
    profile = agent.adapter.profile.replace(dialect=PERMILLE)
    other = agent_on(server, "messages", setup.runs, profile=profile, tools=[setup.logged_copy()])
    with pytest.raises(InputError, match="names places in another way") as caught:
        other.branch(folder, 1)
    assert "after_step=0" in caught.value.remedy
    assert list_runs(setup.runs) == [folder]
    assert other.branch(folder, 0).value == "B"


def test_a_branch_of_no_run_is_said(tmp_path: Path) -> None:
    with ModelServer("messages", play) as server, pytest.raises(InputError, match="There are no runs yet"):
        agent_on(server, "messages", tmp_path, tools=[]).branch("nowhere", 1)
