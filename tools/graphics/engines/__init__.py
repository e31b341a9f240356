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

__all__ = ["Engine", "ProgramError", "RenderRequest", "Rendered", "SceneReport", "StartFile", "Thing"]
