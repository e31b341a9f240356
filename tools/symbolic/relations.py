"""Qualitative relations in a plane: which way one thing lies from another, one sign an axis.

x grows to the right (east), y grows upwards (north). A sign may be open: "left of" says nothing of above and below,
unless it is taken for a step of one of eight directions, as StepGame's stories mean it.
"""

from __future__ import annotations

from dataclasses import dataclass

Sign = int | None
"""-1, 0 or 1; None where nothing is said."""

NAMES: dict[tuple[int, int], str] = {
    (0, 0): "overlap",
    (-1, 0): "left",
    (1, 0): "right",
    (0, 1): "above",
    (0, -1): "below",
    (-1, 1): "upper-left",
    (1, 1): "upper-right",
    (-1, -1): "lower-left",
    (1, -1): "lower-right",
}
"""The nine relations by the signs of x and y."""


@dataclass(frozen=True)
class Relation:
    """`a` lies this way from `b`.

    Attributes:
        a: What is placed.
        b: What it is placed by.
        x: Sign of its offset to the right; None where nothing is said.
        y: Sign of its offset upwards; None where nothing is said.
        source: Which of the statements says so, from 0.
    """

    a: str
    b: str
    x: Sign
    y: Sign
    source: int

    @property
    def words(self) -> str:
        """In words, as far as something is said: `above`, `upper-left`."""
        return in_words(self.x, self.y)

    @property
    def step(self) -> tuple[int, int]:
        """Taken for one step of eight directions: what is not said is level."""
        return self.x or 0, self.y or 0


def in_words(x: Sign, y: Sign) -> str:
    """Signs in words; what is open is left out, "anywhere" where all is."""
    if x is not None and y is not None:
        return NAMES[x, y]
    if x is None and y is None:
        return "anywhere"
    if x is None:
        return {1: "above", -1: "below", 0: "level"}[y or 0]
    return {1: "right", -1: "left", 0: "straight above or below"}[x]
