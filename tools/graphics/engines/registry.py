"""The engines by name, imported only when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from sightline.memory import InputError
from sightline.tools.graphics.engines.protocol import Engine

ENGINES: dict[str, tuple[str, str]] = {
    "blender": ("sightline.tools.graphics.engines.blender", "BlenderEngine"),
    "slides": ("sightline.tools.graphics.engines.slides", "SlidesEngine"),
    "svg": ("sightline.tools.graphics.engines.svg", "SvgEngine"),
    "plot": ("sightline.tools.graphics.engines.plot", "PlotEngine"),
}
"""Each engine's module and class."""


def find_engine(name: str) -> Engine:
    """The engine of this name.

    Raises:
        InputError: There is none; names those there are.
    """
    if name not in ENGINES:
        raise InputError(f"There is no engine {name!r}.", f"There are: {', '.join(ENGINES)}.")
    module, class_name = ENGINES[name]
    return cast("Engine", getattr(import_module(module), class_name)())
