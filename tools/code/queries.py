"""What a cell may ask without calling a tool: what is known of a handle, the objects, and places in other numbers.

Only what a model may see anyway: no file names, digests, settings, or fields that are not listed here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sightline.memory import Artifact, Cloud, ModelMistake, SceneObject, Workspace
from sightline.memory.refs import fill, plain, stored_pixels
from sightline.tools.contract import Sees, ToolContext
from sightline.tools.places import to_stored, valid_range

MEANING: dict[str, tuple[str, ...]] = {
    "cloud": ("reconstruction",),
    "depth": ("picture", "scale_kind", "scale_factor", "scale_because", "focal", "frame"),
    "mask": ("picture",),
    "track": ("video", "names"),
    "view": ("camera", "cloud"),
}
"""Fields of an artifact's data that say what its numbers mean, by its kind."""


def answer_query(context: ToolContext, name: str, arguments: dict[str, Any]) -> Any:
    """What a cell is told.

    Args:
        context: Of the call that runs the cell.
        name: One of `QUERIES`.
        arguments: As the cell gave them.

    Raises:
        ModelMistake: It names something that is not there, or places that are none.
    """
    return QUERIES[name](context, arguments)


def _about(context: ToolContext, arguments: dict[str, Any]) -> dict[str, Any]:
    handle, artifact = _artifact(context.workspace, arguments)
    told: dict[str, Any] = {
        "kind": artifact.kind,
        "title": fill(artifact.title, stored_pixels),
        "size": artifact.size,
        "parents": [parent.model_dump(mode="json") for parent in artifact.parents],
    }
    told |= {name: artifact.data[name] for name in MEANING.get(artifact.kind, ()) if name in artifact.data}
    if artifact.kind == "cloud":
        stated = context.workspace.scales.get(handle)
        told["scale"] = None if stated is None else stated.model_dump(include={"metres", "factor", "because"})
    return told


def _objects(context: ToolContext, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    return [_object(context.workspace, item) for item in context.workspace.scene.objects.values()]


def _object(workspace: Workspace, item: SceneObject) -> dict[str, Any]:
    places = {cloud: Cloud(cloud, workspace).place_of(item.handle) for cloud in item.places}
    return {
        "handle": item.handle,
        "name": plain(item.name),
        "sightings": [
            {
                "picture": seen.picture,
                "box": seen.box,
                "point": seen.point,
                "mask": seen.mask,
                "score": seen.score,
                "source": seen.source,
            }
            for seen in item.sightings
        ],
        "places": {
            cloud: place.model_dump(mode="json", include={"centre", "size", "rotation", "error", "partial", "pictures"})
            for cloud, place in places.items()
            if place is not None
        },
        "faces": {
            name: fact.model_dump(mode="json", include={"verdict", "picture", "azimuth", "error"})
            for name, fact in item.faces.items()
        },
    }


def _to_pixels(context: ToolContext, arguments: dict[str, Any]) -> list[Any]:
    def convert(numbers: list[float], size: tuple[int, int], handle: str, sees: Sees) -> list[float]:
        points = to_stored(numbers, size, sees)
        if points is None:
            raise ModelMistake(
                f"{[round(n, 4) for n in numbers]} lies outside {handle}.", f"There {valid_range(size, sees)}."
            )
        return [value for point in points for value in point]

    return _converted(context, arguments, convert)


def _from_pixels(context: ToolContext, arguments: dict[str, Any]) -> list[Any]:
    def convert(numbers: list[float], size: tuple[int, int], handle: str, sees: Sees) -> list[float]:
        pairs = list(zip(numbers[0::2], numbers[1::2], strict=True))
        told = sees.dialect.to_model(pairs, size, sees.limits.fit(size))
        return [round(float(value), sees.dialect.decimals) for value in told.ravel()]

    return _converted(context, arguments, convert)


Convert = Callable[[list[float], tuple[int, int], str, Sees], list[float]]


def _converted(context: ToolContext, arguments: dict[str, Any], convert: Convert) -> list[Any]:
    """A point, a box, or a list of either, converted."""
    handle, artifact = _artifact(context.workspace, arguments)
    if not artifact.is_picture or artifact.size is None:
        raise ModelMistake(f"{handle} is no picture.", "Places lie in pictures.")
    numbers = arguments.get("numbers")
    match numbers:
        case [[*_], *_] if all(_is_place(place) for place in numbers):
            return [convert(place, artifact.size, handle, context.sees) for place in numbers]
        case list() if _is_place(numbers):
            return convert(numbers, artifact.size, handle, context.sees)
    raise ModelMistake("that is no place.", "Give a point [x, y], a box [x0, y0, x1, y1], or a list of these.")


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (2, 4)
        and all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e9 for v in value)
    )


def _artifact(workspace: Workspace, arguments: dict[str, Any]) -> tuple[str, Artifact]:
    handle = arguments.get("handle")
    artifact = workspace.artifacts.get(handle) if isinstance(handle, str) else None
    if not isinstance(handle, str) or artifact is None:
        known = ", ".join(list(workspace.artifacts)[-12:]) or "none yet"
        raise ModelMistake(f"there is no {str(handle)[:40]!r}.", f"Handles: {known}.")
    return handle, artifact


QUERIES: dict[str, Callable[[ToolContext, dict[str, Any]], Any]] = {
    "about": _about,
    "objects": _objects,
    "to_pixels": _to_pixels,
    "from_pixels": _from_pixels,
}
"""By the name that the worker asks for."""
