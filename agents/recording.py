"""What of a model's settings a run's journal may keep: enough to go on with the run, and no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_SECRET = re.compile(r"key|secret|passw|credential|auth|header|cookie|proxy|token(?!s)", re.IGNORECASE)
"""Names of model settings that hold secrets; `max_tokens` is none."""


def recordable(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Model settings as the journal may keep them: plain data, without anything that could be a secret."""
    kept = {name: value for name, value in settings.items() if value is not None and not _SECRET.search(name)}
    plain = {name: _plain_data(value) for name, value in kept.items() if _is_plain(value)}
    return plain


def without_password(address: str) -> str:
    """A server's address without the name, the password and the query that may stand in it."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | list | tuple | Mapping)


def _plain_data(value: Any) -> Any:
    if isinstance(value, Mapping):
        return recordable({str(name): item for name, item in value.items()})
    if isinstance(value, list | tuple):
        return [_plain_data(item) for item in value if _is_plain(item)]
    if isinstance(value, str) and "://" in value:
        return without_password(value)
    return value
