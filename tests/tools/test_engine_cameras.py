"""Cameras of Blender and ours: the numbers there and back, and where things appear in pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_kit import CAMERAS, GLOWING, LAMPS, blenders, centre_of
from hypothesis import given
from hypothesis import strategies as st

from sightline.geometry import Camera, Intrinsics
from sightline.geometry.poses import camera_rotation, pose_from
from sightline.memory import ModelMistake
from sightline.tools.graphics.engines import RenderRequest, find_engine
from sightline.tools.graphics.engines.blender_cameras import from_blender, to_blender

angles = st.floats(-180, 180)
sides = st.integers(1, 1024)


@given(
    size=st.tuples(sides, sides),
    focal=st.floats(0.05, 20),
    squeeze=st.floats(0.5, 2),
    centre=st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5)),
    turn=st.tuples(angles, st.floats(-90, 90), angles),
    place=st.tuples(*[st.floats(-100, 100)] * 3),
)
def test_a_camera_comes_back_as_it_was(size, focal, squeeze, centre, turn, place) -> None:
    width, height = size
    camera = Camera(
        Intrinsics(width, height, focal * width, focal * width * squeeze, centre[0] * width, centre[1] * height),
        pose_from(camera_rotation(*turn), place),
    )
    there = to_blender(camera, None)
    told = {
        "matrix": there["matrix"],
        "camera": {
            "type": "PERSP",
            "lens": there["lens"],
            "sensor_fit": "HORIZONTAL",
            "sensor_width": there["sensor_width"],
            "sensor_height": 24.0,
            "shift": there["shift"],
        },
    }
    assert min(there["pixel_aspect"]) == 1
    back = from_blender(told, size, tuple(there["pixel_aspect"]))
    assert back is not None
    np.testing.assert_allclose(back.intrinsics.matrix, camera.intrinsics.matrix, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(back.pose, camera.pose, atol=1e-9)


def test_another_size_keeps_the_horizontal_field_of_view() -> None:
    camera = Camera(Intrinsics(200, 100, 150.0, 150.0, 110.0, 40.0))
    there = to_blender(camera, (400, 400))
    assert there["size"] == [400, 400]
    assert there["lens"] == pytest.approx(150 / 200 * 36)
    assert there["shift"] == pytest.approx([-10 / 200, -10 / 200])


def test_a_lens_that_blender_lacks_is_a_mistake() -> None:
    with pytest.raises(ModelMistake, match="field of view"):
        to_blender(Camera(Intrinsics(100, 100, 1.0, 1.0, 50.0, 50.0)), None)


def test_other_projections_are_no_cameras_of_ours() -> None:
    told = {"matrix": np.eye(4).tolist(), "camera": {"type": "ORTHO"}}
    assert from_blender(told, (10, 10), (1.0, 1.0)) is None


@pytest.mark.slow
@pytest.mark.parametrize("blender", blenders().values(), ids=blenders().keys())
@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS.keys())
def test_things_appear_where_the_camera_projects_them(
    blender: Path, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_BLENDER", str(blender))
    rendered = find_engine("blender").render(GLOWING, RenderRequest(camera=camera, samples=8))
    assert rendered.size == camera.intrinsics.size
    assert rendered.camera is not None
    np.testing.assert_allclose(rendered.camera.intrinsics.matrix, camera.intrinsics.matrix, atol=1e-3)
    np.testing.assert_allclose(rendered.camera.pose, camera.pose, atol=1e-5)
    where, _ = camera.project(np.array(list(LAMPS.values())))
    seen = 0
    for name, expected in zip(LAMPS, where, strict=True):
        found = centre_of(rendered.pixels, name)
        if found is not None:
            seen += 1
            assert np.abs(found - expected).max() < 0.6, (name, found, expected)
    assert seen >= 3


OWN_CAMERAS = """
import math
lens = bpy.data.cameras.new("eye")
eye = bpy.data.objects.new("eye", lens)
bpy.context.scene.collection.objects.link(eye)
bpy.context.scene.camera = eye
eye.location, eye.rotation_euler, eye.scale = (0.3, -0.8, 0.4), (math.radians(88), math.radians(7), 0.05), (2, 2, 3)
bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = {size}
bpy.context.scene.render.resolution_percentage = 50
lens.lens, lens.sensor_fit, lens.shift_x, lens.shift_y = 30, "{fit}", 0.1, -0.05
"""


@pytest.mark.slow
@pytest.mark.parametrize(("size", "fit"), [((240, 320), "AUTO"), ((320, 240), "VERTICAL"), ((320, 240), "AUTO")])
def test_the_scenes_own_camera_is_told_as_ours(size: tuple[int, int], fit: str) -> None:
    program = GLOWING + OWN_CAMERAS.format(size=size, fit=fit)
    engine = find_engine("blender")
    rendered = engine.render(program, RenderRequest(samples=8))
    assert rendered.size == (size[0] // 2, size[1] // 2)
    assert rendered.camera is not None
    found = {name: centre_of(rendered.pixels, name) for name in LAMPS}
    assert sum(place is not None for place in found.values()) >= 3
    for name, place in found.items():
        if place is not None:
            assert np.abs(rendered.camera.project(np.array([LAMPS[name]]))[0][0] - place).max() < 0.6, name
    report = engine.inspect(program)
    assert report.active_camera == "eye"
    np.testing.assert_allclose(report.cameras["eye"].pose, rendered.camera.pose, atol=1e-6)
    np.testing.assert_allclose(report.cameras["eye"].intrinsics.matrix, rendered.camera.intrinsics.matrix, atol=1e-4)
