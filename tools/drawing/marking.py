"""The drawing tools: shapes on a copy of a picture, and a ruler. Each drawing is a new picture; the original stays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from sightline.geometry import PictureTransform
from sightline.memory import Draft, ModelMistake, Picture
from sightline.memory.refs import box_ref, path_ref, plain, point_ref
from sightline.tools.contract import Box, Path, Point, ToolResult, tool
from sightline.tools.drawing import shapes
from sightline.tools.drawing.ruler import angle_at, measure_segment

if TYPE_CHECKING:
    from sightline.tools.drawing.shapes import Shape

Ink = Literal["auto", "red", "orange", "yellow", "green", "cyan", "blue", "magenta", "white", "black"]

MOST_SHAPES = 100
"""Shapes in one call: more would hide the picture."""

MOST_MEASUREMENTS = 30
"""Measurements in one call, each drawn with its points and its label."""


@tool(family="drawing", example={"image": "img1", "boxes": [[60, 40, 200, 160]], "labels": ["cup"]})
def draw_box(image: Picture, boxes: list[Box], labels: list[str] | None = None, color: Ink = "auto") -> ToolResult:
    """Draw boxes on a copy of a picture, to mark things or to check that a box is where you think.

    Args:
        image: Picture to draw on; it stays as it is.
        boxes: The boxes.
        labels: One short text for each box, in the same order.
        color: Colour of all; auto chooses for each what stands out.
    """
    texts = _labels("draw_box", labels, len(boxes))
    drawn = [shapes.Box(box, color, text) for box, text in zip(boxes, texts, strict=True)]
    return _drawing(image, drawn, [f"box {box_ref(image.handle, box)}" for box in boxes])


@tool(family="drawing", example={"image": "img1", "lines": [[[40, 60], [220, 180]]]})
def draw_line(image: Picture, lines: list[Path], labels: list[str] | None = None, color: Ink = "auto") -> ToolResult:
    """Draw straight lines on a copy of a picture: auxiliary lines, levels, alignments.

    Args:
        image: Picture to draw on; it stays as it is.
        lines: Two points each.
        labels: One short text for each line, in the same order.
        color: Colour of all; auto chooses for each what stands out.
    """
    _ends("draw_line", lines)
    texts = _labels("draw_line", labels, len(lines))
    drawn = [shapes.Line(a, b, color, text) for (a, b), text in zip(lines, texts, strict=True)]
    return _drawing(image, drawn, [f"line {path_ref(image.handle, line)}" for line in lines])


@tool(family="drawing", example={"image": "img1", "arrows": [[[40, 60], [220, 180]]], "labels": ["faces"]})
def draw_arrow(image: Picture, arrows: list[Path], labels: list[str] | None = None, color: Ink = "auto") -> ToolResult:
    """Draw arrows on a copy of a picture: directions, motion, what faces where.

    Args:
        image: Picture to draw on; it stays as it is.
        arrows: Two points each, from tail to tip.
        labels: One short text for each arrow, in the same order.
        color: Colour of all; auto chooses for each what stands out.
    """
    _ends("draw_arrow", arrows)
    texts = _labels("draw_arrow", labels, len(arrows))
    drawn = [shapes.Arrow(a, b, color, text) for (a, b), text in zip(arrows, texts, strict=True)]
    return _drawing(image, drawn, [f"arrow {path_ref(image.handle, arrow)}" for arrow in arrows])


@tool(family="drawing", example={"image": "img1", "points": [[120, 90], [200, 140]], "labels": ["A", "B"]})
def draw_point(image: Picture, points: list[Point], labels: list[str] | None = None, color: Ink = "auto") -> ToolResult:
    """Draw points on a copy of a picture, to check that a place is where you think.

    Args:
        image: Picture to draw on; it stays as it is.
        points: The points.
        labels: One short text for each point, in the same order.
        color: Colour of all; auto chooses for each what stands out.
    """
    texts = _labels("draw_point", labels, len(points))
    drawn = [shapes.Point(point, color, text) for point, text in zip(points, texts, strict=True)]
    return _drawing(image, drawn, [f"point {point_ref(image.handle, point)}" for point in points])


@tool(family="drawing", example={"image": "img1", "paths": [[[40, 60], [120, 90], [220, 80]]]})
def draw_path(
    image: Picture,
    paths: list[Path],
    labels: list[str] | None = None,
    closed: bool = False,
    arrow: bool = False,
    color: Ink = "auto",
) -> ToolResult:
    """Draw paths through several points on a copy of a picture: routes, outlines, contours.

    Args:
        image: Picture to draw on; it stays as it is.
        paths: Two or more points each, in order.
        labels: One short text for each path, in the same order.
        closed: Whether the last point is joined to the first.
        arrow: Whether a head stands at the last point; not for closed paths.
        color: Colour of all; auto chooses for each what stands out.
    """
    if closed and arrow:
        raise ModelMistake("draw_path: a closed path has no end for an arrow.", "Give closed or arrow, not both.")
    texts = _labels("draw_path", labels, len(paths))
    drawn = [shapes.Path(tuple(p), closed, arrow, color, text) for p, text in zip(paths, texts, strict=True)]
    return _drawing(image, drawn, [f"path {path_ref(image.handle, path)}" for path in paths])


@tool(family="drawing", example={"image": "img1", "points": [[120, 90]], "texts": ["mug"]})
def label(image: Picture, points: list[Point], texts: list[str], color: Ink = "auto") -> ToolResult:
    """Write short texts at places on a copy of a picture.

    Args:
        image: Picture to write on; it stays as it is.
        points: Where each text stands.
        texts: The texts, in the same order.
        color: Colour of all; auto chooses for each what stands out.
    """
    written = _labels("label", texts, len(points))
    if not all(written):
        raise ModelMistake("label: a text is empty.", "Give a short text for each point.")
    drawn = [shapes.Label(point, str(text), color) for point, text in zip(points, written, strict=True)]
    return _drawing(image, drawn, [f"text at {point_ref(image.handle, point)}" for point in points])


@tool(family="drawing", example={"image": "img1", "paths": [[[40, 60], [220, 180]], [[40, 60], [120, 90], [200, 40]]]})
def ruler(image: Picture, paths: list[Path]) -> ToolResult:
    """Measure lengths and angles in a picture, and draw what was measured on a copy.

    Two points give a length and a direction; three give the angle at the middle one as well. Lengths are in stored
    pixels of the picture: not lengths in space, and not comparable where things are at different distances.

    Args:
        image: Picture to measure in; it stays as it is.
        paths: Two or three points each.
    """
    if not paths:
        raise ModelMistake("ruler: there is nothing to measure.", "Give two or three points for each measurement.")
    if len(paths) > MOST_MEASUREMENTS:
        raise ModelMistake(f"ruler: {len(paths)} measurements are too many.", f"Give at most {MOST_MEASUREMENTS}.")
    drawn: list[Shape] = []
    lines = []
    for number, path in enumerate(paths, start=1):
        if len(path) not in (2, 3):
            raise ModelMistake(f"ruler: measurement {number} has {len(path)} points.", "Give two or three.")
        segments = [measure_segment(a, b) for a, b in pairwise(path)]
        if any(segment.length == 0 for segment in segments):
            raise ModelMistake(f"ruler: measurement {number} has two points in one place.", "Give points apart.")
        parts = [f"{s.length:.1f} px at {s.angle:.1f} degrees" for s in segments]
        text = f"m{number}: {segments[0].length:.0f} px"
        if len(path) == 3:
            corner = angle_at(path[1], path[0], path[2])
            parts.append(f"angle at the middle point {corner:.1f} degrees")
            text = f"m{number}: {corner:.0f}°"
        lines.append(f"m{number} {path_ref(image.handle, path)}: {', then '.join(parts)}")
        drawn.append(shapes.Path(tuple(path), label=text))
        drawn.extend(shapes.Point(point, "white") for point in path)
    draft = _draft(image, drawn, "measurements")
    lines.append(
        f"In stored pixels of {image.handle} ({image.size[0]}x{image.size[1]}), not lengths in space; directions: "
        f"0 is right, counter-clockwise as seen. Drawn on {draft}."
    )
    return ToolResult("\n".join(lines), [draft])


def _ends(name: str, lines: Sequence[Sequence[tuple[float, float]]]) -> None:
    for number, line in enumerate(lines, start=1):
        if len(line) != 2:
            raise ModelMistake(f"{name}: number {number} has {len(line)} points.", "Give two points, or use draw_path.")


def _labels(name: str, labels: list[str] | None, count: int) -> list[str | None]:
    """One label or None for each of `count` shapes."""
    from sightline.tools.drawing.labels import can_write

    if not count:
        raise ModelMistake(f"{name}: there is nothing to draw.", "Give at least one shape.")
    if count > MOST_SHAPES:
        raise ModelMistake(f"{name}: {count} shapes are too many for one picture.", f"Give at most {MOST_SHAPES}.")
    if labels is None or not labels:
        return [None] * count
    if len(labels) != count:
        raise ModelMistake(f"{name}: {len(labels)} labels for {count} shapes.", "Give one for each, or none.")
    for text in labels:
        if not can_write(text):
            raise ModelMistake(
                f"{name}: the font lacks characters of the label {plain(text)!r}.", "Write it in Latin letters."
            )
    return [text.strip() or None for text in labels]


def _draft(image: Picture, drawn: Sequence[Shape], what: str) -> Draft:
    from sightline.tools.drawing.canvas import draw

    identity = PictureTransform.identity(image.size)
    return Draft(draw(image.pixels, drawn), f"{image.handle} with {what}", [(image.handle, identity, None)])


def _drawing(image: Picture, drawn: Sequence[Shape], places: list[str]) -> ToolResult:
    from sightline.tools.drawing.canvas import with_colors

    settled = with_colors(image.pixels, drawn)
    parts = []
    for shape, place in zip(settled, places, strict=True):
        text = f' "{plain(shape.label)}"' if shape.label else ""
        parts.append(f"{shape.color} {place}{text}")
    draft = _draft(image, settled, f"{len(drawn)} drawn {'shape' if len(drawn) == 1 else 'shapes'}")
    return ToolResult(f"{draft} is {image.handle} with: {'; '.join(parts)}. {image.handle} stays as it was.", [draft])


TOOLS = [draw_box, draw_line, draw_arrow, draw_point, draw_path, label, ruler]
"""The family, in the order it is listed."""
