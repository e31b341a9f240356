"""Reasoning with relations in words: composition, contradiction, and what does not follow."""

from __future__ import annotations

from sightline.tools.symbolic.solving import TOOLS, relation_solve

__all__ = ["TOOLS", "relation_solve"]
