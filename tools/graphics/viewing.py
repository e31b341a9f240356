"""Tools that look at the scene of a program: by its own camera or another, as a list, part by part, frame by frame."""

from __future__ import annotations

from dataclasses import replace

from sightline.geometry import Camera
from sightline.memory import (
    Draft,
    Fact,
    InstrumentLimit,
    ModelMistake,
    Program,
    ProgramInspected,
    ProgramRendered,
    ViewSet,
)
from sightline.memory.refs import plain
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.graphics.cameras import aimed, around, camera_words, fitted
from sightline.tools.graphics.engines import Engine, RenderRequest, SceneReport, find_engine
from sightline.tools.graphics.engines.protocol import DEFAULT_SAMPLES
from sightline.tools.graphics.making import own_picture, picture_data, told
from sightline.tools.graphics.scenes import check_names, inspected, program_in_hand, start_file, target_of
from sightline.tools.graphics.writing import RENDER_TIME

MOST_REPORTED = 8000
"""Characters of what is told of a scene."""


@tool(family="graphics", time_limit=RENDER_TIME, example={"width": 128})
def render(
    context: ToolContext,
    program: Program | None = None,
    camera: str = "",
    position: list[float] | None = None,
    look_at: list[float] | None = None,
    field_of_view: float = 50.0,
    frame: int | None = None,
    width: int | None = None,
    samples: int = DEFAULT_SAMPLES,
) -> ToolResult:
    """Draw a program's scene: by its own camera, by another camera of the scene, or from any point.

    Args:
        context: What the call may use.
        program: Whose scene; the current one if left out.
        camera: Name of a camera of the scene; its own active one if left out.
        position: Where to look from, [x, y, z] in the scene's units, z up; needs look_at.
        look_at: The point in the middle of the picture, [x, y, z].
        field_of_view: Horizontal, in degrees; used with a position.
        frame: Frame of an animation, or number of a slide; the one set with set_frame if left out.
        width: Width of the picture in pixels, its aspect kept; the target's or the scene's own if left out.
        samples: Rays per pixel, where the engine traces rays; more give less noise and take longer.
    """
    ws = context.workspace
    chosen = program_in_hand(ws, program)
    engine = find_engine(chosen.revision.engine)
    if samples < 1 or (width is not None and width < 1):
        raise ModelMistake("samples and width are at least 1.", "Leave them out for the defaults.")
    seen_from: Camera | None = None
    if camera or position is not None or look_at is not None:
        check_cameras(engine)
        if camera:
            seen_from = _named_camera(inspected(ws, chosen), camera)
        else:
            seen_from = aimed(position, look_at, field_of_view, _own_size(context))
    return _drawn(context, chosen, engine, seen_from, frame, width, samples)


@tool(family="graphics", time_limit=RENDER_TIME, example={"azimuth": 60, "elevation": 30})
def inspect_view(
    context: ToolContext,
    azimuth: float = 0.0,
    elevation: float | None = None,
    distance: float = 1.0,
    around_objects: list[str] | None = None,
) -> ToolResult:
    """Look at the current program's scene from another side: a camera that moves freely around it.

    The program and its own camera stay as they are.

    Args:
        context: What the call may use.
        azimuth: Degrees around what is looked at, from the scene's own camera; + moves to its right.
        elevation: Degrees above the horizontal, -90 to 90; that of the scene's own camera if left out.
        distance: Times the distance of the scene's own camera: 0.5 is twice as near.
        around_objects: Names of the objects to look at; what the scene's own camera looks at if left out.
    """
    ws = context.workspace
    chosen = program_in_hand(ws)
    engine = find_engine(chosen.revision.engine)
    check_cameras(engine)
    report = inspected(ws, chosen, ws.revisions.frame)
    own = around(report, around_objects or [], azimuth, elevation, distance)
    return _drawn(context, chosen, engine, own, None, None, DEFAULT_SAMPLES)


@tool(family="graphics", time_limit=RENDER_TIME, example={"objects": ["Cube"]})
def fit_camera(
    context: ToolContext, objects: list[str], bearing: float | None = None, elevation: float | None = None
) -> ToolResult:
    """Find a camera that shows named objects as large as they fit, and draw what it sees.

    Its numbers are told, so that a program can place its own camera there.

    Args:
        context: What the call may use.
        objects: Names of objects of the current scene.
        bearing: Degrees clockwise from +y, seen from above, in which the camera looks; the own camera's if left out.
        elevation: Degrees by which it stands above the objects, -90 to 90; the own camera's if left out.
    """
    ws = context.workspace
    chosen = program_in_hand(ws)
    engine = find_engine(chosen.revision.engine)
    check_cameras(engine)
    if not objects:
        raise ModelMistake("no object is named.", "Name at least one; inspect_scene lists them.")
    camera = fitted(inspected(ws, chosen, ws.revisions.frame), objects, bearing, elevation)
    result = _drawn(context, chosen, engine, camera, None, None, DEFAULT_SAMPLES)
    return replace(result, text=f"{result.text}\nThe camera: {camera_words(camera)}.")


@tool(family="graphics", time_limit=RENDER_TIME, example={})
def inspect_scene(context: ToolContext, frame: int | None = None) -> ToolResult:
    """List what is in the current program's scene: objects with their places and materials, lights, cameras, settings.

    Args:
        context: What the call may use.
        frame: Frame of an animation, or number of a slide; the one set with set_frame if left out.
    """
    ws = context.workspace
    chosen = program_in_hand(ws)
    report = inspected(ws, chosen, ws.revisions.frame if frame is None else frame)
    words = plain(report.describe())
    if len(words) > MOST_REPORTED:
        words = words[:MOST_REPORTED].rpartition("\n")[0] + "\n(the rest of the list is cut)"
    return ToolResult(f"The scene of {chosen.handle}:\n{words}", facts=[ProgramInspected(program=chosen.handle)])


@tool(family="graphics", parallel_safe=False, time_limit=RENDER_TIME, example={"hidden": ["disc"]})
def set_visibility(context: ToolContext, hidden: list[str]) -> ToolResult:
    """Leave objects out of the pictures that render and inspect_view draw of the current program, until it changes.

    The program stays as it is, and so does its score.

    Args:
        context: What the call may use.
        hidden: Names of the objects to leave out; an empty list shows everything again.
    """
    ws = context.workspace
    chosen = program_in_hand(ws)
    if hidden:
        check_names(inspected(ws, chosen), hidden)
    what = f"Left out from now on: {', '.join(plain(name) for name in hidden)}." if hidden else "Everything is shown."
    return ToolResult(what, facts=[ViewSet(hidden=hidden, frame=ws.revisions.frame)])


@tool(family="graphics", parallel_safe=False, time_limit=RENDER_TIME, example={"frame": 1})
def set_frame(context: ToolContext, frame: int) -> ToolResult:
    """Choose the frame of an animation, or the slide, that render, inspect_view and inspect_scene show from now on.

    Args:
        context: What the call may use.
        frame: Its number; slides are counted from 1.
    """
    ws = context.workspace
    chosen = program_in_hand(ws)
    inspected(ws, chosen, frame)  # refuses one that is not there
    return ToolResult(
        f"Frame {frame} of {chosen.handle} is shown from now on.",
        facts=[ViewSet(hidden=list(ws.revisions.hidden), frame=frame)],
    )


def check_cameras(engine: Engine) -> None:
    """Refuse a camera where there is none to choose.

    Raises:
        InstrumentLimit: The engine draws flat pictures.
    """
    if not engine.has_cameras:
        raise InstrumentLimit(f"{engine.name} has no cameras to look from.", "Use render without one.")


def _named_camera(report: SceneReport, name: str) -> Camera:
    if name not in report.cameras:
        known = ", ".join(report.cameras) or "none"
        raise ModelMistake(f"the scene has no camera named {plain(name)!r}.", f"Its cameras: {known}.")
    return report.cameras[name]


def _own_size(context: ToolContext) -> tuple[int, int]:
    target = target_of(context.workspace)
    return (512, 512) if target is None else target.size


def _drawn(
    context: ToolContext,
    program: Program,
    engine: Engine,
    camera: Camera | None,
    frame: int | None,
    width: int | None,
    samples: int,
) -> ToolResult:
    """A picture of a program's scene as a result."""
    ws = context.workspace
    revisions = ws.revisions
    looked_at = program.handle == revisions.current
    hidden = revisions.hidden if looked_at else ()
    frame = revisions.frame if frame is None and looked_at else frame
    size = _size(context, program, camera, width)
    wanted = RenderRequest(size=size, samples=samples, camera=camera, frame=frame, hidden=hidden)
    rendered = engine.render(program.text, wanted, start_file(ws, program.revision.start))
    parts = [f"what {program.handle} shows"]
    if camera is not None:
        parts.append(f"seen from {camera_words(camera)}")
    if rendered.frame is not None and frame is not None:
        parts.append(f"frame {rendered.frame}")
    if hidden:
        parts.append(f"without {', '.join(plain(name) for name in hidden)}")
    picture = Draft(rendered.pixels, ", ".join(parts), data=picture_data(rendered))
    facts: list[Fact] = [ProgramRendered(program=program.handle, picture=str(picture), own=False)]
    scores: list[str] = []
    if not program.revision.picture and len(parts) == 1 and width is None and samples == DEFAULT_SAMPLES:
        # A person's program is not drawn when it is given: this is its own picture.
        facts, scores = own_picture(ws, program.handle, picture)
    lines = [f"{picture} is {', '.join(parts)} ({rendered.size[0]}x{rendered.size[1]})."]
    return ToolResult("\n".join([*lines, *scores, *told(rendered)]), [picture], facts)


def _size(context: ToolContext, program: Program, camera: Camera | None, width: int | None) -> tuple[int, int] | None:
    """(width, height) wanted; None for the scene's own."""
    target = target_of(context.workspace)
    shape = target.size if target is not None else None
    if shape is None and camera is not None:
        shape = camera.intrinsics.size
    if shape is None and (picture := program.revision.picture):
        shape = context.workspace.artifacts[picture].size
    if width is None or shape is None:
        return shape if width is None else (width, width)
    return width, max(1, round(width * shape[1] / shape[0]))
