"""What stands out in a picture, by classical means: regions with their boxes, colours and shapes. No weights, no names.

How it works, and what that means:

1. The background is taken to be what changes smoothly across the picture and reaches its borders: a quadratic surface
   in CIE Lab, fitted robustly, so that uneven light does not matter and objects are outliers.
2. What differs from it by more than a threshold stands out. Touching blobs of one colour are split where they narrow
   (watershed on the distance transform); a blob made of parts of different plain colours is taken apart by colour.
3. This is done over a range of thresholds, from the background's noise to above Otsu's. The count that holds over the
   longest stretch is taken, and the counts of all settings are reported: in a scene where they differ widely, none of
   them is to be relied on.

It cannot know what a thing is, and it fails where the background is not smooth; it then says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed

from sightline.tools.detection.appearance import Shape, color_name, fit_shape

WORKING_SIDE = 640
"""Pictures are looked at with this longest side: enough for boxes within a pixel or two of a common photo's."""
TRIAL_SIDE = 400
"""The settings are tried with this longest side: a count needs less detail than a box."""
SETTINGS = 9
"""Thresholds tried: from what the background's own noise needs to well above Otsu's, in equal ratios."""
LEAST_CONTRAST = 9.0
"""Difference from the background, in CIE76 units, below which nothing is said to stand out."""
FLAT = 7.0
"""Spread of lightness within a part that counts as one plain colour, in Lab units."""
APART = 18.0
"""Difference between two plain colours that are two parts, in CIE76 units."""
SMALLEST = 0.0006
"""Smallest region, as a share of the picture."""

Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Region:
    """One region; places and areas in stored pixels of the picture it was found in.

    Attributes:
        box: (x0, y0, x1, y1).
        centre: (x, y), the centroid.
        area: Square pixels.
        fraction: Share of the picture.
        color: Basic colour term.
        rgb: Mean colour, 0 to 255.
        contrast: Mean difference from what surrounds it, CIE76.
        shape: Best fitting shape, with how well it fits.
        angle: Degrees of the long axis, 0 right, counter-clockwise as seen, in (-90, 90]; None where it has none.
        touches_border: Whether it reaches the edge, so that part of it may be missing.
    """

    box: tuple[float, float, float, float]
    centre: tuple[float, float]
    area: float
    fraction: float
    color: str
    rgb: tuple[int, int, int]
    contrast: float
    shape: Shape
    angle: float | None
    touches_border: bool


@dataclass(frozen=True)
class Regions:
    """What stands out.

    Attributes:
        regions: From left to right by centre.
        counts: How many regions each setting gave, from the lowest threshold to the highest.
        outlines: (H, W) int32, the number of the region at each pixel, 0 for none; of the looked-at size.
    """

    regions: tuple[Region, ...]
    counts: tuple[int, ...]
    outlines: Labels

    @property
    def is_stable(self) -> bool:
        """Whether at least seven of nine settings agree with the count, within one or a tenth."""
        if not any(self.counts):
            return True
        shown = len(self.regions)
        near = [abs(count - shown) <= max(1, shown // 10) for count in self.counts]
        return sum(near) * 9 >= len(near) * 7


def find_regions(
    pixels: NDArray[np.uint8], *, within: tuple[float, float, float, float] | None = None, smallest: float = SMALLEST
) -> Regions:
    """Find what stands out.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        within: Look only inside this box; places are still those of the whole picture.
        smallest: Smallest region, as a share of the part looked at.
    """
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = _whole(within, width, height)
    part = pixels[y0:y1, x0:x1]
    scale = min(1.0, WORKING_SIDE / max(part.shape[:2]))
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = np.ascontiguousarray(part)
    if scale < 1.0:
        small = cv2.resize(small, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    if min(size) < 8:
        return Regions((), (0,), np.zeros(size[::-1], np.int32))
    lab = _lab(small)
    surface = _background(lab)
    difference = np.linalg.norm(lab - surface, axis=2)
    calm = float(np.median(difference[difference <= np.median(difference)]))  # spread of the background itself
    lowest = max(LEAST_CONTRAST, 4.0 * calm)
    highest = max(1.6 * float(threshold_otsu(difference)), 1.5 * lowest)
    thresholds = np.geomspace(lowest, highest, SETTINGS)
    trial = min(1.0, TRIAL_SIDE / max(size))
    coarse = [
        cv2.resize(a, None, fx=trial, fy=trial, interpolation=cv2.INTER_AREA).astype(np.float32)
        for a in (lab, difference)
    ]
    tried = [_segment(coarse[0], coarse[1], float(threshold), smallest) for threshold in thresholds]
    counts = tuple(len(np.unique(labels)) - 1 for labels in tried)
    chosen = float(thresholds[_plateau(counts)[1]])
    labels = _segment(lab, difference, chosen, smallest)
    to_stored = (part.shape[1] / size[0], part.shape[0] / size[1])
    visible = difference > chosen
    numbers = [int(number) for number in np.unique(labels) if number]
    found = [
        _measure(labels == number, visible, small, lab, surface, to_stored, (x0, y0), (width, height))
        for number in numbers
    ]
    order = sorted(range(len(found)), key=lambda i: found[i].centre)
    renumber = np.zeros(int(labels.max()) + 1, np.int32)
    for new, old in enumerate(order, start=1):
        renumber[numbers[old]] = new
    return Regions(tuple(found[i] for i in order), counts, renumber[labels])


def _whole(within: tuple[float, float, float, float] | None, width: int, height: int) -> tuple[int, int, int, int]:
    if within is None:
        return 0, 0, width, height
    x0, y0 = max(0, math.floor(within[0])), max(0, math.floor(within[1]))
    return x0, y0, min(width, max(x0 + 1, math.ceil(within[2]))), min(height, max(y0 + 1, math.ceil(within[3])))


def _lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """CIE Lab, L 0 to 100, lightly smoothed against noise and JPEG blocks."""
    calm = cv2.GaussianBlur(cv2.medianBlur(rgb, 3), (0, 0), 0.8)
    return cv2.cvtColor(calm.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB).astype(np.float32)


def _background(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """The smooth surface behind everything: a robust quadratic fit by iteratively reweighted least squares.

    Starts from the border's median, as backgrounds reach the border; the quadratic terms join once outliers are out.
    """
    height, width = lab.shape[:2]
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(xs), xs, ys, xs * xs, xs * ys, ys * ys], axis=-1).reshape(-1, 6)
    flat = lab.reshape(-1, 3).astype(np.float64)
    chosen = slice(None, None, max(1, flat.shape[0] // 20_000))
    margin = max(2, round(0.04 * min(height, width)))
    border = np.ones((height, width), bool)
    border[margin:-margin, margin:-margin] = False
    on_border = border.ravel()[chosen]
    prior = np.where(on_border, 1.0, 0.3)
    sample = flat[chosen]
    residual = np.linalg.norm(sample - np.median(sample[on_border], axis=0), axis=1)
    scale = max(4.0, 1.5 * float(np.median(residual[on_border])))
    solution = np.zeros((6, 3))
    for turn in range(8):
        weight = prior / (1.0 + (residual / scale) ** 2) ** 2
        used = 6 if turn >= 2 else 3
        root = np.sqrt(weight)[:, None]
        solution[:] = 0.0
        solution[:used] = np.linalg.lstsq(terms[chosen][:, :used] * root, sample * root, rcond=None)[0]
        residual = np.linalg.norm(sample - terms[chosen] @ solution, axis=1)
        inliers = residual[weight > 0.3 * prior]
        scale = max(3.0, 1.5 * float(np.median(inliers))) if inliers.size else 3.0
    return (terms @ solution).reshape(height, width, 3).astype(np.float32)


def _segment(lab: NDArray[np.float32], difference: NDArray[np.float32], threshold: float, smallest: float) -> Labels:
    """Regions at one threshold, with numbers above 0."""
    least = max(12.0, smallest * difference.size)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    stands_out = (difference > threshold).astype(np.uint8)
    closed = cv2.morphologyEx(stands_out, cv2.MORPH_CLOSE, disc, iterations=2)
    filled = ndimage.binary_fill_holes(closed)
    # Opening cuts thin bridges; growing back a little, inside what was there, restores corners and tips.
    opened = cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_OPEN, disc, iterations=2)
    opened = ndimage.binary_dilation(opened, iterations=3, mask=filled)
    blobs, _ = ndimage.label(opened)
    out = np.zeros(blobs.shape, np.int32)
    number = 0
    for index, window in enumerate(ndimage.find_objects(blobs), start=1):
        if window is None:
            continue
        mask = blobs[window] == index
        if mask.sum() < least:
            continue
        for piece in _pieces(mask, lab[window], stands_out[window] > 0, least):
            number += 1
            out[window][piece] = number
    return _contrasting(out, lab, stands_out > 0)


def _contrasting(labels: Labels, lab: NDArray[np.float32], stands_out: NDArray[np.bool_]) -> Labels:
    """Drop what differs from its surroundings pixel by pixel only, as noise and texture do, and not as a whole."""
    height, width = labels.shape
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is None:
            continue
        rows = slice(max(0, window[0].start - 5), min(height, window[0].stop + 5))
        columns = slice(max(0, window[1].start - 5), min(width, window[1].stop + 5))
        mask = labels[rows, columns] == number
        seen = mask & stands_out[rows, columns]
        ring = ndimage.binary_dilation(mask, iterations=4) & ~ndimage.binary_dilation(mask, iterations=1)
        if not ring.any() or not seen.any():
            contrast = 0.0  # all of the picture: there is nothing it could stand out from
        else:
            inside, around = lab[rows, columns][seen].mean(axis=0), np.median(lab[rows, columns][ring], axis=0)
            contrast = float(np.linalg.norm(inside - around))
        if contrast < LEAST_CONTRAST:
            labels[rows, columns][mask] = 0
    return labels


def _pieces(
    mask: NDArray[np.bool_], lab: NDArray[np.float32], stands_out: NDArray[np.bool_], least: float
) -> list[NDArray[np.bool_]]:
    """A blob as it is, taken apart by colour, or split where it narrows. Inner pieces come last: they lie on top."""
    parts = _plain_parts(mask, lab, stands_out, least)
    if len(parts) > 1:
        return sorted(parts, key=lambda part: -int(part.sum()))
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    radius = float(distance.max())
    peaks = peak_local_max(
        ndimage.gaussian_filter(distance, 0.08 * radius),
        min_distance=max(2, round(0.7 * radius)),
        labels=mask.astype(int),
        threshold_abs=0.45 * radius,
        exclude_border=False,
    )
    if len(peaks) < 2:
        return [mask]
    seeds = np.zeros(mask.shape, np.int32)
    for index, (row, column) in enumerate(peaks, start=1):
        seeds[row, column] = index
    split = watershed(-distance, seeds, mask=mask)
    pieces = [split == index for index in range(1, len(peaks) + 1)]
    narrow = _narrowest_seam(split, distance)
    # A real neck is much narrower than the blobs it joins; otherwise it is one elongated or irregular thing.
    if narrow > 0.72 or any(piece.sum() < least for piece in pieces):
        return [mask]
    return pieces


def _narrowest_seam(split: Labels, distance: NDArray[np.float64]) -> float:
    """The widest seam between neighbouring pieces, as a share of the smaller neighbour's own half-width."""
    worst = 0.0
    for index in range(1, int(split.max()) + 1):
        inside = split == index
        ring = ndimage.binary_dilation(inside) & (split > 0) & ~inside
        for other in np.unique(split[ring]):
            seam = distance[ring & (split == other)]
            own = min(float(distance[inside].max()), float(distance[split == other].max()))
            worst = max(worst, float(seam.max()) / own)
    return worst


def _plain_parts(
    mask: NDArray[np.bool_], lab: NDArray[np.float32], stands_out: NDArray[np.bool_], least: float
) -> list[NDArray[np.bool_]]:
    """Parts of different plain colours, where these make up nearly all of a blob; else the blob alone."""
    inner = ndimage.binary_erosion(mask, iterations=2)
    if inner.sum() < least:
        return [mask]
    samples = lab[inner]
    centres = _color_modes(samples)
    if len(centres) < 2:
        return [mask]
    apart = np.linalg.norm(lab[:, :, None] - centres[None, None], axis=3)
    nearest = np.where(mask, apart.argmin(axis=2), -1)
    plain = apart.min(axis=2) < 2.0 * FLAT
    if plain[inner].mean() < 0.9:
        return [mask]  # textured, not made of plain parts
    parts = []
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    for mode in range(len(centres)):
        own = cv2.morphologyEx(((nearest == mode) & plain).astype(np.uint8), cv2.MORPH_OPEN, disc)
        labels, count = ndimage.label(own)
        for index in range(1, count + 1):
            part = labels == index
            # What is the background's colour inside a blob is a hole, not a part; relief and texture are not plain.
            if part.sum() < least or stands_out[part].mean() < 0.5:
                continue
            core = ndimage.binary_erosion(part, iterations=2)
            if float(lab[..., 0][core if core.any() else part].std()) > FLAT:
                return [mask]
            parts.append(ndimage.binary_dilation(ndimage.binary_fill_holes(part), iterations=1) & mask)
    covered = np.logical_or.reduce(parts).sum() if parts else 0
    return parts if len(parts) > 1 and covered > 0.8 * mask.sum() else [mask]


def _color_modes(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centres of well-separated plain colours among Lab samples: k-means, merged while two are near."""
    count = min(6, len(samples) // 12)
    if count < 2:
        return np.asarray(samples.mean(axis=0, keepdims=True), dtype=np.float32)
    step = max(1, len(samples) // 4000)
    data = np.ascontiguousarray(samples[::step], dtype=np.float32)
    count = min(count, len(data))
    cv2.setRNGSeed(1)  # the same picture gives the same regions
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, assigned, centres = cv2.kmeans(data, count, np.zeros(len(data), np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    sizes = np.bincount(assigned.ravel(), minlength=count).astype(np.float64)
    merged = [(centres[i].astype(np.float64), sizes[i]) for i in range(count) if sizes[i] > 0.02 * len(data)]
    while len(merged) > 1:
        pairs = [
            (float(np.linalg.norm(merged[i][0] - merged[j][0])), i, j)
            for i in range(len(merged)) for j in range(i + 1, len(merged))
        ]  # fmt: skip
        gap, i, j = min(pairs)
        if gap > APART:
            break
        weight = merged[i][1] + merged[j][1]
        joined = ((merged[i][0] * merged[i][1] + merged[j][0] * merged[j][1]) / weight, weight)
        merged = [m for k, m in enumerate(merged) if k not in (i, j)] + [joined]
    return np.array([centre for centre, _ in merged], dtype=np.float32)


def _plateau(counts: tuple[int, ...]) -> tuple[int, int]:
    """The count that holds over the longest run of settings, and the index of the middle of that run."""
    best = (0, 0, 0)
    start = 0
    for value, run in groupby(counts):
        length = len(list(run))
        if length > best[0] and value > 0:
            best = (length, value, start + length // 2)
        start += length
    return best[1], best[2]


def _measure(
    mask: NDArray[np.bool_],
    visible: NDArray[np.bool_],
    rgb: NDArray[np.uint8],
    lab: NDArray[np.float32],
    surface: NDArray[np.float32],
    scale: tuple[float, float],
    offset: tuple[int, int],
    picture: tuple[int, int],
) -> Region:
    height, width = mask.shape
    (window,) = ndimage.find_objects(mask.astype(np.uint8))
    x0, x1 = float(window[1].start), float(window[1].stop)
    y0, y1 = float(window[0].start), float(window[0].stop)
    # Only the region's own neighbourhood matters from here on.
    top, left = max(0, int(y0) - 6), max(0, int(x0) - 6)
    near = (slice(top, int(y1) + 6), slice(left, int(x1) + 6))
    mask, visible, rgb, lab, surface = mask[near], visible[near], rgb[near], lab[near], surface[near]
    rows, columns = (indices.astype(np.float64) for indices in np.nonzero(mask))
    shown = mask & visible if (mask & visible).any() else mask  # a ring's hole has not the ring's colour
    core = ndimage.binary_erosion(shown, iterations=1)
    core = core if core.any() else shown
    mean = rgb[core].astype(np.float64).mean(axis=0)
    ring = ndimage.binary_dilation(mask, iterations=4) & ~ndimage.binary_dilation(mask, iterations=1)
    around = lab[ring].mean(axis=0) if ring.any() else surface[mask].mean(axis=0)
    shape, angle = fit_shape(mask)
    area = float(mask.sum()) * scale[0] * scale[1]
    return Region(
        box=(
            x0 * scale[0] + offset[0],
            y0 * scale[1] + offset[1],
            x1 * scale[0] + offset[0],
            y1 * scale[1] + offset[1],
        ),
        centre=(
            (float(columns.mean()) + left + 0.5) * scale[0] + offset[0],
            (float(rows.mean()) + top + 0.5) * scale[1] + offset[1],
        ),
        area=area,
        fraction=area / (picture[0] * picture[1]),
        color=color_name(lab[core]),
        rgb=(round(mean[0]), round(mean[1]), round(mean[2])),
        contrast=float(np.linalg.norm(lab[core].mean(axis=0) - around)),
        shape=shape,
        angle=angle,
        touches_border=bool(x0 == 0 or y0 == 0 or x1 == width or y1 == height),
    )
