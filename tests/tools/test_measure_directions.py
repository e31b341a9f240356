"""Angles, tilts and directions: right in every frame, checked against where things stand in the scene."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from boxes_scene import Shot, thing
from measure_kit import World

from sightline.geometry import poses
from sightline.geometry.boxes import Box3D
from sightline.tools.camera import top_down
from sightline.tools.measure import angle, direction_of, tilt
from sightline.tools.measure.angles import tilt_of
from sightline.tools.measure.observed import Observed

RED = thing(2, "red chair", (-0.8, 4.0), (0.5, 0.5, 0.9), bearing=180.0)
BLUE = thing(3, "blue chair", (1.2, 5.0), (0.5, 0.5, 0.9), bearing=90.0)
TABLE = thing(4, "brown table", (0.3, 3.0), (0.6, 0.6, 0.6))
DOOR = thing(6, "white door", (-2.0, 6.0), (0.9, 0.04, 2.0))
POLE = thing(7, "green pole", (2.0, 6.5), (0.1, 0.1, 1.6))
THINGS = (RED, BLUE, TABLE, DOOR, POLE)
SHOTS = (
    Shot((0.5, 0.3, 1.6), bearing=20, size=(240, 180), pitch=-15, field_of_view=75),
    Shot((2.5, 1.0, 1.7), -40, -15, size=(240, 180)),
    Shot((-2.5, 1.5, 1.6), 35, -15, size=(240, 180)),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    out = World(tmp_path_factory.mktemp("world"), THINGS, SHOTS)
    out.face("red chair", "img1", error=5.0)
    out.face("blue chair", "img2", error=5.0)
    return out


def azimuth(text: str) -> tuple[float, float]:
    """Degrees right of forward, and their error."""
    found = re.search(r"([\d.]+) \+- ([\d.]+) degrees (right|left) of forward", text)
    assert found, text
    return float(found[1]) * (1 if found[3] == "right" else -1), float(found[2])


def truth(origin: object, forward: float, target: object) -> float:
    """Degrees by which a target lies right of a bearing, seen from an origin in the plan; by hand."""
    dx, dy = np.subtract(target, origin)[:2]
    return (math.degrees(math.atan2(dx, dy)) - forward + 180) % 360 - 180


def bearing(a: object, b: object) -> float:
    dx, dy = np.subtract(b, a)[:2]
    return math.degrees(math.atan2(dx, dy))


NAMES = [t.name for t in THINGS]


def right(text: str, expected: float) -> None:
    value, error = azimuth(text)
    assert abs(poses.difference(value, expected)) <= max(error, 1.0) + 0.5, text
    assert abs(poses.difference(value, expected)) < 6, text


@pytest.mark.parametrize("name", NAMES)
def test_seen_from_a_camera(world: World, name: str) -> None:
    for handle, shot in zip(world.handles, SHOTS, strict=True):
        text = world.says(direction_of, thing=f"obj:{name}", frame=f"camera:{handle}")
        right(text, truth(shot.position, shot.bearing, world.thing(name).centre))
        assert f"camera:{handle} (levelled by gravity)" in text


@pytest.mark.parametrize("name", ["blue chair", "white door", "green pole"])
def test_standing_at_one_thing_and_facing_another(world: World, name: str) -> None:
    for at, facing, write in (("brown table", "red chair", str), ("red chair", "brown table", world.handle)):
        a, b = world.thing(at).centre, world.thing(facing).centre
        text = world.says(direction_of, thing=f"obj:{name}", frame=f"stand at {write(at)} facing {write(facing)}")
        right(text, truth(a, bearing(a, b), world.thing(name).centre))
    camera = SHOTS[1].position
    text = world.says(direction_of, thing=f"obj:{name}", frame="stand at img2 facing brown table")
    right(text, truth(camera, bearing(camera, TABLE.centre), world.thing(name).centre))


@pytest.mark.parametrize("name", ["brown table", "white door", "green pole"])
def test_a_things_own_left_and_right(world: World, name: str) -> None:
    for of in (RED, BLUE):
        text = world.says(direction_of, thing=f"obj:{name}", frame=f"object:{world.handle(of.name)}")
        assert of.bearing is not None
        right(text, truth(of.centre, of.bearing, world.thing(name).centre))


def test_the_world_is_ahead_of_the_first_camera(world: World) -> None:
    text = world.says(direction_of, thing="obj:white door", frame="world")
    right(text, truth(SHOTS[0].position, SHOTS[0].bearing, DOOR.centre))


def test_relative_to_a_thing_with_a_cameras_axes(world: World) -> None:
    text = world.says(direction_of, thing="obj:blue chair", frame="camera:img3", relative_to="obj:red chair")
    right(text, truth(RED.centre, SHOTS[2].bearing, BLUE.centre))
    assert 'camera:img3, from obj1 "red chair"' in text


def test_words_and_their_sectors(world: World) -> None:
    asked = {"thing": "obj:blue chair", "frame": "stand at brown table facing red chair"}
    expected = truth(TABLE.centre, bearing(TABLE.centre, RED.centre), BLUE.centre)
    assert 45 < expected < 112  # in front is the red chair, to the left; the blue one is on the right hand
    assert ": right" in world.says(direction_of, **asked, sectors="left-right")
    assert ": right" in world.says(direction_of, **asked, sectors="four")
    assert "front-right" in world.says(direction_of, **asked, sectors="quadrants")
    assert ": right" in world.says(direction_of, **asked, sectors="left-right-back")


def test_moving_a_thing_changes_the_answer(tmp_path: Path) -> None:
    words = []
    for x in (-1.0, 3.0):
        moved = thing(3, "blue chair", (x, 4.5), (0.5, 0.5, 0.9))
        world = World(tmp_path / str(x), [moved, TABLE], SHOTS[:1])
        text = world.says(direction_of, thing="obj:blue chair", frame="camera:img1", sectors="left-right")
        words.append("right of forward: right" in text)
    assert words == [False, True]


def test_in_the_flat_picture(world: World) -> None:
    asked = {"thing": "obj:red chair", "frame": "picture:img1"}
    text = world.says(direction_of, **asked, relative_to="obj:blue chair")
    assert "is image-" in text
    assert "left of" in text
    assert "nothing of depth" in text
    assert "Give `relative_to`" in world.refuses(direction_of, **asked)


def test_without_a_frame_nothing_is_said(world: World) -> None:
    for frame in ("", "left", "camera:img9", "object:brown table", "stand at the moon facing red chair"):
        text = world.refuses(direction_of, thing="obj:red chair", frame=frame)
        for offered in ("picture:img1", "camera:img3", f"object:{world.handle('red chair')}", "stand at A facing B"):
            assert offered in text, text


def test_without_gravity_it_says_whose_up_it_is(tmp_path: Path) -> None:
    world = World(tmp_path, THINGS, SHOTS[:2], change=lambda r: replace(r, up="assumed"))
    text = world.says(direction_of, thing="obj:blue chair", frame="camera:img1")
    assert "gravity is not known" in text
    text = world.says(direction_of, thing="obj:blue chair", frame="stand at brown table facing red chair")
    assert "gravity is not known" in text
    for asked in ({"thing": "obj:green pole"}, {"image": "img1"}):
        assert "only assumed" in world.refuses(tilt, **asked)


# Angles


def test_the_angle_at_a_thing(world: World) -> None:
    a, at, c = (np.array(world.thing(n).centre) for n in ("red chair", "brown table", "blue chair"))
    u, v = a - at, c - at
    expected = math.degrees(math.acos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)))
    text = world.says(angle, a="obj:red chair", at="obj:brown table", c="obj:blue chair")
    found = re.search(r"([\d.]+) \+- ([\d.]+) degrees", text)
    assert found
    assert abs(float(found[1]) - expected) <= float(found[2])
    assert float(found[2]) < 12
    assert "no scale" in text
    assert "coincide" in world.refuses(angle, a="obj:red chair", at="obj:red chair", c="obj:blue chair")


def test_tilts_of_things_and_cameras(world: World) -> None:
    text = world.says(tilt, thing="obj:green pole")
    found = re.search(r"leans ([\d.]+) \+- ([\d.]+) degrees from the vertical", text)
    assert found, text
    assert float(found[1]) <= float(found[2])
    text = world.says(tilt, thing="obj:white door")
    found = re.search(r"tilted ([\d.]+) \+- ([\d.]+) degrees from the horizontal", text)
    assert found, text
    assert abs(90 - float(found[1])) <= float(found[2])
    text = world.says(tilt, image="img2")
    assert "looked 15 degrees down" in text
    assert "with the head upright (0 degrees)" in text
    assert "neither long nor flat" in world.refuses(tilt, thing="obj:red chair")
    assert "`thing` and `image` were both given" in world.refuses(tilt, thing="obj:red chair", image="img1")
    assert "tilt: nothing was given to measure. Give `thing`, or `image`" in world.refuses(tilt)


def test_an_angle_between_places_known_too_badly_is_refused(tmp_path: Path) -> None:
    """Not told as any number of degrees +- 180."""
    large = thing(2, "red sofa", (0.0, 4.0), (2.4, 0.3, 0.6))
    near = thing(3, "green mug", (0.3, 3.7), (0.15, 0.15, 0.15))
    far = thing(4, "blue ball", (2.2, 5.5), (0.5, 0.5, 0.5))
    world = World(tmp_path, [large, near, far], [Shot(size=(240, 180), pitch=-15, field_of_view=75)])
    text = world.refuses(angle, a="obj:blue ball", at="obj:red sofa", c="obj:green mug")
    assert 'obj1 "red sofa" (+- ' in text
    assert 'the angle at obj1 "red sofa" could be almost any' in text
    assert "Mark single points of them" in text
    text = world.refuses(direction_of, thing="obj:green mug", frame="world", relative_to="obj:red sofa")
    assert "it could be in any direction" in text
    assert "180 degrees" not in text


def test_only_pictures_that_things_are_in_are_offered_as_frames(tmp_path: Path) -> None:
    world = World(tmp_path, [RED], SHOTS[:1])
    world.says(top_down, cloud="cloud1")
    assert "view1" in world.workspace.artifacts
    text = world.refuses(direction_of, thing="obj:red chair", frame="nowhere")
    assert "picture:img1" in text
    assert "view1" not in text


@pytest.mark.parametrize("lean", [0.0, 10.0, 35.0, 80.0])
@pytest.mark.parametrize("towards", [0.0, 90.0, 250.0])
def test_tilts_of_turned_shapes(lean: float, towards: float) -> None:
    rng = np.random.default_rng(0)
    turn = poses.rotation_z(-towards) @ poses.rotation_x(-lean)  # what points up leans towards the bearing
    for shape, size in (("rod", (0.1, 0.1, 2.0)), ("plate", (1.0, 1.4, 0.01))):
        points = rng.uniform(-0.5, 0.5, (2000, 3)) * size @ turn.T
        found = tilt_of(Observed("it", points, np.zeros(2000), Box3D.between([0] * 3, [1] * 3), 0, 0, False), 1.0)
        assert found.shape == shape
        assert found.angle.value == pytest.approx(lean, abs=found.angle.error)
        assert found.angle.error < 3.5
        if lean > 5:
            assert found.bearing is not None
            assert abs(poses.difference(found.bearing, towards)) < 5


def test_a_cameras_roll_has_a_side(tmp_path: Path) -> None:
    turned = World(
        tmp_path,
        [TABLE],
        SHOTS[:1],
        change=lambda r: replace(
            r, cameras={h: c.with_pose(poses.turn(c.pose, pitch=25, roll=12)) for h, c in r.cameras.items()}, up_error=2
        ),
    )
    text = turned.says(tilt, image="img1")
    assert "looked 10 +- 2 degrees up" in text
    assert "head tilted 12 +- 2 degrees to the right" in text
