"""Numbers that a model wrote for places in a picture, as points in stored pixels: converted once, checked once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.geometry.dialects import Size
    from sightline.tools.contract import Sees

OVERSHOOT = 0.02
"""Share of a side by which a place may pass the edge and is moved back onto it: models round."""


def to_stored(numbers: list[float], size: Size, sees: Sees) -> list[tuple[float, float]] | None:
    """Points (x, y) in stored pixels, or None where one lies outside the picture by more than `OVERSHOOT`.

    Args:
        numbers: Pairs in the model's dialect and order, flat.
        size: Width and height of the stored picture.
        sees: The model's dialect and picture limits.
    """
    with np.errstate(over="ignore"):  # a number near the largest float is outside, like any other
        points = sees.dialect.from_model(numbers, size, sees.limits.fit(size))
    extent = np.asarray(size, dtype=np.float64)
    if not ((points >= -OVERSHOOT * extent) & (points <= (1 + OVERSHOOT) * extent)).all():
        return None
    return [(float(x), float(y)) for x, y in np.clip(points, 0.0, extent)]


def valid_range(size: Size, sees: Sees) -> str:
    """In the model's own numbers: `x goes from 0 to 640 and y from 0 to 480`."""
    wide, high = (sees.dialect.number(v) for v in sees.dialect.extent(sees.limits.fit(size)))
    return f"x goes from 0 to {wide} and y from 0 to {high}"
