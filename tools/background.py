"""Threads for tools and for the synchronous face: daemon threads that can be given up, and one private event loop.

A tool that hangs cannot be killed from Python. It runs on a daemon thread of its own, so that giving it up blocks
neither the loop nor the interpreter's exit (a `ThreadPoolExecutor` would wait for it).
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


async def in_daemon_thread(function: Callable[..., T], /, **kwargs: Any) -> T:
    """Run a function on a new daemon thread, in the caller's context; cancelling stops waiting for it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(value)  # type: ignore[arg-type]  # T where there is no error

    def work() -> None:
        value, error = None, None
        try:
            value = context.run(function, **kwargs)
        except BaseException as raised:  # noqa: BLE001 - handed to the waiter, whatever it is
            error = raised
            if isinstance(raised, StopIteration) or not isinstance(raised, Exception):
                # A future takes no StopIteration, and a library's SystemExit would end the event loop.
                error = RuntimeError(f"{type(raised).__name__} left the function")
                error.__cause__ = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended; nobody waits any more
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=work, daemon=True, name=f"tool-{getattr(function, '__name__', 'call')}").start()
    return await done


class _PrivateLoop:
    """An event loop on a daemon thread, started on first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None

    def get(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self.thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="sightline-loop")
                self.thread.start()
            return self._loop


_private = _PrivateLoop()

STOP_WAIT = 10.0
"""Seconds that a caller who stops work waits for it to let go; longer only where something blocks the event loop."""


class _Background(Generic[T]):
    """A coroutine on the private loop, which can be waited for and stopped."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._ended = threading.Event()
        self._future = asyncio.run_coroutine_threadsafe(self._watched(work), _private.get())

    async def _watched(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        finally:
            self._ended.set()

    def result(self) -> T:
        """Wait for it."""
        return self._future.result()

    def stop(self) -> None:
        """Cancel it, and wait until it has let go: cancelling a future only asks."""
        self._future.cancel()
        self._ended.wait(STOP_WAIT)


def run_blocking(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the private loop and wait for it; works with or without a running loop in this thread.

    An interrupt (Ctrl-C) cancels the work and waits until it has let go.

    Raises:
        RuntimeError: Called on the private loop itself, e.g. by an async tool or a callback, where it would wait for
            itself for ever.
    """
    if threading.current_thread() is _private.thread:
        work.close()
        raise RuntimeError("this is Sightline's own event loop: await the method that begins with `a` instead")
    running = _Background(work)
    try:
        return running.result()
    except KeyboardInterrupt:
        running.stop()
        raise


def start_background(work: Coroutine[Any, Any, T]) -> Callable[[], None]:
    """Start a coroutine on the private loop; returns what cancels it and waits until it has let go."""
    return _Background(work).stop


def iterate_blocking(items: AsyncGenerator[T]) -> Iterator[T]:
    """An async iterator as a synchronous one, running on the private loop; leaving it early stops the work."""
    passed: queue.Queue[T | None] = queue.Queue()
    failure: list[BaseException] = []

    async def pump() -> None:
        try:
            async for item in items:
                passed.put(item)
        except BaseException as error:
            failure.append(error)
            raise
        finally:
            passed.put(None)

    stop = start_background(pump())
    try:
        while (item := passed.get()) is not None:
            yield item
    finally:
        stop()
    if failure:
        raise failure[0]
