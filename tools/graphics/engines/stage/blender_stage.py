"""Inside the sandbox: run a Blender program, then render or report. Started by Blender, or by a Python that has bpy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # Blender runs scripts without it

import bpy
from blender_picture import picture_arrange, picture_begin, picture_frame, picture_write
from blender_report import picture_report, scene_report
from stage_request import HERE, Impossible, fresh, serve


def begin(request: dict[str, Any]) -> dict[str, Any]:
    """An empty scene or the start file; programs import bpy themselves."""
    picture_begin(str(HERE / request["start"]) if request["start"] else "")
    return {}


def answer(request: dict[str, Any], namespace: dict[str, Any], result: dict[str, Any]) -> None:
    """Render with what is wanted, or report where no picture is."""
    wanted = request["wanted"]
    try:
        if wanted is None:
            picture_frame(bpy.context.scene, request["frame"])
            result["report"] = scene_report(bpy.context.scene)
            return
        result["notes"] = picture_arrange(wanted)
    except LookupError as error:
        raise Impossible(str(error)) from None
    result["report"] = picture_report(bpy.context.scene)
    silhouette = fresh(request, "silhouette.png") if wanted["silhouette"] else ""
    picture_write(fresh(request, "picture.png"), silhouette)


serve(begin, answer)
