"""What lasts from one call of a run to the next: the tools there are, what the run may still use, and what it opened.

A tool that runs programs (`run_python`) needs more than its own call: the tools that a program may call, the budget
that those calls obey, and a kernel that lives as long as the run. A `Session` holds them. There is one for each run of
the loop, and one for each `bind`; closing the run's workspace closes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from sightline.tools.contract import Instrument


class Closable(Protocol):
    """Something that was opened for a run."""

    def close(self) -> None:
        """Let it go. May be called more than once, and from any thread."""


T = TypeVar("T", bound=Closable)


def _nothing() -> str:
    return ""


def _no_limit() -> float | None:
    return None


@dataclass
class Session:
    """What a run's tools share.

    Attributes:
        instruments: The tools there are, by name.
        used_up: Why no further call may be made, in words; "" while there may be.
        seconds_left: Seconds of the run's budget that are left, or None where there is no limit.
    """

    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    used_up: Callable[[], str] = _nothing
    seconds_left: Callable[[], float | None] = _no_limit
    _opened: dict[str, Closable] = field(default_factory=dict, repr=False)
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def opened(self, name: str, kind: type[T], open_it: Callable[[], T]) -> T:
        """What is open under this name; opened now if nothing is.

        Raises:
            RuntimeError: The session was closed.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the run has ended, and with it what was opened for it")
            known = self._opened.get(name)
            if not isinstance(known, kind):
                known = self._opened[name] = open_it()
            return known

    def close(self) -> None:
        """Close everything that was opened; nothing can be opened afterwards."""
        with self._lock:
            self._closed = True
            opened, self._opened = list(self._opened.values()), {}
        for item in opened:
            item.close()
