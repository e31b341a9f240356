"""Tools that look at a reconstruction from somewhere else."""

from __future__ import annotations

from sightline.tools.camera.overviews import TOOLS, contact_sheet, top_down
from sightline.tools.camera.viewing import fit_view, orbit, stand_at, view

__all__ = ["TOOLS", "contact_sheet", "fit_view", "orbit", "stand_at", "top_down", "view"]
