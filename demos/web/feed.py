"""What a page is told, in order: it asks for more, and is answered as soon as there is something."""

from __future__ import annotations

import asyncio
from typing import Any

Message = dict[str, Any]


class Feed:
    """Messages for one page. What the page has received is forgotten; all of it belongs to one event loop."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._first = 0  # number of the first message that is kept
        self._news = asyncio.Event()

    def tell(self, *messages: Message) -> None:
        """Add messages."""
        self._messages += messages
        if messages:
            self._news.set()

    async def more(self, received: int, patience: float) -> tuple[int, list[Message]]:
        """Messages from number `received` on; waits up to `patience` seconds for the first.

        Returns:
            The number to ask with the next time, and the messages.
        """
        known = max(0, min(received, self._first + len(self._messages)) - self._first)
        del self._messages[:known]
        self._first += known
        if not self._messages:
            self._news.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._news.wait()
            except TimeoutError:
                return self._first, []
        return self._first + len(self._messages), list(self._messages)
