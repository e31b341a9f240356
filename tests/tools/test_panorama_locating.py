"""Where things lie in a panorama: directions of places, places of directions, angles, boxes across the seam."""

from __future__ import annotations

import re

import numpy as np
import pytest
from panorama_kit import DISCS, SIZE, apart, direction_in, made, middles, refused, workspace_of

from sightline.memory import Workspace
from sightline.memory.refs import places
from sightline.tools.image import crop_zoom, flip, rotate, side_by_side
from sightline.tools.panorama import cubemap, locate_in_panorama, look


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace_of(tmp_path_factory.mktemp("panorama"))


def spots(workspace: Workspace, handle: str) -> dict[str, list[float]]:
    return {name: list(spot) for name, spot in middles(workspace.pixels(handle)).items()}


def located(workspace: Workspace, handle: str, **given: object) -> list[str]:
    return made(workspace, locate_in_panorama, image=handle, **given)[0].split("\n")


def places_in(text: str, handle: str) -> list[list[float]]:
    """Points and boxes of a picture that a text names."""
    return [list(np.ravel(where)) for _, name, where in places(text) if name == handle]


def test_the_signs_of_a_panoramas_points(shared: Workspace) -> None:
    width, height = SIZE
    ahead, right, left, above, below, edge = located(
        shared,
        "pano1",
        points=[
            [width / 2, height / 2],
            [width * 3 / 4, height / 2],
            [width / 8, height / 2],
            [width / 2, height / 4],
            [width / 2, height * 3 / 4],
            [width, height / 2],
        ],
    )[:6]
    assert "is at yaw 0, pitch 0 (straight ahead, level)." in ahead
    assert "is at yaw 90, pitch 0 (90 degrees to the right, level)." in right
    assert "is at yaw -135, pitch 0 (135 degrees to the left, level)." in left
    assert "is at yaw 0, pitch 45 (straight ahead, 45 degrees up)." in above
    assert "is at yaw 0, pitch -45 (straight ahead, 45 degrees down)." in below
    assert "is at yaw 180, pitch 0 (straight behind, level)." in edge


@pytest.mark.parametrize("name", list(DISCS))
def test_a_disc_seen_in_a_view_is_told_within_half_a_degree(shared: Workspace, name: str) -> None:
    """There and back through the tools: the direction, and the place in the panorama and in the view."""
    yaw, pitch = DISCS[name][0]
    view = made(shared, look, panorama="pano1", yaw=yaw + 8, pitch=pitch + (6 if pitch < 80 else -6))[1]
    spot = spots(shared, view)[name]
    (line,) = located(shared, view, points=[spot])
    assert apart(direction_in(line), (yaw, pitch)) < 0.5
    ((u, v),) = places_in(line, "pano1")
    assert apart((u / SIZE[0] * 360 - 180, 90 - v / SIZE[1] * 180), (yaw, pitch)) < 0.5
    (back,) = located(shared, view, yaw=yaw, pitch=pitch)
    (again,) = places_in(back, view)
    assert np.abs(np.array(again) - spot).max() < 2


def test_points_of_crops_turned_pictures_and_the_cube_lead_back(shared: Workspace) -> None:
    view = made(shared, look, panorama="pano1", yaw=175, pitch=3)[1]
    derived = [
        made(shared, crop_zoom, image=view, box=[130, 100, 400, 300])[1],
        made(shared, rotate, image=view, degrees=30)[1],
        made(shared, flip, image=view, direction="horizontal")[1],
        made(shared, side_by_side, images=[view, view])[1],
        made(shared, cubemap, panorama="pano1")[1],
        made(shared, crop_zoom, image="pano1", box=[0, 100, 512, 300])[1],
    ]
    for handle in derived[:3] + derived[4:]:
        seen = spots(shared, handle)
        assert seen
        for name, spot in seen.items():
            (line,) = located(shared, handle, points=[spot])
            assert apart(direction_in(line), DISCS[name][0]) < 0.6, (handle, name)
    assert "does not lie inside one of its parts" in refused(
        shared, locate_in_panorama, image=derived[4], points=[[2, 2]]
    )
    (line,) = located(shared, derived[4], yaw=90, pitch=10)
    assert len(places(line)) == 2  # in the panorama, and in the right face
    (line,) = located(shared, derived[1], yaw=180, pitch=0)
    assert places_in(line, view)
    corner = refused(shared, locate_in_panorama, image=derived[1], points=[[1, 1]])
    assert f"shows nothing of {view}" in corner


def test_the_angle_between_two_places_goes_the_short_way(shared: Workspace) -> None:
    view = made(shared, look, panorama="pano1", yaw=180, field_of_view=100)[1]
    where = spots(shared, view)
    line = located(shared, view, points=[where["before the seam"], where["behind the seam"]])[-1]
    truth = apart(DISCS["before the seam"][0], DISCS["behind the seam"][0])
    told = re.search(r"are ([\d.]+) degrees \(\+- ([\d.]+), one pixel\)", line)
    assert told is not None
    assert abs(float(told[1]) - truth) < 0.5
    turn = re.search(r"one turns ([\d.]+) degrees right and ([\d.]+) degrees up", line)
    assert turn is not None
    assert abs(float(turn[1]) - 35) < 0.5
    assert abs(float(turn[2]) - 32) < 0.5
    line = located(shared, view, points=[where["behind the seam"], where["before the seam"]])[-1]
    assert re.search(r"one turns [\d.]+ degrees left and [\d.]+ degrees down", line)
    up, around = [SIZE[0] / 8, 0.0], [SIZE[0] / 2, SIZE[1] / 18]
    assert "are 10 degrees" in located(shared, "pano1", points=[up, around])[-1]
    assert "one turns 10 degrees down." in located(shared, "pano1", points=[up, around])[-1]
    assert len(located(shared, "pano1", points=[up, around, up], yaw=3)) == 7


def test_a_box_across_the_seam_is_two_in_the_panorama(shared: Workspace) -> None:
    view = made(shared, look, panorama="pano1", yaw=180, pitch=5)[1]
    x, y = spots(shared, view)["seam"]
    (line,) = located(shared, view, boxes=[[x - 30, y - 20, x + 30, y + 20]])
    assert "(across the seam, straight behind)" in line
    assert "cut by the panorama's edge" in line
    (a0, top, a1, bottom), (b0, _, b1, _) = places_in(line, "pano1")
    assert (a1, b0) == (SIZE[0], 0)
    truth = np.degrees(np.arctan(30 / 256))
    assert a0 / SIZE[0] * 360 - 180 == pytest.approx(180 - truth, abs=0.5)
    assert b1 / SIZE[0] * 360 == pytest.approx(truth, abs=0.5)
    assert top < (0.5 - 5 / 180) * SIZE[1] < bottom
    assert apart(direction_in(line.split("its middle")[1]), DISCS["seam"][0]) < 0.5


def test_the_look_that_is_named_shows_all_of_a_box(shared: Workspace) -> None:
    """The disc is seen whole, and fills more of the picture than half of its height."""
    for name, radius in (("seam", 5), ("east", 5), ("near up", 5), ("below", 5)):
        yaw, pitch = DISCS[name][0]
        view = made(shared, look, panorama="pano1", yaw=yaw + 5, pitch=pitch - 5)[1]
        x, y = spots(shared, view)[name]
        reach = radius / 90 * 512 * 1.1
        (line,) = located(shared, view, boxes=[[x - reach, y - reach, x + reach, y + reach]])
        named = re.search(r"`look` with yaw (\S+), pitch (\S+) and a field of view of (\d+) shows all of it", line)
        assert named is not None, line
        where = {k: float(v) for k, v in zip(("yaw", "pitch", "field_of_view"), named.groups(), strict=True)}
        shown = made(shared, look, panorama="pano1", **where)[1]
        assert name in spots(shared, shown)
        assert where["field_of_view"] < 60
    (line,) = located(shared, "pano1", boxes=[[0, 100, SIZE[0], 400]])
    assert "covers all yaws" in line
    assert "`look`" not in line


def test_a_box_around_a_pole_covers_all_yaws(shared: Workspace) -> None:
    view = made(shared, look, panorama="pano1", yaw=40, pitch=80)[1]
    x, y = spots(shared, view)["up"]
    (line,) = located(shared, view, boxes=[[x - 50, y - 50, x + 50, y + 50]])
    assert "covers all yaws" in line
    assert "with straight up inside" in line
    assert apart(direction_in(line.split("its middle")[1]), (0, 90)) < 0.5


def test_a_direction_that_a_view_does_not_show_says_which_way_to_turn(shared: Workspace) -> None:
    view = made(shared, look, panorama="pano1", yaw=170)[1]
    (line,) = located(shared, view, yaw=-120, pitch=-20)
    assert f"{view} does not show it: `turn` it 70 degrees right and 20 degrees down" in line
    ((u, v),) = places_in(line, "pano1")
    assert (u, v) == pytest.approx((SIZE[0] / 6, SIZE[1] * (0.5 + 20 / 180)))
    (line,) = located(shared, view, yaw=180, pitch=0)
    ((x, y),) = places_in(line, view)
    assert x == pytest.approx(256 * (1 + np.tan(np.radians(10))))
    assert y == pytest.approx(192)
    assert "straight up, where every yaw is the same" in located(shared, "pano1", pitch=90)[0]


def test_what_is_refused_says_what_to_do(shared: Workspace) -> None:
    text = refused(shared, locate_in_panorama, image="img1", points=[[10, 10]])
    assert "img1 is neither a panorama nor made from one" in text
    assert "Panoramas: pano1" in text
    assert "Give points, boxes, or yaw and pitch" in refused(shared, locate_in_panorama, image="pano1")
    assert "lies outside pano1" in refused(shared, locate_in_panorama, image="pano1", points=[[5000, 10]])
    assert "beyond straight up" in refused(shared, locate_in_panorama, image="pano1", yaw=0, pitch=100)
    assert "Give at most 50" in refused(shared, locate_in_panorama, image="pano1", points=[[1, 1]] * 51)
