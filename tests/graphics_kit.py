"""What tests of graphics programs share: a drawing of three things, its picture, and ways to spoil it."""

from __future__ import annotations

from typing import Any

import numpy as np
from servers import Call

from sightline.tools.graphics.engines import RenderRequest, StartFile, find_engine

SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="160" height="120" viewBox="0 0 160 120">
<rect id="ground" width="160" height="120" fill="#f0efe8"/>
<circle id="disc" cx="45" cy="50" r="28" fill="#c0392b"/>
<rect id="box" x="90" y="30" width="40" height="40" fill="#2c5fa8"/>
<polygon id="tent" points="60,110 100,110 80,80" fill="#3f8f4f"/>
</svg>
"""
"""Three things on light ground."""


def drawn(program: str, engine: str = "svg", start: StartFile | None = None, **wanted: Any) -> np.ndarray:
    """What a program shows by its own camera, (H, W, 3) uint8."""
    return find_engine(engine).render(program, RenderRequest(**wanted), start).pixels


def write(program: str, engine: str = "svg", thought: str = "all of it at once") -> Call:
    """A call that writes a whole program."""
    return Call("write_program", {"thought": thought, "program": program, "engine": engine})


def edit(old: str, new: str, thought: str = "nearer to the target", **more: Any) -> Call:
    """A call that replaces one block."""
    return Call("edit_program", {"thought": thought, "search": [old], "replace": [new], **more})


def judge(score: float, *, satisfied: bool = False, differs: str = "it is not the same") -> Call:
    """A verdict."""
    given = {"satisfied": satisfied, "score": score}
    if not satisfied:
        given |= {"differs": differs, "advice": "mend that"}
    return Call("verdict", given)


BLENDER = """\
import math
import bpy


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
bpy.ops.mesh.primitive_cube_add(size=1, location=(-1.2, 0, 0.5))
add("box", (0.8, 0.05, 0.05))
bpy.ops.mesh.primitive_uv_sphere_add(radius=0.5, location=(0, 0, 0.5))
add("ball", (0.05, 0.6, 0.1))
bpy.ops.mesh.primitive_cone_add(radius1=0.5, depth=1, location=(1.2, 0, 0.5))
add("cone", (0.05, 0.1, 0.8))
bpy.ops.object.light_add(type="SUN", rotation=(math.radians(40), math.radians(20), 0))
bpy.context.object.data.energy = 3
bpy.ops.object.camera_add(location=(0, -5, 2.5), rotation=(math.radians(68), 0, 0))
bpy.context.scene.camera = bpy.context.object
"""
"""A red box, a green ball and a blue cone on a grey floor."""

SLIDE = """\
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches, Pt

slide = prs.slides.add_slide(prs.slide_layouts[6])


def add(name, kind, box, rgb, text=""):
    shape = slide.shapes.add_shape(kind, *(Inches(value) for value in box))
    shape.name = name
    shape.fill.solid()
    shape.fill.fore_color.rgb = RGBColor(*rgb)
    shape.line.fill.background()
    shape.shadow.inherit = False
    shape.text_frame.text = text
    for paragraph in shape.text_frame.paragraphs:
        paragraph.font.size = Pt(32)
    return shape


add("title", MSO_SHAPE.RECTANGLE, (0.8, 0.6, 11.7, 1.3), (31, 78, 121), "Quarterly figures")
add("disc", MSO_SHAPE.OVAL, (1.5, 3.0, 3.0, 3.0), (192, 57, 43))
add("card", MSO_SHAPE.RECTANGLE, (7.0, 3.0, 4.5, 3.0), (63, 143, 79), "Up 12 %")
"""
"""A title, a disc and a card with text."""
