"""The tool contract: what a tool is, what it returns, and how it fails.

A tool is a typed function with a docstring, declared unbound:

    @tool(family="image", example={"image": "img1", "box": [100, 80, 300, 240]})
    def crop_zoom(image: Picture, box: Box) -> ToolResult:
        \"\"\"Cut a box out of a picture and enlarge it. ...\"\"\"

The docstring describes the tool and, under `Args:`, each argument.

The function gets resolved values: a `Picture`, a `Cloud` or a `SceneObject` for a handle, stored pixels for a place.
What a model sees (schema, texts, numbers in its own coordinate dialect) is made where the tool is bound to one, see
`sightline.tools.binding`.

It returns text that is enough for a reader who sees no pictures, new pictures and data, and facts for memory; or it
raises one of the three failures of `sightline.memory.errors`. A missing description of a tool or of an argument is an
error at import.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, overload

from sightline.geometry.dialects import PIXELS, CoordinateDialect, PictureLimits
from sightline.geometry.quantities import Quantity
from sightline.memory import (
    Cloud,
    DataDraft,
    DepthMap,
    Draft,
    Fact,
    Mask,
    Picture,
    Program,
    ProgramDraft,
    SceneObject,
    SightlineError,
    Track,
    Usage,
    Video,
    Workspace,
)
from sightline.memory.refs import plain_data
from sightline.tools.back_ends.protocols import Seen
from sightline.tools.back_ends.registry import BackEnds
from sightline.tools.parameters import Box, Panorama, Parameter, Path, Point, parameters_of, parse_docstring
from sightline.tools.session import Session

__all__ = [
    "Box",
    "Cloud",
    "DepthMap",
    "Instrument",
    "Look",
    "LookReply",
    "Mask",
    "Panorama",
    "Path",
    "Picture",
    "Point",
    "Program",
    "SceneObject",
    "Sees",
    "StoredPixels",
    "Tool",
    "ToolContext",
    "ToolResult",
    "Track",
    "Video",
    "tool",
]

DEFAULT_TIME_LIMIT = 120.0
"""Seconds a call may take. Instruments that load weights on first use state a longer one."""


class Sees(Protocol):
    """How a model is shown pictures and names places in them; a `ModelProfile` is one."""

    @property
    def dialect(self) -> CoordinateDialect:
        """How it names places."""

    @property
    def limits(self) -> PictureLimits:
        """How large a picture it is sent."""


@dataclass(frozen=True)
class StoredPixels:
    """How a caller that is no particular model sees pictures: at their stored size, in stored pixels."""

    dialect: CoordinateDialect = PIXELS
    limits: PictureLimits = field(default_factory=lambda: PictureLimits(max_long_side=1 << 20))


@dataclass(frozen=True)
class LookReply:
    """What a model said when it was asked about pictures, and what that used.

    Attributes:
        text: Its words; may be empty.
        usage: What the call used, also where nothing came of it.
        refused: Whether it declined to answer.
    """

    text: str
    usage: Usage
    refused: bool = False


class Look(Protocol):
    """A fresh call of a vision-language model, outside the conversation."""

    @property
    def sees(self) -> Sees:
        """How that model sees pictures; places in its reply are in this dialect."""

    async def __call__(self, workspace: Workspace, prompt: str, pictures: Sequence[str]) -> LookReply:
        """Ask about these pictures (handles).

        Raises:
            InfrastructureError: The model could not be asked.
        """


@dataclass
class ToolContext:
    """What a call may use beside its arguments. A tool gets it through a parameter named `context`.

    Attributes:
        workspace: What the run knows; for reading.
        look: A model to ask about pictures, or None where there is none (the embedded rules).
        usage: What model calls inside the tool used; the tool adds to it.
        sees: How the model that made the call sees pictures and names places.
        back_ends: What detects, estimates depth and reconstructs.
        session: What lasts from one call of the run to the next.
        call: Id of this call; set when it is made.
        places_in: How places in the arguments are named, where a program made the call and not the model itself.
    """

    workspace: Workspace
    look: Look | None = None
    usage: Usage = field(default_factory=Usage)
    sees: Sees = field(default_factory=lambda: StoredPixels())
    back_ends: BackEnds = field(default_factory=BackEnds)
    session: Session = field(default_factory=Session)
    call: str = ""
    places_in: Sees | None = None

    def seen(self, image: Picture) -> Seen:
        """A picture as a back end is given it: with its intrinsics and the pixels to leave out.

        Raises:
            InstrumentLimit: It is not what a pinhole camera saw (a panorama, a turned picture, a map).
        """
        from sightline.tools.seeing import seen

        return seen(self.workspace, image)

    def name_point(self, image: Picture, x: float, y: float) -> tuple[str, str]:
        """What the model calls the x and the y of a point in stored pixels, to write on a picture."""
        dialect = self.sees.dialect
        first, second = dialect.to_model([(x, y)], image.size, self.sees.limits.fit(image.size))[0]
        if dialect.scale != 1:  # fractions of a pixel do not matter on a label
            first, second = round(first), round(second)
        names = dialect.number(first), dialect.number(second)
        return names if dialect.order == "xy" else (names[1], names[0])


@dataclass
class ToolResult:
    """What a tool returns.

    Attributes:
        text: What a model reads; complete without the pictures. Places are written as references
            (`sightline.memory.refs`), new pictures by formatting their `Draft`.
        pictures: New pictures, in order.
        facts: What memory learns.
        data: New depth maps, reconstructions, masks and tracks, in order.
        values: What was measured, by name, for programs that compute with it; the text says it too.
        known: Handles of what was asked for and there already, so that it was not made again.
        programs: New graphics programs, in order.
        failure: What went wrong all the same: it decides how the call ended, and what was made before it is kept.
    """

    text: str
    pictures: list[Draft] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    data: list[DataDraft] = field(default_factory=list)
    values: dict[str, Quantity] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    programs: list[ProgramDraft] = field(default_factory=list)
    failure: SightlineError | None = None


class Instrument(Protocol):
    """Anything a model can call in the loop: a `Tool` of ours, or a foreign one (LangChain, MCP)."""

    @property
    def name(self) -> str:
        """What the model calls it."""

    @property
    def family(self) -> str:
        """Which group it belongs to, e.g. `drawing`."""

    @property
    def parallel_safe(self) -> bool:
        """Whether it may run beside other calls of the same turn."""

    @property
    def time_limit(self) -> float:
        """Seconds a call may take."""

    def describe(self, sees: Sees) -> str:
        """What it does, for a model that sees pictures this way."""

    def schema(self, sees: Sees) -> dict[str, Any]:
        """JSON schema of its arguments."""

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        """One call. May raise anything; `sightline.tools.execution` sorts it."""


@dataclass(frozen=True)
class Tool:
    """A tool of ours. Made by `tool`; callable like the function it was made from."""

    name: str
    family: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    function: Callable[..., ToolResult | Awaitable[ToolResult]]
    parallel_safe: bool
    time_limit: float
    example: dict[str, Any]
    places_in: str
    wants_context: bool

    def __call__(self, *args: Any, **kwargs: Any) -> ToolResult | Awaitable[ToolResult]:
        """Call the function under the tool, with resolved values."""
        return self.function(*args, **kwargs)

    def describe(self, sees: Sees) -> str:
        """The description; places are explained at each argument."""
        return self.description

    def schema(self, sees: Sees) -> dict[str, Any]:
        """JSON schema of the arguments in this model's dialect: only keywords that every provider accepts."""
        return {
            "type": "object",
            "properties": {p.name: p.schema(sees.dialect, self.places_in) for p in self.parameters},
            "required": [p.name for p in self.parameters if p.required],
        }

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        """Parse the arguments, then call the function: on a thread of its own, or awaited if it is async."""
        from sightline.tools.arguments import resolve
        from sightline.tools.background import in_daemon_thread

        # What a model writes is never a reference, wherever a tool may put it: into a label, a title, an error.
        values = resolve(self, plain_data(arguments), context.workspace, context.places_in or context.sees)
        if self.wants_context:
            values["context"] = context
        if inspect.iscoroutinefunction(self.function):
            result: ToolResult = await self.function(**values)
            return result
        function = cast("Callable[..., ToolResult]", self.function)
        return await in_daemon_thread(function, **values)


@overload
def tool(function: Callable[..., ToolResult | Awaitable[ToolResult]], /) -> Tool: ...
@overload
def tool(
    *,
    family: str,
    example: dict[str, Any],
    parallel_safe: bool = True,
    time_limit: float = DEFAULT_TIME_LIMIT,
    places_in: str = "image",
) -> Callable[[Callable[..., ToolResult | Awaitable[ToolResult]]], Tool]: ...
def tool(
    function: Callable[..., ToolResult | Awaitable[ToolResult]] | None = None,
    /,
    *,
    family: str = "custom",
    example: dict[str, Any] | None = None,
    parallel_safe: bool = True,
    time_limit: float = DEFAULT_TIME_LIMIT,
    places_in: str = "image",
) -> Tool | Callable[[Callable[..., ToolResult | Awaitable[ToolResult]]], Tool]:
    """Declare a function as a tool.

    Args:
        function: The function, where the decorator is used without arguments.
        family: The group it belongs to; a model is given tools by family or by name.
        example: Arguments of a call, for the catalogue; it works on a run that has what it names.
        parallel_safe: Whether it may run beside other calls of a turn. Tools that revise what memory holds may not.
        time_limit: Seconds a call may take.
        places_in: Name of the picture parameter whose pixels its points and boxes are in.

    Raises:
        TypeError: The function or an argument is not described, or a type cannot be told to a model.
    """

    def declare(target: Callable[..., ToolResult | Awaitable[ToolResult]]) -> Tool:
        described = parse_docstring(target)
        parameters = parameters_of(target, described)
        if any(p.has_places for p in parameters) and not any(
            p.name == places_in and p.holds_places for p in parameters
        ):
            raise TypeError(f"tool {target.__name__}: its places need an argument {places_in!r} that is one picture")
        return Tool(
            name=target.__name__,
            family=family,
            summary=described.summary,
            description=described.text,
            parameters=parameters,
            function=target,
            parallel_safe=parallel_safe,
            time_limit=time_limit,
            example=example or {},
            places_in=places_in,
            wants_context="context" in inspect.signature(target).parameters,
        )

    return declare if function is None else declare(function)
