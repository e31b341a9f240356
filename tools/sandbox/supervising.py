"""One job from its start to the death of all it started: handshake, limits of the group, output, outputs.

The order of a start matters. The sandbox is made, and a shell of the system, the last thing before the job's own
program, says `ready` and waits. Only now the job's /proc and folders are opened through /proc/PID/root of the host, and
the process with PID 1 of its namespace by a pidfd; then the shell is let go and becomes the job. When PID 1 dies the
kernel has killed everything in the namespace, so a pidfd that is readable means that nothing of the job lives.

The thread that starts a job stays with it: the kernel kills a sandbox when the thread that started it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import selectors
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from sightline.memory import InfrastructureError
from sightline.tools.sandbox.collecting import collect
from sightline.tools.sandbox.output import Kept, amount
from sightline.tools.sandbox.protocol import Ended, Job
from sightline.tools.sandbox.usage import measure

READY = b"ready\n"
GATE = ("/bin/sh", "-c", 'echo ready; read -r go || exit; exec "$@"', "sh")
"""The shell that says that the sandbox stands, and waits for a line before it becomes the job."""

START_SECONDS = 20.0
END_SECONDS = 10.0
"""Seconds for a start, and for the kernel to end what was killed: both take milliseconds where nothing hangs."""

LOOK_EVERY = 0.04
"""Seconds between two looks at what the group uses."""

_FLOOD = 256
"""A job that prints this many times what is kept is killed: to read what nobody will see costs the host time."""

_FOLDERS = ("work", "out", "tmp", "dev/shm")
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Launch:
    """What starts a sandbox.

    Attributes:
        command: bwrap and all its arguments.
        descriptors: What it inherits.
        status: Where it writes its status; a pipe's reading end.
    """

    command: list[str]
    descriptors: tuple[int, ...]
    status: int


class CouldNotStart(Exception):
    """The sandbox was not made; the argument is what bwrap said."""


class Running:
    """A job under supervision; a `Process` where it is spoken to in lines.

    Args:
        job: What runs.
        in_lines: Whether stdin and stdout are for `write_line` and `read_line`.
    """

    def __init__(self, job: Job, *, in_lines: bool) -> None:
        self._job = job
        self._in_lines = in_lines
        self._ended: Ended | None = None
        self._over = threading.Event()
        self._reason = ""
        self._lock = threading.Lock()
        self._pending = bytearray()
        self._stdout, self._stderr = Kept(job.limits.output_bytes), Kept(job.limits.output_bytes)

    # ------------------------------------------------------------------ start
    def start(self, launch: Launch) -> None:
        """Start it, in the thread that will `watch` it.

        Raises:
            CouldNotStart: The sandbox was not made.
        """
        pipes = [os.pipe() for _ in range(3)]
        (inner_in, self._to), (self._from, inner_out), (self._errors, inner_errors) = pipes
        # Open until nobody holds the process any more: lines can be read after its end.
        self._close_stdin = weakref.finalize(self, _close, self._to)
        weakref.finalize(self, _close, self._from, self._errors)
        try:
            self._popen = subprocess.Popen(
                launch.command,
                env={},  # /proc/1/environ shows what bwrap was given, whatever it gives on
                stdin=inner_in,
                stdout=inner_out,
                stderr=inner_errors,
                pass_fds=launch.descriptors,
                cwd="/",
                start_new_session=True,
            )
        finally:
            _close(inner_in, inner_out, inner_errors)
        try:
            self._handshake(launch.status)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
            raise

    def _handshake(self, status: int) -> None:
        said = b""
        deadline = time.monotonic() + START_SECONDS
        while said != READY:
            chunk = b""
            if _wait(self._from, select.POLLIN, deadline - time.monotonic()):
                chunk = os.read(self._from, len(READY) - len(said))
            if not chunk or not READY.startswith(said + chunk):
                os.set_blocking(self._errors, False)
                with contextlib.suppress(BlockingIOError):
                    raise CouldNotStart(os.read(self._errors, _CHUNK).decode("utf-8", "replace").strip())
                raise CouldNotStart("")
            said += chunk
        first = int(json.loads(os.read(status, _CHUNK).splitlines()[0])["child-pid"])
        opened = [os.dup(status)]  # bwrap writes there at the end too, and would die of a closed pipe
        try:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            opened.extend(os.open(f"/proc/{first}/root/{name}", flags) for name in ("proc", *_FOLDERS))
            opened.append(os.pidfd_open(first))
        except BaseException:
            _close(*opened)
            raise
        _, self._proc, *self._folders, self._first = opened
        self._held = weakref.finalize(self, _close, *opened)
        for pipe in (self._to, self._from, self._errors):
            os.set_blocking(pipe, False)
        os.write(self._to, b"go\n")

    # ------------------------------------------------------------------ watch
    def watch(self) -> Ended:
        """Stay with the job until nothing of it lives, and collect its outputs."""
        begun = time.monotonic()
        files: dict[str, bytes] = {}
        problems: tuple[str, ...] = ()
        try:
            if not self._in_lines:
                self._close_stdin()
            self._supervise(begun)
            files, problems = collect(self._folders[1], self._job.outputs, self._job.limits)
        finally:
            self._send_kill()
            code = self._popen.wait()
            seconds = time.monotonic() - begun
            while self._stderr.take(self._errors):
                pass
            while not self._in_lines and self._stdout.take(self._from):
                pass
            with self._lock:
                self._held()
            reason = self._reason
            texts = self._stdout.text(), self._stderr.text()
            self._ended = Ended(None if reason else code, *texts, reason, files, problems, seconds)
            self._over.set()
        return self._ended

    def _supervise(self, begun: float) -> None:
        limits = self._job.limits
        look, killed = begun, 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self._first, selectors.EVENT_READ)
            selector.register(self._errors, selectors.EVENT_READ, self._stderr)
            if not self._in_lines:
                selector.register(self._from, selectors.EVENT_READ, self._stdout)
            while True:
                for key, _ in selector.select(LOOK_EVERY):
                    if key.data is None:
                        return  # PID 1 of the namespace is dead, and all in it
                    if not key.data.take(key.fd):
                        selector.unregister(key.fd)
                now = time.monotonic()
                if killed and now > killed + END_SECONDS:
                    raise InfrastructureError("A job in the sandbox was killed and does not end.", "Restart the host.")
                if self._reason:
                    killed = killed or now
                elif now > begun + limits.wall_seconds:
                    self._end(f"it ran past {limits.wall_seconds:g} s")
                elif now >= look:
                    look = now + LOOK_EVERY
                    self._hold_to_limits()

    def _hold_to_limits(self) -> None:
        limits = self._job.limits
        used = measure(self._proc, self._folders, limits.memory_bytes)
        if used.memory > limits.memory_bytes:
            self._end(f"it used more than {amount(limits.memory_bytes)} of memory")
        elif used.cpu > limits.cpu_seconds:
            self._end(f"it used more than {limits.cpu_seconds:g} s of CPU time")
        elif max(self._stdout.total, self._stderr.total) > _FLOOD * limits.output_bytes:
            self._end(f"it printed more than {amount(_FLOOD * limits.output_bytes)}")

    def _end(self, reason: str) -> None:
        """Kill it, if nobody did: the first reason stays."""
        self._reason = self._reason or reason
        self._send_kill()

    def _send_kill(self) -> None:
        with self._lock, contextlib.suppress(ProcessLookupError):
            if self._held.alive:
                signal.pidfd_send_signal(self._first, signal.SIGKILL)

    # ------------------------------------------------------------------ lines
    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()

    @property
    def ended(self) -> Ended | None:
        """How it ended; None while it lives."""
        return self._ended if self.closed else None

    def write_line(self, line: str, timeout: float = 10.0) -> bool:
        """Send a line; see `Process`."""
        if "\n" in line:
            raise ValueError("a line for a process in a sandbox holds an end of line")
        left = memoryview(line.encode() + b"\n")
        deadline = time.monotonic() + timeout
        while left:
            if self.closed:
                return False
            if not _wait(self._to, select.POLLOUT, deadline - time.monotonic()):
                self.kill("it did not read what it was sent")
                return False
            try:
                left = left[os.write(self._to, left) :]
            except BlockingIOError:
                continue  # a pipe takes what is no longer than a page at once or not at all
            except BrokenPipeError:
                self._over.wait(1.0)
                return False
        return True

    def read_line(self, timeout: float) -> str | None:
        """The next line of stdout; see `Process`."""
        deadline = time.monotonic() + timeout
        limit = self._job.limits.output_bytes
        searched = 0
        while (end := self._pending.find(b"\n", searched, limit + 1)) < 0:
            searched = len(self._pending)
            if searched > limit:
                self.kill(f"it wrote a line longer than {amount(limit)}")
                return None
            if not _wait(self._from, select.POLLIN, deadline - time.monotonic()):
                return None
            chunk = os.read(self._from, _CHUNK)
            if not chunk:  # bwrap holds the other end as long as the job lives
                self._over.wait(END_SECONDS)
                return None
            self._pending += chunk
        line = self._pending[:end].decode("utf-8", "replace")
        del self._pending[: end + 1]
        return line

    def files(self, patterns: tuple[str, ...]) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """Files that lie in /out now; see `Process`."""
        with self._lock:
            if not self._held.alive:
                return {}, ()
            return collect(self._folders[1], patterns, self._job.limits)

    def kill(self, reason: str = "it was stopped") -> Ended:
        """End it and everything it started; see `Process`."""
        if not self.closed:
            self._end(reason)
        if not self._over.wait(2 * END_SECONDS) or self._ended is None:
            raise InfrastructureError("A job in the sandbox was killed and does not end.", "Restart the host.")
        return self._ended


def start_in_lines(job: Job, start: Callable[[Running], None]) -> Running:
    """Start a job that is spoken to in lines, with a thread that stays with it.

    Args:
        job: What runs.
        start: Calls `Running.start`; what it raises is raised here.
    """
    running = Running(job, in_lines=True)
    started = threading.Event()
    failure: list[BaseException] = []

    def stay() -> None:
        try:
            start(running)
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
            failure.append(error)
            return
        finally:
            started.set()
        running.watch()

    threading.Thread(target=stay, daemon=True, name="sandbox").start()
    started.wait()
    if failure:
        raise failure[0]
    return running


def _wait(descriptor: int, event: int, seconds: float) -> bool:
    """Wait until a pipe can be read or written, or has no other end any more; False where it cannot in time."""
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(max(0.0, min(seconds, 1e6)) * 1000))


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
