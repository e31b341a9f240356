"""Which pictures of a model show one place, and which are held together by something that two places have.

A rug, a poster or a patterned wall that two rooms have joins their pictures: the matches on it agree with one another
in every way. What gives such a join away is everything else: points that the pictures of one room place in space, and
that a picture of the other room should show, are not there (the doppelgangers of Cai et al. 2023, told by geometry).
Where each place has one picture only, nothing is placed without the pair in question: `surroundings` tell then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.tools.reconstruction.epipolar import Floats
from sightline.tools.reconstruction.matching import Features
from sightline.tools.reconstruction.motion_fits import PIXELS
from sightline.tools.reconstruction.pairs import Pair
from sightline.tools.reconstruction.surroundings import Surroundings, View, surroundings

_HOLDS = 0.45
"""Confirmed share, beyond chance, from which a join holds. In 12 models of one rendered room each (arcs of 23 to 109
degrees, weak texture, a walker, a stop brighter and darker) the weakest join that was needed had 0.64, in models that
also held other rooms 0.57; of 120 joins of two rooms with one rug the strongest had 0.37."""
_ENOUGH = 20
"""Points, placed without the picture in which they are looked for, from which there is a say."""
_NEAR = 0.01
"""Share of a picture's longer side around the place where a point should be, within which it is looked for."""
_CANDIDATES = 8
_ALIKE = 0.7
"""Product of unit descriptors from which a point is taken to be there; chance is counted beside it."""
_ASIDE = (0.06, 0.05)
"""Shares of width and height by which a place is off where chance is counted."""
_MARGIN = 0.02
_LARGEST_ANGLE = 30.0
"""Degrees between the two rays to a point, beyond which it may look like another."""
_LARGEST_RATIO = 2.0
_FLAT = 0.03
"""Distance from the plane of what is common, as a share of the distance to the camera, up to which a point is on it."""
_FEWEST_ON_PLANE = 6
_ROUNDS = 200


@dataclass(frozen=True)
class Evidence:
    """Points that two pictures should both show, as far as they do not lie in the one plane that most of them share.

    Attributes:
        confirmed: (N,) whether each was found where it should be.
        chance: (M,) whether something like it was found at a place nearby, where it should not be.
        independent: How many were placed without the picture in which they are looked for.
    """

    confirmed: NDArray[np.bool_]
    chance: NDArray[np.bool_]
    independent: int

    @property
    def enough(self) -> bool:
        """Whether there is a say."""
        return self.independent >= _ENOUGH

    @property
    def share(self) -> float:
        """Confirmed share beyond chance: 0 as by chance, 1 all."""
        if not len(self.confirmed):
            return 0.0
        chance = float(self.chance.mean()) if len(self.chance) else 0.0
        return (float(self.confirmed.mean()) - chance) / max(1e-9, 1 - chance)

    @property
    def holds(self) -> bool:
        """Whether the pictures show one place."""
        return self.share >= _HOLDS

    @staticmethod
    def together(parts: Sequence[Evidence]) -> Evidence:
        """The evidence of several pairs as one."""
        return Evidence(
            np.concatenate([p.confirmed for p in parts]),
            np.concatenate([p.chance for p in parts]),
            sum(p.independent for p in parts),
        )


def places(
    images: dict[int, Any], model: Any, features: Sequence[Features], agreeing: dict[Pair, NDArray[np.intp]]
) -> list[set[int]]:
    """The pictures of a model by the place that they show, the largest first; one set where nothing speaks against it.

    Args:
        images: pycolmap's registered images, by place of the picture in the input.
        model: The model that they are of.
        features: Of every picture.
        agreeing: Matches that agree by pair, (N, 2) indices into the features of both.
    """
    views = _views(images, model, features)
    pairs = sorted((p for p in agreeing if p[0] in images and p[1] in images), key=lambda p: -len(agreeing[p]))
    known: dict[Pair, Evidence] = {}

    def evidence(pair: Pair) -> Evidence:
        if pair not in known:
            a, b = views[pair[0]], views[pair[1]]
            known[pair] = Evidence.together([_looked_for(a, b), _looked_for(b, a)])
        return known[pair]

    groups = [{n} for n in sorted(images)]
    for i, j in pairs:
        a, b = _with(groups, i), _with(groups, j)
        if a is not b and evidence((i, j)).enough and evidence((i, j)).holds:
            _merge(groups, a, b)

    def one_place(between: Sequence[Pair]) -> bool:
        # Pairs that have no say of their own may have one together. Where they have none, what lies around does; and
        # where that is silent too, the mapper is believed.
        found = Evidence.together([evidence(pair) for pair in between])
        if found.enough:
            return found.holds
        seen = [around(images, features, pair, agreeing[pair]) for pair in between]
        return any(one.confirmed for one in seen) or not any(one.differ for one in seen)

    while (two := _next_join(groups, pairs, one_place)) is not None:
        _merge(groups, *two)
    return sorted(groups, key=lambda group: (-len(group), min(group)))


def _next_join(
    groups: list[set[int]], pairs: Sequence[Pair], one_place: Callable[[Sequence[Pair]], bool]
) -> tuple[set[int], set[int]] | None:
    """Two groups with pairs between them that show one place; None where there are none."""
    for a, b in combinations(groups, 2):
        between = [p for p in pairs if (p[0] in a and p[1] in b) or (p[0] in b and p[1] in a)]
        if between and one_place(between):
            return a, b
    return None


def around(
    images: dict[int, Any], features: Sequence[Features], pair: Pair, agreeing: NDArray[np.intp]
) -> Surroundings:
    """What lies around the common thing of two registered pictures.

    Args:
        images: pycolmap's, by place of the picture in the input.
        features: Of every picture.
        pair: The two.
        agreeing: (N, 2) indices of their matches that agree.
    """
    first, second = (images[n] for n in pair)
    a, b = (_sight(images[n], features[n]) for n in pair)
    between = second.cam_from_world() * first.cam_from_world().inverse()
    limit = PIXELS / 1000 * 0.5 * (a.side + b.side)
    return surroundings(a, b, agreeing, np.asarray(between.rotation.matrix()), np.asarray(between.translation), limit)


def _sight(image: Any, features: Features) -> View:
    flat = np.asarray(image.camera.cam_from_img(features.points)).reshape(-1, 2)
    side = max(image.camera.width, image.camera.height) / image.camera.focal_length_x
    return View(features, np.concatenate([flat, np.ones((len(flat), 1))], axis=1), side)


def _with(groups: list[set[int]], number: int) -> set[int]:
    return next(group for group in groups if number in group)


def _merge(groups: list[set[int]], a: set[int], b: set[int]) -> None:
    a |= b
    groups.remove(b)


@dataclass(frozen=True)
class _View:
    """A registered picture, with the points that it shows.

    Attributes:
        number: Its place in the input.
        image: pycolmap's.
        features: Its points of interest.
        rows: (N,) those of them that are points of the model.
        points: (N, 3) where these lie.
        seen_by: (N, pictures) by which pictures each is seen.
        centre: (3,) of the camera.
    """

    number: int
    image: Any
    features: Features
    rows: NDArray[np.intp]
    points: Floats
    seen_by: NDArray[np.bool_]
    centre: Floats


def _views(images: dict[int, Any], model: Any, features: Sequence[Features]) -> dict[int, _View]:
    own = {image.image_id: number for number, image in images.items()}
    place = {key: row for row, key in enumerate(model.points3D)}
    points = np.array([point.xyz for point in model.points3D.values()]).reshape(-1, 3)
    seen = np.zeros((len(place), len(features)), bool)
    for row, point in enumerate(model.points3D.values()):
        for element in point.track.elements:
            if element.image_id in own:
                seen[row, own[element.image_id]] = True
    out = {}
    for number, image in images.items():
        found = [(k, place[p.point3D_id]) for k, p in enumerate(image.points2D) if p.has_point3D()]
        rows, of = np.array(found, dtype=np.intp).reshape(-1, 2).T
        out[number] = _View(
            number, image, features[number], rows, points[of], seen[of], np.array(image.projection_center())
        )
    return out


def _looked_for(a: _View, b: _View) -> Evidence:
    """The points that one picture shows, looked for in another one."""
    size = np.array([b.image.camera.width, b.image.camera.height], dtype=np.float64)
    in_b = b.image.cam_from_world() * a.points
    pixels = np.full((len(in_b), 2), np.nan)
    ahead = in_b[:, 2] > 0
    pixels[ahead] = b.image.camera.img_from_cam(in_b[ahead])
    to_a, to_b = a.points - a.centre, a.points - b.centre
    far_a, far_b = np.linalg.norm(to_a, axis=1), np.linalg.norm(to_b, axis=1)
    straight = np.sum(to_a * to_b, axis=1) > np.cos(np.radians(_LARGEST_ANGLE)) * far_a * far_b
    as_large = (far_a < _LARGEST_RATIO * far_b) & (far_b < _LARGEST_RATIO * far_a)
    inside = (pixels > _MARGIN * size).all(axis=1) & (pixels < (1 - _MARGIN) * size).all(axis=1)
    shared = a.seen_by[:, b.number]
    away = ~_on_one_plane(a.points, shared & inside, _FLAT * float(np.median(far_a))) if len(far_a) else shared
    asked = inside & straight & as_large & away
    aside = np.random.default_rng(0).choice([-1.0, 1.0], (int(asked.sum()), 2)) * _ASIDE * size
    descriptors = a.features.descriptors[a.rows[asked]]
    likeness = _likeness(descriptors, pixels[asked], b.features, _NEAR * float(size.max()))
    by_chance = _likeness(descriptors, pixels[asked] + aside, b.features, _NEAR * float(size.max()))
    # Where a picture has no points at all, as where it is too bright, none can be expected.
    looked = shared[asked] | (likeness >= 0)
    others = a.seen_by[asked].sum(axis=1) - 1 - shared[asked]
    return Evidence(
        (shared[asked] | (likeness > _ALIKE))[looked],
        (by_chance > _ALIKE)[by_chance >= 0],
        int((others[looked] > 0).sum()),
    )


def _likeness(descriptors: NDArray[np.float32], places: Floats, features: Features, near: float) -> Floats:
    """How much what is nearest to each place (N, 2) looks like a descriptor, (N,); -1 where nothing is near."""
    from scipy.spatial import cKDTree

    if not len(places) or not len(features):
        return np.full(len(places), -1.0)
    away, index = cKDTree(features.points).query(places, k=_CANDIDATES, distance_upper_bound=near)
    there = np.isfinite(away)
    index = np.where(there, index, 0)
    alike = np.einsum("nd,nkd->nk", descriptors, features.descriptors[index])
    return np.asarray(np.where(there, alike, -1.0).max(axis=1))


def _on_one_plane(points: Floats, shared: NDArray[np.bool_], within: float) -> NDArray[np.bool_]:
    """Which points lie on the plane that most of the shared ones do; none where fewer than six are shared."""
    common = points[shared]
    if len(common) < _FEWEST_ON_PLANE:
        return np.zeros(len(points), bool)
    rng = np.random.default_rng(0)
    most, best = 0, np.zeros(len(points), bool)
    for _ in range(_ROUNDS):
        p, q, r = common[rng.choice(len(common), 3, replace=False)]
        normal = np.cross(q - p, r - p)
        length = float(np.linalg.norm(normal))
        if length > 0:
            off = np.abs((points - p) @ (normal / length))
            count = int((off[shared] < within).sum())
            if count > most:
                most, best = count, off < within
    return best
