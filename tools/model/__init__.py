"""Tools that ask a vision-language model."""

from __future__ import annotations

from sightline.tools.model.asking import TOOLS, ask_image, locate_by_vlm

__all__ = ["TOOLS", "ask_image", "locate_by_vlm"]
