"""What a sandbox is: a job goes in with named files, and what it printed and the files it was asked for come out.

    ended = sandbox().run(Job(("/usr/bin/python3", "/in/cell.py"), inputs={"cell.py": b"print(1)"}))

Inside, `/in` holds the inputs and is read-only, `/box` is the working folder, and what is left in `/out` under the
names that were asked for is handed back. Nothing else of the host is there but the system's programs and libraries
and the folders in `Job.readable`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""A file's name inside a sandbox: no folder, no hidden file, nothing that a shell or an option parser reads."""

PATTERN = re.compile(r"[A-Za-z0-9_*?][A-Za-z0-9._*?-]{0,127}")
"""A name, or several by `*` and `?`."""

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Limits:
    """What a job may use. `inf` seconds mean without limit, for a worker that is timed line by line.

    Attributes:
        cpu_seconds: CPU time of all its processes together.
        wall_seconds: Time from its start until all of it is killed.
        memory_bytes: Memory of all its processes together, the files it keeps in memory included.
        processes: Processes and threads at one time.
        file_bytes: Size of any one file it writes.
        output_bytes: How much of stdout, and of stderr, is kept; the rest is read and dropped. For a process that is
            kept open it is the longest line of stdout.
        disk_bytes: Size of each of the folders in memory it can write to: /box, /out, /tmp.
    """

    cpu_seconds: float = 60.0
    wall_seconds: float = 60.0
    memory_bytes: int = 2 << 30
    processes: int = 64
    file_bytes: int = 256 << 20
    output_bytes: int = 1 << 20
    disk_bytes: int = 512 << 20

    def __post_init__(self) -> None:
        if not all(value > 0 for value in vars(self).values()):
            raise ValueError(f"every limit of a sandbox is above zero: {self}")


@dataclass(frozen=True)
class Job:
    """A command and all it is given.

    Attributes:
        command: The program, by its path inside, and its arguments.
        inputs: Files under /in by name: their bytes, or a file of the host, which is copied in.
        outputs: Names, or patterns with `*` and `?`, of the files under /out that are handed back.
        readable: Folders of the host to be read inside at the same path: an interpreter, an engine. Never a home
            folder, never data.
        environment: Variables beside the few fixed ones (PATH, HOME, TMPDIR, LANG).
        limits: What it may use.

    Raises:
        ValueError: A name, a variable or a limit is not one.
    """

    command: tuple[str, ...]
    inputs: Mapping[str, bytes | Path] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    readable: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.command:
            raise ValueError("a job needs a command")
        for name in self.inputs:
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name for a file in a sandbox: letters, digits, '.', '_' and '-'")
        for pattern in self.outputs:
            if not PATTERN.fullmatch(pattern):
                raise ValueError(f"{pattern!r} is no name or pattern of files in /out")
        for variable in self.environment:
            if not VARIABLE.fullmatch(variable):
                raise ValueError(f"{variable!r} is no name of a variable")
        words = (*self.command, *self.environment.values())
        if any("\0" in word for word in words):
            raise ValueError("an argument or a variable of a job holds a zero byte")


@dataclass(frozen=True)
class Ended:
    """How a job ended. Everything in it but `reason`, `problems` and `seconds` was written by the job.

    Attributes:
        code: Its exit code (128 + n for a program that signal n ended); None where the sandbox killed it.
        stdout: What it printed, as UTF-8, cut to the limit with a note.
        stderr: The same for stderr.
        reason: Why it was killed, in words: "it ran past 60 s"; "" where it ended by itself.
        files: Contents of the files asked for, by name.
        problems: What was asked for and not handed back, and why, in words.
        seconds: Wall time it took.
    """

    code: int | None
    stdout: str
    stderr: str
    reason: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    seconds: float = 0.0


class Process(Protocol):
    """A job that is kept open and spoken to in lines. One thread at a time may write, and one read."""

    @property
    def closed(self) -> bool:
        """Whether it has ended, by itself or killed."""

    @property
    def ended(self) -> Ended | None:
        """How it ended, with the outputs of its job; None while it lives. `stdout` is "": it was read as lines."""

    def write_line(self, line: str, timeout: float = 10.0) -> bool:
        """Send a line; False where it has ended. A process that does not read within `timeout` s is killed.

        Raises:
            ValueError: It is more than one line.
        """

    def read_line(self, timeout: float) -> str | None:
        """The next line of its stdout, without its end; None where none came within `timeout` s, or it has ended.

        A line longer than `Limits.output_bytes` kills the process. Bytes that are not UTF-8 are replaced.
        """

    def files(self, patterns: tuple[str, ...]) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """Files that lie in /out now, and the problems, as in `Ended`. Empty where it has ended."""

    def kill(self, reason: str = "it was stopped") -> Ended:
        """End it and everything it started, now; returns when nothing of it lives. Says how it ended."""


class Sandbox(Protocol):
    """Where jobs run apart from the host."""

    @property
    def name(self) -> str:
        """`bubblewrap`, `docker` or `podman`."""

    def check(self) -> None:
        """Try it.

        Raises:
            InfrastructureError: It is missing or refuses to run; the remedy is the command that mends it.
        """

    def run(self, job: Job) -> Ended:
        """Run a job to its end.

        Raises:
            InfrastructureError: The sandbox cannot be made.
        """

    def open(self, job: Job) -> Process:
        """Start a job that is spoken to in lines.

        Raises:
            InfrastructureError: The sandbox cannot be made.
        """
