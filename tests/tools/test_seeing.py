"""Which intrinsics a picture is given, and what a wrong kind of handle is told."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from loop_kit import photo
from PIL import Image
from tool_kit import call, raised_by, workspace_in

from sightline.geometry.cameras import Camera, Intrinsics
from sightline.memory import AreaIgnored, DataDraft, FactStated, InstrumentLimit, ObjectSeen, Workspace
from sightline.tools import ToolContext, ToolResult, tool
from sightline.tools.contract import Box, Cloud, Draft, Panorama, Picture, SceneObject
from sightline.tools.image import crop_zoom, flip, rotate
from sightline.tools.seeing import intrinsics_of


def with_exif(folder: Path, size: tuple[int, int], millimetres: int, orientation: int = 1) -> Path:
    image = Image.fromarray(photo(*size))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8769)[0xA405] = millimetres
    image.save(folder / "photo.jpg", exif=exif)
    return folder / "photo.jpg"


def test_exif_is_believed_and_a_guess_says_that_it_is_one(tmp_path: Path) -> None:
    ws = workspace_in(tmp_path, with_exif(tmp_path, (640, 480), 26), photo())
    known, guessed = intrinsics_of(ws, "img1"), intrinsics_of(ws, "img2")
    assert known.source == "exif"
    assert known.fx == pytest.approx(26 / math.hypot(36, 24) * 800)
    assert guessed.source == "guess"
    assert "a guess" in guessed.describe()
    assert guessed.focal_factor > known.focal_factor > 1


def test_a_photo_that_was_turned_by_exif_keeps_its_focal_length(tmp_path: Path) -> None:
    ws = workspace_in(tmp_path, with_exif(tmp_path, (640, 480), 26, orientation=6))
    intrinsics = intrinsics_of(ws, "img1")
    assert intrinsics.size == (480, 640)
    assert intrinsics.source == "exif"
    assert intrinsics.fx == intrinsics.fy == pytest.approx(26 / math.hypot(36, 24) * 800)


def test_the_exif_of_a_cropped_photo_is_not_believed(tmp_path: Path) -> None:
    ws = workspace_in(tmp_path, with_exif(tmp_path, (640, 300), 26))
    assert intrinsics_of(ws, "img1").source == "guess"


def test_a_crop_sees_as_the_picture_it_was_cut_from(tmp_path: Path) -> None:
    ws = workspace_in(tmp_path, with_exif(tmp_path, (640, 480), 26))
    call(crop_zoom, {"image": "img1", "box": [100, 50, 300, 250]}, ws)
    whole, part = intrinsics_of(ws, "img1"), intrinsics_of(ws, "view1")
    corner = np.array([150.0, 200.0])
    _, inside = "view1", (corner - [100, 50]) * part.width / 200
    np.testing.assert_allclose(whole.unproject(corner), part.unproject(inside), atol=1e-9)
    assert part.source == "exif"


def test_a_mirrored_or_turned_picture_is_no_cameras(tmp_path: Path) -> None:
    ws = workspace_in(tmp_path)
    call(flip, {"image": "img1", "direction": "horizontal"}, ws)
    call(rotate, {"image": "img1", "degrees": 30}, ws, name="t.2")
    for handle in ("view1", "view2"):
        assert "not as a camera saw it" in raised_by(lambda h=handle: intrinsics_of(ws, h), InstrumentLimit)


def test_a_panorama_is_refused_with_what_to_do(tmp_path: Path) -> None:
    ws = workspace_in(tmp_path)
    ws.add_picture(photo(200, 100), kind="panorama")
    assert "`look`" in raised_by(lambda: intrinsics_of(ws, "pano1"), InstrumentLimit)


def test_a_picture_that_was_made_up_is_no_cameras(tmp_path: Path) -> None:
    @tool(example={"image": "img1"})
    def drawing(image: Picture) -> ToolResult:
        """Draw.

        Args:
            image: A picture.
        """
        sheet = {"video": "vid1", "cells": []}
        frame = {"video": "vid1", "time": 0.5, "frame": 12}
        return ToolResult(
            "",
            [
                Draft(photo(64, 48), "map of cloud1 from above", data={"cloud": "cloud1"}),
                Draft(photo(64, 48), "3 frames of vid1", data=sheet),
                Draft(photo(64, 48), "vid1 at 0.50 s", data=frame),
            ],
        )

    ws = workspace_in(tmp_path)
    call(drawing, {"image": "img1"}, ws)
    for handle, title in (("view1", "map of cloud1 from above"), ("view2", "3 frames of vid1")):
        said = raised_by(lambda h=handle: intrinsics_of(ws, h), InstrumentLimit)
        assert f"{handle} ({title})" in said
        assert "no camera took it" in said
    assert intrinsics_of(ws, "view3").source == "guess"


def test_what_is_ignored_reaches_the_back_end(tmp_path: Path) -> None:
    ws = workspace_in(tmp_path)

    @tool(example={"image": "img1"})
    def mirror(image: Picture) -> ToolResult:
        """Name a mirror.

        Args:
            image: Where.
        """
        outline = np.zeros((480, 640), bool)
        outline[:, :100] = True
        mask = DataDraft("mask", {"mask": outline}, "a mirror", {"picture": image.handle}, size=image.size)
        return ToolResult(f"{mask}", facts=[AreaIgnored(picture="img1", mask=str(mask), reason="mirror")], data=[mask])

    finished = call(mirror, {"image": "img1"}, ws)
    assert ws.calls[finished.call].text == "mask1"
    seen = ToolContext(ws).seen(ws.picture("img1"))
    assert seen.ignore is not None
    assert seen.ignore.sum() == 480 * 100


def test_a_virtual_view_sees_with_the_camera_it_was_made_with(tmp_path: Path) -> None:
    ws = workspace_in(tmp_path)
    camera = Camera(Intrinsics.from_field_of_view((64, 48), 77.0, "known"))

    @tool(example={"image": "img1"})
    def look_there(image: Picture) -> ToolResult:
        """Look.

        Args:
            image: From.
        """
        return ToolResult("", [Draft(photo(64, 48), "a view", data={"camera": camera.to_json(), "cloud": "cloud1"})])

    call(look_there, {"image": "img1"}, ws)
    assert intrinsics_of(ws, "view1") == camera.intrinsics


@tool(example={"cloud": "cloud1"})
def takes(
    cloud: Cloud | None = None,
    panorama: Panorama | None = None,
    thing: SceneObject | None = None,
    image: Picture | None = None,
    box: Box | None = None,
) -> ToolResult:
    """Take anything.

    Args:
        cloud: A reconstruction.
        panorama: A panorama.
        thing: An object.
        image: A picture.
        box: A place.
    """
    return ToolResult(f"{thing.handle if thing else ''} {panorama.handle if panorama else ''}")


@pytest.fixture
def furnished(tmp_path: Path) -> Workspace:
    ws = workspace_in(tmp_path)
    ws.add_picture(photo(200, 100), kind="panorama")
    for handle, name in (("obj1", "Chair"), ("obj2", "cup"), ("obj3", "cup")):
        ws.append(FactStated(fact=ObjectSeen(object=handle, name=name, picture="img1", source="person")))
    return ws


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            {"cloud": "img1"},
            "takes: img1 is a picture, not a reconstruction. Reconstructions: none yet; make one with reconstruct.",
        ),
        (
            {"cloud": "cloud7"},
            "takes: there is no reconstruction 'cloud7'. Reconstructions: none yet; make one with reconstruct.",
        ),
        (
            {"cloud": "obj1"},
            "takes: obj1 is an object, not a reconstruction. Reconstructions: none yet; make one with reconstruct.",
        ),
        ({"panorama": "img1"}, "takes: img1 is a picture, not a panorama. Panoramas: pano1."),
        ({"thing": "table"}, "takes: there is no object 'table'. Objects: obj1 (Chair), obj2 (cup), obj3 (cup)."),
        ({"thing": "cup"}, "takes: 2 objects are named 'cup'. Give a handle: obj2, obj3."),
        ({"thing": "img1"}, "takes: img1 is no object. Objects: obj1 (Chair), obj2 (cup), obj3 (cup)."),
        ({"box": [0, 0, 9, 9]}, "takes: box needs `image`, the picture that it is in. Pictures: img1, pano1."),
    ],
)
def test_a_wrong_handle_is_told_what_it_is_and_what_would_be_right(
    furnished: Workspace, arguments: dict[str, object], says: str
) -> None:
    finished = call(takes, arguments, furnished)
    assert finished.outcome == "mistake"
    assert finished.text == f"Not done: {says}"


def test_objects_go_by_handle_or_by_a_name_that_only_one_has(furnished: Workspace) -> None:
    assert call(takes, {"thing": "chair"}, furnished).text == "obj1 "
    assert call(takes, {"thing": " obj2 ", "panorama": "pano1"}, furnished, name="t.2").text == "obj2 pano1"


def test_exif_that_tells_of_another_shape_is_not_believed(tmp_path: Path) -> None:
    image = Image.fromarray(photo(480, 480))
    exif = Image.Exif()
    lens = exif.get_ifd(0x8769)
    lens[0xA405], lens[0xA002], lens[0xA003] = 26, 640, 480
    image.save(tmp_path / "square.jpg", exif=exif)
    ws = workspace_in(tmp_path, tmp_path / "square.jpg")
    assert intrinsics_of(ws, "img1").source == "guess"
