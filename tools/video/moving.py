"""How things in a video move, and the way they take: on the picture, against the background, and in space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.tracks import Track as Way
from sightline.memory import Draft, InstrumentLimit, ModelMistake, Picture, SceneObject, Track, Video
from sightline.tools.contract import Box, Cloud, ToolContext, ToolResult, tool
from sightline.tools.video import things, wording
from sightline.tools.video.blobs import moving_things
from sightline.tools.video.decoding import frames_at
from sightline.tools.video.placing import placed, told_in_space
from sightline.tools.video.showing import cut_short, length_of
from sightline.tools.video.watching import Watched, watch

Floats = NDArray[np.float64]

MOST_THINGS = 12
_PLAUSIBLE = 8
"""Moving things at one time beyond which, before a moving camera, it is the background that does not move as one."""
SHORTEST = 0.15
"""Seconds of a stretch in which motion can be seen."""


@tool(family="video", example={"video": "vid1"}, places_in="frame", time_limit=900.0)
def describe_motion(
    context: ToolContext,
    video: Video | None = None,
    track: Track | None = None,
    frame: Picture | None = None,
    boxes: list[Box] | None = None,
    objects: list[SceneObject] | None = None,
    start: float | None = None,
    end: float | None = None,
) -> ToolResult:
    """Say how things in a video move: direction, speed, nearer or farther; and how the camera itself moves.

    Without a track, boxes or objects it takes what moves before the background; a thing that stands, or only comes
    nearer on the spot, needs a box. Speeds are in own diagonals a second, not metres.

    Args:
        context: What the call may use.
        video: The video; not needed with a track.
        track: Things that were followed.
        frame: A frame of the video that the boxes are in.
        boxes: Things to follow from that frame on, and back.
        objects: Objects seen in frames of the video.
        start: Seconds from which on; the beginning if left out.
        end: Seconds up to which; the end if left out.
    """
    video = _video(context, video, track)
    first, last = _stretch(video, start, end)
    watched, ways, how = _ways(context, video, track, frame, boxes, objects, first, last)
    lines = [f"{video.handle}, {first:.1f} to {last:.1f} s: {wording.camera_words(watched.camera, watched.size)}"]
    lines += [_told(way, watched) for way in ways[:MOST_THINGS]]
    if len(ways) > MOST_THINGS:
        lines.append(f"and {len(ways) - MOST_THINGS} more")
    if not ways:
        lines.append(_nothing(watched))
        return ToolResult("\n".join(lines) + cut_short(video))
    shown = _middle(ways[:MOST_THINGS])
    (still,) = frames_at(video.path, [shown])
    pixels = draw_ways(still.pixels, ways[:MOST_THINGS], watched, still.time)
    draft = Draft(
        pixels,
        f"{video.handle} at {still.time:.2f} s with the ways of what moves",
        data={"video": video.handle, "time": still.time},
    )
    lines.append(f"{how} Their ways are drawn on the frame at {still.time:.2f} s in {draft}.{cut_short(video)}")
    return ToolResult("\n".join(lines), [draft])


@tool(family="video", example={"track": "track1"}, places_in="frame", time_limit=900.0)
def trajectory(
    context: ToolContext,
    video: Video | None = None,
    track: Track | None = None,
    number: int = 1,
    frame: Picture | None = None,
    box: Box | None = None,
    cloud: Cloud | None = None,
) -> ToolResult:
    """Draw the way that a thing takes on a frame of its video, and on the map of a reconstruction of its frames.

    The way in space needs a reconstruction with dense depth for frames of this video; without it, it is the way on the
    picture only, in which near and far do not show.

    Args:
        context: What the call may use.
        video: The video; not needed with a track.
        track: Things that were followed.
        number: Which thing of the track, from 1.
        frame: A frame of the video: the box is in it, and the way is drawn on it.
        box: The thing, where there is no track.
        cloud: A reconstruction that holds frames of the video.
    """
    video = _video(context, video, track)
    if (track is None) == (box is None):
        raise ModelMistake("trajectory takes either a track or a box in a frame.", "Give one of the two.")
    if track is not None and not 1 <= number <= len(track.names):
        raise ModelMistake(f"{track.handle} has no thing {number}.", f"It has {len(track.names)}, counted from 1.")
    first, last = _stretch(video, None, None)
    if box is not None and frame is not None:
        time = things.frame_time(frame, video)
        first, last = max(first, time - things.STRETCH), min(last, time + things.STRETCH)
    watched, ways, _ = _ways(context, video, track, frame, None if box is None else [box], None, first, last)
    way = ways[number - 1] if track is not None else ways[0]
    if way.seen.sum() < 2:
        raise InstrumentLimit(f"{way.name} is seen in {way.seen.sum()} frames: no way.", "Choose another frame or box.")
    at = things.frame_time(frame, video) if frame is not None else _middle([way])
    (still,) = frames_at(video.path, [at])
    drafts = [
        Draft(
            draw_ways(still.pixels, [way], watched, still.time),
            f"{video.handle} at {still.time:.2f} s with the way of {way.name}",
            data={"video": video.handle, "time": still.time},
        )
    ]
    lines = [
        f"{drafts[0]} shows the way of {_told(way, watched)}.",
        f"{video.handle}, {first:.1f} to {last:.1f} s: {wording.camera_words(watched.camera, watched.size)}",
    ]
    if watched.camera.verdict == "moving":
        lines.append("The way is drawn where it lies before the background of that frame, not where it was on each.")
    if cloud is None:
        lines.append("This is the way on the picture only: near and far do not show in it.")
    else:
        found, why = placed(context.workspace, cloud, video.handle, way)
        if found is None:
            lines.append(f"In {cloud.handle} there is no way in space: {why}; this is the way on the picture only.")
        else:
            text, draft = told_in_space(cloud, found, why)
            lines.append(text)
            drafts.append(draft)
    return ToolResult("\n".join(lines) + cut_short(video), drafts)


def draw_ways(pixels: NDArray[np.uint8], ways: Sequence[Way], watched: Watched, time: float) -> NDArray[np.uint8]:
    """A frame with the ways of things, where they lie before its background, and their boxes at its time.

    Args:
        pixels: (H, W, 3) uint8, the frame.
        ways: Things in full pixels.
        watched: How the camera moves.
        time: Seconds of the frame.
    """
    from sightline.tools.drawing.canvas import draw
    from sightline.tools.drawing.shapes import Box as BoxShape
    from sightline.tools.drawing.shapes import Path as PathShape
    from sightline.tools.drawing.shapes import Shape

    shapes: list[Shape] = []
    for way in ways:
        points = laid_over(way, watched, time)
        points = points[np.isfinite(points).all(axis=1)]
        near = int(np.argmin(np.abs(way.times - time)))
        step = float(np.median(np.diff(way.times))) if len(way.times) > 1 else 1.0
        box = way.boxes[near]
        boxed = bool(np.isfinite(box).all()) and abs(way.times[near] - time) <= step
        if len(points) > 1:
            line = tuple((float(x), float(y)) for x, y in np.clip(points, -50_000, 50_000))
            shapes.append(PathShape(line, arrow=True, label=None if boxed else way.name))
        if boxed:
            x0, y0, x1, y1 = (float(v) for v in box)
            shapes.append(BoxShape((x0, y0, x1, y1), label=way.name))
    return draw(pixels, shapes)


def laid_over(way: Way, watched: Watched, time: float) -> Floats:
    """The path of a thing in the pixels of the frame at one time, (F, 2): the camera's motion between them undone."""
    if watched.camera.verdict != "moving":
        return way.centres
    into = np.linalg.inv(watched.to_first(np.array([time]))[0])
    matrices = watched.to_first(way.times)
    unknown = np.asarray(np.isnan(matrices).any(axis=(1, 2)))
    chain = into @ np.where(unknown[:, None, None], np.eye(3), matrices)
    centres = np.concatenate([way.centres, np.ones((len(way.times), 1))], axis=1)
    moved = np.einsum("fij,fj->fi", chain, centres)
    return np.asarray(np.where(unknown[:, None], np.nan, moved[:, :2] / moved[:, 2:]))


def _told(way: Way, watched: Watched) -> str:
    """A line about one thing: against the background where the camera moves, and then on the picture as well."""
    raw = way.motion(watched.size)
    if raw is None:
        return f"{way.name}: seen in {int(way.seen.sum())} frames only: nothing can be said of its motion"
    if watched.camera.verdict == "still":
        return f"{way.name}: {wording.motion_words(raw)}"
    if watched.camera.verdict == "unknown":
        return f"{way.name}: {wording.motion_words(raw)}; on the picture only, its own motion is not known"
    cut = raw.size_change is None
    own = way.warped(watched.to_first(way.times)).motion()
    if own is None:
        return f"{way.name}: {wording.motion_words(raw)}; on the picture only: the camera's motion is not known there"
    uncompensated = "stays where it is" if raw.direction is None else f"{raw.direction}, {raw.speed:.2f} a second"
    caution = " (cut off at the edge: its size and speed are rough)" if cut else ""
    return (
        f"{way.name}: compensated for the camera, it {wording.motion_words(own)}{caution} (on the picture itself: "
        f"{uncompensated})"
    )


def _nothing(watched: Watched) -> str:
    if watched.camera.verdict == "unknown":
        return (
            "Without a background that can be followed, what moves cannot be told from it: give a track, or boxes in a "
            "frame."
        )
    return (
        "Nothing was found that moves before the background. That does not show there is nothing: what is small, slow, "
        "of the background's colours, or comes nearer on the spot is not found; give boxes in a frame."
    )


def _video(context: ToolContext, video: Video | None, track: Track | None) -> Video:
    if video is not None:
        return video
    if track is None:
        raise ModelMistake("neither a video nor a track was given.", "Name one, e.g. vid1.")
    return Video(track.video, context.workspace)


def _stretch(video: Video, start: float | None, end: float | None) -> tuple[float, float]:
    length = length_of(video)
    if length < SHORTEST:
        raise InstrumentLimit(
            f"{video.handle} is {length:.2f} s long, and motion shows in {SHORTEST:g} s at least.",
            "Look at its frames instead: show_frames.",
        )
    first, last = start or 0.0, length if end is None else min(end, length)
    if not 0 <= first < last or last - first < SHORTEST:
        raise ModelMistake(
            f"there is no stretch from {first:g} to {last:g} s in {video.handle}.",
            f"It has frames from 0 to {length:.2f} s; motion needs {SHORTEST:g} s at least.",
        )
    return first, last


def _ways(
    context: ToolContext,
    video: Video,
    track: Track | None,
    frame: Picture | None,
    boxes: Sequence[Box] | None,
    objects: Sequence[SceneObject] | None,
    first: float,
    last: float,
) -> tuple[Watched, list[Way], str]:
    """The camera's motion, the things that are meant, in full pixels, and how they were found."""
    width, height = (int(v) for v in video.info["size"])
    size = width, height
    given = sum(x is not None for x in (track, boxes, objects))
    if given > 1:
        raise ModelMistake("a track, boxes and objects were given at once.", "Give one of them.")
    if track is not None:
        ways = [_within(way, first, last) for way in things.of_track(track, video)]
        watched = watch(video.path, size, first, last, ways, keep=0)
        return watched, ways, f"The things are those of {track.handle}."
    if boxes is not None:
        if frame is None:
            raise ModelMistake("boxes need the frame they are in.", "Take one with sample_frames, name it as `frame`.")
        time = things.frame_time(frame, video)
        if not first <= time <= last:
            raise ModelMistake(f"{frame.handle} lies at {time:.2f} s, outside the stretch.", "Widen start and end.")
        starts = [(time, box, f"thing {n}") for n, box in enumerate(boxes, start=1)]
        fixed: list[Way] = []
    elif objects is not None:
        data = {handle: artifact.data for handle, artifact in context.workspace.artifacts.items()}
        starts, fixed = [], []
        for name, seen in things.of_objects(objects, video, data):
            if len(seen) >= things.ENOUGH:
                fixed.append(_within(things.seen_only(name, seen), first, last))
            else:
                starts.append((*seen[0], name))
    else:
        watched = watch(video.path, size, first, last)
        found = moving_things(watched)
        numbered = [Way(way.boxes, way.times, f"moving thing {n}") for n, way in enumerate(found, start=1)]
        rate = f"{watched.per_second:.1f} frames a second were looked at" if watched.per_second < 5 else ""
        slow = f" ({rate}: give start and end for fast things.)" if rate else ""
        at_once = int(np.max(np.sum([way.seen for way in numbered], axis=0), initial=0))
        if watched.camera.verdict == "moving" and at_once > _PLAUSIBLE:
            raise InstrumentLimit(
                f"the camera moves and {at_once} places at once seem to move against the background: most of that is "
                "what stands nearer than the rest.",
                "Give a track, or boxes in a frame; or take a stretch in which the camera is still.",
            )
        return watched, numbered, f"Found by what differs from the background, not by a detector.{slow}"
    if not starts:
        return watch(video.path, size, first, last, fixed, keep=0), fixed, "As sighted."
    watched = watch(video.path, size, first, last)
    ways = fixed + [things.followed(watched, time, box, name) for time, box, name in starts]
    return watched, ways, "They were followed by their texture from the frame given, not by a detector."


def _within(way: Way, first: float, last: float) -> Way:
    keep = (way.times >= first - 1e-6) & (way.times <= last + 1e-6)
    return Way(way.boxes[keep], way.times[keep], way.name)


def _middle(ways: Sequence[Way]) -> float:
    """The time at which most of these things are seen, the one nearest to the middle of these."""
    times = np.unique(np.concatenate([way.times for way in ways]))
    seen = np.zeros(len(times), dtype=int)
    for way in ways:
        seen += np.isin(times, way.times[way.seen])
    best = times[seen == seen.max()] if len(times) else np.zeros(1)
    return float(best[len(best) // 2])
