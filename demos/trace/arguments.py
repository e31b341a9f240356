"""Places in the arguments of a call: from the model's own numbers to stored pixels, so that they can be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sightline.demos.trace.story import Place
from sightline.memory import Call, InputError, ModelMistake, Workspace
from sightline.tools import find

if TYPE_CHECKING:
    from sightline.tools import Sees


def seen_by(ws: Workspace) -> Sees | None:
    """How the run's model saw pictures and named places; None where the journal does not say so readably."""
    if ws.started is None:
        return None
    from sightline.agents import ModelProfile

    try:
        return ModelProfile.from_json(ws.started.profile)
    except (TypeError, ValueError, LookupError):  # another version's profile: its numbers are shown, not drawn
        return None


def argument_places(ws: Workspace, sees: Sees | None, call: Call) -> dict[str, list[Place]]:
    """Places per argument, in order; empty for a call that was wrong, or of a tool that this version does not know."""
    if sees is None or call.malformed:
        return {}
    from sightline.tools.arguments import resolve

    try:
        tool = find(call.name)
        values = resolve(tool, call.arguments, ws, sees)
    except (InputError, ModelMistake):
        return {}
    picture = values.get(tool.places_in)
    found = {}
    for parameter in tool.parameters:
        if parameter.has_places and parameter.name in call.arguments and picture is not None:
            value = values[parameter.name]
            found[parameter.name] = [_place(picture.handle, item) for item in (value if parameter.many else [value])]
    return found


def _place(handle: str, value: Any) -> Place:
    """A resolved point, box or path."""
    if isinstance(value, list):
        return Place("path", handle, tuple(value))
    if len(value) == 4:
        return Place("box", handle, (value[:2], value[2:]))
    return Place("path", handle, (value,))


def answer_places(spec: dict[str, Any], value: Any) -> Iterator[Place]:
    """Places that an answer holds, by the form the question asked for."""
    handle = str(spec.get("picture", ""))
    match spec.get("kind"), value:
        case "box", [float() | int() as x0, float() | int() as y0, float() | int() as x1, float() | int() as y1]:
            yield Place("box", handle, ((x0, y0), (x1, y1)))
        case "point", [float() | int() as x, float() | int() as y]:
            yield Place("path", handle, ((x, y),))
        case "path", [[_, _], *_]:
            yield Place("path", handle, tuple((float(x), float(y)) for x, y in value))
        case "points", [[_, _], *_]:
            yield from (Place("path", handle, ((float(x), float(y)),)) for x, y in value)
