"""Parameters of tools, as declared: read from a function's signature and docstring, told to a model as a JSON schema.

The types a tool may use are few, so that every provider takes the schema: str, int, float, bool, Literal, Picture,
Point, Box, Path, and lists of these. Schemas use no `prefixItems`, `anyOf` or `$ref`: order and length of a point or
box stand in its description and are checked where a call is read, see `sightline.tools.arguments`. Handles are strings
to a model and what they stand for to a tool: `Picture`, `Panorama`, `Video`, `Cloud`, `DepthMap`, `Mask`, `Track`,
`Program`, `SceneObject`.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from sightline.memory import Cloud, DepthMap, Mask, Picture, Program, SceneObject, Track, Video

if TYPE_CHECKING:
    from sightline.geometry.dialects import CoordinateDialect


class Place(Enum):
    """Marks an annotation as a place in a picture."""

    POINT = "point"
    BOX = "box"
    PATH = "path"


Point = Annotated[tuple[float, float], Place.POINT]
"""(x, y) in stored pixels."""
Box = Annotated[tuple[float, float, float, float], Place.BOX]
"""(x0, y0, x1, y1) in stored pixels, x0 < x1 and y0 < y1."""
Path = Annotated[list[tuple[float, float]], Place.PATH]
"""Points (x, y) in stored pixels, at least two."""


class Panorama(Picture):
    """An equirectangular picture that a person gave."""


@dataclass(frozen=True)
class HandleKind:
    """What a handle given to a tool must stand for.

    Attributes:
        kinds: Artifact kinds; empty for objects of the scene map.
        noun: What it is called.
        example: A handle.
        origin: How one comes about, told where there is none yet.
    """

    kinds: tuple[str, ...]
    noun: str
    example: str
    origin: str = ""


HANDLES: dict[type, HandleKind] = {
    Picture: HandleKind(("input", "view", "panorama"), "a picture", "img1"),
    Panorama: HandleKind(("panorama",), "a panorama", "pano1", "hand a 2:1 equirectangular picture in as a panorama"),
    Video: HandleKind(("video",), "a video", "vid1", "hand one in"),
    Cloud: HandleKind(("cloud",), "a reconstruction", "cloud1", "make one with reconstruct"),
    DepthMap: HandleKind(("depth",), "a depth map", "depth1", "make one with estimate_depth"),
    Mask: HandleKind(("mask",), "a mask", "mask1", "make one with segment"),
    Track: HandleKind(("track",), "a track", "track1", "make one with track"),
    Program: HandleKind(("program",), "a program", "prog1", "write one with write_program"),
    SceneObject: HandleKind((), "an object", "obj1"),
}
"""The types of handles, and what they must stand for."""

_SECTION = re.compile(r"\n(?:Args|Returns|Raises):\n")

SCALARS: dict[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
"""The scalar types and their names in JSON schema."""


@dataclass(frozen=True)
class Parameter:
    """One argument of a tool.

    Attributes:
        kind: A scalar type, `Picture`, or a `Place`.
        choices: Allowed strings, where it is a Literal.
        many: Whether it is a list of these.
    """

    name: str
    kind: type | Place
    description: str
    choices: tuple[str, ...] = ()
    many: bool = False
    required: bool = True
    default: Any = None

    @property
    def has_places(self) -> bool:
        """Whether it holds points or boxes."""
        return isinstance(self.kind, Place)

    @property
    def holds_places(self) -> bool:
        """Whether it is one picture, so that places can be in its pixels."""
        return self.kind in (Picture, Panorama) and not self.many

    def schema(self, dialect: CoordinateDialect, places_in: str) -> dict[str, Any]:
        """JSON schema in this dialect."""
        description = self.description
        numbers = {"type": "array", "items": {"type": "number"}}
        item: dict[str, Any]
        match self.kind:
            case Place.BOX:
                item = numbers
                corners = "[x0, y0, x1, y1]" if dialect.order == "xy" else "[y0, x0, y1, x1]"
                description += f" Each box is {corners}" if self.many else f" {corners}"
                description += f", places in `{places_in}`."
            case Place.POINT:
                item = numbers
                pair = "[x, y]" if dialect.order == "xy" else "[y, x]"
                description += f" Each point is {pair}" if self.many else f" {pair}"
                description += f", places in `{places_in}`."
            case Place.PATH:
                item = {"type": "array", "items": numbers}
                pair = "[x, y]" if dialect.order == "xy" else "[y, x]"
                description += f" {'Each is a' if self.many else 'A'} list of points {pair}, places in `{places_in}`."
            case type() if self.kind in HANDLES:
                item = {"type": "string"}
                handle = HANDLES[self.kind]
                what = f"handle of {handle.noun}" if handle.kinds else "handle or name of an object"
                description += f" {'Each is a' if self.many else 'A'} {what}, e.g. {handle.example}."
            case _:
                item = {"type": SCALARS[self.kind]}
                if self.choices:
                    item["enum"] = list(self.choices)
        if not self.required and self.default not in (None, [], ""):
            description += f" Default: {self.default}."
        if self.many:
            return {"type": "array", "items": item, "description": description}
        return {**item, "description": description}


@dataclass(frozen=True)
class Described:
    """A docstring taken apart."""

    summary: str
    text: str
    arguments: dict[str, str]


def parse_docstring(function: Callable[..., Any]) -> Described:
    """Split a Google-style docstring into text and argument descriptions.

    Raises:
        TypeError: There is none.
    """
    doc = inspect.getdoc(function)
    if not doc:
        raise TypeError(f"tool {function.__name__} has no docstring; a model cannot know what it does")
    text = _SECTION.split(doc, maxsplit=1)[0]
    rest = doc.partition("\nArgs:\n")[2]
    arguments: dict[str, str] = {}
    name = ""
    for line in rest.split("\n"):
        if line and not line.startswith(" "):
            break
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if indent == 4 and ":" in stripped:
            name, _, first = stripped.partition(":")
            arguments[name] = first.strip()
        elif name and stripped:
            arguments[name] += " " + stripped
    paragraphs = [" ".join(p.split()) for p in text.strip().split("\n\n")]
    return Described(paragraphs[0], "\n".join(paragraphs), arguments)


def parameters_of(function: Callable[..., Any], described: Described) -> tuple[Parameter, ...]:
    """A function's parameters, `context` left out.

    Raises:
        TypeError: One is not described, has no type, or one that cannot be told to every provider; or the docstring
            describes one that is not there.
    """
    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function).parameters
    for name in described.arguments:
        if name not in signature:
            raise TypeError(f"tool {function.__name__}: its docstring describes {name!r}, which is no argument of it")
    out = []
    for name, parameter in signature.items():
        if name == "context":
            continue
        where = f"tool {function.__name__}, argument {name!r}"
        if not described.arguments.get(name):
            raise TypeError(f"{where}: not described in the docstring")
        if name not in hints:
            raise TypeError(f"{where}: has no type")
        kind, choices, many = _kind(hints[name], where)
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        out.append(Parameter(name, kind, described.arguments[name], choices, many, required, default))
    return tuple(out)


def _kind(hint: Any, where: str) -> tuple[type | Place, tuple[str, ...], bool]:
    origin = get_origin(hint)
    if origin is Annotated:
        place = next((m for m in hint.__metadata__ if isinstance(m, Place)), None)
        if place is not None:
            return place, (), False
    if origin in (Union, types.UnionType):
        inner = [a for a in get_args(hint) if a is not type(None)]
        if len(inner) == 1:
            return _kind(inner[0], where)
    if origin is list:
        kind, choices, many = _kind(get_args(hint)[0], where)
        if not many:
            return kind, choices, True
    if origin is Literal and all(isinstance(choice, str) for choice in get_args(hint)):
        return str, get_args(hint), False
    if hint in SCALARS or hint in HANDLES:
        return hint, (), False
    raise TypeError(f"{where}: {hint!r} cannot be told to every provider; use str, numbers, places, or lists of them")
