"""What every stage does around its own work: read the request, run the program, sort what fails, write the result."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from program import failure, finish, run

HERE = Path(__file__).resolve().parent


class Impossible(LookupError):
    """What was asked for is not in what the program made; the message says what is."""


def serve(
    begin: Callable[[dict[str, Any]], dict[str, Any]],
    answer: Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], None],
) -> None:
    """Serve the one request, and end the process.

    Args:
        begin: From the request to the names that the program finds; opens the start file.
        answer: Given the request, the program's namespace and the result, renders or reports into the result.
    """
    request, text = handed_in()
    result: dict[str, Any] = {"printed": "", "problem": None}
    try:
        given = begin(request)
    except Exception as error:  # noqa: BLE001 - a start file may be anything; the host is told
        finish(request["out"], {**result, "problem": failure(error, "start")})
        return
    namespace, result["problem"], result["printed"] = run(text, given)
    if result["problem"] is None:
        try:
            answer(request, namespace, result)
        except Impossible as error:
            result["problem"] = {"kind": "request", "message": str(error), "line": None}
        except Exception as error:  # noqa: BLE001 - told to the host, which cannot see into this process
            result["problem"] = failure(error, "engine")
    finish(request["out"], result)


def handed_in() -> tuple[dict[str, Any], str]:
    """The request, and the program's text."""
    request = json.loads((HERE / "request.json").read_text(encoding="utf-8"))
    return request, (HERE / "model_program.txt").read_text(encoding="utf-8")


def fresh(request: dict[str, Any], name: str) -> str:
    """Path of a file to be written, where nothing lies yet: the program may have left a file of this name."""
    path = Path(request["out"]) / name
    path.unlink(missing_ok=True)
    return str(path)
