"""Tools that look at a reconstruction from somewhere else."""

from __future__ import annotations

from sightline.tools.camera.overviews import contact_sheet, top_down
from sightline.tools.camera.viewing import fit_view, orbit, stand_at, view

TOOLS = [view, orbit, top_down, stand_at, fit_view, contact_sheet]
"""The family, in the order it is listed."""

__all__ = ["TOOLS", "contact_sheet", "fit_view", "orbit", "stand_at", "top_down", "view"]
