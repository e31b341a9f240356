"""A queue for runs: so many at once, the others wait in order and know their place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from sightline.memory import InputError


class Slots:
    """Gives turns in order. All of it belongs to one event loop.

    Args:
        at_once: Turns that are taken at once.
        waiting: How many may wait.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = at_once
        self._most = waiting
        self._queue: list[tuple[asyncio.Future[None], Callable[[int], None]]] = []

    @asynccontextmanager
    async def turn(self, on_place: Callable[[int], None]) -> AsyncGenerator[None]:
        """Wait for a turn and hold it.

        Args:
            on_place: Told how many are before this one, whenever that changes; not called where none are.

        Raises:
            InputError: Too many wait already.
        """
        if self._free > 0 and not self._queue:
            self._free -= 1
        else:
            await self._wait(on_place)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, on_place: Callable[[int], None]) -> None:
        if len(self._queue) >= self._most:
            raise InputError(f"{len(self._queue)} questions wait already.", "Try again in a few minutes.")
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (mine, on_place)
        self._queue.append(entry)
        on_place(len(self._queue) - 1)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()  # the turn came in the moment of being stopped
            elif entry in self._queue:
                self._queue.remove(entry)
                self._tell()
            raise

    def _pass_on(self) -> None:
        while self._queue:
            following, _ = self._queue.pop(0)
            if not following.done():  # else it was stopped while it waited
                following.set_result(None)
                self._tell()
                return
        self._free += 1

    def _tell(self) -> None:
        for place, (_, on_place) in enumerate(self._queue):
            on_place(place)
