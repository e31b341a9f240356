"""Which way parts of things point: bearings and errors against the truth, and honest refusals."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from boxes_run import Run
from boxes_scene import Shot, thing
from tool_kit import SaidBefore

from sightline.geometry.poses import difference, direction
from sightline.tools.scene import semantic_orientation
from sightline.tools.scene.parts import direction_between, read_vote, settle


def mug(bearing: float) -> tuple:
    """A mug at (0, 3.5) whose handle is on the side of a bearing, and a pole."""
    b = math.radians(bearing)
    away = (0.36 * math.sin(b), 3.5 + 0.36 * math.cos(b))
    return (
        thing(2, "red mug", (0.0, 3.5), (0.5, 0.5, 0.6), bearing=bearing),
        thing(3, "blue handle", away, (0.16, 0.22, 0.3), bottom=0.15, bearing=bearing),
        thing(4, "green pole", (1.2, 4.0), (0.12, 0.12, 1.6), symmetric=True),
    )


def pixel(run: Run, name: str, picture: int = 1) -> list[float]:
    rows, columns = np.nonzero(run.scene.views[picture - 1].ids() == run.scene.object_of(name).id)
    middle = int(np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2))
    return [float(columns[middle]) + 0.5, float(rows[middle]) + 0.5]


def numbers(text: str) -> tuple[float, float, float]:
    """Bearing, its error, and the azimuth in the camera's frame."""
    bearing, error = re.findall(r"bearing (\d+) \+- (\d+) degrees", text)[0]
    [azimuth] = re.findall(r"camera that is ([+-]\d+) \+-", text)
    return float(bearing), float(error), float(azimuth)


@pytest.mark.parametrize(("handle", "heading"), [(90.0, 0.0), (235.0, 40.0), (135.0, 40.0)])
def test_a_marked_part_points_where_it_does(tmp_path: Path, handle: float, heading: float) -> None:
    b = math.radians(heading)
    shots = (
        Shot(size=(320, 240), pitch=-15.0, bearing=0.0),
        Shot(
            size=(320, 240),
            pitch=-15.0,
            position=(-3.5 * math.sin(b), 3.5 - 3.5 * math.cos(b), 1.6),
            bearing=heading,
        ),
    )
    run = Run(tmp_path, mug(handle), *shots)
    run.reconstruct()
    body = run.mark("red mug", "img2")
    text = run.text(
        semantic_orientation, thing=body, attribute="handle", image="img2", tip=pixel(run, "blue handle", 2)
    )
    bearing, error, azimuth = numbers(text)
    assert error < 60
    assert abs(difference(bearing, handle)) <= error  # the first camera looks towards bearing 0: the map is the world
    assert abs(difference(azimuth, handle - heading)) <= error
    faces = run.workspace.scene.objects[body].faces["handle"]
    assert faces.verdict == "found"
    assert abs(difference(faces.azimuth, handle - heading)) <= faces.error


def test_one_photo_will_do(tmp_path: Path) -> None:
    run = Run(tmp_path, mug(90.0), Shot(size=(320, 240), pitch=-15.0))
    body = run.mark("red mug")
    text = run.text(
        semantic_orientation,
        thing=body,
        attribute="handle",
        image="img1",
        tail=pixel(run, "red mug"),
        tip=pixel(run, "blue handle"),
    )
    bearing, error, azimuth = numbers(text)
    assert abs(difference(bearing, 90.0)) <= error + 35  # from the face that is seen, not from the middle
    assert azimuth > 0
    assert "between the marked points" in text


def test_the_front_is_as_front_of_finds_it(tmp_path: Path) -> None:
    run = Run(tmp_path, mug(235.0), Shot(size=(320, 240), pitch=-15.0, bearing=0.0))
    run.reconstruct()
    body, pole = run.mark("red mug"), run.mark("green pole")
    run.text(semantic_orientation, thing=body, attribute="front")
    faces = run.workspace.scene.objects[body].faces["front"]
    assert faces.verdict == "found"
    assert faces.azimuth % 360 == pytest.approx(235.0)
    assert "symmetric" in run.text(semantic_orientation, thing=pole, attribute="front")


def test_a_pole_stands_upright(tmp_path: Path) -> None:
    run = Run(tmp_path, mug(90.0), Shot(size=(320, 240), pitch=-15.0))
    run.reconstruct()
    pole = run.mark("green pole")
    text = run.text(semantic_orientation, thing=pole, attribute="up")
    lean, error = (float(v) for v in re.findall(r"leans (\d+) \+- (\d+) degrees from the vertical", text)[0])
    assert lean <= error


def test_a_fresh_model_votes(tmp_path: Path) -> None:
    run = Run(tmp_path, mug(90.0), Shot(size=(320, 240), pitch=-15.0))
    run.reconstruct()
    body, (x, y) = run.mark("red mug"), pixel(run, "blue handle")
    said = [json.dumps({"point": [x + d, y]}) for d in (0, 1, -1)]
    look = SaidBefore(said)
    bearing, error, _ = numbers(run.text(semantic_orientation, look=look, thing=body, attribute="handle"))
    assert abs(difference(bearing, 90.0)) <= error
    assert "red mug" in look.asked[0][0]
    round_one = SaidBefore(['{"symmetric": true}'] * 3)
    assert "is symmetric" in run.text(semantic_orientation, look=round_one, thing=body, attribute="handle")
    assert run.workspace.scene.objects[body].faces["handle"].verdict == "symmetric"
    split = SaidBefore(['{"symmetric": true}', '{"visible": false}', said[0]])
    assert "is unknown" in run.text(semantic_orientation, look=split, thing=body, attribute="spout")


def test_what_cannot_be_told_is_not_told(tmp_path: Path) -> None:
    run = Run(tmp_path, mug(90.0), Shot(size=(320, 240), pitch=-15.0))
    run.reconstruct()
    body, place = run.mark("red mug"), pixel(run, "red mug")
    close = run.text(
        semantic_orientation, thing=body, attribute="lid", image="img1", tail=place, tip=[place[0] + 0.4, place[1]]
    )
    assert "is unknown: the two ends are too close" in close
    assert "there to ask where the spout is" in run.text(
        semantic_orientation, "infrastructure", thing=body, attribute="spout"
    )
    assert "a tail without a tip" in run.text(
        semantic_orientation, "mistake", thing=body, attribute="lid", image="img1", tail=place
    )
    sky = run.text(semantic_orientation, "limit", thing=body, attribute="lid", image="img1", tip=[5, 5])
    assert "too few points there" in sky


def test_errors_grow_with_what_is_not_known() -> None:
    east = direction_between((0, 0, 0), (1, 0, 0), 0.1, 0.0)
    assert east is not None
    assert east.bearing == pytest.approx(90)
    assert east.error == pytest.approx(math.degrees(math.asin(0.1)))
    assert direction_between((0, 0, 0), (0.1, 0, 0), 0.1, 0.1) is None
    steep = direction_between((0, 0, 0), direction(30, 60), 0.1, 0.0)
    assert steep is not None
    assert steep.bearing_error > 1.9 * steep.error
    up = direction_between((0, 0, 0), (0, 0, 2), 0.1, 0.0)
    assert up is not None
    assert up.bearing is None


def test_votes_are_read_and_settled() -> None:
    assert read_vote('Sure: {"point": [3, 4.5]}') == [3.0, 4.5]
    assert read_vote('{"symmetric": true}') == "symmetric"
    for strange in ("no idea", '{"point": [1]}', '{"point": "x"}', "[1, 2]", '{"visible": false}'):
        assert read_vote(strange) == "unknown"
    assert settle([(1.0, 1.0), (3.0, 1.0), "unknown"]) == ((2.0, 1.0), 1.0)
    assert settle(["symmetric", "unknown", (1.0, 1.0)])[0] == "unknown"
    assert settle(["symmetric", "symmetric", (1.0, 1.0)])[0] == "symmetric"
