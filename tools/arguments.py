"""Arguments of tools: their JSON schemas for a model, and the model's JSON turned into resolved, checked values.

The types a tool may use are few, so that every provider takes the schema: str, int, float, bool, Literal, Picture,
Point, Box, Path, and lists of these. Schemas use no `prefixItems`, `anyOf` or `$ref`: order and length of a point or
box stand in its description and are checked here.

Repairs are made only where there is one reading: a number written as a string, a list written as JSON text, one item
where a list is wanted, the corners of a box in another order, an overshoot of the edge within 2 %.
"""

from __future__ import annotations

import inspect
import json
import math
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from sightline.memory import ModelMistake, Picture, Workspace
from sightline.tools.characters import from_outside

if TYPE_CHECKING:
    from sightline.geometry.dialects import CoordinateDialect
    from sightline.tools.contract import Sees, Tool


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

OVERSHOOT = 0.02
"""Share of a side by which a place may pass the edge and is moved back onto it: models round."""

_SECTION = re.compile(r"\n(?:Args|Returns|Raises):\n")

_SCALARS: dict[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


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
        """Whether it is one picture that every call names, so that places can be in its pixels."""
        return self.kind is Picture and not self.many and self.required

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
            case _ if self.kind is Picture:
                item = {"type": "string"}
                description += " Handles of pictures, e.g. img1." if self.many else " Handle of a picture, e.g. img1."
            case _:
                item = {"type": _SCALARS[self.kind]}
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
    if hint in _SCALARS or hint is Picture:
        return hint, (), False
    raise TypeError(f"{where}: {hint!r} cannot be told to every provider; use str, numbers, places, or lists of them")


def resolve(tool: Tool, arguments: dict[str, Any], workspace: Workspace, sees: Sees) -> dict[str, Any]:
    """A model's arguments as the function wants them.

    Args:
        tool: Whose arguments.
        arguments: As the model gave them, in its dialect.
        workspace: Where handles are looked up.
        sees: The model's dialect and picture limits.

    Raises:
        ModelMistake: Something is missing, unknown, of a wrong type, or outside the picture; says what is valid.
    """
    known = {p.name: p for p in tool.parameters}
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise ModelMistake(
            f"{tool.name} has no argument {_named(unknown[0])}.",
            f"Its arguments are: {', '.join(known) or 'none'}.",
        )
    missing = [p.name for p in tool.parameters if p.required and arguments.get(p.name) is None]
    if missing:
        raise ModelMistake(f"{tool.name} needs the argument {missing[0]!r}.", f"It is: {known[missing[0]].description}")
    given = {name: value for name, value in arguments.items() if value is not None}
    # Pictures first: places are in the pixels of one of them.
    values: dict[str, Any] = {}
    for parameter in sorted(tool.parameters, key=lambda p: p.has_places):
        if parameter.name not in given:
            values[parameter.name] = parameter.default
            continue
        reader = _Reader(tool, parameter, workspace, sees, values)
        values[parameter.name] = reader.read(given[parameter.name])
    return values


@dataclass(frozen=True)
class _Reader:
    tool: Tool
    parameter: Parameter
    workspace: Workspace
    sees: Sees
    values: dict[str, Any]

    def read(self, value: Any) -> Any:
        if isinstance(value, str) and (self.parameter.many or self.parameter.has_places):
            value = self._json(value)
        if not self.parameter.many:
            return self._one(value)
        if not isinstance(value, list) or self._is_one(value):
            value = [value]
        return [self._one(item) for item in value]

    def _is_one(self, value: list[Any]) -> bool:
        """Whether a list is one point or box given where a list of them is wanted."""
        kind = self.parameter.kind
        depth = {Place.POINT: 1, Place.BOX: 1, Place.PATH: 2}[kind] if isinstance(kind, Place) else 0
        inner: Any = value
        for _ in range(depth):
            if not isinstance(inner, list) or not inner:
                return False
            inner = inner[0]
        return depth > 0 and isinstance(inner, int | float)

    def _json(self, text: str) -> Any:
        if self.parameter.kind in (Picture, str) and not text.lstrip().startswith("["):
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self._wrong(text) from None

    def _one(self, value: Any) -> Any:
        kind = self.parameter.kind
        if isinstance(kind, Place):
            return self._place(value)
        if kind is Picture:
            return self._picture(value)
        if kind is str:
            if not isinstance(value, str):
                raise self._wrong(value)
            if self.parameter.choices and value not in self.parameter.choices:
                raise ModelMistake(
                    f"{self.tool.name}: {self.parameter.name} cannot be {_named(value)}.",
                    f"It is one of: {', '.join(self.parameter.choices)}.",
                )
            return from_outside(value)
        if kind is bool:
            if isinstance(value, str) and value.lower() in ("true", "false"):
                return value.lower() == "true"
            if not isinstance(value, bool):
                raise self._wrong(value)
            return value
        number = self._number(value)
        if kind is int:
            if number != int(number):
                raise self._wrong(value)
            return int(number)
        return number

    def _number(self, value: Any) -> float:
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise self._wrong(value) from None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(value)
        try:
            number = float(value)
        except OverflowError:  # an integer beyond every float
            raise self._wrong(value) from None
        if not math.isfinite(number):
            raise self._wrong(value)
        return number

    def _picture(self, value: Any) -> Picture:
        handle = value.strip() if isinstance(value, str) else value
        if not isinstance(handle, str) or handle not in self.workspace.artifacts:
            latest = self.workspace.pictures[-12:]
            raise ModelMistake(
                f"{self.tool.name}: there is no picture {_named(handle)}.",
                f"Pictures: {', '.join(latest) or 'none yet'}.",
            )
        if not self.workspace.artifacts[handle].is_picture:
            raise ModelMistake(
                f"{self.tool.name}: {handle} is a {self.workspace.artifacts[handle].kind}, not a picture.",
                f"Pictures: {', '.join(self.workspace.pictures) or 'none yet'}.",
            )
        return self.workspace.picture(handle)

    def _place(self, value: Any) -> Any:
        count = {Place.POINT: 2, Place.BOX: 4, Place.PATH: None}[self.parameter.kind]  # type: ignore[index]
        flat = value
        if count is None:
            if not isinstance(value, list) or len(value) < 2 or not all(isinstance(p, list) for p in value):
                raise self._wrong(value)
            if any(len(p) != 2 for p in value):
                raise self._wrong(value)
            flat = [v for p in value for v in p]
        if not isinstance(flat, list) or (count is not None and len(flat) != count):
            raise self._wrong(value)
        picture: Picture = self.values[self.tool.places_in]
        points = self._inside([self._number(v) for v in flat], picture)
        if self.parameter.kind is Place.PATH:
            return points
        if self.parameter.kind is Place.POINT:
            return points[0]
        (xa, ya), (xb, yb) = points
        if xa == xb or ya == yb:
            raise ModelMistake(f"{self.tool.name}: the box {_named(value)} has no area.", "Give two opposite corners.")
        return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)

    def _inside(self, numbers: list[float], picture: Picture) -> list[tuple[float, float]]:
        sent = self.sees.limits.fit(picture.size)
        dialect = self.sees.dialect
        with np.errstate(over="ignore"):  # a number near the largest float is outside, like any other
            points = dialect.from_model(numbers, picture.size, sent)
        width, height = picture.size
        out = []
        for x, y in points:
            if not (
                -OVERSHOOT * width <= x <= (1 + OVERSHOOT) * width
                and -OVERSHOOT * height <= y <= (1 + OVERSHOOT) * height
            ):
                wide, high = (dialect.number(v) for v in dialect.extent(sent))
                raise ModelMistake(
                    f"{self.tool.name}: {self.parameter.name} {_named([round(n, 4) for n in numbers])} lies outside "
                    f"{picture.handle}.",
                    f"There x goes from 0 to {wide} and y from 0 to {high}; places are {dialect.describe()}.",
                )
            out.append((min(max(float(x), 0.0), float(width)), min(max(float(y), 0.0), float(height))))
        return out

    def _wrong(self, value: Any) -> ModelMistake:
        shape = {
            Place.POINT: "a list of 2 numbers",
            Place.BOX: "a list of 4 numbers",
            Place.PATH: "a list of points",
        }
        if isinstance(self.parameter.kind, Place):
            wanted = shape[self.parameter.kind]
        elif self.parameter.kind is Picture:
            wanted = "a picture's handle, e.g. img1"
        else:
            scalar = _SCALARS[self.parameter.kind]
            wanted = f"an {scalar}" if scalar.startswith("i") else f"a {scalar}"
        if self.parameter.many:
            wanted = f"a list, each {wanted}"
        return ModelMistake(
            f"{self.tool.name}: {self.parameter.name} is {wanted}, not {_json_of(value)}.", self.parameter.description
        )


def _named(value: object) -> str:
    """What a model gave, short, as a message quotes it."""
    return _short(from_outside(repr(value)) if isinstance(value, str) else _json_of(value))


def _json_of(value: object) -> str:
    try:
        return _short(json.dumps(value, default=str))
    except RecursionError:
        return "something nested that deeply"


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
