"""The embedded rules as a model of Inspect's: `--model sightline/rules`. No key, no network, no tokens."""

from __future__ import annotations

import asyncio
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.tool import ToolCall, ToolChoice, ToolInfo
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from sightline.agents.models.rules import RulesModel


class RulesAPI(ModelAPI):  # type: ignore[misc]  # mypy does not follow Inspect
    """Answers by `sightline.agents.models.rules`."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - Inspect's own signature
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)

    def tools_required(self) -> bool:
        """The rules answer with the tool `answer`, also on their last turn."""
        return True

    def collapse_user_messages(self) -> bool:
        """Messages stay as the agent wrote them."""
        return False

    def max_connections(self) -> int:
        """The rules wait for nobody."""
        return 16

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """One turn."""
        model: Any = RulesModel()
        if tools:
            declared = [
                {"type": "function", "function": tool.model_dump(exclude_none=True, exclude={"options"})}
                for tool in tools
            ]
            model = model.bind_tools(declared)
        reply = await asyncio.to_thread(model.invoke, [_to_langchain(message) for message in input])
        calls = [ToolCall(str(call["id"]), call["name"], call["args"]) for call in reply.tool_calls]
        message = ChatMessageAssistant(
            content=str(reply.text), tool_calls=calls or None, model="rules", source="generate"
        )
        return ModelOutput(
            model="rules",
            choices=[ChatCompletionChoice(message=message, stop_reason="tool_calls" if calls else "stop")],
            usage=ModelUsage(),
        )


def _to_langchain(message: ChatMessage) -> BaseMessage:
    if message.role == "system":
        return SystemMessage(message.text)
    if message.role == "tool":
        return ToolMessage(message.text, tool_call_id=message.tool_call_id or "", name=message.function)
    if message.role == "assistant":
        calls: Any = [
            {"type": "tool_call", "id": call.id, "name": call.function, "args": call.arguments}
            for call in message.tool_calls or []
        ]
        return AIMessage(message.text, tool_calls=calls)
    blocks: list[Any] = []
    for block in message.content_list:
        if block.type == "image":
            head, _, data = block.image.partition(";base64,")
            blocks.append({"type": "image", "base64": data, "mime_type": head.removeprefix("data:")})
        else:
            blocks.append({"type": "text", "text": block.text})
    return HumanMessage(blocks)
