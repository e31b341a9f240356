"""A received request, read once: its parts in the order the model sees them, its tools, its broken rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from servers.pictures import Picture

Kind = Literal["text", "picture", "call", "result", "reasoning"]


@dataclass(frozen=True)
class Part:
    """One thing the model sees. `role` is system, user, assistant or tool; `id` and `name` belong to calls.

    A result is a part of kind "result" with its call's id, followed by its content as parts of role "tool".
    A call's `text` is its arguments as JSON.
    """

    role: str
    kind: Kind
    where: str
    text: str = ""
    picture: Picture | None = None
    id: str = ""
    name: str = ""


@dataclass(frozen=True)
class Tool:
    """A declared function; `schema` is what the client sent, whatever that was."""

    name: str
    description: str
    schema: Any
    strict: bool = False


@dataclass(frozen=True)
class Violation:
    """A broken rule: its name, the place in the body, and what a provider would say."""

    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.message}" if self.where else f"{self.rule}: {self.message}"


@dataclass
class Reading:
    """What a protocol's reader fills in while it walks a body. Readers flag what is wrong and read on."""

    parts: list[Part] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    tool_choice: Literal["auto", "none", "required"] = "auto"
    forced_tool: str | None = None  # apart from the choice: a tool may be called "none"
    violations: list[Violation] = field(default_factory=list)

    def flag(self, rule: str, where: str, message: str) -> None:
        """Record a broken rule."""
        self.violations.append(Violation(rule, where, message))

    def text(self, role: str, where: str, value: object) -> str | None:
        """Read a text; flag it if it is not a string."""
        if not isinstance(value, str):
            self.flag("malformed", where, f"expected a string, got {type(value).__name__}")
            return None
        self.parts.append(Part(role, "text", where, text=value))
        return value

    def array(self, where: str, value: object) -> list[Any]:
        """An optional array: [] if absent; flagged, and [], if it is something else."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.flag("malformed", where, f"expected an array, got {type(value).__name__}")
            return []
        return value

    def picture(self, role: str, where: str, picture: Picture) -> None:
        """Read a picture; the shared rules judge it later."""
        self.parts.append(Part(role, "picture", where, picture=picture))

    def call(self, where: str, call_id: object, name: object, arguments: str) -> str:
        """Read a call; flag an id or a name that is not a string. Returns the id, "" if it has none."""
        if not isinstance(call_id, str) or not call_id:
            self.flag("malformed", where, f"a call needs an id, got {call_id!r}")
            call_id = ""
        if not isinstance(name, str):
            self.flag("malformed", where, f"a call needs a name, got {name!r}")
            name = ""
        self.parts.append(Part("assistant", "call", where, text=arguments, id=call_id, name=name))
        return call_id

    def result(self, where: str, call_id: object) -> str:
        """Read the head of a result. Returns the id, "" if it has none."""
        if not isinstance(call_id, str) or not call_id:
            self.flag("malformed", where, f"a result needs its call's id, got {call_id!r}")
            call_id = ""
        self.parts.append(Part("tool", "result", where, id=call_id))
        return call_id


@dataclass(frozen=True)
class Request:
    """A request as it arrived: `arrival` in time.monotonic() seconds, `index` from 0, bad ones included."""

    index: int
    arrival: float
    path: str
    headers: Mapping[str, str]
    raw: bytes
    body: Mapping[str, Any]
    reading: Reading

    @property
    def parts(self) -> list[Part]:
        """Everything the model sees, in order."""
        return self.reading.parts

    @property
    def violations(self) -> list[Violation]:
        """The rules this request breaks."""
        return self.reading.violations

    @property
    def tool_names(self) -> list[str]:
        """The declared tools, in order."""
        return [tool.name for tool in self.reading.tools]

    @property
    def tool_choice(self) -> str:
        """The choice: "auto", "none", "required", or the name of the forced tool."""
        return self.reading.forced_tool or self.reading.tool_choice

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body.get("model"))

    @property
    def stream(self) -> bool:
        """Whether a stream was asked for."""
        return bool(self.body.get("stream"))


def texts(request: Request, role: str | None = None) -> list[str]:
    """All text the model sees, in order; of one role ("system", "user", "assistant", "tool") if named."""
    return [p.text for p in request.parts if p.kind == "text" and role in (None, p.role)]


def pictures(request: Request) -> list[Picture]:
    """All pictures the model sees, in order."""
    return [p.picture for p in request.parts if p.picture is not None]


def picture_sizes(request: Request) -> list[tuple[int, int] | None]:
    """(width, height) in pixels of each picture the model sees, in order; None if it does not decode."""
    return [picture.size for picture in pictures(request)]


def calls(request: Request) -> list[tuple[str, Any]]:
    """(name, arguments) of each call in the history, in order; arguments that are not JSON as they are."""
    found: list[tuple[str, Any]] = []
    for part in request.parts:
        if part.kind == "call":
            try:
                found.append((part.name, json.loads(part.text)))
            except json.JSONDecodeError:
                found.append((part.name, part.text))
    return found


def results(request: Request) -> dict[str, str]:
    """The text of each result, by its call's id; several text parts are joined by newlines."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for part in request.parts:
        if part.kind == "result":
            current = found.setdefault(part.id, [])
        elif part.role != "tool":
            current = None
        elif part.kind == "text" and current is not None:
            current.append(part.text)
    return {call_id: "\n".join(lines) for call_id, lines in found.items()}


def prompt_text(parts: Iterable[Part]) -> str:
    """All words of the prompt, calls and reasoning included: what usage is computed from."""
    return "\n".join(part.text for part in parts if part.text)
