"""The append-only journal of a run: one JSON object a line in `trace.jsonl`.

A line is written with one `write` to a file opened for appending, so a killed process leaves at most one torn line at
the end, which is cut off when the journal is opened for writing again. Replies and results, which cost money or time,
are also forced to disk. One process at a time may write a run: the file is locked while it is open.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from sightline.memory.errors import InfrastructureError, InputError
from sightline.memory.events import EVENT, Event, ModelReplied, ToolFinished

FILE_NAME = "trace.jsonl"


def read_events(path: Path) -> Iterator[Event]:
    """Read a journal; a torn last line (the process was killed while writing it) is left out.

    Raises:
        InputError: The file is missing, or a line before the last is damaged.
    """
    if not path.is_file():
        raise InputError(f"There is no trace at {path}.", "Name a run listed by `sightline trace`, or its folder.")
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                event = EVENT.validate_json(line)
            except ValidationError as error:
                problem = error.errors()[0]
                where = ".".join(str(part) for part in problem["loc"])
                raise InputError(
                    f"{path}, line {number}: not a valid event ({where}: {problem['msg']}).",
                    "The file was changed or written by another version; the lines before it are intact.",
                ) from None
            yield event


def write_journal(path: Path, events: Iterable[Event]) -> None:
    """A new journal that holds these events as they are; after a kill it is there whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for event in events:
            file.write(event.model_dump_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


class Journal:
    """A journal open for writing.

    Args:
        path: Path of `trace.jsonl`.

    Raises:
        InputError: Another process is writing it.
        InfrastructureError: The file cannot be opened for writing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise InfrastructureError(
                f"{path} cannot be written ({error.strerror}).", "Set SIGHTLINE_RUNS, or --runs, to a folder of yours."
            ) from error
        try:
            _lock(self._fd)
        except OSError:
            os.close(self._fd)
            raise InputError(
                f"The run in {path.parent} is being written by another process.",
                "Wait for it to end, or stop it.",
            ) from None
        try:
            self._cut_torn_line()
            self.recovered: list[Event] = list(read_events(path))
        except BaseException:
            self.close()
            raise
        self._next = len(self.recovered)

    def _cut_torn_line(self) -> None:
        data_end = os.fstat(self._fd).st_size
        keep = data_end
        while keep > 0:
            start = max(0, keep - 65536)
            newline = os.pread(self._fd, keep - start, start).rfind(b"\n")
            if newline >= 0:
                keep = start + newline + 1
                break
            keep = start
        if keep != data_end:
            os.ftruncate(self._fd, keep)

    def append(self, event: Event) -> Event:
        """Write one event; returns it with its position and time.

        Raises:
            InfrastructureError: It could not be written (the disk is full); the journal is as before.
        """
        placed = event.model_copy(update={"position": self._next, "time": event.time or time.time()})
        line = placed.model_dump_json().encode() + b"\n"
        before = os.fstat(self._fd).st_size
        try:
            # A full disk may take a part of it: what follows must not be glued to that.
            if os.write(self._fd, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if isinstance(event, ModelReplied | ToolFinished):
                os.fsync(self._fd)
        except OSError as error:
            os.ftruncate(self._fd, before)
            raise InfrastructureError(
                f"The trace at {self.path} cannot be written ({error.strerror}).",
                "Make room on the disk, then `sightline resume`.",
            ) from error
        self._next += 1
        return placed

    def close(self) -> None:
        """Release the file and its lock; safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _lock(fd: int) -> None:
    """Take the exclusive lock or raise OSError at once."""
    if os.name == "nt":  # pragma: no cover - exercised on Windows only
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
