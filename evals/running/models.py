"""From what a person calls a model to Inspect's: `openai:gpt-5`, `openai/gpt-5`, `rules`, a server of one's own."""

from __future__ import annotations

import os
from typing import Any

from sightline.agents.models.failures import first_line, key_variable
from sightline.agents.models.profile import profile_for, provider_and_name
from sightline.evals.running.bridge import PROVIDERS
from sightline.memory import InfrastructureError, InputError

RULES = "sightline/rules"

OTHERS = ("azureai", "bedrock", "cloudflare", "grok", "hf", "ollama", "openai-api", "sagemaker", "sglang", "vllm")
"""Further providers of Inspect's, whose models are named in its form only: `vllm/Qwen/Qwen3-VL-8B`."""

_INSPECT = {ours: theirs for theirs, ours in PROVIDERS.items() if ours != "rules"}


def inspect_name(model: str, base_url: str | None) -> str:
    """Inspect's name of a model.

    Args:
        model: `rules`, `provider:name` as for `sightline ask`, or Inspect's own `provider/name`.
        base_url: An OpenAI-compatible server of one's own.

    Raises:
        InputError: It does not tell whose model it is.
    """
    if model in ("rules", RULES):
        if base_url:
            raise InputError("The embedded rules need no server.", "Name a model beside --base-url, or leave it out.")
        return RULES
    provider, name = provider_and_name(model)
    first = model.partition("/")[0]
    if ":" not in model and "/" in model and first in {*PROVIDERS, *OTHERS}:
        return model
    if base_url:
        return f"{_INSPECT.get(provider, 'openai')}/{name}"
    if not provider:
        raise InputError(
            f"{model!r} does not tell whose model it is.",
            "Write provider:name (openai:..., anthropic:..., google_genai:...), or give the --base-url of your server.",
        )
    return f"{_INSPECT.get(provider, provider)}/{name}"


def connected(model: str, base_url: str | None) -> Any:
    """Inspect's model, ready to be asked; nothing is sent.

    Raises:
        InputError: The name is not known.
        InfrastructureError: A package or a key is missing.
    """
    from inspect_ai.model import get_model

    name = inspect_name(model, base_url)
    provider = name.partition("/")[0]
    arguments: dict[str, Any] = {}
    if base_url and provider == "openai":
        arguments["responses_api"] = profile_for(f"openai:{name.partition('/')[2]}", base_url).api == "responses"
    if base_url:
        # Servers of one's own mostly want no key, and Inspect asks for one, again when it goes on with a log.
        os.environ.setdefault(key_variable(provider), "none")
    try:
        return get_model(name, base_url=base_url, memoize=False, **arguments)
    except ValueError as error:
        raise InputError(
            f"{model!r} is no model that Inspect knows ({first_line(error)}).", "See docs/evals.md."
        ) from None
    except Exception as error:
        # Inspect has an exception of its own for a key or a package that is missing.
        if type(error).__name__ != "PrerequisiteError":
            raise
        raise InfrastructureError(first_line(error), f"Set a key: export {key_variable(provider)}=...") from None
