"""Rooms that share a rug are not joined by it, with one picture of each as with several; one room's pictures are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reconstruction_kit import Rendering, pair, room, seen, shot

from sightline.evals.synthetic.render import cameras_around
from sightline.tools.back_ends import BackEnds
from sightline.tools.back_ends.protocols import Reconstructed, Seen
from sightline.tools.reconstruction import reconstruct, relative_camera_motion
from sightline.tools.reconstruction.joins import Evidence
from sightline.tools.reconstruction.matching import Features
from sightline.tools.reconstruction.motion_words import describe_motion
from sightline.tools.reconstruction.surroundings import Surroundings, View, surroundings
from sightline.tools.reconstruction.two_view import camera_motion

SIZE = (400, 300)
FLAT = "only something flat in common, as a rug or a poster that two places may have"


def of(handle: str, number: int, place: int = 2) -> Seen:
    """A picture of one of the rooms, all of which have the same rug."""
    return seen(handle, shot(room(number), cameras_around(room(number), 3, arc=45)[place], SIZE))


# What lies around: pictures of points only, so that what is there is known


def views(shared: int, around: int, found: float, seed: int = 0) -> tuple[View, View, np.ndarray, np.ndarray]:
    """Two views of a square of shared points and of others around it, of which the second has only a share.

    Returns:
        Both views, the matches on the square, and the translation between the cameras.
    """
    rng = np.random.default_rng(seed)
    way = np.array([-0.3, 0.0, 0.0])
    flat = np.column_stack([rng.uniform(-0.3, 0.3, (shared, 2)), np.full(shared, 2.0)])
    other = np.column_stack([rng.uniform(-1.2, 1.2, (around, 2)), rng.uniform(1.8, 3.0, around)])
    points = np.concatenate([flat, other[np.abs(other[:, :2]).max(axis=1) > 0.5]])
    looks = rng.random((len(points), 128)).astype(np.float32)
    other_looks = rng.random((len(points), 128)).astype(np.float32)
    kept = (np.arange(len(points)) < shared) | (rng.random(len(points)) < found)
    second_looks = np.where(kept[:, None], looks, other_looks)

    def view(where: np.ndarray, descriptors: np.ndarray) -> View:
        rays = where / where[:, 2:]
        unit = descriptors / np.linalg.norm(descriptors, axis=1, keepdims=True)
        return View(Features(rays[:, :2], unit, np.ones(len(rays), np.float32)), rays, 1.4)

    pairs = np.stack([np.arange(shared)] * 2, axis=1)
    return view(points, looks), view(points + way, second_looks), pairs, way


def looked(found: float, around: int = 3000) -> Surroundings:
    a, b, pairs, way = views(60, around, found)
    return surroundings(a, b, pairs, np.eye(3), way, 0.0015)


def test_where_all_around_is_found_too_it_is_one_place() -> None:
    one = looked(1.0)
    assert one.confirmed
    assert not one.differ
    assert one.alike > 0.9
    assert one.angle == pytest.approx(np.degrees(2 * np.arctan(0.075)), abs=1.0)


def test_where_nothing_around_is_found_they_are_two_places() -> None:
    two = looked(0.0)
    assert two.differ
    assert not two.confirmed


def test_more_of_what_lies_around_speaks_more_for_one_place() -> None:
    shares = [looked(found).alike for found in (0.0, 0.3, 0.6, 1.0)]
    assert shares == sorted(shares)


def test_where_nothing_lies_around_there_is_no_say() -> None:
    """A poster that fills both pictures."""
    none = looked(0.0, around=0)
    assert none.asked == 0
    assert not none.unconfirmed
    assert not none.confirmed


@pytest.mark.parametrize(("angle", "differ"), [(5.0, True), (25.0, False), (45.0, True)])
def test_from_spots_where_one_place_too_would_look_different_it_is_only_doubted(angle: float, differ: bool) -> None:
    found = Surroundings(asked=300, alike=0.02, angle=angle)
    assert found.unconfirmed
    assert found.differ is differ


def test_evidence_counts_what_is_found_beyond_chance() -> None:
    def evidence(confirmed: float, chance: float, independent: int = 50) -> Evidence:
        return Evidence(np.arange(100) < 100 * confirmed, np.arange(100) < 100 * chance, independent)

    assert evidence(0.9, 0.0).holds
    assert evidence(0.5, 0.5).share == pytest.approx(0)
    assert not evidence(0.5, 0.4).holds
    assert not evidence(0.9, 0.0, independent=5).enough
    both = Evidence.together([evidence(1.0, 0.0, 15), evidence(0.0, 0.0, 15)])
    assert both.enough
    assert both.share == pytest.approx(0.5)


# Rendered rooms


@pytest.mark.parametrize(("first", "second"), [(17, 15), (3, 4)])
def test_the_motion_between_two_rooms_with_one_rug_is_told_with_a_warning(first: int, second: int) -> None:
    """It is what the rug says; wallpaper that repeats looks no more alike, so it is not refused."""
    assert "Warning" in describe_motion(camera_motion(of("img1", first), of("img2", second)), "img1", "img2")


@pytest.mark.parametrize("arc", [10, 25, 40])
def test_the_motion_within_one_room_is_told_without_a_warning(arc: int) -> None:
    found = camera_motion(*pair(*cameras_around(room(3), 2, arc=arc), size=SIZE, scene=room(3)))
    assert found.angle.value == pytest.approx(arc, abs=2.0)
    assert not found.unconfirmed
    assert "Warning" not in describe_motion(found, "img1", "img2")


def test_a_motion_that_rests_on_the_rug_alone_is_told_with_a_warning() -> None:
    """60 degrees apart nothing of this room but rug and floor is found again: right, but it cannot be known."""
    found = camera_motion(*pair(*cameras_around(room(3), 2, arc=60), size=SIZE, scene=room(3)))
    assert found.angle.value == pytest.approx(60, abs=4.0)
    assert found.unconfirmed
    words = describe_motion(found, "img1", "img2")
    assert "Warning: all of this rests on one flat thing that both pictures show" in words
    assert "If img1 and img2 are not of one place" in words


def reconstructed(*pictures: Seen) -> Reconstructed:
    pytest.importorskip("pycolmap", reason="needs sightline[recon]")
    return BackEnds(offline=True).reconstructor().reconstruct(list(pictures))


def test_one_picture_each_of_two_rooms_gives_nothing_and_says_why() -> None:
    found = reconstructed(of("img1", 17), of("img2", 15))
    assert found.groups == []
    assert found.left_out["img1"].startswith(f"it and img2 have {FLAT}: ")
    assert found.left_out["img2"].startswith(f"it and img1 have {FLAT}: ")


def test_two_pictures_of_one_room_are_joined() -> None:
    found = reconstructed(of("img1", 3, 0), of("img2", 3, 1))
    [group] = found.groups
    assert not any("flat" in warning for warning in group.warnings)


@pytest.mark.slow
def test_one_picture_each_of_three_rooms_gives_nothing_and_says_why() -> None:
    found = reconstructed(of("img1", 3), of("img2", 4), of("img3", 5))
    assert found.groups == []
    assert all(FLAT in reason for reason in found.left_out.values()), found.left_out


def test_a_picture_of_another_room_is_left_out_and_the_rug_is_named() -> None:
    found = reconstructed(of("img1", 3, 0), of("img2", 3, 2), of("img3", 4))
    assert [list(group.cameras) for group in found.groups] == [["img1", "img2"]]
    assert FLAT in found.left_out["img3"]


@pytest.mark.slow
def test_two_pictures_that_only_the_rug_joins_from_far_apart_are_joined_with_a_warning() -> None:
    found = reconstructed(*pair(*cameras_around(room(3), 2, arc=60), size=SIZE, scene=room(3)))
    [group] = found.groups
    assert any("held together by one flat thing only" in warning for warning in group.warnings)


def test_a_model_is_told_that_two_rooms_have_a_rug_in_common(tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="needs sightline[recon]")
    run = Rendering(tmp_path, cameras_around(room(3), 3, arc=45)[2:], scene=room(3), size=SIZE)
    other = shot(room(4), cameras_around(room(4), 3, arc=45)[2], SIZE)
    run.workspace.add_picture(other.colour)
    text = run.text(reconstruct, "limit", images=["img1", "img2"])
    assert "nothing could be reconstructed from img1, img2" in text
    assert "flat in common" in text
    assert "may have the same rug" in run.text(relative_camera_motion, first="img1", second="img2")
