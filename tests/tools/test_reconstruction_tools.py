"""The reconstruction tools as a model calls them: what they say, what they keep, and what they refuse."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reconstruction_kit import SMALL, Rendering, moved, room, standing

from sightline.evals.synthetic.render import cameras_around
from sightline.tools.image import flip
from sightline.tools.reconstruction import add_views, mask_out, reconstruct, relative_camera_motion

pytest.importorskip("pycolmap", reason="needs sightline[recon]")

FOUR = cameras_around(room(), 4, arc=40)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rendering, str]:
    run = Rendering(tmp_path_factory.mktemp("built"), FOUR)
    return run, run.text(reconstruct, images=["img1", "img2", "img3"])


def test_reconstruct_says_what_became_of_the_pictures(built: tuple[Rendering, str]) -> None:
    run, text = built
    first, second, last = text.split("\n")
    assert first == "cloud1: 3 of 3 pictures placed (img1, img2, img3)"
    assert re.match(
        r"  \d+ points \(sparse: gaps between them are not empty space\)\. Lengths: scene units of cloud1: ", second
    )
    assert "not metres, not comparable with other reconstructions" in second
    assert re.search(r"Up: estimated, within \d+\.\d degrees\.", second)
    assert "(estimated from the pictures" in second
    assert last == "view1 shows cloud1 from above."
    assert run.workspace.artifacts["view1"].data["cloud"] == "cloud1"
    pixels = run.workspace.pixels("view1")
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20  # a map, no empty sheet
    assert run.workspace.cloud("cloud1").pictures == ["img1", "img2", "img3"]


def test_asked_twice_nothing_is_made_and_the_text_says_so(built: tuple[Rendering, str]) -> None:
    run, text = built
    before = set(run.workspace.artifacts)
    again = run.text(reconstruct, images=["img1", "img2", "img3", "img1"])
    assert set(run.workspace.artifacts) == before
    assert again.startswith(text.rsplit("\n", 1)[0])
    assert again.endswith("It was there already: nothing was computed again.")


def test_one_picture_is_refused_with_what_to_do(built: tuple[Rendering, str]) -> None:
    run, _ = built
    text = run.text(reconstruct, "mistake", images=["img1", "img1"])
    assert "one picture (img1) cannot be reconstructed" in text
    assert "estimate_depth, then register_depth" in text


def test_a_panorama_is_refused_in_words(tmp_path: Path) -> None:
    run = Rendering(tmp_path, FOUR[:1])
    run.workspace.add_picture(np.zeros((64, 128, 3), np.uint8), kind="panorama")
    handle = list(run.workspace.artifacts)[-1]
    finished = run.call(reconstruct, images=["img1", handle])
    assert finished.outcome in ("limit", "mistake")
    assert "panorama" in finished.text


def test_a_mirrored_view_is_refused_in_words(tmp_path: Path) -> None:
    run = Rendering(tmp_path, FOUR[:2])
    run.text(flip, image="img2", direction="horizontal")
    text = run.text(reconstruct, "limit", images=["img1", "view1"])
    assert "view1" in text
    assert "is not as a camera saw it" in text
    assert "Use img2 itself" in text


def test_pictures_that_share_nothing_are_a_limit_with_reasons(tmp_path: Path) -> None:
    run = Rendering(tmp_path, [standing(), replace(standing(), bearing=standing().bearing + 180)])
    before = set(run.workspace.artifacts)
    text = run.text(reconstruct, "limit", images=["img1", "img2"])
    assert "nothing could be reconstructed from img1, img2: img1: too few of its points" in text
    assert "Give photos that overlap by a third or more" in text
    assert set(run.workspace.artifacts) == before


def test_the_result_depends_on_what_is_left_out(tmp_path: Path) -> None:
    """Naming a mirror makes it another question: it is computed again, without the points in there."""
    run = Rendering(tmp_path, FOUR[:3])
    run.text(reconstruct, images=["img1", "img2", "img3"])
    width, height = SMALL
    box = [0, 0, width // 2, height]
    text = run.text(mask_out, image="img1", reason="mirror", boxes=[box])
    assert text.startswith("50 % of img1 is left out of later reconstructions (mirror), striped in view2.")
    striped = run.workspace.pixels("view2")
    assert (striped[:, : width // 2] == (230, 40, 200)).all(axis=2).mean() == pytest.approx(0.5, abs=0.05)
    assert np.array_equal(striped[:, width // 2 :], run.truth("img1").colour[:, width // 2 :])
    run.text(reconstruct, images=["img1", "img2", "img3"])
    for handle, fewest, most in (("cloud1", 0.2, 0.8), ("cloud2", 0.0, 0.0)):
        found = run.workspace.cloud(handle).reconstruction
        pixels, _ = found.cameras["img1"].project(found.cloud.points[found.seen_in("img1")])
        assert fewest <= (pixels[:, 0] < width // 2 - 3).mean() <= most


def test_mask_out_without_a_place_is_a_mistake(tmp_path: Path) -> None:
    run = Rendering(tmp_path, FOUR[:2])
    assert "nothing is named" in run.text(mask_out, "mistake", image="img1", reason="window")
    mug = run.mark("rug", "img1")
    assert f"{mug} has no box or outline in img2" in run.text(
        mask_out, "mistake", image="img2", reason="moving", objects=[mug]
    )


def test_mask_out_takes_an_objects_outline(tmp_path: Path) -> None:
    run = Rendering(tmp_path, FOUR[:1])
    rug = run.mark("rug", "img1")
    run.text(mask_out, image="img1", reason="other", objects=[rug])
    [fact] = run.workspace.ignored["img1"]
    assert np.array_equal(run.workspace.arrays(fact.mask)["mask"], run.truth("img1").ids == run.scene.id_of("rug"))


def test_add_views_keeps_the_world(built: tuple[Rendering, str]) -> None:
    run, _ = built
    text = run.text(add_views, cloud="cloud1", images=["img4"])
    assert "cloud2: 4 of 4 pictures placed (img1, img2, img3, img4)" in text
    assert "It is in the world and scale of cloud1, aligned by 3 cameras they share." in text
    old, new = (run.workspace.cloud(h).reconstruction for h in ("cloud1", "cloud2"))
    for handle, camera in old.cameras.items():
        assert np.allclose(new.cameras[handle].position, camera.position, atol=0.01)
        assert np.allclose(new.cameras[handle].rotation, camera.rotation, atol=0.02)
    assert new.scale_kind == "relative"
    before = set(run.workspace.artifacts)
    again = run.text(add_views, cloud="cloud1", images=["img4"])
    assert again.endswith("nothing was computed again.")
    assert set(run.workspace.artifacts) == before


def test_adding_what_is_in_it_is_a_mistake(built: tuple[Rendering, str]) -> None:
    run, _ = built
    assert "img2 is in cloud1 already" in run.text(add_views, "mistake", cloud="cloud1", images=["img2"])


def test_adding_a_picture_of_elsewhere_is_a_limit(tmp_path: Path) -> None:
    run = Rendering(tmp_path, [*FOUR[:3], replace(FOUR[0], bearing=FOUR[0].bearing + 180)])
    run.text(reconstruct, images=["img1", "img2", "img3"])
    text = run.text(add_views, "limit", cloud="cloud1", images=["img4"])
    assert "none of the new pictures could be placed in cloud1: img4: " in text


def test_relative_camera_motion_in_words(tmp_path: Path) -> None:
    first = standing()
    second = replace(moved(first, right=0.4), bearing=first.bearing - 9)
    run = Rendering(tmp_path, [first, second])
    text = run.text(relative_camera_motion, first="img1", second="img2")
    assert text.startswith("From img1 to img2 the camera turned ")
    assert "degrees to the left (" in text
    assert "It moved to the right, as seen in img1" in text
    assert "how far cannot be told from two pictures" in text
    assert re.search(r"From \d+ points found in both; directions are for somebody who holds img1 upright\.", text)
    assert "The field of view is a guess" in text
    assert "img1 is given twice" in run.text(relative_camera_motion, "mistake", first="img1", second="img1")


def test_relative_camera_motion_with_a_focal_length_in_the_file(tmp_path: Path) -> None:
    run = Rendering(tmp_path, [])
    for index, camera in enumerate((standing(), moved(standing(), right=0.4))):
        shot = Rendering(tmp_path / str(index), [camera]).shots[0]
        exif = Image.Exif()
        millimetres = camera.focal(SMALL[0]) * np.hypot(36, 24) / np.hypot(*SMALL)
        exif.get_ifd(0x8769)[0xA405] = round(millimetres)
        path = tmp_path / f"{index}.jpg"
        Image.fromarray(shot.colour).save(path, quality=95, exif=exif)
        run.workspace.add_picture(path)
    text = run.text(relative_camera_motion, first="img1", second="img2")
    assert "from EXIF" in text
    assert "a guess" not in text
