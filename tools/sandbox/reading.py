"""JSON that a job wrote, read with limits: a few megabytes of brackets would become gigabytes of lists."""

from __future__ import annotations

import json
from typing import Any

MOST_VALUES = 200_000
"""Lists, dictionaries and their items."""


def read_json(text: str | bytes) -> Any:
    """Parse JSON.

    Raises:
        ValueError: It is none, or holds more than `MOST_VALUES` values, or is nested far too deeply.
    """
    written = text if isinstance(text, str) else text.decode("utf-8")
    # A count from above, before anything is built: the same characters in strings count too.
    if sum(map(written.count, "[{,")) > MOST_VALUES:
        raise ValueError("it holds too many values")
    try:
        return json.loads(written)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
