"""The MCP server: Sightline's instruments for a coding assistant, a desktop client, or any agent."""

from __future__ import annotations

from sightline.demos.mcp.serving import serve_http, serve_stdio

__all__ = ["serve_http", "serve_stdio"]
