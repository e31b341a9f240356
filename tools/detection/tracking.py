"""Follow things through a video: a track artifact, a picture with the paths, and a line for each thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Intrinsics
from sightline.memory import DataDraft, Draft, ModelMistake, Video, fingerprint
from sightline.memory.refs import plain
from sightline.tools.back_ends import Seen, Tracked
from sightline.tools.back_ends.naming import distinct, plural, singular
from sightline.tools.back_ends.protocols import Box
from sightline.tools.contract import ToolContext, ToolResult, tool
from sightline.tools.detection.entering import provenance
from sightline.tools.detection.frames import read_frames

MOST_FRAMES = 900
FASTEST = 15.0
"""Frames a second that are looked at, at most."""
FEWEST_SEEN = 3
"""Frames in which a thing must be seen to be listed: less is a flicker of the detector."""
MOST_LISTED = 30
_MOST_PATHS = 12


@dataclass
class _Clip:
    """Frames as they are read, and what is kept of them."""

    video: Video
    per_second: float
    times: list[float]
    middle: tuple[float, NDArray[np.uint8]] | None = None

    def frames(self) -> Iterator[Seen]:
        """The frames for a tracker; remembers their times and the one nearest to the middle."""
        halfway = float(self.video.info.get("duration_s", 0.0)) / 2
        for time, pixels in read_frames(self.video.path, self.per_second, MOST_FRAMES):
            self.times.append(time)
            if self.middle is None or abs(time - halfway) < abs(self.middle[0] - halfway):
                self.middle = time, pixels
            size = pixels.shape[1], pixels.shape[0]
            yield Seen(f"{self.video.handle} at {time:.2f} s", pixels, Intrinsics.guess(size), None, time)


@tool(
    family="detection",
    time_limit=1800.0,
    parallel_safe=False,
    example={"video": "vid1", "names": ["person"]},
)
def track(
    context: ToolContext, video: Video, names: list[str], threshold: float = 0.3, per_second: float = 5.0
) -> ToolResult:
    """Follow things through a video: when each is seen, from where to where, and a track to measure its motion by.

    What is hidden for long, or crosses another of its kind, may become two tracks: their number is no count.

    Args:
        context: What the call may use.
        video: The video.
        names: What to follow, one kind of thing each.
        threshold: Score from which a thing is taken up, from 0.05 to 0.95.
        per_second: Frames looked at each second, from 0.2 to 15; up to 900 frames in all.
    """
    if not 0.05 <= threshold <= 0.95:
        raise ModelMistake(f"the threshold is {threshold:g}.", "It is a score from 0.05 to 0.95; 0.3 is usual.")
    if not 0.2 <= per_second <= FASTEST:
        raise ModelMistake(f"per_second is {per_second:g}.", f"It is from 0.2 to {FASTEST:g}.")
    asked = [singular(name) for name in distinct(names)]
    if not asked:
        raise ModelMistake("no name was given.", "Say what to follow, e.g. person.")
    info = video.info
    length = float(info.get("duration_s", 0.0))
    rate = min(per_second, MOST_FRAMES / length) if length > 0 else per_second
    label = context.back_ends.label("tracking") + " " + context.back_ends.label("detection")
    key = fingerprint("track", context.workspace.digest(video.handle), sorted(asked), threshold, round(rate, 6), label)
    known = context.workspace.made(key)
    if known:
        before = context.workspace.artifacts[known[0]].data["told"]
        return ToolResult(f"{known[0]}, made before: {before}", known=known[:1])
    clip = _Clip(video, rate, [])
    tracker = context.back_ends.tracker()
    found = tracker.track(clip.frames(), asked, threshold)
    kept = [t for t in found if sum(box is not None for box in t.boxes) >= min(FEWEST_SEEN, len(clip.times))]
    told = _told(asked, kept, clip, len(found) - len(kept))
    if not kept or clip.middle is None:
        return ToolResult(told)
    boxes = np.full((len(kept), len(clip.times), 4), np.nan)
    for n, each in enumerate(kept):
        for f, box in enumerate(each.boxes):
            if box is not None:
                boxes[n, f] = box
    data = DataDraft(
        "track",
        {"boxes": boxes, "times": np.asarray(clip.times)},
        f"{', '.join(asked)} followed through {video.handle}",
        data={
            "names": [t.name for t in kept],
            "video": video.handle,
            "told": told,
            **provenance(context.back_ends, "tracking", tracker),
        },
        made_from=key,
    )
    time, pixels = clip.middle
    picture = Draft(
        _paths(pixels, kept, clip.times.index(time)),
        f"{video.handle} at {time:.2f} s with the paths of what was followed",
        data={"video": video.handle, "time": time},
    )
    return ToolResult(f"{data}: {told}\nPaths drawn on the frame at {time:.2f} s in {picture}.", [picture], data=[data])


def _told(asked: Sequence[str], kept: Sequence[Tracked], clip: _Clip, flickers: int) -> str:
    """The result in words: places are shares of the frame, for a video has no handle for each frame."""
    span = f"{len(clip.times)} frames of {clip.video.handle}"
    if clip.times:
        span += f" from {clip.times[0]:.1f} to {clip.times[-1]:.1f} s"
    short = f"; {flickers} seen in fewer than {FEWEST_SEEN} frames left out" if flickers else ""
    if not kept:
        what = " or ".join(plain(name) for name in asked)
        return (
            f"no {what} was followed through {span}{short}: that does not show there is none; try a lower threshold, "
            "more frames a second, or another word."
        )
    names = sorted({t.name for t in kept})
    counts = []
    for name in names:
        number = sum(t.name == name for t in kept)
        counts.append(f"{number} {plain(name if number == 1 else plural(name))}")
    lines = [f"{', '.join(counts)} followed through {span}{short}; tracks, not a count: one thing may be in several."]
    width, height = clip.middle[1].shape[1::-1] if clip.middle is not None else (1, 1)
    for number, each in enumerate(kept[:MOST_LISTED], start=1):
        at = [(clip.times[f], box) for f, box in enumerate(each.boxes) if box is not None]
        (first, start), (last, end) = at[0], at[-1]
        lines.append(
            f"track {number}, {plain(each.name)}: seen in {len(at)} of {len(clip.times)} frames, {first:.1f} to "
            f"{last:.1f} s, centre from {_share(start, width, height)} to {_share(end, width, height)}, "
            f"score {each.score:.2f} (the detector's own, not a probability)"
        )
    if len(kept) > MOST_LISTED:
        lines.append(f"and {len(kept) - MOST_LISTED} more")
    return "\n".join(lines)


def _share(box: Box, width: int, height: int) -> str:
    """A centre as shares of the frame."""
    x, y = (box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height
    return f"{100 * x:.0f} % of the width and {100 * y:.0f} % of the height"


def _paths(pixels: NDArray[np.uint8], kept: Sequence[Tracked], now: int) -> NDArray[np.uint8]:
    """A frame with each thing's path, and its box where it is seen in this frame."""
    from sightline.tools.drawing.canvas import draw
    from sightline.tools.drawing.shapes import Box as BoxShape
    from sightline.tools.drawing.shapes import Path as PathShape
    from sightline.tools.drawing.shapes import Shape

    shapes: list[Shape] = []
    for number, each in enumerate(kept[:_MOST_PATHS], start=1):
        points = tuple(((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in each.boxes if b is not None)
        label = f"{number} {each.name}"
        box = each.boxes[now]
        if len(points) > 1:
            shapes.append(PathShape(points, arrow=True, label=None if box is not None else label))
        if box is not None:
            shapes.append(BoxShape(box, label=label))
    return draw(pixels, shapes)
