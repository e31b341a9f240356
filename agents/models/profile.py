"""A model's profile: how it is called, how it sees pictures, how it names places, and what it costs.

`profile_for` knows the families in `sightline.agents.models.families` and has a sane default for any other model. A
profile is chosen once, stored in the run's journal, and holds for the whole run: a resumed run speaks to the model as
it did before, whatever a newer table says. Where the table is wrong for your server, hand in
`profile_for(name).replace(...)`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sightline.agents.models.families import Api, Protocol, family_of
from sightline.agents.models.prices import FREE, PRICES_AS_OF, Prices, listed_price
from sightline.geometry.dialects import CoordinateDialect, PictureLimits
from sightline.memory import InputError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["ModelProfile", "Prices", "profile_for", "provider_and_name"]

_CHAT_COMPLETIONS = (
    "deepseek fireworks groq huggingface litellm mistralai nvidia openrouter perplexity together upstage xai"
)
_OF_THEIR_OWN = (
    "amazon_bedrock anthropic_bedrock azure_ai baseten bedrock bedrock_converse cohere custom ibm "
    "ollama rules sambanova"
)
_APIS: dict[str, Api] = {
    "anthropic": "messages",
    "google_anthropic_vertex": "messages",
    "google_genai": "gemini",
    "google_vertexai": "gemini",
    **dict.fromkeys(_CHAT_COMPLETIONS.split(), "chat_completions"),
    **dict.fromkeys(_OF_THEIR_OWN.split(), "other"),
}
"""The API each `init_chat_model` provider speaks; OpenAI's own speak two, and the family says which.

`custom` stands for a chat model handed in whose provider nobody knows."""

_OPENAI = frozenset({"openai", "azure_openai"})
_OWN_HOSTS = frozenset({"api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com"})


@dataclass(frozen=True)
class ModelProfile:
    """How one model is called, sees, speaks and is paid; a `Sees` for tools.

    Attributes:
        name: Model name without provider, as the server knows it.
        family: `openai`, `anthropic`, `gemini`, `gemma`, `qwen-vl`, `internvl`, `glm-v`, `mistral`, `rules`, ... or
            `unknown`.
        protocol: `native` tool calling, or `text` (`sightline.agents.models.text_protocol`).
        api: The provider API, pinned for a run.
        dialect: How it names places.
        limits: How large a picture it is sent.
        tool_choice_none: What says "tools stay declared, none may be called" in this API.
        user_after_tool: Whether a user message may follow a tool message.
        sees_pictures: Whether it takes pictures.
        prices: What tokens cost; None where that is not known (a server of your own, a model not in the list).
        prices_as_of: The day the prices were read (ISO 8601); None with unknown prices.
    """

    name: str
    family: str
    protocol: Protocol
    api: Api
    dialect: CoordinateDialect
    limits: PictureLimits
    # A dict cannot be hashed; the other fields tell profiles apart well enough.
    tool_choice_none: str | dict[str, str] = field(hash=False)
    user_after_tool: bool = True
    sees_pictures: bool = True
    prices: Prices | None = None
    prices_as_of: str | None = None

    def replace(self, **changes: Any) -> ModelProfile:
        """A copy with some fields changed.

        Raises:
            TypeError: There is no such field.
        """
        return dataclasses.replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """As plain data that survives JSON unchanged."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ModelProfile:
        """The profile that `to_json` wrote.

        Raises:
            ValueError: The data is no profile (pydantic's error, which names the fields).
        """
        return _adapter().validate_python(data)


@cache
def _adapter() -> TypeAdapter[ModelProfile]:
    from pydantic import TypeAdapter

    return TypeAdapter(ModelProfile)


def provider_and_name(model: str) -> tuple[str, str]:
    """Take `openai:gpt-5` apart, or find the provider of a bare name.

    Args:
        model: An `init_chat_model` string, or a model name; `qwen3-vl:8b` is a name, its part before the colon is no
            provider.

    Returns:
        The provider as `init_chat_model` calls it ("" where a bare name does not tell), and the name.

    Raises:
        InputError: No model is named.
    """
    prefix, colon, rest = model.strip().partition(":")
    provider = prefix.strip().lower().replace("-", "_")
    if colon and (provider in _APIS or provider in _OPENAI):
        name = rest.strip()
    else:
        name = model.strip()
        provider = family_of(name).provider
    if not name:
        raise InputError(f"No model is named in {model!r}.", "Write it as provider:name, such as openai:gpt-5.")
    return provider, name


def profile_for(model: str, base_url: str | None = None, *, on: date | None = None) -> ModelProfile:
    """The profile of a model, by its name.

    Args:
        model: An `init_chat_model` string (`anthropic:claude-sonnet-4-5`) or a bare name.
        base_url: Where an OpenAI-compatible server is, if not at the provider's own address. Such a server is spoken
            to through Chat Completions, and its prices are not known.
        on: The day whose list prices hold; today (UTC) if not given.

    Raises:
        InputError: No model is named.
    """
    provider, name = provider_and_name(model)
    family = family_of(name)
    elsewhere = base_url is not None and urlsplit(base_url).hostname not in _OWN_HOSTS
    api = _api(provider, family.api, elsewhere)
    prices = None
    if family.provider == "rules":
        prices = FREE
    elif not elsewhere:
        prices = listed_price(provider, name, on or datetime.now(UTC).date())
    return ModelProfile(
        name=name,
        family=family.name,
        protocol=family.protocol,
        api=api,
        dialect=family.dialect,
        limits=family.limits,
        tool_choice_none={"type": "none"} if api == "messages" else "none",
        user_after_tool=family.user_after_tool,
        sees_pictures=family.sees_pictures,
        prices=prices,
        prices_as_of=None if prices is None else PRICES_AS_OF,
    )


def _api(provider: str, of_openai: Api, elsewhere: bool) -> Api:
    if provider in _OPENAI and not elsewhere:
        return of_openai
    return _APIS.get(provider, "chat_completions")
