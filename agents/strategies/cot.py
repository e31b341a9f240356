"""`cot`: one model call without tools, which thinks first. The baseline that tools have to beat.

compose -> think -> answer
"""

from __future__ import annotations

from sightline.agents.strategies.single_turn import single_turn_graph
from sightline.agents.strategies.strategy import Strategy

INSTRUCTIONS = (
    "You answer questions about space in pictures. Think first, step by step: what is where, from which viewpoint, "
    "and what follows. Then give the answer in the form asked for."
)

COT = Strategy("cot", "no tools, thinks first", INSTRUCTIONS, False, single_turn_graph)
