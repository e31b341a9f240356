"""The tools of the family, in the order they are listed."""

from __future__ import annotations

from sightline.tools.graphics.comparing import best, compare, verdict
from sightline.tools.graphics.viewing import (
    fit_camera,
    inspect_scene,
    inspect_view,
    render,
    set_frame,
    set_visibility,
)
from sightline.tools.graphics.writing import edit_program, undo, write_program

TOOLS = [
    write_program,
    edit_program,
    render,
    compare,
    inspect_scene,
    inspect_view,
    fit_camera,
    set_visibility,
    set_frame,
    undo,
    best,
    verdict,
]
"""The family, in the order it is listed."""
