"""What moves in a video, without any detector: what differs from the background once the camera's motion is undone.

The background is the median over time of frames laid over each other: a thing that is at a place for less than half of
the time is not in it. So what moves is found, and what stands, or only comes nearer on the spot, is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.linking import SeenBox, link
from sightline.geometry.tracks import Track
from sightline.tools.video.watching import Watched

Floats = NDArray[np.float64]

FEWEST_SEEN = 4
"""Frames in which a thing must be seen."""
SMALLEST = 0.0008
"""Share of the frame that a moving thing fills at least."""
LARGEST = 0.6
"""Share of the frame beyond which a change is no thing, but light or a cut."""
LEAST_CONTRAST = 14.0
"""Grey levels by which a thing must differ from the background in some colour."""
_NOISE = 6.0
"""Times the background's noise by which it must differ."""
_FRINGE = 0.5
"""Rows and columns at a thing's edge that differ by less than this share of what the thing does are fringe,"""
_FRINGE_PX = 2
"""of so many pixels at most."""
_MISFIT_PX = 2
"""Pixels by which the background may be laid over wrongly where the camera moves, and"""
_BEYOND_MISFIT = 0.4
"""the share of what differs that must differ from all that the background shows that near: its edges do not."""
_LASTS_S = 0.8
"""Seconds that a thing must be seen, and"""
_ONE_WAY = 0.6
"""the share of its way that must lie in one direction, where the camera moves."""
_SAMPLES = 25
"""Frames of which a background is the median."""
_MOSAIC = 2.0
"""Sides of the picture that frames are laid over each other on, in sides of the frame."""
_FEWEST_OVER = 5
"""Frames that must show a place for its background to be known."""


def moving_things(watched: Watched) -> list[Track]:
    """What moves, in full pixels, longest seen first; none where the camera's motion is not known.

    Returns:
        Tracks at the times of the frames that were kept.
    """
    if watched.camera.verdict == "unknown":
        return []
    times = watched.times[watched.kept]
    matrices = _small_matrices(watched)
    found = [
        _boxes(frame, background, watched) if background is not None else []
        for frame, background in zip(watched.frames, _backgrounds(watched, matrices), strict=True)
    ]
    tracks = []
    for each in link(found):
        if len(each.boxes) < FEWEST_SEEN:
            continue
        boxes = np.full((len(times), 4), np.nan)
        for frame, box in each.boxes.items():
            boxes[frame] = box
        tracks.append(Track(boxes, times, "moving thing"))
    own = watched.to_first(times)
    # The background's flicker makes blobs that stay where they are.
    goes = [t for t in tracks if _goes(t, own, watched.camera.verdict == "moving")]
    return sorted(goes, key=lambda t: -int(t.seen.sum()))


def _goes(track: Track, own: Floats, camera_moves: bool) -> bool:
    """Whether a thing moves; before a moving camera it must get somewhere, for edges that do not fit flicker there."""
    motion = track.warped(own).motion()
    if motion is None or motion.direction is None:
        return False
    if not camera_moves:
        return True
    lasts = motion.end - motion.start >= _LASTS_S
    return lasts and motion.angle is not None and motion.agreement >= _ONE_WAY


def _small_matrices(watched: Watched) -> list[Floats]:
    """(3, 3) each: pixels of the first small frame to those of each kept one, OpenCV's integer-centred."""
    grow = np.diag([*watched.scale, 1.0])
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    into, out_of = np.linalg.inv(half) @ np.linalg.inv(grow), grow @ half
    return [into @ watched.motions[n].matrix @ out_of for n in watched.kept]


def _backgrounds(watched: Watched, matrices: Sequence[Floats]) -> Iterator[NDArray[np.uint8] | None]:
    """The background behind each kept frame, as that frame sees it; None where it is not known."""
    import cv2

    count = len(watched.frames)
    if watched.camera.verdict == "still":
        chosen = np.unique(np.linspace(0, count - 1, min(count, _SAMPLES)).round().astype(int))
        still = np.median(watched.frames[chosen], axis=0).astype(np.uint8)
        for _ in range(count):
            yield still
        return
    size = watched.frames.shape[2], watched.frames.shape[1]
    for stretch in _stretches(matrices, size):
        if len(stretch) < FEWEST_SEEN:
            yield from [None] * len(stretch)
            continue
        picture, seen, onto = _mosaic(watched.frames, matrices, stretch)
        for n in stretch:
            back = matrices[n] @ np.linalg.inv(onto)
            behind = np.asarray(cv2.warpPerspective(picture, back, size, flags=cv2.INTER_LINEAR))
            known = np.asarray(cv2.warpPerspective(seen, back, size, flags=cv2.INTER_LINEAR)) == 255
            yield np.where(known[..., None], behind, watched.frames[n]).astype(np.uint8)


def _stretches(matrices: Sequence[Floats], size: tuple[int, int]) -> Iterator[list[int]]:
    """Runs of frames that fit on one mosaic; those whose motion is not known come one by one."""
    run: list[int] = []
    for n, matrix in enumerate(matrices):
        if not np.isfinite(matrix).all():
            if run:
                yield run
            run = []
            yield [n]
            continue
        if run:
            low, high = _extent([matrices[k] for k in (*run, n)], matrices[run[0]], size)
            if ((high - low) > _MOSAIC * np.array(size)).any():
                yield run
                run = []
        run.append(n)
    if run:
        yield run


def _extent(matrices: Sequence[Floats], reference: Floats, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Corners of the box that frames fill in the pixels of one of them."""
    width, height = size
    corners = np.array([(0, 0, 1), (width - 1, 0, 1), (0, height - 1, 1), (width - 1, height - 1, 1)], dtype=np.float64)
    moved = np.concatenate([corners @ (reference @ np.linalg.inv(m)).T for m in matrices])
    if (moved[:, 2] <= 0).any():  # beyond the horizon of the first frame
        return np.full(2, -np.inf), np.full(2, np.inf)
    placed = moved[:, :2] / moved[:, 2:]
    return placed.min(axis=0), placed.max(axis=0)


def _mosaic(
    frames: NDArray[np.uint8], matrices: Sequence[Floats], stretch: Sequence[int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Floats]:
    """The median of frames laid over each other.

    Returns:
        (H, W, 3) uint8, where it is known (255 or 0), (H, W) uint8, and the matrix from the first frame's pixels to it.
    """
    import cv2

    size = frames.shape[2], frames.shape[1]
    reference = matrices[stretch[0]]
    low, high = _extent([matrices[n] for n in stretch], reference, size)
    onto = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ reference
    width, height = (int(v) for v in np.ceil(high - low) + 1)
    chosen = np.unique(np.linspace(0, len(stretch) - 1, min(len(stretch), _SAMPLES)).round().astype(int))
    stack = np.empty((len(chosen), height, width, 3), np.float32)
    whole = np.full(frames.shape[1:3], 255, np.uint8)
    for row, n in enumerate(stretch[int(k)] for k in chosen):
        step = onto @ np.linalg.inv(matrices[n])
        stack[row] = cv2.warpPerspective(frames[n], step, (width, height), flags=cv2.INTER_LINEAR)
        stack[row][np.asarray(cv2.warpPerspective(whole, step, (width, height), flags=cv2.INTER_LINEAR)) < 255] = np.nan
    seen = np.isfinite(stack[..., 0]).sum(axis=0)
    stack.sort(axis=0)  # NaN go last
    middle = np.take_along_axis(stack, (np.maximum(seen - 1, 0) // 2)[None, ..., None], axis=0)[0]
    enough = seen >= min(_FEWEST_OVER, len(chosen))
    picture = np.where(enough[..., None], np.nan_to_num(middle), 0).astype(np.uint8)
    return picture, np.where(enough, 255, 0).astype(np.uint8), onto


def _boxes(frame: NDArray[np.uint8], background: NDArray[np.uint8], watched: Watched) -> list[SeenBox]:
    """Boxes in full pixels of what differs from the background."""
    import cv2

    off = np.abs(frame.astype(np.int16) - background).max(axis=2).astype(np.uint8)
    off = np.asarray(cv2.medianBlur(off, 3), dtype=np.uint8)  # does not spread a thing's edge as a mean would
    noise = float(np.median(off))
    mask = (off > max(LEAST_CONTRAST, _NOISE * noise)).astype(np.uint8)
    # What resampling leaves along edges is a pixel wide; holes in a thing are closed.
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), dtype=np.uint8)
    wide = max(5, round(max(frame.shape[:2]) / 45) | 1)
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((wide, wide), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(joined, dtype=np.uint8))
    tiles = np.asarray(stats)[1:count]
    area = frame.shape[0] * frame.shape[1]
    if watched.camera.verdict == "moving":
        beyond = (_beyond_misfit(frame, background) > LEAST_CONTRAST).astype(np.uint8)
        beyond = np.asarray(cv2.morphologyEx(mask & beyond, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), dtype=np.uint8)
        differing, sure = (np.bincount(np.ravel(labels), np.ravel(m), count)[1:] for m in (mask, beyond))
        tiles = tiles[sure >= np.maximum(_BEYOND_MISFIT * differing, SMALLEST * area)]
    if tiles[:, 4].sum() > LARGEST * area:
        return []
    out = []
    for x, y, width, height, size in tiles:
        if size >= SMALLEST * area:
            box = np.array([x, y, x, y]) + _trimmed(off[y : y + height, x : x + width])
            x0, y0, x1, y1 = (float(v) for v in box * np.tile(watched.scale, 2))
            out.append(SeenBox((x0, y0, x1, y1)))
    return out


def _beyond_misfit(frame: NDArray[np.uint8], background: NDArray[np.uint8]) -> NDArray[np.int16]:
    """(H, W): grey levels by which a pixel lies outside of all that the background shows within `_MISFIT_PX` of it."""
    import cv2

    around = np.ones((2 * _MISFIT_PX + 1, 2 * _MISFIT_PX + 1), np.uint8)
    low = np.asarray(cv2.erode(background, around), dtype=np.int16)
    high = np.asarray(cv2.dilate(background, around), dtype=np.int16)
    return np.asarray(np.maximum(frame - high, low - frame).max(axis=2), dtype=np.int16)


def _trimmed(part: NDArray[np.uint8]) -> NDArray[np.intp]:
    """(x0, y0, x1, y1) of a thing in a part of the differences, without its fringe.

    Compression and resampling spread a thing's edge by a pixel or two; its own is where half the difference is reached.
    """
    clear = _FRINGE * float(np.percentile(part, 90))
    ends: list[int] = []
    for axis in (0, 1):
        strongest = np.percentile(part, 80, axis=axis)
        start, stop = 0, len(strongest)
        while start < min(_FRINGE_PX, stop - 3) and strongest[start] < clear:
            start += 1
        while len(strongest) - stop < _FRINGE_PX and stop > start + 3 and strongest[stop - 1] < clear:
            stop -= 1
        ends += [start, stop]
    x0, x1, y0, y1 = ends
    return np.array([x0, y0, x1, y1])
