"""Caches: values bounded by bytes, and the fingerprint that lets a costly result be found again."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def fingerprint(made_by: str, *inputs: Any) -> str:
    """A hash of what a result is computed from.

    Args:
        made_by: The tool, and what of its version matters.
        inputs: Digests of the inputs' contents, never handles or file names; settings and the back end's label. Plain
            JSON data.
    """
    text = json.dumps([made_by, *inputs], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class ByteCache(Generic[T]):
    """A least-recently-used cache bounded by bytes, safe for threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._total = 0
        self._items: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> T | None:
        """The value under a key, now the most recently used; None if it is not there."""
        with self._lock:
            if key not in self._items:
                return None
            self._items.move_to_end(key)
            return self._items[key][0]

    def put(self, key: str, value: T, size: int) -> None:
        """Keep a value of `size` bytes; the least recently used are dropped beyond the limit."""
        with self._lock:
            if key in self._items:
                return
            self._items[key] = (value, size)
            self._total += size
            while self._total > self._limit and len(self._items) > 1:
                _, (_, dropped) = self._items.popitem(last=False)
                self._total -= dropped
