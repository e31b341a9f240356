"""Text from models and from tools of others, made fit for files and requests."""

from __future__ import annotations

from sightline.memory.refs import plain


def whole(text: str) -> str:
    """The text with halves of characters replaced by U+FFFD.

    JSON can hold half a surrogate pair (models write one when an emoji is cut); no file and no request can.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def from_outside(text: str) -> str:
    """Text that somebody else wrote, so that it can be kept, and cannot pose as a reference to a place."""
    return plain(whole(text))
