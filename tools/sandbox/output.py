"""What a job prints, kept up to a limit: the rest is read and dropped, so that printing for ever fills no memory."""

from __future__ import annotations

import os

_CHUNK = 1 << 16


class Kept:
    """The beginning of a stream.

    Args:
        limit: Bytes that are kept.

    Attributes:
        total: Bytes that came.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()
        self.total = 0

    def take(self, source: int) -> bool:
        """Read a little from a pipe that does not block; False where it is at its end, or holds nothing now."""
        try:
            chunk = os.read(source, _CHUNK)
        except BlockingIOError:
            return False
        self.add(chunk)
        return bool(chunk)

    def add(self, chunk: bytes) -> None:
        """Keep of it what has room."""
        self.total += len(chunk)
        self._data += chunk[: max(0, self._limit - len(self._data))]

    def text(self) -> str:
        """What was kept as text, with a note where it was cut."""
        text = self._data.decode("utf-8", "replace")
        if self.total > self._limit:
            text += f"\n[cut: {amount(self.total)} were printed, the first {amount(self._limit)} are shown]"
        return text


def amount(size: int) -> str:
    """A number of bytes for a reader: "2 GiB", "512 bytes"."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"
