"""What is on a slide, as JSON data. Boxes in pixels of its picture."""

from __future__ import annotations

from typing import Any

MOST_SHAPES = 200


def named_shapes(slide: Any) -> dict[str, Any]:
    """Shapes by name, those in groups too; a name that is there already gets a number: `Rectangle 1 (2)`."""
    named: dict[str, Any] = {}

    def add(shapes: Any) -> None:
        for shape in shapes:
            name, number = shape.name, 1
            while name in named:
                number += 1
                name = f"{shape.name} ({number})"
            named[name] = shape
            if hasattr(shape, "shapes"):
                add(shape.shapes)

    add(slide.shapes)
    return named


def slide_report(deck: Any, number: int, size: list[int]) -> dict[str, Any]:
    """A slide's shapes, its layout and background, and how many slides there are."""
    slide = deck.slides[number - 1]
    shapes = named_shapes(slide)
    per_unit = size[0] / deck.slide_width
    return {
        "slide": number,
        "slides": len(deck.slides),
        "size": size,
        "inches": [deck.slide_width / 914400, deck.slide_height / 914400],
        "layout": slide.slide_layout.name,
        "background": _fill(slide.background.fill) if not slide.follow_master_background else "",
        "notes": slide.notes_slide.notes_text_frame.text[:500] if slide.has_notes_slide else "",
        "shapes": [_shape(name, shape, per_unit) for name, shape in list(shapes.items())[:MOST_SHAPES]],
        "left_out": max(0, len(shapes) - MOST_SHAPES),
    }


def _shape(name: str, shape: Any, per_unit: float) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    told: dict[str, Any] = {"name": name, "kind": _kind(shape), "properties": properties}
    if shape.left is not None and shape.width is not None:  # a placeholder may have no place of its own
        left, top = _in_slide(shape)
        told["box"] = [
            left * per_unit,
            top * per_unit,
            (left + shape.width) * per_unit,
            (top + shape.height) * per_unit,
        ]
    if getattr(shape, "rotation", 0):
        properties["rotation (degrees)"] = shape.rotation
    if hasattr(shape, "fill") and (fill := _fill(shape.fill)):
        properties["fill"] = fill
    if hasattr(shape, "line") and (line := _fill(shape.line.fill)):
        properties["line"] = line
        properties["line width (pt)"] = shape.line.width.pt
    if shape.has_text_frame and shape.text_frame.text:
        _text(shape.text_frame, properties)
    if shape.has_table:
        table = shape.table
        properties["table"] = f"{len(table.rows)} rows, {len(table.columns)} columns"
        properties["cells"] = [[cell.text[:60] for cell in row.cells] for row in list(table.rows)[:20]]
    if shape.has_chart:
        properties["chart"] = str(shape.chart.chart_type).split(" ")[0]
        properties["series"] = [series.name for series in shape.chart.series]
    return told


def _text(frame: Any, properties: dict[str, Any]) -> None:
    properties["text"] = frame.text[:400]
    runs = [run for paragraph in frame.paragraphs for run in paragraph.runs]
    sizes = sorted({run.font.size.pt for run in runs if run.font.size is not None})
    if sizes:
        properties["font size (pt)"] = sizes if len(sizes) > 1 else sizes[0]
    names = sorted({run.font.name for run in runs if run.font.name})
    if names:
        properties["font"] = names if len(names) > 1 else names[0]
    colours = sorted({colour for run in runs if (colour := _colour(run.font.color))})
    if colours:
        properties["text colour"] = colours if len(colours) > 1 else colours[0]
    if any(run.font.bold for run in runs):
        properties["bold"] = True
    aligned = sorted({str(p.alignment).split(" ")[0].lower() for p in frame.paragraphs if p.alignment is not None})
    if aligned:
        properties["aligned"] = aligned if len(aligned) > 1 else aligned[0]


def _in_slide(shape: Any) -> tuple[float, float]:
    """Left and top in the slide: shapes of a group are placed in coordinates of the group's own."""
    left, top = float(shape.left), float(shape.top)
    element = shape._element.getparent()
    while element is not None and element.tag.endswith("}grpSp"):
        frame = element.grpSpPr.find("{*}xfrm")
        if frame is not None and frame.find("{*}chOff") is not None:
            offset, inner = frame.find("{*}off"), frame.find("{*}chOff")
            extent, span = frame.find("{*}ext"), frame.find("{*}chExt")
            scale_x = int(extent.get("cx")) / max(1, int(span.get("cx")))
            scale_y = int(extent.get("cy")) / max(1, int(span.get("cy")))
            left = int(offset.get("x")) + (left - int(inner.get("x"))) * scale_x
            top = int(offset.get("y")) + (top - int(inner.get("y"))) * scale_y
        element = element.getparent()
    return left, top


def _kind(shape: Any) -> str:
    if shape.is_placeholder:
        return f"placeholder {shape.placeholder_format.idx}, {str(shape.placeholder_format.type).split(' ')[0].lower()}"
    kind = str(shape.shape_type).split(" ")[0].lower().replace("_", " ")
    if kind == "auto shape":
        return str(shape.auto_shape_type).split(" ")[0].lower().replace("_", " ")
    return kind


def _fill(fill: Any) -> str:
    """A fill in words; "" where it is the theme's own."""
    from pptx.enum.dml import MSO_FILL

    if fill.type == MSO_FILL.SOLID:
        return _colour(fill.fore_color) or "solid"
    if fill.type == MSO_FILL.BACKGROUND:
        return "none"
    return str(fill.type).split(" ")[0].lower() if fill.type is not None else ""


def _colour(colour: Any) -> str:
    from pptx.enum.dml import MSO_COLOR_TYPE

    if colour is None or colour.type is None:
        return ""
    if colour.type == MSO_COLOR_TYPE.RGB:
        return f"#{colour.rgb}"
    return "theme " + str(colour.theme_color).split(" ")[0].lower()
