"""Ways to work on a question: each a small graph over the shared nodes."""

from __future__ import annotations

from sightline.agents.strategies.registry import STRATEGIES, strategy_named
from sightline.agents.strategies.strategy import Strategy

__all__ = ["STRATEGIES", "Strategy", "strategy_named"]
