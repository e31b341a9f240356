"""What a depth map says of things and their outlines: order, gaps, support, occlusion, in sentences to be checked.

- Order and gaps come from the depths under the outlines.
- A thing RESTS ON what lies below the lower edge of its outline, if the depth goes on there without a jump and that
  surface faces up. A picture on a wall has no jump either; the wall does not face up.
- A thing HIDES PART of another where their outlines meet and its side is nearer by a jump.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.quantities import ScaleKind, number
from sightline.tools.depth.comparing import compare, nearest_first
from sightline.tools.depth.fields import DepthField, Reading

Mask = NDArray[np.bool_]
StatementKind = Literal["nearer", "too close", "interleaved", "gap", "overlap", "rests on", "hides"]

GROUND = "a level surface that is none of the things named"
"""What something rests on that was not asked about: most often the floor."""

_STEP_SHARE, _MOST_STEP = 1 / 300, 3
"""How far from an outline its two sides are compared, as a share of the map's longer side, and at most in pixels: the
pixels on the outline mix both sides."""
_TOUCHING: dict[ScaleKind, float] = {"measured": 0.03, "relative": 0.04, "estimated": 0.06, "ordinal": 0.04}
"""Largest jump, in `farness`, across which a surface still counts as going on."""
_HIDING: dict[ScaleKind, float] = {"measured": 0.05, "relative": 0.06, "estimated": 0.1, "ordinal": 0.08}
"""Smallest jump, in `farness`, that counts as one thing in front of another."""
_FEET = 0.15
"""Share of a thing's height, from its lowest pixel up, in which the ends of its outline count as what it stands on."""
_SUPPORTED = 0.5
"""Share of these ends that must touch the surface."""
_FACES_UP = 0.7
"""Upward part of a surface's unit normal from which it can bear something: up to 45 degrees of slant."""
_FEWEST = 5
"""Fewest pixels of a common outline that are worth a sentence."""
_HIDING_SHARE = 0.2
"""Share of the common outline along which the jump must be."""


@dataclass(frozen=True)
class Part:
    """A thing in the picture.

    Attributes:
        name: As it is told.
        mask: (h, w), where it is on the depth map.
        reading: Its depth.
        outlined: Whether the mask is an outline, and not guessed from the depths in a box.
    """

    name: str
    mask: Mask
    reading: Reading
    outlined: bool = True


@dataclass(frozen=True)
class Statement:
    """One sentence, and what it says in a form that can be checked.

    Attributes:
        kind: What is said.
        subject: Name of the one.
        object: Name of the other; `GROUND` for a surface that is none of the things.
        text: The sentence.
    """

    kind: StatementKind
    subject: str
    object: str
    text: str


def part_from(field: DepthField, name: str, mask: Mask, outlined: bool = True) -> Part:
    """A thing from its mask on the map (h, w)."""
    return Part(name, mask, field.under(mask), outlined)


def statements(field: DepthField, parts: Sequence[Part]) -> list[Statement]:
    """All that the map says of these things: order and gaps of neighbours in depth, then support, then occlusion."""
    return [*ordering(parts), *support(field, parts), *occlusion(field, parts)]


def ordering(parts: Sequence[Part]) -> list[Statement]:
    """Which is nearer and how far the next one is behind it, for each thing and the next in depth."""
    said: list[Statement] = []
    inner = [(p.name, p.reading) for p in parts]
    order = nearest_first(inner)
    for (first, a), (second, b) in pairwise(order):
        verdict = compare(first, a, second, b)
        match verdict.verdict:
            case "nearer" | "too close" | "interleaved":
                said.append(Statement(verdict.verdict, first, second, verdict.text))
            case _:
                continue
        if verdict.verdict == "nearer":
            said.append(_gap(first, a, second, b))
    return said


def _gap(first: str, a: Reading, second: str, b: Reading) -> Statement:
    if a.farthest >= b.nearest:
        return Statement("overlap", first, second, f"{first} and {second} overlap in depth: there is no gap.")
    if a.field.ordinal:
        text = f"All that is seen of {first} is nearer than all that is seen of {second}."
    else:
        apart = b.length(b.nearest) - a.length(a.farthest)
        local = a.length(a.farthest) * a.error + b.length(b.nearest) * b.error
        gap = a.field.scale.length(apart, max(0.0, apart - local), apart + local)
        text = f"Between what is seen of {first} and of {second} lies a gap in {a.field.word} of {gap}."
    return Statement("gap", first, second, text)


def support(field: DepthField, parts: Sequence[Part]) -> list[Statement]:
    """What rests on what, as far as it can be seen."""
    ground = Part(GROUND, ~np.logical_or.reduce([p.mask for p in parts]), parts[0].reading) if parts else None
    said = []
    for part in parts:
        below = [other for other in (*parts, ground) if other is not None and other is not part]
        found = max(((_supported(field, part, other), other.name) for other in below), default=(0.0, ""))
        if found[0] >= _SUPPORTED:
            rests = "seems to rest" if field.ordinal else "rests"  # which way a surface faces is not known then
            text = f"{part.name} {rests} on {found[1]}: no jump in depth where its lower edge meets it."
            said.append(Statement("rests on", part.name, found[1], text))
    return said


def _reaches_behind(mask: Mask, columns: NDArray[np.intp], lowest: NDArray[np.intp], step: int) -> bool:
    """Whether a surface goes on beside and behind what stands on it: it is seen higher up, next to its lower ends."""
    height, width = mask.shape
    rise = max(3 * step, height // 60)
    for end, beyond in ((int(columns.argmin()), -2 * step), (int(columns.argmax()), 2 * step)):
        column, row = int(columns[end]) + beyond, int(lowest[end])
        if 0 <= column < width and mask[max(0, row - rise) : max(0, row - step), column].any():
            return True
    return False


def _step(mask: Mask) -> int:
    return int(max(1, min(_MOST_STEP, round(max(mask.shape) * _STEP_SHARE))))


def _supported(field: DepthField, part: Part, other: Part) -> float:
    """Share of the lower ends of a thing's outline that touch a surface which faces up; 0 where that cannot be told."""
    step = _step(part.mask)
    rows_with = np.flatnonzero(part.mask.any(axis=1))
    if len(rows_with) == 0:
        return 0.0
    top, bottom = int(rows_with[0]), int(rows_with[-1])
    height = part.mask.shape[0]
    columns = np.flatnonzero(part.mask.any(axis=0))
    lowest = height - 1 - part.mask[::-1, columns].argmax(axis=0)
    feet = lowest >= bottom - _FEET * (bottom - top)
    columns, lowest = columns[feet], lowest[feet]
    if bottom + 2 * step >= height or len(columns) == 0:
        return 0.0  # it goes on below the picture
    if other.name != GROUND and not _reaches_behind(other.mask, columns, lowest, step):
        return 0.0  # a wall does not rest on the sofa that stands against it
    near, far = lowest + step, lowest + 2 * step
    on_other = other.mask[near, columns] & other.mask[far, columns]
    here, there, beyond = (field.farness[row, columns] for row in (lowest - 1, near, far))
    met = there + (there - beyond) * (step - 0.5) / step  # the surface, carried on to the edge of the thing
    touching = on_other & (np.abs(met - here) <= _TOUCHING[field.scale.kind])
    share = float(touching.mean())
    if share < _SUPPORTED or not _faces_up(field, other.mask, columns[touching], near[touching]):
        return 0.0
    return share


def _faces_up(field: DepthField, mask: Mask, columns: NDArray[np.intp], rows: NDArray[np.intp]) -> bool:
    """Whether a surface faces up around these pixels of it."""
    reach = max(4, mask.shape[0] // 40)
    strip = np.zeros_like(mask)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        strip[row : row + reach, column] = True
    strip &= mask
    facing = field.normal_up(strip)
    if facing is not None:
        return facing >= _FACES_UP
    # No lengths: going down in the picture, a level surface comes nearer, and one that faces the camera does not.
    below = np.minimum(rows + reach, mask.shape[0] - 1)
    usable = mask[below, columns]
    if not usable.any():
        return False
    coming = field.farness[rows[usable], columns[usable]] - field.farness[below[usable], columns[usable]]
    return bool(np.nanmedian(coming) > 0.2 * _TOUCHING[field.scale.kind]) if np.isfinite(coming).any() else False


def occlusion(field: DepthField, parts: Sequence[Part]) -> list[Statement]:
    """Which thing hides a part of which other."""
    said = []
    for i, a in enumerate(parts):
        for b in parts[i + 1 :]:
            jumps = _jumps(field, a.mask, b.mask)
            if len(jumps) < _FEWEST:
                continue
            limit = _HIDING[field.scale.kind]
            for front, behind, jump in ((a, b, jumps), (b, a, -jumps)):
                nearer = jump > limit
                if nearer.sum() >= max(_FEWEST, _HIDING_SHARE * len(jumps)):
                    by = ""
                    if not field.ordinal:
                        more = front.reading.length() * math.expm1(float(np.median(jump[nearer])))
                        by = f" by about {number(more)} {'m' if field.scale.metric else 'units'}"
                    text = (
                        f"{front.name} is in front of {behind.name} where their outlines meet, nearer{by}: what of "
                        f"{behind.name} reaches behind it is hidden."
                    )
                    said.append(Statement("hides", front.name, behind.name, text))
    return said


def _jumps(field: DepthField, a: Mask, b: Mask) -> NDArray[np.float64]:
    """Farness of `b` less that of `a` on their common outline, each carried on to it from a little inside.

    A floor that slants away from the thing on it has no jump there, however coarse the picture is.
    """
    found = []
    gap = _step(a)
    for one, other, sign in ((a, b, 1.0), (b, a, -1.0)):
        for axis in (0, 1):
            rows, columns = np.nonzero(one & _shifted(other, -2 * gap, axis))
            step = np.array([gap, 0]) if axis == 0 else np.array([0, gap])
            here = np.stack([rows, columns], axis=1)
            unit = step // gap
            between = [_taken(one | other, here + k * unit, fill=False) for k in range(1, 2 * gap)]
            here = here[np.logical_and.reduce(between)]
            near = _carried(field.farness, one, here, here - step)
            far = _carried(field.farness, other, here + 2 * step, here + 3 * step)
            found.append(sign * (far - near))
    values = np.concatenate(found)
    return values[np.isfinite(values)]


def _carried(
    farness: NDArray[np.float64], mask: Mask, here: NDArray[np.intp], inner: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Farness at `here` (N, 2), carried on by as much again as it changes from `inner`, where that is known."""
    value = _taken(farness, here, np.nan)
    slope = value - np.where(_taken(mask, inner, fill=False), _taken(farness, inner, np.nan), np.nan)
    return value + np.where(np.isfinite(slope), slope, 0.0)


def _taken(array: NDArray[Any], at: NDArray[np.intp], fill: float | bool) -> NDArray[Any]:
    """Values at (row, column) pairs (N, 2); `fill` outside the array."""
    inside = ((at >= 0) & (at < array.shape)).all(axis=1)
    out = np.full(len(at), fill, dtype=array.dtype)
    out[inside] = array[at[inside, 0], at[inside, 1]]
    return out


def _shifted(mask: Mask, by: int, axis: int) -> Mask:
    """A mask moved along an axis; what comes in is empty."""
    out = np.roll(mask, by, axis=axis)
    edge: list[slice] = [slice(None), slice(None)]
    edge[axis] = slice(by, None) if by < 0 else slice(None, by)
    out[tuple(edge)] = False
    return out
