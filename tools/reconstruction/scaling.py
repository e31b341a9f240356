"""The tool that turns scene units into metres: by a size that somebody states, and by nothing else."""

from __future__ import annotations

from typing import Literal

import numpy as np

from sightline.geometry.quantities import number
from sightline.memory import Cloud, InstrumentLimit, ModelMistake, Picture, ScaleStated, SceneObject
from sightline.tools.contract import Point, ToolContext, ToolResult, tool

Dimension = Literal["height", "width", "depth", "longest"]

UNSUREST = 2.0
"""A length that could be this factor larger or smaller than it is read gives no scale."""


@tool(family="reconstruction", example={"cloud": "cloud1", "thing": "obj1", "metres": 2.0}, parallel_safe=False)
def set_scale(
    context: ToolContext,
    cloud: Cloud,
    metres: float,
    thing: SceneObject | None = None,
    dimension: Dimension = "height",
    other: SceneObject | None = None,
    image: Picture | None = None,
    points: list[Point] | None = None,
) -> ToolResult:
    """State a true length, so that a reconstruction is in metres from now on.

    Give one of: an object and which of its dimensions; two objects and the distance between them; or a picture and two
    points on it that lie that far apart. Only a length that is known counts (stated by the person, printed, standard):
    a guess makes everything after it a guess. A scale that is measured already is not overruled by another length;
    stating the same length again corrects it.

    Args:
        context: What the call may use.
        cloud: The reconstruction.
        metres: The true length in metres.
        thing: The object whose size or distance is known.
        dimension: Which dimension of `thing`; not used with `other`.
        other: A second object, when the distance between the closest points of the two is known.
        image: A picture of the reconstruction, when two points on it are known to be that far apart.
        points: The two points.
    """
    if not metres > 0:
        raise ModelMistake(f"a length of {number(metres)} m cannot be.", "Give a positive number of metres.")
    if (thing is None) == (image is None):
        raise ModelMistake("set_scale: one length is to be stated.", "Give `thing`, or `image` with two `points`.")
    if image is not None:
        value, low, high, what = _between_points(cloud, image, points or [])
    else:
        assert thing is not None, "checked above"
        value, low, high, what = _of_objects(context, cloud, thing, dimension, other)
    if value <= 0 or low <= 0:
        raise InstrumentLimit(
            f"{what} is too small or too unsure in {cloud.handle} to take a scale from.", "State a larger length."
        )
    factor = max(high / value, value / low)
    if factor > UNSUREST:
        raise InstrumentLimit(
            f"{what} can only be read to a factor of {factor:.3g} in {cloud.handle} "
            f"({number(value)}, perhaps {number(low)} to {number(high)}), which gives no scale.",
            "State a larger length, e.g. the longest dimension of something large, or two points of a picture that "
            "are far apart.",
        )
    if cloud.scale.kind == "measured" and not _corrects(cloud, what):
        if not low / cloud.scale.factor <= metres <= high * cloud.scale.factor:
            raise _contradicted(cloud, metres, value, low, high, what)
        if factor >= cloud.scale.factor:
            return ToolResult(
                f"{cloud.handle} stays as it is: it says {number(value)} m for {what}, perhaps {number(low)} to "
                f"{number(high)}, which agrees with {number(metres)} m, and its own scale is surer."
            )
    unit = metres / (value / cloud.unit)
    fact = ScaleStated(
        cloud=cloud.handle, metres=unit, factor=factor, because=f"{what} is {number(metres)} m, as stated"
    )
    change = ""
    if cloud.scale.metric and (ratio := metres / value) and not 1 / 1.15 < ratio < 1.15:
        change = f" Before, {cloud.handle} said {number(value)} m for it: it was off by a factor of {ratio:.2f}."
    return ToolResult(
        f"{cloud.handle} is in metres now (measured; lengths may be off by a factor of {factor:.3g}, as {what} itself "
        f"could be read to that only): one of its scene units is {number(unit)} m.{change}",
        facts=[fact],
    )


def _corrects(cloud: Cloud, what: str) -> bool:
    """Whether the scale so far comes from the very length that is stated now."""
    return cloud.scale.because.startswith(f"{what} is ")


def _contradicted(cloud: Cloud, metres: float, value: float, low: float, high: float, what: str) -> InstrumentLimit:
    """The refusal of a length that a measured scale rules out."""
    because = cloud.scale.because
    stated = because.endswith("as stated")
    source = f" ({because})" if because else ""
    remedy = (
        f"If the earlier length is wrong, state that one again with its right value ({because.rpartition(' is ')[0]}); "
        "else check this one, and whether it is the same thing."
        if stated
        else "Check the length, and that the right thing is marked. If the sensor is wrong, reconstruct from the "
        "photos alone and state the length there."
    )
    return InstrumentLimit(
        f"{metres:g} m for {what} contradicts the scale of {cloud.handle}, which is measured{source}: it says "
        f"{number(value)} m, perhaps {number(low / cloud.scale.factor)} to {number(high * cloud.scale.factor)}.",
        remedy,
    )


def _of_objects(
    context: ToolContext, cloud: Cloud, thing: SceneObject, dimension: Dimension, other: SceneObject | None
) -> tuple[float, float, float, str]:
    """A length in the units of the reconstruction as it is known now, its interval, and what it is."""
    from sightline.tools.measure.lengths import distance_between, size_of
    from sightline.tools.measure.measuring import front_of
    from sightline.tools.measure.things import focal_warps, observed

    seen = observed(context.workspace, cloud, thing)
    if other is not None:
        second = observed(context.workspace, cloud, other)
        warps = focal_warps(cloud.reconstruction, [*seen.pictures, *second.pictures])
        found = distance_between(seen, second, "closest" if seen.solid and second.solid else "centres", warps)
        return found.value, found.low, found.high, f"the distance from {seen.label} to {second.label}"
    if seen.only_point:
        raise InstrumentLimit(
            f"only a point of {seen.label} is marked, which does not say how large it is.",
            "Draw a box around it, or segment it, first.",
        )
    front = front_of(cloud.reconstruction, thing)
    warps = focal_warps(cloud.reconstruction, seen.pictures)
    found = size_of(seen, dimension, None if front is None else front[0], warps)
    what = "longest dimension" if dimension == "longest" else dimension
    return found.value, found.low, found.high, f"the {what} of {seen.label}"


def _between_points(cloud: Cloud, image: Picture, points: list[tuple[float, float]]) -> tuple[float, float, float, str]:
    from sightline.memory.refs import path_ref
    from sightline.tools.measure.observed import points_at
    from sightline.tools.measure.things import focal_warps

    if len(points) != 2:
        raise ModelMistake(f"{len(points)} points do not bound a length.", "Give two points of the picture.")
    if image.handle not in cloud.pictures:
        raise ModelMistake(
            f"{image.handle} has no camera in {cloud.handle}.", f"Pictures in it: {', '.join(cloud.pictures)}."
        )
    reconstruction = cloud.reconstruction
    places, errors = [], []
    for point in points:
        index = points_at(reconstruction, image.handle, point)
        if len(index) == 0:
            raise InstrumentLimit(
                f"{cloud.handle} has no points near one of the two in {image.handle}.",
                "Choose points with texture, or make the reconstruction dense with register_depth.",
            )
        near = reconstruction.cloud.points[index].astype(np.float64)
        places.append(np.median(near, axis=0))
        spread = float(np.linalg.norm(near - places[-1], axis=1).mean())
        errors.append(max(spread, float(np.median(reconstruction.cloud.radius[index]))))
    value = float(np.linalg.norm(places[0] - places[1]))
    error = sum(errors)
    bent = [warp(np.array(places)) for warp in focal_warps(reconstruction, [image.handle])]
    ratios = [1.0, *(float(np.linalg.norm(ends[1] - ends[0])) / value for ends in bent if value > 0)]
    return (
        value,
        (value - error) * min(ratios),
        (value + error) * max(ratios),
        f"the distance between {path_ref(image.handle, points)} of {image.handle}",
    )
