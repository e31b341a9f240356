"""The camera's motion from the background: every sign, what is taken out, and what cannot be told."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.geometry.background_motion import (
    BackgroundFollower,
    CameraMotion,
    camera_motion,
    fit_similarity,
    to_first,
)
from sightline.geometry.tracks import Track

SIZE = (160, 120)
FPS = 10


def wall(seed: int = 0, size: tuple[int, int] = (900, 700)) -> NDArray[np.uint8]:
    """Blotches of several sizes, grey."""
    rng = np.random.default_rng(seed)
    out = np.zeros((size[1], size[0]), np.float32)
    for sigma in (3, 8):
        part = cv2.GaussianBlur(rng.normal(size=(size[1], size[0])).astype(np.float32), (0, 0), sigma)
        out += part / part.std()
    return np.clip(128 + 40 * out, 0, 255).astype(np.uint8)


def shown(
    backdrop: NDArray[np.uint8], x: float = 0, y: float = 0, zoom: float = 1, roll: float = 0
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """What a camera sees that looks at (450 + x, 350 + y), its head tilted `roll` degrees to the right.

    Also the matrix from the wall's pixels to the picture's, both integer-centred.
    """
    c, s = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    # A head tilted to the right sees the world turned counter-clockwise; y runs down.
    turn = zoom * np.array([[c, s], [-s, c]])
    matrix = np.eye(3)
    matrix[:2, :2] = turn
    matrix[:2, 2] = np.array([(SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2]) - turn @ (450 + x, 350 + y)
    return np.asarray(cv2.warpAffine(backdrop, matrix[:2], SIZE), dtype=np.uint8), matrix


def follow(frames: list[NDArray[np.uint8]], things: list[list[tuple[float, ...]]] | None = None) -> BackgroundFollower:
    follower = BackgroundFollower()
    for n, frame in enumerate(frames):
        follower.add(frame, things[n] if things else ())
    return follower


def motion_of(follower: BackgroundFollower) -> CameraMotion:
    return camera_motion(follower.motions, np.arange(len(follower.motions)) / FPS, SIZE)


@pytest.mark.parametrize(
    ("path", "shift", "zoom", "roll"),
    [
        ({"x": 30.0}, (-30, 0), 1, 0),  # the camera goes right, the picture left
        ({"x": -30.0}, (30, 0), 1, 0),
        ({"y": 20.0}, (0, -20), 1, 0),  # the camera goes down, the picture up
        ({"roll": 8.0}, (0, 0), 1, 8),
        ({"roll": -8.0}, (0, 0), 1, -8),
        ({"zoom": 0.1}, (0, 0), math.exp(0.1), 0),
        ({"zoom": -0.1}, (0, 0), math.exp(-0.1), 0),
        ({"x": 60.0, "y": -25.0, "roll": 4.0, "zoom": 0.05}, None, math.exp(0.05), 4),
    ],
)
def test_every_motion_of_the_camera_has_its_sign(
    path: dict[str, float], shift: tuple[float, float] | None, zoom: float, roll: float
) -> None:
    backdrop, frames = wall(), []
    for n in range(21):
        now = {name: value * n / FPS for name, value in path.items()}
        if "zoom" in now:
            now["zoom"] = math.exp(now["zoom"])
        frames.append(shown(backdrop, **now)[0])
    found = motion_of(follow(frames))
    assert found.verdict == "moving"
    assert found.zoom == pytest.approx(zoom, rel=0.01)
    assert found.roll == pytest.approx(roll, abs=0.3)
    if shift is not None:
        assert found.shift == pytest.approx(shift, abs=0.5)


def test_a_long_way_is_followed_over_many_key_frames() -> None:
    backdrop = wall()
    views = [shown(backdrop, x=8.0 * n - 320, roll=0.5 * n) for n in range(81)]
    follower = follow([pixels for pixels, _ in views])
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    truth = half @ views[-1][1] @ np.linalg.inv(views[0][1]) @ np.linalg.inv(half)
    middle = np.array([SIZE[0] / 2, SIZE[1] / 2, 1])
    got, want = (m @ middle for m in (follower.motions[-1].matrix, truth))
    assert np.hypot(*(want - got)[:2]) < 5  # of 640 pixels


def test_a_still_camera_is_still_in_spite_of_what_moves_and_of_noise() -> None:
    backdrop, frames = wall(), []
    rng = np.random.default_rng(1)
    for n in range(20):
        pixels = shown(backdrop)[0].astype(float) + rng.normal(0, 4, (SIZE[1], SIZE[0]))
        pixels[30:80, 10 + 4 * n : 60 + 4 * n] = wall(7)[:50, :50]  # with corners of its own
        frames.append(np.clip(pixels, 0, 255).astype(np.uint8))
    found = motion_of(follow(frames))
    assert found.verdict == "still"
    assert found.shift == pytest.approx((0, 0), abs=0.3)


def test_a_thing_is_measured_against_the_background() -> None:
    """It stands still on the picture, because the camera follows it: in the world it goes right."""
    backdrop, frames, boxes = wall(), [], []
    for n in range(21):
        pixels = shown(backdrop, x=3.0 * n)[0].copy()
        pixels[45:75, 65:95] = 255
        frames.append(pixels)
        boxes.append((65.0, 45.0, 95.0, 75.0))
    follower = follow(frames, [[box] for box in boxes])
    track = Track(np.array(boxes), np.arange(21) / FPS)
    raw, own = track.motion(SIZE), track.warped(to_first(follower.motions)).motion()
    assert raw is not None
    assert own is not None
    assert raw.direction is None
    assert own.direction == "right"
    assert own.shift == pytest.approx((60, 0), abs=1.5)


def test_no_background_is_no_still_camera() -> None:
    assert motion_of(follow([np.full((120, 160), 90, np.uint8)] * 5)).verdict == "unknown"
    frames = []
    for n in range(10):  # all corners are on the one thing that moves
        pixels = np.full((120, 160), 90, np.uint8)
        pixels[40:72, 20 + 5 * n : 52 + 5 * n] = wall(7)[:32, :32]
        frames.append(pixels)
    assert motion_of(follow(frames)).verdict == "unknown"
    assert motion_of(follow([shown(wall(n))[0] for n in range(8)])).verdict == "unknown"  # another place each time


def test_a_hand_before_the_lens_goes_away_again() -> None:
    backdrop = wall()
    frames = [shown(backdrop, x=1.0 * n)[0] for n in range(20)]
    for n in range(8, 11):
        frames[n] = np.full((120, 160), 30, np.uint8)
    motions = follow(frames).motions
    assert [m.known for m in motions] == [n not in (8, 9, 10) for n in range(20)]
    assert motions[-1].matrix[0, 2] == pytest.approx(-19, abs=0.3)


def test_half_pixels_are_ours() -> None:
    """A zoom about the picture's corner leaves the corner, not the first pixel's centre, where it is."""
    backdrop = wall()
    frames = []
    for n in range(11):
        zoom = 1 + 0.1 * n
        about = np.array([[zoom, 0, (zoom - 1) / 2 - 300 * zoom], [0, zoom, (zoom - 1) / 2 - 300 * zoom]])
        frames.append(np.asarray(cv2.warpAffine(backdrop, about, SIZE), dtype=np.uint8))
    found = follow(frames).motions[-1].matrix
    assert found == pytest.approx(np.diag([2, 2, 1.0]), abs=0.3)  # a whole pixel off with the other convention
    assert np.abs(found[:2, 2]).max() < 0.3


@pytest.mark.parametrize("turn", [15.0, -15.0])
def test_a_wide_lens_that_turns_moves_no_plane(turn: float) -> None:
    """Through 75 degrees, 15 degrees of turning are exact by a homography; a similarity is pixels off at the edges."""
    backdrop = wall()[:480, :640]
    focal = 320 / math.tan(math.radians(37.5))
    far = np.array([[focal, 0, 319.5], [0, focal, 239.5], [0, 0, 1]])
    frames, truth = [], np.eye(3)
    for n in range(13):
        c, s = math.cos(math.radians(turn * n / 12)), math.sin(math.radians(turn * n / 12))
        truth = far @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]) @ np.linalg.inv(far)  # + turns right
        warped = cv2.warpPerspective(backdrop, truth, (640, 480), borderMode=cv2.BORDER_REFLECT)
        frames.append(np.asarray(warped, dtype=np.uint8))
    follower = follow(frames)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    truth = half @ truth @ np.linalg.inv(half)
    for point in ((320.0, 240.0), (200.0, 60.0), (450.0, 420.0)):
        got, want = follower.motions[-1].matrix @ (*point, 1), truth @ (*point, 1)
        assert got[:2] / got[2] == pytest.approx(want[:2] / want[2], abs=1.0)
    found = camera_motion(follower.motions, np.arange(13) / FPS, (640, 480))
    assert found.shift[0] * turn < 0
    assert found.roll == pytest.approx(0, abs=0.5)


def test_fits_and_sizes() -> None:
    assert fit_similarity(np.zeros((1, 2)), np.zeros((1, 2))) is None
    assert fit_similarity(np.zeros((20, 2)), np.zeros((20, 2))) is None
    follower = follow([np.zeros((120, 160), np.uint8)])
    with pytest.raises(ValueError, match="one size"):
        follower.add(np.zeros((60, 80), np.uint8))
    assert motion_of(BackgroundFollower()).verdict == "unknown"
