"""A thing's way through space: from its boxes in frames of a video whose cameras and depth a reconstruction holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.frames import camera_frame
from sightline.geometry.tracks import Track as Way
from sightline.geometry.trajectories import Leg, Trajectory, told
from sightline.memory import Draft, Workspace
from sightline.tools.camera.map_drawing import draw_map
from sightline.tools.camera.overviews import MAP
from sightline.tools.camera.wording import amount, unit
from sightline.tools.contract import Cloud

Floats = NDArray[np.float64]

_MIDDLE = 0.5
"""Share of a box's sides in which its depth is read: the thing fills the middle of its box, not its corners."""
_FEWEST_PIXELS = 4
_MOST_GAP = 1.5
"""A box is interpolated between two sightings no further apart than this many of the track's steps."""
_REST = 0.02
"""Share of the distance from the camera below which a way is no way: what depth and boxes are good for."""


def placed(workspace: Workspace, cloud: Cloud, video: str, way: Way) -> tuple[Trajectory | None, str]:
    """Where a thing is in a reconstruction's world, at the times of the frames that it holds.

    Returns:
        The trajectory, in the units of `cloud.reconstruction`; None where there is none. And where it comes from, or
        why there is none, in words.
    """
    reconstruction = cloud.reconstruction
    frames = []
    for handle in cloud.pictures:
        data = workspace.artifacts[handle].data if handle in workspace.artifacts else {}
        if data.get("video") == video and "time" in data:
            frames.append((float(data["time"]), handle))
    if len(frames) < 2:
        return None, f"it holds {len(frames)} frames of {video}, and two are needed"
    frames.sort()
    dense = [(time, handle) for time, handle in frames if handle in reconstruction.depths]
    if not dense:
        return None, (
            "it is sparse: it holds cameras, but no depth for what moves (estimate_depth on the frames and "
            "register_depth give that)"
        )
    points = np.full((len(dense), 3), np.nan)
    for row, (time, handle) in enumerate(dense):
        box = box_at(way, time)
        if box is None:
            continue
        camera = reconstruction.cameras[handle]
        depth = depth_in(reconstruction.depths[handle], box, camera.intrinsics.size)
        if depth is not None:
            points[row] = camera.unproject((box[:2] + box[2:]) / 2, depth)
    found = Trajectory(points, np.array([time for time, _ in dense]), way.name)
    if found.known.sum() < 2:
        return None, f"{way.name} is seen, with depth, in {int(found.known.sum())} of its {len(dense)} frames"
    return found, f"from the depth in the middle of its boxes in {int(found.known.sum())} frames"


def box_at(way: Way, time: float) -> Floats | None:
    """A thing's box at a time, interpolated between frames; None where it is not seen around it."""
    times, boxes = way.times[way.seen], way.boxes[way.seen]
    if len(times) == 0:
        return None
    step = float(np.median(np.diff(way.times))) if len(way.times) > 1 else 0.0
    after = int(np.searchsorted(times, time))
    near = [n for n in (after - 1, after) if 0 <= n < len(times)]
    if len(near) == 2 and times[near[1]] - times[near[0]] <= _MOST_GAP * step:
        share = (time - times[near[0]]) / (times[near[1]] - times[near[0]])
        return np.asarray((1 - share) * boxes[near[0]] + share * boxes[near[1]])
    best = min(near, key=lambda n: abs(times[n] - time))
    return np.asarray(boxes[best]) if abs(times[best] - time) <= 0.5 * step + 1e-3 else None


def depth_in(depth: NDArray[np.float32], box: Floats, size: tuple[int, int]) -> float | None:
    """The median z-depth in the middle of a box; None where too little of it is known.

    Args:
        depth: (h, w) z-depth, NaN where unknown, of any size with the picture's aspect.
        box: (x0, y0, x1, y1) in the picture's pixels.
        size: (width, height) of the picture.
    """
    middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * _MIDDLE
    shrink = np.array(depth.shape[::-1]) / size
    low = np.clip(np.floor((middle - half) * shrink), 0, None).astype(int)
    high = np.maximum(np.ceil((middle + half) * shrink).astype(int), low + 1)
    part = depth[low[1] : high[1], low[0] : high[0]]
    known = part[np.isfinite(part) & (part > 0)]
    if known.size < min(_FEWEST_PIXELS, part.size) or known.size == 0:
        return None
    return float(np.median(known))


def told_in_space(cloud: Cloud, way: Trajectory, source: str) -> tuple[str, Draft]:
    """The way in words, as seen from the first camera, and drawn on the map."""
    reconstruction = cloud.reconstruction
    handle = cloud.pictures[0]
    camera = reconstruction.cameras[handle]
    frame = camera_frame(handle, camera.pose, reconstruction.up != "assumed")
    seen = way.seen_from(frame)
    known = way.points[way.known]
    rest = _REST * float(np.median(np.linalg.norm(seen[way.known], axis=1)))
    legs = told(seen, way.times, rest)
    drawn = draw_map(reconstruction, unit(cloud.scale), (), [(way.name, known)])
    layout = drawn.layout
    draft = Draft(
        drawn.pixels,
        f"the way of {way.name} on the map of {cloud.handle}",
        data={
            "cloud": cloud.handle,
            "unit": cloud.unit,
            MAP: {"left": layout.left, "back": layout.back, "scale": layout.pixels_per_unit, "rim": layout.box[0]},
        },
    )
    straight = float(np.linalg.norm(known[-1] - known[0]))
    apart = 2 * rest
    length = cloud.scale.length(way.length, max(0.0, way.length - apart), way.length + apart, source)
    direct = cloud.scale.length(straight, max(0.0, straight - apart), straight + apart, source)
    text = (
        f"{draft} shows its way on the map of {cloud.handle} ({source}): {length} of way, {direct} from start to end. "
        f"Told from {frame.describe()}: {'; '.join(_leg(leg, cloud) for leg in legs) or 'it stays where it is'}."
    )
    return text, draft


def _leg(leg: Leg, cloud: Cloud) -> str:
    when = f"{leg.start:.1f} to {leg.end:.1f} s"
    if leg.towards == "none":
        return f"{when} it rests"
    far = amount(cloud.scale, float(np.linalg.norm(leg.step)))
    distance = {"nearer": ", coming nearer", "farther": ", going farther", "same": ""}[leg.distance]
    return f"{when} {leg.towards} by {far}{distance}"
