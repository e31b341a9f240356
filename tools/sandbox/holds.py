"""How a sandbox that stands is held: what says that nothing of it lives, what it uses, its outputs, and its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Protocol

from sightline.tools.sandbox.output import amount
from sightline.tools.sandbox.protocol import Limits
from sightline.tools.sandbox.usage import measure

_FOLDERS = ("box", "out", "tmp", "dev/shm")


class Hold(Protocol):
    """A sandbox whose job waits to be let go, or runs."""

    @property
    def gone(self) -> int:
        """A descriptor that can be read once nothing in the sandbox lives."""

    @property
    def outputs(self) -> int:
        """A descriptor of its /out."""

    def excess(self, limits: Limits) -> str:
        """What it takes too much of, in words; "" where it keeps to its limits."""

    def kill(self) -> None:
        """End everything in it; `gone` says when that is done."""

    def release(self, code: int) -> str:
        """Let go of what is left when it has ended with this code. Says, in words, what the kernel killed it for."""


class Namespace:
    """The namespaces that bwrap made, held by their first process.

    The job's /proc and folders are opened through /proc/PID/root of the host while the job waits; the descriptors stay
    good when the namespaces are gone. When the first process of a PID namespace dies, the kernel has killed all others
    in it: its pidfd is what says that nothing lives.

    Args:
        status: Where bwrap has written what the first process is; a pipe.
    """

    def __init__(self, status: int) -> None:
        first = int(json.loads(os.read(status, 1 << 16).splitlines()[0])["child-pid"])
        with contextlib.ExitStack() as opened:

            def keep(descriptor: int) -> int:
                opened.callback(os.close, descriptor)
                return descriptor

            def folder(name: str) -> int:
                return keep(
                    os.open(Path("/proc", str(first), "root", name), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                )

            keep(os.dup(status))  # bwrap writes there at the end too, and would die of a closed pipe
            self._proc = folder("proc")
            self._folders = [folder(name) for name in _FOLDERS]
            self.outputs = self._folders[1]
            self.gone = keep(os.pidfd_open(first))
            self._opened = opened.pop_all()

    def excess(self, limits: Limits) -> str:
        """What all its processes together take too much of."""
        used = measure(self._proc, self._folders, limits.memory_bytes)
        if used.memory > limits.memory_bytes:
            return f"it used more than {amount(limits.memory_bytes)} of memory"
        if used.cpu > limits.cpu_seconds:
            return f"it used more than {limits.cpu_seconds:g} s of CPU time"
        return ""

    def kill(self) -> None:
        """Kill the first process, and so all."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.gone, signal.SIGKILL)

    def release(self, code: int) -> str:
        """Close what was opened; with it go the files in memory."""
        self._opened.close()
        return ""
