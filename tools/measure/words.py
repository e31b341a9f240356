"""The sentences of measurements: what was measured, from what, and what the number does not say."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.geometry.quantities import Quantity, number
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import Cloud
from sightline.tools.measure.observed import Observed


def points_of(thing: Observed) -> str:
    """What a thing's place rests on: `312 points by its outline in img1`."""
    if not thing.solid:
        return f"{thing.method} in {' and '.join(thing.pictures)}"
    where = " and ".join(thing.pictures[:4]) + (
        f" and {len(thing.pictures) - 4} more" if len(thing.pictures) > 4 else ""
    )
    return f"{len(thing.points)} points by {thing.method} in {where}"


def source_of(cloud: Cloud, things: Sequence[Observed]) -> str:
    """The sentence that says what a measurement comes from."""
    parts = "; ".join(f"{t.label}: {points_of(t)}" for t in things)
    return f"Measured in {cloud.handle} ({cloud.scale.describe()}). From {parts}."


def caveats(reconstruction: Reconstruction, things: Sequence[Observed]) -> str:
    """What the reader must know beside the number, as sentences that begin with a space; empty for nothing."""
    out = []
    marked = [t.label for t in things if t.only_point]
    if marked:
        out.append(f"Of {' and '.join(marked)} only the surface at the marked point is known, not how far it extends.")
    cut = [t.label for t in things if t.cut and not t.only_point]
    if cut:
        out.append(f"In every picture {' and '.join(cut)} is cut off by the edge or by something nearer.")
    partly = [t.label for t in things if t.partial and t.solid and not t.only_point]
    if partly:
        out.append(f"Only a part of {' and '.join(partly)} was seen: hidden parts may reach further.")
    lost = [t.label for t in things if not t.solid]
    if lost:
        out.append(
            f"{' and '.join(lost)} {'has' if len(lost) == 1 else 'have'} no surface points: only the place is known, "
            "from rays, and the size is that of the boxes drawn around it."
        )
    pictures = [p for t in things for p in t.pictures] or reconstruction.handles
    source = reconstruction.cameras[pictures[0]].intrinsics
    if source.focal_factor > 1:
        out.append(f"The interval allows for the {source.describe()}.")
    return "".join(f" {sentence}" for sentence in out)


def up_note(reconstruction: Reconstruction) -> str:
    """Where up comes from, as a sentence that begins with a space; empty where it is known."""
    if reconstruction.up == "assumed":
        return " Gravity is not known here: up is the first camera's picture-up."
    if reconstruction.up == "estimated":
        return f" Up is estimated, within {reconstruction.up_error:.1f} degrees."
    return ""


def plain_length(cloud: Cloud, value: float) -> str:
    """A length in a list, where the unit stands once beside it: `1.37 m`, or `1.37` in scene units."""
    return f"{number(value)} m" if cloud.scale.metric else number(value)


def unit_of(cloud: Cloud) -> str:
    """What coordinates are in: `metres`, or `scene units of cloud1 (not metres)`."""
    return "metres" if cloud.scale.metric else f"scene units of {cloud.handle} (not metres)"


def between(quantity: Quantity) -> str:
    """The interval alone: `1.2 to 1.5`."""
    return f"{number(quantity.low)} to {number(quantity.high)}"
