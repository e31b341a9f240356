"""Quantities: numbers that say their unit, how sure they are, and what they may be compared with.

A length from a picture is worth what its scale is worth. `Scale` says which of four kinds that is, and nothing turns
one kind into a better one except a size that somebody states:

- `measured`: from a sensor or a known size;
- `estimated`: from a learned prior, always with an interval;
- `relative`: right up to one unknown factor of one reconstruction, never compared with another's;
- `ordinal`: an order only; no lengths at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

ScaleKind = Literal["measured", "estimated", "relative", "ordinal"]
Unit = Literal["length", "area", "degrees", "ratio"]

_POWER: dict[Unit, int] = {"length": 1, "area": 2, "degrees": 0, "ratio": 0}


@dataclass(frozen=True)
class Scale:
    """What a unit of length of a reconstruction or a depth map stands for.

    Attributes:
        kind: See the module's text.
        frame: Handle of the reconstruction or depth map whose unit this is.
        factor: A true length lies between value / factor and value * factor, for `measured` and `estimated`.
        because: What it comes from, in words.
    """

    kind: ScaleKind
    frame: str
    factor: float = 1.0
    because: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.factor) and self.factor >= 1):
            raise ValueError(f"a scale may be off by a factor of at least 1, not {self.factor}")
        if self.kind == "estimated" and self.factor == 1:
            raise ValueError("an estimated scale has an interval: give the factor by which it may be off")

    @property
    def metric(self) -> bool:
        """Whether its unit is the metre."""
        return self.kind in ("measured", "estimated")

    def describe(self) -> str:
        """In words, for the model."""
        because = f" ({self.because})" if self.because else ""
        match self.kind:
            case "measured":
                return f"metres, measured{because}"
            case "estimated":
                return f"metres, estimated: may be off by a factor of {self.factor:.2g}{because}"
            case "relative":
                return f"scene units of {self.frame}: not metres, not comparable with other reconstructions{because}"
            case "ordinal":
                return f"an order only: no lengths, no ratios{because}"

    def length(self, value: float, low: float | None = None, high: float | None = None, source: str = "") -> Quantity:
        """A length in this unit; low and high are the instrument's own interval, the scale's error comes on top."""
        return self._of("length", value, low, high, source)

    def area(self, value: float, low: float | None = None, high: float | None = None, source: str = "") -> Quantity:
        """An area in this unit squared."""
        return self._of("area", value, low, high, source)

    def _of(self, unit: Unit, value: float, low: float | None, high: float | None, source: str) -> Quantity:
        if self.kind == "ordinal":
            raise ValueError(f"{self.frame} is ordinal: it holds no lengths")
        factor = self.factor ** _POWER[unit]
        low = (value if low is None else low) / factor
        high = (value if high is None else high) * factor
        return Quantity(value, low, high, unit, self, source)


@dataclass(frozen=True)
class Quantity:
    """A number with all that must not get lost.

    Attributes:
        value: The number, in metres, scene units, their squares, or degrees.
        low: Lower end of the interval.
        high: Upper end of the interval.
        unit: What it is a number of.
        scale: Whose unit; None for angles and ratios.
        source: What it was computed from, in words.
    """

    value: float
    low: float
    high: float
    unit: Unit
    scale: Scale | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if (self.unit in ("length", "area")) != (self.scale is not None):
            raise ValueError("lengths and areas have a scale; angles and ratios have none")
        if not self.low <= self.value <= self.high:
            raise ValueError(f"a value lies inside its interval; {self.value} not in {self.low} to {self.high}")

    @classmethod
    def degrees(cls, value: float, error: float = 0.0, source: str = "") -> Self:
        """An angle with an error either way."""
        return cls(value, value - error, value + error, "degrees", None, source)

    @property
    def error(self) -> float:
        """The larger half of the interval."""
        return max(self.high - self.value, self.value - self.low)

    def converted(self, convert: Callable[[float], float]) -> Self:
        """Value and both ends taken through an increasing function."""
        return replace(self, value=convert(self.value), low=convert(self.low), high=convert(self.high))

    def comparable(self, other: Quantity) -> bool:
        """Whether the two have one unit: both metres, or scene units of one reconstruction."""
        if self.unit != other.unit:
            return False
        if self.scale is None or other.scale is None:
            return True
        return (self.scale.metric and other.scale.metric) or self.scale.frame == other.scale.frame

    def __str__(self) -> str:
        """E.g. `1.37 m (1.2 to 1.6, estimated)` or `1.37 scene units of cloud1 (not metres, ...)`."""
        spread = ""
        if self.high > self.low:
            spread = f"{number(self.low)} to {number(self.high)}"
        match self.unit:
            case "degrees":
                return (
                    f"{self.value:.1f}".removesuffix(".0")
                    + (f" +- {self.error:.1f}".removesuffix(".0") if spread else "")
                    + " degrees"
                )
            case "ratio":
                return number(self.value) + (f" ({spread})" if spread else "")
        assert self.scale is not None
        square = "²" if self.unit == "area" else ""
        if self.scale.metric:
            notes = ", ".join(n for n in (spread, self.scale.kind) if n)
            return f"{number(self.value)} m{square} ({notes})"
        squared = "square " if square else ""
        notes = "; ".join(n for n in (spread, f"not metres, not comparable with others than {self.scale.frame}") if n)
        return f"{number(self.value)} {squared}scene units of {self.scale.frame} ({notes})"

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        scale = None if self.scale is None else self.scale.__dict__.copy()
        return {**self.__dict__, "scale": scale}


def number(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
