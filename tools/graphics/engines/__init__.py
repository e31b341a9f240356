"""Engines: what turns a program into a picture. Each runs programs in the sandbox only."""

from __future__ import annotations

from sightline.tools.graphics.engines.protocol import (
    Engine,
    ProgramError,
    Rendered,
    RenderRequest,
    SceneReport,
    StartFile,
    Thing,
)
from sightline.tools.graphics.engines.registry import ENGINES, find_engine

__all__ = [
    "ENGINES",
    "Engine",
    "ProgramError",
    "RenderRequest",
    "Rendered",
    "SceneReport",
    "StartFile",
    "Thing",
    "find_engine",
]
