"""Graphics programs: written, rendered, compared and revised."""

from __future__ import annotations

from sightline.tools.graphics.comparing import best, compare, verdict
from sightline.tools.graphics.exporting import Exported, export_revision
from sightline.tools.graphics.family import TOOLS
from sightline.tools.graphics.viewing import (
    fit_camera,
    inspect_scene,
    inspect_view,
    render,
    set_frame,
    set_visibility,
)
from sightline.tools.graphics.writing import edit_program, undo, write_program

__all__ = [
    "TOOLS",
    "Exported",
    "best",
    "compare",
    "edit_program",
    "export_revision",
    "fit_camera",
    "inspect_scene",
    "inspect_view",
    "render",
    "set_frame",
    "set_visibility",
    "undo",
    "verdict",
    "write_program",
]
