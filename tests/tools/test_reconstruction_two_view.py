"""How a camera moved between two pictures: signs, sizes, intervals that hold the truth, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from reconstruction_kit import moved, pair, room, seen, shot, standing

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.geometry.cameras import Intrinsics
from sightline.geometry.poses import rotation_angle
from sightline.memory import InstrumentLimit
from sightline.tools.reconstruction.motion_fits import Matched, fits_of
from sightline.tools.reconstruction.motion_words import describe_motion
from sightline.tools.reconstruction.two_view import CameraMotion, camera_motion

FIRST = standing()


def motion(first: CameraSpec, second: CameraSpec, **how: Any) -> CameraMotion:
    return camera_motion(*pair(first, second, **how))


def words(first: CameraSpec, second: CameraSpec, **how: Any) -> str:
    return describe_motion(motion(first, second, **how), "img1", "img2")


def true_rotation(first: CameraSpec, second: CameraSpec) -> np.ndarray:
    return np.asarray(first.axes.T @ second.axes)


def true_way(first: CameraSpec, second: CameraSpec) -> np.ndarray:
    way = first.axes.T @ (np.asarray(second.position) - first.position)
    return np.asarray(way / np.linalg.norm(way))


def turned(camera: CameraSpec, right: float = 0.0, up: float = 0.0, tilt: float = 0.0) -> CameraSpec:
    """A level camera after a turn, by the words that people use."""
    assert camera.pitch == camera.roll == 0
    return replace(camera, bearing=(camera.bearing + right) % 360, pitch=up, roll=tilt)


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        ({"right": 14.0}, "yaw", "degrees to the right ("),
        ({"right": -14.0}, "yaw", "degrees to the left ("),
        ({"up": 11.0}, "pitch", "degrees up ("),
        ({"up": -11.0}, "pitch", "degrees down ("),
        ({"tilt": 16.0}, "roll", "degrees with its head tilting right ("),
        ({"tilt": -16.0}, "roll", "degrees with its head tilting left ("),
    ],
)
def test_each_turn_has_its_sign_and_size_while_the_camera_also_moves(
    change: dict[str, float], name: str, said: str
) -> None:
    [true] = change.values()
    second = turned(moved(FIRST, right=0.3, forward=0.2), **change)
    found = motion(FIRST, second)
    spans = {"yaw": found.yaw, "pitch": found.pitch, "roll": found.roll}
    for which, span in spans.items():
        truth = true if which == name else 0.0
        assert span.value == pytest.approx(truth, abs=2.0), which
        assert span.low <= truth <= span.high, which
    assert found.angle.value == pytest.approx(abs(true), abs=2.0)
    assert rotation_angle(found.rotation.T @ true_rotation(FIRST, second)) < 2.0
    text = describe_motion(found, "img1", "img2")
    assert said in text


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"right": 0.4}, "to the right"),
        ({"right": -0.4}, "to the left"),
        ({"forward": 0.6}, "forward"),
        ({"forward": -0.6}, "back"),
        ({"down": 0.35}, "down"),
        ({"down": -0.35}, "up"),
    ],
)
def test_each_way_of_moving_has_its_word(step: dict[str, float], said: str) -> None:
    first = moved(FIRST, forward=0.7)
    second = moved(first, **step)
    found = motion(first, second)
    assert not found.turned_only
    assert found.translation is not None
    assert np.degrees(np.arccos(found.translation @ true_way(first, second))) <= found.translation_error < 20
    assert f"It moved {said}, as seen in img1 (direction +-" in describe_motion(found, "img1", "img2")


def test_a_slanted_way_names_both_parts() -> None:
    assert "It moved to the right and forward, as seen in img1" in words(FIRST, moved(FIRST, right=0.4, forward=0.4))
    assert "It moved forward and a little to the left" in words(FIRST, moved(FIRST, right=-0.25, forward=0.5))


def test_the_words_are_for_somebody_who_holds_the_first_picture_upright() -> None:
    """A first camera that looks down and is tilted still calls its own right `right`."""
    first = replace(FIRST, pitch=-12.0, roll=8.0)
    second = moved(first, right=0.4)
    assert "It moved to the right, as seen in img1" in words(first, second)


@pytest.mark.parametrize("known", [True, False], ids=["known", "guessed"])
@pytest.mark.parametrize("turn", [{"right": 12.0}, {"up": 8.0, "tilt": -6.0}])
def test_the_intervals_hold_the_truth_with_known_and_with_guessed_lenses(known: bool, turn: dict[str, float]) -> None:
    first = replace(FIRST, fov=55.0)  # the guess is 61 degrees
    second = turned(moved(first, right=0.35, forward=0.1), **turn)
    found = motion(first, second, known=known)
    assert found.focal_guessed is not known
    truth = {"yaw": turn.get("right", 0.0), "pitch": turn.get("up", 0.0), "roll": turn.get("tilt", 0.0)}
    # Rolled about a pitched axis: the small coupling of the angles is that of the truth's own rotation.
    for span, true in zip((found.yaw, found.pitch, found.roll), truth.values(), strict=True):
        assert span.low - 0.05 <= true <= span.high + 0.05, (span, true)
    whole = rotation_angle(true_rotation(first, second))
    assert found.angle.low <= whole <= found.angle.high
    if known:
        assert found.angle.high - found.angle.low < 3
    assert found.translation is not None
    way = np.degrees(np.arccos(np.clip(found.translation @ true_way(first, second), -1, 1)))
    assert way <= found.translation_error


@pytest.mark.parametrize("known", [True, False], ids=["known", "guessed"])
@pytest.mark.parametrize("change", [{"right": 15.0}, {"up": 10.0}, {"tilt": -12.0}])
def test_a_turn_on_the_spot_is_named_and_gives_no_way(known: bool, change: dict[str, float]) -> None:
    second = turned(FIRST, **change)
    found = motion(FIRST, second, known=known)
    assert found.turned_only
    assert not found.same
    assert found.translation is None
    truth = abs(next(iter(change.values())))
    assert found.angle.low <= truth <= found.angle.high
    text = describe_motion(found, "img1", "img2")
    assert text.endswith("It turned on the spot: no change of place can be seen.")


def test_a_small_step_is_no_turn_on_the_spot() -> None:
    found = motion(FIRST, turned(moved(FIRST, right=0.1), right=5.0))
    assert not found.turned_only
    assert found.parallax > 0.3


@pytest.mark.parametrize("known", [True, False], ids=["known", "guessed"])
def test_the_same_place_from_the_same_spot(known: bool) -> None:
    first, _ = pair(FIRST, FIRST, known=known)
    grain = np.random.default_rng(0).normal(0, 4, first.pixels.shape)
    again = replace(first, handle="img2", pixels=np.clip(first.pixels + grain, 0, 255).astype(np.uint8))
    found = camera_motion(first, again)
    assert found.same
    assert found.angle.value < 0.15
    assert describe_motion(found, "img1", "img2").startswith("The camera did not move from img1 to img2")


@pytest.mark.parametrize("known", [True, False], ids=["known", "guessed"])
def test_opposite_walls_do_not_overlap(known: bool) -> None:
    with pytest.raises(InstrumentLimit, match="not enough overlap between img1 and img2: ") as raised:
        motion(FIRST, turned(FIRST, right=180.0), known=known)
    assert "less than 40 degrees apart" in raised.value.remedy


def test_other_rooms_do_not_overlap() -> None:
    """All rendered rooms have the same window, rug and ceiling, which are found in both."""
    a = seen("img1", shot(room(0), FIRST))
    b = seen("img2", shot(room(5).without("window", "ceiling", "rug"), FIRST))
    with pytest.raises(InstrumentLimit, match="not enough overlap"):
        camera_motion(a, b)


def test_a_picture_without_texture_does_not_overlap_with_anything() -> None:
    a, b = pair(FIRST, moved(FIRST, right=0.3))
    with pytest.raises(InstrumentLimit, match="only 0 points of the two pictures look alike"):
        camera_motion(a, replace(b, pixels=np.full_like(b.pixels, 128)))


@pytest.mark.parametrize("seed", [9, 13])
def test_points_that_agree_by_chance_and_are_lost_by_refining_give_no_motion(seed: int) -> None:
    """A few points in one spot, as in pictures of nearly nothing: this ended in `min() arg is an empty sequence`."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(9, 20))
    rng.uniform(size=(2, count, 2))
    first, second = rng.uniform(0, 3, (count, 2)) + 100, rng.uniform(0, 3, (count, 2)) + 150
    lens = Intrinsics.guess((320, 240))
    for _, fit in fits_of(Matched(first, second, lens, lens)):
        assert fit.agreeing.any()


@pytest.mark.parametrize("which", [0, 1])
def test_a_mirrored_picture_is_named(which: int) -> None:
    views = list(pair(FIRST, turned(moved(FIRST, right=0.3), right=6.0)))
    views[which] = replace(views[which], pixels=np.ascontiguousarray(views[which].pixels[:, ::-1]))
    with pytest.raises(InstrumentLimit, match="img2 is a mirror image of what img1 shows") as raised:
        camera_motion(*views)
    assert raised.value.remedy == "Flip one of them, or use other photos."


def test_swapped_pictures_give_the_opposite() -> None:
    second = turned(moved(FIRST, right=0.35, forward=0.15), right=10.0, up=4.0)
    there, back = motion(FIRST, second), motion(second, FIRST)
    assert rotation_angle(there.rotation @ back.rotation) < 0.5
    assert there.translation is not None
    assert back.translation is not None
    # The way back is seen in the second camera's axes.
    assert np.degrees(np.arccos(np.clip(-(there.rotation @ back.translation) @ there.translation, -1, 1))) < 3
    assert there.yaw.value > 0 > back.yaw.value


def test_asked_again_it_says_the_same() -> None:
    second = turned(moved(FIRST, right=0.3), right=8.0)
    assert words(FIRST, second) == words(FIRST, second)


def test_ignored_pixels_do_not_count() -> None:
    """A poster that moved while all else was ignored: the rest is what decides once the poster is named."""
    a, b = pair(FIRST, turned(moved(FIRST, right=0.3), right=6.0))
    ignore = np.zeros(a.pixels.shape[:2], bool)
    ignore[:, :160] = True
    whole, part = camera_motion(a, b), camera_motion(replace(a, ignore=ignore), b)
    assert part.matches < whole.matches
    assert rotation_angle(part.rotation.T @ whole.rotation) < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False], ids=["known", "guessed"])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_over_many_pairs_the_intervals_hold_the_truth(seed: int, known: bool) -> None:
    rng = np.random.default_rng(seed)
    checked = 0
    for _ in range(6):
        first = replace(FIRST, bearing=float(rng.uniform(0, 360)), pitch=float(rng.uniform(-12, 6)))
        dx, dy, dz = rng.uniform(-0.4, 0.4, 3)
        second = replace(
            moved(first, dx, 0.4 * dy, dz),
            bearing=(first.bearing + float(rng.uniform(-18, 18))) % 360,
            pitch=first.pitch + float(rng.uniform(-8, 8)),
            roll=float(rng.uniform(-10, 10)),
        )
        try:
            found = motion(first, second, known=known, scene=room(seed), size=(640, 480))
        except InstrumentLimit:
            continue
        checked += 1
        whole = rotation_angle(true_rotation(first, second))
        assert found.angle.low - 0.1 <= whole <= found.angle.high + 0.1, (found, whole)
        if found.translation is not None:
            way = np.degrees(np.arccos(np.clip(found.translation @ true_way(first, second), -1, 1)))
            assert way <= found.translation_error + 0.5, (way, found.translation_error)
    assert checked >= 3
