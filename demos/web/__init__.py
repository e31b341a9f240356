"""The web demo: a page where a person gives pictures, asks, and watches the agent reason; see docs/demo.md."""

from __future__ import annotations

from sightline.demos.web.limits import Limits
from sightline.demos.web.serving import Address, serve

__all__ = ["Address", "Limits", "serve"]
