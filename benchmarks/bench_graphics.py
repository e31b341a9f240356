"""A render of each engine, start included, in the sandbox and without it, and how many revisions that makes a minute.

    python benchmarks/bench_graphics.py

Blender renders three things at 256x256 with 16 samples: as the engine does (a fresh Blender in the sandbox), and as a
person does, by running the exported program with the same Blender; each Blender that is found is measured (on the path,
and bpy where it is installed). The pictures have to be the same. A revision is a render and all scores against a target
picture. Contestants take turns; the table gives medians of the time that passed, its ratio to the same without the
sandbox, and for plain Blender the processors' time, which other programs on the machine disturb less (what runs in the
sandbox is nobody's child any more when it ends, and its time is not counted). An engine that is
not installed is left out, and named.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.memory import InfrastructureError
from sightline.memory.pictures import load_picture
from sightline.tools.graphics.engines import RenderRequest, find_engine
from sightline.tools.graphics.engines.blender_builds import SETTING, private_python
from sightline.tools.graphics.metrics import score_pictures
from sightline.tools.sandbox import Job, sandbox

SIZE = (256, 256)
SAMPLES = 16
ROUNDS = 7
TARGET_SECONDS = 2.5

THREE = """
import math

import bpy


def add(name, rgb):
    thing = bpy.context.object
    thing.name = name
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    made.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*rgb, 1)
    thing.data.materials.append(made)


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

OTHERS = {
    "slides": """
from pptx.util import Inches
slide = prs.slides.add_slide(prs.slide_layouts[5])
slide.shapes.title.text = "A title"
for row in range(3):
    slide.shapes.add_textbox(Inches(1), Inches(2 + row), Inches(6), Inches(1)).text_frame.text = f"Line {row}"
""",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><circle cx="128" cy="128" r="90"/>'
    '<text x="90" y="240" font-size="24">Hello</text></svg>',
    "plot": """
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([0, 1, 2], [0, 1, 4], label="squares")
ax.legend()
""",
}


@dataclass
class Contestant:
    """Something measured: what it does, and what that took."""

    name: str
    work: Callable[[], object]
    beside: str = ""
    passed: list[float] = field(default_factory=list)
    processors: list[float] = field(default_factory=list)

    def once(self) -> None:
        """Run it, and note what it took."""
        begun, used = time.perf_counter(), _used()
        self.work()
        self.passed.append(time.perf_counter() - begun)
        self.processors.append(_used() - used)


def _used() -> float:
    """Processors' time of this process and of all that it waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def blenders() -> dict[str, str]:
    """The Blenders of this machine: name and path."""
    found = {}
    os.environ.pop(SETTING, None)
    path = os.environ["PATH"].split(os.pathsep)
    binary = next((Path(folder) / "blender" for folder in path if (Path(folder) / "blender").is_file()), None)
    if binary is not None:
        found["blender"] = str(binary)
    for python in (private_python(), Path(sys.prefix) / "share" / "sightline" / "blender" / "bin" / "python"):
        if python.is_file():
            found["bpy"] = str(python)
    return found


def blender_contestants(name: str, path: str, folder: Path) -> list[Contestant]:
    """One Blender in the sandbox and without it; checked to give the same picture."""
    engine = find_engine("blender")
    wanted = RenderRequest(SIZE, SAMPLES)

    def inside() -> NDArray[np.uint8]:
        os.environ[SETTING] = path
        return engine.render(THREE, wanted).pixels

    script = folder / f"scene_{name}.py"
    script.write_text(engine.export(THREE, wanted), encoding="utf-8")
    start = [path] if name == "bpy" else [path, "-b", "--factory-startup", "--python"]

    def plain() -> None:
        subprocess.run([*start, str(script)], cwd=folder, check=True, capture_output=True)

    target = inside()
    plain()
    if not np.array_equal(load_picture(folder / "picture.png").pixels, target):
        sys.exit(f"{name}: the exported program gives another picture")
    return [
        Contestant(f"{name}, in the sandbox", inside, f"{name}, plain"),
        Contestant(f"{name}, plain", plain),
        Contestant(f"{name}, a revision", lambda: score_pictures(inside(), target)),
    ]


def main() -> None:
    """Measure all in turn, and print the table."""
    contestants = [Contestant("an empty sandbox", lambda: sandbox().run(Job(("/bin/true",))))]
    with tempfile.TemporaryDirectory() as folder:
        for name, path in blenders().items():
            contestants += blender_contestants(name, path, Path(folder))
        for name, program in OTHERS.items():
            engine = find_engine(name)
            try:
                target = engine.render(program, RenderRequest()).pixels
            except InfrastructureError as error:
                print(f"{name} is left out: {error}")
                continue
            contestants.append(
                Contestant(
                    f"{name}, a revision",
                    lambda engine=engine, program=program, target=target: score_pictures(
                        engine.render(program, RenderRequest()).pixels, target
                    ),
                )
            )
        for _ in range(ROUNDS):
            for contestant in contestants:
                contestant.once()
    medians = {contestant.name: statistics.median(contestant.passed) for contestant in contestants}
    print(f"{'':28}{'median s':>10}{'CPU s':>8}{'x plain':>9}{'a minute':>10}   target")
    for contestant in contestants:
        name, seconds = contestant.name, medians[contestant.name]
        ratio = f"{seconds / medians[contestant.beside]:.2f}" if contestant.beside else ""
        minute = f"{60 / seconds:.0f}" if name.endswith("a revision") else ""
        target_text = f"{TARGET_SECONDS} s" if name.endswith("in the sandbox") else ""
        used = f"{statistics.median(contestant.processors):.2f}" if name.endswith("plain") else ""
        print(f"{name:28}{seconds:10.2f}{used:>8}{ratio:>9}{minute:>10}   {target_text}".rstrip())
    print(f"1-minute load of this machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
