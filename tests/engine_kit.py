"""Engines for tests: which Blenders there are, a scene of three things, and what a picture shows where."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.geometry import Camera, Intrinsics
from sightline.geometry.poses import camera_rotation, pose_from

MODULE_PYTHON = Path(sys.prefix) / "share" / "sightline" / "blender" / "bin" / "python"
"""Where `make test-all` installs bpy."""


def blenders() -> dict[str, Path]:
    """The Blenders of this machine by a short name: Debian's binary, and bpy."""
    found = {}
    binary = shutil.which("blender")
    if binary:
        found["binary"] = Path(binary)
    if MODULE_PYTHON.is_file():
        found["bpy"] = MODULE_PYTHON
    return found


def run_by_hand(blender: Path, script: Path) -> str:
    """Run a script as a person would, without the sandbox, in the script's folder; returns what it printed."""
    is_module = blender.name.startswith("python")
    command = [str(blender)] if is_module else [str(blender), "-b", "--factory-startup", "--python"]
    done = subprocess.run(
        [*command, str(script)], cwd=script.parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


THREE = """
import bpy
import math

def material(name, rgb):
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    made.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*rgb, 1)
    return made

def add(name, rgb):
    thing = bpy.context.object
    thing.name = name
    thing.data.materials.append(material(name, rgb))

bpy.ops.mesh.primitive_plane_add(size=20)
add("floor", (0.6, 0.6, 0.6))
bpy.ops.mesh.primitive_cube_add(size=1, location=(-1.2, 0, 0.5), rotation=(0, 0, math.radians(45)))
add("box", (0.8, 0.05, 0.05))
bpy.ops.mesh.primitive_uv_sphere_add(radius=0.5, location=(0, 0, 0.5))
add("ball", (0.05, 0.6, 0.1))
bpy.ops.mesh.primitive_cone_add(radius1=0.5, depth=1, location=(1.2, 0, 0.5))
add("cone", (0.05, 0.1, 0.8))
bpy.ops.object.light_add(type="SUN", rotation=(math.radians(40), math.radians(20), 0))
bpy.context.object.data.energy = 3
bpy.ops.object.camera_add(location=(0, -5, 2.5), rotation=(math.radians(68), 0, 0))
bpy.context.scene.camera = bpy.context.object
print("made", len(bpy.data.objects), "objects")
"""
"""A red box turned by 45 degrees, a green ball, a blue cone, on a grey floor."""

LAMPS = {"red": (0.9, 3.1, 0.4), "green": (-0.7, 4.0, 1.3), "blue": (0.2, 5.2, -0.5), "yellow": (-1.3, 3.4, -0.6)}
"""Places of small glowing balls that nothing else lights."""

GLOWING = f"""
import bpy
colours = {{"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0)}}
bpy.context.scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0, 0, 0, 1)
for name, place in {LAMPS!r}.items():
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.08, location=place)
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    nodes = made.node_tree.nodes
    glow = nodes.new("ShaderNodeEmission")
    glow.inputs["Color"].default_value = (*colours[name], 1)
    made.node_tree.links.new(glow.outputs[0], nodes["Material Output"].inputs["Surface"])
    bpy.context.object.data.materials.append(made)
    bpy.context.object.name = name
"""

CAMERAS = {
    "off the centre": Camera(
        Intrinsics(160, 120, 110.0, 110.0, 95.0, 50.0), pose_from(camera_rotation(8, -5, 0), (0.4, -0.6, 0.3))
    ),
    "wide pixels": Camera(
        Intrinsics(160, 120, 100.0, 130.0, 70.0, 66.0), pose_from(camera_rotation(-10, 4, 12), (0.9, -0.2, 0.2))
    ),
    "upright": Camera(
        Intrinsics(96, 144, 125.0, 110.0, 52.0, 60.0), pose_from(camera_rotation(3, 0, -20), (0.1, -1.2, 0.5))
    ),
}
"""Cameras as different as they come: principal point, pixels that are not square, roll, upright pictures."""


def centre_of(pixels: NDArray[np.uint8], name: str) -> NDArray[np.float64] | None:
    """Centre of a lamp's pixels in continuous coordinates, (2,); None where few show it or the edge cuts it."""
    lit = pixels > 100
    wanted = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0)}[name]
    rows, columns = np.nonzero((lit == np.array(wanted, bool)).all(axis=2))
    height, width = pixels.shape[:2]
    if len(rows) < 4 or min(rows.min(), columns.min(), height - 1 - rows.max(), width - 1 - columns.max()) == 0:
        return None
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])
