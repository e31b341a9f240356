"""A run retold for people: as text, and as one self-contained page with its pictures."""

from __future__ import annotations

from sightline.demos.trace.html import asset, trace_html
from sightline.demos.trace.listing import list_text
from sightline.demos.trace.live import LiveTrace, Part
from sightline.demos.trace.text import trace_text

__all__ = ["LiveTrace", "Part", "asset", "list_text", "trace_html", "trace_text"]
