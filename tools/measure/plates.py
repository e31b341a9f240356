"""How far a flat, level thing may reach beyond what was seen of it: a rug with furniture on it, a table top.

Its plane is known, so every place of the plane that some photo shows is told: it is the thing where the photo's outline
holds it, and not where the photo shows the plane without it. Such things have straight sides: a side along which the
plane is seen to go on without the thing ends there, also where a chair that stands on it hides the rest of the side.
Beyond other sides, what no photo shows may be the thing as far as that is joined to it.

Plain functions on arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.boxes import Box3D
from sightline.geometry.reconstructions import Reconstruction

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_FLAT = 0.06
"""Height over the shorter horizontal side, up to which a thing is a plate."""
_CELLS = 90
"""Along the longer side of what is looked at."""
_AROUND = 0.5
"""How far around what was seen is looked, as a share of its longer side."""
_STRIP = 5.0
"""Cells beyond a side that are looked at, to tell whether it ends there."""
_SIDE = 0.25
"""Share of a side along which that has to be seen."""
_ON_IT = 0.02
"""A photo shows a place where its depth differs by at most this share."""


def is_plate(box: Box3D) -> bool:
    """Whether an upright box is that of a flat, level thing."""
    return float(box.size[2]) <= _FLAT * float(box.size[:2].min())


def unseen_reach(reconstruction: Reconstruction, box: Box3D, masks: Mapping[str, Bools]) -> Floats | None:
    """How much further than the box of what was seen a plate may reach, on each of its horizontal sides.

    Args:
        reconstruction: With dense depth for the pictures.
        box: Around the points that were seen.
        masks: By handle of a picture, (H, W) of any size with its aspect: which pixels are the thing.

    Returns:
        (2, 2) lengths in world units: along its first and second axis, at the low and the high end; None where beyond
        some side nothing bounds the thing.
    """
    pictures = [p for p in masks if p in reconstruction.depths]
    if not pictures:
        return None
    reach = (0.5 + _AROUND) * float(box.size[:2].max())
    half = box.size[:2] / 2 + _AROUND * float(box.size[:2].max())
    step = 2 * reach / _CELLS
    x, y = (np.arange(-h + step / 2, h, step) for h in half)
    plan = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    top = np.full((*plan.shape[:2], 1), box.size[2] / 2)
    places = np.concatenate([plan, top], axis=2) @ box.rotation.T + box.centre
    own, other = np.zeros(plan.shape[:2], np.bool_), np.zeros(plan.shape[:2], np.bool_)
    for picture in pictures:
        seen, inside = _shown(reconstruction, picture, places, masks[picture])
        own |= seen & inside
        other |= seen & ~inside
    if not own.any():
        return None
    reached = _joined_to(own, own | ~other)
    out = np.zeros((2, 2))
    for axis, values in enumerate((x, y)):
        across = (x, y)[1 - axis]
        beside = np.abs(across) <= 0.45 * box.size[1 - axis]
        held = values[reached.any(axis=1 - axis)]
        for end, sign in enumerate((-1, 1)):
            beyond = sign * values - box.size[axis] / 2
            strip = (
                np.asarray(np.compress((beyond > step) & (beyond <= _STRIP * step), other, axis=axis))
                .any(axis=axis, keepdims=True)
                .ravel()
            )
            if strip[beside].mean() >= _SIDE:
                continue
            farthest = float((sign * held).max())
            if farthest >= float(np.abs(values).max()) - step:
                return None
            out[axis, end] = max(0.0, farthest + step / 2 - box.size[axis] / 2)
    return out


def _shown(reconstruction: Reconstruction, picture: str, places: Floats, mask: Bools) -> tuple[Bools, Bools]:
    """Which places (..., 3) a picture shows, and which of them its outline holds."""
    camera, depth = reconstruction.cameras[picture], reconstruction.depths[picture]
    pixels, reach = camera.project(places.reshape(-1, 3))
    width, height = camera.intrinsics.size
    with np.errstate(invalid="ignore"):
        inside = (reach > 0) & (pixels >= 0).all(axis=1) & (pixels < (width, height)).all(axis=1)
    seen, held = np.zeros(len(reach), np.bool_), np.zeros(len(reach), np.bool_)
    at = np.nonzero(inside)[0]

    def of(array: NDArray[Any]) -> NDArray[Any]:
        rows = (pixels[at, 1] * array.shape[0] / height).astype(np.intp)
        columns = (pixels[at, 0] * array.shape[1] / width).astype(np.intp)
        return np.asarray(array[rows, columns])

    with np.errstate(invalid="ignore"):
        seen[at] = np.abs(of(depth).astype(np.float64) - reach[at]) <= _ON_IT * reach[at]
    held[at] = of(mask).astype(np.bool_)
    return seen.reshape(places.shape[:-1]), held.reshape(places.shape[:-1])


def _joined_to(own: Bools, open_places: Bools) -> Bools:
    """The open places that a chain of open neighbours joins to the thing's own."""
    from scipy import ndimage

    labels, _ = ndimage.label(open_places)
    return np.asarray(np.isin(labels, np.unique(labels[own])) & open_places)
