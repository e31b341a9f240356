"""Who is who: sessions by their tab, and what a page may call."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr

from sightline.demos.web.session import House, Session
from sightline.memory import InputError, SightlineError

PATIENCE = 20.0
"""Seconds that a page waits for news before it asks again: proxies end connections that say nothing for long."""

Answer = dict[str, Any]


class Desk:
    """The sessions of a server, by the id that Gradio gives each tab.

    Args:
        house: What they share.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self._sessions: dict[str, Session] = {}

    def session(self, key: str | None) -> Session:
        """A tab's session; a new one for a new tab.

        Raises:
            InputError: The caller is no tab.
        """
        if not key:
            raise InputError("This page has no session.", "Reload it.")
        if key not in self._sessions:
            self._sessions[key] = Session(self.house)
        return self._sessions[key]

    async def leave(self, key: str | None) -> None:
        """A tab was closed."""
        session = self._sessions.pop(key or "", None)
        if session is not None:
            await session.close()


async def session_key(request: gr.Request) -> str:
    """The tab that calls a server function: Gradio hands over the bare request, whose body names it."""
    body = await request.json()
    return str(body["session_hash"])


def in_words(work: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    """A failure this project raised is an answer with `error`; the page shows it."""

    @functools.wraps(work)
    async def told(data: Any, request: gr.Request) -> Answer:
        try:
            return await work(data, request)
        except SightlineError as error:
            return {"error": str(error)}

    return told


def page_functions(desk: Desk) -> list[Callable[..., Awaitable[Answer]]]:
    """What the trace on the page may call, each with one JSON object; see `assets/app.js`."""

    async def more(data: Any, request: gr.Request) -> Answer:
        session = desk.session(await session_key(request))
        following, messages = await session.feed.more(int(data["received"]), PATIENCE)
        return {"next": following, "messages": messages}

    async def stop(data: Any, request: gr.Request) -> Answer:
        await desk.session(await session_key(request)).stop(str(data["lane"]))
        return {}

    async def resume(data: Any, request: gr.Request) -> Answer:
        await desk.session(await session_key(request)).resume(str(data["lane"]))
        return {}

    async def branch(data: Any, request: gr.Request) -> Answer:
        session = desk.session(await session_key(request))
        await session.branch(str(data["lane"]), int(data["after"]), str(data["say"]), data["edit"])
        return {}

    async def calls(data: Any, request: gr.Request) -> Answer:
        session = desk.session(await session_key(request))
        return {"calls": session.calls(str(data["lane"]), int(data["step"]))}

    async def share(data: Any, request: gr.Request) -> Answer:
        session = desk.session(await session_key(request))
        name = str(data["lane"])
        return {"html": await session.share(name), "file": f"sightline-{name}.html"}

    return [in_words(work) for work in (more, stop, resume, branch, calls, share)]
