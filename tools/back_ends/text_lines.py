"""Where writing stands in a picture, by contrast: lines of blobs of one height, one stroke width, side by side.

Classical, without weights: connected parts that are darker or lighter than their surroundings, at two scales, are
letters or pieces of letters; those of like height that follow each other on a level make a line. It finds print on
signs, screens and labels; handwriting, curved and strongly tilted lines it misses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightline.tools.back_ends.fitting import fit
from sightline.tools.back_ends.protocols import Box

LONGEST = 1600
"""Pixels of the longer side that are searched."""
_MOST_LINES = 60
_WINDOWS = (21, 61)
"""Sides of the surroundings that a pixel is compared with, for small and large letters."""
_CONTRAST = 18
"""Grey levels, of 255, that ink differs from its surroundings."""
_MARGIN = 0.25
"""Room around a line, in its heights: readers were trained with some."""

Boxes = NDArray[np.float64]


def find_text_lines(pixels: NDArray[np.uint8]) -> list[Box]:
    """Boxes around what looks like lines of writing.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Returns:
        Boxes (x0, y0, x1, y1) in continuous pixels, from top to bottom and left to right, at most 60.
    """
    import cv2

    fitted = fit(pixels, LONGEST)
    height, width = fitted.pixels.shape[:2]
    if min(height, width) < 8:
        return []
    grey = cv2.cvtColor(fitted.pixels, cv2.COLOR_RGB2GRAY)
    letters = _letters(np.asarray(grey, dtype=np.uint8))
    lines = [_around(line, width, height) for line in _lines(letters)]
    lines.sort(key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), reverse=True)
    kept: list[Box] = []
    for box in lines:
        if not any(_covered(box, other) > 0.6 for other in kept):
            kept.append(box)
    placed = [fitted.box_out(box) for box in kept[:_MOST_LINES]]
    return reading_order([box for box in placed if box is not None])


def reading_order(boxes: list[Box]) -> list[Box]:
    """From top to bottom and, where they stand side by side, from left to right."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b[1] + b[3]) / 2):
        middle = (box[1] + box[3]) / 2
        for row in rows:
            if row[0][1] < middle < row[0][3]:
                row.append(box)
                break
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row)]


def _letters(grey: NDArray[np.uint8]) -> Boxes:
    """(N, 4) boxes of blobs that may be letters."""
    import cv2

    height = grey.shape[0]
    found = []
    for window in _WINDOWS:
        around = cv2.blur(grey, (window, window)).astype(np.int16)
        for ink in (grey < around - _CONTRAST, grey > around + _CONTRAST):
            _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
            for x, y, w, h, area in stats[1:].tolist():
                # Letters are neither specks nor frames, nor strokes as long as a line.
                if 6 <= h <= 0.7 * height and w <= 6 * h and h <= 12 * w and area >= max(8, 0.12 * w * h):
                    found.append((x, y, x + w, y + h))
    if not found:
        return np.zeros((0, 4))
    unique = np.unique(np.array(found, dtype=np.float64), axis=0)
    return _largest_of_nested(unique)


def _largest_of_nested(boxes: Boxes) -> Boxes:
    """Without boxes that all but coincide: a letter is stable at several levels."""
    order = np.argsort(-(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    kept: list[NDArray[np.float64]] = []
    for box in boxes[order][:4000]:
        if kept:
            others = np.array(kept)
            shared = np.prod(
                np.clip(np.minimum(others[:, 2:], box[2:]) - np.maximum(others[:, :2], box[:2]), 0, None), axis=1
            )
            areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
            if (shared > 0.8 * areas).any():
                continue
        kept.append(box)
    return np.array(kept)


def _lines(letters: Boxes) -> list[Boxes]:
    """Groups of letters of like height that follow each other on a level, at least two of them."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if len(letters) < 2:
        return []
    order = np.argsort(letters[:, 0])
    letters = letters[order]
    heights = letters[:, 3] - letters[:, 1]
    middles = (letters[:, 1] + letters[:, 3]) / 2
    pairs = []
    for i in range(len(letters) - 1):
        end = np.searchsorted(letters[:, 0], letters[i, 2] + 1.2 * heights[i], side="right")
        following = np.arange(i + 1, end)
        small, large = np.minimum(heights[following], heights[i]), np.maximum(heights[following], heights[i])
        level = np.abs(middles[following] - middles[i]) < 0.5 * large
        apart = letters[following, 0] > letters[i, 0] + 0.3 * (letters[i, 2] - letters[i, 0])
        pairs += [(i, int(j)) for j in following[level & apart & (small > 0.45 * large)]]
    if not pairs:
        return []
    rows, columns = np.array(pairs).T
    graph = coo_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(letters), len(letters)))
    count, labels = connected_components(graph, directed=False)
    groups = [letters[labels == label] for label in range(count)]
    return [group for group in groups if len(group) >= 2 and _is_line(group)]


def _is_line(group: Boxes) -> bool:
    """Wider than high, as lines of writing are."""
    width, height = group[:, 2].max() - group[:, 0].min(), group[:, 3].max() - group[:, 1].min()
    return bool(width > 1.2 * height and height < 3 * np.median(group[:, 3] - group[:, 1]))


def _around(group: Boxes, width: int, height: int) -> Box:
    x0, y0 = group[:, :2].min(axis=0)
    x1, y1 = group[:, 2:].max(axis=0)
    room = _MARGIN * (y1 - y0)
    return (
        float(max(0, x0 - room)),
        float(max(0, y0 - room)),
        float(min(width, x1 + room)),
        float(min(height, y1 + room)),
    )


def _covered(box: Box, other: Box) -> float:
    """Share of a box that lies in another."""
    width, height = min(box[2], other[2]) - max(box[0], other[0]), min(box[3], other[3]) - max(box[1], other[1])
    return max(0.0, width) * max(0.0, height) / ((box[2] - box[0]) * (box[3] - box[1]))
