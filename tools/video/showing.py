"""Frames as pictures of the run: sampled from videos, and several on one labelled sheet."""

from __future__ import annotations

from typing import Literal

from sightline.geometry import PictureTransform
from sightline.memory import Draft, ModelMistake, Picture, Video, Workspace
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.image.edits import BoxTuple, side_by_side
from sightline.tools.video import sampling
from sightline.tools.video.decoding import Frame, frames_at, timeline

MOST_FRAMES = 60
"""Frames of one call, of all videos together."""
MOST_SHOWN = 12
"""Frames of one call that the model is shown at once; of more, it looks at those it wants, or at a sheet."""
MOST_ON_SHEET = 36
SHEET_PX = 384
"""Longer side of a frame on a sheet that is read from a video."""


@tool(family="video", example={"videos": ["vid1"], "how": "uniform", "count": 4}, time_limit=600.0)
def sample_frames(
    context: ToolContext,
    videos: list[Video],
    how: Literal["uniform", "motion", "time"] = "uniform",
    count: int = 8,
    times: list[float] | None = None,
) -> ToolResult:
    """Take frames out of videos as pictures, to look at, measure in, or reconstruct from.

    Args:
        context: What the call may use.
        videos: One or several.
        how: `uniform` at even times, `motion` more where more changes, `time` at the times given.
        count: Frames of each video, for `uniform` and `motion`; 60 in all at most.
        times: Seconds from the first frame, for `time`.
    """
    if times and how == "uniform":
        how = "time"
    if how == "time" and not times:
        raise ModelMistake("no times were given.", "Give `times` in seconds, or use how=uniform.")
    number = len(times or []) if how == "time" else count
    if not videos or not 1 <= number * len(videos) <= MOST_FRAMES:
        raise ModelMistake(
            f"{number} frames of {len(videos)} videos were asked for.", f"From 1 to {MOST_FRAMES} frames in all."
        )
    drafts: list[Draft] = []
    lines = []
    for video in videos:
        wanted, note = _times(video, how, count, times or [])
        known = _known(context.workspace, video)
        line = timeline(video.path)
        new = [time for time in wanted if line.number_at(time) not in known]
        show = number * len(videos) <= MOST_SHOWN
        made = {}
        for frame in frames_at(video.path, new) if new else []:
            if frame.number not in made:
                made[frame.number] = _draft(video, frame, show)
                drafts.append(made[frame.number])
        numbers = list(dict.fromkeys(line.number_at(time) for time in wanted))
        places = []
        for n in numbers:
            handle = str(made[n]) if n in made else f"{known[n]} (taken before)"
            places.append(f"{handle} at {line.times[n]:.2f} s (frame {n})")
        lines.append(f"{video.handle}{note}: {', '.join(places)}.{cut_short(video)}")
    more = "" if len(drafts) <= MOST_SHOWN else " show_frames puts them on one sheet."
    return ToolResult("\n".join(lines) + more, drafts)


@tool(family="video", example={"video": "vid1", "count": 9, "columns": 3}, time_limit=600.0)
def show_frames(
    images: list[Picture] | None = None, video: Video | None = None, count: int = 12, columns: int = 4
) -> ToolResult:
    """Show frames on one sheet, each with its time, to see what happens when.

    Args:
        images: Frames taken before, or any pictures, in the order they are to stand.
        video: Or a video, of which frames at even times are shown.
        count: How many of a video, 2 to 36.
        columns: Frames in a row, 1 to 8.
    """
    if not 1 <= columns <= 8:
        raise ModelMistake(f"a row holds 1 to 8 frames, not {columns}.", "4 is a good start.")
    if bool(images) == (video is not None):
        raise ModelMistake("show_frames takes either images or a video.", "Give one of the two.")
    if images:
        if not 2 <= len(images) <= MOST_ON_SHEET:
            raise ModelMistake(f"a sheet holds 2 to {MOST_ON_SHEET} frames, not {len(images)}.", "Choose some.")
        return _sheet_of(images, columns)
    assert video is not None
    if not 2 <= count <= MOST_ON_SHEET:
        raise ModelMistake(f"a sheet holds 2 to {MOST_ON_SHEET} frames, not {count}.", "12 is a good start.")
    times = sampling.uniform_times(length_of(video), count)
    frames = list({frame.number: frame for frame in frames_at(video.path, times, SHEET_PX)}.values())
    labels = [f"{frame.time:.2f} s" for frame in frames]
    pixels, regions = side_by_side([frame.pixels for frame in frames], labels, columns)
    cells = [{"frame": f.number, "time": f.time, "region": list(r)} for f, r in zip(frames, regions, strict=True)]
    draft = Draft(pixels, f"{len(frames)} frames of {video.handle}", data={"video": video.handle, "cells": cells})
    listed = ", ".join(f"{frame.time:.2f} s" for frame in frames)
    return ToolResult(
        f"{draft} shows {len(frames)} frames of {video.handle}, row by row in time: {listed}.{cut_short(video)} "
        "To measure in one, take it out with sample_frames.",
        [draft],
    )


def length_of(video: Video) -> float:
    """Seconds that can be read of a video."""
    line = timeline(video.path)
    promised = float(video.info.get("duration_s", 0.0))
    step = line.times[-1] / max(1, len(line.times) - 1)
    there = float(line.times[-1] + step)
    return there if line.missing or not promised else min(promised, there)


def cut_short(video: Video) -> str:
    """A sentence, with a blank before it, where the file ends before what its header promises; else nothing."""
    missing = timeline(video.path).missing
    if not missing:
        return ""
    return f" The file was cut short: its last {missing:.1f} s are missing."


def name_of(image: Picture) -> str:
    """What stands above a frame: its handle and time."""
    data = image.artifact.data
    if "time" not in data or "video" not in data:
        return image.handle
    return f"{image.handle}: {data['video']} {float(data['time']):.2f} s"


def _times(video: Video, how: str, count: int, times: list[float]) -> tuple[list[float], str]:
    """Seconds to take frames at, and a note on how they were chosen."""
    length = length_of(video)
    if how == "time":
        beyond = [time for time in times if not 0 <= time <= length]
        if beyond:
            raise ModelMistake(f"{beyond[0]:g} s is not in {video.handle}.", f"It has frames from 0 to {length:.2f} s.")
        return times, ""
    if how == "motion":
        chosen = sampling.motion_times(*sampling.changes(video.path), count)
        if chosen is not None:
            few = "" if len(chosen) == count else f", {len(chosen)} because all that changes lies between these"
            return chosen, f" by accumulated change{few}"
        return sampling.uniform_times(length, count), " at even times, for nothing changes in it"
    return sampling.uniform_times(length, count), ""


def _known(workspace: Workspace, video: Video) -> dict[int, str]:
    """Handles of the frames of this video that were taken before, by number."""
    return {
        int(artifact.data["frame"]): handle
        for handle, artifact in workspace.artifacts.items()
        if artifact.is_picture and artifact.data.get("video") == video.handle and "frame" in artifact.data
    }


def _draft(video: Video, frame: Frame, show: bool) -> Draft:
    title = f"{video.handle} at {frame.time:.2f} s (frame {frame.number})"
    data = {"video": video.handle, "time": frame.time, "frame": frame.number}
    return Draft(frame.pixels, title, show=show, data=data)


def _sheet_of(images: list[Picture], columns: int) -> ToolResult:
    labels = [name_of(image) for image in images]
    pixels, regions = side_by_side([image.pixels for image in images], labels, columns)
    size = (pixels.shape[1], pixels.shape[0])
    parents: list[tuple[str, PictureTransform, BoxTuple | None]] = [
        (image.handle, PictureTransform.place(image.size, region, size), region)
        for image, region in zip(images, regions, strict=True)
    ]
    draft = Draft(pixels, f"{len(images)} frames on one sheet", parents)
    return ToolResult(f"{draft} shows, row by row: {'; '.join(labels)}.", [draft])
