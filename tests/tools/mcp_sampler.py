"""A small MCP server over stdio, made with the official SDK: `test_foreign.py` starts it as a process of its own."""

from __future__ import annotations

import io
from typing import Any

from mcp.server.fastmcp import FastMCP, Image
from PIL import Image as Pillow

server = FastMCP("sampler", log_level="WARNING")


@server.tool()
def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


@server.tool(structured_output=False)
def swatch(colour: str, size: int = 8) -> list[Any]:
    """A square of a colour."""
    data = io.BytesIO()
    Pillow.new("RGB", (size, size), colour).save(data, "PNG")
    return [f"A square of {colour}.", Image(data=data.getvalue(), format="png")]


@server.tool()
def refuse() -> str:
    """Never succeed."""
    raise ValueError("the sampler has no ink")


if __name__ == "__main__":
    server.run("stdio")
