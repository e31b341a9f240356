"""One job from its start to the death of all it started: handshake, limits of the group, output, outputs.

The order of a start matters. The sandbox is made, and a shell of the system, the last thing before the job's own
program, says `ready` and waits. Only then is the sandbox taken hold of (`Hold`): its processes, its folders. Then the
shell is let go and becomes the job. So nothing that a job does can come before it is held.

The thread that starts a job stays with it: the kernel kills a sandbox when the thread that started it ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sightline.memory import InfrastructureError
from sightline.tools.sandbox.collecting import collect
from sightline.tools.sandbox.holds import Hold
from sightline.tools.sandbox.output import Kept, amount
from sightline.tools.sandbox.protocol import Ended, Job

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

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Launch:
    """What starts a sandbox.

    Attributes:
        command: The program and all its arguments.
        take_hold: Takes hold of the sandbox that the process with this number made, when its job waits.
        descriptors: What the program inherits.
        environment: Its variables; what the job gets of them is the program's affair.
    """

    command: list[str]
    take_hold: Callable[[int], Hold]
    descriptors: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class CouldNotStart(Exception):
    """The sandbox was not made; the argument is what was said."""


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
        self._held = False
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
                env=dict(launch.environment),
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
            self._handshake(launch)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
            raise

    def _handshake(self, launch: Launch) -> None:
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
        try:
            self._hold = launch.take_hold(self._popen.pid)
        except OSError as error:  # a security module may forbid to look into another process
            raise CouldNotStart(f"it cannot be looked into from outside: {error}") from error
        self._held = True
        for pipe in (self._to, self._from, self._errors):
            os.set_blocking(pipe, False)
        os.write(self._to, b"go\n")

    # ------------------------------------------------------------------ watch
    def watch(self) -> Ended:
        """Stay with the job until nothing of it lives, and collect its outputs."""
        begun = time.monotonic()
        files: dict[str, bytes] = {}
        problems: tuple[str, ...] = ()
        gone = False
        try:
            if not self._in_lines:
                self._close_stdin()
            self._supervise(begun)
            gone = True
            files, problems = collect(self._hold.outputs, self._job.outputs, self._job.limits)
        finally:
            if not gone:
                self._send_kill()
            code = self._popen.wait()
            seconds = time.monotonic() - begun
            while self._stderr.take(self._errors):
                pass
            while not self._in_lines and self._stdout.take(self._from):
                pass
            with self._lock:
                self._held = False
                found = self._hold.release(code)
            reason = self._reason or found
            texts = self._stdout.text(), self._stderr.text()
            self._ended = Ended(None if reason else code, *texts, reason, files, problems, seconds)
            self._over.set()
        return self._ended

    def _supervise(self, begun: float) -> None:
        limits = self._job.limits
        look, killed = begun, 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self._hold.gone, selectors.EVENT_READ)
            selector.register(self._errors, selectors.EVENT_READ, self._stderr)
            if not self._in_lines:
                selector.register(self._from, selectors.EVENT_READ, self._stdout)
            while True:
                for key, _ in selector.select(LOOK_EVERY):
                    if key.data is None:
                        return  # nothing of it lives
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
        flood = _FLOOD * self._job.limits.output_bytes
        if reason := self._hold.excess(self._job.limits):
            self._end(reason)
        elif max(self._stdout.total, self._stderr.total) > flood:
            self._end(f"it printed more than {amount(flood)}")

    def _end(self, reason: str) -> None:
        """Kill it, if nobody did: the first reason stays."""
        self._reason = self._reason or reason
        self._send_kill()

    def _send_kill(self) -> None:
        with self._lock:
            if self._held:
                self._hold.kill()

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
            if not self._held:
                return {}, ()
            return collect(self._hold.outputs, patterns, self._job.limits)

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
