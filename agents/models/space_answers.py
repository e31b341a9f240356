"""From what was found in space to the answer in the form asked for: an option, a number in a unit, or words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from sightline.agents.models.rules_solver import UnclearError
from sightline.agents.models.space_case import NO_METRES, Told, metres_in
from sightline.agents.models.space_forms import bare

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WAYS = {
    "left": "left", "leftwards": "left", "right": "right", "rightwards": "right",
    "up": "up", "upward": "up", "upwards": "up", "down": "down", "downward": "down", "downwards": "down",
    "front": "front", "ahead": "front", "forward": "front", "back": "back", "behind": "back", "rear": "back",
}  # fmt: skip
_NOT_AT_ALL = {"not", "no", "none", "neither", "same", "still", "unchanged"}
_HEDGES = {"more", "less", "fewer", "than", "least", "most", "over", "under", "between", "not"}
_NEAR = 0.05
"""Share by which an option may be off at least, however narrow the interval: options are rounded."""


def option_for(told: Told, options: Mapping[str, str]) -> str:
    """The letter of the one option that says what was found.

    Raises:
        UnclearError: None does, or more than one.
    """
    if isinstance(told.value, float) and told.unit not in ("m", "degrees"):
        raise UnclearError(told.words if NO_METRES in told.words else f"{told.words} {NO_METRES}")
    fitting = [letter for letter, text in options.items() if _says(text, told)]
    if len(fitting) != 1:
        raise UnclearError(f"{told.words} None of the options says that, or more than one does.")
    return fitting[0]


def value_for(told: Told, schema: Mapping[str, Any], unit: str | None) -> Any:
    """The value as the answer tool wants it.

    Raises:
        UnclearError: It does not fit the kind or the unit asked for.
    """
    wanted, allowed = schema.get("type"), schema.get("enum")
    if wanted == "string" and (not allowed or told.text in allowed):
        return told.text
    if wanted in ("number", "integer") and isinstance(told.value, float):
        value = told.value * _factor(told, unit)
        if wanted == "number":
            return float(f"{value:.4g}")
        if told.unit == "degrees":
            return round(value)
    raise UnclearError(f"{told.words} That is not the kind of answer asked for.")


def _factor(told: Told, unit: str | None) -> float:
    """What a number is multiplied with to be in the unit asked for."""
    asked = (unit or "").strip().lower()
    metres = metres_in(asked)
    if not asked:
        return 1.0
    if told.unit == "degrees":
        known = {
            "deg": 1.0,
            "degree": 1.0,
            "degrees": 1.0,
            "\u00b0": 1.0,
            "rad": math.pi / 180,
            "radians": math.pi / 180,
        }
        if asked in known:
            return known[asked]
    elif told.unit == "m" and metres is not None:
        return 1 / metres
    elif told.unit != "m" and metres is None and asked.startswith("scene unit"):
        return 1.0
    raise UnclearError(f"{told.words} That is in {told.unit}, not in {unit}.")


def _says(text: str, told: Told) -> bool:
    words = set(re.findall(r"[a-z]+", text.lower()))
    value = told.value
    if isinstance(value, bool):
        return bool(words & ({"yes", "true"} if value else {"no", "false"}))
    if isinstance(value, float):
        numbers = _NUMBER.findall(text)
        if len(numbers) != 1 or words & _HEDGES:
            return False
        low, high = told.interval or (value, value)
        unit = re.search(r"\d\s*([a-z]+)", text.lower())
        factor = (metres_in(unit[1]) if unit and told.unit == "m" else None) or 1.0
        slack = _NEAR * abs(value)
        return min(low, value - slack) <= float(numbers[0]) * factor <= max(high, value + slack)
    if bare(text) == bare(value):
        return True
    meant = {_WAYS[word] for word in re.findall(r"[a-z]+", value.lower()) if word in _WAYS}
    named = {_WAYS[word] for word in words if word in _WAYS}
    if value == "did not turn":
        return not named and bool(words & _NOT_AT_ALL)
    # Only for directions: the name of a mark may hold such a word too.
    return told.directed and bool(meant) and meant == named and not words & _NOT_AT_ALL
