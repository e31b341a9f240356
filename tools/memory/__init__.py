"""Tools over what the run knows."""

from __future__ import annotations

from sightline.tools.memory.notebook import TOOLS, note, plan, recall

__all__ = ["TOOLS", "note", "plan", "recall"]
