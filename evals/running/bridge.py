"""The agent's model as Inspect's: a LangChain chat model whose calls are `Model.generate`.

Limits, retries, caching, concurrency and logs are then Inspect's, also for the calls that tools make (`ask_image`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspect_ai.model import GenerateConfig, Model
from inspect_ai.model._generate_config import active_generate_config  # Inspect tells the task's settings nowhere else
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import ConfigDict, Field
from tenacity import RetryError

from sightline.agents.models.profile import ModelProfile, profile_for
from sightline.evals.running.messages import choice_to_inspect, from_output, to_inspect, tools_to_inspect

PROVIDERS = {
    "anthropic": "anthropic",
    "deepseek": "deepseek",
    "fireworks": "fireworks",
    "google": "google_genai",
    "groq": "groq",
    "mistral": "mistralai",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "sightline": "rules",
    "together": "together",
}
"""Inspect's names of providers, and LangChain's."""


class ContextOverflow(Exception):
    """A prompt did not fit into the model's context window."""


class InspectChatModel(BaseChatModel):
    """A chat model over Inspect's.

    Attributes:
        served: Inspect's model.
        label: Its name, as the person gave it to Inspect.
        provider: LangChain's name of its provider.
        seed_offset: Added to the seed, if there is one, so that several tries of one question differ.
        snapshots: What the provider said that it served, filled in by each call.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    served: Any
    label: str
    provider: str
    seed_offset: int = 0
    snapshots: list[str] = Field(default_factory=list)

    @classmethod
    def over(cls, model: Model, seed_offset: int = 0) -> InspectChatModel:
        """A chat model over this one."""
        api = str(model).partition("/")[0]
        return cls(
            served=model, label=str(model), provider=PROVIDERS.get(api, "custom"), seed_offset=seed_offset, snapshots=[]
        )

    @property
    def model_name(self) -> str:
        """What the journal calls it."""
        return self.label

    @property
    def _llm_type(self) -> str:
        return "inspect"

    def to_json(self) -> Any:
        """What tracers are told; LangChain would look through every field of it for each question."""
        return {"lc": 1, "type": "not_implemented", "id": ["sightline", "inspect"], "repr": self.label}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return {"ls_provider": self.provider, "ls_model_type": "chat"}

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any) -> Runnable[Any, AIMessage]:
        """This model with tools, declared in OpenAI's form."""
        return self.bind(tools=list(tools), tool_choice=tool_choice)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise RuntimeError("Inspect's models are asked on its event loop: use ainvoke")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        *,
        tools: Sequence[dict[str, Any]] = (),
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Ask once; Inspect retries.

        Raises:
            ContextOverflow: The prompt is longer than the model's context window.
            Exception: The provider's own, after the last attempt.
        """
        seed = self.served.config.merge(active_generate_config()).seed
        config = (
            GenerateConfig() if seed is None or not self.seed_offset else GenerateConfig(seed=seed + self.seed_offset)
        )
        declared = tools_to_inspect(tools) if tools else []
        try:
            output = await self.served.generate(to_inspect(messages), declared, choice_to_inspect(tool_choice), config)
        except RetryError as error:
            # What the last attempt met says more than that there were several.
            raise (error.last_attempt.exception() or error) from None
        if output.model and output.model not in self.snapshots:
            self.snapshots.append(output.model)
        if not output.empty and output.stop_reason == "model_length":
            raise ContextOverflow(output.error or output.completion or "the prompt is longer than the context window")
        return ChatResult(generations=[ChatGeneration(message=from_output(output))])


def profile_of(model: Model) -> ModelProfile:
    """How a model of Inspect's sees, speaks and is paid."""
    api, _, name = str(model).partition("/")
    provider = PROVIDERS.get(api, "custom")
    if provider == "rules":
        return profile_for("rules")
    return profile_for(f"{provider}:{name}", model.api.base_url)
