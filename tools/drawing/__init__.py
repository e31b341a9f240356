"""Tools, soon."""

from __future__ import annotations

TOOLS: list = []

__all__ = ["TOOLS"]
