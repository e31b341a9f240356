"""`direct`: one model call without tools, the answer at once. The plainest baseline.

compose -> think -> answer
"""

from __future__ import annotations

from sightline.agents.strategies.single_turn import single_turn_graph
from sightline.agents.strategies.strategy import Strategy

INSTRUCTIONS = (
    "You answer questions about space in pictures. Give the answer at once, in the form asked for, and nothing else."
)

DIRECT = Strategy("direct", "no tools, answers at once", INSTRUCTIONS, False, single_turn_graph)
