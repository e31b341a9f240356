"""Which of two places is nearer, in the words and numbers that their depth map allows.

Within one map the unknown scale is common to both places and drops out; what is left is how well the map tells places
apart (`LOCAL_ERROR`). Two places nearer to each other than that are too close to call. Two things of which one lies
within the depths of the other (a chair and the floor it stands on) have no single answer, and are told so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sightline.geometry.quantities import Quantity, number
from sightline.tools.depth.fields import LOCAL_ERROR, Reading

Verdict = Literal["nearer", "farther", "too close", "interleaved", "unknown"]


@dataclass(frozen=True)
class Comparison:
    """One place against another.

    Attributes:
        first: Its name.
        second: Its name.
        verdict: What `first` is; `interleaved` where one reaches across the other's depth, `unknown` where a depth is.
        text: A sentence.
    """

    first: str
    second: str
    verdict: Verdict
    text: str


def compare(first: str, a: Reading, second: str, b: Reading) -> Comparison:
    """Whether the first of two places of one map is nearer than the second."""
    if not (a.found and b.found):
        missing = first if not a.found else second
        return Comparison(first, second, "unknown", f"{first} and {second}: the depth of {missing} is not known.")
    values = _against(a, b)
    error = math.hypot(a.error, b.error)
    inside = a.nearest + error < b.middle < a.farthest - error, b.nearest + error < a.middle < b.farthest - error
    if any(inside):
        wide, thin = (first, second) if inside[0] else (second, first)
        spread = (a, b) if inside[0] else (b, a)
        return Comparison(
            first,
            second,
            "interleaved",
            f"{first} and {second}: no single answer, {thin} lies within the depths of {wide} "
            f"({_reach(spread[0])}; {thin}: {describe(spread[1])}).",
        )
    apart = b.middle - a.middle
    if abs(apart) <= error:
        how = "of the map's range" if a.field.ordinal else "of the depth"
        text = (
            f"{first} and {second}: too close to call ({values}; depths of this map are told apart from about "
            f"{100 * math.sqrt(2) * LOCAL_ERROR[a.field.scale.kind]:.0f} % {how})."
        )
        return Comparison(first, second, "too close", text)
    near, far = (first, second) if apart > 0 else (second, first)
    values = values if apart > 0 else _against(b, a)
    return Comparison(first, second, "nearer" if apart > 0 else "farther", f"{near} is nearer than {far}: {values}.")


def nearest_first(readings: Sequence[tuple[str, Reading]]) -> list[tuple[str, Reading]]:
    """Places with known depth, nearest first."""
    return sorted((pair for pair in readings if pair[1].found), key=lambda pair: pair[1].middle)


def describe(reading: Reading) -> str:
    """A depth in a few words: `z-depth 2.31 m`, or for an ordinal map `nearer than 83 % of the picture`."""
    if reading.field.ordinal:
        return f"nearer than {_percent(reading.rank)} of the picture"
    return f"{reading.field.word} {short(reading)}"


def quantity(reading: Reading, source: str = "") -> Quantity:
    """A depth with its interval: the spread of a point on an edge, the map's own error, and that of its scale.

    Raises:
        ValueError: The map is ordinal: it holds no lengths.
    """
    low = min(reading.middle - reading.error, reading.nearest if reading.edge else math.inf)
    high = max(reading.middle + reading.error, reading.farthest if reading.edge else -math.inf)
    return reading.field.scale.length(
        reading.length(), reading.length(low), reading.length(high), source or reading.field.scale.frame
    )


def short(reading: Reading, farness: float | None = None) -> str:
    """A depth with its unit, without the interval: `2.31 m`, `1.4 units`."""
    return f"{number(reading.length(farness))} {'m' if reading.field.scale.metric else 'units'}"


def _reach(reading: Reading) -> str:
    if reading.field.ordinal:
        near, far = reading.field.rank(reading.nearest), reading.field.rank(reading.farthest)
        return f"from nearer than {_percent(near)} to nearer than {_percent(far)} of the picture"
    return f"from {short(reading, reading.nearest)} to {short(reading, reading.farthest)}"


def _against(a: Reading, b: Reading) -> str:
    """Both depths, the unit and the word told once."""
    if a.field.ordinal:
        return f"{describe(a)} against {_percent(b.rank)}"
    return f"{describe(a)} against {short(b)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
