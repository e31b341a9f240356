"""Each rule of the scripted servers fires: a body that passes, one thing wrong in it, the rule's name.

The bodies go over raw HTTP, so that what is sent is what stands here and not what an SDK makes of it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from servers import Call, ModelServer, Turn, png
from servers.bodies import BODIES, BOX, Body, chat, chat_url, image, messages, post, result


@pytest.mark.parametrize("protocol", BODIES)
def test_the_bodies_that_the_rules_are_tried_on_pass(protocol: Any) -> None:
    with ModelServer(protocol, ["ok"]) as server:
        assert post(server, BODIES[protocol]())[0] == 200


def set_at(*path: Any, to: Any) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        for key in path[:-1]:
            body = body[key]
        body[path[-1]] = to

    return change


def drop(*path: Any) -> Callable[[Body], None]:
    def change(body: Any) -> None:
        for key in path[:-1]:
            body = body[key]
        del body[path[-1]]

    return change


def insert(*path: Any, new: Any) -> Callable[[Body], None]:
    def change(body: Any) -> None:
        for key in path[:-1]:
            body = body[key]
        body.insert(path[-1], copy.deepcopy(new))

    return change


def schema(new: Any) -> Callable[[Body], None]:
    """Replace the parameter schema of the one tool, wherever the protocol has it."""

    def change(body: Body) -> None:
        tool = body["tools"][0]
        holder = tool.get("function", tool)
        holder["input_schema" if "input_schema" in holder else "parameters"] = new

    return change


def tool(**new: Any) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        body["tools"][0].get("function", body["tools"][0]).update(new)

    return change


def twice(body: Body) -> None:
    body["tools"].append(copy.deepcopy(body["tools"][0]))


USER = {"role": "user", "content": "between"}
M, IN, T, C = "messages", "input", "tools", "content"
ORPHAN = {"role": "tool", "tool_call_id": "z", "content": "r"}
OUTPUT = {"type": "function_call_output", "call_id": "z", "output": "r"}
REASONING = {"type": "reasoning", "id": "rs_9", "summary": []}
THOUGHT = {"type": "thinking", "thinking": "t", "signature": "forged"}
MARKED = {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}}

CASES: list[tuple[str, str, Callable[[Body], None]]] = [
    # Chat Completions
    ("chat_completions", "picture-in-tool-message", set_at(M, 3, C, to=[chat_url(png(2, 2))])),
    ("chat_completions", "message-between-results", insert(M, 4, new=USER)),
    ("chat_completions", "message-between-results", insert(M, 3, new={"role": "assistant", "content": "x"})),
    ("chat_completions", "call-without-result", drop(M, 4)),
    ("chat_completions", "call-without-result", drop(M, slice(3, None))),
    ("chat_completions", "result-without-call", insert(M, 5, new=ORPHAN)),
    ("chat_completions", "result-without-call", insert(M, 1, new=ORPHAN)),
    ("chat_completions", "result-duplicate", insert(M, 5, new={**ORPHAN, "tool_call_id": "a"})),
    ("chat_completions", "call-id-duplicate", set_at(M, 2, "tool_calls", 1, "id", to="a")),
    ("chat_completions", "picture-role", set_at(M, 0, C, to=[chat_url(png(2, 2))])),
    ("chat_completions", "empty-assistant", drop(M, 2, "tool_calls")),
    ("chat_completions", "malformed", set_at(M, 2, "tool_calls", to=[])),
    (
        "chat_completions",
        "malformed",
        set_at(M, 2, "tool_calls", 0, "function", "arguments", to={"box": [1]}),
    ),
    ("chat_completions", "malformed", set_at(M, 1, "role", to="human")),
    ("chat_completions", "malformed", set_at(M, 1, C, 1, "image_url", to="data:,")),
    ("chat_completions", "malformed", set_at(M, 0, C, to=None)),
    ("chat_completions", "malformed", set_at(M, to=[])),
    ("chat_completions", "malformed", drop("model")),
    ("chat_completions", "malformed", set_at("stream_options", to={"include_usage": True})),
    ("chat_completions", "unknown-parameter", set_at("max_output_tokens", to=5)),
    ("chat_completions", "tool-form", set_at(T, 0, to={"name": "crop", "parameters": BOX})),
    ("chat_completions", "tool-form", set_at(T, to=[])),
    ("chat_completions", "tool-choice", set_at("tool_choice", to={"type": "none"})),
    (
        "chat_completions",
        "tool-choice",
        set_at("tool_choice", to={"type": "function", "function": {"name": "z"}}),
    ),
    ("chat_completions", "tool-name", set_at(M, 2, "tool_calls", 0, "function", "name", to="no such.tool")),
    # Responses
    ("responses", "message-between-results", insert(IN, 4, new=USER)),
    ("responses", "call-without-result", drop(IN, 4)),
    ("responses", "result-without-call", insert(IN, 5, new=OUTPUT)),
    ("responses", "result-without-call", insert(IN, 1, new={**OUTPUT, "call_id": "a"})),
    ("responses", "result-duplicate", insert(IN, 5, new={**OUTPUT, "call_id": "a"})),
    ("responses", "item-id", set_at(IN, 1, "id", to="call_1")),
    ("responses", "reasoning-orphan", insert(IN, 5, new=REASONING)),
    ("responses", "reasoning-orphan", insert(IN, 6, new=REASONING)),
    ("responses", "reasoning-modified", insert(IN, 1, new={**REASONING, "encrypted_content": "forged"})),
    ("responses", "unreadable", set_at(IN, 0, "type", to=["message"])),
    ("responses", "not-stored", set_at("previous_response_id", to="resp_1")),
    ("responses", "unknown-parameter", set_at("messages", to=[])),
    ("responses", "malformed", set_at(IN, 0, C, 0, "type", to="text")),
    ("responses", "malformed", set_at(IN, 5, C, 0, to={"type": "image_url", "image_url": {"url": "u"}})),
    ("responses", "malformed", set_at(IN, to=[])),
    ("responses", "tool-form", set_at(T, 0, to={"type": "function", "function": {"name": "crop"}})),
    (
        "responses",
        "tool-choice",
        set_at("tool_choice", to={"type": "function", "function": {"name": "crop"}}),
    ),
    ("responses", "tool-schema", tool(strict=True)),
    # Messages
    ("messages", "result-not-first", insert(M, 2, C, 0, new=image(png(2, 2)))),
    ("messages", "result-not-first", insert(M, 2, C, 1, new={"type": "text", "text": "x"})),
    ("messages", "call-without-result", drop(M, 2, C, 1)),
    ("messages", "call-without-result", drop(M, 2)),
    ("messages", "result-without-call", insert(M, 2, C, 0, new=result("z"))),
    ("messages", "result-duplicate", insert(M, 2, C, 0, new=result("a"))),
    ("messages", "roles-do-not-alternate", insert(M, 1, new=USER)),
    ("messages", "first-not-user", drop(M, 0)),
    ("messages", "malformed", insert(M, 0, new={"role": "system", "content": "s"})),
    ("messages", "malformed", drop("max_tokens")),
    ("messages", "malformed", set_at(M, 1, C, 1, "input", to="{}")),
    ("messages", "malformed", insert(M, 2, C, 2, new=chat_url(png(2, 2)))),
    ("messages", "empty-text", set_at(M, 1, C, 0, "text", to="")),
    ("messages", "empty-text", set_at(M, 0, C, to="")),
    ("messages", "empty-text", set_at(M, 0, C, to=[])),
    ("messages", "empty-text", set_at(M, 2, C, 0, C, to=[{"type": "text", "text": " "}])),
    ("messages", "empty-text", set_at("system", to=[{"type": "text", "text": ""}])),
    ("messages", "trailing-whitespace", insert(M, 3, new={"role": "assistant", "content": "The answer: "})),
    ("messages", "picture-in-error", set_at(M, 2, C, 1, "is_error", to=True)),
    ("messages", "tools-vanished", drop(T)),
    ("messages", "tool-choice", set_at("tool_choice", to={"type": "tool", "name": "none"})),
    ("messages", "tool-choice", set_at("tool_choice", to="none")),
    ("messages", "tool-choice", drop(T)),
    ("messages", "tool-form", set_at(T, 0, to={"type": "function", "function": {}})),
    ("messages", "reasoning-modified", insert(M, 1, C, 0, new=THOUGHT)),
    ("messages", "reasoning-not-first", insert(M, 1, C, 1, new=THOUGHT)),
    ("messages", "cache-control", set_at(M, 0, C, to=[MARKED] * 5)),
    ("messages", "thinking", set_at("thinking", to={"type": "enabled", "budget_tokens": 2000})),
    ("messages", "unknown-parameter", set_at("max_completion_tokens", to=5)),
    ("messages", "tool-schema", schema({"type": "object", "properties": {"no spaces": {}}})),
]
for every in BODIES:  # what holds everywhere
    CASES += [
        (every, "tool-name", tool(name="crop it")),
        (every, "tool-name", tool(name="x" * 65)),
        (every, "tool-duplicate", twice),
        (every, "tool-schema", schema({"properties": {}})),
        (every, "tool-schema", schema({"type": "object", "anyOf": [{"required": ["a"]}]})),
        (every, "tool-schema", schema({"type": "object", "properties": {"a": {"prefixItems": []}}})),
        (every, "tool-schema", schema({"type": "object", "properties": {"a": {"$ref": "#/$defs/Box"}}})),
    ]


@pytest.mark.parametrize(
    ("protocol", "rule", "change"), CASES, ids=[f"{p}-{rule}-{n}" for n, (p, rule, _) in enumerate(CASES)]
)
def test_each_rule_fires(protocol: Any, rule: str, change: Callable[[Body], None]) -> None:
    body = BODIES[protocol]()
    change(body)
    server = ModelServer(protocol, ["never said"])
    with pytest.raises(AssertionError, match=rule), server:
        status, answer = post(server, body)
    assert status == 400
    assert answer["error"]["message"]
    assert any(violation.startswith(f"{rule}: ") for violation in server.violations)
    assert server.unused == 1  # a bad request uses up no turn


@pytest.mark.parametrize("protocol", ["chat_completions", "responses"])
def test_stricter_servers(protocol: Any) -> None:
    with ModelServer(protocol, ["-"], refuse_user_after_tool=True, json_arguments=True) as server:
        body = BODIES[protocol]()
        if protocol == "responses":
            body[IN][1]["arguments"] = '{"box": [1'
        else:
            body[M][2]["tool_calls"][0]["function"]["arguments"] = '{"box": [1'
        assert post(server, body)[0] == 400
        assert {violation.split(":")[0] for violation in server.violations} == {
            "user-after-tool",
            "arguments-not-json",
        }
        server.violations.clear()


def test_size_path_and_form() -> None:
    size = len(json.dumps(chat()).encode())
    with ModelServer("chat_completions", ["-"], max_prompt_bytes=size) as server:
        assert post(server, chat())[0] == 200
        assert post(server, chat() | {"user": "me"})[0] == 413
        assert post(server, chat(), path="/v1/completions")[0] == 404
        assert post(server, b"{")[0] == 400
        assert post(server, b"[1]")[0] == 400
        rules = [violation.split(":")[0] for violation in server.violations]
        server.violations.clear()
    assert rules == ["prompt-too-large", "unknown-path", "malformed", "malformed"]
    assert len(server.requests) == 5


def test_the_anthropic_version_is_required() -> None:
    with pytest.raises(AssertionError, match="anthropic-version"), ModelServer("messages", ["-"]) as server:
        post(server, messages(), {"anthropic-version": ""})


THINKS = Turn(calls=[Call("crop", {"box": [1]}, id="a")], reasoning="because")


def spoil_text(block: Body) -> None:
    part = block["summary"][0] if "summary" in block else block
    part["text" if "summary" in block else "thinking"] = "otherwise"


@pytest.mark.parametrize("spoil", [None, spoil_text, dict.clear], ids=["kept", "changed", "left out"])
@pytest.mark.parametrize("protocol", ["responses", "messages"])
def test_reasoning_goes_back_unmodified(protocol: Any, spoil: Callable[[Body], None] | None) -> None:
    """The reply's own blocks go back with the call's result: as they were, changed, and left out."""
    with ModelServer(protocol, [THINKS, "ok"]) as server:
        first: Any = {"model": "m", "input": "q"}
        if protocol == "messages":
            first = {"model": "m", "max_tokens": 9, M: [{"role": "user", C: "q"}], T: messages()[T]}
        output = post(server, first)[1]["output" if protocol == "responses" else C]
        if spoil is not None:
            spoil(output[0])
        output = [block for block in output if block]
        if protocol == "messages":
            first[M] += [{"role": "assistant", C: output}, {"role": "user", C: [result("a")]}]
        else:
            first[IN] = [{"role": "user", C: "q"}, *output, {**OUTPUT, "call_id": "a"}]
        status, _ = post(server, first)
        rules = {violation.split(":")[0] for violation in server.violations}
        server.violations.clear()
    assert status == (200 if spoil is None else 400)
    expected = {None: set(), spoil_text: {"reasoning-modified", "reasoning-not-returned"}}
    assert rules == expected.get(spoil, {"reasoning-not-returned"})
