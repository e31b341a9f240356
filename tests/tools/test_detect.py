"""detect, count, segment and match_objects on a scene whose truth is known, through the tools' own face."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from boxes_scene import Shot, thing
from scene_run import Run, run_on
from shapes_kit import seen
from tool_kit import raised_by

from sightline.geometry.dialects import DIALECTS
from sightline.memory import InstrumentLimit, ModelMistake
from sightline.memory.refs import places
from sightline.tools import StoredPixels
from sightline.tools.back_ends import BackEnds, Detection
from sightline.tools.detection import count, detect, match_objects, segment
from sightline.tools.detection.detecting import sort_out, split, summary
from sightline.tools.detection.outlining import box_around

CHAIRS = (
    thing(2, "red chair", (-1.2, 4.0), (0.6, 0.6, 0.9)),
    thing(3, "blue chair", (0.9, 5.0), (0.6, 0.6, 0.9)),
    thing(4, "green mug", (0.0, 3.0), (0.2, 0.2, 0.25)),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_on(
        tmp_path,
        CHAIRS,
        Shot(size=(320, 240)),
        Shot(position=(1.5, 0.5, 1.6), bearing=-20, size=(320, 240)),
        Shot(position=(0.0, 0.0, 1.5), bearing=180, size=(320, 240)),
    )


def test_what_is_detected_is_listed_drawn_and_entered(run: Run) -> None:
    text = run.text(detect, image="img1", names=["chair", "mug"])
    assert text.startswith("2 chairs detected at 0.30 or above, in img1 only; not a total.")
    assert "1 mug detected at 0.30 or above, in img1 only; not a total." in text
    assert "Scores are the detector's own, not probabilities." in text
    assert "oracle" not in text
    objects = run.workspace.scene.objects
    assert [o.name for o in objects.values()] == ["chair", "chair", "mug"]
    assert all(handle in text for handle in objects)
    truth = run.back_ends.detector().detect(seen(run.workspace.picture("img1").pixels), ["chair"], 0.3)
    boxes = [numbers for kind, handle, numbers in places(text) if kind == "box"]
    assert np.ravel(boxes[0]) == pytest.approx(truth[0].box)
    assert objects["obj1"].sightings[0].box == pytest.approx(truth[0].box)
    assert objects["obj1"].sightings[0].source == "detect"
    mask = run.workspace.arrays(str(objects["obj1"].sightings[0].mask))["mask"]
    assert box_around(mask) == pytest.approx(truth[0].box)
    drawn = run.workspace.pixels("view1")
    assert drawn.shape == (240, 320, 3)
    assert not np.array_equal(drawn, run.workspace.pixels("img1"))


def test_asked_twice_in_other_words_it_is_the_same_object(run: Run) -> None:
    run(detect, image="img1", names=["chair"])
    before = {h: list(o.sightings) for h, o in run.workspace.scene.objects.items()}
    text = run.text(detect, image="img1", names=["Chairs", "the chair", "CHAIR"], threshold=0.5)
    assert text.startswith("2 chairs detected at 0.50 or above")
    assert "known before" in text
    assert {h: o.sightings for h, o in run.workspace.scene.objects.items()} == before


def test_nothing_found_is_not_nothing_there(run: Run) -> None:
    text = run.text(detect, image="img3", names=["chair"])
    assert text.startswith("no chair detected above 0.30 in img3: that does not show there is none; try ")
    assert run.workspace.scene.objects == {}


def test_what_is_missing_is_told_in_one_sentence(run: Run) -> None:
    text = run.text(detect, image="img1", names=["piano", "chair", "ball", "clock"])
    assert text.count("does not show there is none") == 1
    assert "no piano, ball or clock detected above 0.30 in img1" in text


@pytest.mark.parametrize("names", [[], ["", " "]])
def test_without_a_name_no_weights_are_asked_for(run: Run, names: list[str]) -> None:
    from sightline.tools.back_ends import BackEnds

    run.back_ends = BackEnds({"detection": "yolo"}, offline=True)
    for finished in (run(detect, image="img1", names=names), run(count, images=["img1"], name="")):
        assert "no name was given" in finished.text
        assert "weights" not in finished.text


def test_what_is_found_in_a_crop_is_known_in_the_photo(run: Run) -> None:
    from sightline.tools.image import crop_zoom

    run(detect, image="img1", names=["mug"])
    known = run.workspace.scene.objects["obj1"].sightings[0].box
    assert known is not None
    x0, y0, x1, y1 = known
    run(crop_zoom, image="img1", box=[x0 - 20, y0 - 20, x1 + 20, y1 + 20])
    crop = next(h for h, a in run.workspace.artifacts.items() if a.parents and "enlarged" in a.title)
    fact = Detection("mug", (0.0, 0.0, 1.0, 1.0), 0.9)
    from sightline.geometry import PictureTransform
    from sightline.tools.detection.entering import enter

    transform = PictureTransform.from_json(run.workspace.artifacts[crop].parents[0].transform)
    corners = transform.to_child(np.array([[x0, y0], [x1, y1]]))
    fact = Detection("mug", tuple(corners.ravel()), 0.9)
    (entered,) = enter(run.workspace, run.workspace.picture(crop), [fact], "detect")
    assert entered.object == "obj1"
    assert [f.picture for f in entered.facts] == [crop]


def test_names_that_cannot_be_asked_are_told(run: Run) -> None:
    assert run(detect, image="img1", names=[]).outcome != "ok"
    assert run(detect, image="img1", names=["  ", "."]).outcome != "ok"
    assert run(detect, image="img1", names=["chair"], threshold=3).outcome != "ok"
    assert run(detect, image="img1", names=[f"thing {n}" for n in range(50)]).outcome != "ok"


class Closed:
    """A detector's names, nothing else."""

    name = "closed"
    trained_on = ""
    names = ("person", "dining table", "wine glass", "couch")

    def detect(self, picture: Any, names: Any, threshold: float) -> list[Detection]:
        return []


def test_names_outside_a_closed_set_come_with_the_nearest() -> None:
    asked = sort_out(["table", "People", "sofa", "zebra"], Closed())
    assert asked.names == ["person", "sofa"]
    assert asked.unknown["table"][0] == "dining table"
    assert asked.unknown["zebra"] == []
    said = raised_by(lambda: sort_out(["table"], Closed()), InstrumentLimit)
    assert "'table' is not among the 4 names that this detector knows; the nearest are dining table" in said
    raised_by(lambda: sort_out([""], Closed()), ModelMistake)


@pytest.mark.skipif(find_spec("ultralytics") is None, reason="needs sightline[vision]")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_closed_set_back_end_end_to_end(run: Run, tmp_path: Path) -> None:
    from sightline.tools.back_ends.yolo_setup import import_ultralytics

    model = import_ultralytics().YOLO("yolo11n.yaml")
    model.model.names = {0: "chair", 1: "wine glass"}
    model.save(str(tmp_path / "two.pt"))
    run.back_ends = BackEnds({"detection": f"yolo:{tmp_path / 'two.pt'}"}, offline=True)
    text = run.text(detect, image="img1", names=["Chairs", "glass"])
    assert text.startswith("no chair detected above 0.30 in img1")
    assert "'glass' is not among the 2 names that this detector knows; the nearest are wine glass" in text


def test_the_wording_of_weaker_ones() -> None:
    found = split([Detection("chair", (0, 0, 1, 1), s) for s in (0.9, 0.5, 0.3, 0.2, 0.16)], 0.3)
    assert summary("chair", *found.count("chair"), 0.3, "img1") == (
        "3 chairs detected at 0.30 or above, 2 weaker, in img1 only; not a total."
    )
    assert summary("chair", 1, 0, 0.3, "img1") == "1 chair detected at 0.30 or above, in img1 only; not a total."
    assert summary("chairs", 1, 0, 0.3, "img1").startswith("1 chair detected")
    assert summary("people", 2, 0, 0.3, "img1").startswith("2 people detected")
    assert "(1 weaker): that does not show" in summary("bus", 0, 1, 0.3, "img1")


# count and match_objects


def test_one_photo_is_counted_with_its_bounds(run: Run) -> None:
    text = run.text(count, images=["img1"], name="chair")
    assert text.startswith("2 chairs detected at 0.30 or above, in img1 only; not a total.")
    assert "2 are visible as far as the detector can tell; what is hidden or cut off is not in it." in text
    assert run.text(count, images=["img3"], name="chair").startswith("no chair detected above 0.30 in img3")


def test_over_photos_each_thing_is_counted_once_by_place(run: Run) -> None:
    run.reconstruct("img1", "img2")
    text = run.text(count, images=["img1", "img2", "img3"], name="chair")
    assert text.startswith("2 chairs over 3 photos, each counted once: 4 detections, matched by place")
    assert "not of what is there" in text
    assert len(run.workspace.scene.objects) == 2
    for known in run.workspace.scene.objects.values():
        assert {s.picture for s in known.sightings} == {"img1", "img2"}
    again = run.text(match_objects, images=["img1", "img2"])
    assert "are 2 things" in again
    assert "(by place)" in again


def test_over_photos_without_a_reconstruction_by_appearance(run: Run) -> None:
    text = run.text(count, images=["img1", "img2"], name="chair")
    assert "matched by appearance" in text
    assert text.split(" chairs over")[0] in ("2", "2 to 3", "2 to 4")  # flat boxes of two colours


def test_twins_are_not_told_apart_by_appearance(tmp_path: Path) -> None:
    """Two pictures of two equal chairs: a range, and the pairs that are unclear."""
    from sightline.tools.detection.looks import Look
    from sightline.tools.detection.matching import match

    pixels = np.full((200, 300, 3), 200, np.uint8)
    pixels[50:120, 30:100] = (180, 30, 30)
    pixels[50:120, 180:250] = (180, 30, 30)
    boxes = [(30.0, 50.0, 100.0, 120.0), (180.0, 50.0, 250.0, 120.0)]
    looks = [Look(p, "chair", b) for p in ("img1", "img2") for b in boxes]
    found = match(looks, {"img1": pixels, "img2": pixels}.__getitem__)
    assert (found.fewest, found.most) == (2, 4)
    assert all(p.verdict == "unclear" for p in found.pairings)


def test_things_of_one_picture_are_never_one() -> None:
    from sightline.tools.detection.looks import Look
    from sightline.tools.detection.matching import match

    pixels = np.full((100, 100, 3), 90, np.uint8)
    looks = [Look("img1", "chair", (10, 10, 40, 40)), Look("img1", "chair", (12, 10, 42, 40))]
    assert match(looks, {"img1": pixels}.__getitem__).most == 2


def test_a_textured_thing_is_known_again_turned_and_smaller() -> None:
    import cv2

    from sightline.tools.detection.looks import Look
    from sightline.tools.detection.matching import match

    rng = np.random.default_rng(0)
    poster = cv2.resize(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8), (160, 120), interpolation=cv2.INTER_NEAREST)
    other = cv2.resize(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8), (160, 120), interpolation=cv2.INTER_NEAREST)
    first, second = np.full((300, 500, 3), 128, np.uint8), np.full((300, 500, 3), 120, np.uint8)
    first[20:140, 20:180], first[20:140, 300:460] = poster, other
    turned = cv2.warpAffine(poster, cv2.getRotationMatrix2D((80, 60), 20, 0.7), (160, 120), borderValue=(120, 120, 120))
    second[150:270, 40:200] = turned
    looks = [
        Look("img1", "poster", (20, 20, 180, 140)),
        Look("img1", "poster", (300, 20, 460, 140)),
        Look("img2", "poster", (50, 155, 190, 265)),
    ]
    found = match(looks, {"img1": first, "img2": second}.__getitem__)
    assert found.groups == [[0, 2], [1]]


def test_matching_needs_objects_and_two_photos(run: Run) -> None:
    assert run(match_objects, images=["img1", "img2"]).outcome != "ok"
    assert run(match_objects, images=["img1"], names=["chair"]).outcome != "ok"
    assert run(match_objects, images=["img1", "img1"], names=["chair"]).outcome != "ok"


# segment


def test_segment_by_box_point_and_object(run: Run) -> None:
    run(detect, image="img1", names=["chair"])
    box = run.workspace.scene.objects["obj1"].sightings[0].box
    assert box is not None
    text = run.text(segment, image="img1", box=list(box))
    assert "the outline of what is there in img1" in text
    assert "not a probability" in text
    handle = text.split(":")[0]
    mask = run.workspace.arrays(handle)["mask"]
    assert box_around(mask) == pytest.approx(box)
    middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
    by_object = run.text(segment, image="img1", thing="obj1")
    assert "the outline of obj1 (chair)" in by_object
    by_point = run.text(segment, image="img1", point=middle, name="seat")
    assert "(seat)" in by_point
    before = len(run.workspace.artifacts)
    again = run.text(segment, image="img1", point=middle, name="seat")
    assert "It was made before." in again
    assert len(run.workspace.artifacts) == before
    assert [o.name for o in run.workspace.scene.objects.values()].count("seat") == 1


def test_segment_needs_a_place(run: Run) -> None:
    assert "Give one of them" in run(segment, image="img1").text
    run(detect, image="img1", names=["chair"])
    assert "was not seen in img3" in run(segment, image="img3", thing="obj1").text
    assert run(segment, image="img1", point=[5, 5]).outcome != "ok"  # sky: nothing there


@pytest.mark.parametrize("dialect", ["permille_yx", "pixels"])
def test_places_are_told_in_the_models_own_numbers(run: Run, dialect: str) -> None:
    from sightline.tools.binding import write_places

    text = run.text(detect, image="img1", names=["mug"])
    told = write_places(run.workspace, StoredPixels(DIALECTS[dialect]), text)
    assert "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}" not in told


@pytest.mark.parametrize("points", [None, 4000])
def test_by_place_twins_are_told_apart_and_a_moved_thing_is_another(tmp_path: Path, points: int | None) -> None:
    """Equal chairs: appearance could not tell them; dense depth or a sparse cloud can, and sees that one was moved."""
    from dataclasses import replace

    from sightline.tools.detection.looks import Look
    from sightline.tools.detection.matching import match

    chairs = (thing(2, "red chair", (-1.2, 4.0), (0.6, 0.6, 0.9)), thing(3, "blue chair", (0.9, 5.0), (0.6, 0.6, 0.9)))
    run = run_on(
        tmp_path,
        chairs,
        Shot(size=(320, 240)),
        Shot(position=(1.5, 0.5, 1.6), bearing=-20, size=(320, 240)),
        Shot(position=(-1.5, 0.2, 1.6), bearing=15, size=(320, 240)),
    )
    handles = ["img1", "img2", "img3"]
    pictures = [seen(run.workspace.pixels(h), h) for h in handles]
    world = run.back_ends.reconstructor().reconstruct(pictures).groups[0]
    if points is not None:
        keep = np.random.default_rng(0).permutation(len(world.cloud))[:points]
        world = replace(world, depths={}, cloud=world.cloud.where(keep))
    looks, truth = [], []
    for picture in pictures:
        for color in ("red", "blue"):
            for found in run.back_ends.detector().detect(picture, [f"{color} chair"], 0.3):
                looks.append(Look(picture.handle, "chair", found.box))
                truth.append(color)
    grey = np.full((240, 320, 3), 128, np.uint8)
    matched = match(looks, dict.fromkeys(handles, grey).__getitem__, [world])
    assert {p.basis for p in matched.pairings} == {"place"}
    assert (matched.fewest, matched.most) == (2, 2)
    assert all(len({truth[i] for i in group}) == 1 for group in matched.groups)
    x0, y0, x1, y1 = looks[0].box
    moved = [replace(looks[0], box=(x0 + 70, y0 - 12, x1 + 70, y1 - 12)), *looks[1:]]
    assert match(moved, dict.fromkeys(handles, grey).__getitem__, [world]).most > 2


def test_sixty_photos_are_matched_in_bounded_time_and_memory() -> None:
    """Pictures are asked for one at a time and let go."""
    from sightline.tools.detection.looks import Look
    from sightline.tools.detection.matching import match

    asked = []

    def pixels(handle: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        asked.append(handle)
        out = np.full((120, 160, 3), 200, np.uint8)
        out[30:90, 40:120] = (200, 20, 20)
        return out

    looks = [Look(f"img{n}", "ball", (40, 30, 120, 90)) for n in range(60)]
    found = match(looks, pixels)
    assert found.groups == [list(range(60))]
    assert len(asked) == 60
