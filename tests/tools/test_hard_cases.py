"""Hard pairs of photos, asked as a model asks: the interval holds the truth, or the refusal names the reason."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from loop_kit import photo
from numpy.typing import NDArray
from PIL import Image
from reconstruction_kit import SMALL, room, shot, standing
from tool_kit import call, workspace_in

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.memory import Workspace
from sightline.tools.image import crop_zoom
from sightline.tools.reconstruction import relative_camera_motion

pytest.importorskip("cv2")

Pixels = NDArray[np.uint8]
PAIR = {"first": "img1", "second": "img2"}
SIZE = (400, 300)


def pictures(size: tuple[int, int] = SMALL, apart: float = 16.0) -> tuple[Pixels, Pixels, float]:
    """Two photos of a room, and by how many degrees the camera turned."""
    a, b = standing(2, 0, apart), standing(2, 1, apart)
    return shot(room(), a, size).colour, shot(room(), b, size).colour, turned(a, b)


def turned(a: CameraSpec, b: CameraSpec) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(a.axes.T @ b.axes) - 1) / 2, -1, 1))))


def interval(text: str) -> tuple[float, float]:
    """The interval of the whole turn that a text states."""
    found = re.search(r"in all \(([\d.]+) to ([\d.]+)\)", text)
    assert found, text
    return float(found[1]), float(found[2])


def as_jpeg(folder: Path, pixels: Pixels, name: str, millimetres: int | None, orientation: int = 1) -> Path:
    """A photo as a camera writes it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if millimetres is not None:
        exif.get_ifd(0x8769)[0xA405] = millimetres
    Image.fromarray(pixels).save(folder / name, exif=exif, quality=95)
    return folder / name


def asked(workspace: Workspace, outcome: str = "ok") -> str:
    finished = call(relative_camera_motion, PAIR, workspace)
    assert finished.outcome == outcome, finished.text
    return finished.text


def test_two_identical_photos_have_not_moved(tmp_path: Path) -> None:
    one, _, _ = pictures()
    assert "The camera did not move from img1 to img2" in asked(workspace_in(tmp_path, one, one.copy()))


@pytest.mark.parametrize("which", [0, 1], ids=["the same photo", "the other photo"])
def test_a_mirror_flipped_photo_is_named(tmp_path: Path, which: int) -> None:
    pair = pictures()
    flipped = np.ascontiguousarray(pair[which][:, ::-1])
    said = asked(workspace_in(tmp_path, pair[0], flipped), "limit")
    assert "img2 is a mirror image of what img1 shows" in said
    assert "Flip one of them" in said


def test_a_screenshot_without_exif_gets_an_interval_that_allows_for_the_guess(tmp_path: Path) -> None:
    one, two, truth = pictures(SIZE)
    for name, pixels in (("1.png", one), ("2.png", two)):
        Image.fromarray(pixels).save(tmp_path / name)
    said = asked(workspace_in(tmp_path, tmp_path / "1.png", tmp_path / "2.png"))
    low, high = interval(said)
    assert low <= truth <= high
    assert high - low > 1  # a guess is worth less than a known lens
    assert "The field of view is a guess" in said


def test_photos_that_exif_turns_upright_keep_their_focal_length(tmp_path: Path) -> None:
    """Orientation 6: stored lying, to be turned clockwise; the axes of the focal length turn with it."""
    one, two, truth = pictures(SIZE)
    upright = [np.ascontiguousarray(np.rot90(pixels, 1)) for pixels in (one, two)]  # counter-clockwise: undone by 6
    plain = asked(
        workspace_in(tmp_path / "a", *(as_jpeg(tmp_path, p, f"{k}.jpg", 25) for k, p in enumerate((one, two))))
    )
    stored = [as_jpeg(tmp_path, pixels, f"lying{k}.jpg", 25, 6) for k, pixels in enumerate(upright)]
    workspace = workspace_in(tmp_path / "b", *stored)
    said = asked(workspace)
    low, high = interval(said)
    assert workspace.artifacts["img1"].size == SIZE
    assert low <= truth <= high
    assert "from EXIF" in said
    assert high - low < 4
    assert interval(plain) == pytest.approx((low, high), abs=0.8)


def test_a_white_wall_is_refused_for_want_of_points(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    walls = [np.clip(235 + rng.normal(0, 1.5, (*SIZE[::-1], 3)), 0, 255).astype(np.uint8) for _ in range(2)]
    said = asked(workspace_in(tmp_path, *walls), "limit")
    assert "not enough overlap between img1 and img2" in said
    assert "Use photos that share at least a third" in said


def test_photos_of_two_places_are_refused(tmp_path: Path) -> None:
    one, _, _ = pictures()
    said = asked(workspace_in(tmp_path, one, photo(*SMALL)), "limit")
    assert "not enough overlap" in said


def test_a_crop_by_the_tool_sees_with_the_same_camera(tmp_path: Path) -> None:
    """What was cut off is known then, so the middle of the lens is not taken for the middle of the crop."""
    one, two, truth = pictures(SIZE)
    paths = [as_jpeg(tmp_path, pixels, f"{k}.jpg", 25) for k, pixels in enumerate((one, two))]
    workspace = workspace_in(tmp_path, *paths)
    call(crop_zoom, {"image": "img2", "box": [0, 0, 300, 240]}, workspace, name="t.2")
    finished = call(relative_camera_motion, {"first": "img1", "second": "view1"}, workspace, name="t.3")
    low, high = interval(finished.text)
    assert low <= truth <= high
    assert high - low < 6


@pytest.mark.parametrize("both", [False, True], ids=["one", "both"])
def test_a_cropped_photo_is_refused_or_says_no_direction(tmp_path: Path, both: bool) -> None:
    """Nothing tells where the middle of its lens was, so no direction of movement is given."""
    one, two, truth = pictures(SIZE)
    cut = np.s_[20:280, 0:270]
    first = np.ascontiguousarray(one[cut]) if both else one
    said = asked(workspace_in(tmp_path, first, np.ascontiguousarray(two[cut])), "ok" if both else "limit")
    if both:
        low, high = interval(said)
        assert low <= truth <= high
        assert "which way cannot be told: 270x260 is no shape that cameras write" in said
        assert "If nothing was cut off, stating the field of view (--fov) says so." in said
    else:
        assert "img2 is not the whole photo: 270x260 is no shape that cameras write" in said
        assert "crop_zoom" in said


def test_a_photo_cropped_to_a_usual_shape_gets_an_interval_that_allows_for_it(tmp_path: Path) -> None:
    """Its field of view is half of the other's, and nothing says so."""
    one, two, truth = pictures((640, 480))
    said = asked(workspace_in(tmp_path, one, np.ascontiguousarray(two[90:390, 120:520])))
    low, high = interval(said)
    assert low <= truth <= high
    assert "which way cannot be told" in said
