"""Two runs at a time, the async twins, and streams: the same events in the same order, and nobody sees anybody else."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loop_kit import PROTOCOLS, Protocol, agent_on, photo
from servers import Call, Fail, Hang, ModelServer, Request, Turn, pictures, results, texts

from sightline.agents import Answer, Delta, SpatialAgent
from sightline.memory import Draft, Event, InfrastructureError, Workspace, list_runs
from sightline.tools import Picture, ToolResult, tool

OPTIONS = ["A. the red one", "B. the blue one"]


@tool(family="test", example={"image": "img1"})
def invert(image: Picture) -> ToolResult:
    """Invert a picture.

    Args:
        image: What to invert.
    """
    draft = Draft(255 - image.pixels, f"inverse of {image.handle}")
    return ToolResult(f"{draft} has the mean {np.mean(255 - image.pixels):.3f}.", [draft])


def play(request: Request, index: int = 0) -> Turn:
    """Three inversions, each of the one before, then the answer that the question's number asks for."""
    done = len(results(request))
    if done < 3:
        return Turn(text=f"Inversion {done + 1}.", calls=[Call("invert", {"image": f"view{done}" if done else "img1"})])
    question = next(text for text in texts(request, "user") if text.startswith("Question:"))
    even = int(question.split("number ")[1].split("?")[0]) % 2 == 0
    return Turn(calls=[Call("answer", {"value": "B" if even else "A"})])


def question(number: int) -> tuple[str, np.ndarray]:
    return f"Which mug has number {number}?", photo(96, 64, seed=number)


def check(number: int, answer: Answer) -> None:
    """The run has its own picture, handles, results and answer."""
    ws = answer.trace
    assert answer.value == ("B" if number % 2 == 0 else "A")
    assert list(ws.artifacts) == ["img1", "view1", "view2", "view3"]
    picture = question(number)[1]
    np.testing.assert_array_equal(ws.pixels("view1"), 255 - picture)
    np.testing.assert_array_equal(ws.pixels("view2"), picture)
    assert [event.position for event in ws.events] == list(range(len(ws.events)))
    assert answer.usage.calls == 4
    means = [f"view{n} has the mean {np.mean(255 - picture if n % 2 else picture):.3f}." for n in (1, 2, 3)]
    assert [record.text for record in ws.calls.values()][:3] == means
    assert Workspace.open(answer.folder).artifacts == ws.artifacts


def check_requests(server: ModelServer, numbers: range) -> None:
    """No request mixes two runs: each holds one question, and its input is that question's picture."""
    seen = dict.fromkeys(numbers, 0)
    inputs: dict[int, set[bytes]] = {number: set() for number in numbers}
    for request in server.requests:
        said = "\n".join(texts(request))
        (number,) = [n for n in numbers if f"number {n}?" in said]
        seen[number] += 1
        inputs[number].add(pictures(request)[0].data)
    assert seen == dict.fromkeys(numbers, 4)
    assert all(len(data) == 1 for data in inputs.values())
    assert len(set.union(*inputs.values())) == len(numbers)


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param


def test_runs_on_threads_see_nothing_of_each_other(protocol: Protocol, tmp_path: Path) -> None:
    numbers = range(4)
    with ModelServer(protocol, play) as server:
        agent = agent_on(server, protocol, tmp_path, tools=[invert])
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda n: agent.ask(*question(n), options=OPTIONS), numbers))
    for number, answer in zip(numbers, answers, strict=True):
        check(number, answer)
    check_requests(server, numbers)


async def test_runs_gathered_see_nothing_of_each_other(protocol: Protocol, tmp_path: Path) -> None:
    numbers = range(4)
    with ModelServer(protocol, play) as server:
        agent = agent_on(server, protocol, tmp_path, tools=[invert])
        answers = await asyncio.gather(*(agent.aask(*question(n), options=OPTIONS) for n in numbers))
    for number, answer in zip(numbers, answers, strict=True):
        check(number, answer)
    check_requests(server, numbers)


async def test_asking_inside_a_running_loop(tmp_path: Path) -> None:
    # As in a notebook: the thread has a running event loop, and the synchronous call works all the same.
    with ModelServer("messages", play) as server:
        agent = agent_on(server, "messages", tmp_path, tools=[invert])
        check(1, agent.ask(*question(1), options=OPTIONS))
        check(2, await agent.aask(*question(2), options=OPTIONS))
        kinds = [event.type for event in agent.stream(*question(3), options=OPTIONS) if not isinstance(event, Delta)]
    assert kinds[-1] == "answered"


def told(items: list[Event | Delta]) -> list[Any]:
    """The journal's events in what was heard, by position and kind."""
    return [(item.position, item.type) for item in items if not isinstance(item, Delta)]


def said(items: list[Event | Delta]) -> dict[int, str]:
    pieces: dict[int, str] = {}
    for item in items:
        if isinstance(item, Delta) and item.kind == "text":
            pieces[item.step] = pieces.get(item.step, "") + item.text
    return pieces


def test_a_stream_tells_the_journal(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, play) as server:
        agent = agent_on(server, protocol, tmp_path, tools=[invert])
        streamed = list(agent.stream(*question(2), options=OPTIONS))

        async def twin() -> list[Event | Delta]:
            return [item async for item in agent.astream(*question(2), options=OPTIONS)]

        twins = asyncio.run(twin())
        asked = agent.ask(*question(2), options=OPTIONS)
    assert told(streamed) == told(twins) == [(event.position, event.type) for event in asked.trace.events]
    first = list_runs(tmp_path)
    events = {run: Workspace.open(run).events for run in first}
    assert [item for item in streamed if not isinstance(item, Delta)] in events.values()
    assert said(streamed) == said(twins) == {n: f"Inversion {n}." for n in (1, 2, 3)}
    # A reply's pieces come between the moment it was asked for and the moment it is in the journal.
    for index, item in enumerate(streamed):
        if isinstance(item, Delta):
            before = [i.type for i in streamed[:index] if not isinstance(i, Delta)]
            assert before[-1] == "step_composed"
            assert before.count("step_composed") == item.step


@pytest.mark.parametrize(
    "stop_at", ["run_started", "step_composed", "model_replied", "tool_started", "calls_committed"]
)
def test_a_stream_left_early_stops_the_run_which_can_be_resumed(
    stop_at: str, protocol: Protocol, tmp_path: Path
) -> None:
    with ModelServer(protocol, play) as server:
        agent = agent_on(server, protocol, tmp_path, tools=[invert])
        for event in agent.stream(*question(1), options=OPTIONS):
            if not isinstance(event, Delta) and event.type == stop_at:
                break
        # At once, without a wait: leaving the loop has let go of the run.
        check(1, resumed := agent.resume("last"))
        replies = [event for event in resumed.trace.events if event.type == "model_replied"]
    assert len(replies) == 4
    assert len(server.requests) <= 4 + 1  # one may have been in flight


@pytest.mark.parametrize("stop_at", ["run_started", "model_replied", "calls_committed"])
async def test_an_async_stream_left_early_stops_the_run(stop_at: str, tmp_path: Path) -> None:
    with ModelServer("messages", play) as server:
        agent = agent_on(server, "messages", tmp_path, tools=[invert])
        async with aclosing(agent.astream(*question(1), options=OPTIONS)) as events:
            async for event in events:
                if not isinstance(event, Delta) and event.type == stop_at:
                    break
        check(1, await agent.aresume("last"))


async def test_a_cancelled_question_stops_and_can_be_resumed(tmp_path: Path) -> None:
    held = True

    def hold(request: Request, index: int) -> Any:
        return Hang(30) if held and len(results(request)) == 1 else play(request)

    with ModelServer("messages", hold) as server:
        agent = agent_on(server, "messages", tmp_path, tools=[invert])
        asking = asyncio.create_task(agent.aask(*question(1), options=OPTIONS))
        await asyncio.to_thread(wait_until, lambda: len(server.requests) == 2)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        held = False
        check(1, await agent.aresume("last"))


def test_a_stream_of_a_resumed_run_tells_what_happens_from_there(tmp_path: Path) -> None:
    script: list[Any] = [play_first(), Fail(500, {"x-should-retry": "false"}), Call("answer", {"value": "A"})]
    with ModelServer("messages", script) as server:
        agent = agent_on(server, "messages", tmp_path, tools=[invert])
        heard: list[str] = []
        with pytest.raises(InfrastructureError):  # raised after the events that led to it
            heard.extend(kinds(agent.stream(*question(1), options=OPTIONS)))
        run = list_runs(tmp_path)[0]
        assert Workspace.open(run).events[-1].type == "model_failed"
        later = kinds(agent.stream_resume("last"))
    assert later == ["model_replied", "tool_started", "tool_finished", "calls_committed", "answered"]


def play_first() -> Turn:
    return Turn(calls=[Call("invert", {"image": "img1"})])


def kinds(items: Any) -> list[str]:
    return [item.type for item in items if not isinstance(item, Delta)]


def test_an_interrupt_stops_the_run_which_can_be_resumed(tmp_path: Path) -> None:
    held = True

    def hold(request: Request, index: int) -> Any:
        return Hang(30) if held and len(results(request)) == 1 else play(request)

    with ModelServer("messages", hold) as server:
        agent = agent_on(server, "messages", tmp_path, tools=[invert])
        pressed = threading.Thread(target=press_when, args=(lambda: len(server.requests) >= 2,))
        pressed.start()
        with pytest.raises(KeyboardInterrupt):
            agent.ask(*question(1), options=OPTIONS)
        pressed.join()
        held = False
        check(1, agent.resume("last"))
    assert len(server.requests) == 5


def wait_until(ready: Callable[[], bool]) -> None:
    while not ready():
        time.sleep(0.005)


def press_when(ready: Callable[[], bool]) -> None:
    """Ctrl-C, as a terminal sends it."""
    wait_until(ready)
    os.kill(os.getpid(), signal.SIGINT)


def test_agents_made_at_the_same_time_share_nothing(tmp_path: Path) -> None:
    with ModelServer("messages", play) as one, ModelServer("responses", play) as two:
        agents: list[SpatialAgent] = [
            agent_on(one, "messages", tmp_path / "one", tools=[invert]),
            agent_on(two, "responses", tmp_path / "two", tools=[invert]),
        ]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda a: a.ask(*question(2), options=OPTIONS), agents))
    for answer in answers:
        check(2, answer)
    assert len(one.requests) == len(two.requests) == 4
