"""What Chat Completions and Responses share: error bodies, tool choice, parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from servers.request import Reading

_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


def error_body(status: int, message: str, where: str | None, code: str | None) -> dict[str, Any]:
    """OpenAI's error body."""
    kind = _KINDS.get(status) or ("server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": where, "code": code or _CODES.get(status)}}


def check_parameters(reading: Reading, body: Mapping[str, Any], known: Collection[str]) -> None:
    """The model, the parameters' names, and those that need others."""
    if not isinstance(body.get("model"), str) or not body["model"]:
        reading.flag("malformed", "model", "you must provide a model parameter")
    for name in sorted(body.keys() - set(known)):
        reading.flag("unknown-parameter", name, f"Unrecognized request argument supplied: {name}")
    if body.get("stream_options") is not None and not body.get("stream"):
        reading.flag("malformed", "stream_options", "only allowed when 'stream' is enabled")
    if body.get("tools") is None:
        for name in ("tool_choice", "parallel_tool_calls"):
            if body.get(name) is not None:
                reading.flag("tool-choice", name, f"'{name}' is only allowed when 'tools' are specified")
    elif not isinstance(body["tools"], list) or not body["tools"]:
        reading.flag("tool-form", "tools", "[] is too short: tools must be a non-empty array")


def read_choice(reading: Reading, choice: object, name: object) -> None:
    """`choice` as sent and, where it is an object, the tool `name` inside it."""
    match choice:
        case None:
            pass
        case "none" | "auto" | "required":
            reading.tool_choice = choice
        case {"type": "function"} if isinstance(name, str):
            reading.tool_choice, reading.forced_tool = "required", name
        case _:
            reading.flag(
                "tool-choice",
                "tool_choice",
                f"{choice!r} is neither 'none', 'auto', 'required' nor a function by name",
            )
