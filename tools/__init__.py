"""What a model can call: tools, how they are declared, bound and run, and the catalogue of all of them."""

from __future__ import annotations

from sightline.tools.background import run_blocking
from sightline.tools.catalog import FAMILIES, all_tools, find, select
from sightline.tools.contract import (
    Box,
    Instrument,
    Look,
    LookReply,
    Path,
    Picture,
    Point,
    Sees,
    StoredPixels,
    Tool,
    ToolContext,
    ToolResult,
    tool,
)
from sightline.tools.execution import perform, sort_failure

__all__ = [
    "FAMILIES",
    "Box",
    "Instrument",
    "Look",
    "LookReply",
    "Path",
    "Picture",
    "Point",
    "Sees",
    "StoredPixels",
    "Tool",
    "ToolContext",
    "ToolResult",
    "all_tools",
    "bind",
    "find",
    "perform",
    "run_blocking",
    "select",
    "sort_failure",
    "tool",
]


def __getattr__(name: str) -> object:
    # `bind` needs langchain_core, which takes a third of a second to import.
    if name == "bind":
        from sightline.tools.binding import bind

        return bind
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
