"""Blender: programs in Python that build a 3D scene through `bpy`; Cycles renders it on the CPU."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib import resources
from typing import Any

from sightline.geometry import Camera
from sightline.memory import InstrumentLimit
from sightline.tools.graphics.engines.blender_builds import find_build
from sightline.tools.graphics.engines.blender_cameras import from_blender, to_blender
from sightline.tools.graphics.engines.protocol import (
    DEFAULT_SECONDS,
    MOST_SAMPLES,
    MOST_SIDE,
    Rendered,
    RenderRequest,
    SceneReport,
    StartFile,
    Thing,
    clamp_size,
)
from sightline.tools.graphics.engines.running import Played, check_program, coverage, picture, play, stage_files
from sightline.tools.sandbox import sandbox

_EXPORT_HEAD = '''"""A scene made with Sightline, and its picture: picture.png in the current folder.

Run it with a Blender:              blender -b --factory-startup --python THIS_FILE
or with a Python that has bpy:      python THIS_FILE
{start}"""
'''


class BlenderEngine:
    """The engine `blender`, see `sightline.tools.graphics.engines.protocol.Engine`."""

    name = "blender"
    language = "python"
    start_suffix = ".blend"
    has_cameras = True
    empty = "import bpy\n"

    @property
    def notes(self) -> str:
        """What a model has to know to write for it."""
        return resources.files(__package__).joinpath("blender.md").read_text(encoding="utf-8")

    def check(self) -> None:
        """Look whether there are a Blender and a sandbox."""
        find_build()
        sandbox().check()

    def render(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> Rendered:
        """Run the program and render what it leaves with Cycles."""
        request, notes = _request(wanted)
        played = self._play(program, start, request, None, wanted.seconds)
        pixels = picture("Blender", played)
        report = _mapping(played.result, "report")
        return Rendered(
            pixels=pixels,
            camera=_camera(report.get("camera"), report),
            silhouette=coverage(played.files.get("silhouette.png"), pixels.shape),
            frame=int(report["frame"]) if isinstance(report.get("frame"), int) else None,
            seconds=played.seconds,
            printed=played.printed,
            notes=(*notes, *played.notes),
        )

    def inspect(self, program: str, start: StartFile | None = None, frame: int | None = None) -> SceneReport:
        """Run the program and list what it leaves; nothing is rendered."""
        played = self._play(program, start, None, frame, DEFAULT_SECONDS)
        report = _mapping(played.result, "report")
        try:
            return _scene(report, played.printed)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise InstrumentLimit(
                f"Blender left a report of the scene that cannot be read ({type(error).__name__}).",
                "Look whether an object has a position or a size that is no number.",
            ) from None

    def export(self, program: str, wanted: RenderRequest, start: StartFile | None = None) -> str:
        """One script: the scene it begins with, the program as it is, and the picture."""
        request, _ = _request(wanted)
        stage = stage_files("blender_picture.py")["blender_picture.py"].decode()
        functions = stage[stage.index("from typing import Any") :]
        imports, body = _without_future(program)
        beside = f"It opens {start.name}, which must lie in the current folder.\n" if start else ""
        name = repr(start.name) if start else ""
        return "\n".join(
            [
                _EXPORT_HEAD.format(start=beside),
                "from __future__ import annotations",
                *imports,
                "",
                functions,
                f"\npicture_begin({name})\n",
                "# ---- the program ----\n",
                body.rstrip("\n"),
                "\n# ---- the picture ----\n",
                f"picture_arrange({request!r})",
                'picture_write(__import__("os").path.abspath("picture.png"))',
                "",
            ]
        )

    def _play(
        self,
        program: str,
        start: StartFile | None,
        wanted: Mapping[str, Any] | None,
        frame: int | None,
        seconds: float,
    ) -> Played:
        check_program(program, start, self.start_suffix)
        build = find_build()
        inputs = stage_files("stage_request.py", "blender_stage.py", "blender_picture.py", "blender_report.py")
        if start is not None:
            inputs["start.blend"] = start.content
        return play(
            "Blender",
            build.command("/in/blender_stage.py"),
            program,
            {"start": "start.blend" if start else "", "out": "/out", "wanted": wanted, "frame": frame},
            inputs,
            outputs=() if wanted is None else ("picture.png", *(("silhouette.png",) if wanted["silhouette"] else ())),
            seconds=seconds,
            readable=build.folders,
        )


def _request(wanted: RenderRequest) -> tuple[dict[str, Any], list[str]]:
    """A request as the stage takes it, and what was changed in it, in words."""
    notes = []
    size = clamp_size(wanted.size) if wanted.size else None
    camera = None
    if wanted.camera is not None:
        size = size or clamp_size(wanted.camera.intrinsics.size)
        camera = to_blender(wanted.camera, size)
        if wanted.camera.intrinsics.distortion:
            notes.append("lens distortion left out")
    if wanted.size and size != wanted.size:
        notes.append(f"scaled down from {wanted.size[0]}x{wanted.size[1]}")
    if wanted.samples > MOST_SAMPLES:
        notes.append(f"{MOST_SAMPLES} samples, not {wanted.samples}")
    return {
        "size": list(size) if size else None,
        "most_side": MOST_SIDE,
        "samples": wanted.clamped_samples,
        "frame": wanted.frame,
        "hidden": list(wanted.hidden),
        "camera": camera,
        "silhouette": wanted.silhouette,
    }, notes


def _scene(report: Mapping[str, Any], printed: str) -> SceneReport:
    width, height = report["size"]
    cameras = {}
    for told in report["objects"]:
        camera = _camera(told, report) if told["type"] == "CAMERA" else None
        if camera is not None:
            cameras[str(told["name"])] = camera
    settings = {
        "frame": f"{report['frame']} of {report['frames'][0]} to {report['frames'][1]}"
        f" at {report['frames_per_second']:g} a second",
        "picture": f"{width}x{height}",
        "active camera": report["active_camera"] or "none",
        "world": report["world"] or "none",
        "view transform": report["view_transform"],
        "exposure": report["exposure"],
        "metres per unit": report["unit_scale"],
    }
    if report["physics"]:
        settings["rigid-body physics"] = f"gravity ({', '.join(f'{axis:g}' for axis in report['gravity'])})"
    if report["left_out"]:
        settings["objects left out of this list"] = report["left_out"]
    return SceneReport(
        engine="blender",
        things=tuple(_thing(told, cameras) for told in report["objects"]),
        settings=settings,
        cameras=cameras,
        active_camera=str(report["active_camera"]),
        printed=printed,
    )


def _thing(told: Mapping[str, Any], cameras: Mapping[str, Camera]) -> Thing:
    properties: dict[str, Any] = {"location": told["location"]}
    if any(abs(angle) > 1e-3 for angle in told["rotation"]):
        properties["rotation (degrees)"] = told["rotation"]
    if any(abs(scale - 1) > 1e-5 for scale in told["scale"]):
        properties["scale"] = told["scale"]
    for key in ("dimensions", "parent", "materials", "light", "text", "modifiers", "rigid_body", "key_frames"):
        if told.get(key):
            properties[key.replace("_", " ")] = told[key]
    if told["type"] == "CAMERA":
        camera = cameras.get(told["name"])
        properties["lens (mm)"] = told["camera"]["lens"]
        if camera is None:
            properties["projection"] = told["camera"]["type"].lower()
        else:
            properties["horizontal field of view (degrees)"] = camera.intrinsics.horizontal_fov
            properties["looks along"] = camera.forward.tolist()
    box = told.get("box")
    return Thing(
        name=str(told["name"]),
        kind=str(told["type"]),
        properties=properties,
        world_box=None if box is None else (_corner(box[0]), _corner(box[1])),
        hidden=bool(told["hidden"]),
    )


def _corner(values: list[float]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _camera(told: Any, report: Mapping[str, Any]) -> Camera | None:
    """Our camera of a report's object; None where it is none, or is no pinhole."""
    try:
        width, height = report["size"]
        aspect_x, aspect_y = report["pixel_aspect"]
        return from_blender(told, (int(width), int(height)), (float(aspect_x), float(aspect_y)))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def _mapping(result: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = result.get(key)
    return value if isinstance(value, Mapping) else {}


def _without_future(program: str) -> tuple[list[str], str]:
    """A program's `from __future__` lines, which must stand first in a file, and the rest."""
    lines = program.splitlines()
    imports = []
    for node in ast.parse(program).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            assert node.end_lineno is not None, "parsed from text"
            imports.append(ast.unparse(node))
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return imports, "\n".join(lines)
