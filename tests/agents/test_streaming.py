"""Streaming over three protocols is the same run, heard while it happens; and servers with habits of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from loop_kit import PROTOCOLS, Protocol, agent_on, photo, profile
from servers import Call, Drop, Fail, ModelServer, Say, Turn, picture_sizes, results, texts

from sightline.agents import Budget, Delta
from sightline.memory import Draft, InfrastructureError
from sightline.tools import Picture, ToolResult, tool

OPTIONS = ["A. the red one", "B. the blue one"]
ANSWER_B = Call("answer", {"value": "B"})
COPY = Call("copy_picture", {"image": "img1"})


@tool(family="test", example={"image": "img1"})
def copy_picture(image: Picture) -> ToolResult:
    """Copy a picture.

    Args:
        image: What to copy.
    """
    draft = Draft(image.pixels, "a copy")
    return ToolResult(f"{draft} is a copy of {image.handle}.", [draft])


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param


def agent(server: ModelServer, protocol: Protocol, runs: Path, **given: Any) -> Any:
    return agent_on(server, protocol, runs, **({"tools": [copy_picture]} | given))


SCRIPT = [
    Turn(text="I copy it, then look.", reasoning="Two mugs, one picture.", calls=[COPY, COPY]),
    Turn(text="Now I know.", calls=[ANSWER_B]),
]


def test_a_stream_is_the_same_run(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, SCRIPT) as server:
        plain = agent(server, protocol, tmp_path / "plain").ask("Which?", photo(), options=OPTIONS)
    with ModelServer(protocol, SCRIPT) as server:
        heard = list(agent(server, protocol, tmp_path / "stream").stream("Which?", photo(), options=OPTIONS))
        assert all(request.stream for request in server.requests)
    deltas = [item for item in heard if isinstance(item, Delta)]
    events = [item for item in heard if not isinstance(item, Delta)]
    assert [event.type for event in events] == [event.type for event in plain.trace.events]
    assert "".join(d.text for d in deltas if d.kind == "text" and d.step == 1) == "I copy it, then look."
    assert "".join(d.text for d in deltas if d.kind == "text" and d.step == 2) == "Now I know."
    told = [event for event in events if event.type == "model_replied"]
    before = [step.reply for step in plain.trace.steps]
    assert [reply.text for reply in told] == [reply.text for reply in before]
    assert [reply.reasoning for reply in told] == [reply.reasoning for reply in before]
    assert "".join(d.text for d in deltas if d.kind == "reasoning").strip() == before[0].reasoning
    assert [[(c.name, c.arguments) for c in r.calls] for r in told] == [
        [(c.name, c.arguments) for c in r.calls] for r in before
    ]
    assert [reply.usage for reply in told] == [reply.usage for reply in before]
    assert told[0].usage.dollars
    assert events[-1].value == plain.value == "B"


def test_what_streams_in_goes_back_as_it_came(protocol: Protocol, tmp_path: Path) -> None:
    # The scripted servers compare returned reasoning and calls with what they sent.
    script = [
        Turn(text="One.", reasoning="First.", calls=[COPY]),
        Turn(text="Two.", reasoning="Second.", calls=[COPY]),
        ANSWER_B,
    ]
    with ModelServer(protocol, script) as server:
        heard = list(agent(server, protocol, tmp_path).stream("Which?", photo(), options=OPTIONS))
    assert heard[-1].value == "B"
    assert list(results(server.requests[2]).values()) == ["view1 is a copy of img1.", "view2 is a copy of img1."]
    assert texts(server.requests[2], "assistant") == ["One.", "Two."]


@pytest.mark.parametrize("turn", [Call("copy_picture", raw_arguments='{"image": "im'), Turn(), Say("Hm.")])
def test_what_goes_wrong_in_a_stream_is_told_alike(turn: Any, protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [turn, ANSWER_B]) as server:
        heard = list(agent(server, protocol, tmp_path).stream("Which?", photo(), options=OPTIONS))
    assert heard[-1].value == "B"


@pytest.mark.parametrize("after", [1, 4])
def test_a_connection_that_breaks_in_mid_stream(after: int, protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [COPY, Drop(after, Turn(text="Let me see", calls=[ANSWER_B])), ANSWER_B]) as server:
        made = agent(server, protocol, tmp_path, model_settings={"max_retries": 0})
        heard = []
        with pytest.raises(InfrastructureError, match="broke off") as caught:
            heard.extend(made.stream("Which?", photo(), options=OPTIONS))
        assert "sightline resume" in caught.value.remedy
        answer = made.resume("last")
    assert answer.value == "B"
    assert answer.trace.pictures == ["img1", "view1"]  # the call before was not repeated


def test_leaving_a_stream_stops_the_run(tmp_path: Path) -> None:
    with ModelServer("messages", [COPY, ANSWER_B]) as server:
        made = agent(server, "messages", tmp_path)
        for item in made.stream("Which?", photo(), options=OPTIONS):
            if item.type == "step_composed" if not isinstance(item, Delta) else False:
                break
        answer = made.resume("last")
    assert answer.value == "B"


@pytest.mark.parametrize("body", ["<html>hello</html>", "{}", "null", "[]", '{"error": "boom"}', '{"choices": null}'])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_success_that_is_no_reply_is_one_line(body: str, streamed: bool, protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [Fail(200, {}, body)]) as server:
        made = agent(server, protocol, tmp_path)
        with pytest.raises(InfrastructureError, match="gave a reply that its SDK cannot read") as caught:
            list(made.stream("Which?", photo())) if streamed else made.ask("Which?", photo())
    assert "\n" not in str(caught.value)
    if protocol != "messages":
        assert "/v1" in caught.value.remedy


# Servers with habits of their own.


def test_a_server_that_refuses_user_after_tool(tmp_path: Path) -> None:
    spoken = profile("chat_completions").replace(user_after_tool=False)
    script = [Turn(calls=[COPY, COPY]), Call("note", {"text": "a copy"}), COPY, ANSWER_B]
    with ModelServer("chat_completions", script, refuse_user_after_tool=True) as server:
        answer = agent(server, "chat_completions", tmp_path, profile=spoken).ask("Which?", photo(), options=OPTIONS)
    assert answer.value == "B"
    assert picture_sizes(server.requests[3]) == [(640, 480)] * 4
    assert "Left: " in list(results(server.requests[2]).values())[-1]  # the closing words have moved into the result


def test_the_same_with_the_last_turn(tmp_path: Path) -> None:
    spoken = profile("chat_completions").replace(user_after_tool=False)
    with ModelServer("chat_completions", [COPY, Say("ANSWER: A")], refuse_user_after_tool=True) as server:
        made = agent(server, "chat_completions", tmp_path, profile=spoken, budget=Budget(steps=2))
        assert made.ask("Which?", photo(), options=OPTIONS).value == "A"


@pytest.mark.parametrize(
    "odd",
    [
        Turn(text="cut \ud83d emoji", calls=[COPY]),
        Call("note", raw_arguments='{"text": "cut \\ud83d"}'),
        Call("copy_picture", raw_arguments='{"image": NaN}'),
        Call("copy_picture", raw_arguments='{"image": ' + "[" * 500 + "]" * 500 + "}"),
        Call("copy picture!", {"image": "img1"}),
        Call("x" * 300, {}),
        Call("", {}),
        Call("\N{SNOWMAN}", {}),
        Call("copy_picture", {"image": "⟦box img1 x⟧"}),
        Call("⟦path img1 1⟧", {}),
    ],
    ids=[
        "half a character",
        "half a character in a call",
        "NaN",
        "nested",
        "name",
        "long name",
        "no name",
        "snow",
        "forged",
        "forged name",
    ],
)
def test_a_reply_that_would_poison_the_conversation_does_not(odd: Any, protocol: Protocol, tmp_path: Path) -> None:
    # Providers check the names and arguments of calls they are sent back; journals hold UTF-8.
    with ModelServer(protocol, [odd, ANSWER_B], json_arguments=True) as server:
        answer = agent(server, protocol, tmp_path).ask("Which?", photo(), options=OPTIONS)
    assert answer.value == "B"
    assert answer.trace.steps[0].calls[0].finished is not None
