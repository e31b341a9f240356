"""Poses, coverage and lengths of virtual views in words, with every sign as the design has it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sightline.geometry.cameras import Camera
from sightline.geometry.poses import bearing_pitch_roll
from sightline.geometry.quantities import Scale, number
from sightline.geometry.reconstructions import Reconstruction

_LEAST_DEGREES = 0.05
BEHIND = "Surfaces that would be seen from behind are left out."
"""What views that go around things say of `facing`."""


def degrees(value: float) -> str:
    """E.g. `30 degrees`, `12.5 degrees`, without a sign."""
    text = f"{abs(value):.1f}".removesuffix(".0")
    return f"{text} degree" if text == "1" else f"{text} degrees"


def amount(scale: Scale, value: float) -> str:
    """A length without its interval, as an echo of what was asked for: `1.5 m`, `0.4 scene units`."""
    return f"{number(value)} {unit(scale)}"


def unit(scale: Scale) -> str:
    """What lengths are counted in."""
    return "m" if scale.metric else "scene units"


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def moved(scale: Scale, right: float, forward: float, up: float) -> str:
    """What `poses.move` does, e.g. `moved 1 m left and 0.5 m up`; "" for nothing."""
    ways = ((right, "to the right", "to the left"), (forward, "forward", "back"), (up, "up", "down"))
    parts = [f"{amount(scale, abs(value))} {plus if value > 0 else minus}" for value, plus, minus in ways if value]
    return f"moved {listed(parts)}" if parts else ""


def turned(yaw: float, pitch: float, roll: float) -> str:
    """What `poses.turn` does, e.g. `turned 30 degrees right and 10 degrees down`; "" for nothing."""
    turns = []
    if abs(yaw) >= _LEAST_DEGREES:
        turns.append(f"{degrees(yaw)} {'right' if yaw > 0 else 'left'}")
    if abs(pitch) >= _LEAST_DEGREES:
        turns.append(f"{degrees(pitch)} {'up' if pitch > 0 else 'down'}")
    parts = [f"turned {listed(turns)}"] if turns else []
    if abs(roll) >= _LEAST_DEGREES:
        parts.append(f"the head tilted {degrees(roll)} to the {'right' if roll > 0 else 'left'}")
    return ", ".join(parts)


def direction(camera: Camera) -> str:
    """Where a camera looks in the world: `towards bearing 30 degrees, 12 degrees below level`."""
    bearing, pitch, roll = bearing_pitch_roll(camera.pose)
    parts = [f"towards bearing {round(bearing) % 360} degrees"]
    if abs(pitch) < 0.5:
        parts.append("level")
    else:
        parts.append(f"{degrees(round(pitch))} {'above' if pitch > 0 else 'below'} level")
    if abs(roll) >= 0.5:
        parts.append(f"tilted {degrees(round(roll))} to the {'right' if roll > 0 else 'left'}")
    return ", ".join(parts)


def percent(share: float) -> str:
    """A share as whole percent that is 0 or 100 only where it is all or nothing."""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "99 %"
    return f"{share * 100:.0f} %"


def covered(coverage: float, sparse: bool) -> str:
    """What share of a view shows something, and what the rest is."""
    if coverage == 0:
        return (
            "Nothing of what was reconstructed lies in this view: no pixel is covered, it was never seen. Turn or move "
            "less; top_down shows what lies where."
        )
    if sparse:
        return f"{percent(coverage)} of the pixels covered by dots, one for each point; between them nothing is known."
    if coverage == 1:
        return "All of the pixels are covered."
    return f"{percent(coverage)} of the pixels covered; the rest (hatched) was never seen."


def grounds(reconstruction: Reconstruction, scale: Scale) -> str:
    """What lengths and up are worth in a view of this reconstruction, a sentence each."""
    up = {
        "known": "Up is known.",
        "estimated": f"Up is estimated, +- {degrees(math.ceil(reconstruction.up_error * 10) / 10)}.",
        "assumed": f"Up is assumed: the first camera's own ({next(iter(reconstruction.cameras), 'none')}).",
    }[reconstruction.up]
    return f"Lengths are {scale.describe()}. {up}"
