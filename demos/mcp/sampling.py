"""The client's own model, borrowed for tools that ask one (`ask_image`, `locate_by_vlm`): MCP's sampling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.agents.models.look import SYSTEM
from sightline.agents.prompt import picture_blocks
from sightline.memory import InfrastructureError, Usage, Workspace
from sightline.tools import LookReply, Sees

if TYPE_CHECKING:
    from mcp.server.session import ServerSession
    from mcp.types import RequestId

MOST_TOKENS = 1024
"""Of a reply."""


@dataclass(frozen=True)
class SamplingLook:
    """Asks the client's model about pictures; implements `sightline.tools.Look`.

    Attributes:
        session: The client's session.
        sees: How its model is shown pictures and names places.
        request: Gives the request that is being served, by which the client tells sessions apart.
    """

    session: ServerSession
    sees: Sees
    request: Callable[[], RequestId | None]

    async def __call__(self, workspace: Workspace, prompt: str, pictures: Sequence[str]) -> LookReply:
        """Ask about these pictures. What it costs is the client's affair, and not known here.

        Raises:
            InfrastructureError: The client refuses, or lends no model.
        """
        from mcp import McpError
        from mcp.types import ImageContent, SamplingMessage, TextContent

        content: list[TextContent | ImageContent] = [
            TextContent(type="text", text=block["text"])
            if block["type"] == "text"
            else ImageContent(type="image", data=block["base64"], mimeType=block["mime_type"])
            for block in picture_blocks(workspace, self.sees, pictures)
        ]
        content.append(TextContent(type="text", text=prompt))
        try:
            reply = await self.session.create_message(
                [SamplingMessage(role="user", content=part) for part in content],
                max_tokens=MOST_TOKENS,
                system_prompt=SYSTEM,
                related_request_id=self.request(),
            )
        except McpError as error:
            raise InfrastructureError(
                f"The client lends no model ({error}).", "Allow sampling in the client, or use another tool."
            ) from error
        said = reply.content.text if isinstance(reply.content, TextContent) else ""
        return LookReply(said, Usage(calls=1, pictures=len(pictures), dollars=None))
