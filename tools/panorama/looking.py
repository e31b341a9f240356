"""Tools that show a part of a panorama as an ordinary picture: by direction, turned from a view, or all six ways."""

from __future__ import annotations

from sightline.geometry.panorama_boxes import AngularBox
from sightline.geometry.panoramas import PanoramaView, render, wrap_yaw
from sightline.geometry.transforms import PictureTransform
from sightline.memory import Draft, ModelMistake, Picture, Workspace
from sightline.memory.refs import point_ref
from sightline.tools.contract import Panorama, ToolContext, ToolResult, tool
from sightline.tools.panorama import views, wording
from sightline.tools.panorama.places import panorama_point

_BLURRED = 1.5
"""Times a view is enlarged beyond the panorama's own detail from which on it says so."""


@tool(family="panorama", example={"panorama": "pano1", "yaw": 90, "pitch": -10})
def look(
    panorama: Panorama, yaw: float, pitch: float = 0.0, field_of_view: float = 90.0, crosshair: bool = False
) -> ToolResult:
    """Look into a panorama in one direction: an ordinary picture with straight lines, also across the panorama's edge.

    It shows what is there, not how far away it is. Choose a small field of view to see detail.

    Args:
        panorama: Where to look around.
        yaw: Degrees to the right (+) or left (-) of the panorama's centre column; 180 is straight behind.
        pitch: Degrees up (+) or down (-) from level, -90 to 90.
        field_of_view: Degrees from the left to the right edge of the view, 1 to 150.
        crosshair: Whether to mark the middle of the view, where yaw and pitch point.
    """
    check_direction(yaw, pitch)
    view = _view(panorama.size, yaw, pitch, field_of_view)
    return _shown(panorama, view, crosshair=crosshair)


@tool(family="panorama", example={"view": "view1", "yaw": 45})
def turn(
    context: ToolContext,
    view: Picture,
    yaw: float = 0.0,
    pitch: float = 0.0,
    field_of_view: float | None = None,
    crosshair: bool = False,
) -> ToolResult:
    """Turn the head from an earlier view of a panorama (made by `look`, `turn` or `cubemap`) by so many degrees.

    Args:
        context: What the call may use.
        view: The view to start from.
        yaw: Degrees to turn right (+) or left (-).
        pitch: Degrees to look further up (+) or down (-); straight up and straight down are the ends.
        field_of_view: Degrees from the left to the right edge of the new view, 1 to 150; as before if left out.
        crosshair: Whether to mark the middle of the new view.
    """
    panorama, before = _before(context.workspace, view)
    if abs(yaw) > 360:
        raise ModelMistake(f"yaw is {yaw:g} degrees.", "Turn by -360 to 360 degrees.")
    if not -90 <= before.pitch + pitch <= 90:
        raise ModelMistake(
            f"{view.handle} looks at pitch {wording.number(before.pitch)}; {pitch:+g} degrees would go over the "
            f"{'top' if pitch > 0 else 'bottom'}.",
            f"Turn by a pitch of {wording.number(-90 - before.pitch)} to {wording.number(90 - before.pitch)}.",
        )
    wide = before.field_of_view if field_of_view is None else field_of_view
    after = _view(panorama.size, before.yaw + yaw, before.pitch + pitch, wide, before.roll)
    return _shown(panorama, after, f"{view.handle} turned {wording.turned(yaw, pitch)}", crosshair=crosshair)


@tool(family="panorama", example={"panorama": "pano1"})
def cubemap(panorama: Panorama) -> ToolResult:
    """Show all of a panorama without bent lines: six square views of 90 degrees, unfolded into one labelled cross.

    Each of the six is a view of its own as well, for any tool that takes a picture.

    Args:
        panorama: What to show.
    """
    faces = views.cube_of(panorama.pixels)
    sheet, regions = views.cross_of({name: pixels for name, (_, pixels) in faces.items()})
    size = (sheet.shape[1], sheet.shape[0])
    drafts = {
        name: Draft(
            pixels,
            f"{wording.view_words(panorama.handle, view)}: {name} face of its cube",
            show=False,
            data=views.kept(panorama.handle, view),
        )
        for name, (view, pixels) in faces.items()
    }
    cross = Draft(
        sheet,
        f"{panorama.handle} as the six faces of a cube",
        [
            (str(draft), PictureTransform.place(faces[name][0].size, regions[name], size), regions[name])
            for name, draft in drafts.items()
        ],
    )
    each = ", ".join(f"{wording.caption(name)} is {draft}" for name, draft in drafts.items())
    text = (
        f"{cross} shows all of {panorama.handle} as the six faces of a cube, each 90 degrees wide and high: left, "
        "front, right and back in the middle row, up above front, down below it. Where faces touch in the cross, the "
        f"picture goes on; back goes on in left. Each face is a view of its own: {each}."
    )
    return ToolResult(text, [*drafts.values(), cross])


def check_direction(yaw: float, pitch: float) -> None:
    """Raises ModelMistake unless a yaw is within a turn and a pitch between straight down and straight up."""
    if abs(yaw) > 360:
        raise ModelMistake(f"yaw is {yaw:g} degrees.", "Yaws go from -180 (behind, by the left) to 180.")
    if not -90 <= pitch <= 90:
        raise ModelMistake(
            f"a pitch of {pitch:g} degrees is beyond straight {'up' if pitch > 0 else 'down'}.",
            "Choose -90 (straight down) to 90 (straight up); to look behind, change yaw by 180.",
        )


def _view(panorama: tuple[int, int], yaw: float, pitch: float, field_of_view: float, roll: float = 0.0) -> PanoramaView:
    if not views.NARROWEST <= field_of_view <= views.WIDEST:
        raise ModelMistake(
            f"a field of view of {field_of_view:g} degrees cannot be shown in a flat picture.",
            f"Choose {views.NARROWEST:g} to {views.WIDEST:g} degrees; `cubemap` shows all around.",
        )
    size = views.size_of(panorama, field_of_view)
    return PanoramaView(float(wrap_yaw(yaw)), pitch, field_of_view, size, roll)


def _before(workspace: Workspace, image: Picture) -> tuple[Picture, PanoramaView]:
    """The panorama and the direction of the view that a turn starts from."""
    known = views.view_of(image.artifact)
    if known is not None:
        return workspace.picture(known[0]), known[1]
    made = [handle for handle, artifact in workspace.artifacts.items() if views.view_of(artifact)]
    there = f"Views of panoramas: {', '.join(made[-12:]) or 'none yet; make one with `look`'}."
    if image.artifact.kind == "panorama":
        raise ModelMistake(
            f"{image.handle} is a whole panorama, which looks nowhere.", "Use `look` with yaw and pitch."
        )
    raise ModelMistake(f"{image.handle} is no view of a panorama, so it cannot be turned in one.", there)


def _shown(panorama: Picture, view: PanoramaView, how: str = "", *, crosshair: bool) -> ToolResult:
    pixels = render(panorama.pixels, view)
    if crosshair:
        pixels = views.crosshair(pixels)
    words = wording.view_words(panorama.handle, view)
    draft = Draft(pixels, words, data=views.kept(panorama.handle, view))
    whole = AngularBox.from_view(view, (0.0, 0.0, float(view.size[0]), float(view.size[1])))
    middle = point_ref(panorama.handle, panorama_point(panorama.size, view.yaw, view.pitch))
    lines = [
        f"{draft} is {how}: {words}." if how else f"{draft} is {words}.",
        f"Its middle{', marked by a cross,' if crosshair else ''} is {middle} in {panorama.handle}.",
        f"It covers {wording.span(whole)}.",
    ]
    enlarged = views.detail(panorama.size, view.field_of_view, view.size[0])
    if enlarged >= _BLURRED:
        lines.append(f"It is enlarged {enlarged:.2g} times beyond what {panorama.handle} resolves: no finer detail.")
    return ToolResult(" ".join(lines), [draft])
