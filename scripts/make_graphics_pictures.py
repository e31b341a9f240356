"""Make the pictures of docs/graphics.md: a still life rebuilt in Blender, revision by revision, through the tools.

Run again after changes (it needs Blender and the sandbox):

python scripts/make_graphics_pictures.py [FOLDER]    # with a folder, the run is kept there, for its trace
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sightline.memory import Workspace
from sightline.tools import bind, select
from sightline.tools.graphics.engines import RenderRequest, find_engine

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = (480, 360)
TARGET = """\
import math

import bpy
from mathutils import Vector


def material(name, rgb, roughness=0.5):
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    shader = made.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*rgb, 1)
    shader.inputs["Roughness"].default_value = roughness
    return made


def named(name, look):
    thing = bpy.context.object
    thing.name = name
    thing.data.materials.append(look)
    return thing


def smooth(thing):
    for face in thing.data.polygons:
        face.use_smooth = True


wood = material("wood", (0.42, 0.24, 0.12), 0.6)
wall = material("wall", (0.62, 0.66, 0.68), 0.9)
glaze = material("glaze", (0.62, 0.05, 0.04), 0.25)

bpy.ops.mesh.primitive_plane_add(size=12)
named("table", wood)
bpy.ops.mesh.primitive_plane_add(size=12, location=(0, 2.4, 3), rotation=(math.radians(90), 0, 0))
named("wall", wall)

# a mug with its handle
bpy.ops.mesh.primitive_cylinder_add(radius=0.45, depth=0.95, location=(-1.25, 0, 0.475), vertices=64)
smooth(named("mug", glaze))
bpy.ops.mesh.primitive_torus_add(
    location=(-0.78, 0, 0.5), rotation=(math.radians(90), 0, 0), major_radius=0.26, minor_radius=0.07
)
smooth(named("handle", glaze))

# three books
for number, (rgb, turn) in enumerate([((0.05, 0.16, 0.42), 6), ((0.75, 0.55, 0.12), -9), ((0.08, 0.3, 0.14), 3)]):
    bpy.ops.mesh.primitive_cube_add(
        size=1,
        location=(0.75, 0.35, 0.12 + 0.24 * number),
        rotation=(0, 0, math.radians(turn)),
        scale=(1.5, 1.05, 0.22),
    )
    named(f"book{number + 1}", material(f"cloth{number + 1}", rgb, 0.8))

# an orange on top
bpy.ops.mesh.primitive_uv_sphere_add(radius=0.32, location=(0.65, 0.3, 1.04), segments=48, ring_count=24)
smooth(named("orange", material("peel", (0.9, 0.32, 0.03), 0.45)))

bpy.ops.object.light_add(type="AREA", location=(-3, -2.5, 4.5))
lamp = bpy.context.object
lamp.data.energy, lamp.data.size = 420, 1.6
lamp.rotation_euler = (Vector((0, 0, 0.5)) - lamp.location).to_track_quat("-Z", "Y").to_euler()

bpy.ops.object.camera_add(location=(0.4, -5.6, 2.3))
camera = bpy.context.object
camera.rotation_euler = (Vector((-0.1, 0, 0.55)) - camera.location).to_track_quat("-Z", "Y").to_euler()
camera.data.lens = 50
bpy.context.scene.camera = camera
"""
HANDLE = TARGET[TARGET.index("bpy.ops.mesh.primitive_torus_add") : TARGET.index("# three books")]

SPOILT = [
    (HANDLE, ""),  # no handle
    ("(0.9, 0.32, 0.03)", "(0.85, 0.75, 0.1)"),  # a lemon
    ("(0.65, 0.3, 1.04)", "(1.9, -0.6, 0.32)"),  # beside the books
    ('type="AREA", location=(-3, -2.5, 4.5)', 'type="AREA", location=(3, -2.5, 4.5)'),  # lit from the right
    ("(0.4, -5.6, 2.3)", "(-1.6, -6.4, 3.4)"),  # seen from further up
]
"""The first program is the target with these changes; each edit takes some of them back."""

EDITS = [
    ("the camera as in the target: lower, and further right", [4]),
    ("the light comes from the left", [3]),
    ("the fruit is an orange, and lies on the books", [1, 2]),
    ("the mug has a handle", [0]),
]


def main() -> None:
    """Write docs/pictures/graphics_*.jpg."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary) / "ws"
        with Workspace.create(folder) as workspace:
            target = find_engine("blender").render(TARGET, RenderRequest(SIZE)).pixels
            workspace.add_picture(target)
            rebuild(workspace)
            pictures = [workspace.pixels(r.picture) for r in workspace.revisions.every.values() if r.picture]
            losses = [r.loss for r in workspace.revisions.every.values() if r.picture]
            labels = [f"prog{n}: loss {loss:.2g}" for n, loss in enumerate(losses, start=1)]
            save(sheet([*pictures, target], [*labels, "the target"], 3), "graphics_revisions.jpg")
            compared = next(c for c in workspace.calls.values() if c.call.name == "compare")
            pair, heat = (workspace.pixels(handle) for handle in compared.made)
            save(np.concatenate([pair, np.full((SIZE[1], 8, 3), 128, np.uint8), heat], axis=1), "graphics_compare.jpg")
            looked = [
                workspace.pixels(c.made[0])
                for c in workspace.calls.values()
                if c.call.name.startswith("insp") and c.made
            ]
            fitted = [workspace.pixels(c.made[0]) for c in workspace.calls.values() if c.call.name == "fit_camera"]
            save(
                sheet([*looked, *fitted], ["inspect_view: from the left", "from above", "fit_camera: mug"], 3),
                "graphics_views.jpg",
            )


def rebuild(workspace: Workspace) -> None:
    """From the spoilt program to the target, edit by edit."""
    tools = {tool.name: tool for tool in bind(select(["graphics"]), workspace)}
    program = TARGET
    for right, wrong in SPOILT:
        program = program.replace(right, wrong) if wrong else program.replace(right, "# (no handle yet)\n")
    tools["write_program"].invoke({"thought": "all of it, roughly", "program": program, "engine": "blender"})
    print(tools["compare"].invoke({}))
    for thought, taken_back in EDITS:
        pairs = [SPOILT[index] for index in taken_back]
        search = [wrong or "# (no handle yet)\n" for _, wrong in pairs]
        edit = {"thought": thought, "search": search, "replace": [right for right, _ in pairs]}
        print(tools["edit_program"].invoke(edit))
    tools["inspect_view"].invoke({"azimuth": -50, "elevation": 20})
    tools["inspect_view"].invoke({"azimuth": 0, "elevation": 75})
    print(tools["fit_camera"].invoke({"objects": ["mug", "handle"], "elevation": 15}))


def sheet(pictures: list[NDArray[np.uint8]], labels: list[str], columns: int) -> NDArray[np.uint8]:
    """Pictures of one size in rows, each with its label in the corner."""
    width, height = SIZE
    shown = [labelled(picture, text) for picture, text in zip(pictures, labels, strict=True)]
    rows = -(-len(shown) // columns)
    whole = np.full((rows * height + (rows - 1) * 8, columns * width + (columns - 1) * 8, 3), 255, np.uint8)
    for index, picture in enumerate(shown):
        top, left = (index // columns) * (height + 8), (index % columns) * (width + 8)
        whole[top : top + height, left : left + width] = picture
    return whole


def labelled(pixels: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """A copy with a plate in the top-left corner."""
    picture = Image.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=17)
    x0, y0, x1, y1 = pen.textbbox((14, 11), text, font=font)
    pen.rectangle((x0 - 6, y0 - 5, x1 + 6, y1 + 5), fill=(28, 32, 36))
    pen.text((14, 11), text, font=font, fill=(255, 255, 255))
    return np.asarray(picture)


def save(pixels: NDArray[np.uint8], name: str) -> None:
    """As JPEG, at most 1500 pixels wide."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((1500, 1200))
    picture.save(PICTURES / name, quality=84)


if __name__ == "__main__":
    main()
