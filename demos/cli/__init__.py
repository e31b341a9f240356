"""The command line: `sightline ask`, `tools`, `doctor`, `trace`, `resume`, `branch`."""

from __future__ import annotations

from sightline.demos.cli.app import main

__all__ = ["main"]
