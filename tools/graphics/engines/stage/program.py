"""Run a model's program in this process, and say how it failed: at which of its own lines, in which words."""

from __future__ import annotations

import contextlib
import json
import linecache
import math
import os
import sys
import traceback
from pathlib import Path
from typing import Any

PROGRAM = "program.py"
"""What the program's file is called in tracebacks."""
LONGEST_MESSAGE = 2000
MOST_PRINTED = 4000
"""Characters kept of what a program prints; the rest is counted."""


class Printed:
    """Standard output of a program: passed on, and its beginning kept."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.parts: list[str] = []
        self.kept = 0
        self.left_out = 0

    def write(self, text: str) -> int:
        """As of a text stream."""
        kept = text[: MOST_PRINTED - self.kept]
        if kept:
            self.parts.append(kept)
        self.kept += len(kept)
        self.left_out += len(text) - len(kept)
        self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As of a text stream."""
        self.stream.flush()

    def text(self) -> str:
        """What was printed, with a note where it was cut."""
        note = f"\n... ({self.left_out} more characters)" if self.left_out else ""
        return "".join(self.parts) + note


def failure(error: BaseException, kind: str) -> dict[str, Any]:
    """A failure as JSON data: `kind`, `message`, and `line` where it is known."""
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        return {"kind": kind, "message": f"{type(error).__name__}: {error.msg}", "line": error.lineno}
    if isinstance(error, SystemExit):
        message = "the program ends the process itself (SystemExit); leave that out"
    else:
        message = traceback.format_exception_only(type(error), error)[-1].strip()[:LONGEST_MESSAGE]
    lines = [number for frame, number in traceback.walk_tb(error.__traceback__) if _is_program(frame)]
    return {"kind": kind, "message": message, "line": lines[-1] if lines else None}


def _is_program(frame: Any) -> bool:
    return bool(frame.f_code.co_filename == PROGRAM)


def run(text: str, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None, str]:
    """Run a program in a module namespace of its own.

    Args:
        text: The program.
        given: Names it finds besides the built-in ones.

    Returns:
        Its namespace afterwards, its failure as JSON data or None, and what it printed.
    """
    # Tracebacks that the program prints itself show its lines, too.
    linecache.cache[PROGRAM] = (len(text), None, text.splitlines(keepends=True), PROGRAM)
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": PROGRAM, "__builtins__": __builtins__, **given}
    problem = None
    printed = Printed(sys.stdout)
    try:
        with contextlib.redirect_stdout(printed):
            # This process is in the sandbox for nothing else than to run this.
            exec(compile(text, PROGRAM, "exec", dont_inherit=True), namespace)  # noqa: S102
    except BaseException as error:  # noqa: BLE001 - whatever a program raises is its failure, SystemExit too
        problem = failure(error, "program")
    return namespace, problem, printed.text()


def finite(value: Any) -> Any:
    """JSON data with `None` for what is no number (nan, infinity), which JSON cannot say."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


def finish(out: str, result: dict[str, Any]) -> None:
    """Write `result.json` and end this process now: what a program left running must not hold it."""
    unfinished = Path(out) / "result.part"
    unfinished.write_text(json.dumps(finite(result)), encoding="utf-8")
    unfinished.replace(Path(out) / "result.json")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
