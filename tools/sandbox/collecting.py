"""Outputs of a job, read from the descriptor of its /out folder.

The folder is a tmpfs of the sandbox: what a job writes never lies on the host's disk. Whoever supervises the job opens
the folder before the job's program starts and reads it when nothing of the job lives any more: the descriptor keeps
the files, and nobody can exchange them while they are read. Only plain files are taken: no link is followed, and
nothing that would block or be without end is read.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import stat
from collections.abc import Iterator

from sightline.tools.sandbox.protocol import NAME, Limits

MOST_FILES = 10_000
"""Entries of /out that are looked at."""


def collect(folder: int, patterns: tuple[str, ...], limits: Limits) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Read the files that were asked for.

    Args:
        folder: Descriptor of the folder.
        patterns: Names, or patterns with `*` and `?`.
        limits: Each file may have `file_bytes`, all together `disk_bytes`.

    Returns:
        Contents by name, and what was asked for and is not among them, in words.
    """
    files: dict[str, bytes] = {}
    problems: list[str] = []
    left = limits.disk_bytes
    for name in _wanted(folder, patterns, problems):
        if name in files:
            continue
        content, problem = _read(folder, name, limits.file_bytes, left)
        if content is None:
            problems.append(problem)
        else:
            files[name] = content
            left -= len(content)
    return files, tuple(problems)


def _wanted(folder: int, patterns: tuple[str, ...], problems: list[str]) -> Iterator[str]:
    for pattern in patterns:
        if not set(pattern) & set("*?"):
            yield pattern
            continue
        try:
            with os.scandir(folder) as entries:
                names = [entry.name for _, entry in zip(range(MOST_FILES + 1), entries, strict=False)]
        except OSError as error:
            problems.append(f"/out cannot be listed: {error.strerror}.")
            return
        if len(names) > MOST_FILES:
            problems.append(f"/out holds more than {MOST_FILES} files; others were not looked at.")
        for name in sorted(fnmatch.filter(names, pattern)):
            if NAME.fullmatch(name):
                yield name
            else:
                problems.append(f"a file in /out has a name that is not taken: {ascii(name)[:80]}.")


def _read(folder: int, name: str, most: int, left: int) -> tuple[bytes | None, str]:
    """A file's bytes, or None and the reason. O_NONBLOCK: to open a FIFO would wait for its other end."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None, f"{name} was not written to /out."
    except OSError as error:
        plain = error.errno not in (errno.ELOOP, errno.ENXIO)  # a link, a socket
        reason = f"it cannot be opened ({error.strerror})" if plain else "it is no plain file"
        return None, f"{name} was not taken from /out: {reason}."
    try:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode):
            return None, f"{name} was not taken from /out: it is no plain file."
        if state.st_size > most:
            return None, f"{name} was not taken from /out: it has {state.st_size} bytes, the limit is {most}."
        if state.st_size > left:
            return None, f"{name} was not taken from /out: the files together have more than the limit."
        chunks = []
        wanted = state.st_size  # where the job still lives a file may grow: no more than what was there
        while wanted > 0 and (chunk := os.read(file, min(wanted, 1 << 20))):
            chunks.append(chunk)
            wanted -= len(chunk)
        return b"".join(chunks), ""
    finally:
        os.close(file)
