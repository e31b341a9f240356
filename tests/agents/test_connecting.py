"""From what a person names as a model to a model that is asked; what is missing is one line that says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_openai import ChatOpenAI
from loop_kit import PROTOCOLS, Protocol, agent_on, photo, profile
from servers import Call, ModelServer, Say, Turn, Usage

from sightline.agents import Budget, SpatialAgent, profile_for
from sightline.agents.models import Prices, connect
from sightline.agents.models.failures import explain
from sightline.memory import InfrastructureError, InputError, SightlineError

OPTIONS = ["A. red", "B. blue"]
ANSWER = Call("answer", {"value": "A"})
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai:gpt-5", "OPENAI_API_KEY"),
        ("gpt-5", "OPENAI_API_KEY"),
        ("anthropic:claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("google_genai:gemini-2.5-pro", "GOOGLE_API_KEY"),
        ("azure_openai:gpt-4o", "AZURE_OPENAI_API_KEY"),
    ],
)
def test_a_missing_key_is_one_line_that_names_the_variable(model: str, variable: str) -> None:
    with pytest.raises(InfrastructureError) as caught:
        SpatialAgent(model)
    assert "There is no key for" in caught.value.message
    assert caught.value.remedy == f"Set one: export {variable}=..."
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "url", "says"),
    [
        ("", None, "No model is named"),
        ("openai:", None, "No model is named"),
        ("nosuch:thing", None, "does not tell whose model it is"),
        ("qwen3-vl:8b", None, "give the base_url of your server"),
        ("openai:gpt-5", "127.0.0.1:8000/v1", "is not an address. Write it as http://"),
        ("openai:gpt-5", "localhost", "is not an address"),
    ],
)
def test_what_names_no_model_is_one_line(model: str, url: str | None, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        connect(model, base_url=url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "module", "remedy"),
    [
        ("ollama:llama3.2-vision", "langchain_ollama", "pip install langchain-ollama"),
        ("bedrock:anthropic.claude", "langchain_aws", "pip install langchain-aws"),
    ],
)
def test_a_missing_package_is_named_with_its_command(
    model: str, module: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(InfrastructureError) as caught:
        connect(model)
    assert caught.value.remedy == remedy
    assert "\n" not in str(caught.value)


def test_a_package_that_is_an_extra_of_ours_is_named_as_that() -> None:
    # In a process of its own: LangChain remembers what it has found.
    script = """
import sys
sys.modules["langchain_google_genai"] = None
from sightline.agents.models import connect
try:
    connect("google_genai:gemini-2.5-pro")
except Exception as error:
    print(error.remedy)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "pip install 'sightline[google]'"


def test_a_setting_that_a_model_does_not_take_is_said() -> None:
    with pytest.raises(InputError, match="cannot be set up") as caught:
        connect("google_genai:gemini-2.5-pro", settings={"google_api_key": "k", "temperature": "warm"})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "provider", "name"),
    [
        ("openai:Qwen/Qwen3-VL-8B-Instruct", "openai", "Qwen/Qwen3-VL-8B-Instruct"),
        ("Qwen/Qwen3-VL-8B-Instruct", "openai", "Qwen/Qwen3-VL-8B-Instruct"),
        ("qwen3-vl:8b", "openai", "qwen3-vl:8b"),
        ("anthropic:claude-x", "anthropic", "claude-x"),
    ],
)
def test_a_server_of_ones_own_needs_no_key(model: str, provider: str, name: str) -> None:
    adapter = connect(model, base_url=NOWHERE)
    assert (adapter.provider, adapter.profile.name) == (provider, name)
    assert adapter.label == f"{provider}:{name}"
    assert adapter.profile.prices is None


def test_a_key_in_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant")
    openai = connect("openai:gpt-5").model
    assert isinstance(openai, ChatOpenAI)
    assert openai.openai_api_key.get_secret_value() == "sk-mine"  # type: ignore[union-attr]
    assert connect("anthropic:claude-sonnet-4-5").model.anthropic_api_key.get_secret_value() == "sk-ant"  # type: ignore[attr-defined]


def test_the_profile_pins_the_api() -> None:
    assert connect("openai:gpt-5", settings={"api_key": "k"}).model.use_responses_api is True  # type: ignore[attr-defined]
    assert connect("openai:gpt-4.1", settings={"api_key": "k"}).model.use_responses_api is False  # type: ignore[attr-defined]
    assert connect("openai:gpt-5", base_url=NOWHERE).model.use_responses_api is False  # type: ignore[attr-defined]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_settings_reach_the_provider_and_keys_stay_out_of_the_journal(protocol: Protocol, tmp_path: Path) -> None:
    limit = (
        "max_tokens"
        if protocol == "messages"
        else "max_output_tokens"
        if protocol == "responses"
        else "max_completion_tokens"
    )
    settings = {
        "api_key": "sk-secret-1",
        "max_tokens": 777,
        "default_headers": {"x-team": "sk-secret-2"},
    }
    with ModelServer(protocol, [ANSWER]) as server:
        agent = agent_on(server, protocol, tmp_path, model_settings=settings)
        answer = agent.ask("Which?", photo(), options=OPTIONS)
    assert server.requests[0].body[limit] == 777
    assert b"sk-secret" not in server.requests[0].raw
    headers = {name.lower(): value for name, value in server.requests[0].headers.items()}
    assert "sk-secret-1" in headers.get("authorization", headers.get("x-api-key", ""))
    assert headers["x-team"] == "sk-secret-2"
    started = answer.trace.started
    assert started.model_settings["max_tokens"] == 777
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"sk-secret" not in file.read_bytes(), file


# A chat model of one's own.


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_chat_model_object_is_taken_as_it_is(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, [ANSWER]) as server:
        model: BaseChatModel
        if protocol == "messages":
            model = ChatAnthropic(model="claude-sonnet-5-5", base_url=server.base_url, api_key="k")
        else:
            model = ChatOpenAI(
                model="gpt-4.1", base_url=server.base_url, api_key="k", use_responses_api=protocol == "responses"
            )
        agent = SpatialAgent(model, runs=tmp_path)
        answer = agent.ask("Which?", photo(), options=OPTIONS)
    assert answer.value == "A"
    assert agent.adapter.model is model
    assert agent.adapter.profile.api == protocol
    assert agent.adapter.base_url == server.base_url


class Own(GenericFakeChatModel):
    """A chat model that somebody wrote: no provider, no usage, no tools."""

    def bind_tools(self, tools: Any, **more: Any) -> Any:
        return self


def test_a_model_of_an_unknown_kind_answers_too(tmp_path: Path) -> None:
    own = Own(messages=iter([AIMessage("Let me think."), AIMessage("ANSWER: B")]))
    agent = SpatialAgent(own, runs=tmp_path)
    answer = agent.ask("Which?", photo(), options=OPTIONS)
    assert answer.value == "B"
    assert (answer.usage.calls, answer.usage.input_tokens, answer.usage.dollars) == (2, 0, None)
    assert agent.adapter.profile.family == "unknown"


def test_a_bug_in_ones_own_model_stays_a_bug(tmp_path: Path) -> None:
    agent = SpatialAgent(Own(messages=iter([])), runs=tmp_path)  # an exhausted iterator
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it raises
        agent.ask("Which?", photo())
    assert not isinstance(caught.value, SightlineError)


# What it costs.


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_cost_follows_the_profiles_prices(protocol: Protocol, tmp_path: Path) -> None:
    usage = Usage(input=10_000, output=2_000, cached=4_000, reasoning=500)
    prices = Prices(input=2.0, cached_input=0.5, cache_write=2.5, output=10.0)
    with ModelServer(protocol, [Turn(calls=[ANSWER], usage=usage)]) as server:
        agent = agent_on(server, protocol, tmp_path, profile=profile(protocol).replace(prices=prices))
        used = agent.ask("Which?", photo(), options=OPTIONS).usage
    assert (used.input_tokens, used.cached_tokens, used.output_tokens) == (10_000, 4_000, 2_000)
    assert used.dollars == pytest.approx((6_000 * 2.0 + 4_000 * 0.5 + 2_000 * 10.0) / 1e6)


def test_a_budget_in_dollars_ends_the_run(tmp_path: Path) -> None:
    turn = Turn(calls=[Call("note", {"text": "still looking"})], usage=Usage(input=10_000, output=0))
    prices = Prices(input=1.0, cached_input=1.0, cache_write=1.0, output=1.0)
    with ModelServer("messages", [turn, turn, Say("ANSWER: A")]) as server:
        agent = agent_on(
            server,
            "messages",
            tmp_path,
            profile=profile("messages").replace(prices=prices),
            budget=Budget(steps=50, dollars=0.02),
        )
        answer = agent.ask("Which?", photo(), options=OPTIONS)
    assert (answer.value, answer.forced) == ("A", True)
    assert len(server.requests) == 3


# Failures that no scripted server can produce.


def test_an_error_in_the_middle_of_a_stream_is_the_providers() -> None:
    import httpx
    import openai

    error = openai.APIError("the model crashed", httpx.Request("POST", NOWHERE), body={"message": "the model crashed"})
    explained = explain(error, "m", "openai", None)
    assert explained is not None
    assert "the model crashed" in explained.message


def test_profile_for_a_helper_is_its_own() -> None:
    assert profile_for("openai:gpt-4.1").dialect.name == "pixels"
    assert connect("openai:Qwen/Qwen3-VL-8B", base_url=NOWHERE).profile.dialect.name == "permille"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_agent_serves_several_event_loops_with_one_request_each(protocol: Protocol, tmp_path: Path) -> None:
    import asyncio

    with ModelServer(protocol, [ANSWER] * 3) as server:
        agent = agent_on(server, protocol, tmp_path)
        agent.ask("Which?", photo(), options=OPTIONS)
        for _ in range(2):
            asyncio.run(agent.aask("Which?", photo(), options=OPTIONS))
    assert len(server.requests) == 3
    # The scripted server closes connections anyway; a provider does so because it is asked to.
    for request in server.requests:
        assert {name.lower(): value for name, value in request.headers.items()}["connection"].lower() == "close"
