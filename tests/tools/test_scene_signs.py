"""Words of the scene graph, support by a reconstruction's depth, and legends: each sign against where things stand."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from boxes_run import Run
from boxes_scene import Shot, thing

from sightline.geometry.quantities import Scale
from sightline.tools.depth import depth_to_text, estimate_depth
from sightline.tools.depth.colouring import coloured
from sightline.tools.depth.fields import DepthField
from sightline.tools.measure.floors import FloorMap, clearance
from sightline.tools.scene import build_scene_graph

SHOTS = (
    Shot((0.0, 0.0, 2.2), pitch=-20.0, field_of_view=70.0, size=(320, 240)),
    Shot((3.2, 1.6, 2.2), bearing=-45.0, pitch=-25.0, field_of_view=70.0, size=(320, 240)),
    Shot((-3.2, 1.6, 2.2), bearing=45.0, pitch=-25.0, field_of_view=70.0, size=(320, 240)),
)
MIDDLE = thing(2, "red post", (0.0, 5.0), (0.3, 0.3, 0.3), symmetric=True)
WORDS = {
    0: "beyond",
    45: "beyond and to the right of",
    90: "to the right of",
    135: "on the near side and to the right of",
    180: "on the near side of",
    -135: "on the near side and to the left of",
    -90: "to the left of",
    -45: "beyond and to the left of",
}


@pytest.mark.parametrize("around", [(0, 90, 180, -90), (45, 135, -135, -45)])
def test_words_say_where_a_thing_is_from_another(tmp_path: Path, around: tuple[int, ...]) -> None:
    names = ("blue", "green", "pink", "white")
    things = [MIDDLE]
    for number, (name, azimuth) in enumerate(zip(names, around, strict=True), start=3):
        a = math.radians(azimuth)
        things.append(thing(number, f"{name} box", (1.9 * math.sin(a), 5 + 1.9 * math.cos(a)), (0.3, 0.3, 0.3)))
    run = Run(tmp_path, tuple(things), *SHOTS)
    run.reconstruct()
    for name in (*(f"{n} box" for n in names), "red post"):
        for picture in ("img1", "img2", "img3"):
            run.mark(name, picture)
    text = run.text(build_scene_graph, frame="camera:img1")
    for name, azimuth in zip(names, around, strict=True):
        [line] = re.findall(rf'- obj\d+ "{name} box" is (.*) obj\d+ "red post" \((.*)\)\.', text)
        assert line[0] == WORDS[azimuth]
        if azimuth % 180:
            assert f"degrees {'right' if azimuth > 0 else 'left'} of forward" in line[1]


@pytest.mark.parametrize("first", ["post", "lamp"])
def test_what_hangs_over_a_thing_is_above_it(tmp_path: Path, first: str) -> None:
    lamps = (
        thing(3, "gold lamp", (0.0, 5.0), (0.3, 0.3, 0.3), bottom=1.5, symmetric=True),
        thing(4, "blue lamp", (1.6, 5.0), (0.3, 0.3, 0.3), bottom=1.6, symmetric=True),
    )
    run = Run(tmp_path, (MIDDLE, *lamps), *SHOTS)
    run.reconstruct()
    names = ["red post", "gold lamp", "blue lamp"]
    for name in names if first == "post" else names[::-1]:
        for picture in ("img1", "img2", "img3"):
            run.mark(name, picture)
    text = run.text(build_scene_graph, frame="camera:img1")
    over = '"gold lamp" is straight above obj' if first == "lamp" else '"red post" is straight below obj'
    assert over in text
    beside = {
        "lamp": r'"blue lamp" is higher and to the right of obj\d+ "red post" \(.* degrees up\)',
        "post": r'"red post" is lower and to the left of obj\d+ "blue lamp" \(.* degrees down\)',
    }
    assert re.search(beside[first], text), text


def test_a_reconstructions_depth_knows_which_way_is_up(tmp_path: Path) -> None:
    run = Run(tmp_path, (thing(2, "red box", (0.2, 4.0), (0.7, 0.7, 0.7)),), SHOTS[0], SHOTS[1])
    cloud = run.reconstruct()
    run.mark("red box", "img2")
    run.text(estimate_depth, image="img2", cloud=cloud)
    assert re.search(r'obj1 "red box" rests on a level surface', run.text(depth_to_text, image="img2"))


def test_a_mask_is_read_at_the_centres_of_the_maps_pixels() -> None:
    field = DepthField(np.ones((2, 3), np.float32), Scale("measured", "depth1"), (12, 8))
    mask = np.zeros((8, 12), bool)
    mask[2, 6] = mask[6, 10] = True  # centres of the map's pixels lie at 2 and 6 down, at 2, 6 and 10 across
    assert np.argwhere(field.on_map(mask)).tolist() == [[0, 1], [1, 2]]


def test_near_is_the_bright_end_of_the_legend_and_of_the_picture() -> None:
    near_to_far = np.tile(np.linspace(1, 5, 400, dtype=np.float32), (100, 1))
    pixels, (_, _, x1, y1) = coloured(DepthField(near_to_far, Scale("measured", "depth1"), (400, 100)))
    light = pixels.astype(int).sum(axis=2)
    assert light[50, 5] > light[50, int(x1) - 6] + 200
    bar = light[int(y1) : int(y1) + 14]
    row = bar[np.argmax(np.abs(np.diff(bar, axis=1)).sum(axis=1) * (bar.min(axis=1) < 600))]
    assert row[20] > row[-20] + 200


def test_clearance_counts_from_the_middle_of_a_cell() -> None:
    taken = np.zeros((3, 6), bool)
    taken[1, 4] = True  # its near edge is at x = 4
    floor = FloorMap(np.zeros(2), 1.0, ~taken, taken, np.zeros((0, 2)))
    assert clearance(floor, (0.5, 1.5)) == pytest.approx(3.5)
    assert clearance(floor, (4.5, 0.0)) == pytest.approx(1.0)
