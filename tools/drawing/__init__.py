"""Tools that draw on pictures, and the functions under them."""

from __future__ import annotations

from sightline.tools.drawing.marking import (
    TOOLS,
    draw_arrow,
    draw_box,
    draw_line,
    draw_path,
    draw_point,
    label,
    ruler,
)

__all__ = ["TOOLS", "draw_arrow", "draw_box", "draw_line", "draw_path", "draw_point", "label", "ruler"]
