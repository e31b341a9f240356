"""Arguments of a call: a model's JSON turned into the resolved, checked values that a tool declares.

Repairs are made only where there is one reading: a number written as a string, a list written as JSON text, one item
where a list is wanted, the corners of a box in another order, an overshoot of the edge within 2 %.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.memory import ModelMistake, Picture, SceneObject, Workspace
from sightline.tools.characters import from_outside
from sightline.tools.parameters import HANDLES, SCALARS, Panorama, Parameter, Place
from sightline.tools.places import to_stored, valid_range

if TYPE_CHECKING:
    from sightline.tools.contract import Sees, Tool


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
        if (self.parameter.kind in HANDLES or self.parameter.kind is str) and not text.lstrip().startswith("["):
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self._wrong(text) from None

    def _one(self, value: Any) -> Any:
        kind = self.parameter.kind
        if isinstance(kind, Place):
            return self._place(value)
        if kind is SceneObject:
            return self._object(value)
        if kind in HANDLES:
            return self._handle(kind, value)
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

    def _handle(self, wanted: type, value: Any) -> Any:
        """What a handle stands for."""
        kind = HANDLES[wanted]
        known = self.workspace.artifacts
        fitting = [handle for handle, artifact in known.items() if artifact.kind in kind.kinds]
        handle = value.strip() if isinstance(value, str) else value
        if isinstance(handle, str) and handle in fitting:
            if wanted is Picture:
                return self.workspace.picture(handle)
            if wanted is Panorama:
                picture = self.workspace.picture(handle)
                return Panorama(handle, picture.size, self.workspace)
            return self.workspace.cloud(handle) if kind.kinds == ("cloud",) else wanted(handle, self.workspace)
        noun = kind.noun.split(" ", 1)[1]
        none = f"none yet; {kind.origin}" if kind.origin else "none yet"
        there = f"{noun[0].upper()}{noun[1:]}s: {', '.join(fitting[-12:]) or none}."
        if isinstance(handle, str) and handle in known:
            other = next((k.noun for k in HANDLES.values() if known[handle].kind in k.kinds), "a file")
            raise ModelMistake(f"{self.tool.name}: {handle} is {other}, not {kind.noun}.", there)
        if isinstance(handle, str) and self.workspace.scene.knows(handle):
            raise ModelMistake(f"{self.tool.name}: {handle} is an object, not {kind.noun}.", there)
        raise ModelMistake(f"{self.tool.name}: there is no {noun} {_named(handle)}.", there)

    def _object(self, value: Any) -> SceneObject:
        """The object with this handle, or the only one with this name."""
        scene = self.workspace.scene
        listed = ", ".join(f"{o.handle} ({_short(o.name)})" for o in list(scene.objects.values())[-12:])
        there = f"Objects: {listed or 'none yet; find or locate some first'}."
        text = value.strip() if isinstance(value, str) else value
        if not isinstance(text, str):
            raise self._wrong(value)
        known = scene.get(text)
        if known is not None:
            return known
        named = scene.named(text)
        if len(named) == 1:
            return named[0]
        if named:
            raise ModelMistake(
                f"{self.tool.name}: {len(named)} objects are named {_named(text)}.",
                f"Give a handle: {', '.join(o.handle for o in named[:12])}.",
            )
        if text in self.workspace.artifacts:
            raise ModelMistake(f"{self.tool.name}: {text} is no object.", there)
        raise ModelMistake(f"{self.tool.name}: there is no object {_named(text)}.", there)

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
        picture: Picture | None = self.values[self.tool.places_in]
        if picture is None:
            raise ModelMistake(
                f"{self.tool.name}: {self.parameter.name} needs `{self.tool.places_in}`, the picture that it is in.",
                f"Pictures: {', '.join(self.workspace.pictures[-12:]) or 'none yet'}.",
            )
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
        points = to_stored(numbers, picture.size, self.sees)
        if points is None:
            raise ModelMistake(
                f"{self.tool.name}: {self.parameter.name} {_named([round(n, 4) for n in numbers])} lies outside "
                f"{picture.handle}.",
                f"There {valid_range(picture.size, self.sees)}; places are {self.sees.dialect.describe()}.",
            )
        return points

    def _wrong(self, value: Any) -> ModelMistake:
        shape = {
            Place.POINT: "a list of 2 numbers",
            Place.BOX: "a list of 4 numbers",
            Place.PATH: "a list of points",
        }
        if isinstance(self.parameter.kind, Place):
            wanted = shape[self.parameter.kind]
        elif self.parameter.kind in HANDLES:
            handle = HANDLES[self.parameter.kind]
            wanted = f"{handle.noun}'s handle, e.g. {handle.example}"
        else:
            scalar = SCALARS[self.parameter.kind]
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
