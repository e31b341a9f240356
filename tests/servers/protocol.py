"""What the server needs from a protocol: to read a request, word a reply, stream it, and word an error."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from servers.pictures import PictureLimits
from servers.request import Reading
from servers.schemas import Provider
from servers.script import Call, Turn, Usage

Event = tuple[str | None, Mapping[str, Any] | str]  # (SSE event name, data)


@dataclass(frozen=True)
class Options:
    """How strict a server is beyond its protocol's own rules."""

    refuse_user_after_tool: bool = False
    json_arguments: bool = False


@dataclass(frozen=True)
class Reply:
    """A turn with everything decided: ids of its calls, its own number, token counts."""

    turn: Turn
    calls: Sequence[Call]
    number: int
    model: str
    usage: Usage


def arguments_of(call: Call) -> str:
    """The argument string as it goes over the wire."""
    return json.dumps(call.args) if call.raw_arguments is None else call.raw_arguments


def pieces(text: str, size: int = 9) -> list[str]:
    """`text` in stream-sized pieces."""
    return [text[start : start + size] for start in range(0, len(text), size)]


class Protocol(ABC):
    """One wire protocol. Stateless, but for what a server remembers in `issued`."""

    path: ClassVar[str]
    base_suffix: ClassVar[str]  # what the SDK's base_url has after the host
    provider: ClassVar[Provider]
    limits: ClassVar[PictureLimits]
    max_bytes: ClassVar[int]
    call_prefix: ClassVar[str]

    def __init__(self) -> None:
        self.issued: dict[str, Mapping[str, Any]] = {}
        """Call id -> the reasoning block that came with it."""

    @abstractmethod
    def read(self, body: Mapping[str, Any], headers: Mapping[str, str], options: Options) -> Reading:
        """Walk a body; never raises on a bad one, flags what is wrong."""

    @abstractmethod
    def reply(self, reply: Reply) -> dict[str, Any]:
        """The JSON body of a reply without streaming; remembers its reasoning in `issued`."""

    @abstractmethod
    def events(self, reply: Reply, full: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Event]:
        """The same reply (`full` is what `reply` returned) as stream events."""

    @abstractmethod
    def error(self, status: int, message: str, where: str | None = None, code: str | None = None) -> dict[str, Any]:
        """An error body in the provider's form."""


def status_message(status: int) -> str:
    """What a scripted failure says when the script does not."""
    known = {
        401: "Incorrect API key provided.",
        404: "The model does not exist or you do not have access to it.",
        429: "Rate limit reached for requests.",
        529: "Overloaded",
    }
    try:
        return known.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return f"status {status}"
