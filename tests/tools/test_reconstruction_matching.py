"""Features and matches: where they are, what they leave out, and which pairs of many pictures are matched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reconstruction_kit import SMALL, moved, pair, room, seen, shot, standing, taken

from sightline.geometry.cameras import Intrinsics
from sightline.tools.back_ends.protocols import Seen
from sightline.tools.reconstruction.matching import LONGEST_SIDE, Features, find_features, match
from sightline.tools.reconstruction.pairs import ALL_PAIRS, features_of, matches_between


def picture_of(pixels: np.ndarray) -> Seen:
    return Seen("img1", pixels, Intrinsics.guess((pixels.shape[1], pixels.shape[0])))


def blobs(centres: list[tuple[float, float]], size: tuple[int, int], radius: float = 6.0) -> Seen:
    """Round dark spots around these continuous places of a bright picture."""
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    dark = sum(np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius**2)) for cx, cy in centres)
    gray = np.clip(230 - 190 * np.asarray(dark), 0, 255).astype(np.uint8)
    return picture_of(np.repeat(gray[..., None], 3, axis=2))


def nearest(found: Features, place: tuple[float, float]) -> float:
    return float(np.linalg.norm(found.points - place, axis=1).min())


@pytest.mark.parametrize("place", [(60.5, 40.5), (61.0, 41.0), (101.3, 70.8)])
def test_a_spot_is_found_where_it_is_in_continuous_pixels(place: tuple[float, float]) -> None:
    """Half a pixel off, as in OpenCV's convention, would be seen."""
    assert nearest(find_features(blobs([place], (160, 120))), place) < 0.12


def test_a_mirrored_picture_has_its_features_mirrored() -> None:
    place = (60.5, 40.5)
    found = find_features(blobs([place], (160, 120)), mirrored=True)
    assert nearest(found, (160 - place[0], place[1])) < 0.12


def test_large_pictures_are_scaled_down_without_moving_what_is_found() -> None:
    size = (2 * LONGEST_SIDE, 400)
    place = (2001.0, 151.0)
    assert nearest(find_features(blobs([place], size, radius=16)), place) < 0.3


def test_ignored_pixels_have_no_features_and_the_others_keep_theirs() -> None:
    whole = seen("img1", shot(room(), standing()))
    ignore = np.zeros((SMALL[1], SMALL[0]), bool)
    ignore[:, :200] = True
    found = find_features(replace(whole, ignore=ignore))
    assert len(found) > 100
    assert found.points[:, 0].min() >= 200
    right = find_features(whole)
    right_points = {tuple(p) for p in right.points[right.points[:, 0] >= 203].round(3)}
    assert right_points <= {tuple(p) for p in found.points.round(3)}
    mirrored = find_features(replace(whole, ignore=ignore), mirrored=True)
    assert mirrored.points[:, 0].max() <= 200


def test_an_even_picture_has_no_features_and_no_matches() -> None:
    none = find_features(picture_of(np.full((60, 80, 3), 120, np.uint8)))
    assert len(none) == 0
    assert match(none, none).shape == (0, 2)


def test_matches_are_mutual_and_each_place_is_used_once() -> None:
    a, b = (find_features(p) for p in pair(standing(), moved(standing(), right=0.25)))
    pairs = match(a, b)
    assert len(pairs) > 80
    back = match(b, a)
    both = {tuple(p) for p in pairs} & {(j, i) for i, j in back}
    assert len(both) > 0.8 * len(pairs)  # the ratio is asked of the first picture's second best
    for side, points in ((0, a.points), (1, b.points)):
        assert len(np.unique(points[pairs[:, side]].round(1), axis=0)) == len(pairs)
    likeness = a.descriptors @ b.descriptors.T
    assert np.array_equal(likeness[pairs[:, 0]].argmax(axis=1), pairs[:, 1])
    assert np.array_equal(likeness[:, pairs[:, 1]].argmax(axis=0), pairs[:, 0])


def test_the_ratio_drops_what_looks_alike_in_two_places() -> None:
    rng = np.random.default_rng(1)

    def features(rows: np.ndarray) -> Features:
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        places = rng.uniform(0, 300, (len(rows), 2))
        return Features(places, unit.astype(np.float32), np.ones(len(rows), np.float32))

    one = rng.uniform(0, 1, (1500, 128))  # more than a block of rows
    twins = np.concatenate([one[:3] + 0.01, one[:3] + 0.0102])
    a, b = features(one), features(np.concatenate([one[3:] + rng.normal(0, 0.002, one[3:].shape), twins]))
    found = {(int(i), int(j)) for i, j in match(a, b)}
    assert found == {(k, k - 3) for k in range(3, 1500)}
    assert {i for i, _ in match(a, b, ratio=1.0)} == set(range(1500))


def test_few_pictures_are_matched_all_with_all() -> None:
    views = taken(room(), [standing(4, k) for k in range(4)])
    assert set(matches_between(features_of(views))) == {(i, j) for i in range(4) for j in range(i + 1, 4)}


def test_many_pictures_are_matched_in_few_pairs_the_same_each_time() -> None:
    """Neighbours in the order given, and the places where the way comes back to: found by what they show."""
    rng = np.random.default_rng(0)
    count, each = 2 * ALL_PAIRS, 60
    world = rng.uniform(0, 1, (count * 20, 128)) ** 3
    features = []
    for k in range(count):
        rows = world[(np.arange(each) + 20 * (k % ALL_PAIRS)) % len(world)]  # picture k shows what k + ALL_PAIRS does
        noisy = np.maximum(rows + rng.normal(0, 0.01, rows.shape), 0)
        unit = (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)
        features.append(Features(rng.uniform(0, 300, (each, 2)), unit, np.ones(each, np.float32)))
    found = matches_between(features)
    assert len(found) < 0.4 * count * (count - 1) / 2
    assert all(i < j for i, j in found)
    assert all((k, k + 1) in found for k in range(count - 1))
    assert all((k, k + ALL_PAIRS) in found for k in range(count - ALL_PAIRS))
    again = matches_between(features)
    assert list(again) == list(found)
    assert all(np.array_equal(again[p], found[p]) for p in found)


def test_the_more_pictures_the_fewer_features_of_each() -> None:
    coarse = np.random.default_rng(0).integers(0, 255, (160, 220, 1)).astype(np.uint8)
    grain = picture_of(np.repeat(coarse, 3, axis=2).repeat(2, axis=0).repeat(2, axis=1))
    alone = find_features(grain)
    assert len(features_of([grain])[0]) == len(alone) > 1550
    several = features_of([grain] * 81)
    assert all(len(f) == 1500 for f in several)
    assert several[0].strength.min() >= alone.strength[1500:].max()  # the strongest are kept
