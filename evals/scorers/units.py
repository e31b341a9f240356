r"""Lengths with a unit as Q-Spatial Bench writes them: `\scalar{1.5} \distance_unit{meters}`.

Source: andrewliao11/Q-Spatial-Bench-code, examples/evaluate_success_rate.ipynb:QSpatialEvaluator (ebe8137).
"""

from __future__ import annotations

import re

_CENTIMETRES = {
    **dict.fromkeys(("meters", "meter", "m", "metre", "metres"), 100.0),
    **dict.fromkeys(("centimeters", "centimeter", "cm"), 1.0),
    **dict.fromkeys(("feet", "foot", "ft"), 30.48),
    **dict.fromkeys(("inch", "inches", "in"), 2.54),
    "mm": 0.1,
}


def centimetres_in(unit: str) -> float:
    """How many centimetres a unit is; 1 for all that the published table lacks, `millimeters` and ` m` among them."""
    return _CENTIMETRES.get(unit.lower(), 1.0)


def scalar_with_unit(said: str) -> float | None:
    r"""The length in the last `scalar{}` and the last `distance_unit{}`, in centimetres.

    Several numbers in one `scalar{}` are averaged, so that "1-2" is 1.5; "1,000" is read as 1 and 0 and becomes 0.5,
    ".5" becomes 5, and a sign is not seen. Where one of the two is missing the published code fails; here nothing is
    read.
    """
    scalars = re.findall(r"scalar{([^}]*)}", said)
    units = re.findall(r"distance_unit{([^}]*)}", said)
    numbers = [float(number) for number in re.findall(r"\d+\.?\d*", scalars[-1])] if scalars else []
    if not numbers or not units:
        return None
    return sum(numbers) / len(numbers) * centimetres_in(units[-1])
