"""The catalogue: every tool by family and name, imported only when asked for."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from sightline.memory import InputError
from sightline.tools.contract import Tool

FAMILIES: dict[str, str] = {
    "drawing": "sightline.tools.drawing",
    "image": "sightline.tools.image",
    "detection": "sightline.tools.detection",
    "depth": "sightline.tools.depth",
    "reconstruction": "sightline.tools.reconstruction",
    "camera": "sightline.tools.camera",
    "measure": "sightline.tools.measure",
    "scene": "sightline.tools.scene",
    "panorama": "sightline.tools.panorama",
    "video": "sightline.tools.video",
    "model": "sightline.tools.model",
    "symbolic": "sightline.tools.symbolic",
    "code": "sightline.tools.code",
    "graphics": "sightline.tools.graphics",
    "memory": "sightline.tools.memory",
}
"""Each family and the package whose `TOOLS` holds it."""


def family(name: str) -> list[Tool]:
    """The tools of one family, in the order they are listed."""
    tools: list[Tool] = import_module(FAMILIES[name]).TOOLS
    return tools


def all_tools() -> list[Tool]:
    """Every tool, family by family."""
    return [tool for name in FAMILIES for tool in family(name)]


def find(name: str) -> Tool:
    """The tool with this name.

    Raises:
        InputError: There is none; names the nearest.
    """
    tools = {tool.name: tool for tool in all_tools()}
    if name not in tools:
        raise InputError(f"There is no tool or family {name!r}.", _nearest(name, [*tools, *FAMILIES]))
    return tools[name]


def select(names: Iterable[str] | None = None) -> list[Tool]:
    """Tools by family or name; all of them by default. The memory family is always among them.

    Raises:
        InputError: A name is neither.
    """
    wanted = list(FAMILIES) if names is None else [*names, "memory"]
    chosen: dict[str, Tool] = {}
    for name in wanted:
        for tool in family(name) if name in FAMILIES else [find(name)]:
            chosen.setdefault(tool.name, tool)
    return list(chosen.values())


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=3)
    return f"Did you mean {' or '.join(close)}?" if close else f"Known: {', '.join(known)}."
