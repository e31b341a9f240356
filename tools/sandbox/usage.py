"""What the processes of a sandbox use together, read from the /proc that shows only them.

Resource limits of the kernel hold for one process each; a group that forks shares memory and time as it likes. A
watcher asks here every few hundredths of a second.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")
_INODE_BYTES = 1024
"""Kernel memory for a file in a tmpfs, which the size of the tmpfs does not count."""


@dataclass(frozen=True)
class Usage:
    """What a group uses: bytes of memory, seconds of CPU time."""

    memory: int
    cpu: float


def measure(proc: int, folders: Sequence[int], limit: int) -> Usage:
    """Add up what is used.

    Args:
        proc: Descriptor of the sandbox's own /proc.
        folders: Descriptors of its folders in memory.
        limit: Memory from which shared pages are counted exactly, once, instead of once a process.
    """
    memory = sum(_in_memory(folder) for folder in folders)
    cpu = 0.0
    resident = 0
    pids = [name for name in os.listdir(proc) if name.isdigit()]
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            # After the name, which may hold anything: state is the first field; see proc(5).
            fields = _read(proc, f"{pid}/stat").rpartition(b")")[2].split()
            cpu += sum(map(int, fields[11:15])) / _TICKS  # its own, and its children's that have ended
            resident += _kilobytes(_read(proc, f"{pid}/status"), b"VmRSS:", b"VmPTE:")
    if memory + resident > limit:
        resident = sum(_shares(proc, pid) for pid in pids)
    return Usage(memory + resident, cpu)


def _in_memory(folder: int) -> int:
    state = os.fstatvfs(folder)
    return (state.f_blocks - state.f_bfree) * state.f_frsize + (state.f_files - state.f_ffree) * _INODE_BYTES


def _shares(proc: int, pid: str) -> int:
    """Memory of one process, with its share of pages that others hold too."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        status = _read(proc, f"{pid}/status")
        try:
            return _kilobytes(status, b"VmPTE:") + _kilobytes(_read(proc, f"{pid}/smaps_rollup"), b"Pss:")
        except PermissionError:  # it made itself unreadable, so all that it holds is its own
            return _kilobytes(status, b"VmPTE:", b"VmRSS:")
    return 0


def _kilobytes(text: bytes, *names: bytes) -> int:
    """The bytes that lines such as `VmRSS:  123 kB` give, added up; a process without memory (a zombie) has none."""
    return sum(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith(names))


def _read(proc: int, name: str) -> bytes:
    file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        return os.read(file, 16384)
    finally:
        os.close(file)
