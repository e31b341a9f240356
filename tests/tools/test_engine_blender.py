"""Blender behind the engine's face: pictures, what they depend on, reports, animation, start files, export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_kit import CAMERAS, THREE, blenders, run_by_hand
from sandbox_kit import sandboxes_of_this_process

from sightline.memory import InfrastructureError, InputError, InstrumentLimit, ModelMistake
from sightline.memory.pictures import load_picture
from sightline.tools.graphics.engines import Engine, RenderRequest, StartFile, find_engine
from sightline.tools.graphics.engines.blender_builds import find_build

pytestmark = pytest.mark.slow


@pytest.fixture(params=blenders().values(), ids=blenders().keys())
def blender(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each Blender of this machine in turn."""
    path: Path = request.param
    monkeypatch.setenv("SIGHTLINE_BLENDER", str(path))
    return path


@pytest.fixture
def engine() -> Engine:
    return find_engine("blender")


def test_a_picture_of_three_things(blender: Path, engine: Engine) -> None:
    engine.check()
    rendered = engine.render(THREE, RenderRequest((128, 96), silhouette=True))
    assert rendered.size == (128, 96)
    assert rendered.printed == "made 6 objects\n"
    assert rendered.notes == ()
    assert rendered.frame == 1
    middle = rendered.pixels[50:60].astype(int)
    reddest, greenest, bluest = (
        (middle[..., channel] - np.delete(middle, channel, axis=2).max(axis=2)).max(axis=0).argmax()
        for channel in range(3)
    )
    assert reddest < greenest < bluest
    # The horizon is straight: all below it is floor or stands on it.
    assert rendered.silhouette is not None
    assert rendered.silhouette.shape == (96, 128)
    assert not rendered.silhouette[:5].any()
    assert rendered.silhouette[60:].all()

    again = engine.render(THREE, RenderRequest((128, 96)))
    assert again.silhouette is None
    assert np.array_equal(again.pixels, rendered.pixels)

    without = engine.render(THREE, RenderRequest((128, 96), hidden=("ball", "cone")))
    changed = np.abs(without.pixels.astype(int) - rendered.pixels).max(axis=2) > 60
    assert changed.any()
    assert changed[:, :40].mean() < 0.01  # the box stays


def test_what_is_asked_for_beyond_the_limits_is_clamped_and_told(engine: Engine) -> None:
    program = THREE + (
        "bpy.context.scene.render.resolution_x = 4000\nbpy.context.scene.render.resolution_y = 40\n"
        "bpy.context.scene.render.engine = 'BLENDER_WORKBENCH'\n"
        "bpy.context.scene.render.filepath = '/tmp/elsewhere.jpg'\n"
        "bpy.context.scene.render.image_settings.file_format = 'JPEG'\n"
        "bpy.context.scene.cycles.samples = 100000\n"
    )
    rendered = engine.render(program, RenderRequest(samples=1))
    assert rendered.size == (1024, 10)
    assert any("scaled down from 4000x40" in note for note in rendered.notes)
    assert any("Cycles, not BLENDER_WORKBENCH" in note for note in rendered.notes)
    small = engine.render(THREE, RenderRequest((16, 16), samples=4096))
    assert small.notes == ("128 samples, not 4096",)


def test_the_report_is_of_the_scene_as_it_is_evaluated(blender: Path, engine: Engine) -> None:
    report = engine.inspect(THREE + "bpy.data.objects['cone'].hide_render = True\n")
    box = report.find("box")
    assert box.world_box is not None
    half = 0.5 * 2**0.5  # the cube stands at 45 degrees
    np.testing.assert_allclose(box.world_box, [(-1.2 - half, -half, 0), (-1.2 + half, half, 1)], atol=1e-5)
    assert box.properties["rotation (degrees)"] == pytest.approx([0, 0, 45], abs=1e-3)
    (red,) = box.properties["materials"]
    assert red["name"] == "box"
    assert red["color"] == pytest.approx([0.8, 0.05, 0.05])
    assert report.find("Sun").properties["light"]["energy"] == 3
    assert report.find("cone").hidden
    assert report.active_camera == "Camera"
    assert report.cameras["Camera"].intrinsics.horizontal_fov == pytest.approx(39.6, abs=0.01)
    words = report.describe()
    assert "box (MESH); box (-1.907, -0.7071, 0) to (-0.4929, 0.7071, 1)" in words
    assert "view transform: Standard" in words
    with pytest.raises(ModelMistake, match=r"nothing named 'sphere'.*ball"):
        report.find("sphere")


MOVING = """
import bpy
bpy.ops.mesh.primitive_cube_add(size=1)
slider = bpy.context.object
slider.name = "slider"
slider.keyframe_insert("location", frame=1)
slider.location.x = 4
slider.keyframe_insert("location", frame=21)
bpy.ops.object.camera_add(location=(2, -12, 0), rotation=(1.5708, 0, 0))
bpy.context.scene.camera = bpy.context.object
bpy.ops.object.light_add(type="SUN", rotation=(0.7, 0, 0))
bpy.context.scene.frame_end = 60
"""

FALLING = """
import bpy
bpy.ops.mesh.primitive_plane_add(size=20)
bpy.ops.rigidbody.object_add(type="PASSIVE")
bpy.ops.mesh.primitive_cube_add(size=1, location=(0, 0, 5))
bpy.context.object.name = "stone"
bpy.ops.rigidbody.object_add(type="ACTIVE")
bpy.context.scene.frame_end = 60
"""


def test_key_frames(blender: Path, engine: Engine) -> None:
    report = engine.inspect(MOVING, frame=11)
    slider = report.find("slider")
    assert slider.properties["location"][0] == pytest.approx(2, abs=1e-3)
    assert slider.properties["key frames"] == [1, 21]
    rendered = engine.render(MOVING, RenderRequest((96, 48), samples=4, frame=21))
    assert rendered.frame == 21
    bright = rendered.pixels.max(axis=2) > 90
    assert np.nonzero(bright)[1].mean() > 60  # right of the middle, where it is at x = 2
    with pytest.raises(ModelMistake, match="no frame 61: its frames are 1 to 60"):
        engine.render(MOVING, RenderRequest((32, 32), frame=61))


def test_rigid_bodies_fall_as_bodies_do(blender: Path, engine: Engine) -> None:
    frames = 13  # 12 steps of 1/24 s: half a second
    height = engine.inspect(FALLING, frame=frames).find("stone").properties["location"][2]
    assert height == pytest.approx(5 - 9.81 * 0.5**2 / 2, abs=0.1)
    assert engine.inspect(FALLING, frame=60).find("stone").properties["location"][2] == pytest.approx(0.5, abs=0.06)


def test_a_request_for_what_is_not_there_is_a_mistake(engine: Engine) -> None:
    with pytest.raises(ModelMistake, match="has no camera"):
        engine.render(engine.empty, RenderRequest((32, 32)))
    with pytest.raises(ModelMistake, match=r"no object named 'chair'; it has: .*ball"):
        engine.render(THREE, RenderRequest((32, 32), hidden=("chair",)))


def test_a_program_goes_on_from_a_blend_file(blender: Path, engine: Engine, tmp_path: Path) -> None:
    script = tmp_path / "make.py"
    script.write_text(THREE + f"bpy.ops.wm.save_as_mainfile(filepath={str(tmp_path / 'made.blend')!r})\n", "utf-8")
    run_by_hand(blender, script)
    start = StartFile.read(tmp_path / "made.blend")
    report = engine.inspect("import bpy\nbpy.data.objects['ball'].location.z = 2\n", start)
    assert {"box", "ball", "cone"} <= {thing.name for thing in report.things}
    assert report.find("ball").properties["location"][2] == pytest.approx(2)
    with pytest.raises(InputError, match=r"takes a \.blend file"):
        engine.inspect("import bpy", StartFile(b"", ".pptx", "deck.pptx"))
    with pytest.raises(InstrumentLimit, match="cannot open the start file"):
        engine.inspect("import bpy", StartFile(b"no scene at all", ".blend"))


EXPORTED = '"""Three things."""\nfrom __future__ import annotations\n' + THREE


@pytest.mark.parametrize(
    "wanted",
    [
        RenderRequest((128, 96)),
        RenderRequest(camera=CAMERAS["wide pixels"], samples=8, frame=3, hidden=("ball",)),
    ],
    ids=["its own camera", "another camera"],
)
def test_the_exported_program_gives_the_same_picture_by_hand(
    blender: Path, engine: Engine, wanted: RenderRequest, tmp_path: Path
) -> None:
    rendered = engine.render(EXPORTED, wanted)
    script = tmp_path / "scene.py"
    script.write_text(engine.export(EXPORTED, wanted), "utf-8")
    assert "made 6 objects" in run_by_hand(blender, script)
    by_hand = load_picture(tmp_path / "picture.png").pixels
    assert by_hand.shape == rendered.pixels.shape
    assert np.array_equal(by_hand, rendered.pixels)


def test_programs_that_begin_with_factory_settings_keep_the_view(engine: Engine) -> None:
    begun = "import bpy\nbpy.ops.wm.read_factory_settings(use_empty=True)\n"
    report = engine.inspect(begun + THREE)
    assert report.settings["view transform"] == "Standard"
    assert report.settings["world"]["name"] == "World"


def test_without_a_blender_it_says_how_to_get_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfrastructureError, match="sightline blender install"):
        engine.render(THREE, RenderRequest())
    monkeypatch.setenv("SIGHTLINE_BLENDER", "/nowhere/blender")
    with pytest.raises(InfrastructureError, match="SIGHTLINE_BLENDER names /nowhere/blender"):
        engine.render(THREE, RenderRequest())


def test_a_blender_in_a_folder_of_its_own_is_run_through_a_link(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As blender.org's archives are unpacked: in /opt, with a link on the path."""
    folder, links = tmp_path / "blender-9.9", tmp_path / "bin"
    folder.mkdir()
    links.mkdir()
    unpacked = folder / "blender"
    unpacked.write_text('#!/bin/sh\nexec /usr/bin/blender "$@"\n')
    unpacked.chmod(0o755)
    (links / "blender").symlink_to(unpacked)
    monkeypatch.setenv("PATH", f"{links}:/usr/bin:/bin")
    assert find_build().folders == (folder,)
    assert engine.inspect(THREE).find("ball").kind == "MESH"


def test_nothing_of_a_render_stays_behind(engine: Engine, isolated: Path) -> None:
    engine.render(THREE, RenderRequest((32, 32), samples=1))
    assert not list(isolated.rglob("*"))
    assert not sandboxes_of_this_process()
