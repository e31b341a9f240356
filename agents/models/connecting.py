"""From what a person names as a model to a `ModelAdapter`: a string, or any LangChain chat model."""

from __future__ import annotations

import os
import re
from typing import Any

from langchain_core.language_models import BaseChatModel

from sightline.agents.models.adapter import ModelAdapter
from sightline.agents.models.failures import first_line, key_variable
from sightline.agents.models.profile import ModelProfile, profile_for, provider_and_name
from sightline.agents.recording import without_password
from sightline.memory import InfrastructureError, InputError

RULES = "rules"
"""The embedded model: no key, no weights, no network."""

MAX_RETRIES = 4
"""Retries of 429, 5xx, timeouts and lost connections, by the SDKs, with exponential backoff."""

TIMEOUT = 300.0
"""Seconds an answer may take before it counts as lost: reasoning models think for minutes."""


def connect(
    model: str | BaseChatModel,
    *,
    base_url: str | None = None,
    profile: ModelProfile | None = None,
    settings: dict[str, Any] | None = None,
) -> ModelAdapter:
    """Make a model ready to be asked; nothing is sent yet.

    Args:
        model: `rules`, `provider:name` as `init_chat_model` takes it, or a chat model of your own.
        base_url: An OpenAI-compatible server (vLLM, SGLang, Ollama, LM Studio).
        profile: How the model sees and speaks, if the one found by its name is wrong.
        settings: Further arguments of the chat model, e.g. `temperature`.

    Raises:
        InputError: The string is not a model's name.
        InfrastructureError: A package or a key is missing.
    """
    if isinstance(model, BaseChatModel):
        return _own(model, profile)
    if model == RULES:
        if base_url is not None:
            raise InputError("The embedded rules need no server.", "Name a model beside --base-url, or leave it out.")
        from sightline.agents.models.rules import RulesModel

        return ModelAdapter(RulesModel(), profile or profile_for(RULES), RULES, RULES)
    provider, name = provider_and_name(model)
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise InputError(f"The base URL {base_url!r} is not an address.", "Write it as http://host:port/v1.")
    if not provider and base_url is None:
        raise InputError(
            f"{model!r} does not tell whose model it is.",
            "Write provider:name (openai:..., anthropic:..., google_genai:...), or give the base_url of your server.",
        )
    provider = provider or "openai"  # what servers of one's own speak
    chosen = profile or profile_for(model, base_url)
    arguments = {
        "max_retries": MAX_RETRIES,
        "timeout": TIMEOUT,
        **_provider_arguments(provider, chosen, base_url),
    }
    created = _create(provider, name, {**arguments, **(settings or {})})
    # The adapter's address is for messages, which end in traces.
    address = None if base_url is None else without_password(base_url)
    return ModelAdapter(created, chosen, f"{provider}:{name}", provider, address)


def _own(model: BaseChatModel, profile: ModelProfile | None) -> ModelAdapter:
    """A chat model that a person made: its own settings decide, the profile only describes it."""
    name = str(getattr(model, "model_name", None) or getattr(model, "model", None) or type(model).__name__)
    provider = str(model._get_ls_params().get("ls_provider") or "custom")
    base_url = getattr(model, "openai_api_base", None) or getattr(model, "anthropic_api_url", None)
    described = profile or profile_for(f"{provider}:{name}", base_url)
    if provider == "openai" and profile is None:
        api = "responses" if getattr(model, "use_responses_api", False) else "chat_completions"
        described = described.replace(api=api)
    return ModelAdapter(model, described, name, provider, base_url)


def _provider_arguments(provider: str, profile: ModelProfile, base_url: str | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if base_url is not None:
        arguments["base_url"] = base_url
    if provider in ("openai", "anthropic"):
        # LangChain shares one connection pool in the process. A connection kept from an event loop that has ended
        # (`asyncio.run` twice, or `ask` and then `aask`) fails, and the SDK then sends the request, and pays, again.
        arguments["default_headers"] = {"Connection": "close"}
    if provider == "openai":
        arguments["use_responses_api"] = profile.api == "responses"
        arguments["stream_usage"] = True
        if profile.api == "responses":
            # Nothing is kept on the provider's side: reasoning comes back encrypted, and is sent again by us.
            arguments |= {
                "store": False,
                "include": ["reasoning.encrypted_content"],
                "output_version": "responses/v1",
            }
    if base_url is not None and not os.environ.get(key_variable(provider)):
        # Servers of one's own mostly want no key, and the SDKs refuse to start without.
        arguments["api_key"] = "none"
    return arguments


def _create(provider: str, name: str, arguments: dict[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        created: BaseChatModel = init_chat_model(name, model_provider=provider, **arguments)
    except ImportError as error:
        # LangChain names the package in its message, and not always after the provider (bedrock is in langchain-aws).
        named = re.search(r"langchain-[a-z-]+", str(error))
        package = named.group(0) if named else f"langchain-{provider.replace('_', '-')}"
        raise InfrastructureError(
            f"Models of {provider} need a package that is not installed ({package}).",
            "pip install 'sightline[google]'" if package == "langchain-google-genai" else f"pip install {package}",
        ) from None
    except Exception as error:
        # The SDKs each have their own exception for a missing key, none of them shared.
        text = str(error).lower()
        if "api_key" in text or "api key" in text or "authentication" in text:
            raise _no_key(provider) from None
        if isinstance(error, ValueError | TypeError):  # a setting it does not take, or a provider nobody knows
            raise InputError(
                f"{provider}:{name} cannot be set up ({first_line(error)}).", "Check the model's name and its settings."
            ) from error
        raise
    # Anthropic's SDK asks for its key only when it is used.
    key = getattr(created, "anthropic_api_key", None)
    if key is not None and not key.get_secret_value() and not os.environ.get("ANTHROPIC_AUTH_TOKEN"):
        raise _no_key(provider)
    return created


def _no_key(provider: str) -> InfrastructureError:
    return InfrastructureError(f"There is no key for {provider}.", f"Set one: export {key_variable(provider)}=...")
