"""The scene as a whole: things with places and fronts, and what holds between them."""

from __future__ import annotations

from sightline.tools.scene.building import build_scene_graph
from sightline.tools.scene.family import TOOLS
from sightline.tools.scene.orienting import semantic_orientation

__all__ = ["TOOLS", "build_scene_graph", "semantic_orientation"]
