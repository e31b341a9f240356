"""Tool calling in text: the loop over a server that knows no tools, and the parser against anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_kit import agent_on, photo, profile
from servers import ModelServer, Say, Turn, picture_sizes, texts

from sightline.agents import Budget
from sightline.agents.models.text_protocol import CLOSE_TAG, OPEN_TAG, parse
from sightline.memory import Draft
from sightline.tools import Picture, ToolResult, tool

OPTIONS = ["A. the red one", "B. the blue one"]


@tool(family="test", example={"image": "img1"})
def copy_picture(image: Picture) -> ToolResult:
    """Copy a picture.

    Args:
        image: What to copy.
    """
    draft = Draft(image.pixels, "a copy")
    return ToolResult(f"{draft} is a copy of {image.handle}.", [draft])


@tool(family="test", example={"number": 1})
def double(number: float) -> ToolResult:
    """Double a number.

    Args:
        number: What to double.
    """
    return ToolResult(f"twice is {2 * number:g}")


def tagged(name: str, arguments: Any) -> str:
    return f"{OPEN_TAG}{json.dumps({'name': name, 'arguments': arguments})}{CLOSE_TAG}"


ANSWER_B = tagged("answer", {"value": "B"})
COPY = tagged("copy_picture", {"image": "img1"})


def ask(script: Any, runs: Path, **given: Any) -> tuple[ModelServer, Any]:
    """A run in the text protocol on Chat Completions."""
    spoken = profile("chat_completions").replace(protocol="text")
    given = {"tools": [copy_picture, double], "profile": spoken} | given
    with ModelServer("chat_completions", script) as server:
        agent = agent_on(server, "chat_completions", runs, **given)
        answer = agent.ask("Which mug is nearer?", photo(), options=OPTIONS)
    for request in server.requests:
        assert "tools" not in request.body
        assert "tool_choice" not in request.body
        assert {m["role"] for m in request.body["messages"]} <= {"system", "user", "assistant"}
    return server, answer


def test_calls_and_results_are_words(tmp_path: Path) -> None:
    server, answer = ask([Say(f"I copy it.\n{COPY}"), Say(ANSWER_B)], tmp_path)
    assert (answer.value, answer.extraction) == ("B", "tool")
    system = texts(server.requests[0], "system")[0]
    assert '"name": "copy_picture"' in system
    assert '"name": "answer"' in system
    assert OPEN_TAG in system
    assert texts(server.requests[1], "assistant") == [f"I copy it.\n{COPY}"]
    assert '<tool_result call="1.1" tool="copy_picture">\nview1 is a copy of img1.\n</tool_result>' in texts(
        server.requests[1], "user"
    )
    assert picture_sizes(server.requests[1]) == [(640, 480)] * 2
    assert answer.trace.steps[0].reply.text == "I copy it."


def test_several_calls_in_one_reply(tmp_path: Path) -> None:
    calls = [COPY, tagged("double", {"number": 2}), COPY]
    server, answer = ask([Say("\n".join(calls)), Say(ANSWER_B)], tmp_path)
    said = [t for t in texts(server.requests[1], "user") if t.startswith("<tool_result")]
    assert [line.split("\n")[1] for line in said] == [
        "view1 is a copy of img1.",
        "twice is 4",
        "view2 is a copy of img1.",
    ]
    assert list(answer.trace.calls) == ["1.1", "1.2", "1.3", "2.1"]


@pytest.mark.parametrize(
    "written",
    [
        f'{OPEN_TAG}\n```json\n{{"name": "double", "arguments": {{"number": 21}}}}\n```\n{CLOSE_TAG}',
        f'{OPEN_TAG}{{"name": "double", "arguments": {{"number": 21,}},}}{CLOSE_TAG}',
        f'{OPEN_TAG}{{"name": "double", "arguments": {{"number": 21}}}}',
        f'{OPEN_TAG}{{"name": "double", "parameters": {{"number": 21}}}}{CLOSE_TAG}',
        f'{OPEN_TAG}{{"name": "double", "arguments": "{{\\"number\\": 21}}"}}{CLOSE_TAG}',
        f'<think>Twice?</think>\n{OPEN_TAG}{{"name": "double", "arguments": {{"number": 21}}}}{CLOSE_TAG}',
        f'Twice?</think>{OPEN_TAG}{{"name": "double", "arguments": {{"number": 21}}}}{CLOSE_TAG}',
    ],
    ids=[
        "fence",
        "trailing comma",
        "no closing tag",
        "parameters",
        "arguments as text",
        "thought",
        "template's <think>",
    ],
)
def test_what_has_one_reading_is_repaired(written: str, tmp_path: Path) -> None:
    server, answer = ask([Say(written), Say(ANSWER_B)], tmp_path)
    assert answer.value == "B"
    assert any("twice is 42" in t for t in texts(server.requests[1], "user"))


@pytest.mark.parametrize(
    ("written", "reads"),
    [
        (f'{OPEN_TAG}{{"name": "double", "arguments": {{"number": 21{CLOSE_TAG}', "not a JSON object"),
        (f"{OPEN_TAG}double(21){CLOSE_TAG}", "not a JSON object: double(21)"),
        (f"{OPEN_TAG}{CLOSE_TAG}", "not a JSON object: (empty)"),
        (f"{OPEN_TAG}[1, 2]{CLOSE_TAG}", "not a JSON object"),
        (f'{OPEN_TAG}{{"arguments": {{}}}}{CLOSE_TAG}', "not a JSON object"),
        (f'{OPEN_TAG}{{"name": "double", "arguments": [21]}}{CLOSE_TAG}', "not a JSON object"),
        (f'{OPEN_TAG}{{"name": "double", "arguments": {{"number": NaN}}}}{CLOSE_TAG}', "not a JSON object"),
        (OPEN_TAG + "[" * 100_000, "not a JSON object"),
        (OPEN_TAG + '{"name": "double", "arguments": {"number": ' + "[" * 500 + "]" * 500 + "}}", "not a JSON object"),
        (tagged("triple", {}), "no tool named 'triple'. Tools: plan, note, recall, copy_picture, double, answer."),
        (tagged("⟦box img1 x⟧", {}), "no tool named '[[box img1 x]]'"),
        (tagged("double", {"number": "soon"}), 'number is a number, not "soon"'),
    ],
)
def test_what_has_none_is_told(written: str, reads: str, tmp_path: Path) -> None:
    server, answer = ask([Say(written), Say(ANSWER_B)], tmp_path)
    assert answer.value == "B"
    assert any(reads in t for t in texts(server.requests[1], "user"))
    assert answer.trace.calls["1.1"].finished.outcome == "mistake"


def test_thoughts_are_kept_apart_and_not_sent_back(tmp_path: Path) -> None:
    thought = f"<think>Red is near. {tagged('double', {'number': 1})} would not help.</think>"
    server, answer = ask([Say(f"{thought}\nSo I copy.\n{COPY}"), Say(ANSWER_B)], tmp_path)
    assert texts(server.requests[1], "assistant") == [f"So I copy.\n{COPY}"]
    reply = answer.trace.steps[0].reply
    assert reply.reasoning.startswith("Red is near.")
    assert [c.name for c in reply.calls] == ["copy_picture"]


def test_a_thought_that_never_ends_is_no_call(tmp_path: Path) -> None:
    endless = Turn(text=f"<think>I could {COPY} or {COPY} or", stop="length")
    server, answer = ask([endless, Say(ANSWER_B)], tmp_path)
    assert answer.value == "B"
    assert answer.trace.steps[0].calls == []
    assert any("cut off at its length limit" in t for t in texts(server.requests[1], "user"))


def test_a_call_that_is_cut_off_is_told_so(tmp_path: Path) -> None:
    cut = Turn(text=f'{OPEN_TAG}{{"name": "copy_picture", "argum', stop="length")
    server, _ = ask([cut, Say(ANSWER_B)], tmp_path)
    assert any("was cut off at its length limit" in t for t in texts(server.requests[1], "user"))


def test_the_last_turn_is_for_the_answer(tmp_path: Path) -> None:
    server, answer = ask([Say(COPY), Say(f"{COPY}\nANSWER: A")], tmp_path, budget=Budget(steps=2))
    assert (answer.value, answer.forced, answer.fallback) == ("A", True, False)
    assert any("This is your last turn" in t for t in texts(server.requests[1], "user"))
    assert len(answer.trace.artifacts) == 2  # the call of the last turn was not made


def test_an_answer_in_words(tmp_path: Path) -> None:
    _, answer = ask([Say("Clearly the blue one.\nANSWER: B")], tmp_path)
    assert (answer.value, answer.extraction) == ("B", "strict")


def test_an_empty_reply_is_asked_again(tmp_path: Path) -> None:
    server, answer = ask([Turn(), Say(ANSWER_B)], tmp_path)
    assert answer.value == "B"
    assert any("Your reply was empty" in t for t in texts(server.requests[1], "user"))


def test_streamed_it_is_the_same(tmp_path: Path) -> None:
    spoken = profile("chat_completions").replace(protocol="text")
    with ModelServer("chat_completions", [Say(f"I copy.\n{COPY}"), Say(ANSWER_B)]) as server:
        agent = agent_on(server, "chat_completions", tmp_path, tools=[copy_picture], profile=spoken)
        heard = list(agent.stream("Which mug is nearer?", photo(), options=OPTIONS))
    deltas = [item.text for item in heard if type(item).__name__ == "Delta" and item.step == 1]
    assert len(deltas) > 1
    assert "".join(deltas) == f"I copy.\n{COPY}"
    assert heard[-1].type == "answered"
    assert heard[-1].value == "B"


PIECES = st.sampled_from(
    [
        OPEN_TAG,
        CLOSE_TAG,
        "<think>",
        "</think>",
        "```json\n",
        "\n```",
        '{"name": "x", "arguments": {}}',
        "{",
        "}",
        ",",
        '"',
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join) | st.text())
def test_parsing_never_raises_and_loses_no_call(reply: str) -> None:
    parsed = parse(reply)
    assert OPEN_TAG not in parsed.text
    for call in parsed.calls:
        assert isinstance(call.arguments, dict)
        assert call.name or call.malformed
    if "think>" not in reply:
        assert len(parsed.calls) <= reply.count(OPEN_TAG)
        assert bool(parsed.calls) == (OPEN_TAG in reply)


@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=9),
            st.dictionaries(
                st.text(max_size=5), st.integers() | st.text(max_size=9) | st.lists(st.booleans()), max_size=3
            ),
        ),
        max_size=4,
    ),
    st.text(alphabet=st.characters(exclude_characters="<>"), max_size=20),
)
def test_what_is_written_rightly_is_read_rightly(calls: list[tuple[str, dict[str, Any]]], words: str) -> None:
    calls = [
        (n, a) for n, a in calls if not any(tag in json.dumps([n, a]) for tag in (OPEN_TAG, CLOSE_TAG, "</think>"))
    ]
    parsed = parse(words + "".join(tagged(name, arguments) for name, arguments in calls))
    assert [(call.name, call.arguments, call.malformed) for call in parsed.calls] == [(n, a, "") for n, a in calls]
    assert parsed.text == words.strip()
