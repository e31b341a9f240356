"""Which things of a video are meant: those of a track, boxes in a frame, or objects of the scene map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sightline.geometry.tracks import Track as Way
from sightline.memory import ModelMistake, Picture, SceneObject, Track, Video
from sightline.memory.refs import plain
from sightline.tools.contract import Box
from sightline.tools.video.following import follow
from sightline.tools.video.watching import Watched

STRETCH = 60.0
"""Seconds before and after a frame through which a box in it is followed."""
ENOUGH = 3
"""Sightings of an object in frames of a video that make a track by themselves."""


def of_track(track: Track, video: Video | None) -> list[Way]:
    """The things of a track artifact.

    Raises:
        ModelMistake: It is of another video.
    """
    if video is not None and track.video != video.handle:
        raise ModelMistake(f"{track.handle} is of {track.video}, not of {video.handle}.", "Leave the video out.")
    return [
        Way(boxes, track.times, f"track {n}, {plain(name)}")
        for n, (name, boxes) in enumerate(zip(track.names, track.boxes, strict=True), start=1)
    ]


def of_objects(
    objects: Sequence[SceneObject], video: Video, workspace_artifacts: dict[str, dict[str, object]]
) -> list[tuple[str, list[tuple[float, Box]]]]:
    """For each object, its name and its boxes in frames of this video by time.

    Args:
        objects: The objects.
        video: The video.
        workspace_artifacts: The data of every picture by handle.

    Raises:
        ModelMistake: An object was seen in no frame of it.
    """
    out = []
    for thing in objects:
        seen: dict[float, Box] = {}
        for sighting in thing.sightings:
            data = workspace_artifacts.get(sighting.picture, {})
            time = data.get("time")
            if sighting.box is not None and data.get("video") == video.handle and isinstance(time, int | float):
                seen[float(time)] = sighting.box
        if not seen:
            raise ModelMistake(
                f"{thing.handle} ({plain(thing.name)}) was seen in no frame of {video.handle}.",
                "Take a frame with sample_frames and detect it there, or give a box in a frame.",
            )
        out.append((f"{thing.handle}, {plain(thing.name)}", sorted(seen.items())))
    return out


def frame_time(frame: Picture, video: Video) -> float:
    """Seconds at which a picture lies in a video.

    Raises:
        ModelMistake: It is no frame of it.
    """
    data = frame.artifact.data
    if data.get("video") != video.handle or "frame" not in data:
        raise ModelMistake(
            f"{frame.handle} is no frame of {video.handle}.", "Take one with sample_frames and name it as `frame`."
        )
    return float(data["time"])


def followed(watched: Watched, time: float, box: Box, name: str) -> Way:
    """A thing followed from its box in one frame through all that were kept, in full pixels."""
    times = watched.times[watched.kept]
    first = int(np.argmin(np.abs(times - time)))
    scale = np.tile(watched.scale, 2)
    x0, y0, x1, y1 = (float(v) for v in np.asarray(box) / scale)
    return Way(follow(watched.frames, first, (x0, y0, x1, y1)) * scale, times, name)


def seen_only(name: str, seen: Sequence[tuple[float, Box]]) -> Way:
    """A track of an object's sightings alone."""
    return Way(np.array([box for _, box in seen], dtype=np.float64), np.array([time for time, _ in seen]), name)
