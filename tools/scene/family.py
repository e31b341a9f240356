"""The tools of the family, in the order they are listed."""

from __future__ import annotations

from sightline.tools.scene.building import build_scene_graph
from sightline.tools.scene.orienting import semantic_orientation

TOOLS = [build_scene_graph, semantic_orientation]
"""The family, in the order it is listed."""
