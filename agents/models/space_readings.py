"""What the instruments for space said, read from their texts: as any other model, `rules` sees nothing but these."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

_N = r"\d+(?:\.\d+)?"
_CLOUD = re.compile(r"^(cloud\d+): (\d+) of (\d+) pictures placed \(([^)]*)\)", re.MULTILINE)
_LENGTH = re.compile(rf": (?P<value>{_N}) (?P<unit>m|scene units of cloud\d+) \((?:(?P<low>{_N}) to (?P<high>{_N}))?")
_AZIMUTH = re.compile(rf"(?P<value>{_N}) \+- (?P<error>{_N}) degrees (?P<side>left|right) of forward: ")
_SAME_SPOT = "unclear: too close"
_TURN = re.compile(rf"turned ({_N}) degrees in all \(({_N}) to ({_N})\)")
_PART = re.compile(
    rf"({_N}) degrees (to the right|to the left|up|down|with its head tilting (?:right|left)) "
    rf"\((-?{_N}) to (-?{_N})(: the direction is not sure)?\)"
)

Axis = Literal["yaw", "pitch", "roll"]


@dataclass(frozen=True)
class Group:
    """Pictures that `reconstruct` placed together."""

    cloud: str
    pictures: tuple[str, ...]


@dataclass(frozen=True)
class Length:
    """A distance with its interval, in metres or in scene units of one reconstruction."""

    value: float
    low: float
    high: float
    unit: str

    @property
    def metric(self) -> bool:
        """Whether it is in metres."""
        return self.unit == "m"


@dataclass(frozen=True)
class Bearing:
    """Where something is for somebody: degrees right of forward (negative: left) with the error; the tool's words.

    `clear` says whether the word holds over the whole interval.
    """

    azimuth: float
    error: float
    word: str
    clear: bool


@dataclass(frozen=True)
class Turn:
    """A camera's turn: degrees in all with the interval, and the sure part of each axis.

    `parts` is degrees and their interval by axis: + to the right, + up, + head tilting to the right. `unsure` names the
    axes whose direction is not sure.
    """

    value: float
    low: float
    high: float
    parts: dict[Axis, tuple[float, float, float]] = field(default_factory=dict)
    unsure: frozenset[Axis] = frozenset()
    still: bool = False


def read_groups(text: str) -> list[Group]:
    """What `reconstruct` placed, the largest group first."""
    return [
        Group(found[1], tuple(re.findall(r"\b(?:img|pano|frame|view)\d+\b", found[4])))
        for found in _CLOUD.finditer(text)
    ]


def read_length(text: str) -> Length | None:
    """The number of `distance`; None where there is none."""
    found = _LENGTH.search(_without_names(text))
    if found is None:
        return None
    value = float(found["value"])
    low, high = (value, value) if found["low"] is None else (float(found["low"]), float(found["high"]))
    return Length(value, low, high, found["unit"])


def read_bearing(text: str) -> Bearing | None:
    """The direction of `direction_of`; None where there is none."""
    text = _without_names(text)
    found = _AZIMUTH.search(text)
    if found is None:
        return Bearing(0.0, 180.0, text.partition(_SAME_SPOT)[1], False) if _SAME_SPOT in text else None
    word = re.split(r"[,;]", text[found.end() :], maxsplit=1)[0].strip()
    sign = 1 if found["side"] == "right" else -1
    return Bearing(sign * float(found["value"]), float(found["error"]), word, not word.startswith("unclear"))


def read_turn(text: str) -> Turn | None:
    """The turn of `relative_camera_motion`; None where there is none."""
    if "did not move" in text:
        return Turn(0.0, 0.0, 0.0, still=True)
    found = _TURN.search(text)
    if found is None:
        return None
    parts: dict[Axis, tuple[float, float, float]] = {}
    unsure: set[Axis] = set()
    for size, way, a, b, doubt in _PART.findall(text):
        axis: Axis = "roll" if "head" in way else "pitch" if way in ("up", "down") else "yaw"
        sign = 1 if way.endswith(("right", "up")) else -1
        low, high = sorted((float(a), float(b))) if doubt else sorted((sign * float(a), sign * float(b)))
        parts[axis] = (sign * float(size), low, high)
        if doubt:
            unsure.add(axis)
    value, low, high = (float(v) for v in found.groups())
    return Turn(value, low, high, parts, frozenset(unsure))


def _without_names(text: str) -> str:
    """A text in which no name that a person gave is taken for a result."""
    return re.sub(r'"[^"]*"', '""', text)
