"""The loop against scripted providers over three real protocols: what the model is sent, what the run gives back."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from loop_kit import PROTOCOLS, Protocol, agent_on, photo, profile
from servers import Call, CutOff, Fail, ModelServer, Say, Turn, calls, picture_sizes, results, texts

from sightline.agents import Budget, SpatialAgent
from sightline.memory import Draft, InfrastructureError, InputError
from sightline.tools import Picture, ToolResult, tool

ANSWER_B = Call("answer", {"value": "B"})
OPTIONS = ["A. the red one", "B. the blue one"]


@tool(family="test", example={"image": "img1"})
def copy_picture(image: Picture) -> ToolResult:
    """Copy a picture.

    Args:
        image: What to copy.
    """
    draft = Draft(image.pixels, "a copy")
    return ToolResult(f"{draft} is a copy of {image.handle}.", [draft])


@tool(family="test", example={"seconds": 0.0})
def sleep_then_say(seconds: float) -> ToolResult:
    """Wait, then say how long.

    Args:
        seconds: How long.
    """
    time.sleep(seconds)
    return ToolResult(f"slept {seconds:g}")


@tool(family="test", example={})
def raise_an_error() -> ToolResult:
    """Fail as no tool should."""
    raise ZeroDivisionError("the tool's own bug")


@tool(family="test", example={}, time_limit=0.05)
def hang() -> ToolResult:
    """Never come back in time."""
    threading.Event().wait(5)
    return ToolResult("too late")


TEST_TOOLS = [copy_picture, sleep_then_say, raise_an_error, hang]


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param


def ask(server: ModelServer, protocol: Protocol, runs: Path, **given: Any) -> Any:
    """A choice question on one photo, with the test's tools and the image family."""
    settings = {name: given.pop(name) for name in ("budget", "strategy", "tools") if name in given}
    agent = agent_on(server, protocol, runs, **({"tools": ["memory", *TEST_TOOLS]} | settings))
    return agent.ask("Which mug is nearer to the edge?", photo(), **({"options": OPTIONS} | given))


def test_an_answer_by_tool(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [ANSWER_B]) as server:
        answer = ask(server, protocol, tmp_path)
    assert (answer.value, answer.status, answer.extraction) == ("B", "answered", "tool")
    assert answer.text == "B. the blue one"
    assert not answer.forced
    assert not answer.fallback
    assert answer.usage.calls == 1
    assert answer.usage.pictures == 1
    assert picture_sizes(server.requests[0]) == [(640, 480)]
    prompt = "\n".join(texts(server.requests[0]))
    assert "Which mug is nearer to the edge?" in prompt
    assert "B. the blue one" in prompt
    assert "img1 (640x480 as sent)" in prompt


def test_three_parallel_calls_with_a_picture_in_the_first(protocol: Protocol, tmp_path: Path) -> None:
    # The first ends last, and yet its picture is numbered first.
    script = [
        Turn(
            calls=[
                Call("copy_picture", {"image": "img1"}),
                Call("sleep_then_say", {"seconds": 0.0}),
                Call("copy_picture", {"image": "img1"}),
            ]
        ),
        ANSWER_B,
    ]
    with ModelServer(protocol, script) as server:
        answer = ask(server, protocol, tmp_path)
    second = server.requests[1]
    assert list(results(second).values()) == ["view1 is a copy of img1.", "slept 0", "view2 is a copy of img1."]
    assert picture_sizes(second) == [(640, 480)] * 3
    said = texts(second)
    assert [t for t in said if t.startswith("view")][-2:] == [
        "view1 (640x480 as sent): a copy",
        "view2 (640x480 as sent): a copy",
    ]
    assert answer.value == "B"


@pytest.mark.parametrize(
    ("call", "reads"),
    [
        (Call("copy_picture", raw_arguments='{"image": "img1'), "not a JSON object"),
        (Call("no_such_tool", {}), "no tool named 'no_such_tool'"),
        (Call("copy_picture", {"image": 3}), "no picture 3"),
        (Call("sleep_then_say", {"seconds": "soon"}), "a number, not"),
        (Call("copy_picture", {}), "needs the argument 'image'"),
        (Call("copy_picture", {"image": "img1", "size": 2}), "no argument 'size'"),
        (Call("copy_picture", {"image": "view9"}), "Pictures: img1."),
        (Call("raise_an_error", {}), "crashed (ZeroDivisionError)"),
        (Call("hang", {}), "given up after 0.05 s"),
    ],
)
def test_a_call_that_fails_is_told_and_the_run_goes_on(call: Call, reads: str, tmp_path: Path) -> None:
    with ModelServer("chat_completions", [call, ANSWER_B], json_arguments=True) as server:
        answer = ask(server, "chat_completions", tmp_path)
    assert answer.value == "B"
    (told,) = results(server.requests[1]).values()
    assert reads in told


def test_a_tools_traceback_is_kept_for_people_only(tmp_path: Path) -> None:
    with ModelServer("messages", [Call("raise_an_error", {}), ANSWER_B]) as server:
        answer = ask(server, "messages", tmp_path)
    finished = answer.trace.calls["1.1"].finished
    assert finished.outcome == "infrastructure"
    assert "ZeroDivisionError: the tool's own bug" in finished.detail
    assert not any("tool's own bug" in text for request in server.requests for text in texts(request))


@pytest.mark.parametrize("protocol", ["chat_completions", "responses"])  # Messages have no argument string
def test_malformed_arguments_are_told(protocol: Protocol, tmp_path: Path) -> None:
    script = [Call("copy_picture", raw_arguments='{"image": "img1'), ANSWER_B]
    with ModelServer(protocol, script) as server:
        answer = ask(server, protocol, tmp_path)
    assert answer.value == "B"
    assert answer.trace.calls["1.1"].finished.outcome == "mistake"


def test_a_reply_cut_off_in_the_middle_of_a_call(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [CutOff("copy_picture", '{"image": "im'), ANSWER_B]) as server:
        answer = ask(server, protocol, tmp_path)
    assert answer.value == "B"
    assert answer.trace.steps[0].reply.stop == "cut off"


def test_a_refusal_ends_the_run(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [Turn(text="I cannot help with that.", stop="refusal")]) as server:
        answer = ask(server, protocol, tmp_path)
    assert (answer.status, answer.value) == ("refused", None)


def test_an_empty_reply_is_asked_again(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [Turn(), ANSWER_B]) as server:
        answer = ask(server, protocol, tmp_path)
    assert answer.value == "B"
    assert any("Your reply was empty" in text for text in texts(server.requests[1]))


def test_an_answer_in_words_is_read(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [Say("The left one is farther away.\nANSWER: B")]) as server:
        answer = ask(server, protocol, tmp_path)
    assert (answer.value, answer.extraction) == ("B", "strict")


def test_words_without_an_answer_are_asked_again(tmp_path: Path) -> None:
    with ModelServer("messages", [Say("Let me think about both mugs."), ANSWER_B]) as server:
        answer = ask(server, "messages", tmp_path)
    assert answer.value == "B"
    assert any("No answer could be read" in text for text in texts(server.requests[1]))


def test_an_answer_beside_other_calls_is_asked_again_with_their_results(protocol: Protocol, tmp_path: Path) -> None:
    script = [Turn(calls=[Call("answer", {"value": "A"}), Call("copy_picture", {"image": "img1"})]), ANSWER_B]
    with ModelServer(protocol, script) as server:
        answer = ask(server, protocol, tmp_path)
    assert answer.value == "B"
    told = list(results(server.requests[1]).values())
    assert "Not taken yet" in told[0]
    assert told[1] == "view1 is a copy of img1."


def test_an_answer_outside_the_options_is_a_mistake(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [Call("answer", {"value": "Q"}), ANSWER_B]) as server:
        answer = ask(server, protocol, tmp_path)
    assert answer.value == "B"
    (told,) = results(server.requests[1]).values()
    assert told.startswith("Not done")


def test_a_model_that_never_answers_is_made_to(protocol: Protocol, tmp_path: Path) -> None:
    def play(request: Any, index: int) -> Any:
        if request.tool_choice == "none":
            return Say("ANSWER: A")
        return Call("copy_picture", {"image": "img1"})

    with ModelServer(protocol, play) as server:
        answer = ask(server, protocol, tmp_path, budget=Budget(steps=4))
    assert (answer.value, answer.forced, answer.fallback) == ("A", True, False)
    assert len(server.requests) == 4
    assert [bool(r.tool_names) for r in server.requests] == [True] * 4
    assert [r.tool_choice for r in server.requests] == ["auto"] * 3 + ["none"]
    assert any("This is your last turn" in text for text in texts(server.requests[3]))


def test_a_forced_turn_without_an_answer_falls_back_and_says_so(tmp_path: Path) -> None:
    script = [
        Turn(calls=[Call("answer", {"value": "A"}), Call("copy_picture", {"image": "img1"})]),
        Say("I am not sure what to say."),
    ]
    with ModelServer("messages", script) as server:
        answer = ask(server, "messages", tmp_path, budget=Budget(steps=2))
    assert (answer.value, answer.forced, answer.fallback) == ("A", True, True)


def test_no_answer_at_all_is_said(tmp_path: Path) -> None:
    with ModelServer("messages", [Call("copy_picture", {"image": "img1"}), Say("Hm.")]) as server:
        answer = ask(server, "messages", tmp_path, budget=Budget(steps=2))
    assert (answer.status, answer.value, answer.raw) == ("no answer", None, "Hm.")


def test_it_may_say_that_it_cannot_tell(protocol: Protocol, tmp_path: Path) -> None:
    call = Call("answer", {"cannot_tell": True, "details": "there is no mug in the picture"})
    with ModelServer(protocol, [call]) as server:
        answer = ask(server, protocol, tmp_path)
    assert (answer.status, answer.value, answer.details) == ("cannot tell", None, "there is no mug in the picture")


@pytest.mark.parametrize("strategy", ["direct", "cot"])
def test_strategies_without_tools_ask_once(strategy: str, protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [Say("ANSWER: A")]) as server:
        answer = ask(server, protocol, tmp_path, strategy=strategy)
    assert (answer.value, answer.forced) == ("A", False)
    assert server.requests[0].tool_names == []


def test_a_rate_limit_is_waited_out(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [Fail(429, {"retry-after-ms": "1"}), ANSWER_B]) as server:
        answer = ask(server, protocol, tmp_path)
    assert answer.value == "B"
    assert len(server.requests) == 2


@pytest.mark.parametrize(("status", "says"), [(401, "refuses the key"), (404, "knows no model"), (500, "failed (500")])
def test_a_providers_failure_is_one_line_with_a_remedy(
    status: int, says: str, protocol: Protocol, tmp_path: Path
) -> None:
    script = [Fail(status, {"retry-after-ms": "1"}, times=math.inf)]
    with (
        ModelServer(protocol, script) as server,
        pytest.raises(InfrastructureError) as caught,
    ):
        ask(server, protocol, tmp_path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def test_a_run_that_failed_is_resumed(protocol: Protocol, tmp_path: Path) -> None:
    fail = Fail(500, {"retry-after-ms": "1", "x-should-retry": "false"})
    with ModelServer(protocol, [Call("copy_picture", {"image": "img1"}), fail, ANSWER_B]) as server:
        agent = agent_on(server, protocol, tmp_path, tools=TEST_TOOLS)
        with pytest.raises(InfrastructureError):
            agent.ask("Which?", photo(), options=OPTIONS)
        answer = agent.resume("last")
    assert answer.value == "B"
    assert [event.type for event in answer.trace.events].count("tool_finished") == 2


def test_an_unreachable_server_is_said(tmp_path: Path) -> None:
    agent = SpatialAgent(
        "openai:qwen", base_url="http://127.0.0.1:9/v1", runs=tmp_path, model_settings={"max_retries": 0}
    )
    with pytest.raises(InfrastructureError, match="cannot be reached"):
        agent.ask("Where?", photo())


def test_reasoning_goes_back_unmodified(protocol: Protocol, tmp_path: Path) -> None:
    # The scripted servers compare what comes back with what they sent.
    script = [
        Turn(text="I copy it.", reasoning="A copy will do.", calls=[Call("copy_picture", {"image": "img1"})]),
        ANSWER_B,
    ]
    with ModelServer(protocol, script) as server:
        answer = ask(server, protocol, tmp_path)
    assert answer.value == "B"
    assert answer.trace.steps[0].reply.text == "I copy it."


def test_calls_without_ids_of_their_own_are_told_apart(tmp_path: Path) -> None:
    script = [
        Turn(calls=[Call("sleep_then_say", {"seconds": 0.0}, id="call_0")] * 1),
        Turn(calls=[Call("sleep_then_say", {"seconds": 0.001}, id="call_1")]),
        ANSWER_B,
    ]
    with ModelServer("chat_completions", script) as server:
        answer = ask(server, "chat_completions", tmp_path)
    assert list(answer.trace.calls) == ["1.1", "2.1", "3.1"]
    assert len(calls(server.requests[2])) == 2


def test_a_dollar_budget_needs_a_price(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="price"):
        SpatialAgent("openai:nobody-knows", base_url="http://127.0.0.1:9/v1", budget=Budget(dollars=1.0), runs=tmp_path)


def test_an_empty_question_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="question is empty"):
        SpatialAgent(runs=tmp_path).ask("  ", photo())
    assert list(tmp_path.iterdir()) == []


def test_a_turn_with_too_many_calls_makes_as_many_as_it_may(tmp_path: Path) -> None:
    many = [Call("sleep_then_say", {"seconds": 0.0}) for _ in range(40)]
    with ModelServer("messages", [Turn(calls=many), ANSWER_B]) as server:
        answer = ask(server, "messages", tmp_path)
    told = list(results(server.requests[1]).values())
    assert told.count("slept 0") == 32
    assert sum("more calls in this turn" in text for text in told) == 8
    assert answer.value == "B"


def test_the_budget_of_calls_holds_within_a_turn(tmp_path: Path) -> None:
    many = [Call("sleep_then_say", {"seconds": 0.0}) for _ in range(5)]
    with ModelServer("messages", [Turn(calls=many), Say("ANSWER: A")]) as server:
        answer = ask(server, "messages", tmp_path, budget=Budget(steps=9, calls=3))
    assert list(results(server.requests[1]).values()).count("slept 0") == 3
    assert server.requests[1].tool_choice == "none"
    assert (answer.value, answer.forced) == ("A", True)


def test_a_run_with_tools_of_ones_own_needs_them_again(tmp_path: Path) -> None:
    with ModelServer("messages", [ANSWER_B]) as server:
        answer = ask(server, "messages", tmp_path)
        with pytest.raises(InputError, match="tools of your own"):
            SpatialAgent.from_run(answer.run, runs=tmp_path)
        again = SpatialAgent.from_run(answer.run, runs=tmp_path, tools=["memory", *TEST_TOOLS])
    assert again.resume(answer.run).value == "B"


def test_a_reply_that_was_cut_off_is_no_answer(protocol: Protocol, tmp_path: Path) -> None:
    script = [Turn(text="There are so many. ANSWER: 1", stop="length"), Call("answer", {"value": 15})]
    with ModelServer(protocol, script) as server:
        answer = agent_on(server, protocol, tmp_path, tools=TEST_TOOLS).ask("How many?", photo(), expect="integer")
    assert (answer.value, answer.usage.calls) == (15, 2)


def test_a_call_that_was_cut_off_is_not_made_even_if_its_json_was_completed(protocol: Protocol, tmp_path: Path) -> None:
    script = [CutOff("answer", '{"value": 1'), Call("answer", {"value": 15})]
    with ModelServer(protocol, script) as server:
        agent = agent_on(server, protocol, tmp_path, tools=TEST_TOOLS)
        *_, last = agent.stream("How many?", photo(), expect="integer")
    assert last.value == 15


def test_a_cost_that_is_no_longer_known_ends_a_budget_in_dollars(tmp_path: Path) -> None:
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    class Uncounted(GenericFakeChatModel):
        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self

    call = {"name": "copy_picture", "args": {"image": "img1"}, "id": "c", "type": "tool_call"}
    replies = iter([AIMessage("", tool_calls=[call]), AIMessage("ANSWER: A")])
    agent = SpatialAgent(
        Uncounted(messages=replies), profile=profile("messages"), budget=Budget(steps=9, dollars=5.0), runs=tmp_path,
        tools=TEST_TOOLS,
    )  # fmt: skip
    answer = agent.ask("Which?", photo(), options=OPTIONS)
    assert (answer.value, answer.forced) == ("A", True)
    assert "no longer known" in answer.trace.steps[1].composed.reason


@pytest.mark.parametrize("dollars", [float("nan"), float("inf"), 0, -1])
def test_a_budget_is_a_positive_number(dollars: float) -> None:
    with pytest.raises(InputError, match="positive"):
        Budget(dollars=dollars)


def test_a_run_is_not_resumed_by_a_model_that_is_spoken_to_otherwise(tmp_path: Path) -> None:
    fail = Fail(500, {"retry-after-ms": "1", "x-should-retry": "false"})
    with ModelServer("chat_completions", [Call("copy_picture", {"image": "img1"}), fail]) as server:
        agent = agent_on(server, "chat_completions", tmp_path, tools=TEST_TOOLS)
        with pytest.raises(InfrastructureError):
            agent.ask("Which?", photo(), options=OPTIONS)
        textual = profile("chat_completions").replace(protocol="text")
        with pytest.raises(InputError, match="spoken to in another way"):
            agent_on(server, "chat_completions", tmp_path, tools=TEST_TOOLS, profile=textual).resume("last")
        with pytest.raises(InputError, match="strategy"):
            agent_on(server, "chat_completions", tmp_path, strategy="direct").resume("last")
