"""Numbers and units in words: what a model or a person writes, as values that can be converted.

Knows lengths, areas, angles, times, percent and pixels. A unit outside the table (`scene units`) is kept as it is
written and converts to nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

# name -> dimension, factor to the dimension's base, other ways of writing it
_UNITS: dict[str, tuple[str, float, tuple[str, ...]]] = {
    "m": ("length", 1.0, ("meter", "meters", "metre", "metres")),
    "cm": ("length", 0.01, ("centimeter", "centimeters", "centimetre", "centimetres")),
    "mm": ("length", 0.001, ("millimeter", "millimeters", "millimetre", "millimetres")),
    "km": ("length", 1000.0, ("kilometer", "kilometers", "kilometre", "kilometres")),
    "ft": ("length", 0.3048, ("foot", "feet")),
    "in": ("length", 0.0254, ("inch", "inches")),
    "yd": ("length", 0.9144, ("yard", "yards")),
    "mi": ("length", 1609.344, ("mile", "miles")),
    "m²": ("area", 1.0, ("m2", "m^2", "sqm", "sq m", "square meter", "square meters", "square metre", "square metres")),
    "cm²": ("area", 1e-4, ("cm2", "cm^2", "square centimeters", "square centimetres")),
    "ft²": ("area", 0.3048**2, ("ft2", "ft^2", "sqft", "sq ft", "square foot", "square feet")),
    "degrees": ("angle", 1.0, ("degree", "deg", "°")),
    "rad": ("angle", 180.0 / math.pi, ("radian", "radians")),
    "s": ("time", 1.0, ("sec", "secs", "second", "seconds")),
    "ms": ("time", 0.001, ("millisecond", "milliseconds")),
    "min": ("time", 60.0, ("mins", "minute", "minutes")),
    "h": ("time", 3600.0, ("hr", "hrs", "hour", "hours")),
    "%": ("share", 1.0, ("percent", "per cent", "pct")),
    "px": ("pixels", 1.0, ("pixel", "pixels")),
}
_BY_ALIAS = {alias: name for name, (_, _, aliases) in _UNITS.items() for alias in (name, *aliases)}

NUMBER_WORDS: dict[str, int] = {
    word: value
    for value, word in enumerate(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
            *(
                "eleven",
                "twelve",
                "thirteen",
                "fourteen",
                "fifteen",
                "sixteen",
                "seventeen",
                "eighteen",
                "nineteen",
                "twenty",
            ),
        )
    )
}
"""Words for the whole numbers from zero to twenty."""

# "3 in the room" is no length: `in` is a unit at the end of a phrase or before an adjective of size.
_INCH = r"in(?!\w)(?!\s+(?!(?:wide|long|tall|high|deep|thick|away|apart|across|by|x)\b)[a-z])"
_DECIMAL = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d{1,3})?(?!\d)(?![.,]\d)"
_APPROXIMATE = re.compile(
    r"^(?:about|approximately|approx|around|roughly|circa|ca|nearly|almost|[~≈])\s*", re.IGNORECASE
)
# What joins two numbers that share the unit of the second: "3-4 m", "between 3 and 4 m", "3 x 4 m".
_JOIN = re.compile(r"\s*(?:-|–|—|to|or|and|through|by|x|×|,|/)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Quantity:
    """A number found in a text.

    Attributes:
        value: The number.
        unit: Its unit's canonical name, or None where there is none.
        start: Where it begins in the (normalised) text.
        end: Where it ends.
    """

    value: float
    unit: str | None
    start: int
    end: int


def canonical_unit(unit: str) -> str:
    """A unit's canonical name (`metres` -> `m`); an unknown one only stripped."""
    return _BY_ALIAS.get(" ".join(unit.lower().split()), unit.strip())


def convert(value: float, unit: str, asked: str) -> float | None:
    """A value in another unit; None where the two do not measure the same thing, or one is unknown."""
    if unit == asked:
        return value
    if unit not in _UNITS or asked not in _UNITS or _UNITS[unit][0] != _UNITS[asked][0]:
        return None
    return value * _UNITS[unit][1] / _UNITS[asked][1]


def normalise(text: str) -> str:
    """Rewrite signs, fractions and feet-and-inches marks in the one way the patterns here read."""
    text = text.replace("−", "-").replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    for glyph, fraction in (("½", "1/2"), ("¼", "1/4"), ("¾", "3/4")):
        text = text.replace(glyph, f" {fraction}")
    text = re.sub(r"\\d?frac\{(\d{1,9})\}\{(\d{1,9})\}", r"\1/\2", text)
    text = re.sub(r"\\text\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\^\{?\\circ\}?", "°", text)
    # Quotation marks are no inches: only 5'11" is certain. The prime signs are.
    text = re.sub(r"(?<!\d)(\d{1,4})\s?['′’]\s?(\d+(?:\.\d+)?)\s?(?:[\"″”]|(?!\w))", r"\1 ft \2 in", text)
    text = re.sub(r"(?<=\d)\s?′", " ft", re.sub(r"(?<=\d)\s?″", " in", text))
    return re.sub(r"\b(approx|ca)\.", r"\1", text, flags=re.IGNORECASE)


@cache
def _pattern(extra: str | None) -> re.Pattern[str]:
    aliases = [re.escape(alias) for alias in _BY_ALIAS if alias != "in"]
    if extra is not None and extra not in _UNITS:
        aliases.append(re.escape(extra))
    aliases.sort(key=len, reverse=True)
    unit = f"(?:{'|'.join(aliases)}|{_INCH})(?![\\w²³^])"
    number = r"(?:(?P<whole>\d{1,9})\s+)?(?P<over>\d{1,9})\s?/\s?(?P<under>\d{1,9})(?![\d/]|[.,]\d)"
    number += rf"|(?P<decimal>{_DECIMAL})"
    spread = rf"(?:\s*(?:±|\+/-|\+-)\s*{_DECIMAL})?"
    # A sign straight after a word or a bracket is an operator or a dash.
    return re.compile(
        rf"(?<![\w.])(?<!\d,)(?P<sign>[-+])?(?:{number}){spread}(?:(?:\s*|-)(?P<unit>{unit})|(?![\w^]))", re.IGNORECASE
    )


def _found(text: str, asked: str | None) -> Iterator[Quantity]:
    for match in _pattern(asked).finditer(text):
        if match["decimal"] is not None:
            value = float(match["decimal"].replace(",", ""))
        elif int(match["under"]) == 0:
            continue
        else:
            value = int(match["whole"] or 0) + int(match["over"]) / int(match["under"])
        if not math.isfinite(value):
            continue
        unit = None if match["unit"] is None else canonical_unit(match["unit"])
        if asked is not None and unit is not None and unit.lower() == asked.lower():
            unit = asked
        yield Quantity(-value if match["sign"] == "-" else value, unit, match.start(), match.end())


def quantities(text: str, asked: str | None = None) -> list[Quantity]:
    """All numbers in a text, in order.

    Five feet eleven inches is one quantity; in `3-4 m` both numbers are in metres. A comma that is neither a
    thousands separator nor followed by a space (`3,5`) can be read in two ways: such numbers are left out.

    Args:
        text: Already through `normalise`.
        asked: A unit to look for beside the known ones.
    """
    out: list[Quantity] = []
    for found in _found(text, asked):
        last = out[-1] if out else None
        if last is not None and _continues(last, found, text[last.end : found.start]):
            rest = convert(found.value, found.unit or "", last.unit or "") or 0.0
            out[-1] = replace(last, value=last.value + math.copysign(rest, last.value), end=found.end)
            continue
        out.append(found)
    for i in range(len(out) - 2, -1, -1):
        if out[i].unit is None and _JOIN.fullmatch(text[out[i].end : out[i + 1].start]):
            out[i] = replace(out[i], unit=out[i + 1].unit)
    return out


def _continues(first: Quantity, second: Quantity, gap: str) -> bool:
    """Whether two quantities are one: `5 ft 11 in`, `2 m 30 cm`."""
    if first.unit is None or second.unit is None or second.value < 0:
        return False
    whole = convert(1.0, first.unit, second.unit)
    if whole is None or whole <= 1.0 or second.value >= whole or not first.value.is_integer():
        return False
    joins = ("", ",", "and") if (first.unit, second.unit) == ("ft", "in") else ("",)
    return gap.strip() in joins


def parse_quantity(text: str, asked: str | None = None) -> Quantity | None:
    """The number that makes up the whole text (`about 3.5 m`, `1,200`, `1/2`), or None."""
    text = normalise(text).strip().strip("*_`$\"'").strip()
    text = _APPROXIMATE.sub("", text).rstrip(".").strip()
    found = quantities(text, asked)
    if len(found) != 1 or found[0].start != 0 or text[found[0].end :].strip(". ") != "":
        return None
    return found[0]
