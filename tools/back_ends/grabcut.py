"""Outlines without weights: GrabCut inside a box, growing by colour from a point.

GrabCut: Rother, Kolmogorov, Blake, SIGGRAPH 2004, as OpenCV has it. From a point, regions of growing colour tolerance
are made and the ones whose outline lies on the strongest edge are taken: the idea of maximally stable regions (Matas et
al., BMVC 2002). Both separate colours, nothing else: a thing of two colours comes in parts, and the score says how well
the region's colours are told from those around it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InstrumentLimit, ModelMistake
from sightline.tools.back_ends.fitting import fit
from sightline.tools.back_ends.protocols import Box, MaskFound, Seen

_LONGEST = 512
"""Pixels of the longer side that are worked on: GrabCut takes seconds on more, and its outline is rough anyway."""
_TOLERANCES = (4, 6, 8, 11, 15, 20, 26, 34, 44)
"""Colour distances tried from a point, in CIELAB units; about 2 is the least a person notices."""
_SMALLEST = 0.002
"""Share of the box, below which an outline is nothing."""
_MOST_MASKS = 3
_REMEDY = "Try a tighter box, a point on the thing itself, or the back end sam2."

Mask = NDArray[np.bool_]
Lab = NDArray[np.float32]


class GrabCut:
    """A `Segmenter` of classical methods."""

    name = "GrabCut and region growing"
    trained_on = ""

    def segment(
        self, picture: Seen, box: Box | None = None, points: Sequence[tuple[float, float]] = ()
    ) -> list[MaskFound]:
        """Masks, best first; see `Segmenter`.

        Raises:
            ModelMistake: Neither a box nor a point in the picture.
            InstrumentLimit: Nothing separates from its surroundings by colour.
        """
        if box is None and not points:
            raise ModelMistake("neither a box nor a point was given.", "Give one of them.")
        return from_box(picture.pixels, box, points) if box is not None else from_points(picture.pixels, points)


def from_box(pixels: NDArray[np.uint8], box: Box, points: Sequence[tuple[float, float]] = ()) -> list[MaskFound]:
    """The thing in a box: what differs in colour from a margin around the box.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        box: (x0, y0, x1, y1) in continuous pixels.
        points: Places (x, y) that certainly belong to the thing.

    Returns:
        One mask, inside the box.

    Raises:
        ModelMistake: The box lies outside the picture.
        InstrumentLimit: Nothing in the box differs from its surroundings.
    """
    import cv2

    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = max(box[0], 0.0), max(box[1], 0.0), min(box[2], float(width)), min(box[3], float(height))
    if x1 <= x0 or y1 <= y0:
        raise ModelMistake(
            f"the box {tuple(round(v, 1) for v in box)} lies outside the picture.",
            f"The picture is {width}x{height} pixels.",
        )
    margin = max(8.0, 0.35 * max(x1 - x0, y1 - y0))
    left, top = int(max(0, x0 - margin)), int(max(0, y0 - margin))
    right, bottom = int(min(width, np.ceil(x1 + margin))), int(min(height, np.ceil(y1 + margin)))
    window = fit(np.ascontiguousarray(pixels[top:bottom, left:right]), _LONGEST)
    inner = window.box_in((x0 - left, y0 - top, x1 - left, y1 - top))
    inside = _inside(window.pixels, inner)
    if inside.all() or not inside.any() or min(window.pixels.shape[:2]) < 4:
        raise InstrumentLimit("nothing around the box shows what its background is.", _REMEDY)
    state = np.full(window.pixels.shape[:2], cv2.GC_BGD, np.uint8)
    state[inside] = cv2.GC_PR_FGD
    for point in points:
        column, row = _pixel(window.point_in((point[0] - left, point[1] - top)), window.pixels)
        state[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] = cv2.GC_FGD
    bgr = np.ascontiguousarray(window.pixels[..., ::-1])
    cv2.setRNGSeed(0)  # its colour models start from random samples: the same call gives the same mask
    try:
        cv2.grabCut(bgr, state, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    except cv2.error as error:
        raise InstrumentLimit("the colours in and around the box do not suffice to tell it apart.", _REMEDY) from error
    mask = ((state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD)) & inside
    mask = _without_specks(mask)
    score = _told_apart(_lab(window.pixels), mask)
    if mask.sum() < max(2, _SMALLEST * inside.sum()) or score < 0.05:
        raise InstrumentLimit("nothing in the box differs in colour from what surrounds it.", _REMEDY)
    return [MaskFound(_placed(window.mask_out(mask), (left, top), (height, width)), score)]


def from_points(pixels: NDArray[np.uint8], points: Sequence[tuple[float, float]]) -> list[MaskFound]:
    """The things at these points, grown by colour.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        points: Places (x, y) in continuous pixels, on the thing.

    Returns:
        Up to three masks that differ, the one with the clearest outline first: a small part, the thing, or more.

    Raises:
        ModelMistake: A point lies outside the picture.
        InstrumentLimit: Nothing around the points separates from its surroundings by colour.
    """
    import cv2

    height, width = pixels.shape[:2]
    for x, y in points:
        if not (0 <= x <= width and 0 <= y <= height):
            raise ModelMistake(
                f"the point ({x:g}, {y:g}) lies outside the picture.", f"The picture is {width}x{height} pixels."
            )
    fitted = fit(pixels, _LONGEST)
    lab = _lab(np.asarray(cv2.medianBlur(np.ascontiguousarray(fitted.pixels), 3), dtype=np.uint8))
    seeds = [_pixel(fitted.point_in(point), fitted.pixels) for point in points]
    distance = np.min([_distance_to_seed(lab, seed) for seed in seeds], axis=0)
    found: list[tuple[float, Mask]] = []
    for tolerance in _TOLERANCES:
        mask = _grown(distance <= tolerance, seeds)
        if mask.sum() < 4 or mask.mean() > 0.9:
            continue
        score = _told_apart(lab, mask) * _edge_share(lab, mask)
        found.append((score, mask))
    found.sort(key=lambda item: -item[0])
    kept: list[tuple[float, Mask]] = []
    for score, mask in found:
        if score >= 0.05 and all(_mask_overlap(mask, other) < 0.8 for _, other in kept):
            kept.append((score, mask))
    if not kept:
        raise InstrumentLimit("nothing at the point separates from its surroundings by colour.", _REMEDY)
    return [MaskFound(fitted.mask_out(mask), score) for score, mask in kept[:_MOST_MASKS]]


def _distance_to_seed(lab: Lab, seed: tuple[int, int]) -> NDArray[np.float32]:
    """Colour distance of all pixels to those around the seed; shading counts half of what hue does."""
    column, row = seed
    near = lab[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3].reshape(-1, 3)
    difference = lab - np.median(near, axis=0)
    return np.asarray(np.sqrt(0.5 * difference[..., 0] ** 2 + (difference[..., 1:] ** 2).sum(axis=-1)), np.float32)


def _grown(near: Mask, seeds: Sequence[tuple[int, int]]) -> Mask:
    """The parts of `near` that hold a seed, their holes filled."""
    from scipy import ndimage

    labels, _ = ndimage.label(near)
    wanted = {int(labels[row, column]) for column, row in seeds} - {0}
    return np.asarray(ndimage.binary_fill_holes(np.isin(labels, list(wanted))))


def _without_specks(mask: Mask) -> Mask:
    """Without parts smaller than a twentieth of the largest."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(labels.ravel())[1:]
    return np.asarray(np.isin(labels, 1 + np.flatnonzero(sizes >= sizes.max() / 20)))


def _told_apart(lab: Lab, mask: Mask) -> float:
    """How well colours tell a region from what surrounds it: 1 - shared part of both histograms, 0 to 1."""
    from scipy import ndimage

    reach = max(3, round(0.1 * float(np.sqrt(mask.sum()))))
    ring = ndimage.binary_dilation(mask, iterations=reach) & ~ndimage.binary_dilation(mask, iterations=1)
    if not mask.any() or not ring.any():
        return 0.0
    shared = np.minimum(_histogram(lab[mask]), _histogram(lab[ring])).sum()
    return float(1 - shared)


def _edge_share(lab: Lab, mask: Mask) -> float:
    """How clear the outline is: 0 for none, towards 1 for a step of 20 CIELAB units along all of it."""
    from scipy import ndimage

    inner = mask & ~ndimage.binary_erosion(mask, iterations=2, border_value=1)
    outer = ndimage.binary_dilation(mask, iterations=3) & ~ndimage.binary_dilation(mask, iterations=1)
    if not inner.any() or not outer.any():
        return 0.0
    inside = np.stack([ndimage.uniform_filter(np.where(inner, lab[..., c], 0), 7) for c in range(3)], axis=-1)
    weight = ndimage.uniform_filter(inner.astype(np.float32), 7)
    known = outer & (weight > 1e-6)
    if not known.any():
        return 0.0
    step = np.linalg.norm(lab[known] - inside[known] / weight[known][:, None], axis=-1)
    return float(np.minimum(step / 20, 1).mean())


def _histogram(colors: NDArray[np.float32]) -> NDArray[np.float64]:
    counts, _ = np.histogramdd(colors, bins=(10, 12, 12), range=((0, 100), (-90, 90), (-90, 90)))
    return np.asarray(counts / max(1.0, counts.sum()))


def _mask_overlap(a: Mask, b: Mask) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def _lab(rgb: NDArray[np.uint8]) -> Lab:
    import cv2

    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), dtype=np.float32)


def _inside(pixels: NDArray[np.uint8], box: Box) -> Mask:
    """The pixels whose centres lie in a box."""
    rows, columns = np.arange(pixels.shape[0]) + 0.5, np.arange(pixels.shape[1]) + 0.5
    return ((rows >= box[1]) & (rows < box[3]))[:, None] & ((columns >= box[0]) & (columns < box[2]))[None, :]


def _pixel(point: tuple[float, float], pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """Column and row of the pixel that a continuous point lies in."""
    height, width = pixels.shape[:2]
    return min(max(int(point[0]), 0), width - 1), min(max(int(point[1]), 0), height - 1)


def _placed(mask: Mask, corner: tuple[int, int], shape: tuple[int, int]) -> Mask:
    """A window's mask in the whole picture."""
    out = np.zeros(shape, dtype=np.bool_)
    left, top = corner
    out[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return out


def load(weights: str, offline: bool) -> GrabCut:
    """The segmenter; it has no weights."""
    return GrabCut()
