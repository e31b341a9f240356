"""The strategies by name."""

from __future__ import annotations

from sightline.agents.strategies.code import CODE
from sightline.agents.strategies.cot import COT
from sightline.agents.strategies.direct import DIRECT
from sightline.agents.strategies.inverse_graphics import INVERSE_GRAPHICS
from sightline.agents.strategies.react import REACT
from sightline.agents.strategies.strategy import Strategy
from sightline.memory import InputError

STRATEGIES: dict[str, Strategy] = {s.name: s for s in (REACT, CODE, DIRECT, COT, INVERSE_GRAPHICS)}


def strategy_named(name: str) -> Strategy:
    """The strategy with this name.

    Raises:
        InputError: There is none.
    """
    if name not in STRATEGIES:
        raise InputError(f"There is no strategy {name!r}.", f"Use one of: {', '.join(STRATEGIES)}.")
    return STRATEGIES[name]
