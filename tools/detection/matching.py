"""The same thing across photos: by place where a reconstruction holds both photos, else by appearance.

By place: the points seen inside each box give the thing's middle and half-width in 3D; the same thing lies at the same
place. By appearance: colours inside the boxes, and local features (SIFT: Lowe, IJCV 2004) that one affine map explains
(RANSAC). Two chairs of one make look alike, so appearance alone says `likely` at most, and nothing where two candidates
look alike.

Plain functions on plain data; the tools over them are in `sightline.tools.detection.same_things`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.reconstructions import Reconstruction
from sightline.tools.back_ends.fitting import fit
from sightline.tools.back_ends.protocols import Box

Floats = NDArray[np.float64]
Basis = Literal["place", "appearance"]

SAME_PLACE = 0.75
"""Distance of two middles, in mean half-widths, up to which things are one."""
OTHER_PLACE = 1.5
"""Distance from which they are two; in between is unclear."""
ALIKE = 0.6
"""Similarity of appearance from which two boxes may show one thing."""
CLEARLY = 0.12
"""By how much the best candidate must be more alike than the next, to be taken for the same."""
_FEW_POINTS = 3
_CROP = 320
_MOST_POINTS = 1_000_000
_COLORS_DIFFER = 0.5
"""Similarity of colours below which features are not compared."""
_ENOUGH_FEATURES = 8
"""Features that one affine map explains, from which two crops certainly show the same surface."""


@dataclass(frozen=True)
class Look:
    """A thing as one picture shows it.

    Attributes:
        picture: Handle of the picture.
        name: What it is called; only things of one name are compared.
        box: In stored pixels.
        mask: (h, w) bool, which pixels of the box are the thing: of the box rounded outwards, see `window`.
    """

    picture: str
    name: str
    box: Box
    mask: NDArray[np.bool_] | None = None


def window(box: Box, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of the pixels that a box touches, at least one of each, inside a picture (width, height)."""
    x0, y0 = min(max(int(box[0]), 0), size[0] - 1), min(max(int(box[1]), 0), size[1] - 1)
    x1, y1 = min(size[0], int(np.ceil(box[2]))), min(size[1], int(np.ceil(box[3])))
    return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


@dataclass(frozen=True)
class Pairing:
    """Two looks that may show one thing.

    Attributes:
        first: Index of a look.
        second: Index of another, in another picture.
        verdict: `same`, or `unclear`.
        basis: What it goes by.
        certainty: 0 to 1, to order by; not a probability.
    """

    first: int
    second: int
    verdict: Literal["same", "unclear"]
    basis: Basis
    certainty: float


@dataclass(frozen=True)
class Matches:
    """What belongs together.

    Attributes:
        groups: Indices of the looks that show one thing, the single ones included.
        fewest: How many things there are if all unclear pairs are one thing each.
        pairings: What the groups rest on, and what is unclear.
    """

    groups: list[list[int]]
    fewest: int
    pairings: list[Pairing] = field(default_factory=list)

    @property
    def most(self) -> int:
        """How many things there are if no unclear pair is one thing."""
        return len(self.groups)


def match(
    looks: Sequence[Look],
    pixels: Callable[[str], NDArray[np.uint8]],
    reconstructions: Sequence[Reconstruction] = (),
    joined: Sequence[tuple[int, int]] = (),
) -> Matches:
    """Which looks show one thing. Two looks in one picture are two things.

    Args:
        looks: What was found, in any number of pictures.
        pixels: Gives the (H, W, 3) uint8 RGB of a picture by its handle; asked when it is needed, and let go.
        reconstructions: What holds some of the pictures, the best first.
        joined: Pairs of looks that are known to show one thing.
    """
    descriptions: dict[int, _Appearance] = {}
    places: dict[tuple[int, int], tuple[Floats, float] | None] = {}
    projected: dict[tuple[int, str], Floats] = {}
    pairings: list[Pairing] = []
    for one, other in combinations(sorted({look.picture for look in looks}), 2):
        firsts = [i for i, look in enumerate(looks) if look.picture == one]
        seconds = [i for i, look in enumerate(looks) if look.picture == other]
        number = next((n for n, r in enumerate(reconstructions) if {one, other} <= set(r.cameras)), None)
        by_place: set[tuple[int, int]] = set()
        if number is not None:
            for i in {*firsts, *seconds}:
                if (number, i) not in places:
                    world, picture = reconstructions[number], looks[i].picture
                    if picture not in world.depths and (number, picture) not in projected:
                        projected[number, picture] = visible(world, picture)
                    places[number, i] = place_of(looks[i], world, projected.get((number, picture)))
            for i in firsts:
                for j in seconds:
                    a, b = places[number, i], places[number, j]
                    if a is None or b is None:
                        continue
                    by_place.add((i, j))
                    if looks[i].name == looks[j].name:
                        pairings += _paired_by_place(i, j, a, b)
        open_pairs = [
            (i, j) for i in firsts for j in seconds if (i, j) not in by_place and looks[i].name == looks[j].name
        ]
        for i in sorted({i for pair in open_pairs for i in pair} - descriptions.keys()):
            descriptions[i] = _describe(looks[i], pixels(looks[i].picture))
        pairings += _paired_by_appearance(open_pairs, descriptions)
    pairings.sort(key=lambda p: (p.basis != "place", -p.certainty))
    certain = [p for p in pairings if p.verdict == "same"]
    groups = _grouped(looks, joined, certain)
    loose = _grouped(looks, joined, [*certain, *(p for p in pairings if p.verdict != "same")])
    return Matches(groups, len(loose), pairings)


def place_of(
    look: Look, reconstruction: Reconstruction, projected: Floats | None = None
) -> tuple[Floats, float] | None:
    """Middle and half-width of a thing in the reconstruction's world, from one picture.

    Args:
        look: Where the picture shows it.
        reconstruction: Holds a camera for the picture.
        projected: What `visible` gave for this picture, where that is at hand; only for one without dense depth.

    Returns:
        The middle (3,) of the surface seen, moved back by the thing's own half-width, and the half-width, in world
        units; None where too few points are seen there.
    """
    camera = reconstruction.cameras[look.picture]
    if look.picture not in reconstruction.depths and projected is None:
        projected = visible(reconstruction, look.picture)
    x0, y0, x1, y1 = look.box
    core = (x0 + 0.2 * (x1 - x0), y0 + 0.2 * (y1 - y0), x1 - 0.2 * (x1 - x0), y1 - 0.2 * (y1 - y0))
    for box in (core, look.box):
        if projected is None:
            depths = _dense_in(look, box, reconstruction)
        else:
            depths = _sparse_in(look, box, projected, camera.intrinsics.size)
        if len(depths) >= _FEW_POINTS:
            break
    else:
        return None
    depth = float(np.median(depths))
    half = 0.25 * ((x1 - x0) / camera.intrinsics.fx + (y1 - y0) / camera.intrinsics.fy) * depth
    middle = camera.unproject([[(x0 + x1) / 2, (y0 + y1) / 2]], [depth])[0]
    ray = camera.rays([[(x0 + x1) / 2, (y0 + y1) / 2]])[0]
    return middle + half * ray, half


def visible(reconstruction: Reconstruction, picture: str) -> Floats:
    """(N, 3): pixel x, y and z-depth of the cloud's points that fall into a picture; at most a million are asked."""
    camera = reconstruction.cameras[picture]
    points = reconstruction.cloud.points[:: max(1, len(reconstruction.cloud) // _MOST_POINTS)]
    pixels, depths = camera.project(points)
    with np.errstate(invalid="ignore"):
        inside = (depths > 0) & (pixels >= 0).all(axis=1) & (pixels <= camera.intrinsics.size).all(axis=1)
    return np.column_stack([pixels[inside], depths[inside]])


def _dense_in(look: Look, box: Box, reconstruction: Reconstruction) -> Floats:
    """z-depths inside a box, and inside the mask where there is one."""
    import cv2

    size = reconstruction.cameras[look.picture].intrinsics.size
    dense = reconstruction.depths[look.picture]
    sx, sy = dense.shape[1] / size[0], dense.shape[0] / size[1]
    rows, columns = window((box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy), (dense.shape[1], dense.shape[0]))
    part = dense[rows, columns].astype(np.float64)
    known = np.isfinite(part) & (part > 0)
    if look.mask is not None:
        around_rows, around_columns = window(look.box, size)
        # The mask belongs to the whole box: the pixel of it that each depth pixel's middle lies in.
        y = (np.arange(rows.start, rows.stop) + 0.5) / sy - around_rows.start
        x = (np.arange(columns.start, columns.stop) + 0.5) / sx - around_columns.start
        inside = look.mask[np.clip(y.astype(int), 0, look.mask.shape[0] - 1)][
            :, np.clip(x.astype(int), 0, look.mask.shape[1] - 1)
        ]
        inside = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0  # its edge mixes two depths
        known &= inside if (inside & known).any() else known
    return np.asarray(part[known])


def _sparse_in(look: Look, box: Box, projected: Floats, size: tuple[int, int]) -> Floats:
    """z-depths of the points inside a box, and inside the mask where there is one; the nearest layer of them."""
    x, y, depth = projected.T
    inside = (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
    if look.mask is not None and inside.any():
        where = np.flatnonzero(inside)
        rows, columns = window(look.box, size)
        row = np.clip(y[where].astype(int) - rows.start, 0, look.mask.shape[0] - 1)
        column = np.clip(x[where].astype(int) - columns.start, 0, look.mask.shape[1] - 1)
        inside[where] = look.mask[row, column]
    found = np.sort(depth[inside])
    if not len(found):
        return found
    near = found[int(0.2 * (len(found) - 1))]  # what is behind the thing shows between sparse points
    return np.asarray(found[found <= near * 1.25])


def _paired_by_place(i: int, j: int, a: tuple[Floats, float], b: tuple[Floats, float]) -> list[Pairing]:
    apart = float(np.linalg.norm(a[0] - b[0])) / max(1e-12, (a[1] + b[1]) / 2)
    larger = max(a[1], b[1]) / max(1e-12, min(a[1], b[1]))
    if apart >= OTHER_PLACE or larger > 3:
        return []
    verdict: Literal["same", "unclear"] = "same" if apart <= SAME_PLACE and larger <= 2 else "unclear"
    return [Pairing(i, j, verdict, "place", max(0.0, 1 - apart / OTHER_PLACE))]


@dataclass(frozen=True)
class _Appearance:
    """What a crop looks like."""

    colors: Floats
    points: NDArray[np.float32]
    features: NDArray[np.float32]


def _describe(look: Look, pixels: NDArray[np.uint8]) -> _Appearance:
    import cv2

    rows, columns = window(look.box, (pixels.shape[1], pixels.shape[0]))
    crop = fit(np.ascontiguousarray(pixels[rows, columns]), _CROP).pixels
    height, width = crop.shape[:2]
    if look.mask is not None and look.mask.any():
        inside = cv2.resize(look.mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    else:  # an ellipse in the box holds less background than the box
        inside = np.zeros((height, width), np.uint8)
        half = max(1, width * 2 // 5), max(1, height * 2 // 5)
        cv2.ellipse(inside, (width // 2, height // 2), half, 0, 0, 360, 1, -1)
    hsv = cv2.cvtColor(crop, cv2.COLOR_RGB2HSV)
    # Grey pixels have no hue: they are told by brightness alone.
    colorful = (hsv[..., 1] > 50) & (hsv[..., 2] > 40)
    hues, _ = np.histogram(hsv[..., 0][(inside > 0) & colorful], bins=18, range=(0, 180))
    greys, _ = np.histogram(hsv[..., 2][(inside > 0) & ~colorful], bins=6, range=(0, 256))
    smooth = 0.5 * hues + 0.25 * np.roll(hues, 1) + 0.25 * np.roll(hues, -1)
    colors = np.concatenate([smooth, greys]).astype(np.float64)
    sift = cv2.SIFT.create(nfeatures=300, contrastThreshold=0.02)
    keypoints, features = sift.detectAndCompute(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), None)
    if not len(keypoints):
        points, features = np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
    else:
        points = np.array([k.pt for k in keypoints], dtype=np.float32)
    return _Appearance(colors / max(1.0, colors.sum()), points, np.asarray(features, dtype=np.float32))


def _alike(a: _Appearance, b: _Appearance) -> tuple[float, int]:
    """Similarity 0 to 1, and how many features one affine map explains."""
    import cv2

    colors = float(np.sqrt(a.colors * b.colors).sum())  # Bhattacharyya's coefficient
    explained = 0
    if colors >= _COLORS_DIFFER and len(a.features) >= 2 and len(b.features) >= 2:
        pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(a.features, b.features, k=2)
        good = [m for m, n in (p for p in pairs if len(p) == 2) if m.distance < 0.75 * n.distance]
        if len(good) >= 4:
            source, target = a.points[[m.queryIdx for m in good]], b.points[[m.trainIdx for m in good]]
            cv2.setRNGSeed(0)
            _, inliers = cv2.estimateAffine2D(source, target, ransacReprojThreshold=6.0)
            explained = int(np.count_nonzero(inliers))  # None, and so 0, where no map was found
    return 0.6 * colors + 0.4 * min(1.0, explained / _ENOUGH_FEATURES), explained


def _paired_by_appearance(pairs: Sequence[tuple[int, int]], looks: Mapping[int, _Appearance]) -> list[Pairing]:
    """Of the pairs between two pictures: those clearly each other's best are one, close calls are unclear."""
    alike = {pair: _alike(looks[pair[0]], looks[pair[1]]) for pair in pairs}
    out = []
    for (i, j), (score, explained) in alike.items():
        if score < ALIKE * 0.6:
            continue
        rivals = [s for (a, b), (s, _) in alike.items() if (a == i) != (b == j)]
        ahead = score - max(rivals, default=0.0)
        if (score >= ALIKE * 0.9 or explained >= _ENOUGH_FEATURES) and ahead >= CLEARLY:
            out.append(Pairing(i, j, "same", "appearance", score))
        elif ahead > -CLEARLY and score >= ALIKE * 0.8:
            out.append(Pairing(i, j, "unclear", "appearance", score))
    return out


def _grouped(looks: Sequence[Look], joined: Sequence[tuple[int, int]], pairings: Sequence[Pairing]) -> list[list[int]]:
    """Join pairs in their order, unless that would put two looks of one picture together."""
    group = {i: [i] for i in range(len(looks))}
    for first, second in [*joined, *((p.first, p.second) for p in pairings)]:
        a, b = group[first], group[second]
        if a is b or {looks[i].picture for i in a} & {looks[i].picture for i in b}:
            continue
        a += b
        for i in b:
            group[i] = a
    return sorted({id(g): sorted(g) for g in group.values()}.values())
