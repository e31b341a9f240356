"""Failures on the command line: one line, never a traceback, and the exit code that says whose fault it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from sightline.demos.wording import printable
from sightline.memory import InfrastructureError, SightlineError

ANSWERED, NO_ANSWER, INPUT, INFRASTRUCTURE, STOPPED = 0, 1, 2, 3, 130


def guarded(work: Callable[[], int], *, as_json: bool) -> int:
    """Run a command's work; a failure this project raised becomes a line on standard error, or a JSON object."""
    try:
        return work()
    except SightlineError as error:
        broken = isinstance(error, InfrastructureError)
        line = " ".join(printable(str(error)).split())
        if as_json:
            kind = "infrastructure" if broken else "input"
            sys.stdout.write(json.dumps({"error": line, "kind": kind}, ensure_ascii=False) + "\n")
        else:
            sys.stderr.write(f"error: {line}\n")
        return INFRASTRUCTURE if broken else INPUT
