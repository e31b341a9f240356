"""Why a picture was not placed: a sentence that a person can act on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sightline.memory import InstrumentLimit
from sightline.tools.back_ends.protocols import Seen
from sightline.tools.reconstruction.matching import Features
from sightline.tools.reconstruction.pairs import Pair
from sightline.tools.reconstruction.surroundings import ONLY_FLAT
from sightline.tools.reconstruction.two_view import camera_motion

_LOOKED_INTO = 4
"""Pictures whose reason is looked into with another matching: the others get the general one."""
_FEW_FEATURES = 150


def duplicates(pictures: Sequence[Seen]) -> dict[str, str]:
    """Pictures with the same pixels as an earlier one, and that one."""
    first: dict[str, str] = {}
    out = {}
    for picture in pictures:
        digest = hashlib.sha256(picture.pixels.tobytes() + repr(picture.pixels.shape).encode()).hexdigest()
        if digest in first:
            out[picture.handle] = first[digest]
        first.setdefault(digest, picture.handle)
    return out


def reasons(
    left: Sequence[Seen],
    pictures: Sequence[Seen],
    features: Sequence[Features],
    verified: dict[Pair, Any],
    apart: Sequence[Pair],
) -> dict[str, str]:
    """Why each picture was not placed, by handle.

    Args:
        left: Pictures that were not placed.
        pictures: All of them.
        features: Of all.
        verified: Two-view geometries by pair.
        apart: Pairs that only something that two places have holds together.
    """
    number = {picture.handle: n for n, picture in enumerate(pictures)}
    out = {}
    for looked, picture in enumerate(left):
        n = number[picture.handle]
        partners = sorted(
            ((len(g.inlier_matches), i + j - n) for (i, j), g in verified.items() if n in (i, j)), reverse=True
        )
        if len(features[n]) < _FEW_FEATURES:
            out[picture.handle] = f"it has too little texture: only {len(features[n])} points stand out"
        elif partners and looked < _LOOKED_INTO:
            out[picture.handle] = _with_partner(picture, pictures[partners[0][1]])
        elif not partners and (other := next((i + j - n for i, j in apart if n in (i, j)), None)) is not None:
            out[picture.handle] = _only_flat(pictures[other])
        elif not partners and looked < _LOOKED_INTO and len(pictures) <= 4:
            out[picture.handle] = _alone(picture, [p for p in pictures if p is not picture])
        elif partners:
            best = pictures[partners[0][1]].handle
            out[picture.handle] = f"its {partners[0][0]} matches with {best} are too few, or fit no camera well"
        else:
            out[picture.handle] = "too few of its points are found in any other picture"
    return out


def _only_flat(other: Seen) -> str:
    return f"it and {other.handle} have {ONLY_FLAT}: what lies around that was not found in both"


def _with_partner(picture: Seen, other: Seen) -> str:
    try:
        motion = camera_motion(other, picture)
    except InstrumentLimit as limit:
        return limit.message.rstrip(".")
    if motion.same:
        return f"it shows the same place from the same spot as {other.handle}: without a change of place no depth"
    if motion.turned_only:
        return (
            f"the camera only turned on the spot against {other.handle} ({motion.angle.value:.0f} degrees): without a "
            "change of place no depth"
        )
    if motion.unconfirmed:
        return _only_flat(other)
    return f"its {motion.matches} matches with {other.handle} fit no camera well enough"


def _alone(picture: Seen, others: Sequence[Seen]) -> str:
    for other in others:
        try:
            motion = camera_motion(other, picture)
        except InstrumentLimit as limit:
            if "mirror" in limit.message:
                return limit.message.rstrip(".")
            continue
        if motion.unconfirmed:
            return _only_flat(other)
    return "too few of its points are found in any other picture"
