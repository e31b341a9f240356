"""Code as an action: cells of Python in the sandbox, which call the other tools as functions."""

from __future__ import annotations

from sightline.tools.code.running import TOOLS, run_python

__all__ = ["TOOLS", "run_python"]
