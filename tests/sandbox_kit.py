"""Attacks on the sandbox: the same program run inside it and outside, and what is left on the host afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sightline.tools.sandbox import Ended, Job, Limits, sandbox

INTERPRETER = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
READABLE = () if INTERPRETER.is_relative_to("/usr") else (Path(sys.base_prefix).resolve(),)
QUICK = Limits(cpu_seconds=20, wall_seconds=20, memory_bytes=512 << 20, disk_bytes=64 << 20, file_bytes=32 << 20)


def limits(**changed: float) -> Limits:
    """The quick ones, changed."""
    return Limits(**{**vars(QUICK), **changed})  # type: ignore[arg-type]  # what is an integer stays one


PREAMBLE = """
import os, sys, time
def attempt(what, action):
    try:
        got = action()
    except Exception as error:
        print(what, "refused", type(error).__name__, getattr(error, "errno", ""))
    else:
        print(what, "REACHED", got)
"""
"""`attempt(what, action)` prints `what REACHED ...` or `what refused ...`."""


def python_job(code: str, **settings: Any) -> Job:
    """A job that runs Python code, by this interpreter without packages."""
    inputs: Mapping[str, bytes | Path] = settings.pop("inputs", {})
    settings.setdefault("limits", QUICK)
    program = (PREAMBLE + textwrap.dedent(code)).encode()
    command = (str(INTERPRETER), "-I", "-S", "-u", "/in/attack.py")
    return Job(command, inputs={"attack.py": program, **inputs}, readable=READABLE, **settings)


def inside(code: str, **settings: Any) -> Ended:
    """Run it in the sandbox."""
    return sandbox().run(python_job(code, **settings))


def outside(code: str, **settings: Any) -> str:
    """Run it on the host, and say what it printed: an attack that does not succeed here proves nothing."""
    program = PREAMBLE + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, timeout=60, check=True, **settings
    )
    return done.stdout


def outcomes(printed: str) -> dict[str, str]:
    """What each attempt came to: `REACHED` or `refused`."""
    return {words[0]: words[1] for words in map(str.split, printed.splitlines()) if len(words) > 1}


def processes_with(marker: str) -> list[str]:
    """Command lines of this machine's processes that hold the marker, but for this one."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:  # it has ended
            continue
        if marker in line and place.parent.name != str(os.getpid()):
            found.append(line)
    return found


def sandboxes_of_this_process() -> list[str]:
    """The bwrap processes that this one, or one of its children, has started and that still live."""
    return list(_below(os.getpid()))


def _below(pid: int) -> Iterator[str]:
    for place in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = place.read_text("ascii").split()
        except OSError:  # the thread has ended
            continue
        for child in children:
            try:
                name = Path(f"/proc/{child}/comm").read_text("utf-8").strip()
            except OSError:  # the process has ended
                continue
            if name in ("bwrap", "setpriv"):
                yield f"{name} {child}"
            yield from _below(int(child))
