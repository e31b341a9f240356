"""The scripted servers serve the real SDKs and LangChain: replies, streams, failures, what was seen."""

from __future__ import annotations

import base64
import json
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import openai
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from servers import (
    Call,
    CutOff,
    Drop,
    Fail,
    Hang,
    ModelServer,
    Request,
    Say,
    Turn,
    Usage,
    calls,
    data_url,
    picture_sizes,
    png,
    results,
    texts,
)

PROTOCOLS = ["chat_completions", "responses", "messages"]
TOOL = {
    "type": "function",
    "function": {
        "name": "crop",
        "description": "Cut a box out.",
        "parameters": {
            "type": "object",
            "properties": {"box": {"type": "array", "items": {"type": "number"}}},
            "required": ["box"],
        },
    },
}


def chat_model(server: ModelServer, **settings: Any) -> BaseChatModel:
    """The LangChain model for a server's protocol, without retries."""
    shared = {"model": "m", "api_key": "k", "base_url": server.base_url, "max_retries": 0} | settings
    if server.protocol.path == "/v1/messages":
        return ChatAnthropic(**shared)
    return ChatOpenAI(use_responses_api=server.protocol.path == "/v1/responses", stream_usage=True, **shared)


def user(*parts: str | bytes) -> HumanMessage:
    """A user message of texts and PNG pictures."""
    return HumanMessage(
        [
            {"type": "text", "text": part}
            if isinstance(part, str)
            else {"type": "image", "base64": base64.b64encode(part).decode(), "mime_type": "image/png"}
            for part in parts
        ]
    )


async def say(model: BaseChatModel, messages: list[Any], stream: bool) -> AIMessage:
    """One call; a stream is summed up, which is what an agent keeps."""
    if not stream:
        return await model.ainvoke(messages)
    whole = None
    async for chunk in model.astream(messages):
        whole = chunk if whole is None else whole + chunk
    assert whole is not None
    return whole


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_langchain_agent_turn_goes_round(protocol: str, stream: bool) -> None:
    """System, picture, two parallel calls with reasoning, results and their pictures, then the answer."""
    script = [
        Turn(
            "Two crops.",
            [Call("crop", {"box": [0, 0]}), Call("crop", {"box": [1, 2.5]})],
            "hmm, so",
        ),
        Say("The answer is B, as in böse."),
    ]
    with ModelServer(protocol, script) as server:
        model = chat_model(server).bind_tools([TOOL])
        history: list[Any] = [
            SystemMessage("Be brief."),
            user("Which?", png(64, 48)),
        ]
        first = await say(model, history, stream)
        assert [call["args"] for call in first.tool_calls] == [{"box": [0, 0]}, {"box": [1, 2.5]}]
        assert first.text == "Two crops."
        if protocol != "chat_completions":  # langchain-openai does not read reasoning_content
            (thought,) = [b for b in first.content_blocks if b["type"] == "reasoning"]
            assert thought["reasoning"] == "hmm, so"
        history.append(first)
        history += [ToolMessage(f"made img{n}", tool_call_id=call["id"]) for n, call in enumerate(first.tool_calls)]
        history.append(user("img0:", png(5, 5), "img1:", png(8, 7)))
        last = await say(model, history, stream)
        assert last.text == "The answer is B, as in böse."
    seen = server.requests[1]
    assert [request.stream for request in server.requests] == [stream, stream]
    assert texts(seen) == ["Be brief.", "Which?", "Two crops.", "made img0", "made img1", "img0:", "img1:"]
    assert picture_sizes(seen) == [(64, 48), (5, 5), (8, 7)]
    assert calls(seen) == [("crop", {"box": [0, 0]}), ("crop", {"box": [1, 2.5]})]
    assert list(results(seen).values()) == ["made img0", "made img1"]
    assert (seen.tool_names, seen.tool_choice, seen.model) == (["crop"], "auto", "m")
    assert server.unused == 0


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_usage_is_what_the_script_says_or_is_computed(protocol: str, stream: bool) -> None:
    with ModelServer(
        protocol, [Say("eight ch"), Turn("x", usage=Usage(70, 9, cached=20))], picture_tokens=90
    ) as server:
        model = chat_model(server)
        computed = await say(model, [user("abcd", png(9, 9))], stream)
        given = await say(model, [HumanMessage("abcd")], stream)
    assert computed.usage_metadata is not None
    assert given.usage_metadata is not None
    assert computed.usage_metadata["output_tokens"] == 2
    assert computed.usage_metadata["input_tokens"] == math.ceil(len("abcd[]") / 4) + 90
    assert (given.usage_metadata["input_tokens"], given.usage_metadata["output_tokens"]) == (70, 9)
    assert given.usage_metadata["input_token_details"]["cache_read"] == 20


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_tool_choice_none_is_read_in_each_form(protocol: str) -> None:
    with ModelServer(protocol, ["done"]) as server:
        choice: Any = {"type": "none"} if protocol == "messages" else "none"
        await chat_model(server).bind_tools([TOOL]).bind(tool_choice=choice).ainvoke("q")
    assert server.requests[0].tool_choice == "none"
    assert server.requests[0].tool_names == ["crop"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_endings(protocol: str, stream: bool) -> None:
    """Cut off mid-call, a refusal, an empty reply, malformed arguments: as each protocol words them."""
    script = [
        CutOff("crop", '{"box": [1, 2'),
        Turn("I will not.", stop="refusal"),
        Turn(),
        Call("crop", raw_arguments="{box}"),
    ]
    with ModelServer(protocol, script) as server:
        model = chat_model(server).bind_tools([TOOL])
        cut, refusal, empty, malformed = [await say(model, [HumanMessage("q")], stream) for _ in script]
    meta = cut.response_metadata
    assert (
        meta.get("finish_reason") == "length"
        or meta.get("stop_reason") == "max_tokens"
        or meta.get("incomplete_details") == {"reason": "max_output_tokens"}
    )
    if (protocol, stream) != ("chat_completions", True):  # langchain-openai drops a streamed refusal there
        assert "I will not." in json.dumps(refusal.model_dump(mode="json"))
    assert (empty.text, empty.tool_calls) == ("", [])
    if protocol == "messages" and not stream:
        assert malformed.tool_calls[0]["args"] == {}  # no argument string to break without streaming
        assert cut.tool_calls[0]["args"] == {"box": [1, 2]}  # as much as parses
    elif not stream:
        assert malformed.invalid_tool_calls[0]["args"] == "{box}"
        assert cut.invalid_tool_calls[0]["args"] == '{"box": [1, 2'
    else:
        assert "".join(chunk["args"] or "" for chunk in malformed.tool_call_chunks) == "{box}"


def openai_client(server: ModelServer, retries: int = 0, seconds: float = 10) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=retries, timeout=seconds)


def anthropic_client(server: ModelServer) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=server.base_url, api_key="k", max_retries=0)


QUESTION: Any = [{"role": "user", "content": "q"}]
LOOK = Turn("Looking.", [Call("crop", {"box": [1, 2, 3, 4]}, id="call_x")], reasoning="think")


def ask(client: openai.OpenAI) -> str | None:
    """One question over Chat Completions."""
    return client.chat.completions.create(model="m", messages=QUESTION).choices[0].message.content


def test_the_openai_sdk_accumulates_a_chat_stream() -> None:
    with (
        ModelServer("chat_completions", [LOOK]) as server,
        openai_client(server) as client,
        client.chat.completions.stream(model="m", messages=QUESTION, stream_options={"include_usage": True}) as stream,
    ):
        chat = stream.get_final_completion()
    message = chat.choices[0].message
    assert message.content == "Looking."
    assert message.tool_calls is not None
    assert json.loads(message.tool_calls[0].function.arguments) == {"box": [1, 2, 3, 4]}
    assert getattr(message, "reasoning_content", None) == "think"
    assert chat.usage is not None
    assert chat.usage.completion_tokens > 0


def test_the_openai_sdk_accumulates_a_responses_stream() -> None:
    with (
        ModelServer("responses", [LOOK]) as server,
        openai_client(server) as client,
        client.responses.stream(model="m", input="q") as events,
    ):
        names = [event.type for event in events]
        response = events.get_final_response()
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.output_text == "Looking."
    assert names[0] == "response.created"
    assert names[-1] == "response.completed"
    assert names.count("response.function_call_arguments.delta") > 1


def test_the_anthropic_sdk_accumulates_the_stream() -> None:
    with (
        ModelServer("messages", [LOOK]) as server,
        anthropic_client(server) as client,
        client.messages.stream(model="m", max_tokens=9, messages=QUESTION) as stream,
    ):
        message = stream.get_final_message()
    thinking, text, call = message.content
    assert (thinking.type, text.type, call.type) == ("thinking", "text", "tool_use")
    assert thinking.signature
    assert (call.id, call.input) == ("call_x", {"box": [1, 2, 3, 4]})
    assert message.stop_reason == "tool_use"


def test_failures_are_retried_by_the_sdk_and_then_succeed() -> None:
    script = [Fail(429, {"retry-after-ms": "1"}, times=2), "fine"]
    with ModelServer("chat_completions", script) as server, openai_client(server, retries=2) as client:
        assert ask(client) == "fine"
    assert len(server.requests) == server.served == 3
    assert server.unused == 0
    arrivals = [request.arrival for request in server.requests]
    assert arrivals == sorted(arrivals)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, "AuthenticationError"),
        (404, "NotFoundError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
    ],
)
def test_each_status_becomes_the_sdks_own_error(status: int, error: str) -> None:
    forever = Fail(status, times=math.inf)
    with ModelServer("chat_completions", [forever]) as server, openai_client(server) as client:
        for _ in range(3):
            with pytest.raises(getattr(openai, error)):
                ask(client)
    assert server.unused == 0
    with (
        ModelServer("messages", [forever]) as server,
        anthropic_client(server) as other,
        pytest.raises(getattr(anthropic, error)) as caught,
    ):
        other.messages.create(model="m", max_tokens=9, messages=QUESTION)
    assert caught.value.status_code == status
    assert caught.value.body["type"] == "error"


def test_a_failures_own_body_is_sent_as_it_is() -> None:
    script = [Fail(400, body={"error": {"message": "context too long"}})]
    with (
        ModelServer("chat_completions", script) as server,
        openai_client(server) as client,
        pytest.raises(openai.BadRequestError, match="context too long"),
    ):
        ask(client)


def test_hanging_and_dropping() -> None:
    script = [Hang(30), Drop(), Drop(after_events=3), Hang(0.01, Say("late"))]
    with ModelServer("chat_completions", script) as server:
        with openai_client(server, seconds=0.2) as hasty, pytest.raises(openai.APITimeoutError):
            ask(hasty)
        with openai_client(server) as client:
            with pytest.raises(openai.APIConnectionError):
                ask(client)
            stream = client.chat.completions.create(model="m", messages=QUESTION, stream=True)
            received = [next(stream) for _ in range(3)]
            assert received[1].choices[0].delta.content
            with pytest.raises(openai.APIConnectionError):
                next(stream)
            assert ask(client) == "late"
    assert server.unused == 0
    with pytest.raises(ValueError, match="60"):
        Hang(3600)


def test_a_callable_sees_the_request_and_its_failure_reaches_the_test() -> None:
    def script(request: Request, index: int) -> Turn:
        assert index < 2, "asked too often"
        return Say(f"{index}: {texts(request)[0]}")

    server = ModelServer("chat_completions", script)
    with pytest.raises(AssertionError, match="script-error: AssertionError: asked too often"):  # noqa: PT012, SIM117
        with server, openai_client(server, retries=2) as client:
            assert [ask(client), ask(client)] == ["0: q", "1: q"]
            with pytest.raises(openai.InternalServerError):
                ask(client)
    assert len(server.requests) == 3  # the failure is not retried


def test_a_script_that_loops_does_not_run_out() -> None:
    with ModelServer("chat_completions", ["a", "b"], loop=True) as server, openai_client(server) as client:
        assert [ask(client) for _ in range(5)] == list("ababa")


def test_a_script_that_runs_out_is_a_violation() -> None:
    with ModelServer("chat_completions", ["a", "b"]) as server, openai_client(server, retries=2) as client:
        ask(client)
        assert server.unused == 1
        ask(client)
        with pytest.raises(openai.InternalServerError, match="no step left"):
            ask(client)
        with pytest.raises(AssertionError, match="script-exhausted"):
            server.check()
        server.violations.clear()
    assert len(server.requests) == 3


def test_an_error_in_the_block_is_not_hidden_by_the_check() -> None:
    with pytest.raises(openai.InternalServerError):  # noqa: SIM117
        with ModelServer("chat_completions", []) as server, openai_client(server) as client:
            ask(client)
    assert server.violations


def test_ids_do_not_repeat_over_servers() -> None:
    ids = []
    for _ in range(2):
        with ModelServer("chat_completions", [Call("crop")]) as server, openai_client(server) as client:
            reply = client.chat.completions.create(model="m", messages=QUESTION).choices[0].message
        assert reply.tool_calls is not None
        ids.append(reply.tool_calls[0].id)
    assert ids[0] != ids[1]


def test_concurrent_requests_each_take_one_step() -> None:
    steps = [str(number) for number in range(16)]
    with (
        ModelServer("chat_completions", steps) as server,
        openai_client(server) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        said = list(pool.map(lambda _: ask(client), steps))
    assert set(said) == set(steps)
    assert [request.index for request in server.requests] == list(range(16))


def test_pictures_in_responses_results_are_seen() -> None:
    picture = {"type": "input_image", "image_url": data_url(png(30, 20)), "detail": "high"}
    items: Any = [
        {"type": "function_call", "call_id": "c", "name": "crop", "arguments": "{}"},
        {
            "type": "function_call_output",
            "call_id": "c",
            "output": [{"type": "input_text", "text": "img1"}, picture],
        },
    ]
    with ModelServer("responses", ["ok"]) as server, openai_client(server) as client:
        client.responses.create(model="m", input=items)
    assert picture_sizes(server.requests[0]) == [(30, 20)]
    assert results(server.requests[0]) == {"c": "img1"}
