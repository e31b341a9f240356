"""Where places of a panorama, of its views and of what was made from those lie on the sphere around the viewer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.cameras import Size
from sightline.geometry.panorama_boxes import AngularBox
from sightline.geometry.panoramas import PanoramaView, angles_to_pixels, angular_distance, pixels_to_angles
from sightline.memory import Workspace
from sightline.tools.panorama.views import view_of

Pair = tuple[float, float]
BoxTuple = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """A picture whose pixels have directions: a panorama, or a view of one.

    Attributes:
        panorama: The panorama's handle.
        panorama_size: Its (width, height).
        view: The view; None where the picture is the panorama itself.
    """

    panorama: str
    panorama_size: Size
    view: PanoramaView | None = None

    def angles(self, points: ArrayLike) -> NDArray[np.float64]:
        """Yaws and pitches, (..., 2) degrees, of (..., 2) continuous pixels of the picture."""
        if self.view is None:
            return pixels_to_angles(points, self.panorama_size)
        return self.view.to_angles(points)

    def box(self, box: BoxTuple) -> AngularBox:
        """The range of yaws and pitches that a box in the picture's pixels covers."""
        if self.view is None:
            return AngularBox.from_panorama(box, self.panorama_size)
        return AngularBox.from_view(self.view, box)

    def pixel_degrees(self, point: Pair) -> float:
        """How many degrees on the sphere a pixel of the picture spans at most around a point."""
        x, y = point
        here = self.angles((x, y))
        return float(max(angular_distance(here, self.angles((x + dx, y + dy))) for dx, dy in ((1, 0), (0, 1))))


def frame_of(workspace: Workspace, handle: str) -> Frame | None:
    """The frame of a panorama or of a view of one; None for any other picture."""
    artifact = workspace.artifacts[handle]
    if artifact.kind == "panorama" and artifact.size is not None:
        return Frame(handle, artifact.size)
    known = view_of(artifact)
    if known is None:
        return None
    size = workspace.artifacts[known[0]].size
    assert size is not None, "a panorama has a size"
    return Frame(known[0], size, known[1])


def frames_of(workspace: Workspace, handle: str) -> dict[str, Frame]:
    """The panoramas and views of panoramas that a picture was made from, by handle; itself where it is one."""
    parents = workspace.artifacts[handle].parents
    if not parents:
        own = frame_of(workspace, handle)
        return {} if own is None else {handle: own}
    return {root: frame for link in parents for root, frame in frames_of(workspace, link.handle).items()}


def panorama_point(size: Size, yaw: float, pitch: float) -> Pair:
    """The continuous pixel of a panorama in a direction given in degrees."""
    u, v = angles_to_pixels((yaw, pitch), size)
    return float(u), float(v)
